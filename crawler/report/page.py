"""One HTML page that shows the stories of a crawl: it needs no network, no server and no other file.

Titles, teasers and addresses are hostile text. They travel as JSON in a block that is no script, with every `<`
escaped, and the viewer puts them into text nodes only; the policy of the page lets nothing else run or load.
"""

import base64
import hashlib
import html
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crawler.model.links import PAGE_KINDS, LinkKind
from crawler.report.export import replaced
from crawler.report.graph import KINDS, Graph, Node, NodeState, Texts, identity_of
from crawler.report.layout import lay_out
from crawler.report.reading import RunRow, VisitRow, read_rows
from crawler.report.stories import Story
from crawler.report.view import View, read_view

MOST_NODES, MOST_EDGES = 20_000, 60_000  # what a laptop draws within 3 s; the rest is in the exported graph
MAX_SUMMARY_CHARS = 280
MAX_BARS = 10
STATES = tuple(NodeState)


class Report(NamedTuple):
    """A written report."""

    path: Path
    articles: int  # in the folders
    stories: int
    shown: int  # nodes in the picture


def write_report(
    folders: Sequence[Path], path: Path | None = None, *, about: str | None = None, seed: int = 0
) -> Report:
    """Write the report of one or several output folders; also while a crawl writes to them.

    Args:
        folders: where crawls wrote.
        path: of the HTML file; `None` for `report.html` in the first folder.
        about: the address whose story comes first; `None` for the first seed's, else the largest.
        seed: of the search for stories and of the layout; the same files and seed give the same page.

    Raises:
        ConfigError: a folder holds no crawl.
        StoreError: a file is damaged, or the page cannot be written.
    """
    path = path or folders[0] / "report.html"
    view = read_view(folders, seed=seed)
    first = _first_story(view, about)
    shown = fitting(view, first)
    page = render_page(_page_data(view, shown, first, folders, lay_out(shown, seed)))
    with replaced(path) as part:
        part.write_bytes(page)
    articles = sum(node.state is NodeState.ARTICLE for node in view.nodes)
    return Report(path, articles, len(view.stories), len(shown.nodes))


def render_page(content: dict[str, Any]) -> bytes:
    """The page around its content.

    The policy names the one script and the one style by their digests (CSP Level 3, 2.3.1); all else is refused.
    """
    viewer = files(__package__).joinpath("viewer")
    template, style, script = (
        viewer.joinpath(name).read_text("utf-8") for name in ("page.html", "page.css", "viewer.js")
    )
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    title = f"{content['headline']} – related stories" if content["headline"] else "Related stories"
    before, _, rest = template.partition("{{content}}")
    for name, text in (("policy", policy), ("title", html.escape(title)), ("style", style)):
        before = before.replace(f"{{{{{name}}}}}", text, 1)
    return b"".join((before.encode(), json_block(content), rest.replace("{{script}}", script, 1).encode()))


def json_block(content: object) -> bytes:
    """JSON that cannot end the element it stands in (HTML, 4.12.1.3), nor open a comment in it."""
    encoded = msgspec.json.encode(content)
    for character, escape in ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026")):
        encoded = encoded.replace(character, escape)
    for separator, escape in (("\u2028", b"\\u2028"), ("\u2029", b"\\u2029")):
        encoded = encoded.replace(separator.encode(), escape)
    return encoded


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _first_story(view: View, about: str | None) -> Story | None:
    """The story of the address asked for, else the largest that a seed belongs to, else the largest."""
    asked = identity_of(about) if about else None
    of_asked = [node.story for node in view.nodes if node.id == asked and node.story]
    of_seeds = [n.story for n in view.nodes if n.story and n.found_via and n.found_via.kind is LinkKind.SEED]
    number = min(of_asked or of_seeds or [1])  # numbers go by size
    return next((story for story in view.stories if story.number == number), None)


def fitting(view: View, first: Story | None, *, most_nodes: int = MOST_NODES, most_edges: int = MOST_EDGES) -> Graph:
    """The part that fits the picture: the first story, then the largest ones, then the most central of the rest."""
    graph = view.graph
    if len(graph.nodes) > most_nodes:
        front = first.number if first else None

        def importance(node: Node) -> tuple[bool, int, float]:
            return node.story != front, node.story or len(view.nodes), -node.pagerank

        kept = set(map(id, sorted(graph.nodes, key=importance)[:most_nodes]))
        graph = graph.select(lambda node: id(node) in kept, PAGE_KINDS)
    return graph.strongest(most_edges)


