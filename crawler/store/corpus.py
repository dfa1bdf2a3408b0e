"""The JSONL files of an output folder: records to lines, lines to segments. What the records say is left to others."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crawler.errors import StoreError
from crawler.model.records import FILE_OF, ArticleRecord, Record
from crawler.model.work import FileLines
from crawler.store.manifest import Manifest
from crawler.store.segments import Disk, Segment, SegmentName, compressed, parse_name

MAX_LINE_BYTES = 900_000  # readers such as DuckDB and Hugging Face datasets stop at 1 MiB or little more
SYNC_AFTER_BYTES = 4 * 1024 * 1024  # of lines that lie in the outbox too; bounds the outbox and the time to complete


class Lines(NamedTuple):
    """The lines of a group, a chunk a file, and the last `seq` they use."""

    chunks: tuple[FileLines, ...]
    last_seq: int


class Corpus:
    """The files of one output folder, one writer at a time.

    `complete` comes first; then for each group `plan` says what will be written where, the caller commits that in
    the database, and `write` appends it.

    Args:
        roll_bytes: close a segment once it is that long, and begin the next; None: one file for all.
        compress: write zstd frames, one a commit.
    """

    def __init__(self, folder: Path, disk: Disk, *, roll_bytes: int | None = None, compress: bool = False) -> None:
        self._folder = folder
        self._disk = disk
        self._roll_bytes = roll_bytes
        self._compress = compress
        self._current: dict[str, tuple[SegmentName, Segment]] = {}  # by file set
        self._closing: list[tuple[SegmentName, Segment]] = []
        self._manifest = Manifest(folder, disk)
        self._encoder = msgspec.json.Encoder()
        self._unsynced_bytes = 0

    def complete(self, lengths: Mapping[str, int], outbox: Iterable[FileLines]) -> dict[str, int]:
        """Make each file what the database committed; returns the bytes completed, a row a file that lacked some.

        Raises:
            StoreError: a file does not fit what was committed; says which, and what to do.
        """
        tails: dict[str, list[FileLines]] = {}
        for chunk in outbox:
            tails.setdefault(chunk.file, []).append(chunk)
        completed: dict[str, int] = {}
        committed = sorted(name for name in map(parse_name, lengths) if name is not None)
        first = 0 if self._roll_bytes is None else 1
        fresh = sorted(_sets() - {name.set for name in committed})
        names = [*committed, *(SegmentName(file_set, first, self._compress) for file_set in fresh)]
        for name in names:
            segment = Segment(self._disk, self._folder / str(name))
            if count := _complete(segment, lengths.get(str(name), 0), tails.get(str(name), ())):
                completed[str(name)] = count
            self._take(name, segment)
        self._close_finished()
        return completed

    def plan(self, records: Iterable[Record], last_seq: int) -> Lines:
        """The lines of the records, in their order, each with the next `seq`."""
        buffers: dict[str, list[bytes]] = {}
        for record in records:
            last_seq += 1
            lines = buffers.setdefault(FILE_OF[type(record)].removesuffix(".jsonl"), [])
            lines.append(self._line(msgspec.structs.replace(record, seq=last_seq)))
        chunks = []
        for file_set, lines in buffers.items():
            name, segment = self._segment_for(file_set)
            content = b"".join(lines)
            chunks.append(
                FileLines(
                    file=str(name),
                    start=segment.length_bytes,
                    content=compressed(content) if name.is_compressed else content,
                )
            )
        return Lines(tuple(chunks), last_seq)

    def write(self, chunks: Iterable[FileLines]) -> None:
        """Append what `plan` gave and the database committed."""
        segments = {str(name): segment for name, segment in self._current.values()}
        for chunk in chunks:
            segments[chunk.file].append(chunk.content)
            self._unsynced_bytes += len(chunk.content)
        self._close_finished()

    def sync_if_due(self) -> bool:
        """Sync once enough was written; whether every line written so far survives a power loss."""
        if self._unsynced_bytes < SYNC_AFTER_BYTES:
            return False
        self.sync()
        return True

    def sync(self) -> None:
        for _, segment in self._current.values():
            segment.sync()
        self._unsynced_bytes = 0

    def free_bytes(self) -> int:
        """What the disk of the folder has left."""
        try:
            return self._disk.free_bytes(self._folder)
        except OSError as error:
            raise StoreError(f"{self._folder}: {error.strerror or error}") from error

    def close(self) -> None:
        for _, segment in [*self._current.values(), *self._closing]:
            segment.close()

    def _segment_for(self, file_set: str) -> tuple[SegmentName, Segment]:
        """Where the next lines of a set go: a new segment where the last one is full, or of another form."""
        name, segment = self._current[file_set]
        is_full = self._roll_bytes is not None and segment.length_bytes >= self._roll_bytes
        if is_full or (name.is_compressed != self._compress and segment.length_bytes):
            name = SegmentName(file_set, name.number + 1, self._compress)
            segment = Segment(self._disk, self._folder / str(name))
            if segment.length_bytes:
                raise StoreError(
                    f"{self._folder / str(name)} is not ours: move it away, the next segment has that name"
                )
            self._take(name, segment)
        return name, segment

    def _take(self, name: SegmentName, segment: Segment) -> None:
        """The current segment of its set, which closes the one before."""
        if name.set in self._current:
            self._closing.append(self._current[name.set])
        self._current[name.set] = (name, segment)

    def _close_finished(self) -> None:
        for name, segment in self._closing:
            segment.sync()
            segment.close()
            self._manifest.add(name, segment.length_bytes)
        if self._closing:
            self._manifest.write()
        self._closing.clear()

    def _line(self, record: Record) -> bytes:
        line = self._encode(record)
        if len(line) < MAX_LINE_BYTES or not isinstance(record, ArticleRecord):
            return line
        excess = len(line) - MAX_LINE_BYTES
        text = record.text.encode()[: -excess - 64].decode("utf-8", "ignore") if len(record.text) > excess else ""
        record = msgspec.structs.replace(record, text=text, truncated=True)
        while len(line := self._encode(record)) >= MAX_LINE_BYTES and (record.links or record.text):
            # JSON escapes made the text longer than it is, or the links alone are too many
            record = msgspec.structs.replace(
                record, text=record.text[: len(record.text) // 2], links=record.links[: len(record.links) // 2]
            )
        return line

    def _encode(self, record: Record) -> bytes:
        try:
            return self._encoder.encode(record) + b"\n"
        except UnicodeEncodeError:  # a lone surrogate, which UTF-8 cannot hold
            return self._encoder.encode(_without_surrogates(msgspec.to_builtins(record))) + b"\n"


def complete_segments(folder: Path, disk: Disk, lengths: Mapping[str, int], outbox: Sequence[FileLines]) -> None:
    """Make each file what the database committed, as `Corpus.complete` does, and begin none; all is synced on return.

    Raises:
        StoreError: a file does not fit what was committed; says which, and what to do.
    """
    for file, length in lengths.items():
        if parse_name(file) is not None:
            segment = Segment(disk, folder / file)
            try:
                _complete(segment, length, [chunk for chunk in outbox if chunk.file == file])
                segment.sync()
            finally:
                segment.close()


def _complete(segment: Segment, length_bytes: int, chunks: Iterable[FileLines]) -> int:
    """See `Segment.complete`; the chunks of the outbox that belong to it, in any order."""
    chunks = sorted(chunks, key=lambda chunk: chunk.start)
    start = chunks[0].start if chunks else length_bytes
    return segment.complete(length_bytes, start, b"".join(chunk.content for chunk in chunks))


def _sets() -> set[str]:
    return {file.removesuffix(".jsonl") for file in FILE_OF.values()}


def _without_surrogates(value: Any) -> Any:
    """The same builtins with each lone surrogate as U+FFFD."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {key: _without_surrogates(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(part) for part in value]
    return value
