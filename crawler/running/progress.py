"""What a person sees of a run: a live line on a terminal, plain lines where asked, and a summary at its end."""

import contextlib
import math
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import trio
from rich.console import Console
from rich.live import Live
from rich.text import Text

from crawler.frontier.contract import Frontier
from crawler.model.records import FILE_OF, RunRecord
from crawler.model.work import Outcome
from crawler.running.crawl import OnStart, Watch
from crawler.running.sources import source_text
from crawler.running.tally import Tally
from crawler.store.lines import segments_of

PLAIN_LINE_S = 10.0
LIVE_LINE_S = 0.25
MOST_SOURCES = 5  # that bring nothing, told in a summary
NO_REFUSAL = frozenset(
    {
        Outcome.SAVED,
        Outcome.UNCHANGED,
        Outcome.DUPLICATE,
        Outcome.LISTED,
        Outcome.REDIRECTED,
        Outcome.ROBOTS_READ,
        Outcome.RIGHTS_READ,
    }
)


class ProgressStyle(StrEnum):
    """How a run shows itself while it goes on."""

    LIVE = "live"  # one line that changes; on a terminal only
    PLAIN = "plain"  # a line every ten seconds
    NONE = "none"


def shown_on_stderr(style: ProgressStyle | None, now: Callable[[], float]) -> OnStart:
    """Shows how a run goes while it goes on; None: a live line, where stderr is a terminal."""
    console = Console(stderr=True)
    if style is None:
        style = ProgressStyle.LIVE if console.is_terminal else ProgressStyle.NONE

    @contextlib.asynccontextmanager
    async def shown(watch: Watch) -> AsyncIterator[None]:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(show_progress, watch.tally, watch.frontier, now, style, console)
            yield
            nursery.cancel_scope.cancel()

    return shown


async def show_progress(
    tally: Tally, frontier: Frontier, now: Callable[[], float], style: ProgressStyle, console: Console
) -> None:
    """Show how the run goes until it is cancelled."""
    if style is ProgressStyle.NONE:
        return
    started = now()
    while style is ProgressStyle.PLAIN:
        await trio.sleep(PLAIN_LINE_S)
        console.print(_line(tally, frontier, now, started), highlight=False, soft_wrap=True)
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while True:
            live.update(Text(_line(tally, frontier, now, started), no_wrap=True, overflow="ellipsis"))
            await trio.sleep(LIVE_LINE_S)


def _line(tally: Tally, frontier: Frontier, now: Callable[[], float], started: float) -> str:
    elapsed_s = max(now() - started, 0.001)
    due_in_s = frontier.due_in_s()
    rest = ""
    if due_in_s is not None and math.isfinite(due_in_s) and due_in_s >= 1.0:
        waiting = frontier.waiting()
        rest = f", next in {due_in_s:.0f} s: {waiting[0][0]}" if waiting else ""
    return (
        f"{tally.saved} articles, {sum(tally.links.values())} links, {tally.requests} requests to"
        f" {tally.hosts_asked} sites, {elapsed_s:.0f} s{rest}"
    )


def summary(
    run: RunRecord,
    folder: Path,
    waiting: Sequence[tuple[str, float]],
    next_due: tuple[str, float] | None = None,
) -> str:
    """A run in a few lines: what it brought, what was refused and why, where the files are, what to do next."""
    took = _took(run.started_at, run.ended_at)
    changed = f", {run.changed} changed" if run.changed else ""
    unchanged = f", {run.unchanged} unchanged" if run.unchanged else ""
    lines = [f"{run.new} new articles{changed}{unchanged} in {took}; {_ended_in_words(run)}"]
    if run.links:
        lines.append("links     " + ", ".join(f"{row.count} {row.kind}" for row in run.links))
    if run.gone:
        lines.append(f"gone      {run.gone} articles are no longer there; gone.jsonl names them")
    if run.promised:
        lines.append(
            f"promised  {run.promises_kept} of {run.promised} articles have the title and day that their block told"
        )
    requests = sum(host.requests for host in run.hosts)
    gaps = [host.least_gap_s for host in run.hosts if host.least_gap_s is not None]
    gap = f", least pause between two to a site {min(gaps):.2f} s" if gaps and min(gaps) > 0 else ""
    lines.append(f"asked     {requests} requests to {len(run.hosts)} sites{gap}")
    if not run.new and not run.changed:
        lines.append(f"nothing   {_why_nothing(run, requests)}{_next_in_words(next_due)}")
    lines += [f"source    {source_text(source)}" for source in run.ailing[:MOST_SOURCES]]
    if len(run.ailing) > MOST_SOURCES:
        lines.append(f"          and {len(run.ailing) - MOST_SOURCES} more sources; crawler status tells all")
    refused = [f"{row.count} {row.outcome}" for row in run.outcomes if row.outcome not in NO_REFUSAL]
    if refused:
        lines.append("no article  " + ", ".join(refused) + "; visits.jsonl says why for each")
    if run.queued:
        lines.append(f"queued    {run.queued} addresses wait for the next run: the same command goes on")
    for site, at in waiting[:5]:
        lines.append(f"          {site} may be asked again at {_moment(at)}")
    sets = [segments_of(folder, name.removesuffix(".jsonl")) for name in FILE_OF.values()]
    lines.append(f"files     {folder}/" + ", ".join(str(segments[-1]) for segments in sets if segments))
    return "\n".join(lines)


def _why_nothing(run: RunRecord, requests: int) -> str:
    """Why a run brought no article."""
    if not requests:
        return "nothing may be asked yet" if run.queued else "nothing was due"
    unchanged = sum(host.not_modified for host in run.hosts)
    if unchanged and all(row.outcome in NO_REFUSAL for row in run.outcomes):
        return f"nothing has changed: {unchanged} of {requests} answers said so without a body"
    return "new came of it"


def _next_in_words(next_due: tuple[str, float] | None) -> str:
    return "" if next_due is None else f"; next due: {next_due[0]} at {_moment(next_due[1])}"


def _moment(unix_s: float) -> str:
    return f"{datetime.fromtimestamp(unix_s, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _ended_in_words(run: RunRecord) -> str:
    return {
        "drained": "nothing is left to do",
        "waiting": "the rest may not be asked yet",
        "max-articles": "as many as were asked for",
        "deadline": "the deadline was reached",
        "stopped": "stopped, the rest is kept",
        "no-space": "the disk is nearly full",
    }.get(run.ended, run.ended)


def _took(started_at: str, ended_at: str) -> str:
    seconds = (datetime.fromisoformat(ended_at) - datetime.fromisoformat(started_at)).total_seconds()
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
