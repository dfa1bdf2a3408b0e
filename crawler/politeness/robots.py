"""robots.txt by RFC 9309: what we hold of it, and what it lets us ask for.

The group that is ours is chosen here, so that its lines keep their numbers and unknown lines do not part groups;
protego matches the patterns of paths.
"""

import re
from collections import OrderedDict
from typing import NamedTuple
from urllib.parse import quote

from protego import Protego

from crawler.model.work import Answer, Failure, OriginFile
from crawler.politeness.pacing import parse_max_age, parse_retry_after
from crawler.politeness.usage import reserves_use

PRODUCT_TOKEN = "related-story-crawler"
MOST_ROBOTS_BYTES = 500 * 1024  # RFC 9309, 2.5: at least this much must be parsed
LONGEST_KEPT_S = 86_400.0  # RFC 9309, 2.4: no longer than a day
SHORTEST_KEPT_S = 300.0  # against `max-age=0`: every visit would cost two requests
LONGEST_FALLBACK_S = 30 * 86_400.0  # RFC 9309, 2.3.1.4: "a reasonably long period of time (for example, 30 days)"
FIRST_RETRY_S = 60.0  # a robots.txt that failed is asked for again after this, doubled each time,
LAST_RETRY_S = 3_600.0  # up to this: the whole site waits for it
MOST_LINES_TRIED = 500  # to name the line that refuses; 15 us each
MOST_RULE_SETS = 512  # compiled, about 20 KB each
MOST_RULE_CHARS = 2 * 1024 * 1024  # of all their texts, 70 bytes each when compiled: 512 of 500 KiB would take 17 GB

_BOM = b"\xef\xbb\xbf"
# RFC 9309, 2.2, and the misspellings that Google's parser takes too (google/robotstxt, robots.cc).
_FIELDS = {
    "user-agent": ("user-agent", "useragent", "user agent"),
    "allow": ("allow",),
    "disallow": ("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw", "desallow"),
    "crawl-delay": ("crawl-delay", "crawldelay", "crawl delay"),
    "content-signal": ("content-signal",),
    "content-usage": ("content-usage",),
    "sitemap": ("sitemap", "sitemaps", "site-map"),
}
_USAGES = frozenset({"content-signal", "content-usage"})
_FIELD_OF = {name: field for field, names in _FIELDS.items() for name in names}
_LINE = re.compile(rf"\s*({'|'.join(sorted(_FIELD_OF, key=len, reverse=True))})(?:\s*:|\s)\s*(.*)", re.IGNORECASE)
_VERSION = re.compile(r"[/*].*")  # what some write behind a name
_AGENT_SEPARATORS = re.compile(r"[\s,;()]+")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_PLAIN = re.compile(r"[A-Za-z0-9/_.-]*")  # characters that no one spells in two ways


class _Line(NamedTuple):
    """A line that RFC 9309 knows."""

    number: int  # from 1, in the file as it came
    field: str
    value: str


