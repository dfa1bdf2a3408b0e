"""Webs without an end: a crawl of them ends, and keeps no more than they hold."""

from pathlib import Path

from hostile.collection import cases, needs_collection
from trio.testing import MockClock
from world.web import Crawl, Reply, Web, page

from crawler.frontier.shapes import BARREN_TO_DROP, shape_of
from crawler.model.urls import MAX_URL_CHARS, canonical_url, resolve_url, site_of
from crawler.running.run import Ended


class Calendar(Web):
    """Each day names the next two, and nothing is planned for any."""

    FIRST = "https://a.example/events/day-1"

    def _reply(self, url: str) -> Reply:
        before, _, day = url.rpartition("-")
        if not day.isdecimal():
            return super()._reply(url)
        return page("Nothing is planned for this day", related=[f"{before}-{int(day) + more}" for more in (1, 2)])


async def test_a_web_without_an_end_is_left(tmp_path: Path, autojump_clock: MockClock) -> None:
    web = Calendar({})
    crawl = Crawl(web, tmp_path)

    ended = await crawl.go([web.FIRST], max_depth=10_000, gap_s=1.0, max_wait_s=1e9)
    articles = crawl.articles()
    crawl.close()

    assert (ended, articles, len(web.asked) < BARREN_TO_DROP + 100) == (Ended.DRAINED, [web.FIRST], True)


# Of `traps`: those of one address or one site, and those of few shapes, which bound them.
ONE_ADDRESS = ("utm", "fragment-only")
FEW_SHAPES = ("calendar-path", "relative-growth", "query-growth")
ONE_SITE = ("random-subdomain",)
FOLDERS = 6  # from here on a repeated folder makes no other shape
# Elsewhere or otherwise: what bounds them.
BOUNDED_OTHERWISE = {
    "repeat-segment-nutch": "no address is refused for its look: pages of news have such, and its shape bounds a trap",
    "query-chars-nutch": "allowed, as the collection wants it",
    "session-id-path": "one text of one site is one article; the addresses stay several",
    "print-and-amp": "test_decide: the same text and rel=canonical are aliases",
    "soft-404": "test_decide: the same text is an alias; too short a text is bounded by its shape",
}


@needs_collection
def test_traps_of_the_collection_are_one_address_one_shape_or_one_site() -> None:
    traps = {case["name"]: [url for url in map(resolve_url, case["urls"]) if url] for case in cases("traps")}

    counted = {
        **{name: len({canonical_url(url) for url in traps[name]}) for name in ONE_ADDRESS},
        **{name: len({site_of(url) for url in traps[name]}) for name in ONE_SITE},
        **{name: 1 for name in FEW_SHAPES if len({shape_of(url) for url in traps[name]}) <= FOLDERS},
    }

    assert counted == dict.fromkeys((*ONE_ADDRESS, *ONE_SITE, *FEW_SHAPES), 1)
    assert set(traps) == {*ONE_ADDRESS, *ONE_SITE, *FEW_SHAPES, *BOUNDED_OTHERWISE}


def test_an_address_that_grows_without_end_is_none_at_last() -> None:
    assert resolve_url(f"https://a.example/{'x/' * MAX_URL_CHARS}") is None
