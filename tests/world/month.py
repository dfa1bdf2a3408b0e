"""A month of runs over the papers of `press.py`, with kills where asked, and what must hold of it.

The fixed yardstick beside it is arithmetic over the same papers: see `tests/bench/month.py`.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import trio
import trio.testing
from world.crash import CrashAtStep, ForgetfulDisk, PowerCut
from world.press import DAY_S, HOUR_S, Press
from world.web import EPOCH_UNIX_S, commit_here, now, read_here

from crawler.fetch.client import Client
from crawler.frontier.contract import Frontier
from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.revisit import Revisits
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.links import LinkKind
from crawler.model.work import Target
from crawler.running.record import Recorder
from crawler.running.run import Budget, Ended, Stop, run
from crawler.running.scope import Scope
from crawler.running.tally import Tally
from crawler.running.visit import Pacing, Visitor
from crawler.store.corpus import Corpus
from crawler.store.lines import Follower

RUN_EVERY_S = 6 * HOUR_S
DEADLINE_S = 20 * 60.0
GAP_S = 5.0
DAYS_AFTER = 3.0  # of runs after the last publication: what was overdue then is found
REVISITED_S = 30 * DAY_S  # how long articles are asked again, by the ladder and by the yardstick


class Cost(msgspec.Struct):
    """What a way of asking costs, and how fresh it is."""

    requests: Counter[str]
    bytes: int = 0
    not_modified: int = 0
    found_after_s: list[float] = []
    changed_after_s: list[float] = []  # of the changes that it saw
    missed: int = 0  # articles that it never found

    def of_new(self, number: float) -> float:
        """A number by article found."""
        return number / max(len(self.found_after_s) - self.missed, 1)


class Month:
    """The runs of some days, every six hours, each with a deadline.

    Args:
        kill_share: of the runs that die somewhere, in a task step or a write to the disk.
    """

    def __init__(self, seed: int, folder: Path, *, papers: int, days: float, kill_share: float = 0.0) -> None:
        self.press = Press(seed, papers=papers, days=days)
        self.days = days
        self.kills = 0
        self.gaps = 0
        self._folder = folder
        self._rng = random.Random(seed + 1)
        self._kill_share = kill_share
        self._ledger = MemoryLedger(gap_s=lambda _: GAP_S)

    def go(self) -> None:
        """Make all runs; the files lie in the folder after it."""
        scheduler: Any = trio._core._run  # Trio shuffles its tasks; a failure has to come again from its seed number
        scheduler._ALLOW_DETERMINISTIC_SCHEDULING = True
        scheduler._r.seed(self._rng.randrange(1 << 32))
        trio.run(self._runs, clock=trio.testing.MockClock(autojump_threshold=0))

    async def _runs(self) -> None:
        for n in range(int((self.days + DAYS_AFTER) * DAY_S / RUN_EVERY_S)):
            await trio.sleep_until(n * RUN_EVERY_S)
            await self._run(f"run-{n}", is_killed=self._rng.random() < self._kill_share)

    async def _run(self, run_id: str, *, is_killed: bool) -> None:
        """One process, from its start to its end or its death."""
        by_disk = self._rng.random() < 0.5
        disk = ForgetfulDisk(self._rng, cut_after=self._rng.randint(1, 60) if is_killed and by_disk else None)
        frontier = SqliteFrontier(self._folder / "state.db", self._ledger, now)
        scope = trio.CancelScope()
        crash = CrashAtStep(scope, int(2 ** self._rng.uniform(3, 11)) if is_killed and not by_disk else 0)
        trio.lowlevel.add_instrument(crash)
        corpus: Corpus | None = None
        ended: Ended | None = None
        try:
            with scope:
                begun = frontier.begin(run_id, "crawl", Revisits.DUE)
                corpus = Corpus(self._folder, disk)
                corpus.complete(begun.lengths, begun.outbox)
                ended = await self._crawl(frontier, corpus, run_id, begun.last_seq)
        except PowerCut:
            pass
        except BaseExceptionGroup as group:
            if group.split(PowerCut)[1] is not None:
                raise
        finally:
            trio.lowlevel.remove_instrument(crash)
            if corpus is not None:
                corpus.close()
        if ended is None:
            self.kills += 1
            frontier.abandon()
            disk.lose_unsynced()
        else:
            frontier.close()

    async def _crawl(self, frontier: Frontier, corpus: Corpus, run_id: str, last_seq: int) -> Ended:
        tally, kinds = Tally(), frozenset({LinkKind.RELATED})
        recorder = Recorder(frontier, corpus, tally, run_id=run_id, kinds=kinds, last_seq=last_seq)
        hosts = frozenset(paper.host for paper in self.press.papers)
        async with Client(user_agent="simulated", transport=self.press) as client:
            visitor = Visitor(
                client.fetch,
                read_here,
                Scope(sites=hosts, follow=kinds, max_depth=3),
                Pacing(gap_s=lambda _: GAP_S),
                now=now,
                max_page_bytes=1_000_000,
                raises_defects=True,
            )
            seeds = (paper.feed_url for paper in self.press.papers)
            frontier.add(Target(url=url, kind=LinkKind.SEED, seed=url) for url in seeds)
            stop = Stop(grace_s=30.0)
            stop.leasing.deadline = trio.current_time() + DEADLINE_S
            ended = await run(
                frontier,
                visitor.visit,
                recorder,
                stop,
                Budget(None, tally),
                workers=16,
                max_wait_s=600.0,
                commit=commit_here,
            )
        corpus.sync()
        self.gaps += sum(row.gaps for row in tally.source_rows())
        return ended

    def check(self) -> Cost:
        """What it cost; AssertionError where an article is missing, or a version is there twice."""
        lines = [msgspec.json.decode(line) for line in Follower(self._folder, "articles").read()]
        assert max(Counter((line["id"], line["version"]) for line in lines).values()) == 1, "a version twice"
        versions: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for line in lines:
            versions[line["url"]].append(line)
        missing = self.press.stories.keys() - versions.keys()
        assert not missing, f"{len(missing)} articles were never found, such as {sorted(missing)[:3]}"
        cost = Cost(requests=Counter(asked.kind for asked in self.press.asked))
        cost.bytes = sum(asked.bytes for asked in self.press.asked)
        cost.not_modified = sum(asked.status == 304 for asked in self.press.asked)
        for url, story in self.press.stories.items():
            texts = [line["text_digest"] for line in versions[url]]
            assert len(texts) == len(set(texts)), f"{url}: a text twice"
            assert [line["version"] for line in versions[url]] == list(range(1, len(texts) + 1)), f"{url}: versions"
            read_s = [_unix_s(line["fetched_at"]) - EPOCH_UNIX_S for line in versions[url]]
            cost.found_after_s.append(read_s[0] - story.published_s)
            cost.changed_after_s += _seen_after(story.changed_s, read_s)
        return cost

    def fixed(self, every_runs: int, again_runs: int) -> Cost:
        """The yardstick: all feeds every so many runs, each article again every so many for as long as our ladder.

        It knows validators, and is given robots.txt for nothing.
        """
        cost = Cost(requests=Counter())
        last_run = int((self.days + DAYS_AFTER) * DAY_S / RUN_EVERY_S)
        for paper in self.press.papers:
            found: dict[str, int] = {}
            feed = 0
            for n in range(0, last_run, every_runs):
                at_s = n * RUN_EVERY_S
                cost.requests["feed"] += 1
                if paper.is_down(at_s):
                    continue
                items = paper.items(at_s)
                tag = hash(tuple(story.url for story in items))
                if paper.has_validators and tag == feed:
                    cost.not_modified += 1
                else:
                    cost.bytes += len(self.press.feed_of(paper, at_s))
                feed = tag
                for story in items:
                    found.setdefault(story.url, n)
            for story in paper.stories:
                if (first := found.get(story.url)) is None:
                    cost.missed += 1
                    cost.found_after_s.append(math.inf)
                    continue
                cost.found_after_s.append(first * RUN_EVERY_S - story.published_s)
                last_s = min(story.published_s + REVISITED_S, (last_run - 1) * RUN_EVERY_S, story.deleted_s or 1e18)
                reads = [n * RUN_EVERY_S for n in range(first, last_run, again_runs) if n * RUN_EVERY_S <= last_s]
                reads = reads or [first * RUN_EVERY_S]
                size, held = len(self.press.page_of(paper, story, story.published_s)), -1
                changed_s = []
                for at_s in reads:
                    cost.requests["article"] += 1
                    version = story.version_at(at_s)
                    if version == held and paper.has_validators:
                        cost.not_modified += 1
                    else:
                        cost.bytes += size
                    if version != held:
                        changed_s.append(at_s)
                    held = version
                cost.changed_after_s += _seen_after(story.changed_s, changed_s)
        return cost

    def fixed_as_fresh_as(self, ours: Cost) -> tuple[int, int, Cost]:
        """The yardstick that asks most among those that are no fresher in the median; its intervals, in runs."""
        every = _shortest(lambda n: self.fixed(n, 10_000).found_after_s, ours.found_after_s)
        again = _shortest(lambda n: self.fixed(every, n).changed_after_s, ours.changed_after_s)
        return every, again, self.fixed(every, again)


def _shortest(after_s: Callable[[int], Sequence[float]], ours_s: Sequence[float]) -> int:
    ours_median_s = median(ours_s) if ours_s else 0.0
    return next((n for n in range(1, 29) if (found := after_s(n)) and median(found) >= ours_median_s), 28)


def _seen_after(changed_s: Sequence[float], read_s: Sequence[float]) -> list[float]:
    """Of each change after the first reading: how long until a version was read that has it."""
    return [
        next(at for at in read_s if at >= moment) - moment for moment in changed_s if read_s[0] < moment <= read_s[-1]
    ]


def _unix_s(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
