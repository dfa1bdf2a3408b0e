"""What a page says about its article: title, people, dates, section and the like, each with where it was said.

The first source that says something usable wins: JSON-LD, OpenGraph (and `article:`), meta, microdata, the page itself.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeVar

import msgspec

from crawler.extraction.bylines import read_authors
from crawler.extraction.dates import rfc_3339
from crawler.extraction.heads import Heads, Shown, Source
from crawler.extraction.jsonld import Thing, listed, referred, text_of, types_of
from crawler.extraction.published import read_dates
from crawler.extraction.wording import clean, fold
from crawler.model.records import Image, Precision
from crawler.model.urls import is_home_page, resolve_url, site_of

MAX_TITLE_CHARS = 400
MAX_SUMMARY_CHARS = 2_000
MAX_RAW_CHARS = 200
MAX_TAGS = 50
MAX_STEPS = 10  # of a breadcrumb trail
MAX_TAG_CHARS = 80
MAX_NAME_ADDED = 12  # letters around the site's name in a part of a title that is only that: "BBC News Africa"
MIN_HEADING_CHARS = 9  # of a heading that may stand for a longer title: "Politics" does not

T = TypeVar("T")

_TIERS = {"free": False, "locked": True, "metered": True}  # `article:content_tier`
_BOOLEANS = {"true": True, "false": False}
_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,500}>")  # plain-text fields hold it often enough
_TAG = re.compile(  # and no charset: "utf-8" stands in the place of languages on some pages
    r"\s*(?!utf|iso)([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?![A-Za-z])", re.I
)
_ARCHIVES = frozenset(("blog archive", "blog archiv", "blog archives"))  # between site and title, as WordPress had it
_OF_PORTAL = re.compile(  # the site's name behind a title in Chinese, with its sections: "长桥计划通过--时政--人民网"
    r"(?<=[\u4e00-\u9fff！？”’》）…])(?:[-_|－—]{1,2}[^-_|－—]{1,10}){0,2}[-_|－—]{1,2}[^-_|－—\s]{1,10}(?:网|新闻|报|在线|频道|中心|社)$"
)
# of "Food,Travel" and "Food, Travel, Wine", not "Arts, Books"
_LISTED = re.compile(r"([^,&]{2,80}),(?:\s*$|(?=\S)|[^,&]+,)")
_ADDRESS = re.compile(r"https?://(?:www\.)?([^/?#\s]+)/?$")
_NO_SECTIONS = frozenset(
    fold(name)
    for name in (
        *("uncategorized", "uncategorised", "non classé", "sin categoría", "sem categoria", "senza categoria"),
        *("niet gecategoriseerd", "geen categorie", "okategoriserade", "ikke kategorisert", "bez kategorii"),
        *("nezařazené", "без рубрики", "без категорії", "未分類", "未分类", "미분류"),
    )
)
_SEPARATOR = re.compile(r"(\s+[|–—»·•-]\s+|\s*[|｜ㅣ]\s*)")


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of `Article` that are about its text, named alike."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: str | None = None
    published_on: str | None = None
    published_precision: Precision | None = None
    published_raw: str | None = None
    modified_at: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    site_name: str | None = None
    summary: str | None = None
    image: Image | None = None
    paywalled: bool | None = None
    field_sources: dict[str, Source] = {}
    languages: tuple[tuple[Source, str], ...] = ()  # all that are declared; `language` is the first
    descriptions: tuple[str, ...] = ()  # all that are declared; `summary` is the first
    body: str = ""  # `articleBody` of JSON-LD, as it stands
    kind: str | None = None  # `og:type`


class _Sources(dict[str, Source]):
    """Where each field came from."""

    def first(self, field: str, candidates: Iterable[tuple[Source, T | None]]) -> T | None:
        """The first candidate that says something; none is read behind it."""
        for source, value in candidates:
            if value is not None and value != "" and value != ():
                self[field] = source
                return value
        return None


def read_metadata(heads: Heads, shown: Shown, fetched_at: datetime | None) -> Metadata:
    """All that is said of the article; `fetched_at` is for dates relative to it."""
    sources = _Sources()
    article = heads.article
    languages = _read_languages(heads, shown)
    language = sources.first("language", languages)
    site_name = sources.first("site_name", _site_names(heads))
    authors = sources.first("authors", [read_authors(heads, shown, site_name)]) or ()
    dates = read_dates(heads, shown, languages=[tag for _, tag in languages], fetched_at=fetched_at)
    published, modified = dates
    descriptions: tuple[tuple[Source, str | None], ...] = (
        ("json-ld", _summary(text_of(article.get("description")))),
        ("opengraph", _summary(heads.first("og:description"))),
        ("meta", _summary(heads.first("description", "twitter:description", "dc.description"))),
    )
    if published is not None:
        sources["published_on"] = published.source
        if published.date.at is not None:
            sources["published_at"] = published.source
    if modified is not None:
        sources["modified_at"] = modified.source
    return Metadata(
        title=_read_title(heads, shown, site_name, sources),
        authors=authors,
        published_at=rfc_3339(published.date.at) if published and published.date.at else None,
        published_on=published.date.on.isoformat() if published else None,
        published_precision=published.date.precision if published else None,
        published_raw=published.raw[:MAX_RAW_CHARS] if published else None,
        modified_at=rfc_3339(modified.date.at) if modified and modified.date.at else None,
        section=sources.first("section", _sections(heads, shown)),
        tags=sources.first("tags", _lists_of_tags(heads, shown)) or (),
        language=language,
        languages=languages,
        site_name=site_name,
        summary=sources.first("summary", descriptions),
        descriptions=tuple(text for _, text in descriptions if text),
        image=sources.first("image", _images(heads, shown)),
        paywalled=sources.first("paywalled", _read_paywall(heads)),
        field_sources=sources,
        body=text_of(article.get("articleBody")) or "",
        kind=heads.first("og:type"),
    )


def _site_names(heads: Heads) -> Iterator[tuple[Source, str | None]]:
    yield "opengraph", _named(heads.first("og:site_name"))
    publisher = text_of(heads.article.get("publisher"))
    website = next((text_of(thing.get("name")) for thing in heads.things if "WebSite" in types_of(thing)), None)
    yield "json-ld", _short(publisher or website)
    yield "meta", heads.first("application-name", "apple-mobile-web-app-title")
    yield "dom", _named_by_window(heads)


def _named(name: str | None) -> str | None:
    """A name; of an address that stands for one, its host."""
    address = _ADDRESS.match(name or "")
    return address[1] if address else name


def _named_by_window(heads: Heads) -> str | None:
    """The end of the window's title that names the site by its host: "Bridge plan agreed | The Weir Post"."""
    parts = _SEPARATOR.split(heads.title)
    label = _joined(site_of(heads.url).partition(".")[0])
    return parts[-1].strip() if len(parts) >= 3 and len(label) > 3 and label in _joined(parts[-1]) else None


