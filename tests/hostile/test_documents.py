"""Documents made to hurt, read as a crawl reads them: in a worker, under its deadline and its limit of memory."""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hostile.collection import cases, feed_of, html_of, json_of, needs_collection, script_of
from selectolax.lexbor import SelectolaxError
from world.web import page

from crawler.extraction.document import Document, read_document
from crawler.extraction.feeds import Feed
from crawler.extraction.page import Page
from crawler.running.visit import Read, Unreadable
from crawler.running.workers import open_reader

MIB = 1024 * 1024
DEADLINE_S = 5.0
SPARE_S = 1.0
SPARE_BYTES = 150 * MIB
URL = "https://news.example/story/the-harbour-opens"
AT = datetime(2026, 11, 24, tzinfo=UTC)
PROSE = "".join(f"<p>The council met again on {n} and heard the engineers.</p>" for n in range(20))


@contextmanager
def peak() -> Iterator[list[int]]:
    """The most memory of this process while the block runs, above what it had at its start, in bytes."""
    grown: list[int] = []
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew: proc(5)
    before = resident_bytes("VmRSS")
    yield grown
    grown.append(resident_bytes("VmHWM") - before)


def resident_bytes(field: str) -> int:
    return int(Path("/proc/self/status").read_text().partition(f"{field}:")[2].split()[0]) * 1024


def spent_s() -> float:
    """The seconds of processor time that the processes have used which this one started, and those that they did.

    Other than those of a clock they are not more where others keep the machine busy.
    """
    ticks, ids = 0, children_of(os.getpid())
    while ids:
        process_id = ids.pop()
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended; that of its own start has its ticks
            fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # its own and those of ended children, of users and system: proc(5)
            ids += children_of(process_id)
    return ticks / os.sysconf("SC_CLK_TCK")


def children_of(process_id: int) -> list[int]:
    threads = Path(f"/proc/{process_id}/task").glob("*/children")
    return [int(child) for thread in threads for child in thread.read_text().split()]


async def read_all(read: Read, bodies: dict[str, bytes]) -> tuple[dict[str, Document | Unreadable], float]:
    """What each body came to, and the processor time of the slowest."""
    got, slowest_s = {}, 0.0
    for name, body in bodies.items():
        started_s = spent_s()
        got[name] = await read(body, URL, "text/html", AT)
        slowest_s = max(slowest_s, spent_s() - started_s)
    return got, slowest_s


