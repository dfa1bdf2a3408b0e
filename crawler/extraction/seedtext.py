"""The plain-text form of an article: what a reader keeps when a page is copied into a text file.

    Title / date line / caption of the picture / paragraphs / "Explore further: TITLE" / "Related Stories" and
    "Recommended for you", each a list of title, date and teaser / prompts to sign in, which are left out

Any part but title and text may be missing. The caption is told by its place: the line directly under the date, where
a paragraph of the text would stand apart by a blank line.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from crawler.extraction.article import EXTRACTOR
from crawler.extraction.dates import ParsedDate, parse_date
from crawler.extraction.digest import text_digest
from crawler.extraction.feeds import moment_or_day
from crawler.extraction.people import find_people
from crawler.extraction.wording import clean, count_words, fold, folded_words, simhash
from crawler.model.links import PAGE_KINDS, Link, LinkBlock, LinkKind
from crawler.model.records import Article, Image
from crawler.model.urls import canonical_url, fingerprint, resolve_url

MAX_STORY_CHARS = 500_000  # ten times the longest news article seen; read at worst in 0.8 s
MAX_TITLE_CHARS = 300
MAX_HEAD_LINE_CHARS = 120  # of a by-line or a date line; longer ones are sentences
MAX_FORM_LINE_CHARS = 160  # longer ones that begin like a form are sentences
MIN_SENTENCE_WORDS = 4  # of a paragraph that shows a text to be one: settings, tables and programs have none
MAX_HEAD_LINES = 20  # from the title on, within which date, by-line and address stand
MAX_LINKS_IN_BLOCK = 100

_URL_LINE = re.compile(r"(?:(?:url|source|link|permalink)\s*:\s*)?(https?://\S+)", re.I)
_DATE_LABEL = re.compile(
    r"^(?:(?:first |last )?(?:published|posted|updated|modified|released)(?: on| at)?|date)\b\s*:?\s*", re.I
)
_DATE_WORDS = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun "
    "montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche "
    "lunes martes miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica "
    "segunda terça quarta quinta sexta feira maandag dinsdag woensdag donderdag vrijdag zaterdag zondag "
    "utc gmt est edt cst cdt mst mdt pst pdt bst cet cest uhr del the".split()
)
_DATE_THEN_BY = re.compile(r"(.{4,60}?)[\s,|–—-]+(by\s.+)", re.I)
_BY_THEN_DATE = re.compile(r"(by\s.+?)\s*[,|–—-]\s*(.{4,60})", re.I)
_BY_LINE = re.compile(r"(?:(?:written|story|text|words|reported) )?(?:by|von|par|por|door)\s+(\S.*)", re.I)
_SMALL_IN_NAMES = frozenset(
    "and und et y e en de da di du dos del der den van von ten la le el al bin ibn for of".split()
)
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_FORM = re.compile(  # where the page around the article begins again
    r"(?:please (?:sign|log) in|(?:sign|log) in (?:to|with|or)\b|click here to|leave a (?:reply|comment)"
    r"|registration is free|(?:post|add|write) a comment|your e-?mail address|subscribe to (?:our|the)"
    r"|sign up (?:for|to)\b|forgot(?:ten)? (?:your )?password|user comments|(?:\d+ )?comments?\b[\s:(\d)]*$"
    r"|share (?:this|on)\b)",
    re.I,
)
_TAIL = re.compile(
    r"(?:©|\(c\)\s*\d|copyright\b|all rights reserved|provided by\b"
    r"|(?:more information|citation|journal \w+|source)\s*:)",
    re.I,
)
_NO_TEXT = ("<", "{", "[", "#!", "%PDF")  # markup, JSON, programs

# Whole lines only, and few: a page marks its headings, so its lexicon may let "Background" or "Watch ..." be one; here
# a line is only a line, and such a one is a sub-heading or a title.
_HEADINGS = {
    fold(line): kind
    for kind, lines in (
        (
            LinkKind.RELATED,
            """Explore further, Related, Related Stories, Related Articles, Related News, Related Content,
            More on this story, More on this topic, See also, Mehr zum Thema, Ähnliche Artikel, Verwandte Artikel,
            À lire aussi, Articles liés, Sur le même sujet, Noticias relacionadas, Artículos relacionados, Lee también,
            Notícias relacionadas, Leia também, Articoli correlati, Leggi anche, Gerelateerde artikelen, Lees ook,
            Läs också, Läs även, Les også, Læs også, Czytaj także, Čtěte také, Читайте также, По теме,
            関連記事, 相关阅读, 相关新闻, 相關新聞, 관련기사""",
        ),
        (
            LinkKind.RECOMMENDED,
            """Recommended for you, Recommended, You may also like, You might also like, Das könnte Sie auch
            interessieren, Vous aimerez aussi, Te puede interesar, Le puede interesar, Potrebbe interessarti""",
        ),
        (LinkKind.PROMOTED, "Most Popular, Most Read, Trending, Latest News, Meistgelesen, Les plus lus, Lo más leído"),
    )
    for line in lines.split(",")
}
_ONE_STORY = "explore further"  # the only heading that announces a single story, often on its own line


class _Story(NamedTuple):
    """A story of a block as its lines give it."""

    title: str
    date: str | None
    teaser: str | None
    url: str | None


class _Block(NamedTuple):
    heading: str
    kind: LinkKind
    stories: list[_Story]


class _Head:
    """Title, date, authors, address and caption; what is left of the lines is the text."""

    def __init__(self, lines: list[str]) -> None:
        self.title = ""
        self.date: ParsedDate | None = None
        self.raw_date: str | None = None
        self.authors: tuple[str, ...] = ()
        self.url: str | None = None
        self.caption: str | None = None
        self.text: list[str] = []
        title_at = 0
        is_under_date = False
        for at, line in enumerate(lines):
            if not line:
                continue
            if at <= title_at + MAX_HEAD_LINES and self._takes(line):
                is_under_date = self.date is not None
            elif not self.title:
                self.title, title_at = line, at
            else:
                self.text = lines[at:]
                if is_under_date and lines[at - 1] and "" in lines[title_at:at]:
                    self._take_caption()
                return

    def _takes(self, line: str) -> bool:
        """Whether a line is a field of the head; the first of each kind is kept."""
        if url := _URL_LINE.fullmatch(line):
            self.url = self.url or resolve_url(url[1])
            return True
        if not self.title or len(line) > MAX_HEAD_LINE_CHARS:
            return False
        date, by = _date_and_by(line)
        if self.date is None and date:
            self.date, self.raw_date = _read_date(date), date
        if by and not self.authors:
            self.authors = find_people([by])
        return bool(date or by)

    def _take_caption(self) -> None:
        """The lines up to the first blank one, where they are one paragraph and more text follows."""
        end = self.text.index("") if "" in self.text else len(self.text)
        paragraphs = _paragraphs(self.text[:end])
        if len(paragraphs) == 1 and any(self.text[end:]):
            self.caption, self.text = paragraphs[0], self.text[end:]


def story_id(title: str, day: str | None) -> str:
    """The identity of an article without address: 32 hex digits over its folded title and its day.

    Args:
        title: as written; case, punctuation and white space do not count.
        day: `YYYY-MM-DD`; `None` where no day is known.
    """
    return fingerprint(f"{fold(title) or title}\n{day or ''}").hex()


def read_story(text: str, *, source: str | None = None) -> Article | None:
    """The article that a plain-text file holds.

    Args:
        text: the file, decoded; line ends of any system.
        source: where it came from; an http(s) address becomes the article's where the text has no `URL:` line.

    Returns:
        `None` where it is no article. `url` is `urn:story:<id>` where no address is known; links have one only where a
        line of their block gives it. A story that stands in several blocks is one link under its strongest kind.
    """
    lines = [clean(line) for line in text[:MAX_STORY_CHARS].splitlines()]
    title_at = next((at for at, line in enumerate(lines) if line), 0)
    text_end = next(
        (at for at in range(title_at + 1, len(lines)) if _heading_of(lines[at]) or _is_form(lines[at])), len(lines)
    )
    head = _Head(lines[:text_end])
    paragraphs = _text_paragraphs(head.text)
    links = _merge(_blocks(lines[text_end:]))
    body = "\n\n".join(paragraphs)
    words = folded_words(body)
    is_form_clear = head.date is not None or bool(links)
    if not _is_title(head.title) or not _is_prose(paragraphs, is_form_clear=is_form_clear):
        return None
    address = head.url or resolve_url(source or "")
    day = head.date.on.isoformat() if head.date else None
    is_timed = head.date is not None and head.date.at is not None
    return Article(
        url=canonical_url(address) if address else f"urn:story:{story_id(head.title, day)}",
        title=head.title,
        authors=head.authors,
        published_at=moment_or_day(head.raw_date) if head.raw_date and is_timed else None,
        published_on=day,
        published_precision=head.date.precision if head.date else None,
        published_raw=head.raw_date,
        image=Image(url=None, caption=head.caption) if head.caption else None,
        text=body,
        word_count=len(words),
        text_digest=text_digest(body),
        simhash=simhash(words),
        links=links,
        field_sources={
            name: "text"
            for name, value in (
                ("authors", head.authors),
                ("image", head.caption),
                ("published_at", is_timed),
                ("published_on", day),
                ("text", body),
                ("title", head.title),
            )
            if value
        },
        extractor=EXTRACTOR,
    )


def _is_title(line: str) -> bool:
    return 0 < len(line) <= MAX_TITLE_CHARS and not line.startswith(_NO_TEXT) and bool(fold(line))


def _is_prose(paragraphs: list[str], *, is_form_clear: bool) -> bool:
    """Whether paragraphs are a text: one is a sentence, or most are where no date and no block shows what it is."""
    sentences = sum(_SENTENCE_END.search(p) is not None and count_words(p) >= MIN_SENTENCE_WORDS for p in paragraphs)
    return sentences >= 1 if is_form_clear else sentences >= 2 and 2 * sentences >= len(paragraphs)


def _date_and_by(line: str) -> tuple[str | None, str | None]:
    """The date and the by-line that a line of the head is made of; `None` for each that it does not have."""
    if _read_date(line):
        return line, None
    for pattern, date_at, by_at in ((_DATE_THEN_BY, 1, 2), (_BY_THEN_DATE, 2, 1)):
        if (match := pattern.fullmatch(line)) and _read_date(match[date_at]) and _is_by_line(match[by_at]):
            return match[date_at], match[by_at]
    return None, line if _is_by_line(line) else None


def _read_date(line: str) -> ParsedDate | None:
    """The date of a line that says nothing else: "Elections of May 7, 2026" is a title."""
    line = _DATE_LABEL.sub("", line)
    date = parse_date(line)
    if date is None:
        return None
    words = re.findall(r"[^\W\d_]{3,}", line.casefold())
    is_only_date = all(word in _DATE_WORDS or parse_date(f"1 {word} 2000") for word in words)
    return date if is_only_date else None


def _is_by_line(line: str) -> bool:
    match = _BY_LINE.fullmatch(line)
    if match is None or _SENTENCE_END.search(line):
        return False
    words = re.findall(r"[^\W\d_]+", match[1])
    return any(word[0].isupper() for word in words) and all(
        not word[0].islower() or word in _SMALL_IN_NAMES for word in words
    )


def _paragraphs(group: list[str]) -> list[str]:
    """Lines without a blank one between: one paragraph where they look wrapped at a width, else one each."""
    is_wrapped = len(group) > 1 and max(map(len, group)) <= 100 and min(map(len, group[:-1])) >= 40
    return [" ".join(group)] if is_wrapped else group


def _text_paragraphs(lines: list[str]) -> list[str]:
    """The paragraphs of the text, without the credits and references after it."""
    paragraphs: list[str] = []
    group: list[str] = []
    for line in (*lines, ""):
        if line:
            group.append(line)
        elif group:
            paragraphs += _paragraphs(group)
            group = []
    while paragraphs and _TAIL.match(paragraphs[-1]):
        paragraphs.pop()
    return paragraphs


def _heading_of(line: str) -> tuple[str, LinkKind, str] | None:
    """Heading, kind and the title that follows on the line; `None` where the line heads no block."""
    heading, _, rest = line.partition(":")
    name = fold(heading) if len(heading) <= MAX_HEAD_LINE_CHARS else ""
    kind = _HEADINGS.get(name)
    return None if kind is None or (rest and name != _ONE_STORY) else (heading.strip(), kind, rest.strip())


def _is_form(line: str) -> bool:
    return len(line) <= MAX_FORM_LINE_CHARS and _FORM.match(line) is not None


def _blocks(lines: list[str]) -> Iterator[_Block]:
    """The link blocks up to the first form of the page around."""
    end = next((at for at, line in enumerate(lines) if _is_form(line)), len(lines))
    starts = [at for at in range(end) if _heading_of(lines[at])]
    for start, stop in pairwise((*starts, end)):
        found = _heading_of(lines[start])
        if found is not None:
            heading, kind, rest = found
            most = 1 if fold(heading) == _ONE_STORY else MAX_LINKS_IN_BLOCK
            told = [line for line in (rest, *lines[start + 1 : stop]) if line]
            yield _Block(heading, kind, _stories(told[: 4 * MAX_LINKS_IN_BLOCK])[:most])  # a story takes up to 4 lines


def _stories(lines: list[str]) -> list[_Story]:
    """The stories of a block: a title, then a date, an address and a teaser where it has them."""
    stories: list[_Story] = []
    for at, line in enumerate(lines):
        last = stories[-1] if stories else None
        if last is None:
            stories.append(_Story(line, None, None, None))
        elif _read_date(line):
            stories[-1] = last._replace(date=last.date or line)
        elif url := _URL_LINE.fullmatch(line):
            stories[-1] = last._replace(url=last.url or resolve_url(url[1]))
        elif _is_teaser(line, last, lines[at + 1] if at + 1 < len(lines) else ""):
            stories[-1] = last._replace(teaser=line)
        else:
            stories.append(_Story(line, None, None, None))
    if stories and stories[0].date is not None:
        while stories[-1].date is None:  # where stories have dates, what has none is the page around
            stories.pop()
    return [story for story in stories if _is_title(story.title)]


def _is_teaser(line: str, last: _Story, following: str) -> bool:
    if last.teaser is not None or _read_date(following):  # what a date follows is a title
        return False
    return last.date is not None or bool(_SENTENCE_END.search(line)) or len(line) > MAX_TITLE_CHARS


def _merge(blocks: Iterable[_Block]) -> tuple[Link, ...]:
    """One link for each story, in the order of their first blocks."""
    seen: dict[str, list[tuple[LinkBlock, _Story]]] = {}
    for block in blocks:
        for rank, story in enumerate(block.stories):
            place = LinkBlock(kind=block.kind, heading=block.heading, rank=rank)
            seen.setdefault(fold(story.title), []).append((place, story))
    return tuple(_link(places) for places in seen.values())


def _link(places: list[tuple[LinkBlock, _Story]]) -> Link:
    main = min(range(len(places)), key=lambda at: PAGE_KINDS.index(places[at][0].kind))
    block, story = places[main]
    date = next((other.date for _, other in places if other.date), None)
    return Link(
        url=next((other.url for _, other in places if other.url), None),
        kind=block.kind,
        rank=block.rank,
        heading=block.heading,
        title=story.title,
        published_at=moment_or_day(date) if date else None,
        teaser=next((other.teaser for _, other in places if other.teaser), None),
        also=tuple(other for at, (other, _) in enumerate(places) if at != main),
    )
