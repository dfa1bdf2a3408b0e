"""The loop: leases out of the frontier, visits made, groups recorded. Every task has an owner, every run an end."""

import contextlib
import math
import signal
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Protocol

import trio

from crawler.frontier.contract import Frontier
from crawler.model.work import POLICY, Lease, Purpose, Visit
from crawler.running.record import Recorder
from crawler.running.tally import Tally

GROUP_VISITS = 64  # a commit of more gains little and delays what tails the files
GROUP_BYTES = 16 * 1024 * 1024  # of text and of bodies to be archived; bounds the outbox and the writer's memory
GATHER_S = 0.05  # a commit costs as much as five visits to it; what tails the files does not see so short a while

VisitOne = Callable[[Lease], Awaitable[Visit]]


class Ended(StrEnum):
    """Why a run ended."""

    DRAINED = "drained"  # nothing queued, nothing out
    WAITING = "waiting"  # nothing may be asked within `max_wait_s`
    MAX_ARTICLES = "max-articles"
    DEADLINE = "deadline"
    STOPPED = "stopped"  # by a signal
    NO_SPACE = "no-space"  # the disk of the output folder is nearly full


class Commit(Protocol):
    """How the group commit is called: in the writer's thread, or inline under a mock clock."""

    async def __call__(self, commit: Callable[[Sequence[Visit]], None], visits: Sequence[Visit], /) -> None: ...


