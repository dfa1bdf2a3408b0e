"""When an article was published and changed, out of all the places where a page may say so."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain, islice
from operator import attrgetter
from typing import NamedTuple

from crawler.extraction.clocks import find_clock
from crawler.extraction.dates import ParsedDate, parse_date, split_change
from crawler.extraction.datewords import fold_date, words
from crawler.extraction.heads import Heads, Shown, Source
from crawler.extraction.jsonld import text_of
from crawler.extraction.tree import Node
from crawler.extraction.wording import clean
from crawler.model.records import Precision
from crawler.model.urls import split_url

MAX_SHOWN_DATES = 40  # texts that are tried; the date stands among the first few
MAX_LINE_CHARS = 100  # of a line with a date, with names and other words beside it
MAX_LABEL_CHARS = 30  # of the words before a date that tell what it is of
LABEL_LEVELS = 2  # above it, where they stand
CARD_LEVELS = 4  # above a date, where the title of another story stands beside it
MAX_BESIDE_CHARS = 20  # in a link beside its date: with more it is the link of a story
MIN_PLAIN_CHARS = 5  # of one that nothing but its digits tells
MAX_PLAIN_CHARS = 60
WEB_BEGAN = 1991  # a page shows an older date of its own alone, as archives do
MAX_ARCHIVED_CHARS = 30
CLOCKS_DIFFER = timedelta(minutes=10)  # of a publisher that is ahead of us

_PUBLISHED = tuple(
    "datepublished pubdate publishdate publish-date publish_date date dc.date dc.date.issued dcterms.created "
    "dcterms.issued dcterms.date parsely-pub-date sailthru.date cxenseparse:publishtime cxenseparse:recs:publishtime "
    "article.published article:published published_time publication_date published-date originalpublicationdate "
    "created pub_date article_date_original article.created datecreated dc.date.created prism.publicationdate "
    "citation_publication_date citation_online_date".split()
)
_MODIFIED = (
    *("last-modified", "dcterms.modified", "dc.date.modified", "datemodified", "lastmod"),
    *("article_date_updated", "article.updated"),
)
_DATED = re.compile(r"date|time|publish|posted|datum|fecha|stamp|dateline|meta|info")
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:[+-]\d\d:?\d\d|Z)")
_IN_PATH = re.compile(r"(?<=[/_-])((?:19[89]|20\d)\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?![\d])")
_LABELLED = re.compile(r"(?:date|datum|data|fecha|dato|päiväys|tarih|дата|日期|日付)\s?:?\s?\d", re.I)
_DATE_ALONE = re.compile(r"\d{1,2}[./]\s?\d{1,2}[./]\s?\d{4}|\d{4}-\d\d-\d\d")
_AFTER_LABEL = re.compile(r"\W*(?:(?:on|at|am|um|le|à|el|il|op|om|den|d\.|dne|dnia)\b\W*){0,2}")
_OF_NO_COUNTRY = frozenset("ai am cc co eu fm gg io la ly me nu sh to tv ws".split())  # of names that anyone takes
_COUNTRIES = {"uk": "gb"}

_Candidate = tuple[Source, str | None]
_Text = tuple[str, bool]  # what the page shows, and whether words before it say that it is of a change


class Reading(NamedTuple):
    """A date that was read, with where and as what it was written."""

    source: Source
    raw: str
    date: ParsedDate


class Dates(NamedTuple):
    """When an article appeared, and when it was last changed; `None` where the page does not say."""

    published: Reading | None
    modified: Reading | None


def read_dates(heads: Heads, shown: Shown, *, languages: Sequence[str], fetched_at: datetime | None) -> Dates:
    """The first date that can be read, of metadata before what the page shows, of its address, and of what is far off.

    Never a moment after `fetched_at`, which is of an event, or the clock of a template; where its day is not, the clock
    alone is of the wrong zone. A clock time without a zone gets the one zone that the page's other dates name; where
    they name none or several, only the day is known. UTC is no zone of what readers see: servers write it everywhere.

    Args:
        languages: all that the page declares; the first is that of its dates, and any may tell its region.
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
    shown_zone = None if zone == UTC else zone
    language = _regional(languages, heads.url)

    def readings(candidates: Iterable[_Candidate], zone: tzinfo | None) -> Iterator[Reading]:
        for source, raw in candidates:
            date = parse_date(raw, now=fetched_at, language=language, zone=zone) if raw else None
            if raw and date is not None and (date := _not_after(date, fetched_at)) is not None:
                if date.on.year < WEB_BEGAN and source == "dom" and len(raw) > MAX_ARCHIVED_CHARS:
                    continue  # "No. 1700 of Apr 27th, 2020"
                yield Reading(source, raw, date)

    published = _best(chain(readings(declared, zone), readings(_of_publication(_shown_dates(shown)), shown_zone)))
    published = published or next(readings(_of_window(heads.title), None), None)
    published = published or _read_address(heads.url, fetched_at)
    if published is None:
        published = _only(list(readings(_of_publication(_dates_anywhere(shown)), shown_zone)))
    changes = readings(chain(modified, _of_change(_shown_dates(shown))), shown_zone)
    changed = next((reading for reading in changes if reading.date.at), None)
    if published is None:
        told = chain(_shown_dates(shown), _dates_anywhere(shown))
        if (only := _only(list(readings(_of_change(told), shown_zone)))) is not None:
            date = ParsedDate(at=None, on=only.date.on, precision=Precision.APPROXIMATE)
            published = only._replace(date=date)  # it is not older, and pages that are changed seldom say no more
    return Dates(published, changed)


