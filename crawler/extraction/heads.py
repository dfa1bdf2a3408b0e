"""The head of a page as readers ask for it: meta tags by name, JSON-LD, and what stands around the heading."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser

from crawler.extraction.jsonld import Thing, find_article, read_things
from crawler.extraction.regions import Regions
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import clean
from crawler.model.urls import canonical_url, resolve_url

MAX_ITEM_CHARS = 400
MAX_ITEMS = 60  # of a property of microdata
BEFORE_HEADING = 40  # elements: dates and by-lines stand a little before the heading
AFTER_HEADING = 160  # or after it, with pictures and buttons between
BELOW_HEADING = 40  # right below it, where a part is of the article whatever it is called
MIN_PROSE = 120  # letters of a paragraph that begins the text

_OF_PARTS = re.compile(r"/(?:ImageObject|Photograph|Comment)\b")
_LOWER = frozenset("h2 h3 h4 h5 h6".split())
_TELLING = 'base[href], link[href][rel], meta, title, script[type*="ld+json" i]'  # in the order of the document

Source = str  # json-ld | opengraph | meta | microdata | dom; of dates also address, of the text script and trafilatura


class Heads:
    """What a page says of itself, all found in one search.

    Attributes:
        base: what its links are resolved against. HTML, 4.2.3: the first `<base>` with an `href` holds.
        meta: contents of its meta tags by name, in their order; names in lower case.
        links: attributes of its `<link>` elements that have an address.
        things: of its JSON-LD; `article` is the one that the page is, empty where it has none.
    """

    def __init__(self, parser: LexborHTMLParser, url: str) -> None:
        self.url = url
        self.meta: defaultdict[str, list[str]] = defaultdict(list)
        self.links: list[dict[str, str | None]] = []
        bases: list[str] = []
        titles: list[str] = []
        scripts: list[str] = []
        for node in parser.css(_TELLING):
            tag, attrs = node.tag, node.attributes
            if tag == "meta":
                name = attrs.get("property") or attrs.get("name") or attrs.get("itemprop") or attrs.get("http-equiv")
                if name and (content := clean(attrs.get("content") or "")):
                    self.meta[name.strip().lower()].append(content)
            elif tag == "link":
                self.links.append(attrs)
            elif tag == "script":
                scripts.append(node.text())
            elif tag == "title":
                titles.append(node.text())
            else:
                bases.append(attrs.get("href") or "")
        self.base = (resolve_url(bases[0], url) if bases else None) or url
        self.title = clean(titles[0]) if titles else ""
        self.things = read_things(scripts)
        self.article: Thing = find_article(self.things, self._is_this_page, self.first("og:title")) or {}

    def first(self, *names: str) -> str | None:
        """The first content of the first of these meta tags that there is."""
        return next((self.meta[name][0] for name in names if name in self.meta), None)

    def all(self, *names: str) -> list[str]:
        """All contents of the first of these meta tags that there is."""
        return next((self.meta[name] for name in names if name in self.meta), [])

    def addresses(self, relation: str) -> Iterator[tuple[str, dict[str, str | None]]]:
        """References of its `<link>` elements of a relation, with all their attributes."""
        for attrs in self.links:
            if relation in (attrs.get("rel") or "").lower().split():
                yield (attrs.get("href") or "").strip(), attrs

    def _is_this_page(self, address: str) -> bool:
        resolved = resolve_url(address, self.base)
        return resolved is not None and (resolved == self.url or canonical_url(resolved) == canonical_url(self.url))


def _outside_cards(tree: Tree, nodes: list[Node]) -> Iterator[Node]:
    """Those that lie in no link around a heading: date and names beside it are of the story that it leads to."""
    card_to = -1
    for node in nodes:
        if node.tag == "a" and node.end > node.at > card_to and any(inner.tag in _LOWER for inner in tree.inside(node)):
            card_to = node.end
        if node.at > card_to:
            yield node


def is_of_part(node: Node) -> bool:
    """Whether microdata say that it is of a picture or a comment on the page, not of the article."""
    thing = next((up for up in node.ancestors() if "itemscope" in up.attrs), None)
    return thing is not None and _OF_PARTS.search(thing.get("itemtype")) is not None


class Shown:
    """What the page itself shows of its article, apart from the text."""

    def __init__(self, tree: Tree, h1: Node | None, regions: Regions, *, body: Node | None = None) -> None:
        self.tree = tree
        self.elsewhere = regions.elsewhere
        self.h1 = h1
        self.body = body
        self._top = h1 or body
        self._aside = regions.aside
        self._regions = regions
        self._items: defaultdict[str, list[Node]] = defaultdict(list)
        for node in [node for node in tree.nodes if "itemprop" in node.attrs]:
            if node.at not in self._aside:
                for name in node.get("itemprop").split():
                    self._items[name].append(node)

    @cached_property
    def near(self) -> list[Node]:
        """Elements around the heading, where date and by-line stand."""
        at = self._top.at if self._top else 0
        reach = self.tree.nodes[max(0, at - BEFORE_HEADING) : at + AFTER_HEADING]
        return [node for node in _outside_cards(self.tree, reach) if node.at not in self._aside]

    @cached_property
    def below_heading(self) -> list[Node]:
        """Elements between the heading and the first paragraph that are called no part of the article, nor links."""
        if self.h1 is None:
            return []
        below = self.tree.nodes[self.h1.end + 1 : self.h1.end + BELOW_HEADING]
        prose = (node.at for node in below if node.tag == "p" and node.chars - node.link_chars > MIN_PROSE)
        end = next(prose, self.h1.end + BELOW_HEADING)
        outside = _outside_cards(self.tree, below)
        return [node for node in outside if node.at < end and self._regions.may_tell(node.at)]

    @cached_property
    def caption(self) -> Node | None:
        """The first caption of a picture."""
        captions = self.tree.find("figcaption")
        return next((node for node in captions if node.chars and node.at not in self._aside), None)

    def tags(self) -> list[str]:
        """Links that call themselves tags."""
        links = (node for node in self.tree.find("a") if "rel" in node.attrs and node.chars)
        return [node.text() for node in links if "tag" in node.get("rel").split() and node.at not in self._aside]

    def picture(self) -> str | None:
        """The address of the picture that the caption stands under; images in the text without one may be anything."""
        figure = next((up for up in self.caption.ancestors() if up.tag == "figure"), None) if self.caption else None
        images = [node for node in self.tree.inside(figure) if node.tag == "img"] if figure else []
        return next((address for node in images if (address := node.get("src") or node.get("data-src"))), None)

    def items(self, name: str) -> list[str]:
        """Values of a property of microdata, in the order of the page."""
        nodes = (node for node in self._items.get(name, [])[:MAX_ITEMS] if not is_of_part(node))
        return [clean(node.get("content") or node.get("datetime") or node.text())[:MAX_ITEM_CHARS] for node in nodes]
