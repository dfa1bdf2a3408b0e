"""What an output folder holds, read beside a run or without one."""

from collections import deque
from pathlib import Path
from typing import Any

import msgspec

from crawler.frontier.ledger import Ledger
from crawler.frontier.overview import Listing
from crawler.frontier.rhythm import NAME_BYTES, expected_items
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.records import FILE_OF, AilingSource
from crawler.model.work import UrlState
from crawler.running.decide import rfc3339
from crawler.running.lock import check_is_crawled
from crawler.running.sources import ailing_sources, source_text
from crawler.store.lines import Follower, segments_of


class FileStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A segment of a file set."""

    file: str
    bytes: int


class SiteStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A site with queued addresses."""

    site: str
    queued: int
    may_be_asked_at: str | None  # null: now
    why: str | None  # it waits longer than its gap


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A feed, sitemap or section page, and what is known of its habits."""

    url: str
    last_visit: str | None
    interval_s: float | None  # null: it was never read
    due_at: str | None
    listed: int  # items at the last poll, 1,000 at most
    new: int  # addresses that it brought and nobody had named before
    expected_a_day: float | None  # of those; null before its first poll
    expected_when_due: float | None
    last_new_at: str | None
    gaps: int  # polls that shared no item with the one before: some may have come and gone between
    least_interval_s: float | None  # what its publisher asks for
    ailing: AilingSource | None  # what is wrong with it; null: nothing


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """An output folder at a glance."""

    folder: str
    articles: int
    edges: int
    urls: dict[str, int]  # by state
    sites: tuple[SiteStatus, ...]  # those with the most queued addresses
    sources: tuple[SourceStatus, ...]
    files: tuple[FileStatus, ...]
    last_run: dict[str, Any] | None  # its line of runs.jsonl; None where no run has ended


def read_status(folder: Path, ledger: Ledger, now_unix_s: float, silent_days: int = 30) -> Status:
    """Read the state of a folder without its lock.

    Args:
        ledger: that says when sites may be asked.
        silent_days: after which a source that names nothing new is told.

    Raises:
        ConfigError: there is no crawl in the folder.
        FrontierError: its state cannot be read.
    """
    check_is_crawled(folder)
    with SqliteFrontier(folder / "state.db", ledger, lambda: now_unix_s, is_owned=False) as frontier:
        counts, found = frontier.counts(), frontier.overview()
    sets = [name.removesuffix(".jsonl") for name in FILE_OF.values()]
    names = [str(segment) for file_set in sets for segment in segments_of(folder, file_set)]
    return Status(
        folder=str(folder),
        articles=found.articles,
        edges=found.edges,
        urls={state.value: counts[state] for state in UrlState},
        sites=tuple(_site(row.site, row.queued, ledger, now_unix_s) for row in found.sites),
        sources=tuple(_source(row, now_unix_s, silent_days) for row in found.listings),
        files=tuple(FileStatus(file=name, bytes=(folder / name).stat().st_size) for name in names),
        last_run=_last_run(folder),
    )


def _site(site: str, queued: int, ledger: Ledger, now_unix_s: float) -> SiteStatus:
    at, why = ledger.pause(site)
    return SiteStatus(site=site, queued=queued, may_be_asked_at=_moment(at) if at > now_unix_s else None, why=why)


def _source(row: Listing, now_unix_s: float, silent_days: int) -> SourceStatus:
    known, due_at = row.rhythm, row.due_at_unix_s
    return SourceStatus(
        url=row.url,
        last_visit=_moment(row.visited_at_unix_s),
        interval_s=row.poll_s,
        due_at=_moment(due_at),
        listed=0 if known is None else len(known.names) // NAME_BYTES,
        new=0 if known is None else known.new,
        expected_a_day=None if known is None else round(known.rate_a_day(), 2),
        expected_when_due=None if known is None or due_at is None else round(expected_items(known, due_at), 2),
        last_new_at=None if known is None else _moment(known.brought_at_unix_s),
        gaps=0 if known is None else known.gaps,
        least_interval_s=None if known is None else known.wishes.least_s,
        ailing=next(iter(ailing_sources([row], now_unix_s, silent_days)), None),
    )


def _moment(unix_s: float | None) -> str | None:
    return None if unix_s is None else rfc3339(unix_s)


def status_text(status: Status) -> str:
    """The status for a person."""
    run = status.last_run
    lines = [
        f"{status.folder}: {status.articles} articles, {status.edges} links",
        "addresses " + ", ".join(f"{count} {state}" for state, count in status.urls.items() if count),
    ]
    if run is None:
        lines.append("last run  none has ended yet")
    else:
        lines.append(f"last run  {run['started_at']} to {run['ended_at']}: {run['new']} new articles, {run['ended']}")
        outcomes = ", ".join(f"{row['count']} {row['outcome']}" for row in run["outcomes"])
        lines.append(f"          {outcomes or 'nothing was asked'}")
    for site in status.sites:
        when = "now" if site.may_be_asked_at is None else f"at {site.may_be_asked_at}"
        lines.append(
            f"site      {site.site}: {site.queued} queued, may be asked {when}" + (f", {site.why}" if site.why else "")
        )
    for source in status.sources:
        lines.append(f"source    {_source_text(source)}")
        if source.ailing is not None:
            lines.append(f"          {source_text(source.ailing)}")
    lines += [f"file      {file.file}  {file.bytes:,} bytes" for file in status.files]
    return "\n".join(lines)


def _source_text(source: SourceStatus) -> str:
    if source.interval_s is None:
        return f"{source.url}: never read, last tried {source.last_visit}, due {source.due_at}"
    words = [f"every {_span(source.interval_s)}, last {source.last_visit}, due {source.due_at}"]
    if source.expected_a_day is not None:
        words.append(f"{source.new} new of {source.listed}, {source.expected_a_day:.3g} expected a day")
    if source.expected_when_due is not None:
        words.append(f"{source.expected_when_due:.2g} when due")
    if source.least_interval_s is not None and source.least_interval_s >= source.interval_s:
        words.append(f"its publisher asks for {_span(source.least_interval_s)}")
    if source.gaps:
        words.append(f"{source.gaps} gaps")
    return f"{source.url}: {', '.join(words)}"


def _span(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


def _last_run(folder: Path) -> dict[str, Any] | None:
    """The last whole line of the runs; an unfinished one is a run's that writes right now."""
    last = deque(Follower(folder, "runs").rows(dict[str, Any]), maxlen=1)
    return last[0][0] if last else None
