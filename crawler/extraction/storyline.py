"""Where the paragraphs of a story stand: what lies between them, and what comes directly after the last."""

from bisect import bisect_left
from collections import Counter
from itertools import islice

from crawler.extraction.regions import signals
from crawler.extraction.standing import is_prose
from crawler.extraction.tree import Node, Tree

MIN_PARAGRAPH_CHARS = 40  # outside links, of a short paragraph of the story
MAX_WRAPPERS = 4  # around one paragraph
MAX_GADGET_SHARE = 0.5  # of the body: what holds more of it is no box in it, whatever it is called


class Storyline:
    """The paragraphs of a body."""

    def __init__(self, tree: Tree, body: Node | None) -> None:
        """`body`: the container of the article's own text; `None` where the page has none."""
        self.body = body
        prose = [node for node in tree.inside(body) if is_prose(node)] if body else []
        self.homes = {home.at for node in prose for home in _homes(node)}  # of paragraphs
        homes = Counter(node.parent.at for node in prose if node.parent)
        self._paragraphs = [node.at for node in prose if node.parent and homes[node.parent.at] > 1]
        self.last_prose = self._last_paragraph(tree, prose)  # its place; 0: there is none
        after = tree.nodes[tree.nodes[self.last_prose].end + 1 :] if prose else []
        self.first_after = next((node.at for node in after if node.chars), 0)  # of what shows text

    def has_paragraph(self, node: Node) -> bool:
        """Whether an element of the body holds a paragraph of the story, that is: a long one among others."""
        place = bisect_left(self._paragraphs, node.at)
        return place < len(self._paragraphs) and self._paragraphs[place] <= node.end

    def holds(self, node: Node) -> bool:
        return self.body is not None and self.body.holds(node)

    def has_in_gadget(self, node: Node) -> bool:
        """Whether it stands in a box of the body that is no part of the text: a newsletter, a poll, facts."""
        for up in node.ancestors():
            if self.body is None or up is self.body or up.chars > MAX_GADGET_SHARE * self.body.chars:
                break
            if up.hint and signals(up).gadget:
                return True
        return False

    def is_among_paragraphs(self, node: Node) -> bool:
        """Whether an element stands where paragraphs stand."""
        return any(home.at in self.homes for home in _homes(node))

    def _last_paragraph(self, tree: Tree, prose: list[Node]) -> int:
        """The place of the last paragraph, also of a short one that stands in such an element as the long ones."""
        if not prose or self.body is None:
            return 0
        homes = {(node.parent.tag, node.parent.hint) for node in prose if node.parent and node.parent.hint}
        for node in reversed(tree.nodes[prose[-1].end + 1 : self.body.end + 1]):
            home = node.parent
            if (
                node.tag == "p"
                and home is not None
                and node.chars - node.link_chars >= MIN_PARAGRAPH_CHARS
                and (home.at in self.homes or (home.tag, home.hint) in homes)
            ):
                return node.at
        return prose[-1].at


def _homes(node: Node) -> list[Node]:
    """What an element stands in, and what that stands in where it is a mere wrapper of the element."""
    homes: list[Node] = []
    for home in islice(node.ancestors(), MAX_WRAPPERS):
        homes.append(home)
        if home.chars > node.chars:
            break
    return homes
