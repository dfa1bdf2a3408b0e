"""What reaches the parser: no element of many attributes, and nothing that keeps it busy, however it is hidden."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawler.extraction.guard import (
    _MANY,
    _TAGS,
    _UNSURE,
    _WITHOUT_DOUBT,
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_ROOTS,
    DangerError,
    safe_html,
)

DEEP = "<div>" * 12_000
WIDE = "<p " + " ".join(f"a{number}" for number in range(MAX_ATTRIBUTES + 1)) + ">"
FAR_DOWN = f"more than {MAX_DEPTH} nested elements"
PIECES = (  # of which pages are made whose tags are hard to tell
    *("<", "</", ">", "/", "=", '"', "'", " ", "-", "!", "?", "a", "b", "x=1", " a b c d", " y='<'", "<p "),
    *("<!--", "-->", "--!>", "<!", "script", "style", "svg", "math", "select", "frameset", "title", "iframe", "desc"),
    *("<svg>", "</svg>", "<script>", "</script>", "</style>", "<select>", "</select>", "<mi>", WIDE),
)
RAW = ("iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp")


def told_of(html: str) -> str:
    """Why a page is refused, told in little time, or what the parser then makes of it in little time."""
    begun_s = time.process_time()
    try:
        parser = LexborHTMLParser(safe_html(html.encode()))
    except DangerError as danger:
        told = str(danger)
    else:
        told = "wide" if parser.css_first(f"[a{MAX_ATTRIBUTES}]") else "safe"
    took_s = time.process_time() - begun_s
    return told if took_s < 2.0 else f"{told}, in {took_s:.1f} s"


@pytest.mark.parametrize(
    "hiding",
    [
        "<svg><title>",
        "<svg><desc><p></svg></p></desc><title>",
        "<math><annotation-xml><style>",
        "<select><title><template>",
        "<frameset></frameset><title>",
        "<svg><![CDATA[<script>]]>",
        "<![CDATA[<script>]]>",
        "<!doctype x '<!--'>",
        "<?<script>",
        "</ <script>",
        "</p a='<script>'>",
        "<iframe><!--</iframe>",
        "<script><!--<script></script><title>--></script>",
        "<script><!--<script></script></script>",
        "<script></\u017fcript><title></script>",
        '<p a=\u00a0"><script>" >',
        "<p a'><script x='>",
    ],
)
def test_nothing_that_the_parser_sees_can_be_hidden(hiding: str) -> None:
    told = {told_of(hiding + WIDE), told_of(hiding + DEEP)}

    assert told <= {"more than 256 attributes on one tag", FAR_DOWN, "safe"}


@pytest.mark.parametrize(
    "part",
    [
        "<span><div></span></div>",
        "<div><object></div></object>",
        "<li><dd>",
        "<rt>",
        "<optgroup>",
        "<lin\u212a><div>",
        "<svg><tr>",
        "<template><div></template><template>",
    ],
)
def test_what_nests_by_rules_of_its_own_is_as_deep_as_the_parser_has_it(part: str) -> None:
    assert told_of(part * 6_000) in (FAR_DOWN, "safe")


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("".join(f"<body a{number}>" for number in range(100_000)), f"more than {MAX_ROOTS} tags of html and body"),
        (
            "<p>" + "".join(f"<b id={number}>" for number in range(4_000)) + "</p>" + "<p>x" * 4_000,
            "too many kinds of formatting",
        ),
        ("</p " + " ".join(f"a{number}" for number in range(100_000)) + ">", "more than 256 attributes on one tag"),
    ],
    ids=["roots", "formatting", "end tag"],
)
def test_what_a_page_may_be_made_of_has_bounds(html: str, why: str) -> None:
    assert told_of(html) == why


def test_drawings_that_are_plain_are_left_as_they_are_and_others_lose_their_tags() -> None:
    plain = (
        "<a><svg viewBox='0 0 9 9'><title>Mail</title><!-- icon --><g><path d=M1/></g></svg></a><script>a<b</script>"
    )

    assert safe_html(plain.encode()) == plain.encode()
    assert safe_html(b"<svg><style><i></style></svg>") == b"<wbr><style><i></style></wbr>"


PARTS = st.sampled_from(
    [
        *(f"<{name}>" for name in RAW),
        *(f"</{name}>" for name in RAW),
        *"<svg> </svg> <math> </math> <select> </select> <frameset> </frameset> <desc> </desc> <mi> </mi>".split(),
        *"<foreignObject> </foreignObject> <template> </template> <table> <td> </table> <svg/> <title/> <p>".split(),
        *"<!-- --> --!> <! <? </ < > - -- <![CDATA[ ]]> <noscript> </noscript> <head> </head> <body> </body>".split(),
        *"<!--> <!doctype </SCRIPT <Script \u017fcript \u00a0 ' \" =' =\" a=' a=\" x=y".split(),
        *"/ /> <p <svg <title </title".split(),
        *" \t\v\r\f",
    ]
)


@settings(max_examples=100)
@given(st.lists(PARTS, max_size=12), st.lists(PARTS, max_size=4))
def test_no_element_of_many_attributes_gets_through(before: list[str], after: list[str]) -> None:
    assert told_of("".join(before) + WIDE + "".join(after)) != "wide"


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_the_short_way_through_a_page_is_taken_where_the_long_way_finds_nothing(html: str) -> None:
    found = any(token[_UNSURE] or token[_MANY] for token in _TAGS.findall(html.encode()))

    assert (_WITHOUT_DOUBT.fullmatch(html.encode()) is None) == found
