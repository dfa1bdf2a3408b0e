"""One suite over all frontiers: what a run relies on, whoever keeps the URLs."""

import contextlib
import math
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from crawler.errors import FrontierError
from crawler.frontier.contract import FOREIGN_ARTICLES_A_SITE, MAX_CUTS, Frontier, Group, HeldArticle, key_of
from crawler.frontier.ledger import Ledger, MemoryLedger, SqliteLedger
from crawler.frontier.memory import MemoryFrontier
from crawler.frontier.revisit import Revisits
from crawler.frontier.rhythm import names_of
from crawler.frontier.shapes import BARREN_TO_DEFER, BARREN_TO_DROP
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.links import Link, LinkKind
from crawler.model.records import Article, Http
from crawler.model.work import (
    FileLines,
    HostPace,
    Lease,
    OriginFile,
    Outcome,
    PollWishes,
    Purpose,
    Target,
    UrlState,
    Visit,
)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.unix_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.unix_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    ledger: Ledger = (
        MemoryLedger(daily_cap=50)
        if request.param == "memory"
        else SqliteLedger(tmp_path / "hosts.db", gap_s=lambda _: 5.0, daily_cap=50)
    )
    yield ledger
    ledger.close()


@pytest.fixture
def reopen(ledger: Ledger, clock: Clock, tmp_path: Path) -> Iterator[Callable[[], Frontier]]:
    """Opens the frontier as a new process would; what was open before is left behind as a crash leaves it."""
    memory: list[MemoryFrontier] = []
    opened: list[SqliteFrontier] = []

    def open_again() -> Frontier:
        if isinstance(ledger, MemoryLedger):
            if not memory:
                memory.append(MemoryFrontier(ledger, clock))
            return memory[0]
        opened.append(SqliteFrontier(tmp_path / "state.db", ledger, clock))
        return opened[-1]

    yield open_again
    for frontier in opened:
        frontier.close()


@pytest.fixture
def frontier(reopen: Callable[[], Frontier]) -> Frontier:
    frontier = reopen()
    frontier.begin("run-1", "crawl")
    return frontier


def target(url: str, **fields: object) -> Target:
    return msgspec.structs.replace(Target(url=url, kind=LinkKind.RELATED, seed="seed"), **fields)


def visit(lease: Lease, outcome: Outcome = Outcome.SAVED, **fields: object) -> Visit:
    return msgspec.structs.replace(Visit(lease=lease, outcome=outcome, at_unix_s=1_800_000_000.0), **fields)


def pace(at_unix_s: float, **fields: object) -> HostPace:
    return msgspec.structs.replace(HostPace(next_visit_at_unix_s=at_unix_s, gap_s=5.0), **fields)


async def lease_urls(frontier: Frontier, n: int = 10) -> list[str]:
    return [lease.target.url for lease in await frontier.lease(n)]


async def test_one_lease_a_site_is_out_and_other_sites_do_not_wait(frontier: Frontier) -> None:
    frontier.add([target("https://a.example/1"), target("https://www.a.example/2"), target("https://b.example/1")])

    first, second = await lease_urls(frontier), await lease_urls(frontier)

    assert (sorted(first), second) == (["https://a.example/1", "https://b.example/1"], [])


async def test_a_released_site_is_leased_again_when_its_pace_allows(frontier: Frontier, clock: Clock) -> None:
    frontier.add([target("https://a.example/1"), target("https://a.example/2")])
    (lease,) = await frontier.lease(5)

    frontier.release(lease, pace(clock() + 7.0))

    early = await lease_urls(frontier), frontier.due_in_s()
    clock.unix_s += 7.0
    assert (early, await lease_urls(frontier)) == (([], 7.0), ["https://a.example/2"])


async def test_a_visit_that_asked_nothing_frees_its_site_at_once(frontier: Frontier) -> None:
    frontier.add([target("https://a.example/1"), target("https://a.example/2")])
    (lease,) = await frontier.lease(5)

    frontier.release(lease, None)

    assert await lease_urls(frontier) == ["https://a.example/2"]


async def test_an_address_is_queued_once_however_it_is_spelt(frontier: Frontier) -> None:
    added = frontier.add([target("https://a.example/1?utm_source=x"), target("https://A.example:443/1")])

    assert (added, frontier.counts()[UrlState.QUEUED]) == (1, 1)


