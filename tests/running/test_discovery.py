from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from trio.testing import MockClock
from world.web import Crawl, Reply, Web, page

from crawler.extraction.feeds import Feed
from crawler.model.links import Link, LinkKind
from crawler.model.work import Target
from crawler.running.discovery import ITEMS_A_SITEMAP, SITEMAPS_A_SITE, SITEMAPS_AN_INDEX, discovered, newest
from crawler.running.scope import Scope

A, ROBOTS = "https://a.example", "https://a.example/robots.txt"
BOTH = (LinkKind.FEED, LinkKind.SITEMAP)


@pytest.fixture
def crawls() -> Iterator[list[Crawl]]:
    """Closes the crawls that a test opened."""
    crawls: list[Crawl] = []
    yield crawls
    for crawl in crawls:
        crawl.close()


def text(*lines: str) -> Reply:
    return Reply(body="\n".join(lines).encode(), headers=(("content-type", "text/plain"),))


def xml(body: str) -> Reply:
    return Reply(body=body.encode(), headers=(("content-type", "application/xml"),))


def front(*feeds: str) -> Reply:
    links = "".join(f'<link rel=alternate type="application/rss+xml" href="{feed}">' for feed in feeds)
    return Reply(body=f"<!doctype html><html><head><title>The Daily</title>{links}</head><body></body></html>".encode())


def rss(*urls: str) -> Reply:
    return xml(f"<rss><channel>{''.join(f'<item><link>{url}</link></item>' for url in urls)}</channel></rss>")


def urlset(*entries: tuple[str, str]) -> Reply:
    return xml(
        f"<urlset>{''.join(f'<url><loc>{url}</loc><lastmod>{on}</lastmod></url>' for url, on in entries)}</urlset>"
    )


def index(*entries: tuple[str, str]) -> Reply:
    sitemaps = "".join(f"<sitemap><loc>{url}</loc><lastmod>{day}</lastmod></sitemap>" for url, day in entries)
    return xml(f"<sitemapindex>{sitemaps}</sitemapindex>")


def story(n: int) -> str:
    return f"{A}/news/what-the-harbour-council-said-{n}"


def seed(**fields: object) -> Target:
    return Target(**{"url": f"{A}/", "kind": LinkKind.SEED, "seed": f"{A}/", **fields})  # type: ignore[arg-type]


