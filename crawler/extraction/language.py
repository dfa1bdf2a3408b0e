"""The language that a page declares, believed only where the text is in a script that it is written in, and where its
commonest words are not those of another.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

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
MAX_WORDS = 400  # of the text that are looked at
MIN_WORDS = 60  # fewer may be names and quotations
MIN_COMMON = 0.12  # of the words: stories of all these languages have more of their commonest ones
CLEARLY_MORE = 1.6  # times those of the next language; Danish and Norwegian may be too close to tell

_COMMON = {  # the commonest words of languages of news in Latin letters
    "en": "the of and to in is that for was with on by from this as are it be at has have he said not",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden",
    "fr": "le la les de des du et à en un une que pour dans est qui sur par au pas plus il ce avec",
    "es": "de la que el en y a los se del las por un para con no una su al lo como más es",
    "pt": "de a o que e do da em um para com não uma os no se na por mais as dos ao é",
    "it": "di e il la che in a per un è del della non le i una con si da dei al nel sono alla",
    "nl": "de het een van en in is dat op te zijn voor met die niet aan er om ook als bij door",
    "sv": "och att det som i en är på av för med den till inte har om ett var de från vi",
    "no": "og i det er på til som en å for av at med har ikke den de om et var fra seg",
    "da": "og i at det er en til på af for med den som har de ikke der et om var fra sig",
    "fi": "ja on ei että se oli hän ovat mukaan myös kun mutta joka sen tai kuin voi jos",
    "pl": "w i na z się do nie że to o jest od za jak po przez dla są które oraz ale",
    "cs": "a v na se je že s z o do to i za pro by od jako po podle ale jsou které si",
    "sk": "a v na sa je že s z o do to aj za pre by od ako po podľa ale sú ktoré si",
    "hu": "a az és hogy nem is egy volt meg ez ki csak már de el szerint mint van",
    "ro": "de și în a la cu o că nu pe din care un pentru mai este sunt au fi ce",
    "hr": "i u je na se da su za od a s o koji ne će kako što iz to bi nije",
    "tr": "ve bir bu da de için ile olarak olan daha çok gibi en kadar sonra ise ne o",
    "id": "yang dan di dengan untuk pada ini dari dalam tidak itu akan ke juga adalah tersebut oleh",
    "vi": "và của là có được trong cho các người với không đã một những này để khi đến",
}
_NAMED_ELSE = {"nb": "no", "nn": "no", "bs": "hr", "sr": "hr", "ms": "id", "in": "id", "mo": "ro"}
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


@cache
def _languages_of() -> dict[str, list[str]]:
    """The languages that have each of the common words."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for language, words in _COMMON.items():
        for word in words.split():
            found[word].append(language)
    return dict(found)


def fitting(declared: Iterable[tuple[str, str]], text: str, words: Sequence[str] = ()) -> tuple[str, str] | None:
    """Source and tag of the first declared language that the text can be in; else what its script or words tell.

    Args:
        declared: sources and BCP 47 tags, first to be believed first.
        text: of the article; "" believes the first.
        words: of the text, in lower case.
    """
    script = script_of(text)
    told = language_of(words) if script == "Latin" else None
    for source, tag in declared:
        language = tag.partition("-")[0]
        expected = _WRITTEN_IN.get(language)
        is_written_so = expected in (None, script) or (script == "Latin" and language in _IN_LATIN_TOO)
        known_as = _NAMED_ELSE.get(language, language)
        if script is None or (is_written_so and (told in (None, known_as) or known_as not in _COMMON)):
            return source, tag
    told = told or (_ONLY.get(script) if script else None)
    return ("text", told) if told else None


def language_of(words: Sequence[str]) -> str | None:
    """The language whose commonest words a text has clearly more of than those of any other; `None` where none has."""
    sample = words[:MAX_WORDS]
    if len(sample) < MIN_WORDS:
        return None
    languages_of = _languages_of()
    counts: Counter[str] = Counter()
    for word, times in Counter(filter(languages_of.__contains__, sample)).items():
        for language in languages_of[word]:
            counts[language] += times
    (best, most), (_, next_most) = (*counts.most_common(2), ("", 0), ("", 0))[:2]
    return best if most >= MIN_COMMON * len(sample) and most >= CLEARLY_MORE * next_most else None
