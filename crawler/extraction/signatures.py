"""By-lines as readers see them: who is named around the heading as the one who wrote the story."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote

from crawler.extraction.dates import parse_date
from crawler.extraction.datewords import fold_date, words
from crawler.extraction.heads import Shown, is_of_part
from crawler.extraction.people import MAX_NAME_CHARS, find_desk, find_people, names_in_full, opens_byline
from crawler.extraction.regions import is_hidden
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import clean, fold

MAX_BYLINE_CHARS = 160
MIN_LINE_CHARS = 4
MAX_LINE_CHARS = 80  # of one that only its first word tells
MAX_ELEMENTS = 60  # of a by-line
MAX_TRIED = 20  # by-lines; the story's is among the first
MAX_ELEMENTS_BETWEEN = 24  # two names
CLOSING_LINES = 2
MAX_FULL_NAME_WORDS = 3  # of a name that only its place tells
PICTURE_LEVELS = 2  # above a name, where the picture is looked for that it may be the credit of

_CALLED = re.compile(  # "entry-author", "postauthor" and "byline__name", but not "authority"
    r"(?:auth?or|auteur|autore)(?!i[tz])|by-?line|(?<![a-z])(?:(?:writer|reporter)s?(?![a-z])|journalist|signature|firma)"
)
_CALLED_NAME = re.compile(r"name|auth?or(?!i[tz])|auteur|by-?line")
_CALLED_PART = re.compile(r"(?:first|last|given|sur|family|middle)[-_]*names?")
_CALLED_CREDIT = re.compile(  # of a picture, and who wrote a comment or is quoted; "article-credits" names the author
    r"(?:photo|image|picture|media|foto|img)[-_]*(?:credit|caption|author|by|source|info|licen[sc]e|meta)|photographer|"
    r"wp-caption|figcaption|comment[-_]*(?:author|by|meta)|pull[-_]?quote|quote[-_]*(?:author|by|source)"
)
_PROFILE = re.compile(  # the address of a writer's page
    r"/(?:authors?|author-profiles?|aut(?:h?or|eur|ore)(?:e[ns]?|i|in|s|es)?|profiles?|profil|staff|contributors?|"
    r"writers?|editors?|journalist(?:s|es?|en)?|reporters?|columnists?|redaktion|bylines?|bios?|firmas?|yazar(?:lar)?|"
    r"skribent(?:er)?|medarbejdere?)/([^/?#]{3,})",
    re.I,
)
_BY_WORD = r"(?:by|von|par|por|af|av|door|przez)\s*:?\s*"
_WORDS = re.compile(r"[a-z]{2,}")
_BEFORE_NAME = re.compile(  # "A guest column by", but not "Photos by", "Sponsored by" or "Sort by"
    r"\W*(?:(?:an?|this|eine?|une?|una?|en|et|een)\s+)?(?:(?:guest|special|exclusive|original)\s+)?(?:(?:"
    r"written|posted|published|submitted|contributed|reported|authored|stor(?:y|ies)|texts?|words|reports?|reporting|"
    r"articles?|posts?|columns?|essays?|analysis|opinion|commentary|editorial|review|interview|news|blog|"
    r"geschrieben|veröffentlicht|verfasst|(?:gast)?(?:beitrag|artikel|kommentar)|analyse|kolumne|reportage|bericht|"
    r"publié|écrit|rédigé|propos recueillis|chronique|entretien|publicad[oa]|escrito|postado|columna|artículo|artigo|"
    r"skrevet|skriven|tekst|artikkel|kronikk|geschreven|geplaatst|napisan[ey]|opublikowan[ey])\s+)?" + _BY_WORD,
    re.I,
)
_OTHER_WORK = re.compile(  # not "Story and photos by"
    r"(?<!\band )(?<!\bund )(?<!\bet )(?<!& )\b(?:photo\w*|picture[sd]?|images?|illustrat\w+|videos?|"
    r"graphics?|fotos?|fotografie|bilder|bild|edited|translated|reviewed|checked|sponsored|presented|produced)\s+"
    + _BY_WORD
    + "$",
    re.I,
)
_BETWEEN_NAMES = re.compile(r"\W*(?:and|und|et|y|e|og|och|en|i|a|ve|и|та|with|mit|avec|con)?\W*", re.I)
_FULL_NAME = r"((?:[^\W\d_a-z][\w'’-]*\.?\s){1,3}[^\W\d_a-z][\w'’-]+)"
_NAME_BEFORE_DATE = re.compile(_FULL_NAME + r"\s?[,|•·–—-]?\s*((?:[^\W\d_]+,?\s)?\d.*)")
_NAME_BEHIND_DATE = re.compile(r"(.*\d.*?),?\s(?:by|[Vv]on|[Pp]ar|[Pp]or|af|av|door|przez|By)\s" + _FULL_NAME)
_AFTER_ANOTHER = re.compile(r"\w\s(?:and|und|et|y|e|og|och|en|i|a|ve|и|та|&)\s*$", re.I)
_RIGHT = re.compile(r"text-align\s*:\s*(?:right|end)")
_PICTURES = frozenset(("figure", "figcaption", "picture"))


def read_signatures(shown: Shown, site: list[str]) -> tuple[str, ...]:
    """The people that sign the story where the page shows it.

    Looked for beside the heading, and then in what stands right below it though it is called no part of the article:
    names of parts are weak evidence there.

    Args:
        site: names of the site and its publisher, which sign nothing.
    """
    finders: tuple[Callable[[Shown, list[Node], list[str]], list[str]], ...] = (_linked, _called, _opening, _dated)
    places = (shown.near, shown.below_heading)
    lone: tuple[str, ...] = ()  # of one word, which may be "Biography" or "June"
    for nodes in places:
        for find in finders:
            people = find_people(find(shown, nodes, site), not_named=site)
            if any(" " in name or not name.isascii() for name in people):
                return people
            lone = lone or tuple(name for name in people if len(name) > 2 and fold_date(name) not in words().months)
    return lone or _closing(shown, site)


def read_desk(shown: Shown, site: list[str]) -> tuple[str, ...]:
    """The agency or desk that signs where no people do: "By Associated Press"."""
    for node in (*shown.near, *shown.below_heading):
        if not 1 < node.chars < MAX_NAME_CHARS:
            continue
        text = clean(node.text())
        is_link = _is_of_author(node) or (node.tag == "a" and _is_profile_of(node))
        is_byline = is_link or (node.hint and _is_called_author(node.hint)) or opens_byline(text)
        if is_byline and _may_sign(shown, node, MAX_NAME_CHARS) and (desk := find_desk(text, not_named=site)):
            return (desk,)
    return ()


def _linked(shown: Shown, nodes: list[Node], site: list[str]) -> list[str]:
    """Links that call themselves the author's, else those that lead to the page of one or stand behind "by"."""
    links = [node for node in nodes if node.tag == "a" and 1 < node.chars < MAX_BYLINE_CHARS]
    for is_author in (_is_of_author, _leads_to_author):
        called = [link for link in links if is_author(link)]
        if names := _row(called, site):
            return _with_unlinked(names, called[0], site)
    return []


