"""One exchange: what is sent, and what each thing that a server may do becomes."""

import gzip
from collections.abc import Callable

import httpcore
import httpx
import pytest
import trio
from fakes import LOOPBACK, FakeResolver, MemoryNetwork, loopback_server, replies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from crawler.fetch.client import ACCEPT, OUTCOME_OF, SIDE_BODY_BYTES, Client
from crawler.fetch.names import SystemResolver
from crawler.fetch.transport import SiteTransport
from crawler.model.work import Answer, Failure, Outcome

URL = "http://a.example/x"


def client_of(respond: Callable[[httpx.Request], httpx.Response], **arguments: str) -> Client:
    return Client(user_agent="test/1 (+mailto:a@b.example)", transport=httpx.MockTransport(respond), **arguments)  # type: ignore[arg-type]  # only strings are passed


def memory_client(network: httpcore.AsyncNetworkBackend) -> Client:
    transport = SiteTransport(resolve=FakeResolver({"a.example": ["8.8.8.8"]}), network=network)
    return Client(user_agent="test/1", transport=transport)


def head(status: int, *fields: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status} X", *fields, "", "")).encode()


async def test_the_request_says_who_asks_and_what_is_understood() -> None:
    sent: list[tuple[str, str]] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.extend(request.headers.items())
        return httpx.Response(304)

    async with client_of(respond, from_address="a@b.example") as client:
        await client.fetch(URL, max_body_bytes=9, etag='W/"1"', last_modified="Mon, 23 Nov 2026 00:00:00 GMT")

    assert dict(sent) == {
        "host": "a.example",
        "user-agent": "test/1 (+mailto:a@b.example)",
        "from": "a@b.example",
        "accept": ACCEPT,
        "accept-encoding": "gzip, deflate, br, zstd",
        "if-none-match": 'W/"1"',
        "if-modified-since": "Mon, 23 Nov 2026 00:00:00 GMT",
    }


async def test_an_answer_keeps_what_was_sent_to_whom() -> None:
    async with loopback_server(replies(head(200, "Content-Length: 2") + b"ok")) as server, _loopback_client() as client:
        answer = await client.fetch(f"{server.url}/a|b?c=%7c", max_body_bytes=9, etag='"1"')

        assert isinstance(answer, Answer)
        assert (answer.request_head, answer.peer, answer.truncated) == (
            server.heads[0] + b"\r\n\r\n",
            "127.0.0.1",
            None,
        )


@pytest.mark.parametrize("validator", ["a\r\nX-Injected: 1", "ü", "", "x" * 5000, "\x00"])
async def test_a_validator_that_no_header_can_hold_is_not_sent_back(validator: str) -> None:
    sent: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.extend(request.headers)
        return httpx.Response(204)

    async with client_of(respond) as client:
        await client.fetch(URL, max_body_bytes=9, etag=validator, last_modified=validator)

    assert {"if-none-match", "if-modified-since", "x-injected"}.isdisjoint(sent)


async def test_an_address_is_sent_as_it_is() -> None:
    async with loopback_server(replies(head(204))) as server, _loopback_client() as client:
        await client.fetch(f"{server.url}/a|b/%7e/{{x}}'?q=[1]&&x=%zz", max_body_bytes=9)

        assert server.heads[0].split(b"\r\n")[0] == b"GET /a|b/%7e/%7Bx%7D'?q=[1]&&x=%zz HTTP/1.1"


async def test_every_status_is_an_answer_and_none_is_followed() -> None:
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(int(request.url.path[1:]), headers={"Location": "http://[bad"}, content=b"body")

    statuses = [200, 203, 300, 301, 302, 304, 307, 308, 400, 401, 404, 410, 429, 451, 500, 503, 599, 999]
    async with client_of(respond) as client:
        results = [await client.fetch(f"http://a.example/{status}", max_body_bytes=99) for status in statuses]

    got = [(result.status, result.body) for result in results if isinstance(result, Answer)]
    assert (got, len(asked)) == ([(status, b"body") for status in statuses], len(statuses))


async def test_an_answer_tells_its_headers_in_order_and_its_bytes_on_the_wire(nursery: trio.Nursery) -> None:
    wire = head(200, "X-A: 1", "Set-Cookie: a", "Set-Cookie: b", "Location: /\u00fc", "Content-Length: 4") + b"body"
    async with memory_client(MemoryNetwork(nursery, replies(wire))) as client:
        answer = await client.fetch(URL, max_body_bytes=99)

    assert isinstance(answer, Answer)
    assert (answer.url, answer.headers, answer.wire_bytes, answer.is_local) == (
        URL,
        (("x-a", "1"), ("set-cookie", "a"), ("set-cookie", "b"), ("location", "/\u00fc"), ("content-length", "4")),
        4,
        False,
    )


