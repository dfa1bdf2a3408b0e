"""The text of an article: which container holds it, and which of its paragraphs are the story's own."""

import re
from collections import defaultdict
from collections.abc import Collection

from crawler.extraction.lexicon import lexicon
from crawler.extraction.regions import is_frame, signals
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import clean, fold, reading_length

MIN_PARAGRAPH_LENGTH = 25  # shorter ones are labels as often as sentences; they do not choose the container
MAX_PARAGRAPH_WEIGHT = 1_500  # one endless paragraph (terms of use, a comment) must not outweigh a story
MAX_LINKED_SHARE = 0.5  # of a paragraph: above it is a list of links
HEIR_SHARE = 0.65  # of a child's weight that its parent gets: paragraphs two levels down still count
MIN_TEXT_LENGTH = 80  # of a whole article; less is a caption or a teaser

_BREAK = "\x1d"  # of a line: a control that no text holds by the time it is looked for
_TWO_BREAKS = re.compile(rf"{_BREAK}\s*{_BREAK}")
_PARAGRAPHS = frozenset("p li blockquote pre td dd h2 h3 h4 h5 h6".split())
_BLOCKS = frozenset(
    "p li ul ol dl dd dt blockquote pre div section article main header h1 h2 h3 h4 h5 h6 table tbody thead tr td th "
    "details summary center address fieldset hr".split()
)
_LEFT_OUT = frozenset(
    "figure figcaption aside nav footer form button dialog menu audio video picture label input textarea".split()
)
_OTHER_WORLDS = frozenset("nav footer form dialog menu".split())


def find_body(tree: Tree, h1: Node | None) -> Node | None:
    """The smallest element that holds the story; `None` where the page has no sentences.

    Each paragraph lends its length, less its links, to its parent and a falling share to those above (the idea of
    Arc90's Readability, 2010); what follows comments, sidebars and frames counts nothing.
    """
    weights: defaultdict[int, float] = defaultdict(float)
    outside = _outside(tree)
    for node in tree.nodes:
        if node.at in outside or node.tag not in (
            "p",
            "div",
            "section",
            "article",
            "li",
            "td",
            "blockquote",
            "span",
            "pre",
            "dd",
            "center",
            "main",
            "body",
        ):
            continue
        length = _prose(node)
        if length < MIN_PARAGRAPH_LENGTH:
            continue
        weight = float(min(length, MAX_PARAGRAPH_WEIGHT))
        place = node if node.tag != "p" else node.parent
        if node.tag in ("li", "span"):
            weight *= 0.5
        for _ in range(6):
            if place is None or place.tag == "html":
                break
            weights[place.at] += weight
            place, weight = place.parent, weight * HEIR_SHARE
    if not weights:
        return None
    for at in weights:
        if signals(tree.nodes[at]).body or "articlebody" in tree.nodes[at].hint:
            weights[at] *= 1.4
        if h1 is not None and tree.nodes[at].end < h1.at:
            weights[at] *= 0.6
    return tree.nodes[max(weights, key=lambda at: (weights[at], -at))]


def _outside(tree: Tree) -> set[int]:
    """Places of the elements that lie in frames, comments, advertisements or sidebars."""
    outside: set[int] = set()
    whole = max(1, tree.root.chars)
    end = -1
    for node in tree.nodes:
        if node.at <= end:
            outside.add(node.at)
            continue
        if node.chars > 0.5 * whole or node.tag in ("html", "body"):
            continue  # a hint on what holds most of the page is about the page
        said = signals(node)
        if is_frame(node) or node.tag == "aside" or said.comments or said.ad or said.sidebar:
            outside.add(node.at)
            end = node.end
    return outside


def _prose(node: Node) -> int:
    """Length of the text that is `node`'s own: directly in it or in phrases of it, links not counted."""
    length = linked = 0
    for kid in node.kids:
        if isinstance(kid, str):
            length += reading_length(kid.strip())
        elif kid.tag not in _BLOCKS and kid.tag not in _LEFT_OUT:
            length += kid.chars
            linked += kid.link_chars
    return 0 if length and linked / length > MAX_LINKED_SHARE else length - linked


def read_paragraphs(body: Node, title: str | None, masked: Collection[int]) -> list[str]:
    """The paragraphs of the story in order, sub-headings, list items and quotations with them.

    Args:
        body: the container of the story.
        title: the article's title, which is not repeated in the text.
        masked: places of elements that are blocks of links.
    """
    writer = _Writer(masked, body)
    writer.write(body)
    writer.end()
    return _own(writer.paragraphs, title)


class _Writer:
    def __init__(self, masked: Collection[int], body: Node) -> None:
        self.masked = masked
        self.body = body
        self.paragraphs: list[tuple[str, str]] = []  # tag, text
        self.buffer: list[str] = []
        self.tag = "p"

    def write(self, node: Node) -> None:
        for kid in node.kids:
            if isinstance(kid, str):
                self.buffer.append(kid)
            elif kid.at in self.masked:
                if kid.tag in _BLOCKS:
                    self.end()
            elif kid.tag == "br":
                self.buffer.append(_BREAK)
            elif kid.tag in _BLOCKS:
                self.end()
                if not self._is_left_out(kid):
                    outer, self.tag = self.tag, kid.tag if kid.tag in _PARAGRAPHS else self.tag
                    self.write(kid)
                    self.end()
                    self.tag = outer
            elif kid.tag not in _LEFT_OUT and not (kid.hint and self._is_left_out(kid)):
                self.write(kid)

    def _is_left_out(self, node: Node) -> bool:
        if node.chars > 0.5 * self.body.chars:
            return False
        if is_frame(node):
            return True
        if not node.hint:
            return False
        said = signals(node)
        if said.body and node.chars > 200:
            return False
        return (
            said.comments
            or said.ad
            or said.gadget
            or said.credit
            or (said.kind is not None and node.link_chars > 0.3 * node.chars)
        )

    def end(self) -> None:
        """Close the paragraph; two line breaks part two."""
        if self.buffer:
            for piece in _TWO_BREAKS.split("".join(self.buffer)):
                if text := clean(piece.replace(_BREAK, " ")):
                    self.paragraphs.append((self.tag, text))
            self.buffer.clear()


def _own(paragraphs: list[tuple[str, str]], title: str | None) -> list[str]:
    """Without repeated titles, notices, headings of nothing, and what follows the story's end."""
    words = lexicon()
    own: list[tuple[str, str]] = []
    title_folded = fold(title or "")
    seen: set[str] = set()
    for number, (tag, text) in enumerate(paragraphs):
        folded = fold(text)
        if not folded or (folded == title_folded and len(own) < 3):
            continue
        if len(text) < 400 and (words.notices.equals(folded) or words.notices.surrounds(folded)):
            continue
        if own and number > len(paragraphs) // 3 and len(text) < 400 and words.tails.opens(folded):
            break
        if len(text) > 60 and folded in seen:
            continue
        seen.add(folded)
        own.append((tag, text))
    while own and own[-1][0] in ("h2", "h3", "h4", "h5", "h6"):
        own.pop()
    return [text for _, text in own]