def _of_publication(texts: Iterable[_Text]) -> Iterator[_Candidate]:
    for text, is_change in texts:
        if not is_change and (published := split_change(text)[0]):
            yield "dom", published


def _of_change(texts: Iterable[_Text]) -> Iterator[_Candidate]:
    for text, is_change in texts:
        if changed := text if is_change else split_change(text)[1]:
            yield "dom", changed


def _not_after(date: ParsedDate, fetched_at: datetime | None) -> ParsedDate | None:
    """`date` as far as it can be of a page that was fetched then."""
    if fetched_at is None:
        return date
    if date.on > (fetched_at + timedelta(days=1)).date():  # a day: of zones ahead of ours
        return None
    if date.at is not None and date.at > fetched_at + CLOCKS_DIFFER:
        return ParsedDate(at=None, on=date.on, precision=Precision.DAY, local=date.local)
    return date


def _regional(languages: Sequence[str], url: str) -> str | None:
    """The language of the page, with the region that another declaration or the address gives where it has none."""
    if not languages:
        return None
    first = languages[0]
    if "-" in first:
        return first
    longer = next((tag for tag in languages if tag.startswith(f"{first}-")), None)
    country = split_url(url).host.rpartition(".")[2]
    return longer or (f"{first}-{_COUNTRIES.get(country, country)}" if _is_of_country(country) else first)


def _is_of_country(label: str) -> bool:
    return len(label) == 2 and label.isalpha() and label not in _OF_NO_COUNTRY


def _read_address(url: str, fetched_at: datetime | None) -> Reading | None:
    """The day in the path of an address, where it names one: "/2024/05/03/bridge"."""
    days = {"-".join(match.groups()): match[0] for match in _IN_PATH.finditer(split_url(url).target)}
    if len(days) != 1:
        return None
    [(day, raw)] = days.items()
    date = parse_date(day)
    date = _not_after(date, fetched_at) if date else None
    return Reading("address", raw, date) if date else None


def _shown_dates(shown: Shown) -> Iterator[_Text]:
    """Dates around the heading: machine-readable ones first, then what looks like one; read as they are asked for."""
    beside = sorted((*shown.near, *shown.below_heading), key=attrgetter("at"))
    near = [node for node in beside if node.chars < MAX_LINE_CHARS]
    times = ((_time_of(node), node) for node in near if node.tag == "time")
    hinted = ((node.text(), node) for node in near if node.hint and _DATED.search(node.hint))
    plain = (
        (text, node)
        for node in shown.near
        if MIN_PLAIN_CHARS < len(text := _own_text(node)) < MAX_PLAIN_CHARS and any(map(str.isdigit, text))
    )
    for text, node in islice(chain(times, hinted, plain), MAX_SHOWN_DATES):
        yield clean(text), _is_of_change(node)


def _is_of_change(node: Node) -> bool:
    """Whether the words directly before a date, or in its `<time>`, tell of a change: "Updated <time>"."""
    if node.tag == "time" and node.get("datetime"):
        published, changed = split_change(node.text())
        if changed and not published:
            return True
    label = fold_date(_before(node)).strip()
    said = words().updated.search(label)
    return said is not None and _AFTER_LABEL.fullmatch(label, said.end()) is not None


