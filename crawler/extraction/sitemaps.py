"""Sitemaps: what a site lists of itself, and the sitemaps that an index names; OPML, which lists feeds.

News sitemaps give titles and dates too. `lastmod` only tells what to look at first: it is when a page changed, and no
claim of an article's age may come from it.
"""

import re
import zlib
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from crawler.extraction.decode import decode_page
from crawler.extraction.feeds import Feed, moment_or_day, plain_title
from crawler.extraction.xml import attribute_of, local_name, parse_entries, parse_xml, text_of
from crawler.model.links import Link, LinkKind
from crawler.model.urls import resolve_url

MAX_SITEMAP_BYTES = 50 * 1024 * 1024  # unpacked (sitemaps.org, "Sitemap file limits": 52,428,800)
MAX_SITEMAP_LINKS = 50_000  # sitemaps.org, "Using Sitemap index files"
MAX_ENTRIES = 2 * MAX_SITEMAP_LINKS  # those without an address too: 50 MiB of empty ones were measured at 36 s
MAX_OPML_BYTES = 2 * 1024 * 1024
MAX_TEXT_LINE_CHARS = 2_048  # sitemaps.org: an address has fewer

_GZIP = b"\x1f\x8b"
_LINE = re.compile(r"[^\r\n]+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)  # W3C datetime, as sitemaps.org asks


def read_sitemap(body: bytes, url: str) -> Feed | None:
    """What a sitemap or a sitemap index lists, in its own order; a broken one as far as it goes.

    Args:
        body: content decoding undone; a gzip file (`sitemap.xml.gz`) is unpacked here, up to `MAX_SITEMAP_BYTES`.
        url: the address of the sitemap. Plain text is read as a list of addresses only where it ends in `.txt`.

    Returns:
        `None` where it is no sitemap. Of an index, `links` is empty and `more` has the sitemaps.

    Source: sitemaps.org protocol 0.9; "news sitemaps" of Google Search Central (read 2026-11).
    """
    if body.startswith(_GZIP):
        body = _unpack(body)
    found = parse_entries(body, url=url, max_bytes=MAX_SITEMAP_BYTES)
    kind, entries = found or ("", iter(()))
    entries = islice(entries, MAX_ENTRIES)
    if kind == "urlset":
        return _page_links(entries)
    if kind == "sitemapindex":
        return _more_sitemaps(entries)
    is_named_text = url.partition("?")[0].lower().endswith((".txt", ".txt.gz"))
    return _read_text(body) if found is None and is_named_text else None


def is_named_sitemap(url: str) -> bool:
    """Whether an address is named like a sitemap. It only says how much may come; what it is, its bytes say."""
    name = url.partition("?")[0].rpartition("/")[2].lower()
    return "sitemap" in name or name.endswith((".xml", ".xml.gz"))


def _unpack(body: bytes) -> bytes:
    """The content of a gzip file as far as it is whole and bounded."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    pieces: list[bytes] = []
    left = MAX_SITEMAP_BYTES
    try:
        for start in range(0, len(body), 65_536):  # in pieces, so that what came before the damage is kept
            piece = unpacker.decompress(body[start : start + 65_536], left)
            pieces.append(piece)
            left -= len(piece)
            if left <= 0 or unpacker.eof:
                break
    except zlib.error:
        pass
    return b"".join(pieces)


def _page_links(entries: Iterator[etree._Element]) -> Feed:
    links: list[Link] = []
    changed: list[str] = []
    for page in entries:
        parts = _parts(page)
        if local_name(page) != "url" or (address := next(_addresses(page, parts), None)) is None:
            continue
        title = published_at = None
        if (news := _first(parts, "news")) is not None:
            fields = {name: text_of(child) for name, child in _parts(news)}
            title = plain_title(fields.get("title", ""))
            published_at = moment_or_day(fields.get("publication_date", ""))
        links.append(Link(url=address, kind=LinkKind.SITEMAP, rank=len(links), title=title, published_at=published_at))
        changed.append(_changed_on(parts))
        if len(links) == MAX_SITEMAP_LINKS:
            break
    return Feed(kind=LinkKind.SITEMAP, links=tuple(links), changed_on=tuple(changed))


def _more_sitemaps(entries: Iterator[etree._Element]) -> Feed:
    found: list[tuple[str, str]] = []
    for sitemap in entries:
        parts = _parts(sitemap)
        if local_name(sitemap) == "sitemap":
            changed_on = _changed_on(parts)
            left = MAX_SITEMAP_LINKS - len(found)
            found += ((address, changed_on) for address in islice(_addresses(sitemap, parts), left))
        if len(found) == MAX_SITEMAP_LINKS:
            break
    return Feed(
        kind=LinkKind.SITEMAP, more=tuple(address for address, _ in found), changed_on=tuple(day for _, day in found)
    )


_Parts = list[tuple[str, etree._Element]]  # the children of an entry, with their local names


def _parts(entry: etree._Element) -> _Parts:
    return [(local_name(child), child) for child in entry.iterchildren(etree.Element)]


def _first(parts: _Parts, wanted: str) -> etree._Element | None:
    return next((child for name, child in parts if name == wanted), None)


def _changed_on(parts: _Parts) -> str:
    """The day of an entry's `lastmod`; empty where it has none in the form of the protocol."""
    changed = _first(parts, "lastmod")
    text = "" if changed is None else text_of(changed)
    return text[:10] if _DAY.match(text) else ""


def _addresses(entry: etree._Element, parts: _Parts) -> Iterator[str]:
    """The addresses of an entry: of its `loc`s, or its own text where it has none, as some generators write it."""
    places = [child for name, child in parts if name == "loc"] or [entry]
    return (address for place in places if (address := resolve_url(text_of(place))))


def _read_text(body: bytes) -> Feed | None:
    """A list of addresses, one a line; `None` where the first line is something else."""
    whole = (line[0].strip() for line in _LINE.finditer(decode_page(body[:MAX_SITEMAP_BYTES], None)))
    lines = [line for line in islice(whole, MAX_ENTRIES) if line]
    if not lines or not lines[0].lower().startswith(("http://", "https://")):
        return None
    addresses = (resolve_url(line) for line in lines[:MAX_SITEMAP_LINKS] if len(line) <= MAX_TEXT_LINE_CHARS)
    found = enumerate(address for address in addresses if address)
    return Feed(
        kind=LinkKind.SITEMAP,
        links=tuple(Link(url=address, kind=LinkKind.SITEMAP, rank=rank) for rank, address in found),
    )


def read_opml(body: bytes) -> tuple[str, ...] | None:
    """The feeds that an outline lists, each once, in its own order; of an outline without feed, its page.

    Returns:
        `None` where it is no OPML; broken OPML is read as far as it goes.

    Source: OPML 2.0 (opml.org), "Subscription lists" and "Inclusion": `xmlUrl`, `htmlUrl`, `url` of type `link`.
    """
    root = parse_xml(body, url="", max_bytes=MAX_OPML_BYTES)
    if root is None or local_name(root) != "opml":
        return None
    found: dict[str, None] = {}
    for element in root.iter(etree.Element):
        if local_name(element) != "outline":
            continue
        is_link = (attribute_of(element, "type") or "").lower() == "link"
        names = ("xmlurl", "url", "htmlurl") if is_link else ("xmlurl", "htmlurl")
        references = (attribute_of(element, name) or "" for name in names)
        if address := next((address for reference in references if (address := resolve_url(reference))), None):
            found.setdefault(address)
    return tuple(found)
