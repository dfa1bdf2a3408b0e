"""A whole crawl: opens what has a life, joins it, and closes it. `crawler crawl`, `demo` and `replay` are this."""

import contextlib
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import trio

from crawler import __version__
from crawler.config import Config
from crawler.fetch.names import Resolve
from crawler.frontier.contract import Begun, Frontier, Group
from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.records import RunRecord
from crawler.model.urls import site_of
from crawler.model.work import Outcome, UrlState, Visit
from crawler.running.archive import file_lease, read_archive
from crawler.running.decide import rfc3339
from crawler.running.lock import locked
from crawler.running.opening import check_contact, open_client, open_ledger, workers_of
from crawler.running.record import Recorder
from crawler.running.run import Budget, Ended, Stop, run
from crawler.running.scope import Scope, sites_of
from crawler.running.seeding import Seeding
from crawler.running.tally import Tally
from crawler.running.visit import Fetch, Pacing, Read, Visitor
from crawler.running.workers import open_reader
from crawler.store.corpus import Corpus
from crawler.store.segments import OsDisk
from crawler.store.warc import Archive

log = logging.getLogger("crawler")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A crawl to be made.

    Attributes:
        archive: the web is this WARC file or folder; None for the real one.
        resolve: from names to addresses; None asks the system.
        max_articles: None for no limit.
    """

    seeding: Seeding
    folder: Path
    config: Config
    max_depth: int
    max_articles: int | None = None
    archive: Path | None = None
    resolve: Resolve | None = None

    @property
    def addresses(self) -> list[str]:
        """The addresses of the seeds; an article without one has none."""
        documents = (seed.target.url for seed in self.seeding.documents if not seed.target.url.startswith("urn:"))
        return [*(target.url for target in self.seeding.targets), *documents]

    @property
    def made_by(self) -> str:
        return "crawl" if self.archive is None else "replay"


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """How a crawl ended."""

    run: RunRecord
    unmet: tuple[str, ...]  # expectations of the config that the run did not meet
    waiting: tuple[tuple[str, float], ...]  # sites with something queued, and when each may be asked
    was_interrupted: bool  # by SIGINT


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a crawl under way."""

    tally: Tally
    frontier: Frontier


OnStart = Callable[[Watch], contextlib.AbstractAsyncContextManager[None]]


def steady(wall: Callable[[], float] = time.time) -> Callable[[], float]:
    """The wall clock as it stands now, going on evenly: what sets it during a run moves no wait."""
    started, since = wall(), time.monotonic()
    return lambda: started + time.monotonic() - since


async def crawl(job: Job, *, now: Callable[[], float] | None = None, on_start: OnStart | None = None) -> Done:
    """Crawl until there is nothing to do, a limit is reached or a signal comes; all that was read is written.

    Args:
        now: UTC seconds; None: this machine's clock.
        on_start: opened around the run, to show how it goes.

    Raises:
        ConfigError: no contact, though public sites would be asked.
        FolderBusyError, StoreError, FrontierError: the output folder cannot be used.
    """
    if job.archive is None:
        check_contact(job.addresses, job.config)
    now = now or steady()
    started = now()
    run_id = f"{datetime.fromtimestamp(started, UTC):%Y%m%dT%H%M%S}.{int(started * 1000) % 1000:03d}-{os.getpid()}"
    with locked(job.folder, rfc3339(started)), contextlib.ExitStack() as stack:
        ledger = MemoryLedger() if job.archive is not None else open_ledger(job.config, job.folder)
        stack.callback(ledger.close)
        frontier = SqliteFrontier(job.folder / "state.db", ledger, now)
        stack.push(_closing(frontier))
        begun = frontier.begin(run_id, job.made_by)
        store = job.config.store
        corpus = Corpus(job.folder, OsDisk(), roll_bytes=store.roll_bytes, compress=store.compress)
        stack.callback(corpus.close)
        _complete(corpus, begun, job.folder)
        archive = _open_archive(job, run_id, begun, frontier)
        if archive is not None:
            stack.callback(archive.close)
        tally = Tally()
        watch = Watch(tally=tally, frontier=frontier)
        recorder = Recorder(
            frontier,
            corpus,
            tally,
            run_id=run_id,
            kinds=frozenset(job.config.crawl.write),
            last_seq=begun.last_seq,
            archive=archive,
            min_free_bytes=store.min_free_bytes,
        )
        stop = Stop(grace_s=job.config.crawl.grace_s)
        async with (
            open_reader(workers_of(job.config), job.config.fetch.extraction_s) as read,
            open_client(job.config, archive=job.archive, resolve=job.resolve) as client,
        ):
            visitor = _visitor(job, client, read, now)
            async with (on_start or _nothing)(watch):
                frontier.add(job.seeding.targets)
                _record_documents(job.seeding, visitor, recorder, now)
                ended = await _run(job, frontier, visitor, recorder, stop, tally)
        record = _run_record(run_id, (started, now()), ended, begun, watch, len(job.seeding.complaints))
        recorder.finish(record)
        waiting = tuple(frontier.waiting()) if ended is Ended.WAITING else ()
    return Done(
        run=record, unmet=_unmet(job.config, tally), waiting=waiting, was_interrupted=stop.signal == signal.SIGINT
    )


