"""What a feed or sitemap brings: targets, what its publisher wishes, and whether items slipped by between two polls."""

import msgspec

from crawler.extraction.feeds import Feed
from crawler.frontier.rhythm import is_gap, names_of
from crawler.model.links import LinkKind
from crawler.model.work import Outcome, PollWishes, Target, Visit
from crawler.politeness.pacing import parse_max_age
from crawler.running.scope import Scope


def with_listing(visit: Visit, listing: Feed, headers: tuple[tuple[str, str], ...], scope: Scope) -> Visit:
    """A visit with what its listing says."""
    source = visit.lease.target
    url = visit.fetched_url or source.url
    more = (
        Target(url=address, kind=LinkKind.SITEMAP, seed=source.seed, depth=source.depth, found_via=url)
        for address in listing.more
        # an index in an index is against sitemaps.org, and a trap without an end
        if source.kind is not LinkKind.SITEMAP and scope.holds(address, seen_at=url)
    )
    has_gap = is_gap(visit.lease.names, names_of(listing.links))
    said = ", none of them there at the last poll: some may have come and gone between" if has_gap else ""
    return msgspec.structs.replace(
        visit,
        outcome=Outcome.LISTED,
        why=f"{listing.kind} of {len(listing.links) + len(listing.more)}{said}",
        links=listing.links,
        targets=(*scope.targets(listing.links, source, url), *more),
        wishes=wishes_of(listing.wishes, headers),
        is_gap=has_gap,
    )


def wishes_of(said: PollWishes, headers: tuple[tuple[str, str], ...]) -> PollWishes:
    """What a listing wishes, together with how long its server says that an answer stays fresh."""
    fresh_s = parse_max_age(value for name, value in headers if name == "cache-control")
    return msgspec.structs.replace(said, least_s=max(said.least_s or 0.0, fresh_s or 0.0) or None)
