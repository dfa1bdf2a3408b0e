"""What a server says beside a page: indexing, following, archiving, its rights, and that it wants no crawler."""

from collections.abc import Iterable
from typing import Any

import msgspec

from crawler.model.work import Answer, Failure, OriginFile
from crawler.politeness.robots import PRODUCT_TOKEN
from crawler.politeness.usage import reserves_use

MOST_RIGHTS_BYTES = 500 * 1024  # of a tdmrep.json, as of a robots.txt
MOST_RULES = 1000
KEPT_S = 86_400.0  # as long as a robots.txt
RETRY_S = 3_600.0
CHALLENGE_BYTES = 65_536  # challenge pages are scripts with a sentence around them; articles are longer
# only what challenge pages hold: the scripts that watch ordinary pages have other names
_CHALLENGE_SIGNS = (b"_cf_chl_opt", b"Incapsula incident ID", b"geo.captcha-delivery.com")

_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")  # directives with a colon


class HeaderDirectives(msgspec.Struct, frozen=True, kw_only=True):
    """What `X-Robots-Tag` and reservations say to us."""

    noindex: bool = False
    nofollow: bool = False
    noarchive: bool = False
    rights: str | None = None  # the reservation, as the server wrote it


def read_directives(headers: Iterable[tuple[str, str]]) -> HeaderDirectives:
    """The directives of an answer's headers that mean everyone, or us.

    Args:
        headers: names in lower case.

    Source: Google's robots meta tag documentation (read 2026-11) for `X-Robots-Tag`; W3C TDM Reservation Protocol
    (CG report 2024-02), 4.2, for `tdm-reservation`; draft-ietf-aipref-attach for `Content-Usage`; contentsignals.org
    (2025-09) for `Content-Signal`.
    """
    words: set[str] = set()
    rights: str | None = None
    for name, value in headers:
        if name == "x-robots-tag":
            words |= _robots_words(value)
        elif name == "tdm-reservation" and value.strip() == "1":
            rights = rights or "header tdm-reservation: 1"
        elif name in ("content-usage", "content-signal") and reserves_use(value):
            rights = rights or f"header {name}: {value.strip()[:100]}"
    noai = sorted(words & {"noai", "notrain"})
    return HeaderDirectives(
        noindex=bool(words & {"noindex", "none"}),
        nofollow=bool(words & {"nofollow", "none"}),
        noarchive="noarchive" in words,
        rights=rights or (f"header x-robots-tag: {noai[0]}" if noai else None),
    )


def find_reservation(text: str, url: str) -> str | None:
    """What a tdmrep.json reserves of an address; None where it reserves nothing, or is none.

    Source: W3C TDM Reservation Protocol (CG report 2024-02), 4.1: an array of rules, the first whose `location` fits
    decides; patterns are those of robots.txt.
    """
    try:
        rules = msgspec.json.decode(text, type=list[dict[str, Any]])
    except (msgspec.DecodeError, RecursionError):
        return None
    path = "/" + url.partition("://")[2].partition("/")[2]
    for rule in rules[:MOST_RULES]:
        location = rule.get("location")
        if isinstance(location, str) and _fits(location, path):
            return f"tdmrep.json: {location[:100]}" if rule.get("tdm-reservation") == 1 else None
    return None


def rights_file(answer: Answer | Failure, *, previous: OriginFile | None, now_unix_s: float) -> OriginFile:
    """What to hold of a tdmrep.json once it was asked for: its text, or "" where there is none.

    One that cannot be had reserves nothing new: what was held before holds on, and it is asked for again in an hour.
    """
    if isinstance(answer, Answer) and answer.status < 500 and answer.status != 429:
        text = answer.body.decode("utf-8", "replace") if 200 <= answer.status < 300 else ""
        if answer.status == 304 and previous is not None and previous.text is not None:
            text = previous.text
        return OriginFile(text=text, fetched_at_unix_s=now_unix_s, expires_at_unix_s=now_unix_s + KEPT_S)
    text = previous.text if previous is not None and previous.text is not None else ""
    return OriginFile(
        text=text,
        fetched_at_unix_s=now_unix_s,
        expires_at_unix_s=now_unix_s + RETRY_S,
        failures=1 if previous is None else previous.failures + 1,
    )


def is_challenge(answer: Answer) -> bool:
    """Whether an answer asks to prove that a person sits there: a refusal, whatever its status says.

    Source: Cloudflare's documentation of `cf-mitigated` (read 2026-11); AWS WAF's of `x-amzn-waf-action`; what
    the challenge pages of Cloudflare, Imperva and DataDome hold.
    """
    if answer.header("cf-mitigated") == "challenge" or answer.header("x-amzn-waf-action") in ("challenge", "captcha"):
        return True
    return len(answer.body) < CHALLENGE_BYTES and any(sign in answer.body for sign in _CHALLENGE_SIGNS)


def _fits(pattern: str, path: str) -> bool:
    """Whether a pattern of robots.txt fits a path (RFC 9309, 2.2.3)."""
    whole = pattern.removesuffix("$")
    first, *others = whole.split("*")
    if not others and whole != pattern:
        return path == first
    last = others.pop() if whole != pattern else ""
    if not path.startswith(first):
        return False
    at = len(first)
    for part in others:  # each where it first stands: a regular expression would try all ways to share out a path
        if (at := path.find(part, at)) < 0:
            return False
        at += len(part)
    return path.endswith(last, at)


def _robots_words(value: str) -> set[str]:
    """The directives of one header that mean everyone, or us: a bot's name with a colon stands before its own."""
    words: set[str] = set()
    is_ours = True
    for part in value.lower().split(","):
        name, colon, rest = part.strip().partition(":")
        if colon and name.strip() not in _VALUED:
            is_ours = name.strip() == PRODUCT_TOKEN
            part = rest
        if is_ours:
            words.add(part.strip())
    return words
