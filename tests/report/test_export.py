"""Graphs as files: valid by their schemas, and the same graph again in the programs that read them."""

import csv
import json
import re
from io import BytesIO, StringIO
from pathlib import Path

import igraph
import msgspec
import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from report.corpora import article, link, write

from crawler.errors import ConfigError, StoreError
from crawler.model.links import LinkKind
from crawler.report.export import GraphFormat, stream_graph, write_graph
from crawler.report.measures import Measures
from crawler.report.view import View, load_graph, read_view

SCHEMAS = Path(__file__).parents[2].parent / "shared" / "conformance" / "graph"
A, B, C = "https://a.example/1", "https://b.example/?q='2'&\"x\"=<3>", "https://c.example/3"
ODD = 'A "title" \\ with <script>alert(1)</script> & \x00\x1b\ud7ff\uffff\x85 𝔸 =1+1, اردو'


@pytest.fixture
def view(tmp_path: Path) -> View:
    """Odd titles, addresses with quotes, two kinds between the same ends, and an end that was never crawled."""
    folder = write(
        tmp_path / "corpus",
        article(A, ODD, "2026-11-01", summary="Summary", section="World"),
        article(C, None),
        link(A, B, heading=ODD, title="Two", published_at="2026-11-03"),
        link(A, B, LinkKind.INLINE, heading=None),
        link(C, A, title="First"),
    )
    return read_view([folder])


def streamed(view: View, form: GraphFormat) -> bytes:
    stream = BytesIO()
    stream_graph(view, form, stream)
    return stream.getvalue()


@pytest.mark.skipif(not SCHEMAS.exists(), reason="the schemas lie beside the repository")
@pytest.mark.parametrize(
    ("form", "schema"), [(GraphFormat.GRAPHML, "graphml.xsd"), (GraphFormat.GEXF, "gexf-1.3/gexf.xsd")]
)
def test_xml_is_valid_by_the_schema_of_its_format(view: View, form: GraphFormat, schema: str) -> None:
    checked = etree.XMLSchema(etree.parse(SCHEMAS / schema))

    assert checked.validate(etree.fromstring(streamed(view, form))), checked.error_log


@given(title=st.text(max_size=40), url=st.text(max_size=40))
@settings(max_examples=30)
def test_no_text_breaks_the_xml_or_the_json(tmp_path_factory: pytest.TempPathFactory, title: str, url: str) -> None:
    odd = msgspec.structs.replace(link(A, C, heading=title, title=title), target=url)
    odd_view = read_view([write(tmp_path_factory.mktemp("odd"), article(A, title), odd)])

    trees = [etree.fromstring(streamed(odd_view, form)) for form in (GraphFormat.GRAPHML, GraphFormat.GEXF)]

    assert [tree.tag.rpartition("}")[2] for tree in trees] == ["graphml", "gexf"]
    assert [json.loads(line)["schema"] for line in streamed(odd_view, GraphFormat.JSONL).splitlines()] == ["story/1"]


def test_graphml_comes_back_in_igraph_with_its_types(view: View, tmp_path: Path) -> None:
    write_graph(view, GraphFormat.GRAPHML, tmp_path / "g.graphml")

    read = igraph.Graph.Read_GraphML(str(tmp_path / "g.graphml"))

    assert (read.vcount(), read.get_edgelist(), read.is_directed()) == (3, [(0, 2), (0, 2), (1, 0)], True)
    assert (read.vs["url"], read.vs["in_degree"]) == ([A, C, B], [1, 0, 1])
    assert read.es["kind"] == ["related", "inline", "related"]


@pytest.mark.parametrize(
    ("form", "read"),
    [(GraphFormat.GRAPHML, networkx.read_graphml), (GraphFormat.GEXF, networkx.read_gexf)],
    ids=["graphml", "gexf"],
)
def test_xml_comes_back_in_networkx(view: View, tmp_path: Path, form: GraphFormat, read: type) -> None:
    write_graph(view, form, tmp_path / "g")

    found = read(tmp_path / "g")

    assert (found.number_of_nodes(), found.number_of_edges()) == (3, 3)
    assert found.nodes["n0"] == {
        **{"article_id": view.nodes[0].id, "state": "article", "url": A, "site": "a.example", "section": "World"},
        **{"published": "2026-11-01", "day": "2026-11-01", "depth": 0, "story": 1, "component": 0},
        **{"pagerank": view.nodes[0].pagerank, "in_degree": 1, "out_degree": 1},
        **dict.fromkeys(("label", "title"), view.nodes[0].title.translate({0: "�", 27: "�", 0xFFFF: "�"})),  # type: ignore[union-attr]
    }


