"""One link of all the blocks of a page that show it."""

from collections.abc import Iterable

import msgspec

from crawler.extraction.wording import count_words
from crawler.model.links import PAGE_KINDS, Link, LinkBlock

MIN_TITLE_WORDS = 3  # of a title that is taken before a shorter one of another block

_RANKS = {kind: rank for rank, kind in enumerate(PAGE_KINDS)}


def merged(links: list[Link]) -> Link:
    """The link of the strongest kind, with the best title, date and teaser of any block."""
    if len(links) == 1:
        return links[0]
    best = min(links, key=_rank)
    others = [link for link in links if link is not best]
    titles = [link.title for link in (best, *others) if link.title]
    long = (title for title in titles if count_words(title) >= MIN_TITLE_WORDS)
    return msgspec.structs.replace(
        best,
        title=next(long, titles[0] if titles else None),
        published_at=next((link.published_at for link in (best, *others) if link.published_at), None),
        teaser=next((link.teaser for link in (best, *others) if link.teaser), None),
        nofollow=all(link.nofollow for link in links),
        also=tuple(LinkBlock(kind=link.kind, heading=link.heading, rank=link.rank) for link in others),
    )


def in_order(links: Iterable[Link]) -> tuple[Link, ...]:
    """Links by kind, the strongest first; of one kind as they come."""
    return tuple(sorted(links, key=_rank))


def _rank(link: Link) -> int:
    return _RANKS[link.kind]