def own_bodies() -> Iterator[tuple[str, bytes]]:
    """Each kind of attack on a parser that we know of, once."""
    yield "elements in elements", b"<div>" * 50_000
    yield "lists in lists", b"<ul><li>" * 50_000
    yield "templates in templates", b"<template>" * 100_000
    yield "drawings in drawings", b"<svg><g>" * 50_000
    yield "forms of the adoption agency", (b"<a>" + b"<b>" * 50 + b"<div>" * 50) * 200
    yield "attributes of one tag", b"<p " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b">"
    yield "one attribute without an end", b'<p title="' + b"x" * 5_000_000
    yield "tags that never end", b"<a " * 200_000
    yield "end tags only", b"</div>" * 190_000
    yield "links", b"".join(b"<a href=/story/%d>What was said of %d</a>" % (n, n) for n in range(30_000))
    yield "one long line", b"<p>" + b"word " * 200_000
    yield "one long word", b"<p>" + b"w" * 5_000_000
    yield "entities", b"<p>" + b"&amp;" * 2_000_000
    yield "comments", b"<!--" * 1_000_000
    yield "angle brackets", b"<" * 399_000
    yield "10 MiB of angle brackets", b"<" * 10 * MIB
    yield "10 MiB of links", b"<a href=/p>t</a>" * (10 * MIB // 16)
    yield "lists in JSON", b'<script type="application/ld+json">' + b"[" * 5_000_000
    yield "objects in JSON", b'<script type="application/ld+json">' + b'{"a":' * 200_000
    yield (
        "entities of entities",
        (
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">'
            + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
            + b"]><rss><channel><item><title>&a11;</title><link>http://a.example/x</link></item></channel></rss>"
        ),
    )
    yield "elements in elements of a feed", b'<?xml version="1.0"?><rss>' + b"<channel>" * 100_000
    yield "no text at all", bytes(range(256)) * 1_000


async def test_what_is_made_to_hurt_a_parser_costs_little_time_and_memory_and_the_next_page_is_read() -> None:
    bodies = dict(own_bodies())

    assert await what_breaks(bodies) == []


@needs_collection
async def test_all_documents_of_the_collection_cost_little_time_and_memory() -> None:
    bodies = {case["id"]: html_of(case)[: 10 * MIB] for case in cases("html")}  # more is not read of a page
    bodies |= {case["id"]: feed_of(case) for case in cases("feeds")}
    bodies |= {case["id"]: _with_script(script_of(case), case["type"]) for case in cases("jsonld")}
    for case in cases("jsontestsuite"):
        bodies[case["id"]] = b'<script type="application/ld+json">%b</script><p>x' % json_of(case)

    assert await what_breaks(bodies) == []


async def what_breaks(bodies: dict[str, bytes]) -> list[str]:
    """Read them all, one after the other: which limits were passed; the kernel holds that of the worker."""
    async with open_reader(1, DEADLINE_S) as read:
        await read(page("Warm").body, URL, "text/html", AT)
        with peak() as grown:
            got, slowest_s = await read_all(read, bodies)
        after = await read(page("The harbour opens").body, URL, "text/html", AT)
    held = {
        "each has its outcome": list(got) == list(bodies),
        f"the slowest took {slowest_s:.1f} s": slowest_s < DEADLINE_S + SPARE_S,
        f"the crawler grew by {grown[0]} bytes": grown[0] < SPARE_BYTES,
        "the next page is read": isinstance(after, Page),
    }
    return [what for what, holds in held.items() if not holds]


def _with_script(script: str, content_type: str) -> bytes:
    return f'<head><script type="{content_type}">{script}</script></head><article>{PROSE}</article>'.encode()


def _in_article(html: str) -> bytes:
    """A page with some HTML in its block of related stories; a link needs words to be taken for a story's."""
    block = f"<section class=related><h2>Related Stories</h2><ul><li>{html}</ul></section></body>"
    for word in ("t", "s", "related"):
        block = block.replace(f">{word}</a>", ">What the council decided at last</a>")
    return page("The harbour opens").body.replace(b"</body>", block.encode())


# By case of `html`: the addresses of its links, where it tells what they must be.
LINKS = {
    "base-twice": ["https://a.example/x"],
    "href-entities": ["https://news.example/x?a=1&b=2&lt=3"],
    "href-backslash": ["https://other.example/x"],
    "hidden-related": [],
    "plaintext-tag": [],
    "meta-refresh-js": [],
}


def repeated() -> Iterator[tuple[str, bytes]]:
    """What would cost the square of its length, if a reader looked at all of it for each of its parts."""
    yield "halves of escapes", b"<script>" + b"\\" * 100_000
    yield "escapes of escapes", _ld("x" + "".join(f"&{'amp;' * n}quot;" for n in range(1_200)))
    yield "a number without an end", _ld(json.dumps({"@type": "NewsArticle", "headline": f"&#{'9' * 5_000};"}))
    lists = (f'"related-{n}":[{{"url":"/a","title":"What was said there"}}]' for n in range(5_000))
    yield "lists of one thing", b"<script>window.__STATE__={%b}</script>" % ",".join(lists).encode()
    query = "x" * 4_000
    links = (f"<a href='/?id{query}{n}'>What the council said {n}</a>" for n in range(150))
    yield "queries", f"<h2>Related Stories</h2>{''.join(links)}".encode()
    yield "frames in frames", b"<nav>" * 900 + b"<p>" * 8_000 + b"<h1>x</h1>"
    yield "headings in headings", b"<h1><div>" * 95 + b"<a href=/x>a b c</a>" * 10_000
    yield "an encoding behind blanks", b"<meta " * 80 + b"charset=" + b" " * 7_000 + b"\xff<p>x"
    yield "an encoding of ours", b"<meta charset=punycode>" + b"\xff" * 2_000 + b"-" + b"a9" * 100_000
    attributes = " ".join(f"a{n}=''" for n in range(15_000))
    yield "bases", f"<rss><channel {attributes}><item>{'<link>x:</link>' * 15_000}</item></channel></rss>".encode()
    yield "attributes of an entry", f"<rss><channel><item {attributes * 9}><guid {attributes}>x</guid></item>".encode()
    markup = f"&lt;{'a' * 980}"
    entry = f"<item><title>{markup}</title><description>{markup * 4}</description></item>"
    yield "tags that never end in a feed", f"<rss><channel>{entry * 350}</channel></rss>".encode()
    yield "a namespace of many names", f"<urlset xmlns='{'u' * 150_000}'>{'<url/>' * 30_000}".encode()
    panels = b"<div aria-labelledby=x><a href=/story-of-a-bridge-1>b</a></div>" * 5_000
    yield "a tab of many panels", b"<div role=tab id=x>%b</div>%b" % (b"word " * 60_000, panels)
    yield "by-lines", b"<meta name=author content='%b'>" % (b"(" * 499) * 2_500
    places = "<loc>https://a.example/x</loc>" * 20_000
    yield "places of one entry", f"<sitemapindex><sitemap>{places}</sitemap></sitemapindex>".encode()


def _ld(script: str) -> bytes:
    return f'<script type="application/ld+json">{script}</script><p>x'.encode()


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in repeated()])
def test_what_repeats_costs_what_its_length_says(body: bytes) -> None:
    started_s = time.process_time()

    read_document(body, URL, fetched_at=AT)

    assert time.process_time() - started_s < 2.0  # each took from 3 s to hours, or raised


@pytest.mark.parametrize("tag", ["<td a=1>", "</i a=1>", "<body a=1>"])
def test_tags_that_are_left_out_of_a_text_cost_little_memory(tag: str) -> None:
    with peak() as grown:
        read = read_document(f"<p>{f'and then they said {tag}' * 25_000}".encode(), URL)

    assert (isinstance(read, Page), grown[0] < SPARE_BYTES) == (True, True)  # they took 1.5 GB


