import gzip
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.feeds import Feed
from crawler.extraction.sitemaps import MAX_SITEMAP_BYTES, read_opml, read_sitemap
from crawler.extraction.xml import MAX_ENTRY_CHARS, parse_entries
from crawler.model.links import Link, LinkKind

SHARED = Path(__file__).parents[2].parent / "shared" / "conformance" / "sitemaps"
URL = "https://daily.example/sitemap.xml"

NEWS = b"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc> https://daily.example/a?x=1&amp;y=2 </loc><lastmod>2026-11-24</lastmod>
    <image:image><image:loc>https://daily.example/a.jpg</image:loc><image:title>A picture</image:title></image:image>
    <news:news><news:publication><news:name>Daily</news:name></news:publication>
      <news:publication_date>2026-11-24T10:00:00+01:00</news:publication_date><news:title>A &amp;amp; B</news:title>
    </news:news></url>
  <url><loc><![CDATA[https://daily.example/b]]></loc><lastmod>2026-11-23</lastmod></url>
  <url><loc>mailto:desk@daily.example</loc></url>
</urlset>"""


def listed(*addresses: str) -> Feed:
    links = (Link(url=address, kind=LinkKind.SITEMAP, rank=rank) for rank, address in enumerate(addresses))
    return Feed(kind=LinkKind.SITEMAP, links=tuple(links))


def test_a_news_sitemap_gives_titles_and_dates_and_lastmod_is_no_date_of_publication() -> None:
    expected = Feed(
        kind=LinkKind.SITEMAP,
        links=(
            Link(
                url="https://daily.example/a?x=1&y=2",
                kind=LinkKind.SITEMAP,
                title="A & B",
                published_at="2026-11-24T09:00:00Z",
            ),
            Link(url="https://daily.example/b", kind=LinkKind.SITEMAP, rank=1),
        ),
        changed_on=("2026-11-24", "2026-11-23"),
    )

    assert read_sitemap(NEWS, URL) == expected
    assert read_sitemap(gzip.compress(NEWS), URL) == expected


def test_an_index_names_more_sitemaps() -> None:
    body = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
      <sitemap><loc>https://daily.example/1.xml</loc><lastmod>2026-11-24</lastmod></sitemap>
      <sitemap>https://daily.example/2.xml</sitemap><sitemap><loc>/3.xml</loc></sitemap></sitemapindex>"""

    assert read_sitemap(body, URL) == Feed(
        kind=LinkKind.SITEMAP,
        more=("https://daily.example/1.xml", "https://daily.example/2.xml"),
        changed_on=("2026-11-24", ""),
    )


def test_plain_text_is_a_sitemap_only_under_its_name() -> None:
    body = "\ufeffhttps://daily.example/a\r\n\r\nhttps://daily.example/b\r\nno address\r\n".encode()

    assert read_sitemap(body, "https://daily.example/sitemap.txt?v=1") == listed(
        "https://daily.example/a", "https://daily.example/b"
    )
    assert read_sitemap(body, URL) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"words", b"<html><urlset></urlset></html>", b"<rss/>", b"\x1f\x8b", b"\x1f\x8b\x08\0 damaged"],
    ids=repr,
)
def test_what_is_no_sitemap_is_none(body: bytes) -> None:
    assert read_sitemap(body, URL) is None


