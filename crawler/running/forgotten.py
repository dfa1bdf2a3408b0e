"""Visits without what was forgotten: what other pages say of it does not bring it back."""

from collections.abc import Callable, Iterable

import msgspec

from crawler.model.links import Link
from crawler.model.work import Outcome, Visit
from crawler.running.decide import STORY_PREFIX, link_id

IsForgotten = Callable[[str], bool]


def without_forgotten(visit: Visit, is_forgotten: IsForgotten) -> Visit:
    """The visit as it may be written."""
    article = visit.article
    if article is not None and (is_forgotten(article.url) or is_forgotten(visit.fetched_url or "")):
        # another address of it, by its own word: the answer may not be archived either
        return msgspec.structs.replace(
            visit, outcome=Outcome.FORGOTTEN, why=None, article=None, links=(), targets=(), answer=None
        )
    links = _kept(visit.links, is_forgotten)
    if len(links) != len(visit.links) and visit.outcome is Outcome.REDIRECTED:
        return msgspec.structs.replace(visit, why="to an address that was forgotten", links=links, targets=())
    if article is not None and len(kept := _kept(article.links, is_forgotten)) != len(article.links):
        article = msgspec.structs.replace(article, links=kept)
    elif len(links) == len(visit.links):
        return visit
    return msgspec.structs.replace(visit, article=article, links=links)


def _kept(links: Iterable[Link], is_forgotten: IsForgotten) -> tuple[Link, ...]:
    return tuple(link for link in links if not is_forgotten(_named_by(link)))


def _named_by(link: Link) -> str:
    return link.url or f"{STORY_PREFIX}{link_id(link) or ''}"