def test_a_page_that_the_parser_has_no_memory_for_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(html: bytes) -> None:
        raise SelectolaxError("Can't parse HTML.")

    monkeypatch.setattr("crawler.extraction.guard.LexborHTMLParser", give_up)

    read = read_document(b"<p>x", URL)

    assert isinstance(read, Page)
    assert read.article.not_article == "unreadable: more than the parser can hold"


def test_a_header_of_blanks_costs_what_its_length_says() -> None:
    started_s = time.process_time()

    read_document(b"<p>x", URL, f"text/html; charset={' ' * 60_000}")

    assert time.process_time() - started_s < 2.0


@needs_collection
def test_links_of_the_collection_lead_where_a_browser_would_go() -> None:
    by_name = {case["name"]: case for case in cases("html")}
    found = {name: read_document(_in_article(by_name[name]["html"]), URL) for name in LINKS}

    links = {name: [link.url for link in read.article.links] for name, read in found.items() if isinstance(read, Page)}
    assert links == LINKS


@needs_collection
def test_heads_of_the_collection_are_read_clean() -> None:
    heads = ("canonical-loop", "canonical-root", "meta-robots-none-case", "title-control-chars")
    pages = {case["name"]: read_document(html_of(case), URL) for case in cases("html") if case["name"] in heads}

    said = {
        name: (read.canonical, read.directives.noindex, read.article.title)
        for name, read in pages.items()
        if isinstance(read, Page)
    }
    assert said == {
        "canonical-loop": ("https://news.example/b", False, None),
        "canonical-root": (None, False, None),  # a home page is nobody's name
        "meta-robots-none-case": (None, True, None),
        "title-control-chars": (None, False, "abcd e"),
    }


@needs_collection
def test_texts_of_the_collection_are_read_clean_and_in_order() -> None:
    by_name = {case["name"]: case for case in cases("html")}
    letters = re.compile(r"(?<=[>;])([a-dx])")  # of the texts: made sentences, which stand in the midst of others

    def text_of(name: str) -> list[str]:
        html = letters.sub(
            r"\1 is what the council of the harbour had to say about it, and no more.", by_name[name]["html"]
        )
        before, after = page("Harbour").body.rsplit(b"<p>", 1)
        read = read_document(before + html.encode() + b"<p>" + after, URL)
        assert isinstance(read, Page)
        return re.findall(r"(\S+) is what", read.article.text)

    assert {
        name: text_of(name) for name in ("text-lone-surrogate-ref", "text-huge-codepoint", "nested-p-unclosed")
    } == {
        "text-lone-surrogate-ref": ["\ufffd\ufffdx"],
        "text-huge-codepoint": ["\ufffd\ufffdx"],
        "nested-p-unclosed": ["a", "b", "c", "d"],
    }


@needs_collection
def test_entities_of_the_collection_are_not_expanded_and_its_files_not_read() -> None:
    feeds = {case["name"]: read_document(feed_of(case), URL) for case in cases("feeds")}

    titles = {
        name: [(link.url, (link.title or "")[:8]) for link in feed.links]
        for name, feed in feeds.items()
        if isinstance(feed, Feed)
    }
    assert titles == {
        "quadratic-entity": [("http://example.com/a", "&a;&a;&a")],
        "xxe-file": [("http://example.com/a", "&x;")],
        "xxe-parameter": [("http://example.com/a", "t")],
        "bare-ampersand": [("http://example.com/a?x=1&y=2", "A & B")],
        "lt-200k": [],
        "cdata-unclosed": [],
        "control-chars": [("http://example.com/a", "ab")],
    }


# Cases of `jsonld` that are read otherwise than the collection has it.
READ_OTHERWISE = {
    "lone-surrogate": "the headline is kept without its half of a character",
    "date-no-zone": "a time without a zone is a day",
    "unquoted-keys": "no JSON; the collection forgives it",
    "date-1970": "not yet told from a date",
    "date-week": "not yet read",
}


@needs_collection
def test_json_ld_of_the_collection_is_read_as_it_says() -> None:
    wrong = set()
    for case in cases("jsonld"):
        read = read_document(_with_script(script_of(case), case["type"]), URL, fetched_at=AT)
        assert isinstance(read, Page)
        article = read.article
        got = (article.title, article.published_at or article.published_on, case.get("authors") and [*article.authors])
        if got != (case["headline"], case["date_published"], case.get("authors") and case["authors"]):
            wrong.add(case["name"])

    assert wrong - set(READ_OTHERWISE) == set()


def test_what_was_read_of_any_document_is_text_that_files_can_hold() -> None:
    script = json.dumps({"@type": "NewsArticle", "headline": "a\ud83d\u0000\u001b[31m\u202e b"})

    read = read_document(_with_script(script, "application/ld+json"), URL)

    assert isinstance(read, Page)
    assert read.article.title == "a[31m b"