def test_a_cut_gzip_file_gives_what_is_whole() -> None:
    pages = "".join(f"<url><loc>https://daily.example/{number}</loc></url>" for number in range(10_000))
    body = gzip.compress(f"<urlset>{pages}</urlset>".encode())

    feed = read_sitemap(body[: len(body) // 2], URL)

    assert feed is not None
    assert 2_500 < len(feed.links) < 7_500


def test_a_gzip_bomb_is_unpacked_up_to_the_limit() -> None:
    body = gzip.compress(b"<urlset><url><loc>https://daily.example/a</loc></url>" + b" " * (2 * MAX_SITEMAP_BYTES), 1)
    started = time.process_time()

    feed = read_sitemap(body, URL)

    assert feed is not None
    assert [link.url for link in feed.links] == ["https://daily.example/a"]
    assert time.process_time() - started < 2.0  # measured: 0.3 s


def test_a_sitemap_is_read_entry_by_entry_so_that_its_size_costs_no_tree() -> None:
    picture = "<image:image><image:loc>https://daily.example/p.jpg</image:loc></image:image>" * 10
    entries = "".join(f"<url><loc>https://daily.example/{n}</loc>{picture}</url>" for n in range(5_000))
    found = parse_entries(f"<urlset>{entries}</urlset>".encode(), url=URL, max_bytes=MAX_SITEMAP_BYTES)
    assert found is not None
    kind, elements = found

    most_held = max(len(parent) for element in elements if (parent := element.getparent()) is not None)

    assert kind == "urlset"
    assert most_held < 200  # of 5,000: what one step of 64 Ki characters holds


@pytest.mark.parametrize("filler", ["<a/>", "&amp;", "<![CDATA[", "x"])
def test_an_entry_without_end_ends_the_reading(filler: str) -> None:
    start = "<urlset><url><loc>https://daily.example/a</loc></url><url><loc>https://daily.example/b</loc>"
    body = (start + filler * (3 * MAX_ENTRY_CHARS // len(filler))).encode() + b"</url><url><loc>https://d.example/c"
    started = time.process_time()

    feed = read_sitemap(body, URL)

    assert feed is not None
    assert [link.url for link in feed.links] == ["https://daily.example/a", "https://daily.example/b"]
    assert time.process_time() - started < 2.0


@pytest.mark.parametrize(
    "start", ["<urlset><url><loc>https://daily.example/a</loc></url>", "https://daily.example/a\n"], ids=["xml", "text"]
)
def test_entries_without_an_address_count_so_that_50_mb_of_them_cost_no_more(start: str) -> None:
    body = (start + ("<url/>" if start.startswith("<") else "\n\r \n\n\n") * (MAX_SITEMAP_BYTES // 6)).encode()
    started = time.process_time()

    feed = read_sitemap(body, f"{URL}.txt")

    assert feed is not None
    assert [link.url for link in feed.links] == ["https://daily.example/a"]
    assert time.process_time() - started < 4.0  # measured: 0.4 s


def test_references_and_cdata_are_whole_wherever_a_step_of_the_reading_ends() -> None:
    pairs = [
        (f"https://daily.example/{n}?a=1&amp;b={n}", f"<![CDATA[https://daily.example/{n}?c=>&d]]>")
        for n in range(5_000)
    ]
    body = "".join(f"<url><loc>{plain}</loc></url><url><loc>{quoted}</loc></url>" for plain, quoted in pairs)

    feed = read_sitemap(f"<urlset>{body}</urlset>".encode(), URL)

    assert feed is not None
    assert [link.url for link in feed.links] == [
        url
        for n in range(5_000)
        for url in (f"https://daily.example/{n}?a=1&b={n}", f"https://daily.example/{n}?c=%3E&d")
    ]


def test_opml_lists_each_feed_once_in_order() -> None:
    body = b"""<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body>
      <outline text="News"><outline type="rss" text="D" xmlUrl="https://daily.example/feed.xml" htmlUrl="https://d.example/"/>
        <outline type="rss" xmlurl="http://press.example/atom"/></outline>
      <outline type="link" url="https://more.example/list.opml"/>
      <outline htmlUrl="https://page.example/"/><outline url="https://ignored.example/"/>
      <outline xmlUrl="https://daily.example/feed.xml"/><outline xmlUrl="ftp://x.example/f"/>"""

    assert read_opml(body) == (
        "https://daily.example/feed.xml",
        "http://press.example/atom",
        "https://more.example/list.opml",
        "https://page.example/",
    )


@pytest.mark.parametrize("body", [b"", b"text", b"<rss/>", b"<html><opml/></html>"], ids=repr)
def test_what_is_no_opml_is_none(body: bytes) -> None:
    assert read_opml(body) is None


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"<urlset><url>", b"<sitemapindex>", b"<opml>", b"\x1f\x8b\x08\0"])
)
def test_no_bytes_make_the_readers_raise(body: bytes, start: bytes) -> None:
    sitemap = read_sitemap(start + body, "https://daily.example/sitemap.txt")

    assert sitemap is None or all((link.url or "").startswith("http") for link in sitemap.links)
    assert read_opml(start + body) in (None, ())


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared sitemap cases")
def test_sitemaps_of_other_projects_agree() -> None:
    wrong: list[str] = []
    for line in (SHARED / "cases.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        name = case["file"].rpartition("/")[2]
        feed = read_sitemap((SHARED / case["file"]).read_bytes(), f"https://example.com/{name}")
        found = [link.url for link in feed.links] + list(feed.more) if feed else []
        is_listed = "entries" not in case or found == [entry["loc"] for entry in case["entries"]]
        is_whole = "n" not in case or case["kind"] == "feed" or len(found) == case["n"]
        if not (is_listed and is_whole):
            wrong.append(name)

    assert wrong == ["testUnclosedSitemapIndexFile.xml"]  # two documents in one file; the second is another's policy
