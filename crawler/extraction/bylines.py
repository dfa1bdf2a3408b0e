"""Who signs an article, out of all the places where a page may say so."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from crawler.extraction.heads import Heads, Shown, Source
from crawler.extraction.jsonld import listed, referred, text_of, types_of
from crawler.extraction.people import find_people, is_name
from crawler.extraction.signatures import read_desk, read_signatures
from crawler.extraction.wording import clean, fold

MAX_DECLARED = 60  # authors of JSON-LD that are looked at

_METAS = (
    *("author", "articleauthor", "byl", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author"),
    "cxenseparse:author",
)


def read_authors(heads: Heads, shown: Shown, site_name: str | None) -> tuple[Source, tuple[str, ...]]:
    """Who signs: people, and the agencies and desks that JSON-LD names beside or instead of them as persons.

    Where none does, whom else JSON-LD calls the author, which mostly is the publication itself, or the desk that the
    page shows.
    """
    host = heads.url.split("/")[2].removeprefix("www.").partition(".")[0]
    site = [name for name in (site_name, text_of(heads.article.get("publisher")), host) if name]
    declared = _declared(heads)
    places: tuple[tuple[Source, Callable[[], Iterable[str]]], ...] = (
        ("opengraph", lambda: heads.all("article:author", "og:article:author")),
        ("meta", lambda: heads.all(*_METAS)),
        ("microdata", lambda: shown.items("author")),
    )
    if signers := _signers([one for one in declared if one.is_person], site):
        return "json-ld", signers
    for source, find in places:
        if people := find_people(find(), not_named=site):
            return source, people
    if people := read_signatures(shown, site):
        return "dom", people
    if names := tuple(dict.fromkeys(clean(one.name) for one in declared if is_name(one.name))):
        return "json-ld", names
    return "dom", read_desk(shown, site)


class _Declared(NamedTuple):
    """An author of JSON-LD."""

    name: str
    is_person: bool  # not said to be an organization
    is_typed: bool  # said to be a person, so that the name is one whole


def _declared(heads: Heads) -> list[_Declared]:
    found: list[_Declared] = []
    authors = _flat(listed(heads.article.get("author")) + listed(heads.article.get("creator")))
    for author in authors[:MAX_DECLARED]:
        if not isinstance(author, dict):
            if name := text_of(author):
                found.append(_Declared(name, True, False))
            continue
        thing = referred(author, heads.things)
        types = types_of(thing)
        is_person = not any("Organization" in kind for kind in types)
        for one in listed(thing.get("name")):
            if name := text_of(one):
                found.append(_Declared(name, is_person, "Person" in types))
    return found[:MAX_DECLARED]


def _flat(values: list[object]) -> list[object]:
    """Authors of lists in lists, which templates write, side by side."""
    return [one for value in values for one in (value if isinstance(value, list) else (value,))]


def _signers(declared: list[_Declared], site: list[str]) -> tuple[str, ...]:
    """The people of each name, and whole names of agencies and desks that are not the site's own."""
    own = {fold(name) for name in site}
    signers: dict[str, str] = {}
    for name, _, is_typed in declared:
        whole = clean(name)
        is_desk = is_typed and is_name(whole) and fold(whole) not in own
        found = find_people([name], not_named=site) or ((whole,) if is_desk else ())
        for one in found:
            signers.setdefault(fold(one), one)
    return tuple(signers.values())