def title_parts(title: str) -> list[str]:
    """The parts of a title between bars and dashes."""
    return _SEPARATOR.split(title)[::2]


def _sections(heads: Heads, shown: Shown) -> Iterator[tuple[Source, str | None]]:
    yield "json-ld", _section(text_of(heads.article.get("articleSection")))
    yield "opengraph", _section(heads.first("article:section", "og:article:section"))
    yield "meta", _section(heads.first("section", "prism.section", "parsely-section", "cxenseparse:section"))
    yield "microdata", _section(next(iter(shown.items("articleSection")), None))
    yield "json-ld", _breadcrumb(heads)


def _lists_of_tags(heads: Heads, shown: Shown) -> Iterator[tuple[Source, tuple[str, ...]]]:
    yield "json-ld", _tags(listed(heads.article.get("keywords")))
    yield "opengraph", _tags([*heads.all("article:tag"), *heads.all("og:article:tag")])
    yield "meta", _tags(heads.all("news_keywords", "keywords", "parsely-tags"))
    yield "dom", _tags(shown.tags())


def _breadcrumb(heads: Heads) -> str | None:
    """The name of the first list above the article, below the home page (schema.org, `BreadcrumbList`)."""
    trail = next((thing for thing in heads.things if "BreadcrumbList" in types_of(thing)), {})
    steps = [step for step in listed(trail.get("itemListElement"))[:MAX_STEPS] if isinstance(step, dict)]
    for step in steps[:-1]:
        place = step.get("item")
        name = text_of(step.get("name")) or (text_of(place) if isinstance(place, dict) else None)
        address = place.get("@id") or place.get("url") if isinstance(place, dict) else place
        url = resolve_url(address, heads.base) if isinstance(address, str) else None
        if name and url and not is_home_page(url) and url != heads.url:
            return _short(name)
    return None


