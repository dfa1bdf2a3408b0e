"""Which paragraphs of a body are the story's own: without its title again, lines of dates and names, credits, notices,
and what follows its end.
"""

import re
from collections import Counter
from collections.abc import Collection

from crawler.extraction.dates import parse_date
from crawler.extraction.datewords import fold_date
from crawler.extraction.lexicon import lexicon
from crawler.extraction.notices import names_wall, speaks_to_readers
from crawler.extraction.people import find_people, opens_byline
from crawler.extraction.relative import find_ago
from crawler.extraction.wording import count_words, fold, reading_length, word_runs

REPEATED = 3  # times a short paragraph stands in the story: it is a label of its parts ("Article content")
MAX_REPEATED_SHARE = 0.5  # of the text: what makes up more of it is how the story is told
MAX_LABEL_CHARS = 120  # of such a label, or of a caption's credit
MAX_CAPTION_CHARS = 300  # of one that ends in its credit: "The bridge in May © A. Lee"
MAX_NOTICE_CHARS = 400  # of a repeated title, a prompt, or the first of the sources below a story
MAX_OPENING_CHARS = 80  # of a paragraph, in which the words stand that make it a notice or a source
TITLE_WITHIN = 3  # paragraphs from the beginning: later a short one is quoted, or stands in a sentence of its own
LONG_TITLE_WORDS = 6  # of one that no sentence says again word for word, but galleries and forms do
MIN_TWIN_LENGTH = 60  # of a paragraph that stands twice by mistake; shorter ones ("No.") may be said twice
MIN_STORY_LENGTH = 120  # of the paragraph that surely begins the story: lines of dates and names are shorter
LONG_LENGTH = 240  # of a paragraph that is surely none of the small print around a story
LONG_SHARE = 0.8  # of the longest, in a story of short ones
MAX_OPENING = 8  # paragraphs before it that may be such lines
MIN_OPENING = 3  # from the beginning, as well behind the opening sentences
MAX_CLOSING = 3  # and after the story
MAX_MOMENT_CHARS = 24  # of a line that tells how long ago a part was written
MAX_EDGE_WORDS = 3  # of a label before or after the story
MAX_EDGE_LENGTH = 30
MAX_LINE_CHARS = 100  # of a line of dates or names
MAX_NAME_ADDED = 24  # letters around the names of the authors in such a line, or around the time it takes to read

Paragraph = tuple[str, str]  # tag, text

