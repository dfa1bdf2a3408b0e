"""Articles whose page goes away and comes back: told once each, in `gone.jsonl`, and by the verbs that read it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import trio
from click.testing import CliRunner
from trio.testing import MockClock
from world.web import Crawl, Reply, Web, page, redirect

from crawler.cli import main
from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.revisit import Revisits
from crawler.model.records import GoneRecord
from crawler.report.view import load_graph
from crawler.running.why import life_text, read_life

A = "https://a.example/news/the-harbour-story-1"
DAY_S = 86_400.0


def fresh(title: str, **options: Any) -> Reply:
    """An article that came out as the first run began."""
    reply = page(title, **options)
    return msgspec.structs.replace(reply, body=reply.body.replace(b"2026-11-01T", b"2027-01-15T"))


THERE, LOST, WITHDRAWN = fresh("Harbour"), Reply(status=404), Reply(status=410)


async def nightly(folder: Path, nights: Sequence[Reply], *, address: str = A, web: Web | None = None) -> Web:
    """A run a night; what the article's address answers in each."""
    web, ledger = web or Web({}), MemoryLedger()
    for night, reply in enumerate(nights):
        web.pages[A] = reply
        crawl = Crawl(web, folder, ledger=ledger, run_id=f"run-{night}", revisits=Revisits.DUE)
        await crawl.go([address])
        crawl.close()
        await trio.sleep_until((night + 1) * DAY_S)
    return web


def told(folder: Path) -> list[tuple[bool, Any, int]]:
    """Gone or back, the status, the night of the run."""
    rows = [msgspec.json.decode(line) for line in (folder / "gone.jsonl").read_bytes().splitlines()]
    return [(row["gone"], row["status"], int(row["run_id"].partition("-")[2])) for row in rows]


@pytest.mark.parametrize(
    ("nights", "expected"),
    [
        ([THERE, LOST, THERE, THERE], []),  # a slip
        ([THERE, LOST, LOST, LOST, LOST], [(True, 404, 2)]),  # the next night it is none
        ([THERE, WITHDRAWN, WITHDRAWN, WITHDRAWN], [(True, 410, 1)]),  # said on purpose
        ([THERE, *[Reply(status=451)] * 2], [(True, 451, 1)]),
        ([THERE, *[WITHDRAWN] * 9, *[THERE] * 9], [(True, 410, 1)]),  # asked a week after, and not yet again
        ([THERE, *[WITHDRAWN] * 6, *[THERE] * 9], [(True, 410, 1), (False, 200, 8)]),
        ([THERE, *[LOST] * 6, *[THERE] * 20, *[LOST] * 9], [(True, 404, 2), (False, 200, 8), (True, 404, 31)]),
        ([LOST, LOST, LOST], []),  # nothing was written of it
        ([THERE, Reply(status=500), Reply(status=403)], []),
    ],
)
async def test_a_page_that_goes_away_is_told_once_and_one_that_comes_back_too(
    tmp_path: Path, autojump_clock: MockClock, nights: list[Reply], expected: list[tuple[bool, int, int]]
) -> None:
    await nightly(tmp_path, nights)

    assert told(tmp_path) == expected


async def test_a_page_that_went_away_is_asked_for_rarely_and_then_never(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    web = await nightly(tmp_path, [THERE, *[WITHDRAWN] * 60])

    assert [round(at / DAY_S) for at, url in web.asked if url == A] == [0, 1, 2, 8, 31]


async def test_a_change_of_the_text_is_a_version_also_where_the_page_comes_back_with_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    await nightly(tmp_path, [THERE, *[WITHDRAWN] * 6, *[fresh("Harbour, corrected")] * 3])

    assert told(tmp_path) == [(True, 410, 1), (False, 200, 8)]
    assert b'"version":2' in (tmp_path / "articles.jsonl").read_bytes()


async def test_an_article_is_gone_where_it_was_read_not_where_another_name_of_it_led(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    old = f"{A}-old"
    web = Web({old: [redirect(A), LOST]})
    await nightly(tmp_path, [THERE, THERE, THERE], address=old, web=web)

    assert told(tmp_path) == []


async def test_an_article_that_names_another_address_is_gone_where_it_was_read(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    await nightly(tmp_path, [fresh("Harbour", canonical=f"{A}-canonical"), LOST, LOST])

    assert told(tmp_path) == [(True, 404, 2)]


async def test_the_verbs_tell_what_is_gone(tmp_path: Path, autojump_clock: MockClock) -> None:
    web = Web({f"{A}-next": page("Next")})
    await nightly(tmp_path, [fresh("Harbour", related=[f"{A}-next"]), WITHDRAWN], web=web)
    run = CliRunner()

    exported = run.invoke(main, ["export", "--latest", "--no-gone", "--out", str(tmp_path)]).output
    tailed = run.invoke(main, ["tail", "--file", "gone", "--out", str(tmp_path)]).output
    nodes = {node["url"]: node["gone"] for node in load_graph(tmp_path).vs}

    assert (exported.count("\n"), f'"{A}-next"' in exported) == (1, True)
    validator = jsonschema.Draft202012Validator(msgspec.json.schema(GoneRecord))
    assert [error.message for error in validator.iter_errors(msgspec.json.decode(tailed))] == []
    assert tailed.encode() == (tmp_path / "gone.jsonl").read_bytes()
    assert nodes == {A: "2027-01-16T08:00:00Z", f"{A}-next": None}
    assert "gone, missing since 2027-01-16T08:00:00Z (status 410)" in life_text(read_life(tmp_path, A))
