from urllib.parse import urlsplit

import pytest

from crawler.demo.site import DemoSite
from crawler.extraction.feeds import read_feed
from crawler.extraction.sitemaps import read_sitemap

SITE = DemoSite(1)


def body_of(url: str) -> bytes:
    return SITE.answer("GET", urlsplit(url).netloc, urlsplit(url).path, {}).body


@pytest.mark.parametrize("url", SITE.seeds[:3])
def test_a_feed_lists_the_newest_articles_in_order(url: str) -> None:
    newest = SITE.newest(urlsplit(url).netloc)

    feed = read_feed(body_of(url), url)

    assert feed is not None
    assert [(link.url, link.title, link.published_at, link.teaser) for link in feed.links] == [
        (article.url, article.title, f"{article.published_at:%Y-%m-%dT%H:%M:%SZ}", article.teaser) for article in newest
    ]
    assert list(newest) == sorted(newest, key=lambda article: article.published_at, reverse=True)


@pytest.mark.parametrize("host", SITE.hosts)
def test_a_sitemap_lists_all_articles_of_its_paper(host: str) -> None:
    url = f"http://{host}/sitemap.xml"

    sitemap = read_sitemap(body_of(url), url)

    assert sitemap is not None
    assert {(link.url, link.title) for link in sitemap.links} == {
        (article.url, article.title) for article in SITE.articles if article.host == host
    }
