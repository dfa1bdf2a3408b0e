"""What goes wrong below and around pages: networks, name servers, robots.txt, feeds, sitemaps, files.

`HELD_BY` names the test that holds each case of `net_and_policy`.
"""

import re
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
import trio
from fakes import LOOPBACK, MemoryNetwork, loopback_server, replies
from hostile.collection import cases, needs_collection
from trio.testing import MockClock
from world.web import Crawl, Reply, Web, page, redirect

from crawler.extraction.document import read_document
from crawler.extraction.feeds import Feed
from crawler.fetch.client import CONNECT_S, Client
from crawler.fetch.dial import MOST_ADDRESSES
from crawler.fetch.names import Address, SystemResolver
from crawler.fetch.transport import SiteTransport
from crawler.model.work import Answer, Failure, Outcome
from crawler.politeness.robots import parse_robots
from crawler.running.run import Ended

TESTS = Path(__file__).parents[1]
ORIGIN = "https://a.example"
STORY = f"{ORIGIN}/news/the-harbour-story-1"
DENY = Reply(body=b"User-agent: *\nDisallow: /news\n", headers=(("content-type", "text/plain"),))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

HELD_BY = {
    "net-01 expired": "a_certificate_out_of_its_time_or_without_its_chain_is_not_accepted",
    "net-02 not-yet-valid": "a_certificate_out_of_its_time_or_without_its_chain_is_not_accepted",
    "net-03 wrong-host": "a_certificate_of_strangers_or_of_another_name_is_not_accepted",
    "net-04 incomplete-chain": "a_certificate_out_of_its_time_or_without_its_chain_is_not_accepted",
    "net-05 tls10-only": "a_server_that_speaks_only_what_is_out_of_use_is_not_spoken_to",
    "net-06 plain-http-on-443": "a_server_without_tls_is_unreachable_and_not_tried_again",
    "net-11 alpn-h2-only": "a_server_that_speaks_http_2_unasked_is_broken",
    "net-12 nxdomain": "an_unknown_name_is_remembered_for_five_seconds",
    "net-14 timeout": "a_name_server_that_never_answers_holds_up_nobody_else",
    "net-16 mixed-public-private": "a_name_that_leads_inside_is_refused_before_anything_is_dialled",
    "net-17 rebind": "a_name_that_leads_outside_first_and_inside_later_is_dialled_outside_only",
    "net-20 many-addresses": "a_name_with_hundreds_of_addresses_is_tried_at_a_few",
    "net-24 syn-drop": "a_connection_that_does_not_come_about_is_a_timeout",
    "net-26 rst-mid-body": "a_connection_reset_in_the_body_is_broken",
    "net-30 robots-404": "what_is_held_follows_from_the_answer",
    "net-33 robots-redirect-5": "five_redirects_of_a_robots_txt_are_followed_and_its_rules_are_those_of_the_first_host",
    "net-34 robots-redirect-6+": "a_robots_txt_behind_six_redirects_is_none",
    "net-39 robots-never-ends": "a_body_that_drips_ends_at_the_deadline",
    "net-43 robots-100k-rules": "a_robots_txt_of_any_length_is_read_and_asked_in_little_time",
    "net-47 feed-self-link-loop": "hostile_feeds_of_the_collection_are_read_at_once",  # rel=next is not followed
    "net-48 feed-100k-entries": "listings_of_any_length_are_read_in_part_and_in_little_time",
    "net-49 feed-future-dates": "whatever_a_listing_says_and_does_its_next_poll_lies_in_bounds",  # and by no date
    "net-50 feed-changing-guid": "an_address_is_queued_once_however_it_is_spelt",  # a guid is no identity
    "net-51 feed-etag-304": "a_copy_that_was_not_modified_is_kept",
    "net-53 sitemap-index-loop": "a_sitemap_that_lists_itself_is_asked_once",
    "net-54 sitemap-depth": "an_index_in_an_index_is_not_followed_whatever_it_is_called",
    "net-55 sitemap-cross-host": "no_other_kind_leaves_the_scope_and_none_where_it_is_to_stay",
    "net-56 sitemap-50k+": "listings_of_any_length_are_read_in_part_and_in_little_time",
    "net-57 sitemap-gz-bomb": "a_gzip_bomb_is_unpacked_up_to_the_limit",
    "net-58 sitemap-gz-named-xml": "sitemaps_of_other_projects_agree",
    "net-60 corpus-kill9": "a_killed_run_is_completed_and_goes_on_where_it_stopped",
    "net-62 two-crawlers": "a_second_run_is_told_who_holds_the_folder",
}


