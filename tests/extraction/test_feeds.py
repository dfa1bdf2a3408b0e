import html
import json
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.feeds import Feed, read_feed
from crawler.model.links import Link, LinkKind

SHARED = Path(__file__).parents[2].parent / "shared" / "conformance"
URL = "https://daily.example/feeds/news.xml"

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
  <title>Daily &amp; Evening</title>
  <link>https://daily.example/</link>
  <atom:link rel="self" href="https://daily.example/feeds/news.xml"/>
  <item>
    <title><![CDATA[Harbour &amp; <em>bridge</em>&nbsp;closed]]></title>
    <link>
      /2026/11/bridge.html?a=1&amp;b=2#top
    </link>
    <description>&lt;p&gt;It is shut.&lt;/p&gt;&lt;p&gt;Sail.&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</description>
    <pubDate>Tue, 24 Nov 2026 10:30:00 +0100</pubDate>
  </item>
  <item>
    <title>Storm</title>
    <guid>https://daily.example/2026/11/storm.html</guid>
    <pubDate>24 Nov 26 09:00 GMT</pubDate>
  </item>
</channel>
</rss>"""


def feed_of(item: str, *, root: str = "rss", about: str = "") -> bytes:
    return f"<{root}{about}><channel>{item}</channel></{root}>".encode()


def only_link(body: bytes) -> Link:
    feed = read_feed(body, URL)

    assert feed is not None
    (link,) = feed.links
    return link


def test_rss_gives_links_in_order_with_plain_titles_dates_and_teasers() -> None:
    feed = read_feed(RSS.encode(), URL)

    assert feed == Feed(
        kind=LinkKind.FEED,
        title="Daily & Evening",
        links=(
            Link(
                url="https://daily.example/2026/11/bridge.html?a=1&b=2",
                kind=LinkKind.FEED,
                rank=0,
                title="Harbour & bridge closed",
                published_at="2026-11-24T09:30:00Z",
                teaser="It is shut. Sail.",
            ),
            Link(
                url="https://daily.example/2026/11/storm.html",
                kind=LinkKind.FEED,
                rank=1,
                title="Storm",
                published_at="2026-11-24T09:00:00Z",
            ),
        ),
    )


def test_atom_takes_the_alternate_page_and_resolves_it_against_its_base() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://press.example/en/"><title>Press</title>
      <entry xml:base="2026/"><title type="text">Less &lt;b&gt; more</title>
        <link rel="enclosure" href="a.mp3"/>
        <link rel="alternate" type="application/pdf" href="a.pdf"/>
        <link rel="alternate" type="text/html" href="a.html"/>
        <updated>2026-11-24T11:00:00Z</updated><published>2026-11-23T23:30:00-05:00</published>
        <summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">One <b>two</b>.</div></summary>
      </entry></feed>"""

    assert read_feed(body, URL) == Feed(
        kind=LinkKind.FEED,
        title="Press",
        links=(
            Link(
                url="https://press.example/en/2026/a.html",
                kind=LinkKind.FEED,
                title="Less <b> more",
                published_at="2026-11-24T04:30:00Z",
                teaser="One two.",
            ),
        ),
    )


