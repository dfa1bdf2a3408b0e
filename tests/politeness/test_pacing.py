"""Pauses: the longest wish wins, and nothing is shortened that the site itself said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model.work import POLICY, Outcome
from crawler.politeness.pacing import (
    MOST_RETRY_AFTER_S,
    MOST_STRIKES,
    crawl_delay_note,
    parse_retry_after,
    pause_s,
    strikes_after,
)

NOW_UNIX_S = 1_795_478_400.0  # 2026-11-24 00:00:00 UTC
seconds = st.floats(min_value=0, max_value=1e9)


def pause(
    *,
    gap_s: float = 5.0,
    crawl_delay_s: float | None = None,
    latency_s: float = 0.1,
    retry_after_s: float | None = None,
    strikes: int = 0,
    is_local: bool = False,
) -> float:
    return pause_s(
        gap_s=gap_s,
        crawl_delay_s=crawl_delay_s,
        latency_s=latency_s,
        retry_after_s=retry_after_s,
        strikes=strikes,
        is_local=is_local,
    )


def test_the_longest_wish_wins() -> None:
    assert [
        pause(),
        pause(crawl_delay_s=10),
        pause(crawl_delay_s=1),
        pause(crawl_delay_s=99_999),
        pause(crawl_delay_s=-5),
        pause(latency_s=3),
        pause(latency_s=60),
        pause(retry_after_s=7_200),
        pause(retry_after_s=0),
        pause(gap_s=900),
    ] == [5, 10, 5, 300, 5, 15, 30, 7_200, 5, 900]


def test_each_strike_doubles_the_pause_up_to_five_minutes() -> None:
    assert [pause(strikes=strikes) for strikes in range(9)] == [5, 5, 10, 20, 40, 80, 160, 300, 300]


def test_a_public_site_is_never_asked_more_than_once_a_second() -> None:
    assert [pause(gap_s=0, latency_s=0), pause(gap_s=0.2, latency_s=0), pause(gap_s=0, strikes=2)] == [1, 1, 2]


def test_a_gap_of_zero_turns_off_the_pause_for_latency_of_a_local_site_and_nothing_else() -> None:
    assert [
        pause(gap_s=0, latency_s=9, is_local=True),
        pause(gap_s=0.5, latency_s=1, is_local=True),
        pause(gap_s=0, crawl_delay_s=3, is_local=True),
        pause(gap_s=0, strikes=1, is_local=True),
        pause(gap_s=0, retry_after_s=8, is_local=True),
    ] == [0, 5, 3, 1, 8]


@given(
    gap_s=st.floats(min_value=0, max_value=3600),
    crawl_delay_s=st.none() | st.floats(min_value=-1e9, max_value=1e9),
    latency_s=seconds,
    retry_after_s=st.none() | seconds,
    strikes=st.integers(min_value=0, max_value=10_000),
    is_local=st.booleans(),
)
def test_a_pause_stays_in_bounds(
    gap_s: float,
    crawl_delay_s: float | None,
    latency_s: float,
    retry_after_s: float | None,
    strikes: int,
    is_local: bool,
) -> None:
    got_s = pause(
        gap_s=gap_s,
        crawl_delay_s=crawl_delay_s,
        latency_s=latency_s,
        retry_after_s=retry_after_s,
        strikes=strikes,
        is_local=is_local,
    )

    told_s = min(retry_after_s or 0.0, MOST_RETRY_AFTER_S)
    assert max(gap_s, told_s, 0.0 if is_local else 1.0) <= got_s <= max(gap_s, told_s, 300.0)


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("120", 120.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("99999999999999999999", 86_400.0),
        ("Tue, 24 Nov 2026 00:02:00 GMT", 120.0),
        ("Tuesday, 24-Nov-26 00:02:00 GMT", 120.0),
        ("Mon, 23 Nov 2026 00:00:00 GMT", 0.0),
        ("Fri, 24 Nov 2099 00:00:00 GMT", 86_400.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("9" * 5_000, None),
        ("Tue, 99 Foo 2026 99:99:99 GMT", None),
        ("Tue, 24 Nov 99999 00:00:00 GMT", None),
        ("١٢٠", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(value: str | None, wait_s: float | None) -> None:
    assert parse_retry_after(value, now_unix_s=NOW_UNIX_S) == wait_s


@given(
    st.text(max_size=70) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d [-+A-Z0-9]{3,5}")
)
def test_any_retry_after_is_read_or_passed_over(value: str) -> None:
    wait_s = parse_retry_after(value, now_unix_s=NOW_UNIX_S)

    assert wait_s is None or 0 <= wait_s <= MOST_RETRY_AFTER_S


def test_a_failure_adds_a_strike_an_answer_takes_one_and_a_visit_without_request_leaves_them() -> None:
    got = {outcome: strikes_after(3, outcome) - 3 for outcome in Outcome}

    assert {outcome for outcome, change in got.items() if change == 1} == {
        outcome for outcome in Outcome if POLICY[outcome].slows_host
    }
    assert {outcome for outcome, change in got.items() if change == 0} == {
        Outcome.NEEDS_FILE,
        Outcome.ROBOTS_DENIED,
        Outcome.ROBOTS_UNREACHABLE,
        Outcome.BAD_URL,
        Outcome.BLOCKED_ADDRESS,
    }


def test_strikes_stay_in_bounds() -> None:
    assert (strikes_after(0, Outcome.SAVED), strikes_after(MOST_STRIKES, Outcome.TIMEOUT)) == (0, MOST_STRIKES)


def test_a_crawl_delay_that_is_not_kept_is_told() -> None:
    assert [crawl_delay_note(delay_s) for delay_s in (None, 0, 300, 4000.0)] == [
        None,
        None,
        None,
        "Crawl-delay asks for 4000 s; at most 300 s are kept",
    ]
