"""What a listing was seen to bring, by the hour of the week, and when it is worth asking again: arithmetic on times.

New items are taken to come at a rate: the listing's own, times what its day of the week and its hour of the day (UTC)
are to the others. 31 numbers learn in days what 168 would learn in months, and a person can read them. All of it fades,
so that a listing that changes its habits is known anew within weeks.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

import msgspec

from crawler.model.links import Link
from crawler.model.urls import canonical_url, fingerprint
from crawler.model.work import PollWishes

HOUR_S, DAY_S = 3_600.0, 86_400.0
HALF_LIFE_S = 14 * DAY_S  # two weekends count in full before they are half forgotten
WATCHED_BEFORE_S = 28 * DAY_S  # what the first poll tells of the past: older items are what a feed keeps for show
PRIOR_ITEMS, PRIOR_H = 1.0, 1.0  # one item in one hour: unknown listings are asked after an hour, then 2, 4, 8, ...
PRIOR_SHARE = 2.0  # items that each day and hour are thought to have brought as the others do
ENOUGH_ITEMS = 1.0  # a poll should bring something; waiting for more was measured to save little, and to cost hours
LEAST_POLL_S = 900.0  # a quarter of an hour: what breaks sooner is found by the next poll, and owners do not notice
LONGEST_POLL_S = DAY_S
SILENCE_SHARE = 0.1  # after ten days of silence a listing is asked less than daily, as it takes longer to be missed
LONGEST_SILENT_S = 7 * DAY_S
MOST_WISHED_S = DAY_S  # a longer `ttl` or `max-age` is a template's, and would be the end of the news
LEAST_HASTE = 0.125
EARLY = 0.125  # of an interval that a poll may come early: a run each night is never a day after the last
MOST_NAMES = 1_000  # of items kept to tell a gap; longer listings are archives
NAME_BYTES = 8
_SLOTS = 31  # 7 days of the week from Monday, then 24 hours


class Rhythm(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What is held of a listing. The numbers of `items` and `hours` are of the 7 days, then of the 24 hours.

    Attributes:
        items: 32-bit floats: new items that came in each slot, faded.
        hours: 32-bit floats: hours that were watched of each slot, faded.
        names: of the items of the last poll, `NAME_BYTES` each.
        haste: shortens the wait; under 1 after a gap.
        since_unix_s: the first poll.
        brought_at_unix_s: the last poll that brought something new; the first poll where none did.
    """

    items: bytes
    hours: bytes
    names: bytes
    at_unix_s: float  # the last poll
    since_unix_s: float
    brought_at_unix_s: float
    wishes: PollWishes = PollWishes()
    haste: float = 1.0
    new: int = 0  # in the last poll
    gaps: int = 0  # polls that shared no item with the one before

    def rate_a_day(self) -> float:
        """New items expected in a day like all others."""
        return _flat_rate(array("f", self.items), array("f", self.hours)) * 24


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """What one poll of a listing brought.

    Attributes:
        names: of the items, `NAME_BYTES` each; None where the listing did not change.
        new_at_unix_s: of each address that nobody had named before: its publication; None where that is not told.
        is_gap: it shares no item with the poll before, so that items may have come and gone between.
        wishes: None where the answer had no listing in it: those of the last one hold.
    """

    at_unix_s: float
    names: bytes | None
    new_at_unix_s: Sequence[float | None]
    is_gap: bool = False
    wishes: PollWishes | None = None


def names_of(links: Iterable[Link]) -> bytes:
    """The first items of a listing, by names short enough to be kept."""
    addresses = islice((link.url for link in links if link.url is not None), MOST_NAMES)
    return b"".join(fingerprint(canonical_url(address))[:NAME_BYTES] for address in addresses)


def is_gap(before: bytes, now: bytes) -> bool:
    """Whether two polls in a row, by the names of their items, share none: others may have come and gone between."""
    return bool(now) and _split(before).isdisjoint(_split(now))


def after_poll(previous: Rhythm | None, poll: Poll) -> Rhythm:
    """What is held of a listing once it was polled again."""
    if previous is None:
        items, hours = array("f", bytes(4 * _SLOTS)), array("f", bytes(4 * _SLOTS))
    else:
        fade = 0.5 ** (max(0.0, poll.at_unix_s - previous.at_unix_s) / HALF_LIFE_S)
        items = array("f", (n * fade for n in array("f", previous.items)))
        hours = array("f", (n * fade for n in array("f", previous.hours)))
    start = _watched_since(previous, poll)
    _count(items, hours, start, poll)
    has_new = bool(poll.new_at_unix_s)
    return Rhythm(
        items=items.tobytes(),
        hours=hours.tobytes(),
        names=poll.names if poll.names is not None else b"" if previous is None else previous.names,
        at_unix_s=poll.at_unix_s,
        since_unix_s=poll.at_unix_s if previous is None else previous.since_unix_s,
        brought_at_unix_s=poll.at_unix_s if previous is None or has_new else previous.brought_at_unix_s,
        wishes=_wishes_after(previous, poll),
        haste=_haste_after(previous, poll),
        new=len(poll.new_at_unix_s),
        gaps=poll.is_gap + (0 if previous is None else previous.gaps),
    )


