"""When an article was published and changed, out of all the places where a page may say so."""

import re
from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import NamedTuple

from crawler.extraction.dates import ParsedDate, parse_date
from crawler.extraction.heads import Heads, Shown, Source
from crawler.extraction.jsonld import text_of
from crawler.extraction.wording import clean
from crawler.model.records import Precision

MAX_SHOWN_DATES = 40  # texts that are tried; the date stands among the first few

_PUBLISHED = tuple(
    "datepublished pubdate publishdate publish-date publish_date date dc.date dc.date.issued dcterms.created "
    "dcterms.issued dcterms.date parsely-pub-date sailthru.date cxenseparse:publishtime cxenseparse:recs:publishtime "
    "article.published published_time publication_date published-date originalpublicationdate created".split()
)
_MODIFIED = ("last-modified", "dcterms.modified", "dc.date.modified", "datemodified", "lastmod")
_DATED = re.compile(r"date|time|publish|posted|datum|fecha|stamp|dateline|meta|info")
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:[+-]\d\d:?\d\d|Z)")


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

    A clock time without a zone gets the one zone that the page's other dates name; where they name none or several,
    only the day is known.
    """
    article = heads.article
    published = [
        ("json-ld", text_of(article.get("datePublished") or article.get("dateCreated"))),
        ("opengraph", heads.first("article:published_time", "og:article:published_time", "og:published_time")),
        *(("meta", heads.first(name)) for name in _PUBLISHED),
        *(("microdata", value) for value in shown.items("datePublished")[:1]),
        *(("dom", text) for text in _shown_dates(shown)),
    ]
    modified = [
        ("json-ld", text_of(article.get("dateModified"))),
        ("opengraph", heads.first("article:modified_time", "og:updated_time")),
        ("meta", heads.first(*_MODIFIED)),
        *(("microdata", value) for value in shown.items("dateModified")[:1]),
    ]
    zone = _shared_zone(raw for _, raw in (*published, *modified) if raw)

    def readings(candidates: Iterable[tuple[Source, str | None]]) -> list[Reading]:
        return [
            Reading(source, raw, date)
            for source, raw in candidates
            if raw and (date := parse_date(raw, now=fetched_at, language=language, zone=zone))
        ]

    timed = [reading for reading in readings(modified) if reading.date.at]
    return Dates(_best(readings(published)), timed[0] if timed else None)


def _shown_dates(shown: Shown) -> list[str]:
    """Dates around the heading: machine-readable ones first, then what looks like one."""
    times = [node.get("datetime") or node.text() for node in shown.near if node.tag == "time" and node.chars < 100]
    hinted = [node.text() for node in shown.near if node.chars < 100 and node.hint and _DATED.search(node.hint)]
    plain = [
        text
        for node in shown.near
        if 5 < node.chars < 60
        and not node.link_chars
        and (text := "".join(kid for kid in node.kids if isinstance(kid, str)))
        and any(letter.isdigit() for letter in text)
    ]
    return [clean(text) for text in (*times, *hinted, *plain)[:MAX_SHOWN_DATES]]


def _best(read: list[Reading]) -> Reading | None:
    """The first date, or a later one of the same day (within a zone) that knows the minute where the first does not."""
    if not read or read[0].date.at is not None:
        return read[0] if read else None
    first = read[0]
    return next(
        (
            one
            for one in read
            if one.date.precision is Precision.MINUTE and abs((one.date.on - first.date.on).days) <= 1
        ),
        first,
    )


def _shared_zone(raws: Iterable[str]) -> tzinfo | None:
    zones = set()
    for raw in raws:
        if _ZONED.fullmatch(raw):
            try:
                zones.add(datetime.fromisoformat(raw.replace(" ", "T", 1)).tzinfo)
            except ValueError:
                continue
    return zones.pop() if len(zones) == 1 else None
