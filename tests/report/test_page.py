"""The page as bytes: what it may load, what it holds, and that hostile words cannot leave their place."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.corpora import article, link, write, write_demo

from crawler.demo.site import DemoSite
from crawler.errors import StoreError
from crawler.model.links import LinkKind
from crawler.model.records import FoundVia, Record
from crawler.report.page import fitting, json_block, render_page, write_report
from crawler.report.view import read_view

A, B, C = "https://a.example/1", "https://b.example/2", "https://c.example/3"
HOSTILE = "</title></script><script>alert(1)</script><!--\u2028 & {{script}} {{content}} {{policy}} \"'"


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text of scripts and styles."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._inside = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style", "title"):
            self.texts.append((self._inside, data))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def content(page: bytes) -> dict[str, Any]:
    block = re.search(rb'id="content">(.*?)</script>', page, re.DOTALL)
    assert block is not None
    parsed: dict[str, Any] = json.loads(block[1])
    return parsed


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def report(folder: Path, **options: Any) -> dict[str, Any]:
    return content(write_report([folder], **options).path.read_bytes())


def test_the_policy_names_the_one_script_and_the_one_style_and_nothing_else(tmp_path: Path) -> None:
    page = write_report([write(tmp_path, article(A, HOSTILE), link(A, B, title=HOSTILE))]).path.read_bytes()

    elements = Elements(page)

    scripts = [text for tag, text in elements.texts if tag == "script"]
    styles = [text for tag, text in elements.texts if tag == "style"]
    policy = next(a["content"] for tag, a in elements.found if a.get("http-equiv") == "Content-Security-Policy")
    assert (len(scripts), len(styles)) == (2, 1)
    assert policy == (
        f"default-src 'none'; script-src {digest(scripts[1])}; style-src {digest(styles[0])}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_no_element_of_the_page_names_another_place(tmp_path: Path) -> None:
    elements = Elements(write_report([write_demo(tmp_path, DemoSite(1))]).path.read_bytes())

    assert {tag for tag, a in elements.found if a.keys() & {"src", "srcset", "style", "onload", "onerror"}} == set()
    assert {a["href"] for _, a in elements.found if "href" in a} == {"#story", "#graph", "#numbers", "#list"}


def test_hostile_words_come_back_as_they_were_and_add_no_element(tmp_path: Path) -> None:
    plain = write_report([write(tmp_path / "plain", article(A, "Plain"), link(A, B))]).path.read_bytes()
    folder = write(tmp_path / "hostile", article(A, HOSTILE, summary=HOSTILE), link(A, B, heading=HOSTILE))

    page = write_report([folder]).path.read_bytes()

    folded = " ".join(HOSTILE.split())
    found = content(page)
    assert Elements(page).found == Elements(plain).found
    assert (found["nodes"]["title"][0], found["headings"], found["headline"]) == (folded, [None, folded], folded)
    assert ("title", f"{folded} – related stories") in Elements(page).texts


@given(st.text())
def test_json_in_a_page_ends_nothing(text: str) -> None:
    block = json_block({text: text})

    assert json.loads(block) == {text: text}
    assert not set(b"<>&") & set(block)
    assert "\u2028" not in block.decode()


def test_the_same_files_give_the_same_page(tmp_path: Path) -> None:
    folder = write_demo(tmp_path, DemoSite(1))

    first, again = (write_report([folder]).path.read_bytes() for _ in range(2))

    assert first == again


def test_a_report_says_what_it_holds(tmp_path: Path) -> None:
    folder = write(tmp_path, article(A, "One"), article(B, "Two"), link(A, B), link(B, C))

    written = write_report([folder], tmp_path / "other.html")

    assert written == (tmp_path / "other.html", 2, 1, 3)


def test_the_first_story_is_the_one_asked_for_else_the_largest_of_a_seed_else_the_largest(tmp_path: Path) -> None:
    via = FoundVia(url=A, kind=LinkKind.RELATED)
    large = [f"https://large.example/{i}" for i in range(4)]
    records: list[Record] = [
        *(article(url, url, via=via) for url in large),
        *(link(large[0], url) for url in large[1:]),
    ]
    records += [article(B, "B", via=via), article(C, "C", via=via), link(B, C)]
    without = write(tmp_path / "without", *records)
    seeded = write(tmp_path / "seeded", *records, article("https://s.example/", "Seed"), link("https://s.example/", A))

    firsts = [
        report(without)["first"],
        report(seeded)["headline"],
        report(seeded, about=f"{C}?utm_source=x")["headline"],
    ]

    assert firsts == [1, "Seed", "B"]


def test_the_way_leads_over_aliases_and_ends_at_a_feed(tmp_path: Path) -> None:
    feed = "https://a.example/feed.xml"
    write(
        tmp_path,
        article(A, "One", via=FoundVia(url=feed, kind=LinkKind.FEED)),
        article(B, "Two", via=FoundVia(url=f"{A}#top", kind=LinkKind.RELATED)),
        link(A, B),
    )

    nodes = report(tmp_path)["nodes"]

    assert (nodes["via"], nodes["via_url"]) == ([-1, 0], [feed, None])


def test_the_picture_takes_the_first_story_then_the_largest_then_the_most_central(tmp_path: Path) -> None:
    stories = [[f"https://s{size}.example/{i}" for i in range(size)] for size in (5, 3, 2)]
    write(
        tmp_path,
        *(link(story[0], url) for story in stories for url in story[1:]),
        *(link(story[0], A, LinkKind.INLINE) for story in stories),
        article(B),
    )
    view = read_view([tmp_path])
    smallest = view.stories[2]

    shown = [fitting(view, smallest, most_nodes=most) for most in (2, 7, 11)]

    assert [[node.story for node in graph.nodes] for graph in shown] == [
        *([3, 3], [1] * 5 + [3, 3], [1] * 5 + [2] * 3 + [3] * 2 + [None]),
    ]
    assert [node.url for node in shown[2].nodes if node.story is None] == [A]
    assert [len(fitting(view, None, most_edges=most).edges) for most in (3, 99)] == [3, 10]


def test_charts_count_days_sites_kinds_and_outcomes(tmp_path: Path) -> None:
    write(tmp_path, article(A, "One", "2026-11-01"), article(B, "Two", "2026-11-01"), link(A, B), link(A, C))
    (tmp_path / "visits.jsonl").write_text(
        '{"schema":"visit/1","outcome":"saved"}\n{"schema":"visit/1","outcome":"gone"}\n'
    )

    charts = report(tmp_path)["charts"]

    assert charts == {
        "days": [["2026-11-01", 2]],
        "sites": [["a.example", 1], ["b.example", 1]],
        "kinds": [["related", 2]],
        "outcomes": [["saved", 1], ["gone", 1]],
        "requests": 0,
        "runs": 0,
    }


def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path, article(A))

    with pytest.raises(StoreError, match=r"report\.html: .*; name a place that can be written to"):
        write_report([folder], tmp_path / "missing" / "report.html")

    assert [path.name for path in tmp_path.iterdir()] == ["articles.jsonl"]


def test_the_bundle_is_built_from_the_sources_beside_it() -> None:
    viewer = Path(str(files("crawler.report").joinpath("viewer")))
    sources = b"".join(path.read_bytes() for path in sorted(viewer.glob("src/*.js")))

    first = (viewer / "viewer.js").read_text("utf-8").partition("\n")[0]

    assert first == f"/*! Built from sources {hashlib.sha256(sources).hexdigest()}"  # else: npm ci && npm run build


def test_each_page_brings_the_licences_of_what_is_bundled() -> None:
    page = render_page({"headline": None}).decode()

    assert re.findall(r"^(sigma|graphology|graphology-utils|events) \d", page, re.MULTILINE) == [
        *("sigma", "graphology", "graphology-utils", "events"),
    ]
    assert page.count("Permission is hereby granted, free of charge") == 4
