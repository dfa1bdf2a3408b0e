"""A page or a site is forgotten: nothing of it is left in any file, all else stays, and it never comes back."""

import gzip
import hashlib
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from click.testing import CliRunner
from trio.testing import MockClock
from world.crash import ForgetfulDisk, PowerCut
from world.web import EPOCH_UNIX_S, Crawl, Web, page, redirect

from crawler.cli import main
from crawler.errors import ConfigError
from crawler.fetch.replay import responses
from crawler.frontier.revisit import Revisits
from crawler.model.records import FILE_OF
from crawler.model.urls import canonical_url
from crawler.running.erasing import forget
from crawler.running.lock import locked
from crawler.running.why import life_text, read_life
from crawler.store.lines import Follower, segments_of, seq_of

A, B = "https://a.example/news/the-harbour-story", "https://b.example/news/the-storm-and-after"
VICTIM, OLD_NAME = f"{A}-quince", f"{A}-marrow"
NAMES = (b"quince", b"marrow", b"Zwetschge")  # of the address, its old one, the title and the text
SETS = tuple(file.removesuffix(".jsonl") for file in FILE_OF.values())
FORMS: tuple[dict[str, Any], ...] = (
    {},
    {"compress": True},
    {"roll_bytes": 3000},
    {"roll_bytes": 2000, "compress": True},
)


def now() -> float:
    return EPOCH_UNIX_S + 86_400.0


def web() -> Web:
    return Web(
        {
            f"{A}-1": page("First", related=[OLD_NAME, f"{A}-2", f"{B}-1"]),
            OLD_NAME: redirect(VICTIM),
            VICTIM: page("Zwetschge", related=[f"{A}-3"]),
            f"{A}-2": page("Second", related=[VICTIM]),
            f"{A}-3": page("Third", related=[f"{A}-1"]),
            f"{B}-1": page("Storm", related=[VICTIM, f"{A}-2"]),
        }
    )


async def crawled(folder: Path, form: Mapping[str, Any], *, has_archive: bool = True) -> None:
    """A run of all, whose victim has an old name, is linked from two sites and links to others."""
    crawl = Crawl(web(), folder, store=form, has_archive=has_archive)
    await crawl.go([f"{A}-1", f"{B}-1", VICTIM], stay=True)
    crawl.close()


