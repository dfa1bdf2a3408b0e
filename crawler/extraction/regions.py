"""What the class, id, role and tag of an element hint of it: frame of the page, comments, advertisement, body, block.

A hint is weak evidence. Measured traps: `nwrel` and `div.related-articles` that hold the most popular; "paywall" on
the real body; `body.has-sidebar`. So callers weigh it against words, structure and size.
"""

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from crawler.extraction.tree import Node, Tree
from crawler.model.links import LinkKind

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


_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_UTILITY = re.compile(r"[:\[\]!/]")  # in a class: `print:max-w-prose` styles, and names nothing
_KINDS = (LinkKind.PROMOTED, LinkKind.RECOMMENDED, LinkKind.RELATED)  # the first that is hinted at holds
_NOTHING = Signals(False, False, False, False, False, False, False, None)


def signals(node: Node) -> Signals:
    """What its class, id, role and other names hint."""
    return _signals(node.hint) if node.hint else _NOTHING


@lru_cache(maxsize=8_192)  # a site uses the same few hundred hints on all its pages; a line costs about 300 B
def _signals(hint: str) -> Signals:
    said = [one for name in hint.split() if (one := _signals_of_name(name)) is not _NOTHING]
    if len(said) < 2:
        return said[0] if said else _NOTHING
    kinds = {one.kind for one in said}
    return Signals(
        frame=any(one.frame for one in said),
        comments=any(one.comments for one in said),
        ad=any(one.ad for one in said),
        gadget=any(one.gadget for one in said),
        credit=any(one.credit for one in said),
        body=any(one.body for one in said),
        sidebar=any(one.sidebar for one in said),
        kind=next((kind for kind in _KINDS if kind in kinds), None),
    )


@lru_cache(maxsize=16_384)  # and many of its names on other sites too: 4 us to read one
def _signals_of_name(name: str) -> Signals:
    if len(name) < 2 or _UTILITY.search(name):
        return _NOTHING
    words = _hint_words()
    said = Signals(
        frame=bool(words["frame"].search(name)),
        comments=bool(words["comments"].search(name)),
        ad=bool(words["ad"].search(name)),
        gadget=bool(words["gadget"].search(name)),
        credit=bool(words["credit"].search(name)),
        body=bool(words["body"].search(name)),
        sidebar=bool(words["sidebar"].search(name)),
        kind=next((kind for kind in _KINDS if words[kind].search(name)), None),
    )
    return _NOTHING if said == _NOTHING else said


@cache
def _hint_words() -> dict[str, re.Pattern[str]]:
    table = tomllib.loads(files(__package__).joinpath("hints.toml").read_text("utf-8"))
    return {what: re.compile(rf"(?<![a-z])(?:{'|'.join(words.split())})(?![a-z])") for what, words in table.items()}


def is_frame(node: Node) -> bool:
    """Whether it is navigation, a footer, a form or the like, by tag or hint; an article's own footer is none."""
    if node.tag == "footer":
        return not any(up.tag in ("article", "main") for up in node.ancestors())
    if node.tag in _FRAME_TAGS:
        return True
    said = signals(node)
    return said.frame and said.kind is None and not said.sidebar and node.tag not in _WHOLE


class Regions(NamedTuple):
    """Places of the elements that lie in parts of a page which are not the article."""

    refused: dict[int, str]  # why nothing there is the page's own: frame, comments, advertisement, hidden
    sidebar: frozenset[int]
    offers: frozenset[int]  # in what is called a block of links

    @property
    def aside(self) -> frozenset[int]:
        """All that says nothing of the article: neither its author nor its date."""
        return self.sidebar.union(self.offers, self.refused)


def find_regions(tree: Tree, prose: list[int], h1: Node | None) -> Regions:
    """The parts of a page, by hints and tags.

    Args:
        prose: letters of prose in each element, by place: a hint on what holds much of it is about the page, unless
            it says comments, which may be longer than the story.
        h1: the heading of the article; a hint on what holds it is about the page.
    """
    refused: dict[int, str] = {}
    sidebar: set[int] = set()
    offers: set[int] = set()
    most = MOST_PROSE * prose[0]
    refused_to = sidebar_to = offers_to = -1
    why = ""
    for node in tree.nodes:
        at = node.at
        if at <= sidebar_to:
            sidebar.add(at)
        if at <= offers_to:
            offers.add(at)
        if at <= refused_to:
            refused[at] = why
            continue
        is_hidden = _is_hidden(node)
        if (
            (not node.hint and node.tag not in _TELLING_TAGS and not is_hidden)
            or node.tag in _WHOLE
            or (h1 is not None and node.holds(h1))
        ):
            continue
        said = signals(node)
        if most and prose[at] > most and (h1 is None or not said.comments):
            continue
        if reason := "hidden" if is_hidden else _refusal(node, said):
            refused_to, why = node.end, reason
            refused[at] = why
        if (node.tag == "aside" or said.sidebar) and node.end > sidebar_to:
            sidebar_to = node.end
            sidebar.add(at)
        if said.kind is not None and node.end > offers_to:
            offers_to = node.end
            offers.add(at)
    return Regions(refused, frozenset(sidebar), frozenset(offers))


def _is_hidden(node: Node) -> bool:
    attrs = node.attrs
    return "hidden" in attrs or ("style" in attrs and _HIDING.search(attrs["style"] or "") is not None)


def _refusal(node: Node, said: Signals) -> str | None:
    if said.ad:
        return f"an advertisement: {node.hint[:60]!r}"
    if said.comments:
        return "in the comments"
    return "in the frame of the page" if is_frame(node) else None
