from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
import trio
from trio.testing import MockClock
from world.web import Crawl, Reply, Web, now, page, read_here, redirect

from crawler.extraction.document import Document
from crawler.frontier.ledger import MemoryLedger, SqliteLedger
from crawler.frontier.revisit import Revisits
from crawler.model.links import LinkKind
from crawler.model.urls import site_of
from crawler.model.work import Outcome, UrlState, Visit
from crawler.running.run import Ended
from crawler.running.visit import Unreadable

A, B = "https://a.example/news/the-harbour-story", "https://b.example/news/the-storm-and-after"
ROBOTS_A, ROBOTS_B = "https://a.example/robots.txt", "https://b.example/robots.txt"
RIGHTS_A, RIGHTS_B = (f"https://{host}.example/.well-known/tdmrep.json" for host in "ab")
ALLOW_ALL = Reply(body=b"User-agent: *\nAllow: /\n", headers=(("content-type", "text/plain"),))


@pytest.fixture
def crawls() -> Iterator[list[Crawl]]:
    """Closes the crawls that a test opened."""
    crawls: list[Crawl] = []
    yield crawls
    for crawl in crawls:
        crawl.close()


def opened(crawls: list[Crawl], web: Web, folder: Path, **options: object) -> Crawl:
    crawls.append(Crawl(web, folder, **options))  # type: ignore[arg-type]  # the options of Crawl
    return crawls[-1]