def _with_unlinked(names: list[str], link: Node, site: list[str]) -> list[str]:
    """The names of the whole by-line around a link, where it names more than the links in it."""
    block = link.parent
    if block is None or block.chars >= MAX_BYLINE_CHARS or not opens_byline(text := clean(block.text())):
        return names
    linked, told = find_people(names, not_named=site), find_people([text], not_named=site)
    return [text] if set(told) > set(linked) else names


def _is_of_author(link: Node) -> bool:
    return "rel" in link.attrs and "author" in link.get("rel").split()


def _is_profile_of(link: Node) -> bool:
    """Whether its address is a writer's page; one spelt in words has one of the name's, so that "Our Team" is none."""
    profile = _PROFILE.search(link.get("href"))
    if profile is None:
        return False
    spelt = _WORDS.findall(fold(unquote(profile[1])))
    words = fold(link.text()).split()
    return len(spelt) < 2 or not link.text().isascii() or any(word in spelt for word in words)


def _leads_to_author(link: Node) -> bool:
    block = link.parent
    if block is None or block.chars >= MAX_BYLINE_CHARS:
        return False
    before = _text_before(link)
    is_profile = not link.text()[:1].islower() and _is_profile_of(link)
    is_behind_by = not is_profile and " " in link.text() and _BEFORE_NAME.fullmatch(before) is not None
    return (is_profile or is_behind_by) and not _OTHER_WORK.search(before) and not _is_credit(link)


