"""A whole crawl of a made-up news site, and Scrapy's of the same: `python tests/bench/crawl_speed.py --help`.

20 sites at loopback addresses, 75 KB a page, 3 to 5 related links on each; robots.txt is obeyed and no gap is kept, for
Scrapy likewise. Needs nginx and the generator of the site, which lies beside the repository. Rounds are interleaved, so
that what else the machine does falls on all alike: compare CPU and ratios. Linux only.
"""

import argparse
import cProfile
import ctypes
import functools
import json
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import trio
from selectolax.lexbor import LexborHTMLParser

import crawler.running.crawl
from crawler.config import Config, CrawlConfig, FetchConfig, PolitenessConfig
from crawler.extraction.page import Page
from crawler.model.links import Link, LinkKind
from crawler.model.records import Article
from crawler.model.urls import fingerprint, resolve_url
from crawler.running.crawl import Job
from crawler.running.seeding import read_seeds
from crawler.running.workers import open_reader

SITE = Path(__file__).parents[2].parent / "shared" / "bench"
PORT = 8091  # where its script serves the tree of 100 articles a site
SITES = 20
BECOME_REAPER = 36  # PR_SET_CHILD_SUBREAPER, prctl(2): what a crawl leaves behind is waited for, and counted, here

# Of a module's path: what it is there for. The first that fits.
PARTS = {
    "selectolax": "parsing and extraction",
    "crawler/extraction": "parsing and extraction",
    "tests/bench": "parsing and extraction",  # of few fields
    "crawler/fetch/body": "decoding",
    "crawler/fetch": "fetching: ours",
    "httpcore": "fetching: httpcore and h11",
    "h11": "fetching: httpcore and h11",
    "httpx": "fetching: httpx",
    "trio": "trio and sockets",
    "crawler/frontier": "frontier and ledger, with SQLite",
    "crawler/store": "records and files",
    "crawler/running": "visits, decisions, records",
    "crawler/politeness": "robots.txt and pacing",
    "protego": "robots.txt and pacing",
    "crawler/model": "addresses and values",
    "ada_url": "addresses and values",
    "ipaddress": "addresses and values",
}


class Row(msgspec.Struct, frozen=True):
    """One crawl."""

    pages: int
    edges: int
    wall_s: float
    cpu_s: float
    peak_mb: float  # of its largest process

    @property
    def told(self) -> tuple[float, float, float]:
        """Pages a second, CPU milliseconds a page, peak memory."""
        return self.pages / self.wall_s, 1000 * self.cpu_s / self.pages, self.peak_mb


def read_few_fields(
    body: bytes, url: str, content_type: str | None = None, *, fetched_at: datetime | None = None
) -> Page:
    """What Scrapy's spider reads here, by the same selectors."""
    tree = LexborHTMLParser(body)
    heading, date = tree.css_first("h1"), tree.css_first('meta[property="article:published_time"]')
    text = "\n\n".join(paragraph.text() for paragraph in tree.css(".article-main-text > p"))
    links = [
        Link(
            url=resolve_url(anchor.attributes["href"] or "", url),
            kind=LinkKind.RELATED,
            rank=rank,
            title=None if (title := anchor.css_first("h5")) is None else title.text(),
        )
        for rank, anchor in enumerate(tree.css(".news-related a.news-link"))
    ]
    article = Article(
        url=url,
        title=heading.text() if heading else None,
        published_at=date.attributes.get("content") if date else None,
        text=text,
        word_count=len(text.split()),
        text_digest=fingerprint(text).hex(),
        links=tuple(links),
    )
    return Page(article=article)


def crawl_site(folder: Path, first: str, reads: str, workers: int) -> None:
    """Our crawl; run in a process of its own."""
    if reads == "few":  # no part of the crawler asks for this, so it has no setting
        few = functools.partial(open_reader, read_body=read_few_fields)
        crawler.running.crawl.open_reader = few  # type: ignore[attr-defined]
    config = Config(
        crawl=CrawlConfig(max_articles=100_000),
        politeness=PolitenessConfig(
            gap_s=0.0, daily_requests=1_000_000, allow_networks=("127.0.0.0/8",), ledger=str(folder / "hosts.db")
        ),
        fetch=FetchConfig(workers=workers),
        folder=folder,
    )
    seeding = read_seeds([f"http://127.0.0.{11 + number}:{PORT}{first}" for number in range(SITES)])
    job = Job(seeding=seeding, folder=folder, config=config, max_depth=100_000, max_articles=100_000)
    trio.run(crawler.running.crawl.crawl, job)


