from urllib.parse import urlsplit

import pytest

from crawler.demo.site import DemoSite
from crawler.extraction.page import read_page
from crawler.model.links import LinkKind

SITE = DemoSite(1)


@pytest.mark.parametrize("host", SITE.hosts)
def test_an_extractor_finds_what_is_planted_and_steps_into_no_trap(host: str) -> None:
    """Related links in a block, between paragraphs and in a list; the ranking called `related-news` is none of them."""
    planted, found = {}, {}
    for article in SITE.articles:
        if article.host != host:
            continue
        parts = urlsplit(article.url)
        answer = SITE.answer("GET", host, parts.path, {})
        read = read_page(answer.body, article.url, dict(answer.headers)["content-type"]).article
        related = {link.url for link in read.links if link.kind is LinkKind.RELATED}
        planted[article.url] = (article.title, article.published_at.date().isoformat(), set(article.related))
        found[article.url] = (read.title, read.published_on, related)

    assert found == planted
