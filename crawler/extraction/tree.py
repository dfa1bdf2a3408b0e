"""A page as a plain tree, built once from lexbor's and shared by all readers.

Readers go up, down and sideways many times; each step through lexbor's own nodes makes a Python object, each step here
is an attribute. Measured for the median page of 240 kB: 0.7 ms to build, beside 0.6 ms to parse.
"""

from collections.abc import Iterator
from functools import cached_property
from itertools import islice

import msgspec
from selectolax.lexbor import LexborNode

from crawler.extraction.guard import parsed

MAX_DEPTH = 200  # what lies deeper hangs at this depth; the deepest real page seen has 80. Keeps recursion safe
MAX_ASKED = 500
MAX_OPENED = 4
MIN_SWALLOWED = 4  # paragraphs in a `<noscript>`: messages and pictures have fewer
MAX_HINT_CHARS = 300  # utility classes can run to thousands of letters, and say nothing

_DROPPED = frozenset(
    "script style noscript template x-template svg iframe object embed canvas select option datalist math".split()
)
_FALLBACKS = frozenset("img iframe link style a p".split())
# left empty: 38 of 100 elements of a page lie in such
_FRAMES = frozenset(("nav", "dialog", "menu", "footer", "amp-lightbox", "amp-sidebar"))
_STORIES = frozenset(("article", "main"))
_HINTS = frozenset(
    ("class", "id", "role", "aria-label", "data-testid", "data-component", "data-module", "data-type", "itemprop")
)
_BREAKS = frozenset(
    "address article aside blockquote br button caption dd details div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr label li main nav ol p pre section summary table tbody td tfoot th thead tr ul".split()
)


