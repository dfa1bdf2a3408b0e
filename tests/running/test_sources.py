"""Sources over many nights: which are asked again when, and what a person is told of those that bring nothing."""

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import msgspec
import pytest
import trio
from trio.testing import MockClock
from world.web import EPOCH_UNIX_S, Crawl, Reply, Web, page

from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.overview import Listing
from crawler.frontier.revisit import Revisits
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.records import SourceState
from crawler.model.work import Outcome
from crawler.running.sources import ailing_sources, source_text
from crawler.running.status import read_status, status_text

FEED = "https://a.example/feed.xml"
DAY_S = 86_400.0
LOST, WITHDRAWN, REFUSED, DOWN = (Reply(status=status) for status in (404, 410, 403, 500))


def feed(*numbers: int) -> Reply:
    items = "".join(f"<item><link>https://a.example/news/the-harbour-story-{n}</link></item>" for n in numbers)
    return Reply(body=f"<rss version='2.0'><channel>{items}</channel></rss>".encode())


async def nightly(
    folder: Path, nights: Sequence[Reply], each: Callable[[tuple[Listing, ...]], None] = lambda _: None
) -> list[int]:
    """A run a night, each with what the feed answers; the nights in which it was asked for."""
    web = Web({f"https://a.example/news/the-harbour-story-{n}": page(f"Harbour {n}") for n in range(40)})
    ledger = MemoryLedger()
    for night, reply in enumerate(nights):
        web.pages[FEED] = reply
        crawl = Crawl(web, folder, ledger=ledger, run_id=f"run-{night}", revisits=Revisits.DUE)
        await crawl.go([FEED], gap_s=1.0)
        assert isinstance(crawl.frontier, SqliteFrontier)
        each(crawl.frontier.overview().listings)
        crawl.close()
        await trio.sleep_until((night + 1) * DAY_S)
    return sorted({int(at / DAY_S) for at, url in web.asked if url == FEED})


@pytest.mark.parametrize("first", [[feed(1)], []], ids=["read before", "never read"])
@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([LOST] * 45, [0, 1, 2, 3, 33]),  # after some nights once a month
        ([WITHDRAWN] * 35, [0, 30]),  # said on purpose
        ([REFUSED] * 4, [0, 1, 2, 3]),
        ([DOWN] * 4, [0, 1, 2, 3]),
        ([LOST, LOST, feed(1), LOST, LOST, LOST, LOST, LOST, LOST], [0, 1, 2, 3, 4, 5, 6]),  # counted anew
    ],
)
async def test_a_source_that_is_gone_is_retired_and_one_that_fails_is_not_given_up(
    tmp_path: Path, autojump_clock: MockClock, first: list[Reply], answers: list[Reply], asked: list[int]
) -> None:
    nights = await nightly(tmp_path, [*first, *answers])

    assert [night - len(first) for night in nights[len(first) :]] == asked


async def test_a_source_is_told_as_it_stands_and_no_more_once_it_is_back(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    told: list[list[str]] = []

    def note(listings: tuple[Listing, ...]) -> None:
        now = EPOCH_UNIX_S + trio.current_time()
        told.append([source.state.value for source in ailing_sources(listings, now, 3)])

    await nightly(
        tmp_path, [feed(1), feed(1, 2), LOST, REFUSED, feed(2), feed(2, 3), *[feed(3)] * 6, *[WITHDRAWN] * 2], note
    )

    changes = [states for states, _ in groupby(told)]
    assert changes == [[], ["gone"], ["silent"], [], ["silent"], ["retired"]]
    status = read_status(tmp_path, MemoryLedger(), EPOCH_UNIX_S + 14 * DAY_S, silent_days=3)
    assert f"{FEED} is gone and retired: take it out of the seeds" in status_text(status)


@pytest.mark.parametrize(
    ("changes", "state", "said"),
    [
        ({}, None, None),
        ({"first_at_unix_s": None}, None, None),  # an earlier version did not note it
        ({"new_at_unix_s": EPOCH_UNIX_S - 31 * DAY_S}, SourceState.SILENT, "named nothing new, since 2026-12-15"),
        ({"first_at_unix_s": EPOCH_UNIX_S - 31 * DAY_S}, SourceState.SILENT, "named nothing new, since 2026-12-15"),
        ({"outcome": Outcome.REFUSED, "why": None}, SourceState.FAILING, "cannot be read (refused)"),
        ({"outcome": Outcome.THROTTLED}, None, None),  # it waits, and is no failure
        ({"gone_since_unix_s": EPOCH_UNIX_S, "outcome": Outcome.GONE}, SourceState.GONE, "is gone (404)"),
    ],
)
def test_what_is_wrong_with_a_source_is_said(
    changes: dict[str, object], state: SourceState | None, said: str | None
) -> None:
    fine = Listing(
        url=FEED,
        visited_at_unix_s=EPOCH_UNIX_S,
        poll_s=3600.0,
        due_at_unix_s=EPOCH_UNIX_S + 3600.0,
        outcome=Outcome.LISTED,
        why="rss of 3",
        first_at_unix_s=EPOCH_UNIX_S - DAY_S,
        new_at_unix_s=None,
        gone_since_unix_s=None,
        retired_at_unix_s=None,
        rhythm=None,
    )

    found = ailing_sources([msgspec.structs.replace(fine, **changes)], EPOCH_UNIX_S, 30)

    assert [source.state for source in found] == ([] if state is None else [state])
    assert said is None or said in source_text(found[0])
