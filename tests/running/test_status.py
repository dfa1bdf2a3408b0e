import json
from pathlib import Path

import pytest
from trio.testing import MockClock
from world.web import Crawl, Reply, Web, now, page

from crawler.errors import ConfigError
from crawler.frontier.ledger import MemoryLedger
from crawler.model.records import FILE_OF
from crawler.running.status import read_status, status_text
from crawler.store.segments import compressed

NOW = 1_800_000_000.0
A = "https://a.example/news/the-harbour-story-1"


async def crawled(folder: Path) -> None:
    crawl = Crawl(Web({A: page("Harbour", related=[f"{A}-next"])}), folder)
    await crawl.go([A])
    crawl.close()


async def test_a_folder_is_told_while_its_first_run_goes_on(tmp_path: Path, autojump_clock: MockClock) -> None:
    await crawled(tmp_path)

    status = read_status(tmp_path, MemoryLedger(), NOW)

    assert (status.articles, status.edges, status.urls, status.last_run) == (
        1,
        2,
        {"queued": 0, "leased": 0, "done": 1, "dropped": 1},
        None,
    )
    assert [file.file for file in status.files] == list(FILE_OF.values())
    assert status_text(status).splitlines()[:3] == [
        f"{tmp_path}: 1 articles, 2 links",
        "addresses 1 done, 1 dropped",
        "last run  none has ended yet",
    ]


async def test_the_last_run_is_the_last_whole_line_of_the_last_segment(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    await crawled(tmp_path)
    rows = [
        {
            "started_at": "s",
            "ended_at": "e",
            "new": n,
            "ended": "drained",
            "outcomes": [{"outcome": "gone", "count": 2}],
        }
        for n in range(3)
    ]
    written = [json.dumps(row).encode() + b"\n" for row in rows]
    (tmp_path / "runs.jsonl").write_bytes(written[0])
    (tmp_path / "runs-00001.jsonl.zst").write_bytes(compressed(written[1]) + compressed(written[2])[:-5])

    status = read_status(tmp_path, MemoryLedger(), NOW)

    assert status.last_run == rows[1]
    assert status_text(status).splitlines()[2:4] == ["last run  s to e: 1 new articles, drained", "          2 gone"]
    assert {"runs.jsonl", "runs-00001.jsonl.zst"} <= {file.file for file in status.files}


@pytest.mark.parametrize("exists", [False, True])
def test_a_folder_without_a_crawl_is_told_and_left_alone(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "data"
    if exists:
        folder.mkdir()

    with pytest.raises(ConfigError, match="data holds no crawl; crawl into it first"):
        read_status(folder, MemoryLedger(), NOW)

    assert sorted(tmp_path.rglob("*")) == ([folder] if exists else [])


async def test_what_is_queued_is_told_with_what_it_waits_for_and_sources_with_their_rhythm(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    ledger = MemoryLedger()
    feed = "https://b.example/feed.xml"
    item = f"<item><title>Harbour</title><link>{A.replace('a.example', 'b.example')}</link></item>"
    busy = Reply(status=429, headers=(("retry-after", "3600"),))
    web = Web({A: busy, feed: Reply(body=f"<rss version='2.0'><channel>{item}</channel></rss>".encode())})
    crawl = Crawl(web, tmp_path, ledger=ledger)
    await crawl.go([A, feed])
    crawl.close()

    status = read_status(tmp_path, ledger, now())

    (site,), (source,) = status.sites, status.sources
    assert (site.site, site.queued, site.why) == ("a.example", 1, "Retry-After: 3600")
    assert (source.url, source.interval_s, source.listed, source.new) == (feed, 3600.0, 1, 1)
    assert "feed.xml: every 1.0 h" in status_text(status)
    assert "1 new of 1, 24 expected a day, 0.88 when due" in status_text(status)
    assert "a.example: 1 queued, may be asked at 2027-01-15T09:00" in status_text(status)
