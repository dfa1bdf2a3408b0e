"""By-lines as readers see them, on pages that say nothing in metadata."""

from datetime import UTC, datetime

import pytest

from crawler.extraction.page import read_page
from crawler.model.records import Article

STORY = "".join(
    f"<p>The council has agreed on part {part} of a plan for the old bridge, after long talks.</p>" for part in range(9)
)


def read(byline: str, *, end: str = "") -> Article:
    html = f"<html><title>Bridge plan agreed</title><main><h1>Bridge plan agreed</h1>{byline}{STORY}{end}</main>"
    page = read_page(
        html.encode(), "https://weirpost.example/news/bridge-plan", None, fetched_at=datetime(2026, 5, 4, tzinfo=UTC)
    )
    assert page.article is not None
    return page.article


@pytest.mark.parametrize(
    ("byline", "people"),
    [
        ('<span class="card__author">ByAnn Lee</span>', "Ann Lee"),
        ('<div class="postauthor-box"><button>Share</button><span>Ann Lee</span></div>', "Ann Lee"),
        ('<div><a href="/about/editors/ann-lee/">Ann Lee</a>, <a href="/@ann">@annlee</a> 1h ago</div>', "Ann Lee"),
        ('<p>A column by <a href="/t/77">Ann Lee</a></p>', "Ann Lee"),
        ('<address><a href="/t/77">Ann Lee</a> <a href="/me">sign in</a></address>', "Ann Lee"),
        ('<div class=byline><a><span class="name">Ann Lee</span><span class="title">CEO</span></a></div>', "Ann Lee"),
        ('<div class=byline>By <i>Ann Lee</i><div><p>Weir Herald</p><time>May 3, 2026</time></div></div>', "Ann Lee"),
        ('<div class=author>By <a rel=author>Ann Lee</a> in <a rel=author>Rivers</a> on 3 May 2026.</div>', "Ann Lee"),
        ('<div class=author>Ann Lee<div><a rel=author href=/x>More stories by Ann Lee</a></div></div>', "Ann Lee"),
        ('<a class=byline><i class="first-name">Ann</i> <i class="last-name">Lee</i></a>', "Ann Lee"),
        ('<address>Von <a href=/a>Ann Lee</a>, <i>Bo Ek</i> und <i>Cy Li</i></address>', "Ann Lee, Bo Ek, Cy Li"),
        ('<ul class=authors><li><a href=/a>Ann Lee</a></li><li><a href=/b>Bo Ek</a></li></ul>', "Ann Lee, Bo Ek"),
        ('<div class="meta comments"><span class=author><a rel=author>Ann Lee</a></span></div>', "Ann Lee"),
        ('<div class="headline__footer nav-bar"><div class=byline>By <a href=/a>Ann Lee</a></div></div>', "Ann Lee"),
        ('<p class="author">[田中宏昌，ITmedia]</p>', "田中宏昌, ITmedia"),
        ('<p class="author">文● オカモト／ASCII編集部</p>', "オカモト"),
        ('<a class="meta_author">著者：後藤大地</a>', "後藤大地"),
        ('<p class="writer">순천, 광양 구현모 기자 ninek@post.example</p>', "구현모"),
        ('<p class="name writer">순천, 광양 <b>구현모</b> 기자 <i>ninek@post.example</i></p>', "구현모"),
        ('<p class="byline">Por <a href=/a>Ann Lee</a> <a href=/b>Biografía</a></p>', "Ann Lee"),
        ('<p><span>Sehernur Karsu |</span> 05.04.2025 - <span>Update: 06.04.2025</span></p>', "Sehernur Karsu"),
        ('<p>Words and pictures by <a href="/author/ann-lee">Ann Lee</a></p>', "Ann Lee"),
        ('<p>Ein Gastbeitrag von <a href="/t/77">Ann Lee</a></p>', "Ann Lee"),
        ("<p class=byline>Politics | By Ann Lee</p>", "Ann Lee"),
        ("<p>Ann Lee, April 19, 2020</p>", "Ann Lee"),
        ("<p class=byline>By Ann Lee · Bo Ek · Staff Writers</p>", "Ann Lee, Bo Ek"),
        ("<p>Posted on April 19, 2020 by Ann Lee</p>", "Ann Lee"),
        ("<p class=byline>by Ann Lee , Weir.org</p>", "Ann Lee"),
        # nobody's
        ("<p>Posted on April 19, 2020 by an early bird</p>", ""),
        ("<div class=byline>By Ann Lee<br>May 4, 2026</div>", "Ann Lee"),
        ("<div class=byline>By Ann LeeMay 4, 2026</div>", "Ann Lee"),
        ("<div class=author-box>Wrong? <b>Ann Lee said</b> what we wrote <i>are the</i></div>", ""),
        ("<p><a href=/staff/about-us>Our Team</a></p>", ""),
        ("<p><a href=/staff/4711-lee>Ann Lee</a></p>", "Ann Lee"),
        ("<div class=reporterror-box><b>Tell Us</b></div>", ""),
        ("<p>Seen by Ann Lee on 2 walls and read by 20 people by Weir Bridge</p>", ""),
        ("<p>World, April 19, 2020</p>", ""),
        ("<p>HALF OF IT SINCE THEN April 19, 2020</p>", ""),
        ('<p class=author>Data: 28-04-2021, 09:29</p>', ""),
        ('<p>Licence: <a href="/licenses/by/4.0">Common Licence</a></p>', ""),
        ('<address>Weir Street 9, 39020 Weirtown</address>', ""),
        ('<figure><img src=a.jpg><figcaption class="author">Foto: Bo Ek</figcaption></figure>', ""),
        ('<p>Photos by <a href="/author/bo-ek">Bo Ek</a></p>', ""),
        ('<p>Sponsored by <a href="/bank">Weir Bank</a></p>', ""),
        ('<p>Sort by <a href="?sort=new">Most Recent</a></p>', ""),
        ("<p>Stand Montag, 4. Mai 2026</p>", ""),
        ("<p>Última Actualización 4 mayo 2026</p>", ""),
        ('<div class="pull-quote"><q>So.</q><b class="pull-quote__author"><i class=author>Bo Ek</i></b></div>', ""),
        ('<div itemscope itemtype="https://schema.org/ImageObject"><i itemprop=author>Bo Ek</i></div>', ""),
        ("<p>– Men da var jeg ved broen.</p>", ""),
        ('<p>As seen by <a href="/authority/x">many</a> in the town.</p>', ""),
        ('<p>Editors: Bo Ek und <a href="/redaktion/ann">Ann Lee</a></p>', ""),
        ('<p class="byline">Monday, November 18, 2019</p>', ""),
        ('<div class="byline" hidden>By Bo Ek</div>', ""),
    ],
)  # fmt: skip
def test_who_signs_beside_the_heading(byline: str, people: str) -> None:
    assert ", ".join(read(byline).authors) == people