async def test_it_is_drained_only_when_nothing_is_queued_or_out_or_unsettled(frontier: Frontier, clock: Clock) -> None:
    states = [frontier.due_in_s()]
    frontier.add([target("https://a.example/1")])
    states.append(frontier.due_in_s())
    (lease,) = await frontier.lease(5)
    states.append(frontier.due_in_s())
    frontier.release(lease, pace(clock() - 1.0))
    await frontier.lease(5)  # finds the site empty
    states.append(frontier.due_in_s())

    frontier.settle(Group(visits=(visit(lease),)))

    assert [*states, frontier.due_in_s()] == [None, 0.0, math.inf, math.inf, None]


async def test_what_is_done_or_dropped_is_not_leased_again(frontier: Frontier, clock: Clock) -> None:
    frontier.add([target("https://a.example/1"), target("https://b.example/1")])
    leases = await frontier.lease(5)
    outcomes = {"a.example": Outcome.SAVED, "b.example": Outcome.GONE}
    for lease in leases:
        frontier.release(lease, pace(clock()))
    frontier.settle(Group(visits=tuple(visit(lease, outcomes[lease.site]) for lease in leases)))

    added = frontier.add([target("https://a.example/1"), target("https://b.example/1")])

    counts = frontier.counts()
    assert (added, await lease_urls(frontier), counts[UrlState.DONE], counts[UrlState.DROPPED]) == (0, [], 1, 1)


async def test_a_failed_url_is_tried_again_until_its_attempts_are_used(frontier: Frontier, clock: Clock) -> None:
    frontier.add([target("https://a.example/1")])
    attempts = []
    while leases := await frontier.lease(1):
        attempts.append(leases[0].attempt)
        frontier.release(leases[0], pace(clock(), strikes=len(attempts)))
        frontier.settle(Group(visits=(visit(leases[0], Outcome.TIMEOUT),)))

    life = frontier.why("https://a.example/1")

    assert (attempts, life and (life.state, life.outcome)) == ([1, 2, 3], (UrlState.DONE, Outcome.TIMEOUT))


async def test_a_refused_url_never_runs_out_of_attempts(frontier: Frontier, clock: Clock) -> None:
    frontier.add([target("https://a.example/1")])

    for _ in range(20):
        (lease,) = await frontier.lease(1)
        frontier.release(lease, pace(clock()))
        frontier.settle(Group(visits=(visit(lease, Outcome.THROTTLED),)))

    assert frontier.counts()[UrlState.QUEUED] == 1


async def test_a_url_that_must_wait_lets_others_of_its_site_go_first(frontier: Frontier, clock: Clock) -> None:
    frontier.add([target("https://a.example/1"), target("https://www.a.example/2")])
    (lease,) = await frontier.lease(1)
    frontier.release(lease, None)
    held = visit(lease, Outcome.ROBOTS_UNREACHABLE, retry_at_unix_s=clock() + 60.0)
    frontier.settle(Group(visits=(held,)))

    (other,) = await frontier.lease(1)
    frontier.release(other, None)
    frontier.settle(Group(visits=(visit(other),)))

    waits = await lease_urls(frontier), frontier.due_in_s()
    clock.unix_s += 60.0
    assert (other.target.url, waits, await lease_urls(frontier)) == (
        "https://www.a.example/2",
        ([], 60.0),
        ["https://a.example/1"],
    )


async def test_what_goes_to_the_front_is_leased_first_and_then_by_depth_and_age(frontier: Frontier) -> None:
    frontier.add(
        [
            target("https://a.example/deep", depth=3),
            target("https://a.example/near", depth=1),
            target("https://a.example/near-2", depth=1),
            target("https://a.example/hop", depth=9, front=True),
        ]
    )
    order = []
    while leases := await frontier.lease(1):
        order.append(leases[0].target.url.rpartition("/")[2])
        frontier.release(leases[0], None)
        frontier.settle(Group(visits=(visit(leases[0]),)))

    assert order == ["hop", "near", "near-2", "deep"]


