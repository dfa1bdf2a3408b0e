"""The lines of output folders as small rows, one at a time, also while a run still writes.

Only the fields a graph needs are decoded: 100,000 articles and 500,000 links take 8 s, texts and all.
"""

import re
import sys
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import TypeVar

import msgspec

from crawler.errors import ConfigError, StoreError
from crawler.model.links import LinkBlock, LinkKind
from crawler.model.records import FoundVia, HostReport

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class ArticleRow(msgspec.Struct, kw_only=True, tag_field="schema", tag="article/1"):
    """What a graph needs of a line of `articles.jsonl`."""

    id: str
    url: str
    title: str | None
    published_at: str | None
    published_on: str | None
    section: str | None
    language: str | None
    summary: str | None
    fetched_at: str
    depth: int
    found_via: FoundVia


class LinkRow(msgspec.Struct, kw_only=True, tag_field="schema", tag="link/1"):
    """What a graph needs of a line of `links.jsonl`."""

    source: str | None
    source_id: str | None
    target: str | None
    target_id: str
    kind: LinkKind
    rank: int
    heading: str | None
    title: str | None
    published_at: str | None
    teaser: str | None
    also: tuple[LinkBlock, ...]
    seen_at: str


class AliasRow(msgspec.Struct, kw_only=True, tag_field="schema", tag="alias/1"):
    """What a graph needs of a line of `aliases.jsonl`."""

    id: str
    same_as: str
    seq: int


class GoneRow(msgspec.Struct, kw_only=True, tag_field="schema", tag="gone/1"):
    """What a graph needs of a line of `gone.jsonl`."""

    id: str
    gone: bool
    missing_since: str


class RunRow(msgspec.Struct, kw_only=True, tag_field="schema", tag="run/1"):
    """What a report needs of a line of `runs.jsonl`."""

    run_id: str
    started_at: str
    ended_at: str
    hosts: tuple[HostReport, ...]


class VisitRow(msgspec.Struct, kw_only=True, tag_field="schema", tag="visit/1"):
    """What a report needs of a line of `visits.jsonl`."""

    outcome: str


_Row = TypeVar("_Row", bound=msgspec.Struct)


def check_folder(folder: Path) -> None:
    """Refuse a folder that no crawl has written to.

    Raises:
        ConfigError: it holds no file of articles or links.
    """
    if not any(segments(folder, name) for name in ("articles.jsonl", "links.jsonl")):
        raise ConfigError(f"{folder}: holds no articles.jsonl; name the --out folder of a crawl")


def segments(folder: Path, name: str) -> list[Path]:
    """The files that hold the lines of `name`: `links.jsonl`, `links-00001.jsonl`, `links-00002.jsonl.zst`, ...

    Where somebody packed a segment and kept it, the plain one counts.
    """
    stem = re.escape(name.removesuffix(".jsonl"))
    pattern = re.compile(rf"{stem}(-\d+)?\.jsonl(\.zst)?")
    try:
        found = {path.name: path for path in folder.iterdir() if pattern.fullmatch(path.name)}
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [path for file, path in sorted(found.items()) if file.removesuffix(".zst") == file or file[:-4] not in found]


def read_rows(folder: Path, name: str, row: type[_Row]) -> Iterator[_Row]:
    """The rows of one kind in a folder; none where there is no such file.

    Args:
        name: of the file, `articles.jsonl`; its segments are read in the order of their names.
        row: a struct tagged with the schema, holding the fields that are wanted.

    Raises:
        StoreError: a whole line is no record of that schema, or a file cannot be read; names file and line.
    """
    decoder = msgspec.json.Decoder(row)
    for path in segments(folder, name):
        number = 0
        try:
            with _open(path) as file:
                for line in file:
                    number += 1
                    if line.endswith(b"\n"):  # else it is the last, and a run writes it right now
                        yield decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise StoreError(f"{path}: line {number} is no {row.__struct_config__.tag} record: {error}") from error
        except EOFError:
            continue  # a frame that a run writes right now, or that a power loss cut and the next run completes
        except (OSError, zstd.ZstdError) as error:
            raise StoreError(f"{path}: cannot be read after line {number}: {error}") from error


def _open(path: Path) -> BufferedIOBase:
    return zstd.open(path, "rb") if path.suffix == ".zst" else path.open("rb")