@pytest.mark.parametrize(
    ("content_type", "is_read"),
    [
        ("text/html; charset=utf-8", True),
        ("application/rss+xml", True),
        ("application/json", True),
        ("application/octet-stream", True),  # sitemap.xml.gz
        ("application/x-gzip", True),
        ("application/vnd.wap.xhtml+xml", True),
        (";;charset=\xff\xfe", True),
        ("", True),
        ("IMAGE/PNG", False),
        ("video/mp4", False),
        ("application/pdf; x=1", False),
        ("application/zip", False),
        ("application/vnd.ms-excel", False),
        ("text/css", False),
    ],
)
async def test_content_that_holds_no_page_is_not_read(content_type: str, is_read: bool) -> None:
    fields = [(b"content-type", content_type.encode("latin-1"))]

    async with client_of(lambda request: httpx.Response(200, headers=fields, content=b"x")) as client:
        result = await client.fetch(URL, max_body_bytes=99)
        anything = await client.fetch(URL, max_body_bytes=99, accepts_pages_only=False)

    told = None if isinstance(result, Answer) else (result.outcome, result.status)
    assert (told, type(anything)) == (None if is_read else (Outcome.NOT_A_PAGE, 200), Answer)


async def test_the_body_of_an_error_is_cut_and_its_faults_are_forgiven(nursery: trio.Nursery) -> None:
    wires = [
        head(503, "Retry-After: 7", f"Content-Length: {SIDE_BODY_BYTES * 3}") + b"x" * SIDE_BODY_BYTES * 3,
        head(404, "Content-Encoding: gzip", "Content-Length: 3") + b"\x1f\x8b\xff",
        head(429, "Content-Encoding: gzip, br", "Content-Length: 1") + b"x",
    ]
    async with memory_client(MemoryNetwork(nursery, replies(*wires))) as client:
        results = [await client.fetch(URL, max_body_bytes=9) for _ in wires]

    got = [(r.status, 0 < len(r.body) <= SIDE_BODY_BYTES, r.truncated) for r in results if isinstance(r, Answer)]
    assert got == [(503, True, "length"), (404, False, "unspecified"), (429, False, "unspecified")]


async def test_a_body_that_is_enough_in_part_is_cut_and_no_failure(nursery: trio.Nursery) -> None:
    rules = b"Disallow: /private\n" * 20_000
    wires = [
        head(200, f"Content-Length: {len(rules)}") + rules,
        head(200, "Content-Encoding: gzip", f"Content-Length: {len(packed := gzip.compress(rules))}") + packed,
    ]
    async with memory_client(MemoryNetwork(nursery, replies(*wires, wires[0]))) as client:
        cut = [await client.fetch(URL, max_body_bytes=200_000, may_cut=True) for _ in wires]
        failed = await client.fetch(URL, max_body_bytes=200_000)

    got = [(r.truncated, len(r.body) > 130_000, rules.startswith(r.body)) for r in cut if isinstance(r, Answer)]
    assert got == [("length", True, True)] * 2
    assert isinstance(failed, Failure)
    assert failed.outcome is Outcome.TOO_LARGE


