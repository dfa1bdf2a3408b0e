"""Related stories that a page carries in the state of its scripts (`__NEXT_DATA__` and its like) and shows no link to.

A state has no schema. What is read is a list of stories under a name that says related or recommended; where several
things of the state have such a list, the thing of the page's own address alone is believed.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, islice, pairwise
from typing import Any, NamedTuple

import msgspec
from selectolax.lexbor import LexborHTMLParser

from crawler.extraction.anchors import Named
from crawler.extraction.regions import kind_of_name
from crawler.extraction.wording import clean, count_words
from crawler.model.links import LinkKind

MAX_SCRIPT_CHARS = 2_000_000
MAX_STATES = 20
MAX_VALUES = 20_000  # assigned to whatever, that are looked at: 10 ms; most scripts have fewer than 10
MAX_NAME_CHARS = 120  # of what a state is assigned to: "window['__INITIAL_STATE__']"
MAX_PUSHES = 2_000  # pieces of a state that comes in pieces; the most seen are 96
MAX_STEPS = 50_000  # through values of a state: 0.1 s
MAX_DEPTH = 30
MAX_STORIES = 30  # of one list
MIN_TITLE_WORDS = 3
STORY_DEPTH = 3  # of things around a story in its list: {"node": {"article": {...}}}

_TELLING = (  # in a script that is worth its decoding; looked for one by one: half of a regular expression's time
    "related Related recommend Recommend readMore ReadMore similar Similar".split()
)
_ASSIGNED = re.compile(r"=\s*+(?:JSON\.parse\(\s*+)?+(?=[{\[\"])")  # sought first: few places of a script have it
_NAMED = re.compile(  # what it is assigned to, directly before it
    r"(?:(?<!\w)(?:window|self|globalThis)\s*+[.\[]\s*+['\"]?\w++['\"]?\s*+\]?+"
    r"|(?<!\w)__[A-Z_]+__|(?<!\w)Fusion\.globalContent)\s*+\Z"
)
_PUSHED = re.compile(r"__next_f\.push\(\s*+(?=\[)")
_ROW = re.compile(r"\n?[0-9a-f]{1,6}:(?=[\[{])")
_NEXT_ROW = re.compile(r"\n[0-9a-f]{1,6}:(?=[\[{])")
_SPACE = re.compile(r"\s*+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ADDRESS = re.compile(r"(?:^|_|(?<=[a-z]))(?:[uU]rl|URL|href|[lL]ink|[pP]ath|pathname|permalink|uri)$")
_OF_PARTS = re.compile(r"im(?:age|g)|thumb|photo|picture|author|icon|logo|avatar|video|section|category|api", re.I)
_TITLES = "title headline headlines name hed shortTitle text basic default rendered main".split()
_OFFERED = (LinkKind.RELATED, LinkKind.RECOMMENDED)


class _List(NamedTuple):
    owner: dict[str, Any]
    stories: list[Named]


def find_carried(parser: LexborHTMLParser, path: str) -> list[Named]:
    """Stories that the states of a page's scripts call related or recommended, in their order.

    Args:
        path: of the page's own address: a list that belongs to a thing with this address is the page's.
    """
    lists = [found for state in _states(parser) for found in _lists(state)]
    owners = {id(found.owner): found.owner for found in lists}  # of which each may have thousands of lists
    own = {key for key, owner in owners.items() if _is_at(owner, path)}
    if not own and len(owners) > 1:
        return []  # of other stories, as like as not
    return [story for found in lists if not own or id(found.owner) in own for story in found.stories]


def _states(parser: LexborHTMLParser) -> Iterator[Any]:
    pushed: list[str] = []
    states: list[Any] = []
    for script in parser.css("script:not([src])"):
        kind = script.attributes.get("type") or ""
        text = script.text()[:MAX_SCRIPT_CHARS]
        if "__next_f" in text:
            pushes = islice(_PUSHED.finditer(text), MAX_PUSHES)
            found = [value for push in pushes for value in _decoded(text, push.end())[0]]
            pushed += (part for value in found for part in value if isinstance(part, str))
        elif "ld+json" in kind or len(states) >= MAX_STATES or not _tells(text):
            continue
        elif "json" in kind:
            states += _decoded(text, 0)[0]
        else:
            states += _assigned(text)
    yield from states
    yield from _unrolled(pushed)


def _assigned(text: str) -> Iterator[Any]:
    """Values that a script assigns to names of the window."""
    at = tries = 0
    for _ in range(MAX_VALUES):
        if tries == MAX_STATES or not (value := _ASSIGNED.search(text, at)):
            return
        named = _NAMED.search(text, max(at, value.start() - MAX_NAME_CHARS), value.start())
        at = value.end()
        if named:
            tries += 1
            found, at = _decoded(text, at)
            yield from found


def _tells(text: str, start: int = 0, end: int | None = None) -> bool:
    """Whether one of the words stands there; what they have in common with their capitals is looked for first."""
    return any(text.find(word[1:], start, end) >= 0 for word in _TELLING[::2]) and any(
        text.find(word, start, end) >= 0 for word in _TELLING
    )


def _unrolled(pushed: list[str]) -> Iterator[Any]:
    """Values of React's flight format: rows of a number, a colon and a value, in pieces that may end anywhere."""
    flight = "".join(pushed)[:MAX_SCRIPT_CHARS]
    if not _tells(flight):
        return
    starts = {row.end() for row in _NEXT_ROW.finditer(flight)}
    starts.update(row.end() for at in accumulate(map(len, pushed), initial=0) if (row := _ROW.match(flight, at)))
    rows = pairwise((*sorted(starts), len(flight)))
    for start, end in islice((row for row in rows if _tells(flight, *row)), MAX_STATES):
        yield from _decoded(flight[start:end], 0)[0]