async def test_robots_txt_is_a_row_of_its_own_that_may_be_asked_again(frontier: Frontier) -> None:
    robots = target("https://a.example/robots.txt", purpose=Purpose.ROBOTS, front=True, origin="https://a.example")
    frontier.add([robots, target("https://a.example/robots.txt")])
    (first,) = await frontier.lease(1)
    frontier.release(first, None)
    frontier.settle(Group(visits=(visit(first, Outcome.TIMEOUT),)))

    added = frontier.add([robots])

    (again,) = await frontier.lease(1)
    assert (added, first.target, again.target, again.attempt) == (1, robots, robots, 1)


async def test_a_redirect_to_another_spelling_of_its_own_address_is_visited(frontier: Frontier) -> None:
    frontier.add([target("https://a.example/1?utm_source=x")])
    (lease,) = await frontier.lease(1)
    frontier.release(lease, None)
    hop = target("https://a.example/1", chain=("https://a.example/1?utm_source=x",), front=True)

    frontier.settle(Group(visits=(visit(lease, Outcome.REDIRECTED, targets=(hop,)),)))

    (again,) = await frontier.lease(1)
    assert again.target == hop


async def test_a_lease_carries_the_robots_copy_of_its_origin(frontier: Frontier, clock: Clock) -> None:
    copy = OriginFile(text="User-agent: *", fetched_at_unix_s=clock(), expires_at_unix_s=clock() + 60.0)
    frontier.add(
        [
            target("https://a.example/robots.txt", purpose=Purpose.ROBOTS, front=True, origin="https://a.example"),
            target("https://a.example/1"),
            target("http://b.example/1"),
        ]
    )
    robots, other = sorted(await frontier.lease(2), key=lambda lease: lease.site)
    frontier.release(robots, None, copy)

    (page,) = await frontier.lease(1)

    assert (robots.robots, other.robots, page.robots) == (None, None, copy)


async def test_validators_of_what_was_read_come_back_with_the_next_lease_and_those_of_errors_do_not(
    frontier: Frontier, clock: Clock
) -> None:
    seed = target("https://a.example/feed", kind=LinkKind.SEED)
    modified = "Tue, 24 Nov 2026 00:00:00 GMT"
    answers = [
        (Outcome.LISTED, Http(status=200, etag='"1"', last_modified=modified, content_type=None, bytes=0)),
        (Outcome.THROTTLED, Http(status=503, etag='"error"', last_modified=None, content_type=None, bytes=0)),
        (Outcome.UNCHANGED, Http(status=304, etag=None, last_modified=None, content_type=None, bytes=0)),
        (Outcome.LISTED, Http(status=200, etag=None, last_modified=modified, content_type=None, bytes=0)),
    ]
    sent = []
    for outcome, http in answers:
        frontier.add([seed])
        (lease,) = await frontier.lease(1)
        sent.append((lease.etag, lease.last_modified, lease.strikes))
        frontier.release(lease, pace(clock(), strikes=len(sent)))
        frontier.settle(Group(visits=(visit(lease, outcome, http=http, at_unix_s=clock()),)))
        clock.unix_s += 86_400.0
    frontier.add([seed])
    (last,) = await frontier.lease(1)

    assert sent == [(None, None, 0), ('"1"', modified, 1), ('"1"', modified, 2), ('"1"', modified, 3)]
    assert (last.etag, last.last_modified) == (None, modified)


async def test_a_site_outside_the_scope_is_followed_a_bounded_number_of_times(frontier: Frontier) -> None:
    added = frontier.add(target(f"https://far.example/{i}", foreign=True) for i in range(FOREIGN_ARTICLES_A_SITE + 5))

    assert added == FOREIGN_ARTICLES_A_SITE


async def test_a_site_is_not_asked_more_than_its_day_allows(frontier: Frontier, clock: Clock) -> None:
    frontier.add(target(f"https://a.example/{i}") for i in range(60))
    asked = 0
    while leases := await frontier.lease(1):
        asked += 1
        frontier.release(leases[0], pace(clock()))
        frontier.settle(Group(visits=(visit(leases[0]),)))

    assert (asked, frontier.due_in_s()) == (50, 86_400 - clock() % 86_400)


async def test_the_targets_of_a_settled_visit_are_queued(frontier: Frontier) -> None:
    frontier.add([target("https://a.example/1")])
    (lease,) = await frontier.lease(1)
    frontier.release(lease, None)

    frontier.settle(Group(visits=(visit(lease, targets=(target("https://b.example/2"),)),)))

    assert await lease_urls(frontier) == ["https://b.example/2"]


