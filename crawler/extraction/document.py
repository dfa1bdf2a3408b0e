"""What a body holds - a page, a feed, a sitemap - told apart by its bytes rather than by its name or label."""

from datetime import datetime

from crawler.extraction.feeds import Feed, read_feed
from crawler.extraction.page import Page, read_page
from crawler.extraction.sitemaps import read_sitemap

Document = Page | Feed

HEAD_BYTES = 2048  # of a body, in which its root element shows
_HTML_SIGNS = (b"<html", b"<!doctype html", b"<head", b"<body")
_XML_SIGNS = (b"<?xml", b"<rss", b"<feed", b"<rdf", b"<urlset", b"<sitemapindex", b"<channel")


def read_document(
    body: bytes, url: str, content_type: str | None = None, *, fetched_at: datetime | None = None
) -> Document:
    """Read a body as what it is; what is neither feed nor sitemap is a page. Never raises on hostile input.

    Args:
        body: content decoded.
        url: its address, for relative links.
        content_type: the header, a hint for the encoding only.
        fetched_at: when it was fetched, for relative dates; None leaves those unread.
    """
    if is_listing(body):
        listing = read_feed(body, url, content_type) or read_sitemap(body, url)
        if listing is not None:
            return listing
    return read_page(body, url, content_type, fetched_at=fetched_at)


def is_listing(body: bytes) -> bool:
    """Whether a body may be a feed or a sitemap; cheap, so that pages are not parsed as XML first."""
    head = body[:HEAD_BYTES].lstrip(b"\xef\xbb\xbf\xfe\xff\0 \t\r\n").replace(b"\0", b"").lower()
    if any(sign in head for sign in _HTML_SIGNS):
        return False
    return head.startswith((b"{", b"\x1f\x8b", b"http://", b"https://")) or any(sign in head for sign in _XML_SIGNS)
