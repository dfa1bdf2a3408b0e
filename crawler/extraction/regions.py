"""What the class, id, role and tag of an element hint of it: frame of the page, comments, advertisement, body, block.

A hint is weak evidence. Measured traps: `nwrel` and `div.related-articles` that hold the most popular; "paywall" on
the real body; `body.has-sidebar`; `sidebar-grid` around both. So callers weigh it against words, structure and size.
"""

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from crawler.extraction.tree import Node, Tree
from crawler.model.links import LinkKind

MIN_BODY_CHARS = 200  # of an element called the body, to be believed whatever else it is called
MAX_AD_PROSE = 600  # letters; the longest advertisement seen has 530
MOST_PROSE = 0.4  # of the page's: what holds more is no sidebar, whatever it is called

_FRAME_TAGS = frozenset(("nav", "form", "dialog", "menu"))
_TELLING_TAGS = _FRAME_TAGS | {"footer", "aside"}
_WHOLE = frozenset(("html", "body", "main", "article", "h1"))  # a hint on these is about the page, not about a part


class Signals(NamedTuple):
    """What a hint says."""

    frame: bool  # navigation, header and footer of the site, search, sign-in, consent
    comments: bool
    ad: bool
    gadget: bool  # sharing, newsletters, polls, ratings, tools
    credit: bool  # captions, by-lines, dates, tags, about the author
    body: bool  # the text of the article
    sidebar: bool
    kind: LinkKind | None  # the block of links that it names


_NOTHING = Signals(False, False, False, False, False, False, False, None)
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")
# of WordPress and Ghost: a card is called by the topics of its story, which may be "comment", "trending" or "ads"
_TOPICAL = re.compile(r"(?:category|tag)-(?!(?:list|cloud|link|item|box|wrap|container|section|name|label)s?(?![a-z]))")
_UTILITY = re.compile(r"[:\[\]!/]")  # in a class: `print:max-w-prose` styles, and names nothing
# no digits between them, nor before: "a3d" and "5ad" are of a hash, and no "ad"; "sidebar2" is one
_WORDS = re.compile(r"(?<![a-z0-9])[a-z]++(?!\d+[a-z])(?:[-_]+[a-z]++(?!\d+[a-z]))*")
_OWN_FOOTER = re.compile(r"(?<![a-z])(?:entry|post|article|story|asset|news|content)[-_]{0,2}footer(?![a-z])")
_FRAME = "in the frame of the page"
_HIDDEN = "hidden"
_BETWEEN = re.compile(r"[-_]+")
_MOST_WORDS = 3  # of a phrase of the table
_HOLDING = frozenset(("has", "with", "hide", "no", "without"))  # before what it holds, or not: "stack--has-footer"
_FIRST_LETTERS = 3  # that each open phrase of the table has at least
_KINDS = (LinkKind.PROMOTED, LinkKind.RECOMMENDED, LinkKind.RELATED)  # the first that is hinted at holds
_ROWS = (*Signals._fields[:-1], *_KINDS)  # of the table, each a bit


class _Table(NamedTuple):
    """Words of `hints.toml`, with a bit for each row that has them."""

    whole: dict[str, int]
    starts: dict[str, list[tuple[str, int]]]  # by their first letters
    ends: tuple[tuple[str, int], ...]
    openings: frozenset[str]  # the first two letters of any
    endings: tuple[str, ...]  # the phrases of `ends`


def signals(node: Node) -> Signals:
    """What its class, id, role and other names hint."""
    return _signals(node.hint) if node.hint else _NOTHING


def kind_named(node: Node) -> tuple[LinkKind, str] | None:
    """The block of links that an element is named as, with the name that says so; `None` where it is called no such."""
    return _kind_named(node.hint) if node.hint else None


def kind_of_name(name: str) -> LinkKind | None:
    """The block of links that a name alone hints at: "related-articles"."""
    return _signals_of(bits).kind if (bits := _bits_of(name)) else None


@lru_cache(maxsize=8_192)
def _kind_named(hint: str) -> tuple[LinkKind, str] | None:
    if (kind := _signals(hint).kind) is None:
        return None
    return kind, next((name for name in hint.split() if _signals_of(_bits_of(name)).kind is kind), hint)[:60]


@lru_cache(maxsize=8_192)  # a site uses the same few hundred hints on all its pages; a line costs about 300 B
def _signals(hint: str) -> Signals:
    bits = 0
    for name in hint.split():
        bits |= _bits_of(name)
    return _signals_of(bits) if bits else _NOTHING


@cache
def _signals_of(bits: int) -> Signals:
    said = {row for place, row in enumerate(_ROWS) if bits >> place & 1}
    return Signals(
        frame="frame" in said,
        comments="comments" in said,
        ad="ad" in said,
        gadget="gadget" in said,
        credit="credit" in said,
        body="body" in said,
        sidebar="sidebar" in said,
        kind=next((kind for kind in _KINDS if kind in said), None),
    )


@lru_cache(maxsize=16_384)  # and many of its names on other sites too
def _bits_of(name: str) -> int:
    if _UTILITY.search(name) or _TOPICAL.match(name):
        return 0
    whole, starts, ends, openings, endings = _table()
    bits = 0
    for run in _WORDS.findall(name):
        words = _BETWEEN.split(run)
        for first, word in enumerate(words):
            if word in _HOLDING:
                break
            if word[:2] not in openings and not word.endswith(endings):
                continue  # most words are of layout and style: half of the time
            phrase = ""
            for further in words[first : first + _MOST_WORDS]:
                phrase += further
                bits |= whole.get(phrase, 0)
                for start, bit in starts.get(phrase[:_FIRST_LETTERS], ()):
                    if phrase.startswith(start):
                        bits |= bit
            for ending, bit in ends:
                if word.endswith(ending):
                    bits |= bit
    return bits


