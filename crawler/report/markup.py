"""The graph in the formats that graph programs share: GraphML 1.0, GEXF 1.3, DOT.

Pieces of text are yielded one after the other, so that a million edges need no memory. Titles and addresses are
hostile: they are escaped, and what XML cannot hold becomes U+FFFD.
"""

import re
from collections.abc import Iterator

from crawler.report.tables import EDGE_COLUMNS, NODE_COLUMNS, Columns, Value, edge_row, node_row
from crawler.report.view import View

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 (5th ed.), 2.2
# as few as may be: Gephi gets a text in pieces, parted at references, and drops those of white space alone
_TEXT_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# white space as references too: in an attribute it would be read as a space (XML 1.0, 3.3.3)
_ATTRIBUTE_ESCAPES = _TEXT_ESCAPES | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


def graphml(view: View) -> Iterator[str]:
    """GraphML 1.0: ids `n0`, `n1`, ... since its ids are NMTOKENs and hold no address; all else is typed data.

    It has no word for the kind of an edge, so Gephi, unless told not to, merges edges that join the same two nodes.
    """
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns'
        ' http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
    )
    types = {str: "string", int: "long", float: "double"}
    for part, letter, columns in (("node", "v", NODE_COLUMNS), ("edge", "e", EDGE_COLUMNS)):
        for i, (name, of) in enumerate(columns):
            yield f'<key id="{letter}{i}" for="{part}" attr.name="{name}" attr.type="{types[of]}"/>\n'
    yield '<graph edgedefault="directed">\n'
    for i, node in enumerate(view.graph.nodes):
        yield f'<node id="n{i}">{_graphml_row("v", node_row(node))}</node>\n'
    for edge in view.graph.edges:
        yield f'<edge source="n{edge.source}" target="n{edge.target}">{_graphml_row("e", edge_row(edge))}</edge>\n'
    yield "</graph>\n</graphml>\n"


def gexf(view: View) -> Iterator[str]:
    """GEXF 1.3. `kind` stands as the edge's kind too: without it Gephi merges edges that join the same two nodes."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://gexf.net/1.3" version="1.3">\n'
        "<meta><creator>related-story-crawler</creator></meta>\n"
        '<graph defaultedgetype="directed" mode="static">\n'
    )
    yield from _gexf_columns("node", NODE_COLUMNS[1:])
    yield from _gexf_columns("edge", EDGE_COLUMNS)
    yield f'<nodes count="{len(view.graph.nodes)}">\n'
    for i, node in enumerate(view.graph.nodes):
        label, *values = node_row(node)
        yield f'<node id="n{i}" label="{_attribute(label)}">{_gexf_row(values)}</node>\n'
    yield f'</nodes>\n<edges count="{len(view.graph.edges)}">\n'
    for i, edge in enumerate(view.graph.edges):
        ends = f'id="{i}" source="n{edge.source}" target="n{edge.target}" kind="{edge.kind.value}"'
        yield f"<edge {ends}>{_gexf_row(edge_row(edge))}</edge>\n"
    yield "</edges>\n</graph>\n</gexf>\n"


def dot(view: View) -> Iterator[str]:
    """DOT of Graphviz, with the titles as labels and the addresses as links."""
    yield "digraph stories {\n"
    for i, node in enumerate(view.graph.nodes):
        label = f"label={_dot(node.title or node.url or node.id)}"
        url = f", URL={_dot(node.url)}" if node.url else ""
        story = f", story={node.story}" if node.story else ""
        yield f"n{i} [{label}{url}{story}];\n"
    for edge in view.graph.edges:
        yield f"n{edge.source} -> n{edge.target} [kind={_dot(edge.kind.value)}];\n"
    yield "}\n"


def _graphml_row(letter: str, row: tuple[Value, ...]) -> str:
    return "".join(f'<data key="{letter}{i}">{_text(value)}</data>' for i, value in enumerate(row) if value is not None)


def _gexf_columns(part: str, columns: Columns) -> Iterator[str]:
    types = {str: "string", int: "long", float: "double"}
    yield f'<attributes class="{part}">\n'
    for i, (name, of) in enumerate(columns):
        yield f'<attribute id="{i}" title="{name}" type="{types[of]}"/>\n'
    yield "</attributes>\n"


def _gexf_row(row: list[Value] | tuple[Value, ...]) -> str:
    values = "".join(
        f'<attvalue for="{i}" value="{_attribute(value)}"/>' for i, value in enumerate(row) if value is not None
    )
    return f"<attvalues>{values}</attvalues>"


def _text(value: Value) -> str:
    return _NOT_XML.sub("\ufffd", value).translate(_TEXT_ESCAPES) if isinstance(value, str) else str(value)


def _attribute(value: Value) -> str:
    return _NOT_XML.sub("\ufffd", value).translate(_ATTRIBUTE_ESCAPES) if isinstance(value, str) else str(value)


def _dot(text: str) -> str:
    escaped = _NOT_XML.sub("\ufffd", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{" ".join(escaped.split())}"'