class Node(msgspec.Struct, eq=False, gc=False):
    """An element of a `Tree`, and no longer than that one holds: then it has no parent any more.

    The collector does not look at nodes: it took 0.7 ms a page to find that they and their parents hold each other.
    """

    tag: str
    attrs: dict[str, str | None]
    parent: "Node | None"
    at: int  # place in the order of the document
    end: int  # place of the last element inside
    hint: str
    kids: "list[Node | str]" = []  # elements and text in order; scripts, styles, drawings and frames are left out
    chars: int = 0  # of text inside, white space at the ends of its pieces not counted
    link_chars: int = 0  # those of them inside links
    own_length: int | None = None  # of the text in it and in its phrases, once it was asked for
    _line: str | None = None  # `text()`, once it was asked for
    _is_of_story: bool | None = None  # `is_of_story()`, likewise

    def get(self, name: str) -> str:
        """An attribute; "" where it is absent or empty."""
        return self.attrs.get(name) or ""

    def elements(self) -> Iterator["Node"]:
        return (kid for kid in self.kids if isinstance(kid, Node))

    def ancestors(self) -> Iterator["Node"]:
        """From the parent up."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def holds(self, other: "Node") -> bool:
        """Whether `other` is this element or inside it."""
        return self.at <= other.at <= self.end

    def is_of_story(self) -> bool:
        """Whether it is an article or the main part of the page, or lies in one."""
        around: list[Node] = []
        node: Node | None = self
        while node is not None and node._is_of_story is None:  # no element is passed twice, however many ask
            around.append(node)
            node = node.parent
        known = node is not None and node._is_of_story is True
        for one in reversed(around):
            known = one._is_of_story = known or one.tag in _STORIES
        return known

    def text(self) -> str:
        """All text inside on one line: white space folded, a space where a block or a line ends."""
        if self._line is None:
            parts: list[str] = []
            if self.chars:
                _gather(self, parts)
            self._line = " ".join("".join(parts).split())
        return self._line

    def __repr__(self) -> str:
        return f"<{self.tag} {self.hint[:60]}>"


def _hint(attrs: dict[str, str | None]) -> str:
    hint = ""
    for name in attrs:  # a list of them takes twice the time, for 450 elements a page
        if name in _HINTS and (value := attrs[name]):
            hint = f"{hint} {value}" if hint else value
    return hint[:MAX_HINT_CHARS].lower()


class Tree:
    """All elements of a page in the order of the document."""

    def __init__(self, html: bytes | str) -> None:
        """`html`: free of danger; as UTF-8, since text would be made so first. Raises as `parsed`."""
        self.nodes: list[Node] = []
        self._asked = 0  # `<noscript>` elements
        self._opened = 0  # those of them whose insides are of the page
        self.parser = parsed(html)
        root = self.parser.root
        attrs = {} if root is None else root.attributes
        self.root = Node("html", attrs, None, 0, 0, _hint(attrs))
        self.nodes.append(self.root)
        if self.parser.body is not None:
            self._grow(self.parser.body)
        for node in reversed(self.nodes):
            parent = node.parent
            if node.tag == "a":
                node.link_chars = node.chars
            if parent is None:
                continue
            if node.chars:
                parent.chars += node.chars
                parent.link_chars += node.link_chars
            if node.end > parent.end:
                parent.end = node.end

    def __del__(self) -> None:
        for node in self.nodes:
            node.parent = None  # nodes and parents hold each other, and would stay for good

    def inside(self, node: Node) -> list[Node]:
        """`node` and all elements inside it, in order."""
        return self.nodes[node.at : node.end + 1]

    def find(self, *tags: str) -> list[Node]:
        return [node for node in self.nodes if node.tag in tags]

    def _grow(self, body: LexborNode) -> None:
        nodes = self.nodes
        holders: set[int] = set()
        todo: list[tuple[LexborNode, Node, int]] = [(body, self.root, 0)]
        while todo:
            source: LexborNode | None
            source, parent, depth = todo.pop()
            while source is not None:
                if (text := source.text_content) is not None:
                    parent.kids.append(text)
                    if not text.isspace():  # two in three are
                        parent.chars += len(text.strip())
                elif (
                    (tag := source.tag) not in _DROPPED or (tag == "noscript" and self._is_page(source))
                ) and source.is_element_node:
                    attrs = source.attributes
                    at = len(nodes)
                    node = Node(tag or "", attrs, parent, at, at, _hint(attrs) if attrs else "")
                    nodes.append(node)
                    parent.kids.append(node)
                    if (child := source.first_child) is not None and not (
                        tag in _FRAMES and _is_frame(source, parent, holders)
                    ):
                        following = source.next if depth else None  # body is the only one at its depth
                        if following is not None:
                            todo.append((following, parent, depth))
                        if depth < MAX_DEPTH:
                            parent, depth = node, depth + 1
                        source = child
                        continue
                source = source.next if depth else None

    def _is_page(self, noscript: LexborNode) -> bool:
        """Whether most paragraphs lie in a `<noscript>`: it was never closed, or stands for what scripts build.

        Of those in one another, each of which is looked through again, only the first few are, and the first hundreds
        of all.
        """
        held = list(islice(noscript.iter(), 2))
        if not held or (len(held) == 1 and held[0].tag in _FALLBACKS):
            return False  # nearly all
        self._asked += 1
        paragraphs = len(noscript.css("p")) if self._opened < MAX_OPENED and self._asked < MAX_ASKED else 0
        if paragraphs < MIN_SWALLOWED or 2 * paragraphs <= self._paragraphs:
            return False
        self._opened += 1
        return True

    @cached_property
    def _paragraphs(self) -> int:
        return len(self.parser.css("p"))


def _is_frame(source: LexborNode, parent: Node, holders: set[int]) -> bool:
    """Whether an element is of the site, not of the page: it holds no story, and is no article's own footer.

    `holders` keeps which elements inside are known to hold one, so that frames in frames are looked through once.
    """
    if source.mem_id in holders or (source.tag == "footer" and parent.is_of_story()):
        return False
    story = source.css_first("h1, article, main")
    if story is None:
        return True
    up = story.parent
    while up is not None and up.mem_id != source.mem_id:
        holders.add(up.mem_id)
        up = up.parent
    return False


def _gather(node: Node, parts: list[str]) -> None:
    for kid in node.kids:
        if isinstance(kid, str):
            parts.append(kid)
        elif kid.tag in _BREAKS:
            parts.append(" ")
            _gather(kid, parts)
            parts.append(" ")
        else:
            _gather(kid, parts)
