"""Refuses a page that would keep the HTML parser busy, before the parser sees it.

Measured in lexbor of selectolax 1.0.2: 50,000 nested `<div>` take 9.8 s, 50,000 attributes of one tag 8.1 s, and
100,000 nested `<template>` kill the process; a million links take 507 MB. Depth and attributes cost quadratic time.
"""

import re

MAX_DEPTH = 2_000  # 2,000 nested elements parse in 30 ms at worst; the deepest real page seen has under 100
MAX_ATTRIBUTES = 256  # of one tag: 0.2 ms; the most on a real page seen is about 40
MAX_TAGS = 200_000  # the largest real page seen has 20,000

# Possessive, and never failing at the end of the text: one pass, whatever the page holds. As HTML parts a tag (13.2.5):
# a quote opens a value only behind "=", else `<p a">` would hide what follows.
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s>"'][^\s>]*+))?+"""
_ATTRIBUTES = f"(?:{_ATTRIBUTE})*+"
_FEW = f"(?:{_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}+"
_NAME = r"[a-zA-Z][^\s/>]*+"
_COMMENT = "!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+)*+"
_RAW = "|".join(  # what stands in these is no tag
    rf"(?i:{name})(?=[\s>/]){_FEW}(?!{_ATTRIBUTE})[^<]*+(?:<(?!/(?i:{name})[\s>/])[^<]*+)*+"
    for name in ("script", "style", "textarea", "title", "xmp")
)
_NO_TAGS = f"{_COMMENT}|(?=[sStTxX])(?:{_RAW})"
_OPENED = re.compile(f"<(?:{_NO_TAGS}|{_NAME}{_FEW}({_ATTRIBUTE})?)".encode())  # its group is an attribute too many
_NESTED = re.compile(rf"<(?:{_NO_TAGS}|(/?{_NAME}){_ATTRIBUTES}([\s/]*+)>?)".encode())
_NOT_NESTING = frozenset(  # void elements, and those that end where the next one begins
    b"area base br col embed hr img input link meta param source track wbr "
    b"p li dt dd tr td th tbody thead tfoot option optgroup colgroup rp rt html head body /p /li /td /tr".split()
) | {b""}  # b"": a comment or a script
_DRAWING = frozenset(  # elements of SVG, where alone a tag may close itself: elsewhere `<div/>` opens one
    b"svg g defs symbol desc metadata clippath mask pattern marker text tspan lineargradient radialgradient filter a "
    b"path circle ellipse line polygon polyline rect use stop image animate animatetransform set".split()
)


def find_danger(html: bytes) -> str | None:
    """Why a page must not be parsed; `None` where it may. A linear pass, and a second where many elements begin.

    Args:
        html: in UTF-8, an eighth faster to look through than text.
    """
    if len(html) > 2 * MAX_TAGS and html.count(b"<") > 2 * MAX_TAGS:
        return f"more than {MAX_TAGS} tags"
    opened = _OPENED.findall(html)
    if any(opened):
        return f"more than {MAX_ATTRIBUTES} attributes on one tag"
    return f"more than {MAX_DEPTH} nested elements" if len(opened) > MAX_DEPTH and _is_deep(html) else None


def _is_deep(html: bytes) -> bool:
    depth = 0
    opened: dict[bytes, int] = {}  # by name, since an end tag without its start tag ends nothing
    in_drawing = False
    for tag, ending in _NESTED.findall(html):
        name = tag.lower()
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
            if in_drawing and ending[-1:] == b"/":
                continue
        opened[name] = opened.get(name, 0) + 1
        depth += 1
        if depth > MAX_DEPTH:
            return True
    return False
