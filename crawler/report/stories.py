"""Stories: articles that belong together by what their pages call related, parted where the time line falls silent."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import igraph

from crawler.model.links import LinkKind
from crawler.report.graph import KINDS, Graph, Node
from crawler.report.measures import as_igraph, seeded

LEAST_DENSITY = 0.05  # ties per pair: 15 articles and 15 stay two stories until 12 links join them
LEAST_SILENCE_DAYS = 90  # a court case or a repair sleeps for a quarter and is still one story
SILENCE_PER_GAP = 8  # a story of yearly articles is not silent after three months
LEAST_PART = 3  # articles; fewer are a background piece or an echo, and stay with what they are linked to
MAX_SECTIONS = 5


class Story(NamedTuple):
    """A community of the related links within one stretch of time."""

    number: int  # from 1, the largest first
    title: str  # of its most central article
    nodes: tuple[int, ...]  # places in the graph, in the order of their dates, undated ones last
    first_day: str | None  # YYYY-MM-DD; None where no article has a date
    last_day: str | None
    sections: tuple[tuple[str, int], ...]  # as the papers name them, with the number of articles
    sites: tuple[tuple[str, int], ...]


def find_stories(graph: Graph, seed: int = 0) -> tuple[Story, ...]:
    """Find the stories of a graph and write their numbers into its nodes.

    Leiden communities (Traag, Waltman, van Eck 2019) of the `related` edges by the constant Potts model: modularity
    would merge small stories over a single stray link, the sooner the larger the graph, and cut up a lone one. Two
    articles that name each other are tied twice as strongly. What hangs by one article goes where that one is, and
    whatever is related to nothing is in no story.

    Args:
        seed: Leiden starts from a random order; the same files and seed give the same stories.
    """
    for node in graph.nodes:
        node.story = None
    related = KINDS.index(LinkKind.RELATED)
    ties = as_igraph(graph, (i for i, kind in enumerate(graph.edges.kinds) if kind == related))
    if not ties.ecount():
        return ()
    ties.es["weight"] = 1
    ties.to_undirected(mode="collapse", combine_edges="sum")
    centrality = ties.pagerank(weights="weight")  # undirected: the page that names ten others is their centre
    neighbours: Callable[[int], list[int]] = ties.neighbors
    parts = [
        part
        for community in _communities(ties, seed)
        if len(community) > 1
        for part in _part_by_silence(community, graph.nodes, neighbours)
    ]
    parts.sort(key=lambda part: (-len(part), graph.nodes[part[0]].day or "", part[0]))
    stories = tuple(_story(number, part, graph.nodes, centrality) for number, part in enumerate(parts, 1))
    for story in stories:
        for place in story.nodes:
            graph.nodes[place].story = story.number
    return stories


def _communities(ties: igraph.Graph, seed: int) -> Iterable[list[int]]:
    degrees = ties.degree()
    core = [place for place, degree in enumerate(degrees) if degree > 1]
    with seeded(seed):
        found = ties.induced_subgraph(core).community_leiden(
            objective_function="CPM", resolution=LEAST_DENSITY, weights="weight", n_iterations=-1
        )
    of_core = dict(zip(core, found.membership, strict=True))
    communities: dict[int, list[int]] = {}
    for place, degree in enumerate(degrees):
        if degree == 1:
            (other,) = ties.neighbors(place)
            # two that have only each other are a community of their own
            community = of_core[other] if other in of_core else -1 - min(place, other)
            communities.setdefault(community, []).append(place)
        elif degree:
            communities.setdefault(of_core[place], []).append(place)
    return communities.values()


def _part_by_silence(
    community: list[int], nodes: list[Node], neighbours: Callable[[int], list[int]]
) -> Iterator[list[int]]:
    """The parts of a community between its long silences, each in the order of time; undated articles go where most
    of their related ones are."""
    dated = sorted((place for place in community if nodes[place].day), key=lambda place: _moment(nodes[place], place))
    undated = [place for place in community if not nodes[place].day]
    days = [date.fromisoformat(nodes[place].day or "") for place in dated]
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    silence_days = max(LEAST_SILENCE_DAYS, SILENCE_PER_GAP * median(gaps)) if gaps else LEAST_SILENCE_DAYS
    parts: list[list[int]] = [[]]
    for i, place in enumerate(dated):
        is_silent = i > 0 and gaps[i - 1] > silence_days
        if is_silent and len(parts[-1]) >= LEAST_PART and len(dated) - i >= LEAST_PART:
            parts.append([])
        parts[-1].append(place)
    part_of = {place: number for number, part in enumerate(parts) for place in part}
    for place in undated:
        around = Counter(part_of[other] for other in neighbours(place) if other in part_of)
        parts[around.most_common(1)[0][0] if around else 0].append(place)
    return iter(parts)


def _moment(node: Node, place: int) -> tuple[str, str, int]:
    return node.day or "", node.published or "", place


def _story(number: int, part: list[int], nodes: list[Node], centrality: list[float]) -> Story:
    titled = [place for place in part if nodes[place].title] or part
    centre = nodes[max(titled, key=lambda place: centrality[place])]  # of equals the earliest
    days = [day for place in part if (day := nodes[place].day)]
    return Story(
        number=number,
        title=centre.title or centre.url or centre.id,
        nodes=tuple(part),
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        sections=tuple(Counter(s for p in part if (s := nodes[p].section)).most_common(MAX_SECTIONS)),
        sites=tuple(Counter(s for p in part if (s := nodes[p].site)).most_common()),
    )
