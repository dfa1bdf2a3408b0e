"""Preferences about the use of a text, as robots.txt and headers word them."""

import re

_DENIED = re.compile(r"(?:^|[\s,;])(?:train-ai|ai-train|tdm|train)\s*=\s*(?:n|no)\b")


def reserves_use(value: str) -> bool:
    """Whether a preference denies training or mining: `train-ai=n`, `ai-train=no`, `tdm=n`."""
    return _DENIED.search(value.lower()) is not None