_ENDINGS = frozenset(".!?…:;\"'”“»«’)。！？」』")
_COLONS = frozenset(":：")
_ASKING = _COLONS | frozenset("?？")  # at the end of what an interview says again and again: a question, who speaks
_HEADINGS = frozenset("h2 h3 h4 h5 h6".split())
_ITEMS = frozenset("li td dd tr".split())  # of lists and tables, whose words come again
_CREDIT = re.compile(
    r"(?:(?:image|photo|picture|foto|fotos|фото|bild|titelbild|bildrechte|bildquelle|crédits? photos?|"
    r"credit|imagen|immagine|kuva|zdjęcie|fot|写真|사진|ảnh|stand|"
    r"source|quelle|photo source|image source|(?:photos?|image|picture) by|image illustrative|illustrations?)\s?[:©]"
    r"|©)",
    re.I,
)
_ENDS_IN_CREDIT = re.compile(r"[^.]\s?©\s?[^.©]{2,60}$")
_AGENCIES = re.compile(
    r"(?:(?:getty images|getty|reuters|afp|ap photo|ap|apa|dpa|imago images|imago|epa-efe|epa|efe|alamy|shutterstock|"
    r"istock|unsplash|pa wire|pa|picture[ -]alliance|keystone|ritzau scanpix|scanpix|ntb|ansa|sipa|xinhua|tass)"
    r"\b\W*+)++",
    re.I,
)
_POINTER = re.compile(  # to what stands beside it
    r"(?:WATCH|LISTEN|READ|VIDEO|SEE|PHOTOS?)(?: MORE| ALSO)?\s?[|:]"
    r"|(?i:related(?: (?:article|story|stories|coverage|content|reading|video|link)s?)?|(?:see|read|watch) also|"
    r"also read)\s?:"
)
_TAGGED = re.compile(
    r"(?:tags?|tagged|labels?|keywords|topics|filed under|posted in|categor(?:y|ies)|schlag(?:wort|wörter|worte)|"
    r"kategorien?|stich(?:wort|wörter|worte)|themen|étiquettes|mots[- ]clés|catégories?|etiquetas|categor[ií]as?|tagi|"
    r"теги|метки|标签|タグ)\s?[:：]",
    re.I,
)
_FOLLOW = re.compile(
    r"(?:(?:^|[.!?…][\"”’)]?\s)(?:Follow|Reach)\s|\bfollow (?:him|her|them|me|us)\s)[^.!?]{0,80}\b(?:on|at|via)\s"
    r"(?:(?i:twitter|x|facebook|instagram|linkedin|bluesky|threads|mastodon|youtube|tiktok|google news|flipboard|"
    r"telegram|whatsapp)\b|@|https?://)"
)
_TASK = (
    r"(?i:(?:additional |original |further )?(?:reporting|report|writing|edited|editing|compiled|translated|"
    r"translation|produced|fact[- ]check(?:ing|ed)?|redaktion|schlussredaktion|bildredaktion|übersetzung|übersetzt|"
    r"faktencheck|audioversion|mitarbeit|protokoll|traduction|traducción|traduzione|edición|illustrations?)"
    r"(?: (?:by|von|par|por|di):?|\s?:))"
)
_OF_NAMES = (  # one word
    r"(?:[^\W\d_a-zà-ÿ][\w.'’-]*+|and|in|for|with|by|of|the|at|from|und|et|y|e|och|og|de|da|du|la|le|van|von|der|den|"
    r"bin|al|additional|reporting|writing|editing|translation)(?!\w)"
)
_SIGNED = re.compile(  # by those who worked on a story: "(Reporting by Ann Lee; editing by Bo Ek)", "（责编：李安）"
    rf"[(\[]?{_TASK}\s{_OF_NAMES}(?:[,;:/|–-]?\s+{_OF_NAMES})*+[)\].]*"
    r"|[（(【\[]\s?(?:责编|責編|责任编辑|責任編輯|编辑|編輯|校对|审核|文|図|取材)\s?[:：/／].{1,60}"
)
_WHO_IS = re.compile(
    r" (?:is|was|writes|covers|reports|joined|has (?:been|covered|written|worked)|ist|schreibt|arbeitet|est|écrit|es|"
    r"escribe|è|scrive|é|escreve|är|er|is een) "
)
_INITIALS = re.compile(r"[(\[](?:mit |avec |con )?[^\W\d_]{2,8}(?:[/, -]{1,2}[^\W\d_]{2,8}){0,4}[)\]]")  # "(dpa/jb)"
_CLOCK_BEHIND = re.compile(r"\s?\d\d?:\d\d$")
_MAIL = re.compile(r"\S+@[\w-]+\.\w")
_READING_TIME = re.compile(r"\b\d{1,2}\s?[-‐]?\s?(?:mins?\b|minut\w*|dakika|分)", re.I)
_BARS = re.compile(r"\s[-–—|•·]\s")  # between the parts of a line: "4 March - By Ann Lee - Category: Health"
_NUMBERS = re.compile(r"\d{1,2}([./-])\d{1,2}\1(?:\d\d){1,2}")
_COUNTED = re.compile(  # beside one picture of several
    r"(?:image|photo|picture|slide|bild|foto|imagen|imagem|immagine|afbeelding|zdjęcie|фото)\s"
    r"\d{1,3}\s?(?:/|of|von|de|sur|di|van|av|af|z|из)\s?\d{1,3}",
    re.I,
)
_POSTED = re.compile(r"[—–-]\s?[^()]{1,60}\(@\w{1,20}\)")  # who signs a post that the story quotes


def own_paragraphs(paragraphs: list[Paragraph], title: str | None, authors: Collection[str]) -> list[str]:
    """The texts of those that are the story's own, in their order.

    Args:
        title: of the article, which is not repeated in the text.
        authors: of the article; a line that only names them is their by-line.
    """
    own: list[Paragraph] = []
    title_folded = fold(title or "")
    is_long_title = count_words(title_folded) >= LONG_TITLE_WORDS
    names = [fold(name) for name in authors]
    seen: set[str] = set()
    labels = _labels(paragraphs)
    lengths = [reading_length(text) for _, text in paragraphs]
    begun = next((at for at, length in enumerate(lengths) if length >= MIN_STORY_LENGTH), 0)
    last = _last_long(lengths)
    for number, (tag, text) in enumerate(paragraphs):
        if text in seen and lengths[number] > MIN_TWIN_LENGTH and text not in labels:
            continue
        seen.add(text)
        if len(text) < MAX_NOTICE_CHARS:
            runs = word_runs(text)
            folded = " ".join(runs)
            is_title = folded == title_folded and (len(own) < TITLE_WITHIN or is_long_title)
            if own and number > last and names_wall(folded):
                break
            if not folded.strip("_ ") or is_title or text in labels or _is_notice(text, folded, runs):
                continue
            if own and number > len(paragraphs) // 3 and lexicon().tails.opens(folded[:MAX_OPENING_CHARS]):
                break
            is_closing = number >= len(paragraphs) - MAX_CLOSING
            is_around = is_closing or number < max(MIN_OPENING, min(begun, MAX_OPENING)) or len(own) < MIN_OPENING
            if is_around and _is_line_about(text, folded, names):
                continue
            if number and paragraphs[number - 1][1][-1:] in _COLONS and _is_credited(paragraphs[number - 1][1], text):
                continue
            if is_closing and (_signs_off(text) or (own and _introduces(folded, names))):
                continue
            if number < begun and _is_label(tag, text) and not (own and tag in _HEADINGS):
                continue
        own.append((tag, text))
    while own and (own[-1][0] in _HEADINGS or _is_label(*own[-1])):
        own.pop()
    return [text for _, text in own]