@needs_collection
def test_every_case_around_pages_has_its_test() -> None:
    named = {f"{case['id']} {case['name']}" for case in cases("net_and_policy")}
    written = {name for path in TESTS.rglob("test_*.py") for name in re.findall(r"def test_(\w+)", path.read_text())}

    assert named == set(HELD_BY)
    assert set(HELD_BY.values()) - written == set()


def client_of(transport: SiteTransport) -> Client:
    return Client(user_agent="test/1", transport=transport)


async def test_a_name_server_that_never_answers_holds_up_nobody_else(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def resolve(host: str, port: int) -> Sequence[Address]:
        if host == "silent.example":
            await trio.sleep_forever()
        return [("8.8.8.8", port)]

    ended: dict[str, tuple[bool, float]] = {}
    async with client_of(SiteTransport(resolve=resolve, network=MemoryNetwork(nursery, replies(OK)))) as client:

        async def fetch(host: str) -> None:
            result = await client.fetch(f"http://{host}/", max_body_bytes=9)
            ended[host] = (isinstance(result, Answer), trio.current_time())

        async with trio.open_nursery() as fetches:
            for host in ("silent.example", "a.example"):
                fetches.start_soon(fetch, host)

    assert ended == {"a.example": (True, 0.0), "silent.example": (False, CONNECT_S)}


async def test_a_name_with_hundreds_of_addresses_is_tried_at_a_few(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    addresses = [f"8.8.8.{number}" for number in range(200)]

    async def resolve(host: str, port: int) -> Sequence[Address]:
        return [(address, port) for address in addresses]

    network = MemoryNetwork(nursery, replies(OK), refused=addresses)
    async with client_of(SiteTransport(resolve=resolve, network=network)) as client:
        result = await client.fetch("http://a.example/", max_body_bytes=9)

    assert isinstance(result, Failure)
    assert (result.outcome, len(network.dialled)) == (Outcome.UNREACHABLE, 3 * MOST_ADDRESSES)


async def test_a_connection_reset_in_the_body_is_broken() -> None:
    async def reset(stream: trio.abc.Stream, request: bytes) -> None:
        assert isinstance(stream, trio.SocketStream)
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing resets
        await stream.aclose()

    transport = SiteTransport(resolve=SystemResolver(), allow_networks=LOOPBACK)
    async with loopback_server(reset) as server, client_of(transport) as client:
        result = await client.fetch(server.url, max_body_bytes=9_999)

    assert isinstance(result, Failure)
    assert (result.outcome, result.status) == (Outcome.BROKEN, 200)


def robots_behind(hops: int) -> Web:
    """A site whose robots.txt, which denies all, lies behind redirects to and fro."""
    names = [f"{ORIGIN}/robots.txt", *(f"https://{'ab'[n % 2]}.example/rules-{n}" for n in range(1, hops + 1))]
    pages = {name: redirect(after) for name, after in pairwise(names)}
    return Web({**pages, names[-1]: DENY, STORY: page("Harbour")})


@pytest.fixture
def crawl_of(tmp_path: Path) -> Iterator[Callable[[Web], Crawl]]:
    """Opens crawls, which it closes."""
    with ExitStack() as stack:

        def opened(web: Web) -> Crawl:
            crawl = Crawl(web, tmp_path)
            stack.callback(crawl.close)
            return crawl

        yield opened


async def test_five_redirects_of_a_robots_txt_are_followed_and_its_rules_are_those_of_the_first_host(
    crawl_of: Callable[[Web], Crawl], autojump_clock: MockClock
) -> None:
    crawl = crawl_of(robots_behind(5))

    await crawl.go([STORY])

    assert (STORY in crawl.web.asked_urls, crawl.outcomes()[-1]) == (False, (STORY, "robots-denied"))


async def test_a_robots_txt_behind_six_redirects_is_none(
    crawl_of: Callable[[Web], Crawl], autojump_clock: MockClock
) -> None:
    crawl = crawl_of(robots_behind(6))

    await crawl.go([STORY])

    assert crawl.outcomes()[-1] == (STORY, "saved")  # RFC 9309, 2.3.1.2: it may be taken for unavailable


async def test_a_sitemap_that_lists_itself_is_asked_once(
    crawl_of: Callable[[Web], Crawl], autojump_clock: MockClock
) -> None:
    index = f'<?xml version="1.0"?><sitemapindex><sitemap><loc>{ORIGIN}/index.xml</loc></sitemap></sitemapindex>'
    crawl = crawl_of(Web({f"{ORIGIN}/index.xml": Reply(body=index.encode())}))

    ended = await crawl.go([f"{ORIGIN}/index.xml"])

    assert (ended, crawl.web.asked_urls.count(f"{ORIGIN}/index.xml")) == (Ended.DRAINED, 1)


async def test_an_index_in_an_index_is_not_followed_whatever_it_is_called(
    crawl_of: Callable[[Web], Crawl], autojump_clock: MockClock
) -> None:
    names = [f"{ORIGIN}/{number}/robots.txt" for number in range(5)]  # robots.txt may name an index: this is none
    indexes = {
        name: Reply(body=f"<sitemapindex><sitemap><loc>{below}</loc></sitemap></sitemapindex>".encode())
        for name, below in pairwise(names)
    }
    crawl = crawl_of(Web(indexes))

    await crawl.go(names[:1])

    assert [url for url in crawl.web.asked_urls if url in names] == names[:2]


async def test_headers_without_end_are_not_written_down(
    crawl_of: Callable[[Web], Crawl], autojump_clock: MockClock
) -> None:
    long = "x" * 50_000
    headers = (("content-type", f"text/html; {long}"), ("etag", f'"{long}"'), ("last-modified", long))
    crawl = crawl_of(Web({STORY: msgspec.structs.replace(page("Harbour"), headers=headers)}))

    await crawl.go([STORY])

    [written] = crawl.lines("articles.jsonl")
    assert [written["http"][name] for name in ("content_type", "etag", "last_modified")] == [None, None, None]


@pytest.mark.parametrize(
    "text",
    [
        "User-agent: *\n" + "".join(f"Disallow: /*{number}/*story$\n" for number in range(18_000)),  # of 500 KiB
        "".join(f"User-agent: a{number}\n" for number in range(14_000)) + "Allow: /\n" * 20_000,
        "User-agent: *\n" + "Content-usage: tdm=y\n" * 14_000 + "Allow: /\n" * 20_000,
        f"User-agent: *\nDisallow: /{'*2' * 200_000}$\n",
    ],
    ids=["rules", "agents", "preferences", "stars"],
)
def test_a_robots_txt_of_any_length_is_read_and_asked_in_little_time(text: str) -> None:
    started_s = time.process_time()

    rules = parse_robots(text)
    answers = {rules.may_fetch(f"{ORIGIN}/news/{number}-what-the-council-said") for number in range(5)}

    assert (answers, time.process_time() - started_s < 5.0) == ({True}, True)


@pytest.mark.parametrize(
    ("head", "entry"),
    [
        ("<rss><channel>", "<item><title>t</title><link>https://a.example/story-{n}</link></item>"),
        ("<urlset>", "<url><loc>https://a.example/story-{n}</loc></url>"),
    ],
    ids=["feed", "sitemap"],
)
def test_listings_of_any_length_are_read_in_part_and_in_little_time(head: str, entry: str) -> None:
    body = f'<?xml version="1.0"?>{head}' + "".join(entry.replace("{n}", str(n)) for n in range(60_000))
    started_s = time.process_time()

    listing = read_document(body.encode(), f"{ORIGIN}/feed")

    assert isinstance(listing, Feed)
    assert (1_000 < len(listing.links) <= 50_000, time.process_time() - started_s < 5.0) == (True, True)