class Rules:
    """What a robots.txt says to one product token; `parse_robots` makes them."""

    def __init__(self, lines: list[_Line], sitemaps: tuple[str, ...]) -> None:
        self.sitemaps = sitemaps
        self._usages = [line for line in lines if line.field in _USAGES]
        self._disallows = [line for line in lines if line.field == "disallow" and line.value]
        self._protego = _compile([line for line in lines if line.field not in _USAGES])

    @property
    def crawl_delay_s(self) -> float | None:
        """`Crawl-delay` of our group as it stands, seconds, >= 0; `None` where it says nothing usable."""
        return self._protego.crawl_delay("*")

    def may_fetch(self, url: str) -> bool:
        """Whether the rules allow an address; the longest pattern that fits decides (RFC 9309, 2.2.2)."""
        return self._protego.can_fetch(url, "*")

    def reserving_rule(self, url: str) -> str | None:
        """The line that reserves the use of an address, such as "robots.txt line 3: Content-Signal: ai-train=no".

        Source: contentsignals.org (2025-09); draft-ietf-aipref-attach (`Content-Usage`, whose path may come first:
        the longest that fits decides).
        """
        path = "/" + url.partition("://")[2].partition("/")[2]
        best: tuple[int, _Line, str] | None = None
        for line in self._usages:
            prefix, _, preference = line.value.partition(" ") if line.value.startswith("/") else ("", "", line.value)
            if path.startswith(prefix) and (best is None or len(prefix) >= best[0]):
                best = (len(prefix), line, preference)
        if best is None or not reserves_use(best[2]):
            return None
        _, line, _ = best
        return f"robots.txt line {line.number}: {line.field.title()}: {line.value[:200]}"

    def refusing_rule(self, url: str) -> str | None:
        """The line that refuses an address, such as "robots.txt line 12: Disallow: /x"; `None` where none does.

        Of a file with very many wildcards it may only say "robots.txt".
        """
        if self.may_fetch(url):
            return None
        path = "/" + url.partition("://")[2].partition("/")[2]
        likely = [line for line in self._disallows if path.startswith(_plain_start(line.value))]
        by_length = sorted(likely, key=lambda line: len(line.value), reverse=True)
        for line in [*by_length, *self._disallows][:MOST_LINES_TRIED]:
            if not _compile([line]).can_fetch(url, "*"):
                return f"robots.txt line {line.number}: Disallow: {line.value[:200]}"
        return "robots.txt"


def parse_robots(text: str, *, product_token: str = PRODUCT_TOKEN) -> Rules:
    """The rules of a robots.txt for one crawler. Never fails: what is no line of RFC 9309 is passed over.

    Args:
        text: as `decode_robots` gives it; "" allows everything.
        product_token: whose group is asked for: "a-b" takes the one of "a-b", else of "a", else of "*".
    """
    lines = _known_lines(text)
    wanted = _wanted_names(product_token.lower())
    groups: dict[str, list[_Line]] = {}  # by a wanted name: the lines of all its groups; a file may name thousands
    names: set[str] = set()
    is_header = False  # the last line was a `User-agent`: another one joins it
    for line in lines:
        if line.field == "user-agent":
            names = names if is_header else set()
            for name in _agent_names(line.value).intersection(wanted):
                names.add(name)
                groups.setdefault(name, [])
        elif line.field != "sitemap":
            for name in names:
                groups[name].append(line)
        is_header = line.field == "user-agent" or (is_header and line.field == "sitemap")
    ours = next((groups[name] for name in wanted if name in groups), [])
    return Rules(ours, tuple(line.value for line in lines if line.field == "sitemap" and line.value))


def _known_lines(text: str) -> list[_Line]:
    lines = []
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff")), start=1):
        if match := _LINE.match(raw.partition("#")[0]):
            lines.append(_Line(number, _FIELD_OF[match[1].lower()], match[2].strip()))
    return lines


def _wanted_names(product_token: str) -> list[str]:
    """The names of groups that mean a crawler, best first: its token, shorter ones that it begins with, all."""
    words = product_token.split("-")
    return ["-".join(words[:count]) for count in range(len(words), 0, -1)] + ["*"]


def _agent_names(value: str) -> set[str]:
    """The names of a `User-agent` value as they are compared: lower case, without versions; "*" for all.

    RFC 9309, 2.2.1, knows one; sites write lists, and who is in one is meant.
    """
    names = _AGENT_SEPARATORS.split(value)
    return {name if name == "*" else _VERSION.sub("", name).lower() for name in names}


def _compile(lines: list[_Line]) -> Protego:
    # Quoted, since protego splits lines at characters that robots.txt does not end lines with (U+2028, form feed).
    rules = (f"{line.field}: {quote(line.value, safe=_PRINTABLE)}" for line in lines)
    return Protego.parse("\n".join(("user-agent: *", *rules)))


def _plain_start(pattern: str) -> str:
    """The part of a pattern that an address must begin with letter by letter to fit it."""
    match = _PLAIN.match(pattern)
    return match[0] if match else ""