def test_gexf_tells_the_kind_of_an_edge_where_gephi_reads_it(view: View) -> None:
    """`ImporterGEXF.readEdge` takes `kind` for the edge's type; edges of the same ends and type are merged."""
    edges = etree.fromstring(streamed(view, GraphFormat.GEXF)).iter("{*}edge")

    assert [(edge.get("source"), edge.get("target"), edge.get("kind")) for edge in edges] == [
        ("n0", "n2", "related"),
        ("n0", "n2", "inline"),
        ("n1", "n0", "related"),
    ]


def test_csv_is_a_node_list_and_an_edge_list(view: View, tmp_path: Path) -> None:
    files = write_graph(view, GraphFormat.CSV, tmp_path / "tables")

    nodes, edges = (list(csv.DictReader(StringIO(path.read_bytes().decode(), newline=""))) for path in files)

    assert [(row["Id"], row["Label"], row["url"]) for row in nodes] == [
        ("n0", view.nodes[0].title, A),
        ("n1", C, C),
        ("n2", "Two", B),
    ]
    assert [(row["Source"], row["Target"], row["Type"], row["kind"]) for row in edges] == [
        ("n0", "n2", "Directed", "related"),
        ("n0", "n2", "Directed", "inline"),
        ("n1", "n0", "Directed", "related"),
    ]


@given(title=st.text(st.sampled_from('\\\\",a '), max_size=12), heading=st.text(max_size=20))
@settings(max_examples=60)
def test_csv_keeps_its_rows_to_a_reader_whose_escape_is_the_backslash(
    tmp_path_factory: pytest.TempPathFactory, title: str, heading: str
) -> None:
    """Gephi's is one (`SpreadsheetUtils.configureCSVParser`, `withEscape`); rows go on behind a title."""
    odd = read_view([write(tmp_path_factory.mktemp("odd"), article(A, title), link(A, C, heading=heading))])
    nodes, edges = write_graph(odd, GraphFormat.CSV, tmp_path_factory.mktemp("tables"))

    def read(path: Path, escape: str | None) -> list[list[str]]:
        return list(csv.reader(StringIO(path.read_bytes().decode(), newline=""), escapechar=escape, strict=True))

    for path, ends in ((nodes, ("n0", "n1")), (edges, ("n0",))):
        for escape in (None, "\\"):
            header, *rows = read(path, escape)
            assert [row[0] for row in rows] == list(ends)
            assert {len(row) for row in rows} == {len(header)}
    shown = odd.nodes[0].title or ""
    assert read(nodes, None)[1][5].rstrip("\\") == re.sub(r'\\+(?=")', r"\g<0>\g<0>", shown).rstrip("\\")


def test_csv_doubles_only_backslashes_that_would_take_a_quote_or_a_comma(tmp_path: Path) -> None:
    odd = read_view([write(tmp_path / "corpus", article(A, r"AC\DC \"live\" at C:\new\ " + "\\"))])

    nodes, _ = write_graph(odd, GraphFormat.CSV, tmp_path / "tables")

    assert nodes.read_text().splitlines()[1].startswith(r'n0,"AC\DC \\""live\\"" at C:\new\ \\",')


def test_graphml_parts_no_text_at_a_reference_that_is_not_needed(tmp_path: Path) -> None:
    """Gephi (`ImporterGraphML`, `isWhiteSpace`) drops pieces of white space, and a parser parts texts at references."""
    odd = read_view([write(tmp_path / "corpus", article(A, '"A" "B" & <C>'))])

    assert b'>"A" "B" &amp; &lt;C&gt;</data>' in streamed(odd, GraphFormat.GRAPHML)


def test_json_lines_are_nodes_edges_and_stories_in_the_order_of_time(view: View, tmp_path: Path) -> None:
    files = write_graph(view, GraphFormat.JSONL, tmp_path / "lines")

    nodes, edges, stories = ([json.loads(line) for line in path.read_bytes().splitlines()] for path in files)

    assert [node["url"] for node in nodes] == [A, C, B]
    assert edges[1] == {
        **{"source": "n0", "target": "n2", "kind": "inline", "rank": 0, "heading": None, "count": 1},
        **dict.fromkeys(("first_seen", "last_seen"), "2026-11-24T07:00:00Z"),
    }
    assert [(s["number"], s["first_day"], s["last_day"], [a["url"] for a in s["articles"]]) for s in stories] == [
        (1, "2026-11-01", "2026-11-03", [A, B, C])
    ]


