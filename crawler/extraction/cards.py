"""What a block shows of one story: its title, date and teaser, out of the card that stands around its links."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import Enum
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from crawler.extraction.dates import MAX_DATE_CHARS, parse_date, rfc_3339
from crawler.extraction.lexicon import lexicon
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import clean, count_words, fold, reading_length
from crawler.model.records import Precision

MAX_TITLE_CHARS = 300
MIN_BEGUN_WORDS = 3  # before a link, of a title that it only ends; fewer are a label, a date, a name
MAX_KICKED_CHARS = 120  # of a title in a link of its own below another with the name of a section; teasers are longer
MAX_NO_TITLE_CHARS = 35  # of "Read more" and its like, and of headings of blocks: the longest known has 30
MIN_TITLE_WORDS = 4  # of a title that is surely one
MIN_LONG_TITLE = 24  # letters of English that say as much
MIN_TITLE_CHARS = 8  # of a title that only a tag or a hint calls one
MIN_TEASER_LENGTH = 40
MIN_TEASER_CHARS = 12  # with which Han can say as much
MAX_TEASER_CHARS = 600
MAX_CARD_CHARS = 1_500  # an element with more text is no card
MAX_CARD_ELEMENTS = 60  # that are looked at; a card has 5 to 30
MIN_PAID_CHARS = 2  # of a label such as "Ad"
MAX_PAID_CHARS = 40
MAX_ASIDE_CHARS = 80  # of a by-line or date beside a title

_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_TITLE_HINT = re.compile(r"(?<![a-z])(?:[a-z]*title|head-?line|heading|ttl|hed|titre|titel|titulo)(?![a-z])")
_ASIDE_HINT = re.compile(
    r"(?<![a-z])(?:[a-z]*kicker[a-z]*|topline[a-z]*|over-?line|category|section|label|eyebrow|roof|dachzeile|spitzmarke|"
    r"(?:pre|super|supra|sur|ante)-?tit[a-z]*|occhiello|date|time|author|by-?line|meta|tag|badge|caption|prefix|duration|"
    r"count|comments?)(?![a-z])"
)
_SUBTITLE = re.compile(r"(?<![a-z])sub-?tit")
_DIGIT = re.compile(r"\d")
_HIDDEN = re.compile(r"(?<![a-z])(?:visually-?hidden|sr-only|screen-?reader[a-z-]*|assistive-text)(?![a-z])")
_STYLES = ("font-", "text-")  # names that only say what letters look like: a kicker may be set as a "font-heading"
_KICKER_ENDS = (":", "：", "|")
_LEADING = " :：|·•"  # between a kicker and a title
_TRAILING = " ►▶→"  # behind a title; "»" and "›" are quotation marks too
_BYLINE = re.compile(  # "By Ada Bell", "Eine Kolumne von Ada Bell"
    r"(?:(?:eine?|an?|une?|una|uno|en|et) [^\W\d_]+ )?"
    r"(?:von|by|par|por|di|da|af|av|door|tekst|от|автор)\s+[^\W\d_a-zà-ÿ]"
)
_BLOCKS = frozenset("div p section article header figure figcaption li ul ol h1 h2 h3 h4 h5 h6 time".split())


class Shown(NamedTuple):
    """What a card shows."""

    title: str | None
    published_at: str | None
    teaser: str | None
    is_paid: bool = False  # it says that somebody paid for it


class _Role(Enum):
    TITLE = "title"
    ASIDE = "aside"  # kicker, date, author, label: beside the title, and no part of it


def read_card(tree: Tree, cards: list[Node], links: list[Node], *, now: datetime | None, language: str | None) -> Shown:
    """Title, date and teaser of a story.

    Args:
        cards: the largest elements around the links that show no other story.
        links: the links of the story inside them.
    """
    inside = (node for card in cards if card.chars <= MAX_CARD_CHARS for node in _first_inside(tree, card))
    around = [node for node in inside if node.chars or node.tag == "time"]  # whatever tells anything
    title = _title([node for link in links for node in _first_inside(tree, link)], around, links)
    is_paid = any(_says_paid(node, links) for node in around if MIN_PAID_CHARS <= node.chars <= MAX_PAID_CHARS)
    return Shown(title, _day(around, now, language), _teaser(around, title), is_paid)


def _says_paid(node: Node, links: list[Node]) -> bool:
    """Whether it is a label of what is paid for; "Advertisement" beside a link is that of another place."""
    if _has_parts(node):
        return False
    group = _paid_group(node.text())
    return group == 0 or (group == 1 and any(link.holds(node) for link in links))


@lru_cache(maxsize=4_096)  # labels repeat
def _paid_group(text: str) -> int | None:
    return lexicon().paid.group_of(fold(text))


def _first_inside(tree: Tree, node: Node) -> list[Node]:
    return tree.nodes[node.at : min(node.end + 1, node.at + MAX_CARD_ELEMENTS)]


def _title(own: list[Node], around: list[Node], links: list[Node]) -> str | None:
    """The heading in the links or beside them, else their own words, else what their attributes or pictures say.

    A heading of few words that holds no link of the story gives way to a link of many: it may be the name of a part
    of the page.
    """
    if text := _first_title(_titles(own)):
        kicked = _long_texts([link for link in links if text not in link.text()]) if count_words(text) < 3 else ()
        return next((said for said in kicked if len(said) <= MAX_KICKED_CHARS), text)
    beside = [node for node in around if node.tag in _HEADINGS or node.hint]
    titles = _titles(beside)
    if text := _first_title(node for node in titles if any(node.holds(link) for link in links)):
        return next((said for said in _long_texts(links) if said in text), text)  # without a label beside it
    text = _first_title(titles)
    if text and _is_long(text):
        return text
    texts = [_whole_line(link, said) for link in links if (said := _link_text(link))]
    if long := next((said for said in texts if _is_long(said)), None):
        return long
    if text:
        return text
    if texts:
        return max(texts, key=lambda said: (count_words(said) > 2, -texts.index(said)))
    named = [link.get(name) for link in links for name in ("title", "aria-label")]
    named += [_own_line(link.parent) for link in links if link.parent]
    named += [node.get("alt") for node in own if node.tag == "img"]
    return next((said for name in named if (said := _usable(name)) and count_words(said) > 2), None)


def _whole_line(link: Node, said: str) -> str:
    """What a link says, or the item of a list that it ends: "Could an astronaut lost in space <a>get around</a>?"."""
    item = link.parent
    if item is None or item.tag != "li" or item.chars > MAX_TITLE_CHARS or (_is_long(said) and not said[0].islower()):
        return said
    line = clean(item.text())
    before, _, after = line.partition(said)
    least = MIN_BEGUN_WORDS - said[0].islower()
    is_begun = count_words(before) >= least and not before.rstrip().endswith(_KICKER_ENDS)
    return line if is_begun and len(after) < 3 and len(_own_line(item)) >= len(before.strip()) else said


def _own_line(node: Node) -> str:
    """The text that is directly in an element; "" where that is more than a title."""
    if node.chars > MAX_TITLE_CHARS or len(node.kids) > MAX_CARD_ELEMENTS:
        return ""
    return clean(" ".join(kid for kid in node.kids if isinstance(kid, str)))


def _long_texts(links: list[Node]) -> Iterator[str]:
    return (said for link in links if (said := _link_text(link)) and _is_long(said))


def _is_long(text: str) -> bool:
    return reading_length(text) >= MIN_LONG_TITLE and count_words(text) >= MIN_TITLE_WORDS


def is_title(node: Node) -> bool:
    """Whether a tag or a name calls it a title."""
    return node.chars > 0 and (node.tag in _HEADINGS or (node.hint != "" and _role(node.hint) is _Role.TITLE))


def _titles(nodes: list[Node]) -> list[Node]:
    """Headings, the highest first, and what is called a title; kickers among them last. Of a title's length all."""
    nodes = [node for node in nodes if MIN_TITLE_CHARS <= node.chars <= MAX_TITLE_CHARS and node.tag != "a"]
    headings = sorted((node for node in nodes if node.tag in _HEADINGS), key=_tag)
    hinted = [node for node in nodes if node.hint and node.tag not in _HEADINGS and _role(node.hint) is _Role.TITLE]
    hinted.sort(key=_is_subtitle)  # it stands for the title where there is none
    kickers = [node for node in headings if _role(node.hint) is _Role.ASIDE or node.text().endswith(_KICKER_ENDS)]
    if kickers:
        headings = [*(node for node in headings if node not in kickers), *kickers]
    return [*headings, *hinted]


