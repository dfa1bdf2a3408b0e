"""A whole crawl of a made-up news site, and Scrapy's of the same: `python tests/bench/crawl_speed.py --help`.

20 sites at loopback addresses, 75 KB a page, 3 to 5 related links on each; robots.txt is obeyed and no gap is kept, for
Scrapy likewise. Needs nginx and the generator of the site, which lies beside the repository. Rounds are interleaved, so
that what else the machine does falls on all alike: compare CPU and ratios. Linux only.

Then each crawl is made once more under a profiler, which tells where its CPU goes: shares of what a plain crawl takes,
since what is small pays more for being watched.
"""

import argparse
import contextlib
import cProfile
import ctypes
import functools
import gc
import json
import os
import pstats
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import trio
from selectolax.lexbor import LexborHTMLParser

import crawler.running.crawl
from crawler.config import Config, CrawlConfig, FetchConfig, PolitenessConfig
from crawler.extraction.page import Page
from crawler.model.links import Link, LinkKind
from crawler.model.records import Article
from crawler.model.urls import fingerprint, resolve_url
from crawler.model.work import Visit
from crawler.running.crawl import Job
from crawler.running.opening import workers_of
from crawler.running.record import Recorder
from crawler.running.seeding import read_seeds
from crawler.running.workers import open_reader

SITE = Path(__file__).parents[2].parent / "shared" / "bench"
PORT = 8091  # where its script serves the tree of 100 articles a site
SITES = 20
BECOME_REAPER = 36  # PR_SET_CHILD_SUBREAPER, prctl(2): what a crawl leaves behind is waited for, and counted, here

WATCH_S = 0.02  # how often the memory of a crawl is looked at; the system keeps the peak of each process meanwhile
WRITER = "the writer's thread: "
START = "start: imports"

# Of a module's path: what it is there for. The first that fits.
PARTS = {
    "selectolax": "parsing and extraction",
    "parsel": "parsing and extraction",
    "lxml": "parsing and extraction",
    "cssselect": "parsing and extraction",
    "crawler/extraction": "parsing and extraction",
    "tests/bench": "parsing and extraction",  # of few fields
    "scrapy_spider": "parsing and extraction",
    "crawler/fetch/body": "decoding",
    "httpcompression": "decoding",
    "crawler/fetch": "fetching: ours",
    "httpcore": "fetching: httpcore and h11",
    "h11": "fetching: httpcore and h11",
    "httpx": "fetching: httpx",
    "trio": "Trio and sockets",
    "crawler/frontier": "frontier and ledger, with SQLite",
    "crawler/store": "records and files",
    "crawler/running": "visits, decisions, records",
    "crawler/politeness": "robots.txt and pacing",
    "protego": "robots.txt and pacing",
    "crawler/model": "addresses and values",
    "ada_url": "addresses and values",
    "ipaddress": "addresses and values",
    "twisted": "Twisted",
    "scrapy": "Scrapy",
    "w3lib": "Scrapy",
    "asyncio": "asyncio",
    "importlib": START,
}


class Row(msgspec.Struct, frozen=True):
    """One crawl."""

    pages: int
    edges: int
    wall_s: float
    crawler_cpu_s: float
    workers_cpu_s: float  # of all processes but the crawler
    crawler_mb: float  # peak
    worker_mb: float  # peak of the largest other process

    @property
    def told(self) -> tuple[float, ...]:
        """Pages a second; CPU milliseconds a page of the crawler and its workers; peak memory likewise."""
        cpu = (1000 * s / self.pages for s in (self.crawler_cpu_s, self.workers_cpu_s))
        return self.pages / self.wall_s, *cpu, self.crawler_mb, self.worker_mb


class Crawl(NamedTuple):
    """A crawl that can be made.

    Attributes:
        command: from a folder and how to be watched ("" or "watched") to what is to be run.
        edges: the file of its edges, and the kind of those that count.
    """

    name: str
    command: Callable[[str, str], list[str]]
    cores: set[int]
    edges: tuple[str, str | None]


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
    gc.freeze()  # as the command does
    trio.run(crawler.running.crawl.crawl, job)


