"""What the class, id, role and tag of an element hint of it: frame of the page, comments, advertisement, body, block.

A hint is weak evidence. Measured traps: `nwrel` and `div.related-articles` that hold the most popular; "paywall" on
the real body; `body.has-sidebar`. So callers weigh it against words, structure and size.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from crawler.extraction.tree import Node, Tree
from crawler.model.links import LinkKind

MOST_PROSE = 0.4  # of the page's: what holds more is no sidebar, whatever it is called

_FRAME_TAGS = frozenset(("nav", "form", "dialog", "menu"))
_TELLING_TAGS = _FRAME_TAGS | {"footer", "aside"}
_WHOLE = frozenset(("html", "body", "main", "article", "h1"))  # a hint on these is about the page, not about a part


class Signals(NamedTuple):
    """What a hint says."""

    frame: bool  # navigation, header and footer of the site, search, sign-in, consent
    comments: bool
    ad: bool
    gadget: bool  # sharing, newsletters, polls, ratings, tools
    credit: bool  # captions, by-lines, dates, tags, about the author
    body: bool  # the text of the article
    sidebar: bool
    kind: LinkKind | None  # the block of links that it names


def _words(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words.split())})(?![a-z])")


_UTILITY = re.compile(r"[:\[\]!/]")  # in a class: `print:max-w-prose` styles, and names nothing
_FRAME = _words(
    "nav nav-?bar navigation subnav[a-z]* menu mega-?menu[a-z]* sub-?menu[a-z]* menu-[a-z-]+ breadcrumbs? footer site-?footer page-?footer global-?footer masthead site-?header page-?header "
    "global-?header top-?bar toolbar cookies? consent gdpr modal popup pop-?up offcanvas off-canvas drawer login log-?in sign-?in "
    "search searchbar skip-?links? contentinfo banner language-?switcher pagination pager sitemap"
)
_COMMENTS = _words(
    "comments? commentlist comment-?section disqus[a-z_]* discussion respond reader-?comments? kommentare? kommentar fb-comments coral livefyre"
)
_AD = _words(
    "ads? adv advert[a-z]* ad-?(?:slot|unit|container|wrapper|box|banner) sponsor[a-z]* taboola[a-z]* outbrain[a-z]* ob-widget[a-z]* "
    "dfp gpt[a-z]* promoted paid-?content partner-?content native-?ad anzeigen? reklam[a-z]* publicidad werbung affiliate revcontent mgid zergnet"
)
_GADGET = _words(
    "share[a-z]* sharing sharebar social[a-z]* soc newsletters? newsletter[a-z_-]* subscribe[a-z]* subscription signup sign-?up follow[a-z]* "
    "polls? quiz ratings? rating-?bar reactions? print email-?this tools? article-?tools article-?actions actions buttons? bookmark feedback donat[a-z]* "
    "paywall-?(?:offer|barrier|message) offer app-?promo audio-?player player video-?player promo[a-z]* cta teaser-?abo abo-?box support-?us toc table-of-contents tts"
)
_CREDIT = _words(
    "captions? figcaption wp-caption-text image-?caption photo-?caption credits? copyright source by-?line[a-z]* authors? author-?(?:bio|box|info|card) bio about-?author "
    "tags? tag-?list taglist topics? keywords? dateline timestamps? publi(?:sh|cation)-?date post-?date post-?meta article-?meta metadata entry-?meta kicker eyebrow disclaimer corrections?"
)
_BODY = _words(
    "article-?_?_?(?:body|content|text|copy|main|container__content|paragraphs?)[a-z]* story-?_?_?(?:body|content|text|copy|main)[a-z]* entry-?content post-?(?:content|body|text|entry) "
    "body-?(?:copy|text|content) text-?(?:body|copy) content-?(?:body|text) articlebody storybody rich-?text longtext bodytext "
    "news-?(?:body|text|content) article-?detail-?(?:body|content) paywall"
)
_SIDEBAR = _words(
    "sidebar[a-z0-9_-]* side-?bar aside rail right-?rail right-?col[a-z]* right-?menu secondary complementary col-?right widget-?area"
)
_KINDS: tuple[tuple[LinkKind, re.Pattern[str]], ...] = (
    (
        LinkKind.PROMOTED,
        _words(
            "popular[a-z]* most-?(?:read|popular|viewed|recent|shared|watched|commented|active) trending[a-z]* latest[a-z]* recent[a-z]* top-?(?:stories|news|articles|posts) newest "
            "new-?articles rank(?:ing)?s? access-?ranking lanking headlines? breaking meist-?gelesen mais-?lidas mas-?leid[ao]s plus-?lus prev-?next[a-z-]* "
            "(?:post|nav|posts)-?(?:nav|navigation|previous|next) next-?prev more-?from[a-z-]* more-?in[a-z-]* more-?news editors?-?news rss[a-z]* ticker best_of wpp[a-z-]* hot"
        ),
    ),
    (
        LinkKind.RECOMMENDED,
        _words(
            "recommend[a-z]* recos? you-?(?:may|might)[a-z-]* (?:might|may)-?also-?like for-?you suggest[a-z]* editors?-?(?:choice|picks?) editor-?s?-?(?:choice|picks?) "
            "recirc[a-z]* footer-?recirc osusume picks? read-?next up-?next more-?stories[a-z]* interesting discover"
        ),
    ),
    (
        LinkKind.RELATED,
        _words(
            "related[a-z]* [a-z]*related relation[a-z-]* similar[a-z]* see-?also also-?read read-?also read-?more[a-z-]* more-?about[a-z]* more-?on further-?reading explore[a-z]* "
            "yarpp[a-z]* associated linked-?(?:articles?|stories|content) mehr-?zum-?thema lire-?aussi lea-?tambien leia-?mais leggi-?anche "
            "article-?links? story-?links? background-?links? zum-?thema kanren relate[ds]? relacionad[ao]s? correlat[aeio] verwandt[a-z]* in-?this-?series series-?nav"
        ),
    ),
)


_NOTHING = Signals(False, False, False, False, False, False, False, None)


def signals(node: Node) -> Signals:
    """What its class, id, role and other names hint."""
    return _signals(node.hint) if node.hint else _NOTHING


@lru_cache(maxsize=8_192)  # a site uses the same few hundred hints on all its pages; a line costs about 300 B
def _signals(hint: str) -> Signals:
    said = [one for name in hint.split() if (one := _signals_of_name(name)) is not _NOTHING]
    if len(said) < 2:
        return said[0] if said else _NOTHING
    kinds = {one.kind for one in said}
    return Signals(*map(any, zip(*(one[:-1] for one in said), strict=True)), next((k for k, _ in _KINDS if k in kinds), None))


@lru_cache(maxsize=16_384)  # and many of its names on other sites too: 4 us to read one
def _signals_of_name(name: str) -> Signals:
    if len(name) < 2 or _UTILITY.search(name):
        return _NOTHING
    said = Signals(
        frame=bool(_FRAME.search(name)),
        comments=bool(_COMMENTS.search(name)),
        ad=bool(_AD.search(name)),
        gadget=bool(_GADGET.search(name)),
        credit=bool(_CREDIT.search(name)),
        body=bool(_BODY.search(name)),
        sidebar=bool(_SIDEBAR.search(name)),
        kind=next((kind for kind, words in _KINDS if words.search(name)), None),
    )
    return _NOTHING if said == _NOTHING else said


def is_frame(node: Node) -> bool:
    """Whether it is navigation, a footer, a form or the like, by tag or hint; an article's own footer is none."""
    if node.tag == "footer":
        return not any(up.tag in ("article", "main") for up in node.ancestors())
    if node.tag in _FRAME_TAGS:
        return True
    said = signals(node)
    return said.frame and said.kind is None and not said.sidebar and node.tag not in _WHOLE


