"""The links of a page that may lead to stories: addresses judged by their own shape and by the page's."""

import re
from collections.abc import Container, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import count_words
from crawler.model.urls import canonical_url, is_home_page, resolve_url, site_of, site_of_host

MIN_TITLE_WORDS = 4  # of a link whose address may as well lead to a section
MAX_ANCHORS = 3_000  # of a page; the most on a real one seen is 900

_NEVER = frozenset(  # first or second folder of what lists, serves or sells, and is no story
    "tag tags topic topics thema themen tema temas argomenti sujet sujets tagged label author authors autor autores "
    "autoren auteur auteurs autori profile profiles profil person member members by category categories kategorie "
    "categoria rubrik rubriques search suche recherche buscar login signin sign-in signup sign-up register "
    "registrieren account konto my subscribe subscription abo abonnement abonnieren newsletter newsletters about "
    "about-us contact contact-us kontakt impressum privacy privacy-policy datenschutz terms terms-of-use legal "
    "cookies cookie-policy advertise advertising jobs careers feed feeds rss sitemap share comments comment "
    "wp-content wp-admin go redirect out click intent sharer horoscope".split()
)
_NOT_PAGES = re.compile(r"\.(?:pdf|jpe?g|png|gif|webp|svg|mp[34]|zip|docx?|xlsx?|xml|rss|css|js|ics)$", re.I)
_SHARING = re.compile(
    r"(?:^|\.)(?:facebook|twitter|x|linkedin|whatsapp|pinterest|reddit|t|telegram|instagram|youtube|youtu|tiktok|"
    r"threads|bsky|tumblr|vk|ok|xing|flipboard|getpocket|google|apple|amazon|spotify|line|mastodon|wa|addtoany|bit|"
    r"amzn)\.(?:com|me|be|net|ru|app|co|ly|to|social)$"
)
_ID_PARAMETER = re.compile(r"(?:^|&)(?:id|p|article|story|news|idx\w*|no|aid)\w*=\w*\d")
_PLAIN = re.compile(  # an address that is its own canonical spelling; host and path hold nothing to fold or escape
    r"https?://(?:(?!xn--)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?:/(?!\.)[A-Za-z0-9_.~,;:@!+*()=-]*)+"
)
_ENDING = re.compile(r"\.(?:s?html?|php|aspx?|jsp|amp|ssf)$")
_BETWEEN_WORDS = re.compile(r"(?:[-_+.]|%20)+(?=.)")
_LONG_NUMBER = re.compile(r"\d{5}")
_SLUG_WORDS = 3  # of a folder that is a headline: "climate-talks-end"; more of them, or these in 16 letters


class Address(NamedTuple):
    """An address that may be a story's."""

    url: str
    key: str  # canonical: two links of one key are one
    own_site: bool
    is_sure: bool  # it tells a story by its shape alone; else the text of its link has the length of a title


class Anchor(NamedTuple):
    """A link that may lead to a story, with what `Address` tells."""

    node: Node
    url: str
    key: str
    own_site: bool
    is_sure: bool


class _Own(NamedTuple):
    """The page's own address, whose shape tells what stories of its site look like."""

    key: str
    site: str
    folder: str
    shape: tuple[str, ...]


def find_anchors(tree: Tree, url: str, base: str, refused: Container[int]) -> list[Anchor]:
    """Links to what looks like a story, in the order of the page; the page itself, its front and shares are none.

    Args:
        url: the page's own address.
        base: what links are resolved against.
        refused: places that hold no story of the page's: its frame, comments, advertisements.
    """
    own = _own(url)
    judged: dict[str, Address | None] = {}
    anchors: list[Anchor] = []
    for node in _links(tree, refused):
        href = node.get("href").strip()
        if href not in judged:
            judged[href] = _judge(href, base, own)
        address = judged[href]
        if address is not None and (address.is_sure or count_words(node.text()) >= MIN_TITLE_WORDS):
            anchors.append(Anchor(node, *address))
    return anchors


def find_addresses(references: Iterable[str], url: str, base: str) -> list[Address]:
    """Of addresses that the page names without showing a link, those that surely lead to stories of its site."""
    own = _own(url)
    judged = (_judge(reference.strip(), base, own) for reference in references)
    return [address for address in judged if address is not None and address.is_sure and address.own_site]


def _own(url: str) -> _Own:
    _, path, query = _parted(url)
    return _Own(canonical_url(url), site_of(url), path.split("/")[1].lower(), _shape(path, query))


def _links(tree: Tree, refused: Container[int]) -> Iterator[Node]:
    found = 0
    for node in tree.nodes:
        if node.tag == "a" and node.at not in refused and node.get("href") and "tag" not in node.get("rel").split():
            found += 1
            if found > MAX_ANCHORS:
                return
            yield node


def _judge(href: str, base: str, own: _Own) -> Address | None:
    """What an address tells of a story; `None` where it leads to none."""
    if href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")) or (url := _resolved(href, base)) is None:
        return None
    host, path, query = _parted(url)
    if _NOT_PAGES.search(path) or _SHARING.search(host) or (path == "/" and not query):
        return None
    folders = path.lower().split("/")[1:]
    own_site = site_of_host(host) == own.site
    shape = _shape(path, query)
    is_alike = own_site and shape == own.shape
    if not _NEVER.isdisjoint(folders[:2]) and not (is_alike and folders[0] == own.folder):
        return None
    is_sure = "slug" in shape or "number" in shape or (is_alike and shape[-1:] != ("word",))
    if not is_sure and len(folders) < 2 and "id" not in shape and not query:
        return None
    key = url if _PLAIN.fullmatch(url) else canonical_url(url)
    if key == own.key or (len(path) < 12 and is_home_page(url)):
        return None
    return Address(url, key, own_site, is_sure)


def _resolved(href: str, base: str) -> str | None:
    """`resolve_url`, with a short way for the addresses that need no parser: it takes 25 us, most of them ours."""
    if _PLAIN.fullmatch(href):
        return href
    if href[:1] == "/" != href[1:2] and _PLAIN.fullmatch(whole := "/".join(base.split("/", 3)[:3]) + href):
        return whole
    return resolve_url(href, base)


def _parted(url: str) -> tuple[str, str, str]:
    """Host, path and query of an address that `resolve_url` spelled; by hand, since ada takes 10 us for each part."""
    host, _, target = url.partition("://")[2].partition("/")
    path, _, query = target.partition("?")
    return re.sub(r":\d+$", "", host), f"/{path}", query


def _shape(path: str, query: str) -> tuple[str, ...]:
    """The kind of each folder: word, slug (a headline), number (an id or a date), id (letters and digits)."""
    folders = [_folder_shape(folder) for folder in path.split("/") if folder]
    return (*folders, "id") if _ID_PARAMETER.search(query) else tuple(folders)


@lru_cache(maxsize=8_192)  # folders of a site repeat; headlines pass through
def _folder_shape(folder: str) -> str:
    name = _ENDING.sub("", folder.lower())
    words = len(_BETWEEN_WORDS.findall(name)) + 1
    if words > _SLUG_WORDS or (words == _SLUG_WORDS and len(name) >= 16):
        return "slug"
    if _LONG_NUMBER.search(name):
        return "number"
    return "id" if len(name) > 5 and not name.isalpha() and any(letter.isdigit() for letter in name) else "word"
