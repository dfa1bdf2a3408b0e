"""XML that strangers wrote: bytes to a tree that costs what its size says, and reads no file and no network.

Feeds, sitemaps and outlines are read from here on; which of them a tree is, they decide.
"""

import contextlib
import html.entities
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TypedDict

from lxml import etree

from crawler.extraction.decode import decode_page


class _Options(TypedDict):
    """How every parser here is made."""

    encoding: str
    recover: bool
    resolve_entities: bool
    no_network: bool
    load_dtd: bool
    huge_tree: bool
    remove_comments: bool
    remove_pis: bool


# What stands before the root element is dropped unread: a declaration that lies about the encoding, a DOCTYPE and with
# it every entity bomb and external file, the warnings of a script. `html` is there so that a page is told by its start.
_ROOT = re.compile(r"<!--|<(?:[\w.-]+:)?(html|head|body|rss|rdf|feed|channel|urlset|sitemapindex|opml)(?=[\s/>])", re.I)
_PAGES = frozenset({"html", "head", "body"})

# CDATA is passed over; XML's own five and well-formed numbers are left to the parser.
_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)(?:([A-Za-z]\w{1,31});)?",
    re.S,
)
# A namespace is part of the name of each element that it is declared for, and is written out for each: 100,000 names
# in one of 600,000 letters took 91 s. Those that anyone reads have fewer than 60.
_LONG_NAMESPACE = re.compile(r"""xmlns(?<=\sxmlns)[^\s="'<>]*+\s*+=\s*+(?:"[^"]{500,}+"|'[^']{500,}+')""")
_CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D})  # no character of XML 1.0 (2.2); feeds hold them all the same
_NONCHARACTERS = re.compile("[\ufffe\uffff]")
STEP_CHARS = 65_536  # of a document that is read entry by entry: what is parsed before its entries are taken
MAX_ENTRY_CHARS = 1024 * 1024  # a thousand times a usual entry; what goes on is no list, and would be held whole

_OPTIONS: _Options = {
    "encoding": "utf-8",
    "recover": True,
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def parse_xml(body: bytes, *, url: str, max_bytes: int, content_type: str | None = None) -> etree._Element | None:
    """The root element of a feed, sitemap or outline; broken XML is read as far as it goes.

    Args:
        body: the document, content decoding undone.
        url: its own address, the base of `xml:base`.
        max_bytes: what stands behind is not read.
        content_type: the header, for its charset.

    Returns:
        `None` where the first known element is of HTML, or there is none. Entities of a DTD stay unknown.
    """
    text = _LONG_NAMESPACE.sub("", decode_page(body[:max_bytes], content_type))
    start = _find_root(text)
    if start is None:
        return None
    parser = etree.XMLParser(**_OPTIONS)
    try:
        root = etree.fromstring(_mended(text[start:]), parser, base_url=url)
    except (etree.XMLSyntaxError, ValueError):  # nothing could be recovered; a base that libxml2 refuses
        return None
    return root if isinstance(root, etree._Element) else None  # lxml gives None for a tree that recovery left empty


def parse_entries(body: bytes, *, url: str, max_bytes: int) -> tuple[str, Iterator[etree._Element]] | None:
    """The name of the root element, and its children one by one: each is let go when the one after the next is taken.

    Memory is that of the text and of one entry, however many there are. Arguments and `None` as of `parse_xml`.
    """
    text = _LONG_NAMESPACE.sub("", decode_page(body[:max_bytes], None))
    start = _find_root(text)
    if start is None:
        return None
    parser = etree.XMLPullParser(events=("end",), base_url=url, **_OPTIONS)
    try:
        entries = _entries(parser, text, start)
        root = next(entries, None)
    except ValueError:  # a base that libxml2 refuses
        return None
    return None if root is None else (local_name(root), entries)


def _entries(parser: etree.XMLPullParser, text: str, start: int) -> Iterator[etree._Element]:
    """The root element, then its children, until it is over, broken beyond reading, or holds one without end."""
    root: etree._Element | None = None
    last: etree._Element | None = None
    last_end = start
    is_over = False
    while not is_over:
        stop = _end_of_step(text, start)
        with contextlib.suppress(etree.XMLSyntaxError):  # it goes on as far as it can
            parser.feed(_mended(text[start:stop]))
        is_over = stop == len(text) or stop - last_end > MAX_ENTRY_CHARS
        if is_over:
            with contextlib.suppress(etree.XMLSyntaxError):
                parser.close()
        for _, element in parser.read_events():
            if not isinstance(element, etree._Element):
                continue
            if root is None:
                root = element.getroottree().getroot()
                yield root
            if element.getparent() is root:
                last_end = stop
                yield element
                if last is not None:
                    root.remove(last)  # not the element itself: the parser may still be at its end
                last = element
        start = stop
    if root is not None:
        yield from (child for child in root.iterchildren(etree.Element) if child is not last)  # what was never closed


def _end_of_step(text: str, start: int) -> int:
    """Where a step ends: behind a tag, so that no reference is parted, and outside of CDATA."""
    stop = text.rfind(">", start, start + STEP_CHARS) + 1 or start + STEP_CHARS
    opened = text.rfind("<![CDATA[", start, stop)
    if opened >= 0 and text.find("]]>", opened, stop) < 0:
        stop = text.find("]]>", stop) + 3
    return len(text) if stop < start + 3 else stop


def _mended(text: str) -> bytes:
    """Text as XML 1.0 allows it, in UTF-8."""
    text = _NONCHARACTERS.sub("", _REFERENCE.sub(_known_reference, text))
    return text.encode("utf-8", "replace").translate(None, _CONTROLS)


def _find_root(text: str) -> int | None:
    """Where the root element starts; comments are passed over, in one way through the text."""
    position = 0
    while found := _ROOT.search(text, position):
        if found[1]:
            return None if found[1].lower() in _PAGES else found.start()
        position = text.find("-->", found.end())
        if position < 0:
            return None
    return None


def _known_reference(found: re.Match[str]) -> str:
    """A character for a name that HTML knows and XML does not; otherwise the ampersand was meant as one."""
    name, whole = found[1], found[0]
    if whole[0] == "<":
        return whole
    if name is None:
        return "&amp;"
    character = html.entities.html5.get(f"{name};")
    if character is None or character in "&<":
        return f"&amp;{whole[1:]}"
    return character


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace, in lower case; empty for what is no element."""
    tag = element.tag
    return _without_namespace(tag) if isinstance(tag, str) else ""


@lru_cache(maxsize=1024)  # a document has some ten names; a hostile one costs itself only
def _without_namespace(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def attribute_of(element: etree._Element, name: str) -> str | None:
    """An attribute by its name in lower case, without its namespace: the case varies between writers."""
    spelled = next((key for key in element.keys() if str(key).rpartition("}")[2].lower() == name), None)  # noqa: SIM118
    return None if spelled is None else element.get(spelled)  # `items` would look for each value among all


def text_of(element: etree._Element) -> str:
    """The text of an element and all in it, outer white space gone."""
    text = element.text if len(element) == 0 else "".join(map(str, element.itertext()))
    return text.strip() if text else ""
