"""The frontier in memory: the contract at its plainest, for tests and as the reference of the others."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from crawler.errors import FrontierError
from crawler.frontier.contract import (
    FOREIGN_ARTICLES_A_SITE,
    MAX_CUTS,
    Begun,
    Group,
    HeldArticle,
    Known,
    Missing,
    UrlLife,
    key_of,
    priority_of,
    site_of_target,
    validators_after,
    wait_behind,
)
from crawler.frontier.ledger import Ledger, files_of
from crawler.frontier.revisit import Plan, Revisits, plan_revisit, state_after_plan
from crawler.frontier.rhythm import LEAST_POLL_S, end_of_rest
from crawler.frontier.schedule import Schedule
from crawler.frontier.shapes import barren_after, judged, may_be_trapped, shape_of
from crawler.frontier.sources import SourceLife, after_visit, plan_of_source
from crawler.model.links import LinkKind
from crawler.model.urls import origin_of
from crawler.model.work import (
    POLICY,
    FileLines,
    HostPace,
    Lease,
    OriginFile,
    Outcome,
    Purpose,
    Target,
    UrlState,
    Visit,
    state_after,
)


class _Row(msgspec.Struct, kw_only=True):
    target: Target
    site: str
    n: int
    state: UrlState = UrlState.QUEUED
    due_at: float = 0.0
    attempts: int = 0
    cuts: int = 0
    penalty: int = 0
    outcome: Outcome | None = None
    why: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    visited_at: float | None = None
    plan: Plan = Plan(at_unix_s=None)
    life: SourceLife | None = None

    @property
    def order(self) -> tuple[int, int]:
        return priority_of(self.target, self.cuts) + self.penalty, self.n


class MemoryFrontier:
    """See `contract.Frontier`. What it holds dies with it, but `begin` may be called again as after a crash."""

    def __init__(self, ledger: Ledger, now: Callable[[], float]) -> None:
        self._ledger = ledger
        self._now = now
        self._rows: dict[bytes, _Row] = {}
        self._by_site: dict[str, set[bytes]] = {}
        self._n = itertools.count()
        self._schedule = Schedule()
        self._articles: dict[str, HeldArticle] = {}  # in the order first written
        self._identities: dict[str, str] = {}
        self._stories: set[str] = set()
        self._shapes: dict[str, int] = {}
        self._edges: dict[bytes, bytes] = {}
        self._missing: dict[str, Missing] = {}
        self._outbox: list[tuple[int, FileLines]] = []
        self._lengths: dict[str, int] = {}
        self._last_seq = 0
        self._synced_seq = 0
        self._clock = 0  # of the last commit
        self._runs: list[tuple[str, str | None]] = []

    def begin(self, run_id: str, made_by: str, revisits: Revisits = Revisits.NONE) -> Begun:
        if self._runs and self._runs[-1][0] != made_by:
            raise FrontierError(f"it was made by `crawler {self._runs[-1][0]}`; `crawler {made_by}` wants its own")
        previous = (self._runs[-1][1] or "killed") if self._runs else None
        returned = [row for row in self._rows.values() if row.state is UrlState.LEASED]
        for row in returned:
            row.cuts += 1
            row.state = UrlState.QUEUED
            if row.cuts >= MAX_CUTS:
                row.state, row.outcome = UrlState.DROPPED, Outcome.CRASHED
                row.why = "the process died each time it was visited"
        self._runs.append((made_by, None))
        clock_back_s = max(0.0, self._clock - self._now())
        self._leave_resting()
        again = [row for row in self._rows.values() if self._is_due_again(row, revisits, clock_back_s)]
        for row in again:
            self._queue_again(row)
        self._schedule = Schedule()
        for row in self._rows.values():
            if row.state is UrlState.QUEUED:
                row.due_at -= clock_back_s
                self._schedule.put(row.site, 0.0)
        return Begun(
            previous=previous,
            last_seq=self._last_seq,
            lengths=dict(self._lengths),
            outbox=[chunk for _, chunk in self._outbox],
            returned=len(returned),
            due_again=len(again),
            clock_back_s=clock_back_s,
        )

    def add(self, targets: Iterable[Target]) -> int:
        return sum(self._insert(target, place) for place, target in enumerate(targets))

    async def lease(self, n: int) -> Sequence[Lease]:
        now = self._now()
        leases: list[Lease] = []
        while len(leases) < n and (site := self._schedule.pop_due(now)) is not None:
            if (lease := self._lease_of(site, now)) is not None:
                leases.append(lease)
        return leases

    def release(self, lease: Lease, pace: HostPace | None, file: OriginFile | None = None) -> None:
        now = self._now()
        if file is not None and lease.target.origin is not None:
            self._ledger.keep_file(lease.target.purpose, lease.target.origin, file)
        self._ledger.release(lease.site, pace, now)
        self._schedule.put_back(lease.site, now if pace is None else pace.next_visit_at_unix_s)

    def settle(self, group: Group) -> None:
        for visit in group.visits:
            settled = self._settle_visit(visit)
            added = [target for place, target in enumerate(visit.targets) if self._insert(target, place)]
            plan = plan_revisit(visit, settled.plan, added)
            settled.life = after_visit(settled.life, visit, plan, len(added)) or settled.life
            settled.plan = plan_of_source(plan, settled.life, visit)
            if (state := state_after_plan(visit, settled.plan)) is not state_after(visit):  # else a hop may have
                settled.state = state  # queued it anew
        for target in group.covered:
            self._insert(target)
            if (row := self._rows.get(key_of(target))) is not None and row.state is UrlState.QUEUED:
                row.state, row.outcome, row.why = UrlState.DONE, Outcome.DUPLICATE, "read under another address"
        for article in group.articles:
            self._articles[article.id] = article
        self._identities.update(group.identities)
        self._stories.update(group.stories)
        self._edges.update(group.edges)
        self._missing.update({missing.id: missing for missing in group.missing})
        for back in group.back:
            self._missing.pop(back, None)
        self._outbox = [kept for kept in self._outbox if kept[0] > self._synced_seq]
        for chunk in group.lines:
            self._outbox.append((group.last_seq, chunk))
            self._lengths[chunk.file] = chunk.start + len(chunk.content)
        self._lengths.update(group.archived)
        self._last_seq = group.last_seq or self._last_seq
        self._clock = int(self._now())
        if group.ended is not None:
            self._runs[-1] = (self._runs[-1][0], group.ended)

    def known(self, ids: Iterable[str], digests: Iterable[str], edges: Iterable[bytes] = ()) -> Known:
        ids, digests = set(ids), set(digests)
        of_text = [a for a in reversed(self._articles.values()) if a.text_digest in digests]
        return Known(
            articles={i: self._articles[i] for i in ids if i in self._articles},
            twins={(a.site, a.text_digest): a for a in of_text if a.may_be_twin and a.text_digest is not None},
            first_of_text={a.text_digest: a.id for a in of_text if a.text_digest is not None},
            identities={i: self._identities[i] for i in ids if i in self._identities},
            stories=frozenset(ids & self._stories),
            by_story={a.story_id: a for a in self._articles.values() if a.story_id is not None and a.story_id in ids},
            missing={i: self._missing[i] for i in ids if i in self._missing},
            edges={key: self._edges[key] for key in edges if key in self._edges},
        )

    def synced(self, last_seq: int) -> None:
        self._synced_seq = last_seq

    def due_in_s(self) -> float | None:
        if (next_at := self._schedule.next_at()) is not None:
            return max(0.0, next_at - self._now())
        is_out = self._schedule.leases_out or any(row.state is UrlState.LEASED for row in self._rows.values())
        return float("inf") if is_out else None

    def counts(self) -> Mapping[UrlState, int]:
        pages = [row.state for row in self._rows.values() if row.target.purpose is Purpose.PAGE]
        return {state: pages.count(state) for state in UrlState}

    def waiting(self) -> Sequence[tuple[str, float]]:
        return self._schedule.waiting()

    def why(self, url: str) -> UrlLife | None:
        row = self._rows.get(key_of(Target(url=url, kind=LinkKind.SEED, seed=url)))
        if row is None:
            return None
        return UrlLife(
            target=row.target,
            state=row.state,
            attempts=row.attempts,
            outcome=row.outcome,
            why=row.why,
            due_at_unix_s=row.due_at,
            visited_at_unix_s=row.visited_at,
        )

    def is_forgotten(self, address: str) -> bool:
        return False  # it dies with its process, and forgets all

    def close(self) -> None:
        for row in self._rows.values():
            if row.state is UrlState.LEASED:
                row.state = UrlState.QUEUED

    def abandon(self) -> None:
        pass

    def _lease_of(self, site: str, now: float) -> Lease | None:
        queued = [self._rows[key] for key in self._by_site.get(site, ()) if self._rows[key].state is UrlState.QUEUED]
        due = [row for row in queued if row.due_at <= now]
        if not due:
            if queued:
                self._schedule.put(site, min(row.due_at for row in queued))
            return None
        row = min(due, key=lambda row: row.order)
        reservation = self._ledger.reserve(site, now)
        if not reservation.granted:
            self._schedule.put(site, reservation.until_unix_s)
            return None
        row.state = UrlState.LEASED
        self._schedule.take_out(site)
        return Lease(
            target=row.target,
            key=key_of(row.target),
            site=site,
            attempt=row.attempts + 1,
            waited_s=max(0.0, now - row.due_at),
            etag=row.etag,
            last_modified=row.last_modified,
            names=b"" if row.plan.rhythm is None else row.plan.rhythm.names,
            polled_at_unix_s=None if row.plan.rhythm is None else row.plan.rhythm.at_unix_s,
            strikes=reservation.strikes,
            refusals=reservation.refusals,
            **files_of(self._ledger, row.target),
        )

    def _is_due_again(self, row: _Row, revisits: Revisits, clock_back_s: float) -> bool:
        if row.state is not UrlState.DONE:
            return False
        if row.plan.at_unix_s is not None and clock_back_s:
            row.plan = msgspec.structs.replace(row.plan, at_unix_s=row.plan.at_unix_s - clock_back_s)
        if revisits is Revisits.ALL:
            return row.plan.poll_s is not None or row.plan.since_unix_s is not None
        is_due = self._is_due(row)
        is_planned = row.plan.poll_s is not None or row.plan.since_unix_s is not None
        return is_due and (
            (revisits is Revisits.DUE and is_planned) or (revisits is Revisits.LISTINGS and row.plan.poll_s is not None)
        )

    def _is_due(self, row: _Row) -> bool:
        return row.plan.at_unix_s is not None and row.plan.at_unix_s <= self._now()

    def _leave_resting(self) -> None:
        now = self._now()
        for row in self._rows.values():
            if row.plan.rhythm is not None and (until := end_of_rest(row.plan.rhythm.wishes, now)) > now:
                at = max(row.plan.at_unix_s or 0.0, until)
                row.plan = msgspec.structs.replace(row.plan, at_unix_s=at)
                row.due_at = max(row.due_at, until) if row.state is UrlState.QUEUED else row.due_at

    def _fill_again(self, row: _Row, target: Target) -> bool:
        if row.state not in (UrlState.DONE, UrlState.DROPPED) or (row.visited_at or 0.0) > self._now() - LEAST_POLL_S:
            return False
        self._queue_again(row)
        since = target.fill_since_unix_s if row.plan.poll_s is None else None
        row.target = msgspec.structs.replace(row.target, fill_since_unix_s=since)
        self._schedule.put(row.site, row.due_at)
        return True

    def _queue_again(self, row: _Row) -> None:
        row.state, row.attempts, row.cuts, row.due_at = (
            UrlState.QUEUED,
            0,
            0,
            min(row.plan.at_unix_s or self._now(), self._now()),
        )
        row.target = msgspec.structs.replace(row.target, front=False, chain=())
        if row.plan.poll_s is not None:
            row.penalty = (0 if row.target.kind is LinkKind.SITEMAP else -1) - priority_of(row.target)
        else:
            rung_s = (row.plan.at_unix_s or 0.0) - (row.plan.since_unix_s or row.plan.at_unix_s or 0.0)
            row.penalty = 1 + 2 * (rung_s > 86_400.0) + 2 * (rung_s > 604_800.0)

    def _settle_visit(self, visit: Visit) -> _Row:
        if visit.lease.target.purpose is Purpose.FILE:
            self._insert(visit.lease.target)
        row = self._rows[visit.lease.key]
        if visit.outcome is Outcome.ROBOTS_UNREACHABLE and visit.retry_at_unix_s is not None:
            prefix = f"{origin_of(row.target.url)}/"
            for other in map(self._rows.__getitem__, self._by_site[row.site]):
                if other.target.purpose is Purpose.PAGE and other.target.url.startswith(prefix):
                    other.due_at = max(other.due_at, visit.retry_at_unix_s)
        if may_be_trapped(row.target):
            shape = shape_of(row.target.url)
            self._shapes[shape] = barren_after(self._shapes.get(shape, 0), visit)
        row.state = state_after(visit)
        row.attempts += POLICY[visit.outcome].max_attempts is not None
        row.outcome, row.why = visit.outcome, visit.why or visit.rule
        row.due_at, row.visited_at = visit.retry_at_unix_s or visit.at_unix_s, visit.at_unix_s
        row.etag, row.last_modified = validators_after(visit)
        if row.state is UrlState.QUEUED:
            self._schedule.put(row.site, row.due_at)
        return row

    def _insert(self, target: Target, place: int = 0) -> bool:
        key, site = key_of(target), site_of_target(target)
        row = self._rows.get(key)
        if row is not None:
            is_file_again = row.target.origin is not None and row.state is not UrlState.LEASED
            is_respelt = row.outcome is Outcome.REDIRECTED and row.target.url != target.url
            is_due = row.state is UrlState.DONE and self._is_due(row)
            if target.fill_since_unix_s is not None:
                return self._fill_again(row, target)
            if is_due and not target.front and target.kind is LinkKind.SEED and target.found_via is None:
                self._queue_again(row)
                self._schedule.put(site, row.due_at)
                return True
            if not target.front or not (row.state is UrlState.QUEUED or is_file_again or is_respelt or is_due):
                return False
            row.state, row.attempts, row.due_at = UrlState.QUEUED, 0, self._now()
            row.target = msgspec.structs.replace(
                row.target, url=target.url, front=True, chain=target.chain, origin=target.origin
            )
        else:
            others = (self._rows[other] for other in self._by_site.get(site, ()))
            foreign = sum(row.target.foreign and row.outcome is not Outcome.REDIRECTED for row in others)
            if target.foreign and target.origin is None and foreign >= FOREIGN_ARTICLES_A_SITE:
                return False
            barren = self._shapes.get(shape_of(target.url), 0) if may_be_trapped(target) else 0
            judgement = judged(barren)
            self._rows[key] = _Row(
                target=target,
                site=site,
                n=next(self._n),
                due_at=self._now(),
                state=judgement.state,
                penalty=judgement.penalty + wait_behind(target, place, self._now()),
                outcome=judgement.outcome,
                why=judgement.why,
            )
            self._by_site.setdefault(site, set()).add(key)
            if judgement.state is UrlState.DROPPED:
                return False
        self._schedule.put(site, self._now())
        return True
