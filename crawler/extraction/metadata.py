"""What a page says about its article: title, people, dates, section and the like, each with where it was said.

The first source that says something usable wins: JSON-LD, OpenGraph (and `article:`), meta, microdata, the page itself.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from datetime import UTC, datetime, tzinfo

import msgspec
from selectolax.lexbor import LexborHTMLParser

from crawler.extraction.dates import ParsedDate, parse_date
from crawler.extraction.jsonld import Thing, find_article, is_front, listed, read_things, text_of, types_of
from crawler.extraction.people import find_people, opens_byline
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import clean, fold
from crawler.model.records import Image, Precision
from crawler.model.urls import canonical_url, resolve_url

MAX_TITLE_CHARS = 400
MAX_SUMMARY_CHARS = 2_000
MAX_TAGS = 50

Source = str  # json-ld | opengraph | meta | microdata | dom


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
    body: str = ""  # `articleBody` of JSON-LD, as it stands
    kind: str | None = None  # `og:type`
    calls_itself_front: bool = False  # by its JSON-LD


class Heads:
    """The head of a page as readers ask for it: meta tags by name, JSON-LD, the article's own thing."""

    def __init__(self, parser: LexborHTMLParser, url: str, base: str) -> None:
        self.url = url
        self.base = base
        self.meta: defaultdict[str, list[str]] = defaultdict(list)
        for node in parser.css("meta"):
            attrs = node.attributes
            name = attrs.get("property") or attrs.get("name") or attrs.get("itemprop") or attrs.get("http-equiv")
            if name and (content := clean(attrs.get("content") or "")):
                self.meta[name.strip().lower()].append(content)
        title = parser.css_first("title")
        self.title = clean(title.text()) if title is not None else ""
        self.things = read_things([node.text() for node in parser.css('script[type*="ld+json" i]')])
        self.article: Thing = find_article(self.things, self._is_this_page, self.first("og:title")) or {}

    def first(self, *names: str) -> str | None:
        """The first content of the first of these meta tags that there is."""
        return next((self.meta[name][0] for name in names if name in self.meta), None)

    def _is_this_page(self, address: str) -> bool:
        resolved = resolve_url(address, self.base)
        return resolved is not None and canonical_url(resolved) == canonical_url(self.url)


def read_metadata(
    heads: Heads, tree: Tree, h1: Node | None, aside: Container[int], fetched_at: datetime | None
) -> Metadata:
    """All that is said of the article.

    Args:
        h1: the heading of the article itself.
        aside: places in blocks of other stories, comments and the frame of the page: no by-line or date is there.
        fetched_at: for dates relative to it.
    """
    reader = _Reader(heads, tree, h1, aside, fetched_at)
    reader.read_names()
    reader.read_title()
    reader.read_authors()
    reader.read_dates()
    reader.read_rest()
    return Metadata(
        **reader.fields,
        field_sources=reader.sources,
        body=text_of(heads.article.get("articleBody")) or "",
        kind=heads.first("og:type"),
        calls_itself_front=is_front(heads.things),
    )


