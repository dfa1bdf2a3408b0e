"""The links of a page that may lead to stories: addresses judged by their own shape and by the page's.

Where shape and words leave it open, a link is kept as a short one: it counts only where a heading speaks for it.
"""

import re
from collections.abc import Container, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from crawler.extraction.lexicon import fold_heading
from crawler.extraction.redirectors import unwrapped
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import count_words, fold
from crawler.model.links import LinkKind
from crawler.model.urls import canonical_url, is_home_page, is_plain, resolve_url, site_of_host

MIN_TITLE_WORDS = 4  # of a link whose address may as well lead to a section
MIN_SHORT_WORDS = 3  # of one that only its heading speaks for; names of topics and people have two
FEW_WORDS = "neither its address nor its words are a story's"
MAX_NAME_WORDS = 3  # of a person
MIN_NAME_STEM = 4  # letters of a name that may have another ending in its address
MAX_NAME_ENDING = 2
MAX_NAME_CHARS = 60  # of a link that only names what its page is about
MIN_SITE_NAME = 3  # letters of a site's name that tells its publication under another suffix
MAX_SECTIONS = 40  # of a page, whose menus may open into hundreds of places
MAX_SUFFIX_CHARS = 5  # of a file's name, its dot with them: ".jpeg"
MAX_ANCHORS = 3_000  # of a page; the most on a real one seen is 900

_NEVER = frozenset(  # first or second folder of what lists, serves or sells, and is no story
    "tag tags topic topics thema themen tema temas tematy temy temi argomenti sujet sujets emne emner amne ämne konu "
    "dossiers tagged label author authors autor autores autoren auteur auteurs autori author-profile profile profiles "
    "profil by journalist journalists journaliste redaktion redaktionen redaktor "
    "korrespondenten meet-the-team "
    "category categories kategorie categoria rubrik rubriques sekce sezioni "
    "search suche recherche buscar login signin sign-in signup sign-up register registrieren account konto my user "
    "users subscription subscribe abo abonnement abonnieren newsletter newsletters newsletter-registration "
    "about about-us contact contact-us kontakt impressum privacy privacy-policy datenschutz terms terms-of-use legal "
    "cookies cookie-policy advertise advertising annonse anzeige anzeigen advertorial advertorials sponsored "
    "vouchercodes gutscheine coupons shop store jobs careers promotion promotions issue issues quote quotes "
    "clasificacion feed feeds rss sitemap share comments comment wp-content wp-admin go redirect out click intent "
    "sharer horoscope product products produkt produkte producto productos produit produits prodotto prodotti job "
    "stellenangebote stellenanzeigen vergleich vergleiche preisvergleich deals sonderveroeffentlichung "
    "sonderveroeffentlichungen themenseite themenseiten schlagwort schlagworte stichwort hashtag hashtags keyword "
    "keywords etiqueta etiquetas etiket etiketler haberleri tagi stitky stitek emneord trefwoord".split()
)
_PEOPLE = frozenset("people person personen persone personas members member staff team teams players player".split())
_LISTS = frozenset("feed rss amp-feed comments lost password latest archive".split())  # last folder of the same
_DESKS = frozenset(  # first part of the host of what is sold or served beside the news
    "abo abos shop store advertorial jobs job stellenmarkt tickets ticket epaper e-paper sso login account accounts "
    "id my help support hilfe deals newsletter newsletters sportwetten subscribe subscription ad ads adv".split()
)
_NOT_PAGES = re.compile(r"\.(?:pdf|jpe?g|png|gif|webp|svg|mp[34]|zip|docx?|xlsx?|xml|rss|css|js|ics)$", re.I)
_SHARING = re.compile(
    r"(?:^|\.)(?:facebook|twitter|x|linkedin|whatsapp|pinterest|reddit|t|telegram|instagram|youtube|youtu|tiktok|"
    r"threads|bsky|tumblr|vk|ok|xing|flipboard|getpocket|apple|spotify|line|mastodon|wa|addtoany|bit|"
    r"amzn)\.(?:com|me|be|net|ru|app|co|ly|to|social)$|(?:^|\.)(?:amazon|google)\.(?:com?\.)?[a-z]{2,3}$"
)
_ID_PARAMETER = re.compile(r"(?:^|&)(?:id|p|article|story|news|no|aid)\w*+=\w*\d")
_NO_STORY = frozenset(("tag", "sponsored", "author", "license"))  # `rel` of a link
_WORD = re.compile(r"[a-z]+")
_MARKS_OF_ID = re.compile(r"[-_.,]?[a-z]*\d[a-z\d]*")
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "æ": "ae", "ł": "l"})  # in addresses
_NO_LETTERS = re.compile(r"\.\w+$|[^a-z]")
_ENDING = re.compile(r"\.(?:s?html?|php|aspx?|jsp|amp|ssf)$")
_NAMED_FILE = re.compile(r"[-_].*\.s?html?$")  # "weirdest-galaxies.html" at the root is no section
_BETWEEN_WORDS = re.compile(r"[-_+.]+(?=.)")
_DIGIT = re.compile(r"\d")
# a last folder that is called the front of a section: "2-liga-startseite-52.html"
_FRONT = re.compile(r"(?:^|[-_])(?:startseite|themenseite|landingpage)(?:[-_.]|$)")
_OF_AUTHORS = re.compile(r"^(?:autor|autorin|author|auteur|autore|autora|redakteur)[-_]")
_LONG_NUMBER = re.compile(r"\d{5}")
_NUMBER = re.compile(r"(?!(?:19|20)\d{6}$)\d{5,}")  # and no date
# at an end of a folder, where no sum of a headline stands, or a folder that is one: "674f4a0a1ee97cbdb6e9ca9d.html"
_OWN_NUMBER = re.compile(
    r"(?:[^\d](?!\d+000\b)\d{5,}(?:\.|/|$)|/(?:[a-z]{1,8}[-,])?(?!\d+000\b)\d{5,}[-_,]"
    r"|/(?=(?:[a-z]*\d){4})[a-z\d]{8,}(?:\.|/|$))",
    re.I,
)
_DATES = re.compile(r"(?:19|20)\d\d[-_/]?[01]\d[-_/]?[0-3]\d")
# "/2025/04/15/a-title": how blogs name a story; in a folder it takes the whole day. And a DOI: "/10.1002/qj.2253"
_DATED = re.compile(
    r"/(?:19|20)\d\d/[01]?\d(?:/[0-3]?\d)?/[^/]{4,}|(?:/[^/]+){1,3}/(?:19|20)\d\d/[01]?\d/[0-3]?\d/[^/]{4,}"
    r"|(?:/[^/]+){0,3}/10\.\d{4,5}/[^/]{4,}"
)
# a whole day and then a headline: a story, in whatever folder it is kept
_DAY_AND_HEADLINE = re.compile(r"/(?:19|20)\d\d/[01]?\d/[0-3]?\d/[^/]*[a-z][-_][^/]+[-_]")
LONG_SLUG_WORDS = 5  # after the first, of a headline that needs no number
_SLUG_WORDS = 3  # of a folder that is a headline: "climate-talks-end"; more of them, or these in 16 letters


