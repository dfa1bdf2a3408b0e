"""When each site may be asked, and the files that speak for it: `hosts.db`, which belongs to the machine, not to a run.

Apart from `state.db`, in short transactions of its own, so that two folders, or cron and a one-off run, keep one gap.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypedDict

import msgspec

from crawler.errors import FrontierError
from crawler.model.urls import origin_of
from crawler.model.work import ORIGIN_FILES, HostPace, OriginFile, Purpose, Target

LEDGER_VERSION = 2
DAY_S = 86_400.0
LATE_S = 10.0  # how long after its lease a request may leave: names, connecting and its retries take that long
POLL_S = 0.25  # how often a run looks whether another has given a site back, where the gap is less
HOLD_S = 120.0  # a request longer than any exchange: after it another run may ask even while the holder lives


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a site may be asked now; if so, it is held for the asker until `release`."""

    granted: bool
    until_unix_s: float = 0.0  # where refused: when to try again
    strikes: int = 0
    refusals: int = 0
    why: str | None = None


class Ledger(Protocol):
    """The politeness of all runs that share it."""

    def reserve(self, site: str, now_unix_s: float) -> Reservation: ...

    def release(self, site: str, pace: HostPace | None, now_unix_s: float) -> None:
        """Give the site back; without `pace` nothing was asked, and it may be asked at once."""
        ...

    def pause(self, site: str) -> tuple[float, str | None]:
        """When the site may be asked again, UTC seconds, and why it waits longer than its gap."""
        ...

    def file(self, purpose: Purpose, origin: str) -> OriginFile | None:
        """The robots.txt or tdmrep.json of an origin; None where it was never asked for."""
        ...

    def keep_file(self, purpose: Purpose, origin: str, file: OriginFile) -> None: ...

    def close(self) -> None: ...


class OriginFiles(TypedDict):
    """The files of its origin that a lease carries."""

    robots: OriginFile | None
    rights: OriginFile | None


def files_of(ledger: Ledger, target: Target) -> OriginFiles:
    """What is held of the files that speak for a target; those of a file's own origin where it is one."""
    origin = target.origin if target.purpose in ORIGIN_FILES else None
    if target.purpose is Purpose.PAGE:
        origin = origin_of(target.url)
    if origin is None:
        return OriginFiles(robots=None, rights=None)
    return OriginFiles(robots=ledger.file(Purpose.ROBOTS, origin), rights=ledger.file(Purpose.RIGHTS, origin))


