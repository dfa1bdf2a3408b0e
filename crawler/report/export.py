"""Where an exported graph goes: one file, a folder of tables, or a stream. Files are there whole or not at all."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from crawler.errors import ConfigError, StoreError
from crawler.report.markup import dot, gexf, graphml
from crawler.report.tables import (
    csv_edges,
    csv_nodes,
    json_edges,
    json_nodes,
    json_stories,
    parquet_edges,
    parquet_nodes,
)
from crawler.report.view import View

BUFFER_BYTES = 1 << 20  # writes of a line each would cost a third of the time


class GraphFormat(StrEnum):
    """How a graph is written."""

    GRAPHML = "graphml"
    GEXF = "gexf"
    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"
    DOT = "dot"


Pieces = Callable[[View], Iterator[str]]

_ONE_FILE: dict[GraphFormat, Pieces] = {GraphFormat.GRAPHML: graphml, GraphFormat.GEXF: gexf, GraphFormat.DOT: dot}
_TABLES: dict[GraphFormat, dict[str, Pieces]] = {
    GraphFormat.CSV: {"nodes.csv": csv_nodes, "edges.csv": csv_edges},
    GraphFormat.JSONL: {"nodes.jsonl": json_nodes, "edges.jsonl": json_edges, "stories.jsonl": json_stories},
}
_PARQUET = {"nodes.parquet": parquet_nodes, "edges.parquet": parquet_edges}
_STREAM: dict[GraphFormat, Pieces] = {**_ONE_FILE, GraphFormat.CSV: csv_edges, GraphFormat.JSONL: json_stories}


def write_graph(view: View, form: GraphFormat, path: Path) -> tuple[Path, ...]:
    """Write a graph to a file; as CSV, JSON lines or Parquet, which are several tables, into a folder.

    Returns:
        The files written.

    Raises:
        ConfigError: a folder is wanted and a file named, or Parquet without pyarrow.
        StoreError: it cannot be written.
    """
    if form in _ONE_FILE:
        with replaced(path) as part, part.open("wb", BUFFER_BYTES) as file:
            _write(_ONE_FILE[form](view), file)
        return (path,)
    if path.suffix in (f".{form}", ".tsv") or path.is_file():
        raise ConfigError(f"-o {path}: {form} is several files; name a folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; name a folder that can be made") from error
    if form is GraphFormat.PARQUET:
        for name, write in _PARQUET.items():
            with replaced(path / name) as part:
                write(view, part)
        return tuple(path / name for name in _PARQUET)
    for name, pieces in _TABLES[form].items():
        with replaced(path / name) as part, part.open("wb", BUFFER_BYTES) as file:
            _write(pieces(view), file)
    return tuple(path / name for name in _TABLES[form])


def stream_graph(view: View, form: GraphFormat, stream: BinaryIO) -> None:
    """Write a graph to a stream; of CSV the edges, of JSON lines the stories.

    Raises:
        ConfigError: Parquet is no stream.
    """
    if form not in _STREAM:
        raise ConfigError(f"--format {form} is several files; name a folder with -o")
    _write(_STREAM[form](view), stream)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path to write to that takes the place of `path` once all is written.

    Raises:
        StoreError: it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; name a place that can be written to") from error
    finally:
        with suppress(OSError):  # where it could not be made it cannot be removed
            part.unlink(missing_ok=True)


def _write(pieces: Iterable[str], stream: BinaryIO) -> None:
    for piece in pieces:
        stream.write(piece.encode())