@pytest.mark.parametrize(
    ("end", "people"),
    [
        ('<p style="text-align: right"><b>Ann Lee</b></p>', ("Ann Lee",)),
        ("<p align=right>Thanks to all!</p>", ()),
        ("<p>Further Reading</p>", ()),
    ],
)
def test_a_name_at_the_right_of_the_end_signs_where_no_one_else_does(end: str, people: tuple[str, ...]) -> None:
    assert (read("", end=end).authors, read("<p>By Bo Ek</p>", end=end).authors) == (people, ("Bo Ek",))


@pytest.mark.parametrize(
    ("byline", "desk"),
    [
        ("<p class=author>By Associated Press May 3, 2026</p>", ("Associated Press",)),
        ('<p><a rel=author href="/s">Weir Herald Staff</a> 2026-05-03</p>', ("Weir Herald Staff",)),
        ("<p class=byline>By Ann Lee, Associated Press</p>", ("Ann Lee",)),
        ("<p class=author>Associated Press Published le 3 mai 2026</p>", ("Associated Press",)),
        ("<p class=author>Reuters · 3 May</p>", ("Reuters",)),
        ("<p class=author>Newspaper</p>", ()),
        ("<p class=author>Weirpost</p>", ()),
        ("<p class=author>Editor</p>", ()),
        ("<p class=author>Redaktion</p>", ()),
    ],
)
def test_a_desk_signs_where_no_one_else_does(byline: str, desk: tuple[str, ...]) -> None:
    assert read(byline).authors == desk
