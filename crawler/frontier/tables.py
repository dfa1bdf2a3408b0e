"""The tables of `state.db`, and their rows as values."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from crawler.errors import FrontierError
from crawler.frontier.contract import MAX_CUTS, Group, HeldArticle, Known, Missing, site_of_target
from crawler.frontier.revisit import Plan, Revisits
from crawler.frontier.rhythm import LEAST_POLL_S, Rhythm, end_of_rest
from crawler.frontier.shapes import FREE, Judgement, barren_after, judged, may_be_trapped, shape_of
from crawler.model.links import LinkKind
from crawler.model.urls import origin_of
from crawler.model.work import FileLines, Outcome, Purpose, Target, Visit

STATE_VERSION = 2
SCHEMA = f"""
create table if not exists urls(
    n integer primary key, key blob not null unique, url text not null, site text not null, purpose text not null,
    kind text not null, seed text not null, depth integer not null, is_foreign integer not null, found_via text,
    chain text not null, origin text, promised_title text, promised_on text, front integer not null, fill_since real,
    state text not null, priority integer not null,
    due_at real not null, attempts integer not null default 0, cuts integer not null default 0, outcome text, why text,
    etag text, last_modified text, visited_at real, revisit_at real, poll_s real, since_at real);
create index if not exists urls_queued on urls(site, priority, n) where state = 'queued';
create index if not exists urls_leased on urls(n) where state = 'leased';
create index if not exists urls_revisit on urls(revisit_at) where state = 'done' and revisit_at is not null;
create index if not exists urls_foreign on urls(site) where is_foreign = 1;
create table if not exists rhythms(key blob primary key, rhythm blob not null, rests integer not null);
create table if not exists shapes(shape text primary key, barren integer not null) without rowid;
create table if not exists articles(
    id text primary key, url text not null, site text not null, version integer not null, text_digest text, title text,
    fetched_id text not null, story_id text, may_be_twin integer not null, first_seq integer not null) without rowid;
create index if not exists articles_text on articles(text_digest) where text_digest is not null;
create index if not exists articles_story on articles(story_id) where story_id is not null;
create table if not exists identities(id text primary key, same_as text not null) without rowid;
create table if not exists stories(id text primary key) without rowid;
create table if not exists missing(id text primary key, since real not null, is_told integer not null) without rowid;
create table if not exists sources(
    key blob primary key, first_at real not null, new_at real, gone_since real, gone_polls integer not null,
    retired_at real) without rowid;
