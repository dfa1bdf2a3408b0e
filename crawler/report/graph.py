"""The graph of a crawl as columns: articles and what pages named as such, and the links between them.

Identities that turned out to be one article are one node. Measures and stories are left to `measures` and `stories`.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from crawler.model.links import CRAWL_KINDS, PAGE_KINDS, LinkKind
from crawler.model.records import FoundVia
from crawler.model.urls import site_of, url_id
from crawler.report.reading import AliasRow, ArticleRow, GoneRow, LinkRow, check_folder, read_rows

KINDS = tuple(LinkKind)
MAX_TEXT_CHARS = 600  # of a summary; what a panel shows. Longer ones are whole articles in the wrong field
MAX_TITLE_CHARS = 400


class NodeState(StrEnum):
    """How much is known of a node."""

    ARTICLE = "article"  # its page was crawled
    TARGET = "target"  # pages name it; what is known of it stands in their blocks
    DOCUMENT = "document"  # a feed, a sitemap or a page that is no article


class Node(msgspec.Struct, kw_only=True):
    """An article, or what stands for one. The measures are filled in by `measures` and `stories`."""

    id: str
    state: NodeState = NodeState.TARGET
    url: str | None = None  # None: a plain-text link that no crawled page has given an address
    title: str | None = None
    published: str | None = None  # RFC 3339 in UTC, or the day alone
    day: str | None = None  # YYYY-MM-DD where it was published
    site: str | None = None
    section: str | None = None
    language: str | None = None
    summary: str | None = None
    depth: int | None = None  # hops from the seed; None where it was not crawled
    found_via: FoundVia | None = None
    via_id: str | None = None  # the node of the document that named it; None for a seed
    fetched_at: str = ""
    gone: str | None = None  # since when its page is no longer there; None where it is, as far as anybody asked
    story: int | None = None  # None: related to nothing else
    component: int = 0
    pagerank: float = 0.0
    in_degree: int = 0
    out_degree: int = 0


class Edge(msgspec.Struct, frozen=True):
    """A link between two nodes; all lines of the same ends and kind together."""

    source: int
    target: int
    kind: LinkKind
    rank: int  # in its block, from 0, as last seen
    heading: str | None  # of its block, as last seen
    first_seen: str
    last_seen: str
    count: int  # lines: versions of the page that held it, or wordings


class Texts:
    """Texts that repeat, each kept once; place 0 is `None`."""

    def __init__(self) -> None:
        self.all: list[str | None] = [None]
        self._place_of: dict[str | None, int] = {None: 0}

    def place(self, text: str | None) -> int:
        """Where the text stands in `all`."""
        place = self._place_of.setdefault(text, len(self.all))
        if place == len(self.all):
            self.all.append(text)
        return place


class Edges:
    """Edges as columns: a million take 40 MB instead of 300. Texts that repeat are kept once."""

    def __init__(self) -> None:
        self.sources = array("i")
        self.targets = array("i")
        self.kinds = array("b")
        self._ranks = array("i")
        self._headings = array("i")
        self._firsts = array("i")
        self._lasts = array("i")
        self._counts = array("i")
        self._texts = Texts()

    def __len__(self) -> int:
        return len(self.sources)

    def __iter__(self) -> Iterator[Edge]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, i: int) -> Edge:
        texts = self._texts.all
        return Edge(
            self.sources[i],
            self.targets[i],
            KINDS[self.kinds[i]],
            self._ranks[i],
            texts[self._headings[i]],
            texts[self._firsts[i]] or "",
            texts[self._lasts[i]] or "",
            self._counts[i],
        )

    def append(self, edge: Edge) -> None:
        """Add an edge that is not there yet."""
        self.sources.append(edge.source)
        self.targets.append(edge.target)
        self.kinds.append(KINDS.index(edge.kind))
        self._ranks.append(edge.rank)
        self._headings.append(self._texts.place(edge.heading))
        self._firsts.append(self._texts.place(edge.first_seen))
        self._lasts.append(self._texts.place(edge.last_seen))
        self._counts.append(edge.count)

    def see_again(self, i: int, rank: int, heading: str | None, seen_at: str) -> None:
        """Count another line of edge `i`; the latest one tells rank and heading."""
        self._counts[i] += 1
        if seen_at < (self._texts.all[self._firsts[i]] or ""):
            self._firsts[i] = self._texts.place(seen_at)
        if seen_at >= (self._texts.all[self._lasts[i]] or ""):
            self._lasts[i] = self._texts.place(seen_at)
            self._ranks[i] = rank
            if heading is not None:
                self._headings[i] = self._texts.place(heading)


class Graph(NamedTuple):
    """Nodes in the order they were first met, edges by their places in it."""

    nodes: list[Node]
    edges: Edges

    def select(self, is_kept: Callable[[Node], bool], kinds: Iterable[LinkKind]) -> "Graph":
        """The part of the graph that a reader asked for; its nodes are the same objects.

        A node that only pages name stays where an edge that is kept touches it.
        """
        wanted = {KINDS.index(kind) for kind in kinds}
        kept = [is_kept(node) for node in self.nodes]
        columns = zip(self.edges.sources, self.edges.targets, self.edges.kinds, strict=True)
        places = [i for i, (a, b, kind) in enumerate(columns) if kind in wanted and kept[a] and kept[b]]
        touched = {*map(self.edges.sources.__getitem__, places), *map(self.edges.targets.__getitem__, places)}
        old = [i for i, node in enumerate(self.nodes) if kept[i] and (node.state is NodeState.ARTICLE or i in touched)]
        new_of = {place: new for new, place in enumerate(old)}
        edges = Edges()
        for edge in map(self.edges.__getitem__, places):
            edges.append(msgspec.structs.replace(edge, source=new_of[edge.source], target=new_of[edge.target]))
        return Graph([self.nodes[i] for i in old], edges)

    def strongest(self, most: int) -> "Graph":
        """At most so many edges: of kinds that claim more before others, then as they come."""
        if len(self.edges) <= most:
            return self
        edges = Edges()
        for place in sorted(range(len(self.edges)), key=self.edges.kinds.__getitem__)[:most]:
            edges.append(self.edges[place])
        return Graph(self.nodes, edges)


def read_graph(folders: Sequence[Path], kinds: Iterable[LinkKind] = PAGE_KINDS) -> Graph:
    """The graph of one or several output folders, read without their locks, also beside a run.

    Args:
        folders: where the crawls wrote; an article in several is one node.
        kinds: the edges to read. Crawl kinds bring feeds, sitemaps and other documents in as nodes.

    Raises:
        ConfigError: a folder holds no crawl.
        StoreError: a line of a file is not what it must be.
    """
    for folder in folders:
        check_folder(folder)
    builder = _Builder(_resolved_aliases(folders), frozenset(kinds))
    for folder in folders:
        for article in read_rows(folder, "articles.jsonl", ArticleRow):
            builder.add_article(article)
    for folder in folders:
        for change in read_rows(folder, "gone.jsonl", GoneRow):
            builder.note_presence(change)
    for folder in folders:
        for link in read_rows(folder, "links.jsonl", LinkRow):
            builder.add_link(link)
    return Graph(builder.nodes, builder.edges)


def identity_of(url: str) -> str | None:
    """The id that an address has in the files; `None` where it is none."""
    if url.startswith("urn:story:"):
        return url.removeprefix("urn:story:")
    try:
        return url_id(url)
    except ValueError:
        return None


class _Builder:
    """Nodes by identity and edges by ends and kind, while lines come in."""

    def __init__(self, same_as: dict[str, str], kinds: frozenset[LinkKind]) -> None:
        self.nodes: list[Node] = []
        self.edges = Edges()
        self._same_as = same_as
        self._kinds = kinds
        self._place_of: dict[str, int] = {}
        self._edge_of: dict[int, int] = {}  # ends and kind packed: a third of the memory of tuples

    def add_article(self, row: ArticleRow) -> None:
        """Take what a page says of itself; of several versions or folders the newest counts."""
        node = self.nodes[self._place(row.id)]
        if row.fetched_at < node.fetched_at:
            return
        node.state = NodeState.ARTICLE
        node.fetched_at = row.fetched_at
        node.url = row.url
        node.title = _bounded(row.title, MAX_TITLE_CHARS)
        node.published = row.published_at if day_of(row.published_at) else row.published_on
        node.day = day_of(row.published_on) or day_of(row.published_at)
        node.site = _site_of(row.url)
        node.section = _bounded(row.section, MAX_TITLE_CHARS)
        node.language = row.language
        node.summary = _bounded(row.summary, MAX_TEXT_CHARS)
        node.depth = row.depth
        node.found_via = row.found_via
        via = identity_of(row.found_via.url) if row.found_via.url else None
        node.via_id = self._same_as.get(via, via) if via else None

    def note_presence(self, row: GoneRow) -> None:
        """Take that a page went away or came back; the last line of a folder counts."""
        self.nodes[self._place(row.id)].gone = row.missing_since if row.gone else None

    def add_link(self, row: LinkRow) -> None:
        """Take an edge, and what its block says of the target."""
        if row.source_id is None or row.kind not in self._kinds:
            return  # a seed comes from no node; its node says so by depth and `found_via`
        source, target = self._place(row.source_id), self._place(row.target_id)
        if source == target:
            return  # two names of one article
        self._describe_source(self.nodes[source], row)
        self._describe_target(self.nodes[target], row)
        heading = row.heading or next((b.heading for b in row.also if b.heading and b.kind is row.kind), None)
        heading = _bounded(heading, MAX_TITLE_CHARS)
        key = source << 36 | target << 4 | KINDS.index(row.kind)
        place = self._edge_of.setdefault(key, len(self.edges))
        if place == len(self.edges):
            self.edges.append(Edge(source, target, row.kind, row.rank, heading, row.seen_at, row.seen_at, 1))
        else:
            self.edges.see_again(place, row.rank, heading, row.seen_at)

    def _place(self, identity: str) -> int:
        identity = self._same_as.get(identity, identity)
        place = self._place_of.setdefault(identity, len(self.nodes))
        if place == len(self.nodes):
            self.nodes.append(Node(id=identity))
        return place

    def _describe_source(self, node: Node, row: LinkRow) -> None:
        if node.state is not NodeState.ARTICLE:
            node.state = NodeState.DOCUMENT
            node.url = node.url or row.source
            node.site = node.site or _site_of(node.url)

    def _describe_target(self, node: Node, row: LinkRow) -> None:
        """Fill in what the page itself did not say; of several blocks the longest text is the least cut."""
        if node.state is not NodeState.ARTICLE:
            node.url = node.url or row.target
            node.site = node.site or _site_of(node.url)
            node.title = _longer(node.title, _bounded(row.title, MAX_TITLE_CHARS))
            node.summary = _longer(node.summary, _bounded(row.teaser, MAX_TEXT_CHARS))
        elif node.title is None:
            node.title = _bounded(row.title, MAX_TITLE_CHARS)
        if node.day is None and row.kind not in CRAWL_KINDS and (day := day_of(row.published_at)):
            node.day, node.published = day, row.published_at


def _resolved_aliases(folders: Sequence[Path]) -> dict[str, str]:
    """Each identity that is another's: where its chain ends. Rings of hostile redirects end at their least id."""
    last: dict[str, AliasRow] = {}
    for folder in folders:
        of_folder: dict[str, AliasRow] = {}
        for row in read_rows(folder, "aliases.jsonl", AliasRow):
            held = of_folder.get(row.id)
            if held is None or row.seq >= held.seq:
                of_folder[row.id] = row
        last |= of_folder
    resolved: dict[str, str] = {}
    for start in last:
        chain: dict[str, None] = {}
        end = start
        while end in last and end not in chain and end not in resolved:
            chain[end] = None
            end = last[end].same_as
        if end in chain:
            end = min(list(chain)[list(chain).index(end) :])
        end = resolved.get(end, end)
        resolved |= dict.fromkeys(chain, end)
    return {identity: end for identity, end in resolved.items() if identity != end}


@lru_cache(maxsize=16_384)
def day_of(moment: str | None) -> str | None:
    """The day of a moment or a day as text; `None` where there is none or the calendar has no such day."""
    try:
        return date.fromisoformat((moment or "")[:10]).isoformat()
    except ValueError:
        return None


@lru_cache(maxsize=16_384)
def _site_of(url: str | None) -> str | None:
    try:
        return (site_of(url) or None) if url is not None else None
    except ValueError:
        return None


def _bounded(text: str | None, max_chars: int) -> str | None:
    text = " ".join(text.split()) if text else ""
    return (text if len(text) <= max_chars else f"{text[: max_chars - 1]}…") or None


def _longer(held: str | None, found: str | None) -> str | None:
    return found if len(found or "") > len(held or "") else held
