"""Refuses a page that would keep the HTML parser busy, before the parser sees it.

Measured in lexbor of selectolax 1.0.2: 50,000 nested `<div>` take 9.8 s, 50,000 attributes of one tag 8.1 s, and
100,000 nested `<template>` kill the process; a million links take 507 MB. Depth and attributes cost quadratic time, and
formatting that is left open is made anew in each later paragraph.
"""

import re

from selectolax.lexbor import LexborHTMLParser

MAX_TAGS = 200_000  # the largest real page seen has 8,000
MAX_DEPTH = 1_000  # the deepest real page seen has under 100; below it 200,000 tags take 0.5 s at worst
MAX_ATTRIBUTES = 256  # of one tag: 0.2 ms; the most on a real page seen is about 40
MAX_ROOTS = 50  # tags of `<html>` and `<body>`: the attributes of all are those of one element; 0.6 s at worst
MAX_REMADE = 6_000_000  # elements that open formatting may come to, of 100 bytes each

# In "<", of which real pages have 1,600, and one in a hundred 5,500.
_HARMLESS = 3_000  # come to 0.3 s at worst, whatever they are
_SHALLOW = 10_000  # nest to 0.3 s at worst
_STEP = 20_000  # to 1.2 s, once

# A page is parted into tags as HTML does it (13.2.5), in one pass: possessive, and never failing at the end, whatever
# the page holds. White space is HTML's. A quote opens a value only behind "=", else `<p a">` would hide what follows.
_S = r"[ \t\n\f\r]"
_END = r"(?=[ \t\n\f\r/>])"  # of a name
_NAME = r"[a-zA-Z][^ \t\n\f\r/>]*+"
_ATTRIBUTE = (
    r"[ \t\n\f\r/]*+[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+"
    rf"""(?:{_S}*+={_S}*+(?:"[^"]*+"?|'[^']*+'?|[^ \t\n\f\r>"'][^ \t\n\f\r>]*+))?+"""
)
_ATTRIBUTES = rf"(?:{_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}+"
_COMMENT = r"!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+)*+"
_BOGUS = r"!(?!--)[^>]*+|\?[^>]*+|/(?![a-zA-Z])[^>]*+"  # `<!doctype>`, `<?xml?>`, `</ >`: comments, or as good
_ENDS_SCRIPT = rf"/(?i:script){_END}"
_TWICE_ESCAPED = rf"<(?i:script){_END}[^<-]*+(?:(?:-(?!->)|<(?!{_ENDS_SCRIPT}))[^<-]*+)*+(?:<{_ENDS_SCRIPT})?+"
_ESCAPED = rf"<!(?=--)[^<-]*+(?:(?:-(?!->)|<(?!/?(?i:script){_END})|{_TWICE_ESCAPED})[^<-]*+)*+"
_CODE = rf"[^<]*+(?:(?:{_ESCAPED}|<(?!{_ENDS_SCRIPT}))[^<]*+)*+"
_RAW_NAMES = "style|textarea|title|xmp|iframe|noembed|noframes"
_RAW = rf"[^<]*+(?:<(?!/(?i:(?P=raw)){_END})[^<]*+)*+"

# Inside of these what is text to HTML may be tags, and what is a tag may be left out: all are sure to be read alike
# only where they are plain, with nothing but tags and their ends, and no "<" in what HTML takes for text.
_OTHER = "(?i:svg|math|select)"
_OUTLINE = (  # of a tag without doubt: no quote but around a value, and neither "<" nor ">" in one
    r"""(?:[ \t\n\f\r/]*+[^ \t\n\f\r/<>"'=]++"""
    rf"""(?:{_S}*+={_S}*+(?:"[^"<>]*+"|'[^'<>]*+'|[^ \t\n\f\r<>"']++))?+)*+[ \t\n\f\r/]*+>"""
)
_MIXED_NAMES = f"(?i:script|{_RAW_NAMES}|foreignobject|desc|annotation-xml|mi|mo|mn|ms|mtext)"
_PLAIN = (
    rf"{_OUTLINE}[^<]*+(?:<(?:!--(?!-?>)[^<-]*+(?:-(?!-!?>)[^<-]*+)*+--!?>"
    rf"|(?P<mixed>{_MIXED_NAMES}){_END}{_OUTLINE}[^<]*+</(?i:(?P=mixed)){_END}{_OUTLINE}"
    rf"|/?(?!{_OTHER}{_END}|{_MIXED_NAMES}{_END})[a-zA-Z]{_OUTLINE})[^<]*+)*+</(?i:(?P=other)){_END}"
)


def _tokens(named: str) -> re.Pattern[bytes]:
    """Finds one tag after the other, with what it keeps out of view; `named`: how the names to be told begin."""
    pattern = (
        rf"<(?:{_COMMENT}|{_BOGUS}"
        rf"|(?:(?P<script>(?i:script)){_END}|(?P<raw>(?i:{_RAW_NAMES})){_END}|{named}|/?{_NAME})"
        rf"{_ATTRIBUTES}(?P<many>{_ATTRIBUTE})?+(?(script)[ \t\n\f\r/]*+>?{_CODE})(?(raw)[ \t\n\f\r/]*+>?{_RAW}))"
    )
    return re.compile(pattern.encode())


