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

    def within(self, folded: str, runs: list[str] | None = None) -> int:
        """How many of them a folded text holds; `runs`: its words, where they are known."""
        count = 0
        if words := self.padded.keys() & (folded.split() if runs is None else runs):
            text = f" {folded} "
            count = sum(1 for word in words for phrase in self.padded[word] if phrase in text)
        return count if folded.isascii() else count + sum(1 for phrase in self.unspaced if phrase in folded)

    def equals(self, folded: str) -> bool:
        """Whether a folded text is one of those that are looked for as whole words."""
        return any(f" {folded} " in phrases for phrases in self.padded.values())


class _Words(NamedTuple):
    missing: _Phrases
    missing_alone: _Phrases
    consent: _Phrases
    wall: _Phrases
    to_readers: _Phrases  # those of a wall among them: a paragraph is asked once


def says_missing(title: str) -> bool:
    """Whether a folded title says that the page is not there."""
    return _words().missing.within(title) > 0 or _words().missing_alone.equals(title)


def asks_consent(text: str) -> bool:
    """Whether a folded text asks for consent, in several ways."""
    return _words().consent.within(text) >= MIN_CONSENT_PHRASES


def names_wall(text: str) -> bool:
    """Whether a folded text says that what follows is for subscribers."""
    return _words().wall.within(text) > 0


def speaks_to_readers(text: str, runs: list[str]) -> bool:
    """Whether a short folded text names a wall, or asks its readers to subscribe, to follow, to tell their opinion.

    Args:
        runs: the words of the text.
    """
    return _words().to_readers.within(text, runs) > 0


@cache
def _words() -> _Words:
    table = tomllib.loads(files(__package__).joinpath("notices.toml").read_text("utf-8"))
    return _Words(
        missing=_phrases(table["missing"]),
        missing_alone=_phrases(table["missing_alone"]),
        consent=_phrases(table["consent"]),
        wall=_phrases(table["wall"]),
        to_readers=_phrases(table["wall"] + table["prompt"]),
    )


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
