"""The whole program on the embedded site: from its seeds to the files, over real sockets."""

import json
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import msgspec
import pytest
import trio
from click.testing import CliRunner

from crawler.cli import main
from crawler.demo.server import LogLine
from crawler.demo.site import DemoSite
from crawler.model.records import FILE_OF, ArticleRecord, GoneRecord, Record
from crawler.model.urls import url_id
from crawler.running.chain import first_chain
from crawler.running.crawl import Done
from crawler.running.demo import MAX_DEPTH, SITE_SEED, crawl_demo

SITE = DemoSite(SITE_SEED)


class Runs(NamedTuple):
    """Two runs into one folder."""

    folder: Path
    first: Done
    second: Done
    first_log: list[LogLine]
    second_log: list[LogLine]
    sizes: dict[str, int]  # of the files after the first run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("demo")
    logs: tuple[list[LogLine], list[LogLine]] = ([], [])
    first = trio.run(partial(crawl_demo, folder, gap_s=0.0, log=logs[0]))
    sizes = {name: (folder / name).stat().st_size for name in FILE_OF.values()}
    second = trio.run(partial(crawl_demo, folder, gap_s=0.0, log=logs[1]))
    return Runs(folder, first, second, *logs, sizes)


def lines(runs: Runs, file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (runs.folder / file).read_text("utf-8").splitlines()]


def asked(log: list[LogLine]) -> list[str]:
    return [f"http://{host}{target}" for host, target, _ in log]


def test_every_article_that_related_links_lead_to_is_written_once_and_no_other(runs: Runs) -> None:
    written = Counter(article["url"] for article in lines(runs, "articles.jsonl"))

    assert written == Counter(SITE.reachable(MAX_DEPTH))


def test_articles_say_what_was_planted(runs: Runs) -> None:
    written = {a["url"]: (a["title"], a["language"]) for a in lines(runs, "articles.jsonl")}

    planted = {a.url: (a.title, a.language) for a in SITE.articles if a.url in written}
    assert written == planted


@pytest.mark.parametrize("record", [record for record in FILE_OF if record is not GoneRecord])  # nothing goes away
def test_every_line_is_valid_by_its_schema_and_has_each_of_its_keys(runs: Runs, record: type[Record]) -> None:
    schema = msgspec.json.schema(record)
    validator = jsonschema.Draft202012Validator(schema)
    keys = set(msgspec.json.decode(msgspec.json.encode(schema))["$defs"][record.__name__]["properties"])

    rows = lines(runs, FILE_OF[record])

    assert rows != []
    assert [error.message for row in rows for error in validator.iter_errors(row)] == []
    assert [row for row in rows if set(row) != keys] == []


def test_lines_are_numbered_without_repeats(runs: Runs) -> None:
    numbers = [row["seq"] for file in FILE_OF.values() for row in lines(runs, file)]

    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_what_robots_txt_forbids_is_never_asked_and_its_rules_come_first(runs: Runs) -> None:
    first_asked: dict[str, str] = {}
    for host, target, _ in runs.first_log:
        first_asked.setdefault(host, target)

    denied = {line["url"]: line["rule"] is not None for line in lines(runs, "visits.jsonl") if line["rule"]}
    assert set(asked(runs.first_log)) & set(SITE.forbidden) == set()
    assert denied == dict.fromkeys(SITE.forbidden, True)
    assert first_asked == dict.fromkeys(SITE.hosts, "/robots.txt")


def test_no_address_is_asked_twice(runs: Runs) -> None:
    assert [url for url, count in Counter(asked(runs.first_log)).items() if count > 1] == []


def test_the_dead_link_is_gone_and_its_edge_stays(runs: Runs) -> None:
    outcomes = {line["url"]: (line["outcome"], line["status"]) for line in lines(runs, "visits.jsonl")}
    targets = {line["target_id"] for line in lines(runs, "links.jsonl")}

    assert {url: outcomes[url] for url in SITE.dead} == dict.fromkeys(SITE.dead, ("gone", 404))
    assert {url_id(url) for url in SITE.dead} <= targets


def test_a_moved_article_has_its_alias(runs: Runs) -> None:
    aliases = {line["id"]: line["same_as"] for line in lines(runs, "aliases.jsonl") if line["why"] == "redirect"}

    assert aliases == {url_id(old): url_id(new) for old, new in SITE.moved.items()}


def test_the_related_edges_of_the_articles_are_the_planted_ones(runs: Runs) -> None:
    written = {article["url"] for article in lines(runs, "articles.jsonl")}
    found = {(line["source_id"], line["target_id"]) for line in lines(runs, "links.jsonl") if line["kind"] == "related"}

    planted = {
        (url_id(article.url), url_id(link))
        for article in SITE.articles
        if article.url in written
        for link in article.related
    }
    assert found == planted


def test_a_second_run_asks_nothing_and_adds_its_own_line_alone(runs: Runs) -> None:
    sizes = {name: (runs.folder / name).stat().st_size for name in FILE_OF.values()}

    first, second = lines(runs, "runs.jsonl")
    assert {name for name in sizes if sizes[name] != runs.sizes[name]} == {"runs.jsonl"}
    assert runs.second_log == []
    assert (first["ended"], first["new"], first["previous"]) == ("drained", runs.first.run.new, None)
    assert (second["ended"], second["new"], second["previous"]) == ("drained", 0, "drained")
    assert (runs.second.unmet, runs.second.was_interrupted) == ((), False)


def test_the_chain_that_is_drawn_begins_with_an_article_and_shows_its_related_ones(runs: Runs) -> None:
    titles = {article["title"] for article in lines(runs, FILE_OF[ArticleRecord])}

    tree = first_chain(runs.folder).splitlines()

    shown = [line.lstrip("│├└─ ").rpartition(" (")[0] for line in tree]
    assert len(tree) > 3
    assert len(set(shown)) == len(shown)
    assert set(shown) <= titles


def test_the_command_prints_the_chain_on_stdout_and_tells_of_the_run_on_stderr(runs: Runs, tmp_path: Path) -> None:
    folder = shutil.copytree(runs.folder, tmp_path / "out")

    result = CliRunner().invoke(main, ["demo", "--out", str(folder)], catch_exceptions=False)

    assert (result.exit_code, result.stdout) == (0, f"{first_chain(folder)}\n")
    assert result.stderr.startswith("0 new articles in ")