@cache
def _table() -> _Table:
    rows = tomllib.loads(files(__package__).joinpath("hints.toml").read_text("utf-8"))
    whole: dict[str, int] = {}
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    for place, row in enumerate(_ROWS):
        for phrase in rows[row].replace("-", "").split():
            words = starts if phrase.endswith("*") else ends if phrase.startswith("*") else whole
            words[phrase.strip("*")] = words.get(phrase.strip("*"), 0) | 1 << place
    by_letters: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for phrase, bits in starts.items():
        by_letters[phrase[:_FIRST_LETTERS]].append((phrase, bits))
    openings = frozenset(phrase[:2] for phrase in (*whole, *starts))
    return _Table(whole, dict(by_letters), tuple(ends.items()), openings, tuple(ends))


def is_frame(node: Node) -> bool:
    """Whether it is navigation, a footer, a form or the like, by tag or hint; an article's own footer is none."""
    if node.tag == "footer":
        return not node.is_of_story()
    if node.tag in _FRAME_TAGS:
        return True
    if node.tag == "a":
        return False  # "forward-navigation" on one link says how it moves, not where it stands
    said = signals(node)
    return said.frame and said.kind is None and not said.sidebar and node.tag not in _WHOLE


class Regions(NamedTuple):
    """Places of the elements that lie in parts of a page which are not the article."""

    refused: dict[int, str]  # why nothing there is the page's own: frame, comments, advertisement, hidden
    footers: frozenset[int]  # of the story: no part of its text, but where related ones may stand
    sidebar: frozenset[int]
    offers: frozenset[int]  # in what is called a block of links
    elsewhere: frozenset[int]  # of other articles, or of none; the footer of a story may tell who wrote it, and when
    aside: frozenset[int]  # all that says nothing of the article: neither its author nor its date

    def may_tell(self, at: int) -> bool:
        """Whether an element that is aside may be of the article where it stands beside its heading."""
        return at in self.aside and at not in self.offers and self.refused.get(at) != _HIDDEN


def find_regions(tree: Tree, prose: Callable[[Node], int], h1: Node | None) -> Regions:
    """The parts of a page, by hints and tags.

    Args:
        prose: letters of prose in an element: a hint on what holds much of it is about the page, unless
            it says comments, which may be longer than the story.
        h1: the heading of the article; a hint on what holds it is about the page.
    """
    refused: dict[int, str] = {}
    footers: set[int] = set()
    sidebar: set[int] = set()
    offers: set[int] = set()
    elsewhere: set[int] = set()
    most = MOST_PROSE * prose(tree.root)
    bodies: list[int] | None = None
    refused_to = -1
    for node in tree.nodes:
        at = node.at
        if at <= refused_to:
            continue
        said = _signals(node.hint) if node.hint else _NOTHING
        attrs = node.attrs
        hidden = ("hidden" in attrs or "style" in attrs) and is_hidden(node)
        if said is _NOTHING and node.tag not in _TELLING_TAGS and not hidden:
            continue  # most of a page
        if node.tag in _WHOLE or (h1 is not None and node.holds(h1)):
            continue
        if most and prose(node) > most and (h1 is None or not said.comments):
            continue
        if said.ad and prose(node) > MAX_AD_PROSE:
            said = said._replace(ad=False)  # of a part with an advertisement in it: "section--ads"
        if reason := _HIDDEN if hidden else _refusal(node, said):
            inside = range(at, node.end + 1)
            if reason == _FRAME and _OWN_FOOTER.search(node.hint):
                if at not in footers:
                    footers.update(inside)
                continue
            refused_to = node.end
            refused.update(dict.fromkeys(inside, reason))
            elsewhere.update(inside)
        if (node.tag == "aside" or said.sidebar) and at not in sidebar:
            if bodies is None:
                bodies = _places_of_bodies(tree)
            if bisect_left(bodies, at) == bisect_right(bodies, node.end):  # else the layout of both: `sidebar-grid`
                sidebar.update(range(at, node.end + 1))
        if said.kind is not None and at not in offers:
            offers.update(range(at, node.end + 1))
    elsewhere |= offers
    aside = frozenset(sidebar | elsewhere)
    return Regions(refused, frozenset(footers), frozenset(sidebar), frozenset(offers), frozenset(elsewhere), aside)


def _places_of_bodies(tree: Tree) -> list[int]:
    """In order, those of elements that are called the body of an article and hold the text of one."""
    return [
        node.at
        for node in tree.nodes
        if node.hint and node.chars - node.link_chars > MIN_BODY_CHARS and _signals(node.hint).body
    ]


def is_hidden(node: Node) -> bool:
    """Whether its own attributes hide it."""
    attrs = node.attrs
    return "hidden" in attrs or ("style" in attrs and _is_hiding(attrs["style"] or ""))


def _is_hiding(style: str) -> bool:
    told = style.lower()
    return ("none" in told or "hidden" in told) and _HIDING.search(told) is not None


def _refusal(node: Node, said: Signals) -> str | None:
    if said.ad:
        return f"an advertisement: {node.hint[:60]!r}"
    if said.comments:
        return "in the comments"
    return _FRAME if is_frame(node) else None
