"""One page from bytes to values: whole pages, encodings, what the head declares, and hostile input."""

import gzip
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.page import Directives, Page, extract, read_page

PAGES = Path(__file__).parent / "pages"
SHARED = Path(__file__).parents[2].parent / "shared"
URL = "https://post.example/news/a-story-of-some-length-4711"
FETCHED_AT = datetime(2025, 5, 5, 12, 0, tzinfo=UTC)
SENTENCE = "The council met on Tuesday and agreed on the plan for the old bridge after a long debate. "


def page_of(
    head: str = "", body: str = f"<h1>A story of some length</h1><p>{SENTENCE * 4}</p>", url: str = URL
) -> Page:
    html = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return read_page(html.encode(), url, "text/html; charset=utf-8")


@pytest.mark.parametrize("name", sorted(path.stem for path in PAGES.glob("*.html")))
def test_a_page_gives_the_record_beside_it(name: str) -> None:
    expected = json.loads((PAGES / f"{name}.json").read_text("utf-8"))

    page = read_page((PAGES / f"{name}.html").read_bytes(), expected["url"], "text/html", fetched_at=FETCHED_AT)

    values = json.loads(msgspec.json.encode(page))
    del values["article"]["extractor"], values["evidence"]
    assert values == expected["page"]


@pytest.mark.parametrize(
    ("encoding", "content_type", "meta"),
    [
        ("utf-8", "text/html; charset=utf-8", ""),
        ("utf-8", "text/html; charset=iso-8859-1", ""),  # the header is wrong: what is valid UTF-8 is UTF-8
        ("utf-8-sig", None, ""),
        ("utf-16", "text/html", ""),
        ("cp1252", None, '<meta charset="iso-8859-1">'),
        ("cp1252", "text/html; charset=utf-8", '<meta charset="windows-1252">'),
        ("cp1252", None, '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">'),
    ],
)
def test_text_survives_wrong_and_missing_declarations(encoding: str, content_type: str | None, meta: str) -> None:
    sentence = "Der Bürgermeister grüßte die Gäste – „schön“, sagte er. "
    html = f"<html><head>{meta}</head><body><h1>Grüße an alle</h1><p>{sentence * 4}</p></body></html>"

    article = extract(html.encode(encoding), URL, content_type)

    assert (article.title, article.text) == ("Grüße an alle", (sentence * 4).strip())


def test_text_without_any_declaration_is_told_by_its_bytes() -> None:
    sentence = "Учёные обнаружили новую планету за пределами Солнечной системы, сообщает обсерватория. "

    article = extract(f"<h1>Новая планета найдена</h1><p>{sentence * 8}</p>".encode("cp1251"), URL)

    assert article.text == (sentence * 8).strip()


@pytest.mark.parametrize(
    ("head", "directives"),
    [
        ('<meta name="robots" content="index, follow">', Directives()),
        ('<meta name="ROBOTS" content="NONE">', Directives(noindex=True, nofollow=True)),
        ('<meta name="related-story-crawler" content="noarchive">', Directives(noarchive=True)),
        ('<meta name="googlebot" content="noindex">', Directives()),
    ],
)
def test_meta_robots_speaks_to_all_or_to_us(head: str, directives: Directives) -> None:
    page = page_of(head)

    assert page.directives == directives


@pytest.mark.parametrize(
    ("head", "rights"),
    [
        ('<meta name="tdm-reservation" content="1">', "meta tdm-reservation"),
        ('<meta name="tdm-reservation" content="0">', None),
        ('<meta name="robots" content="noai, noimageai">', "meta robots noai, noimageai"),
        ("", None),
    ],
)
def test_a_reservation_of_rights_is_told_in_words(head: str, rights: str | None) -> None:
    page = page_of(head)

    assert page.rights == rights


@pytest.mark.parametrize(
    ("href", "canonical", "refused"),
    [
        ("/news/other-4711?utm_source=x", "https://post.example/news/other-4711?utm_source=x", None),
        ("https://www.post.example/news/a", "https://www.post.example/news/a", None),
        ("https://else.test/news/a", None, "of another site: https://else.test/news/a"),
        ("/", None, "a home page: https://post.example/"),
        ("javascript:void(0)", None, "no address: 'javascript:void(0)'"),
    ],
)
def test_a_canonical_address_is_believed_within_its_site_only(
    href: str, canonical: str | None, refused: str | None
) -> None:
    page = page_of(f'<link rel="canonical" href="{href}">')

    assert (page.canonical, page.canonical_refused) == (canonical, refused)


def test_a_page_that_is_no_article_names_the_sections_of_its_menus_and_an_article_names_none() -> None:
    addresses = (
        *("/science/", "/world/europe", "/science", "https://www.post.example/culture/"),
        *("/", "/login", "/tag/bees", "https://other.example/sport/", "/news/a-headline-of-five-words", "/x?id=4711"),
    )
    menu = "".join(f'<a href="{address}">A section</a>' for address in addresses)
    frame = f'<header>{menu}</header><nav><a href="/sport/">All of the sport of today</a></nav>'

    front = page_of(body=frame, url="https://post.example/")
    article = page_of(body=f"{frame}<h1>A story of some length</h1><p>{SENTENCE * 4}</p>")

    assert front.sections == (
        *("https://post.example/science/", "https://post.example/world/europe", "https://www.post.example/culture/"),
    )
    assert (article.article.not_article, article.sections) == (None, ())


