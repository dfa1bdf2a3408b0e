"""One simulated crawl from a seed number, with crashes, and what must hold of it."""

import hashlib
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import trio
import trio.testing
from world.crash import CrashAtStep, ForgetfulDisk, PowerCut
from world.web import commit_here, now, read_here
from world.world import Asked, World

from crawler.fetch.client import Client
from crawler.fetch.replay import responses
from crawler.frontier.contract import Begun, Frontier, Group
from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.memory import MemoryFrontier
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.links import LinkKind
from crawler.model.urls import canonical_url
from crawler.model.work import Failure, Target
from crawler.running.record import Recorder
from crawler.running.run import Budget, Ended, Stop, run
from crawler.running.scope import Scope
from crawler.running.tally import Tally
from crawler.running.visit import Pacing, Read, Visitor
from crawler.store.corpus import Corpus
from crawler.store.lines import Follower, segments_of, seq_of
from crawler.store.segments import Disk
from crawler.store.warc import Archive

GAP_S = 5.0
SETS = ("articles", "links", "aliases", "visits", "runs")


class Outcome(msgspec.Struct):
    """What a simulated crawl came to."""

    requests: int
    crashes: int
    completed_bytes: int
    virtual_s: float


def simulate(
    seed: int,
    folder: Path,
    *,
    crashes: int,
    use_sqlite: bool = False,
    recorder_type: type[Recorder] = Recorder,
    corpus_type: type[Corpus] = Corpus,
    read: Read = read_here,
    most_sites: int = 4,
    most_pages: int = 7,
) -> Outcome:
    """Crawl the world of a seed number until it is drained, through crashes; AssertionError says what is wrong."""
    scheduler: Any = trio._core._run  # Trio shuffles its tasks; a failure has to come again from its seed number
    scheduler._ALLOW_DETERMINISTIC_SCHEDULING = True  # what Hypothesis sets, too
    scheduler._r.seed(seed)
    world = World(seed, most_sites=most_sites, most_pages=most_pages)
    simulation = _Simulation(seed, world, folder, crashes, use_sqlite, recorder_type, corpus_type, read)
    return trio.run(simulation.go, clock=trio.testing.MockClock(autojump_threshold=0))