def _called(shown: Shown, nodes: list[Node], site: list[str]) -> list[str]:
    """What a class calls the author, or `<address>` marks."""
    called = (node for node in nodes if node.tag == "address" or (node.hint and _is_called_author(node.hint)))
    bylines = (node for node in called if _may_sign(shown, node, MAX_BYLINE_CHARS))
    return next((names for node in islice(bylines, MAX_TRIED) if (names := _names_in(shown.tree, node, site))), [])


@lru_cache(maxsize=8_192)  # a site uses the same names on all its pages
def _is_called_author(hint: str) -> bool:
    return _CALLED.search(hint) is not None


def _opening(shown: Shown, nodes: list[Node], site: list[str]) -> list[str]:
    """A line that begins "By ..."."""
    short = (node for node in nodes if MIN_LINE_CHARS < node.chars < MAX_LINE_CHARS)
    lines = (node for node in short if opens_byline(clean(node.text())))
    for node in islice((node for node in lines if _may_sign(shown, node, MAX_LINE_CHARS)), MAX_TRIED):
        names = _names_in(shown.tree, node, site)
        if names and opens_byline(clean(node.text()), find_people(names)[0]):
            return names
    return []


def _dated(shown: Shown, nodes: list[Node], site: list[str]) -> list[str]:
    """A name that stands on the line of the date: "Ann Lee, April 19, 2020", "Posted on April 19, 2020 by Ann Lee"."""
    below = shown.h1.end if shown.h1 else -1
    for node in nodes:
        if node.at <= below or not MIN_LINE_CHARS < node.chars < MAX_LINE_CHARS:
            continue
        text = clean(node.text())
        if before := _NAME_BEFORE_DATE.match(text):
            name, date = before.groups()
        elif behind := _NAME_BEHIND_DATE.fullmatch(text):
            date, name = behind.groups()
        else:
            continue
        if _is_full_name(name, site) and _may_sign(shown, node, MAX_LINE_CHARS) and parse_date(date) is not None:
            return [name]
    return []


def _closing(shown: Shown, site: list[str]) -> tuple[str, ...]:
    """A name that ends the text on a line of its own, at its right."""
    if shown.body is None:
        return ()
    lines = (node for node in reversed(shown.tree.inside(shown.body)) if node.chars and node.tag == "p")
    for node in islice(lines, CLOSING_LINES):
        is_right = "right" in node.get("align") or _RIGHT.search(node.get("style"))
        if is_right and _is_full_name(text := clean(node.text()), site):
            return (text,)
    return ()


def _is_full_name(text: str, site: list[str]) -> bool:
    """Whether it is nothing but a name of two words or more, which nothing else tells."""
    parts = text.split()
    is_written = 1 < len(parts) <= MAX_FULL_NAME_WORDS and all(
        part[0].isupper() and fold_date(part) not in words().weekdays for part in parts
    )
    return is_written and text[-1].isalpha() and find_people([text], not_named=site) == (text,)


def _may_sign(shown: Shown, node: Node, most_chars: int) -> bool:
    """Whether it is short, neither the heading nor around it, and not the credit of a picture."""
    is_heading = shown.h1 is not None and (node.holds(shown.h1) or shown.h1.holds(node))
    return 1 < node.chars < most_chars and not is_heading and not _is_credit(node) and not is_of_part(node)