def _is_subtitle(node: Node) -> bool:
    return _SUBTITLE.search(node.hint) is not None


def _tag(heading: Node) -> str:
    return heading.tag


def _first_title(nodes: Iterable[Node]) -> str | None:
    return next((text for node in nodes if (text := _usable("".join(_own_words(_title_in(node)))))), None)


def _has_parts(node: Node) -> bool:
    """Whether elements in it hold words."""
    return node.end > node.at and any(kid.chars for kid in node.elements())


def _title_in(heading: Node) -> Node:
    """What a heading holds that is called its title, beside a kicker; the heading itself where there is none."""
    if not _has_parts(heading):
        return heading
    for node in heading.elements():
        inner = _title_in(node)
        if MIN_TITLE_CHARS <= inner.chars < heading.chars and inner.hint and _role(inner.hint) is _Role.TITLE:
            return inner
    return heading


def _own_words(node: Node) -> list[str]:
    """The words of a title, without the kicker, date or author inside it."""
    words: list[str] = []
    for kid in node.kids:
        if isinstance(kid, str):
            words.append(kid)
        elif kid.chars == 1 and kid.text() in _LEADING:
            words.clear()  # a colon of its own parts the title from the kicker before it
        elif kid.chars and (kid.chars == node.chars or not _is_beside(kid, bool(words))):
            words += (" ", *_own_words(kid), " ") if kid.tag in _BLOCKS else _own_words(kid)
    return words


