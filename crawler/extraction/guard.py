"""Refuses a page that would keep the HTML parser busy, before the parser sees it.

Measured in lexbor of selectolax 1.0.2: 50,000 nested `<div>` take 9.8 s, 50,000 attributes of one tag 8.1 s, and
100,000 nested `<template>` kill the process; a million links take 507 MB. Depth and attributes cost quadratic time.
"""

import re

MAX_DEPTH = 1_000  # 1,000 nested <div> parse in 4 ms; the deepest real page seen has under 100
MAX_ATTRIBUTES = 256  # of one tag: 0.2 ms; the most on a real page seen is about 40
MAX_TAGS = 200_000  # the largest real page seen has 20,000

_SHORT_TAG_CHARS = 2 * MAX_ATTRIBUTES  # no shorter tag can hold so many attributes
_TAG = re.compile(  # possessive, and never failing at the end of the text: one pass, whatever the page holds
    rb"<(?:!--(?:[^-]++|-(?!->))*+"
    rb"|(script|style|textarea|title|xmp)(?=[\s>/])[^>]*+>?(?:[^<]++|<(?!/\1[\s>/]))*+"
    rb"""|(/?[a-z][^\s/>]*+)((?:[^>"']++|"[^"]*+"|'[^']*+'|["'])*+)>?)""",
    re.S,
)
_ATTRIBUTE = re.compile(rb"""[^\s"'>/=]++(?:\s*+=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s>]++))?+""")
_NOT_NESTING = frozenset(  # void elements, and those that end where the next one begins
    b"area base br col embed hr img input link meta param source track wbr "
    b"p li dt dd tr td th tbody thead tfoot option optgroup colgroup rp rt html head body".split()
) | {b"", b"/p", b"/li", b"/td", b"/tr"}  # b"": a comment or a script
_DRAWING = frozenset(  # elements of SVG, where alone a tag may close itself: elsewhere `<div/>` opens one
    b"svg g defs symbol desc metadata clippath mask pattern marker text tspan lineargradient radialgradient filter a "
    b"path circle ellipse line polygon polyline rect use stop image animate animatetransform set".split()
)


def find_danger(html: str) -> str | None:
    """Why a page must not be parsed; `None` where it may. One linear pass."""
    if (tags := html.count("<")) > 2 * MAX_TAGS:
        return f"more than {MAX_TAGS} tags"
    found = _TAG.findall(html.encode("utf-8", "replace").lower())  # bytes: 1 ms less than to lower text
    if any(map(_has_too_many_attributes, [rest for _, _, rest in found if len(rest) > _SHORT_TAG_CHARS])):
        return f"more than {MAX_ATTRIBUTES} attributes on one tag"
    may_be_deep = tags - html.count("</") > MAX_DEPTH  # else too few begin; 0.5 ms less for half of the pages
    return f"more than {MAX_DEPTH} nested elements" if may_be_deep and _is_deep(found) else None


def _is_deep(found: list[tuple[bytes, bytes, bytes]]) -> bool:
    depth = 0
    opened: dict[bytes, int] = {}  # by name, since an end tag without its start tag ends nothing
    in_drawing = False
    for _, name, rest in found:
        if name in _NOT_NESTING:
            continue
        if name[:1] == b"/":
            name = name[1:]
            if opened.get(name):
                opened[name] -= 1
                depth -= 1
            if name == b"svg":
                in_drawing = False
            continue
        if in_drawing or name == b"svg":
            in_drawing = name in _DRAWING
            if in_drawing and rest[-1:] == b"/":
                continue
        opened[name] = opened.get(name, 0) + 1
        depth += 1
        if depth > MAX_DEPTH:
            return True
    return False


def _has_too_many_attributes(rest: bytes) -> bool:
    return any(number >= MAX_ATTRIBUTES for number, _ in enumerate(_ATTRIBUTE.finditer(rest)))
