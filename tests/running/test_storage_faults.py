"""Faults of the disk and the database: a clear message, exit code 5, and nothing lost once they are mended."""

import errno
import sqlite3
from pathlib import Path

import pytest
import trio
from click.testing import CliRunner
from trio.testing import MockClock
from world.web import Crawl, Web, page

from crawler.cli import main
from crawler.errors import StoreError
from crawler.frontier.contract import Group
from crawler.frontier.ledger import MemoryLedger
from crawler.model.links import LinkKind
from crawler.model.work import UrlState
from crawler.running.run import Ended
from crawler.store.segments import OsDisk

A = "https://a.example/news/the-harbour-story"
PAGES = {f"{A}-{n}": page(f"Story {n}", related=[f"{A}-{n + 1}"]) for n in range(5)}


class FullDisk(OsDisk):
    """Is full from a given write on, which may be cut short before it fails."""

    def __init__(self, writes: int, cut_bytes: int = 0) -> None:
        self.writes = writes
        self.cut_bytes = cut_bytes
        self.has_failed = False

    def write(self, fd: int, content: bytes | memoryview, offset: int) -> int:
        self.writes -= 1
        if self.writes >= 0:
            return super().write(fd, content, offset)
        if self.cut_bytes and not self.has_failed:
            self.has_failed = True
            return super().write(fd, content[: self.cut_bytes], offset)
        self.has_failed = True
        raise OSError(errno.ENOSPC, "No space left on device")


class NearlyFullDisk(OsDisk):
    def free_bytes(self, folder: Path) -> int:
        return 1000


async def go(folder: Path, disk: OsDisk | None = None, *, run_id: str = "run-1", min_free_bytes: int = 0) -> Crawl:
    """A run of the five stories; raises what the run raises, with its files closed as an error leaves them."""
    crawl = Crawl(Web(PAGES), folder, ledger=MemoryLedger(), disk=disk, run_id=run_id, min_free_bytes=min_free_bytes)
    try:
        crawl.ended = await crawl.go([f"{A}-0"], max_depth=9)
    except BaseException:
        crawl.corpus.close()
        crawl.frontier.abandon()
        raise
    crawl.corpus.sync()
    crawl.frontier.synced(10**9)
    crawl.frontier.settle(Group())  # the outbox is empty, as after a run that ended
    crawl.close()
    return crawl


@pytest.mark.parametrize("cut_bytes", [0, 40])
def test_a_disk_that_is_full_at_any_write_loses_and_doubles_nothing(tmp_path: Path, cut_bytes: int) -> None:
    whole = trio.run(go, tmp_path_of(tmp_path, "whole"), clock=MockClock(autojump_threshold=0))
    failures = 0
    for writes in range(60):
        folder = tmp_path_of(tmp_path, str(writes))
        if (said := run_until_full(folder, FullDisk(writes, cut_bytes))) is None:
            break
        failures += 1
        assert "No space left on device; nothing is lost, make room and start again" in said

        async def again(folder: Path = folder) -> Crawl:
            return await go(folder, run_id="run-2")

        mended = trio.run(again, clock=MockClock(autojump_threshold=0))
        assert mended.articles() == whole.articles()
        assert sorted(mended.edges(LinkKind.RELATED)) == sorted(whole.edges(LinkKind.RELATED))

    assert failures > 10


def run_until_full(folder: Path, disk: FullDisk) -> str | None:
    """What the storage said of a run; None where it had room enough."""
    try:
        trio.run(go, folder, disk, clock=MockClock(autojump_threshold=0))
    except BaseExceptionGroup as group:
        if group.subgroup(StoreError) is None:
            raise
        return str(group.exceptions)
    return None


def tmp_path_of(tmp_path: Path, name: str) -> Path:
    (folder := tmp_path / name).mkdir()
    return folder


async def test_a_run_stops_in_order_before_the_disk_is_full(autojump_clock: MockClock, tmp_path: Path) -> None:
    crawl = await go(tmp_path, NearlyFullDisk(), min_free_bytes=2000)

    reader = Crawl(Web({}), tmp_path, run_id="reader")
    queued = reader.frontier.counts()[UrlState.QUEUED]
    reader.close()
    assert (crawl.ended, queued > 0) == (Ended.NO_SPACE, True)


async def crawled(folder: Path) -> None:
    await go(folder)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda folder: (folder / "state.db").write_bytes(b"no database at all" * 500), "file is not a database"),
        (lambda folder: set_version(folder / "state.db", 99), "was written by a newer version of crawler (state 99)"),
        (lambda folder: (folder / "articles.jsonl").unlink(), "articles.jsonl holds 0 bytes but state.db committed"),
        (lambda folder: (folder / "links.jsonl").write_bytes(b"{}\n" * 9999), "something else wrote to it"),
    ],
    ids=["damaged", "newer", "deleted", "longer"],
)
def test_a_folder_that_does_not_fit_is_refused_in_one_line_and_left_alone(
    tmp_path: Path, damage: object, complaint: str
) -> None:
    trio.run(crawled, tmp_path, clock=MockClock(autojump_threshold=0))
    damage(tmp_path)  # type: ignore[operator]  # one of the lambdas above
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix == ".jsonl"}

    result = CliRunner().invoke(main, ["crawl", f"{A}-0", "--contact", "a@b.example", "--out", str(tmp_path)])

    after = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix == ".jsonl"}
    assert (result.exit_code, complaint in result.stderr.splitlines()[-1], "Traceback" in result.stderr) == (
        5,
        True,
        False,
    )
    assert {name: after[name] for name in before} == before


def set_version(path: Path, version: int) -> None:
    db = sqlite3.connect(path)
    db.execute(f"pragma user_version = {version}")
    db.close()