def _page_data(
    view: View, shown: Graph, first: Story | None, folders: Sequence[Path], points: Sequence[tuple[float, float]]
) -> dict[str, Any]:
    """What the viewer reads: columns, since names repeated for each of 20,000 nodes would be half of the page."""
    nodes = shown.nodes
    place_of = {id(node): place for place, node in enumerate(nodes)}
    by_id = {node.id: place for place, node in enumerate(nodes)}
    sites, sections = Texts(), Texts()
    headings = Texts()
    edges = [(e.source, e.target, KINDS.index(e.kind), e.rank, headings.place(e.heading)) for e in shown.edges]
    stories = [
        {
            "number": story.number,
            "title": story.title,
            "sections": story.sections,
            "nodes": [place_of[id(node)] for p in story.nodes if id(node := view.nodes[p]) in place_of],
        }
        for story in view.stories
    ]
    return {
        "headline": first.title if first else None,
        "first": first.number if first else None,
        "folders": [folder.resolve().name for folder in folders],
        "totals": [len(view.graph.nodes), len(view.graph.edges)],
        "kinds": [kind.value for kind in KINDS],
        "states": [state.value for state in STATES],
        "nodes": {
            "title": [node.title for node in nodes],
            "url": [node.url for node in nodes],
            "day": [node.day for node in nodes],
            "published": [node.published if node.published != node.day else None for node in nodes],
            "site": [sites.place(node.site) for node in nodes],
            "section": [sections.place(node.section) for node in nodes],
            "summary": [_cut(node.summary) for node in nodes],
            "gone": {place: node.gone[: len("YYYY-MM-DD")] for place, node in enumerate(nodes) if node.gone},
            "state": [STATES.index(node.state) for node in nodes],
            "story": [node.story or 0 for node in nodes],
            "rank": [round(node.pagerank * len(view.graph.nodes), 3) for node in nodes],
            "via": [by_id.get(node.via_id or "", -1) for node in nodes],
            "via_url": [_foreign_via(node, by_id) for node in nodes],
            "via_kind": [KINDS.index(node.found_via.kind) if node.found_via else -1 for node in nodes],
            "x": [round(x, 1) for x, _ in points],
            "y": [round(y, 1) for _, y in points],
        },
        "edges": [list(column) for column in zip(*edges, strict=True)] or [[], [], [], [], []],
        "sites": sites.all,
        "sections": sections.all,
        "headings": headings.all,
        "stories": [story for story in stories if story["nodes"]],
        "charts": _charts(view, folders),
        "as_of": max((node.fetched_at for node in view.nodes), default=""),
    }


def _charts(view: View, folders: Sequence[Path]) -> dict[str, Any]:
    """The numbers of the crawl."""
    articles = [node for node in view.nodes if node.state is NodeState.ARTICLE]
    kinds = Counter(KINDS[kind].value for kind in view.graph.edges.kinds)
    outcomes = Counter(row.outcome for folder in folders for row in read_rows(folder, "visits.jsonl", VisitRow))
    runs = [row for folder in folders for row in read_rows(folder, "runs.jsonl", RunRow)]
    return {
        "days": sorted(Counter(node.day for node in articles if node.day).items()),
        "sites": _bars(node.site for node in articles if node.site),
        "kinds": kinds.most_common(),
        "outcomes": outcomes.most_common(),
        "requests": sum(host.requests for run in runs for host in run.hosts),
        "runs": len(runs),
    }


def _bars(names: Iterable[str]) -> list[tuple[str, int]]:
    counted = Counter(names).most_common()
    rest = sum(count for _, count in counted[MAX_BARS:])
    return [*counted[:MAX_BARS], *([(f"{len(counted) - MAX_BARS} others", rest)] if rest else [])]


def _foreign_via(node: Node, by_id: dict[str, int]) -> str | None:
    via = node.found_via
    return via.url if via is not None and node.via_id not in by_id else None


def _cut(summary: str | None) -> str | None:
    if summary is None or len(summary) <= MAX_SUMMARY_CHARS:
        return summary
    return f"{summary[: MAX_SUMMARY_CHARS - 1].rstrip()}…"