class _Reader:
    def __init__(
        self, heads: Heads, tree: Tree, h1: Node | None, aside: Container[int], fetched_at: datetime | None
    ) -> None:
        self.heads = heads
        self.tree = tree
        self.h1 = h1
        self.fetched_at = fetched_at
        self.fields: dict[str, object] = {}
        self.sources: dict[str, Source] = {}
        self.items: defaultdict[str, list[Node]] = defaultdict(list)  # microdata, by property
        for node in tree.nodes:
            if node.attrs and (names := node.get("itemprop")) and node.at not in aside:
                for name in names.split():
                    self.items[name].append(node)
        self.aside = aside

    def keep(self, field: str, *candidates: tuple[Source, object]) -> None:
        """Take the first candidate that says something."""
        for source, value in candidates:
            if value not in (None, "", ()):
                self.fields[field] = value
                self.sources[field] = source
                return

    def read_names(self) -> None:
        heads = self.heads
        publisher = text_of(heads.article.get("publisher"))
        website = next((text_of(thing.get("name")) for thing in heads.things if "WebSite" in types_of(thing)), None)
        self.keep(
            "site_name",
            ("opengraph", heads.first("og:site_name")),
            ("json-ld", _short(publisher or website)),
            ("meta", heads.first("application-name", "apple-mobile-web-app-title")),
        )
        language = self.tree.root.get("lang") or self.tree.root.get("xml:lang")
        self.keep(
            "language",
            ("dom", _language(language)),
            ("json-ld", _language(text_of(heads.article.get("inLanguage")))),
            ("opengraph", _language(heads.first("og:locale"))),
            ("meta", _language(heads.first("content-language", "language", "dc.language"))),
        )

    def read_title(self) -> None:
        heads = self.heads
        heading = clean(self.h1.text())[:MAX_TITLE_CHARS] if self.h1 else ""
        candidates = (
            ("json-ld", _short(text_of(heads.article.get("headline")))),
            ("opengraph", heads.first("og:title")),
            ("dom", heading),
            ("meta", heads.first("twitter:title", "dc.title", "title")),
            ("dom", heads.title),
        )
        for source, value in candidates:
            if title := self._without_site(_short(value) or ""):
                if 8 < len(heading) and fold(heading) in fold(title):
                    source, title = "dom", heading
                self.keep("title", (source, title))
                return

    def _without_site(self, title: str) -> str:
        """`title` without a name of the site before or after it."""
        parts = re.split(r"(\s+[|–—»·•-]\s+|\s*[|｜]\s*)", title)
        if len(parts) < 3:
            return title
        host = fold(self.heads.url.split("/")[2].removeprefix("www.")).replace(" ", "")
        site = fold(str(self.fields.get("site_name") or "")).replace(" ", "")

        def names_site(part: str) -> bool:
            name = fold(part).replace(" ", "")
            return bool(name) and (
                name == site
                or (len(name) > 2 and host.startswith(name))
                or (len(site) > 3 and site in name and len(name) < len(site) + 12)
            )

        while len(parts) >= 3 and names_site(parts[-1]):
            parts = parts[:-2]
        while len(parts) >= 3 and names_site(parts[0]):
            parts = parts[2:]
        return "".join(parts).strip()

    def read_authors(self) -> None:
        """The people who sign; where none does, the publication itself if JSON-LD names it as the author."""
        heads = self.heads
        names, every = self._declared_authors()
        host = heads.url.split("/")[2].removeprefix("www.").partition(".")[0]
        site = [str(name) for name in (self.fields.get("site_name"), text_of(heads.article.get("publisher")), host) if name]
        people: tuple[tuple[Source, Callable[[], Iterable[str]]], ...] = (
            ("json-ld", lambda: names),
            ("opengraph", lambda: self._metas("article:author", "og:article:author")),
            ("meta", lambda: self._metas(*_AUTHORS)),
            ("microdata", lambda: [text for node in self.items["author"] if (text := _item_text(node))]),
            ("dom", self._bylines),
        )
        for source, find in people:
            if found := find_people(find(), not_named=site):
                self.keep("authors", (source, found))
                return
        known = {fold(name) for name in site}
        self.keep("authors", ("json-ld", tuple(dict.fromkeys(one for one in every if fold(one) in known))))

    def _declared_authors(self) -> tuple[list[str], list[str]]:
        """Names that JSON-LD gives as authors: those not said to be organizations, and all of them."""
        heads = self.heads
        by_id = {thing["@id"]: thing for thing in heads.things if isinstance(thing.get("@id"), str)}
        names: list[str] = []
        every: list[str] = []
        for author in listed(heads.article.get("author")) + listed(heads.article.get("creator")):
            thing = by_id.get(_id_of(author), author) if _id_of(author) and not author.get("name") else author
            named = [name for one in listed(thing.get("name") if isinstance(thing, dict) else thing) if (name := text_of(one))]
            every += named
            if not isinstance(thing, dict) or not any("Organization" in name for name in types_of(thing)):
                names += named
        return names, every

    def _metas(self, *names: str) -> list[str]:
        return next((self.heads.meta[name] for name in names if name in self.heads.meta), [])

    def _bylines(self) -> Iterable[str]:
        """By-lines near the heading: links of `rel=author` first, then what a class calls one."""
        near = self._near_heading()
        links = [node.text() for node in near if node.tag == "a" and "author" in node.get("rel").split()]
        if links:
            return links
        for node in near:
            if _BYLINE.search(node.hint) and 3 < node.chars < 160:
                text = node.text()
                names = [link.text() for link in self.tree.inside(node) if link.tag == "a" and link.chars > 3]
                return names if names and find_people(names) else [text]
        return [text for node in near if node.chars < 90 and opens_byline(text := clean(node.text())) and find_people([text])][:1]

    def _near_heading(self) -> list[Node]:
        """What stands from a little before the heading of the article to a little after it."""
        at = self.h1.at if self.h1 else 0
        return [node for node in self.tree.nodes[max(0, at - 40) : at + 160] if node.at not in self.aside]

    def read_dates(self) -> None:
        heads = self.heads
        published = [("json-ld", text_of(heads.article.get("datePublished") or heads.article.get("dateCreated")))]
        published += [
            ("opengraph", heads.first("article:published_time", "og:article:published_time", "og:published_time"))
        ]
        published += [("meta", value) for name in _PUBLISHED if name in heads.meta for value in heads.meta[name][:1]]
        published += [("microdata", _item_date(node)) for node in self.items["datePublished"][:1]]
        published += [("dom", text) for text in self._visible_dates()]
        language = self.fields.get("language")
        modified = [
            ("json-ld", text_of(heads.article.get("dateModified"))),
            ("opengraph", heads.first("article:modified_time", "og:updated_time")),
            ("meta", heads.first("last-modified", "dcterms.modified", "dc.date.modified", "datemodified", "lastmod")),
            ("microdata", next((_item_date(node) for node in self.items["dateModified"]), None)),
        ]
        read = [
            (source, raw, date)
            for source, raw in published
            if raw and (date := parse_date(raw, now=self.fetched_at, language=str(language) if language else None))
        ]
        later = [(source, date) for source, raw in modified if raw and (date := parse_date(raw))]
        zone = _shared_zone([raw for _, raw in published + modified if raw])
        if read:
            source, raw, date = _best(read)
            if date.at is None and date.local is not None and zone is not None:
                date = parse_date(raw, zone=zone, language=str(language) if language else None) or date
            self.fields |= {
                "published_at": _moment(date.at),
                "published_on": date.on.isoformat(),
                "published_precision": date.precision,
                "published_raw": raw[:200],
            }
            self.sources |= {"published_on": source} | ({"published_at": source} if date.at else {})
        self.keep("modified_at", *((source, _moment(date.at)) for source, date in later if date.at))

    def _visible_dates(self) -> list[str]:
        """Dates in the article's own head: machine-readable ones first, then what looks like one."""
        near = self._near_heading()
        times = [node.get("datetime") or node.text() for node in near if node.tag == "time"]
        hinted = [node.text() for node in near if node.tag != "time" and node.chars < 100 and _DATED.search(node.hint)]
        plain = [
            text
            for node in near
            if 5 < node.chars < 60
            and not node.link_chars
            and (text := "".join(k for k in node.kids if isinstance(k, str)))
            and any(letter.isdigit() for letter in text)
        ]
        return [clean(text) for text in (*times, *hinted, *plain)[:40]]

    def read_rest(self) -> None:
        heads, article = self.heads, self.heads.article
        self.keep(
            "section",
            ("json-ld", _short(text_of(article.get("articleSection")))),
            ("opengraph", heads.first("article:section", "og:article:section")),
            ("meta", heads.first("section", "parsely-section", "cxenseparse:section")),
            ("microdata", next((clean(node.text()) for node in self.items["articleSection"]), None)),
        )
        self.keep(
            "tags",
            ("json-ld", _tags(article.get("keywords"))),
            ("opengraph", _tags([*heads.meta.get("article:tag", []), *heads.meta.get("og:article:tag", [])])),
            ("meta", _tags(self._metas("news_keywords", "keywords", "parsely-tags"))),
        )
        self.keep(
            "summary",
            ("json-ld", _summary(text_of(article.get("description")))),
            ("opengraph", _summary(heads.first("og:description"))),
            ("meta", _summary(heads.first("description", "twitter:description", "dc.description"))),
        )
        self.keep("image", *self._images())
        free = article.get("isAccessibleForFree")
        tier = heads.first("article:content_tier", "content_tier", "og:article:content_tier")
        said = {"true": False, "false": True}.get(str(free).strip().lower().rpartition("/")[2])
        self.keep(
            "paywalled",
            ("json-ld", said),
            ("opengraph", {"free": False, "locked": True, "metered": True}.get((tier or "").lower())),
        )

    def _images(self) -> Iterable[tuple[Source, Image | None]]:
        image = next(iter(listed(self.heads.article.get("image"))), None)
        caption = None
        if isinstance(image, dict):
            caption = text_of(image.get("caption")) or text_of(image.get("description"))
            image = next(iter(listed(image.get("url") or image.get("contentUrl") or image.get("@id"))), None)
        shown = next((node for node in self.tree.find("figcaption") if node.chars and node.at not in self.aside), None)
        caption = clean(caption) if caption else clean(shown.text()) if shown else None
        yield "json-ld", self._image(image, caption)
        yield "opengraph", self._image(self.heads.first("og:image", "og:image:url", "og:image:secure_url"), caption)
        yield "meta", self._image(self.heads.first("twitter:image", "twitter:image:src"), caption)

    def _image(self, address: object, caption: str | None) -> Image | None:
        url = resolve_url(address.strip(), self.heads.base) if isinstance(address, str) and address.strip() else None
        return Image(url=url, caption=caption[:MAX_SUMMARY_CHARS] if caption else None) if url else None


