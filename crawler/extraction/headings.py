"""Headings of blocks: their words, and which links of the page they speak for."""

from bisect import bisect_left, bisect_right
from typing import Literal, NamedTuple

from crawler.extraction.lexicon import MAX_HEADING_CHARS, lexicon
from crawler.extraction.regions import Regions
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import clean
from crawler.model.links import LinkKind

MAX_LABEL_CHARS = 50  # of a heading that no tag or hint calls one
MAX_HEADINGS = 400  # of a page; real ones have under 150
MAX_REACH = 600  # elements that a heading may lie before a link; the longest real list of a block has 400
MAX_LINKED_SHARE = 0.75  # of a paragraph after which a run of blocks may go on

_HEADING_TAGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_SECTIONS = frozenset(("section", "aside", "article", "main", "nav", "body"))  # no heading speaks beyond its own
_LABEL_TAGS = _HEADING_TAGS | frozenset(
    "p div span strong b em i a li dt legend summary header button label td th u center small cite".split()
)


class Heading(NamedTuple):
    """A heading and its claim."""

    node: Node
    text: str
    kind: LinkKind | Literal[False] | None  # as `Lexicon.heading` tells
    end: int  # the last place it speaks for


class Headings:
    """All headings of a page, in its order."""

    def __init__(self, tree: Tree, places: list[int], body: Node | None, regions: Regions) -> None:
        """`places`: of the links that may lead to stories, ascending."""
        self._places = places
        self._body = body
        found = [
            (node, text, kind)
            for node in _candidates(tree, regions)
            if not self._link_in(node.at, node.end)
            and ((kind := lexicon().heading(text := clean(node.text()))) is not None or _is_boundary(node))
        ]
        outer = [one for number, one in enumerate(found) if not number or not found[number - 1][0].holds(one[0])]
        outer = outer[:MAX_HEADINGS]
        self._starts = [node.at for node, _, _ in outer]
        self._all = [Heading(node, text, kind, self._end_of(node)) for node, text, kind in outer]

    def of(self, node: Node) -> Heading | None:
        """The nearest heading before a link that speaks for it."""
        for number in range(bisect_left(self._starts, node.at) - 1, -1, -1):
            heading = self._all[number]
            if heading.end >= node.at:
                return heading
            if node.at - heading.node.at > MAX_REACH:
                return None
        return None

    def _end_of(self, node: Node) -> int:
        """The last place a heading speaks for: the end of the nearest element with a story, or the next heading."""
        container = next(
            (up for up in node.ancestors() if up.tag in _SECTIONS or self._link_in(node.end + 1, up.end)), None
        )
        if container is None or not self._link_in(node.end + 1, container.end):
            return node.end
        following = bisect_right(self._starts, node.end)
        end = min(container.end, self._starts[following] - 1 if following < len(self._starts) else container.end)
        if self._body is not None and container.holds(self._body):
            end = min(end, self._run_end(container, node))
        return end

    def _run_end(self, container: Node, heading: Node) -> int:
        """Where the run of blocks after a heading ends that stands among the paragraphs of the story."""
        end = heading.end
        for sibling in container.elements():
            if sibling.at <= heading.at:
                end = max(end, sibling.end if sibling.holds(heading) else heading.end)
            elif self._ends_run(sibling):
                break
            else:
                end = sibling.end
        return end

    def _ends_run(self, sibling: Node) -> bool:
        if self._body is not None and sibling.holds(self._body):
            return True
        if sibling.chars and not self._link_in(sibling.at, sibling.end):
            return True
        return sibling.tag == "p" and sibling.link_chars < MAX_LINKED_SHARE * sibling.chars

    def _link_in(self, first: int, last: int) -> bool:
        place = bisect_left(self._places, first)
        return place < len(self._places) and self._places[place] <= last


def _candidates(tree: Tree, regions: Regions) -> list[Node]:
    return [
        node
        for node in tree.nodes
        if 2 <= node.chars <= MAX_HEADING_CHARS
        and node.tag in _LABEL_TAGS
        and (node.chars <= MAX_LABEL_CHARS or node.tag in _HEADING_TAGS or "heading" in node.hint)
        and node.at not in regions.refused
    ]


def _is_boundary(node: Node) -> bool:
    """Whether it begins a new part of the page, whatever its words say; the headings of cards are inside links."""
    return node.tag in _HEADING_TAGS and not any(up.tag == "a" for up in node.ancestors())