async def test_feeds_of_a_seed_and_sitemaps_of_its_robots_txt_lead_to_what_they_list(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    web = Web(
        {
            ROBOTS: text("User-agent: *", "Disallow: /secret", f"Sitemap: {A}/index.xml", f"Sitemap: {A}/secret.xml"),
            f"{A}/": front("/feed", "/feed", "https://elsewhere.example/feed"),
            f"{A}/feed": rss(story(1)),
            f"{A}/index.xml": index((f"{A}/old.xml", "2020-01-01"), (f"{A}/new.xml", "2026-11-01")),
            f"{A}/old.xml": index((f"{A}/deeper.xml", "2026-11-01")),
            f"{A}/new.xml": urlset(
                (story(2), "2026-10-31"), ("https://elsewhere.example/news/of-others-3", "2026-11-01")
            ),
        }
        | {story(n): page(f"Story {n}") for n in (1, 2)}
    )
    crawls.append(Crawl(web, tmp_path))

    await crawls[0].go([f"{A}/"], discover=BOTH)

    asked = [url for url in web.asked_urls if "tdmrep" not in url]
    via = {line["url"]: (line["found_via"], line["depth"]) for line in crawls[0].lines("articles.jsonl")}
    assert (sorted(asked), via) == (
        sorted([ROBOTS, f"{A}/", f"{A}/feed", f"{A}/index.xml", f"{A}/new.xml", f"{A}/old.xml", story(1), story(2)]),
        {
            story(1): ({"url": f"{A}/feed", "kind": "feed"}, 0),
            story(2): ({"url": f"{A}/new.xml", "kind": "sitemap"}, 0),
        },
    )
    assert set(crawls[0].edges(*BOTH)) == {
        (f"{A}/feed", story(1)),
        (f"{A}/new.xml", story(2)),
        (f"{A}/new.xml", "https://elsewhere.example/news/of-others-3"),
    }


async def test_nothing_is_looked_for_unless_it_is_asked_for(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    web = Web({ROBOTS: text(f"Sitemap: {A}/s.xml"), f"{A}/": front("/feed"), f"{A}/feed": rss(story(1))})
    crawls.append(Crawl(web, tmp_path))

    await crawls[0].go([f"{A}/"])

    assert f"{A}/feed" not in web.asked_urls
    assert f"{A}/s.xml" not in web.asked_urls


async def test_an_article_that_a_seed_leads_to_is_no_place_to_look_from(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    other = page("Second").body.replace(b"<head>", b"<head><link rel=alternate type=application/rss+xml href=/feed>")
    web = Web({story(1): page("First", related=[story(2)]), story(2): Reply(body=other), f"{A}/feed": rss(story(3))})
    crawls.append(Crawl(web, tmp_path))

    await crawls[0].go([story(1)], discover=BOTH)

    assert (crawls[0].articles(), f"{A}/feed" in web.asked_urls) == ([story(1), story(2)], False)
    assert f"{A}/sitemap.xml" in web.asked_urls  # robots.txt names none


def named(sitemaps: Iterable[str], **fields: object) -> list[str]:
    scope = Scope(sites=frozenset({"a.example"}), follow=frozenset(), max_depth=0, discover=frozenset(BOTH))
    return [t.url for t in discovered(seed(**fields), f"{A}/", scope, feeds=(), sitemaps=sitemaps)]


def test_sitemaps_for_news_come_first_and_no_site_sends_a_crawl_to_a_thousand() -> None:
    lines = [f"{A}/sitemap-{n}.xml" for n in range(1_000)]

    found = named([*lines, "/sitemaps/news.xml", "https://elsewhere.example/s.xml", "javascript:", ""])

    assert (found[0], found[1:]) == (f"{A}/sitemaps/news.xml", lines[: SITEMAPS_A_SITE - 1])


def test_of_a_sitemap_that_was_found_the_newest_are_followed_and_of_one_that_was_named_all() -> None:
    days = [f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}" for n in range(2_000)]
    links = tuple(Link(url=story(n), kind=LinkKind.SITEMAP, rank=n) for n in range(2_000))
    more = tuple(f"{A}/{n}.xml" for n in range(2_000))
    listing = Feed(kind=LinkKind.SITEMAP, links=links, changed_on=tuple(days))
    parts = Feed(kind=LinkKind.SITEMAP, more=more, changed_on=tuple(days))
    found = seed(url=f"{A}/s.xml", kind=LinkKind.SITEMAP, found_via=ROBOTS)
    of_seed = seed(url=f"{A}/1.xml", kind=LinkKind.SITEMAP, seed="http://a.example/s.xml", found_via=f"{A}/s.xml")

    followed, indexed = newest(listing, found), newest(parts, found)

    by_day = sorted(range(2_000), key=lambda n: (days[n], -n), reverse=True)
    assert [link.rank for link in followed.links] == by_day[:ITEMS_A_SITEMAP]
    assert indexed.more == tuple(more[n] for n in by_day[:SITEMAPS_AN_INDEX])
    assert newest(listing, of_seed) == listing
    assert newest(listing, seed(url=f"{A}/s.xml")) == listing


async def test_what_is_named_like_a_sitemap_may_be_as_large_as_one(
    autojump_clock: MockClock, tmp_path: Path, crawls: list[Crawl]
) -> None:
    names = ["sitemap.xml.gz", "news-sitemap", "index.xml?page=2", "sitemap/of/stories.html", "xml"]
    web = Web({})
    crawls.append(Crawl(web, tmp_path))

    await crawls[0].go([f"{A}/{name}" for name in names])

    assert [web.most_bytes[f"{A}/{name}"] for name in names] == [50_000_000] * 3 + [1_000_000] * 2
