"""The article of a page, put together from its readers."""

import re
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from crawler import __version__
from crawler.extraction.anchors import find_anchors, find_named
from crawler.extraction.body import find_body, measure_prose
from crawler.extraction.digest import text_digest
from crawler.extraction.guard import DangerError, safe_html
from crawler.extraction.heads import Heads, Shown
from crawler.extraction.jsonld import related_stories
from crawler.extraction.language import fitting
from crawler.extraction.metadata import Metadata, read_metadata, title_parts
from crawler.extraction.regions import Regions, find_regions
from crawler.extraction.related import Found, find_links, with_named
from crawler.extraction.rescue import rescued_text
from crawler.extraction.scripted import find_scripted
from crawler.extraction.state import find_carried
from crawler.extraction.text import MIN_TEXT_LENGTH, find_standfirst, read_paragraphs, read_standfirst
from crawler.extraction.tree import Node, Tree
from crawler.extraction.verdict import why_not
from crawler.extraction.wording import clean, count_words, fold, folded_words, reading_length, simhash, unescaped
from crawler.model.links import LinkKind
from crawler.model.records import Article
from crawler.model.urls import is_home_page, resolve_url, split_url

EXTRACTOR = f"related-story-crawler/{__version__}"

MAX_HEADING_CHARS = 1_000  # of an article; one with more was never closed
LOGO_LEVELS = 3  # around a heading, where the header of the site is looked for
MAX_LOGO_CHARS = 60  # of a site's name with its motto
LOGO_ELEMENTS = 40  # in a heading, where the link of a logo is looked for
MOST_OF_BODY = 0.5
MIN_TRUSTED_LENGTH = 250  # of our own text; a shorter one may be a mistake
MIN_MISSED_CHARS = 1_500  # of the page outside links that are not in it: then it is one
SHORTER_SHARE = 0.6  # of the length of JSON-LD's `articleBody`: a body shorter than this lost paragraphs to scripts


_SITE_HEADERS = frozenset(
    "header masthead branding logo site-header site-title site-branding blog-title blog-header site-logo".split()
)


class Layout(NamedTuple):
    """Where the parts of a page are."""

    h1: Node | None
    regions: Regions
    body: Node | None


def find_layout(tree: Tree, heads: Heads) -> Layout:
    """The heading of the article, what is no part of it, and the container of its text."""
    h1 = _heading(tree, heads)
    prose = measure_prose(tree)
    regions = find_regions(tree, prose.within, h1)
    return Layout(h1, regions, find_body(tree, prose, regions, h1))


def read_article(
    tree: Tree, heads: Heads, *, url: str, canonical: str, fetched_at: datetime | None
) -> tuple[Article, Found]:
    """The article as its page tells it, and what was found of its links.

    Args:
        url: the address the page came from.
        canonical: the address it is to be known by.
    """
    h1, regions, body = find_layout(tree, heads)
    said = read_metadata(heads, Shown(tree, h1, regions, body=body), fetched_at)
    anchors = find_anchors(tree, url, heads.base, regions.refused)
    named = find_named(related_stories(heads.things, heads.article), url, heads.base)
    found = find_links(tree, anchors, body, regions, named, now=fetched_at, language=said.language)
    if not any(link.kind is LinkKind.RELATED for link in found.links):
        found = with_named(found, find_named(find_carried(tree.parser, split_url(url).target), url, heads.base))
    text, source = _text(_paragraphs(tree, Layout(h1, regions, body), said, found), said, tree)
    fields = {name: getattr(said, name) for name in _SHARED}
    sources = said.field_sources | ({"text": source} if text else {})
    sources.pop("language", None)
    length, words = reading_length(text), folded_words(text)
    is_spaced = length == len(text)  # letters of scripts that part no words count for more
    if language := fitting(said.languages, text, words):
        sources["language"], fields["language"] = language
    offered = sum(1 for link in found.links if link.kind is not LinkKind.INLINE)
    article = Article(
        url=canonical,
        **fields,
        text=text,
        word_count=len(words),
        text_digest=text_digest(text, folded=" ".join(words) if is_spaced else None) if text else None,
        simhash=simhash(words),
        links=found.links,
        field_sources=dict(sorted(sources.items())),
        not_article=why_not(length, said, heads, tree, body, offered=offered, url=url),
        extractor=EXTRACTOR,
    )
    return article, found


_SHARED = tuple(
    name for name in Metadata.__struct_fields__ if name in Article.__struct_fields__ and name != "field_sources"
)


