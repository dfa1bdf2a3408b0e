"""How a link stands in the paragraph around it: in a sentence, alone, or behind words that name it."""

import re
from functools import lru_cache
from typing import NamedTuple

from crawler.extraction.cards import MAX_NO_TITLE_CHARS
from crawler.extraction.lexicon import MAX_HEADING_CHARS, lexicon
from crawler.extraction.tree import Node
from crawler.extraction.wording import clean, fold, reading_length
from crawler.model.links import LinkKind

MIN_PROSE = 120  # letters of a paragraph that is surely of the story: teasers are shorter or stand in cards
MAX_TAIL_CHARS = 600  # of a paragraph that names sources
MAX_LABEL_CHARS = 40  # of words before a link that name it: "You may also be interested in:"
COVERED_LEVELS = 4  # of a card, in which the heading stands that a link without words covers
MAX_COVERED_CHARS = 600  # of such a card
MAX_COVERED_ELEMENTS = 60
MAX_ITEMS = 60  # of a list of links with labels
CREDIT_LEVELS = 3  # from a link up, where the name of a list of tags or of a by-line is looked for
LIST_SHARE = 0.5  # of a list's text that is linked, where its items are links with labels
MIN_ITEM_SHARE = 0.4  # and of each of them
ALONE_SHARE = 0.75  # of a paragraph's text: with more of it linked, the link is not part of a sentence

_PARAGRAPH_TAGS = frozenset(
    "p li td dd blockquote figcaption h1 h2 h3 h4 h5 h6 div section article aside figure main body".split()
)
_CREDITS = frozenset(  # whole names only: "tag-politics" is a story's class in WordPress
    "tags tag taglist tag-list tag-cloud tagcloud post-tags article-tags entry-tags tags-links tags-list keywords "
    "keyword-list byline by-line author authors author-bio author-box author-info about-author post-author "
    "article-author breadcrumb breadcrumbs related-tags related-topics".split()
)
_BETWEEN = re.compile("[-_]+")
_LABELLED_TAGS = frozenset("p h2 h3 h4 h5 h6 dd".split())  # not "li": "Latest: <a>" there is a kicker
_CARD_TAGS = frozenset("div section article aside figure".split())
_HEADINGS = frozenset("h2 h3 h4 h5 h6".split())
_PHRASES = frozenset("span b strong em i u font mark".split())
_MARKS = ":：|»►→>】］]"  # that end a label; fullwidth and lenticular ones in Japanese and Chinese
_BRACKETS = {"【": "】", "［": "］", "[": "]", "「": "」", "《": "》", "〈": "〉"}
_EDGES = " :：|»►→>-–—•●■▶◆▼※【】［］[]「」《》〈〉"


class Standing(NamedTuple):
    """How a link stands in its paragraph."""

    paragraph: Node
    is_alone: bool  # it is no part of a sentence
    label: LinkKind | None  # the kind that the words directly before it name
    is_sentence: bool  # the paragraph holds sentences beside its links


def standing_of(link: Node) -> Standing:
    """How a link stands in the story."""
    paragraph = paragraph_of(link)
    said = clean(paragraph.text()) if paragraph.chars <= MAX_TAIL_CHARS else ""
    words = clean(link.text()) if said else ""
    is_alone = (
        (paragraph.link_chars >= ALONE_SHARE * paragraph.chars and not _is_among_prose(paragraph))
        or _is_labelled(said, words)
        or (paragraph.tag == "li" and said.endswith(words) and _is_row_of_links(paragraph))
        or _is_button(link, paragraph)
    )
    return Standing(paragraph, is_alone, _label(said, words), is_prose(paragraph))


def label_of(link: Node) -> LinkKind | None:
    """The kind that words before a link name, wherever it stands: "<h4>Related: <a>"."""
    paragraph = paragraph_of(link)
    unlinked = paragraph.chars - paragraph.link_chars
    if paragraph.tag not in _LABELLED_TAGS or not 3 < unlinked <= MAX_LABEL_CHARS:
        return None
    return _label(clean(paragraph.text()), clean(link.text()))


def paragraph_of(link: Node) -> Node:
    """The nearest paragraph-like element around a link that shows text."""
    up: Node | None = link
    while up is not None:
        if up.chars and up.tag in _PARAGRAPH_TAGS:
            return up
        up = up.parent
    return link


def is_citation(paragraph: Node) -> bool:
    """Whether a paragraph cites the sources below a story; one that says where it appeared first is a sentence."""
    return paragraph.chars < MAX_TAIL_CHARS and lexicon().citations.opens(fold(paragraph.text()[:MAX_HEADING_CHARS]))


def is_credit(link: Node) -> bool:
    """Whether a link stands in a list of tags or in a by-line, by the names of the elements around it."""
    node: Node | None = link
    for _ in range(CREDIT_LEVELS):
        if node is None:
            break
        if node.hint and _names_credit(node.hint):
            return True
        node = node.parent
    return False


