import errno
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import StoreError
from crawler.model.links import Link, LinkKind
from crawler.model.records import AliasReason, AliasRecord, ArticleRecord, FoundVia, VisitRecord
from crawler.model.work import FileLines
from crawler.store.corpus import MAX_LINE_BYTES, Corpus
from crawler.store.segments import OsDisk, Segment

ID = "0" * 32
NOW = "2026-11-24T00:00:00Z"


def alias(url: str = "https://a.example/") -> AliasRecord:
    return AliasRecord(id=ID, same_as=ID, why=AliasReason.REDIRECT, url=url, same_as_url=None, seen_at=NOW, run_id="r")


def visit(why: str | None = None) -> VisitRecord:
    return VisitRecord(
        url="https://a.example/",
        host="a.example",
        at=NOW,
        outcome="saved",
        why=why,
        status=200,
        bytes=1,
        ms=1,
        waited_s=0.0,
        rule=None,
        attempt=1,
        run_id="r",
    )


def article(**fields: object) -> ArticleRecord:
    record = ArticleRecord(
        url="https://a.example/",
        id=ID,
        fetched_at=NOW,
        run_id="r",
        version=1,
        depth=0,
        found_via=FoundVia(url=None, kind=LinkKind.SEED),
        seed="s",
    )
    return msgspec.structs.replace(record, **fields)


class ShortDisk(OsDisk):
    """Writes a few bytes at a time, and fails once it is full."""

    def __init__(self, room_bytes: int) -> None:
        self.room_bytes = room_bytes

    def write(self, fd: int, content: bytes | memoryview, offset: int) -> int:
        if self.room_bytes <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = super().write(fd, bytes(content[: min(3, self.room_bytes)]), offset)
        self.room_bytes -= count
        return count


def test_lines_carry_a_seq_that_grows_over_all_files(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, OsDisk())

    lines = corpus.plan([visit(), alias(), visit()], last_seq=7)
    corpus.write(lines.chunks)

    seqs = {
        path.name: [msgspec.json.decode(row)["seq"] for row in path.read_bytes().splitlines()]
        for path in tmp_path.iterdir()
    }
    corpus.close()
    assert (seqs["visits.jsonl"], seqs["aliases.jsonl"], seqs["articles.jsonl"], lines.last_seq) == (
        [8, 10],
        [9],
        [],
        10,
    )


def test_a_disk_that_writes_short_gets_whole_lines(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, ShortDisk(10_000))
    lines = corpus.plan([alias(), alias()], 0)

    corpus.write(lines.chunks)
    corpus.sync()
    corpus.close()

    assert (tmp_path / "aliases.jsonl").read_bytes() == lines.chunks[0].content


@given(kept=st.integers(0, 400), torn=st.binary(max_size=40))
def test_whatever_part_of_a_write_reached_the_disk_the_file_is_completed(
    tmp_path_factory: pytest.TempPathFactory, kept: int, torn: bytes
) -> None:
    folder = tmp_path_factory.mktemp("corpus")
    corpus = Corpus(folder, OsDisk())
    first = corpus.plan([alias("https://a.example/1")], 0)
    corpus.write(first.chunks)
    second = corpus.plan([alias("https://a.example/2")], first.last_seq)
    corpus.close()
    whole = first.chunks[0].content + second.chunks[0].content
    unwritten = (second.chunks[0].content[:kept] + torn)[: len(second.chunks[0].content)]
    (folder / "aliases.jsonl").write_bytes(first.chunks[0].content + unwritten)

    corpus = Corpus(folder, OsDisk())
    completed = corpus.complete({"aliases.jsonl": len(whole)}, [*first.chunks, *second.chunks])
    corpus.close()

    assert (folder / "aliases.jsonl").read_bytes() == whole
    assert bool(completed) == (first.chunks[0].content + unwritten != whole)


@pytest.mark.parametrize(
    ("content", "committed", "outbox_start", "message"),
    [
        (b"longer\n", 3, 3, "something else wrote to it"),
        (b"cut", 7, 7, "it was cut or replaced"),
        (b"", 7, 4, "it was cut or replaced"),
    ],
)
def test_a_file_that_does_not_fit_what_was_committed_is_refused(
    tmp_path: Path, content: bytes, committed: int, outbox_start: int, message: str
) -> None:
    path = tmp_path / "links.jsonl"
    path.write_bytes(content)
    corpus = Corpus(tmp_path, OsDisk())
    outbox = [FileLines(file="links.jsonl", start=outbox_start, content=b"x" * (committed - outbox_start))]

    with pytest.raises(StoreError, match=message):
        corpus.complete({"links.jsonl": committed}, outbox if committed > outbox_start else [])

    corpus.close()
    assert path.read_bytes() == content


def test_a_full_disk_is_told_and_the_next_start_completes_the_line(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, ShortDisk(20))
    lines = corpus.plan([alias()], 0)

    with pytest.raises(StoreError, match=r"aliases\.jsonl: No space left on device; nothing is lost"):
        corpus.write(lines.chunks)

    corpus.close()
    corpus = Corpus(tmp_path, OsDisk())
    completed = corpus.complete({"aliases.jsonl": len(lines.chunks[0].content)}, lines.chunks)
    corpus.close()
    assert completed == {"aliases.jsonl": len(lines.chunks[0].content) - 20}
    assert (tmp_path / "aliases.jsonl").read_bytes() == lines.chunks[0].content


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        Segment(OsDisk(), tmp_path / "nowhere" / "articles.jsonl")


def test_lone_surrogates_never_reach_a_file(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, OsDisk())

    lines = corpus.plan([visit(why="a\ud800b \U0001f600")], 0)
    corpus.close()

    assert msgspec.json.decode(lines.chunks[0].content)["why"] == "a\ufffdb \U0001f600"


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "word " * 400_000},
        {"text": '\\"' * 500_000},
        {"links": tuple(Link(url="https://a.example/", kind=LinkKind.RELATED, title="t" * 1000) for _ in range(2000))},
    ],
    ids=["long", "escaped", "many-links"],
)
def test_a_line_stays_under_what_readers_take_and_says_that_it_was_cut(
    tmp_path: Path, fields: dict[str, object]
) -> None:
    corpus = Corpus(tmp_path, OsDisk())

    line = corpus.plan([article(**fields)], 0).chunks[0].content
    corpus.close()

    assert len(line) <= MAX_LINE_BYTES
    assert msgspec.json.decode(line, type=ArticleRecord).truncated
