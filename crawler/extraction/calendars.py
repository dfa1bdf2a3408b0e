"""Other calendars in the days of ours: the Persian solar year, the Buddhist era, Japanese and Taiwanese eras."""

import re
from datetime import date, timedelta

BUDDHIST_AHEAD = 543  # years; Thailand, since its year begins in January (1941)
FIRST_BUDDHIST, LAST_BUDDHIST = 2484, 2700
FIRST_JALALI, LAST_JALALI = 1304, 1420  # since the calendar is law; from 1421 on a year is the Islamic one of 2000
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}  # the year before the first of each
_ERA = re.compile(rf"({'|'.join(_ERAS)})\s?(\d{{1,3}}|元)\s?年")
_HAN_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_HAN_DATE = re.compile(r"[〇零一二三四五六七八九]{4}年[一二三四五六七八九十]{1,3}月[一二三四五六七八九十]{1,3}[日号號]")
_HAN_NUMBER = re.compile(r"([一二三四五六七八九])?十([一二三四五六七八九])?")


def gregorian_years(text: str) -> str:
    """`text` with years of Japanese and Taiwanese eras, and dates in Han numerals, as ours: "令和6年" is "2024年"."""
    text = _HAN_DATE.sub(lambda match: _from_han(match[0]), text)
    return _ERA.sub(lambda match: f"{_ERAS[match[1]] + (1 if match[2] == '元' else int(match[2]))}年", text)


def _from_han(text: str) -> str:
    text = _HAN_NUMBER.sub(
        lambda match: str(
            10 * int((match[1] or "一").translate(_HAN_DIGITS)) + int((match[2] or "零").translate(_HAN_DIGITS))
        ),
        text,
    )
    return text.translate(_HAN_DIGITS)


def gregorian_year(year: int) -> int:
    """A year of the Buddhist era as ours; other years as they are."""
    return year - BUDDHIST_AHEAD if FIRST_BUDDHIST <= year <= LAST_BUDDHIST else year


def from_jalali(year: int, month: int, day: int) -> date:
    """The day of a date of the Persian solar calendar.

    Raises:
        ValueError: there is no such day.

    Source: the rule of 33 years, of which those with these remainders are leap years; equal to the astronomical one
    for the years that are let through (1304 to 1420).
    """
    if not (FIRST_JALALI <= year <= LAST_JALALI and 1 <= month <= 12):
        raise ValueError(f"no such year or month: {year}/{month}")
    is_leap = _is_leap(year)
    length = 31 if month <= 6 else 30 if month < 12 or is_leap else 29
    if not 1 <= day <= length:
        raise ValueError(f"no such day: {year}/{month}/{day}")
    before = sum(366 if _is_leap(past) else 365 for past in range(FIRST_JALALI, year))
    within = 31 * (month - 1) - max(0, month - 7) + day - 1
    return date(1925, 3, 21) + timedelta(days=before + within)  # the first of Farvardin 1304


def _is_leap(year: int) -> bool:
    return year % 33 in (1, 5, 9, 13, 17, 22, 26, 30)