async def test_an_address_whose_page_was_read_under_another_is_not_visited(frontier: Frontier) -> None:
    frontier.add([target("https://a.example/1"), target("https://a.example/copy")])
    (lease,) = await frontier.lease(1)
    frontier.release(lease, None)

    frontier.settle(
        Group(visits=(visit(lease),), covered=(target("https://a.example/copy"), target("https://a.example/new")))
    )

    assert (await lease_urls(frontier), frontier.counts()[UrlState.DONE]) == ([], 3)


async def test_a_seed_read_from_a_file_is_done_without_a_lease(frontier: Frontier) -> None:
    page = target("https://a.example/1", purpose=Purpose.FILE)
    lease = Lease(target=page, key=b"", site="")
    frontier.settle(Group(visits=(visit(msgspec.structs.replace(lease, key=key_of(page))),)))

    assert (frontier.add([target("https://a.example/1")]), await lease_urls(frontier)) == (0, [])


def held(article_id: str, **fields: object) -> HeldArticle:
    return msgspec.structs.replace(
        HeldArticle(
            id=article_id,
            url=f"https://a.example/{article_id}",
            site="a.example",
            version=1,
            text_digest="t1",
            title="Title",
            fetched_id=article_id,
            story_id=None,
            may_be_twin=True,
        ),
        **fields,
    )


def test_what_was_written_is_known_again(frontier: Frontier) -> None:
    frontier.settle(Group(articles=(held("zz"),), last_seq=1))
    frontier.settle(
        Group(
            articles=(held("aa", story_id="s1"), held("bb", site="b.example"), held("cc", text_digest=None)),
            identities=(("old", "zz"),),
            stories=("urn1",),
            edges=((b"e1", b"w1"),),
            last_seq=2,
        )
    )

    known = frontier.known(["zz", "s1", "urn1", "old", "none"], ["t1"], [b"e1", b"e2"])

    assert (
        set(known.articles),
        {key: twin.id for key, twin in known.twins.items()},
        dict(known.first_of_text),
        dict(known.identities),
        set(known.stories),
        {story: article.id for story, article in known.by_story.items()},
        dict(known.edges),
    ) == (
        {"zz"},
        {("a.example", "t1"): "zz", ("b.example", "t1"): "bb"},
        {"t1": "zz"},
        {"old": "zz"},
        {"urn1"},
        {"s1": "aa"},
        {b"e1": b"w1"},
    )


async def test_leases_of_a_dead_run_return_and_wait_for_all_others(
    frontier: Frontier, reopen: Callable[[], Frontier], clock: Clock
) -> None:
    frontier.add([target("https://a.example/1"), target("https://a.example/2"), target("https://b.example/1")])
    await frontier.lease(2)
    frontier.settle(Group())  # the next group writes the marks
    clock.unix_s += 600.0

    frontier = reopen()
    begun = frontier.begin("run-2", "crawl")

    leased = [lease.target.url for lease in await frontier.lease(5)]
    assert (begun.previous, begun.returned, sorted(leased)) == (
        "killed",
        2,
        ["https://a.example/2", "https://b.example/1"],
    )


async def test_a_url_that_dies_with_the_process_each_time_is_dropped(
    frontier: Frontier, reopen: Callable[[], Frontier], clock: Clock
) -> None:
    frontier.add([target("https://a.example/1")])
    for i in range(MAX_CUTS):
        await frontier.lease(1)
        frontier.settle(Group())
        clock.unix_s += 600.0
        frontier = reopen()
        frontier.begin(f"again-{i}", "crawl")

    life = frontier.why("https://a.example/1")

    assert life is not None
    assert (life.state, life.outcome) == (UrlState.DROPPED, Outcome.CRASHED)


def test_the_outbox_holds_lines_until_their_files_are_synced(
    frontier: Frontier, reopen: Callable[[], Frontier]
) -> None:
    first = FileLines(file="articles.jsonl", start=0, content=b"1\n")
    second = FileLines(file="articles.jsonl", start=2, content=b"22\n")
    frontier.settle(Group(lines=(first,), last_seq=1))
    frontier.synced(1)
    frontier.settle(Group(lines=(second,), last_seq=2))

    begun = reopen().begin("run-2", "crawl")

    assert (begun.last_seq, begun.lengths, list(begun.outbox)) == (2, {"articles.jsonl": 5}, [second])