def test_parquet_has_typed_columns(view: View, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")

    files = write_graph(view, GraphFormat.PARQUET, tmp_path / "tables")

    nodes, edges = map(parquet.read_table, files)
    assert (nodes.column("url").to_pylist(), nodes.column("depth").to_pylist()) == ([A, C, B], [0, 0, None])
    assert [str(field.type) for field in edges.schema] == ["string"] * 3 + ["int64"] + ["string"] * 3 + ["int64"]


def test_dot_holds_titles_in_quotes(view: View) -> None:
    first = streamed(view, GraphFormat.DOT).decode().splitlines()[1]

    assert first.startswith(r'n0 [label="A \"title\" \\ with <script>alert(1)</script> & ')


def test_streams_are_the_edges_of_csv_and_no_parquet(view: View) -> None:
    assert streamed(view, GraphFormat.CSV).startswith(b"Source,Target,Type,kind,")
    with pytest.raises(ConfigError, match="name a folder with -o"):
        streamed(view, GraphFormat.PARQUET)


def test_a_file_is_there_whole_or_not_at_all(view: View, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()

    with pytest.raises(StoreError, match="taken: "):
        write_graph(view, GraphFormat.GEXF, tmp_path / "taken")
    with pytest.raises(StoreError, match=r"name a place that can be written to"):
        write_graph(view, GraphFormat.GEXF, tmp_path / "missing" / "g.gexf")
    with pytest.raises(ConfigError, match="csv is several files; name a folder"):
        write_graph(view, GraphFormat.CSV, tmp_path / "nodes.csv")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "taken"]


def test_a_view_is_of_a_story_of_kinds_and_of_days(tmp_path: Path) -> None:
    lone = "https://d.example/lone"
    folder = write(
        tmp_path,
        *(article(A, "One", "2026-11-01"), article(lone, "Lone", "2026-11-02")),
        *(link(A, B, published_at="2026-11-03"), link(A, lone, LinkKind.INLINE)),
    )

    of_story, since, inline = (
        read_view([folder], story=1),
        read_view([folder], since="2026-11-02"),
        read_view([folder], kinds=[LinkKind.INLINE]),
    )

    assert [[node.url for node in view.graph.nodes] for view in (of_story, since, inline)] == [
        [A, B],
        [lone],
        [A, lone],
    ]
    assert [len(view.stories) for view in (of_story, since, inline)] == [1, 0, 1]


@pytest.mark.parametrize("since", ["yesterday", "2026-02-30", "20261101", "2026-11-01T00:00:00Z"])
def test_since_is_a_day(tmp_path: Path, since: str) -> None:
    with pytest.raises(ConfigError, match="must be a day"):
        read_view([write(tmp_path)], since=since)


def test_a_story_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--story is 2; the stories found are 1 to 1"):
        read_view([write(tmp_path, link(A, B))], story=2)


def test_a_notebook_gets_the_graph_with_its_measures(tmp_path: Path) -> None:
    folder = write(tmp_path, article(A, "One", "2026-11-01"), link(A, B, title="Two"), link(B, A), link(A, C))

    graph = load_graph(folder, kinds=["related"])

    assert (graph.vs["url"], graph.vs["state"], graph.es["kind"]) == (
        *([A, B, C], ["article", "document", "target"]),
        ["related"] * 3,
    )
    assert (graph["stories"], graph.vs["story"], graph.vs["in_degree"]) == ({1: "One"}, [1, 1, 1], [1, 1, 1])
    assert sum(graph.vs["pagerank"]) == pytest.approx(1)


def test_measures_tell_of_the_graph_as_a_whole(tmp_path: Path) -> None:
    folder = write(tmp_path, article("https://d.example/lone"), link(A, B), link(B, A), link(A, C))

    assert read_view([folder]).measures == Measures(nodes=4, edges=3, components=2, reciprocity=2 / 3)
    assert read_view([write(tmp_path / "empty")]).measures == Measures(0, 0, 0, None)
