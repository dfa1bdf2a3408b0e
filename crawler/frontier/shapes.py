"""Traps - endless calendars, session ids, faceted queries - told by what they bring, never by their names.

Addresses of one shape are made by one template. When the last of a shape that were visited all brought nothing of
their own, others of it wait for all else of their site; when very many did, no more of it is queued.
"""

import re
from typing import NamedTuple

from crawler.model.links import LinkKind
from crawler.model.urls import split_url
from crawler.model.work import Outcome, Purpose, Target, UrlState, Visit

BARREN_TO_DEFER = 20  # a section of a dozen fronts is no trap
BARREN_TO_DROP = 200  # with nothing new among them; at a site's gap a quarter of an hour of its patience
DEFERRED = 5_000  # added to the priority: behind every depth, before what died with a process

_BARREN = frozenset({Outcome.NOT_ARTICLE, Outcome.DUPLICATE})
_FRUITFUL = frozenset({Outcome.SAVED, Outcome.RESERVED})
_NUMBER = re.compile(r"\d+")
_ID = re.compile(r"[0-9a-f]{8,}|(?=\w*\d)(?=\w*[a-z])\w{6,}")


def shape_of(url: str) -> str:
    """What the template of an address looks like: host, folders with numbers, ids and headlines folded, names of
    parameters. Repeated folders count once, however often they repeat."""
    parts = split_url(url)
    path, _, query = parts.target.partition("?")
    folders = [_folded(folder) for folder in path.lower().split("/") if folder]
    unique = list(dict.fromkeys(folders)) if len(folders) > 5 else folders
    names = sorted({pair.partition("=")[0].lower() for pair in query.split("&") if pair})
    return f"{parts.host}/{'/'.join(unique)}?{'&'.join(names)}"[:300]


def barren_after(barren: int, visit: Visit) -> int:
    """How many of a shape in a row brought nothing, once a visit has ended so."""
    if visit.outcome in _FRUITFUL:
        return 0
    return barren + 1 if visit.outcome in _BARREN else barren


def may_be_trapped(target: Target) -> bool:
    """Whether a target is judged by its shape; what the user named and what the crawl itself needs is not."""
    return target.purpose is Purpose.PAGE and not target.front and target.kind is not LinkKind.SEED


class Judgement(NamedTuple):
    """What becomes of a new address."""

    state: UrlState
    penalty: int  # added to its priority
    outcome: Outcome | None
    why: str | None


FREE = Judgement(UrlState.QUEUED, 0, None, None)


def judged(barren: int) -> Judgement:
    """What becomes of an address whose shape is that barren."""
    if barren < BARREN_TO_DEFER:
        return FREE
    said = f"the last {barren} addresses of its shape brought nothing new"
    if barren < BARREN_TO_DROP:
        return Judgement(UrlState.QUEUED, DEFERRED, None, f"{said}: it waits for all else of its site")
    return Judgement(UrlState.DROPPED, DEFERRED, Outcome.TRAP, said)


def _folded(folder: str) -> str:
    if folder.count("-") >= 3:
        return "-"
    return "x" if _ID.fullmatch(folder) else _NUMBER.sub("0", folder)
