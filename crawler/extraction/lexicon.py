"""The words by which pages name their blocks: `lexicon.toml`, read once and looked up by folded text."""

import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal
from unicodedata import normalize

from crawler.extraction.wording import fold, parts_words
from crawler.model.links import LinkKind

MAX_HEADING_CHARS = 80  # longer texts are sentences or titles
MAX_STEMMED_WORDS = 6  # of a heading that one word may decide: longer ones are titles

# accents, Hebrew points, Arabic vowels and hamza, the stretching of Arabic letters, the nukta of Hindi
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670\u093c]")
# letters that stand for one another in capitals and in haste: of Turkish, Arabic, Persian, Russian
_TWINS = str.maketrans({"ı": "i", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ё": "е"})
_GROUPS: tuple[LinkKind | Literal[False], ...] = (False, LinkKind.PROMOTED, LinkKind.RECOMMENDED, LinkKind.RELATED)


def fold_heading(text: str) -> str:
    """The words of a heading for comparing, without the accents and vowel points that capitals and haste leave out."""
    if text.isascii():
        return fold(text)
    return fold(normalize("NFC", _MARKS.sub("", normalize("NFD", text)))).translate(_TWINS)


class Phrases:
    """Groups of lines of words, some open at an end; tells of which group a folded text is."""

    def __init__(self, *groups: str, folding: Callable[[str], str] = fold) -> None:
        """Where a phrase stands in several groups, the first has it.

        Args:
            folding: what the texts that it is asked about are folded by.
        """
        self._exact: dict[str, int] = {}
        self._starts: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        for number, lines in enumerate(groups):
            for line in lines.splitlines():
                if not (phrase := folding(line)):
                    continue
                self._exact.setdefault(phrase, number)
                if line.endswith("*"):
                    self._starts.setdefault(phrase, number)
                elif line.startswith("*"):
                    self._ends.setdefault(phrase, number)
        self._openings = frozenset(phrase.partition(" ")[0] for phrase in self._exact)
        self._first_words = frozenset(phrase.partition(" ")[0] for phrase in self._starts)
        self._last_words = frozenset(phrase.rpartition(" ")[2] for phrase in self._ends)
        self._start_sizes = sorted({len(phrase) for phrase in self._starts if not parts_words(phrase)})
        self._end_sizes = sorted({len(phrase) for phrase in self._ends if not parts_words(phrase)})

    def group_of(self, folded: str) -> int | None:
        """Its group, by a whole phrase before an open one; `None` where it is in none."""
        number = self._exact.get(folded)
        return number if number is not None else min(self._open(folded), default=None)

    def equals(self, folded: str) -> bool:
        """Whether it is one of the phrases, word for word."""
        return folded in self._exact

    def opens(self, folded: str) -> bool:
        """Whether it begins with any of the phrases, whatever follows."""
        if folded.partition(" ")[0] not in self._openings:
            return False
        return folded in self._exact or any(folded[:at] in self._exact for at in _spaces(folded))

    def _open(self, folded: str) -> Iterator[int]:
        """Groups whose open phrases it begins or ends with; at a whole word in scripts that part words."""
        if folded.partition(" ")[0] in self._first_words:
            yield from (number for at in _spaces(folded) if (number := self._starts.get(folded[:at])) is not None)
        if folded.rpartition(" ")[2] in self._last_words:
            yield from (number for at in _spaces(folded) if (number := self._ends.get(folded[at + 1 :])) is not None)
        if not folded.isascii():
            yield from (number for size in self._start_sizes if (number := self._starts.get(folded[:size])) is not None)
            yield from (number for size in self._end_sizes if (number := self._ends.get(folded[-size:])) is not None)


def _spaces(folded: str) -> Iterator[int]:
    at = folded.find(" ")
    while at > 0:
        yield at
        at = folded.find(" ", at + 1)


class Stems:
    """Beginnings of words, and parts of texts that part no words, which tell of what group a text is."""

    def __init__(self, *groups: str) -> None:
        """`groups`: stems parted by white space; "*" lets a word go on."""
        self._words: dict[str, int] = {}
        self._starts: dict[str, int] = {}
        self._parts: list[tuple[str, int]] = []
        for number, line in enumerate(groups):
            for stem in line.split():
                folded = fold_heading(stem.rstrip("*"))
                if not parts_words(folded) or " " in folded:  # which vowel signs become, of Hindi and its like
                    self._parts.append((folded, number))
                else:
                    (self._starts if stem.endswith("*") else self._words)[folded] = number
        self._sizes = sorted({len(stem) for stem in self._starts})

    def group_of(self, folded: str) -> int | None:
        """The only group that words of a text are of; `None` where there is none, or more than one."""
        words = folded.split()
        found = {number for word in words if (number := self._words.get(word)) is not None}
        found |= {self._starts[word[:size]] for word in words for size in self._sizes if word[:size] in self._starts}
        if not folded.isascii():
            found |= {number for part, number in self._parts if part in folded}
        return found.pop() if len(found) == 1 else None


class Lexicon:
    """All that `lexicon.toml` tells."""

    def __init__(self, table: dict[str, dict[str, str]]) -> None:
        headings = table["headings"]
        names = ("ignored", "promoted", "recommended", "related")
        self._headings = Phrases(*(headings[name] for name in names), folding=fold_heading)
        self._stems = Stems(*(table["stems"][name] for name in names))
        self.no_titles = Phrases(table["no_titles"]["lines"])
        self.labels = Phrases(table["labels"]["lines"], folding=fold_heading)
        self.paid = Phrases(table["paid"]["lines"], table["paid"]["places"])
        self.paging = Phrases(table["paging"]["lines"])
        self.prompts = Phrases(table["prompts"]["lines"])
        self.tails = Phrases(table["tails"]["lines"])
        self.citations = Phrases(table["citations"]["lines"])
        self.notices = Phrases(table["notices"]["lines"])

    def names_a_block(self, text: str) -> bool:
        """Whether a text is word for word a heading of blocks, and so no title."""
        return self._headings.equals(fold_heading(text))

    def label(self, text: str, *, marked: bool) -> LinkKind | Literal[False] | None:
        """What kind of link words before it name.

        Args:
            marked: a colon or bar parts them from the link: then one verb is enough.
        """
        return self.heading(text) or (LinkKind.RELATED if marked and self.labels.equals(fold_heading(text)) else None)

    @lru_cache(maxsize=4_096)  # noqa: B019 - there is one lexicon; labels repeat on every page of a site
    def heading(self, text: str) -> LinkKind | Literal[False] | None:
        """What links a heading announces; `False`: none to articles of this site; `None`: it does not say."""
        if not 2 <= len(text) <= MAX_HEADING_CHARS:
            return None
        group = self._headings.group_of(fold_heading(text))
        return None if group is None else _GROUPS[group]

    @lru_cache(maxsize=4_096)  # noqa: B019 - there is one lexicon; headings repeat on every page of a site
    def heading_by_stems(self, text: str) -> LinkKind | Literal[False] | None:
        """What a heading in no phrase of the table announces, as far as the stems of its words tell."""
        if text.count(" ") >= MAX_STEMMED_WORDS or len(text) > MAX_HEADING_CHARS:
            return None
        group = self._stems.group_of(fold_heading(text))
        return None if group is None else _GROUPS[group]


@cache
def lexicon() -> Lexicon:
    return Lexicon(tomllib.loads(files(__package__).joinpath("lexicon.toml").read_text("utf-8")))
