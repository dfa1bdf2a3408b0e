"""Coverage-guided fuzzing of what reads hostile bytes: `python tests/bench/fuzz.py TARGET [SECONDS]`; needs atheris.

Targets: decoder, robots, listings, pages, replies. Each input must be read within `SLOWEST_S`, raise nothing but what
its reader documents, and give text that files can hold. Stops at the first input that does not, and keeps it.
"""

import contextlib
import re
import ssl
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # not of the development environment: it has wheels for few systems
import msgspec
import trio
from trio.testing import MockClock

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["crawler", "h11", "httpcore", "protego"]):
    from fakes import FakeResolver, MemoryNetwork, replies

    from crawler.extraction.document import read_document
    from crawler.extraction.feeds import read_feed
    from crawler.extraction.sitemaps import read_sitemap
    from crawler.fetch.body import STEP_BYTES, Body, BodyError
    from crawler.fetch.client import Client
    from crawler.fetch.transport import SiteTransport
    from crawler.model.work import Answer, Failure
    from crawler.politeness.robots import decode_robots, parse_robots

SLOWEST_S = 2.0  # the fuzzer's inputs are small; the deadline of a page is 5 s
HUNG_S = 600  # by the clock on the wall: a busy machine is no finding
MAX_BODY_BYTES = 1_000_000
CODINGS = ("gzip", "deflate", "br", "zstd", "", "x-gzip", "gzip, br", "identity")
URL = "https://a.example/news/the-harbour-story-1"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # to load certificates takes 20 ms
AT = datetime(2026, 11, 24, tzinfo=UTC)
DIRTY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def fuzz_decoder(raw: bytes) -> None:
    body = Body(CODINGS[raw[0] % len(CODINGS)] if raw else "", max_body_bytes=MAX_BODY_BYTES)
    piece_bytes = 1 + (raw[1] if len(raw) > 1 else 0)
    for start in range(2, len(raw), piece_bytes):
        body.feed(raw[start : start + piece_bytes])
    assert len(body.finish()) <= MAX_BODY_BYTES + STEP_BYTES


def fuzz_robots(raw: bytes) -> None:
    rules = parse_robots(decode_robots(raw))
    assert rules.may_fetch(URL) == (rules.refusing_rule(URL) is None)
    assert rules.crawl_delay_s is None or rules.crawl_delay_s >= 0


def fuzz_listings(raw: bytes) -> None:
    for listing in (read_feed(raw, URL), read_sitemap(raw, URL)):
        assert_clean(listing)


def fuzz_pages(raw: bytes) -> None:
    assert_clean(read_document(raw, URL, fetched_at=AT))


def assert_clean(read: object) -> None:
    """Whether all of what was read is text that a file can hold in one line; paragraphs stand apart by line ends."""
    text = msgspec.json.encode(msgspec.to_builtins(read)).decode().replace("\\n", "")
    assert "\\u00" not in text, text
    assert DIRTY.search(text) is None, text


def fuzz_replies(raw: bytes) -> None:
    async def fetch() -> Answer | Failure:
        async with trio.open_nursery() as nursery:
            network = MemoryNetwork(nursery, replies(raw, closes=True))
            transport = SiteTransport(
                resolve=FakeResolver({"a.example": ["8.8.8.8"]}), network=network, ssl_context=NO_TLS
            )
            async with Client(user_agent="fuzz/1", transport=transport) as client:
                result = await client.fetch("http://a.example/", max_body_bytes=MAX_BODY_BYTES)
            nursery.cancel_scope.cancel()
        return result

    assert isinstance(trio.run(fetch, clock=MockClock(autojump_threshold=0)), Answer | Failure)


TARGETS: dict[str, tuple[Callable[[bytes], None], tuple[type[Exception], ...], tuple[bytes, ...]]] = {
    "decoder": (fuzz_decoder, (BodyError,), (b"\x00\x40\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",)),
    "robots": (fuzz_robots, (), (b"User-agent: *\nDisallow: /news/*-1$\nAllow: /\nCrawl-delay: 5\n",)),
    "listings": (
        fuzz_listings,
        (),
        (
            b'<?xml version="1.0"?><rss><channel><item><title>t</title><link>/x</link></item></channel></rss>',
            b"<urlset><url><loc>https://a.example/x</loc></url></urlset>",
            b'{"version":"https://jsonfeed.org/version/1","items":[{"url":"/x","title":"t"}]}',
        ),
    ),
    "pages": (
        fuzz_pages,
        (),
        (
            b'<!doctype html><title>t</title><script type="application/ld+json">{"@type":"NewsArticle","headline":"h"}'
            b"</script><article><h1>h</h1><p>The council met.</p></article><h2>Related Stories</h2><a href=/x>s</a>",
        ),
    ),
    "replies": (fuzz_replies, (), (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",)),
}


def main(target: str, seconds: str) -> None:
    fuzz, documented, seeds = TARGETS[target]
    slowest_s = 0.0

    def one_input(raw: bytes) -> None:
        nonlocal slowest_s
        started_s = time.process_time()
        with contextlib.suppress(*documented):
            fuzz(raw)
        took_s = time.process_time() - started_s
        assert took_s < SLOWEST_S, f"{took_s:.1f} s"
        if took_s > slowest_s:
            slowest_s = took_s
            print(f"slowest so far: {took_s:.3f} s for {len(raw)} bytes", flush=True)

    corpus = Path(f"fuzz-{target}")
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    hang = f"-timeout={HUNG_S}"
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096", hang, str(corpus)], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "3600")
