"""Names of authors out of by-lines and metadata: people, each once, without "By", roles and agencies."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from crawler.extraction.datewords import fold_date, words
from crawler.extraction.wording import clean, fold

MAX_TEXT_CHARS = 500  # of a by-line
MAX_NAME_CHARS = 60
MAX_NAME_WORDS = 6
MIN_MONTH_LENGTH = 6  # of a month that is no one's name: "October", and not "June"
MAX_AUTHORS = 30
MAX_TEXTS = 100  # of by-lines that are read, 1 ms each at worst

_BY = re.compile(
    r"^(?:(?-i:(?:[Bb]y|Von|Par|Por)(?=[A-Z]))|(?:(?:(?:written|posted|story|text|report(?:ed)?|words|published|article)\s+)?by|"
    r"(?:(?:geschrieben|veröffentlicht)\s+)?von|(?:(?:publié|écrit|rédigé)\s+)?par|"
    r"(?:(?:publicad[oa]|escrito|postado)\s+)?por|(?:scritto|pubblicato)\s+da|(?:(?:geplaatst|geschreven)\s+)?door|"
    r"di|af|av|przez|interview(?=:)|autor(?:in)?/autor(?:in)?|autor(?:[aei]n?)?|autorzy|author|autore|auteur|text|szerző|yazar|автор|автори|текст|"
    r"tekst|texto de|[-–—|•·*]|(?:取材・?)?文|作者|著者|筆者|記者|記事|執筆|撰文|責任編輯|责编|责任编辑|글)"
    r"(?:[:：●＝]\s*|\s+(?!by\b)))",
    re.I,
)
_BETWEEN = re.compile(
    r"\s*(?:[;|•/／、，・\n]|,(?!\s*(?:jr|sr|ph\.?d|m\.?d|ii|iii)\b)|"
    r"\s(?:and|und|et|y|e|og|och|en|i|a|ve|и|та|&|·|with|mit|avec|con)\s(?=\W*\w))\s*",
    re.I,
)
_BAR = re.compile(r"\s[|·•]\s")  # between fields: "Politics | By Ann Lee"
_ASIDE = re.compile(r"\s*(?:\([^)]*\)|\[[^\]]*\]|<[^>]*>|[@＠]\S+|https?://\S+)\s*")
_MAIL = re.compile(r"[^\s@]+@[^\s@.]+\.\S+")
_BRACKETED = re.compile(r"\s*[\[(（［【]([^\[\]()（）［］【】]*)[\])）］】]\s*")
_ADDRESS = re.compile(r"://|\bwww\.|\b[a-z-]{3,}\.(?:com|org|net|de|fr|co\.uk|it|es|ch|at|tv|no|se)\b", re.I)
_SITE_BEHIND = re.compile(r"(?<=\w)(?:\s?,)?\s[a-z\d-]{3,}\.(?:com|org|net|co\.uk)$", re.I)  # "Ann Lee, Weir.com"
_DEGREE = re.compile(
    r"(?:m\.?s|m\.?a|m\.?sc|b\.?a|b\.?sc|mba|mph|mfa|rdn?|ldn?|rn|cpt|cscs|pharmd|dds|dvm|lcsw|cfa|esq)\.?", re.I
)
_AFTER_NAME = re.compile(
    r"\s*(?:\s\d|\s[-–—|/]\s|,\s(?!(?i:jr|sr|ph\.?d|m\.?d|ii|iii)\b)|"
    r"\sin\s(?=[A-Z]\w+$)|\sfor\s(?=[A-Z])|\sat\s(?=[A-Z])|記者$|기자$|특파원$|編集委員$).*$",
    re.S,
)
_KOREAN = re.compile(  # behind places and papers, before an address
    r"^.*?((?:(?<![가-힣])[가-힣]{2,4}(?:\s?[·,]\s?(?=[가-힣]))?)+)\s(?:기자|특파원|논설위원)(?![가-힣]).*$"
)
_TAIL = re.compile(r"\s(?:for|at|in)$", re.I)  # of a paper that was taken away
_DATE_BEHIND = re.compile(
    r"\s+(?:mon|tues|wednes|thurs|fri|satur|sun)day(?:,|\s+[a-z]+\s+\d).*|"
    r"(?:\s+|(?-i:(?<=[a-z])(?=[A-Z])))"  # "By Ann LeeMay 4, 2024": parted by the style sheet
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\.?\s+\d{1,2}\b.*|"
    r"\s+(?:(?:am|on|le|el|il|op|den|em)\s+)?\d{1,2}[./]\s?\d{1,2}[./].*",
    re.I | re.S,
)
_AGENCIES = r"ap|afp|dpa|reuters|apa|ansa|efe|lusa|ritzau|ntb|tt|kna|epd|sid|upi|pti|xinhua|tass"
_DESK_WORDS = (
    rf"\b(?:agenc(?:y|ies)|agences?|agentur(?:en)?|agencias?|agenzi[ae]|{_AGENCIES}|"
    r"staff|editors?|editorial|redaktion\w*|redacci[oó]n|redazione|r[ée]daction|redactie|redakcja|redakce|"
    r"news(?:room|desk|paper)?|team|desk|admin(?:istrator)?|service|network|media|press|magazine|online|digital|"
    r"correspondents?|reporters?|writers?|contributors?|univers\w+|institut\w*|associat\w+|company|inc|ltd|gmbh|"
    r"wire|bureau|tv|radio|group)\b"
)
_BEHIND_DESK = re.compile(
    r"(?:\s\d|\s[-–—|·•]|[|,;]|\s(?i:publi(?:é|shed)|updated|posted|veröffentlicht|aktualisiert)\b).*$", re.S
)
_AGENCY = re.compile(rf"\b(?:{_AGENCIES})\b", re.I)
_DESK = re.compile(rf"{_DESK_WORDS}|編集部|编辑部|通信社", re.I)
_NOT_PERSON = re.compile(
    rf"{_DESK_WORDS}|\b(?:guest|unknown|webmaster|web|dr[uü]ck|print|read more|follow|updated|"
    r"aktualisiert|actuali[sz]\w+|aggiornat\w+|veröffentlicht|publi(?:é|ziert|shed)|e-?mail)\b"
    r"|\b(?:fotos?|photos?|bilder|bild|фото)\s?:|"
    r"\b(?:show all|all articles|alle (?:artikel|beiträge)|more (?:articles|from|by)|mehr (?:artikel|von)|view all|"
    r"sign (?:in|out|up)|log (?:in|out)|full bio|antworten|reply|google scholar)\b"
    r"|\.(?:com|org|net|de|fr|co|it|es|ch|at|tv)\b|\d{3}|編集部|新聞|通信|通讯|뉴스|신문|社会部|写真",
    re.I,
)
_NOBODY = re.compile(
    r"\W*(?:(?:web)?admin(?:istrator)?|webmaster|staff|editors?|editorial|author|guest|unknown|anonymous|user|test|root|n/?a|"
    r"null|none|undefined|default)\W*\d*|\W+|\d+",
    re.I,
)
_PARTICLES = frozenset(
    "af al am auf av bin d da dal de degli dei del della den der des di do dos du e el en i la las le lo los ter ten "
    "van vom von vor y zu zum zur".split()
)
_WHOLE_ROLE = re.compile(
    r"^(?:senior |staff |chief |political |science |freelance |foreign |special |contributing |managing |deputy |co-)*"
    r"(?:writer|reporter|editor|correspondent|journalist|author|columnist|contributor|journaliste|redakteur(?:in)?|"
    r"periodista|redactora?|giornalista|autor(?:in)?|reporterin|\w*korrespondent(?:in)?|volontär(?:in)?|journalistin?|"
    r"ceo|cto|cfo|founder|president|analyst)s?$",
    re.I,
)


def find_people(texts: Iterable[str], *, not_named: Iterable[str] = ()) -> tuple[str, ...]:
    """The people that by-lines or author fields name, in their order.

    Args:
        texts: each one name, several, or a whole by-line ("By Ann Lee and Bo Ek, Staff Writers").
        not_named: names of the site and its publisher, which are no people.
    """
    unwanted = {fold(name).replace(" ", "") for name in not_named}
    people: dict[str, str] = {}
    for text in islice(texts, MAX_TEXTS):
        if _ADDRESS.search(text := _SITE_BEHIND.sub("", _MAIL.sub(" ", text[:MAX_TEXT_CHARS]))):
            continue  # of a profile or a publication
        if bracketed := _BRACKETED.fullmatch(text):
            text = bracketed[1]
        text = _DATE_BEHIND.sub("", _ASIDE.sub(" ", clean(text)))
        text = _KOREAN.sub(lambda reporters: reporters[1].replace("·", ","), text)
        parts = _BETWEEN.split(_BY.sub("", text))
        is_full = _BAR.search(text) is not None and any(" " in part.strip() for part in parts)
        for part in parts:
            if is_full and part.isascii() and " " not in part.strip():
                continue  # of a line of fields, a section
            name = _TAIL.sub("", _AFTER_NAME.sub("", _BY.sub("", part.strip()))).strip(" .,;-–—|*·•\"'„“”")
            key = fold(name)
            is_site = not unwanted.isdisjoint((*key.split(), key.replace(" ", "")))
            if key and not is_site and key not in people and _is_person(name):
                people[key] = name
    return tuple(people.values())[:MAX_AUTHORS]


def find_desk(text: str, *, not_named: Iterable[str] = ()) -> str | None:
    """The agency or desk that a by-line names instead of people: "By Associated Press"."""
    name = _BY.sub("", _BEHIND_DESK.sub("", _DATE_BEHIND.sub("", _ASIDE.sub(" ", text))).strip())
    if not name[:1].isupper() or len(name.split()) > MAX_NAME_WORDS or re.search(r"[.:;,!?/]", name):
        return None
    if not is_name(name) or not (_DESK if " " in name else _AGENCY).search(name) or _WHOLE_ROLE.match(name):
        return None
    return None if fold(name) in map(fold, not_named) else name


def is_name(text: str) -> bool:
    """Whether a text may be a name of whoever signs, be it a person, a desk or an agency; "admin" is no one's."""
    return 2 <= len(text) <= MAX_NAME_CHARS and not _NOBODY.fullmatch(text) and not re.search(r"://|\bwww\.|@", text)


