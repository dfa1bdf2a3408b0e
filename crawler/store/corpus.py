"""The JSONL files of an output folder: records to lines, lines to files. What the records say is left to others."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crawler.model.records import FILE_OF, ArticleRecord, Record
from crawler.model.work import FileLines
from crawler.store.segments import Disk, Segment

MAX_LINE_BYTES = 900_000  # readers such as DuckDB and Hugging Face datasets stop at 1 MiB or little more
SYNC_AFTER_BYTES = 4 * 1024 * 1024  # of lines that lie in the outbox too; bounds the outbox and the time to complete


class Lines(NamedTuple):
    """The lines of a group, a chunk a file, and the last `seq` they use."""

    chunks: tuple[FileLines, ...]
    last_seq: int


class Corpus:
    """The files of one output folder, one writer at a time.

    `plan` says what will be written where; the caller commits that in the database, then calls `write`.
    """

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._segments = {name: Segment(disk, folder / name) for name in FILE_OF.values()}
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
        for name, segment in self._segments.items():
            committed = lengths.get(name, 0)
            chunks = sorted(tails.get(name, ()), key=lambda chunk: chunk.start)
            start = chunks[0].start if chunks else committed
            count = segment.complete(committed, start, b"".join(chunk.content for chunk in chunks))
            if count:
                completed[name] = count
        return completed

    def plan(self, records: Iterable[Record], last_seq: int) -> Lines:
        """The lines of the records, in their order, each with the next `seq`."""
        buffers: dict[str, list[bytes]] = {}
        for record in records:
            last_seq += 1
            buffers.setdefault(FILE_OF[type(record)], []).append(
                self._line(msgspec.structs.replace(record, seq=last_seq))
            )
        chunks = tuple(
            FileLines(file=name, start=self._segments[name].length_bytes, content=b"".join(lines))
            for name, lines in buffers.items()
        )
        return Lines(chunks, last_seq)

    def write(self, chunks: Iterable[FileLines]) -> None:
        """Append what `plan` gave and the database committed."""
        for chunk in chunks:
            self._segments[chunk.file].append(chunk.content)
            self._unsynced_bytes += len(chunk.content)

    def sync_if_due(self) -> bool:
        """Sync once enough was written; whether every line written so far survives a power loss."""
        if self._unsynced_bytes < SYNC_AFTER_BYTES:
            return False
        self.sync()
        return True

    def sync(self) -> None:
        for segment in self._segments.values():
            segment.sync()
        self._unsynced_bytes = 0

    def close(self) -> None:
        for segment in self._segments.values():
            segment.close()

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


def _without_surrogates(value: Any) -> Any:
    """The same builtins with each lone surrogate as U+FFFD."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {key: _without_surrogates(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(part) for part in value]
    return value
