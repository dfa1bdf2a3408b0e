"""What a block shows of one story: its title, date and teaser, out of the card that stands around its links."""

import re
from datetime import datetime
from typing import NamedTuple

from crawler.extraction.anchors import Anchor
from crawler.extraction.dates import MAX_DATE_CHARS, parse_date, rfc_3339
from crawler.extraction.lexicon import lexicon
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import clean, count_words, fold, reading_length
from crawler.model.records import Precision

MAX_TITLE_CHARS = 300
MIN_TEASER_LENGTH = 40
MAX_TEASER_CHARS = 600
MAX_CARD_CHARS = 1_500  # an element with more text is no card
MAX_CARD_ELEMENTS = 60  # that are looked at; a card has 5 to 30

_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_TITLE_HINT = re.compile(r"(?<![a-z])(?:[a-z]*title|head-?line|heading|ttl|hed|titre|titel|titulo)(?![a-z])")
_ASIDE_HINT = re.compile(
    r"(?<![a-z])(?:kicker|category|section|label|eyebrow|date|time|author|by-?line|meta|tag|badge|caption|overline|roof|"
    r"prefix|duration|count|comments?)(?![a-z])"
)
_BLOCKS = frozenset("div p section article header figure figcaption li ul ol h1 h2 h3 h4 h5 h6 time".split())


class Shown(NamedTuple):
    """What a card shows."""

    title: str | None
    published_at: str | None
    teaser: str | None


def read_card(tree: Tree, card: Node, links: list[Anchor], *, now: datetime | None, language: str | None) -> Shown:
    """Title, date and teaser of a story.

    Args:
        card: the largest element around the links that shows no other story.
        links: the anchors of the story inside it.
    """
    around = tree.inside(card)[:MAX_CARD_ELEMENTS] if card.chars <= MAX_CARD_CHARS else []
    title = _title([node for link in links for node in tree.inside(link.node)], around, links)
    return Shown(title, _day(around, now, language), _teaser(around[1:], title))


def _title(own: list[Node], around: list[Node], links: list[Anchor]) -> str | None:
    """The heading in the links or beside them, else their own words, else what their attributes or pictures say."""
    for nodes in (own, around):
        for is_title in (lambda node: node.tag in _HEADINGS, lambda node: _TITLE_HINT.search(node.hint)):
            for node in nodes:
                if (
                    node.tag != "a"
                    and 8 <= node.chars <= MAX_TITLE_CHARS
                    and is_title(node)
                    and (text := _usable(node.text()))
                ):
                    return text
    texts = [text for link in links if (text := _link_text(link.node))]
    if texts:
        return max(texts, key=lambda text: (count_words(text) > 2, -texts.index(text)))
    named = [link.node.get(name) for link in links for name in ("title", "aria-label")]
    named += [node.get("alt") for node in own if node.tag == "img"]
    return next((text for name in named if (text := _usable(name)) and count_words(text) > 2), None)


def _link_text(link: Node) -> str | None:
    """A link's own words: its first piece that is long enough to be a title, where it is made of pieces."""
    pieces: list[str] = []
    _pieces(link, pieces)
    usable = [text for piece in pieces if (text := _usable(piece))]
    if len(usable) <= 1:
        return usable[0] if usable else None
    return next((text for text in usable if count_words(text) >= 4), _usable(link.text()))


def _pieces(node: Node, pieces: list[str]) -> None:
    text = ""
    for kid in node.kids:
        if isinstance(kid, str):
            text += kid
        elif kid.tag in _BLOCKS or _ASIDE_HINT.search(kid.hint):
            pieces.append(text)
            text = ""
            if not _ASIDE_HINT.search(kid.hint) and kid.tag != "time":
                _pieces(kid, pieces)
        else:
            text += f" {kid.text()} " if kid.tag in ("br", "img") else kid.text()
    pieces.append(text)


def _usable(text: str) -> str | None:
    """`text` as a title: without a label before it; `None` where it says only "Read more" or "Sponsored"."""
    text = clean(text)[:MAX_TITLE_CHARS]
    label, mark, rest = text.partition(":")
    if mark and len(label) < 30 and rest.strip() and lexicon().heading(label):
        text = rest.strip()
    folded = fold(text)
    if len(folded) < 4 or lexicon().no_titles.equals(folded) or lexicon().names_a_block(folded):
        return None
    return text


def _day(around: list[Node], now: datetime | None, language: str | None) -> str | None:
    nodes = [node for node in around if node.chars < MAX_DATE_CHARS]
    texts = [node.get("datetime") or node.text() for node in nodes if node.tag == "time"]
    texts += [
        text
        for node in nodes
        if node.chars > 5 and (text := "".join(kid for kid in node.kids if isinstance(kid, str))).strip()
    ]
    for text in texts:
        if any(letter.isdigit() for letter in text) and (date := parse_date(text, now=now, language=language)):
            if date.at and date.precision is Precision.MINUTE:
                return rfc_3339(date.at)
            return date.on.isoformat()
    return None


def _teaser(around: list[Node], title: str | None) -> str | None:
    known = fold(title or "")
    for node in around:
        if (
            node.tag in ("p", "div", "span")
            and node.chars <= MAX_TEASER_CHARS
            and not any(kid.tag in _BLOCKS for kid in node.elements())
        ):
            text = clean(node.text())
            folded = fold(text)
            if (
                reading_length(text) >= MIN_TEASER_LENGTH
                and known not in folded
                and folded not in known
                and parse_date(text) is None
            ):
                return text
    return None
