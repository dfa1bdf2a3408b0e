"""What a reader asked to see of some output folders: the graph with its stories and measures, and parts of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import igraph

from crawler.errors import ConfigError
from crawler.model.links import PAGE_KINDS, LinkKind
from crawler.report.graph import Graph, Node, day_of, read_graph
from crawler.report.measures import Measures, as_igraph, measure
from crawler.report.stories import Story, find_stories

VERTEX_FIELDS = (
    *("url", "title", "published", "day", "site", "section", "language", "summary", "gone", "depth"),
    *("story", "component", "pagerank", "in_degree", "out_degree"),
)


class View(NamedTuple):
    """A part of the graph, measured, and the stories it touches."""

    graph: Graph
    measures: Measures
    nodes: list[Node]  # of the whole graph: what the stories' places mean
    stories: tuple[Story, ...]  # whole ones, also where only some of their articles are in `graph`


def read_view(
    folders: Sequence[Path],
    *,
    kinds: Sequence[LinkKind] = PAGE_KINDS,
    story: int | None = None,
    since: str | None = None,
    seed: int = 0,
) -> View:
    """Read output folders and select.

    Stories are found before anything is left out, so that their numbers do not depend on what is asked for.

    Args:
        folders: where crawls wrote; also while one still does.
        kinds: of the edges to take.
        story: the number of the only story to take; `None` for all, and for what is in none.
        since: YYYY-MM-DD: only what was published then or later; what has no date is left out.
        seed: of the search for stories.

    Raises:
        ConfigError: a folder holds no crawl, there is no such story, `since` is no day.
        StoreError: a file is damaged.
    """
    if since is not None and (len(since) != len("YYYY-MM-DD") or day_of(since) is None):
        raise ConfigError(f"--since is {since!r}; it must be a day, such as 2026-11-20")
    whole = read_graph(folders, {*kinds, LinkKind.RELATED})
    stories = find_stories(whole, seed)
    if story is not None and not 1 <= story <= len(stories):
        raise ConfigError(f"--story is {story}; the stories found are 1 to {len(stories)}")

    def is_kept(node: Node) -> bool:
        return (story is None or node.story == story) and (since is None or (node.day or "") >= since)

    graph = whole.select(is_kept, kinds)
    touched = {node.story for node in graph.nodes}
    return View(graph, measure(graph), whole.nodes, tuple(s for s in stories if s.number in touched))


def load_graph(*folders: str | Path, kinds: Sequence[LinkKind | str] = PAGE_KINDS, seed: int = 0) -> igraph.Graph:
    """The graph of one or several output folders for a notebook, directed, as igraph has it.

    Vertices have `name` (the article's id), `state` (article, target or document), the fields of the records (`url`,
    `title`, `published`, `day`, `site`, `section`, `language`, `summary`, `gone`: since when its
    page is not there, `depth`) and the measures (`story`,
    `component`, `pagerank`, `in_degree`, `out_degree`); edges have `kind`, `rank`, `heading`, `first_seen`,
    `last_seen` and `count`. `graph["stories"]` maps the numbers of the stories to their names. Absent is `None`.

    Args:
        folders: where crawls wrote; also while one still does.
        kinds: of the edges to take.
        seed: of the search for stories; the same files and seed give the same ones.

    Raises:
        ConfigError: a folder holds no crawl.
        StoreError: a file is damaged.
    """
    view = read_view([Path(folder) for folder in folders], kinds=[LinkKind(kind) for kind in kinds], seed=seed)
    nodes, edges = view.graph
    built = as_igraph(view.graph)
    built["stories"] = {story.number: story.title for story in view.stories}
    built.vs["name"] = [node.id for node in nodes]
    built.vs["state"] = [node.state.value for node in nodes]
    for field in VERTEX_FIELDS:
        built.vs[field] = [getattr(node, field) for node in nodes]
    built.es["kind"] = [edge.kind.value for edge in edges]
    for field in ("rank", "heading", "first_seen", "last_seen", "count"):
        built.es[field] = [getattr(edge, field) for edge in edges]
    return built
