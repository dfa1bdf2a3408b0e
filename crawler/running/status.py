"""What an output folder holds, read beside a run or without one."""

import json
from collections import deque
from pathlib import Path
from typing import Any

import msgspec

from crawler.errors import ConfigError
from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.records import FILE_OF
from crawler.model.work import UrlState
from crawler.store.lines import Follower, segments_of


class FileStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A segment of a file set."""

    file: str
    bytes: int


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """An output folder at a glance."""

    folder: str
    articles: int
    edges: int
    urls: dict[str, int]  # by state
    files: tuple[FileStatus, ...]
    last_run: dict[str, Any] | None  # its line of runs.jsonl; None where no run has ended


def read_status(folder: Path) -> Status:
    """Read the state of a folder without its lock.

    Raises:
        ConfigError: there is no crawl in the folder.
        FrontierError: its state cannot be read.
    """
    if not (folder / "state.db").exists():
        raise ConfigError(f"{folder} holds no crawl; crawl into it first, or name another folder with --out")
    frontier = SqliteFrontier(folder / "state.db", MemoryLedger(), lambda: 0.0, is_owned=False)
    try:
        articles, edges = frontier.written()
        counts = frontier.counts()
    finally:
        frontier.close()
    sets = [name.removesuffix(".jsonl") for name in FILE_OF.values()]
    names = [str(segment) for file_set in sets for segment in segments_of(folder, file_set)]
    return Status(
        folder=str(folder),
        articles=articles,
        edges=edges,
        urls={state.value: counts[state] for state in UrlState},
        files=tuple(FileStatus(file=name, bytes=(folder / name).stat().st_size) for name in names),
        last_run=_last_run(folder),
    )


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
    lines += [f"file      {file.file}  {file.bytes:,} bytes" for file in status.files]
    return "\n".join(lines)


def _last_run(folder: Path) -> dict[str, Any] | None:
    """The last whole line of the runs; an unfinished one is a run's that writes right now."""
    last = deque(Follower(folder, "runs").read(), maxlen=1)
    row = json.loads(last[0]) if last else None
    return row if isinstance(row, dict) else None