def _id_of(value: object) -> str | None:
    name = value.get("@id") if isinstance(value, dict) else None
    return name if isinstance(name, str) else None


_AUTHORS = ("author", "byl", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author", "cxenseparse:author")
_BYLINE = re.compile(r"\b(?:by-?line|author|autor|auteur|autore|writer|reporter|journalist|signature|firma)", re.I)
_DATED = re.compile(r"date|time|publish|posted|datum|fecha|stamp|dateline|meta|info")
_PUBLISHED = (
    "datepublished", "pubdate", "publishdate", "publish-date", "publish_date", "date", "dc.date", "dc.date.issued",
    "dcterms.created", "dcterms.issued", "dcterms.date", "parsely-pub-date", "sailthru.date", "cxenseparse:publishtime",
    "cxenseparse:recs:publishtime", "article.published", "published_time", "publication_date", "published-date", "originalpublicationdate", "created",
)  # fmt: skip


def _best(read: list[tuple[Source, str, ParsedDate]]) -> tuple[Source, str, ParsedDate]:
    """The first date, or a later one of the same day (within a zone) that knows the minute where the first does not."""
    first = read[0]
    if first[2].at is not None:
        return first
    return next(
        (
            one
            for one in read
            if one[2].at and abs((one[2].on - first[2].on).days) <= 1 and one[2].precision is Precision.MINUTE
        ),
        first,
    )


def _shared_zone(raws: Iterable[str]) -> tzinfo | None:
    """The offset that another date of the page names; `None` where none or several are named."""
    zones = set()
    for raw in raws:
        if re.search(r"[T ]\d\d:\d\d.*(?:[+-]\d\d:?\d\d|Z)$", raw):
            try:
                zones.add(datetime.fromisoformat(raw.replace(" ", "T", 1) if "T" not in raw else raw).tzinfo)
            except ValueError:
                continue
    return zones.pop() if len(zones) == 1 else None


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _short(text: str | None) -> str | None:
    return clean(text[: 2 * MAX_TITLE_CHARS])[:MAX_TITLE_CHARS] or None if text else None


def _summary(text: str | None) -> str | None:
    return (
        clean(re.sub(r"<[^>]{0,500}>", " ", text[: 2 * MAX_SUMMARY_CHARS]))[:MAX_SUMMARY_CHARS] or None
        if text
        else None
    )


def _tags(value: object) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for one in listed(value):
        text = text_of(one) or ""
        for part in re.split(r"[,;|]", text[:4_000]):
            if (tag := clean(part)) and len(tag) <= 80 and "://" not in tag:
                found.setdefault(tag.casefold(), tag)
    return tuple(found.values())[:MAX_TAGS]


def _language(text: str | None) -> str | None:
    """A BCP 47 tag: language, then script or region where given."""
    match = re.match(r"\s*([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?![A-Za-z])", text or "")
    if not match:
        return None
    return "-".join(
        part for part in (match[1].lower(), match[2] and match[2].title(), match[3] and match[3].upper()) if part
    )


def _item_text(node: Node) -> str:
    return clean(node.get("content") or node.text())[:MAX_TITLE_CHARS]


def _item_date(node: Node) -> str:
    return clean(node.get("content") or node.get("datetime") or node.text())[:200]
