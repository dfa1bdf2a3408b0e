"""Nodes by identity and edges by kind, from the lines of one or several folders."""

import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.corpora import AT, alias, article, link, write

from crawler.errors import ConfigError, StoreError
from crawler.model.links import LinkBlock, LinkKind
from crawler.model.urls import url_id
from crawler.report.graph import Edge, Graph, NodeState, identity_of, read_graph

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

A, B, C, FEED = "https://a.example/1", "https://b.example/2", "https://c.example/3", "https://a.example/feed.xml"


def edges(graph: Graph) -> set[tuple[str | None, str | None, LinkKind]]:
    return {(graph.nodes[e.source].url, graph.nodes[e.target].url, e.kind) for e in graph.edges}


def test_a_target_that_was_never_crawled_is_a_node_with_what_blocks_said_of_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        article(A, "One", "2026-11-01"),
        link(A, B, title="A long ti…"),
        link(A, B, LinkKind.INLINE, heading=None, title="A long title", published_at="2026-10-01", teaser="Why"),
    )

    node = read_graph([tmp_path]).nodes[1]

    assert (node.state, node.url, node.title, node.day, node.summary, node.site) == (
        *(NodeState.TARGET, B, "A long title", "2026-10-01", "Why", "b.example"),
    )


def test_lines_of_the_same_ends_and_kind_are_one_edge_that_tells_first_last_and_latest_words(tmp_path: Path) -> None:
    write(
        tmp_path,
        link(A, B, heading="See also", rank=4, at="2026-11-02T00:00:00Z"),
        link(A, B, heading="Related", rank=2, at="2026-11-03T00:00:00Z"),
        link(A, B, heading="Old", rank=9, at="2026-11-01T00:00:00Z"),
    )

    found = list(read_graph([tmp_path]).edges)

    assert found == [Edge(0, 1, LinkKind.RELATED, 2, "Related", "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", 3)]


def test_the_heading_of_another_block_of_the_same_kind_stands_in_for_a_missing_one(tmp_path: Path) -> None:
    also = (
        LinkBlock(kind=LinkKind.INLINE, heading="No", rank=0),
        LinkBlock(kind=LinkKind.RELATED, heading="Yes", rank=1),
    )
    write(tmp_path, link(A, B, heading=None, also=also))

    assert read_graph([tmp_path]).edges[0].heading == "Yes"


def test_names_of_one_article_are_one_node_whose_links_to_itself_go(tmp_path: Path) -> None:
    old, older = "https://a.example/old", "https://a.example/older"
    write(tmp_path, article(A, "One"), link(B, older), link(older, A), link(A, B), alias(older, old), alias(old, A))

    graph = read_graph([tmp_path])

    assert edges(graph) == {(B, A, LinkKind.RELATED), (A, B, LinkKind.RELATED)}