def next_poll(rhythm: Rhythm) -> tuple[float, float]:
    """When a listing is to be asked again: as soon as something new is to be expected, within bounds and wishes.

    Returns:
        From when on a run takes it, UTC seconds; and the interval, from a quarter of an hour to a day, longer only
        where the publisher rests or the listing has been silent for longer than ten days.
    """
    at = rhythm.at_unix_s
    least_s = max(LEAST_POLL_S, min(rhythm.wishes.least_s or 0.0, MOST_WISHED_S))
    silent_s = at - rhythm.brought_at_unix_s
    longest_s = min(max(LONGEST_POLL_S, silent_s * SILENCE_SHARE), LONGEST_SILENT_S)
    interval_s = max(least_s, _wait_s(rhythm, ENOUGH_ITEMS * rhythm.haste, longest_s))
    since = end_of_rest(rhythm.wishes, at + max(least_s, early(interval_s)))
    return since, max(interval_s, since - at)


def early(interval_s: float) -> float:
    """The part of an interval after which a poll is no longer too early."""
    return interval_s * (1 - EARLY)


def expected_items(rhythm: Rhythm, until_unix_s: float) -> float:
    """How many new items are to be expected since the last poll."""
    rates = _Rates(rhythm)
    return sum(rates.at(start) * hours for start, hours in _hours(rhythm.at_unix_s, until_unix_s))


def end_of_rest(wishes: PollWishes, at_unix_s: float) -> float:
    """The first moment from `at_unix_s` on that is in no hour or day in which a publisher wants to be left alone."""
    if not wishes.rests:
        return at_unix_s
    moment = at_unix_s
    for _ in range(8 * 24):
        when = datetime.fromtimestamp(moment, UTC)
        if when.hour not in wishes.skip_hours and when.weekday() not in wishes.skip_days:
            return moment
        moment = (moment // HOUR_S + 1) * HOUR_S
    return at_unix_s  # all hours of all days: that is no wish that can be kept


def _split(names: bytes) -> set[bytes]:
    return {names[start : start + NAME_BYTES] for start in range(0, len(names), NAME_BYTES)}


class _Rates:
    """New items an hour, by the hour of the week."""

    def __init__(self, rhythm: Rhythm) -> None:
        items, hours = array("f", rhythm.items), array("f", rhythm.hours)
        self._flat = flat = _flat_rate(items, hours)
        # What a slot is to the others: its items beside those that its hours would have brought at the flat rate.
        self._shares = [(n + PRIOR_SHARE) / (h * flat + PRIOR_SHARE) for n, h in zip(items, hours, strict=True)]

    def at(self, unix_s: float) -> float:
        day, hour = _slots(unix_s)
        return self._flat * self._shares[day] * self._shares[hour]


def _flat_rate(items: Sequence[float], hours: Sequence[float]) -> float:
    return (sum(items[:7]) + PRIOR_ITEMS) / (sum(hours[:7]) + PRIOR_H)


def _slots(unix_s: float) -> tuple[int, int]:
    """The day of the week and the hour of the day, as places in `items` and `hours`."""
    hours = int(unix_s // HOUR_S)
    return (hours // 24 + 3) % 7, 7 + hours % 24  # the first of January 1970 was a Thursday


def _hours(start: float, end: float) -> Iterator[tuple[float, float]]:
    """The parts of a span that lie in one hour of the clock: where each begins, and how much of the hour it is."""
    while start < end:
        stop = min((start // HOUR_S + 1) * HOUR_S, end)
        yield start, (stop - start) / HOUR_S
        start = stop


def _watched_since(previous: Rhythm | None, poll: Poll) -> float:
    """From when on a poll shows all that came: the last one, or its oldest item where older ones may have left it."""
    earliest = poll.at_unix_s - WATCHED_BEFORE_S
    if previous is not None:
        earliest = max(previous.at_unix_s, earliest)
        if not poll.is_gap:
            return earliest
    dated = [at for at in poll.new_at_unix_s if at is not None and earliest <= at <= poll.at_unix_s]
    return min(dated) if dated else poll.at_unix_s if previous is None else earliest


def _count(items: "array[float]", hours: "array[float]", start: float, poll: Poll) -> None:
    """Add what a poll brought since `start`, and the time that was watched for it."""
    undated = 0
    for at in poll.new_at_unix_s:
        if at is not None and start <= at <= poll.at_unix_s:
            for slot in _slots(at):
                items[slot] += 1
        else:
            undated += 1
    span_h = (poll.at_unix_s - start) / HOUR_S
    for moment, part_h in _hours(start, poll.at_unix_s):
        for slot in _slots(moment):
            hours[slot] += part_h
            items[slot] += undated * part_h / span_h


def _wait_s(rhythm: Rhythm, enough: float, longest_s: float) -> float:
    """Seconds after the last poll until that many items are to be expected."""
    rates, at, expected = _Rates(rhythm), rhythm.at_unix_s, 0.0
    for start, part_h in _hours(at, at + longest_s):
        rate = rates.at(start)
        if expected + rate * part_h >= enough:
            return start - at + (enough - expected) / rate * HOUR_S
        expected += rate * part_h
    return longest_s


def _haste_after(previous: Rhythm | None, poll: Poll) -> float:
    if previous is None:
        return 1.0
    return max(previous.haste / 2, LEAST_HASTE) if poll.is_gap else min(previous.haste * 1.25, 1.0)


def _wishes_after(previous: Rhythm | None, poll: Poll) -> PollWishes:
    return poll.wishes or (PollWishes() if previous is None else previous.wishes)
