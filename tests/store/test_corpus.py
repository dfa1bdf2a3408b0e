import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import StoreError
from crawler.model.links import Link, LinkKind
from crawler.model.records import AliasReason, AliasRecord, ArticleRecord, FoundVia, VisitRecord
from crawler.model.work import FileLines
from crawler.store.corpus import MAX_LINE_BYTES, Corpus
from crawler.store.lines import Follower, follow_lines, latest_articles, read_chunks, segments_of, seq_of
from crawler.store.rewriting import stage_segment
from crawler.store.segments import Disk, OsDisk, Segment

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
        pause_s=None,
        pause_why=None,
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


def opened(folder: Path, disk: Disk | None = None, **form: Any) -> Corpus:
    """The corpus of a folder that holds nothing yet."""
    corpus = Corpus(folder, disk or OsDisk(), **form)
    corpus.complete({}, [])
    return corpus


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
    corpus = opened(tmp_path)

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
    corpus = opened(tmp_path, ShortDisk(10_000))
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
    corpus = opened(folder)
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
    corpus = opened(tmp_path, ShortDisk(20))
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
    corpus = opened(tmp_path)

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
    corpus = opened(tmp_path)

    line = corpus.plan([article(**fields)], 0).chunks[0].content
    corpus.close()

    assert len(line) <= MAX_LINE_BYTES
    assert msgspec.json.decode(line, type=ArticleRecord).truncated


def written(corpus: Corpus, records: list[AliasRecord], lengths: dict[str, int], last_seq: int) -> int:
    """Writes as a run does; keeps the committed lengths as the database would."""
    lines = corpus.plan(records, last_seq)
    lengths.update({chunk.file: chunk.start + len(chunk.content) for chunk in lines.chunks})
    corpus.write(lines.chunks)
    return lines.last_seq


