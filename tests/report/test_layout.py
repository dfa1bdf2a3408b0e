"""Where nodes stand: stories apart from each other, the rest around them."""

from collections import defaultdict
from math import dist
from pathlib import Path

from report.corpora import article, link, write, write_demo

from crawler.demo.site import DemoSite
from crawler.report.layout import SPACING, Point, lay_out
from crawler.report.view import read_view


def test_stories_stand_apart(tmp_path: Path) -> None:
    graph = read_view([write_demo(tmp_path, DemoSite(1))]).graph

    points = lay_out(graph)

    discs: dict[int, list[Point]] = defaultdict(list)
    for node, point in zip(graph.nodes, points, strict=True):
        if node.story is not None:
            discs[node.story].append(point)
    centres = {story: _middle(disc) for story, disc in discs.items()}
    strays = [
        point
        for story, disc in discs.items()
        for point in disc
        if min(centres, key=lambda other: dist(centres[other], point)) != story
    ]
    assert strays == []
    assert len(discs) > 7


def test_what_is_in_no_story_lies_around_the_stories_and_not_on_each_other(tmp_path: Path) -> None:
    lone = [article(f"https://lone.example/{i}") for i in range(30)]
    graph = read_view([write(tmp_path, link("https://a.example/1", "https://a.example/2"), *lone)]).graph

    points = lay_out(graph)

    inside, outside = points[30:], points[:30]
    assert max(dist(p, (0, 0)) for p in inside) < min(dist(p, (0, 0)) for p in outside)
    assert min(dist(p, q) for p in outside for q in outside if p != q) > SPACING


def test_a_thousand_stories_are_packed_closely_and_touch_nowhere(tmp_path: Path) -> None:
    pairs = [link(f"https://s{i}.example/1", f"https://s{i}.example/2") for i in range(1000)]
    graph = read_view([write(tmp_path, *pairs)]).graph

    points = lay_out(graph)

    middles = [_middle(points[i : i + 2]) for i in range(0, 2000, 2)]
    near = min(dist(p, q) for i, p in enumerate(middles) for q in middles[max(0, i - 60) : i])
    assert near >= 2 * SPACING
    assert max(dist(p, (0, 0)) for p in middles) < 1000 * SPACING / 8


def test_the_same_seed_gives_the_same_picture_and_nothing_gives_none(tmp_path: Path) -> None:
    graph = read_view([write_demo(tmp_path / "demo", DemoSite(1))]).graph

    assert lay_out(graph, 1) == lay_out(graph, 1)
    assert lay_out(read_view([write(tmp_path / "empty")]).graph) == []


def _middle(points: list[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