def watched_crawl(folder: Path, first: str, reads: str, workers: int) -> None:
    """Our crawl with a profiler in each of its threads; leaves `loop.prof`, `writer.prof` and `start_s`."""
    (folder / "start_s").write_text(str(time.process_time()))
    loop, writer = cProfile.Profile(time.thread_time), cProfile.Profile(time.thread_time)
    commit = Recorder.commit

    def watched_commit(recorder: Recorder, visits: Sequence[Visit]) -> None:
        writer.runcall(commit, recorder, visits)

    Recorder.commit = watched_commit  # type: ignore[method-assign,assignment]
    loop.runcall(crawl_site, folder, first, reads, workers)
    loop.dump_stats(folder / "loop.prof")
    writer.dump_stats(folder / "writer.prof")


def measured(crawl: Crawl, folder: Path, how: str = "") -> Row:
    """Run a crawl to its end, and all that it started."""
    ctypes.CDLL(None).prctl(BECOME_REAPER, 1, 0, 0, 0)
    started_s = time.perf_counter()
    process = subprocess.Popen(
        crawl.command(str(folder), how),
        preexec_fn=lambda: os.sched_setaffinity(0, crawl.cores),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},  # our bytecode is kept, as that of all installed packages is
    )
    cpu_s, peaks_mb = {True: 0.0, False: 0.0}, {True: 0.0, False: 0.0}  # whether of the crawler itself
    with os.fdopen(os.pidfd_open(process.pid), "rb") as end:
        while not select.select([end], [], [], WATCH_S)[0]:
            for pid in descendants(process.pid):
                peaks_mb[pid == process.pid] = max(peaks_mb[pid == process.pid], peak_mb(pid))
    wall_s = time.perf_counter() - started_s
    with contextlib.suppress(ChildProcessError):  # none is left: what the crawl started ends with it
        while True:
            ended, status, usage = os.wait4(-1, 0)
            if ended == process.pid:
                process.returncode = os.waitstatus_to_exitcode(status)
            cpu_s[ended == process.pid] += usage.ru_utime + usage.ru_stime
    assert process.returncode == 0
    file, kind = crawl.edges
    pages = (folder / "articles.jsonl").read_bytes().count(b"\n")
    edges = sum(kind in (None, json.loads(line).get("kind")) for line in (folder / file).read_bytes().splitlines())
    return Row(pages, edges, wall_s, cpu_s[True], cpu_s[False], peaks_mb[True], peaks_mb[False])