class Address(NamedTuple):
    """An address that may be a story's."""

    url: str
    key: str  # canonical: two links of one key are one
    own_site: bool
    is_sure: bool  # it tells a story by its shape alone
    is_short: bool  # it tells nothing, as those of sections: a heading must speak for it


class Anchor(NamedTuple):
    """A link that may lead to a story, with what `Address` tells."""

    node: Node
    url: str
    key: str
    own_site: bool
    is_sure: bool
    is_short: bool


class Named(NamedTuple):
    """A story that the page names where no reader sees it: in its JSON-LD or in the state of its scripts."""

    reference: str  # its address as written
    title: str | None
    kind: LinkKind
    why: str  # a short readable reason


class NamedStory(NamedTuple):
    named: Named
    address: Address


class _Own(NamedTuple):
    """The page's own address, whose shape tells what stories of its site look like."""

    key: str  # without a slash at its end
    host: str
    folder: str
    shape: tuple[str, ...]
    folders: frozenset[str]
    is_numbered: bool  # it holds a number: so do the stories of its site, and few of its other pages
    number: str | None  # its last folder, where that is one: what lies below is a part of the same story


def find_anchors(tree: Tree, url: str, base: str, refused: Container[int]) -> list[Anchor]:
    """Links to what looks like a story, in the order of the page; the page itself, its front and shares are none.

    Args:
        url: the page's own address.
        base: what links are resolved against.
        refused: places that hold no story of the page's: its frame, comments, advertisements.
    """
    own = _own(url)
    judged: dict[str, Address | str] = {}
    anchors: list[Anchor] = []
    for node in _links(tree, refused):
        href = node.get("href").strip()
        if href not in judged:
            judged[href] = _judge(href, base, own)
        address = judged[href]
        if isinstance(address, Address) and _is_worded(node, address):
            anchors.append(Anchor(node, *address))
    return anchors


def judge_links(tree: Tree, url: str, base: str) -> Iterator[tuple[Node, str | None, str]]:
    """Every link of a page with its address and why it leads to no story; "" where it may."""
    own = _own(url)
    for node in tree.find("a"):
        if not (href := node.get("href").strip()):
            continue
        address = _judge(href, base, own)
        if isinstance(address, str):
            yield node, resolve_url(href, base), address
        elif said := _NO_STORY.intersection(node.get("rel").lower().split()):
            yield node, address.url, f"it calls itself {min(said)}"
        else:
            yield node, address.url, "" if _is_worded(node, address) else FEW_WORDS