def _names_in(tree: Tree, byline: Node, site: list[str]) -> list[str]:
    """The names of a by-line: its links, else what a class calls the name, its innermost elements, or all its text."""
    inside = tree.inside(byline)[1:MAX_ELEMENTS]
    leaves = [node for node in inside if _is_whole(node)]
    for nodes in (
        [node for node in inside if node.tag == "a" and (" " in (text := node.text()) or not text.isascii())],
        [node for node in leaves if node.hint and _CALLED_NAME.search(node.hint)],
        [node for node in leaves if " " in (text := node.text()) and not text.islower()],  # no "Save"
    ):
        if names := _row(nodes, site):
            return _with_unlinked(names, nodes[0], site)
    text = clean(byline.text())
    if not byline.hint and not opens_byline(text):
        return []  # an address
    own = (kid for kid in byline.kids if isinstance(kid, str) and " " in kid.strip() and not kid.islower())
    alone = next((kid for kid in own if len(find_people([kid], not_named=site)) == 1), None)
    return [alone or text] if alone or find_people([text], not_named=site) else []


def _row(nodes: Iterable[Node], site: list[str]) -> list[str]:
    """The first that is a name, and those like it that follow with no more than "and" between."""
    named = [(node, name) for node in nodes if not is_hidden(node) and (name := _name_of(node, site))]
    if any(" " in name for _, name in named):
        named = [(node, name) for node, name in named if " " in name]  # "Biography"
    if not named or _AFTER_ANOTHER.search(_text_before(named[0][0])):
        return []  # the second of two, of whom the first is no link
    names: list[str] = []
    first = last = named[0][0]
    for node, name in named:
        if node.at - last.end > MAX_ELEMENTS_BETWEEN:
            break
        last = node
        is_next = name.islower() == named[0][1].islower() and _is_alike(node, first)
        if node is first or (is_next and _BETWEEN_NAMES.fullmatch(_text_before(node))):
            names.append(name)
    return names


def _name_of(node: Node, site: list[str]) -> str | None:
    """What an element says from its beginning, where that is a name.

    Of one in several pieces, which may stand without a space between them ("Ann Lee" and "Editor"), the first that is
    a whole name.
    """
    whole = clean(node.text())
    for text in (*map(clean, _pieces(node)), whole):
        people = find_people([text], not_named=site)
        if names_in_full(text, people) and (text is whole or len(people) == 1):
            return text
    return None


def _pieces(node: Node) -> Iterator[str]:
    """Texts of several words in an element that has others beside them."""
    while len(node.kids) == 1 and isinstance(only := node.kids[0], Node):
        node = only
    kids = [kid for kid in node.kids if not (isinstance(kid, str) and kid.isspace())]
    called = [kid for kid in kids if isinstance(kid, Node) and kid.hint and _CALLED_NAME.search(kid.hint)]
    for kid in called or (kids if len(kids) > 1 else ()):
        text = kid if isinstance(kid, str) else kid.text()
        if not isinstance(kid, str) and _is_part(kid):
            return
        if called or " " in text.strip():
            yield text


def _is_whole(node: Node) -> bool:
    """Whether an element has text of its own, or the parts of a name, and is no part of one."""
    if node.chars < 2 or _is_part(node):
        return False
    return any(not kid.isspace() if isinstance(kid, str) else _is_part(kid) for kid in node.kids)


def _is_part(node: Node) -> bool:
    """Whether it is a part of a name, by what it is called, or by its being the rest of a word."""
    return (node.chars < 2 and node.text()[:1].islower()) or bool(node.hint and _CALLED_PART.search(node.hint))


def _is_alike(node: Node, other: Node) -> bool:
    """Whether two elements are of one class; a label may repeat the name."""
    style = node.get("class")
    if node.tag != other.tag or style != other.get("class"):
        return False
    one, two = node.parent or node, other.parent or other
    return style != "" or node.tag == "a" or one.get("class") == two.get("class")


def _text_before(node: Node) -> str:
    """What stands right before an element in its parent, outside other elements."""
    before = ""
    for kid in node.parent.kids if node.parent else ():
        if kid is node:
            break
        before = kid if isinstance(kid, str) else ""
    return before[-MAX_BYLINE_CHARS:]  # white space has no end


def _is_credit(node: Node) -> bool:
    """Whether a name is of who took a picture, wrote a comment or is quoted."""
    around = (node, *islice(node.ancestors(), PICTURE_LEVELS))
    return any(
        up.tag in _PICTURES or (up.hint and up.chars < MAX_BYLINE_CHARS and _CALLED_CREDIT.search(up.hint))
        for up in around
    )