def test_a_run_learns_how_the_one_before_it_ended(frontier: Frontier, reopen: Callable[[], Frontier]) -> None:
    frontier.settle(Group(ended="drained"))

    begun = reopen().begin("run-2", "crawl")

    assert begun.previous == "drained"


def test_a_folder_made_by_a_replay_refuses_a_crawl(frontier: Frontier, reopen: Callable[[], Frontier]) -> None:
    with pytest.raises(FrontierError, match="made by `crawler crawl`"):
        reopen().begin("run-2", "replay")


async def test_a_clock_that_was_set_back_makes_nobody_wait_for_it_and_shortens_no_gap(
    frontier: Frontier, reopen: Callable[[], Frontier], clock: Clock
) -> None:
    frontier.add([target("https://a.example/1"), target("https://a.example/2")])
    (lease,) = await frontier.lease(1)
    frontier.release(lease, pace(clock() + 7.0))
    frontier.settle(Group(visits=(visit(lease),)))
    clock.unix_s -= 86_400.0

    frontier = reopen()
    begun = frontier.begin("run-2", "crawl")

    early = await lease_urls(frontier), frontier.due_in_s()
    clock.unix_s += 7.0
    assert (begun.clock_back_s, early, await lease_urls(frontier)) == (86_400.0, ([], 7.0), ["https://a.example/2"])


@pytest.mark.parametrize(
    ("revisits", "again"),
    [
        (Revisits.NONE, []),
        (Revisits.LISTINGS, ["https://a.example/feed"]),
        (Revisits.DUE, ["https://a.example/feed", "https://b.example/1"]),
    ],
)
async def test_what_is_due_again_is_queued_when_a_run_begins(
    frontier: Frontier, reopen: Callable[[], Frontier], clock: Clock, revisits: Revisits, again: list[str]
) -> None:
    outcomes = {"a.example": Outcome.LISTED, "b.example": Outcome.SAVED, "c.example": Outcome.GONE}
    frontier.add([target("https://a.example/feed"), target("https://b.example/1"), target("https://c.example/1")])
    for lease in await frontier.lease(5):
        frontier.release(lease, pace(clock()))
        frontier.settle(Group(visits=(visit(lease, outcomes[lease.site]),)))
    early = reopen().begin("too-early", "crawl", Revisits.DUE).due_again
    clock.unix_s += 25 * 3600.0

    frontier = reopen()
    begun = frontier.begin("run-2", "crawl", revisits)

    assert (early, begun.due_again, sorted(await lease_urls(frontier))) == (0, len(again), again)


async def test_a_seed_that_is_named_again_is_asked_again_only_when_it_is_due(frontier: Frontier, clock: Clock) -> None:
    seed = target("https://a.example/feed", kind=LinkKind.SEED)
    frontier.add([seed])
    (lease,) = await frontier.lease(1)
    frontier.release(lease, pace(clock()))
    frontier.settle(Group(visits=(visit(lease, Outcome.LISTED),)))

    added = [frontier.add([seed])]
    clock.unix_s += 3600.0
    added += [frontier.add([target("https://a.example/feed")]), frontier.add([seed])]

    assert (added, await lease_urls(frontier)) == ([0, 0, 1], ["https://a.example/feed"])


async def test_what_a_listing_had_and_wishes_is_known_to_the_next_process(
    frontier: Frontier, reopen: Callable[[], Frontier], clock: Clock
) -> None:
    seed = target("https://a.example/feed", kind=LinkKind.SEED)
    links = (Link(url="https://a.example/1", kind=LinkKind.FEED),)
    frontier.add([seed])
    (first,) = await frontier.lease(1)
    frontier.release(first, pace(clock()))
    wishes = PollWishes(skip_hours=(9,))  # the clock begins at eight in the morning
    frontier.settle(Group(visits=(visit(first, Outcome.LISTED, links=links, wishes=wishes),)))

    clock.unix_s += 3600.0
    frontier = reopen()
    resting = (frontier.begin("run-2", "crawl", Revisits.DUE).due_again, frontier.add([seed]), frontier.due_in_s())
    clock.unix_s += 3600.0
    frontier = reopen()
    again = frontier.begin("run-3", "crawl", Revisits.DUE).due_again
    (second,) = await frontier.lease(1)

    assert (resting, again) == ((0, 0, None), 1)
    assert (first.names, second.names) == (b"", names_of(links))


