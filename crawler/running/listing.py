"""What a feed or sitemap brings: targets, what its publisher wishes, and whether items slipped by between two polls."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from crawler.extraction.feeds import Feed
from crawler.frontier.rhythm import is_gap, names_of
from crawler.model.links import LinkKind
from crawler.model.urls import split_url
from crawler.model.work import Outcome, PollWishes, Target, Visit
from crawler.politeness.pacing import parse_max_age
from crawler.running.discovery import is_robots_sitemap, newest
from crawler.running.scope import Scope

MOST_FILLING = 3  # sitemaps that are asked to fill one gap; a site names one for news, or one a language


def with_listing(visit: Visit, listing: Feed, headers: tuple[tuple[str, str], ...], scope: Scope) -> Visit:
    """A visit with what its listing says."""
    source = visit.lease.target
    url = visit.fetched_url or source.url
    was_polled = visit.lease.polled_at_unix_s is not None
    has_gap = was_polled and is_gap(visit.lease.names, names_of(listing.links))
    count = len(listing.links) + len(listing.more)
    listing = newest(listing, source)
    links, since = listing.links, source.fill_since_unix_s
    if since is not None:
        links = tuple(link for link in links if link.published_at is not None and link.published_at >= _day_of(since))
        more = news_sitemaps(listing.more)
    else:
        # an index in an index is against sitemaps.org, and a trap without an end
        more = listing.more if source.kind is not LinkKind.SITEMAP or is_robots_sitemap(source) else ()
    said = ", none of them there at the last poll: some may have come and gone between" if has_gap else ""
    return msgspec.structs.replace(
        visit,
        outcome=Outcome.LISTED,
        why=f"{listing.kind} of {count}{said}",
        links=links,
        targets=(*scope.targets(links, source, url), *_sitemaps(more, visit, scope, since)),
        wishes=wishes_of(listing.wishes, headers),
        is_gap=has_gap,
    )


def filling(visit: Visit, sitemaps: Iterable[str], scope: Scope) -> Visit:
    """A visit that found a gap, with the sitemaps that may tell what came between: news sitemaps hold two days."""
    since = visit.lease.polled_at_unix_s
    if not visit.is_gap or since is None:
        return visit
    more = _sitemaps(news_sitemaps(tuple(sitemaps)), visit, scope, since)
    return msgspec.structs.replace(visit, targets=(*visit.targets, *more))


def news_sitemaps(addresses: Sequence[str]) -> tuple[str, ...]:
    """Those of some sitemaps that are for news by their name; all of a few of which none is."""
    named = tuple(address for address in addresses if "news" in split_url(address).target.lower())
    return (named or (tuple(addresses) if len(addresses) <= MOST_FILLING else ()))[:MOST_FILLING]


def _sitemaps(addresses: Iterable[str], visit: Visit, scope: Scope, since: float | None) -> Iterator[Target]:
    source = visit.lease.target
    url = visit.fetched_url or source.url
    return (
        Target(
            url=address,
            kind=LinkKind.SITEMAP,
            seed=source.seed,
            depth=source.depth,
            found_via=url,
            fill_since_unix_s=since,
        )
        for address in addresses
        if scope.holds(address, seen_at=url)
    )


def _day_of(unix_s: float) -> str:
    """The day, as dates begin with it: some sitemaps tell no time."""
    return datetime.fromtimestamp(unix_s, UTC).date().isoformat()


def wishes_of(said: PollWishes, headers: tuple[tuple[str, str], ...]) -> PollWishes:
    """What a listing wishes, together with how long its server says that an answer stays fresh."""
    fresh_s = parse_max_age(value for name, value in headers if name == "cache-control")
    return msgspec.structs.replace(said, least_s=max(said.least_s or 0.0, fresh_s or 0.0) or None)
