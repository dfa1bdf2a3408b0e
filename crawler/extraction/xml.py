"""XML that strangers wrote: bytes to a tree that costs what its size says, and reads no file and no network.

Feeds, sitemaps and outlines are read from here on; which of them a tree is, they decide.
"""

import html.entities
import re

from lxml import etree

from crawler.extraction.decode import decode_page

# What stands before the root element is dropped unread: a declaration that lies about the encoding, a DOCTYPE and with
# it every entity bomb and external file, the warnings of a script. `html` is there so that a page is told by its start.
_ROOT = re.compile(r"<!--|<(?:[\w.-]+:)?(html|head|body|rss|rdf|feed|channel|urlset|sitemapindex|opml)(?=[\s/>])", re.I)
_PAGES = frozenset({"html", "head", "body"})

# CDATA is passed over; XML's own five and well-formed numbers are left to the parser.
_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)(?:([A-Za-z]\w{1,31});)?",
    re.S,
)
_CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D})  # no character of XML 1.0 (2.2); feeds hold them all the same
_NONCHARACTERS = re.compile("[\ufffe\uffff]")


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
    text = decode_page(body[:max_bytes], content_type)
    start = _find_root(text)
    if start is None:
        return None
    text = _NONCHARACTERS.sub("", _REFERENCE.sub(_known_reference, text[start:]))
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace").translate(None, _CONTROLS), parser, base_url=url)
    except (etree.XMLSyntaxError, ValueError):  # nothing could be recovered; a base that libxml2 refuses
        return None
    return root if isinstance(root, etree._Element) else None  # lxml gives None for a tree that recovery left empty


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
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def attributes_of(element: etree._Element) -> dict[str, str]:
    """The attributes without their namespaces, names in lower case: the case varies between writers."""
    return {str(name).rpartition("}")[2].lower(): str(value) for name, value in element.items()}


def text_of(element: etree._Element) -> str:
    """The text of an element and all in it, outer white space gone."""
    text = element.text if len(element) == 0 else "".join(map(str, element.itertext()))
    return text.strip() if text else ""