def _link_text(link: Node) -> str | None:
    """A link's own words: its first piece that is long enough to be a title, where it is made of pieces."""
    pieces = [""]
    _add_pieces(link, pieces)
    usable = [text for piece in pieces if (text := _usable(piece))]
    if len(usable) <= 1:
        return usable[0] if usable else None
    return next((text for text in usable if count_words(text) >= MIN_TITLE_WORDS), _usable(link.text()))


def _add_pieces(node: Node, pieces: list[str]) -> None:
    """The words of an element: in line to the last piece, of a block to one of their own, of what is aside to none.

    Elements between which there are no words are blocks, whatever their tags: spans that a style sheet sets apart.
    """
    is_row = len(node.kids) > 1 and not any(isinstance(kid, str) and kid.strip() for kid in node.kids)
    for kid in node.kids:
        if isinstance(kid, str):
            pieces[-1] += kid
        elif kid.tag in ("br", "img"):
            pieces[-1] += " "
        elif _is_aside(kid, any(piece.strip() for piece in pieces)):
            pieces.append("")
        elif kid.tag in _BLOCKS or (is_row and kid.tag == "span"):
            pieces.append("")
            _add_pieces(kid, pieces)
            pieces.append("")
        else:
            _add_pieces(kid, pieces)


def _is_beside(node: Node, follows_words: bool) -> bool:
    return _is_aside(node, follows_words) or (node.hint != "" and _HIDDEN.search(node.hint) is not None)


def _is_aside(node: Node, follows_words: bool) -> bool:
    """Whether it is a kicker, date or author; what reads like a by-line is one only after other words."""
    if node.tag == "time" or _role(node.hint) is _Role.ASIDE:
        return True
    if not follows_words or not 5 < node.chars <= MAX_ASIDE_CHARS:
        return False
    text = clean(node.text())
    if text[-1:].isdigit() and text[:1].isdigit():
        return parse_date(text) is not None
    return _BYLINE.match(f"{text[:1].lower()}{text[1:]}") is not None


@lru_cache(maxsize=8_192)  # a site uses the same hints on all its pages
def _role(hint: str) -> _Role | None:
    if not (_TITLE_HINT.search(hint) or _ASIDE_HINT.search(hint)):
        return None  # most are of layout: not taken apart
    roles = {_role_of_name(name) for name in hint.split()}
    return _Role.TITLE if _Role.TITLE in roles else _Role.ASIDE if _Role.ASIDE in roles else None


def _role_of_name(name: str) -> _Role | None:
    """By the last word that tells: "title__kicker" is the kicker of a title, "kicker-title" the title of one."""
    title = 0 if name.startswith(_STYLES) else max((found.end() for found in _TITLE_HINT.finditer(name)), default=0)
    aside = max((found.end() for found in _ASIDE_HINT.finditer(name)), default=0)
    return None if not (title or aside) else _Role.ASIDE if aside > title else _Role.TITLE


def _usable(text: str) -> str | None:
    """`text` as a title: without a label before it; `None` where it says only "Read more" or "Sponsored"."""
    text = clean(text)[:MAX_TITLE_CHARS].lstrip(_LEADING).rstrip(_TRAILING)
    label, mark, rest = text.partition(":")
    if mark and (len(label) < 30 or not rest) and lexicon().heading(label):
        text = rest.strip()
    if len(text) > MAX_NO_TITLE_CHARS:
        return text
    folded = fold(text)
    if len(folded) < 4 or lexicon().no_titles.equals(folded) or lexicon().names_a_block(text):
        return None
    return text


def _day(around: list[Node], now: datetime | None, language: str | None) -> str | None:
    stamped = (node.get("datetime") or node.text() for node in around if node.tag == "time")
    worded = (
        "".join([kid for kid in node.kids if isinstance(kid, str)])
        for node in around
        if 5 < node.chars < MAX_DATE_CHARS
    )
    for text in chain(stamped, filter(_DIGIT.search, worded)):
        if date := parse_date(text, now=now, language=language):
            if date.at and date.precision is Precision.MINUTE:
                return rfc_3339(date.at)
            return date.on.isoformat()
    return None


def _teaser(around: list[Node], title: str | None) -> str | None:
    known: str | None = None
    for node in around:
        if (
            MIN_TEASER_CHARS <= node.chars <= MAX_TEASER_CHARS
            and node.tag in ("p", "div", "span")
            and (node.end == node.at or not any(kid.tag in _BLOCKS for kid in node.elements()))
        ):
            text = clean(node.text())
            if text == title or reading_length(text) < MIN_TEASER_LENGTH:
                continue
            folded = fold(text)
            known = fold(title or "") if known is None else known
            if known not in folded and folded not in known and parse_date(text) is None:
                return text
    return None
