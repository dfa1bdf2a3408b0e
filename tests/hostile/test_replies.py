"""Replies of servers that mean harm or know no better: each is one outcome, and the body of none is a page too many."""

import base64
from typing import Any

import trio
from fakes import LOOPBACK, loopback_server, replies
from hostile.collection import cases, needs_collection
from hostile.test_documents import SPARE_BYTES, peak

from crawler.fetch.client import MAX_WHY_CHARS, Client
from crawler.fetch.names import SystemResolver
from crawler.fetch.transport import SiteTransport
from crawler.model.links import LinkKind
from crawler.model.work import Answer, Failure, Outcome, Target
from crawler.running.redirect import next_hop

EXCHANGE_S = 0.5
MAX_BODY_BYTES = 10 * 1024 * 1024

# By case of `raw_http`: what it becomes. An answer has its status, and the bytes of its body after the colon.
BECOMES = {
    "control-ok": "200: 43",
    "cl-too-short": "200: 10",
    "cl-huge": "too-large",
    "cl-duplicate-same": "200: 43",
    "cl-duplicate-differs": "broken",
    "cl-and-te": "200: 43",
    "chunk-bad-size": "broken",
    "chunk-huge-size": "broken",
    "chunk-size-overflow": "broken",
    "chunk-1-byte-each": "200: 43",
    "chunk-trailers-flood": "200: 43",
    "te-unknown": "broken",
    "header-no-colon": "broken",
    "header-obs-fold": "200: 43",
    "header-space-before-colon": "broken",
    "status-http09": "broken",
    "status-000": "broken",
    "status-no-reason": "200: 43",
    "1xx-flood": "200: 43",
    "101-unasked": "broken",
    "204-with-body": "204: 0",
    "206-unasked": "broken",
    "close-at-once": "broken",
    "gzip-truncated": "broken",
    "gzip-double": "broken",
    "gzip-undeclared": "200: 58",  # as it came: extraction knows gzip by its first bytes, for sitemaps
    "encoding-flood": "broken",
    "gzip-bomb-100MB": "too-large",
    "redirect-empty": "302: 0",
    "redirect-file": "302: 0",
    "redirect-javascript": "302: 0",
    "redirect-data": "302: 0",
    "redirect-private-ip": "302: 0",
    "redirect-bad-port": "302: 0",
    "redirect-space": "302: 0",
    "redirect-long": "302: 0",
    "redirect-userinfo": "302: 0",
    "redirect-http-downgrade": "302: 0",  # from http here; away from TLS it is refused, by `next_hop`
    "redirect-300": "300: 0",
    "429-retry-after-negative": "429: 0",
    "ct-pdf-as-html": "200: 13",  # extraction finds no article in it
    "ct-missing": "200: 43",
    "ct-garbage": "200: 43",
    "set-cookie-flood": "200: 43",
    "slow-body": "timeout",
}
# By case with a redirect: where it leads from `/`; None: nowhere. An address inside is refused when it is asked for.
LEADS = {
    "redirect-empty": None,
    "redirect-file": None,
    "redirect-javascript": None,
    "redirect-data": None,
    "redirect-private-ip": "http://10.0.0.1/",
    "redirect-bad-port": None,
    "redirect-space": "/a%20b%20c",
    "redirect-long": None,
    "redirect-userinfo": "http://example.com/",
    "redirect-http-downgrade": "http://example.com/",
    "redirect-300": None,
}


@needs_collection
async def test_every_reply_becomes_its_outcome_in_time_and_little_memory() -> None:
    with peak() as grown:
        got = await fetch_each()

    slowest_s = max(result.elapsed_s for result in got.values())
    assert {name: told(result) for name, result in got.items()} == BECOMES
    assert (slowest_s < EXCHANGE_S + 1.0, grown[0] < SPARE_BYTES) == (True, True)
    assert {
        name: lead_of(result)
        for name, result in got.items()
        if isinstance(result, Answer) and 300 <= result.status < 400
    } == LEADS


async def test_what_went_wrong_is_told_in_few_words() -> None:
    transport = SiteTransport(resolve=SystemResolver(), allow_networks=LOOPBACK)
    head = b"HTTP/1.1 200 OK\r\n" + b"no colon " * 10_000 + b"\r\n\r\n"

    async with (
        loopback_server(replies(head, closes=True)) as server,
        Client(user_agent="test/1", transport=transport) as client,
    ):
        result = await client.fetch(f"{server.url}/", max_body_bytes=9)

    assert isinstance(result, Failure)
    assert (result.outcome, len(result.why)) == (Outcome.BROKEN, MAX_WHY_CHARS)


async def fetch_each() -> dict[str, Answer | Failure]:
    """Ask a server for each reply of the collection."""
    got: dict[str, Answer | Failure] = {}
    for case in cases("raw_http"):

        async def answer(stream: trio.abc.Stream, request: bytes, case: dict[str, Any] = case) -> None:
            await play(stream, case)

        transport = SiteTransport(resolve=SystemResolver(), allow_networks=LOOPBACK)
        async with (
            loopback_server(answer) as server,
            Client(user_agent="test/1", transport=transport, exchange_s=EXCHANGE_S) as client,
        ):
            got[case["name"]] = await client.fetch(f"{server.url}/", max_body_bytes=MAX_BODY_BYTES)
    return got


async def play(stream: trio.abc.Stream, case: dict[str, Any]) -> None:
    """Send the reply of a case."""
    for chunk in case["chunks"]:
        wire = b"".join(base64.b64decode(part) * times for part, times in chunk["parts"])
        for _ in range(chunk["count"]):
            await stream.send_all(wire)
            await trio.sleep(case["delay_ms"] / 1000)
    if case["close_after"]:
        await stream.aclose()


def told(result: Answer | Failure) -> str:
    return f"{result.status}: {len(result.body)}" if isinstance(result, Answer) else str(result.outcome)


def lead_of(answer: Answer) -> str | None:
    """Where a redirect leads; a path where it stays on its server."""
    hop, _ = next_hop(answer, Target(url=answer.url, kind=LinkKind.RELATED, seed=answer.url))
    return None if hop is None else hop.url.replace(answer.url, "/")
