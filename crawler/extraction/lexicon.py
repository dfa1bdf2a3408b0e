"""The words by which pages name their blocks: `lexicon.toml`, read once and looked up by folded text."""

import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from crawler.extraction.wording import fold, parts_words
from crawler.model.links import LinkKind

MAX_HEADING_CHARS = 80  # longer texts are sentences or titles


class Phrases:
    """Lines of words, some open at an end; tells whether a folded text is one of them."""

    def __init__(self, lines: str) -> None:
        self._exact: set[str] = set()
        self._starts: set[str] = set()
        self._ends: set[str] = set()
        for line in lines.splitlines():
            phrase = fold(line)
            if line.endswith("*"):
                self._starts.add(phrase)
            elif line.startswith("*"):
                self._ends.add(phrase)
            elif phrase:
                self._exact.add(phrase)
        self._exact |= self._starts | self._ends
        self._start_sizes = sorted({len(phrase) for phrase in self._starts if not parts_words(phrase)})
        self._end_sizes = sorted({len(phrase) for phrase in self._ends if not parts_words(phrase)})

    def equals(self, folded: str) -> bool:
        """Whether it is one of the phrases, word for word."""
        return folded in self._exact

    def surrounds(self, folded: str) -> bool:
        """Whether it begins or ends with a phrase that is open there; at a whole word where words are parted."""
        at = folded.find(" ")
        while at > 0:
            if folded[:at] in self._starts or folded[at + 1 :] in self._ends:
                return True
            at = folded.find(" ", at + 1)
        return not folded.isascii() and (
            any(folded[:size] in self._starts for size in self._start_sizes)
            or any(folded[-size:] in self._ends for size in self._end_sizes)
        )

    def opens(self, folded: str) -> bool:
        """Whether it begins with any of the phrases, whatever follows."""
        at = folded.find(" ")
        while at > 0:
            if folded[:at] in self._exact:
                return True
            at = folded.find(" ", at + 1)
        return folded in self._exact


class Lexicon:
    def __init__(self, table: dict[str, dict[str, str]]) -> None:
        headings = table["headings"]
        self._kinds: tuple[tuple[LinkKind | Literal[False], Phrases], ...] = (
            (False, Phrases(headings["ignored"])),
            (LinkKind.PROMOTED, Phrases(headings["promoted"])),
            (LinkKind.RECOMMENDED, Phrases(headings["recommended"])),
            (LinkKind.RELATED, Phrases(headings["related"])),
        )
        self.no_titles = Phrases(table["no_titles"]["lines"])
        self.tails = Phrases(table["tails"]["lines"])
        self.notices = Phrases(table["notices"]["lines"])

    @lru_cache(maxsize=4_096)  # noqa: B019 - there is one lexicon; labels repeat on every page of a site
    def heading(self, text: str) -> LinkKind | Literal[False] | None:
        """What links a heading announces; `False`: none to articles of this site; `None`: it does not say."""
        if not 2 <= len(text) <= MAX_HEADING_CHARS:
            return None
        folded = fold(text)
        for fits in (Phrases.equals, Phrases.surrounds):
            for kind, phrases in self._kinds:
                if fits(phrases, folded):
                    return kind
        return None


@cache
def lexicon() -> Lexicon:
    return Lexicon(tomllib.loads(files(__package__).joinpath("lexicon.toml").read_text("utf-8")))
