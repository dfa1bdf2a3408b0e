"""The graph as two tables, a row a node and a row an edge: the columns of every format; CSV, JSON lines and Parquet.

CSV holds titles as they are, as programs need them: one that begins with `=` is a formula to a spreadsheet. Only
backslashes before a quote or at the end stand twice, for the sake of Gephi.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from crawler.errors import ConfigError
from crawler.report.graph import Edge, Node
from crawler.report.stories import Story
from crawler.report.view import View

Value = str | int | float | None
Columns = tuple[tuple[str, type], ...]

NODE_COLUMNS: Columns = (
    ("label", str),  # what programs show: the title, else the address
    ("article_id", str),
    ("state", str),
    ("url", str),
    ("title", str),
    ("published", str),
    ("day", str),
    ("site", str),
    ("section", str),
    ("language", str),
    ("gone", str),
    ("depth", int),
    ("story", int),
    ("component", int),
    ("pagerank", float),
    ("in_degree", int),
    ("out_degree", int),
)
EDGE_COLUMNS: Columns = (
    ("kind", str),
    ("rank", int),
    ("heading", str),
    ("first_seen", str),
    ("last_seen", str),
    ("count", int),
)
# Gephi reads CSV with the backslash as an escape (SpreadsheetUtils, `withEscape`): there it takes the quote or the
# comma along, and rows are lost or the import fails. Elsewhere it stays as it is, for those who have no such escape
_ESCAPING = re.compile(r'\\+(?="|\Z)')
ROWS_AT_ONCE = 20_000  # of a Parquet row group; some 10 MB while it is built


class StorySection(msgspec.Struct, frozen=True):
    """How many articles of a story stand in a section, by the paper's own name of it."""

    section: str
    count: int


class StorySite(msgspec.Struct, frozen=True):
    """How many articles of a story are a site's."""

    site: str
    count: int


class StoryArticle(msgspec.Struct, frozen=True, kw_only=True):
    """An article of a story."""

    id: str
    state: str
    url: str | None
    title: str | None
    published: str | None
    day: str | None
    site: str | None


class StoryRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="story/1"):
    """A line of `stories.jsonl`: a story with its articles in the order of time, undated ones last."""

    number: int
    title: str
    first_day: str | None
    last_day: str | None
    sections: tuple[StorySection, ...]
    sites: tuple[StorySite, ...]
    articles: tuple[StoryArticle, ...]


def node_row(node: Node) -> tuple[Value, ...]:
    """The values of `NODE_COLUMNS`."""
    return (
        node.title or node.url or node.id,
        node.id,
        node.state.value,
        node.url,
        node.title,
        node.published,
        node.day,
        node.site,
        node.section,
        node.language,
        node.gone,
        node.depth,
        node.story,
        node.component,
        node.pagerank,
        node.in_degree,
        node.out_degree,
    )


def edge_row(edge: Edge) -> tuple[Value, ...]:
    """The values of `EDGE_COLUMNS`."""
    return edge.kind.value, edge.rank, edge.heading, edge.first_seen, edge.last_seen, edge.count


def story_record(story: Story, nodes: list[Node]) -> StoryRecord:
    """A story as it is written.

    Args:
        nodes: what the places of the story mean.
    """
    articles = tuple(
        StoryArticle(
            id=node.id,
            state=node.state.value,
            url=node.url,
            title=node.title,
            published=node.published,
            day=node.day,
            site=node.site,
        )
        for node in (nodes[place] for place in story.nodes)
    )
    return StoryRecord(
        number=story.number,
        title=story.title,
        first_day=story.first_day,
        last_day=story.last_day,
        sections=tuple(StorySection(section, count) for section, count in story.sections),
        sites=tuple(StorySite(site, count) for site, count in story.sites),
        articles=articles,
    )


def csv_nodes(view: View) -> Iterator[str]:
    """Lines of a node list that Gephi and pandas read as it is."""
    return _csv(("Id", "Label", *(name for name, _ in NODE_COLUMNS[1:])), _node_rows(view))


def csv_edges(view: View) -> Iterator[str]:
    """Lines of an edge list that Gephi, whose own word `Type` is, and pandas read as it is."""
    rows = ((source, target, "Directed", *rest) for source, target, *rest in _edge_rows(view))
    return _csv(("Source", "Target", "Type", *(name for name, _ in EDGE_COLUMNS)), rows)


def json_nodes(view: View) -> Iterator[str]:
    """A JSON object a node."""
    return _json(("id", *(name for name, _ in NODE_COLUMNS)), _node_rows(view))


def json_edges(view: View) -> Iterator[str]:
    """A JSON object an edge."""
    return _json(("source", "target", *(name for name, _ in EDGE_COLUMNS)), _edge_rows(view))


def json_stories(view: View) -> Iterator[str]:
    """A line a story, the largest first."""
    for story in view.stories:
        yield msgspec.json.encode(story_record(story, view.nodes)).decode() + "\n"


def parquet_nodes(view: View, path: Path) -> None:
    """Write the nodes, a bounded number of rows at a time.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    _parquet(path, (("id", str), *NODE_COLUMNS), _node_rows(view))


def parquet_edges(view: View, path: Path) -> None:
    """Write the edges, a bounded number of rows at a time.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    _parquet(path, (("source", str), ("target", str), *EDGE_COLUMNS), _edge_rows(view))


def _node_rows(view: View) -> Iterator[tuple[Value, ...]]:
    return ((f"n{i}", *node_row(node)) for i, node in enumerate(view.graph.nodes))


def _edge_rows(view: View) -> Iterator[tuple[Value, ...]]:
    return ((f"n{edge.source}", f"n{edge.target}", *edge_row(edge)) for edge in view.graph.edges)


def _parquet(path: Path, columns: Columns, rows: Iterator[tuple[Value, ...]]) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ConfigError("--format parquet needs pyarrow; `pip install pyarrow`, or take csv") from error
    types: dict[type, Any] = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    schema = pyarrow.schema([(name, types[of]) for name, of in columns])
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        while group := list(islice(rows, ROWS_AT_ONCE)):
            writer.write_table(pyarrow.table([list(column) for column in zip(*group, strict=True)], schema=schema))


def _csv(header: Iterable[str], rows: Iterable[tuple[Value, ...]]) -> Iterator[str]:
    line = StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        yield line.getvalue()
        line.seek(0)
        line.truncate()
        writer.writerow([_csv_value(value) for value in row])
    yield line.getvalue()


def _csv_value(value: Value) -> Value:
    return _ESCAPING.sub(r"\g<0>\g<0>", value) if isinstance(value, str) and "\\" in value else value


def _json(names: Iterable[str], rows: Iterable[tuple[Value, ...]]) -> Iterator[str]:
    keys = tuple(names)
    encode = msgspec.json.Encoder().encode
    for row in rows:
        yield encode(dict(zip(keys, row, strict=True))).decode() + "\n"
