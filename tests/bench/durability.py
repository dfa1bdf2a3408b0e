"""The price of durability: pages a second with real commits against a writer that keeps nothing.

`python tests/bench/durability.py [PAGES] [ROUNDS]`: the same crawl of twenty hosts at gap 0, served in memory to
the real client, read in this process. Prints the median of `fdatasync` on this disk, both rates, and
their ratio by rounds.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import trio

sys.path.insert(0, str(Path(__file__).parents[1]))

from world.web import page, read_here

from crawler.fetch.client import Client
from crawler.frontier.contract import Frontier
from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.memory import MemoryFrontier
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.links import LinkKind
from crawler.model.work import Target, Visit
from crawler.running.record import Recorder
from crawler.running.run import Budget, Stop, run
from crawler.running.scope import Scope
from crawler.running.tally import Tally
from crawler.running.visit import Pacing, Visitor
from crawler.store.corpus import Corpus
from crawler.store.segments import OsDisk

HOSTS = [f"paper{n}.example" for n in range(20)]


class NullDisk(OsDisk):
    """Takes everything, keeps nothing."""

    def write(self, fd: int, content: bytes | memoryview, offset: int) -> int:
        return len(content)

    def sync(self, fd: int) -> None:
        pass


class Site(httpx.AsyncBaseTransport):
    """Articles over twenty hosts, each related to the next few."""

    def __init__(self, pages: int) -> None:
        words = "council tide quay crane ferry signal storm ledger pilot harbour engineer minister".split()
        self.bodies: dict[str, bytes] = {}
        for n in range(pages):
            text = " ".join(
                f"On day {n} the {words[(n * k) % 12]} was seen near the {words[k % 12]} again, as those who had waited"
                f" for the {words[(n + k) % 12]} since the morning said to whoever came by before the evening. "
                for k in range(40)
            )
            related = [url_of(m % pages) for m in (n + 1, n * 2 + 1, n * 2 + 2, n + 7)]
            self.bodies[url_of(n)] = page(f"Day {n} at the harbour", related=related, text=text).body

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await trio.lowlevel.checkpoint()
        body = self.bodies.get(str(request.url))
        return httpx.Response(404) if body is None else httpx.Response(200, html=body.decode())


def url_of(n: int) -> str:
    return f"http://{HOSTS[n % len(HOSTS)]}/news/what-day-{n}-brought"


async def crawl(site: Site, frontier: Frontier, corpus: Corpus) -> float:
    """Pages a second."""
    frontier.begin("bench", "crawl")
    corpus.complete({}, [])
    tally = Tally()
    kinds = frozenset({LinkKind.RELATED})
    recorder = Recorder(frontier, corpus, tally, run_id="bench", kinds=kinds, last_seq=0)
    writer = trio.CapacityLimiter(1)

    async def commit(commit_now: Callable[[Sequence[Visit]], None], visits: Sequence[Visit]) -> None:
        await trio.to_thread.run_sync(commit_now, visits, limiter=writer)

    started = time.perf_counter()
    async with Client(user_agent="bench", transport=site) as client:
        scope = Scope(sites=frozenset(HOSTS), follow=kinds, max_depth=10**6)
        pacing = Pacing(gap_s=lambda _: 0.0, is_patient=False)
        visitor = Visitor(client.fetch, read_here, scope, pacing, now=time.time, max_page_bytes=10_000_000)
        frontier.add([Target(url=url_of(0), kind=LinkKind.SEED, seed="bench")])
        await run(
            frontier,
            visitor.visit,
            recorder,
            Stop(grace_s=30.0),
            Budget(None, tally),
            workers=20,
            max_wait_s=60.0,
            commit=commit,
        )
    corpus.sync()
    took_s = time.perf_counter() - started
    assert tally.new == len(site.bodies), f"{tally.new} of {len(site.bodies)}"
    corpus.close()
    frontier.close()
    return tally.new / took_s


def main(pages: int, rounds: int) -> None:
    site = Site(pages)
    size = statistics.median(len(body) for body in site.bodies.values())
    print(f"{pages} pages of {size / 1000:.0f} kB over {len(HOSTS)} hosts; fdatasync {fdatasync_ms():.2f} ms (median)")
    ratios = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=".") as name:
            folder = Path(name)
            (folder / "null").mkdir()
            null = trio.run(crawl, site, MemoryFrontier(MemoryLedger(), time.time), Corpus(folder / "null", NullDisk()))
            frontier = SqliteFrontier(folder / "state.db", MemoryLedger(), time.time)
            real = trio.run(crawl, site, frontier, Corpus(folder, OsDisk()))
        ratios.append(real / null)
        print(f"durable {real:.0f} pages/s, null writer {null:.0f} pages/s, ratio {real / null:.2f}")
    print(f"ratio, median: {statistics.median(ratios):.2f}")


def fdatasync_ms() -> float:
    with tempfile.TemporaryFile(dir=".") as file:
        times = []
        for _ in range(100):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    main(*(numbers + [2000, 3][len(numbers) :]))
