import os
import select
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
from hostile.readers import read_as
from world.web import page

from crawler.config import Config, FetchConfig
from crawler.extraction.page import Page
from crawler.running.opening import MOST_WORKERS, workers_of
from crawler.running.visit import Read, Unreadable
from crawler.running.workers import open_reader

URL = "https://a.example/news/the-harbour-story-1"
AT = datetime(2026, 11, 24, tzinfo=UTC)


async def told(read: Read, body: bytes) -> str:
    """Why a body was not read, or the process that read it."""
    document = await read(body, URL, "text/html", AT)
    if isinstance(document, Unreadable):
        return document.why
    assert isinstance(document, Page)
    return document.article.title or ""


@pytest.mark.parametrize(
    "body",
    [
        page("Harbour", related=("/bridge", "/tunnel")).body,
        b"<rss><channel><item><link>/bridge</link></item></channel></rss>",
    ],
)
async def test_a_body_is_read_here_or_in_a_worker_alike(body: bytes) -> None:
    async with open_reader(0, 30.0) as read:
        here = await read(body, URL, "text/html", AT)
    async with open_reader(1, 30.0) as read:
        there = await read(body, URL, "text/html", AT)

    assert (there, type(there)) == (here, type(here))


async def test_a_page_that_takes_too_long_costs_itself_and_the_next_is_read() -> None:
    async with open_reader(1, 0.3, read_body=read_as) as read:
        slow = await told(read, b"spin")
        next_one = await told(read, b"")

    assert (slow, next_one.isdecimal()) == ("reading it took more than 0.3 s", True)


async def test_a_body_that_kills_its_reader_costs_itself_whatever_it_does() -> None:
    bodies = [b"allocate", b"exit", b"crash", b"compute too long"]

    async with open_reader(1, 30.0, memory_bytes=200_000_000, read_body=read_as) as read:
        whys = [await told(read, body) for body in bodies]
        survivor = await told(read, b"")

    died, memory = "the process that read it died: ", "it needs more memory than it may have"
    assert whys == [
        f"{died}{memory}, then {memory}",
        f"{died}exit status 3, then exit status 3",
        f"{died}SIGSEGV, then SIGSEGV",
        f"{died}SIGXCPU, then SIGXCPU",
    ]
    assert survivor.isdecimal()


async def test_each_body_has_its_own_time_and_all_the_memory_and_leaves_no_core_file() -> None:
    async with open_reader(1, 7.0, memory_bytes=300_000_000, read_body=read_as) as read:
        limits = {await told(read, b"limits") for _ in range(3)}

    assert limits == {"300000000 bytes, 8 s, 0"}


async def test_a_body_is_read_a_second_time_where_its_reader_died_between_bodies() -> None:
    async with open_reader(1, 30.0, read_body=read_as) as read:
        first = await told(read, b"")
        with os.fdopen(os.pidfd_open(int(first))) as process:
            os.kill(int(first), signal.SIGKILL)
            select.select([process], [], [], 10)
        second = await told(read, b"")

    assert (second.isdecimal(), second != first) == (True, True)


async def test_a_reader_that_died_unused_does_not_disturb_the_end() -> None:
    async with open_reader(1, 30.0, read_body=read_as) as read:
        process = int(await told(read, b""))
        os.kill(process, signal.SIGKILL)

    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_a_body_waits_while_all_readers_are_busy_and_one_that_is_given_up_frees_its_own() -> None:
    async with open_reader(1, 30.0, read_body=read_as) as read, trio.open_nursery() as nursery:
        before = await told(read, b"")
        with trio.CancelScope() as given_up:
            nursery.start_soon(_cancel_when_idle, given_up)
            await told(read, b"spin")
        after = await told(read, b"")

    assert (given_up.cancelled_caught, after.isdecimal(), after != before) == (True, True, True)


async def _cancel_when_idle(scope: trio.CancelScope) -> None:
    await trio.testing.wait_all_tasks_blocked()
    scope.cancel()


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


async def test_signals_to_the_group_leave_workers_alive() -> None:
    async with open_reader(1, 30.0, read_body=read_as) as read:
        process = await told(read, b"")
        server = parent_of(int(process))
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(int(process), number)
            os.kill(server, number)
        after = await told(read, b"")

    assert after == process


SPINNING = """
import datetime, sys, trio
from hostile.readers import read_as
from crawler.config import Config, FetchConfig
from crawler.running.opening import MOST_WORKERS, workers_of
from crawler.running.workers import open_reader

async def main():
    async with open_reader(1, 600.0, read_body=read_as) as read:
        at = datetime.datetime.now(datetime.UTC)
        print((await read(b"", "https://a.example/", None, at)).article.title, flush=True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read, b"spin", "https://a.example/", None, at)
            await trio.sleep(0.05)
            print("spinning", flush=True)

if __name__ == "__main__":
    trio.run(main)
"""


def test_a_worker_ends_with_a_crawler_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "spinning.py"
    script.write_text(SPINNING)
    tests = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=tests) as crawler:
        assert crawler.stdout is not None
        worker = os.pidfd_open(int(crawler.stdout.readline()))
        assert crawler.stdout.readline() == "spinning\n"

        crawler.kill()

        ended, _, _ = select.select([worker], [], [], 10)
        os.close(worker)
    assert ended == [worker]


async def test_what_is_packed_has_more_time_since_its_size_shows_only_once_it_is_unpacked() -> None:
    async with open_reader(1, 10.0, read_body=read_as) as read:
        page_limits, packed_limits = await told(read, b"limits"), await told(read, b"\x1f\x8blimits")

    assert (page_limits.split(", ")[1], packed_limits.split(", ")[1]) == ("11 s", "61 s")


@pytest.mark.parametrize(("cores", "workers"), [(1, 0), (2, 3), (4, 5), (64, MOST_WORKERS)])
def test_each_core_has_a_page_to_read_and_a_lone_one_reads_without_workers(
    monkeypatch: pytest.MonkeyPatch, cores: int, workers: int
) -> None:
    monkeypatch.setattr("crawler.running.opening.os.sched_getaffinity", lambda pid: set(range(cores)))

    assert workers_of(Config()) == workers
    assert workers_of(Config(fetch=FetchConfig(workers=2))) == 2
