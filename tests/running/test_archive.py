"""An archive read page by page, without a frontier."""

from pathlib import Path

from trio.testing import MockClock
from world.web import Crawl, Web, commit_here, now, page, read_here

from crawler.model.work import Answer, Outcome, UrlState
from crawler.running.archive import read_archive
from crawler.running.run import Budget, Ended
from crawler.running.scope import Scope
from crawler.running.visit import Pacing, Visitor
from crawler.store.segments import OsDisk
from crawler.store.warc import Archive, Exchange


def archive_at(folder: Path, **truncated: str | None) -> None:
    """An archive with an article for each name, cut where a reason is given."""
    archive = Archive(folder, OsDisk(), run_id="run", software="test/1")
    archive.append(
        Exchange(
            Answer(
                url=f"https://a.example/{name}",
                status=200,
                headers=(("content-type", "text/html"),),
                body=page(f"Harbour {name}").body,
                wire_bytes=1,
                elapsed_s=0.0,
                truncated=reason,
            ),
            at_unix_s=1_700_000_000.0,
        )
        for name, reason in truncated.items()
    )
    archive.sync()
    archive.close()


async def test_each_page_is_recorded_and_one_that_is_truncated_is_told_and_not_tried_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    archive_at(tmp_path, one=None, two="length", three=None)
    crawl = Crawl(Web({}), tmp_path)
    scope = Scope(sites=frozenset(), follow=frozenset(), max_depth=0, stay=True)
    visitor = Visitor(crawl.web.fetch, read_here, scope, Pacing(gap_s=lambda _: 0.0), now=now, max_page_bytes=1_000_000)

    ended = await read_archive(
        tmp_path / "archive", visitor, crawl.recorder, commit_here, crawl.stop, Budget(None, crawl.tally)
    )

    life = crawl.frontier.why("https://a.example/two")
    assert life is not None
    assert (ended, crawl.articles(), crawl.web.asked) == (
        Ended.DRAINED,
        ["https://a.example/one", "https://a.example/three"],
        [],
    )
    assert (life.state, life.outcome, life.why) == (UrlState.DROPPED, Outcome.BROKEN, "truncated in the archive")
    crawl.close()
