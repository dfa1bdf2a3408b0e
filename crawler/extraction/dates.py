"""Dates as pages, feeds and plain-text articles write them.

What is written is read and nothing is guessed: "07/08/2020" in a language that orders it both ways, or a clock time
without a zone, gives less instead. A table of words (`dates.toml`) stands for what a date library would bring:
dateparser was measured at 1.5-3 ms a string and invents the day of "July 2017"; this takes about 10 us.
"""

import re
import tomllib
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

from crawler.model.records import Precision

MAX_DATE_CHARS = 120  # the longest real form seen has 62; more is a sentence
EARLIEST_YEAR = 1600  # archives of the oldest newspapers; earlier ones are typing errors
LATEST_YEAR = 2199
EARLIEST_EPOCH_S = 631_152_000  # 1990: no page on the web is older, so smaller numbers count something else
MONTH_FIRST = frozenset({"en-us", "en-ph", "es-us"})  # CLDR: of the languages of the web only these write 12/31
DAY_FIRST_NOT = frozenset({"en", "zh", "ja", "ko", "hu", "lt", "sv", "mn"})  # both orders, or the year first


class ParsedDate(msgspec.Struct, frozen=True, kw_only=True):
    """A date that was read."""

    at: datetime | None  # in UTC; None where no clock time or no zone is known
    on: date  # the day where it was written, in its own zone
    precision: Precision
    local: datetime | None = None  # the clock time as written, naive; None where there was none


class _Words(NamedTuple):
    months: dict[str, int]
    afternoon: frozenset[str]
    halves: frozenset[str]
    zones: dict[str, timezone]
    relative: re.Pattern[str]
    unit_of: dict[str, str]


_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:(?:T|t|\s+|,\s*)(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*"
    r"(?:Z|z|UTC|GMT|([+-])(\d\d):?(\d\d)?)?(Z?))?"
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?(Z)?)?")
_CLOCK = re.compile(
    r"(?<![\d:.])(\d{1,2})\s?(?:[:h]|時|시|点|點|\.(?=\d\d(?!\d|\.\d)))\s?(\d\d)(?!\d)"
    r"(?::(\d\d)(?:\.\d+)?|\s?(?:分|분|min\b)(?:\s?(\d\d)\s?(?:秒|초))?)?(?![:\d])"
)
_OFFSET = re.compile(r"(?:\b(?:gmt|utc)\s?)?([+-])(\d{1,2}):?(\d\d)?\b|\b(?:gmt|utc)\b", re.I)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d\d(?=\s*$))(?!\d)")
_VIETNAMESE = re.compile(
    r"(?<!\d)(\d{1,2})\s+tháng\s+(\d{1,2}|mười một|mười hai|một|hai|ba|tư|bốn|năm|sáu|bảy|tám|chín|mười)"
    r"[\s,]+(?:năm\s+)?(\d{4})",
    re.I,
)
_VIETNAMESE_NUMBERS = dict(
    zip("một hai ba tư năm sáu bảy tám chín mười".split(), range(1, 11), strict=True),
    **{"bốn": 4, "mười một": 11, "mười hai": 12},
)
_LETTERS = r"[^\s\d!-/:-@\[-`{-~‐-―،؛。、・·•«»„“”]+"  # with the marks of Hindi and Thai, which \w leaves out
_WORD = re.compile(rf"{_LETTERS}(?:\.{_LETTERS})?")
_NAMED_CLOCK = re.compile(r"\bat\s+(noon|midnight)\b")
_NAMED_TIMES = {"noon": "at 12:00", "midnight": "at 00:00"}
_US_CLOCK = re.compile(
    r"\d\s?(?:[aApP]\.?[mM]\.?)?\s?\(?(?:([AECMP])T|([AECMP])(?:tlantic|astern|entral|ountain|acific) Time)\b"
)
_US_HOURS = {"A": -4, "E": -5, "C": -6, "M": -7, "P": -8}  # standard time
_KOREAN_HALVES = frozenset(("오전", "오후"))
_KOREA = timezone(timedelta(hours=9))  # the one zone of the language, without summer time
_SHORT_YEAR = re.compile(  # RFC 822
    r"(?:[a-z]{3},\s+)?\d{1,2}\s+[a-z]{3}\s+(\d\d)\s+\d\d?:\d\d(?::\d\d)?\s+(?:[a-z]{1,5}|[+-]\d{4})"
)
_BROKEN = re.compile(r"\d:[a-z]{2}\b|[+-][a-z]{2}:\d|\d:\d{1,2}:\d{1,2}:\d")  # "09:xx", "+zz:00", "1:2:3:4"
_DAY = re.compile(r"(?<![\d:])(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?(?![\d:])")
_YEAR = re.compile(r"(?<![\d:+-])(1[6-9]\d\d|2[01]\d\d)(?![\d:])")