def opens_byline(text: str, name: str = "") -> bool:
    """Whether a short text begins as a by-line does, with `name` first: "By Ann Lee", "von Bo Ek"."""
    match = _BY.match(text)
    return (
        match is not None
        and text[0].isalpha()
        and text[match.end() :][:1].isupper()
        and text.startswith(name, match.end())
    )


def names_in_full(text: str, people: Sequence[str]) -> bool:
    """Whether a text names people and begins with the first, or with what by-lines begin with."""
    match = _BY.match(text)
    return bool(people) and text.startswith(people[0], match.end() if match else 0)


def _is_person(name: str) -> bool:
    if not 2 <= len(name) <= MAX_NAME_CHARS or len(name.split()) > MAX_NAME_WORDS or name[0].isdigit():
        return False
    if any(word[0].islower() and word not in _PARTICLES for word in name.split()) and not name.islower():
        return False  # a piece of a sentence; names all in small letters are a style
    if _DEGREE.fullmatch(name) or _BY.fullmatch(f"{name}:") or ":" in name or name.split()[-1] in _PARTICLES:
        return False  # behind the comma of a name; before a name
    if len(name) >= MIN_MONTH_LENGTH and ((word := fold_date(name)) in words().months or word in words().weekdays):
        return False
    return bool(re.search(r"[^\W\d_]{2}", name)) and not _NOT_PERSON.search(name) and not _WHOLE_ROLE.match(name)
