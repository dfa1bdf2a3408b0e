"""Pages written for this project in a dozen layouts and languages: every link to a story, its kind and title, no other.

The labels have the format that `tests/bench/related_crossval.py` reads: a line a page, its links with kind and text.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from crawler.extraction.page import read_page
from crawler.model.links import Link
from crawler.model.urls import canonical_url

FOLDER = Path(__file__).with_name("labelled")
PAGES: list[dict[str, Any]] = [json.loads(line) for line in (FOLDER / "labels.jsonl").read_text("utf-8").splitlines()]


def links_of(page: dict[str, Any]) -> tuple[Link, ...]:
    return read_page((FOLDER / page["file"]).read_bytes(), page["url"]).article.links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page["page"])
def test_each_link_of_a_page_is_found_as_what_it_is_and_nothing_else(page: dict[str, Any]) -> None:
    found = {(canonical_url(link.url), str(link.kind)) for link in links_of(page) if link.url}

    assert found == {(canonical_url(link["url"]), link["kind"]) for link in page["links"]}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page["page"])
def test_each_title_is_the_story_s_own(page: dict[str, Any]) -> None:
    titles = {canonical_url(link.url): link.title for link in links_of(page) if link.url}

    wanted = {canonical_url(link["url"]): link["text"] for link in page["links"] if link["text"]}
    assert {url: title for url, title in titles.items() if url in wanted} == wanted


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page["page"])
def test_every_link_taken_has_its_reasons(page: dict[str, Any]) -> None:
    read = read_page((FOLDER / page["file"]).read_bytes(), page["url"])

    explained = {(one.url, one.kind) for one in read.evidence if one.why}
    assert {(link.url, link.kind) for link in read.article.links} - explained == set()