def _last_long(lengths: list[int]) -> int:
    """Where the last long paragraph stands: behind a wall that comes later, there is nothing but its small print."""
    long = min(LONG_LENGTH, LONG_SHARE * max(lengths, default=0))
    return max((at for at, length in enumerate(lengths) if length >= long), default=0)


def _is_label(tag: str, text: str) -> bool:
    """Whether a paragraph at either end of the story is too short for a sentence: a kicker, a button, a section."""
    return (
        tag != "li"
        and text[-1] not in _ENDINGS
        and reading_length(text) <= MAX_EDGE_LENGTH
        and text.count(" ") < MAX_EDGE_WORDS
    )


def _labels(paragraphs: list[Paragraph]) -> frozenset[str]:
    """Short texts that stand again and again between the parts of the story."""
    short = [
        text
        for tag, text in paragraphs
        if len(text) < MAX_LABEL_CHARS and tag not in _ITEMS and text[-1:] not in _ASKING
    ]
    if len(set(short)) > len(short) - REPEATED + 1:
        return frozenset()  # of most stories: none stands so often
    times = Counter(short)
    often = {text: count for text, count in times.items() if count >= REPEATED}
    total = sum(len(text) for _, text in paragraphs)
    is_story = sum(len(text) * count for text, count in often.items()) > MAX_REPEATED_SHARE * total
    return frozenset() if is_story else frozenset(often)


def _is_notice(text: str, folded: str, runs: list[str]) -> bool:
    """Whether the publication speaks, not the story: a credit, a prompt, a wall, a pointer to what stands beside it."""
    return (
        _is_credit(text)
        or (text[-1:].isdigit() and _COUNTED.fullmatch(text) is not None)
        or _POINTER.match(text) is not None
        or lexicon().notices.group_of(folded[:MAX_OPENING_CHARS]) is not None
        or speaks_to_readers(folded, runs)
        or _is_moment(text)
    )


def _is_moment(text: str) -> bool:
    """Whether a line only tells how long ago the part of a ticker below it was written: "5 hours ago 07:09"."""
    return len(text) <= MAX_MOMENT_CHARS and find_ago(_CLOCK_BEHIND.sub("", fold_date(text))) is not None


def _is_credit(text: str) -> bool:
    if len(text) < MAX_LABEL_CHARS and (_CREDIT.match(text) or _AGENCIES.fullmatch(text)):
        return True
    return "©" in text and len(text) < MAX_CAPTION_CHARS and _ENDS_IN_CREDIT.search(text) is not None


def _is_credited(label: str, text: str) -> bool:
    """Whether a short text is the credit that the label before it names: "Photo:" and then "A. Lee"."""
    return len(text) < MAX_LABEL_CHARS and text[-1] not in _ENDINGS and _CREDIT.fullmatch(label) is not None


def _signs_off(text: str) -> bool:
    """Whether a paragraph after the story tells its tags, who worked on it, or where its author is to be followed."""
    if len(text) < MAX_CAPTION_CHARS and _TAGGED.match(text):
        return True
    return _FOLLOW.search(text) is not None or any(form.fullmatch(text) for form in (_SIGNED, _INITIALS))


def _introduces(folded: str, names: list[str]) -> bool:
    """Whether a paragraph after the story tells who its author is: "Ann Lee is a reporter at The Weir Post"."""
    return any(folded.startswith(name) and _WHO_IS.match(folded, len(name)) for name in names if " " in name)


def _is_line_about(text: str, folded: str, names: list[str]) -> bool:
    """Whether a line before or after the story tells of it: when, by whom, how to reach them, how long it takes."""
    if len(text) > MAX_LINE_CHARS or _POSTED.match(text):
        return False
    text = text.lstrip("-–—•| ") or text
    took = _READING_TIME.search(text)
    if _MAIL.search(text) or (took and len(text) - len(took[0]) <= MAX_NAME_ADDED):
        return True
    rest = folded
    for name in names:
        rest = rest.replace(name, "")
    if len(rest) < len(folded) and len(rest) <= MAX_NAME_ADDED:
        return True
    if text[-1] in _ENDINGS:
        return False
    parts = _BARS.split(text)
    return _tells_of(text) or (len(parts) > 1 and all(_tells_of(part) or _TAGGED.match(part) for part in parts))


def _tells_of(text: str) -> bool:
    """Whether it is a date, be it one that can be read in two ways, or a by-line."""
    return (
        parse_date(text) is not None
        or _NUMBERS.fullmatch(text) is not None
        or (opens_byline(text) and bool(find_people([text])))
    )
