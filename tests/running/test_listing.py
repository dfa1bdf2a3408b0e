"""What slipped by between two polls of a feed is looked for where the site tells of its news."""

from datetime import UTC, datetime
from pathlib import Path

import trio
from trio.testing import MockClock
from world.web import Crawl, Reply, Web, now, page

from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.revisit import Revisits
from crawler.model.links import LinkKind

SITE = "https://a.example"
FEED = f"{SITE}/feed.xml"


def story(n: int) -> str:
    return f"{SITE}/news/what-the-council-said-{n}"


def feed(*numbers: int) -> Reply:
    items = "".join(f"<item><title>Story {n} of it</title><link>{story(n)}</link></item>" for n in numbers)
    return Reply(body=f"<rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>".encode())


def sitemap(ages_h: dict[int, float]) -> Reply:
    urls = "".join(
        f"<url><loc>{story(n)}</loc><n:news><n:publication_date>"
        f"{datetime.fromtimestamp(now() - age_h * 3600, UTC).isoformat()}</n:publication_date></n:news></url>"
        for n, age_h in ages_h.items()
    )
    schemas = (
        "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'"
    )
    return Reply(body=f"<urlset {schemas}>{urls}</urlset>".encode())


async def test_a_gap_is_told_and_filled_from_the_news_sitemap_and_each_gap_anew(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    names = ("archive", "old", "older", "oldest", "google-news")
    robots = "User-agent: *\nAllow: /\n" + "".join(f"Sitemap: {SITE}/sitemap-{name}.xml\n" for name in names)
    web = Web({f"{SITE}/robots.txt": Reply(body=robots.encode())})
    web.pages |= {story(n): page(f"What was said of {n} by them") for n in range(20)}
    ledger, asked = MemoryLedger(), []
    for run, numbers in enumerate(((1, 2), (2, 3), (6, 7), (7, 8), (11, 12))):
        web.pages[FEED] = feed(*numbers)
        web.pages[f"{SITE}/sitemap-google-news.xml"] = sitemap({n: 100.0 if n == 0 else 1.0 for n in range(numbers[1])})
        crawl = Crawl(web, tmp_path, ledger=ledger, run_id=f"run-{run}", revisits=Revisits.DUE)
        await crawl.go([FEED])
        asked.append([url for url in web.asked_urls if "sitemap" in url])
        web.asked.clear()
        gaps = [row.gaps for row in crawl.tally.source_rows()]
        crawl.close()
        await trio.sleep(30 * 3600)
        assert gaps == [run in (2, 4)]

    fills = [f"{SITE}/sitemap-google-news.xml"]
    whys = [line["why"] for line in crawl.lines("visits.jsonl") if line["url"] == FEED]
    assert asked == [[], [], fills, [], fills]
    assert sorted(crawl.articles()) == sorted(story(n) for n in range(1, 13))
    assert [" some may have come and gone" in why for why in whys] == [False, False, True, False, True]
    assert (f"{SITE}/sitemap-google-news.xml", story(5)) in crawl.edges(LinkKind.SITEMAP)
