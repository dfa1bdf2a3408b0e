"""Every link of a page is told of once: taken, or left for a reason that a reader understands."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.explain import explain_page

URL = "https://post.example/news/a-story-of-some-length-4711"
PROSE = (
    "<p>" + "The council met on Tuesday and agreed on the plan for the old bridge after a long debate. " * 3 + "</p>"
)
STORY = f"<main><h1>A story of some length</h1><article>{PROSE}{PROSE}</article></main>"


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ('<a href="#top">To the top of the page</a>', "no address of another page"),
        ('<a href="/news/plan.pdf">The plan as a file to print</a>', "a file, not a page"),
        ('<a href="https://www.facebook.com/sharer.php?u=x">Share it with friends</a>',
         "a site that shares, sells or serves"),
        ('<a href="https://shop.post.example/mugs-with-the-bridge-on">Mugs with the bridge on</a>',
         "a site that shares, sells or serves"),
        ('<a href="/tag/bridges-and-tunnels">Bridges and tunnels of the county</a>',
         "an address that lists, sells or serves"),
        ('<a href="/">The front of this paper</a>', "the front of a site"),
        (f'<a href="{URL}?utm_source=x">A story of some length</a>', "the page itself"),
        ('<a href="/sport/football">Football</a>', "neither its address nor its words are a story's"),
        ('<a href="/news/a-tag-of-some-length-4712" rel="tag">A tag of some length</a>', "it calls itself tag"),
        ('<a href="/news/a-mattress-of-some-length-4712" rel="sponsored nofollow">A mattress</a>',
         "it calls itself sponsored"),
        ('<section><h2>Related topics</h2><a href="/news/bridges-4712">Bridges of the whole county</a></section>',
         "under the heading 'Related topics'"),
        ('<div class="comments"><a href="/news/bridges-4712">Bridges of the whole county</a></div>', "in the comments"),
        ('<section><a href="/bridges">Bridges of the whole county</a></section>', "no heading calls it related"),
        ('<p><b>More</b><a href="https://else.example/news/bridges-4712">Bridges of the next county</a></p>',
         "another site, and no heading that calls it related"),
    ],
)  # fmt: skip
def test_a_link_that_is_left_has_its_reason(link: str, why: str) -> None:
    left = explain_page(f"{STORY}{link}".encode(), URL).left

    assert [one.why for one in left] == [why]


def test_what_is_taken_is_not_told_as_left_and_menus_are_counted() -> None:
    block = '<section><h2>Related</h2><a href="/news/bridges-4712">Bridges of the whole county</a></section>'
    html = f'<nav><a href="/a">A</a><a href="/b">B</a></nav>{STORY}{block}'

    explanation = explain_page(html.encode(), URL)

    assert (len(explanation.page.article.links), explanation.left, explanation.unread) == (1, (), 2)


def test_the_links_of_a_labelled_page_are_all_told_of() -> None:
    html = Path(__file__).with_name("labelled").joinpath("html", "en-none.html").read_bytes()

    explanation = explain_page(html, "https://daily.example/business/2024/bakery-chain-to-close-shops-55120")

    told = len(explanation.page.article.links) + len(explanation.left) + explanation.unread
    assert told == html.count(b"<a ")


@given(st.binary(max_size=200))
def test_any_bytes_are_explained(html: bytes) -> None:
    assert explain_page(html, URL).page.article.url == URL
