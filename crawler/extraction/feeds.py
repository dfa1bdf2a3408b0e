"""Feeds: what a publisher lists as new. RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed.

They are told apart by what the bytes are. One reader serves all XML forms, since real feeds mix them: an item is a set
of named fields, and each form only says which names it uses.
"""

import html
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import islice
from typing import Any

import msgspec
from lxml import etree

from crawler.extraction.dates import parse_date
from crawler.extraction.decode import decode_page
from crawler.extraction.wishes import read_wishes
from crawler.extraction.wording import clean, unescaped
from crawler.extraction.xml import attribute_of, local_name, parse_xml, text_of
from crawler.model.links import Link, LinkKind
from crawler.model.records import Precision
from crawler.model.urls import resolve_url
from crawler.model.work import PollWishes

MAX_FEED_BYTES = 2 * 1024 * 1024  # 10 times the largest of 55 captured feeds; the newest items come first
MAX_FEED_LINKS = 10_000  # real feeds list 10 to 500; hostile ones could list 70,000 in their bytes
MAX_MARKUP_CHARS = 4_000  # of a full-text item; its first sentences are all that a teaser needs
MAX_TEASER_CHARS = 500
MAX_TITLE_CHARS = 1_000  # longer ones are texts

_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_ITEMS = frozenset({"item", "entry"})
_PREFIX_OF = {  # namespace, without closing "/" and "#", as older feeds write it both ways
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/atom/ns": "",
    "http://purl.org/rss/1.0": "",
    "http://my.netscape.com/rdf/simple/0.9": "",
    "http://channel.netscape.com/rdf/simple/0.9": "",
    "http://purl.org/net/rss1.1": "",
    "http://backend.userland.com/rss2": "",
    "http://purl.org/dc/elements/1.0": "dc:",
    "http://purl.org/dc/elements/1.1": "dc:",
    "http://purl.org/dc/terms": "dcterms:",
    "http://purl.org/rss/1.0/modules/content": "content:",
    "http://purl.org/rss/1.0/modules/syndication": "sy:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://search.yahoo.com/mrss": "media:",
}
_PUBLISHED = ("pubdate", "published", "dc:date", "issued", "dcterms:issued", "dcterms:created", "created")
_UPDATED = ("updated", "modified", "dcterms:modified", "lastmod")
_TITLES = ("title", "dc:title", "media:title")
_TEASERS = ("description", "summary", "dc:description", "content:encoded", "content", "itunes:summary")
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_LITERAL = frozenset({None, "", "text", "text/plain"})  # Atom's types of text that holds no markup (RFC 4287, 3.1.1.1)

