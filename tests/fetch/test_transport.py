"""Connections: kept, dropped, never leaked, and never one answer under another URL."""

import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio
from fakes import (
    LOOPBACK,
    AnswerRequest,
    FakeResolver,
    MemoryNetwork,
    WatchedNetwork,
    loopback_server,
    replies,
    serve_requests,
)
from trio.testing import MockClock

from crawler.fetch.client import Client
from crawler.fetch.names import SystemResolver
from crawler.fetch.transport import IDLE_S, MOST_IDLE, SiteTransport
from crawler.model.work import Answer, Failure, Outcome

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok"
PUBLIC = "8.8.8.8"
CERTIFICATE = Path(__file__).with_name("a.example.pem")  # its own authority, made for these tests; valid until 2126
CERTIFICATES = Path(__file__).with_name("certificates")  # of one root, or of an authority below it, made likewise


def loopback_client(network: WatchedNetwork | None = None, *, exchange_s: float = 5) -> Client:
    transport = SiteTransport(resolve=SystemResolver(), allow_networks=LOOPBACK, network=network)
    return Client(user_agent="test/1", transport=transport, exchange_s=exchange_s)


def memory_client(network: MemoryNetwork, *hosts: str) -> Client:
    resolve = FakeResolver({host: [PUBLIC] for host in hosts or ("a.example",)})
    return Client(user_agent="test/1", transport=SiteTransport(resolve=resolve, network=network))


async def fetch(client: Client, url: str) -> Answer | Failure:
    return await client.fetch(url, max_body_bytes=1_000_000)


def told(result: Answer | Failure) -> bytes | Outcome:
    return result.body if isinstance(result, Answer) else result.outcome


async def test_one_connection_serves_all_requests_to_a_site() -> None:
    async with loopback_server(replies(OK)) as server, loopback_client() as client:
        answers = [told(await fetch(client, f"{server.url}/{number}")) for number in range(5)]

        assert (answers, server.connections) == ([b"ok"] * 5, 1)


async def test_a_connection_that_the_server_closed_costs_a_fresh_one_and_no_failure() -> None:
    async with loopback_server(replies(OK, closes=True)) as server, loopback_client() as client:
        answers = [told(await fetch(client, server.url)) for _ in range(3)]

        assert (answers, server.connections) == ([b"ok"] * 3, 3)


async def test_a_connection_closed_while_we_ask_is_asked_again_on_a_fresh_one() -> None:
    asked: list[bytes] = []

    async def answer(stream: trio.abc.Stream, head: bytes) -> None:
        asked.append(head.split()[1])
        if len(asked) == 2:
            await stream.aclose()
        else:
            await stream.send_all(OK)

    async with loopback_server(answer) as server, loopback_client() as client:
        answers = [told(await fetch(client, f"{server.url}/{number}")) for number in range(3)]

        assert (answers, asked, server.connections) == ([b"ok"] * 3, [b"/0", b"/1", b"/1", b"/2"], 2)


async def test_a_fresh_connection_that_is_closed_is_a_failure() -> None:
    async with loopback_server(replies(b"", closes=True)) as server, loopback_client() as client:
        result = await fetch(client, server.url)

        assert (told(result), result.is_local, server.connections) == (Outcome.BROKEN, True, 1)


async def test_a_reply_that_breaks_http_on_a_kept_connection_is_not_asked_for_twice() -> None:
    async with loopback_server(replies(OK, b"rubbish\r\n\r\n", OK)) as server, loopback_client() as client:
        results = [told(await fetch(client, server.url)) for _ in range(3)]

        assert (results, len(server.heads), server.connections) == ([b"ok", Outcome.BROKEN, b"ok"], 3, 2)


async def test_bytes_behind_an_answer_are_never_taken_for_the_next_one() -> None:
    smuggled = OK + b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nstolen!"

    async with loopback_server(replies(smuggled, OK)) as server, loopback_client() as client:
        results = [told(await fetch(client, f"{server.url}/{number}")) for number in range(2)]

        assert (results, server.connections) == ([b"ok", b"ok"], 2)