def descendants(pid: int) -> Iterator[int]:
    """A process and all that it started, as far as they live."""
    yield pid
    try:
        children = [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except OSError:
        return
    for child in children:
        yield from descendants(int(child))


def peak_mb(pid: int) -> float:
    """The most memory that a process held so far; 0 where it has ended. Not its `ru_maxrss`, which begins with ours."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


@contextlib.contextmanager
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


def crawls_of(first: str, scrapy: str | None) -> Iterator[Crawl]:
    """Ours, and Scrapy's where its command is given."""
    first_core, all_cores = {min(os.sched_getaffinity(0))}, os.sched_getaffinity(0)

    def ours(name: str, reads: str, workers: int, cores: set[int]) -> Crawl:
        def command(folder: str, how: str) -> list[str]:
            return [sys.executable, __file__, f"--{how or 'plain'}", folder, first, reads, str(workers)]

        return Crawl(name, command, cores, ("links.jsonl", "related"))

    def theirs(folder: str, how: str) -> list[str]:
        arguments = {"out": folder, "port": PORT, "start": first, "hosts": SITES}
        spider = [f"-a{name}={value}" for name, value in arguments.items()]
        settings = ["-sCONCURRENT_REQUESTS=32", "-sCONCURRENT_REQUESTS_PER_DOMAIN=8"]
        python = (
            [str(Path(str(scrapy)).parent / "python"), "-m", "cProfile", "-o", f"{folder}/loop.prof"] if how else []
        )
        return [*python, str(scrapy), "runspider", str(SITE / "scrapy_spider.py"), *spider, *settings]

    yield ours("ours, few fields, one core", "few", 0, first_core)
    yield ours("ours, full extraction, one core", "full", 0, first_core)
    yield ours("ours, full extraction, all cores", "full", workers_of(Config()), all_cores)
    if scrapy is not None:
        yield Crawl("Scrapy, few fields, one core", theirs, first_core, ("edges.jsonl", None))


def compare(rounds: int, scrapy: str | None) -> None:
    with tempfile.TemporaryDirectory() as lab, site(Path(lab)) as first:
        crawls = list(crawls_of(first, scrapy))
        rows: dict[str, list[Row]] = {crawl.name: [] for crawl in crawls}
        for _ in range(rounds):
            for crawl in crawls:
                with tempfile.TemporaryDirectory() as out:
                    rows[crawl.name].append(measured(crawl, Path(out)))
                print(crawl.name, rows[crawl.name][-1], file=sys.stderr, flush=True)
        medians = {
            name: [statistics.median(f) for f in zip(*(r.told for r in of), strict=True)] for name, of in rows.items()
        }
        print(
            f"{'median of ' + str(rounds) + ' rounds':34} pages/s  CPU ms a page, +workers  peak MB, a worker   edges"
        )
        for name, (pages_a_s, cpu_ms, workers_ms, crawler_mb, worker_mb) in medians.items():
            cpu, memory = f"{cpu_ms:15.2f} {workers_ms:9.2f}", f"{crawler_mb:9.0f} {worker_mb:9.0f}"
            print(f"{name:34} {pages_a_s:7.1f} {cpu} {memory} {rows[name][-1].edges:7}")
        for crawl in crawls:
            with tempfile.TemporaryDirectory() as out:
                watched = measured(crawl, Path(out), "watched")
                tell_parts(crawl.name, Path(out), medians[crawl.name][1], watched.pages)


def tell_parts(name: str, folder: Path, cpu_ms: float, pages: int) -> None:
    """Print where the CPU of the process goes that crawls."""
    spent, start_ms = parts_of(folder / "loop.prof", ""), 0.0
    if (folder / "writer.prof").exists():
        spent += parts_of(folder / "writer.prof", WRITER)
        start_ms = 1000 * float((folder / "start_s").read_text()) / pages
    scale_ms = (cpu_ms - start_ms - 1000 * spent[START] / pages) / (sum(spent.values()) - spent[START])
    told = {part: scale_ms * part_s for part, part_s in spent.items()}
    told[START] = start_ms + 1000 * spent[START] / pages
    print(f"\n{name}: where its {cpu_ms:.2f} ms CPU a page go, in the process that crawls")
    for part, part_ms in sorted(told.items(), key=lambda row: row[1], reverse=True):
        print(f"{part_ms:6.2f} ms {100 * part_ms / cpu_ms:5.1f} %  {part}")


def parts_of(file: Path, prefix: str) -> Counter[str]:
    """Seconds by part, without those spent waiting."""
    spent: Counter[str] = Counter()
    for (path, _, name), (_, _, own_s, _, callers) in pstats.Stats(str(file)).stats.items():  # type: ignore[attr-defined]
        if path == "~" and callers:  # what is written in C counts for who calls it
            for (caller, _, _), (_, _, part_s, _) in callers.items():
                spent[prefix + part_of(caller, name)] += part_s
        else:
            spent[prefix + part_of(path, name)] += own_s
    del spent[f"{prefix}waiting"]
    return spent


def part_of(file: str, name: str) -> str:
    if "sqlite3" in name:
        return PARTS["crawler/frontier"]
    if "select.epoll" in name or "select.poll" in name:
        return "waiting"
    return next((part for path, part in PARTS.items() if path in file), "all else")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scrapy", help="the scrapy command of an environment that has Scrapy")
    for how in ("plain", "watched"):  # one crawl of ours: folder, first path, fields, workers
        parser.add_argument(f"--{how}", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain is not None or options.watched is not None:
        folder, first, reads, workers = options.plain or options.watched
        (watched_crawl if options.watched else crawl_site)(Path(folder), first, reads, int(workers))
    else:
        compare(options.rounds, options.scrapy)


if __name__ == "__main__":
    main()
