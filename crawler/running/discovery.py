"""Where a site lists its own stories: the feeds that its seed pages name, and the sitemaps of its robots.txt.

Only what a seed leads to is looked for, and of sitemaps only the newest: a site may list a million pages, and a crawl
wants what is new.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from crawler.extraction.feeds import Feed
from crawler.model.links import Link, LinkKind
from crawler.model.urls import origin_of, resolve_url, split_url
from crawler.model.work import Purpose, Target
from crawler.running.scope import Scope

FEEDS_A_PAGE = 3  # the site's, its section's; some name one for the comments on each article behind them
SITEMAPS_A_SITE = 5  # that robots.txt names: those for news first
SITEMAPS_AN_INDEX = 5  # the ones that changed last
ITEMS_A_SITEMAP = 500  # the newest; a news sitemap holds two days, which few papers fill with more


def discovered(
    source: Target, url: str, scope: Scope, *, feeds: Sequence[str], sitemaps: Iterable[str]
) -> Iterator[Target]:
    """The listings of a site that a seed leads to, as far as the configuration asks for them.

    Args:
        source: the seed.
        url: its address, redirects followed.
        feeds: what its page names.
        sitemaps: the values of the `Sitemap` lines of its robots.txt (sitemaps.org, "Specifying the Sitemap location").
    """
    if source.kind is not LinkKind.SEED or source.purpose is Purpose.FILE:
        return
    found: list[tuple[str, LinkKind, str]] = []
    if LinkKind.FEED in scope.discover:
        found += ((feed, LinkKind.FEED, url) for feed in feeds[:FEEDS_A_PAGE])
    if LinkKind.SITEMAP in scope.discover:
        robots = f"{origin_of(url)}/robots.txt"
        found += ((sitemap, LinkKind.SITEMAP, robots) for sitemap in _sitemaps(robots, sitemaps))
    for address, kind, found_via in found:
        if address != url and scope.holds(address, seen_at=url):
            yield Target(url=address, kind=kind, seed=source.seed, depth=source.depth, found_via=found_via)


def _sitemaps(robots: str, named: Iterable[str]) -> tuple[str, ...]:
    """What robots.txt names, those for news first; the usual place where it names none."""
    addresses = dict.fromkeys(address for name in named if (address := resolve_url(name, robots)))
    by_news = sorted(addresses, key=lambda address: "news" not in split_url(address).target.lower())
    return tuple(by_news[:SITEMAPS_A_SITE]) or (f"{origin_of(robots)}/sitemap.xml",)


def is_robots_sitemap(source: Target) -> bool:
    """Whether a sitemap is one that robots.txt named, so that it may be an index."""
    return source.kind is LinkKind.SITEMAP and split_url(source.found_via or "").target == "/robots.txt"


def newest(listing: Feed, source: Target) -> Feed:
    """What is followed of a listing: all that the user named, of a sitemap that was discovered the newest."""
    if source.kind is not LinkKind.SITEMAP or _is_of_seed(source):
        return listing
    changed = dict(enumerate(listing.changed_on))
    links = sorted(enumerate(listing.links), key=lambda entry: _day(entry[1], changed.get(entry[0], "")), reverse=True)
    more = sorted(enumerate(listing.more), key=lambda entry: changed.get(entry[0], ""), reverse=True)
    return msgspec.structs.replace(
        listing,
        links=tuple(link for _, link in links[:ITEMS_A_SITEMAP]),
        more=tuple(address for _, address in more[:SITEMAPS_AN_INDEX]),
    )


def _day(link: Link, changed_on: str) -> str:
    return (link.published_at or "")[:10] or changed_on


def _is_of_seed(source: Target) -> bool:
    """Whether a sitemap stands in an index that the user named. By its path: the index may have been redirected."""
    named, index = resolve_url(source.seed), source.found_via or ""
    return named is not None and bool(index) and split_url(named).target == split_url(index).target
