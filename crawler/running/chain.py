"""The first chain of related stories of a corpus, as a small tree for a terminal."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from crawler.model.links import LinkKind
from crawler.model.urls import host_of

_Row = TypeVar("_Row")

MOST_DEEP, MOST_WIDE = 4, 3  # what fits a screen


class _Article(msgspec.Struct):
    id: str
    title: str | None
    published_on: str | None
    url: str


class _Edge(msgspec.Struct):
    source_id: str | None
    target_id: str
    kind: LinkKind


class _Alias(msgspec.Struct):
    id: str
    same_as: str


def first_chain(folder: Path) -> str:
    """The first article whose related stories lead on, and where they lead; "" where none does."""
    articles = {article.id: article for article in _lines(folder / "articles.jsonl", _Article)}
    same_as = {alias.id: alias.same_as for alias in _lines(folder / "aliases.jsonl", _Alias)}
    related: dict[str, dict[str, None]] = {}
    for edge in _lines(folder / "links.jsonl", _Edge):
        target = same_as.get(edge.target_id, edge.target_id)
        if edge.kind is LinkKind.RELATED and edge.source_id is not None and target in articles:
            related.setdefault(edge.source_id, {})[target] = None
    root = next((a for a in articles if any(b in related for b in related.get(a, ()))), None)
    if root is None:
        return ""
    return "\n".join([_label(articles[root]), *_branches(root, articles, related, {root}, "", MOST_DEEP)])


def _branches(
    source: str,
    articles: dict[str, _Article],
    related: dict[str, dict[str, None]],
    shown: set[str],
    indent: str,
    depth: int,
) -> Iterator[str]:
    targets = [target for target in related.get(source, ()) if target not in shown][:MOST_WIDE] if depth else []
    shown.update(targets)
    for target in targets:
        is_last = target == targets[-1]
        yield f"{indent}{'└─' if is_last else '├─'} {_label(articles[target])}"
        yield from _branches(target, articles, related, shown, indent + ("   " if is_last else "│  "), depth - 1)


def _label(article: _Article) -> str:
    place = article.url if article.url.startswith("urn:") else host_of(article.url)
    return f"{article.title or article.url} ({article.published_on or 'no date'}, {place})"


def _lines(path: Path, row: type[_Row]) -> Iterator[_Row]:
    decoder = msgspec.json.Decoder(row)
    with path.open("rb") as file:
        for line in file:
            yield decoder.decode(line)
