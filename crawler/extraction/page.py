"""One page of HTML, from bytes to values: decoded, guarded, parsed once, and read by all readers.

Pages are hostile input: whatever the bytes are, the answer is a `Page`; what cannot be read is absent from it.
"""

import re
from datetime import datetime

import msgspec

from crawler.extraction.anchors import find_sections
from crawler.extraction.article import EXTRACTOR, read_article
from crawler.extraction.canonical import find_canonical
from crawler.extraction.decode import in_utf8
from crawler.extraction.guard import DangerError, safe_html
from crawler.extraction.heads import Heads
from crawler.extraction.related import Evidence
from crawler.extraction.tree import Tree
from crawler.model.records import Article
from crawler.model.urls import canonical_url, resolve_url

__all__ = ("Directives", "Evidence", "Page", "extract", "read_page")

ROBOTS_TOKEN = "related-story-crawler"

_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"})
_NO_AI = frozenset({"noai", "noimageai", "noml", "notrain"})


class Directives(msgspec.Struct, frozen=True, kw_only=True):
    """What meta robots asks, of everyone or of us by name.

    Source: the robots meta tag as search engines document it (2026); RFC 9309 has no such thing.
    """

    noindex: bool = False
    nofollow: bool = False
    noarchive: bool = False


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """All that is read from one page."""

    article: Article  # `article.links` holds the typed links
    directives: Directives = Directives()
    rights: str | None = None  # a reservation that the page declares, in words; None: it declares none
    feeds: tuple[str, ...] = ()  # addresses of its feeds, in its order
    sections: tuple[str, ...] = ()  # of its site, as its menus name them; of a page that is no article
    canonical: str | None = None  # as declared, of the same site and no home page (unless the page is one)
    canonical_refused: str | None = None  # why a declared canonical address was not believed
    evidence: tuple[Evidence, ...] = ()


def extract(html: bytes, url: str, content_type: str | None = None, *, fetched_at: datetime | None = None) -> Article:
    """The article of a page; see `read_page`."""
    return read_page(html, url, content_type, fetched_at=fetched_at).article


def read_page(html: bytes, url: str, content_type: str | None = None, *, fetched_at: datetime | None = None) -> Page:
    """Read a page. Pure: no network, no clock; never raises for what the page holds.

    Args:
        html: the body as it came, content encodings undone.
        url: its absolute http(s) address, which links are resolved against where no `<base>` says otherwise.
        content_type: the `Content-Type` header; `None` where there was none.
        fetched_at: when it came, aware; `None`: dates such as "20 hours ago" are not read.

    Raises:
        ValueError: `url` is no http(s) address.
    """
    own = canonical_url(url)
    try:
        tree = Tree(safe_html(in_utf8(html, content_type)))
    except DangerError as danger:
        return Page(article=Article(url=own, not_article=f"unreadable: {danger}", extractor=EXTRACTOR))
    heads = Heads(tree.parser, url)
    canonical, refused = find_canonical(heads, url)
    known_as = canonical_url(canonical) if canonical else own
    article, found = read_article(tree, heads, url=url, canonical=known_as, fetched_at=fetched_at)
    return Page(
        article=article,
        directives=_directives(heads),
        rights=_rights(heads),
        feeds=_feeds(heads),
        sections=() if article.not_article is None else find_sections(tree, url, heads.base),
        canonical=canonical,
        canonical_refused=refused,
        evidence=found.evidence,
    )


def _directives(heads: Heads) -> Directives:
    asked = {
        word
        for name in ("robots", ROBOTS_TOKEN)
        for content in heads.meta.get(name, ())
        for word in re.split(r"[\s,;]+", content.lower())
    }
    return Directives(
        noindex=not asked.isdisjoint(("noindex", "none")),
        nofollow=not asked.isdisjoint(("nofollow", "none")),
        noarchive="noarchive" in asked,
    )


def _rights(heads: Heads) -> str | None:
    """W3C TDM Reservation Protocol (2024), 4.4; `noai` and its like have no standard but a clear meaning."""
    if heads.first("tdm-reservation") == "1":
        policy = heads.first("tdm-policy")
        return f"meta tdm-reservation, policy {policy[:200]}" if policy else "meta tdm-reservation"
    for content in heads.meta.get("robots", []) + heads.meta.get(ROBOTS_TOKEN, []):
        if reserved := _NO_AI.intersection(re.split(r"[\s,;]+", content.lower())):
            return f"meta robots {', '.join(sorted(reserved))}"
    return None


def _feeds(heads: Heads) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for href, attrs in heads.addresses("alternate"):
        if (attrs.get("type") or "").partition(";")[0].strip().lower() in _FEED_TYPES and (
            feed := resolve_url(href, heads.base)
        ):
            found[feed] = None
    return tuple(found)
