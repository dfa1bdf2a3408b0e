"""Clock times and zones among the words of a date: "10.30 Uhr", "오후 3시", "5:06 p.m. ET", "14h40"."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from crawler.extraction.datewords import offset_zone, words

_LETTERS = r"[^\s\d!-/:-@\[-`{-~‐-―،؛。、・·•«»„“”]+"
_WORD = re.compile(rf"{_LETTERS}(?:\.{_LETTERS})*")
_CLOCK = re.compile(
    r"(?<![\d:.])(\d{1,2})\s?(?:[:h]|時|时|시|点|點|\.(?=\d\d(?!\d|\.\d)))\s?(\d\d)(?!\d)"
    r"(?::(\d\d)(?:\.\d+)?|\s?(?:分|분|min\b)(?:\s?(\d\d)\s?(?:秒|초))?)?(?![:\d])"
)
_HOUR_AND_MINUTES = re.compile(  # "7 hours 10 minutes" of the clock, in words
    r"(?<![\d:.])(\d{1,2})\s?(?:시|時|时|点|點|гадзін|час\w*|годин\w*|ωρες|gio|g(?=\s?\d)|uhr)\s?"
    r"(?:(\d{1,2})\s?(?:분|分|хвілін|минут\w*|хвилин\w*|phut|$|(?=\D)))?"
)
_BARE_HOUR = re.compile(r"(?<![\d:.,/-])(\d{1,2})\s?(?:(h)(?:rs?|eures?)?(?![a-z\d])|(?=[ap]\.?m\b))")
_OFFSET = re.compile(
    r"\s*(?:[ap]\.?m\.?)?[\s,(]*(?:\b(?:gmt|utc)\s?)?([+-])\s?(\d{1,2})(?::?(\d\d))?(?![\d.])|\W*\b(?:gmt|utc|z)\b"
)
_FAR_OFFSET = re.compile(r"\b(?:gmt|utc)\s?([+-])\s?(\d{1,2})(?::?(\d\d))?(?!\d)|\b(?:gmt|utc)\b")
_US_ZONE = re.compile(
    r"\W*(?:[ap]\.?m\.?)?\W*(?:([aecmp])t|([aecmp])(?:tlantic|astern|entral|ountain|acific)(?: time)?)\b"
)
_US_HOURS = {"a": -4, "e": -5, "c": -6, "m": -7, "p": -8}  # standard time
_BESIDE = frozenset("uhr h hrs time local us hora ora час часов г p a m".split())  # between a clock and its zone
_HALVES_OF_ASIA = re.compile("上午|下午|午前|午後|晚上|晚|早上|凌晨|清晨|傍晚|中午|夜|오전|오후|저녁|새벽|아침|밤")
_KOREAN = re.compile("오전|오후|저녁|새벽|아침|밤")


class Clock(NamedTuple):
    """A time of the day as written, and where it stands."""

    hour: int
    minute: int
    second: int = 0
    start: int = 0
    end: int = 0
    is_korean: bool = False


def find_clock(text: str) -> Clock | None:
    """The first clock time of a folded text from which the day was taken."""
    match = _CLOCK.search(text) or _HOUR_AND_MINUTES.search(text) or _BARE_HOUR.search(text)
    if match is None:
        return _named_hour(text)
    told = match.groups()
    is_bare = match.re is _BARE_HOUR
    hour = int(told[0])
    minute = 0 if is_bare else int(told[1] or 0)
    second = int(told[2] or told[3] or 0) if match.re is _CLOCK else 0
    before, after = text[: match.start()], text[match.end() :]
    halves = _halves(before, after)
    table = words()
    if halves and hour <= 12:
        hour = hour % 12 + (12 if halves & table.afternoon else 0)
    return Clock(hour, minute, second, match.start(), match.end(), bool(_KOREAN.search(before)))


def hide_clocks(text: str) -> str:
    """`text` with blanks in the place of clock times, so that their numbers are no days."""
    for pattern in (_CLOCK, _HOUR_AND_MINUTES, _BARE_HOUR):
        text = pattern.sub(lambda clock: " " * len(clock[0]), text)
    return text


def named_zone(text: str, clock: Clock, local: datetime, language: str) -> timezone | None:
    """The zone that stands after a clock time; `None` where none does, or one whose name means several."""
    after = text[clock.end :]
    if offset := _OFFSET.match(after) or _FAR_OFFSET.search(after):
        return offset_zone(f"{offset[1]}{offset[2]}{offset[3] or ''}") if offset[1] else UTC
    if american := _US_ZONE.match(after):
        return _american(american[1] or american[2], local)
    table = words()
    for word in _WORD.findall(after):
        if word.rstrip(".") in table.morning | table.afternoon | _BESIDE:
            continue
        if regional := table.regional_zones.get(word):
            told = next((regional[part] for part in language.split("-") if part in regional), None)
            if told is not None or word not in table.zones:
                return told
        return table.zones.get(word)  # what follows other words is of those: "10:30, says Pat Est"
    return None


def _named_hour(text: str) -> Clock | None:
    table = words()
    for word in _WORD.finditer(text):
        if told := table.hours.get(word[0]):
            return Clock(int(told[:2]), int(told[3:]), 0, word.start(), word.end())
    return None


def _halves(before: str, after: str) -> frozenset[str]:
    """The halves of the day that words around a clock name: "am" before it is German, and says "on"."""
    table = words()
    found = {word for word in _WORD.findall(before) if not word.isascii()}
    found.update(_HALVES_OF_ASIA.findall(before))
    following = [word.rstrip(".") for word in _WORD.findall(after)]
    found.update(following)
    found.update(" ".join(following[at : at + size]) for size in (2, 3) for at in range(len(following) - size + 1))
    return (table.morning | table.afternoon).intersection(found)


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
