from pathlib import Path

import pytest
from trio.testing import MockClock
from world.web import Crawl, Reply, Web, page, redirect

from crawler.errors import ConfigError
from crawler.running.why import life_text, read_life

A = "https://a.example/news/the-harbour-story"


async def crawled(folder: Path) -> Path:
    """A crawl with an article, a redirect, a refusal and a dead link."""
    robots = Reply(body=b"User-agent: *\nDisallow: /news/the-harbour-story-3\n")
    web = Web(
        {
            "https://a.example/robots.txt": robots,
            f"{A}-1": page("First", related=[f"{A}-2-old", f"{A}-3", f"{A}-4"]),
            f"{A}-2-old": redirect(f"{A}-2"),
            f"{A}-2": page("Second"),
        }
    )
    crawl = Crawl(web, folder)
    await crawl.go([f"{A}-1"])
    crawl.close()
    return folder


def said(folder: Path, url: str) -> list[str]:
    """The lines of a life without ids, dates and times."""
    text = life_text(read_life(folder, url))
    return [line.strip().partition("  ")[0] for line in text.splitlines()[1:]]


@pytest.mark.parametrize(
    ("url", "words", "kept"),
    [
        (f"{A}-1", ["id", "linked", "visit 1", "pause", "record", "now"], "seed of the seeds"),
        (f"{A}-2-old", ["id", "linked", "visit 1", "pause", "alias", "record", "now"], "under 'Related Stories'"),
        (f"{A}-3", ["id", "linked", "visit 1", "now"], "robots.txt line 2: Disallow: /news/the-harbour-story-3"),
        (f"{A}-4", ["id", "linked", "visit 1", "pause", "now"], "gone 404"),
        (f"{A}-9", ["id", "unknown: no page, feed or seed of this folder named it as something to follow"], "unknown"),
    ],
)
async def test_the_life_of_an_address_is_told_from_its_links_to_its_record(
    autojump_clock: MockClock, tmp_path: Path, url: str, words: list[str], kept: str
) -> None:
    folder = await crawled(tmp_path)

    text = life_text(read_life(folder, url))

    assert (said(folder, url), kept in text) == (words, True)


async def test_an_address_is_found_in_any_spelling(autojump_clock: MockClock, tmp_path: Path) -> None:
    life = read_life(await crawled(tmp_path), f"{A.replace('https', 'HTTPS')}-1?utm_source=x#top")

    assert (life.url, len(life.records), len(life.attempts)) == (f"{A}-1", 1, 1)


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no crawl; crawl into it first"):
        read_life(tmp_path, f"{A}-1")
    (tmp_path / "state.db").touch()
    with pytest.raises(ConfigError, match="no address of the web"):
        read_life(tmp_path, "harbour")