_DOUBT = rf"(?i:frameset){_END}|(?P<other>{_OTHER}){_END}(?!{_PLAIN})"
_TAGS = _tokens(f"(?=[fFmMsS])(?P<unsure>{_DOUBT})")
_RAW_TAGS = "|".join(
    rf"(?i:{name}){_END}{_ATTRIBUTES}(?!{_ATTRIBUTE})[ \t\n\f\r/]*+>?[^<]*+(?:<(?!/(?i:{name}){_END})[^<]*+)*+"
    for name in _RAW_NAMES.split("|")
)
_WITHOUT_DOUBT = re.compile(  # the same tags up to the first that is unsure or has many attributes: in half the time
    rf"[^<]*+(?:<(?:/[a-zA-Z]++>|(?=[sS])(?i:script){_END}{_ATTRIBUTES}(?!{_ATTRIBUTE})[ \t\n\f\r/]*+>?{_CODE}"
    rf"|(?=[sStTxXiInN])(?:{_RAW_TAGS})|(?!(?=[fFmMsS])(?:{_DOUBT}))/?{_NAME}{_ATTRIBUTES}(?!{_ATTRIBUTE})"
    rf"|{_COMMENT}|{_BOGUS}|(?![a-zA-Z/]))[^<]*+)*+".encode()
)
_FORMATTING_NAMES = "(?i:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)"
_FORMATTED = _tokens(f"(?P<formatting>{_FORMATTING_NAMES}{_END}{_ATTRIBUTES})")
_FORMATTING_TAG = re.compile(rf"<(?=[bBcCeEfFiInNsStTuU]){_FORMATTING_NAMES}{_END}".encode())
_OTHER_TAG = re.compile(rf"<(/?)(?:{_OTHER}|(?i:frameset)){_END}".encode())
_TEMPLATE_TAG = re.compile(rf"<(/?)(?i:template){_END}".encode())
_ROOT_TAG = re.compile(rf"<(?=[hHbB])(?i:html|body){_END}".encode())
_DEEP = "*" + ">*" * MAX_DEPTH
_UNSURE, _MANY = (_TAGS.groupindex[name] - 1 for name in ("unsure", "many"))
_ALIKE = 3  # elements without a difference that are made anew at most


class DangerError(ValueError):
    """Why a page must not be parsed."""


def safe_html(html: bytes) -> bytes:
    """A page as the parser may see it: what it holds, but for what might make its depth or its attributes unknowable.

    Linear, but for pages of more than 10,000 tags, of which a part is parsed to see how deep it is.

    Args:
        html: in UTF-8, an eighth faster to look through than text, and without NUL.

    Raises:
        DangerError: it would keep the parser busy.
    """
    tags = html.count(b"<")
    if tags > 2 * MAX_TAGS:
        raise DangerError(f"more than {MAX_TAGS} tags")
    is_sure = _WITHOUT_DOUBT.fullmatch(html) is not None
    found = [] if is_sure else [token for token in _TAGS.findall(html) if token[_UNSURE] or token[_MANY]]
    if any(token[_UNSURE] for token in found):
        html = _OTHER_TAG.sub(rb"<\1wbr", html)  # of all elements the one that does least
        found = [token for token in _TAGS.findall(html) if token[_MANY]]
    if found:
        raise DangerError(f"more than {MAX_ATTRIBUTES} attributes on one tag")
    if len(_ROOT_TAG.findall(html)) > MAX_ROOTS:
        raise DangerError(f"more than {MAX_ROOTS} tags of html and body")
    if tags > _HARMLESS and tags * _ALIKE * _kinds_of_formatting(html) > MAX_REMADE:
        raise DangerError("too many kinds of formatting")
    if tags > _SHALLOW:
        html = _TEMPLATE_TAG.sub(rb"<\1x-template", html)  # which, unlike it, can be looked into
        if _is_deep(html):
            raise DangerError(f"more than {MAX_DEPTH} nested elements")
    return html


def _kinds_of_formatting(html: bytes) -> int:
    """Formatting tags that differ; of so few that they cannot come to too much, all that may be such."""
    if (most := len(_FORMATTING_TAG.findall(html))) * html.count(b"<") * _ALIKE <= MAX_REMADE:
        return most
    formatting = _FORMATTED.groupindex["formatting"] - 1
    return len({token[formatting] for token in _FORMATTED.findall(html)})


def _is_deep(html: bytes) -> bool:
    """The parser itself tells, from so small a further part each time that it cannot take long."""
    begun = [match.start() for match in re.finditer(b"<", html)]
    return any(LexborHTMLParser(html[:end]).css_first(_DEEP) is not None for end in begun[_SHALLOW::_STEP])
