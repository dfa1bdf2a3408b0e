"""A request has httpx's forms for the transports that read them, and ours sends any request of httpx's."""

import httpx
from fakes import LOOPBACK, loopback_server, replies

from crawler.fetch.asking import Get, address_of
from crawler.fetch.names import SystemResolver
from crawler.fetch.transport import SiteTransport

FIELDS = [(b"User-Agent", b"test/1"), (b"Accept", b"text/html")]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_the_forms_of_httpx_say_what_is_sent() -> None:
    get = Get("https://a.example:8443/b|c?d=e", FIELDS, {})

    assert (get.method, get.url.host, get.url.port, get.headers["host"], get.headers["user-agent"]) == (
        "GET",
        "a.example",
        8443,
        "a.example:8443",
        "test/1",
    )
    assert get.head == (
        b"GET /b|c?d=e HTTP/1.1\r\nHost: a.example:8443\r\nUser-Agent: test/1\r\nAccept: text/html\r\n\r\n"
    )


def test_any_request_tells_its_address() -> None:
    requests = [Get("http://a.example/b|c", [], {}), httpx.Request("GET", "http://a.example/b")]

    assert [address_of(request) for request in requests] == ["http://a.example/b|c", "http://a.example/b"]


async def test_a_client_of_httpx_may_send_over_our_connections() -> None:
    transport = SiteTransport(resolve=SystemResolver(), allow_networks=LOOPBACK)

    async with loopback_server(replies(OK)) as server, httpx.AsyncClient(transport=transport) as client:
        texts = [(await client.get(f"{server.url}/{number}")).text for number in range(2)]

        assert (texts, server.connections, server.heads[1].split(b"\r\n")[0]) == (
            ["ok", "ok"],
            1,
            b"GET /1 HTTP/1.1",
        )


async def test_what_is_said_before_an_answer_is_passed_over() -> None:
    hints = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    transport = SiteTransport(resolve=SystemResolver(), allow_networks=LOOPBACK)

    async with loopback_server(replies(hints + OK)) as server, httpx.AsyncClient(transport=transport) as client:
        response = await client.get(server.url)

        assert (response.status_code, response.text) == (200, "ok")
