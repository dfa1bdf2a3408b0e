"""Listings: what was seen of them decides when they are asked again, within bounds that nothing breaks."""

import random
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.frontier.rhythm import (
    LEAST_POLL_S,
    LONGEST_POLL_S,
    LONGEST_SILENT_S,
    Poll,
    Rhythm,
    after_poll,
    end_of_rest,
    expected_items,
    is_gap,
    names_of,
    next_poll,
)
from crawler.model.links import Link, LinkKind
from crawler.model.work import PollWishes

MONDAY = 1_799_625_600.0  # 2027-01-11T00:00:00Z
HOUR_S, DAY_S = 3_600.0, 86_400.0


def polled(previous: Rhythm | None, at: float, *new_at: float | None, **fields: object) -> Rhythm:
    poll = Poll(at_unix_s=at, names=None, new_at_unix_s=new_at)
    return after_poll(previous, msgspec.structs.replace(poll, **fields))


def watched(published: list[float], *, days: int, every_s: float = HOUR_S) -> Rhythm:
    """A listing that was polled so often for so many days."""
    rhythm = polled(None, MONDAY)
    for n in range(1, int(days * DAY_S / every_s) + 1):
        at = MONDAY + n * every_s
        rhythm = polled(rhythm, at, *(moment for moment in published if at - every_s < moment <= at))
    return rhythm


def test_a_listing_of_which_nothing_is_known_is_asked_after_an_hour_and_then_less_and_less() -> None:
    rhythm, intervals_s = polled(None, MONDAY), []
    for _ in range(8):
        intervals_s.append(next_poll(rhythm)[1])
        rhythm = polled(rhythm, rhythm.at_unix_s + intervals_s[-1])

    assert (intervals_s[0], intervals_s[-1]) == (HOUR_S, DAY_S)
    assert all(earlier <= later for earlier, later in pairwise(intervals_s))


def test_the_first_poll_already_knows_busy_feeds_from_quiet_ones_by_the_dates_of_their_items() -> None:
    busy = polled(None, MONDAY, *(MONDAY - n * 600.0 for n in range(30)))
    quiet = polled(None, MONDAY, *(MONDAY - n * 3 * DAY_S for n in range(8)))

    assert (next_poll(busy)[1], next_poll(quiet)[1]) == (LEAST_POLL_S, LONGEST_POLL_S)


