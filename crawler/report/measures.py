"""What the shape of a graph says of its nodes: rank, degrees, components; and the graph as igraph has it."""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import igraph

from crawler.report.graph import Graph


class Measures(NamedTuple):
    """What is said of the graph as a whole."""

    nodes: int
    edges: int
    components: int  # weakly connected
    reciprocity: float | None  # share of linked pairs that link both ways; None where nothing is linked


def measure(graph: Graph) -> Measures:
    """Fill in PageRank, degrees and component of each node, over all edges of the graph.

    Several edges between two nodes count as one for PageRank: a page that names another in two blocks says it once.
    Components are numbered by size, the largest 0.
    """
    whole = as_igraph(graph)
    if not graph.nodes:
        return Measures(0, 0, 0, None)
    plain = whole.simplify()  # in place
    membership = plain.connected_components(mode="weak").membership
    sizes = [0] * (max(membership) + 1)
    for component in membership:
        sizes[component] += 1
    by_size = sorted(range(len(sizes)), key=lambda component: -sizes[component])
    number = {component: place for place, component in enumerate(by_size)}
    columns = zip(graph.nodes, membership, plain.pagerank(), plain.indegree(), plain.outdegree(), strict=True)
    for node, component, pagerank, in_degree, out_degree in columns:
        node.component = number[component]
        node.pagerank, node.in_degree, node.out_degree = pagerank, in_degree, out_degree
    reciprocity = float(plain.reciprocity()) if plain.ecount() else None
    return Measures(len(graph.nodes), len(graph.edges), len(sizes), reciprocity)


def as_igraph(graph: Graph, places: Iterable[int] | None = None) -> igraph.Graph:
    """The bare directed igraph graph: the same places of nodes, no attributes.

    Args:
        places: of the edges to take; all where it is `None`.
    """
    sources, targets = graph.edges.sources, graph.edges.targets
    ends = zip(sources, targets, strict=True) if places is None else ((sources[i], targets[i]) for i in places)
    return igraph.Graph(len(graph.nodes), ends, directed=True)


@contextmanager
def seeded(seed: int) -> Iterator[random.Random]:
    """igraph draws from a generator of our own meanwhile: the same seed, the same result."""
    generator = random.Random(seed)
    igraph.set_random_number_generator(generator)
    try:
        yield generator
    finally:
        igraph.set_random_number_generator(random)