class Stop:
    """How a run is asked to end: once to stop leasing, with `grace_s` for visits under way; twice to cut them."""

    def __init__(self, *, grace_s: float) -> None:
        self.grace_s = grace_s
        self.leasing = trio.CancelScope()
        self.visiting = trio.CancelScope()
        self.signal: int | None = None  # the first that came

    def ask(self, signal_number: int) -> None:
        if self.signal is not None:
            self.visiting.cancel()
        self.signal = self.signal or signal_number
        self.leasing.cancel()

    async def watch_signals(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take SIGINT and SIGTERM until cancelled."""
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            task_status.started()
            async for number in signals:
                self.ask(number)


class Budget:
    """How many articles a run may write. A visit under way counts until it is recorded, so that none is too many."""

    def __init__(self, max_articles: int | None, tally: Tally) -> None:
        self._max = max_articles
        self._tally = tally
        self._pages_out = 0
        self.out = 0

    @property
    def is_spent(self) -> bool:
        return self._max is not None and self._tally.saved >= self._max

    def room_for(self, most: int) -> int:
        """How many of so many articles may still be written, where none is under way."""
        return most if self._max is None else max(0, min(most, self._max - self._tally.saved))

    @property
    def is_promised(self) -> bool:
        """Whether the visits under way may bring all that is left."""
        return self._max is not None and self._tally.saved + self._pages_out >= self._max

    def take(self, lease: Lease) -> None:
        self.out += 1
        self._pages_out += lease.target.purpose is Purpose.PAGE

    def give_back(self, lease: Lease) -> None:
        self.out -= 1
        self._pages_out -= lease.target.purpose is Purpose.PAGE


class Progress:
    """When an answer last came that was no refusal."""

    def __init__(self) -> None:
        self._last_at_s = trio.current_time()

    def note(self, visits: Sequence[Visit]) -> None:
        if any(visit.asked and not POLICY[visit.outcome].slows_host for visit in visits):
            self._last_at_s = trio.current_time()

    @property
    def stalled_s(self) -> float:
        return trio.current_time() - self._last_at_s


async def run(
    frontier: Frontier,
    visit_one: VisitOne,
    recorder: Recorder,
    stop: Stop,
    budget: Budget,
    *,
    workers: int,
    max_wait_s: float,
    commit: Commit,
) -> Ended:
    """Crawl until there is nothing to do or `stop` is asked; every finished visit is recorded on return.

    Args:
        workers: visits at once.
        max_wait_s: end when no site may be asked within that time, or none gave more than refusals for as long.
        commit: calls `Recorder.commit`.
    """
    leases_in, leases_out = trio.open_memory_channel[Lease](0)  # 0: no lease grows old in a buffer
    visits_in, visits_out = trio.open_memory_channel[Visit](workers)  # a place for each, so that none waits for another
    idle = trio.Semaphore(workers)  # a lease is taken when somebody can use it: it holds its site from then on
    ring, bell = trio.open_memory_channel[None](1)  # 1: a ring that nobody awaits yet is kept
    progress = Progress()
    ended = Ended.STOPPED

    async def dispatching() -> None:
        nonlocal ended
        ended = await dispatch(frontier, recorder, leases_in, idle, bell, stop, budget, progress, max_wait_s)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatching)
        nursery.start_soon(visit_all, frontier, leases_out, visits_in, idle, ring, visit_one, stop, workers)
        nursery.start_soon(record, frontier, visits_out, ring, recorder, budget, progress, commit)
    return ended


async def dispatch(
    frontier: Frontier,
    recorder: Recorder,
    leases: trio.MemorySendChannel[Lease],
    idle: trio.Semaphore,
    bell: trio.MemoryReceiveChannel[None],
    stop: Stop,
    budget: Budget,
    progress: Progress,
    max_wait_s: float,
) -> Ended:
    """Hand out leases as sites come due; leaving closes `leases`, which is what ends the next stage."""
    ended: Ended | None = None
    with leases, stop.leasing:
        while ended is None:
            await idle.acquire()
            if recorder.has_room and not budget.is_promised and (found := await frontier.lease(1)):
                budget.take(found[0])
                await leases.send(found[0])
                continue
            idle.release()
            if (ended := _end(frontier, recorder, budget, progress, max_wait_s)) is None:
                due_in_s = math.inf if budget.is_promised else frontier.due_in_s()
                with trio.move_on_after(due_in_s or 0):  # a site comes due, or a settled visit rings
                    await bell.receive()
    if stop.leasing.cancelled_caught:
        ended = Ended.STOPPED if stop.signal is not None else Ended.DEADLINE
    stop.visiting.deadline = trio.current_time() + stop.grace_s
    return ended or Ended.STOPPED


def _end(frontier: Frontier, recorder: Recorder, budget: Budget, progress: Progress, max_wait_s: float) -> Ended | None:
    """Why the run is over; None while it goes on."""
    if not recorder.has_room:
        return Ended.NO_SPACE
    if budget.is_spent:
        return Ended.MAX_ARTICLES
    if (due_in_s := frontier.due_in_s()) is None:
        return Ended.DRAINED
    if budget.out == 0 and math.isfinite(due_in_s) and max(due_in_s, progress.stalled_s) > max_wait_s:
        return Ended.WAITING
    return None


async def visit_all(
    frontier: Frontier,
    leases: trio.MemoryReceiveChannel[Lease],
    visits: trio.MemorySendChannel[Visit],
    idle: trio.Semaphore,
    ring: trio.MemorySendChannel[None],
    visit_one: VisitOne,
    stop: Stop,
    workers: int,
) -> None:
    """Make each lease a visit. What is cut is not settled, so that it is queued again."""

    async def visit_leases() -> None:
        async for lease in leases:
            visit = await visit_one(lease)
            if not frees_its_host_late(visit):
                frontier.release(lease, visit.pace, visit.origin_file)
                _ring(ring)
            await visits.send(visit)
            idle.release()

    with visits, leases, stop.visiting:
        async with trio.open_nursery() as nursery:
            for _ in range(workers):
                nursery.start_soon(visit_leases)


async def record(
    frontier: Frontier,
    visits: trio.MemoryReceiveChannel[Visit],
    ring: trio.MemorySendChannel[None],
    recorder: Recorder,
    budget: Budget,
    progress: Progress,
    commit: Commit,
) -> None:
    """The only writer: commits visits as they end, those of a short while as one group."""
    with visits:
        async for visit in visits:
            group = await _gathered(visit, visits, budget)
            await commit(recorder.commit, group)
            for done in group:
                if frees_its_host_late(done):
                    frontier.release(done.lease, done.pace, done.origin_file)
                budget.give_back(done.lease)
            progress.note(group)
            _ring(ring)


def frees_its_host_late(visit: Visit) -> bool:
    """Whether its host is free only once its group is committed: then what goes to the front is there to be leased."""
    return any(target.front for target in visit.targets)


async def _gathered(first: Visit, visits: trio.MemoryReceiveChannel[Visit], budget: Budget) -> list[Visit]:
    """The visits that end with the first: those that are ready, and those that are so shortly while none is urgent."""
    group, room_bytes, is_urgent = [first], GROUP_BYTES - _size(first), _is_urgent(first)
    with contextlib.suppress(trio.WouldBlock, trio.EndOfChannel), trio.move_on_after(GATHER_S):
        while len(group) < min(budget.out, GROUP_VISITS) and room_bytes > 0:
            visit = visits.receive_nowait() if is_urgent else await visits.receive()
            group.append(visit)
            room_bytes, is_urgent = room_bytes - _size(visit), is_urgent or _is_urgent(visit)
    return group


def _is_urgent(visit: Visit) -> bool:
    """Whether its commit decides what is visited next: of its host, or of others that would be refused alike."""
    return frees_its_host_late(visit) or not visit.asked


def _size(visit: Visit) -> int:
    return (len(visit.article.text) if visit.article is not None else 0) + (
        len(visit.answer.body) if visit.answer is not None else 0
    )


def _ring(ring: trio.MemorySendChannel[None]) -> None:
    with contextlib.suppress(trio.WouldBlock):
        ring.send_nowait(None)
