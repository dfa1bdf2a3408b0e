"""When a page that was read is to be read again: arithmetic on times. Who may be asked then is the ledger's word."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from crawler.frontier.rhythm import LEAST_POLL_S, Poll, Rhythm, after_poll, early, names_of, next_poll
from crawler.model.links import LinkKind
from crawler.model.work import Outcome, Purpose, Target, UrlState, Visit, state_after

DAY_S = 86_400.0
LADDER_S = (3_600.0, 6 * 3_600.0, DAY_S, 7 * DAY_S, 30 * DAY_S)  # after publication: corrections come early
GONE_AGAIN_S = (DAY_S / 2, 7 * DAY_S, 30 * DAY_S)  # after it was missed first: to be sure, and should it come back
LONGEST_FILLING_S = 2 * DAY_S  # what came before has left a news sitemap by then

HELD = frozenset({Outcome.SAVED, Outcome.UNCHANGED, Outcome.RESERVED, Outcome.DUPLICATE})  # an article that was read
FAILED = frozenset({Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.BROKEN})  # which may pass


class Revisits(StrEnum):
    """Which pages that were read are asked for again."""

    NONE = "none"
    DUE = "due"
    LISTINGS = "listings"  # feeds, sitemaps and section pages that are due: what is new, and nothing else
    ALL = "all"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """When a page is due again."""

    at_unix_s: float | None  # None: never
    poll_s: float | None = None  # of a listing: its interval
    since_unix_s: float | None = None  # of an article: where its ladder begins
    rhythm: Rhythm | None = None  # of a listing


def plan_revisit(visit: Visit, previous: Plan, new_targets: Sequence[Target]) -> Plan:
    """When the page of a visit is due again.

    Args:
        previous: what its last visit planned; with nothing in it for the first.
        new_targets: addresses that the visit brought and nobody had named before.
    """
    target, outcome = visit.lease.target, visit.outcome
    is_seed = target.kind is LinkKind.SEED
    if target.purpose is not Purpose.PAGE:
        return previous
    if (missing_since := visit.missing_since_unix_s) is not None:
        at = next((missing_since + s for s in GONE_AGAIN_S if missing_since + s > visit.at_unix_s), None)
        return msgspec.structs.replace(previous, at_unix_s=at)
    if target.fill_since_unix_s is not None and previous.poll_s is None:
        return _plan_filling(visit, previous)
    is_front = outcome is Outcome.NOT_ARTICLE and is_seed
    if outcome is Outcome.LISTED or is_front or (outcome is Outcome.UNCHANGED and previous.poll_s):
        return _plan_poll(visit, previous.rhythm, new_targets)
    if outcome in FAILED and previous.poll_s is not None:  # a source that is down comes back
        return msgspec.structs.replace(previous, at_unix_s=visit.at_unix_s + early(previous.poll_s))
    if is_seed and outcome in (Outcome.REDIRECTED, *FAILED):
        # if named again; where it leads has its own plan
        return Plan(at_unix_s=visit.at_unix_s + LEAST_POLL_S, since_unix_s=previous.since_unix_s)
    if outcome in (*HELD, *FAILED):
        since = previous.since_unix_s or min(_published_at(visit) or visit.at_unix_s, visit.at_unix_s)
        has_validators = visit.http is not None and bool(visit.http.etag or visit.http.last_modified)
        is_cheap = outcome in HELD and has_validators
        return Plan(at_unix_s=_next_rung(since, visit.at_unix_s, is_cheap), since_unix_s=since)
    return msgspec.structs.replace(previous, at_unix_s=None)


def state_after_plan(visit: Visit, plan: Plan) -> UrlState:
    """Where a visit leaves its URL: what is to be asked again is not dropped."""
    state = state_after(visit)
    return UrlState.DONE if state is UrlState.DROPPED and plan.at_unix_s is not None else state


def _plan_filling(visit: Visit, previous: Plan) -> Plan:
    """A sitemap that fills a gap is asked when there is one, and again by the next runs where it could not be had."""
    since = previous.since_unix_s or visit.at_unix_s
    if visit.outcome not in FAILED or visit.at_unix_s - since > LONGEST_FILLING_S:
        return Plan(at_unix_s=None)
    return Plan(at_unix_s=visit.at_unix_s + LEAST_POLL_S, since_unix_s=since)


def _plan_poll(visit: Visit, previous: Rhythm | None, new_targets: Sequence[Target]) -> Plan:
    published = {link.url: link.published_at for link in visit.links}
    poll = Poll(
        at_unix_s=visit.at_unix_s,
        names=names_of(visit.links) if visit.outcome is Outcome.LISTED else None,
        new_at_unix_s=[_moment(published.get(target.url)) for target in new_targets],
        is_gap=visit.is_gap,
        wishes=visit.wishes,
    )
    rhythm = after_poll(previous, poll)
    at, poll_s = next_poll(rhythm)
    return Plan(at_unix_s=at, poll_s=poll_s, rhythm=rhythm)


def _next_rung(since: float, now: float, is_cheap: bool) -> float | None:
    """The next rung of the ladder that is not missed yet; those under a day only where a 304 makes them cheap."""
    return next((since + s for s in LADDER_S if since + s > now and (s >= DAY_S or is_cheap)), None)


def _published_at(visit: Visit) -> float | None:
    """When an article came out; of one that tells the day alone, noon of it."""
    if visit.article is None:
        return None
    at, day = visit.article.published_at, visit.article.published_on
    return _moment(at or (None if day is None else f"{day}T12:00:00Z"))


def _moment(text: str | None) -> float | None:
    """UTC seconds of a moment; None of a day, which tells no hour."""
    if text is None or "T" not in text:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