def _decoded(text: str, at: int) -> tuple[list[Any], int]:
    """The JSON value at a place of a script, also where it is written as a string of JSON; and where it ends."""
    start = _SPACE.match(text, at)
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text, start.end() if start else at)
        if isinstance(value, str) and value[:1] in ("{", "["):
            value = msgspec.json.decode(value.encode("utf-8", "replace"))
    except (ValueError, RecursionError, msgspec.DecodeError):
        return [], at + 1
    return ([value] if isinstance(value, dict | list) else []), end


def _lists(state: Any) -> list[_List]:
    lists: list[_List] = []
    todo: list[tuple[Any, int]] = [(state, 0)]
    steps = 0
    while todo and steps < MAX_STEPS:
        value, depth = todo.pop()
        steps += 1
        if depth > MAX_DEPTH:
            continue
        if isinstance(value, list):
            todo += ((one, depth + 1) for one in reversed(value) if isinstance(one, dict | list))
            continue
        for name, inner in value.items():
            if not isinstance(inner, dict | list) or not inner:
                continue
            kind = _kind_of(str(name)[:60])
            if kind in _OFFERED and (stories := list(islice(_stories(inner, kind, str(name)), MAX_STORIES))):
                lists.append(_List(value, stories))
            else:
                todo.append((inner, depth + 1))
    return lists


@lru_cache(maxsize=4_096)  # a state has the same few names again and again
def _kind_of(name: str) -> LinkKind | None:
    return kind_of_name(_CAMEL.sub("-", name).lower())


def _stories(value: Any, kind: LinkKind, name: str, depth: int = 0) -> Iterator[Named]:
    """Stories in the list that a name stands for."""
    if isinstance(value, list):
        for one in value[:MAX_STORIES]:
            if isinstance(one, dict) or (isinstance(one, list) and depth < STORY_DEPTH):
                yield from _stories(one, kind, name, depth + isinstance(one, list))
    elif isinstance(value, dict):
        title = _title(value)
        address = next((found for key, found in value.items() if _is_address(str(key), found)), None)
        if address and title and count_words(title) >= MIN_TITLE_WORDS:
            yield Named(address, title, kind, f"the state of a script lists it as {name[:60]!r}")
        elif depth < STORY_DEPTH:
            for inner in value.values():
                if isinstance(inner, dict | list):
                    yield from _stories(inner, kind, name, depth + 1)


def _is_address(name: str, value: Any) -> bool:
    return (
        isinstance(value, str)
        and value.startswith(("/", "http"))
        and _ADDRESS.search(name) is not None
        and not _OF_PARTS.search(name)
    )


def _title(thing: dict[str, Any]) -> str | None:
    for key in _TITLES:
        value = thing.get(key)
        if isinstance(value, dict):
            value = next((inner for name in _TITLES if isinstance(inner := value.get(name), str)), None)
        if isinstance(value, str) and (text := clean(re.sub(r"<[^<>]{0,200}>", "", value[:1_000]))):
            return text[:300]
    return None


def _is_at(owner: dict[str, Any], path: str) -> bool:
    return any(isinstance(value, str) and value.partition("?")[0].endswith(path) for value in owner.values())
