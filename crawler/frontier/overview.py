"""What `state.db` holds, at a glance."""

import sqlite3

import msgspec

from crawler.frontier.rhythm import Rhythm

MOST_SITES = 20  # what a screen holds


class QueuedSite(msgspec.Struct, frozen=True):
    """A site with queued addresses."""

    site: str
    queued: int


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A feed, sitemap or section page: what is asked again for what is new."""

    url: str
    visited_at_unix_s: float | None
    poll_s: float
    due_at_unix_s: float | None
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
    listings = (
        "select url, visited_at, poll_s, revisit_at, rhythm from urls left join rhythms using (key)"
        " where poll_s is not null order by url"
    )
    return Overview(
        articles=int(db.execute("select count(*) from articles").fetchone()[0]),
        edges=int(db.execute("select count(*) from edges").fetchone()[0]),
        sites=tuple(QueuedSite(*row) for row in db.execute(queued, (MOST_SITES,))),
        listings=tuple(_listing(*row) for row in db.execute(listings)),
    )


def _listing(url: str, visited_at: float | None, poll_s: float, due_at: float | None, rhythm: bytes | None) -> Listing:
    return Listing(
        url=url,
        visited_at_unix_s=visited_at,
        poll_s=poll_s,
        due_at_unix_s=due_at,
        rhythm=None if rhythm is None else msgspec.msgpack.decode(rhythm, type=Rhythm),
    )
