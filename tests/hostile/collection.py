"""The shared collection of hostile inputs, where it is at hand. None of it is kept here: it is other people's text."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "conformance" / "hostile"

needs_collection = pytest.mark.skipif(not FOLDER.is_dir(), reason="the collection is not here")


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of one of its files."""
    lines = (FOLDER / f"{name}.jsonl").read_bytes().split(b"\n")  # text would be split at U+2028, too
    return [json.loads(line) for line in lines if line]


def html_of(case: dict[str, Any]) -> bytes:
    """The page of a case of `html`; `{i}` in its repeated part counts."""
    if "html" in case:
        return str(case["html"]).encode()
    unit, times = case["unit"], case["times"]
    counted = "".join(unit.replace("{i}", str(i)) for i in range(times)) if "{i}" in unit else unit * times
    return f"{case['prefix']}{counted}{case['suffix']}".encode()


def feed_of(case: dict[str, Any]) -> bytes:
    """The feed of a case of `feeds`."""
    repeated = str(case["unit"]) * int(case["times"])
    wrap = str(case["wrap"]).replace("{unit*times}", "{unit}")
    return wrap.format(doctype=case["doctype"], before=case["before"], unit=repeated, after=case["after"]).encode()


def script_of(case: dict[str, Any]) -> str:
    """The script of a case of `jsonld`."""
    if "repeat" in case:
        unit, times = case["repeat"]
        return str(unit) * int(times)
    return str(case["script"])


def json_of(case: dict[str, Any]) -> bytes:
    """The text of a case of `jsontestsuite`."""
    return base64.b64decode(case["data_b64"])