def test_the_first_base_resolves_links_and_feeds() -> None:
    head = '<base href="/b/"><base href="/c/"><link rel="alternate" type="application/atom+xml" href="feed">'

    page = page_of(head)

    assert page.feeds == ("https://post.example/b/feed",)


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<div>" * 20_000, "unreadable: more than 1000 nested elements"),
        ("<div></b>" * 20_000, "unreadable: more than 1000 nested elements"),
        ("<div/>" * 20_000, "unreadable: more than 1000 nested elements"),
        ("<template>" * 100_000, "unreadable: more than 1000 nested elements"),
        ('<a title="<!--">' + "<div>" * 20_000, "unreadable: more than 1000 nested elements"),
        ('<p a">' + "<div>" * 20_000 + '">', "unreadable: more than 1000 nested elements"),
        ("<!-->" + "<div>" * 20_000, "unreadable: more than 1000 nested elements"),
        ("<!-- --!>" + "<div>" * 20_000, "unreadable: more than 1000 nested elements"),
        ("<svg>" + "<g a=b/>" * 20_000, "unreadable: more than 1000 nested elements"),
        ("<" * 1_000_000, "unreadable: more than 200000 tags"),
    ],
)
def test_a_page_that_would_keep_the_parser_busy_never_reaches_it(html: str, why: str) -> None:
    begun_s = time.process_time()

    article = extract(html.encode(), URL)

    assert (article.not_article, article.url, time.process_time() - begun_s < 2) == (why, URL, True)


@pytest.mark.parametrize("attribute", ["a{}=1 ", "a{}='<>' ", 'a{}" b{}=">" '])
@pytest.mark.parametrize("tag", ["div", "/div", "script"])
def test_a_tag_of_very_many_attributes_hides_nothing_of_a_page(tag: str, attribute: str) -> None:
    begun_s = time.process_time()

    article = page_of(body=f"<p>{SENTENCE * 4}<{tag} {''.join(attribute.format(i, i) for i in range(50_000))}>").article

    assert ((article.text or "").startswith(SENTENCE.strip()), time.process_time() - begun_s < 2) == (True, True)


def test_drawings_and_closed_tags_do_not_count_as_depth() -> None:
    body = "<svg><g>" + "<path d=''/>" * 5_000 + "</g></svg>" + "<p>x<br>" * 3_000 + f"<p>{SENTENCE * 4}"

    page = page_of(body=body)

    assert page.article.not_article != "unreadable: more than 1000 nested elements"


def test_control_characters_and_lone_surrogates_never_come_out() -> None:
    headline = r"A\ud800B\u0000C\u202eD rises"
    head = f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{headline}"}}</script>'

    page = page_of(head, f"<p>One\0 two&#x7; three&#xD800; \u200bfour. {SENTENCE * 4}</p>")

    written = json.dumps(msgspec.to_builtins(page), ensure_ascii=False)
    unseen = {letter for letter in written if ord(letter) < 32 or "\ud800" <= letter <= "\udfff"}
    assert (page.article.title, unseen) == ("ABCD rises", set())


@pytest.mark.parametrize(
    "script", ["[" * 100_000, '{"@graph":' * 50_000, "{", "null", '{"@type": [[[1]]], "author": 7}']
)
def test_a_broken_script_of_json_ld_costs_only_itself(script: str) -> None:
    page = page_of(f'<script type="application/ld+json">{script}</script>')

    assert page.article.title == "A story of some length"


PIECES = st.sampled_from(
    [
        *"<p> </p> <aside> <h1> <ul> <li> <br> <table> <td> </a> <svg/> <template> <script> </script>".split(),
        *"<!-- --> 2024".split(),
        *"&#xD800; &#0; 関連記事 | <div>".split(),
        "Read more:",
        "<div class='related sidebar'>",
        "<h2>Related stories</h2>",
        "<a href='/news/one-two-three-four'>",
        "<a href='//'>",
        "<a href='http://['>",
        "<base href='x:'>",
        "<time datetime='2024-13-45'>",
        "<meta name=author content=', and'>",
        "<link rel=canonical href=''>",
        '<script type="application/ld+json">{"@type":"Article","author":[null,{"name":[{}]}],"image":[[]]}</script>',
        '<script type="application/ld+json">{"@type":["Article"],"keywords":{},"datePublished":1e400}</script>',
    ]
)


@settings(max_examples=120)
@given(st.lists(st.one_of(PIECES, st.text(max_size=30)), max_size=60))
def test_no_page_raises_and_every_page_can_be_written(pieces: list[str]) -> None:
    page = read_page(" ".join(pieces).encode("utf-8", "surrogatepass"), URL, fetched_at=FETCHED_AT)

    assert msgspec.json.decode(msgspec.json.encode(page), type=Page) == page


@settings(max_examples=60)
@given(st.binary(max_size=400), st.one_of(st.none(), st.text(max_size=40)))
def test_no_bytes_raise(html: bytes, content_type: str | None) -> None:
    page = read_page(html, URL, content_type)

    assert page.article.url == URL


def test_the_phys_page_of_the_collection_is_read_exactly() -> None:
    path = SHARED / "pages" / "html" / "phys-org.html.gz"
    if not path.exists():
        pytest.skip("the labelled pages are not here")
    url = "https://phys.org/news/2019-10-flint-flake-tool-partially-birch.html"
    labels = [json.loads(line) for line in (SHARED / "pages" / "labels.jsonl").read_text("utf-8").splitlines()]
    expected = next(one for one in labels if one["page"] == "phys-org")["links"]

    article = extract(gzip.decompress(path.read_bytes()), url)

    found = {(link.url, str(link.kind)) for link in article.links if link.kind in ("related", "recommended")}
    labelled = {(one["url"], one["kind"]) for one in expected if one["kind"] in ("related", "recommended")}
    assert (found, article.authors, article.published_on) == (labelled, ("Bob Yirka",), "2019-10-22")
