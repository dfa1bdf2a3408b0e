"""Reading bodies in processes that can be killed: a hostile page costs itself, never the crawl.

A worker holds no more memory and computes no longer than it may, answers no signal of the terminal, and ends with the
crawler, however that ends. Workers are forked from a server that has the extractor loaded: a fresh one after each page
that kills reads after 12 ms, where one that starts from nothing takes 400 ms.
"""

import contextlib
import fcntl
import gc
import multiprocessing
import os
import resource
import select
import signal
from collections.abc import AsyncIterator
from datetime import datetime
from math import ceil, inf
from multiprocessing import forkserver, resource_tracker
from time import process_time
from typing import Protocol

import msgspec
import trio
import trio_parallel

from crawler.extraction.document import Document, read_document
from crawler.extraction.feeds import Feed
from crawler.extraction.page import Page
from crawler.running.visit import Read, Unreadable

WARM_UP_S = 60.0  # to fork and to read a first page: 12 ms, or seconds on a busy machine
MEMORY_BYTES = 768 * 1024 * 1024  # of address space: 60 MB when idle, 470 MB for the worst page of 10 MiB that was met
LARGEST_PAGE_BYTES = 10 * 1024 * 1024
LARGEST_TIMES = 6  # of it: 50 MiB of sitemap were measured at 3 s
GZIP = b"\x1f\x8b"
TRIES = 2  # a worker may die of what it read before; a page that kills a fresh one is to blame

_OUT_OF_MEMORY = 75  # exit status of a worker; Python itself ends with 0, 1, 2 or 120
_FIRST_PAGE = b"<!doctype html><title>Harbour</title><p>What is loaded at first use is loaded now."
_PACKER, _PAGES, _FEEDS = (
    msgspec.msgpack.Encoder(),
    msgspec.msgpack.Decoder(Page),
    msgspec.msgpack.Decoder(Feed),
)
_CRAWLERS_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})  # sent to the whole group, answered by the crawler


class ReadBody(Protocol):
    """What `read_document` does. Found by its name in the worker."""

    def __call__(
        self, body: bytes, url: str, content_type: str | None = None, *, fetched_at: datetime | None = None
    ) -> Document: ...


@contextlib.asynccontextmanager
async def open_reader(
    workers: int, deadline_s: float, *, memory_bytes: int = MEMORY_BYTES, read_body: ReadBody = read_document
) -> AsyncIterator[Read]:
    """What reads bodies: `workers` processes, or this one where it is 0.

    Args:
        workers: processes at once; each starts with its first body.
        deadline_s: the most that one page may take, a listing by its size; then its process is killed. Not kept where
            `workers` is 0.
        memory_bytes: the most address space of a process. Not kept where `workers` is 0.
        read_body: raises for no body.
    """

    async def read_here(body: bytes, url: str, content_type: str | None, fetched_at: datetime) -> Document | Unreadable:
        await trio.lowlevel.checkpoint()
        return read_body(body, url, content_type, fetched_at=fetched_at)

    async def read(body: bytes, url: str, content_type: str | None, fetched_at: datetime) -> Document | Unreadable:
        worker = await idle.receive()
        try:
            return await worker.read(body, url, content_type, fetched_at)
        finally:
            gives_back.send_nowait(worker)

    if workers == 0:
        yield read_here
        return
    _start_forkserver()
    gives_back, idle = trio.open_memory_channel[_Worker](workers)  # room for all
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(workers):
            worker = _Worker(await stack.enter_async_context(_open_context()), deadline_s, memory_bytes, read_body)
            gives_back.send_nowait(worker)
        yield read


@contextlib.asynccontextmanager
async def _open_context() -> AsyncIterator[trio_parallel.WorkerContext]:
    """A context that is to be used by one task at a time, and so has one process at most."""
    life = trio_parallel.open_worker_context(
        idle_timeout=inf, init=_begin_worker, worker_type=trio_parallel.WorkerType.FORKSERVER
    )
    context = await life.__aenter__()
    try:
        yield context
    finally:
        with contextlib.suppress(trio_parallel.BrokenWorkerError):  # it died idle: nothing is lost by that
            await life.__aexit__(None, None, None)


