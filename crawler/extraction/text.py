"""The text of an article: the opening below its heading, and the paragraphs of its body that are the story."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection

from crawler.extraction.body import BLOCKS, LEFT_OUT, own_prose
from crawler.extraction.boxes import find_boxes
from crawler.extraction.paragraphs import own_paragraphs
from crawler.extraction.regions import MAX_AD_PROSE, MIN_BODY_CHARS, Regions, is_frame, signals
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import clean, fold

MIN_TEXT_LENGTH = 80  # of a whole article; less is a caption or a teaser
MAX_OFFER_PROSE = 0.7  # of a block of links: with more of its text unlinked it is a paragraph that bears its name,
MIN_OFFERED = 2  # unless so many titles are linked in it, which have teasers then
MIN_OFFERED_CHARS = 25  # of such a title
MAX_CELL_CHARS = 80  # of a cell in a table of figures; tables that lay out a page hold more
MAX_CELL_ELEMENTS = 6  # in it: a link, a flag, a line break
CELLS_APART = " | "
MAX_PICTURE_CHARS = 400  # of a caption with its credit
MAX_PICTURE_ELEMENTS = 30  # of a picture with its sources, buttons and caption
MIN_SENTENCE_CHARS = 40  # around a phrase, outside links: fewer are a label before one
MAX_PHRASE_SHARE = 0.5  # of what it stands in
MIN_STANDFIRST_CHARS = 40
MAX_STANDFIRST_CHARS = 700
STANDFIRST_PREFIX = 60  # of the folded description: sites cut it at some length of their own
MIN_OPENING_LENGTH = 100  # of a paragraph between heading and body that nothing names
MAX_DATELINE_CHARS = 30  # before it: "Berlin (dpa)"

_STANDFIRST = re.compile(
    r"(?<![a-z])(?:stand-?first|lead|lede|dek|deck|intro(?:duction)?|sub-?title|sub-?headline|sub-?heading|chapo|"
    r"strap-?line|abstract|excerpt|summary|description|sapo|ingress|entradilla|bajada|occhiello|sommario|"
    r"vorspann|spot-?category)(?![a-z])"
)
_PICTURE = re.compile(
    r"(?<![a-z])(?:image|images|img|photo|photos|picture|figure|foto|bild|media|gallery|slideshow|carousel)(?![a-z])"
)
_BREAK = "\x1d"  # of a line: a control that no text holds by the time it is looked for
_AFTER_KICKER = " \t\r\n\f:：|/"  # of a heading whose kicker was left out: "Genetics" and ": A giant flower"
_TWO_BREAKS = re.compile(rf"{_BREAK}\s*{_BREAK}")
_HEADINGS = frozenset("h2 h3 h4 h5 h6".split())
_PARAGRAPHS = _HEADINGS | frozenset("p li blockquote pre td dd".split())
_PICTURES = frozenset(("img", "picture"))
_APART = frozenset(
    "figure aside nav footer form dialog menu address".split()
)  # of what is left out, what ends a paragraph


def find_standfirst(tree: Tree, h1: Node, body: Node, regions: Regions, descriptions: Collection[str]) -> Node | None:
    """The opening sentences that stand between the heading and the body of the story; `None` where there are none.

    Args:
        descriptions: of the page: what repeats one, be it behind a dateline, is the opening, whatever it is called;
            a caption that does is none.
    """
    told = [begun for text in descriptions if (begun := fold(text)[:STANDFIRST_PREFIX])]
    picture_to = -1
    for node in tree.nodes[h1.end + 1 : body.at]:
        if node.tag in ("figure", "figcaption"):
            picture_to = max(picture_to, node.end)
        if node.at <= picture_to or node.holds(body):
            continue
        if not MIN_STANDFIRST_CHARS <= node.chars <= MAX_STANDFIRST_CHARS or node.link_chars > 0.5 * node.chars:
            continue
        if _STANDFIRST.search(node.hint):
            return node
        if _tells(node, told):
            return _innermost(node, told)
        if _is_opening(tree, node) and node.at not in regions.aside:
            return node
    return None


def _innermost(node: Node, told: list[str]) -> Node:
    """The paragraph that tells it: without by-line, date and buttons beside it."""
    inner = next((kid for kid in node.elements() if kid.tag in BLOCKS and _tells(kid, told)), None)
    return node if inner is None else _innermost(inner, told)


def _tells(node: Node, told: list[str]) -> bool:
    folded = fold(node.text()) if told else ""
    return any(0 <= folded.find(begun) <= MAX_DATELINE_CHARS for begun in told)


def _is_opening(tree: Tree, node: Node) -> bool:
    """Whether it is a paragraph of sentences, by its text alone."""
    return (
        node.tag in ("p", "div", "h2")
        and own_prose(node) >= MIN_OPENING_LENGTH
        and node.text()[-1] in ".!?…。"
        and not any(signals(up).credit for up in (node, node.parent) if up is not None)
        and (node.tag == "p" or not _follows_picture(tree, node))
    )


def _follows_picture(tree: Tree, node: Node) -> bool:
    """Whether a picture stands right before it, whose caption it then is."""
    before: Node | None = tree.nodes[node.at - 1]
    while before is not None and before is not node.parent and before.parent is not node.parent:
        before = before.parent
    if before is None or before is node.parent or before.end - before.at > MAX_PICTURE_ELEMENTS:
        return False
    return before.chars <= MAX_PICTURE_CHARS and not _PICTURES.isdisjoint(kid.tag for kid in tree.inside(before))


def read_paragraphs(
    tree: Tree, body: Node, title: str | None, masked: Collection[int], *, authors: Collection[str] = ()
) -> list[str]:
    """The paragraphs of the story in order, sub-headings, list items and quotations with them.

    Args:
        body: the container of the story.
        title: the article's title, which is not repeated in the text.
        authors: of the article, whose by-line is no part of the text.
        masked: places of elements that are blocks of links.
    """
    masked = find_boxes(tree, body).union(masked)
    paragraphs = own_paragraphs(_Writer(tree, masked, body).written(), title, authors)
    if sum(map(len, paragraphs)) < MIN_TEXT_LENGTH and body.chars - body.link_chars > MIN_BODY_CHARS:
        # the hints named all parts of the story: slides with captions, a "print-step"
        return own_paragraphs(_Writer(tree, masked, body, heeds_hints=False).written(), title, authors)
    return paragraphs


def read_standfirst(tree: Tree, node: Node, title: str | None, *, authors: Collection[str] = ()) -> list[str]:
    """The paragraphs of the opening sentences, in headings as they may stand; see `read_paragraphs`."""
    written = _Writer(tree, (), node).written()
    return own_paragraphs([("p", text) for _, text in written], title, authors)


class _Writer:
    def __init__(self, tree: Tree, masked: Collection[int], body: Node, *, heeds_hints: bool = True) -> None:
        self.tree = tree
        self.masked = masked
        self.body = body
        self.paragraphs: list[tuple[str, str]] = []  # tag, text
        self.buffer: list[str] = []
        self.tag = "p"
        self.heeds_hints = heeds_hints
        self._posts: list[int] | None = None  # places of those that it quotes, once they were asked for
        self._titles: list[int] | None = None  # and of links that are long enough to be titles
        self._proses: dict[int, int] = {}  # of elements, once they were asked for: a row of links asks once a link

    def written(self) -> list[tuple[str, str]]:
        """The paragraphs of the body, each with its tag."""
        self.write(self.body)
        self.end()
        return self.paragraphs

    def write(self, node: Node) -> None:
        for kid in node.kids:
            if isinstance(kid, str):
                self.buffer.append(kid)
            elif kid.at in self.masked and not self._is_in_sentence(kid, node):
                if kid.tag in BLOCKS:
                    self.end()
            elif kid.tag == "br":
                self.buffer.append(_BREAK)
            elif kid.tag in BLOCKS:
                self.end()
                if kid.tag == "tr" and (row := _row_of_figures(kid)):
                    self.paragraphs.append(("tr", row))
                elif not self._is_left_out(kid):
                    outer, self.tag = self.tag, kid.tag if kid.tag in _PARAGRAPHS else self.tag
                    self.write(kid)
                    self.end()
                    self.tag = outer
            elif kid.tag in LEFT_OUT:
                if kid.tag in _APART:
                    self.end()
            elif not self._is_left_out_phrase(kid, node):
                self.write(kid)

    def _is_left_out_phrase(self, node: Node, parent: Node) -> bool:
        if node.tag == "time" and node.chars == parent.chars:
            return True
        if not node.hint or (node.link_chars == node.chars and self._is_in_sentence(node, parent)):
            return False
        return self._is_left_out(node)

    def _is_left_out(self, node: Node) -> bool:
        if node.chars > 0.5 * self.body.chars:
            return False
        if is_frame(node) or _is_picture(self.tree, node):
            return True
        if not node.hint or not self.heeds_hints:
            return False
        said = signals(node)
        if said.body and node.chars > MIN_BODY_CHARS:
            return False
        return (
            said.comments
            or (said.ad and node.chars - node.link_chars <= MAX_AD_PROSE)
            or (said.gadget and not self._quotes_post(node))
            or said.credit
            or (said.kind is not None and self._is_offer(node))
        )

    def _is_in_sentence(self, node: Node, parent: Node) -> bool:
        """Whether a phrase stands among words: to leave it out, whatever it is called, would leave a hole in them."""
        if node.tag in BLOCKS or node.tag in LEFT_OUT or node.chars >= MAX_PHRASE_SHARE * parent.chars:
            return False
        if (around := self._proses.get(parent.at)) is None:
            around = self._proses[parent.at] = own_prose(parent)
        return around - (node.chars - node.link_chars) >= MIN_SENTENCE_CHARS

    def _is_offer(self, node: Node) -> bool:
        if node.link_chars > (1 - MAX_OFFER_PROSE) * node.chars:
            return True
        if self._titles is None:
            self._titles = [link.at for link in self.tree.find("a") if link.chars >= MIN_OFFERED_CHARS]
        return bisect_right(self._titles, node.end) - bisect_left(self._titles, node.at) >= MIN_OFFERED

    def _quotes_post(self, node: Node) -> bool:
        """Whether it shows a post of a network that the story quotes, in the markup that Twitter gives out for it."""
        if self._posts is None:
            quotes = (kid for kid in self.tree.inside(self.body) if kid.tag == "blockquote")
            self._posts = [quote.at for quote in quotes if "twitter-tweet" in quote.hint]
        return bisect_left(self._posts, node.at) < bisect_right(self._posts, node.end)

    def end(self) -> None:
        """Close the paragraph; two line breaks part two."""
        if self.buffer:
            written = "".join(self.buffer)
            self.buffer.clear()
            if written.isspace():
                return  # between blocks: half of all
            if self.tag in _HEADINGS:
                written = written.lstrip(_AFTER_KICKER)
            for piece in _TWO_BREAKS.split(written) if _BREAK in written else (written,):
                if text := clean(piece.replace(_BREAK, " ")):
                    self.paragraphs.append((self.tag, text))


def _row_of_figures(row: Node) -> str | None:
    """The cells of a row of a table on one line; `None` where they hold more than names and numbers."""
    cells = [cell for cell in row.elements() if cell.tag in ("td", "th") and cell.chars]
    if len(cells) < 2 or any(cell.chars > MAX_CELL_CHARS or cell.end - cell.at > MAX_CELL_ELEMENTS for cell in cells):
        return None
    return CELLS_APART.join(clean(cell.text()) for cell in cells)


def _is_picture(tree: Tree, node: Node) -> bool:
    """Whether a block is a picture with its caption: little text beside it, in no paragraph unless its hint says so."""
    if node.tag in _PARAGRAPHS or node.chars > MAX_PICTURE_CHARS or not 0 < node.end - node.at <= MAX_PICTURE_ELEMENTS:
        return False
    tags = {kid.tag for kid in tree.inside(node)}
    if tags.isdisjoint(_PICTURES):
        return False
    is_text_beside = any(isinstance(kid, str) and not kid.isspace() for kid in node.kids)
    return _PICTURE.search(node.hint) is not None or ("p" not in tags and not is_text_beside)