def _read_languages(heads: Heads, shown: Shown) -> tuple[tuple[Source, str], ...]:
    root = shown.tree.root
    declared: tuple[tuple[Source, str | None], ...] = (
        ("dom", root.get("lang") or root.get("xml:lang")),
        ("json-ld", text_of(heads.article.get("inLanguage"))),
        ("json-ld", next((said for thing in heads.things if (said := text_of(thing.get("inLanguage")))), None)),
        ("opengraph", heads.first("og:locale")),
        ("meta", heads.first("content-language", "language", "dc.language")),
    )
    return tuple((source, tag) for source, text in declared if (tag := _language(text)))


def _read_title(heads: Heads, shown: Shown, site_name: str | None, sources: _Sources) -> str | None:
    """The title without the site's name; the heading of the page where a longer title contains it."""
    heading = (_short(shown.h1.text()) if shown.h1 else None) or ""
    candidates = [
        ("json-ld", _short(text_of(heads.article.get("headline")))),
        ("opengraph", heads.first("og:title")),
        ("dom", heading),
        ("meta", heads.first("twitter:title", "dc.title", "title")),
        ("dom", heads.title),
    ]
    if _is_for_search(candidates[0][1], candidates[1][1], heads, site_name):
        del candidates[0]
    source, title = next(
        (
            (source, short)
            for source, text in candidates
            if (short := _without_site(_short(text) or "", heads, site_name))
        ),
        ("dom", ""),
    )
    if len(heading) >= MIN_HEADING_CHARS and fold(heading) in fold(title):
        source, title = "dom", heading
    return sources.first("title", [(source, title)])


def _is_for_search(headline: str | None, shared: str | None, heads: Heads, site_name: str | None) -> bool:
    """Whether JSON-LD repeats a title that was written for search engines, and OpenGraph holds the editors' own.

    The title of the window is written for search engines. Where JSON-LD and OpenGraph differ, the one that it does not
    repeat is the headline: measured right on 9 pages of 7 publishers, wrong on 2, where JSON-LD alone was believed; a
    title with the site's name in it comes from a template and is no one's headline.
    """
    if not headline or not (told := _short(shared)) or fold(told) == fold(headline):
        return False
    if _without_site(told, heads, site_name) != told or fold(heads.first("twitter:title") or told) != fold(told):
        return False
    return fold(_without_site(heads.title, heads, site_name)) == fold(headline)