def find_sections(tree: Tree, url: str, base: str) -> tuple[str, ...]:
    """Pages of its site that a page's menus name in a few words and a plain address: mostly its sections."""
    own = _own(url)._replace(is_numbered=False)  # a section needs no number
    found: dict[str, str] = {}
    for link in tree.parser.css("nav a[href], header a[href], [role=navigation] a[href]"):
        address = _judge((link.attributes["href"] or "").strip(), base, own)
        if isinstance(address, str) or not address.own_site or address.is_sure:
            continue
        _, path, query = _parted(address.url)
        if set(_shape(path, query)) == {"word"} and 0 < count_words(link.text()) < MIN_TITLE_WORDS:
            found.setdefault(address.key.rstrip("/"), address.url)
        if len(found) == MAX_SECTIONS:
            break
    return tuple(found.values())


def find_named(named: Iterable[Named], url: str, base: str) -> list[NamedStory]:
    """Of stories that the page names without showing a link, those whose address is surely one of its site's."""
    own = _own(url)
    judged = ((one, _judge(one.reference.strip(), base, own)) for one in named)
    return [
        NamedStory(one, address)
        for one, address in judged
        if isinstance(address, Address) and address.is_sure and address.own_site
    ]


def _own(url: str) -> _Own:
    host, path, query = _parted(url)
    last = path.rstrip("/").rpartition("/")[2]
    return _Own(
        canonical_url(url).rstrip("/"),
        host,
        path.split("/")[1].lower(),
        _shape(path, query),
        frozenset(path.lower().split("/")),
        _OWN_NUMBER.search(_DATES.sub("", path)) is not None,
        last if _NUMBER.fullmatch(last) else None,
    )


def _is_worded(link: Node, address: Address) -> bool:
    """Whether a link has the words of a title, where its address leaves open what it leads to."""
    return address.is_sure or _words_of(link) >= (MIN_SHORT_WORDS if address.is_short else MIN_TITLE_WORDS)


def names_its_page(anchor: Anchor, most_words: int) -> bool:
    """Whether the text of a link is the whole name of its address, and short: the page of a topic, person or firm."""
    if not 0 < anchor.node.chars <= MAX_NAME_CHARS:
        return False
    text = anchor.node.text()
    if text.count(" ") >= most_words or not (words := fold(text).split()) or len(words) > most_words:
        return False
    name = "".join(words)
    spelled = name if name.isascii() else fold_heading(name.translate(_SPELLED)) or name
    return any(_is_name_of(name, spelled, part) for part in _parted(anchor.url)[1].lower().split("/") if part)


def _is_name_of(name: str, spelled: str, folder: str) -> bool:
    """Whether a folder is called by a name, which may have another ending there: "Pflanze" in "pflanzen-sti1515528".

    A number before the name is a story's: "65384-cosmology.html".
    """
    folder = _OF_AUTHORS.sub("", folder)
    if folder[:1] not in (spelled[0], name[0]):
        return False
    own = _NO_LETTERS.sub("", _MARKS_OF_ID.sub("", folder))
    if own in (name, spelled):
        return True
    short, long = sorted((own, spelled), key=len)
    return len(short) >= MIN_NAME_STEM and len(long) - len(short) <= MAX_NAME_ENDING and long.startswith(short)


def _words_of(link: Node) -> int:
    """Words of a link's text, or of the picture that it is made of."""
    if link.chars:
        text = link.text()
        return 0 if text.startswith(("#", "＃")) else count_words(text)  # a hash tag is a topic's
    return max((count_words(kid.get("alt")) for kid in link.elements() if kid.tag == "img"), default=0)


def _links(tree: Tree, refused: Container[int]) -> Iterator[Node]:
    found = 0
    for node in tree.nodes:
        if (
            node.tag == "a"
            and node.attrs.get("href")
            and node.at not in refused
            and not ((rel := node.attrs.get("rel")) and _NO_STORY.intersection(rel.lower().split()))
        ):
            found += 1
            if found > MAX_ANCHORS:
                return
            yield node


