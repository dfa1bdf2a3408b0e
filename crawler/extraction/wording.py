"""Words of a page: made clean, compared, counted, hashed. Han, kana and Thai, which part no words, go by letter."""

import html
import re
from functools import lru_cache
from struct import pack
from unicodedata import normalize
from zlib import crc32

MAX_SHORT_CHARS = 200  # of a text whose folding is kept
SIMHASH_BYTES = 8
_LANE_BYTES = 13  # of one hash in a row of them: 32 bits times 64 bits times 5 do not run into the next

# What no reader sees or no file should hold: C0 and C1 controls, lone surrogates, marks of direction and width,
# the BOM, noncharacters. Joiners (U+200C, U+200D) stay: Persian and Hindi are spelled with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufffe\uffff]"
)
_UNSPACED = re.compile("[\u0e00-\u0e7f\u2e80-\u2fdf\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SPACED = re.compile(  # all others, those Latin, Greek and Cyrillic first: most letters are told by one comparison
    "[\0-\u0dff\u0e80-\u2e7f\u2fe0-\u303f\u3100-\u33ff\ua000-\uf8ff\ufb00-\U0001ffff\U00040000-\U0010ffff]*+"
)
_MIXER = 0x9E3779B97F4A7C15  # odd, so that no bit of a word is lost; of the golden ratio, as D. Knuth multiplies
_WORD = re.compile(r"\w+")
_ENDLESS_REFERENCE = re.compile(r"&#[0-9]{8,};?")  # to no character: those have seven digits
_NO_WORD_BEYOND_ASCII = re.compile(r"[^\0-\x7f\w]")
_ASCII_FOLDED = bytes(  # in lower case, and a blank for what is of no word; bytes of other letters stay
    code if code > 127 or chr(code).isalnum() or code == ord("_") else ord(" ") for code in range(256)
).lower()


def clean(text: str) -> str:
    """`text` on one line: white space folded, controls, surrogates and invisible marks gone."""
    if not text.isprintable():  # nearly all short texts are
        text = _UNSEEN.sub("", text)
    elif "  " not in text:
        return text.strip()
    return " ".join(text.split())


def unescaped(text: str) -> str:
    """`text` with its references to characters read as HTML does, once."""
    try:
        return html.unescape(text)
    except ValueError:  # Python makes no number of thousands of digits
        return html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", text))


def fold(text: str) -> str:
    """The words of `text` for comparing: case, accents' spelling, punctuation and symbols do not count."""
    return _fold_short(text) if len(text) <= MAX_SHORT_CHARS else _fold(text)


def word_runs(text: str) -> list[str]:
    """The words that `fold` joins: runs of letters, digits and low lines, found in half of the time of `_WORD`."""
    if not text.isascii():
        text = _NO_WORD_BEYOND_ASCII.sub(" ", normalize("NFKC", text).casefold())
    return text.encode().translate(_ASCII_FOLDED).decode().split()


def count_words(text: str) -> int:
    """Words of `text`; each letter counts for one in scripts that part no words."""
    return len(_words(text))


def reading_length(text: str) -> int:
    """About how many letters of English say as much as `text`: a sentence of Han is short but complete."""
    if text.isascii() or _SPACED.fullmatch(text):  # as `parts_words`, without its call: 300 a page
        return len(text)
    return len(text) + 2 * len(_UNSPACED.findall(text))


def folded_words(text: str) -> list[str]:
    """The words of `text` without their case; each letter is one in scripts that part no words."""
    return word_runs(text) if parts_words(text) else _words(fold(text))


def parts_words(text: str) -> bool:
    """Whether it is in a script that parts its words."""
    return text.isascii() or _SPACED.fullmatch(text) is not None


def simhash(words: list[str]) -> str | None:
    """64 bits, in hex, that differ little for texts that differ little; `None` where there are no words.

    Of shingles of three words: two leave all news alike, five let one changed word touch a tenth of a short text. All
    are computed as one long number: 0.1 ms for 650 words.

    Args:
        words: of a text, as `folded_words` gives them.

    Source: M. Charikar, "Similarity estimation techniques from rounding algorithms" (2002), over word shingles.
    """
    if not words:
        return None
    row = words if len(words) > 2 else words[:1]
    lanes = bytearray(_LANE_BYTES * len(row))
    checks = pack(f"<{len(row)}I", *map(crc32, "\n".join(row).encode("utf-8", "replace").split(b"\n")))
    for place in range(4):
        lanes[place::_LANE_BYTES] = checks[place::4]
    hashes = int.from_bytes(lanes, "little") * _MIXER  # of all words at once; of each 64 bits count
    mixed = hashes ^ 3 * (hashes >> 8 * _LANE_BYTES) ^ 5 * (hashes >> 16 * _LANE_BYTES)  # and of all shingles
    count = max(len(words) - 2, 1)
    digests = mixed.to_bytes(_LANE_BYTES * len(row), "little")[: _LANE_BYTES * count]
    half = count / 2
    highest = int.from_bytes(b"\x80" * count)
    of_bits = [highest >> bit for bit in range(8)]
    bits = 0
    for column in (int.from_bytes(digests[place::_LANE_BYTES]) for place in reversed(range(SIMHASH_BYTES))):
        for of_bit in of_bits:  # counted in C: 0.03 ms for the 64 bits, where a loop over them took 5 ms
            bits = bits << 1 | ((column & of_bit).bit_count() > half)
    return f"{bits:016x}"


@lru_cache(maxsize=4_096)  # two of five titles and labels are asked for again on the same page
def _fold_short(text: str) -> str:
    return _fold(text)


def _fold(text: str) -> str:
    return " ".join(word_runs(text))


def _words(text: str) -> list[str]:
    if parts_words(text):
        return _WORD.findall(text)
    return _WORD.findall(_UNSPACED.sub(" ", text)) + _UNSPACED.findall(text)