class HostRow(msgspec.Struct, kw_only=True):
    """A site in the ledger, and the rules on its row."""

    gap_s: float  # the pause kept without strikes and Retry-After
    next_visit_at: float = 0.0
    strikes: int = 0
    refusals: int = 0
    why: str | None = None
    holder: str | None = None
    held_until: float = 0.0
    day: int = 0
    day_requests: int = 0
    at: float = 0.0  # when the row was written; in the future only where the clock was set back since

    def reserve(
        self, now_unix_s: float, *, owner: str, daily_cap: int | None, is_alive: Callable[[str], bool]
    ) -> Reservation:
        """Take the site for one request, where it may be asked now."""
        self._follow_clock(now_unix_s)
        today = int(now_unix_s // DAY_S)
        if self.holder not in (None, owner) and self.held_until > now_unix_s and is_alive(self.holder or ""):
            return Reservation(
                granted=False, until_unix_s=now_unix_s + max(self.gap_s, POLL_S), why="another run asks it"
            )
        if self.next_visit_at > now_unix_s:
            return Reservation(granted=False, until_unix_s=self.next_visit_at, why=self.why)
        if daily_cap is not None and self.day == today and self.day_requests >= daily_cap:
            why = f"{self.day_requests} requests today, the most that a site is asked in a day"
            return Reservation(granted=False, until_unix_s=(today + 1) * DAY_S, why=why)
        # until `release` the gap holds from when the request may leave: a run that dies in it leaves that behind
        late_s = min(LATE_S, 2 * self.gap_s)  # where the gap is short, the site is near
        self.next_visit_at, self.why, self.at = now_unix_s + self.gap_s + late_s, None, now_unix_s
        self.holder, self.held_until = owner, now_unix_s + HOLD_S
        self.day_requests = self.day_requests + 1 if self.day == today else 1
        self.day = today
        return Reservation(granted=True, strikes=self.strikes, refusals=self.refusals)

    def release(self, pace: HostPace | None, now_unix_s: float) -> None:
        """Give the site back; without `pace` nothing was asked of it."""
        self.holder, self.at = None, now_unix_s
        if pace is None:
            self.next_visit_at = min(self.next_visit_at, now_unix_s)
            self.day_requests = max(self.day_requests - 1, 0)
        else:
            self.next_visit_at, self.gap_s = pace.next_visit_at_unix_s, pace.gap_s
            self.strikes, self.refusals, self.why = pace.strikes, pace.refusals, pace.why

    def _follow_clock(self, now_unix_s: float) -> None:
        """Move what the row says to a clock that was set back, pauses and all."""
        if self.at > now_unix_s:
            self.next_visit_at -= self.at - now_unix_s
            self.held_until -= self.at - now_unix_s
            self.at = now_unix_s


class MemoryLedger:
    """A ledger that lasts as long as its owner: for tests and for archives, where nobody is there to be polite to."""

    def __init__(self, *, gap_s: Callable[[str], float] = lambda _: 5.0, daily_cap: int | None = None) -> None:
        self._rows: dict[str, HostRow] = {}
        self._files: dict[tuple[Purpose, str], OriginFile] = {}
        self._gap_s = gap_s
        self._daily_cap = daily_cap

    def reserve(self, site: str, now_unix_s: float) -> Reservation:
        row = self._rows.setdefault(site, HostRow(gap_s=self._gap_s(site)))
        return row.reserve(now_unix_s, owner="", daily_cap=self._daily_cap, is_alive=lambda _: False)

    def release(self, site: str, pace: HostPace | None, now_unix_s: float) -> None:
        self._rows[site].release(pace, now_unix_s)

    def pause(self, site: str) -> tuple[float, str | None]:
        row = self._rows.get(site)
        return (0.0, None) if row is None else (row.next_visit_at, row.why)

    def file(self, purpose: Purpose, origin: str) -> OriginFile | None:
        return self._files.get((purpose, origin))

    def keep_file(self, purpose: Purpose, origin: str, file: OriginFile) -> None:
        self._files[purpose, origin] = file

    def close(self) -> None:
        pass


class SqliteLedger:
    """A ledger that several runs share: a reservation is one `BEGIN IMMEDIATE` (measured p99 0.09 ms).

    Args:
        gap_s: of a site that was never asked, until its first visit ends.
        daily_cap: requests to a site in a day (UTC); None for no cap.
    """

    def __init__(self, path: Path, *, gap_s: Callable[[str], float], daily_cap: int | None) -> None:
        self._path = path
        self._gap_s = gap_s
        self._daily_cap = daily_cap
        self._owner = f"{boot_id()}:{os.getpid()}:{id(self):x}"  # two ledgers of one process are two runs
        with contextlib.ExitStack() as opened, self._told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10.0, check_same_thread=False)
            opened.callback(self.close)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")  # a power loss costs a pause, never a line
            (version,) = self._db.execute("pragma user_version").fetchone()
            if version > LEDGER_VERSION:
                raise FrontierError(f"{path} was written by a newer version of crawler; update, or name another ledger")
            if version < LEDGER_VERSION:  # an older one holds pauses, none longer than a day: it is begun anew
                self._db.executescript("drop table if exists hosts; drop table if exists robots")
            self._db.executescript(
                f"""
                create table if not exists hosts(
                    site text primary key, next_visit_at real not null, gap_s real not null, strikes integer not null,
                    refusals integer not null, why text, holder text, held_until real not null, day integer not null,
                    day_requests integer not null, at real not null) without rowid;
                create table if not exists files(
                    origin text not null, purpose text not null, text text, fetched_at_unix_s real not null,
                    expires_at_unix_s real not null, failures integer not null,
                    primary key(origin, purpose)) without rowid;
                pragma user_version = {LEDGER_VERSION};
                """
            )
            opened.pop_all()

    def reserve(self, site: str, now_unix_s: float) -> Reservation:
        with self._transaction():
            row = self._row(site)
            reservation = row.reserve(now_unix_s, owner=self._owner, daily_cap=self._daily_cap, is_alive=is_alive)
            self._keep(site, row)
        return reservation

    def release(self, site: str, pace: HostPace | None, now_unix_s: float) -> None:
        with self._transaction():
            row = self._row(site)
            row.release(pace, now_unix_s)
            self._keep(site, row)

    def pause(self, site: str) -> tuple[float, str | None]:
        with self._told():
            row = self._row(site)
        return row.next_visit_at, row.why

    def file(self, purpose: Purpose, origin: str) -> OriginFile | None:
        with self._told():
            row = self._db.execute(
                "select text, fetched_at_unix_s, expires_at_unix_s, failures from files"
                " where origin = ? and purpose = ?",
                (origin, purpose),
            ).fetchone()
        if row is None:
            return None
        return OriginFile(text=row[0], fetched_at_unix_s=row[1], expires_at_unix_s=row[2], failures=row[3])

    def keep_file(self, purpose: Purpose, origin: str, file: OriginFile) -> None:
        with self._transaction():
            self._db.execute(
                "insert or replace into files values(?, ?, ?, ?, ?, ?)",
                (origin, purpose, file.text, file.fetched_at_unix_s, file.expires_at_unix_s, file.failures),
            )

    def close(self) -> None:
        self._db.close()

    def _row(self, site: str) -> HostRow:
        found = self._db.execute(f"select {', '.join(HostRow.__struct_fields__)} from hosts where site = ?", (site,))
        row = found.fetchone()
        if row is None:
            return HostRow(gap_s=self._gap_s(site))
        return HostRow(**dict(zip(HostRow.__struct_fields__, row, strict=True)))

    def _keep(self, site: str, row: HostRow) -> None:
        self._db.execute(
            "insert or replace into hosts(site, {}) values(?{})".format(
                ", ".join(HostRow.__struct_fields__), ", ?" * len(HostRow.__struct_fields__)
            ),
            (site, *msgspec.structs.astuple(row)),
        )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told(), self._db:  # which commits, or rolls back what failed
            self._db.execute("begin immediate")
            yield

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise FrontierError(
                f"{self._path}: {error}; it holds when each site may be asked again: mend its folder's rights,"
                " or name another in [politeness] ledger"
            ) from error