def _judge(href: str, base: str, own: _Own) -> Address | str:
    """What an address tells of a story; in words why it leads to none."""
    if href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")) or (url := resolve_url(href, base)) is None:
        return "no address of another page"
    if (inner := unwrapped(url)) != url and (url := resolve_url(inner)) is None:
        return "no address of another page"
    host, path, query = _parted(url)
    own_site, is_sibling, is_desk, is_sharing = _judge_host(host, own.host)
    if is_sharing or (is_desk and host != own.host):
        return "a site that shares, sells or serves"
    if path == "/" and not query:
        return "the front of a site"
    if _NOT_PAGES.search(path, len(path) - MAX_SUFFIX_CHARS):
        return "a file, not a page"
    lower = path.lower()
    folders = lower.strip("/").split("/")
    shape = _shape(path, query)
    own_site = own_site or (is_sibling and folders[0] == own.folder)  # bbc.com/news is bbc.co.uk/news
    is_alike = own_site and shape == own.shape
    alike = own if is_alike and folders[0] == own.folder else None
    if _is_no_story(lower, folders[-1], own) or (_is_list(folders, alike) and not _DAY_AND_HEADLINE.search(lower)):
        return "an address that lists, sells or serves"
    if own.is_numbered and own_site and not _DIGIT.search(f"{lower}?{query}") and not _is_long(folders[-1]):
        return "no number in its address, as the stories of its site have"
    is_sure = "slug" in shape or "number" in shape or (is_alike and shape[-1:] != ("word",)) or bool(_DATED.match(path))
    is_short = not (is_sure or len(folders) > 1 or "id" in shape or query or _NAMED_FILE.search(folders[0]))
    key = url if not query and is_plain(url) else canonical_url(url)
    if (key := key.rstrip("/")) == own.key:
        return "the page itself"
    if len(path) < 12 and is_home_page(url):
        return "the front of a site"
    return Address(url, key, own_site, is_sure, is_short)


@lru_cache(maxsize=8_192)
def _judge_host(host: str, own: str) -> tuple[bool, bool, bool, bool]:
    """Whether a host is of the page's site, or has its name under another suffix, sells or serves, is for sharing.

    Args:
        own: the page's own host.
    """
    site, own_site = site_of_host(host), site_of_host(own)
    name = site.partition(".")[0]
    is_sibling = (
        len(name) >= MIN_SITE_NAME
        and name == own_site.partition(".")[0]
        and host.removesuffix(site) == own.removesuffix(own_site)
    )
    return site == own_site, is_sibling, host.partition(".")[0] in _DESKS, _SHARING.search(host) is not None


def _is_no_story(path: str, last: str, own: _Own) -> bool:
    """Whether an address offers a newsletter, is a section's or a part of the page's own story: its gallery."""
    if _FRONT.search(last):
        return True
    if "newsletter" in path or "jetzt-abonnieren" in path:
        return "newsletter" not in own.key  # some send their stories as letters
    return own.number is not None and f"/{own.number}/" in path


def _is_long(folder: str) -> bool:
    return _gaps(folder) >= LONG_SLUG_WORDS


def _gaps(folder: str) -> int:
    """Between the words of a folder."""
    return len(_BETWEEN_WORDS.findall(folder.replace("%20", "-")))


def _is_list(folders: list[str], alike: _Own | None) -> bool:
    """Whether a folder lists, serves or sells, or holds people and the last one has no more words than a name.

    Args:
        alike: the page's own address, where the other has its shape: a folder that holds the page lists nothing.
    """
    above = folders[:2] + folders[2:-1]
    if alike is not None:
        above = [folder for folder in above if folder not in alike.folders]
    if not _NEVER.isdisjoint(above) or folders[-1] in _LISTS:
        return True
    return not _PEOPLE.isdisjoint(above) and len(_WORD.findall(_MARKS_OF_ID.sub("", folders[-1]))) <= MAX_NAME_WORDS


def _parted(url: str) -> tuple[str, str, str]:
    """Host, path and query of an address that `resolve_url` spelled; by hand, since ada takes 10 us for each part."""
    host, _, target = url.partition("://")[2].partition("/")
    path, _, query = target.partition("?")
    return host.partition(":")[0] if host[:1] != "[" else host, f"/{path}", query


def _shape(path: str, query: str) -> tuple[str, ...]:
    """The kind of each folder: word, slug (a headline), number (an id, a date), digits (few), id (with letters)."""
    folders = [_folder_shape(folder) for folder in path.split("/") if folder]
    return (*folders, "id") if query and _ID_PARAMETER.search(query) else tuple(folders)


@lru_cache(maxsize=8_192)  # folders of a site repeat; headlines pass through
def _folder_shape(folder: str) -> str:
    if folder.isalpha():
        return "word"
    name = _ENDING.sub("", folder.lower())
    words = _gaps(name) + 1
    if words > _SLUG_WORDS or (words == _SLUG_WORDS and len(name) >= 16):
        return "slug"
    if _LONG_NUMBER.search(name):
        return "number"
    if name.isdigit():
        return "digits"
    return "id" if len(name) > 5 and not name.isalpha() and _DIGIT.search(name) else "word"
