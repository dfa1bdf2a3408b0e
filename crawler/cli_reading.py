"""The verbs that read what crawls wrote: they ask nobody, and may run beside a crawl."""

import sys
from pathlib import Path
from typing import Any

import click

from crawler.command import CONFIG, JSON, OUT, pretty, settings_of, told
from crawler.running.terminal import clean

FOLDERS = click.option(
    "--out",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False),
    default=(Path("data"),),
    show_default="data",
    help="Output folder; several are one graph.",
)
FORMATS = ("graphml", "gexf", "csv", "parquet", "jsonl", "dot")
EDGE_KINDS = ("related", "recommended", "promoted", "inline", "feed", "sitemap", "redirect", "canonical")


@click.command()
@OUT
@CONFIG
@JSON
@told
def status(out: Path, config: Path | None, as_json: bool) -> None:
    """Say what an output folder holds, what is queued and what it waits for, and how the last run ended."""
    from time import time

    from crawler.running.opening import open_status_ledger
    from crawler.running.status import read_status, status_text

    settings = settings_of(config, {})
    ledger = open_status_ledger(settings, out)
    try:
        found = read_status(out, ledger, time(), settings.expect.silent_days)
    finally:
        ledger.close()
    click.echo(pretty(found) if as_json else clean(status_text(found)))


@click.command()
@click.argument("url")
@OUT
@JSON
@told
def why(url: str, out: Path, as_json: bool) -> None:
    """Tell the life of an address: who linked it, each visit and what came of it, where its record lies."""
    from crawler.running.why import life_text, read_life

    life = read_life(out, url)
    click.echo(pretty(life) if as_json else clean(life_text(life)))


@click.command()
@OUT
@click.option("--since", type=click.IntRange(min=0), default=0, help="Only lines with a greater `seq`.")
@click.option("--follow", is_flag=True, help="Go on as lines are written, until Ctrl-C.")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Choice(["articles", "links", "aliases", "gone", "visits", "runs"]),
    help="Whose lines; may be repeated.  [default: articles]",
)
@told
def tail(out: Path, since: int, follow: bool, files: tuple[str, ...]) -> None:
    """Print the lines of a corpus in the order of their `seq`, each once and whole, also while a run writes.

    \b
    crawler tail --out corpus --since 1200 --follow --file articles --file links
    """
    from time import sleep

    from crawler.store.lines import follow_lines

    for line in follow_lines(out, files or ("articles",), since, sleep, is_endless=follow):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


@click.command()
@OUT
@click.option("--latest", is_flag=True, help="Only the newest version of each article.")
@click.option("--no-gone", is_flag=True, help="Leave out articles whose page is no longer there.")
@told
def export(out: Path, latest: bool, no_gone: bool) -> None:
    """Print the articles of a corpus, from all its segments, compressed or not, as JSON lines."""
    from crawler.store.lines import all_lines, latest_articles, without_gone

    lines = latest_articles(out) if latest else all_lines(out, "articles")
    for line in without_gone(out, lines) if no_gone else lines:
        sys.stdout.buffer.write(line)


@click.command()
@told
def schema() -> None:
    """Print the JSON Schema of every file's lines: {"articles.jsonl": {...}, ...}."""
    import json

    import msgspec

    from crawler.model.records import FILE_OF

    schemas = {file: msgspec.json.schema(record) for record, file in FILE_OF.items()}
    click.echo(json.dumps(schemas, indent=2))


@click.command()
@FOLDERS
@click.option("--format", "form", type=click.Choice(FORMATS), default="graphml", show_default=True)
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(EDGE_KINDS), help="Edges to take.  [default: a page's]"
)
@click.option("--story", type=int, help="The number of the only story to take.")
@click.option("--since", metavar="DAY", help="Only what was published on that day, YYYY-MM-DD, or later.")
@click.option("-o", "target", type=click.Path(path_type=Path), help="A file; a folder for csv, parquet and jsonl.")
@told
def graph(folders: tuple[Path, ...], form: str, kinds: tuple[str, ...], target: Path | None, **part: Any) -> None:
    """Write the graph of articles and links for Gephi, NetworkX, igraph, pandas and others.

    Without -o it goes to stdout: of csv the edges, of jsonl the stories with their articles in the order of time.
    """
    from crawler.model.links import PAGE_KINDS, LinkKind
    from crawler.report.export import GraphFormat, stream_graph, write_graph
    from crawler.report.view import read_view

    view = read_view(folders, kinds=[LinkKind(kind) for kind in kinds] or PAGE_KINDS, **part)
    if target is None:
        stream_graph(view, GraphFormat(form), sys.stdout.buffer)
    else:
        write_graph(view, GraphFormat(form), target)
    found = view.measures
    click.echo(f"nodes {found.nodes}, edges {found.edges}, stories {len(view.stories)}", err=True)


@click.command()
@FOLDERS
@click.option("--about", metavar="URL", help="The article whose story comes first.")
@click.option(
    "-o", "target", type=click.Path(path_type=Path, dir_okay=False), help="Default: report.html in the folder."
)
@click.option("--open", "opens", is_flag=True, help="Show it in the browser.")
@told
def report(folders: tuple[Path, ...], about: str | None, target: Path | None, opens: bool) -> None:
    """Write one HTML page that shows the stories, their time lines and the graph; it needs no network."""
    import webbrowser

    from crawler.report.page import write_report

    written = write_report(folders, target, about=about)
    counts = f"articles {written.articles}, stories {written.stories}, in the picture {written.shown}"
    click.echo(counts, err=True)
    click.echo(clean(str(written.path)))
    if opens:
        webbrowser.open(written.path.resolve().as_uri())


READING = (status, why, tail, export, schema, graph, report)
