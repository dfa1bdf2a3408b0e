"""The embedded frontier: one SQLite file, which belongs to the run that holds the folder's lock.

Two connections: questions and leases are inline reads on one (13 to 19 us measured), the group commit writes on the
other, in the writer's thread. What a commit has not yet told the file is marked in memory.
"""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from crawler.errors import FrontierError
from crawler.frontier.contract import (
    FOREIGN_ARTICLES_A_SITE,
    Begun,
    Group,
    Known,
    UrlLife,
    key_of,
    priority_of,
    site_of_target,
    validators_after,
    wait_behind,
)
from crawler.frontier.erasure import Eraser, Tombstones, forgotten_at, read_tombstones
from crawler.frontier.ledger import Ledger, files_of
from crawler.frontier.overview import Overview, count_pages, next_due, read_life, read_overview
from crawler.frontier.revisit import Revisits, plan_revisit, state_after_plan
from crawler.frontier.schedule import Schedule
from crawler.frontier.sources import after_visit, keep_life, life_of, may_be_source, plan_of_source
from crawler.frontier.tables import (
    TARGET_COLUMNS,
    TARGET_WIDTH,
    bring_up_to_date,
    check_version,
    count_foreign,
    counter,
    files_of_folder,
    insert_target,
    judge,
    keep_lines,
    keep_plan,
    known,
    known_keys,
    last_poll,
    learn,
    leave_resting,
    let_go_of_lines,
    note_shape,
    park_origin,
    plan_of,
    queue_again,
    stays_as_it_is,
    take_back_leases,
    target_of,
)
from crawler.model.work import (
    POLICY,
    HostPace,
    Lease,
    OriginFile,
    Purpose,
    Target,
    UrlState,
    Visit,
    state_after,
)