def _heading(tree: Tree, heads: Heads) -> Node | None:
    """The heading of the article: the first `h1` that the page's title repeats, else a lower one that is the title.

    Older pages have it there, below an `h1` of the section. Where neither is, the first `h1` that is no logo.
    """
    headings = [node for node in tree.find("h1") if 0 < node.chars <= MAX_HEADING_CHARS]
    titles = [title for title in (heads.first("og:title"), heads.title) if title]
    folded = list(map(fold, titles))
    parts = {part for title in titles for part in (fold(title), *map(fold, title_parts(title))) if len(part) > 8}
    longest = max(map(len, parts), default=0)
    for node in headings:
        words = fold(node.text())
        if any(words in title or title in words for title in folded if len(words) > 8) and not (
            words in parts and len(words) < longest and _is_logo(tree, node, heads)
        ):
            return node
    end = _end_of_text(tree)
    headings = [node for node in headings if node.end < end and not _is_logo(tree, node, heads)]
    end = len(tree.nodes)
    if headings:  # they count: a lower one has to repeat the title whole, and to stand before the text
        parts &= {*folded, *(fold(max(title_parts(title), key=len)) for title in titles)}
        text = (node.at for node in tree.nodes[headings[0].end + 1 :] if node.tag == "p" and _is_prose(node))
        end = next(text, end)
    for node in tree.find("h2", "h3", "h4"):
        if node.at < end and 0 < node.chars <= MAX_HEADING_CHARS and fold(node.text()) in parts:
            return node
    return next((node for node in headings if count_words(node.text()) > 2), headings[0] if headings else None)


def _is_prose(paragraph: Node) -> bool:
    return paragraph.chars - paragraph.link_chars >= MIN_TEXT_LENGTH


def _end_of_text(tree: Tree) -> int:
    """The place that all the text is before; headings there are those that scripts of translators and chats append."""
    if tree.root.chars - tree.root.link_chars - MIN_TEXT_LENGTH > MIN_MISSED_CHARS:
        follows = 0
        for node in reversed(tree.nodes):
            follows += sum(len(kid.strip()) for kid in node.kids if isinstance(kid, str))
            if follows > MIN_TEXT_LENGTH:
                return node.at
    return len(tree.nodes)


def _is_logo(tree: Tree, h1: Node, heads: Heads) -> bool:
    """Whether a heading is the site's: it links to the front, or stands in what is called the header of the page."""
    inside = tree.nodes[h1.at : min(h1.end + 1, h1.at + LOGO_ELEMENTS)]
    around = (*islice(h1.ancestors(), LOGO_LEVELS), *inside)
    links = (resolve_url(node.get("href"), heads.base) for node in around if node.tag == "a" and node.get("href"))
    return any(link is not None and is_home_page(link) for link in links) or (
        h1.chars <= MAX_LOGO_CHARS and any(not _SITE_HEADERS.isdisjoint(node.hint.split()) for node in (h1, *around))
    )


def _paragraphs(tree: Tree, layout: Layout, said: Metadata, found: Found) -> list[str]:
    """The paragraphs of the body, the opening before it first; without its heading, and without blocks of links.

    What holds half of the body's own letters is no block, however few links it has.
    """
    h1, regions, body = layout
    if body is None:
        return []
    most = MOST_OF_BODY * (body.chars - body.link_chars)
    blocks = (tree.nodes[at] for at in found.masked)
    masked = {node.at for node in blocks if node.chars - node.link_chars <= most}.union(
        regions.refused, regions.footers
    )
    if h1 is None:
        return read_paragraphs(tree, body, said.title, masked, authors=said.authors)
    paragraphs = read_paragraphs(tree, body, said.title, masked | {h1.at}, authors=said.authors)
    standfirst = find_standfirst(tree, h1, body, regions, said.descriptions)
    if standfirst is None:
        return paragraphs
    begun = fold(" ".join(paragraphs[:3]))
    opening = read_standfirst(tree, standfirst, said.title, authors=said.authors)
    return [*(text for text in opening if fold(text) not in begun), *paragraphs]


def _text(paragraphs: list[str], said: Metadata, tree: Tree) -> tuple[str, str]:
    """The text and its source: the page's own, what JSON-LD or a state holds where scripts build the page, or, where
    we clearly missed it, what trafilatura reads.
    """
    text = "\n\n".join(paragraphs)
    length = reading_length(text)
    if said.body and length < SHORTER_SHARE * reading_length(said.body):  # before it is taken apart: 0.1 ms a page
        parts = re.split(r"\n|<br\s*/?>\s*<br\s*/?>|</?p(?:\s[^<>]{0,200})?>", unescaped(said.body))
        told = [line for part in parts if (line := clean(re.sub(r"<[^<>]{0,1000}>", "", part)))]
        if length < SHORTER_SHARE * sum(map(reading_length, told)):
            return "\n\n".join(told), "json-ld"
    source = "dom"
    if length < MIN_TEXT_LENGTH:
        text, source = "\n\n".join(_scripted(tree, said)), "script"
        length = reading_length(text)
    missed = tree.root.chars - tree.root.link_chars - len(text)
    if length < MIN_TRUSTED_LENGTH and missed > MIN_MISSED_CHARS:
        rescued = rescued_text(tree.parser.html or "")
        if rescued and reading_length(rescued) > MIN_TRUSTED_LENGTH:
            return rescued, "trafilatura"
    return text, source


def _scripted(tree: Tree, said: Metadata) -> list[str]:
    markup = find_scripted(tree.parser)
    if markup is None:
        return []
    try:
        carried = Tree(safe_html(markup.replace("\0", "").encode("utf-8", "replace")))
    except DangerError:
        return []
    return read_paragraphs(carried, carried.root, said.title, (), authors=said.authors)
