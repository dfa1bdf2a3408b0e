"""Dates as pages, feeds and plain-text articles write them.

What is written is read and nothing is guessed: "07/08/2020" in a language that orders it both ways, or a clock time
without a zone, gives less instead. A table of words (`dates.toml`) stands for what a date library would bring:
dateparser was measured at 1.5-3 ms a string and invents the day of "July 2017"; this takes about 15 us.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple

import msgspec

from crawler.extraction.calendars import from_jalali, gregorian_year, gregorian_years
from crawler.extraction.clocks import Clock, find_clock, hide_clocks, named_zone
from crawler.extraction.datewords import fold_date, offset_zone, words
from crawler.extraction.relative import find_ago, find_near_day, moment_of
from crawler.model.records import Precision

MAX_DATE_CHARS = 120  # the longest real form seen has 62; more is a sentence
EARLIEST_YEAR = 1602  # archives of the oldest newspapers; earlier ones are typing errors, or 1601, where Windows begins
LATEST_YEAR = 2199
EARLIEST_EPOCH_S = 631_152_000  # 1990: no page on the web is older, so smaller numbers count something else
MONTH_FIRST = frozenset({"en-us", "en-ph", "es-us"})  # CLDR: of the languages of the web only these write 12/31
DAY_FIRST_NOT = frozenset({"en", "zh", "ja", "ko", "hu", "lt", "sv", "mn"})  # both orders, or the year first
YEAR_FIRST = frozenset({"zh", "ja", "ko", "hu", "lt", "mn"})  # where "24.03.04" begins with the year
ORDER_UNKNOWN = frozenset({"en-ca", "en-cn", "en-jp", "en-kr", "en-tw", "en-hu", "en-se", "en-lt"})
PLACEHOLDERS = frozenset(  # where clocks begin: Unix, also west of Greenwich; Excel and COM; SQL Server; old templates
    (date(1970, 1, 1), date(1969, 12, 31), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(1753, 1, 1))
)
MAX_WORDS_BETWEEN = 12  # letters between the day and its month
KOREA = timezone(timedelta(hours=9))  # the one zone of the language, without summer time


class ParsedDate(msgspec.Struct, frozen=True, kw_only=True):
    """A date that was read."""

    at: datetime | None  # in UTC; None where no clock time or no zone is known
    on: date  # the day where it was written, in its own zone
    precision: Precision
    local: datetime | None = None  # the clock time as written, naive; None where there was none


class _Context(NamedTuple):
    """What is known beside the text."""

    text: str
    language: str  # in lower case, "" where unknown

    def year(self, year: int) -> int:
        """A year as ours: where Thai is written, high ones are of the Buddhist era."""
        is_thai = self.language.startswith("th") or (not self.text.isascii() and _THAI.search(self.text))
        return gregorian_year(year) if is_thai else year

    def fitting(self, days: list[date]) -> date | None:
        """The one of several days that is of the weekday which the text names."""
        named = [found for word in _WORD.findall(self.text) if (found := words().weekdays.get(word.rstrip(".")))]
        fitting = {day for day in days if day.weekday() in named[0]} if len(named) == 1 else set()
        return fitting.pop() if len(fitting) == 1 else None


_ISO = re.compile(
    r"(\d{4})-(?:0?(\d\d)-(\d\d)|W(\d\d)-?([1-7])|(\d{3}))"
    r"(?:(?:[Tt]|\s+|,\s*)(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,]\d{1,12})?)?)?\s*"
    r"(?:([Zz]|UTC|GMT)|([+-]\d\d:?(?:\d\d)?)[Zz]?)?(?:\[[\w/+-]{1,40}\])?)?"
)
_COMPACT = re.compile(r"(\d{4})(?:(\d\d)(\d\d)|W(\d\d)([1-7])|(?!))(?:T?(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})?)?")
_MONTH_ONLY = re.compile(r"(\d{4})-(\d\d)|-(\d\d)-?(\d\d)")  # ISO 8601:2000, 5.2.1.3, of the second
_EPOCH = re.compile(r"(\d{10})(?:\d{3}|\d{6}|\d{9}|\.\d{1,9})?")
_HAS_DATE = re.compile(r"\d{4}|\d[^\d:]{1,12}\d|[\d〇零一二三四五六七八九元]年|\d년")
_YEAR_THEN = re.compile(
    r"(?<!\d)(\d{4})\s?(?:[-/.年년]|оны)\s?(\d{1,2})\s?(?:[-/.月월]|(?:-?р|\w{3,5})?\sсарын)\s?(\d{1,2})(?!\d)"
)
_YEAR_LAST = re.compile(r"(?<![\d:])(\d{1,2})\s{0,2}([-/.])\s?(\d{1,2})\s{0,2}\2\s?(\d{4}|\d\d(?![\d.:]))(?!\d)")
_VIETNAMESE_NAMES = r"(\d{1,2}|muoi mot|muoi hai|mot|hai|ba|tu|bon|nam|sau|bay|tam|chin|muoi)"
_VIETNAMESE = re.compile(
    rf"(?<!\d)(\d{{1,2}})\s+thang\s+{_VIETNAMESE_NAMES}[\s,]+(?:nam\s+)?(\d{{4}})"
    rf"|\bthang\s+{_VIETNAMESE_NAMES}\s+(\d{{1,2}}),?\s+(\d{{4}})"
)
_VIETNAMESE_NUMBERS = dict(
    zip("mot hai ba tu nam sau bay tam chin muoi".split(), range(1, 11), strict=True),
    **{"bon": 4, "muoi mot": 11, "muoi hai": 12},
)
_THAI = re.compile(r"[ก-๛]")
_LETTERS = r"[^\s\d!-&(-/:-@\[-`{-~‐-―،؛。、・·•«»„“”]+"  # with the marks of Hindi and Thai, which \w leaves out
_WORD = re.compile(rf"{_LETTERS}(?:\.{_LETTERS})?")
_SHORT_YEAR = re.compile(  # RFC 822 and 850, and what else says nothing but a date
    r"(?:[^\W\d_]{2,12}\.?,?\s+)?\d{1,2}(?:\.?\s+|\.\s?|-)[^\W\d_]{3,12}\.?(?:,?\s+|-)('?\d\d)(?:,?\s+\d\d?:\d\d.{0,40})?"
)
_BROKEN = re.compile(r"\d:[a-z]{2}\b(?!\s*\d)|[+-][a-z]{2}:\d|\d:\d{1,2}:\d{1,2}:\d")  # "09:xx", "+zz:00", "1:2:3:4"
_HOURS_OF_NAVIES = re.compile(
    r"(?<![\d:+-])([01]\d|2[0-3])([0-5]\d)(?=\s?(?:gmt|utc|hkt|[ecmp][sd]?t|cest)\b)"
)  # "1415 GMT"
_DAY = re.compile(r"(?<![\d:])(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?(?![\d:])")
_YEAR = re.compile(r"(?<![\d:+-])(1[3-9]\d\d|2[0-6]\d\d)(?![\d:])")
_RANGE_BEFORE = re.compile(r"(?<![\d:])\d{1,2}\.?\s?(?:[-–—/]|to|bis|au|al)\s?$")
_RANGE_AFTER = re.compile(r"\s?[-–—]\s?\d{1,2}(?![\d:.h])")


def parse_date(
    text: str, *, now: datetime | None = None, language: str | None = None, zone: tzinfo | None = None
) -> ParsedDate | None:
    """Read a date in any of the forms that news pages and feeds use.

    Args:
        text: the raw text, with or without a weekday or other words around the date.
        now: when the page was fetched, aware; `None`: relative forms ("20 hours ago") are not read.
        language: BCP 47 of the text; decides "07/08/2020" where no weekday does. `None` leaves it unread unless one
            number is over 12.
        zone: what a clock time without a zone is in; `None`: such a time gives `local` and the day, but no `at`.

    Returns:
        `None` where no whole day is written, where it is ambiguous, impossible, a sentence, or where clocks begin
        (1970-01-01 and its like are what broken templates show). A month in the form of ISO 8601 is its first day,
        with the precision `approximate`.

    Source: RFC 3339, RFC 5322 (3.3, 4.3), RFC 850, ISO 8601, and the wording of pages in some seventy languages.
    """
    text = " ".join(text[: MAX_DATE_CHARS + 1].split()).strip()
    if not 4 <= len(text) <= MAX_DATE_CHARS:
        return None
    folded = fold_date(text)
    try:
        if _HAS_DATE.search(folded) and (read := _whole_date(folded, language, zone)):
            return read if read.on not in PLACEHOLDERS else None
        return _relative(folded, now.astimezone(zone or UTC), zone) if now else None
    except (ValueError, OverflowError):  # the 30th of February, an offset of 99 hours, year 9999 in UTC
        return None


def split_change(text: str) -> tuple[str, str]:
    """What a line says of the publication, and what of a later change: "4 May 2024, updated 5 May" has both.

    A line that names neither tells of the publication. Both are in lower case, and "" where nothing is said.
    """
    folded = " ".join(fold_date(text[: 2 * MAX_DATE_CHARS]).split())
    change = words().updated.search(folded)
    if change is None:
        return text, ""
    before, after = folded[: change.start()], folded[change.start() :]
    if (published := words().published.search(after)) is not None:
        return after[published.start() :], after[: published.start()]
    return (before, after) if any(map(str.isdigit, before)) else ("", after)


def rfc_3339(at: datetime) -> str:
    """A moment as records write it: in UTC, to the second, with `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4_096)  # the blocks of a site show the same days on all its pages
def _whole_date(folded: str, language: str | None, zone: tzinfo | None) -> ParsedDate | None:
    return _from_numbers(folded, zone) or _from_words(folded, language, zone)


def _from_numbers(text: str, zone: tzinfo | None) -> ParsedDate | None:
    """The forms that programs write."""
    text = text.upper()
    if match := _EPOCH.fullmatch(text):
        return _from_epoch(int(match[1]))
    if match := _ISO.fullmatch(text):
        year, month, day, week, weekday, ordinal, hour, minute, second, utc, offset = match.groups()
    elif match := _COMPACT.fullmatch(text):
        year, month, day, week, weekday, hour, minute, second, offset = match.groups()
        ordinal, utc, offset = None, offset if offset == "Z" else None, None if offset == "Z" else offset
    elif match := _MONTH_ONLY.fullmatch(text):
        on = _day(int(match[1]), int(match[2]), 1) if match[1] else _day(_full_year(match[3]), int(match[4]), 1)
        return ParsedDate(at=None, on=on, precision=Precision.APPROXIMATE)
    else:
        return None
    if week:
        on = date.fromisocalendar(int(year), int(week), int(weekday))
    elif ordinal:
        on = date(int(year), 1, 1) + timedelta(days=int(ordinal) - 1)
        if on.year != int(year):
            return None
    else:
        on = _day(int(year), int(month), int(day))
    if hour is None:
        return _only_day(on)
    clock = Clock(int(hour), int(minute or 0), int(second or 0))
    return _timed(on, clock, UTC if utc else offset_zone(offset) if offset else zone)


def _from_epoch(seconds: int) -> ParsedDate | None:
    if seconds < EARLIEST_EPOCH_S:
        return None
    at = datetime.fromtimestamp(seconds, UTC)
    return ParsedDate(at=at, on=at.date(), precision=Precision.MINUTE, local=at.replace(tzinfo=None))


def _from_words(text: str, language: str | None, zone: tzinfo | None) -> ParsedDate | None:
    """A date among words: the day first, then what is left of the text holds clock and zone."""
    if _BROKEN.search(text):
        return None
    if not text.isascii():
        text = gregorian_years(text)
    hours = _HOURS_OF_NAVIES.sub(r"\1:\2", text)
    text = hours if _YEAR.search(hours) else text  # "4 March 2014 EST" has a year there
    if match := _SHORT_YEAR.fullmatch(text):
        text = f"{text[: match.start(1)]}{_full_year(match[1].lstrip(chr(39)))}{text[match.end(1) :]}"
    context = _Context(text, (language or "").lower().replace("_", "-"))
    found = _find_day(text, context)
    if found is None:
        return None
    on, rest = found
    clock = find_clock(rest)
    if clock is None:
        return _only_day(on)
    local = datetime.combine(on, time(clock.hour % 24, clock.minute))
    named = named_zone(rest, clock, local, context.language)
    if named is None and clock.is_korean and zone in (None, UTC):  # UTC is what servers write, not what readers see
        named = KOREA
    return _timed(on, clock, named or zone)


def _relative(folded: str, now: datetime, zone: tzinfo | None) -> ParsedDate | None:
    if ago := find_ago(folded):
        then = moment_of(ago, now)
        exact = then.astimezone(UTC).replace(second=0, microsecond=0) if ago.unit in ("minutes", "hours") else None
        return ParsedDate(at=exact, on=then.date(), precision=Precision.APPROXIMATE)
    near = find_near_day(folded, now.date())
    if near is None or len(near[1]) > 30:
        return None
    clock = find_clock(near[1])
    if clock is None:  # "hier" is yesterday in French and here in German
        return None
    timed = _timed(near[0], clock, zone)
    return ParsedDate(at=timed.at, on=timed.on, precision=Precision.APPROXIMATE, local=timed.local)


def _find_day(text: str, context: _Context) -> tuple[date, str] | None:
    """The day that `text` names and the text without it; `None` where it names none or an ambiguous one."""
    if match := _YEAR_THEN.search(text):
        on = _in_any_calendar(int(match[1]), int(match[2]), int(match[3]), context)
    elif match := _VIETNAMESE.search(text):
        day, name, year = match.group(1, 2, 3) if match[1] else match.group(5, 4, 6)
        on = _day(int(year), int(name) if name.isdigit() else _VIETNAMESE_NUMBERS[name], int(day))
    elif match := _YEAR_LAST.search(text):
        told = None if _RANGE_BEFORE.search(text[: match.start()]) else _ordered(match, context)
        if told is None:
            return None
        on = told
    else:
        return _day_of_named_month(text, context)
    return on, f"{text[: match.start()]} {text[match.end() :]}"


def _in_any_calendar(year: int, month: int, day: int, context: _Context) -> date:
    if year < EARLIEST_YEAR and context.language[:2] in ("fa", "ps", ""):
        return from_jalali(year, month, day)
    return _day(context.year(year), month, day)


def _day_of_named_month(text: str, context: _Context) -> tuple[date, str] | None:
    names = list(_WORD.finditer(text))
    for at, word in enumerate(names):
        after = names[at + 1] if at + 1 < len(names) else None
        for end in (after.end() if after else 0, word.end()):
            month, is_jalali = _month(text[word.start() : end], context) if end else (None, False)
            if month is not None and (
                found := _around_month(text[: word.start()], text[end:], month, is_jalali=is_jalali, context=context)
            ):
                return found
    return None


def _around_month(
    before: str, after: str, month: frozenset[int], *, is_jalali: bool, context: _Context
) -> tuple[date, str] | None:
    rest = f"{before.rstrip('-')} | {after.lstrip('-')}"
    without_clock = hide_clocks(rest)
    year = _YEAR.search(without_clock)
    if year is None:
        return None
    without_year = without_clock[: year.start()] + "    " + without_clock[year.end() :]
    middle = without_year.index("|")
    days = sorted(_DAY.finditer(without_year), key=lambda day: abs(day.start() - middle))
    if not days or abs(days[0].start() - middle) > MAX_WORDS_BETWEEN:  # "May 2019", or a number that is of other words
        return None
    if days[0].end() <= year.start() < middle:  # nobody writes so: "Windows 10 1909 (November update)"
        return None
    if _RANGE_BEFORE.search(without_year[: days[0].start()]) or _RANGE_AFTER.match(without_year[days[0].end() :]):
        return None
    make = from_jalali if is_jalali else _day
    made = [make(context.year(int(year[1])), number, int(days[0][1])) for number in month]
    on = made[0] if len(made) == 1 else context.fitting(made)
    if on is None:
        return None
    spans = sorted((year.span(), days[0].span()))
    return on, rest[: spans[0][0]] + " " + rest[spans[0][1] : spans[1][0]] + " " + rest[spans[1][1] :]


def _month(name: str, context: _Context) -> tuple[frozenset[int] | None, bool]:
    """The numbers that a month's name may mean, and whether it is of the Persian calendar."""
    table = words()
    for form in (name, name.partition(".")[0]):
        if number := table.months.get(form):
            return frozenset((number,)), False
        if meanings := table.contested.get(form):
            told = meanings.get(context.language.partition("-")[0])
            return frozenset((told,) if told else meanings.values()), False
        if number := table.jalali.get(form):
            return frozenset((number,)), True
    return None, False


def _ordered(match: re.Match[str], context: _Context) -> date | None:
    """The day of three numbers, the year last, or of two digits and anywhere."""
    first, separator, second = int(match[1]), match[2], int(match[3])
    language = context.language.partition("-")[0]
    is_short = len(match[4]) == 2
    if is_short and separator != "." and not language and len(match[1]) == 2:
        return None
    if is_short and language in YEAR_FIRST:
        return _day(_full_year(match[1]), second, int(match[4]))
    year = context.year(_full_year(match[4]))
    if first > 12 or first == second:
        return _day(year, second, first)
    if second > 12:
        return _day(year, first, second)
    if (told := context.fitting([_day(year, second, first), _day(year, first, second)])) is not None:
        return told
    if context.language in MONTH_FIRST:
        return _day(year, first, second)
    is_told = (
        language and context.language not in DAY_FIRST_NOT | ORDER_UNKNOWN and language not in DAY_FIRST_NOT - {"en"}
    )
    return _day(year, second, first) if separator == "." or is_told else None  # dots stand day first everywhere


def _full_year(text: str) -> int:
    """RFC 5322, 4.3, for years of two digits: 1950 to 2049."""
    return int(text) if len(text) == 4 else int(text) + (2000 if int(text) < 50 else 1900)


def _day(year: int, month: int, day: int) -> date:
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValueError(f"no year of news: {year}")
    return date(year, month, day)


def _only_day(on: date) -> ParsedDate | None:
    return ParsedDate(at=None, on=on, precision=Precision.DAY) if EARLIEST_YEAR <= on.year <= LATEST_YEAR else None


def _timed(on: date, clock: Clock, zone: tzinfo | None) -> ParsedDate:
    """Midnight may be 24:00, and a leap second (RFC 3339, 5.7) is the second after 59; both are of the next day."""
    leap = clock.second == 60
    if clock.hour == 24 and (clock.minute or clock.second):
        raise ValueError("no such hour: 24")
    local = datetime.combine(on, time(clock.hour % 24, clock.minute, 59 if leap else clock.second))
    local += timedelta(days=clock.hour // 24, seconds=leap)
    at = local.replace(tzinfo=zone).astimezone(UTC) if zone else None
    return ParsedDate(at=at, on=local.date(), precision=Precision.MINUTE if at else Precision.DAY, local=local)
