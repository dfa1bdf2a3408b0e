"""When a page that was read is to be read again: arithmetic on times. Who may be asked then is the ledger's word."""

from datetime import datetime
from enum import StrEnum

import msgspec

from crawler.model.links import LinkKind
from crawler.model.work import Outcome, Purpose, UrlState, Visit, state_after

LEAST_POLL_S = 900.0  # a quarter of an hour: what breaks sooner is found by the next poll, and owners do not notice
FIRST_POLL_S = 3_600.0
LONGEST_POLL_S = 86_400.0
QUICKER, SLOWER = 0.5, 1.5  # a listing that brought something is asked sooner, one that did not later
DAY_S = 86_400.0
LADDER_S = (3_600.0, 6 * 3_600.0, DAY_S, 7 * DAY_S, 30 * DAY_S)  # after publication: corrections come early
GONE_AGAIN_S = (DAY_S / 2, 7 * DAY_S, 30 * DAY_S)  # after it was missed first: to be sure, and should it come back


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


def plan_revisit(visit: Visit, previous: Plan, new_targets: int) -> Plan:
    """When the page of a visit is due again.

    Args:
        previous: what its last visit planned; with nothing in it for the first.
        new_targets: addresses that the visit brought and nobody had named before.
    """
    target = visit.lease.target
    if target.purpose is not Purpose.PAGE:
        return previous
    if (missing_since := visit.missing_since_unix_s) is not None:
        at = next((missing_since + s for s in GONE_AGAIN_S if missing_since + s > visit.at_unix_s), None)
        return msgspec.structs.replace(previous, at_unix_s=at)
    is_front = visit.outcome is Outcome.NOT_ARTICLE and target.kind is LinkKind.SEED
    is_moved = visit.outcome is Outcome.REDIRECTED and target.kind is LinkKind.SEED
    if visit.outcome is Outcome.LISTED or is_front or (visit.outcome is Outcome.UNCHANGED and previous.poll_s):
        poll_s = _poll_s(previous.poll_s, new_targets)
        return Plan(at_unix_s=visit.at_unix_s + poll_s, poll_s=poll_s)
    if is_moved:
        return Plan(at_unix_s=visit.at_unix_s + LEAST_POLL_S)  # if named again; where it leads has its own plan
    if visit.outcome in (Outcome.SAVED, Outcome.UNCHANGED, Outcome.RESERVED, Outcome.DUPLICATE):
        since = previous.since_unix_s or _published_at(visit) or visit.at_unix_s
        has_validators = visit.http is not None and bool(visit.http.etag or visit.http.last_modified)
        return Plan(at_unix_s=_next_rung(since, visit.at_unix_s, has_validators), since_unix_s=since)
    return Plan(at_unix_s=None, poll_s=previous.poll_s, since_unix_s=previous.since_unix_s)


def state_after_plan(visit: Visit, plan: Plan) -> UrlState:
    """Where a visit leaves its URL: what is to be asked again is not dropped."""
    state = state_after(visit)
    return UrlState.DONE if state is UrlState.DROPPED and plan.at_unix_s is not None else state


def _poll_s(previous_s: float | None, new_targets: int) -> float:
    if previous_s is None:
        return FIRST_POLL_S
    return min(max(previous_s * (QUICKER if new_targets else SLOWER), LEAST_POLL_S), LONGEST_POLL_S)


def _next_rung(since: float, now: float, has_validators: bool) -> float | None:
    """The next rung of the ladder that is not missed yet; those under a day only where a 304 makes them cheap."""
    return next((since + s for s in LADDER_S if since + s > now and (s >= DAY_S or has_validators)), None)


def _published_at(visit: Visit) -> float | None:
    if visit.article is None or visit.article.published_at is None:
        return None
    try:
        return datetime.fromisoformat(visit.article.published_at).timestamp()
    except ValueError:
        return None
