"""What a server says in headers about the use of its page: indexing, following, archiving, and its rights."""

import re
from collections.abc import Iterable

import msgspec

from crawler.politeness.robots import PRODUCT_TOKEN

_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")  # directives with a colon


class HeaderDirectives(msgspec.Struct, frozen=True, kw_only=True):
    """What `X-Robots-Tag` and reservations say to us."""

    noindex: bool = False
    nofollow: bool = False
    noarchive: bool = False
    rights: str | None = None  # the reservation, as the server wrote it


def read_directives(headers: Iterable[tuple[str, str]]) -> HeaderDirectives:
    """The directives of an answer's headers that mean everyone, or us.

    Args:
        headers: names in lower case.

    Source: Google's robots meta tag documentation (read 2026-11) for `X-Robots-Tag`; W3C TDM Reservation Protocol
    (CG report 2024-02), 4.2, for `tdm-reservation`; draft-ietf-aipref-attach for `Content-Usage`; contentsignals.org
    (2025-09) for `Content-Signal`.
    """
    words: set[str] = set()
    rights: str | None = None
    for name, value in headers:
        if name == "x-robots-tag":
            words |= _robots_words(value)
        elif name == "tdm-reservation" and value.strip() == "1":
            rights = rights or "header tdm-reservation: 1"
        elif name in ("content-usage", "content-signal") and reserves_use(value):
            rights = rights or f"header {name}: {value.strip()[:100]}"
    noai = sorted(words & {"noai", "notrain"})
    return HeaderDirectives(
        noindex=bool(words & {"noindex", "none"}),
        nofollow=bool(words & {"nofollow", "none"}),
        noarchive="noarchive" in words,
        rights=rights or (f"header x-robots-tag: {noai[0]}" if noai else None),
    )


def reserves_use(value: str) -> bool:
    """Whether a usage preference denies training or mining: `train-ai=n`, `ai-train=no`, `tdm=n`."""
    return re.search(r"(?:^|[\s,;])(?:train-ai|ai-train|tdm|train)\s*=\s*(?:n|no)\b", value.lower()) is not None


def _robots_words(value: str) -> set[str]:
    """The directives of one header that mean everyone, or us: a bot's name with a colon stands before its own."""
    words: set[str] = set()
    is_ours = True
    for part in value.lower().split(","):
        name, colon, rest = part.strip().partition(":")
        if colon and name.strip() not in _VALUED:
            is_ours = name.strip() == PRODUCT_TOKEN
            part = rest
        if is_ours:
            words.add(part.strip())
    return words
