"""The language that a page declares, believed only where the text is in a script that it is written in."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

SAMPLE_CHARS = 2_000  # of the text
MOST = 0.5  # of the letters: what quotes a name in another script is no other language

_SCRIPTS = {
    "Latin": r"A-Za-zÀ-ɏḀ-ỿ",
    "Cyrillic": r"Ѐ-ӿ",
    "Greek": r"Ͱ-Ͽἀ-῿",
    "Arabic": r"؀-ۿݐ-ݿ",
    "Hebrew": r"֐-׿",
    "Devanagari": r"ऀ-ॿ",
    "Bengali": r"ঀ-৿",
    "Tamil": r"஀-௿",
    "Thai": r"ก-๿",
    "Georgian": r"Ⴀ-ჿ",
    "Armenian": r"԰-֏",
    "Hangul": r"가-힣",
    "Kana": r"ぁ-ヿ",
    "Han": r"一-鿿",
}
_LETTERS = {script: re.compile(f"[{letters}]") for script, letters in _SCRIPTS.items()}
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())  # of ASCII
_ONLY = {  # the one language of news that a script is of
    "Greek": "el",
    "Hebrew": "he",
    "Bengali": "bn",
    "Tamil": "ta",
    "Thai": "th",
    "Georgian": "ka",
    "Armenian": "hy",
    "Hangul": "ko",
    "Kana": "ja",
    "Han": "zh",
}
_WRITTEN_IN = {
    **dict.fromkeys("be bg mk ru uk kk ky mn tg sr".split(), "Cyrillic"),
    **dict.fromkeys("ar fa ur ps sd ug ckb".split(), "Arabic"),
    **dict.fromkeys("hi mr ne".split(), "Devanagari"),
    **{language: script for script, language in _ONLY.items()},
    **dict.fromkeys(
        "af ca cs cy da de en es et eu fi fr ga gl ha hr hu id ig is it lt lv ms mt nb nl nn no pl pt ro sk sl sq st "
        "sv sw tl tn tr vi xh yo zu".split(),
        "Latin",
    ),
}
_IN_LATIN_TOO = frozenset("sr kk mn tg".split())


def script_of(text: str) -> str | None:
    """The script of most letters; `None` where it is none we know, or where there are few letters.

    Japanese is told by its kana, however many of its letters are Han.
    """
    sample = text[:SAMPLE_CHARS]
    if sample.isascii():
        return "Latin" if any(map(str.isalpha, sample)) else None
    if len(sample.encode("ascii", "ignore").translate(None, _NO_LETTERS)) > MOST * len(sample):
        return "Latin"  # without a look at each letter: that takes 0.07 ms
    counts = dict.fromkeys(_SCRIPTS, 0)
    letters = 0
    for letter, times in Counter(sample).items():
        letters += times * letter.isalpha()
        if script := _script_of_letter(letter):
            counts[script] += times
    if counts["Kana"] > 0.1 * counts["Han"]:
        counts["Kana"] += counts.pop("Han")
    best = max(counts, key=lambda script: counts[script])
    return best if counts[best] > MOST * letters else None


@lru_cache(maxsize=8_192)
def _script_of_letter(letter: str) -> str | None:
    return next((script for script, letters in _LETTERS.items() if letters.match(letter)), None)


def fitting(declared: Iterable[tuple[str, str]], text: str) -> tuple[str, str] | None:
    """Source and tag of the first declared language that the text can be in; else the only one of its script.

    Args:
        declared: sources and BCP 47 tags, first to be believed first.
        text: of the article; "" believes the first.
    """
    script = script_of(text)
    for source, tag in declared:
        language = tag.partition("-")[0]
        expected = _WRITTEN_IN.get(language)
        if script in (None, expected) or expected is None or (script == "Latin" and language in _IN_LATIN_TOO):
            return source, tag
    return ("text", _ONLY[script]) if script in _ONLY else None
