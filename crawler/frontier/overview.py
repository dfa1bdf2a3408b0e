"""What `state.db` holds, at a glance."""

import sqlite3

import msgspec

from crawler.frontier.contract import UrlLife, key_of
from crawler.frontier.rhythm import Rhythm
from crawler.frontier.tables import TARGET_COLUMNS, TARGET_WIDTH, target_of
from crawler.model.links import LinkKind
from crawler.model.work import Outcome, Target, UrlState

MOST_SITES = 20  # what a screen holds


class QueuedSite(msgspec.Struct, frozen=True):
    """A site with queued addresses."""

    site: str
    queued: int


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A feed, sitemap or section page: what is asked again for what is new."""

    url: str
    visited_at_unix_s: float | None
    poll_s: float | None  # None: it was never read
    due_at_unix_s: float | None
    outcome: str | None  # of its last visit
    why: str | None
    first_at_unix_s: float | None  # visit; None: it was read by a version that did not note it
    new_at_unix_s: float | None  # when it last named an address that nobody had named before
    gone_since_unix_s: float | None
    retired_at_unix_s: float | None
    rhythm: Rhythm | None  # None: last polled by a version that learned none


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Articles and edges written, and what is to be asked."""

    articles: int
    edges: int
    sites: tuple[QueuedSite, ...]  # those with the most queued addresses first
    listings: tuple[Listing, ...]


def read_overview(db: sqlite3.Connection) -> Overview:
    """Count and list; a few passes over the tables."""
    queued = "select site, count(*) from urls where state = 'queued' group by site order by 2 desc, 1 limit ?"
    return Overview(
        articles=int(db.execute("select count(*) from articles").fetchone()[0]),
        edges=int(db.execute("select count(*) from edges").fetchone()[0]),
        sites=tuple(QueuedSite(*row) for row in db.execute(queued, (MOST_SITES,))),
        listings=_listings(db),
    )


def next_due(db: sqlite3.Connection) -> tuple[str, float] | None:
    """The page that was read and is due again soonest, and when; None where none ever is."""
    query = (
        "select url, revisit_at from urls where state = 'done' and revisit_at is not null"
        " and (poll_s is not null or since_at is not null) order by revisit_at limit 1"
    )
    row = db.execute(query).fetchone()
    return None if row is None else (row[0], row[1])


def count_pages(db: sqlite3.Connection) -> dict[UrlState, int]:
    """How many pages are in each state."""
    found = dict(db.execute("select state, count(*) from urls where purpose = 'page' group by state"))
    return {state: found.get(state, 0) for state in UrlState}


def read_life(db: sqlite3.Connection, url: str) -> UrlLife | None:
    """See `contract.Frontier.why`."""
    row = db.execute(
        f"select {TARGET_COLUMNS}, state, attempts, outcome, why, due_at, visited_at from urls where key = ?",
        (key_of(Target(url=url, kind=LinkKind.SEED, seed=url)),),
    ).fetchone()
    if row is None:
        return None
    state, attempts, outcome, why, due_at, visited_at = row[TARGET_WIDTH:]
    return UrlLife(
        target=target_of(row),
        state=UrlState(state),
        attempts=attempts,
        outcome=None if outcome is None else Outcome(outcome),
        why=why,
        due_at_unix_s=due_at,
        visited_at_unix_s=visited_at,
    )


def _listings(db: sqlite3.Connection) -> tuple[Listing, ...]:
    query = (
        "select url, visited_at, poll_s, revisit_at, outcome, why, first_at, new_at, gone_since, retired_at, rhythm"
        " from urls left join sources using (key) left join rhythms using (key)"
        " where poll_s is not null or (first_at is not null and since_at is null and outcome != 'redirected')"
        " order by url"
    )
    listings = []
    for *row, blob in db.execute(query):
        rhythm = None if blob is None else msgspec.msgpack.decode(blob, type=Rhythm)
        listings.append(Listing(**dict(zip(Listing.__struct_fields__, (*row, rhythm), strict=True))))
    return tuple(listings)