create table if not exists forgotten(key blob primary key, at real not null) without rowid;
create table if not exists replacing(file text primary key) without rowid;
create table if not exists edges(key blob primary key, wording blob not null) without rowid;
create table if not exists files(name text primary key, length integer not null) without rowid;
create table if not exists outbox(last_seq integer not null, file text not null, start integer not null, content blob);
create table if not exists runs(run_id text primary key, made_by text not null, ended text);
create table if not exists counters(name text primary key, value integer not null) without rowid;
pragma user_version = {STATE_VERSION};
"""
ARTICLE_COLUMNS = ", ".join(HeldArticle.__struct_fields__)
TARGET_COLUMNS = (
    "url, kind, seed, depth, is_foreign, found_via, purpose, chain, origin, promised_title, promised_on, front,"
    " fill_since"
)
TARGET_WIDTH = TARGET_COLUMNS.count(",") + 1
PRIORITY_AGAIN = (  # listings first, for they know what is new; of articles the young, behind those of their depth
    "iif(poll_s is not null, iif(kind = 'sitemap', 0, -1), depth * 2 + 1"
    " + 2 * (coalesce(revisit_at - since_at, 0) > 86400) + 2 * (coalesce(revisit_at - since_at, 0) > 604800))"
)
AGAIN = (  # a page that was read is asked for once more
    "state = 'queued', due_at = min(coalesce(revisit_at, ?), ?), attempts = 0, cuts = 0, chain = '[]', front = 0,"
    f" priority = {PRIORITY_AGAIN}"
)
QUEUE_AGAIN = f"update urls set {AGAIN}"
DUE_AGAIN = {  # which of those that are done; each takes the time as its one parameter
    Revisits.NONE: "? < 0",
    Revisits.DUE: "revisit_at <= ? and (poll_s is not null or since_at is not null)",
    Revisits.LISTINGS: "revisit_at <= ? and poll_s is not null",
    Revisits.ALL: "(poll_s is not null or since_at is not null) and ? >= 0",
}
SEED_AGAIN = f"do update set {AGAIN} where state = 'done' and revisit_at <= ?"
FILL_AGAIN = (  # what is polled for its own sake is read as a whole
    f"do update set {AGAIN}, fill_since = iif(poll_s is null, excluded.fill_since, null)"
    " where state in ('done', 'dropped') and visited_at <= ?"
)
TO_FRONT = (
    "do update set url = excluded.url, state = 'queued', priority = excluded.priority, front = 1, attempts = 0,"
    " chain = excluded.chain, origin = excluded.origin, due_at = excluded.due_at"
    " where state = 'queued' or (origin is not null and state != 'leased')"
    " or (outcome = 'redirected' and url != excluded.url) or (state = 'done' and revisit_at <= ?)"
)
IN_AT_ONCE = 500  # variables of one `in (...)`; SQLite before 3.32 takes 999


def bring_up_to_date(db: sqlite3.Connection) -> None:
    """Make the tables, or give those of an earlier version what came since; that version can go on with them."""
    db.executescript(f"begin; {SCHEMA} commit")  # one sync for all tables, not one each: 0.2 s of a first run
    if not _is_up_to_date(db):
        db.execute("alter table urls add column fill_since real")


def _is_up_to_date(db: sqlite3.Connection) -> bool:
    return any(row[1] == "fill_since" for row in db.execute("pragma table_info(urls)"))


def check_version(db: sqlite3.Connection, path: Path, *, is_owned: bool) -> None:
    """Refuse a file whose tables are of another version.

    Raises:
        FrontierError: says which, and what to do.
    """
    (version,) = db.execute("pragma user_version").fetchone()
    if version > STATE_VERSION:
        raise FrontierError(f"{path} was written by a newer version of crawler (state {version}); update crawler")
    if 0 < version < STATE_VERSION:
        raise FrontierError(
            f"{path} is of an older version (state {version}); crawl into another folder: its files stay as they are"
        )
    if not is_owned and not _is_up_to_date(db):
        raise FrontierError(f"{path} is of an older version of crawler; crawl into it once, then ask again")


def target_columns(target: Target) -> tuple[object, ...]:
    """The values of `TARGET_COLUMNS`."""
    return (
        target.url,
        target.kind,
        target.seed,
        target.depth,
        target.foreign,
        target.found_via,
        target.purpose,
        json.dumps(target.chain) if target.chain else "[]",
        target.origin,
        target.promised_title,
        target.promised_on,
        target.front,
        target.fill_since_unix_s,
    )


def target_of(row: Sequence[Any]) -> Target:
    """The target of a row that begins with `TARGET_COLUMNS`."""
    url, kind, seed, depth, is_foreign, found_via, purpose, chain, origin, title, day, front, since = row[:TARGET_WIDTH]
    return Target(
        url=url,
        kind=LinkKind(kind),
        seed=seed,
        depth=depth,
        foreign=bool(is_foreign),
        found_via=found_via,
        purpose=Purpose(purpose),
        chain=tuple(json.loads(chain)),
        origin=origin,
        promised_title=title,
        promised_on=day,
        front=bool(front),
        fill_since_unix_s=since,
    )


def on_conflict(target: Target, now_unix_s: float) -> tuple[str, tuple[float, ...]]:
    """What becomes of a row that a target names again: the conflict clause, and its parameters.

    A known address stays as it is, but for three: what goes to the front is asked once more (a file of an origin, the
    other spelling that a redirect leads to, what is due), so is a seed that the user names again, when it is due, and a
    sitemap that has to fill a gap.
    """
    if target.fill_since_unix_s is not None:
        return FILL_AGAIN, (now_unix_s, now_unix_s, now_unix_s - LEAST_POLL_S)
    if target.front:
        return TO_FRONT, (now_unix_s,)
    if target.kind is LinkKind.SEED and target.found_via is None:
        return SEED_AGAIN, (now_unix_s,) * 3
    return "do nothing", ()


def stays_as_it_is(target: Target) -> bool:
    """Whether nothing becomes of a row that a target names again."""
    return on_conflict(target, 0.0)[0] == "do nothing"


def known_keys(db: sqlite3.Connection, keys: Sequence[bytes]) -> set[bytes]:
    """Those of the keys that have a row."""
    return {row[0] for row in _rows(db, "select key from urls where key in ({})", keys)}


def insert_target(
    db: sqlite3.Connection, key: bytes, target: Target, priority: int, judgement: Judgement, now_unix_s: float
) -> bool:
    """Write the row of a target; whether it is new, or changed what was there."""
    clause, parameters = on_conflict(target, now_unix_s)
    count = db.execute(
        f"insert into urls({TARGET_COLUMNS}, key, site, state, priority, due_at, outcome, why)"
        f" values({'?, ' * (TARGET_WIDTH + 6)}?) on conflict(key) {clause}",
        (
            *target_columns(target),
            key,
            site_of_target(target),
            judgement.state,
            priority + judgement.penalty,
            now_unix_s,
            judgement.outcome,
            judgement.why,
            *parameters,
        ),
    ).rowcount
    return count > 0


def judge(db: sqlite3.Connection, target: Target) -> Judgement:
    """What the shape of a new address says of it."""
    if not may_be_trapped(target):
        return FREE
    return judged(_barren(db, shape_of(target.url)))


def queue_again(db: sqlite3.Connection, revisits: Revisits, now_unix_s: float) -> int:
    """Queue what was read and is due again; how many."""
    again = db.execute(f"{QUEUE_AGAIN} where state = 'done' and {DUE_AGAIN[revisits]}", (now_unix_s,) * 3)
    return max(again.rowcount, 0)


def take_back_leases(db: sqlite3.Connection) -> int:
    """Queue again, behind the others, what was leased when a process died; drop what was so too often. How many."""
    dead = db.execute(
        "update urls set cuts = cuts + 1, state = iif(cuts + 1 < ?, 'queued', 'dropped'),"
        " priority = priority + iif(front, 0, 10000), outcome = iif(cuts + 1 < ?, outcome, 'crashed'),"
        " why = iif(cuts + 1 < ?, why, 'the process died each time it was visited') where state = 'leased'",
        (MAX_CUTS, MAX_CUTS, MAX_CUTS),
    ).rowcount
    return max(dead, 0)


def note_shape(db: sqlite3.Connection, visit: Visit) -> None:
    """Keep whether a visit to an address of its shape brought anything."""
    if not may_be_trapped(visit.lease.target):
        return
    shape = shape_of(visit.lease.target.url)
    barren = _barren(db, shape)
    if (after := barren_after(barren, visit)) != barren:
        db.execute("insert or replace into shapes values(?, ?)", (shape, after))


def plan_of(db: sqlite3.Connection, key: bytes) -> Plan:
    """When a URL is to be visited again."""
    query = "select revisit_at, poll_s, since_at from urls where key = ?"
    at, poll_s, since_at = db.execute(query, (key,)).fetchone()
    return Plan(at_unix_s=at, poll_s=poll_s, since_unix_s=since_at, rhythm=None if poll_s is None else _rhythm(db, key))


def keep_plan(db: sqlite3.Connection, key: bytes, plan: Plan) -> None:
    db.execute(
        "update urls set revisit_at = ?, poll_s = ?, since_at = ? where key = ?",
        (plan.at_unix_s, plan.poll_s, plan.since_unix_s, key),
    )
    if plan.rhythm is not None:
        encoded = msgspec.msgpack.encode(plan.rhythm)
        db.execute("insert or replace into rhythms values(?, ?, ?)", (key, encoded, plan.rhythm.wishes.rests))


def last_poll(db: sqlite3.Connection, key: bytes) -> tuple[bytes, float | None]:
    """The names of the items that a listing had when it was last polled, and when that was."""
    rhythm = _rhythm(db, key)
    return (b"", None) if rhythm is None else (rhythm.names, rhythm.at_unix_s)


def leave_resting(db: sqlite3.Connection, now_unix_s: float) -> None:
    """Put off the listings whose publishers want to be left alone in this hour or on this day."""
    for key, blob in db.execute("select key, rhythm from rhythms where rests").fetchall():
        until = end_of_rest(msgspec.msgpack.decode(blob, type=Rhythm).wishes, now_unix_s)
        if until > now_unix_s:
            db.execute(
                "update urls set revisit_at = max(revisit_at, ?),"
                " due_at = iif(state = 'queued', max(due_at, ?), due_at) where key = ?",
                (until, until, key),
            )


def _rhythm(db: sqlite3.Connection, key: bytes) -> Rhythm | None:
    row = db.execute("select rhythm from rhythms where key = ?", (key,)).fetchone()
    return None if row is None else msgspec.msgpack.decode(row[0], type=Rhythm)


def park_origin(db: sqlite3.Connection, visit: Visit) -> None:
    """Let all pages of an origin wait with the one that found its robots.txt unreachable."""
    if visit.outcome is not Outcome.ROBOTS_UNREACHABLE or visit.retry_at_unix_s is None:
        return
    prefix = f"{origin_of(visit.lease.target.url)}/"
    db.execute(
        "update urls set due_at = ? where site = ? and state = 'queued' and purpose = 'page' and due_at < ?"
        " and substr(url, 1, ?) = ?",
        (visit.retry_at_unix_s, visit.lease.site, visit.retry_at_unix_s, len(prefix), prefix),
    )


def _barren(db: sqlite3.Connection, shape: str) -> int:
    row = db.execute("select barren from shapes where shape = ?", (shape,)).fetchone()
    return 0 if row is None else int(row[0])


def learn(db: sqlite3.Connection, group: Group) -> None:
    """Write what a group's articles and links say, inside the caller's transaction."""
    db.executemany(
        f"insert into articles({ARTICLE_COLUMNS}, first_seq) values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " on conflict(id) do update set version = excluded.version, text_digest = excluded.text_digest,"
        " title = excluded.title, story_id = excluded.story_id, may_be_twin = excluded.may_be_twin",
        [(*(getattr(a, name) for name in HeldArticle.__struct_fields__), group.last_seq) for a in group.articles],
    )
    db.executemany("insert or replace into identities values(?, ?)", group.identities)
    db.executemany("insert or ignore into stories values(?)", [(story,) for story in group.stories])
    db.executemany("insert or replace into edges values(?, ?)", group.edges)
    db.executemany(
        "insert or replace into missing values(?, ?, ?)", [(m.id, m.since_unix_s, m.is_told) for m in group.missing]
    )
    db.executemany("delete from missing where id = ?", [(back,) for back in group.back])


def count_foreign(db: sqlite3.Connection, site: str) -> int:
    """How many articles of a site were queued that only a link from another site named."""
    query = "select count(*) from urls where site = ? and is_foreign = 1 and outcome is not 'redirected'"
    return int(db.execute(query, (site,)).fetchone()[0])


def counter(db: sqlite3.Connection, name: str) -> int:
    row = db.execute("select value from counters where name = ?", (name,)).fetchone()
    return 0 if row is None else int(row[0])


def let_go_of_lines(db: sqlite3.Connection, synced_seq: int) -> None:
    """Take out of the outbox what is synced."""
    db.execute("delete from outbox where last_seq <= ?", (synced_seq,))


def keep_lines(db: sqlite3.Connection, group: Group) -> None:
    """Put a group's lines into the outbox, and move the committed lengths."""
    for chunk in group.lines:
        db.execute("insert into outbox values(?, ?, ?, ?)", (group.last_seq, chunk.file, chunk.start, chunk.content))
        db.execute("insert or replace into files values(?, ?)", (chunk.file, chunk.start + len(chunk.content)))
    db.executemany("insert or replace into files values(?, ?)", group.archived.items())
    if group.last_seq:
        db.execute("insert or replace into counters values('last_seq', ?)", (group.last_seq,))