async def test_a_page_that_could_not_be_had_is_asked_again_another_day(
    frontier: Frontier, reopen: Callable[[], Frontier], clock: Clock
) -> None:
    frontier.add([target("https://a.example/1")])
    while leases := await frontier.lease(1):
        frontier.release(leases[0], pace(clock()))
        frontier.settle(Group(visits=(visit(leases[0], Outcome.UNREACHABLE),)))
    life = frontier.why("https://a.example/1")
    clock.unix_s += 86_400.0

    frontier = reopen()
    begun = frontier.begin("run-2", "crawl", Revisits.DUE)

    assert life is not None
    assert (life.state, life.attempts) == (UrlState.DONE, 3)
    assert (begun.due_again, await lease_urls(frontier)) == (1, ["https://a.example/1"])


async def test_a_story_without_end_and_a_source_with_thousands_starve_no_other(frontier: Frontier) -> None:
    frontier.add(target(f"https://a.example/news/long-{n}", kind=LinkKind.SITEMAP) for n in range(250))
    frontier.add([target("https://a.example/news/endless-1", kind=LinkKind.FEED)])
    order: list[str] = []
    while leases := await frontier.lease(1):
        name = leases[0].target.url.rpartition("/")[2]
        order.append(name)
        story, _, number = name.partition("-")
        more = [target(f"https://a.example/news/{story}-{int(number) + 1}", depth=int(number))]
        links = () if story != "endless" or int(number) > 30 else tuple(more)
        frontier.release(leases[0], None)
        frontier.settle(Group(visits=(visit(leases[0], targets=links),)))
        if len(order) == 20:  # another source of the site, in the middle of it
            frontier.add([target("https://a.example/news/other-1", kind=LinkKind.FEED)])

    assert (order[0], order[20]) == ("endless-1", "other-1")
    assert order.index("endless-2") > order.index("long-199")
    assert len(order) == 250 + 31 + 1


async def test_a_sitemap_that_was_down_when_it_had_to_fill_a_gap_is_asked_by_the_next_runs_and_at_the_next_gap(
    frontier: Frontier, reopen: Callable[[], Frontier], clock: Clock
) -> None:
    async def ask(outcome: Outcome) -> int:
        asked = 0
        while leases := await frontier.lease(1):
            frontier.release(leases[0], pace(clock()))
            frontier.settle(Group(visits=(visit(leases[0], outcome, at_unix_s=clock()),)))
            asked += 1
        return asked

    filling = target("https://a.example/news.xml", kind=LinkKind.SITEMAP, fill_since_unix_s=clock())
    frontier.add([filling])
    asked = [await ask(Outcome.UNREACHABLE)]
    for run, outcome in enumerate((Outcome.UNREACHABLE, Outcome.LISTED, Outcome.GONE, Outcome.LISTED)):
        clock.unix_s += 6 * 3600.0
        frontier = reopen()
        frontier.begin(f"later-{run}", "crawl", Revisits.DUE)
        if run >= 2:  # another gap
            frontier.add([filling])
        asked.append(await ask(outcome))

    assert asked == [3, 3, 1, 1, 1]


async def test_older_stories_go_behind_younger_ones(frontier: Frontier) -> None:
    days = {"new": "2027-01-14", "month": "2026-12-01", "year": "2025-01-01", "dateless": None}
    rows = [target(f"https://a.example/{name}", depth=1, promised_on=day) for name, day in days.items()]
    frontier.add([rows[2], rows[1], rows[0], rows[3], target("https://a.example/hop", depth=2)])

    order = [url.rpartition("/")[2] for url in await visit_all(frontier, Outcome.SAVED)]

    assert order == ["new", "dateless", "month", "hop", "year"]