class _Simulation:
    def __init__(
        self,
        seed: int,
        world: World,
        folder: Path,
        crashes: int,
        use_sqlite: bool,
        recorder_type: type[Recorder],
        corpus_type: type[Corpus],
        read: Read,
    ) -> None:
        self.rng = random.Random(seed * 7919)
        self.world = world
        self.read = read
        self.folder = folder
        self.crashes = crashes
        self.use_sqlite = use_sqlite
        self.recorder_type = recorder_type
        self.corpus_type = corpus_type
        self.ledger = MemoryLedger(gap_s=lambda _: GAP_S)
        self.memory: MemoryFrontier | None = None
        self.form: dict[str, Any] = self.rng.choice(
            [{}, {"compress": True}, {"roll_bytes": 4096}, {"roll_bytes": 4096, "compress": True}]
        )
        self.has_archive = self.rng.random() < 0.3
        self.readers = {name: Follower(folder, name) for name in SETS}
        self.seen: dict[str, list[int]] = {name: [] for name in SETS}
        self.completed_bytes = 0
        self.down_s = 0.0

    async def go(self) -> Outcome:
        lives = 0
        while True:
            lives += 1
            is_last = lives > self.crashes
            if await self._live(lives, is_last=is_last) is Ended.DRAINED:
                break
            assert lives < self.crashes + 20, "it never drains"
        self._check_files()
        self._check_politeness()
        return Outcome(
            requests=len(self.world.asked),
            crashes=lives - 1,
            completed_bytes=self.completed_bytes,
            virtual_s=trio.current_time(),
        )

    async def _live(self, life: int, *, is_last: bool) -> Ended | None:
        """One process, from its start to its end or its crash."""
        self.world.life = life
        cut = None if is_last or self.rng.random() < 0.5 else self.rng.randint(1, 40)
        disk = ForgetfulDisk(self.rng, cut_after=cut)
        ended: Ended | None = None
        frontier = self._open()
        scope = trio.CancelScope()
        crash = CrashAtStep(scope, 0 if is_last or cut is not None else int(2 ** self.rng.uniform(0, 10)))
        trio.lowlevel.add_instrument(crash)
        corpus: Corpus | None = None
        archive: Archive | None = None
        try:
            with scope:
                begun = frontier.begin(f"life-{life}", "crawl")
                corpus = self.corpus_type(self.folder, disk, **self.form)
                self.completed_bytes += sum(corpus.complete(begun.lengths, begun.outbox).values())
                self._read_on()
                archive = self._open_archive(frontier, begun, disk, f"life-{life}")
                ended = await self._crawl(frontier, corpus, archive, begun.last_seq, f"life-{life}")
        except PowerCut:
            pass
        except BaseExceptionGroup as group:
            if group.split(PowerCut)[1] is not None:
                raise
        finally:
            trio.lowlevel.remove_instrument(crash)
            for files in (corpus, archive):
                if files is not None:
                    files.close()
        self._read_on()
        if ended is None:
            frontier.abandon()
            disk.lose_unsynced()
            pause_s = self.rng.choice([0.0, 1.0, 600.0])
            self.down_s += pause_s
            await trio.sleep(pause_s)
        else:
            frontier.close()
        return ended

    def _open_archive(self, frontier: Frontier, begun: Begun, disk: Disk, run_id: str) -> Archive | None:
        if not self.has_archive:
            return None
        archive = Archive(self.folder, disk, run_id=run_id, software="simulated", roll_bytes=20_000)
        archive.cut_back(begun.lengths)
        frontier.settle(Group(archived=archive.lengths))
        return archive

    async def _crawl(
        self, frontier: Frontier, corpus: Corpus, archive: Archive | None, last_seq: int, run_id: str
    ) -> Ended:
        tally = Tally()
        kinds = frozenset({LinkKind.RELATED})
        recorder = self.recorder_type(
            frontier, corpus, tally, run_id=run_id, kinds=kinds, last_seq=last_seq, archive=archive
        )
        scope = Scope(sites=frozenset(self.world.hosts), follow=kinds, max_depth=99)
        async with Client(user_agent="simulated", transport=self.world) as client:
            pacing = Pacing(gap_s=lambda _: GAP_S)
            visitor = Visitor(
                client.fetch,
                self.read,
                scope,
                pacing,
                now=now,
                max_page_bytes=1_000_000,
                keeps_answers=self.has_archive,
                raises_defects=True,
            )
            frontier.add(Target(url=url, kind=LinkKind.SEED, seed=url) for url in self.world.seeds)
            ended = await run(
                frontier,
                visitor.visit,
                recorder,
                Stop(grace_s=30.0),
                Budget(None, tally),
                workers=4,
                max_wait_s=4000.0,
                commit=commit_here,
            )
        corpus.sync()
        return ended

    def _open(self) -> Frontier:
        if self.use_sqlite:
            return SqliteFrontier(self.folder / "state.db", self.ledger, now)
        self.memory = self.memory or MemoryFrontier(self.ledger, now)
        return self.memory

    def _read_on(self) -> None:
        """A reader that follows the files through all of it."""
        for name, reader in self.readers.items():
            self.seen[name] += [seq_of(line) for line in reader.read()]

    def _check_files(self) -> None:
        rows = {name: [msgspec.json.decode(line) for line in Follower(self.folder, name).read()] for name in SETS}
        articles = Counter(row["url"] for row in rows["articles"])
        edges = Counter((row["source"], row["target"]) for row in rows["links"] if row["kind"] == "related")
        assert articles == dict.fromkeys(self.world.articles, 1)
        assert edges == dict.fromkeys(self.world.edges, 1)
        self._check_manifest()
        if self.has_archive:
            pages = list(responses(self.folder / "archive"))
            assert not [page.url for page in pages if isinstance(page.result, Failure)], "torn archive records"
            assert {canonical_url(page.url) for page in pages} >= self.world.articles
        for name in SETS:
            written = [row["seq"] for row in rows[name]]
            assert written == sorted(set(written)), f"{name}: a seq twice or out of order"
            assert self.seen[name] == written, f"{name}: the reader saw something else"

    def _check_manifest(self) -> None:
        """Every segment but the last of its set is listed, as it lies there."""
        closed = [name for file_set in SETS for name in segments_of(self.folder, file_set)[:-1]]
        path = self.folder / "manifest.json"
        listed = msgspec.json.decode(path.read_bytes())["files"] if path.exists() else []
        contents = {str(name): (self.folder / str(name)).read_bytes() for name in closed}
        assert {row["file"]: (row["bytes"], row["sha256"]) for row in listed} == {
            name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in contents.items()
        }, "the manifest lies"

    def _check_politeness(self) -> None:
        by_site: dict[str, list[Asked]] = {}
        for asked in self.world.asked:
            assert asked.url not in self.world.forbidden, f"{asked.url} was asked"
            by_site.setdefault(asked.site, []).append(asked)
        for site, requests in by_site.items():
            knows_delay = False
            self._check_patience(site, requests)
            for before, asked in pairwise(requests):
                was_cut = before.end_s is None
                was_read = not was_cut and before.life == asked.life  # else the crash may have come before its release
                knows_delay |= was_read and before.url.endswith("/robots.txt")
                least_s = max(GAP_S, self.world.delays_s.get(site, 0.0) if knows_delay and was_read else 0.0)
                since_s = before.at_s if before.end_s is None else before.end_s
                if before.life != asked.life and not was_cut:
                    since_s = before.at_s  # its answer may have come in the very step of the crash
                assert asked.at_s >= since_s + least_s - 1e-6, f"{asked.url} came too soon"
                if was_read:
                    assert asked.at_s >= before.may_be_asked_at_s - 1e-6, f"{asked.url}: inside a Retry-After"

    def _check_patience(self, site: str, requests: list[Asked]) -> None:
        """No site that may be asked waits longer than its pauses, the waits it was told and the crashes explain."""
        told_s = sum(max(0.0, asked.may_be_asked_at_s - (asked.end_s or asked.at_s)) for asked in requests)
        pauses_s = len(requests) * (60.0 + self.world.delays_s.get(site, 0.0))  # strikes among them
        lasted_s = requests[-1].at_s - requests[0].at_s
        assert lasted_s <= told_s + pauses_s + self.down_s + 4000.0, f"{site} was left waiting"
