"""Who signs an article, out of all the places where a page may say so."""

import re
from collections.abc import Callable, Iterable

from crawler.extraction.heads import Heads, Shown, Source
from crawler.extraction.jsonld import listed, text_of, types_of
from crawler.extraction.people import find_people, opens_byline
from crawler.extraction.wording import clean, fold

MAX_BYLINE_CHARS = 160

_METAS = ("author", "byl", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author", "cxenseparse:author")
_BYLINE = re.compile(r"\b(?:by-?line|author|autor|auteur|autore|writer|reporter|journalist|signature|firma)")


def read_authors(heads: Heads, shown: Shown, site_name: str | None) -> tuple[Source, tuple[str, ...]]:
    """The people who sign; where none does, the publication itself if JSON-LD names it as the author."""
    names, every = _declared(heads)
    host = heads.url.split("/")[2].removeprefix("www.").partition(".")[0]
    site = [name for name in (site_name, text_of(heads.article.get("publisher")), host) if name]
    places: tuple[tuple[Source, Callable[[], Iterable[str]]], ...] = (
        ("json-ld", lambda: names),
        ("opengraph", lambda: heads.all("article:author", "og:article:author")),
        ("meta", lambda: heads.all(*_METAS)),
        ("microdata", lambda: shown.items("author")),
        ("dom", lambda: _shown(shown)),
    )
    for source, find in places:
        if people := find_people(find(), not_named=site):
            return source, people
    known = {fold(name) for name in site}
    return "json-ld", tuple(dict.fromkeys(name for name in every if fold(name) in known))


def _declared(heads: Heads) -> tuple[list[str], list[str]]:
    """Names that JSON-LD gives as authors: those not said to be organizations, and all of them."""
    by_id = {name: thing for thing in heads.things if isinstance(name := thing.get("@id"), str) and "name" in thing}
    names: list[str] = []
    every: list[str] = []
    for author in listed(heads.article.get("author")) + listed(heads.article.get("creator")):
        if not isinstance(author, dict):
            name = text_of(author)
            names += [name] if name else []
            continue
        known_as = author.get("@id")
        thing = by_id.get(known_as, author) if isinstance(known_as, str) and "name" not in author else author
        named = [name for one in listed(thing.get("name")) if (name := text_of(one))]
        every += named
        if not any("Organization" in kind for kind in types_of(thing)):
            names += named
    return names, every


def _shown(shown: Shown) -> list[str]:
    """By-lines near the heading: links of `rel=author` first, then what a class calls one, then "By ..."."""
    links = [node.text() for node in shown.near if node.tag == "a" and "author" in node.get("rel").split()]
    if links:
        return links
    for node in shown.near:
        if node.hint and _BYLINE.search(node.hint) and 3 < node.chars < MAX_BYLINE_CHARS:
            inside = [link.text() for link in shown.tree.inside(node) if link.tag == "a" and link.chars > 3]
            return inside if find_people(inside) else [node.text()]
    for node in shown.near:
        if node.chars < MAX_BYLINE_CHARS // 2 and opens_byline(text := clean(node.text())) and find_people([text]):
            return [text]
    return []