async def test_of_what_is_due_again_listings_go_first_and_then_young_articles(
    frontier: Frontier, reopen: Callable[[], Frontier], clock: Clock
) -> None:
    frontier.add([target("https://a.example/old"), target("https://a.example/young"), target("https://a.example/feed")])
    ages_d = {"old": 29.5, "young": 0.5, "feed": 0.0}
    while leases := await frontier.lease(1):
        name = leases[0].target.url.rpartition("/")[2]
        published = datetime.fromtimestamp(clock() - ages_d[name] * 86_400.0, UTC).isoformat()
        article = Article(url=leases[0].target.url, published_at=published)
        done = visit(leases[0], Outcome.LISTED) if name == "feed" else visit(leases[0], article=article)
        frontier.release(leases[0], None)
        frontier.settle(Group(visits=(done,)))
    clock.unix_s += 86_400.0

    frontier = reopen()
    frontier.begin("run-2", "crawl", Revisits.DUE)
    frontier.add([target("https://a.example/new", kind=LinkKind.FEED)])

    order = [url.rpartition("/")[2] for url in await visit_all(frontier, Outcome.SAVED)]
    assert order == ["feed", "new", "young", "old"]


async def visit_all(frontier: Frontier, outcome: Outcome) -> list[str]:
    """Ends every queued visit so; the addresses in the order they were leased."""
    order = []
    while leases := await frontier.lease(1):
        order.append(leases[0].target.url)
        frontier.release(leases[0], None)
        frontier.settle(Group(visits=(visit(leases[0], outcome),)))
    return order


async def test_addresses_of_a_shape_that_brings_nothing_wait_for_all_others_and_are_dropped_in_the_end(
    frontier: Frontier,
) -> None:
    frontier.add(target(f"https://a.example/day/{n}") for n in range(BARREN_TO_DEFER))
    await visit_all(frontier, Outcome.NOT_ARTICLE)
    frontier.add([target("https://a.example/day/1000"), target("https://a.example/news", depth=9)])
    order = await visit_all(frontier, Outcome.NOT_ARTICLE)
    frontier.add(target(f"https://a.example/day/{n}") for n in range(2000, 2000 + BARREN_TO_DROP))
    await visit_all(frontier, Outcome.NOT_ARTICLE)

    added = frontier.add([target("https://a.example/day/9999")])

    life = frontier.why("https://a.example/day/9999")
    assert (order, added) == (["https://a.example/news", "https://a.example/day/1000"], 0)
    assert life is not None
    assert (life.state, life.outcome, "brought nothing new" in (life.why or "")) == (
        UrlState.DROPPED,
        Outcome.TRAP,
        True,
    )


async def test_one_article_among_them_frees_a_shape(frontier: Frontier) -> None:
    frontier.add(target(f"https://a.example/day/{n}") for n in range(BARREN_TO_DEFER))
    await visit_all(frontier, Outcome.DUPLICATE)
    frontier.add([target("https://a.example/day/1000")])
    await visit_all(frontier, Outcome.SAVED)

    frontier.add([target("https://a.example/news", depth=9), target("https://a.example/day/1001")])

    assert await visit_all(frontier, Outcome.SAVED) == ["https://a.example/day/1001", "https://a.example/news"]


async def test_a_state_of_an_earlier_version_goes_on_and_is_not_read_before(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "state.db"
    frontier = SqliteFrontier(path, MemoryLedger(), clock)
    frontier.begin("run-1", "crawl")
    frontier.add([target("https://a.example/feed", kind=LinkKind.SEED)])
    (lease,) = await frontier.lease(1)
    frontier.settle(Group(visits=(visit(lease, Outcome.LISTED),)))
    frontier.close()
    with contextlib.closing(sqlite3.connect(path)) as db:  # as it was before listings were learned
        db.executescript("drop table rhythms; alter table urls drop column fill_since")
    with pytest.raises(FrontierError, match="crawl into it once"):
        SqliteFrontier(path, MemoryLedger(), clock, is_owned=False)
    clock.unix_s += 3600.0

    frontier = SqliteFrontier(path, MemoryLedger(), clock)
    again = frontier.begin("run-2", "crawl", Revisits.DUE).due_again
    (lease,) = await frontier.lease(1)
    frontier.settle(Group(visits=(visit(lease, Outcome.LISTED, at_unix_s=clock()),)))
    (listing,) = frontier.overview().listings
    frontier.close()

    assert (again, listing.poll_s, listing.rhythm is not None) == (1, 3600.0, True)
