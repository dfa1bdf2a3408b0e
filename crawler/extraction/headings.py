"""Headings of blocks: their words, and which links of the page they speak for."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Literal, NamedTuple

from crawler.extraction.anchors import Anchor
from crawler.extraction.cards import is_title
from crawler.extraction.lexicon import MAX_HEADING_CHARS, MAX_STEMMED_WORDS, lexicon
from crawler.extraction.regions import Regions
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import clean, fold
from crawler.model.links import LinkKind

MAX_LABEL_CHARS = 50  # of a heading that no tag or hint calls one
MAX_HEADINGS = 400  # of a page; real ones have under 150
MAX_REACH = 600  # elements that a heading may lie before a link; the longest real list of a block has 400
MAX_LIST_ELEMENTS = 60  # that are looked at, of what may be a list of links to topics
PAID_LEVELS = 2  # from "Advertisement" up, for which it speaks: most stand over a place that is empty
MAX_PICTURE_ELEMENTS = 6  # in a heading that is a picture
MAX_BETWEEN_TABS = 4  # elements from one button of a row to the next
CARD_LEVELS = 8  # from the nearest element that shows a story up, at which cards of a row are looked for
MAX_LINKED_SHARE = 0.75  # of a paragraph: with more of it linked, a run of blocks goes on

MIN_SENTENCE_CHARS = 40  # beside a link: less is a date, a count or a label
MIN_LINKED_CHARS = 20  # in links to topics or offers, of what a heading that announces no stories speaks for

_HEADING_TAGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_SECTIONS = frozenset(("section", "aside", "article", "main", "nav", "body"))  # no heading speaks beyond its own
_LISTS = frozenset(("ul", "ol", "dl"))
_TABS = frozenset(("tab", "tablist"))
_LABELLED_TAGS = frozenset("div section aside article ul ol".split())
_LABEL_TAGS = _HEADING_TAGS | frozenset(
    "p div span strong b em i a li dt legend summary header button label td th u center small cite".split()
)


_BUTTONS = frozenset(("button", "li", "label", "span", "div"))

_Found = tuple[Node, str, LinkKind | Literal[False] | None]  # an element, its words and their claim


class Heading(NamedTuple):
    """A heading and its claim."""

    node: Node
    text: str
    kind: LinkKind | Literal[False] | None  # as `Lexicon.heading` tells
    start: int  # the first place it speaks for
    end: int  # the last


class Headings:
    """All headings of a page, in its order."""

    def __init__(self, tree: Tree, anchors: list[Anchor], body: Node | None, regions: Regions) -> None:
        """`anchors`: the links that may lead to stories, in the order of the page."""
        sure = [anchor for anchor in anchors if not anchor.is_short]
        self._places = [anchor.node.at for anchor in sure]
        self._same_until = _ends_of_runs([anchor.key for anchor in sure])
        self._all_places = [anchor.node.at for anchor in anchors]
        self._body = body
        self._nodes = tree.nodes
        nodes = tree.nodes[: self._all_places[-1]] if anchors else []  # no heading speaks for links before it
        found = self._found(nodes, regions)
        paid = lexicon().paid
        self._cuts = [
            node.at
            for node, text, kind in found
            if kind is not False or (next(self._cards_around(node), None) is None and not paid.equals(fold(text)))
        ]
        shown = [Heading(node, text, kind, node.end + 1, self._end_of(node, kind)) for node, text, kind in found]
        self._all = sorted([*shown, *self._labelled(nodes, regions)], key=lambda heading: heading.start)
        self._starts = [heading.start for heading in self._all]

    def _labelled(self, nodes: list[Node], regions: Regions) -> Iterator[Heading]:
        """Headings that attributes give to elements: tabs to their panels, names to regions that show none."""
        holders = [node for node in nodes if node.tag in _LABELLED_TAGS and node.attrs]
        panels = [(node, name) for node in holders if (name := node.attrs.get("aria-labelledby"))]
        tabs = {node.get("id"): node for node in nodes if node.get("role") == "tab"} if panels else {}
        pairs = [(node, tabs[name], tabs[name].text()) for node, name in panels if name in tabs]
        pairs += [(node, node, name) for node in holders if (name := node.attrs.get("aria-label"))]
        for node, label, name in pairs:
            text = clean(name[: 2 * MAX_HEADING_CHARS])  # of a tab with many panels it is cut for each
            kind = lexicon().heading(text)
            if kind is not None and node.at not in regions.refused and self._link_in(node.at, node.end):
                yield Heading(label, text, kind, node.at, node.end)

    def _found(self, nodes: list[Node], regions: Regions) -> list[_Found]:
        """Elements whose words name a block, and headings that begin a new part of the page whatever they say.

        The headings of cards are inside links, or stand beside the links of one story.
        """
        heading_of = lexicon().heading
        found: list[_Found] = []
        link_end = found_end = -1
        for node in [node for node in nodes if node.tag in _LABEL_TAGS and (node.chars >= 2 or _is_pictured(node))]:
            tag = node.tag
            at = node.at
            if tag == "a" and node.end > link_end:
                link_end = node.end
            if (chars := node.chars) > MAX_HEADING_CHARS or at <= found_end:
                continue
            is_heading = tag in _HEADING_TAGS
            is_in_link = at <= link_end
            if not is_heading and (is_in_link or (chars > MAX_LABEL_CHARS and "heading" not in node.hint)):
                continue
            if tag != "a" and not is_heading and 0 < node.link_chars < chars:
                continue  # a heading and its links: the heading is further in
            if at in regions.refused or self._link_in(at, node.end):
                continue
            if node.attrs.get("role") in _TABS:
                found_end = node.end
                continue  # tabs speak for their panels, wherever these are
            if tag == "button" and lexicon().paging.equals(fold(node.text())):
                continue  # of a carousel: it names no block
            text = clean(_shown_tab(node).text() if chars else self._pictured(node))
            kind = heading_of(text)
            if kind is None:
                if (
                    not chars
                    or is_in_link
                    or not (is_heading or (node.hint and is_title(node)))
                    or (node.link_chars == chars and text.count(" ") >= MAX_STEMMED_WORDS)
                    or self._titles_a_card(node)
                ):
                    continue
                kind = lexicon().heading_by_stems(text) if tag != "h1" else None
            if kind is not None or is_heading:
                found.append((node, text, kind))
                found_end = node.end
                if len(found) == MAX_HEADINGS:
                    break
        return self._without_tabs(found)

    def _pictured(self, heading: Node) -> str:
        """The words that stand for the picture which a heading is made of."""
        inside = self._nodes[heading.at : heading.end + 1]
        return next((alt for node in inside if node.tag == "img" and (alt := node.get("alt"))), "")

    def _without_tabs(self, found: list[_Found]) -> list[_Found]:
        """Without rows of buttons that look alike, between which there is nothing: they speak for panels elsewhere."""
        tabs: set[int] = set()
        for (one, text, _), (other, next_text, _) in pairwise(found):
            if (
                one.tag == other.tag
                and one.tag in _BUTTONS
                and one.hint == other.hint
                and text != next_text
                and other.at - one.end <= MAX_BETWEEN_TABS
                and not _any_in(self._all_places, one.at, other.at)
            ):
                tabs.update((one.at, other.at))
        return [row for row in found if row[0].at not in tabs] if tabs else found

    def of(self, node: Node) -> Heading | None:
        """The nearest heading before a link that speaks for it."""
        for number in range(bisect_right(self._starts, node.at) - 1, -1, -1):
            heading = self._all[number]
            if heading.end >= node.at >= heading.start:
                return heading
            if node.at - heading.start > MAX_REACH:
                return None
        return None

    def _end_of(self, node: Node, kind: LinkKind | Literal[False] | None) -> int:
        """The last place a heading speaks for: the end of the nearest element with a story, or the next heading."""
        places = self._all_places if kind is LinkKind.RELATED else self._places  # only these speak for short addresses
        is_paid = kind is False and lexicon().paid.equals(fold(node.text()))
        container = next(
            (
                up
                for up in islice(node.ancestors(), PAID_LEVELS if is_paid else None)
                if up.tag in _SECTIONS
                or _any_in(places, node.end + 1, up.end)
                or (kind is not None and self._is_list(up, node, 1 if kind is False else 2))
            ),
            None,
        )
        if container is None or not _any_in(places, node.end + 1, container.end):
            return node.end
        following = bisect_right(self._cuts, node.end)
        end = container.end if following == len(self._cuts) else min(container.end, self._cuts[following] - 1)
        if self._body is not None and container.holds(self._body):
            end = min(end, self._run_end(container, node, end))
        return end

    def _titles_a_card(self, node: Node) -> bool:
        """Whether a heading belongs to one story among several that look alike."""
        return any(
            card.parent is not None and any(self._is_like(card, twin) for twin in card.parent.elements())
            for card in islice(self._cards_around(node), CARD_LEVELS)
        )

    def _cards_around(self, node: Node) -> Iterator[Node]:
        """The elements around a heading that show one story and no other, the nearest first."""
        for up in node.ancestors():
            first, last = bisect_left(self._places, up.at), bisect_right(self._places, up.end)
            if first < last:
                if self._same_until[first] < last:
                    return
                yield up

    def _is_like(self, card: Node, other: Node) -> bool:
        return (
            other is not card
            and other.tag == card.tag
            and other.hint == card.hint
            and self._link_in(other.at, other.end)
        )

    def _run_end(self, container: Node, heading: Node, last: int) -> int:
        """Where the run of blocks after a heading ends that stands among the paragraphs of a story; `last` at most."""
        end = heading.end
        for sibling in container.elements():
            if sibling.at <= heading.at:
                end = max(end, sibling.end if sibling.holds(heading) else heading.end)
            elif sibling.at > last or self._ends_run(sibling):
                break
            else:
                end = sibling.end
        return end

    def _ends_run(self, sibling: Node) -> bool:
        if self._body is not None and sibling.holds(self._body):
            return True
        unlinked = sibling.chars - sibling.link_chars
        if unlinked <= (1 - MAX_LINKED_SHARE) * sibling.chars or (sibling.link_chars and unlinked < MIN_SENTENCE_CHARS):
            return False  # links, be they to stories or not
        return sibling.tag == "p" or not _any_in(self._all_places, sibling.at, sibling.end)

    def _is_list(self, container: Node, heading: Node, least: int) -> bool:
        """Whether it shows links and little else beside its heading: to topics or offers, where none is a story's."""
        linked = container.link_chars - heading.link_chars
        if linked < MAX_LINKED_SHARE * (container.chars - heading.chars) or not linked:
            return False
        after = self._nodes[heading.end + 1 : min(container.end + 1, heading.end + MAX_LIST_ELEMENTS)]
        if linked < MIN_LINKED_CHARS:  # a button beside the heading, if it is in no list
            return any(node.tag in _LISTS and node.link_chars for node in after)
        return sum(1 for node in after if node.tag == "a" and node.chars) >= least

    def _link_in(self, first: int, last: int) -> bool:
        return _any_in(self._places, first, last)


def _is_pictured(node: Node) -> bool:
    """Whether a heading has no words and as few elements as a picture is made of."""
    return node.tag in _HEADING_TAGS and not node.chars and 0 < node.end - node.at <= MAX_PICTURE_ELEMENTS


def _shown_tab(heading: Node) -> Node:
    """Of a heading that is a row of tabs the first, which is shown: "<h4><a>Related</a><a>By the author</a></h4>"."""
    if heading.link_chars < heading.chars:
        return heading
    tabs = [kid for kid in heading.elements() if kid.tag == "a" and kid.chars]
    return tabs[0] if len(tabs) > 1 else heading


def _ends_of_runs(keys: list[str]) -> list[int]:
    """For each place the end, exclusive, of the run of equal keys that it stands in."""
    ends = list(range(1, len(keys) + 1))
    for place in range(len(keys) - 2, -1, -1):
        if keys[place] == keys[place + 1]:
            ends[place] = ends[place + 1]
    return ends


def _any_in(places: list[int], first: int, last: int) -> bool:
    place = bisect_left(places, first)
    return place < len(places) and places[place] <= last