class Regions(NamedTuple):
    """Places of the elements that lie in parts of a page which are not the article."""

    refused: dict[int, str]  # why nothing there is the page's own: frame, comments, advertisement
    sidebar: frozenset[int]
    offers: frozenset[int]  # in what is called a block of links

    @property
    def aside(self) -> frozenset[int]:
        """All that says nothing of the article: neither its author nor its date."""
        return self.sidebar.union(self.offers, self.refused)


def find_regions(tree: Tree, prose: list[int]) -> Regions:
    """The parts of a page, by hints and tags.

    Args:
        prose: letters of prose in each element, by place: a hint on what holds much of it is about the page.
    """
    refused: dict[int, str] = {}
    sidebar: set[int] = set()
    offers: set[int] = set()
    most = MOST_PROSE * prose[0]
    refused_to = sidebar_to = offers_to = -1
    why = ""
    for node in tree.nodes:
        at = node.at
        if at <= sidebar_to:
            sidebar.add(at)
        if at <= offers_to:
            offers.add(at)
        if at <= refused_to:
            refused[at] = why
            continue
        if (not node.hint and node.tag not in _TELLING_TAGS) or node.tag in _WHOLE or (most and prose[at] > most):
            continue
        said = signals(node)
        if reason := _refusal(node, said):
            refused_to, why = node.end, reason
            refused[at] = why
        if (node.tag == "aside" or said.sidebar) and node.end > sidebar_to:
            sidebar_to = node.end
            sidebar.add(at)
        if said.kind is not None and node.end > offers_to:
            offers_to = node.end
            offers.add(at)
    return Regions(refused, frozenset(sidebar), frozenset(offers))


def _refusal(node: Node, said: Signals) -> str | None:
    if said.ad:
        return f"an advertisement: {node.hint[:60]!r}"
    if said.comments:
        return "in the comments"
    return "in the frame of the page" if is_frame(node) else None