async def test_a_body_that_drips_ends_at_the_deadline(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    async def drip(stream: trio.abc.Stream, request: bytes) -> None:
        await stream.send_all(head(200, "Content-Length: 1000"))
        while True:
            await trio.sleep(0.7)
            await stream.send_all(b"x")

    network = MemoryNetwork(nursery, drip)
    async with memory_client(network) as client:
        result = await client.fetch(URL, max_body_bytes=9_999)

    assert (result, network.streams[0].is_closed) == (
        Failure(outcome=Outcome.TIMEOUT, why="not over after 30 s", elapsed_s=30.0, status=200, wire_bytes=42),
        True,
    )


async def test_a_connection_that_does_not_come_about_is_a_timeout(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    network = MemoryNetwork(nursery, replies(b""), connect_s={"8.8.8.8": 1e9})
    async with memory_client(network) as client:
        result = await client.fetch(URL, max_body_bytes=9)

    assert result == Failure(
        outcome=Outcome.TIMEOUT, why="a.example: not connected after 10 s", elapsed_s=10.0, asked=False
    )


async def test_a_refused_connection_is_tried_three_times_within_seconds(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    network = MemoryNetwork(nursery, replies(b""), refused=["8.8.8.8"])
    async with memory_client(network) as client:
        result = await client.fetch(URL, max_body_bytes=9)

    assert (result, network.dialled) == (
        Failure(outcome=Outcome.UNREACHABLE, why="8.8.8.8 port 80: refused", elapsed_s=2.5, asked=False),
        [("8.8.8.8", 0.0), ("8.8.8.8", 0.5), ("8.8.8.8", 2.5)],
    )


async def test_a_name_that_leads_inside_is_refused_before_anything_is_dialled(nursery: trio.Nursery) -> None:
    network = MemoryNetwork(nursery, replies(b""))
    resolve = FakeResolver({"a.example": ["8.8.8.8", "169.254.169.254"]})
    async with Client(user_agent="test/1", transport=SiteTransport(resolve=resolve, network=network)) as client:
        result = await client.fetch(URL, max_body_bytes=9)

    assert isinstance(result, Failure)
    assert (result.outcome, result.asked, network.dialled) == (Outcome.BLOCKED_ADDRESS, False, [])


async def test_a_resolver_may_map_names_and_ports_and_is_guarded_like_any_other() -> None:
    async with loopback_server(replies(head(200, "Content-Length: 2") + b"ok")) as server:
        port = int(server.url.rpartition(":")[2])

        async def resolve(host: str, asked_port: int) -> list[tuple[str, int]]:
            return [("127.0.0.1", port)]

        allowed = SiteTransport(resolve=resolve, allow_networks=LOOPBACK)
        async with Client(user_agent="t/1", transport=allowed) as client:
            answer = await client.fetch("http://daily.example/", max_body_bytes=9)
        async with Client(user_agent="t/1", transport=SiteTransport(resolve=resolve)) as client:
            refused = await client.fetch("http://daily.example/", max_body_bytes=9)

        assert isinstance(answer, Answer)
        assert isinstance(refused, Failure)
        assert (answer.body, answer.is_local, refused.outcome, server.heads[0].split(b"\r\n")[1]) == (
            b"ok",
            True,
            Outcome.BLOCKED_ADDRESS,
            b"Host: daily.example",
        )


@pytest.mark.parametrize(
    "url", ["", "ftp://a.example/", "http://a..b/", "http://xn--a/", "javascript:1", "http://[::1"]
)
async def test_what_is_no_address_of_the_web_is_never_asked_for(url: str) -> None:
    async with client_of(lambda request: httpx.Response(200)) as client:
        result = await client.fetch(url, max_body_bytes=9)

    assert isinstance(result, Failure)
    assert (result.outcome, result.asked) == (Outcome.BAD_URL, False)


@pytest.mark.parametrize(("kind", "outcome"), OUTCOME_OF, ids=lambda value: getattr(value, "__name__", str(value)))
async def test_every_foreign_exception_becomes_its_outcome(
    kind: type[Exception], outcome: Outcome, autojump_clock: MockClock
) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        raise kind("boom")

    async with client_of(respond) as client:
        result = await client.fetch(URL, max_body_bytes=9)

    assert isinstance(result, Failure)
    assert result.outcome == outcome


async def test_a_defect_is_not_hidden() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    async with client_of(respond) as client:
        with pytest.raises(ZeroDivisionError):
            await client.fetch(URL, max_body_bytes=9)


async def test_a_flood_of_headers_is_cut_off() -> None:
    async def flood(stream: trio.abc.Stream, request: bytes) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\n")
        while True:
            await stream.send_all(b"X-Flood: " + b"x" * 60_000 + b"\r\n")

    async with loopback_server(flood) as server, _loopback_client() as client:
        result = await client.fetch(server.url, max_body_bytes=99)

    assert isinstance(result, Failure)
    assert (result.outcome, result.is_local, result.asked) == (Outcome.BROKEN, True, True)


@pytest.mark.parametrize(
    "wire",
    [
        head(200, "Content-Length: 9") + b"short",
        head(200, "Transfer-Encoding: chunked") + b"5\r\nhel",
        head(200, "Transfer-Encoding: chunked") + b"zz\r\nhello\r\n0\r\n\r\n",
        head(200, "Content-Length: 3", "Content-Length: 4") + b"abcd",
        head(101, "Upgrade: x"),
        head(206, "Content-Length: 2", "Content-Range: bytes 0-1/9") + b"ok",
        b"<!doctype html><p>no head at all",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"",
    ],
)
async def test_a_reply_that_breaks_http_or_its_own_length_is_broken(wire: bytes) -> None:
    async with loopback_server(replies(wire, closes=True)) as server, _loopback_client() as client:
        result = await client.fetch(server.url, max_body_bytes=99)

    assert isinstance(result, Failure)
    assert (result.outcome, result.asked) == (Outcome.BROKEN, True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    wire=st.lists(st.sampled_from([b"HTTP/1.1 200 OK", b"\r\n", b"A: b", b"Content-Length: 3", b"xyz"])) | st.binary()
)
async def test_any_bytes_from_a_server_become_an_outcome(
    wire: bytes | list[bytes], nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    raw = wire if isinstance(wire, bytes) else b"".join(wire)
    async with memory_client(MemoryNetwork(nursery, replies(raw, closes=True))) as client:
        result = await client.fetch(URL, max_body_bytes=99)

    assert isinstance(result, Answer | Failure)


def _loopback_client(exchange_s: float = 5.0) -> Client:
    transport = SiteTransport(resolve=SystemResolver(), allow_networks=LOOPBACK)
    return Client(user_agent="test/1", transport=transport, exchange_s=exchange_s)