class SqliteFrontier:
    """See `contract.Frontier`.

    Args:
        path: `state.db`, made where it is absent; opened for reading only where `is_owned` is false.
        now: the clock, UTC seconds.
    """

    def __init__(self, path: Path, ledger: Ledger, now: Callable[[], float], *, is_owned: bool = True) -> None:
        self._path = path
        self._ledger = ledger
        self._now = now
        self._lock = threading.Lock()  # over what the two threads share: schedule and marks, never over a transaction
        self._schedule = Schedule()
        self._marks: dict[bytes, bool] = {}  # leased and not settled; whether the file says so yet
        self._synced_seq = 0
        self._let_go_seq = -1  # up to there the outbox holds no lines
        self._tombstones = Tombstones()
        with contextlib.ExitStack() as opened, self._told():
            if not is_owned and not path.exists():
                raise FrontierError(f"{path}: there is none; crawl into this folder first, or name another with --out")
            mode = "rwc" if is_owned else _reading_mode(path)
            self._read = self._connect(mode, opened)
            check_version(self._read, path, is_owned=is_owned)
            self._write = self._read
            if is_owned:
                self._read.execute("pragma journal_mode = wal")
                bring_up_to_date(self._read)
                self._write = self._connect(mode, opened)
                self._write.execute("pragma synchronous = full")
            self._tombstones = read_tombstones(self._read)
            self._connections = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close; after an error leave the file as it is, for the next start to mend."""
        if kind is None:
            self.close()
        else:
            self.abandon()

    def begin(self, run_id: str, made_by: str, revisits: Revisits = Revisits.NONE) -> Begun:
        with self._transaction() as db:
            last = db.execute("select made_by, ended from runs order by rowid desc limit 1").fetchone()
            if last is not None and last[0] != made_by:
                raise FrontierError(
                    f"{self._path.parent} was made by `crawler {last[0]}`; `crawler {made_by}` wants its own"
                )
            dead = take_back_leases(db)
            db.execute("insert into runs values(?, ?, null)", (run_id, made_by))
            clock_back_s = max(0.0, counter(db, "clock") - self._now())
            db.execute("update urls set due_at = due_at - ? where state = 'queued'", (clock_back_s,))
            db.execute("update urls set revisit_at = revisit_at - ? where state = 'done'", (clock_back_s,))
            leave_resting(db, self._now())
            again = queue_again(db, revisits, self._now())
            lengths, outbox = files_of_folder(db)
            begun = Begun(
                previous=None if last is None else last[1] or "killed",
                last_seq=counter(db, "last_seq"),
                lengths=lengths,
                outbox=outbox,
                returned=dead,
                due_again=again,
                clock_back_s=clock_back_s,
            )
        with self._lock:
            for (site,) in self._read.execute("select distinct site from urls where state = 'queued'"):
                self._schedule.put(site, 0.0)
        return begun

    def add(self, targets: Iterable[Target]) -> int:
        with self._transaction() as db:
            added = self._insert(db, targets)
        self._announce(added)
        return len(added)

    async def lease(self, n: int) -> Sequence[Lease]:
        now = self._now()
        leases: list[Lease] = []
        with self._lock, self._told():
            while len(leases) < n and (site := self._schedule.pop_due(now)) is not None:
                if (lease := self._lease_of(site, now)) is not None:
                    leases.append(lease)
        return leases

    def release(self, lease: Lease, pace: HostPace | None, file: OriginFile | None = None) -> None:
        now = self._now()
        if file is not None and lease.target.origin is not None:
            self._ledger.keep_file(lease.target.purpose, lease.target.origin, file)
        self._ledger.release(lease.site, pace, now)
        with self._lock:
            self._schedule.put_back(lease.site, now if pace is None else pace.next_visit_at_unix_s)

    def settle(self, group: Group) -> None:
        settled = {visit.lease.key for visit in group.visits}
        with self._lock:
            unsaid = [key for key, is_said in self._marks.items() if not is_said and key not in settled]
        with self._transaction() as db:
            db.executemany(
                "update urls set state = 'leased' where key = ? and state = 'queued'", [(k,) for k in unsaid]
            )
            added = [target for visit in group.visits for target in self._settle_visit(db, visit)]
            self._cover(db, group.covered)
            learn(db, group)
            if (synced_seq := self._synced_seq) > self._let_go_seq:
                let_go_of_lines(db, synced_seq)
            keep_lines(db, group)
            db.execute("insert or replace into counters values('clock', ?)", (int(self._now()),))
            if group.ended is not None:
                db.execute("update runs set ended = ? where rowid = (select max(rowid) from runs)", (group.ended,))
        self._let_go_seq = synced_seq
        with self._lock:
            for key in unsaid:
                if key in self._marks:
                    self._marks[key] = True
            for visit in group.visits:
                self._marks.pop(visit.lease.key, None)
                if state_after(visit) is UrlState.QUEUED:
                    self._schedule.put(visit.lease.site, visit.retry_at_unix_s or self._now())
        self._announce(added)

    def known(self, ids: Iterable[str], digests: Iterable[str], edges: Iterable[bytes] = ()) -> Known:
        with self._told():
            return known(self._write, list(dict.fromkeys(ids)), list(dict.fromkeys(digests)), list(edges))

    def synced(self, last_seq: int) -> None:
        self._synced_seq = last_seq

    def due_in_s(self) -> float | None:
        with self._lock:
            next_at = self._schedule.next_at()
            if next_at is not None:
                return max(0.0, next_at - self._now())
            return float("inf") if self._marks or self._schedule.leases_out else None

    def counts(self) -> Mapping[UrlState, int]:
        with self._told():
            return count_pages(self._read)

    def overview(self) -> Overview:
        """What the file holds, for `crawler status`."""
        with self._told():
            return read_overview(self._read)

    def next_due(self) -> tuple[str, float] | None:
        """The page that was read and is due again soonest, and when."""
        with self._told():
            return next_due(self._read)

    def waiting(self) -> Sequence[tuple[str, float]]:
        with self._lock:
            return self._schedule.waiting()

    def why(self, url: str) -> UrlLife | None:
        with self._told():
            return read_life(self._read, url)

    def is_forgotten(self, address: str) -> bool:
        return self._tombstones.cover(address)

    def forgotten_at(self, url: str) -> float | None:
        """When an address was forgotten, UTC seconds; None where it was not."""
        with self._told():
            return forgotten_at(self._read, url)

    def eraser(self) -> Eraser:
        """What forgets in this file."""
        return Eraser(self._transaction, self._now)

    def close(self) -> None:
        """Leases that were not settled return to the queue: this end is no crash of theirs."""
        with self._told():
            if self._write is not self._read:
                self._write.execute("update urls set state = 'queued' where state = 'leased'")
                self._write.execute("pragma wal_checkpoint(truncate)")
        self.abandon()

    def abandon(self) -> None:
        """Close and write nothing, as after an error: what is leased is told apart at the next start."""
        self._connections.close()

    def _lease_of(self, site: str, now: float) -> Lease | None:
        """The next lease of a site that the schedule gave; None puts it back for later, or leaves it out if empty."""
        later: float | None = None
        for row in self._read.execute(
            f"select {TARGET_COLUMNS}, key, attempts, due_at, etag, last_modified, poll_s from urls"
            " where site = ? and state = 'queued' order by priority, n",
            (site,),
        ):
            key, attempts, due_at, etag, last_modified, poll_s = row[TARGET_WIDTH:]
            if key in self._marks:
                continue
            if due_at > now:
                later = due_at if later is None else min(later, due_at)
                continue
            reservation = self._ledger.reserve(site, now) if site else None  # "" asks nobody
            if reservation is not None and not reservation.granted:
                self._schedule.put(site, reservation.until_unix_s)
                return None
            target = target_of(row)
            names, polled_at = (b"", None) if poll_s is None else last_poll(self._read, key)
            self._marks[key] = False
            self._schedule.take_out(site)
            return Lease(
                target=target,
                key=key,
                site=site,
                attempt=attempts + 1,
                waited_s=max(0.0, now - due_at),
                etag=etag,
                last_modified=last_modified,
                names=names,
                polled_at_unix_s=polled_at,
                strikes=0 if reservation is None else reservation.strikes,
                refusals=0 if reservation is None else reservation.refusals,
                **files_of(self._ledger, target),
            )
        if later is not None:
            self._schedule.put(site, later)
        return None

    def _settle_visit(self, db: sqlite3.Connection, visit: Visit) -> list[Target]:
        """The row of a visit, and its targets; those that were new."""
        key, target, counts = visit.lease.key, visit.lease.target, POLICY[visit.outcome].max_attempts is not None
        if target.purpose is Purpose.FILE:
            self._insert(db, (target,))
        db.execute(
            "update urls set state = ?, attempts = attempts + ?, outcome = ?, why = ?, due_at = ?, visited_at = ?,"
            " etag = ?, last_modified = ? where key = ?",
            (
                state_after(visit),
                int(counts),
                visit.outcome,
                visit.why or visit.rule,
                visit.retry_at_unix_s or visit.at_unix_s,
                visit.at_unix_s,
                *validators_after(visit),
                key,
            ),
        )
        note_shape(db, visit)
        park_origin(db, visit)
        added = self._insert(db, visit.targets)
        plan = plan_revisit(visit, plan_of(db, key), added)
        life = after_visit(life_of(db, key) if may_be_source(visit, plan) else None, visit, plan, len(added))
        keep_life(db, key, life)
        plan = plan_of_source(plan, life, visit)
        keep_plan(db, key, plan)
        if (state := state_after_plan(visit, plan)) is not state_after(visit):  # else a hop may have queued it anew
            db.execute("update urls set state = ? where key = ?", (state, key))
        return added

    def _insert(self, db: sqlite3.Connection, targets: Iterable[Target]) -> list[Target]:
        """Queue what is new; the targets of the new rows. What goes to the front is asked anew where it was done."""
        added: list[Target] = []
        now, keyed = self._now(), [(key_of(target), target) for target in targets]
        held = known_keys(db, [key for key, _ in keyed])
        for place, (key, target) in enumerate(keyed):
            if (key in held and stays_as_it_is(target)) or self._tombstones.cover(target.url):
                continue
            is_counted = target.foreign and target.origin is None
            if is_counted and count_foreign(db, site_of_target(target)) >= FOREIGN_ARTICLES_A_SITE:
                continue
            judgement = judge(db, target)
            priority = priority_of(target) + wait_behind(target, place, now)
            is_changed = insert_target(db, key, target, priority, judgement, now)
            held.add(key)
            if is_changed and judgement.state is UrlState.QUEUED:
                added.append(target)
        return added

    def _cover(self, db: sqlite3.Connection, covered: Iterable[Target]) -> None:
        for target in covered:
            self._insert(db, (target,))
            db.execute(
                "update urls set state = 'done', outcome = 'duplicate', why = 'read under another address'"
                " where key = ? and state = 'queued'",
                (key_of(target),),
            )

    def _announce(self, added: Iterable[Target]) -> None:
        now = self._now()
        with self._lock:
            for target in added:
                self._schedule.put(site_of_target(target), now)

    def _connect(self, mode: str, opened: contextlib.ExitStack) -> sqlite3.Connection:
        """A connection that `opened` closes."""
        db = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=10.0,
            check_same_thread=False,
        )
        opened.callback(db.close)
        db.execute("pragma cache_size = -65536")  # 64 MiB: more was measured to gain nothing
        return db

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._told(), self._write:  # which commits, or rolls back what failed
            self._write.execute("begin immediate")
            yield self._write

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise FrontierError(f"{self._path}: {error}; nothing is lost, mend that and start again") from error
        except sqlite3.Error as error:
            raise FrontierError(
                f"{self._path}: {error}; starting again does not mend it: move the folder away, or restore state.db"
            ) from error


def _reading_mode(path: Path) -> str:
    """SQLite makes files beside the one that it reads; where none can be made, it must be told that nobody writes."""
    log = path.with_name(f"{path.name}-wal")
    is_written = os.access(path.parent, os.W_OK) or (log.exists() and log.stat().st_size > 0)
    return "ro" if is_written else "ro&immutable=1"
