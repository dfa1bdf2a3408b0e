"""Which sources bring nothing, in words: for the summary, `runs.jsonl` and `crawler status`."""

from collections.abc import Iterable

from crawler.frontier.overview import Listing
from crawler.model.records import AilingSource, SourceState
from crawler.model.work import READ, Outcome
from crawler.running.decide import rfc3339

DAY_S = 86_400.0
WAITS = frozenset({Outcome.NEEDS_FILE, Outcome.REDIRECTED, Outcome.THROTTLED, Outcome.ROBOTS_UNREACHABLE})


def ailing_sources(listings: Iterable[Listing], now_unix_s: float, silent_days: int) -> tuple[AilingSource, ...]:
    """Those that are retired, gone, failing, or silent for so many days."""
    found = ((listing, _state_of(listing, now_unix_s, silent_days)) for listing in listings)
    return tuple(
        AilingSource(
            url=listing.url,
            state=state,
            since=_moment(_since(listing, state)),
            why=listing.why or listing.outcome if state is SourceState.FAILING else None,
            due_at=_moment(listing.due_at_unix_s),
        )
        for listing, state in found
        if state is not None
    )


def source_text(source: AilingSource) -> str:
    """What is wrong with a source, for a person."""
    said = {
        SourceState.SILENT: "named nothing new",
        SourceState.FAILING: f"cannot be read ({source.why})",
        SourceState.GONE: "is gone (404), and asked again the next nights",
        SourceState.RETIRED: "is gone and retired: take it out of the seeds, or leave it to be asked once a month",
    }[source.state]
    since = "" if source.since is None else f", since {source.since[:10]}"
    return f"{source.url} {said}{since}"


def _state_of(listing: Listing, now_unix_s: float, silent_days: int) -> SourceState | None:
    if listing.retired_at_unix_s is not None:
        return SourceState.RETIRED
    if listing.gone_since_unix_s is not None:
        return SourceState.GONE
    if listing.outcome is not None and Outcome(listing.outcome) not in READ | WAITS:
        return SourceState.FAILING
    since = _since(listing, SourceState.SILENT)
    is_silent = listing.poll_s is not None and since is not None and now_unix_s - since >= silent_days * DAY_S
    return SourceState.SILENT if is_silent else None


def _since(listing: Listing, state: SourceState) -> float | None:
    if state is SourceState.FAILING:
        return None
    if state is SourceState.SILENT:
        return listing.new_at_unix_s or listing.first_at_unix_s
    return listing.gone_since_unix_s


def _moment(unix_s: float | None) -> str | None:
    return None if unix_s is None else rfc3339(unix_s)
