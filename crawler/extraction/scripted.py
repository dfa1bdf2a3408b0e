"""The text of a page that scripts would build, out of the markup that their state carries as a string.

A state has no schema, but its article is markup: the longest string with paragraphs in it. Where two are about as long,
the page carries several articles, and none is taken for its own.
"""

import json
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

MAX_SCRIPT_CHARS = 2_000_000
MAX_LEVELS = 2  # of strings in strings: React's flight format writes JSON as strings of JSON
MIN_MARKUP_CHARS = 400
CLEARLY_LONGER = 2  # times the second longest

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.S)  # closed or not, so that no letter is read twice
_PARAGRAPHS = re.compile(r"<(?:p|br)[\s/>]", re.I)
_WRITTEN = re.compile(r"(?:<|\\u003c|\\x3c|&lt;)p(?=[\s>\\&])", re.I)  # a paragraph, however often it was escaped


def find_scripted(parser: LexborHTMLParser) -> str | None:
    """The markup of the page's article; `None` where its scripts carry none, or several."""
    found: dict[str, int] = {}
    for script in parser.css("script:not([src])"):
        text = script.text()[:MAX_SCRIPT_CHARS]
        if _WRITTEN.search(text):
            found |= {markup: len(markup) for markup in _markups(text, 0)}
    first, second = (*sorted(found.values(), reverse=True), 0, 0)[:2]
    return max(found, key=lambda markup: found[markup]) if first > CLEARLY_LONGER * second else None


def _markups(text: str, level: int) -> Iterator[str]:
    for written in _STRING.findall(text):
        try:
            value = json.loads(written, strict=False) if len(written) > MIN_MARKUP_CHARS else ""
        except ValueError:
            continue
        if _WRITTEN.search(value):
            inner = list(_markups(value, level + 1)) if level < MAX_LEVELS else []
            yield from inner or ([value] if _PARAGRAPHS.search(value) else [])