def parse_date(
    text: str, *, now: datetime | None = None, language: str | None = None, zone: tzinfo | None = None
) -> ParsedDate | None:
    """Read a date in any of the forms that news pages and feeds use.

    Args:
        text: the raw text, with or without a weekday or other words around the date.
        now: when the page was fetched, aware; `None`: relative forms ("20 hours ago") are not read.
        language: BCP 47 of the text; decides "07/08/2020". `None` leaves it unread unless one number is over 12.
        zone: what a clock time without a zone is in; `None`: such a time gives `local` and the day, but no `at`.

    Returns:
        `None` where no whole day is written, where it is ambiguous, impossible, or a sentence.

    Source: RFC 3339, RFC 5322 (3.3, 4.3), and the wording of pages in some thirty languages.
    """
    text = " ".join(text[: MAX_DATE_CHARS + 1].split()).strip()
    if not 4 <= len(text) <= MAX_DATE_CHARS:
        return None
    try:
        if text.isascii() and text.isdigit() and len(text) in (10, 13):
            return _from_epoch(int(text[:10]))
        if match := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
            return _from_iso(match, zone)
        return _from_words(text, language, zone) or (_relative(text, now) if now else None)
    except (ValueError, OverflowError):  # the 30th of February, an offset of 99 hours, year 9999 in UTC
        return None


def without_relative(text: str) -> str:
    """`text` without what it says relative to the moment it is read: "20 hours ago"."""
    return _words().relative.sub("", text.lower()) if any(map(str.isdigit, text)) else text.lower()


