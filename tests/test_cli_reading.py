"""The verbs that read a folder: why, tail, export, check; as their users meet them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio
from click.testing import CliRunner, Result
from trio.testing import MockClock
from world.web import Crawl, Web, page

from crawler.cli import main

A = "https://a.example/news/the-harbour-story"


def crawler(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


async def _crawl(folder: Path) -> None:
    """A corpus of three articles, each related to the next."""
    web = Web({f"{A}-{n}": page(f"Story {n}", related=[f"{A}-{n + 1}"]) for n in range(3)})
    crawl = Crawl(web, folder)
    await crawl.go([f"{A}-0"])
    crawl.close()


def crawled(folder: Path) -> str:
    trio.run(_crawl, folder, clock=MockClock(autojump_threshold=0))
    return str(folder)


def test_why_tells_a_person_and_a_program(tmp_path: Path) -> None:
    out = crawled(tmp_path)

    for_people, for_programs = crawler("why", f"{A}-1", "--out", out), crawler("why", f"{A}-1", "--out", out, "--json")

    assert "related of https://a.example/news/the-harbour-story-0 under 'Related Stories'" in for_people.output
    assert [visit["outcome"] for visit in json.loads(for_programs.output)["attempts"]] == ["saved"]


@pytest.mark.parametrize("line", [b"\0" * 40, b"null", b"[" * 100_000, b"\xa6"], ids=["zeros", "null", "lists", "byte"])
def test_a_damaged_line_is_told_in_one_line(line: bytes, tmp_path: Path) -> None:
    out = crawled(tmp_path)
    for name in ("articles", "runs"):
        path = tmp_path / f"{name}.jsonl"
        path.write_bytes(path.read_bytes() + line + b"\n")

    asked = [("why", f"{A}-1"), ("tail",), ("export",), ("export", "--latest"), ("status",), ("forget", f"{A}-1")]
    results = [crawler(*args, "--out", out) for args in asked]

    assert [(result.exit_code, result.stderr.count("\n")) for result in results] == [(5, 1)] * len(asked)
    assert all(".jsonl: line 4 is no record: " in result.stderr for result in results[:4])


def test_a_file_that_cannot_be_read_is_told_by_name(tmp_path: Path) -> None:
    out = crawled(tmp_path)
    (tmp_path / "links.jsonl").unlink()
    (tmp_path / "links.jsonl").mkdir()

    results = [crawler(*args, "--out", out) for args in [("why", f"{A}-1"), ("tail",)]]

    told = f"crawler: {tmp_path / 'links.jsonl'}: cannot be read (Is a directory)\n"
    assert [(result.exit_code, result.stderr) for result in results] == [(5, told)] * 2


def test_a_folder_on_a_medium_that_cannot_be_written_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = crawled(tmp_path)
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)

    results = [crawler(*args, "--out", out) for args in [("why", f"{A}-1"), ("status",)]]

    assert [result.exit_code for result in results] == [0, 0]
    assert sorted(tmp_path.iterdir()) == before


def test_tail_prints_whole_lines_after_a_seq_in_its_order(tmp_path: Path) -> None:
    out = crawled(tmp_path)

    every = crawler("tail", "--out", out, "--file", "articles", "--file", "links", "--file", "visits")
    seqs = [json.loads(line)["seq"] for line in every.output.splitlines()]
    later = crawler(
        "tail", "--out", out, "--since", str(seqs[3]), "--file", "links", "--file", "visits", "--file", "articles"
    )

    assert seqs == sorted(seqs)
    assert [json.loads(line)["seq"] for line in later.output.splitlines()] == seqs[4:]


def test_export_prints_every_version_or_the_latest(tmp_path: Path) -> None:
    out = crawled(tmp_path)
    with (tmp_path / "articles.jsonl").open("ab") as file:  # a second version of the first, as a revisit would write
        first = json.loads((tmp_path / "articles.jsonl").read_bytes().splitlines()[0])
        file.write(json.dumps({**first, "version": 2, "seq": 99}).encode() + b"\n")

    every, latest = crawler("export", "--out", out), crawler("export", "--latest", "--out", out)

    versions = [[json.loads(line)["version"] for line in result.output.splitlines()] for result in (every, latest)]
    assert versions == [[1, 1, 1, 2], [1, 1, 2]]


@pytest.mark.parametrize("args", [["tail"], ["export"], ["export", "--latest"], ["why", f"{A}-1"], ["status"]])
def test_where_nothing_was_crawled_that_is_said_in_one_line(args: list[str], tmp_path: Path) -> None:
    result = crawler(*args, "--out", str(tmp_path / "none"))

    assert (result.exit_code, result.stderr.count("\n"), "crawl into" in result.stderr) == (2, 1, True)


def test_check_refuses_public_sites_without_a_contact_and_asks_nobody() -> None:
    result = crawler("check", "https://a.example/")

    assert (result.exit_code, "--contact" in result.stderr) == (2, True)


def test_tail_follows_until_it_is_stopped(tmp_path: Path) -> None:
    out = crawled(tmp_path)
    command = [sys.executable, "-m", "crawler", "tail", "--out", out, "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        before = [json.loads(process.stdout.readline())["title"] for _ in range(3)]
        line = (tmp_path / "articles.jsonl").read_bytes().splitlines()[0].replace(b"Story 0", b"Story 9")
        with (tmp_path / "articles.jsonl").open("ab") as file:
            file.write(line.replace(b'"seq":', b'"seq":9') + b"\n")
        after = json.loads(process.stdout.readline())["title"]
        process.terminate()

    assert (before, after) == (["Story 0", "Story 1", "Story 2"], "Story 9")