class _Worker:
    """One process at a time: a fresh one after each that was killed or died."""

    def __init__(
        self, context: trio_parallel.WorkerContext, deadline_s: float, memory_bytes: int, read_body: ReadBody
    ) -> None:
        self._context = context
        self._deadline_s = deadline_s
        self._memory_bytes = memory_bytes
        self._read_body = read_body
        self._limiter = trio.CapacityLimiter(1)  # its own: in the default one it would wait for others, on its time
        self._is_warm = False

    async def read(
        self, body: bytes, url: str, content_type: str | None, fetched_at: datetime
    ) -> Document | Unreadable:
        """What a body holds, or why that cannot be told."""
        ends: list[str] = []
        while len(ends) < TRIES:
            try:
                if not self._is_warm and not await self._warm_up():
                    return Unreadable(f"no process started within {WARM_UP_S:g} s to read it")
                return await self._read(body, url, content_type, fetched_at)
            except trio_parallel.BrokenWorkerError as error:
                ends.append(_end_of(error.args[-1].exitcode))
        return Unreadable(f"the process that read it died: {', then '.join(ends)}")

    async def _warm_up(self) -> bool:
        """Start the process, so that the deadline of a body is its own."""
        with trio.move_on_after(WARM_UP_S):
            await self._context.run_sync(
                _limit_and_warm, self._memory_bytes, limiter=self._limiter, kill_on_cancel=True
            )
            self._is_warm = True
        return self._is_warm

    async def _read(
        self, body: bytes, url: str, content_type: str | None, fetched_at: datetime
    ) -> Document | Unreadable:
        self._is_warm = False  # until it is back alive
        deadline_s = _deadline_s(self._deadline_s, body)
        with trio.move_on_after(deadline_s):
            is_feed, packed = await self._context.run_sync(
                _read_in_worker,
                deadline_s,
                self._read_body,
                body,
                url,
                content_type,
                fetched_at,
                limiter=self._limiter,
                kill_on_cancel=True,
            )
            self._is_warm = True
            return _FEEDS.decode(packed) if is_feed else _PAGES.decode(packed)
        return Unreadable(f"reading it took more than {deadline_s:g} s")


def _deadline_s(page_s: float, body: bytes) -> float:
    """How long reading a body may take: a sitemap may be five times a page's size, which shows only once unpacked."""
    return page_s * (LARGEST_TIMES if body.startswith(GZIP) else 1 + len(body) // LARGEST_PAGE_BYTES)


def _end_of(exit_code: int) -> str:
    """How a process ended, in words."""
    if exit_code == _OUT_OF_MEMORY:
        return "it needs more memory than it may have"
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"exit status {exit_code}"


def _start_forkserver() -> None:
    """Start what workers are forked from, once a process; it ends with the crawler.

    It is born with the crawler's signals blocked, as are its children: `multiprocessing` leaves it open to SIGTERM.
    """
    resource_tracker.ensure_running()  # its start, else within the next one, would unblock them
    multiprocessing.get_context("forkserver").set_forkserver_preload([__name__])
    blocked_before = signal.pthread_sigmask(signal.SIG_BLOCK, _CRAWLERS_SIGNALS)
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked_before)


# All below runs in the worker.


def _begin_worker() -> None:
    for number in _CRAWLERS_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    _end_with_crawler()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # of pages that kill nobody wants hundreds of megabytes


def _end_with_crawler() -> None:
    """Have the kernel end this process when the crawler ends, whatever code runs here then.

    The crawler holds the other end of a pipe, whose closing is made a signal. Linux's parent-death signal would not
    do: it comes when the parent's *thread* ends, which Trio's do after 10 s without work (seen), and a forked worker's
    parent is the server.
    """
    crawler = multiprocessing.parent_process()
    assert crawler is not None
    pipe = crawler.sentinel
    signal.signal(signal.SIGIO, signal.SIG_DFL)  # ends the process
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([pipe], [], [], 0)[0]:  # it ended before
        os._exit(1)


def _limit_and_warm(memory_bytes: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # macOS has the limit, but not for all values
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    read_document(_FIRST_PAGE, "http://warm.example/")
    gc.collect()
    gc.freeze()  # what every page needs is not looked through for each; a page itself leaves nothing to collect


def _read_in_worker(
    deadline_s: float, read_body: ReadBody, body: bytes, url: str, content_type: str | None, fetched_at: datetime
) -> tuple[bool, bytes]:
    """Whether a body is a feed, and what it holds: packed, which takes a tenth of pickling on either side."""
    cpu_s = ceil(process_time() + deadline_s) + 1  # of its whole life: it ends, too, where the crawler cannot kill it
    most_s = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s if most_s == resource.RLIM_INFINITY else min(cpu_s, most_s), most_s))
    try:
        document = read_body(body, url, content_type, fetched_at=fetched_at)
        return isinstance(document, Feed), _PACKER.encode(document)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)  # a heap in pieces would refuse the next body, too
