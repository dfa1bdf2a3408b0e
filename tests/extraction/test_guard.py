"""What reaches the parser: no element of many attributes, and nothing that keeps it busy, however it is hidden."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawler.extraction.guard import (
    MAX_DEPTH,
    MAX_NAMES,
    MAX_ROOT_ATTRIBUTES,
    MIN_REACH_BYTES,
    DangerError,
    _wide_tags,
    _with_text_at,
    safe_html,
)

DEEP = "<div>" * 12_000
WIDE = 12_000  # attributes, which with what stands around them have a page of their own
FAR_DOWN = f"more than {MAX_DEPTH} nested elements"
RAW = ("iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp")


def wide(attributes: int) -> str:
    return "<p " + " ".join(f"a{number}" for number in range(attributes)) + ">"


def told_of(html: str) -> str:
    """Why a page is refused, told in little time, or what the parser then makes of it in little time."""
    begun_s = time.process_time()
    try:
        parser = LexborHTMLParser(safe_html(html.encode()))
    except DangerError as danger:
        told = str(danger)
    else:
        told = "wide" if parser.css_first(f"[a{WIDE - 1}]") else "safe"
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
    assert told_of(hiding + wide(WIDE)) == "safe"
    assert told_of(hiding + DEEP) in (FAR_DOWN, "safe")


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
        (
            "".join(f"<body a{number}>" for number in range(MAX_ROOT_ATTRIBUTES + 1)),
            f"more than {MAX_ROOT_ATTRIBUTES} attributes of html and body",
        ),
        (
            "<p>" + "".join(f"<b id={number}>" for number in range(4_000)) + "</p>" + "<p>x" * 4_000,
            "too many kinds of formatting",
        ),
        (
            "<p>" + "".join(wide(50).replace("<p", f"<b id={n}") for n in range(500)) + "<p>x" * 500,
            "too many kinds of formatting",
        ),
        ("".join(f"<p a{number} b{number}>" for number in range(MAX_NAMES)), f"more than {MAX_NAMES} names"),
        ("<a b='" * 100_000, "safe"),
        ("<a b='\"> " * 100_000, "safe"),
        ("</p " + " ".join(f"a{number}" for number in range(100_000)) + ">", "safe"),
        ("<script>" + "for(i=0;i<b ;i++)a[i]=1;" * 20_000 + "</script>", "safe"),
        ("<p>" + "<b>x</b> <i class='y z'>y</i> " * 20_000, "safe"),
        ("".join(f"<i class='icon a{number}'></i>" for number in range(4_000)) + "<p>x" * 4_000, "safe"),
        ("".join(f"<i id={number}></b>" for number in range(4_000)) + "<p>x" * 4_000, "too many kinds of formatting"),
    ],
    ids=[
        "roots",
        "formatting",
        "wide formatting",
        "names",
        "quotes",
        "hidden ends",
        "end tag",
        "code",
        "plain formatting",
        "icons",
        "closed by another",
    ],
)
def test_what_a_page_may_be_made_of_has_bounds(html: str, why: str) -> None:
    assert told_of(html) == why


@pytest.mark.parametrize(
    ("before", "tag"),
    [
        ("", "<td a=1>"),
        ("", "</i a=1>"),
        ("<table>", "<TR a=1>"),
        ("<select>", "<frame/a=1>"),
        ("", "<form a='<p b>'>"),
    ],
)
def test_text_that_goes_on_behind_tags_that_are_left_out_is_parted(before: str, tag: str) -> None:
    words, few = f"{before}{f'the council {tag}' * 20_000}", f"{before}{f'the council {tag}' * 200}"

    parted, left = safe_html(words.encode()), safe_html(few.encode())

    assert (parted.count(b"the council <wbr><"), left) == (20_000, few.encode())


def test_a_tag_of_thousands_of_attributes_is_text_and_all_else_is_left_as_it_is() -> None:
    html = wide(WIDE) + "A bridge opens. <a href='/x?y=' title='>'>More</a><svg><style><i></style></svg><b>x</b>"

    assert safe_html(html.encode()).decode() == "&lt;" + html[1:]


@pytest.mark.parametrize(
    "attribute",
    [" a{}", "\na{}", "\fa{}=x", "/a{}", " a{}='>'", ' a{}=">"', 'a{}=""', "a{}='\">'", " <a{}", " a{}<=>'"],
)
def test_attributes_are_counted_however_they_are_parted(attribute: str) -> None:
    html = "<p " + "".join(attribute.format(number) for number in range(WIDE)) + ">" + "x" * 30_000

    assert told_of(html) == "safe"


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


@settings(max_examples=200)
@given(st.lists(PARTS, max_size=12), st.lists(PARTS, max_size=4))
def test_no_element_of_many_attributes_gets_through(before: list[str], after: list[str]) -> None:
    html = ("".join(before) + wide(MIN_REACH_BYTES // 2) + "".join(after)).encode()

    read = LexborHTMLParser(_with_text_at(html, [*_wide_tags(html, MIN_REACH_BYTES)]))

    assert read.css_first(f"[a{MIN_REACH_BYTES // 2 - 1}]") is None
