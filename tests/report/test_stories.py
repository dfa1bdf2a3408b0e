"""Stories: communities of related links, parted where the time line falls silent."""

import random
from collections import Counter
from collections.abc import Sequence
from math import comb
from pathlib import Path

import igraph
import pytest
from report.corpora import article, link, write, write_demo

from crawler.demo.site import DemoSite
from crawler.model.links import LinkKind
from crawler.model.records import Record
from crawler.report.graph import read_graph
from crawler.report.stories import find_stories


def adjusted_rand_index(truth: Sequence[object], found: Sequence[object]) -> float:
    """How well two partitions agree: 1 the same, 0 what chance brings (Hubert and Arabie 1985)."""
    both = sum(comb(n, 2) for n in Counter(zip(truth, found, strict=True)).values())
    of_truth, of_found = (sum(comb(n, 2) for n in Counter(part).values()) for part in (truth, found))
    expected = of_truth * of_found / comb(len(truth), 2)
    return (both - expected) / ((of_truth + of_found) / 2 - expected)


def ring(prefix: str, days: Sequence[str | None]) -> list[Record]:
    """Articles that name the one before and the one after."""
    urls = [f"https://{prefix}.example/{i}" for i in range(len(days))]
    articles = [article(url, f"{prefix} {i}", day) for i, (url, day) in enumerate(zip(urls, days, strict=True))]
    return [*articles, *(link(a, b) for i, b in enumerate(urls) for a in (urls[i - 1], urls[(i + 1) % len(urls)]))]


@pytest.mark.parametrize("seed", [1, 2, 2017])
def test_stories_planted_in_the_demo_are_found_again(tmp_path: Path, seed: int) -> None:
    site = DemoSite(seed)
    graph = read_graph([write_demo(tmp_path, site)])

    find_stories(graph)

    planted = {page.url: page.story for page in site.articles if page.story is not None}
    pairs = [(planted[node.url], node.story) for node in graph.nodes if node.url in planted]
    assert len(pairs) == len(planted)
    assert adjusted_rand_index([a for a, _ in pairs], [b for _, b in pairs]) >= 0.9


def test_the_same_seed_finds_the_same_stories_and_leaves_the_generator_of_others_alone(tmp_path: Path) -> None:
    folder = write_demo(tmp_path, DemoSite(1))
    random.seed(5)
    untouched = random.random()
    random.seed(5)

    first, again = (find_stories(read_graph([folder]), seed=3) for _ in range(2))

    assert first == again
    assert random.random() == untouched
    assert igraph.Graph.Erdos_Renyi(10, m=20).ecount() == 20


def test_a_long_silence_parts_a_story_in_two(tmp_path: Path) -> None:
    days = ["2025-01-01", "2025-01-03", "2025-01-05", "2026-01-01", "2026-01-03", "2026-01-05"]
    graph = read_graph([write(tmp_path, *ring("tunnel", days))])

    stories = find_stories(graph)

    assert [(s.first_day, s.last_day, len(s.nodes)) for s in stories] == [
        ("2025-01-01", "2025-01-05", 3),
        ("2026-01-01", "2026-01-05", 3),
    ]


@pytest.mark.parametrize(
    "days",
    [
        ["2019-01-01", "2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01", "2024-01-01"],
        ["2010-01-01", "2026-01-01", "2026-01-03", "2026-01-05", "2026-01-07"],
        ["2026-01-01", "2026-01-03", "2026-01-05", "2026-03-20", "2026-03-22", "2026-03-25"],
    ],
    ids=["a slow one", "a background piece", "less than a quarter"],
)
def test_a_silence_that_fits_the_pace_parts_nothing(tmp_path: Path, days: list[str]) -> None:
    graph = read_graph([write(tmp_path, *ring("tunnel", days))])

    assert [len(story.nodes) for story in find_stories(graph)] == [len(days)]


def test_articles_without_a_date_go_where_their_related_ones_are_and_stand_last(tmp_path: Path) -> None:
    days = ["2025-01-01", "2025-01-03", "2025-01-05", "2026-01-01", "2026-01-03", None, "2026-01-05"]
    graph = read_graph([write(tmp_path, *ring("tunnel", days))])

    assert [story.nodes for story in find_stories(graph)] == [(3, 4, 6, 5), (0, 1, 2)]


def test_a_story_bears_the_title_of_the_article_that_most_others_are_tied_to(tmp_path: Path) -> None:
    hub, leaves = "https://a.example/hub", [f"https://a.example/{i}" for i in range(5)]
    write(tmp_path, article(hub, "Hub", section="World"), *(link(hub, leaf, title=leaf) for leaf in leaves))

    stories = find_stories(read_graph([tmp_path]))

    assert [(s.number, s.title, s.first_day, s.sections, s.sites) for s in stories] == [
        (1, "Hub", None, (("World", 1),), (("a.example", 6),))
    ]


def test_what_is_only_recommended_makes_no_story(tmp_path: Path) -> None:
    folder = write(tmp_path, link("https://a.example/1", "https://a.example/2", LinkKind.RECOMMENDED))
    graph = read_graph([folder])

    assert (find_stories(graph), [node.story for node in graph.nodes]) == ((), [None, None])