async def test_an_answer_that_is_given_up_takes_its_connection_with_it() -> None:
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 3_000_000
    image = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 2\r\n\r\nok"
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3_000_000

    async with loopback_server(replies(large, image, endless, OK)) as server, loopback_client() as client:
        results = [told(await fetch(client, server.url)) for _ in range(4)]

        assert (results, server.connections) == (
            [Outcome.TOO_LARGE, Outcome.NOT_A_PAGE, Outcome.TOO_LARGE, b"ok"],
            4,
        )


async def test_an_idle_connection_is_kept_for_fifteen_seconds(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    network = MemoryNetwork(nursery, replies(OK))
    async with memory_client(network, "a.example", "b.example") as client:
        await fetch(client, "http://a.example/")
        await trio.sleep(IDLE_S - 1)
        await fetch(client, "http://a.example/")
        reused = len(network.streams)
        await trio.sleep(IDLE_S)
        await fetch(client, "http://b.example/")

        assert (reused, [stream.is_closed for stream in network.streams]) == (1, [True, False])


async def test_the_longest_idle_connection_makes_room(nursery: trio.Nursery) -> None:
    hosts = [f"{number}.example" for number in range(MOST_IDLE + 1)]
    network = MemoryNetwork(nursery, replies(OK))
    async with memory_client(network, *hosts) as client:
        for host in hosts:
            await fetch(client, f"http://{host}/")

        assert [stream.is_closed for stream in network.streams] == [True] + [False] * MOST_IDLE


async def test_leaving_the_client_closes_what_is_idle_also_when_cancelled(nursery: trio.Nursery) -> None:
    network = MemoryNetwork(nursery, replies(OK))

    with trio.CancelScope() as scope:
        async with memory_client(network, "a.example", "b.example") as client:
            await fetch(client, "http://a.example/")
            await fetch(client, "http://b.example/")
            scope.cancel()

    assert [stream.is_closed for stream in network.streams] == [True, True]


async def test_a_request_cancelled_at_any_step_leaves_no_socket_open() -> None:
    async def answer(stream: trio.abc.Stream, head: bytes) -> None:
        for piece in (OK[:30], OK[30:-1], OK[-1:]):
            await trio.lowlevel.checkpoint()
            await stream.send_all(piece)

    async def cancel_after(steps: int, scope: trio.CancelScope) -> None:
        for _ in range(steps):
            await trio.lowlevel.checkpoint()
        scope.cancel()

    network = WatchedNetwork()
    most_open = 0
    async with loopback_server(answer) as server, loopback_client(network) as client:
        for steps in [*range(60), *range(60)]:
            async with trio.open_nursery() as nursery:
                for waits in (0, 3):  # two at once, so that one finds the other's connection
                    nursery.start_soon(cancel_after, steps + waits, nursery.cancel_scope)
                    nursery.start_soon(fetch, client, server.url)
            most_open = max(most_open, network.still_open)

    assert (network.opened > 60, most_open, network.still_open) == (True, 1, 0)


async def test_a_handshake_that_is_cut_leaves_no_socket_open() -> None:
    network = WatchedNetwork()
    async with loopback_server(replies(b"")) as server, loopback_client(network, exchange_s=0.05) as client:
        result = await fetch(client, server.url.replace("http:", "https:"))

        assert (told(result), result.is_local, network.opened, network.still_open) == (Outcome.TIMEOUT, True, 1, 0)


async def test_a_server_without_tls_is_unreachable_and_not_tried_again() -> None:
    dialled: list[trio.SocketStream] = []

    async def plain(stream: trio.SocketStream) -> None:
        dialled.append(stream)
        async with stream:
            await stream.receive_some()
            await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with trio.open_nursery() as nursery, loopback_client() as client:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, plain, listeners)
        result = await fetch(client, f"https://127.0.0.1:{listeners[0].socket.getsockname()[1]}/")
        nursery.cancel_scope.cancel()

    assert (told(result), len(dialled)) == (Outcome.UNREACHABLE, 1)


