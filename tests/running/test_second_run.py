"""A second run soon after the first, of a site that has not changed: it asks little, and writes nothing but that."""

from pathlib import Path

import msgspec
import pytest
import trio
from trio.testing import MockClock
from world.web import Crawl, Reply, Web, page

from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.revisit import Revisits
from crawler.model.work import Answer, Failure

A = "https://a.example/news/the-harbour-story"
FEED = "https://a.example/feed.xml"
SETS = ("articles", "links", "aliases", "gone")
HOUR_S = 3_600.0


class ValidatingWeb(Web):
    """Sends an ETag with each page, and 304 without a body to who has it."""

    def __init__(self, pages: dict[str, Reply]) -> None:
        super().__init__(pages)
        self.bodies: list[str] = []

    async def fetch(
        self,
        url: str,
        *,
        max_body_bytes: int,
        accepts_pages_only: bool = True,
        etag: str | None = None,
        last_modified: str | None = None,
        **options: object,
    ) -> Answer | Failure:
        found = await super().fetch(url, max_body_bytes=max_body_bytes, etag=etag, last_modified=last_modified)
        assert isinstance(found, Answer)
        if etag == f'"{url}"':
            return msgspec.structs.replace(found, status=304, body=b"", wire_bytes=0)
        self.bodies += [url] if found.status == 200 else []
        return msgspec.structs.replace(found, headers=(*found.headers, ("etag", f'"{url}"')))


def site() -> ValidatingWeb:
    dated = page("First", related=[f"{A}-2"])
    items = f"<item><title>First</title><link>{A}-1</link></item>"
    return ValidatingWeb(
        {
            f"{A}-1": msgspec.structs.replace(dated, body=dated.body.replace(b"2026-11-01T", b"2027-01-15T")),
            f"{A}-2": page("Second"),
            FEED: Reply(body=f"<rss version='2.0'><channel>{items}</channel></rss>".encode()),
        }
    )


@pytest.mark.parametrize("revisits", [Revisits.DUE, Revisits.ALL])
async def test_no_body_is_fetched_and_no_line_is_written_but_of_what_was_asked(
    tmp_path: Path, autojump_clock: MockClock, revisits: Revisits
) -> None:
    web, ledger = site(), MemoryLedger()
    first = Crawl(web, tmp_path, ledger=ledger, revisits=Revisits.DUE)
    await first.go([FEED])
    first.close()
    written = {name: (tmp_path / f"{name}.jsonl").read_bytes() for name in SETS}
    requests, visits = len(web.asked), len(first.lines("visits.jsonl"))
    assert len(first.articles()) == 2
    web.bodies.clear()

    await trio.sleep_until(HOUR_S + 60.0)
    second = Crawl(web, tmp_path, ledger=ledger, run_id="run-2", revisits=revisits)
    await second.go([FEED])
    second.close()

    asked = web.asked_urls[requests:]
    assert web.bodies == []
    assert {name: (tmp_path / f"{name}.jsonl").read_bytes() for name in SETS} == written
    assert {f"{A}-1"} <= set(asked) <= {FEED, f"{A}-1", f"{A}-2"}  # of what is due
    assert len(second.lines("visits.jsonl")) - visits == len(asked)  # a line a request, for the owner of the site
    assert {row["outcome"] for row in second.lines("visits.jsonl")[visits:]} == {"unchanged"}
