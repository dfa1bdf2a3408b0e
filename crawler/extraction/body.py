"""Which element of a page holds the text of its article."""

from collections import defaultdict
from itertools import accumulate, islice, repeat

from crawler.extraction.regions import Regions, signals
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import reading_length

MIN_PARAGRAPH_LENGTH = 25  # shorter ones are labels as often as sentences; they do not choose the container
MAX_PARAGRAPH_WEIGHT = 1_500  # one endless paragraph (terms of use, a comment) must not outweigh a story
MAX_LINKED_SHARE = 0.5  # of a paragraph: above it is a list of links
HEIRS = 6  # ancestors that a paragraph lends weight to
HEIR_SHARE = 0.65  # of a child's weight that its parent gets: paragraphs two levels down still count
NAMED_BODY = 1.4  # times the weight of what is called the body of an article
OTHER_STORY = 0.5  # times the weight of what stands before the heading, or under another one
OF_TEASER = 0.3  # times the weight of what is one link with its title; no less, since some links are never closed
TEASER_LEVELS = 4  # from a paragraph up, where that link is looked for, or the item of a list that holds both
MAX_BESIDE_TEASER = 0.3  # of the prose of an item that is a teaser, beside it: label, author, time
GROWN = 1.25  # times the prose of the winner that a parent needs to be taken instead
MAX_GROWN_LINKED = 0.25  # of what is added: more of it in links are the teasers of other stories
PROSE_FOR_LINKED = 2.0  # times the added links that the added prose may have instead: a story with blocks between
MIN_BEFORE = 2  # paragraphs right before a part, that are of the same story
MIN_GROWING_LENGTH = 80  # of paragraphs that make it grow: teasers of other stories are shorter or in links

BLOCKS = frozenset(  # elements that begin a paragraph of their own
    "p li ul ol dl dd dt blockquote pre div section article main header h1 h2 h3 h4 h5 h6 table tbody thead tr td th "
    "details summary center fieldset hr".split()
)
LEFT_OUT = frozenset(  # elements that hold no text of a story
    "address figure figcaption aside nav footer form button dialog menu audio video picture label input "
    "textarea".split()
)
_PROSE_TAGS = frozenset("p div section article li td blockquote span pre dd center main body".split())
_NO_PHRASES = BLOCKS | LEFT_OUT


class Prose:
    """Letters of prose on a page, links not counted."""

    def __init__(self, own: dict[int, int], size: int) -> None:
        """`own`: directly in an element, by its place; `size`: elements of the page."""
        self.own = own
        self._before = list(accumulate(map(own.get, range(size), repeat(0)), initial=0))

    def within(self, node: Node) -> int:
        """In an element and all inside it."""
        return self._before[node.end + 1] - self._before[node.at]


def measure_prose(tree: Tree) -> Prose:
    """Where the sentences of a page are."""
    own = {
        node.at: length
        for node in tree.nodes
        if node.chars - node.link_chars >= MIN_PARAGRAPH_LENGTH // 3
        and node.tag in _PROSE_TAGS
        and (length := own_prose(node))
    }
    return Prose(own, len(tree.nodes))


def find_body(tree: Tree, prose: Prose, regions: Regions, h1: Node | None) -> Node | None:
    """The element that holds the story; `None` where the page has no sentences.

    Each paragraph lends its length, less its links, to its parent and a falling share to those above (the idea of
    Arc90's Readability, 2010); comments, sidebars, frames and stories under another heading count little or nothing.
    The winner then grows to a parent with much more of such prose, since some pages wrap each paragraph.
    """
    refused, footers, sidebar = regions.refused, regions.footers, regions.sidebar
    own = {
        at: length for at, length in prose.own.items() if at not in refused and at not in footers and at not in sidebar
    }
    weights: defaultdict[int, float] = defaultdict(float)
    teasers: set[int] = set()
    for at, length in own.items():
        node = tree.nodes[at]
        if length < MIN_PARAGRAPH_LENGTH:
            continue
        weight = float(min(length, MAX_PARAGRAPH_WEIGHT)) * (0.5 if node.tag in ("li", "span") else 1.0)
        if _is_teaser(tree, node, prose):
            weight *= OF_TEASER
            teasers.add(at)
        place = node if node.tag != "p" else node.parent
        for _ in range(HEIRS):
            if place is None or place.tag == "html":
                break
            weights[place.at] += weight
            place, weight = place.parent, weight * HEIR_SHARE
    if not weights:
        return None
    others = [node.at for node in tree.find("h1") if h1 is not None and node.at > h1.at and node.chars]
    other = others[0] if others else len(tree.nodes)
    for at in weights:
        node = tree.nodes[at]
        if signals(node).body:
            weights[at] *= NAMED_BODY
        if h1 is not None and (node.end < h1.at or node.end >= other):
            weights[at] *= OTHER_STORY
    best = tree.nodes[max(weights, key=lambda at: (weights[at], -at))]
    offers = frozenset() if best.at in regions.offers else regions.offers
    long = {
        at: length
        for at, length in own.items()
        if length >= MIN_GROWING_LENGTH and at not in offers and at not in teasers
    }
    return _grown(best, tree, Prose(long, len(tree.nodes)), others, offers)


def _is_teaser(tree: Tree, node: Node, prose: Prose) -> bool:
    """Whether prose is in one link with its title, or all that an item of a list says below its linked title."""
    for up in islice(node.ancestors(), TEASER_LEVELS):
        if up.tag == "a":
            return True
        if up.tag == "li" and up.link_chars > node.link_chars:
            own = prose.own[node.at]
            return prose.within(up) - own <= MAX_BESIDE_TEASER * own and any(
                above.tag == "a" and above.chars >= MIN_PARAGRAPH_LENGTH for above in tree.nodes[up.at : node.at]
            )
    return False


def _grown(body: Node, tree: Tree, long: Prose, others: list[int], offers: frozenset[int]) -> Node:
    """The nearest ancestor that holds so much more prose that `body` was only a part of the story.

    Links of what is called a block of links do not count: it stands between the parts of the story.

    Args:
        long: that of long paragraphs alone.
    """
    before = long.within(body)
    for up in islice(body.ancestors(), HEIRS):
        if up.tag in ("html", "body") or any(up.at < other <= up.end for other in others):
            break
        after = long.within(up)
        if after <= GROWN * max(before, 1) and (after == before or not _opens_before(body, up, long)):
            continue
        offered = sum(node.chars for node in tree.inside(up) if node.tag == "a" and node.at in offers)
        more, linked = up.chars - body.chars - offered, up.link_chars - body.link_chars - offered
        if linked < MAX_GROWN_LINKED * more or after - before > PROSE_FOR_LINKED * linked:
            body, before = up, after
    return body


def _opens_before(part: Node, body: Node, long: Prose) -> bool:
    """Whether the story has long paragraphs right before a part of it: above a wall, or an advertisement.

    One will do where it is called the body; elsewhere it is as often an opening beside pictures and names.
    """
    before = sum(1 for kid in body.elements() if kid.at < part.at and kid.at in long.own)
    return before >= (1 if signals(body).body else MIN_BEFORE)


def own_prose(node: Node) -> int:
    """Letters of the text that is `node`'s own: directly in it or in phrases of it, links not counted."""
    length = linked = 0
    for kid in node.kids:
        if isinstance(kid, str):
            if not kid.isspace():  # two of three
                length += reading_length(kid.strip())
        elif kid.tag not in _NO_PHRASES:
            length += kid.chars
            linked += kid.link_chars
    return 0 if length and linked / length > MAX_LINKED_SHARE else length - linked