def test_of_several_lines_about_one_identity_the_last_holds(tmp_path: Path) -> None:
    write(tmp_path, article(A), article(C), link(A, B), alias(B, C, seq=7), alias(B, A, seq=3))

    assert edges(read_graph([tmp_path])) == {(A, C, LinkKind.RELATED)}


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_aliases_that_run_in_a_ring_end_somewhere(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("ring")
    write(folder, *(alias(f"https://a.example/{a}", f"https://a.example/{b}") for a, b in pairs))
    write(folder, *(article(f"https://a.example/{a}") for a in range(7)))

    nodes = read_graph([folder]).nodes

    assert len({node.id for node in nodes}) == len(nodes) <= 7


def test_the_newest_version_tells_what_the_article_is(tmp_path: Path) -> None:
    write(tmp_path, article(A, "Second", version=2, at="2026-11-25T00:00:00Z"), article(A, "First"))

    assert [node.title for node in read_graph([tmp_path]).nodes] == ["Second"]


def test_an_article_in_two_folders_is_one_node(tmp_path: Path) -> None:
    one = write(tmp_path / "1", article(A, "One"), link(A, B))
    two = write(tmp_path / "2", article(B, "Two"), link(B, A), link(A, B))

    graph = read_graph([one, two])

    assert ([node.title for node in graph.nodes], len(graph.edges), graph.edges[0].count) == (["One", "Two"], 2, 2)


def test_feeds_come_in_with_the_kinds_of_the_crawl_and_not_otherwise(tmp_path: Path) -> None:
    write(tmp_path, article(A), link(None, FEED, LinkKind.SEED), link(FEED, A, LinkKind.FEED), link(A, B))

    without, with_feeds = read_graph([tmp_path]), read_graph([tmp_path], (LinkKind.FEED, LinkKind.SEED))

    assert edges(without) == {(A, B, LinkKind.RELATED)}
    assert [(n.url, n.state) for n in with_feeds.nodes] == [(A, NodeState.ARTICLE), (FEED, NodeState.DOCUMENT)]


def test_a_selection_keeps_articles_and_what_kept_edges_touch(tmp_path: Path) -> None:
    write(tmp_path, article(A), article(C), link(C, B, LinkKind.INLINE), link(A, "https://d.example/"))

    part = read_graph([tmp_path]).select(lambda _: True, [LinkKind.INLINE])

    assert ([node.url for node in part.nodes], edges(part)) == ([A, C, B], {(C, B, LinkKind.INLINE)})


def test_an_unfinished_last_line_is_left_to_the_run_that_writes_it(tmp_path: Path) -> None:
    write(tmp_path, article(A), link(A, B))
    whole = (tmp_path / "links.jsonl").read_bytes()
    (tmp_path / "links.jsonl").write_bytes(whole + whole.replace(b"b.example", b"c.example")[:-30])

    assert edges(read_graph([tmp_path])) == {(A, B, LinkKind.RELATED)}


def test_segments_are_read_packed_or_plain_and_none_twice(tmp_path: Path) -> None:
    lines = {name: msgspec.json.encode(link(A, url)) + b"\n" for name, url in (("00001", B), ("00002", C))}
    write(tmp_path, article(A), link(A, "https://d.example/"))
    (tmp_path / "links-00001.jsonl.zst").write_bytes(zstd.compress(lines["00001"]))
    (tmp_path / "links-00002.jsonl.zst").write_bytes(b"packing was cut here")
    (tmp_path / "links-00002.jsonl").write_bytes(lines["00002"])
    (tmp_path / "links-old.jsonl").write_bytes(b"somebody else's")

    found = read_graph([tmp_path]).edges

    assert [edge.count for edge in found] == [1, 1, 1]


@pytest.mark.parametrize("line", [b"{}\n", b"nonsense\n", b'{"schema":"link/2"}\n', b"\xff\n"])
def test_a_damaged_line_is_named_with_its_file(tmp_path: Path, line: bytes) -> None:
    write(tmp_path, article(A), link(A, B))
    with (tmp_path / "links.jsonl").open("ab") as file:
        file.write(line)

    with pytest.raises(StoreError, match=r"links\.jsonl: line 2 is no link/1 record"):
        read_graph([tmp_path])


def test_an_unfinished_frame_is_left_to_the_run_that_writes_it(tmp_path: Path) -> None:
    frames = [zstd.compress(msgspec.json.encode(link(A, url)) + b"\n") for url in (B, C)]
    write(tmp_path, article(A))
    (tmp_path / "links-00001.jsonl.zst").write_bytes(frames[0] + frames[1][:-9])
    (tmp_path / "links-00002.jsonl").write_bytes(msgspec.json.encode(link(B, A)) + b"\n")

    assert edges(read_graph([tmp_path])) == {(A, B, LinkKind.RELATED), (B, A, LinkKind.RELATED)}


def test_what_is_no_frame_is_named(tmp_path: Path) -> None:
    write(tmp_path, article(A))
    (tmp_path / "links-00001.jsonl.zst").write_bytes(b"not what its name says")

    with pytest.raises(StoreError, match=r"links-00001\.jsonl\.zst: cannot be read after line 0"):
        read_graph([tmp_path])


@pytest.mark.parametrize("name", ["", "missing"])
def test_a_folder_without_a_crawl_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"holds no articles\.jsonl"):
        read_graph([tmp_path / name])


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "", "2026", "９９９９-99-99"])
def test_a_day_that_no_calendar_has_is_none(tmp_path: Path, day: str) -> None:
    write(tmp_path, article(A), link(A, B, published_at=day))

    assert [node.day for node in read_graph([tmp_path]).nodes] == [None, None]


def test_odd_addresses_of_damaged_or_old_files_are_nodes_without_a_site(tmp_path: Path) -> None:
    odd = msgspec.structs.replace(link(A, B), target='javascript:alert("1")', target_id="f" * 32)
    write(tmp_path, article(A), odd, msgspec.structs.replace(odd, target=None, target_id="e" * 32, seen_at=AT))

    assert [(n.url, n.site) for n in read_graph([tmp_path]).nodes[1:]] == [
        ('javascript:alert("1")', None),
        (None, None),
    ]


def test_an_address_is_found_by_the_identity_that_the_files_use() -> None:
    assert identity_of("https://A.example/1?utm_source=x#top") == url_id(A)
    assert (identity_of("urn:story:" + "a" * 32), identity_of("not an address")) == ("a" * 32, None)
