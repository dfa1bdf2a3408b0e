"""Keeps what would keep the HTML parser busy from it, or the page.

Measured in lexbor of selectolax 1.0.2: 50,000 nested `<div>` take 9.8 s, 50,000 attributes of one tag 8.1 s, and
100,000 nested `<template>` kill the process; a million links take 507 MB. Depth and attributes cost quadratic time, and
formatting that is left open is made anew, with its attributes, in each later paragraph. All names are kept in a table
that grows slow: 200,000 different ones take 6 s. Text that goes on behind a tag which is left out is copied whole, and
its first copy kept, if the tag has attributes: 20,000 such tags between words take 930 MB.

Nothing here depends on what surrounds a tag (a script, a comment, a drawing, a quotation): whatever may be a tag counts
as one. What is proved so holds however the parser understands the page, and needs no second parser to be proved.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from math import inf

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

MAX_TAGS = 200_000  # the largest real page seen has 8,000
MAX_DEPTH = 1_000  # the deepest real page seen has under 100; below it 200,000 tags take 0.5 s at worst
MAX_COPIED = 6_000_000  # elements and attributes that open formatting may come to, of 100 bytes each
MAX_COPIED_ATTRIBUTES = 64  # of one tag; the most on a real page seen is about 40
MAX_ROOT_ATTRIBUTES = 10_000  # of all tags of `<html>` and `<body>`, since they are those of one element: 0.15 s

MAX_GROWN = 2_000_000_000  # tags that may be left out times bytes: 320 MB at worst; real pages seen have a hundredth
MAX_NAMES = 150_000  # that differ: 3 s; a real page of 1.7 MB has 28,000, with all that cannot be told from one
NAME_BYTES = 4  # with what parts it from the next; shorter ones are few
_STEP_BYTES = 100_000  # that are looked through for names at a time: a list of all of them may take 400 MB

# An attribute takes three bytes with what parts it from the next: few names are shorter, and one counts once in a tag.
# So tags of R bytes in a page of B take 0.18 ns * B * R at worst: of this, 0.3 s. The least R is for pages from 2 MB
# up, that the tags of real ones are left alone: 1.4 s for 10 MB.
ATTRIBUTE_BYTES = 3
MIN_REACH_BYTES = 768
_REACH_TIMES_BYTES = 1_500_000_000
FURTHEST = 16  # times as far is looked where none is near: behind "<" in scripts
MAX_COUNTED_BYTES = 4_000_000  # of tags whose attributes are counted, twice: 0.9 s at worst; real pages come to 0.9 MB
LOOK_BYTES = 200  # that could be counted while an end is looked for once
MAX_TRIES = 16  # of ends, of which one is mostly enough

# In "<", of which real pages have 1,600, and one in a hundred 5,500.
_SHALLOW = 10_000  # nest to 0.3 s at worst
_STEP = 20_000  # to 1.2 s, once

# A tag as HTML reads it (13.2.5), possessive. White space is HTML's. A quote opens a value only behind "=".
_S = r"[ \t\n\f\r]"
_END = r"(?=[ \t\n\f\r/>])"  # of a name
_ATTRIBUTE = (
    r"[ \t\n\f\r/]*+[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+"
    rf"""(?:{_S}*+={_S}*+(?:"[^"]*+"?|'[^']*+'?|[^ \t\n\f\r>"'][^ \t\n\f\r>]*+))?+"""
)
_ATTRIBUTES = re.compile(rf"</?[a-zA-Z][^ \t\n\f\r/>]*+(?P<said>(?:{_ATTRIBUTE})*+)".encode())
_ONE_ATTRIBUTE = re.compile(_ATTRIBUTE.encode())
_AROUND_NAMES = bytes.maketrans(b"\t\n\f\r/>=", b" " * 7)
_BEFORE_VALUE = b"= \t\n\f\r"
_TAG = re.compile(rb"</?[a-zA-Z]")
_COPIED_TAG = re.compile(
    r"<(?=[bBcCeEfFhHiInNsStTuU][ \t\n\f\r/>iImMoOtT])"  # most tags are sorted out by two letters
    rf"(?:(?P<root>(?i:html|body))|(?i:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)){_END}".encode()
)
_CLOSING = re.compile(rf"{_S}*+></([a-zA-Z]++){_S}*+>".encode())
_TEMPLATE_TAG = re.compile(rf"<(/?)(?i:template){_END}".encode())
# Tags that may be left out, where they may have attributes: any end tag, and start tags of what stands elsewhere. All
# others begin an element wherever they stand (tried in 22 places), and text behind them is another one.
_LEFT_OUT_TAG = re.compile(
    rb"<(?=[/bBcCfFhHiItT])(?:/[a-zA-Z][^ \t\n\f\r/>]*+|(?P<name>"
    rb"(?i:body|caption|col(?:group)?|form|frame(?:set)?|head|html|image|table|tbody|tfoot|thead|t[dhr])))[ \t\n\f\r/]"
)
_ONCE = frozenset((b"html", b"head", b"body"))  # a page has each of them
_DEEP = "*" + ">*" * MAX_DEPTH
_ALIKE = 3  # elements without a difference that are made anew at most