def measured(command: list[str], cores: set[int], folder: Path, edges_file: str, kind: str | None) -> Row:
    """Run a crawl to its end, and all that it started."""
    ctypes.CDLL(None).prctl(BECOME_REAPER, 1, 0, 0, 0)
    started_s = time.perf_counter()
    process = subprocess.Popen(command, preexec_fn=lambda: os.sched_setaffinity(0, cores), stdout=subprocess.DEVNULL)
    cpu_s, peak_mb, wall_s = 0.0, 0.0, 0.0
    while True:
        try:
            ended, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        if ended == process.pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            wall_s = time.perf_counter() - started_s
        cpu_s += usage.ru_utime + usage.ru_stime
        peak_mb = max(peak_mb, usage.ru_maxrss / 1024)
    assert process.returncode == 0
    pages = (folder / "articles.jsonl").read_bytes().count(b"\n")
    edges = map(json.loads, (folder / edges_file).read_bytes().splitlines())
    return Row(pages, sum(1 for edge in edges if kind is None or edge["kind"] == kind), wall_s, cpu_s, peak_mb)


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """Generate and serve the site on the last core; gives the path of its first articles."""
    tree = folder / "n100"
    subprocess.run([sys.executable, SITE / "gen.py", tree, "--pages", "100", "--seed", "100"], check=True)
    script, last_core = SITE / "site.sh", max(os.sched_getaffinity(0))
    subprocess.run([script, "start", folder, str(last_core)], check=True, env={**os.environ, "NICE": "0"})
    try:
        with (tree / "truth.jsonl").open() as truth:
            yield str(json.loads(truth.readline())["path"])
    finally:
        subprocess.run([script, "stop", folder], check=True)


def compare(rounds: int, scrapy: str | None) -> None:
    first_core, all_cores = {min(os.sched_getaffinity(0))}, os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as lab, site(Path(lab)) as first:

        def ours(reads: str, workers: int, cores: set[int]) -> Row:
            with tempfile.TemporaryDirectory() as out:
                command = [sys.executable, __file__, "--crawl", out, first, reads, str(workers)]
                return measured(command, cores, Path(out), "links.jsonl", "related")

        def theirs() -> Row:
            with tempfile.TemporaryDirectory() as out:
                arguments = {"out": out, "port": PORT, "start": first, "hosts": SITES}
                spider = [f"-a{name}={value}" for name, value in arguments.items()]
                settings = ["-sCONCURRENT_REQUESTS=32", "-sCONCURRENT_REQUESTS_PER_DOMAIN=8"]
                command = [str(scrapy), "runspider", str(SITE / "scrapy_spider.py"), *spider, *settings]
                return measured(command, first_core, Path(out), "edges.jsonl", None)

        crawls: dict[str, Callable[[], Row]] = {
            "ours, few fields, one core": lambda: ours("few", 0, first_core),
            "ours, full extraction, one core": lambda: ours("full", 0, first_core),
            "ours, full extraction, all cores": lambda: ours("full", max(len(all_cores) - 1, 1), all_cores),
        }
        if scrapy is not None:
            crawls["Scrapy, few fields, one core"] = theirs
        rows: dict[str, list[Row]] = {name: [] for name in crawls}
        for _ in range(rounds):
            for name, run in crawls.items():
                rows[name].append(run())
                print(name, rows[name][-1], file=sys.stderr, flush=True)
    print(
        f"{'median of ' + str(rounds) + ' rounds':34} {'pages/s':>8} {'CPU ms a page':>14} {'peak MB':>8} {'edges':>6}"
    )
    for name, of in rows.items():
        pages_a_s, cpu_ms, peak_mb = (statistics.median(figures) for figures in zip(*(r.told for r in of), strict=True))
        print(f"{name:34} {pages_a_s:8.1f} {cpu_ms:14.2f} {peak_mb:8.0f} {of[-1].edges:6}")


def profile(reads: str) -> None:
    """Where the time of a crawl on one core goes: shares, since what is small pays more for being watched."""
    with tempfile.TemporaryDirectory() as lab, site(Path(lab)) as first, tempfile.TemporaryDirectory() as out:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        watch = cProfile.Profile()
        watch.runcall(crawl_site, Path(out), first, reads, 0)
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, own_s, _, callers) in pstats.Stats(watch).stats.items():  # type: ignore[attr-defined]
        if file == "~" and callers:  # what is written in C counts for who calls it
            for (caller, _, _), (_, _, part_s, _) in callers.items():
                spent[part_of(caller, name)] += part_s
        else:
            spent[part_of(file, name)] += own_s
    whole_s = sum(spent.values())
    for part, part_s in spent.most_common():
        print(f"{100 * part_s / whole_s:6.1f} %  {part}")


def part_of(file: str, name: str) -> str:
    if "sqlite3" in name:
        return PARTS["crawler/frontier"]
    if "select.epoll" in name:
        return "waiting"
    return next((part for path, part in PARTS.items() if path in file), "all else, imports included")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scrapy", help="the scrapy command of an environment that has Scrapy")
    parser.add_argument("--profile", choices=["few", "full"], help="instead tell where the time goes")
    parser.add_argument("--crawl", nargs=4, help=argparse.SUPPRESS)  # folder, first path, fields, workers
    options = parser.parse_args()
    if options.crawl is not None:
        folder, first, reads, workers = options.crawl
        crawl_site(Path(folder), first, reads, int(workers))
    elif options.profile is not None:
        profile(options.profile)
    else:
        compare(options.rounds, options.scrapy)


if __name__ == "__main__":
    main()