_RFC_822 = re.compile(
    r"(?:[A-Za-z]{3}, ?)?\d\d? [A-Za-z]{3} (?:1[6-9]|2[01])?\d\d \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|[A-Z]{1,4})"
)
_TAG = re.compile(r"<(?:(/?)([a-zA-Z][\w:-]*+)|[!?])[^<>]*+>")
_TITLE_TAGS = frozenset(
    "a abbr acronym b big blockquote br center cite code dfn div em font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol "
    "p pre q s samp small span strike strong sub sup tt u ul wbr".split()
)  # "List<String> explained" keeps its type
_UNSEEN = frozenset({"script", "style"})
_PHRASE = frozenset("a abbr acronym b big cite code dfn em font i ins mark q s small span strong sub sup u".split())


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed or a sitemap lists."""

    kind: LinkKind  # FEED or SITEMAP
    title: str | None = None
    links: tuple[Link, ...] = ()  # `rank` counts the items; those that name neither address nor title are left out
    more: tuple[str, ...] = ()  # the sitemaps that a sitemap index names
    wishes: PollWishes = PollWishes()
    changed_on: tuple[str, ...] = ()  # of a sitemap: the day of each link, or of each of `more`; "" where it names none


def read_feed(body: bytes, url: str, content_type: str | None = None) -> Feed | None:
    """What a feed lists, in its own order; a broken one as far as it goes.

    Args:
        body: content decoding undone; at most `MAX_FEED_BYTES` are read.
        url: the address of the feed, the base of relative links.
        content_type: the header, for its charset.

    Returns:
        `None` where it is no feed. A link has `url` null where the item names no http(s) address.

    Source: RFC 4287, RSS 2.0.11, RSS 1.0, JSON Feed 1.1.
    """
    if body[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"{"):
        return _read_json(body[:MAX_FEED_BYTES], url)
    root = parse_xml(body, url=url, max_bytes=MAX_FEED_BYTES, content_type=content_type)
    if root is None or local_name(root) not in _ROOTS:
        return None
    items = islice((element for element in root.iter(etree.Element) if _name(element.tag) in _ITEMS), MAX_FEED_LINKS)
    bases: dict[etree._Element, str] = {}
    links = (_read_item(item, rank, url, bases) for rank, item in enumerate(items))
    channel = _fields(next((child for child in root if local_name(child) == "channel"), root))[0]
    return Feed(
        kind=LinkKind.FEED,
        title=_title(channel),
        links=tuple(link for link in links if link),
        wishes=read_wishes(channel),
    )


@lru_cache(maxsize=1024)  # a feed has some 30 names; a hostile one costs itself only
def _name(tag: str) -> str:
    """A name with the usual prefix of its namespace; an undeclared prefix stands for itself."""
    namespace, _, local = tag.rpartition("}")
    if not namespace:
        return tag.lower().removeprefix("atom:").removeprefix("rss:")
    return _PREFIX_OF.get(namespace[1:].lower().rstrip("/#"), "other:") + local.lower()


def _fields(item: etree._Element) -> tuple[dict[str, etree._Element], list[etree._Element]]:
    """The first element of each name, and all links."""
    fields: dict[str, etree._Element] = {}
    links: list[etree._Element] = []
    for child in item.iterchildren(etree.Element):
        name = _name(child.tag)
        if name == "link":
            links.append(child)
        else:
            fields.setdefault(name, child)
    return fields, links


def _read_item(item: etree._Element, rank: int, url: str, bases: dict[etree._Element, str]) -> Link | None:
    fields, links = _fields(item)
    address = next(_addresses(item, fields, links, url, bases), None)
    title = _title(fields)
    if address is None and title is None:
        return None
    return Link(
        url=address,
        kind=LinkKind.FEED,
        rank=rank,
        title=title,
        published_at=_published_at(fields),
        teaser=_teaser(fields, title),
    )


def _addresses(
    item: etree._Element,
    fields: Mapping[str, etree._Element],
    links: list[etree._Element],
    url: str,
    bases: dict[etree._Element, str],
) -> Iterator[str]:
    """The addresses that an item gives for itself, the best first."""
    original = fields.get("feedburner:origlink")  # what the counting redirect in `link` leads to
    if original is not None and (address := resolve_url(text_of(original))):
        yield address
    for link in sorted(links, key=_is_other_form):
        if link.get("rel", "alternate").lower().rpartition("/")[2] == "alternate":
            reference = (link.get("href") or text_of(link)).strip()
            if reference and (address := resolve_url(reference, _base_of(link, url, bases))):
                yield address
    guid = fields.get("guid")
    # Only a whole address counts: the default of `isPermaLink` is true, and many ids are bare numbers.
    is_permanent = guid is not None and (attribute_of(guid, "ispermalink") or "true").strip().lower() != "false"
    if guid is not None and is_permanent and (address := resolve_url(text_of(guid))):
        yield address
    if address := resolve_url(attribute_of(item, "about") or ""):  # RSS 1.0, 5.5
        yield address


def _base_of(element: etree._Element, url: str, bases: dict[etree._Element, str]) -> str:
    """What references in an element are resolved against: an `xml:base` of its own or above it, else `url`.

    Args:
        bases: those of elements above, as far as they are known: to look at all their attributes for each link would
            cost the square of a feed.

    Source: XML Base (second edition), 4.
    """
    unknown: list[etree._Element] = []
    up = element.getparent()
    while up is not None and up not in bases:
        unknown.append(up)
        up = up.getparent()
    base = url if up is None else bases[up]
    for up in reversed(unknown):
        base = bases[up] = _own_base(up, base)
    return _own_base(element, base)


def _own_base(element: etree._Element, above: str) -> str:
    own = element.get(_XML_BASE)
    return (resolve_url(own.strip(), above) or above) if own else above


def _is_other_form(link: etree._Element) -> bool:
    """Whether an alternate is something other than a page: a PDF, JSON, a comments feed."""
    return "html" not in link.get("type", "text/html").lower()


def _published_at(fields: Mapping[str, etree._Element]) -> str | None:
    """When an item was published, or else last changed: the first field that can be read."""
    texts = (text_of(fields[name]) for name in (*_PUBLISHED, *_UPDATED) if name in fields)
    return next((moment for text in texts if (moment := moment_or_day(text))), None)


def moment_or_day(text: str) -> str | None:
    """RFC 3339 in UTC, or the day alone where no time or no zone is written; `None` where no day is."""
    at = _from_rfc_822(text) if _RFC_822.fullmatch(text) else None
    if at is None and (parsed := parse_date(text)) is not None:
        if parsed.precision is Precision.APPROXIMATE:
            return None
        if parsed.at is None:
            return parsed.on.isoformat()
        at = parsed.at
    return None if at is None else f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _from_rfc_822(text: str) -> datetime | None:
    """The form of RSS, with a year of two digits too; it is worth a way of its own: 6 us, `parse_date` takes 35."""
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    is_known = at.tzinfo is not None and at.year > 1970  # naive: a zone that the standard does not name
    return at.astimezone(UTC) if is_known else None  # where clocks begin is for `parse_date` to judge


def _title(fields: Mapping[str, etree._Element]) -> str | None:
    for name in _TITLES:
        if (element := fields.get(name)) is not None and (text := text_of(element)):
            is_markup = element.get("type") not in _LITERAL or not _is_atom(element)
            return plain_title(text) if is_markup and len(element) == 0 else clean(text[:MAX_TITLE_CHARS]) or None
    return None


def _is_atom(element: etree._Element) -> bool:
    return "atom" in element.tag.lower()


def plain_title(text: str) -> str | None:
    """A title in one line: markup gone, entities read once. What only looks like markup stays."""
    text = _TAG.sub(lambda tag: "" if (tag[2] or "").lower() in _TITLE_TAGS else tag[0], text[:MAX_TITLE_CHARS])
    return clean(unescaped(text)) or None


def _teaser(fields: Mapping[str, etree._Element], title: str | None) -> str | None:
    for name in _TEASERS:
        if (element := fields.get(name)) is not None and (text := plain_teaser(text_of(element))):
            return None if text == title else text
    return None


def plain_teaser(markup: str) -> str | None:
    """The first words of an item in plain text, cut between two words beyond `MAX_TEASER_CHARS`."""
    text = clean(unescaped("".join(_visible(markup[:MAX_MARKUP_CHARS]))))
    if len(text) > MAX_TEASER_CHARS:
        text = text[:MAX_TEASER_CHARS].rpartition(" ")[0].rstrip(" .,;:") + " ..."
    return text or None


def _visible(markup: str) -> Iterator[str]:
    """The text between tags, as much as a teaser may need; a tag that ends a phrase leaves a space."""
    position = chars = 0
    unseen = ""
    for tag in _TAG.finditer(markup):
        name = (tag[2] or "").lower()
        if not unseen:
            yield markup[position : tag.start()]
            yield "" if name in _PHRASE else " "
            chars += tag.start() - position
            unseen = name if name in _UNSEEN and not tag[1] else ""
        elif tag[1] and name == unseen:
            unseen = ""
        position = tag.end()
        if chars > 2 * MAX_TEASER_CHARS:  # twice, as entities and white space shrink
            return
    if not unseen:
        rest = markup[position:]
        yield rest.rpartition("<")[0] if len(markup) == MAX_MARKUP_CHARS and "<" in rest else rest  # a tag cut in two


def _read_json(body: bytes, url: str) -> Feed | None:
    try:
        feed = msgspec.json.decode(decode_page(body, None))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        return None
    version = feed.get("version")
    if not isinstance(version, str) or "jsonfeed.org/version" not in version:
        return None
    items = enumerate(feed["items"][:MAX_FEED_LINKS])
    links = (_read_json_item(item, rank, url) for rank, item in items if isinstance(item, dict))
    title = clean(_string(feed, "title")[:MAX_TITLE_CHARS]) or None
    return Feed(kind=LinkKind.FEED, title=title, links=tuple(link for link in links if link))


def _read_json_item(item: dict[str, Any], rank: int, url: str) -> Link | None:
    references = (_string(item, "url"), _string(item, "external_url"))
    addresses = (resolve_url(reference, url) for reference in references if reference)
    # 1.1: "if the id is the full URL of the resource, the url may be left out".
    address = next((found for found in addresses if found), None) or resolve_url(_string(item, "id"))
    title = clean(_string(item, "title")[:MAX_TITLE_CHARS]) or None
    if address is None and title is None:
        return None
    moments = (moment_or_day(_string(item, name)) for name in ("date_published", "date_modified"))
    markup = _string(item, "content_html")
    plain = next((text for name in ("summary", "content_text") if (text := _string(item, name))), "")
    return Link(
        url=address,
        kind=LinkKind.FEED,
        rank=rank,
        title=title,
        published_at=next((moment for moment in moments if moment), None),
        teaser=plain_teaser(html.escape(plain) if plain else markup),
    )


def _string(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""
