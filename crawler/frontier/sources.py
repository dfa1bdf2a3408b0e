"""How sources fare - feeds, sitemaps, section pages, and seeds that were never read: silent, gone, retired.

A source that is gone is not asked every night for ever, nor dropped for one night's accident: it is asked the next
nights, then retired, and asked again once a month.
"""

import sqlite3

import msgspec

from crawler.frontier.revisit import DAY_S, Plan
from crawler.model.links import LinkKind
from crawler.model.work import READ, Outcome, Purpose, UrlState, Visit, state_after

NEXT_NIGHT_S = 20 * 3_600.0  # under a day, since a night's run does not reach each site at the same minute
RETIRES_AFTER_POLLS, RETIRES_AFTER_S = 4, 2.5 * DAY_S  # of 404: a weekend with a broken server is no farewell
RETIRED_AGAIN_S = 29 * DAY_S + NEXT_NIGHT_S


class SourceLife(msgspec.Struct, frozen=True, kw_only=True):
    """How a source fared so far."""

    first_at_unix_s: float  # visit
    new_at_unix_s: float | None = None  # when it last named an address that nobody had named before
    gone_since_unix_s: float | None = None  # the first of the answers in a row that said so
    gone_polls: int = 0  # in a row
    retired_at_unix_s: float | None = None


def may_be_source(visit: Visit, plan: Plan) -> bool:
    """Whether a visit may be one to a source: what is polled, and what the user named."""
    target = visit.lease.target
    return plan.poll_s is not None or (target.kind is LinkKind.SEED and target.found_via is None)


def after_visit(life: SourceLife | None, visit: Visit, plan: Plan, new_targets: int) -> SourceLife | None:
    """How a source fared once a visit has ended so; None for what is no source.

    Args:
        life: what is held of it; asked for where it `may_be_source`.
        plan: when the page is due again, by what it is.
        new_targets: addresses that the visit brought and nobody had named before.
    """
    target = visit.lease.target
    is_unread_seed = target.kind is LinkKind.SEED and target.found_via is None and plan.since_unix_s is None
    has_failed = life is not None or state_after(visit) is UrlState.DROPPED
    if target.purpose is not Purpose.PAGE or visit.outcome is Outcome.REDIRECTED:
        return None
    if plan.poll_s is None and not (is_unread_seed and has_failed):
        return None
    life = life or SourceLife(first_at_unix_s=visit.at_unix_s)
    if new_targets and visit.outcome in READ:  # a robots.txt to be asked first is none
        life = msgspec.structs.replace(life, new_at_unix_s=visit.at_unix_s)
    if visit.outcome in READ:
        return msgspec.structs.replace(life, gone_since_unix_s=None, gone_polls=0, retired_at_unix_s=None)
    if visit.outcome is not Outcome.GONE:
        return life
    since, polls = life.gone_since_unix_s or visit.at_unix_s, life.gone_polls + 1
    is_meant = visit.http is not None and visit.http.status == 410  # RFC 9110, 15.5.11: likely for good
    is_sure = is_meant or (polls >= RETIRES_AFTER_POLLS and visit.at_unix_s - since >= RETIRES_AFTER_S)
    retired_at = life.retired_at_unix_s or (visit.at_unix_s if is_sure else None)
    return msgspec.structs.replace(life, gone_since_unix_s=since, gone_polls=polls, retired_at_unix_s=retired_at)


def plan_of_source(plan: Plan, life: SourceLife | None, visit: Visit) -> Plan:
    """When a source is asked again that could not be read; the plan of others is left as it is."""
    if life is None or plan.at_unix_s is not None or state_after(visit) is not UrlState.DROPPED:
        return plan
    wait_s = NEXT_NIGHT_S if life.retired_at_unix_s is None else RETIRED_AGAIN_S
    return msgspec.structs.replace(plan, at_unix_s=visit.at_unix_s + wait_s)


def life_of(db: sqlite3.Connection, key: bytes) -> SourceLife | None:
    query = "select first_at, new_at, gone_since, gone_polls, retired_at from sources where key = ?"
    row = db.execute(query, (key,)).fetchone()
    return None if row is None else SourceLife(**dict(zip(SourceLife.__struct_fields__, row, strict=True)))


def keep_life(db: sqlite3.Connection, key: bytes, life: SourceLife | None) -> None:
    if life is not None:
        values = (getattr(life, name) for name in SourceLife.__struct_fields__)
        db.execute("insert or replace into sources values(?, ?, ?, ?, ?, ?)", (key, *values))