@asynccontextmanager
async def tls_server(
    answer: AnswerRequest, certificate: Path = CERTIFICATE, *, speaks: ssl.TLSVersion | None = None
) -> AsyncIterator[tuple[int, list[str | None]]]:
    """A real TLS server for a.example; yields its port and the protocols that connections agreed on."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    if speaks is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")  # else the server itself would not speak what is out of use
        with warnings.catch_warnings(action="ignore"):
            context.minimum_version = context.maximum_version = speaks
    context.set_alpn_protocols(["h2", "http/1.1"])
    protocols: list[str | None] = []

    async def serve(plain: trio.SocketStream) -> None:
        stream = trio.SSLStream(plain, context, server_side=True, https_compatible=True)
        with suppress(trio.BrokenResourceError):  # the client went away
            await stream.do_handshake()
            protocols.append(stream.selected_alpn_protocol())
            await serve_requests(stream, answer)

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield listeners[0].socket.getsockname()[1], protocols
        nursery.cancel_scope.cancel()


def tls_client(port: int, *, trusted: Path | None) -> Client:
    async def resolve(host: str, asked_port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", port)]

    context = ssl.create_default_context(cafile=trusted) if trusted else None
    transport = SiteTransport(resolve=resolve, allow_networks=LOOPBACK, ssl_context=context)
    return Client(user_agent="test/1", transport=transport)


async def test_tls_is_spoken_over_one_kept_connection_with_http_1() -> None:
    async with tls_server(replies(OK)) as (port, protocols), tls_client(port, trusted=CERTIFICATE) as client:
        answers = [told(await fetch(client, "https://a.example/")) for _ in range(3)]

        assert (answers, protocols) == ([b"ok"] * 3, ["http/1.1"])


@pytest.mark.parametrize(("url", "trusted"), [("https://a.example/", None), ("https://b.example/", CERTIFICATE)])
async def test_a_certificate_of_strangers_or_of_another_name_is_not_accepted(url: str, trusted: Path | None) -> None:
    async with tls_server(replies(OK)) as (port, _), tls_client(port, trusted=trusted) as client:
        result = await fetch(client, url)

    assert isinstance(result, Failure)
    assert (result.outcome, "certificate" in result.why.lower()) == (Outcome.UNREACHABLE, True)


@pytest.mark.parametrize(
    ("certificate", "why"),
    [
        ("good", None),
        ("expired", "certificate has expired"),
        ("future", "certificate is not yet valid"),
        ("orphan", "unable to get local issuer certificate"),  # sent without the one between it and the root
    ],
)
async def test_a_certificate_out_of_its_time_or_without_its_chain_is_not_accepted(
    certificate: str, why: str | None
) -> None:
    server = tls_server(replies(OK), CERTIFICATES / f"{certificate}.pem")
    async with server as (port, _), tls_client(port, trusted=CERTIFICATES / "root.pem") as client:
        result = await fetch(client, "https://a.example/")

    outcome = Outcome.UNREACHABLE if isinstance(result, Failure) else None
    assert (told(result), isinstance(result, Failure) and why is not None and why in result.why) == (
        outcome or b"ok",
        why is not None,
    )


async def test_a_server_that_speaks_only_what_is_out_of_use_is_not_spoken_to() -> None:
    server = tls_server(replies(OK), speaks=ssl.TLSVersion.TLSv1_1)
    async with server as (port, protocols), tls_client(port, trusted=CERTIFICATE) as client:
        result = await fetch(client, "https://a.example/")

    assert (told(result), protocols) == (Outcome.UNREACHABLE, [])


async def test_a_server_that_speaks_http_2_unasked_is_broken() -> None:
    settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"  # a SETTINGS frame without any (RFC 9113, 6.5)
    goaway = b"\x00\x00\x08\x07\x00" + bytes(12)

    server = tls_server(replies(settings + goaway, closes=True))
    async with server as (port, _), tls_client(port, trusted=CERTIFICATE) as client:
        result = await fetch(client, "https://a.example/")

    assert told(result) == Outcome.BROKEN