def test_the_hours_in_which_a_listing_is_busy_are_learned_and_its_nights_and_weekends_left_in_peace() -> None:
    working_hours = [MONDAY + day * DAY_S + hour * HOUR_S + 60 for day in range(28) for hour in range(9, 17)]
    published = [moment for moment in working_hours if (moment - MONDAY) // DAY_S % 7 < 5]
    known = watched(published, days=28)

    def wait_h(day: int, hour: int) -> float:
        return next_poll(polled(known, MONDAY + 28 * DAY_S + day * DAY_S + hour * HOUR_S))[1] / HOUR_S

    assert wait_h(1, 10) < 2
    assert wait_h(1, 17) > 8
    assert wait_h(5, 10) > 12
    assert sum(expected_items(known, MONDAY + (28 + n) * DAY_S) for n in (7,)) == pytest.approx(40, rel=0.15)


def test_a_listing_that_changes_its_habits_is_known_anew_within_weeks() -> None:
    rhythm = watched([MONDAY + n * 1800.0 for n in range(48 * 14)], days=14)
    before = rhythm.rate_a_day()
    for n in range(1, 24 * 28):
        rhythm = polled(rhythm, MONDAY + 14 * DAY_S + n * HOUR_S)

    assert (round(before), rhythm.rate_a_day() < 12) == (48, True)


def test_after_a_gap_it_is_asked_sooner_until_polls_meet_again() -> None:
    rhythm = watched([MONDAY + n * 6 * HOUR_S for n in range(8)], days=2)
    waits = []
    for n, has_gap in enumerate((False, True, True, False, False, False, False)):
        at = MONDAY + 2 * DAY_S + n * HOUR_S
        rhythm = polled(rhythm, at, *([at - 1800.0] if has_gap else []), is_gap=has_gap)
        waits.append(next_poll(rhythm)[1])

    assert waits[0] > waits[1] > waits[2] >= LEAST_POLL_S
    assert waits[6] > waits[2]
    assert rhythm.gaps == 2


def test_a_listing_silent_for_months_is_asked_once_a_week() -> None:
    rhythm, polls = polled(None, MONDAY, MONDAY), 0
    while rhythm.at_unix_s < MONDAY + 200 * DAY_S:
        rhythm = polled(rhythm, rhythm.at_unix_s + next_poll(rhythm)[1])
        polls += 1

    assert (next_poll(rhythm)[1], polls < 70) == (LONGEST_SILENT_S, True)


def test_a_poll_each_night_is_not_missed_for_the_minutes_that_the_last_one_took() -> None:
    quiet = polled(None, MONDAY + 600, MONDAY - 20 * DAY_S)

    since, interval_s = next_poll(quiet)

    assert (interval_s, since <= MONDAY + DAY_S) == (DAY_S, True)


@given(
    st.lists(
        st.tuples(st.floats(0, 40 * DAY_S), st.lists(st.none() | st.floats(-1e12, 1e12), max_size=9), st.booleans())
    ),
    st.builds(
        PollWishes,
        least_s=st.none() | st.floats(0, 1e15),
        skip_hours=st.lists(st.integers(0, 23), max_size=30).map(tuple),
        skip_days=st.lists(st.integers(0, 6), max_size=9).map(tuple),
    ),
)
def test_whatever_a_listing_says_and_does_its_next_poll_lies_in_bounds(
    polls: list[tuple[float, list[float | None], bool]], wishes: PollWishes
) -> None:
    at, rhythm = MONDAY, polled(None, MONDAY, wishes=wishes)
    for after_s, new_at, has_gap in polls:
        at += after_s
        rhythm = polled(rhythm, at, *new_at, is_gap=has_gap)
        since, interval_s = next_poll(rhythm)
        wished_s = min(wishes.least_s or 0.0, DAY_S)

        assert max(LEAST_POLL_S, wished_s) <= since - at + 1e-6
        assert since - at <= interval_s + 1e-6
        assert interval_s <= LONGEST_SILENT_S + 8 * DAY_S
        assert rhythm == msgspec.msgpack.decode(msgspec.msgpack.encode(rhythm), type=Rhythm)


@pytest.mark.parametrize(
    ("hours", "days", "asked_at", "rests_until"),
    [
        ((), (), 5.5, 5.5),
        ((5, 6), (), 5.5, 7),
        ((23, 0), (), 23, 25),
        ((), (0, 1), 5, 48),
        ((0,), (0,), 5, 25),
        (tuple(range(24)), (), 5, 5),  # nobody who publishes means that
    ],
)
def test_publishers_are_left_alone_when_they_ask_for_it(
    hours: tuple[int, ...], days: tuple[int, ...], asked_at: float, rests_until: float
) -> None:
    wishes = PollWishes(skip_hours=hours, skip_days=days)

    assert end_of_rest(wishes, MONDAY + asked_at * HOUR_S) == MONDAY + rests_until * HOUR_S


def test_a_gap_is_two_polls_that_share_no_item() -> None:
    def names(*numbers: int) -> bytes:
        return names_of(Link(url=f"https://a.example/{n}#x", kind=LinkKind.FEED) for n in numbers)

    assert [
        is_gap(before, now)
        for before, now in [
            (names(1, 2), names(2, 3)),
            (names(1, 2), names(3, 4)),
            (b"", names(3)),  # a feed that was empty
            (names(1), b""),
        ]
    ] == [False, True, True, False]


def test_a_busy_month_costs_a_poll_an_item_at_most_and_finds_most_within_half_an_hour() -> None:
    rng, moment, published = random.Random(1), MONDAY, []
    while moment < MONDAY + 28 * DAY_S:
        moment += rng.expovariate(2.0) * HOUR_S
        hour, day = (moment - MONDAY) % DAY_S / HOUR_S, (moment - MONDAY) // DAY_S % 7
        if 8 <= hour < 18 and day < 5:
            published.append(moment)
    rhythm, delays, polls = polled(None, MONDAY), [], 0
    while (at := rhythm.at_unix_s + next_poll(rhythm)[1]) < MONDAY + 28 * DAY_S:
        new = [moment for moment in published if rhythm.at_unix_s < moment <= at]
        delays += [at - moment for moment in new]
        rhythm = polled(rhythm, at, *new)
        polls += 1

    assert polls <= len(published)
    assert sorted(delays)[len(delays) // 2] < 1800
