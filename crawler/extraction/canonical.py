"""The canonical address that a page declares, believed only where a template gone wrong cannot have written it."""

import re
from urllib.parse import parse_qsl

from crawler.extraction.heads import Heads
from crawler.model.urls import canonical_url, is_home_page, resolve_url, site_of, split_url

_PAGE_NAMES = frozenset(  # parameters that number the parts of an article or a gallery
    "page paged pagina página pag pg seite sida side strona slide image photo bild foto picture".split()
)
_PAGE_PATH = re.compile(
    r"^(.+?)(?:/(?:page|seite|pagina|p|bild|image|slide|foto)[/-]?|/|[,_-](?:p|page|seite)?)(\d{1,3})/?$"
)
_LANGUAGE_FOLDER = re.compile(r"^/([a-z]{2})(?:[-_][A-Za-z]{2})?(?=/|$)")


def find_canonical(heads: Heads, url: str) -> tuple[str | None, str | None]:
    """The declared canonical address of a page, and why it was refused where it was.

    Args:
        url: the address that the page came from.

    Source: RFC 6596.
    """
    href = next((href for href, _ in heads.addresses("canonical")), "")
    if not href:
        return None, None
    canonical = resolve_url(href, heads.base)
    if canonical is None:
        return None, f"no address: {href[:200]!r}"
    if site_of(canonical) != site_of(url):
        return None, f"of another site: {canonical[:200]}"
    if is_home_page(canonical) and not is_home_page(url):
        return None, f"a home page: {canonical[:200]}"
    if _is_other_language(canonical, url, heads):
        return None, f"of another language: {canonical[:200]}"
    if _is_first_page(canonical, url):
        return None, f"the first page of several: {canonical[:200]}"
    return canonical, None


def _is_other_language(canonical: str, url: str, heads: Heads) -> bool:
    """Whether folders name two languages, or the page itself says that the address is its translation."""
    own, other = (_LANGUAGE_FOLDER.match(split_url(address).target) for address in (url, canonical))
    if own and other and own[1] != other[1]:
        return True
    key = canonical_url(canonical)
    languages: dict[str, set[str]] = {}
    for href, attrs in heads.addresses("alternate"):
        language = (attrs.get("hreflang") or "").lower().partition("-")[0]
        if language and language != "x" and (address := resolve_url(href, heads.base)):
            languages.setdefault(canonical_url(address), set()).add(language)
    mine, its = languages.get(canonical_url(url)), languages.get(key)
    return bool(mine and its and mine.isdisjoint(its))


def _is_first_page(canonical: str, url: str) -> bool:
    """Whether the page is a later one of an article or a gallery whose first page it names."""
    path, _, query = split_url(url).target.partition("?")
    first_path, _, first_query = split_url(canonical).target.partition("?")
    pages = {name: number for name, number in parse_qsl(query) if name.lower() in _PAGE_NAMES}
    if path.rstrip("/") == first_path.rstrip("/"):
        first = dict(parse_qsl(first_query))
        return any(_is_later(number) and first.get(name) != number for name, number in pages.items())
    match = _PAGE_PATH.match(path)
    return match is not None and _is_later(match[2]) and match[1].rstrip("/") == first_path.rstrip("/")


def _is_later(number: str) -> bool:
    return number.isascii() and number.isdigit() and 1 < int(number) < 1_000
