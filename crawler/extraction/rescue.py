"""The text of a page by trafilatura, where our own reading is clearly wrong: only where the extra `[rescue]` is."""

import importlib
from functools import cache
from typing import Any

from crawler.extraction.wording import clean

MAX_PAGE_CHARS = 2_000_000  # trafilatura takes 44 ms for a page of 200 KB, and grows with it


def rescued_text(html: str) -> str | None:
    """The text that trafilatura reads, paragraphs apart by a blank line; `None` without the extra, or without a text.

    Args:
        html: the page, decoded and free of danger.
    """
    reader = _trafilatura()
    if reader is None or len(html) > MAX_PAGE_CHARS:
        return None
    text = reader.extract(html, include_comments=False, include_tables=False, deduplicate=True) or ""
    return "\n\n".join(line for part in text.split("\n") if (line := clean(part))) or None


@cache
def _trafilatura() -> Any | None:
    """Imported at the first page that needs it: 0.5 s."""
    try:
        return importlib.import_module("trafilatura")
    except ImportError:
        return None
