"""The years of other calendars."""

from datetime import date

import pytest

from crawler.extraction.calendars import from_jalali, gregorian_years


@pytest.mark.parametrize(
    ("jalali", "day"),
    [
        ((1348, 1, 1), "1969-03-21"),
        ((1357, 11, 22), "1979-02-11"),
        ((1399, 12, 30), "2021-03-20"),  # a leap year
        ((1403, 1, 1), "2024-03-20"),
        ((1404, 7, 1), "2025-09-23"),
    ],
)
def test_a_persian_day_is_the_one_of_the_almanac(jalali: tuple[int, int, int], day: str) -> None:
    assert from_jalali(*jalali) == date.fromisoformat(day)


@pytest.mark.parametrize("jalali", [(1400, 12, 30), (1403, 7, 31), (1403, 13, 1), (1445, 9, 1)])
def test_a_day_that_the_persian_calendar_does_not_have_is_refused(jalali: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no such"):
        from_jalali(*jalali)


def test_eras_and_han_numerals_are_years_of_ours() -> None:
    assert (
        gregorian_years("令和元年5月1日, 昭和64年1月7日, 二零二四年十月二十日")
        == "2019年5月1日, 1989年1月7日, 2024年10月20日"
    )
