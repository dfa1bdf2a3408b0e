"""Politeness-bound speed: pages a second against sites / gap: `python tests/bench/pace.py [SITES] [GAP_S] [SECONDS]`.

Sites served in memory to the real client, frontier and writer under the real clock: what is lost between a site coming
due and its next request. Prints the rate, what the gaps allow, and their ratio.
"""

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
from crawler.frontier.ledger import MemoryLedger
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

LATENCY_S = 0.02


class Sites(httpx.AsyncBaseTransport):
    """Every address is an article of its own."""

    asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        await trio.sleep(LATENCY_S)
        if url.endswith((".txt", ".json")):
            return httpx.Response(404)
        self.asked += 1
        text = " ".join(f"Sentence {n} of {url} was read out in the hall for all who had come. " for n in range(12))
        return httpx.Response(200, html=page(url, text=text).body.decode())


async def crawl(sites: int, gap_s: float, seconds: float, folder: Path) -> float:
    """Pages a second once every site has been asked for its robots.txt."""
    hosts = [f"paper{n}.example" for n in range(sites)]
    frontier = SqliteFrontier(folder / "state.db", MemoryLedger(gap_s=lambda _: gap_s), time.time)
    frontier.begin("bench", "crawl")
    corpus = Corpus(folder, OsDisk())
    corpus.complete({}, [])
    tally, kinds, stop, transport = Tally(), frozenset({LinkKind.RELATED}), Stop(grace_s=5.0), Sites()
    recorder = Recorder(frontier, corpus, tally, run_id="bench", kinds=kinds, last_seq=0)
    pages = int(seconds / gap_s) + 5
    frontier.add(
        Target(url=f"http://{host}/news/what-day-{n}-brought", kind=LinkKind.RELATED, seed="bench")
        for n in range(pages)
        for host in hosts
    )
    writer = trio.CapacityLimiter(1)

    async def commit(commit_now: Callable[[Sequence[Visit]], None], visits: Sequence[Visit]) -> None:
        await trio.to_thread.run_sync(commit_now, visits, limiter=writer)

    rate = 0.0

    async def measure() -> None:
        nonlocal rate
        await trio.sleep(3 * (gap_s + LATENCY_S))  # robots.txt and tdmrep.json go first
        before, started = transport.asked, time.monotonic()
        await trio.sleep(seconds - 4 * gap_s)
        rate = (transport.asked - before) / (time.monotonic() - started)
        stop.ask(2)

    async with Client(user_agent="bench", transport=transport) as client, trio.open_nursery() as nursery:
        scope = Scope(sites=frozenset(hosts), follow=kinds, max_depth=0)
        pacing = Pacing(gap_s=lambda _: gap_s)
        visitor = Visitor(client.fetch, read_here, scope, pacing, now=time.time, max_page_bytes=10_000_000)
        nursery.start_soon(measure)
        budget = Budget(None, tally)
        await run(frontier, visitor.visit, recorder, stop, budget, workers=sites, max_wait_s=60.0, commit=commit)
    corpus.close()
    frontier.close()
    return rate


def main(sites: int, gap_s: float, seconds: float) -> None:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        rate = trio.run(crawl, sites, gap_s, seconds, Path(folder))
    allowed = sites / (gap_s + LATENCY_S)
    print(f"{sites} sites, gap {gap_s:g} s after answers of {LATENCY_S:g} s")
    print(f"{rate:.1f} pages/s of {allowed:.1f} that the gaps allow: {rate / allowed:.2f}")


if __name__ == "__main__":
    given = [float(argument) for argument in sys.argv[1:]]
    sites, gap_s, seconds = given + [40.0, 1.0, 30.0][len(given) :]
    main(int(sites), gap_s, seconds)
