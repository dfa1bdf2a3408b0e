"""When a site may be asked again: arithmetic on what it said and on how it answered. Who waits is not told here."""

import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

from crawler.model.work import POLICY, Outcome

LEAST_PUBLIC_GAP_S = 1.0  # whatever the configuration says: a site of strangers is never asked more often
LATENCY_FACTOR = 5.0  # a site that needs 2 s for a page is left alone for 10 s: we take a sixth of its time at most
MOST_FOR_LATENCY_S = 30.0  # one slow answer is no reason to give up a site for minutes
MOST_CRAWL_DELAY_S = 300.0  # a robots.txt that asks for more is usually a typo, and would park the site for good
MOST_BACKOFF_S = 300.0
MOST_STRIKES = 10  # 1 s doubled nine times passes `MOST_BACKOFF_S`; more would only make recovery slower
MOST_RETRY_AFTER_S = 86_400.0  # a day: longer ones are maintenance pages with a wrong clock

_NOTHING_ASKED = frozenset(
    {
        Outcome.NEEDS_FILE,
        Outcome.ROBOTS_DENIED,
        Outcome.ROBOTS_UNREACHABLE,
        Outcome.BAD_URL,
        Outcome.BLOCKED_ADDRESS,
    }
)


def pause_s(
    *,
    gap_s: float,
    crawl_delay_s: float | None,
    latency_s: float,
    retry_after_s: float | None,
    strikes: int,
    is_local: bool = False,
) -> float:
    """How long to leave a site alone after the visit that just ended; the longest wish wins.

    Args:
        gap_s: our least gap, seconds, >= 0. 0 counts for local sites only, and turns the pause for latency off too.
        crawl_delay_s: `Crawl-delay` of our group in robots.txt, seconds; `None` where it says nothing.
        latency_s: what the answer took, seconds, >= 0.
        retry_after_s: of `Retry-After`, as `parse_retry_after` reads it; `None` where there was none.
        strikes: failures in a row that were the site's own, this one included.
        is_local: the site lies in a network that the configuration allows by name.

    Returns:
        Seconds; at least `gap_s` and `retry_after_s`, at most the greatest of `gap_s`, 300 and `retry_after_s`.

    Source: RFC 9110, 10.2.3 (`Retry-After`). `Crawl-delay` has no standard, hence the clamp.
    """
    least_s = gap_s if is_local else max(gap_s, LEAST_PUBLIC_GAP_S)
    wishes_s = [least_s, min(max(crawl_delay_s or 0.0, 0.0), MOST_CRAWL_DELAY_S)]
    if least_s > 0:
        wishes_s.append(min(LATENCY_FACTOR * latency_s, MOST_FOR_LATENCY_S))
    if strikes > 0:
        first_s = max(gap_s, LEAST_PUBLIC_GAP_S)
        wishes_s.append(min(first_s * 2.0 ** (min(strikes, MOST_STRIKES) - 1), MOST_BACKOFF_S))
    if retry_after_s is not None:
        wishes_s.append(min(retry_after_s, MOST_RETRY_AFTER_S))
    return max(wishes_s)


def crawl_delay_note(crawl_delay_s: float | None) -> str | None:
    """What to warn of where a `Crawl-delay` is not kept as it stands; `None` where it is."""
    if crawl_delay_s is None or 0 <= crawl_delay_s <= MOST_CRAWL_DELAY_S:
        return None
    return f"Crawl-delay asks for {crawl_delay_s:g} s; at most {MOST_CRAWL_DELAY_S:g} s are kept"


def strikes_after(strikes: int, outcome: Outcome) -> int:
    """The site's strikes once a visit has ended so: a failure adds one, an answer takes one off.

    One at a time, both ways: one request at a time goes to a site, so each failure is an incident of its own; and a
    site that was overloaded is not taken for healthy after one page.
    """
    if outcome in _NOTHING_ASKED:
        return strikes
    if POLICY[outcome].slows_host:
        return min(strikes + 1, MOST_STRIKES)
    return max(strikes - 1, 0)


def refusals_after(refusals: int, outcome: Outcome) -> int:
    """How often in a row the site has refused us once a visit has ended so; no answer at all leaves it as it was."""
    if outcome is Outcome.REFUSED:
        return refusals + 1
    return refusals if outcome in _NOTHING_ASKED or POLICY[outcome].slows_host else 0


def parse_max_age(values: Iterable[str]) -> float | None:
    """Seconds for which an answer stays fresh by its `Cache-Control`; 0 where it may not be kept, None if unsaid.

    Source: RFC 9111, 5.2.2.
    """
    directives = ", ".join(values).lower()
    if re.search(r"\bno-(?:store|cache)\b", directives):
        return 0.0
    max_age = re.search(r"\bmax-age\s*=\s*\"?([0-9]{1,12})", directives)
    return float(max_age[1]) if max_age else None


def parse_retry_after(value: str | None, *, now_unix_s: float) -> float | None:
    """Seconds to wait from now on, 0 to a day; `None` where the header is missing or says nothing usable.

    Source: RFC 9110, 10.2.3: a number of seconds or an HTTP date. A date that has passed is 0.
    """
    if value is None or len(value := value.strip()) > 64:
        return None
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", value):
        return min(float(value), MOST_RETRY_AFTER_S)
    if not re.search(r"[A-Za-z]{3}", value):  # negative numbers, which the parser of dates would make something of
        return None
    try:
        until_unix_s = parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(until_unix_s - now_unix_s, 0.0), MOST_RETRY_AFTER_S)
