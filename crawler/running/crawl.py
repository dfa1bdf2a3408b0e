"""A whole crawl: opens what has a life, joins it, and closes it. `crawler crawl`, `demo` and `replay` are this."""

import contextlib
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import trio

from crawler import __version__
from crawler.config import Config, Listing
from crawler.errors import ConfigError, StoreError
from crawler.extraction.page import Page
from crawler.fetch.names import Resolve
from crawler.fetch.replay import check_archive
from crawler.frontier.contract import Begun, Frontier, Group
from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.overview import Overview
from crawler.frontier.revisit import Revisits
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.links import LinkKind
from crawler.model.records import RunRecord
from crawler.model.urls import host_of, site_of
from crawler.model.work import Failure, Outcome, UrlState, Visit
from crawler.running.archive import file_lease, read_archive
from crawler.running.decide import rfc3339
from crawler.running.erasing import finish
from crawler.running.expecting import unmet_expectations
from crawler.running.lock import locked
from crawler.running.opening import check_contact, locality, open_client, open_ledger, workers_of
from crawler.running.record import Recorder
from crawler.running.run import Budget, Ended, Stop, run
from crawler.running.scope import Scope, sites_of
from crawler.running.seeding import Seeding
from crawler.running.seeking import Seeker, stories_of
from crawler.running.sources import ailing_sources
from crawler.running.tally import Tally
from crawler.running.visit import Fetch, Pacing, Read, Visitor
from crawler.running.workers import open_reader
from crawler.store.corpus import Corpus
from crawler.store.segments import OsDisk
from crawler.store.warc import Archive

KIND_OF = {Listing.FEEDS: LinkKind.FEED, Listing.SITEMAPS: LinkKind.SITEMAP}

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
    revisits: Revisits = Revisits.NONE
    archive: Path | None = None
    resolve: Resolve | None = None

    @property
    def addresses(self) -> list[str]:
        """The addresses of the seeds; an article without one has none."""
        documents = (seed.target.url for seed in self.seeding.documents if not seed.target.url.startswith("urn:"))
        sites = (seed.site for seed in self.seeding.documents if seed.site is not None)
        return [*(target.url for target in self.seeding.targets), *documents, *sites]

    @property
    def seeds(self) -> frozenset[str]:
        """The seeds by the names that records give them."""
        return frozenset(
            target.seed for target in (*self.seeding.targets, *(seed.target for seed in self.seeding.documents))
        )

    @property
    def reads_all(self) -> bool:
        """Whether an archive is read page by page, since no seed says where to begin."""
        return self.archive is not None and not self.seeding

    @property
    def made_by(self) -> str:
        return "crawl" if self.archive is None else "replay"


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """How a crawl ended."""

    run: RunRecord
    unmet: tuple[str, ...]  # expectations of the config that the run did not meet
    waiting: tuple[tuple[str, float], ...]  # sites with something queued, and when each may be asked
    was_interrupted: bool  # by SIGINT
    has_articles: bool  # in the folder, of this run or of others
    next_due: tuple[str, float] | None  # the page that was read and is due again soonest, and when


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
        check_contact(map(host_of, job.addresses), job.config)
    stop = Stop(grace_s=job.config.crawl.grace_s)
    async with (
        open_reader(workers_of(job.config), job.config.fetch.extraction_s) as read,
        _open_fetch(job) as fetch,  # before the folder: what is no archive leaves no trace in it
        trio.open_nursery() as nursery,
    ):
        await nursery.start(stop.watch_signals)  # until the run's line is written
        with _opened(job, now or steady()) as opened:
            seeker = _seeker(job)
            visitor = _visitor(job, fetch, read, opened.now, seeker)
            async with contextlib.nullcontext() if on_start is None else on_start(opened.watch):
                opened.frontier.add(job.seeding.targets)
                _warn_of_forgotten(job, opened.frontier)
                if job.archive is None:
                    _check_queued(opened.frontier, job.config)
                _record_documents(job, visitor, opened)
                opened.frontier.add(seeker.start_of(story) for story in seeker.unfound(opened.frontier))
                ended = await _run(job, opened, visitor, stop)
            overview = opened.frontier.overview()
            record = _run_record(opened, ended, len(job.seeding.complaints), overview, job.config.expect.silent_days)
            unmet = unmet_expectations(job.config.expect, job.seeds, opened.watch.tally)
            unfound = tuple(seeker.accounts(opened.frontier, ended))
            opened.recorder.finish(record)
            next_due = opened.frontier.next_due() if job.archive is None else None  # an archive does not change
            waiting = tuple(opened.frontier.waiting()) if ended is Ended.WAITING else ()
        nursery.cancel_scope.cancel()
    return Done(
        run=record,
        unmet=(*unmet, *unfound),
        waiting=waiting,
        was_interrupted=stop.signal == signal.SIGINT,
        has_articles=overview.articles > 0,
        next_due=next_due,
    )