@pytest.mark.parametrize("compress", [False, True])
def test_closed_segments_are_listed_and_every_line_is_read_once_in_order(tmp_path: Path, compress: bool) -> None:
    lengths: dict[str, int] = {}
    seq = 0
    for _ in range(3):  # three runs
        corpus = Corpus(tmp_path, OsDisk(), roll_bytes=600, compress=compress)
        corpus.complete(lengths, [])
        for _ in range(5):
            seq = written(corpus, [alias(), alias()], lengths, seq)
        corpus.close()

    read = [seq_of(line) for line in Follower(tmp_path, "aliases").read()]
    manifest = msgspec.json.decode((tmp_path / "manifest.json").read_bytes())
    names = [str(name) for name in segments_of(tmp_path, "aliases")]
    assert read == list(range(1, seq + 1))
    assert [row["file"] for row in manifest["files"]] == names[:-1]
    for row in manifest["files"]:
        content = (tmp_path / row["file"]).read_bytes()
        lines = b"".join(read_chunks(tmp_path / row["file"])).count(b"\n")
        assert (row["bytes"], row["lines"], row["schema"]) == (len(content), lines, "alias/1")
        assert row["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_changed_form_begins_a_new_segment_and_changes_no_line(tmp_path: Path) -> None:
    lengths: dict[str, int] = {}
    forms: list[dict[str, Any]] = [{}, {"compress": True}, {"roll_bytes": 100}, {}]
    seq = 0
    for form in forms:
        corpus = Corpus(tmp_path, OsDisk(), **form)
        corpus.complete(lengths, [])
        seq = written(corpus, [alias()], lengths, seq)
        corpus.close()

    names = [str(name) for name in segments_of(tmp_path, "aliases")]
    assert names == ["aliases.jsonl", "aliases-00001.jsonl.zst", "aliases-00002.jsonl"]
    assert [seq_of(line) for line in Follower(tmp_path, "aliases").read()] == [1, 2, 3, 4]


def test_a_damaged_frame_is_told_and_what_follows_it_is_not_passed_over(tmp_path: Path) -> None:
    corpus, lengths = opened(tmp_path, compress=True), dict[str, int]()
    written(corpus, [alias(), alias()], lengths, written(corpus, [alias()], lengths, 0))
    (path,) = tmp_path.glob("aliases*.zst")
    content = bytearray(path.read_bytes())
    content[5:30] = bytes(25)
    path.write_bytes(content)

    with pytest.raises(
        StoreError, match=f"^{path}: damaged after line 0: .*; after a power loss the next run mends it"
    ):
        list(Follower(tmp_path, "aliases").read())
    with pytest.raises(StoreError, match=f"^{path}: cannot be read"):
        stage_segment(tmp_path, segments_of(tmp_path, "aliases")[0], OsDisk(), lambda line: line)


@pytest.mark.parametrize("form", [{}, {"compress": True}, {"roll_bytes": 300}, {"roll_bytes": 300, "compress": True}])
def test_a_follower_sees_each_line_once_and_whole_while_files_grow_byte_by_byte(
    tmp_path: Path, form: dict[str, Any]
) -> None:
    corpus = opened(tmp_path, **form)
    follower = Follower(tmp_path, "aliases")
    seen: list[int] = []
    seq = 0
    for _ in range(6):
        lines = corpus.plan([alias(), alias()], seq)
        seq = lines.last_seq
        (chunk,) = lines.chunks
        path = tmp_path / chunk.file
        for end in (1, len(chunk.content) // 2, len(chunk.content) - 1):
            with path.open("r+b") as file:  # a write that is under way
                file.seek(chunk.start)
                file.write(chunk.content[:end])
            seen += [seq_of(line) for line in follower.read()]
        corpus.write(lines.chunks)
        seen += [seq_of(line) for line in follower.read()]
    corpus.close()

    assert seen == list(range(1, seq + 1))


def test_a_reader_sees_no_line_twice_where_the_one_behind_it_was_torn_and_a_power_loss_took_back_its_end(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "visits-00001.jsonl", tmp_path / "visits-00002.jsonl"
    first.write_bytes(b'{"seq":1}\n')
    second.write_bytes(b'{"se')
    follower = Follower(tmp_path, "visits")
    read = [list(follower.read())]

    os.truncate(first, 9)
    os.truncate(second, 0)
    read.append(list(follower.read()))
    first.write_bytes(b'{"seq":1}\n')
    second.write_bytes(b'{"seq":2}\n')
    read.append(list(follower.read()))

    assert read == [[b'{"seq":1}\n'], [], [b'{"seq":2}\n']]


def test_lines_of_several_files_come_in_the_order_of_their_seq_whichever_file_is_written_first(tmp_path: Path) -> None:
    corpus = opened(tmp_path)
    corpus.write(corpus.plan([visit(), alias(), visit(), article(), alias()], 0).chunks)
    late = corpus.plan([visit(), alias(), article()], 5)
    corpus.write(late.chunks[1:])  # a group under way: the line 6 is not there yet
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            corpus.write(late.chunks[:1])

    sets = ("articles", "aliases", "visits")
    seqs = [seq_of(line) for line in follow_lines(tmp_path, sets, 1, wait, is_endless=False)]
    corpus.close()

    assert (seqs, len(waits)) == ([2, 3, 4, 5, 6, 7, 8], 1)


def test_lines_whose_predecessors_were_moved_away_are_not_held_for_ever(tmp_path: Path) -> None:
    corpus = opened(tmp_path)
    corpus.write(corpus.plan([alias(), alias()], 10).chunks)
    corpus.close()

    seqs = [seq_of(line) for line in follow_lines(tmp_path, ["aliases"], 0, lambda _: None, is_endless=False)]

    assert seqs == [11, 12]


def test_the_latest_version_of_each_article_is_one_line(tmp_path: Path) -> None:
    corpus = opened(tmp_path)
    records = [article(id=f"{n:032x}", version=version) for n, version in ((1, 1), (2, 1), (1, 2), (3, 1), (2, 2))]
    corpus.write(corpus.plan(records, 0).chunks)
    corpus.close()

    latest = [msgspec.json.decode(line, type=ArticleRecord) for line in latest_articles(tmp_path)]

    assert [(record.id[-1], record.version) for record in latest] == [("1", 2), ("3", 1), ("2", 2)]