def test_rdf_holds_its_items_beside_the_channel() -> None:
    body = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://daily.example/"><title>D</title></channel>
      <item rdf:about="https://daily.example/a"><title>A</title><dc:date>2026-11-24</dc:date></item></rdf:RDF>"""

    assert read_feed(body, URL) == Feed(
        kind=LinkKind.FEED,
        title="D",
        links=(Link(url="https://daily.example/a", kind=LinkKind.FEED, title="A", published_at="2026-11-24"),),
    )


def test_json_feed_is_told_by_its_version() -> None:
    body = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "J",
            "items": [
                {"id": "1", "url": "/a", "title": "A < B", "content_text": "1 < 2", "date_published": "2026-11-24"},
                {"id": "https://daily.example/b", "content_html": "<p>B</p>", "date_published": 7},
                {"id": "3"},
                "no item",
            ],
        }
    ).encode()

    assert read_feed(b"\xef\xbb\xbf" + body, URL) == Feed(
        kind=LinkKind.FEED,
        title="J",
        links=(
            Link(
                url="https://daily.example/a",
                kind=LinkKind.FEED,
                title="A < B",
                published_at="2026-11-24",
                teaser="1 < 2",
            ),
            Link(url="https://daily.example/b", kind=LinkKind.FEED, rank=1, teaser="B"),
        ),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0",
        b"plain words",
        b"<!doctype html><html><body><rss><item><title>T</title></item></rss></body></html>",
        b"<urlset><url><loc>https://daily.example/</loc></url></urlset>",
        b"<!-- <rss> -->",
        b"{}",
        b'{"items": []}',
        b'{"version": "https://jsonfeed.org/version/1", "items": 3}',
        b"[" * 200_000,
        b"{" + b'"a":{' * 200_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_feed_is_none(body: bytes) -> None:
    assert read_feed(body, URL) is None


@pytest.mark.parametrize(
    ("item", "address"),
    [
        ("<item><guid>story-17</guid><title>T</title></item>", None),
        ("<item><guid isPermaLink='false'>https://daily.example/a</guid><title>T</title></item>", None),
        ("<item><link>ftp://daily.example/a</link><title>T</title></item>", None),
        ("<item><link>javascript:alert(1)</link><guid>http://daily.example/g</guid></item>", "http://daily.example/g"),
        ("<item><link/><guid>http://daily.example/g</guid></item>", "http://daily.example/g"),
        ("<item><link>http://u:p@daily.example/a b</link></item>", "http://daily.example/a%20b"),
        ("<item><link><![CDATA[ http://daily.example/?a=1&b=2 ]]></link></item>", "http://daily.example/?a=1&b=2"),
        ("<item><image><link>http://daily.example/i</link></image><link>/a</link></item>", "https://daily.example/a"),
        (
            "<item><link>http://counter.example/1</link><feedburner:origLink>http://daily.example/1"
            "</feedburner:origLink></item>",
            "http://daily.example/1",
        ),
    ],
)
def test_the_address_of_an_item_is_the_best_that_it_gives(item: str, address: str | None) -> None:
    assert only_link(feed_of(item)).url == address


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A & B &copy; C", "A & B © C"),
        ("A &amp;amp; B", "A & B"),
        ("List&lt;String&gt; explained", "List<String> explained"),
        ("H&lt;sub&gt;2&lt;/sub&gt;O", "H2O"),
        ("3 &lt; 4 &gt; 2", "3 < 4 > 2"),
        ("  two\n  lines ", "two lines"),
        ("A<b>B</b>C", "ABC"),
        ("a\0b\x08", "ab"),
        ("&unknown; stays", "&unknown; stays"),
    ],
)
def test_a_title_is_one_line_without_markup(title: str, expected: str) -> None:
    assert only_link(feed_of(f"<item><title>{title}</title></item>")).title == expected


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 24 Nov 2026 10:30:00 EST", "2026-11-24T15:30:00Z"),
        ("Tue, 24 Nov 2026 10:30:00", "2026-11-24"),
        ("Tue, 31 Feb 2026 10:30:00 GMT", None),
        ("yesterday", None),
        ("2026-11-24T10:30:00.123+09:00", "2026-11-24T01:30:00Z"),
    ],
)
def test_a_date_that_is_not_written_is_not_made_up(date: str, expected: str | None) -> None:
    link = only_link(feed_of(f"<item><title>T</title><pubDate>{date}</pubDate></item>"))

    assert link.published_at == expected


def test_a_broken_feed_is_read_as_far_as_it_goes() -> None:
    body = RSS.encode()[: RSS.index("<guid>") + 40]

    feed = read_feed(b"<br />\n<b>Warning</b>: a script complains\n" + body, URL)

    assert feed is not None
    assert [link.title for link in feed.links] == ["Harbour & bridge closed", "Storm"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (
            "<?xml version='1.0' encoding='windows-1251'?><rss><item><title>Мост</title></item></rss>".encode("cp1251"),
            None,
        ),
        ("<rss><item><title>Мост</title></item></rss>".encode("cp1251"), "text/xml; charset=windows-1251"),
        ("<rss><item><title>Мост</title></item></rss>".encode(), "text/xml; charset=iso-8859-1"),
        ("<rss><item><title>Мост</title></item></rss>".encode("utf-16"), None),
    ],
)
def test_a_feed_in_any_charset_is_read(body: bytes, content_type: str | None) -> None:
    feed = read_feed(body, URL, content_type)

    assert feed is not None
    assert feed.links[0].title == "Мост"


def test_a_long_text_gives_a_short_teaser_cut_between_words() -> None:
    words = "word " * 5_000

    teaser = only_link(feed_of(f"<item><title>T</title><description>{words}</description></item>")).teaser

    assert teaser == "word " * 99 + "word ..."


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "'
        + b"a" * 50_000
        + b'">]><rss><item><title>'
        + b"&a;" * 50_000
        + b"</title></item></rss>",
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><rss><item><title>&a;</title></item></rss>',
        b"<rss><item><title>" + b"<" * 300_000,
        b"<rss><item>" + b"<![CDATA[" * 100_000,
        b"<rss><item>" + b"<!--" * 200_000,
        b"<!--" * 300_000,
        b"<rss>" + b"<item><title>" * 100_000,
        b"<rss>" + b"<item><title>a</title></item>" * 70_000,
        b"<rss><item><description>" + b"&lt;script&gt;" * 100_000,
    ],
    ids=["entity bomb", "external entity", "brackets", "cdata", "comments", "no root", "nesting", "items", "scripts"],
)
def test_hostile_feeds_cost_what_their_size_says(body: bytes) -> None:
    started = time.process_time()

    read_feed(body, URL)

    assert time.process_time() - started < 1.0  # each takes under 0.3 s; the rest is for busy machines


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise(body: bytes) -> None:
    for feed in (read_feed(b"<rss><item>" + body, URL), read_feed(body, URL)):
        assert feed is None or all((link.url or "http").startswith("http") for link in feed.links)


@given(st.lists(st.sampled_from(re.findall(r"<[^>]*>|[^<]+", RSS)), max_size=40))
def test_no_order_of_tags_makes_the_reader_raise(pieces: list[str]) -> None:
    feed = read_feed("".join(pieces).encode(), URL)

    assert feed is None or all((link.url or "http").startswith("http") for link in feed.links)


def folded(title: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", html.unescape(title))).split())


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared feed cases")
def test_captured_and_made_up_feeds_of_other_projects_agree() -> None:
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for line in (SHARED / "feeds" / "cases.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        body = (SHARED / "feeds" / case["file"]).read_bytes()
        feed = read_feed(body, case.get("base_url", "http://127.0.0.1:8097/"), case.get("content_type"))
        links = {link.rank: link for link in feed.links} if feed else {}
        for entry in case["entries"]:
            link = links.get(entry["i"])
            if link is None and not entry.keys() & {"title", "link"}:
                continue  # an item that names nothing is left out
            if "title" in entry and "://" not in entry["title"]:  # to make the address a title is their policy
                asked["title"] += 1
                right["title"] += folded((link and link.title) or "") == folded(entry["title"])
            if "link" in entry and b":origLink>" not in body:  # the cases name the counting redirect, we what it hides
                expected = entry["link"].partition("#")[0].lower().rstrip("/")
                asked["link"] += 1
                right["link"] += ((link and link.url) or "").lower().rstrip("/") == expected
            for date in (entry[key] for key in ("date", "published") if key in entry):
                asked["date"] += 1
                right["date"] += link is not None and link.published_at == date

    rates = {name: right[name] / asked[name] for name in asked}

    assert min(asked.values()) > 150
    assert min(rates.values()) >= 0.98, rates


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared hostile feeds")
def test_hostile_feeds_of_the_collection_are_read_at_once() -> None:
    started = time.process_time()
    titles: dict[str, list[str | None]] = {}
    for line in (SHARED / "hostile" / "feeds.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        body = case["wrap"]
        for name, text in (("doctype", case["doctype"]), ("before", case["before"]), ("after", case["after"])):
            body = body.replace(f"{{{name}}}", text)
        body = body.replace("{unit*times}", case["unit"] * case["times"])
        feed = read_feed(body.encode(), URL)
        titles[case["name"]] = [link.title for link in feed.links] if feed else []

    assert time.process_time() - started < 2.0
    assert (titles["bare-ampersand"], titles["control-chars"], titles["xxe-file"]) == (["A & B"], ["ab"], ["&x;"])
