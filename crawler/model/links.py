"""What a page says of another article."""

from enum import StrEnum
from typing import Annotated

import msgspec


class LinkKind(StrEnum):
    """What a link claims; the first of the page kinds that holds is a link's kind."""

    RELATED = "related"  # the page says it belongs to this story
    RECOMMENDED = "recommended"  # offered to the reader without that claim
    PROMOTED = "promoted"  # most read, latest, more from the section
    INLINE = "inline"  # inside the article's own sentences
    FEED = "feed"  # from here on: said by the crawl itself, not by an article
    SITEMAP = "sitemap"
    SEED = "seed"
    REDIRECT = "redirect"
    CANONICAL = "canonical"


PAGE_KINDS = (LinkKind.RELATED, LinkKind.RECOMMENDED, LinkKind.PROMOTED, LinkKind.INLINE)
CRAWL_KINDS = (LinkKind.FEED, LinkKind.SITEMAP, LinkKind.SEED, LinkKind.REDIRECT, LinkKind.CANONICAL)


class LinkBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Another block of the same page that shows the same link."""

    kind: LinkKind
    heading: str | None
    rank: int


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One article that a page names: under its strongest kind, with the heading and rank of the first block of it."""

    url: Annotated[str | None, msgspec.Meta(description="Absolute http(s) address; null in a plain-text article.")]
    kind: LinkKind
    rank: Annotated[int, msgspec.Meta(ge=0, description="Place in its block, from 0.")] = 0
    heading: str | None = None
    title: str | None = None
    published_at: Annotated[
        str | None, msgspec.Meta(description="RFC 3339 in UTC, or YYYY-MM-DD where the block shows a day only.")
    ] = None
    teaser: str | None = None
    nofollow: bool = False
    also: tuple[LinkBlock, ...] = ()
