"""The life of one address: who linked it, what became of it and why, where its record lies. Read beside a run."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from crawler.errors import ConfigError
from crawler.frontier.contract import UrlLife
from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.links import LinkKind
from crawler.model.urls import canonical_url, resolve_url, url_id
from crawler.model.work import UrlState
from crawler.running.decide import rfc3339
from crawler.running.lock import check_is_crawled
from crawler.store.lines import Follower

_Row = TypeVar("_Row")


class LinkedBy(msgspec.Struct, frozen=True):
    """An edge that leads to the address."""

    source: str | None
    target_id: str
    kind: LinkKind
    heading: str | None
    seen_at: str


class Attempt(msgspec.Struct, frozen=True):
    """A visit, or the refusal of one."""

    url: str
    at: str
    outcome: str
    why: str | None
    rule: str | None
    status: int | None
    ms: int | None
    waited_s: float
    attempt: int
    pause_s: float | None = None
    pause_why: str | None = None


class Written(msgspec.Struct, frozen=True):
    """A record of the article."""

    id: str
    version: int
    seq: int
    fetched_at: str
    title: str | None


class Presence(msgspec.Struct, frozen=True):
    """That the page of the article went away, or came back."""

    id: str
    gone: bool
    status: int | None
    missing_since: str
    seen_at: str


class SameAs(msgspec.Struct, frozen=True):
    """What another name of the article says."""

    id: str
    same_as: str
    why: str
    url: str | None
    same_as_url: str | None


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """All that a folder knows of an address."""

    url: str
    id: str
    state: UrlLife | None  # None: never heard of, or forgotten
    forgotten_at: str | None  # null: nobody had it forgotten
    linked_by: tuple[LinkedBy, ...]
    attempts: tuple[Attempt, ...]
    aliases: tuple[SameAs, ...]
    records: tuple[Written, ...]
    presence: tuple[Presence, ...]


def read_life(folder: Path, address: str) -> Life:
    """Gather the life of an address from the state and the files of a folder.

    Raises:
        ConfigError: it is no address, or there is no crawl in the folder.
    """
    check_is_crawled(folder)
    if (resolved := resolve_url(address)) is None:
        raise ConfigError(f"{address} is no address of the web; write https://host/path")
    url, own_id = canonical_url(resolved), url_id(resolved)
    with SqliteFrontier(folder / "state.db", MemoryLedger(), lambda: 0.0, is_owned=False) as frontier:
        state, forgotten_at = frontier.why(url), frontier.forgotten_at(url)
    aliases = tuple(alias for alias in _rows(folder, "aliases", SameAs) if own_id in (alias.id, alias.same_as))
    ids = {own_id, *(alias.same_as for alias in aliases)}
    return Life(
        url=url,
        id=own_id,
        state=state,
        forgotten_at=None if forgotten_at is None else rfc3339(forgotten_at),
        linked_by=tuple(edge for edge in _rows(folder, "links", LinkedBy) if edge.target_id == own_id),
        attempts=tuple(visit for visit in _rows(folder, "visits", Attempt) if _is_visit_of(visit.url, url)),
        aliases=aliases,
        records=tuple(record for record in _rows(folder, "articles", Written) if record.id in ids),
        presence=tuple(change for change in _rows(folder, "gone", Presence) if change.id in ids),
    )


def life_text(life: Life) -> str:
    """A life for a person, from its beginning to its end."""
    lines = [f"{life.url}", f"  id        {life.id}"]
    if life.forgotten_at is not None:
        lines.append(f"  forgotten on {life.forgotten_at[:10]}: nothing of it is kept, and it is never asked for again")
    elif life.state is None:
        lines.append("  unknown: no page, feed or seed of this folder named it as something to follow")
    for edge in life.linked_by:
        heading = f" under {edge.heading!r}" if edge.heading else ""
        lines.append(f"  linked    {edge.seen_at}  {edge.kind} of {edge.source or 'the seeds'}{heading}")
    for visit in life.attempts:
        said = ", ".join(part for part in (visit.rule, visit.why) if part)
        status = f" {visit.status}" if visit.status is not None else ""
        took = f" in {visit.ms} ms" if visit.ms is not None else ", nothing was asked"
        lines.append(
            f"  visit {visit.attempt}   {visit.at}  {visit.outcome}{status}{took}, after waiting {visit.waited_s:.0f} s"
            + (f": {said}" if said else "")
        )
        if visit.pause_s is not None:
            why = f": {visit.pause_why}" if visit.pause_why else ""
            lines.append(f"  pause     its site was left alone for {visit.pause_s:.1f} s{why}")
    for alias in life.aliases:
        lines.append(
            f"  alias     {alias.url or alias.id} is the same as {alias.same_as_url or alias.same_as} ({alias.why})"
        )
    for record in life.records:
        lines.append(f"  record    articles.jsonl, seq {record.seq}: version {record.version}, {record.title!r}")
    for change in life.presence:
        became = f"gone, missing since {change.missing_since}" if change.gone else "back"
        lines.append(f"  page      {change.seen_at}  {became} (status {change.status})")
    if life.state is not None:
        target, state = life.state.target, str(life.state.state)
        if life.state.state is UrlState.QUEUED:
            due = datetime.fromtimestamp(life.state.due_at_unix_s, UTC)
            state = f"queued, due at {due:%Y-%m-%d %H:%M:%S} UTC or when its site may be asked"
        lines.append(f"  now       {state}; {target.depth} hops from {target.seed}")
    return "\n".join(lines)


def _is_visit_of(visited: str, url: str) -> bool:
    """Whether a visit was to that address, in whatever spelling; cheap for the many that were not."""
    return visited == url or (visited[:24] == url[:24] and canonical_url(visited) == url)


def _rows(folder: Path, file_set: str, row: type[_Row]) -> Iterator[_Row]:
    return (read for read, _ in Follower(folder, file_set).rows(row))