def lines(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {name: [msgspec.json.decode(line) for line in Follower(folder, name).read()] for name in SETS}


def contents(folder: Path) -> bytes:
    """All that the files hold, unpacked; of the archive the heads, since the bodies of other pages name it."""
    lines = b"".join(line for name in SETS for line in Follower(folder, name).read())
    archives = b"".join(gzip.decompress(path.read_bytes()) for path in folder.glob("archive/*"))
    heads = b"".join(
        line for line in archives.splitlines() if line.startswith((b"WARC", b"GET", b"<html lang=en><head>"))
    )
    return lines + heads + b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def check_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    listed = msgspec.json.decode(path.read_bytes())["files"] if path.exists() else []
    assert sorted(row["file"] for row in listed) == sorted(str(n) for s in SETS for n in segments_of(folder, s)[:-1])
    for row in listed:
        content = (folder / row["file"]).read_bytes()
        assert (row["bytes"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def check_places(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Each article that is left lies in the archive where its line says."""
    for row in rows:
        with (folder / row["warc"]["file"]).open("rb") as file:
            file.seek(row["warc"]["offset"])
            record = gzip.GzipFile(fileobj=file).read(400)
        assert f"WARC-Target-URI: {row['fetched_url']}\r\n".encode() in record


@pytest.mark.parametrize("form", FORMS, ids=str)
async def test_nothing_of_it_is_left_and_all_else_stays(
    tmp_path: Path, autojump_clock: MockClock, form: dict[str, Any]
) -> None:
    await crawled(tmp_path, form)
    before, follower = lines(tmp_path), Follower(tmp_path, "articles")
    seen = [seq_of(line) for line in follower.read()]
    assert all(name in contents(tmp_path) for name in NAMES)

    forget(tmp_path, OLD_NAME, now)

    after, left = lines(tmp_path), contents(tmp_path)
    assert [name for name in NAMES if name in left] == []
    assert {row["url"] for row in after["articles"]} == {row["url"] for row in before["articles"]} - {VICTIM}
    for name in SETS:
        kept = {row["seq"]: row for row in after[name]}
        assert kept.keys() <= {row["seq"] for row in before[name]}
        untouched = [row for row in before[name] if "quince" not in str(row) and "marrow" not in str(row)]
        assert [{**row, "warc": 0} for row in untouched] == [{**kept[row["seq"]], "warc": 0} for row in untouched]
    assert [edge["target"] for edge in after["links"] if edge["source"] == f"{A}-2"] == []
    check_manifest(tmp_path)
    check_places(tmp_path, after["articles"])
    assert {canonical_url(page.url) for page in responses(tmp_path / "archive")} >= {f"{A}-1", f"{A}-3", f"{B}-1"}
    assert seen == [row["seq"] for row in before["articles"]]
    assert list(follower.read()) == []


@pytest.mark.parametrize("form", FORMS, ids=str)
async def test_it_is_never_asked_for_again_and_others_do_not_bring_it_back(
    tmp_path: Path, autojump_clock: MockClock, form: dict[str, Any]
) -> None:
    await crawled(tmp_path, form)
    follower = Follower(tmp_path, "articles")
    seen = [seq_of(line) for line in follower.read()]
    forget(tmp_path, VICTIM, now)

    again = web()
    again.pages[f"{A}-2"] = page("Second, and more", related=[VICTIM, OLD_NAME, f"{A}-4"])
    again.pages[f"{A}-3"] = redirect(VICTIM)
    again.pages[f"{A}-4"] = page("Zwetschge", canonical=VICTIM)  # by its own word the same
    crawl = Crawl(again, tmp_path, run_id="run-2", revisits=Revisits.ALL, store=form, has_archive=True)
    await crawl.go([f"{A}-1", VICTIM, OLD_NAME], stay=True)
    crawl.close()

    assert {VICTIM, OLD_NAME} & set(again.asked_urls) == set()
    assert {f"{A}-2", f"{A}-3", f"{A}-4"} <= set(again.asked_urls)
    assert [name for name in NAMES if name in contents(tmp_path)] == []
    new = [seq_of(line) for line in follower.read()]
    assert len(new) == 1  # a follower goes on behind what it had seen
    assert new[0] > max(seen)
    assert "forgotten on 2027-01-16" in life_text(read_life(tmp_path, OLD_NAME))


async def test_a_site_is_forgotten_with_its_robots_txt_and_its_place_in_runs(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    await crawled(tmp_path, {})

    forget(tmp_path, "b.example", now)
    again = web()
    crawl = Crawl(again, tmp_path, run_id="run-2", revisits=Revisits.ALL)
    await crawl.go([f"{B}-1", f"{B}-other", f"{A}-1"])
    crawl.close()

    assert b"b.example" not in contents(tmp_path)
    assert [url for url in again.asked_urls if "b.example" in url] == []
    assert len(lines(tmp_path)["articles"]) == 4
    assert "forgotten on" in life_text(read_life(tmp_path, f"{B}-other"))


async def begun_again(folder: Path, form: Mapping[str, Any]) -> None:
    """The next start, which mends what there is to mend."""
    Crawl(Web({}), folder, run_id="run-2", store=form).close()


@pytest.mark.parametrize("form", [FORMS[0], FORMS[3]], ids=str)
def test_whoever_dies_in_it_has_forgotten_all_or_nothing(tmp_path: Path, form: dict[str, Any]) -> None:
    ends = set[bytes]()
    (made := tmp_path / "made").mkdir()
    trio.run(crawled, made, form, clock=MockClock(autojump_threshold=0))
    for cut in range(1000):
        shutil.copytree(made, folder := tmp_path / str(cut))
        disk, is_cut = ForgetfulDisk(random.Random(cut), cut_after=cut * 6), False
        try:
            forget(folder, VICTIM, now, disk)
        except PowerCut:
            is_cut = True
            disk.lose_unsynced()

        trio.run(begun_again, folder, form)

        found = [name in contents(folder) for name in NAMES]
        assert all(found) or not any(found), cut
        assert list(folder.rglob("*.forgetting")) == []
        check_manifest(folder)
        check_places(folder, lines(folder)["articles"])
        ends.add(bytes(found))
        forget(folder, VICTIM, now)
        assert [name for name in NAMES if name in contents(folder)] == []
        if not is_cut:
            break
    assert ends == {bytes([1, 1, 1]), bytes([0, 0, 0])}
    assert cut > 5


async def test_the_verb_holds_the_folder_and_says_what_went(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crawled(tmp_path, {})
    run = CliRunner()
    assert run.invoke(main, ["report", "--out", str(tmp_path)]).exit_code == 0

    with locked(tmp_path, "now"):
        busy = run.invoke(main, ["forget", VICTIM, "--out", str(tmp_path)])
    done = run.invoke(main, ["forget", VICTIM, "--out", str(tmp_path)])
    again = run.invoke(main, ["forget", VICTIM, "--out", str(tmp_path)])

    assert (busy.exit_code, done.exit_code, again.exit_code) == (3, 0, 0)
    assert done.stdout.splitlines()[0] == f"forgot {VICTIM}: it is never asked for again"
    assert "articles.jsonl: 1 lines or records went" in done.stdout
    assert again.stdout.splitlines()[1] == "  nothing of it was held"
    assert [name for name in NAMES if name in contents(tmp_path)] == []  # the report among them


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("www.a.example", "www.a.example is a host of the site a.example; name the site"),
        ("harbour", "harbour is neither an address nor a site"),
    ],
)
async def test_what_is_no_page_and_no_site_is_told(tmp_path: Path, named: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        forget(tmp_path, named, now)
    with pytest.raises(ConfigError, match="holds no crawl"):
        forget(tmp_path, VICTIM, now)
