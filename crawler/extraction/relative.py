"""Dates that are told by their distance from the moment of reading: "20 hours ago", "gestern, 10:30 Uhr"."""

import re
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

from crawler.extraction.datewords import fold_date, spaced, words

MAX_LINE_CHARS = 120  # with names and places beside the time

_DIGIT = re.compile(r"\d")


class Ago(NamedTuple):
    """What a text says of a moment before that of reading."""

    unit: str  # minutes | hours | days | weeks; months and years tell no day
    number: int


class _Relative(NamedTuple):
    told: re.Pattern[str]
    unit_of: dict[str, str]
    two: dict[str, str]
    near: re.Pattern[str]
    days_of: dict[str, int]


def find_ago(folded: str) -> Ago | None:
    """The distance that `folded` tells, where it tells nothing else."""
    relative = _relative()
    match = relative.told.fullmatch(folded.strip(" .,;:|()[]·•-"))
    if match is None:
        return None
    if two := match["two"]:
        return Ago(relative.two[two], 2)
    count = match["count"] or match["count2"]
    return Ago(relative.unit_of[match["unit"] or match["unit2"]], int(count) if count.isdigit() else 1)


def find_near_day(folded: str, today: date) -> tuple[date, str] | None:
    """The day of "yesterday" at the beginning of `folded`, and what follows it."""
    relative = _relative()
    match = relative.near.match(folded)
    return (today - timedelta(days=relative.days_of[match[1]]), folded[match.end() :]) if match else None


def moment_of(ago: Ago, now: datetime) -> datetime:
    """The moment, in the zone of `now`."""
    return now - timedelta(**{ago.unit: ago.number})


def without_relative(text: str) -> str:
    """A line in lower case, without what it says relative to the moment it is read: "20 hours ago".

    Only of a short line, where it runs on from hour to hour; in a paragraph it is part of what is told.
    """
    if len(text) > MAX_LINE_CHARS or not _DIGIT.search(text):
        return text.lower()
    rest, found = _relative().told.subn("", fold_date(text))
    return rest if found else text.lower()


def _choice(terms: list[str]) -> str:
    return "|".join(sorted(map(re.escape, terms), key=len, reverse=True))


@cache
def _relative() -> _Relative:
    table = words().table
    unit_of = {word: unit for unit, line in table["units"].items() for word in spaced(line)}
    unit, before, after = (
        _choice(terms) for terms in (list(unit_of), spaced(table["ago"]["before"]), spaced(table["ago"]["after"]))
    )
    ones = _choice(spaced(table["ago"]["one"]))
    two = {word: unit for word, _, unit in (pair.partition(":") for pair in spaced(table["ago"]["two"]))}
    told = re.compile(
        rf"(?<![^\W\d])(?:(?:{before})\s+(?:(?P<count>\d{{1,3}}|{ones})\s*(?P<unit>{unit})\b\.?(?:\s(?:{after}))?"
        rf"|(?P<two>{_choice(list(two))}))"
        rf"|(?:for\s)?(?P<count2>\b\d{{1,3}}|\b(?:{ones})(?=\s))\s*(?P<unit2>{unit})\.?\s*(?:{after}))(?![^\W\d_])"
    )
    days_of = {word: int(days) for days, line in table["near_days"].items() for word in spaced(line)}
    near = re.compile(rf"({_choice(list(days_of))})(?![^\W\d_])")
    return _Relative(told, unit_of, two, near, days_of)