@lru_cache(maxsize=8_192)  # a site uses the same names on all its pages
def _names_credit(hint: str) -> bool:
    return not _CREDITS.isdisjoint(_BETWEEN.sub("-", hint).split())


def is_prompt(link: Node) -> bool:
    """Whether a link asks its reader to sign up, subscribe, click or download."""
    return lexicon().prompts.group_of(fold(link.text())) is not None


def names_button(link: Node, named: Node, name: str) -> bool:
    """Whether a name that hints at a block is that of a link that leads on to any story: "read-more" on "Read more".

    Args:
        named: the link itself, or an element around it; of one that shows nothing else the name must say as much.
    """
    no_titles = lexicon().no_titles
    if not 0 < link.chars <= MAX_NO_TITLE_CHARS or not no_titles.equals(fold(link.text())):
        return False
    return named is link or (named.chars == link.chars and no_titles.equals(fold(name)))


def is_prose(node: Node) -> bool:
    """Whether it is a paragraph of sentences, not of links."""
    return (
        node.chars - node.link_chars >= MIN_PROSE // 3  # Han says as much in a third of the letters
        and node.tag in ("p", "div")
        and _own_length(node) >= MIN_PROSE
    )


def _own_length(node: Node) -> int:
    """Length of the text that is directly in an element or in phrases of it, outside links; each of its links asks."""
    if node.own_length is None:
        length = 0
        for kid in node.kids:
            if isinstance(kid, str):
                length += reading_length(kid)
            elif kid.tag in _PHRASES:
                length += _own_length(kid)
        node.own_length = length
    return node.own_length


def _is_button(link: Node, card: Node) -> bool:
    """Whether a link stands below a heading and beside no words: "<h4>Bridge plan meets protest</h4> <a>Show</a>".

    A picture or a cover has no words, and its heading may stand further in.
    """
    levels = 1 if link.chars else COVERED_LEVELS
    if (
        link.chars > MAX_LABEL_CHARS
        or card.chars > MAX_COVERED_CHARS
        or card.end - card.at > MAX_COVERED_ELEMENTS
        or card.tag not in _CARD_TAGS
        or not _has_heading(card, levels)
    ):
        return False
    between = [up for up in link.ancestors() if card.at <= up.at]
    return not any(isinstance(kid, str) and not kid.isspace() for up in between for kid in up.kids)


def _has_heading(node: Node, levels: int) -> bool:
    return any(kid.tag in _HEADINGS or (levels > 1 and _has_heading(kid, levels - 1)) for kid in node.elements())


def _is_row_of_links(item: Node) -> bool:
    """Whether an item of a list holds a link and a few words, as the others of its list: "On the ground: <a>"."""
    if item.parent is None or len(item.parent.kids) > 2 * MAX_ITEMS:  # with the white space between them
        return False
    items = [kid for kid in item.parent.elements() if kid.chars]
    linked = sum(kid.link_chars for kid in items)
    return (
        len(items) > 1
        and linked >= LIST_SHARE * sum(kid.chars for kid in items)
        and all(kid.link_chars >= MIN_ITEM_SHARE * kid.chars for kid in items)
    )


def _is_among_prose(item: Node) -> bool:
    """Whether most other items of its list have no link: one that is mostly a link is no less prose than these."""
    if item.tag != "li" or item.parent is None or len(item.parent.kids) > 2 * MAX_ITEMS:
        return False
    items = [kid for kid in item.parent.elements() if kid.chars]
    return 2 * sum(1 for kid in items if kid.link_chars) < len(items)


def _label(said: str, words: str) -> LinkKind | None:
    """The kind that words before a link or at its beginning name: "Read more: <a>", "<a>ALSO READ | "."""
    if not words:
        return None
    before = said.partition(words)[0]
    labels = [(before, before.rstrip()[-1:] in _MARKS)]
    labels += ((words.partition(mark)[0], mark == "|") for mark in _MARKS if mark in words[: MAX_LABEL_CHARS + 1])
    if closing := _BRACKETS.get(said[:1]):
        labels.append((said[1:].partition(closing)[0], True))
    for label, marked in labels:
        label = label.strip(_EDGES)
        is_short = 0 < len(label) <= MAX_LABEL_CHARS and len(label) < len(said)
        if is_short and (kind := lexicon().label(label, marked=marked)):
            return kind
    return None


def _is_labelled(said: str, words: str) -> bool:
    """Whether a paragraph is a few words, a colon or bar, and the link: a teaser, in whatever language."""
    if not words or len(said) > MAX_HEADING_CHARS + len(words):
        return False
    before, _, after = said.partition(words)
    return 2 < len(before) <= MAX_LABEL_CHARS and before.rstrip()[-1:] in _MARKS and len(after) < 3
