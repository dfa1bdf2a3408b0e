"""What pages say of themselves instead of telling a story: `notices.toml`, looked for in titles and short texts."""

import tomllib
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from crawler.extraction.wording import fold, parts_words

MIN_CONSENT_PHRASES = 2  # one may stand in the banner of any page


class _Phrases(NamedTuple):
    """Phrases that are looked for as whole words, or as letters in scripts that part no words."""

    padded: dict[str, list[str]]  # with a space at either end, by the longest word of each
    unspaced: tuple[str, ...]

    def within(self, folded: str) -> int:
        """How many of them a folded text holds."""
        count = sum(1 for phrase in self.unspaced if phrase in folded) if not folded.isascii() else 0
        text = f" {folded} "
        for word in self.padded.keys() & folded.split():
            count += sum(1 for phrase in self.padded[word] if phrase in text)
        return count

    def equals(self, folded: str) -> bool:
        """Whether a folded text is one of those that are looked for as whole words."""
        return any(f" {folded} " in phrases for phrases in self.padded.values())


class _Words(NamedTuple):
    missing: _Phrases
    missing_alone: _Phrases
    consent: _Phrases
    wall: _Phrases
    prompt: _Phrases


def says_missing(title: str) -> bool:
    """Whether a folded title says that the page is not there."""
    return _words().missing.within(title) > 0 or _words().missing_alone.equals(title)


def asks_consent(text: str) -> bool:
    """Whether a folded text asks for consent, in several ways."""
    return _words().consent.within(text) >= MIN_CONSENT_PHRASES


def names_wall(text: str) -> bool:
    """Whether a folded text says that what follows is for subscribers."""
    return _words().wall.within(text) > 0


def prompts(text: str) -> bool:
    """Whether a short folded text asks something of its readers: to subscribe, to follow, to tell their opinion."""
    return _words().prompt.within(text) > 0


@cache
def _words() -> _Words:
    table = tomllib.loads(files(__package__).joinpath("notices.toml").read_text("utf-8"))
    return _Words(*(_phrases(table[name]) for name in _Words._fields))


def _phrases(lines: str) -> _Phrases:
    folded = [fold(line) for line in lines.strip().splitlines()]
    spaced = [phrase for phrase in folded if parts_words(phrase)]
    padded: defaultdict[str, list[str]] = defaultdict(list)
    for phrase in spaced:
        padded[max(phrase.split(), key=len)].append(f" {phrase} ")
    return _Phrases(
        padded=dict(padded),
        unspaced=tuple(phrase for phrase in folded if not parts_words(phrase)),
    )