def rfc_3339(at: datetime) -> str:
    """A moment as records write it: in UTC, to the second, with `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _from_epoch(seconds: int) -> ParsedDate | None:
    if seconds < EARLIEST_EPOCH_S:
        return None
    at = datetime.fromtimestamp(seconds, UTC)
    return ParsedDate(at=at, on=at.date(), precision=Precision.MINUTE, local=at.replace(tzinfo=None))


def _from_iso(match: re.Match[str], zone: tzinfo | None) -> ParsedDate | None:
    year, month, day, hour, minute, second, *rest = match.groups()
    on = _day(int(year), int(month), int(day))
    if on is None:
        return None
    if hour is None:
        return _only_day(on)
    leap = int(second or 0) == 60  # RFC 3339, 5.7: a leap second is the second after 59
    local = datetime.combine(on, time(int(hour), int(minute), 59 if leap else int(second or 0)))
    local += timedelta(seconds=leap)
    if len(rest) == 4 and rest[0]:
        zone = _offset(rest[0], rest[1], rest[2])
    elif match.group().rstrip()[-1] in "ZzCT":
        zone = UTC
    return _timed(local, zone)


def _from_words(text: str, language: str | None, zone: tzinfo | None) -> ParsedDate | None:
    """A date among words: the day first, then what is left of the text holds clock and zone."""
    lowered = _NAMED_CLOCK.sub(lambda named: _NAMED_TIMES[named[1]], text.lower())
    if _BROKEN.search(lowered):
        return None
    if match := _SHORT_YEAR.fullmatch(lowered):
        lowered = f"{lowered[: match.start(1)]}{_full_year(match[1])}{lowered[match.end(1) :]}"
    found = _find_day(lowered, language)
    if found is None:
        return None
    on, rest = found
    clock = _CLOCK.search(rest)
    if clock is None:
        return _only_day(on)
    words = _words()
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or clock[4] or 0)
    halves = _halves_named(rest[: clock.start()], rest[clock.end() :])
    if halves and hour <= 12:
        hour = hour % 12 + (12 if halves & words.afternoon else 0)
    local = datetime.combine(on, time(hour, minute, second))
    after = rest[clock.end() :]
    if offset := _OFFSET.search(after):
        zone = _offset(offset[1], offset[2], offset[3]) if offset[1] else UTC
    elif american := _US_CLOCK.search(text):
        zone = _american(american[1] or american[2], local) or zone
    else:
        named = (words.zones[word] for word in _WORD.findall(after) if word in words.zones)
        zone = next(named, zone or (_KOREA if halves & _KOREAN_HALVES else None))
    return _timed(local, zone)


def _halves_named(before: str, after: str) -> frozenset[str]:
    """The halves of the day that words around a clock name: "am" before it is German, and says "on"."""
    words = {word for word in _WORD.findall(before.replace("晚", " 晚 ")) if not word.isascii()}
    words.update(word.rstrip(".") for word in _WORD.findall(after))
    return _words().halves & words


def _american(letter: str, local: datetime) -> timezone | None:
    """The offset of "ET" and its like; `None` near the changes of the clock before 2007, which had other days.

    Source: 15 U.S.C. 260a, as of 2007: summer time from the second Sunday of March to the first Sunday of November.
    """
    if local.year < 2007 and local.month in (3, 4, 10, 11):
        return None
    first = local.replace(month=3, day=8, hour=2, minute=0, second=0)
    last = local.replace(month=11, day=1, hour=2, minute=0, second=0)
    begins, ends = (day + timedelta(days=(6 - day.weekday()) % 7) for day in (first, last))
    return timezone(timedelta(hours=_US_HOURS[letter] + (begins <= local < ends)))


def _find_day(text: str, language: str | None) -> tuple[date, str] | None:
    """The day that `text` names and the text without it; `None` where it names none or an ambiguous one."""
    if match := _YEAR_FIRST.search(text):
        on = _day(int(match[1]), int(match[2]), int(match[3]))
    elif match := _VIETNAMESE.search(text):
        month = int(match[2]) if match[2].isdigit() else _VIETNAMESE_NUMBERS[match[2]]
        on = _day(int(match[3]), month, int(match[1]))
    elif match := _YEAR_LAST.search(text):
        on = _ordered(int(match[1]), int(match[3]), _full_year(match[4]), match[2], language)
    else:
        return _day_of_named_month(text)
    return (on, f"{text[: match.start()]} {text[match.end() :]}") if on else None


def _day_of_named_month(text: str) -> tuple[date, str] | None:
    months = _words().months
    for word in _WORD.finditer(text):
        month = months.get(word.group()) or months.get(word.group().partition(".")[0])
        if month is None:
            continue
        rest = f"{text[: word.start()].rstrip('-')} | {text[word.end() :].lstrip('-')}"
        without_clock = _CLOCK.sub(lambda clock: " " * len(clock.group()), rest)
        year = _YEAR.search(without_clock)
        if year is None:
            continue
        without_year = without_clock[: year.start()] + "    " + without_clock[year.end() :]
        middle = without_year.index("|")
        days = sorted(_DAY.finditer(without_year), key=lambda day: abs(day.start() - middle))
        if not days or abs(days[0].start() - middle) > 12:  # "May 2019", or a number that belongs to other words
            continue
        on = _day(int(year[1]), month, int(days[0][1]))
        if on is not None:
            spans = sorted((year.span(), days[0].span()))
            rest = rest[: spans[0][0]] + " " + rest[spans[0][1] : spans[1][0]] + " " + rest[spans[1][1] :]
            return on, rest
    return None


def _ordered(first: int, second: int, year: int, separator: str, language: str | None) -> date | None:
    tag = (language or "").lower().replace("_", "-")
    if first > 12 or first == second:
        return _day(year, second, first)
    if second > 12 or tag in MONTH_FIRST:
        return _day(year, first, second)
    if separator == "." or (tag and tag not in DAY_FIRST_NOT and tag.partition("-")[0] not in DAY_FIRST_NOT - {"en"}):
        return _day(year, second, first)  # dots are written day first wherever they are written
    return None


def _full_year(text: str) -> int:
    """RFC 5322, 4.3, for years of two digits: 1950 to 2049."""
    return int(text) if len(text) == 4 else int(text) + (2000 if int(text) < 50 else 1900)


def _day(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if EARLIEST_YEAR <= year <= LATEST_YEAR else None


def _offset(sign: str, hours: str, minutes: str | None) -> timezone:
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if offset > timedelta(hours=14):  # Kiribati is the farthest
        raise ValueError(f"no such offset: {offset}")
    return timezone(-offset if sign == "-" else offset)


def _only_day(on: date) -> ParsedDate:
    return ParsedDate(at=None, on=on, precision=Precision.DAY)


def _timed(local: datetime, zone: tzinfo | None) -> ParsedDate:
    at = local.replace(tzinfo=zone).astimezone(UTC) if zone else None
    precision = Precision.MINUTE if at else Precision.DAY
    return ParsedDate(at=at, on=local.date(), precision=precision, local=local)


def _relative(text: str, now: datetime) -> ParsedDate | None:
    words = _words()
    match = words.relative.fullmatch(text.lower())
    if match is None:
        return None
    unit = words.unit_of[match["unit"] or match["unit2"]]
    then = now.astimezone(UTC) - timedelta(**{unit: int(match["count"] or match["count2"])})
    exact = then.replace(second=0, microsecond=0) if unit in ("minutes", "hours") else None
    return ParsedDate(at=exact, on=then.date(), precision=Precision.APPROXIMATE)


@cache
def _words() -> _Words:
    table = tomllib.loads(files(__package__).joinpath("dates.toml").read_text("utf-8"))
    months: dict[str, int] = {}
    for line in table["months"].values():
        for number, forms in enumerate(line.split(), 1):
            for form in forms.split("/"):
                months.setdefault(form, number)  # "mar" and its like mean one month in every language that has them
    zones = {name: _offset(offset[0], offset[1:3], offset[4:]) for name, offset in table["zones"].items()}
    unit_of = {word: unit for unit, line in table["units"].items() for word in line.split()}
    unit = "|".join(sorted(map(re.escape, unit_of), key=len, reverse=True))
    after = "|".join(map(re.escape, table["ago"]["after"].split()))
    relative = re.compile(
        rf"(?:(?:vor|il y a|hace|há)\s+(?P<count>\d{{1,3}})\s*(?P<unit>{unit})\.?"
        rf"|(?P<count2>\d{{1,3}})\s*(?P<unit2>{unit})\.?\s*(?:{after}))"
    )
    halves = {half: frozenset(line.split()) for half, line in table["halves"].items()}
    return _Words(months, halves["pm"], halves["pm"] | halves["am"], zones, relative, unit_of)