def known(db: sqlite3.Connection, ids: Sequence[str], digests: Sequence[str], edges: Sequence[bytes]) -> Known:
    """See `contract.Frontier.known`."""
    by_text = list(_articles(db, "text_digest", digests))  # the first written first
    return Known(
        articles={article.id: article for article in _articles(db, "id", ids)},
        twins={(a.site, a.text_digest): a for a in reversed(by_text) if a.may_be_twin and a.text_digest is not None},
        first_of_text={a.text_digest: a.id for a in reversed(by_text) if a.text_digest is not None},
        identities=dict(_rows(db, "select id, same_as from identities where id in ({})", ids)),
        stories=frozenset(row[0] for row in _rows(db, "select id from stories where id in ({})", ids)),
        by_story={a.story_id: a for a in _articles(db, "story_id", ids) if a.story_id is not None},
        missing={
            row[0]: Missing(id=row[0], since_unix_s=row[1], is_told=bool(row[2]))
            for row in _rows(db, "select id, since, is_told from missing where id in ({})", ids)
        },
        edges=dict(_rows(db, "select key, wording from edges where key in ({})", edges)),
    )


def _articles(db: sqlite3.Connection, column: str, values: Sequence[str]) -> Iterator[HeldArticle]:
    query = f"select {ARTICLE_COLUMNS} from articles where {column} in ({{}}) order by first_seq, id"
    for row in _rows(db, query, values):
        fields = dict(zip(HeldArticle.__struct_fields__, row, strict=True))
        yield HeldArticle(**{**fields, "may_be_twin": bool(fields["may_be_twin"])})


def _rows(db: sqlite3.Connection, query: str, values: Sequence[str] | Sequence[bytes]) -> Iterator[Any]:
    for start in range(0, len(values), IN_AT_ONCE):
        part = values[start : start + IN_AT_ONCE]
        width = min(1 << (len(part) - 1).bit_length(), IN_AT_ONCE)  # few widths, so that statements stay compiled
        yield from db.execute(query.format(", ".join("?" * width)), [*part, *[part[-1]] * (width - len(part))])


def files_of_folder(db: sqlite3.Connection) -> tuple[dict[str, int], list[FileLines]]:
    """The committed length of each file, and the lines that may not be in them yet."""
    lengths = dict(db.execute("select name, length from files"))
    rows = db.execute("select file, start, content from outbox order by rowid")
    return lengths, [FileLines(file=file, start=start, content=content) for file, start, content in rows]
