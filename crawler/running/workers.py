"""Reading pages in processes that can be killed: a hostile page costs itself, never the crawl."""

import contextlib
import signal
from collections.abc import AsyncIterator
from datetime import datetime

import trio
import trio_parallel

from crawler.extraction.document import Document, read_document
from crawler.running.visit import Read, Unreadable

WARM_UP_S = 60.0  # a worker's first call imports the extractor; on a busy machine that takes seconds


@contextlib.asynccontextmanager
async def open_reader(workers: int, deadline_s: float) -> AsyncIterator[Read]:
    """What reads bodies: `workers` processes, or this one where it is 0.

    Args:
        workers: processes at once.
        deadline_s: the most that one page may take; then its process is killed. Not kept where `workers` is 0.
    """
    if workers == 0:
        yield _read_here
        return
    limiter = trio.CapacityLimiter(workers)
    async with trio_parallel.open_worker_context(idle_timeout=600.0, init=_begin_worker) as context:

        async def read(body: bytes, url: str, content_type: str | None, fetched_at: datetime) -> Document | Unreadable:
            async with limiter:
                for is_last in (False, True):
                    with trio.move_on_after(WARM_UP_S):
                        await context.run_sync(_warm, kill_on_cancel=True)
                    try:
                        with trio.move_on_after(deadline_s):
                            document: Document = await context.run_sync(
                                _read, body, url, content_type, fetched_at, kill_on_cancel=True
                            )
                            return document
                        return Unreadable(f"reading it took more than {deadline_s:g} s")
                    except trio_parallel.BrokenWorkerError:
                        if is_last:
                            return Unreadable("the process that read it died, twice")
            raise AssertionError("unreachable")

        yield read


async def _read_here(body: bytes, url: str, content_type: str | None, fetched_at: datetime) -> Document | Unreadable:
    await trio.lowlevel.checkpoint()
    return _read(body, url, content_type, fetched_at)


def _read(body: bytes, url: str, content_type: str | None, fetched_at: datetime) -> Document:
    return read_document(body, url, content_type, fetched_at=fetched_at)


def _warm() -> None:
    """Runs in a worker, so that a page's deadline starts when the worker has started."""


def _begin_worker() -> None:
    """Runs in each new worker: a signal to the group is the crawler's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