class DangerError(ValueError):
    """Why a page must not be parsed."""


def safe_html(html: bytes) -> bytes:
    """A page as the parser may see it: what it holds, but what may be a tag of hundreds of attributes is text.

    Linear, but for pages of more than 10,000 tags, of which a part is parsed to see how deep it is.

    Args:
        html: in UTF-8, an eighth faster to look through than text, and without NUL.

    Raises:
        DangerError: it would keep the parser busy.
    """
    tags = html.count(b"<")
    if tags > 2 * MAX_TAGS:
        raise DangerError(f"more than {MAX_TAGS} tags")
    if len(html) > MAX_NAMES * NAME_BYTES:
        _refuse_many_names(html)
    reach = max(MIN_REACH_BYTES, _REACH_TIMES_BYTES // (len(html) + 1))
    if wide := {*_wide_tags(html, reach), *_wide_copied_tags(html, tags)}:
        html = _with_text_at(html, sorted(wide))
    if tags * len(html) > MAX_GROWN:
        html = _with_parted_text(html)
    if tags > _SHALLOW:
        html = _TEMPLATE_TAG.sub(rb"<\1x-template", html)  # which, unlike it, can be looked into
        if _is_deep(html):
            raise DangerError(f"more than {MAX_DEPTH} nested elements")
    return html


def _refuse_many_names(html: bytes) -> None:
    """Raises `DangerError` where tags and attributes may have too many different names.

    A name ends where a word does; few begin within one, behind a quote or "<". So there are hardly more than words.
    """
    words: set[bytes] = set()
    for at in range(0, len(html), _STEP_BYTES):
        words.update(html[at : at + _STEP_BYTES].translate(_AROUND_NAMES).split(b" "))
        if len(words) > MAX_NAMES:
            raise DangerError(f"more than {MAX_NAMES} names")


class _Attributes:
    """Counts those of what may be tags of a page; from `MAX_COUNTED_BYTES` on, any tag is said to have any number."""

    def __init__(self, html: bytes) -> None:
        self.html = html
        self.left = MAX_COUNTED_BYTES

    def of(self, begun: int) -> tuple[bytes, float]:
        """The tag that begins there, if one does, but for its end; and how many attributes it has."""
        if self.left < 0 or (tag := _ATTRIBUTES.match(self.html, begun)) is None:
            return b"", inf
        self.left -= tag.end() - begun
        return tag[0], sum(1 for _ in _ONE_ATTRIBUTE.finditer(self.html, *tag.span("said")))

    def of_any(self, begun: int, end: int) -> float:
        """How many a tag there has at most: each stands behind white space, "/" or the second of two quotes."""
        if self.left < 0:
            return inf
        self.left -= end - begun
        stretch = self.html[begun:end]
        return len(stretch.split()) + stretch.count(b"/") + (stretch.count(b'"') + stretch.count(b"'")) // 2


def _wide_tags(html: bytes, reach: int) -> Iterator[int]:
    """Where tags begin that may have more attributes than fit into `reach` bytes.

    One place is looked at in as many bytes: what ends all tags that began since the last place. Only where nothing
    does, or only further on, attributes are counted.
    """
    attributes = _Attributes(html)
    most = reach // ATTRIBUTE_BYTES
    at = 0
    while tag := _TAG.search(html, at):
        begun, at = tag.span()
        sure, within = 0, reach
        while not sure and within <= FURTHEST * reach and attributes.left > 0:
            attributes.left -= LOOK_BYTES + within // 32
            sure = _sure_end(html, begun, begun + within)
            within *= 2
        if sure and (sure < begun + reach or attributes.of_any(begun, sure) <= most):
            at = sure
        elif attributes.of(begun)[1] > most:
            yield begun


def _sure_end(html: bytes, begun: int, end: int) -> int:
    """The last ">" there by which every tag has ended that began at `begun` or since; 0 where none is sure.

    A tag ends at its first ">" that is in no quotes, and what opens quotes stands behind "=" or white space. So where
    the last quote of a kind before a ">" stands behind anything else, or there is none, no quotes of the kind are open
    at it; where that is so of both kinds, the tag ends.
    """
    for _ in range(MAX_TRIES):
        if (sure := html.rfind(b">", begun, end)) == -1:
            break
        last = (html.rfind(b'"', begun, sure), html.rfind(b"'", begun, sure))
        opening = [at for at in last if at != -1 and html[at - 1] in _BEFORE_VALUE]
        if not opening:
            return sure
        end = min(opening)
    return 0


def _is_closed(html: bytes, end: int, begun: bytes) -> bool:
    """Whether the tag that says no more at `end` is followed by its end tag, and nothing between."""
    closing = _CLOSING.match(html, end)
    return closing is not None and closing[1].lower() == begun[1:].lower()


def _wide_copied_tags(html: bytes, tags: int) -> Iterator[int]:
    """Where tags begin that have too many attributes for what becomes of them.

    Those of all `<html>` and `<body>` come to one element, and open formatting is copied into each later paragraph. An
    icon, `<i class="icon-home"></i>`, is open nowhere: whoever reads its beginning as a tag reads its end as the next.

    Raises:
        DangerError: all of them would come to too many.
    """
    of_roots = of_formatting = 0
    kinds: set[bytes] = set()
    attributes = _Attributes(html)
    for tag in _COPIED_TAG.finditer(html):
        said, count = attributes.of(tag.start())
        if count > MAX_COPIED_ATTRIBUTES:
            yield tag.start()
        elif tag["root"]:
            of_roots += int(count)
        elif said not in kinds and not _is_closed(html, tag.start() + len(said), tag[0]):
            kinds.add(said)
            of_formatting += 1 + int(count)
        if of_roots > MAX_ROOT_ATTRIBUTES:
            raise DangerError(f"more than {MAX_ROOT_ATTRIBUTES} attributes of html and body")
        if of_formatting * _ALIKE * tags > MAX_COPIED:
            raise DangerError("too many kinds of formatting")


def _with_text_at(html: bytes, places: list[int]) -> bytes:
    """`html`, where the "<" at these places is text."""
    begins = [0, *(at + 1 for at in places)]
    return b"&lt;".join(html[begun:end] for begun, end in zip(begins, [*places, len(html)], strict=True))


def _with_parted_text(html: bytes) -> bytes:
    """`html`, where no text goes on behind a tag that may be left out, if there are so many that it would grow large.

    What parts it is an element that shows nothing, and stands directly before the tag: so in the same text.
    """
    places: list[int] = []
    seen: set[bytes] = set()
    for tag in _LEFT_OUT_TAG.finditer(html):
        name = (tag["name"] or b"").lower()
        if name not in _ONCE or name in seen:
            places.append(tag.start())
        seen.add(name)
    if len(places) * len(html) <= MAX_GROWN:
        return html
    return b"<wbr>".join(html[begun:end] for begun, end in pairwise((0, *places, len(html))))


def _is_deep(html: bytes) -> bool:
    """The parser itself tells, from so small a further part each time that it cannot take long."""
    begun = [match.start() for match in re.finditer(b"<", html)]
    return any(parsed(html[:end]).css_first(_DEEP) is not None for end in begun[_SHALLOW::_STEP])


def parsed(html: bytes | str) -> LexborHTMLParser:
    """A page that is free of danger, parsed.

    Raises:
        DangerError: the parser found no memory for it.
    """
    try:
        return LexborHTMLParser(html)
    except SelectolaxError as error:
        raise DangerError("more than the parser can hold") from error
