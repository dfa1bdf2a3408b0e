from datetime import UTC, datetime

import pytest
from world.web import page

from crawler.extraction.page import Page
from crawler.running.visit import Unreadable
from crawler.running.workers import open_reader

URL = "https://a.example/news/the-harbour-story-1"
AT = datetime(2026, 11, 24, tzinfo=UTC)
HEAVY = page("Harbour", text="The council met. " * 20_000).body  # 100 ms and more to read


@pytest.mark.parametrize("workers", [0, 1])
async def test_a_body_is_read_here_or_in_a_worker_alike(workers: int) -> None:
    async with open_reader(workers, 30.0) as read:
        document = await read(page("Harbour").body, URL, "text/html", AT)

    assert isinstance(document, Page)
    assert (document.article.title, document.article.url) == ("Harbour", URL)


async def test_a_page_that_takes_too_long_costs_itself_and_the_next_is_read() -> None:
    async with open_reader(1, 0.01) as read:
        slow = await read(HEAVY, URL, "text/html", AT)
    async with open_reader(1, 30.0) as read:
        next_one = await read(HEAVY, URL, "text/html", AT)

    assert slow == Unreadable("reading it took more than 0.01 s")
    assert isinstance(next_one, Page)
