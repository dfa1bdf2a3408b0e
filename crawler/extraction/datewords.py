"""The words of dates in the languages of news, as tables; `dates.toml` holds them."""

import re
import tomllib
import unicodedata
from datetime import timedelta, timezone
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_MARKS = re.compile("[\u0300-\u036f\u064b-\u0655\u0640\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LETTERS = {  # digits of pages in Arabic, Persian, Hindi and Bengali; the Persian forms of two Arabic letters
    **{code: str(unicodedata.digit(chr(code))) for at in (0x660, 0x6F0, 0x966, 0x9E6) for code in range(at, at + 10)},
    ord("ی"): "ي",
    ord("ک"): "ك",
}
_LONGEST_OFFSET = timedelta(hours=14)  # Kiribati is the farthest


class Words(NamedTuple):
    """The tables, all in folded form.

    Attributes:
        months: the number that a name means in every language that has it.
        contested: names that mean two months: the number by language.
        jalali: the months of the Persian solar calendar.
        weekdays: Monday is 0; a name may mean several.
        hours: named hours, as "12:00".
        regional_zones: zones whose names mean several, by language or region.
        published: what stands before the date of a publication.
        updated: what stands before the date of a change.
    """

    months: dict[str, int]
    contested: dict[str, dict[str, int]]
    jalali: dict[str, int]
    weekdays: dict[str, frozenset[int]]
    morning: frozenset[str]
    afternoon: frozenset[str]
    hours: dict[str, str]
    zones: dict[str, timezone]
    regional_zones: dict[str, dict[str, timezone]]
    published: re.Pattern[str]
    updated: re.Pattern[str]
    table: dict[str, dict[str, str]]


def fold_date(text: str) -> str:
    """`text` as the tables have it: lower case, ASCII digits, no accents, marks of direction or full widths."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    text = unicodedata.normalize("NFC", _MARKS.sub("", text)).replace("ı", "i")
    if any(letter.isdigit() and not letter.isascii() for letter in text):
        text = "".join(str(unicodedata.digit(letter)) if letter.isdecimal() else letter for letter in text)
    return text


def offset_zone(text: str) -> timezone:
    """The zone of "+05:30", "-0500" or "+7".

    Raises:
        ValueError: no place on Earth is that far from UTC.
    """
    digits = text[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > _LONGEST_OFFSET or int(minutes) > 59:
        raise ValueError(f"no such offset: {text}")
    return timezone(-offset if text[0] == "-" else offset)


def spaced(line: str) -> list[str]:
    """The folded entries of a line of the table."""
    return [fold_date(word).replace("_", " ") for word in line.split()]


def _any_of(terms: list[str]) -> re.Pattern[str]:
    """One of the terms: as a whole word where it is of letters of Europe, since others are written without spaces."""
    return re.compile("|".join(rf"\b{re.escape(term)}" for term in sorted(terms, key=len, reverse=True)))


@cache
def words() -> Words:
    table = tomllib.loads(files(__package__).joinpath("dates.toml").read_text("utf-8"))
    meanings: dict[str, dict[str, int]] = {}
    for language, line in table["months"].items():
        for number, forms in enumerate(spaced(line), 1):
            for form in forms.split("/"):
                meanings.setdefault(form, {})[language] = number
    meanings.pop("-", None)
    weekdays: dict[str, set[int]] = {}
    for line in table["weekdays"].values():
        for number, forms in enumerate(spaced(line)):
            for form in forms.split("/"):
                weekdays.setdefault(form, set()).add(number)
    regional = {
        name: {where: offset_zone(offset) for where, _, offset in (pair.partition(":") for pair in line.split())}
        for name, line in table["regional_zones"].items()
    }
    return Words(
        months={name: next(iter(of.values())) for name, of in meanings.items() if len(set(of.values())) == 1},
        contested={name: of for name, of in meanings.items() if len(set(of.values())) > 1},
        jalali={
            form: number for number, forms in enumerate(spaced(table["jalali"]["fa"]), 1) for form in forms.split("/")
        },
        weekdays={name: frozenset(numbers) for name, numbers in weekdays.items()},
        morning=frozenset(spaced(table["halves"]["am"])),
        afternoon=frozenset(spaced(table["halves"]["pm"])),
        hours={name: hour for hour, line in table["hours"].items() for name in spaced(line)},
        zones={name: offset_zone(offset) for offset, line in table["zones"].items() for name in spaced(line)},
        regional_zones=regional,
        published=_any_of(spaced(table["labels"]["published"])),
        updated=_any_of(spaced(table["labels"]["updated"])),
        table=table,
    )