def decode_robots(body: bytes) -> str:
    """The text of a robots.txt: its first 500 KiB in whole lines, without a byte order mark or the start of one."""
    if len(body) > MOST_ROBOTS_BYTES:
        kept, newline, _ = body[:MOST_ROBOTS_BYTES].rpartition(b"\n")
        body = kept if newline else body[:MOST_ROBOTS_BYTES]
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    for mark in (_BOM, _BOM[:2], _BOM[:1]):
        if body.startswith(mark):
            body = body[len(mark) :]
            break
    return body.decode("utf-8", "replace")


def robots_copy(answer: Answer | Failure, *, previous: OriginFile | None, now_unix_s: float) -> OriginFile:
    """What to hold of a robots.txt once it was asked for.

    Args:
        answer: to the last request, redirects followed; a redirect that is left means that they led nowhere.
        previous: what was held before; `None` where it was never asked for.
        now_unix_s: now.

    Source: RFC 9309, 2.3.1 and 2.4. A 4xx allows all, but 429, which speaks of us and not of the file, counts with
    5xx, timeouts and network failures: all is denied, or the last good copy holds for up to 30 days.
    """
    holds_nothing = previous is None or previous.text is None
    is_empty = (
        isinstance(answer, Answer) and answer.status == 304 and holds_nothing
    )  # nothing that it could leave as it is
    if isinstance(answer, Answer) and answer.status != 429 and answer.status < 500 and not is_empty:
        if 200 <= answer.status < 300:
            text = decode_robots(answer.body)
        elif answer.status == 304 and previous is not None and previous.text is not None:
            text = previous.text
        else:
            text = ""
        return OriginFile(text=text, fetched_at_unix_s=now_unix_s, expires_at_unix_s=now_unix_s + _kept_s(answer))
    failures = 1 if previous is None else previous.failures + 1
    retry_s = min(FIRST_RETRY_S * 2.0 ** min(failures - 1, 10), LAST_RETRY_S)
    if isinstance(answer, Answer):
        asked_s = parse_retry_after(answer.header("retry-after"), now_unix_s=now_unix_s)
        retry_s = max(retry_s, asked_s or 0.0)
    holds = previous is not None and now_unix_s - previous.fetched_at_unix_s <= LONGEST_FALLBACK_S
    return OriginFile(
        text=previous.text if previous is not None and holds else None,
        fetched_at_unix_s=previous.fetched_at_unix_s if previous is not None else now_unix_s,
        expires_at_unix_s=now_unix_s + retry_s,
        failures=failures,
    )


def _kept_s(answer: Answer) -> float:
    """How long an answer holds: a day, or what `Cache-Control` says below that (RFC 9111, 5.2.2)."""
    fresh_s = parse_max_age(answer.header_values("cache-control"))
    return LONGEST_KEPT_S if fresh_s is None else max(SHORTEST_KEPT_S, min(fresh_s, LONGEST_KEPT_S))


class RulesCache:
    """Compiled rules, by the text of their robots.txt: a robots.txt is compiled once, not once a visit."""

    def __init__(self, *, most: int = MOST_RULE_SETS, most_chars: int = MOST_RULE_CHARS) -> None:
        """Nothing is compiled yet.

        Args:
            most: rules that are kept.
            most_chars: of the texts of all that are kept, but for the last one, which may have more alone.
        """
        self._most = most
        self._most_chars = most_chars
        self._chars = 0
        self._rules: OrderedDict[str, Rules] = OrderedDict()  # longest unused first

    def rules(self, text: str) -> Rules:
        """As `parse_robots`."""
        rules = self._rules.pop(text, None)
        if rules is None:
            rules = parse_robots(text)
            self._chars += len(text)
        self._rules[text] = rules
        while len(self._rules) > self._most or (self._chars > self._most_chars and len(self._rules) > 1):
            unused, _ = self._rules.popitem(last=False)
            self._chars -= len(unused)
        return rules
