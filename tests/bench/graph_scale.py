"""How long and how much memory `graph` and `report` take: `python tests/bench/graph_scale.py [NODES EDGES]`.

Without numbers: 100,000 nodes with 500,000 edges, which must stay within 60 s and 1 GiB, then the export of
1,000,000 edges. The folder is made up: stories of 5 to 40 articles, eight links of ten inside of them.
"""

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

import msgspec

from crawler.model.links import LinkKind
from crawler.model.records import ArticleRecord, FoundVia, LinkRecord
from crawler.model.urls import url_id
from crawler.report.export import GraphFormat, write_graph
from crawler.report.page import write_report
from crawler.report.view import read_view

AT = "2026-11-24T07:00:00Z"
FIRST_DAY = date(2020, 1, 1)
KINDS = (LinkKind.RELATED, LinkKind.RELATED, LinkKind.RELATED, LinkKind.RECOMMENDED, LinkKind.INLINE)


def write_folder(folder: Path, nodes: int, edges: int) -> None:
    """A folder as a crawl writes it."""
    rng = random.Random(1)
    urls = [f"https://paper{i % 50}.example/news/{i}" for i in range(nodes)]
    ids = [url_id(url) for url in urls]
    story_of: list[range] = []
    while len(story_of) < nodes:
        story = range(len(story_of), min(nodes, len(story_of) + rng.randint(5, 40)))
        story_of += [story] * len(story)
    encode = msgspec.json.Encoder().encode
    with (folder / "articles.jsonl").open("wb") as file:
        for i, url in enumerate(urls):
            story = story_of[i]
            day = FIRST_DAY + timedelta(days=story.start % 2000 + 3 * (i - story.start))
            record = ArticleRecord(
                url=url,
                id=ids[i],
                title=f"Article {i} of the story that began with number {story.start}",
                published_on=day.isoformat(),
                summary="What happened, to whom, where, and what is to be done about it now. " * 3,
                text="A sentence of the article that no graph needs. " * 60,
                fetched_at=AT,
                run_id="bench",
                version=1,
                depth=1,
                found_via=FoundVia(url=urls[story.start], kind=LinkKind.RELATED),
                seed=urls[0],
            )
            file.write(encode(record) + b"\n")
    with (folder / "links.jsonl").open("wb") as file:
        for _ in range(edges):
            source = rng.randrange(nodes)
            story = story_of[source]
            inside = rng.random() < 0.8
            target = rng.choice(story) if inside else rng.randrange(nodes)
            link = LinkRecord(
                source=urls[source],
                source_id=ids[source],
                version=1,
                target=urls[target],
                target_id=ids[target],
                kind=rng.choice(KINDS) if inside else LinkKind.RECOMMENDED,
                rank=rng.randrange(8),
                heading="Related Stories",
                title=f"Article {target}",
                published_at=None,
                teaser=None,
                nofollow=False,
                also=(),
                seen_at=AT,
                run_id="bench",
            )
            file.write(encode(link) + b"\n")


def export(folder: Path, form: GraphFormat) -> None:
    view = read_view([folder])
    write_graph(view, form, folder / f"graph-{form}")


def report(folder: Path) -> None:
    write_report([folder])


def measured(what: str, work: Callable[..., None], *args: object) -> None:
    """Do the work in a process of its own, so that its peak of memory is its own too."""
    started_s = time.perf_counter()
    with get_context("spawn").Pool(1) as pool:
        peak_mib = pool.apply(_work, (work, args))
    print(f"{what:<28}{time.perf_counter() - started_s:6.1f} s  {peak_mib:6.0f} MiB", flush=True)


def _work(work: Callable[..., None], args: tuple[object, ...]) -> float:
    work(*args)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    given = [int(argument) for argument in sys.argv[1:3]]
    sizes = [(given[0], given[1])] if given else [(100_000, 500_000), (100_000, 1_000_000)]
    for nodes, edges in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_folder(folder, nodes, edges)
            print(f"{nodes:,} articles, {edges:,} links")
            for form in (GraphFormat.GRAPHML, GraphFormat.GEXF, GraphFormat.CSV):
                measured(f"graph --format {form}", export, folder, form)
            if edges <= 500_000:
                measured("report", report, folder)


if __name__ == "__main__":
    main()