def _before(node: Node) -> str:
    """The words that stand right before an element, with nothing between; "" where there are none, or many."""
    for _ in range(LABEL_LEVELS):
        parent = node.parent
        if parent is None:
            break
        before = parent.kids[: next(at for at, kid in enumerate(parent.kids) if kid is node)]
        for kid in reversed(before):
            text = kid if isinstance(kid, str) else kid.text() if kid.chars <= MAX_LABEL_CHARS else ""
            if text.strip() or (not isinstance(kid, str) and kid.chars):
                return text[-MAX_LABEL_CHARS:]
        node = parent
    return ""


def _of_window(title: str) -> Iterator[_Candidate]:
    """The day that ends the title of the window: "Bridge plan agreed | The Post | 04.05.2024"."""
    last = re.split(r"[|–—-]\s", title)[-1].strip()
    if _DATE_ALONE.fullmatch(last):
        yield "dom", last


def _own_text(node: Node) -> str:
    """What stands directly in an element."""
    return " ".join(text for kid in node.kids if isinstance(kid, str) and (text := kid.strip()))


def _time_of(node: Node) -> str:
    """What a `<time>` says: its attribute, but for one that tells of a change and a text of the publication.

    With the zone that only its text names, where both have one clock: "2016-10-04 05:07" and "10/04/2016 05:07 EDT".
    """
    attribute, text = node.get("datetime"), clean(node.text())
    exact, read = parse_date(attribute), parse_date(text)
    if exact is not None and read is not None and abs((exact.on - read.on).days) > 1:
        return text
    if exact is not None and exact.at is None and exact.local is not None:
        clock, zoned = find_clock(fold_date(text)), f"{attribute} {text.rpartition(' ')[2]}"
        is_one = clock is not None and (clock.hour, clock.minute) == (exact.local.hour, exact.local.minute)
        if is_one and (told := parse_date(zoned)) is not None and told.at is not None:
            return zoned
    return attribute or text


def _dates_anywhere(shown: Shown) -> Iterator[_Text]:
    """Dates of the whole page but for blocks of other stories: some stand below the text or in a box beside it."""
    dates = (
        (text, node)
        for node in shown.tree.nodes
        if (node.tag in ("time", "dd") or (node.hint and _DATED.search(node.hint)) or _is_labelled(node))
        and node.at not in shown.elsewhere
        and MIN_PLAIN_CHARS < len(text := _line_of(node)) < MAX_LINE_CHARS
        and not _is_of_another(node)
    )
    return ((text, _is_of_change(node)) for text, node in islice(dates, MAX_SHOWN_DATES))


def _is_labelled(node: Node) -> bool:
    """Whether it is a line of a list that says "Date: 4 May 2024"."""
    return node.tag in ("li", "p", "td") and node.chars < MAX_PLAIN_CHARS and bool(_LABELLED.match(clean(node.text())))


def _is_of_another(node: Node) -> bool:
    """Whether a date stands in the link or the heading of a story, which is another one so far from this one's."""
    return any(
        up.chars > node.chars + MAX_BESIDE_CHARS and up.tag in ("a", "h2", "h3", "h4", "h5", "h6")
        for up in islice(node.ancestors(), CARD_LEVELS)
    )


def _line_of(node: Node) -> str:
    return clean(node.get("datetime") or (node.text() if node.chars < MAX_LINE_CHARS else _own_text(node)))


def _only(read: list[Reading]) -> Reading | None:
    """The one day that all of them name; `None` where they name several, since only one is the article's."""
    return _best(read) if len({one.date.on for one in read}) == 1 else None


def _best(read: Iterable[Reading]) -> Reading | None:
    """The first date, or a later one of the same day (within a zone) that knows the minute where the first does not.

    A month that metadata name is the last resort.
    """
    first: Reading | None = None
    month: Reading | None = None
    for one in read:
        if one.source != "dom" and one.date.precision is Precision.APPROXIMATE:
            month = month or one
            continue
        if one.date.at is not None and first is None:
            return one
        first = first or one
        if one.date.precision is Precision.MINUTE and abs((one.date.on - first.date.on).days) <= 1:
            return one
    return first or month


def _shared_zone(raws: Iterable[str]) -> tzinfo | None:
    zones = set()
    for raw in raws:
        if _ZONED.fullmatch(raw):
            try:
                zones.add(datetime.fromisoformat(raw.replace(" ", "T", 1)).tzinfo)
            except ValueError:
                continue
    return zones.pop() if len(zones) == 1 else None
