"""JSON-LD of a page as plain dictionaries, read as leniently as search engines read it."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from crawler.extraction.anchors import Named
from crawler.extraction.wording import clean, unescaped
from crawler.model.links import LinkKind

Thing = dict[str, Any]  # a node of the graph, as the page writes it: any value may have any type

MAX_SCRIPT_CHARS = 2_000_000  # the largest real one seen has 300 KB
MAX_THINGS = 2_000
MAX_RELATED = 50  # stories that it calls related
MAX_TITLE_CHARS = 300
MAX_DEPTH = 12  # of things in things; schema.org's own examples have 5

_OPENING = re.compile(r"(?:(?://|/\*)?\s*<!(?:\[CDATA\[|--)\s*(?:\*/)?)")
_CLOSING = re.compile(r"(?:(?://|/\*)?\s*(?:\]\]|--)>\s*(?:\*/)?)\s*;?$")
_WRAPPING_CHARS = 60  # at either end, where it is looked for: a search of the whole would cost the square of its spaces
_TRAILING_COMMA = re.compile(r",\s*(?=[}\]])")
_BARE_CONTROL = re.compile(r"[\x00-\x1f]+")
_ARTICLE_TYPES = re.compile(
    r"(?:Article|BlogPosting|Report|Review|LiveBlogPosting|SocialMediaPosting|DiscussionForumPosting|NewsStory)$"
)
_TELLING = frozenset("headline datePublished author articleBody description image publisher dateModified".split())


def read_things(scripts: list[str]) -> list[Thing]:
    """All typed or named things of the scripts, outermost first; a script that cannot be read gives none."""
    things: list[Thing] = []
    for script in scripts:
        for value in _values(script):
            things.extend(_flattened(value, 0))
            if len(things) > MAX_THINGS:
                return things[:MAX_THINGS]
    return things


def types_of(thing: Thing) -> tuple[str, ...]:
    """Its types without the vocabulary's address."""
    return tuple(str(name).rpartition("/")[2].rpartition(":")[2] for name in listed(thing.get("@type")) if name)


def referred(value: Any, things: list[Thing]) -> Any:
    """What a value stands for: the thing of its `@id` where it holds nothing but this; else itself."""
    if isinstance(value, dict) and set(value) <= {"@id", "@type"} and isinstance(known_as := value.get("@id"), str):
        return next((thing for thing in things if thing.get("@id") == known_as and len(thing) > len(value)), value)
    return value


def is_article(thing: Thing) -> bool:
    return any(_ARTICLE_TYPES.search(name) for name in types_of(thing))


def listed(value: Any) -> list[Any]:
    """A value that may be one or many, as many."""
    return value if isinstance(value, list) else [] if value is None else [value]


def text_of(value: Any) -> str | None:
    """The text of a value: itself, its name, or the first of several; `None` where it has none."""
    for one in listed(value):
        if isinstance(one, dict):
            one = one.get("name") or one.get("@value") or one.get("headline")
        if isinstance(one, int | float) and not isinstance(one, bool):
            one = str(one)  # "1984" and epoch times are written as numbers
        if isinstance(one, str) and (text := unescaped(one).strip()):
            return text
    return None


def find_article(things: list[Thing], is_this_page: Callable[[str], bool], headline: str | None) -> Thing | None:
    """The article that the page is, among those it names.

    Args:
        is_this_page: says of an address whether it is the page's own.
        headline: the page's title by other readers.
    """
    articles = [thing for thing in things if is_article(thing)]
    if len(articles) <= 1:  # of most pages; to compare addresses takes 0.1 ms
        return articles[0] if articles else None

    def rank(thing: Thing) -> tuple[bool, bool, bool, int]:
        addresses = [thing.get("url"), thing.get("@id"), thing.get("mainEntityOfPage")]
        own = any(is_this_page(address) for value in addresses for address in _addresses(value))
        same_title = bool(headline) and text_of(thing.get("headline")) == headline
        return own, same_title, "datePublished" in thing, sum(1 for name in thing if name in _TELLING)

    return max(articles, key=rank, default=None)  # the first of equals


def related_stories(things: list[Thing], article: Thing) -> list[Named]:
    """Stories that a page's JSON-LD calls related, in its order.

    Source: schema.org `relatedLink` of a web page; `isBasedOn` and `mentions` of the article itself, the latter only
    where it says that what it mentions is an article.
    """
    found = [("relatedLink", value) for thing in things for value in listed(thing.get("relatedLink"))]
    found += [("isBasedOn", value) for value in listed(article.get("isBasedOn"))]
    mentioned = (value for value in listed(article.get("mentions")) if isinstance(value, dict) and is_article(value))
    found += [("mentions", value) for value in mentioned]
    return [
        Named(address, _title(value), LinkKind.RELATED, f"JSON-LD names it as {name}")
        for name, value in found[:MAX_RELATED]
        for address in list(_addresses(value))[:1]
    ]


def _title(value: Any) -> str | None:
    title = text_of(value.get("headline") or value.get("name")) if isinstance(value, dict) else None
    return clean(title)[:MAX_TITLE_CHARS] or None if title else None


def _addresses(value: Any) -> Iterator[str]:
    for one in listed(value):
        if isinstance(one, dict):
            one = one.get("@id") or one.get("url")
        if isinstance(one, str):
            yield one


def _values(script: str, *, may_be_escaped: bool = True) -> list[Any]:
    """The JSON values of a script: one, or several one after the other; also where it was escaped as HTML is, once."""
    text = script[:MAX_SCRIPT_CHARS].strip().lstrip("\ufeff")
    if opening := _OPENING.match(text):
        text = text[opening.end() :]
    if closing := _CLOSING.search(text, max(0, len(text) - _WRAPPING_CHARS)):
        text = text[: closing.start()]
    try:
        return [msgspec.json.decode(text.encode("utf-8", "replace"))]
    except (msgspec.DecodeError, RecursionError):
        pass
    text = _TRAILING_COMMA.sub("", _BARE_CONTROL.sub(" ", text)).rstrip("; ")
    decoder = json.JSONDecoder(strict=False)
    values: list[Any] = []
    at = 0
    while at < len(text) and len(values) < MAX_THINGS:
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            if not values and may_be_escaped and "&quot;" in text:
                return _values(unescaped(text), may_be_escaped=False)
            break
        values.append(value)
        while at < len(text) and text[at] in " ,;":
            at += 1
    return values


def _flattened(value: Any, depth: int) -> Iterator[Thing]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for one in value:
            yield from _flattened(one, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            if isinstance(inner := value.get(name), dict | list):
                yield from _flattened(inner, depth + 1)
