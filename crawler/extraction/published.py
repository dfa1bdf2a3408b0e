"""When an article was published and changed, out of all the places where a page may say so."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo
from itertools import chain, islice
from typing import NamedTuple

from crawler.extraction.dates import ParsedDate, parse_date
from crawler.extraction.heads import Heads, Shown, Source
from crawler.extraction.jsonld import text_of
from crawler.extraction.tree import Node
from crawler.extraction.wording import clean
from crawler.model.records import Precision

MAX_SHOWN_DATES = 40  # texts that are tried; the date stands among the first few
MAX_LINE_CHARS = 100  # of a line with a date, with names and other words beside it
MIN_PLAIN_CHARS = 5  # of one that nothing but its digits tells
MAX_PLAIN_CHARS = 60

_PUBLISHED = tuple(
    "datepublished pubdate publishdate publish-date publish_date date dc.date dc.date.issued dcterms.created "
    "dcterms.issued dcterms.date parsely-pub-date sailthru.date cxenseparse:publishtime cxenseparse:recs:publishtime "
    "article.published published_time publication_date published-date originalpublicationdate created".split()
)
_MODIFIED = ("last-modified", "dcterms.modified", "dc.date.modified", "datemodified", "lastmod")
_DATED = re.compile(r"date|time|publish|posted|datum|fecha|stamp|dateline|meta|info")
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:[+-]\d\d:?\d\d|Z)")

_Candidate = tuple[Source, str | None]


class Reading(NamedTuple):
    """A date that was read, with where and as what it was written."""

    source: Source
    raw: str
    date: ParsedDate


class Dates(NamedTuple):
    """When an article appeared, and when it was last changed; `None` where the page does not say."""

    published: Reading | None
    modified: Reading | None


def read_dates(heads: Heads, shown: Shown, *, language: str | None, fetched_at: datetime | None) -> Dates:
    """The first date that can be read, of metadata before what the page shows.

    Never one after `fetched_at`: that is of an event, or the clock of a template. A clock time without a zone gets the
    one zone that the page's other dates name; where they name none or several, only the day is known.
    """
    article = heads.article
    declared: list[_Candidate] = [
        ("json-ld", text_of(article.get("datePublished") or article.get("dateCreated"))),
        ("opengraph", heads.first("article:published_time", "og:article:published_time", "og:published_time")),
        *(("meta", heads.first(name)) for name in _PUBLISHED),
        *(("microdata", value) for value in shown.items("datePublished")[:1]),
    ]
    modified: list[_Candidate] = [
        ("json-ld", text_of(article.get("dateModified"))),
        ("opengraph", heads.first("article:modified_time", "og:updated_time")),
        ("meta", heads.first(*_MODIFIED)),
        *(("microdata", value) for value in shown.items("dateModified")[:1]),
    ]
    zone = _shared_zone(raw for _, raw in (*declared, *modified) if raw)
    latest = (fetched_at + timedelta(days=1)).date() if fetched_at else None  # a day: of zones ahead of ours

    def readings(candidates: Iterable[_Candidate]) -> Iterator[Reading]:
        for source, raw in candidates:
            date = parse_date(raw, now=fetched_at, language=language, zone=zone) if raw else None
            if raw and date is not None and (latest is None or date.on <= latest):
                yield Reading(source, raw, date)

    published = _best(chain(readings(declared), readings(("dom", text) for text in _shown_dates(shown))))
    if published is None:
        published = _only(list(readings(("dom", text) for text in _dates_anywhere(shown))))
    return Dates(published, next((reading for reading in readings(modified) if reading.date.at), None))


def _shown_dates(shown: Shown) -> Iterator[str]:
    """Dates around the heading: machine-readable ones first, then what looks like one."""
    near = [node for node in shown.near if node.chars < MAX_LINE_CHARS]
    times = (_time_of(node) for node in near if node.tag == "time")
    hinted = (node.text() for node in near if node.hint and _DATED.search(node.hint))
    plain = (
        text
        for node in shown.near
        if MIN_PLAIN_CHARS < len(text := _own_text(node)) < MAX_PLAIN_CHARS and any(map(str.isdigit, text))
    )
    return (clean(text) for text in islice(chain(times, hinted, plain), MAX_SHOWN_DATES))


def _own_text(node: Node) -> str:
    """What stands directly in an element."""
    return "".join(kid for kid in node.kids if isinstance(kid, str)).strip()


def _time_of(node: Node) -> str:
    """What a `<time>` says: its attribute, but for one that tells of a change and a text of the publication."""
    attribute, text = node.get("datetime"), clean(node.text())
    exact, read = parse_date(attribute), parse_date(text)
    if exact is not None and read is not None and abs((exact.on - read.on).days) > 1:
        return text
    return attribute or text


def _dates_anywhere(shown: Shown) -> list[str]:
    """Dates of the whole page but for blocks of other stories: some stand below the text or in a box beside it."""
    return [
        clean(node.get("datetime") or node.text())
        for node in shown.tree.nodes
        if (node.tag in ("time", "dd") or (node.hint and _DATED.search(node.hint)))
        and node.chars < MAX_LINE_CHARS
        and node.at not in shown.elsewhere
    ][:MAX_SHOWN_DATES]


def _only(read: list[Reading]) -> Reading | None:
    """The one day that all of them name; `None` where they name several, since only one is the article's."""
    return _best(read) if len({one.date.on for one in read}) == 1 else None


def _best(read: Iterable[Reading]) -> Reading | None:
    """The first date, or a later one of the same day (within a zone) that knows the minute where the first does not."""
    first: Reading | None = None
    for one in read:
        if one.date.at is not None and first is None:
            return one
        first = first or one
        if one.date.precision is Precision.MINUTE and abs((one.date.on - first.date.on).days) <= 1:
            return one
    return first


def _shared_zone(raws: Iterable[str]) -> tzinfo | None:
    zones = set()
    for raw in raws:
        if _ZONED.fullmatch(raw):
            try:
                zones.add(datetime.fromisoformat(raw.replace(" ", "T", 1)).tzinfo)
            except ValueError:
                continue
    return zones.pop() if len(zones) == 1 else None
