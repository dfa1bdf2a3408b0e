"""Addresses that lead inside, however they are written or come about: nobody there sees a connection."""

import ipaddress
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import trio
from fakes import LOOPBACK, MemoryNetwork, loopback_server, replies
from hostile.collection import cases, needs_collection
from trio.testing import MockClock

from crawler.fetch.client import Client
from crawler.fetch.names import KEPT_S, Address, SystemResolver
from crawler.fetch.transport import SiteTransport
from crawler.model.links import LinkKind
from crawler.model.urls import ip_address_of, resolve_url
from crawler.model.work import Answer, Failure, Outcome, Target
from crawler.running.redirect import next_hop

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SPELLINGS = (
    "127.0.0.1",
    "127.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "127.0.0.1.",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "%31%32%37.0.0.1",
    "user@127.0.0.1",
    "0.0.0.0",
    "0",
    "localhost",
    "LOCALHOST",
    "ｌｏｃａｌｈｏｓｔ",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
)


class Inside:
    """Somebody who must not be reached: counts who connects, over IPv4 and IPv6."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connections = 0


@asynccontextmanager
async def listening_inside(host: str | None = None) -> AsyncIterator[Inside]:
    """Listen on a port of all own addresses, or of one."""
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host=host)
        inside = Inside(listeners[0].socket.getsockname()[1])

        async def count(stream: trio.SocketStream) -> None:
            inside.connections += 1
            async with stream:
                await stream.receive_some()
                await stream.send_all(OK)

        nursery.start_soon(trio.serve_listeners, count, listeners)
        yield inside
        nursery.cancel_scope.cancel()


def client_of(transport: SiteTransport) -> Client:
    return Client(user_agent="test/1", transport=transport, exchange_s=5.0)


async def test_no_spelling_of_an_address_inside_makes_a_connection() -> None:
    outcomes: dict[str, str] = {}

    async with listening_inside() as inside, client_of(SiteTransport(resolve=SystemResolver())) as client:
        for host in SPELLINGS:
            url = resolve_url(f"http://{host}:{inside.port}/")
            result = await client.fetch(url, max_body_bytes=9) if url else None
            outcomes[host] = "no address" if result is None else str(getattr(result, "outcome", "answered"))
        connections = inside.connections

    assert (set(outcomes.values()), connections) == ({Outcome.BLOCKED_ADDRESS}, 0)


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "１２７.０.０.１"])
async def test_the_same_spellings_reach_a_network_that_is_allowed(host: str) -> None:
    transport = SiteTransport(resolve=SystemResolver(), allow_networks=LOOPBACK)

    async with listening_inside("127.0.0.1") as inside, client_of(transport) as client:
        url = resolve_url(f"http://{host}:{inside.port}/") or ""
        result = await client.fetch(url, max_body_bytes=9)

        assert (isinstance(result, Answer), inside.connections) == (True, 1)


@pytest.mark.parametrize("location", ["http://127.0.0.2:{port}/", "//2130706434:{port}/", "http://inside.example/"])
async def test_a_redirect_that_leads_inside_makes_no_connection(location: str) -> None:
    async with listening_inside("127.0.0.2") as inside:
        moved = f"HTTP/1.1 302 X\r\nLocation: {location.format(port=inside.port)}\r\nContent-Length: 0\r\n\r\n"
        async with loopback_server(replies(moved.encode())) as server:

            async def resolve(host: str, port: int) -> Sequence[Address]:
                return [("127.0.0.2", inside.port)] if host == "inside.example" else await SystemResolver()(host, port)

            allowed = [ipaddress.ip_network("127.0.0.1/32")]
            async with client_of(SiteTransport(resolve=resolve, allow_networks=allowed)) as client:
                answer = await client.fetch(f"{server.url}/", max_body_bytes=9)
                assert isinstance(answer, Answer)
                hop, _ = next_hop(answer, Target(url=answer.url, kind=LinkKind.RELATED, seed=answer.url))
                assert hop is not None
                result = await client.fetch(hop.url, max_body_bytes=9)

        assert isinstance(result, Failure)
        assert (result.outcome, result.asked, inside.connections) == (Outcome.BLOCKED_ADDRESS, False, 0)


async def test_a_name_that_leads_outside_first_and_inside_later_is_dialled_outside_only(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    answers = [["8.8.8.8"], ["127.0.0.1"], ["8.8.8.8", "127.0.0.1"]]

    async def resolve(host: str, port: int) -> Sequence[Address]:
        return [(address, port) for address in answers.pop(0)]

    network = MemoryNetwork(nursery, replies(OK, closes=True))
    outcomes = []
    async with client_of(SiteTransport(resolve=resolve, network=network)) as client:
        for _ in range(3):
            outcomes.append(await client.fetch("http://a.example/", max_body_bytes=9))
            await trio.sleep(KEPT_S + 1)

    assert (
        [isinstance(result, Answer) or result.outcome for result in outcomes],
        [address for address, _ in network.dialled],
    ) == ([True, Outcome.BLOCKED_ADDRESS, Outcome.BLOCKED_ADDRESS], ["8.8.8.8"])


async def test_a_second_try_goes_to_the_address_that_was_checked(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    answers = [["8.8.8.8"], ["127.0.0.1"], ["127.0.0.1"]]

    async def resolve(host: str, port: int) -> Sequence[Address]:
        return [(address, port) for address in answers.pop(0)]

    network = MemoryNetwork(nursery, replies(OK), refused=["8.8.8.8"])
    async with client_of(SiteTransport(resolve=resolve, network=network)) as client:
        result = await client.fetch("http://a.example/", max_body_bytes=9)

    assert isinstance(result, Failure)
    assert (result.outcome, [address for address, _ in network.dialled]) == (Outcome.UNREACHABLE, ["8.8.8.8"] * 3)


@needs_collection
async def test_no_address_of_the_collection_leads_inside(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    network = MemoryNetwork(nursery, replies(OK, closes=True))

    async def resolve(host: str, port: int) -> Sequence[Address]:
        return [(host if ip_address_of(host) else "127.0.0.1", port)]

    async with client_of(SiteTransport(resolve=resolve, network=network)) as client:
        outcomes = {case["url"]: await client.fetch(case["url"], max_body_bytes=9) for case in cases("ssrf_urls")}

    wanted = {  # names lead inside here, so of the public controls the numeric ones only are reached
        case["url"]: case["expect"] in ("allow", "no-private")
        and re.search(r"//[\[0-9][^/]*[]0-9]/$", case["url"]) is not None
        for case in cases("ssrf_urls")
    }
    assert {url: isinstance(result, Answer) for url, result in outcomes.items()} == wanted


@needs_collection
async def test_no_public_control_of_the_collection_is_refused(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    network = MemoryNetwork(nursery, replies(OK, closes=True))

    async def resolve(host: str, port: int) -> Sequence[Address]:
        return [(host if ip_address_of(host) else "8.8.8.8", port)]

    async with client_of(SiteTransport(resolve=resolve, network=network)) as client:
        controls = [case["url"] for case in cases("ssrf_urls") if case["expect"] == "allow"]
        refused = [url for url in controls if not isinstance(await client.fetch(url, max_body_bytes=9), Answer)]

    assert (refused, len(controls)) == ([], 11)