class _Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An output folder in use."""

    run_id: str
    started_unix_s: float
    now: Callable[[], float]
    begun: Begun
    frontier: SqliteFrontier
    recorder: Recorder
    watch: Watch


@contextlib.contextmanager
def _opened(job: Job, now: Callable[[], float]) -> Iterator[_Opened]:
    """The output folder, locked, with what the last run left mended."""
    started, store = now(), job.config.store
    run_id = f"{datetime.fromtimestamp(started, UTC):%Y%m%dT%H%M%S}.{int(started * 1000) % 1000:03d}-{os.getpid()}"
    with locked(job.folder, rfc3339(started)), contextlib.ExitStack() as stack:
        ledger = MemoryLedger() if job.archive is not None else open_ledger(job.config, job.folder)
        stack.callback(ledger.close)
        frontier = stack.enter_context(SqliteFrontier(job.folder / "state.db", ledger, now))
        finish(job.folder, frontier, OsDisk())
        begun = frontier.begin(run_id, job.made_by, job.revisits)
        corpus = Corpus(job.folder, OsDisk(), roll_bytes=store.roll_bytes, compress=store.compress)
        stack.callback(corpus.close)
        _complete(corpus, begun, job.folder)
        archive = _open_archive(job, run_id, begun, frontier)
        if archive is not None:
            stack.callback(archive.close)
        tally = Tally()
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
        yield _Opened(
            run_id=run_id,
            started_unix_s=started,
            now=now,
            begun=begun,
            frontier=frontier,
            recorder=recorder,
            watch=Watch(tally=tally, frontier=frontier),
        )


@contextlib.asynccontextmanager
async def _open_fetch(job: Job) -> AsyncIterator[Fetch]:
    """What fetches; nothing does where an archive is read from its first page to its last."""
    try:
        if job.archive is not None:
            check_archive(job.archive)
        if job.reads_all:
            yield _fetch_nothing
            return
        client = open_client(job.config, archive=job.archive, resolve=job.resolve)
        async with client as fetch:
            yield fetch
    except StoreError as error:
        if job.archive is None or not str(error).startswith(str(job.archive)):
            raise
        raise ConfigError(str(error)) from error


async def _fetch_nothing(url: str, **_: object) -> Failure:
    return Failure(outcome=Outcome.UNREACHABLE, why="only the archive is read", elapsed_s=0.0, asked=False)


async def _run(job: Job, opened: _Opened, visitor: Visitor, stop: Stop) -> Ended:
    config, recorder = job.config.crawl, opened.recorder
    if job.config.deadline_s is not None:
        stop.leasing.deadline = trio.current_time() + job.config.deadline_s
    writer = trio.CapacityLimiter(1)  # one thread, so that commits keep their order

    async def commit(commit_now: Callable[[Sequence[Visit]], None], visits: Sequence[Visit]) -> None:
        await trio.to_thread.run_sync(commit_now, visits, limiter=writer)

    budget = Budget(job.max_articles, opened.watch.tally)
    if job.archive is not None and job.reads_all:
        return await read_archive(job.archive, visitor, recorder, commit, stop, budget)
    return await run(
        opened.frontier,
        visitor.visit,
        recorder,
        stop,
        budget,
        workers=config.visits_at_once,
        max_wait_s=config.max_wait_s,
        commit=commit,
    )


def _visitor(job: Job, fetch: Fetch, read: Read, now: Callable[[], float], seeker: Seeker) -> Visitor:
    config = job.config
    scope = Scope(
        sites=sites_of(config.crawl.scope) | {site_of(address) for address in job.addresses},
        follow=frozenset(config.crawl.follow),
        max_depth=job.max_depth,
        stay=config.crawl.stay,
        discover=frozenset(KIND_OF[listing] for listing in config.crawl.discover),
        may_ask=None if job.archive is not None or config.identity.contact else locality(config),
    )
    return Visitor(
        fetch,
        read,
        scope,
        Pacing(gap_s=config.gap_s, is_patient=job.archive is None),
        now=now,
        max_page_bytes=config.fetch.max_page_bytes,
        seeker=seeker,
        max_sitemap_bytes=config.fetch.max_sitemap_bytes,
        keep_reserved_texts=config.politeness.keep_reserved_texts,
        keeps_answers=config.store.archive and job.archive is None,
    )


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
    if begun.due_again:
        log.info("%s: %d pages that were read are due again", folder, begun.due_again)
    if begun.returned:
        log.info("%s: %d visits that the last run left are queued again", folder, begun.returned)
    for name, count in corpus.complete(begun.lengths, begun.outbox).items():
        log.warning("%s/%s: completed %d bytes that the last run had committed but not written", folder, name, count)


def _check_queued(frontier: Frontier, config: Config) -> None:
    """What an earlier run left queued needs a contact too.

    Raises:
        ConfigError: there is none; the run ends before it began.
    """
    try:
        check_contact((site for site, _ in frontier.waiting()), config)
    except ConfigError:
        frontier.settle(Group(ended="refused"))
        raise


def _warn_of_forgotten(job: Job, frontier: Frontier) -> None:
    targets = [*job.seeding.targets, *(seed.target for seed in job.seeding.documents)]
    if count := sum(frontier.is_forgotten(target.url) for target in targets):
        log.warning("%d seeds were forgotten on request, and are not asked for; take them out of the seeds", count)


def _record_documents(job: Job, visitor: Visitor, opened: _Opened) -> None:
    """Write the seeds that were read from files, as far as the run may write articles."""
    tally, most = opened.watch.tally, job.max_articles
    for seed in job.seeding.documents:
        if opened.frontier.is_forgotten(seed.target.url):
            continue
        if most is not None and tally.saved >= most:
            log.warning("%s: not written, %d articles are enough for this run", seed.target.seed, most)
            continue
        is_story = seed.target.url.startswith("urn:")
        begun = Visit(
            lease=file_lease(seed.target),
            outcome=Outcome.SAVED,
            at_unix_s=opened.now(),
            fetched_url=None if is_story else seed.target.url,
        )
        visit = visitor.read_visit(begun, seed.document)
        opened.recorder.commit([visit])
        if visit.outcome not in (Outcome.SAVED, Outcome.LISTED):
            log.warning("%s: %s: %s", seed.target.seed, visit.outcome, visit.why)


def _seeker(job: Job) -> Seeker:
    """What looks for the pages of the articles that came as plain text."""
    follow = frozenset(job.config.crawl.follow)
    stories = (
        story
        for seed in job.seeding.documents
        if isinstance(seed.document, Page)
        for story in stories_of(seed.document.article, seed.target.seed, seed.site, follow)
    )
    return Seeker(stories, (target.url for target in job.seeding.targets))


def _run_record(opened: _Opened, ended: Ended, bad_seeds: int, overview: Overview, silent_days: int) -> RunRecord:
    tally, counts = opened.watch.tally, opened.frontier.counts()
    return RunRecord(
        run_id=opened.run_id,
        started_at=rfc3339(opened.started_unix_s),
        ended_at=rfc3339(opened.now()),
        ended=ended,
        previous=opened.begun.previous,
        new=tally.new,
        changed=tally.changed,
        unchanged=tally.unchanged,
        gone=tally.gone,
        queued=counts[UrlState.QUEUED] + counts[UrlState.LEASED],  # what was cut goes back to the queue,
        outcomes=tally.outcome_rows(),
        links=tally.link_rows(),
        sources=tally.source_rows(),
        ailing=ailing_sources(overview.listings, opened.now(), silent_days),
        hosts=tally.host_rows(),
        promised=tally.promises_made,
        promises_kept=tally.promises_kept,
        bad_seeds=bad_seeds,
    )
