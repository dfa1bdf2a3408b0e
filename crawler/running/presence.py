"""Whether the page of a written article is still there: told once when it goes away, and once when it is back."""

from collections.abc import Iterable, Mapping

import msgspec

from crawler.frontier.contract import HeldArticle, Missing
from crawler.model.urls import url_id
from crawler.model.work import Outcome, Visit

SURE_AFTER_S = 36_000.0  # 404 may be a slip that is mended within hours (RFC 9110, 15.5.5); the next night it is none
MEANT = frozenset({410, 451})  # said on purpose (RFC 9110, 15.5.11; RFC 7725, 3): believed at once
THERE = frozenset({Outcome.SAVED, Outcome.UNCHANGED, Outcome.RESERVED})


class Change(msgspec.Struct, frozen=True):
    """A page that went away, or came back."""

    article: HeldArticle
    is_gone: bool
    since_unix_s: float  # of the first answer in a row that had no page


def asked_ids(visits: Iterable[Visit]) -> set[str]:
    """The ids of the addresses whose answers may say whether an article is there."""
    pages = (v for v in visits if v.asked and v.fetched_url is not None)
    return {url_id(v.fetched_url or "") for v in pages if v.outcome is Outcome.GONE or v.outcome in THERE}


class Presence:
    """Follows the articles of one group of visits.

    Attributes:
        changed: the articles that are missing, as they are to be kept, by id.
        back: the ids of those that are missing no more.
    """

    def __init__(self, missing: Mapping[str, Missing]) -> None:
        self._missing = dict(missing)
        self.changed: dict[str, Missing] = {}
        self.back: set[str] = set()

    def read(self, visit: Visit, held: HeldArticle | None) -> tuple[Visit, Change | None]:
        """What a visit says of an article.

        Args:
            held: the article that was written of the address; None where there is none.

        Returns:
            The visit, which knows since when the page is missing, and the change that is to be told.
        """
        if held is None or not visit.asked or url_id(visit.fetched_url or held.url) not in (held.fetched_id, held.id):
            return visit, None  # that another name of it leads nowhere does not say that the page is gone
        if visit.outcome is Outcome.GONE:
            return self._missed(visit, held)
        missing = self._missing.pop(held.id, None) if visit.outcome in THERE else None
        if missing is None:
            return visit, None
        self.changed.pop(held.id, None)
        self.back.add(held.id)
        return visit, Change(held, False, missing.since_unix_s) if missing.is_told else None

    def _missed(self, visit: Visit, held: HeldArticle) -> tuple[Visit, Change | None]:
        before = self._missing.get(held.id)
        since = visit.at_unix_s if before is None else before.since_unix_s
        is_meant = visit.http is not None and visit.http.status in MEANT
        is_sure = is_meant or visit.at_unix_s - since >= SURE_AFTER_S
        was_told = before is not None and before.is_told
        self._missing[held.id] = self.changed[held.id] = Missing(
            id=held.id, since_unix_s=since, is_told=was_told or is_sure
        )
        self.back.discard(held.id)
        visit = msgspec.structs.replace(visit, missing_since_unix_s=since)
        return visit, Change(held, True, since) if is_sure and not was_told else None
