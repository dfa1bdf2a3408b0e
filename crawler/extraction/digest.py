"""The hash of a text that tells whether it changed: by its words, not by counters and clocks that run beside them."""

import re

from crawler.extraction.relative import MAX_LINE_CHARS, without_relative
from crawler.extraction.wording import fold
from crawler.model.urls import fingerprint

MAX_COUNTER_CHARS = 60  # of a line that counts readers or comments

_COUNTED = re.compile(
    r"(?:^|\W)\d[\d.,\s]*[kKmM]?\s?(?:comments?|shares?|views?|likes?|reads?|reactions?|kommentare?|aufrufe|"
    r"commentaires?|partages?|vues|comentarios?|comentários?|visitas|lecturas|commenti|condivisioni|reacties|"
    r"kommentarer|delningar|visninger|komentarz[ey]?|yorum|комментари\w+|просмотр\w*|件|回|次|조회)(?:$|\W)",
    re.I,
)
_DIGITS = re.compile(r"\d+")


def text_digest(text: str, *, folded: str | None = None) -> str:
    """BLAKE2b-16, in hex, of the words of `text`: white space, case, relative dates and counters do not count.

    Args:
        folded: `fold(text)`, where it is known: most texts hold neither date nor counter, and need no other folding.
    """
    lines = text.split("\n")
    if folded is None or any(len(line) <= MAX_LINE_CHARS and _DIGITS.search(line) for line in lines):
        lines = [line.lower() for line in lines]
        told = list(map(_untimed, lines))
        if folded is None or told != lines:
            folded = fold(" ".join(told))
    return fingerprint(folded).hex()


def _untimed(line: str) -> str:
    told = without_relative(line)
    return _DIGITS.sub("", told) if len(told) <= MAX_COUNTER_CHARS and _COUNTED.search(told) else told
