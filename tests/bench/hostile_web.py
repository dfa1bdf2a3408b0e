"""Memory, time and good pages of a crawl among hostile servers: `python tests/bench/hostile_web.py [WORKERS]`.

Every hostile reply and document has a site of its own at a loopback address, those of the shared collection too where
it is at hand; beside them lie a few good sites. The good sites are crawled alone first, which gives the idle size, then
all together. Every good page must come, no case may hold what reads it for longer than its deadline and a second, and
the crawler may grow by 150 MiB, each worker by its limit. Linux only.
"""

import contextlib
import functools
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import trio

sys.path.insert(0, str(Path(__file__).parents[1]))

if TYPE_CHECKING:
    from crawler.extraction.document import Document
    from crawler.running.visit import Read, Unreadable

# What else is needed is imported where it is used: each worker runs the top of this file before its first page.

MIB = 1024 * 1024
EXCHANGE_S, EXTRACTION_S, SPARE_S, SPARE_MIB = 5.0, 5.0, 1.0, 150
GOOD_SITES, GOOD_PAGES = 4, 25
SAMPLE_S = 0.05
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def own_replies() -> Iterator[tuple[str, bytes, bytes, float]]:
    """Its name; what a server sends first, and then over and over; the seconds between."""
    import brotli  # type: ignore[import-untyped]  # ships none

    ok = b"Content-Length: 2\r\n\r\nok"
    yield "a body of a byte a second", HTML + b"Content-Length: 99\r\n\r\n", b"x", 1.0
    yield "headers of a byte a second", HTML, b"X", 1.0
    yield "headers without an end", HTML, b"X-Filler: " + b"x" * 990 + b"\r\n", 0.0
    yield "a header without an end", HTML + b"X: ", b"x" * 1000, 0.0
    yield "a status line without an end", b"HTTP/1.1 200 ", b"x" * 1000, 0.0
    yield "interim answers without an end", b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 20, 0.0
    yield "chunks of a byte without an end", HTML + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 200, 0.0
    yield (
        "a chunk extension without an end",
        HTML + b"Transfer-Encoding: chunked\r\n\r\n1;",
        b"x" * 1000,
        0.0,
    )
    yield (
        "trailers without an end",
        HTML + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n",
        b"X-Trailer: " + b"x" * 990 + b"\r\n",
        0.0,
    )
    yield "a body without an end", HTML + b"\r\n", b"<p>" * 1000, 0.0
    yield "silence", b"", b"", 1.0
    for coding, bomb in (("gzip", gzip.compress(bytes(200 * MIB), 9)), ("br", brotli.compress(bytes(200 * MIB)))):
        head = HTML + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (coding.encode(), len(bomb))
        yield f"a bomb of {coding}", head + bomb, b"", 1.0
    yield "cookies", HTML + b"Set-Cookie: a=%b\r\n" % (b"x" * 4000) * 12 + ok, b"", 1.0


def as_reply(body: bytes) -> bytes:
    return HTML + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body


def documents() -> dict[str, bytes]:
    from hostile.collection import FOLDER, cases, feed_of, html_of
    from hostile.test_documents import own_bodies

    found = dict(own_bodies())
    if FOLDER.is_dir():
        found |= {case["name"]: html_of(case) for case in cases("html")}
        found |= {case["name"]: feed_of(case) for case in cases("feeds")}
    return found


def names() -> list[str]:
    """All cases; the number of one tells its address."""
    from hostile.collection import FOLDER, cases

    raw = [case["name"] for case in cases("raw_http")] if FOLDER.is_dir() else []
    return [*(name for name, *_ in own_replies()), *raw, *documents()]


def address_of(number: int) -> str:
    return f"127.1.{number // 200}.{number % 200 + 1}"


def good_pages(port: int) -> dict[tuple[str, str], bytes]:
    """By address and path; each names the next two of its site."""
    from world.web import page

    return {
        (f"127.2.0.{site + 1}", f"/news/story-{number}"): as_reply(
            page(
                f"Story {number} of site {site}",
                related=[f"http://127.2.0.{site + 1}:{port}/news/story-{number + more}" for more in (1, 2)],
            ).body
        )
        for site in range(GOOD_SITES)
        for number in range(GOOD_PAGES)
    }


