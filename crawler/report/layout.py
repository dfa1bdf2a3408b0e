"""Where the nodes of a picture stand: each story a disc of its own, packed from the middle outwards by size.

One force layout of everything shows a ball of wool; stories are what a reader looks for, so they get the room. Within
a disc, and for nothing else, forces decide. Deterministic for a seed.
"""

from collections.abc import Iterator, Sequence
from math import cos, hypot, pi, sin, sqrt

import igraph

from crawler.report.graph import Graph
from crawler.report.measures import as_igraph, seeded

Point = tuple[float, float]

SPACING = 10.0  # of a node, in the unit of the picture
AIR = 1.25  # between discs; more and the eye sees islands, less and it sees one lump
GOLDEN_ANGLE = pi * (3 - sqrt(5))  # neighbours on a spiral of this angle never line up (Vogel 1979)
LATEST_DISCS = 400  # that a new one may touch: a turn of the spiral among 20,000 nodes holds fewer
BIG_DISC = 500  # nodes; above, forces are summed over a grid: 20,000 nodes in a second


def lay_out(graph: Graph, seed: int = 0) -> list[Point]:
    """A place for each node; the middle is (0, 0), y grows upwards."""
    members: dict[int, list[int]] = {}
    alone: list[int] = []
    for place, node in enumerate(graph.nodes):
        (alone if node.story is None else members.setdefault(node.story, [])).append(place)
    points: list[Point] = [(0.0, 0.0)] * len(graph.nodes)
    stories = sorted(members.values(), key=lambda places: (-len(places), places[0]))
    radii = [SPACING * AIR * sqrt(len(places)) for places in stories]
    whole = as_igraph(graph)
    with seeded(seed):
        for places, radius, centre in zip(stories, radii, _packed(radii), strict=True):
            inner = _disc(whole.induced_subgraph(places), radius / AIR)
            for place, (x, y) in zip(places, inner, strict=True):
                points[place] = (centre[0] + x, centre[1] + y)
    edge = max((hypot(*point) for point in points), default=0.0) + (2 * SPACING if stories else 0)
    for i, place in enumerate(alone):  # a spiral of equal area a node, around all stories
        r, angle = sqrt(edge * edge + SPACING * SPACING * (i + 1)), i * GOLDEN_ANGLE
        points[place] = (r * cos(angle), r * sin(angle))
    return points


def _disc(part: igraph.Graph, radius: float) -> Iterator[Point]:
    """The nodes of a story within a circle around (0, 0)."""
    part.to_undirected()
    grid = "grid" if part.vcount() > BIG_DISC else "nogrid"
    layout = part.layout_fruchterman_reingold(niter=300 if grid == "nogrid" else 100, grid=grid)
    layout.center(0, 0)
    lengths = sorted(hypot(x, y) for x, y in layout)
    reach = lengths[int(len(lengths) * 0.9)] or 1.0  # one far node must not press all others into a clot
    for x, y in layout:
        scale = radius / max(reach, hypot(x, y))
        yield x * scale, y * scale


def _packed(radii: Sequence[float]) -> list[Point]:
    """Centres of discs that do not touch, the first in the middle. Radii must not grow along the sequence."""
    placed: list[tuple[float, float, float]] = []
    angle = 0.0
    for radius in radii:
        while True:
            r = SPACING * angle / pi  # the spiral of Archimedes
            x, y = r * cos(angle), r * sin(angle)
            if all(hypot(x - a, y - b) >= radius + other for a, b, other in placed[-LATEST_DISCS:]):
                break
            angle += min(0.5, radius / 2 / (r + SPACING))  # half a radius on: it cannot pass a gap unseen
        placed.append((x, y, radius))
    return [(x, y) for x, y, _ in placed]
