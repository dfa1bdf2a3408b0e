"""What pages say of themselves instead of telling a story: `notices.toml`, looked for in titles and short texts."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from crawler.extraction.wording import fold, parts_words

MIN_CONSENT_PHRASES = 2  # one may stand in the banner of any page


class _Words(NamedTuple):
    missing: tuple[str, ...]
    missing_alone: frozenset[str]
    consent: tuple[str, ...]
    wall: tuple[str, ...]
    prompt: tuple[str, ...]


def says_missing(title: str) -> bool:
    """Whether a folded title says that the page is not there."""
    return _says(title, _words().missing) or f" {title} " in _words().missing_alone


def asks_consent(text: str) -> bool:
    """Whether a folded text asks for consent, in several ways."""
    padded = f" {text} "
    return sum(1 for phrase in _words().consent if phrase in padded) >= MIN_CONSENT_PHRASES


def names_wall(text: str) -> bool:
    """Whether a folded text says that what follows is for subscribers."""
    return _says(text, _words().wall)


def prompts(text: str) -> bool:
    """Whether a short folded text asks something of its readers: to subscribe, to follow, to tell their opinion."""
    return _says(text, _words().prompt)


def _says(folded: str, phrases: tuple[str, ...]) -> bool:
    padded = f" {folded} "
    return any(phrase in padded for phrase in phrases)


@cache
def _words() -> _Words:
    table = tomllib.loads(files(__package__).joinpath("notices.toml").read_text("utf-8"))
    missing, alone, consent, wall, prompt = (
        tuple(map(_whole, table[name].strip().splitlines())) for name in _Words._fields
    )
    return _Words(missing, frozenset(alone), consent, wall, prompt)


def _whole(phrase: str) -> str:
    return f" {fold(phrase)} " if parts_words(phrase) else fold(phrase)
