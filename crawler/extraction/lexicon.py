"""The words by which pages name their blocks: `lexicon.toml`, read once and looked up by folded text."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from crawler.extraction.wording import fold
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
        self._sizes = sorted({len(phrase) for phrase in self._starts})
        self._end_sizes = sorted({len(phrase) for phrase in self._ends})

    def fits(self, folded: str) -> bool:
        return self.equals(folded) or self.surrounds(folded)

    def equals(self, folded: str) -> bool:
        """Whether it is one of the phrases, word for word."""
        return folded in self._exact

    def surrounds(self, folded: str) -> bool:
        """Whether it begins or ends with a phrase that is open there; at a whole word where words are parted."""
        return any(
            folded[:size] in self._starts and (len(folded) == size or folded[size] == " " or not folded[0].isascii())
            for size in self._sizes
            if size <= len(folded)
        ) or any(folded[-size:] in self._ends for size in self._end_sizes if size <= len(folded))

    def opens(self, folded: str) -> bool:
        """Whether it begins with any of the phrases, whatever follows."""
        return any(folded.startswith(phrase) and folded[len(phrase) :][:1] in ("", " ") for phrase in self._exact)


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
