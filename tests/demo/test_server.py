import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest
import trio

from crawler.demo.server import LogLine, resolver, serve_demo
from crawler.demo.site import DemoSite

SITE = DemoSite(1)
DAILY = SITE.hosts[0]


@asynccontextmanager
async def served(log: list[LogLine] | None = None) -> AsyncIterator[int]:
    async with trio.open_nursery() as nursery:
        port = await nursery.start(partial(serve_demo, SITE, log=log))
        yield port
        nursery.cancel_scope.cancel()


async def exchange(port: int, *pieces: bytes) -> bytes:
    """All that the server says to some bytes, until it closes."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        for piece in pieces:
            await stream.send_all(piece)
        await stream.send_eof()
        return b"".join([chunk async for chunk in stream])


async def test_a_client_gets_pages_over_one_connection() -> None:
    log: list[LogLine] = []
    article = SITE.articles[0]
    async with served(log) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        first = await client.get("/feed.xml", headers={"host": DAILY})
        stream = first.extensions["network_stream"]
        etag = first.headers["etag"]
        second = await client.get("/feed.xml", headers={"host": DAILY, "if-none-match": etag})
        third = await client.head("/", headers={"host": DAILY})
        page = await client.get(article.url.removeprefix(f"http://{article.host}"), headers={"host": article.host})

        assert third.extensions["network_stream"] is stream
    assert [answer.status_code for answer in (first, second, third, page)] == [200, 304, 200, 200]
    assert (second.content, third.content) == (b"", b"")
    assert article.title in page.text
    assert [line[2] for line in log] == [200, 304, 200, 200]
    assert log[0] == (DAILY, "/feed.xml", 200)


async def test_requests_that_come_in_one_go_are_answered_in_order() -> None:
    asked = b"".join(
        b"GET /%s HTTP/1.1\r\nHost: daily.example\r\n\r\n" % path for path in (b"about", b"none", b"about")
    )

    async with served() as port:
        answer = await exchange(port, asked[:20], asked[20:])

    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"404", b"200"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (b"this is not HTTP\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: daily.example\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nHost: daily.example\r\nContent-Length: 4\r\n\r\nabcd", b"405"),
        (b"POST / HTTP/1.1\r\nHost: daily.example\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 100_000, b"405"),
        (b"PUT / HTTP/1.1\r\nHost: daily.example\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n", b"405"),
        (b"GET / HTTP/1.0\r\nHost: daily.example\r\n\r\n", b"200"),
    ],
    ids=["noise", "no host", "long header", "post", "long body", "expectation", "old version"],
)
async def test_a_bad_request_is_told_so_and_the_connection_closed(asked: bytes, status: bytes) -> None:
    async with served() as port:
        answer = await exchange(port, asked)
        still_there = await exchange(port, b"GET /about HTTP/1.1\r\nHost: daily.example\r\n\r\n")

    assert answer[9:12] == status
    assert still_there[9:12] == b"200"


async def test_a_client_that_leaves_in_the_middle_harms_nobody() -> None:
    async with served() as port:
        for part in (b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: daily.example\r\n\r\n"):
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            await stream.send_all(part)
            await stream.aclose()

        assert (await exchange(port, b"GET /about HTTP/1.1\r\nHost: daily.example\r\n\r\n"))[9:12] == b"200"


async def test_the_names_of_the_demo_lead_to_its_port_and_no_other_name_anywhere() -> None:
    resolve = resolver(4711, SITE.hosts)

    assert await resolve(DAILY, 80) == [("127.0.0.1", 4711)]
    for host, port in (("other.example", 80), (DAILY, 443), ("127.0.0.1", 80)):
        with pytest.raises(OSError, match="unknown host"):
            await resolve(host, port)