async def test_one_site_keeps_its_gap_and_no_site_waits_for_another(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    web = Web(
        {
            f"{A}-1": page("First", related=[f"{A}-2", f"{B}-1"]),
            f"{A}-2": page("Second"),
            f"{B}-1": page("Third"),
        }
    )
    crawl = opened(crawls, web, tmp_path)

    ended = await crawl.go([f"{A}-1"], gap_s=10.0)

    asked_at_s = {url: round(at, 3) for at, url in web.asked}
    assert (ended, asked_at_s) == (
        Ended.DRAINED,
        {  # each answer takes 0.1 s, and the gap runs from its end
            ROBOTS_A: 0.0,
            RIGHTS_A: 10.1,
            f"{A}-1": 20.2,
            ROBOTS_B: 20.3,
            f"{A}-2": 30.3,
            RIGHTS_B: 30.4,
            f"{B}-1": 40.5,
        },
    )


async def test_what_robots_txt_forbids_is_never_asked_and_its_crawl_delay_is_kept(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    robots = b"User-agent: related-story-crawler\nCrawl-delay: 20\nDisallow: /news/the-harbour-story-secret\n"
    web = Web(
        {
            ROBOTS_A: Reply(body=robots, headers=(("content-type", "text/plain"),)),
            f"{A}-1": page("First", related=[f"{A}-secret-2", f"{A}-3"]),
            f"{A}-secret-2": page("Second"),
            f"{A}-3": page("Third"),
        }
    )
    crawl = opened(crawls, web, tmp_path)

    await crawl.go([f"{A}-1"])

    times = [round(at, 3) for at, _ in web.asked]
    denied = [line for line in crawl.lines("visits.jsonl") if line["outcome"] == "robots-denied"]
    assert (web.asked_urls, times, [(line["url"], line["rule"]) for line in denied]) == (
        [ROBOTS_A, RIGHTS_A, f"{A}-1", f"{A}-3"],
        [0.0, 20.1, 40.2, 60.3],
        [(f"{A}-secret-2", "robots.txt line 3: Disallow: /news/the-harbour-story-secret")],
    )


@pytest.mark.parametrize("fault", [Reply(status=503), Reply(status=429), Reply(failure=Outcome.TIMEOUT)])
async def test_behind_a_robots_txt_that_cannot_be_had_no_page_is_asked_and_all_stay_queued(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl], fault: Reply
) -> None:
    web = Web({ROBOTS_A: fault, f"{A}-1": page("First"), f"{B}-1": page("Other")})
    crawl = opened(crawls, web, tmp_path)

    ended = await crawl.go([f"{A}-1", f"{B}-1"])

    assert ended is Ended.WAITING
    assert f"{A}-1" not in web.asked_urls
    assert crawl.articles() == [f"{B}-1"]
    assert crawl.frontier.counts()[UrlState.QUEUED] == 1


async def test_no_more_articles_are_written_than_asked_for_and_the_rest_is_kept(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    sites = [f"https://s{n}.example/news/the-harbour-story-1" for n in range(12)]
    crawl = opened(crawls, Web({url: page(f"Story of {url}") for url in sites}), tmp_path)

    ended = await crawl.go(sites, max_articles=5)

    assert (ended, len(crawl.articles()), crawl.frontier.counts()[UrlState.QUEUED]) == (Ended.MAX_ARTICLES, 5, 7)


async def test_a_run_that_was_limited_goes_on_where_it_stopped(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    pages = {f"{A}-{n}": page(f"Story {n}", related=[f"{A}-{n + 1}"]) for n in range(6)}
    first = Crawl(Web(pages), tmp_path)
    await first.go([f"{A}-0"], max_articles=2, max_depth=9)
    first.close()

    web = Web(pages)
    second = opened(crawls, web, tmp_path, run_id="run-2")
    ended = await second.go([f"{A}-0"], max_depth=9)

    assert (ended, second.articles()) == (Ended.DRAINED, [f"{A}-{n}" for n in range(6)])
    assert f"{A}-0" not in web.asked_urls


async def test_a_deadline_ends_the_run_and_keeps_the_rest(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    crawl = opened(crawls, Web({f"{A}-{n}": page(f"Story {n}") for n in range(9)}), tmp_path)
    crawl.stop.leasing.deadline = trio.current_time() + 23.0

    ended = await crawl.go([f"{A}-{n}" for n in range(9)])

    assert (ended, len(crawl.articles()), crawl.frontier.counts()[UrlState.QUEUED]) == (Ended.DEADLINE, 3, 6)


async def test_the_first_signal_lets_visits_finish_and_the_second_cuts_them(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    slow = Web({f"{s}-1": Reply(body=page(s).body, takes_s=20.0) for s in (A, B)} | {ROBOTS_A: ALLOW_ALL})
    ended: list[Ended] = []
    for folder, signals in (("once", [10.0]), ("twice", [10.0, 1.0])):
        (tmp_path / folder).mkdir()
        crawl = opened(crawls, slow, tmp_path / folder)

        async def ask(crawl: Crawl = crawl, signals: list[float] = signals) -> None:
            for pause_s in signals:
                await trio.sleep(pause_s)
                crawl.stop.ask(2)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            ended.append(await crawl.go([f"{A}-1", f"{B}-1"], gap_s=1.0))

    written = [sorted(crawl.articles()) for crawl in crawls]
    assert (ended, written) == ([Ended.STOPPED, Ended.STOPPED], [[f"{A}-1", f"{B}-1"], []])


async def test_a_site_that_asks_to_wait_longer_than_the_run_may_is_left_for_the_next(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    refusal = Reply(status=429, headers=(("retry-after", "3600"),))
    pages: dict[str, Reply | Sequence[Reply]] = {f"{A}-1": [refusal, page("First")], f"{A}-2": page("Second")}
    ledger = MemoryLedger()
    first = Crawl(Web(pages), tmp_path, ledger=ledger)

    ended = await first.go([f"{A}-1", f"{A}-2"])
    first.close()
    asked_at_s = trio.current_time()
    second = opened(crawls, first.web, tmp_path, ledger=ledger, run_id="run-2")
    await second.go([], max_wait_s=4000.0)

    times = [at for at, _ in second.web.asked]
    assert (ended, len(second.articles())) == (Ended.WAITING, 2)
    assert asked_at_s < 60.0
    assert min(at for at in times if at > asked_at_s) >= 3600.0


async def test_a_site_that_only_refuses_does_not_keep_the_run_alive(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    crawl = opened(crawls, Web({f"{A}-1": Reply(status=503)}), tmp_path)

    ended = await crawl.go([f"{A}-1"])

    assert (ended, crawl.frontier.counts()[UrlState.QUEUED]) == (Ended.WAITING, 1)
    assert trio.current_time() < 1800.0


async def test_redirects_are_visits_of_their_own_and_both_names_lead_to_the_article(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    web = Web(
        {
            f"{A}-old": redirect("the-harbour-story-new"),
            f"{A}-new": redirect(f"{A}-newest", 302),
            f"{A}-newest": page("News"),
        }
    )
    crawl = opened(crawls, web, tmp_path)

    await crawl.go([f"{A}-old"])

    (article,) = crawl.lines("articles.jsonl")
    aliases = {line["url"]: line["same_as"] for line in crawl.lines("aliases.jsonl")}
    assert (web.asked_urls[2:], article["redirects"], aliases) == (
        [f"{A}-old", f"{A}-new", f"{A}-newest"],
        [f"{A}-old", f"{A}-new"],
        {f"{A}-old": article["id"], f"{A}-new": article["id"]},
    )
    assert crawl.edges(LinkKind.REDIRECT) == [(f"{A}-old", f"{A}-new"), (f"{A}-new", f"{A}-newest")]


async def test_a_redirect_to_another_spelling_of_the_same_address_is_followed(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    web = Web({f"{A}-1?utm_source=feed": redirect("the-harbour-story-1"), f"{A}-1": page("First")})
    crawl = opened(crawls, web, tmp_path)

    ended = await crawl.go([f"{A}-1?utm_source=feed"])

    assert (ended, crawl.articles()) == (Ended.DRAINED, [f"{A}-1"])


@pytest.mark.parametrize(
    ("pages", "why"),
    [
        ({f"{A}-1": redirect("the-harbour-story-2"), f"{A}-2": redirect("the-harbour-story-1")}, "a loop: back to"),
        ({f"{A}-{n}": redirect(f"the-harbour-story-{n + 1}") for n in range(1, 9)}, "more than 5 redirects"),
        ({f"{A}-1": redirect("http://a.example/2")}, "away from TLS"),
        ({f"{A}-1": redirect("ftp://a.example/2")}, "no http(s) address"),
        ({f"{A}-1": Reply(status=302, headers=())}, "without a Location"),
    ],
)
async def test_a_redirect_that_leads_nowhere_is_an_outcome(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl], pages: dict[str, Reply], why: str
) -> None:
    crawl = opened(crawls, Web(pages), tmp_path)

    await crawl.go([f"{A}-1"])

    last = crawl.lines("visits.jsonl")[-1]
    assert (last["outcome"], why in last["why"]) == ("bad-redirect", True)


async def test_a_related_link_leaves_the_scope_by_one_hop_unless_told_to_stay(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    pages = {
        f"{A}-1": page("First", related=[f"{B}-1"]),
        f"{B}-1": page("Far", related=[f"{B}-2", f"{A}-2"]),
        f"{B}-2": page("Farther"),
        f"{A}-2": page("Back"),
    }
    articles = []
    for folder, stay in (("free", False), ("stay", True)):
        (tmp_path / folder).mkdir()
        crawl = opened(crawls, Web(pages), tmp_path / folder)
        await crawl.go([f"{A}-1"], stay=stay)
        articles.append(crawl.articles())

    assert articles == [[f"{A}-1", f"{B}-1"], [f"{A}-1"]]
    assert crawls[0].edges(LinkKind.RELATED) == [(f"{A}-1", f"{B}-1"), (f"{B}-1", f"{B}-2"), (f"{B}-1", f"{A}-2")]


async def test_depth_is_counted_in_hops_from_the_seed(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    web = Web({f"{A}-{n}": page(f"Story {n}", related=[f"{A}-{n + 1}"]) for n in range(6)})
    crawl = opened(crawls, web, tmp_path)

    await crawl.go([f"{A}-0"], max_depth=2)

    assert [(line["url"], line["depth"]) for line in crawl.lines("articles.jsonl")] == [
        (f"{A}-0", 0),
        (f"{A}-1", 1),
        (f"{A}-2", 2),
    ]


async def test_a_failure_is_tried_again_a_bounded_number_of_times(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    once = [Reply(failure=Outcome.TIMEOUT), page("First")]
    web = Web({f"{A}-1": once, f"{B}-1": Reply(failure=Outcome.UNREACHABLE), ROBOTS_B: ALLOW_ALL})
    crawl = opened(crawls, web, tmp_path)

    ended = await crawl.go([f"{A}-1", f"{B}-1"])

    assert (ended, crawl.articles(), web.asked_urls.count(f"{B}-1")) == (Ended.DRAINED, [f"{A}-1"], 3)


async def test_one_request_at_a_time_goes_to_a_site(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    hosts = ["https://a.example", "https://www.a.example", "https://news.a.example"]
    web = Web(
        {
            f"{host}/news/the-harbour-story-{n}": Reply(body=page(f"{host} {n}").body, takes_s=9.0)
            for host in hosts
            for n in range(3)
        }
    )
    crawl = opened(crawls, web, tmp_path)

    await crawl.go([f"{host}/news/the-harbour-story-{n}" for host in hosts for n in range(3)], gap_s=1.0)

    assert (web.most_open, len(crawl.articles())) == (1, 9)


async def test_a_page_known_under_two_addresses_is_written_once(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    web = Web(
        {
            f"{A}-1": page("First", related=[f"{A}-amp-2", f"{A}-2"]),
            f"{A}-amp-2": page("Second", canonical=f"{A}-2"),
            f"{A}-2": page("Second"),
        }
    )
    crawl = opened(crawls, web, tmp_path)

    await crawl.go([f"{A}-1"])

    assert crawl.articles() == [f"{A}-1", f"{A}-2"]
    assert (f"{A}-2" in web.asked_urls, crawl.edges(LinkKind.CANONICAL)) == (False, [(f"{A}-amp-2", f"{A}-2")])


def text(body: bytes) -> Reply:
    return Reply(body=body, headers=(("content-type", "text/plain"),))


@pytest.mark.parametrize(
    ("pages", "rights"),
    [
        ({ROBOTS_A: text(b"User-agent: *\nContent-Signal: search=yes, ai-train=no\n")}, "robots.txt line 2"),
        ({ROBOTS_A: text(b"User-agent: *\nContent-Usage: /news/ train-ai=n\n")}, "robots.txt line 2"),
        ({RIGHTS_A: text(b'[{"location": "/news/*", "tdm-reservation": 1}]')}, "tdmrep.json: /news/*"),
    ],
)
async def test_what_an_origin_reserves_is_a_record_without_text_and_its_links_are_followed(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl], pages: dict[str, Reply], rights: str
) -> None:
    pages |= {f"{A}-1": page("First", related=[f"{A}-2"]), f"{A}-2": page("Second")}
    crawl = opened(crawls, Web(pages), tmp_path)

    await crawl.go([f"{A}-1"])

    records = crawl.lines("articles.jsonl")
    assert [(r["url"], r["text"], r["text_digest"]) for r in records] == [(f"{A}-{n}", "", None) for n in (1, 2)]
    assert all(r["rights"].startswith(rights) and r["title"] for r in records)


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(status=403),
        Reply(status=401),
        Reply(status=503, headers=(("cf-mitigated", "challenge"),)),
        Reply(body=b"<html><script>window._cf_chl_opt = {}</script>Just a moment"),
    ],
)
async def test_a_site_that_refuses_five_times_in_a_row_is_left_alone_for_a_day(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl], refusal: Reply
) -> None:
    web = Web({f"{A}-{n}": refusal for n in range(9)} | {f"{B}-1": page("Other")})
    crawl = opened(crawls, web, tmp_path)

    ended = await crawl.go([*(f"{A}-{n}" for n in range(9)), f"{B}-1"])

    ((site, at),) = crawl.frontier.waiting()
    outcomes = [outcome for url, outcome in crawl.outcomes() if url.startswith(A)]
    assert (ended, outcomes, crawl.articles(), site) == (Ended.WAITING, ["refused"] * 5, [f"{B}-1"], "a.example")
    assert at - now() > 86_000


async def test_the_last_good_robots_txt_holds_while_it_cannot_be_had(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    robots = [text(b"User-agent: *\nDisallow: /news/the-harbour-story-2$\n"), Reply(status=503)]
    web = Web({ROBOTS_A: robots, f"{A}-1": page("First"), f"{A}-2": page("Second"), f"{A}-3": page("Third")})
    ledger = MemoryLedger()
    first = Crawl(web, tmp_path, ledger=ledger)
    await first.go([f"{A}-1"])
    first.close()
    await trio.sleep(2 * 86_400)

    second = opened(crawls, web, tmp_path, ledger=ledger, run_id="run-2")
    await second.go([f"{A}-2", f"{A}-3"])

    assert web.asked_urls.count(ROBOTS_A) >= 2
    assert second.articles() == [f"{A}-1", f"{A}-3"]


async def test_two_runs_that_share_a_ledger_keep_one_gap_and_one_request_at_a_time(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    pages = {f"{A}-{n}": Reply(body=page(f"Story {n}").body, takes_s=8.0) for n in range(6)}
    web = Web({ROBOTS_A: ALLOW_ALL, **pages})
    for name in ("cron", "one-off"):
        (tmp_path / name).mkdir()
        ledger = SqliteLedger(tmp_path / "hosts.db", gap_s=lambda _: 5.0, daily_cap=9)
        opened(crawls, web, tmp_path / name, ledger=ledger)

    async with trio.open_nursery() as nursery:
        for crawl in crawls:
            nursery.start_soon(crawl.go, [f"{A}-{n}" for n in range(6)])

    starts = [at for at, _ in web.asked]
    lasted_s = {ROBOTS_A: 0.1, RIGHTS_A: 0.1}
    pauses = [
        later - (start + lasted_s.get(url, 8.0)) for (start, url), later in zip(web.asked, starts[1:], strict=False)
    ]
    for crawl in crawls:
        crawl.ledger.close()
    assert (web.most_open, round(min(pauses), 6) >= 5.0, len(web.asked)) == (1, True, 9)
    left = [crawl.frontier.counts()[UrlState.QUEUED] for crawl in crawls]
    assert sum(left) == 12 - 7  # robots.txt and tdmrep.json went first; the rest waits for tomorrow


class Angry(Web):
    """A site that refuses for ten seconds after a hundred pages, and counts how often it had to."""

    refused = 0
    calm_at_s: float | None = None

    def _reply(self, url: str) -> Reply:
        if url.startswith(A) and len(self.asked) == 103:
            self.calm_at_s = trio.current_time() + 10.0
        if self.calm_at_s is not None and trio.current_time() < self.calm_at_s:
            self.refused += 1
            return Reply(status=429, headers=(("retry-after", f"{self.calm_at_s - trio.current_time():.3f}"),))
        return super()._reply(url)


async def test_a_site_that_refuses_for_a_while_loses_no_page_and_has_to_refuse_once(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    urls = [f"{A}-{n}" for n in range(400)]
    web = Angry({url: page(f"Story of {url}") for url in urls})
    crawl = opened(crawls, web, tmp_path)

    ended = await crawl.go(urls, gap_s=1.0)

    assert (ended, sorted(crawl.articles()), web.refused) == (Ended.DRAINED, sorted(urls), 1)


def feed(*urls: str, etag: str) -> Reply:
    items = "".join(f"<item><title>Story at {url[-8:]}</title><link>{url}</link></item>" for url in urls)
    return Reply(
        body=f"<rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>".encode(),
        headers=(("content-type", "application/rss+xml"), ("etag", etag)),
    )


async def test_the_runs_of_a_week_ask_little_and_write_what_is_new_or_changed(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    feed_url, ledger = "https://a.example/feed.xml", MemoryLedger()
    not_modified = Reply(status=304)
    web = Web(
        {
            ROBOTS_A: ALLOW_ALL,
            feed_url: [feed(f"{A}-1", etag='"1"'), not_modified, feed(f"{A}-2", f"{A}-1", etag='"2"'), not_modified],
            f"{A}-1": [page("First"), page("First, corrected"), page("First, corrected")],
            f"{A}-2": page("Second"),
        }
    )
    asked_by_run: list[list[str]] = []
    for day in range(8):
        before = len(web.asked)
        crawl = Crawl(web, tmp_path, ledger=ledger, run_id=f"run-{day}", revisits=Revisits.DUE)
        ended = await crawl.go([feed_url])
        crawl.close()
        assert ended is Ended.DRAINED
        asked_by_run.append([url for url in web.asked_urls[before:] if url not in (ROBOTS_A, RIGHTS_A)])
        await trio.sleep(86_400 + 600)

    last = opened(crawls, web, tmp_path, ledger=ledger, run_id="reader")
    versions = [(line["url"], line["title"], line["version"]) for line in last.lines("articles.jsonl")]
    assert asked_by_run[:3] == [
        [feed_url, f"{A}-1"],
        [feed_url],  # the article was published weeks before: its next rung is far
        [feed_url, f"{A}-2"],
    ]
    assert web.validators[feed_url] == '"2"'
    assert versions[:2] == [(f"{A}-1", "First", 1), (f"{A}-2", "Second", 1)]
    assert sum(map(len, asked_by_run)) <= 8 + 2 + 2  # a poll a day, each article once, and at most a rung each


async def test_refreshing_asks_for_all_again_and_writes_a_version_of_what_changed(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    web = Web({f"{A}-1": [page("First", related=[f"{A}-2"]), page("First, corrected")], f"{A}-2": page("Second")})
    first = Crawl(web, tmp_path)
    await first.go([f"{A}-1"])
    first.close()

    second = opened(crawls, web, tmp_path, run_id="run-2", revisits=Revisits.ALL)
    await second.go([f"{A}-1"])

    versions = [(line["url"], line["version"]) for line in second.lines("articles.jsonl")]
    assert (versions, second.tally.changed, second.tally.unchanged) == (
        [(f"{A}-1", 1), (f"{A}-2", 1), (f"{A}-1", 2)],
        1,
        1,
    )


async def test_a_related_link_that_an_unchanged_article_gained_is_written_and_followed(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    article = [page("First"), page("First", related=[f"{A}-2"])]
    web = Web({f"{A}-1": article, f"{A}-2": page("Second")})
    first = Crawl(web, tmp_path)
    await first.go([f"{A}-1"])
    first.close()

    second = opened(crawls, web, tmp_path, run_id="run-2", revisits=Revisits.ALL)
    await second.go([f"{A}-1"])

    versions = [(line["url"], line["version"]) for line in second.lines("articles.jsonl")]
    assert versions == [(f"{A}-1", 1), (f"{A}-2", 1)]
    assert second.edges(LinkKind.RELATED) == [(f"{A}-1", f"{A}-2")]


async def test_a_defect_of_ours_costs_the_page_that_shows_it_and_is_logged_with_its_address(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl], caplog: pytest.LogCaptureFixture
) -> None:
    async def read(body: bytes, url: str, content_type: str | None, fetched_at: datetime) -> Document | Unreadable:
        if url == f"{A}-1":
            raise ZeroDivisionError("as the test has it")
        return await read_here(body, url, content_type, fetched_at)

    crawl = opened(crawls, Web({f"{A}-1": page("First"), f"{A}-2": page("Second")}), tmp_path)
    crawl.read, crawl.raises_defects = read, False

    ended = await crawl.go([f"{A}-1", f"{A}-2"])

    crashed = [line for line in crawl.lines("visits.jsonl") if line["outcome"] == "crashed"]
    assert (ended, crawl.articles(), [line["why"] for line in crashed]) == (
        Ended.DRAINED,
        [f"{A}-2"],
        ["ZeroDivisionError: as the test has it"],
    )
    assert f"{A}-1: reading it failed" in caplog.text


@pytest.mark.parametrize(
    "to", ["https://www.a.example/news/the-tide-table-of-1", "http://a.example:8080/news/the-tide-1-and-2"]
)
async def test_a_redirect_to_an_origin_that_was_never_asked_waits_for_its_robots_txt(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl], to: str
) -> None:
    start = "http://a.example/news/the-harbour-story-1"
    web = Web({start: redirect(to), to: page("There")})
    crawl = opened(crawls, web, tmp_path)

    with trio.fail_after(600):
        ended = await crawl.go([start])

    robots = "/".join(to.split("/")[:3]) + "/robots.txt"
    assert (ended, crawl.articles()) == (Ended.DRAINED, [to])
    assert web.asked_urls.index(robots) < web.asked_urls.index(to)


async def test_a_304_says_nothing_of_a_robots_txt_that_is_not_held(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    robots = Reply(body=b"User-agent: *\nDisallow: /news/the-harbour-story-2\n", headers=(("etag", '"r"'),))
    web = Web({ROBOTS_A: robots, f"{A}-1": page("First"), f"{A}-2": page("Second")})
    first = Crawl(web, tmp_path)
    await first.go([f"{A}-1"])
    first.close()

    second = opened(crawls, web, tmp_path, run_id="run-2")  # with a ledger of its own, as in a new container
    await second.go([f"{A}-2"])

    assert (web.validators[ROBOTS_A], second.articles()) == (None, [f"{A}-1"])


async def test_a_304_that_nobody_asked_for_is_no_answer(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    crawl = opened(crawls, Web({f"{A}-1": [Reply(status=304), page("First")]}), tmp_path)

    await crawl.go([f"{A}-1"])

    assert crawl.articles() == [f"{A}-1"]


async def test_many_pages_behind_a_robots_txt_that_cannot_be_had_wait_as_one(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    crawl = opened(crawls, Web({ROBOTS_A: Reply(status=503)}), tmp_path)

    await crawl.go([f"{A}-{n}" for n in range(300)])

    refusals = [outcome for _, outcome in crawl.outcomes() if outcome == "robots-unreachable"]
    robots = [outcome for url, outcome in crawl.outcomes() if url == ROBOTS_A]
    assert len(refusals) <= 2 * len(robots)  # 300 pages, and a line for each time that it was asked for


async def test_what_ends_within_a_short_while_is_committed_as_one_and_the_last_visit_waits_for_none(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    takes_s = {f"https://{site}.example/news/the-harbour-story": s for site, s in (("a", 0.1), ("b", 0.14), ("c", 0.5))}
    web = Web({url: msgspec.structs.replace(page(url), takes_s=s) for url, s in takes_s.items()})
    crawl = opened(crawls, web, tmp_path)
    committed: list[tuple[float, list[str]]] = []

    async def commit(commit_now: Callable[[Sequence[Visit]], None], visits: Sequence[Visit]) -> None:
        if saved := [site_of(visit.lease.target.url) for visit in visits if visit.outcome is Outcome.SAVED]:
            committed.append((round(trio.current_time() - web.asked[-1][0], 3), saved))
        commit_now(visits)

    crawl.commit = commit
    await crawl.go(takes_s)

    assert committed == [(0.15, ["a.example", "b.example"]), (0.5, ["c.example"])]
