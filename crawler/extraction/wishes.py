"""What a feed says of how often it wants to be asked, and when not."""

from collections.abc import Mapping

from lxml import etree

from crawler.extraction.xml import local_name, text_of
from crawler.model.work import PollWishes

MOST_DIGITS = 9  # of a number; longer ones are no number of minutes
_SCALARS = frozenset({"ttl", "sy:updateperiod", "sy:updatefrequency"})
_PERIOD_S = {"hourly": 3_600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2_592_000.0, "yearly": 31_536_000.0}
_DAYS = {name: n for n, name in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())}


def read_wishes(fields: Mapping[str, etree._Element]) -> PollWishes:
    """The wishes of a channel by the first element of each of its names; what cannot be read is no wish.

    Source: RSS 2.0.11 (`ttl` in minutes, `skipHours` 0 to 23 in GMT, `skipDays`); RSS 1.0 module syndication
    (`updatePeriod` by default daily, `updateFrequency` times in it, by default once).
    """
    texts = {name: text_of(element).strip().lower() for name, element in fields.items() if name in _SCALARS}
    wished_s = [60.0 * _number(texts.get("ttl", ""))]
    if "sy:updateperiod" in texts or "sy:updatefrequency" in texts:
        period_s = _PERIOD_S.get(texts.get("sy:updateperiod", "daily"), 0.0)
        wished_s.append(period_s / (_number(texts.get("sy:updatefrequency", "1")) or 1))
    hours = {_number(text) % 24 for text in _parts(fields.get("skiphours"), "hour") if _is_number(text)}
    days = {_DAYS[text] for text in _parts(fields.get("skipdays"), "day") if text in _DAYS}
    return PollWishes(least_s=max(wished_s) or None, skip_hours=tuple(sorted(hours)), skip_days=tuple(sorted(days)))


def _parts(element: etree._Element | None, name: str) -> list[str]:
    children = () if element is None else element.iterchildren(etree.Element)
    return [text_of(child).strip().lower() for child in children if local_name(child) == name]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def _number(text: str) -> int:
    return int(text) if _is_number(text) else 0