async def serve() -> None:
    """Answer at all loopback addresses; which one was dialled tells the case."""
    from hostile.collection import FOLDER, cases
    from hostile.test_replies import play

    listeners = await trio.open_tcp_listeners(0, host="0.0.0.0")
    port = listeners[0].socket.getsockname()[1]
    good = good_pages(port)
    by_address: dict[str, Callable[[trio.SocketStream], Awaitable[None]]] = {}
    numbers = iter(range(10_000))
    for _, first, again, every_s in own_replies():
        by_address[address_of(next(numbers))] = functools.partial(drip, first, again, every_s)
    for case in cases("raw_http") if FOLDER.is_dir() else ():
        by_address[address_of(next(numbers))] = functools.partial(play, case=case)
    for body in documents().values():
        by_address[address_of(next(numbers))] = functools.partial(send, as_reply(body))

    async def answer(stream: trio.SocketStream) -> None:
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async with stream:
                request = await stream.receive_some()
                path = request.split(b" ")[1].decode() if request.count(b" ") > 1 else ""
                host = stream.socket.getsockname()[0]
                if (body := good.get((host, path))) is not None:
                    await stream.send_all(body)
                elif path == "/case" and host in by_address:
                    await by_address[host](stream)
                else:
                    await stream.send_all(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    print(port, flush=True)
    await trio.serve_listeners(answer, listeners)


async def send(reply: bytes, stream: trio.SocketStream) -> None:
    await stream.send_all(reply)


async def drip(first: bytes, again: bytes, every_s: float, stream: trio.SocketStream) -> None:
    await stream.send_all(first)
    while True:
        await stream.send_all(again)
        await trio.sleep(every_s)


def crawl(folder: Path, workers: int, seeds: list[str]) -> None:
    """The crawl; run in a process of its own. Leaves in `reads.json` how long each body was read, by address."""
    import crawler.running.crawl
    from crawler.config import Config, CrawlConfig, FetchConfig, PolitenessConfig
    from crawler.running.crawl import Job
    from crawler.running.seeding import read_seeds
    from crawler.running.workers import open_reader

    took_s: dict[str, float] = {}

    @contextlib.asynccontextmanager
    async def open_timed(most: int, deadline_s: float) -> "AsyncIterator[Read]":
        turn = trio.CapacityLimiter(max(most, 1))  # so that nobody waits for a worker on his own time
        async with open_reader(most, deadline_s) as read:

            async def timed(
                body: bytes, url: str, content_type: str | None, fetched_at: datetime
            ) -> "Document | Unreadable":
                async with turn:
                    begun_s = time.perf_counter()
                    document = await read(body, url, content_type, fetched_at)
                    took_s[url] = time.perf_counter() - begun_s
                return document

            yield timed

    crawler.running.crawl.open_reader = open_timed  # type: ignore[assignment, attr-defined]  # it has no setting, as no user needs it
    config = Config(
        crawl=CrawlConfig(max_wait_s=0.0),
        politeness=PolitenessConfig(
            gap_s=0.0, daily_requests=1_000_000, allow_networks=("127.0.0.0/8",), ledger=str(folder / "hosts.db")
        ),
        fetch=FetchConfig(workers=workers, exchange_s=EXCHANGE_S, extraction_s=EXTRACTION_S),
        folder=folder,
    )
    trio.run(
        crawler.running.crawl.crawl, Job(seeding=read_seeds(seeds), folder=folder, config=config, max_depth=GOOD_PAGES)
    )
    (folder / "reads.json").write_text(json.dumps(took_s))


def measured(folder: Path, workers: int, seeds: list[str]) -> tuple[float, float, float]:
    """Crawl; the peak of the crawler and of the largest of its workers, in MiB, and the seconds it took."""
    begun_s = time.perf_counter()
    crawler_mib = worker_mib = 0.0
    with subprocess.Popen([sys.executable, __file__, "crawl", str(folder), str(workers), *seeds]) as process:
        while process.returncode is None:
            for pid, peak_mib in peaks_below(process.pid):
                if pid == process.pid:
                    crawler_mib = max(crawler_mib, peak_mib)
                else:
                    worker_mib = max(worker_mib, peak_mib)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SAMPLE_S)
    assert process.returncode == 0, process.returncode
    return crawler_mib, worker_mib, time.perf_counter() - begun_s


def peaks_below(root: int) -> Iterator[tuple[int, float]]:
    """The peak of a process and of all below it, which the kernel keeps: a rare sample misses only the dead."""
    below = [root]
    for pid in below:
        with contextlib.suppress(OSError, IndexError):  # it ended
            status = Path(f"/proc/{pid}/status").read_text()
            yield pid, int(status.partition("VmHWM:")[2].split()[0]) / 1024
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                below += map(int, children.read_text().split())


def lines(folder: Path, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / name).read_bytes().splitlines()]


def main(workers: int) -> None:
    from crawler.running.workers import MEMORY_BYTES

    with (
        subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as server,
        tempfile.TemporaryDirectory() as alone,
        tempfile.TemporaryDirectory() as together,
    ):
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            good = [f"http://127.2.0.{site + 1}:{port}/news/story-0" for site in range(GOOD_SITES)]
            hostile = {f"http://{address_of(number)}:{port}/case": name for number, name in enumerate(names())}
            idle_mib, idle_worker_mib, _ = measured(Path(alone), workers, good)
            peak_mib, worker_mib, took_s = measured(Path(together), workers, [*hostile, *good])
        finally:
            server.kill()
        came = sum("127.2.0." in str(line["url"]) for line in lines(Path(together), "articles.jsonl"))
        visits = [line for line in lines(Path(together), "visits.jsonl") if line["url"] in hostile]
        read_s = json.loads((Path(together) / "reads.json").read_text())
    slowest = max(visits, key=lambda line: int(str(line["ms"] or 0)))
    slowest_s = int(str(slowest["ms"])) / 1000
    longest = max((url for url in read_s if url in hostile), key=read_s.__getitem__)
    asked = {line["url"] for line in visits}
    figures = {
        f"{len(asked)} of {len(hostile)} cases asked for, in {took_s:.0f} s": len(asked) == len(hostile),
        f"good pages: {came} of {GOOD_SITES * GOOD_PAGES}": came == GOOD_SITES * GOOD_PAGES,
        f"longest exchange: {slowest_s:.1f} s ({hostile[str(slowest['url'])]})": slowest_s < EXCHANGE_S + SPARE_S,
        f"longest reading: {read_s[longest]:.1f} s ({hostile[longest]})": read_s[longest] < EXTRACTION_S + SPARE_S,
        f"crawler: {peak_mib:.0f} MiB, idle {idle_mib:.0f}": peak_mib - idle_mib < SPARE_MIB,
        f"largest worker: {worker_mib:.0f} MiB, idle {idle_worker_mib:.0f}": worker_mib < MEMORY_BYTES / MIB,
    }
    for told, holds in figures.items():
        print(f"{'ok  ' if holds else 'FAIL'} {told}")
    sys.exit(not all(figures.values()))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            trio.run(serve)
        case ["crawl", folder, workers, *seeds]:
            crawl(Path(folder), int(workers), seeds)
        case asked:
            main(int(asked[0]) if asked else 1)