def _without_site(title: str, heads: Heads, site_name: str | None) -> str:
    parts = _SEPARATOR.split(_OF_PORTAL.sub("", title))
    while len(parts) >= 3 and (at := next((at for at in range(2, len(parts), 2) if fold(parts[at]) in _ARCHIVES), 0)):
        del parts[at - 1 : at + 1]
    host = _joined(heads.url.split("/")[2].removeprefix("www."))
    names = [
        name for name in (_joined(site_name or ""), _joined(site_of(heads.url).partition(".")[0])) if len(name) > 3
    ]

    def names_site(part: str) -> bool:
        said = _joined(part)
        is_longer_name = any(name in said and len(said) < len(name) + MAX_NAME_ADDED for name in names)
        return said in names or (len(said) > 2 and host.startswith(said)) or is_longer_name

    while len(parts) >= 3 and names_site(parts[-1]):
        parts = parts[:-2]
    before, _, last = parts[-1].replace("：", ":").rpartition(":")
    if before and names_site(last):
        parts[-1] = parts[-1][: len(before)]
    while len(parts) >= 3 and names_site(parts[0]):
        parts = parts[2:]
    return "".join(parts).strip()


def _joined(text: str) -> str:
    return fold(text).replace(" ", "")


def _read_paywall(heads: Heads) -> Iterator[tuple[Source, bool | None]]:
    """What is said of the article, else of a part of it: pages that mark their locked part name that alone."""
    parts = [part for part in listed(heads.article.get("hasPart")) if isinstance(part, dict)]
    yield "json-ld", _is_locked(heads.article)
    yield "json-ld", True if any(map(_is_locked, parts)) else None
    yield "opengraph", _TIERS.get((heads.first("article:content_tier", "content_tier") or "").lower())


def _is_locked(thing: Thing) -> bool | None:
    said = str(thing.get("isAccessibleForFree")).strip().lower().rpartition("/")[2]  # also a schema.org address
    free = _BOOLEANS.get(said)
    return None if free is None else not free


def _images(heads: Heads, shown: Shown) -> Iterator[tuple[Source, Image | None]]:
    image = referred(next(iter(listed(heads.article.get("image"))), None), heads.things)
    caption = None
    if isinstance(image, dict):
        caption = text_of(image.get("caption")) or text_of(image.get("description"))
        image = next(iter(listed(image.get("url") or image.get("contentUrl") or image.get("@id"))), None)
        if isinstance(image, str) and "#" in image:
            image = None  # the name of a thing that the page does not show
    caption = _summary(caption) or (_summary(shown.caption.text()) if shown.caption else None)
    yield "json-ld", _image(image, caption, heads)
    yield "opengraph", _image(heads.first("og:image", "og:image:url", "og:image:secure_url"), caption, heads)
    yield "meta", _image(heads.first("twitter:image", "twitter:image:src"), caption, heads)
    yield "dom", _image(shown.picture(), caption, heads)


def _image(address: object, caption: str | None, heads: Heads) -> Image | None:
    url = resolve_url(address.strip(), heads.base) if isinstance(address, str) and address.strip() else None
    return Image(url=url, caption=caption) if url else None


def _short(text: str | None, most: int = MAX_TITLE_CHARS) -> str | None:
    """One line of at most so many letters, without markup; `None` where nothing is left."""
    if not text:
        return None
    text = text[: 2 * most]
    return clean(_MARKUP.sub(" ", text) if "<" in text else text)[:most].strip() or None


def _section(text: str | None) -> str | None:
    """A section, the first of a list of them; `None` for what WordPress calls a story that is in none."""
    first = _LISTED.match(text or "")
    short = _short(first[1] if first else text)
    return None if short is None or fold(short) in _NO_SECTIONS else short


def _summary(text: str | None) -> str | None:
    return _short(text, MAX_SUMMARY_CHARS)


def _tags(texts: Iterable[object]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for text in texts:
        for part in re.split(r"[,;|]", (text_of(text) or "")[:4_000]):
            if len(tag := clean(part)) <= MAX_TAG_CHARS and "://" not in tag and any(map(str.isalnum, tag)):
                found.setdefault(tag.casefold(), tag)
    return tuple(found.values())[:MAX_TAGS]


def _language(text: str | None) -> str | None:
    """A BCP 47 tag: language, then script or region where given."""
    match = _TAG.match(text or "")
    if not match:
        return None
    return "-".join(
        part for part in (match[1].lower(), match[2] and match[2].title(), match[3] and match[3].upper()) if part
    )
