"""Which links are followed, and as what."""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from crawler.model.links import Link, LinkKind
from crawler.model.urls import host_of, site_of, site_of_host
from crawler.model.work import Target


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """The sites of the seeds and what the config adds, the kinds that are followed, and how far.

    A related link may leave the sites by one hop; links of such a page are not followed.
    """

    sites: frozenset[str]
    follow: frozenset[LinkKind]
    max_depth: int
    stay: bool = False
    discover: frozenset[LinkKind] = frozenset()  # FEED, SITEMAP: the listings of the seeds' sites that are looked for
    may_ask: Callable[[str], bool] | None = None  # by host: who may be asked at all; None: everyone

    def targets(
        self, links: Iterable[Link], source: Target, url: str, *, may_follow: bool = True, is_front: bool = False
    ) -> Iterator[Target]:
        """The addresses to visit next.

        Args:
            links: of the document read.
            source: the target that led to it.
            url: its address.
            may_follow: false where the page or its server forbids to follow its links.
            is_front: it is a section page that the user named: all its stories are meant, as those of a feed are.
        """
        if source.foreign or not may_follow:
            return
        for link in links:
            if link.url is None or link.nofollow:
                continue
            is_listed = is_front or link.kind in (LinkKind.FEED, LinkKind.SITEMAP)
            if not is_listed and (link.kind not in self.follow or source.depth >= self.max_depth):
                continue
            if self.may_ask is not None and not self.may_ask(host_of(link.url)):
                continue
            foreign = not self.holds(link.url, seen_at=url)
            if foreign and (self.stay or link.kind is not LinkKind.RELATED):
                continue
            yield Target(
                url=link.url,
                kind=link.kind,
                seed=source.seed,
                depth=source.depth + (not is_listed),
                foreign=foreign,
                found_via=url,
                promised_title=link.title if link.kind is LinkKind.RELATED else None,
                promised_on=(link.published_at or "")[:10] or None if link.kind is LinkKind.RELATED else None,
            )

    def holds(self, url: str, *, seen_at: str) -> bool:
        """Whether an address is in scope: its site is, or is that of the page of the crawl that names it."""
        site = site_of(url)
        return site in self.sites or site == site_of(seen_at)


def sites_of(names: Iterable[str]) -> frozenset[str]:
    """The sites that a config names, as a host or an address."""
    return frozenset(site_of(name) if "://" in name else site_of_host(name.lower()) for name in names)