class SharedLedgers:
    """The machine's ledger for the web, the output folder's own for hosts of allowed networks."""

    def __init__(self, open_machine: Callable[[], Ledger], local: Ledger, is_local: Callable[[str], bool]) -> None:
        self._open_machine = open_machine  # when the first public site is asked: a crawl of loopback needs none
        self._machine: Ledger | None = None
        self._local = local
        self._is_local = is_local

    def reserve(self, site: str, now_unix_s: float) -> Reservation:
        return self._of(site).reserve(site, now_unix_s)

    def release(self, site: str, pace: HostPace | None, now_unix_s: float) -> None:
        self._of(site).release(site, pace, now_unix_s)

    def pause(self, site: str) -> tuple[float, str | None]:
        return self._of(site).pause(site)

    def file(self, purpose: Purpose, origin: str) -> OriginFile | None:
        return self._of(origin).file(purpose, origin)

    def keep_file(self, purpose: Purpose, origin: str, file: OriginFile) -> None:
        self._of(origin).keep_file(purpose, origin, file)

    def close(self) -> None:
        if self._machine is not None:
            self._machine.close()
        self._local.close()

    def _of(self, site_or_origin: str) -> Ledger:
        if self._is_local(site_or_origin):
            return self._local
        if self._machine is None:
            self._machine = self._open_machine()
        return self._machine


def boot_id() -> str:
    """What tells one start of this machine from another; "" where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def is_alive(owner: str) -> bool:
    """Whether the process that a holder names still runs, on this boot of this machine."""
    boot, pid, _ = (*owner.split(":"), "", "")[:3]
    if boot != boot_id() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