async def _run(job: Job, frontier: Frontier, visitor: Visitor, recorder: Recorder, stop: Stop, tally: Tally) -> Ended:
    config = job.config.crawl
    if job.config.deadline_s is not None:
        stop.leasing.deadline = trio.current_time() + job.config.deadline_s
    writer = trio.CapacityLimiter(1)  # one thread, so that commits keep their order

    async def commit(commit_now: Callable[[Sequence[Visit]], None], visits: Sequence[Visit]) -> None:
        await trio.to_thread.run_sync(commit_now, visits, limiter=writer)

    async with trio.open_nursery() as nursery:
        await nursery.start(stop.watch_signals)
        if job.archive is not None and not job.seeding:
            ended = await read_archive(job.archive, visitor, recorder, commit, stop)
        else:
            ended = await run(
                frontier,
                visitor.visit,
                recorder,
                stop,
                Budget(job.max_articles, tally),
                workers=config.visits_at_once,
                max_wait_s=config.max_wait_s,
                commit=commit,
            )
        nursery.cancel_scope.cancel()
    return ended


def _visitor(job: Job, fetch: Fetch, read: Read, now: Callable[[], float]) -> Visitor:
    config = job.config
    scope = Scope(
        sites=sites_of(config.crawl.scope) | {site_of(address) for address in job.addresses},
        follow=frozenset(config.crawl.follow),
        max_depth=job.max_depth,
        stay=config.crawl.stay,
    )
    return Visitor(
        fetch,
        read,
        scope,
        Pacing(gap_s=config.gap_s, is_patient=job.archive is None),
        now=now,
        max_page_bytes=config.fetch.max_page_bytes,
        keep_reserved_texts=config.politeness.keep_reserved_texts,
        keeps_answers=config.store.archive and job.archive is None,
    )


def _closing(frontier: Frontier) -> Callable[[type[BaseException] | None, BaseException | None, object], None]:
    """How an exit stack closes a frontier: an error leaves it as it is, for the next start to mend."""

    def close(kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        if kind is None:
            frontier.close()
        else:
            frontier.abandon()

    return close


def _open_archive(job: Job, run_id: str, begun: Begun, frontier: Frontier) -> Archive | None:
    """The archive, where the config asks for one; what earlier runs left uncommitted is cut off in any case."""
    archive = Archive(
        job.folder,
        OsDisk(),
        run_id=run_id,
        software=f"related-story-crawler/{__version__}",
        operator=job.config.identity.operator,
        roll_bytes=job.config.store.archive_roll_bytes,
    )
    for name, count in archive.cut_back(begun.lengths).items():
        log.warning("%s/%s: cut off %d bytes that the last run had not committed", job.folder, name, count)
    if not job.config.store.archive or job.archive is not None:
        return None
    frontier.settle(Group(archived=archive.lengths))  # a file is known before it is there
    return archive


def _complete(corpus: Corpus, begun: Begun, folder: Path) -> None:
    if begun.clock_back_s > 1.0:
        log.warning("%s: the clock stands %.0f s before the last commit; waits were moved", folder, begun.clock_back_s)
    if begun.returned:
        log.info("%s: %d visits that the last run left are queued again", folder, begun.returned)
    for name, count in corpus.complete(begun.lengths, begun.outbox).items():
        log.warning("%s/%s: completed %d bytes that the last run had committed but not written", folder, name, count)


def _record_documents(seeding: Seeding, visitor: Visitor, recorder: Recorder, now: Callable[[], float]) -> None:
    visits = []
    for seed in seeding.documents:
        is_story = seed.target.url.startswith("urn:")
        visit = Visit(
            lease=file_lease(seed.target),
            outcome=Outcome.SAVED,
            at_unix_s=now(),
            fetched_url=None if is_story else seed.target.url,
        )
        visits.append(visitor.read_visit(visit, seed.document))
    if visits:
        recorder.commit(visits)


def _run_record(
    run_id: str, times_unix_s: tuple[float, float], ended: Ended, begun: Begun, watch: Watch, bad_seeds: int
) -> RunRecord:
    tally = watch.tally
    return RunRecord(
        run_id=run_id,
        started_at=rfc3339(times_unix_s[0]),
        ended_at=rfc3339(times_unix_s[1]),
        ended=ended,
        previous=begun.previous,
        new=tally.new,
        changed=tally.changed,
        unchanged=tally.unchanged,
        queued=watch.frontier.counts()[UrlState.QUEUED],
        outcomes=tally.outcome_rows(),
        links=tally.link_rows(),
        sources=tally.source_rows(),
        hosts=tally.host_rows(),
        bad_seeds=bad_seeds,
    )


def _unmet(config: Config, tally: Tally) -> tuple[str, ...]:
    expect, unmet = config.expect, []
    if expect.new_articles is not None and tally.new < expect.new_articles:
        unmet.append(f"{tally.new} new articles, at least {expect.new_articles} were expected")
    for seed, least in expect.sources.items():
        if (count := tally.new_of(seed)) < least:
            unmet.append(f"{count} new articles from {seed}, at least {least} were expected")
    return tuple(unmet)


@contextlib.asynccontextmanager
async def _nothing(_: Watch) -> AsyncIterator[None]:
    yield
