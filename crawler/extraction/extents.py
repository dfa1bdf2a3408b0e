"""How far the card of each link reaches: the element around it that shows its story and no other."""

from bisect import bisect_left

from crawler.extraction.anchors import Anchor
from crawler.extraction.cards import MAX_CARD_CHARS
from crawler.extraction.headings import Headings
from crawler.extraction.storyline import Storyline
from crawler.extraction.tree import Node


class Cards:
    """The cards of a page, each found when it is asked for."""

    def __init__(self, anchors: list[Anchor], headings: Headings, story: Storyline, end: int) -> None:
        """`anchors`: the links that may lead to stories, in the order of the page; `end`: how many elements it has."""
        self._places = [anchor.node.at for anchor in anchors]
        self._bounds = _bounds(anchors, end)
        self._headings = headings
        self._story = story
        self._known: dict[int, Node] = {}

    def of(self, link: Node) -> Node:
        """The largest element around a link that shows no other story, no heading of a block, no paragraph."""
        if (known := self._known.get(link.at)) is not None:
            return known
        before, after = self._bounds[bisect_left(self._places, link.at)]
        heading = self._headings.of(link)
        headed = heading.node.at if heading is not None and heading.kind else -1
        body = self._story.body
        card = link
        for up in link.ancestors():
            if up.at <= before or up.end >= after or (body is not None and up.holds(body)):
                break
            if up.at <= headed and card.chars:
                break  # a cover without words may have those of a card that is headed inside
            if up.chars > MAX_CARD_CHARS or self._story.has_paragraph(up):
                break
            card = up
        self._known[link.at] = card
        return card


def _bounds(anchors: list[Anchor], end: int) -> list[tuple[int, int]]:
    """Of each link: the places of the last one before and the first one after it that lead to another story."""
    before: list[int] = []
    for number, anchor in enumerate(anchors):
        if number and anchors[number - 1].key != anchor.key:
            before.append(anchors[number - 1].node.at)
        else:
            before.append(before[-1] if number else 0)
    after: list[int] = []
    for number in range(len(anchors) - 1, -1, -1):
        if number + 1 < len(anchors) and anchors[number + 1].key != anchors[number].key:
            after.append(anchors[number + 1].node.at)
        else:
            after.append(after[-1] if after else end)
    return list(zip(before, reversed(after), strict=True))
