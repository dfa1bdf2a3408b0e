"""The whole lines of an output folder, read while a run may write: `crawler tail` and `crawler export`."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from crawler.errors import ConfigError, StoreError
from crawler.model.records import FILE_OF
from crawler.store.segments import FrameError, SegmentName, decompressor, parse_name

Row = TypeVar("Row")
Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]

PIECE_BYTES = 1 << 20
POLL_S = 0.5  # how late a follower may be
LOOKS_FOR_MISSING = 3  # a group is appended in milliseconds
SETS = tuple(file.removesuffix(".jsonl") for file in FILE_OF.values())


def read_chunks(path: Path, start: int = 0) -> Iterator[bytes]:
    """The content of a segment in pieces, decompressed where it is; `start` counts in the file as it lies there."""
    with path.open("rb") as file:
        file.seek(start)
        if path.suffix != ".zst":
            while piece := file.read(PIECE_BYTES):
                yield piece
            return
        frame = decompressor()
        while piece := file.read(PIECE_BYTES):
            while piece:
                yield frame.decompress(piece)
                piece = b""
                if frame.eof:  # a frame a commit: the next one begins here
                    piece, frame = frame.unused_data, decompressor()


class Follower:
    """The lines of one file set, each once and whole, as far as they are written; asked again, those that came since.

    Args:
        folder: the output folder.
        file_set: `articles`, `links`, `aliases`, `gone`, `visits` or `runs`.
    """

    def __init__(self, folder: Path, file_set: str) -> None:
        self._folder = folder
        self._set = file_set
        self._at: tuple[SegmentName, int] | None = None  # segment, and the place in it up to which all was read
        self._inode = 0  # of that segment
        self._last = b""  # line that was read
        self._number = 0  # of that line in its segment

    def read(self) -> Iterator[bytes]:
        """Whole lines, with their line end. Raises as `rows`."""
        return (line for _, line in self.rows(_Seq))

    def rows(self, kind: type[Row]) -> Iterator[tuple[Row, bytes]]:
        """The wanted fields of each line, and the line with its line end.

        Raises:
            StoreError: a file cannot be read, or a line is no record; names the file and the line.
        """
        for name in segments_of(self._folder, self._set):
            if self._at is None or name >= self._at[0]:
                path = self._folder / str(name)
                try:
                    yield from self._rows_of(name, path, kind)
                except OSError as error:
                    raise StoreError(f"{path}: cannot be read ({error.strerror or error})") from error
                except FrameError as error:
                    raise StoreError(
                        f"{path}: damaged after line {self._number}: {error}; after a power loss the next run mends it,"
                        " else restore the file"
                    ) from error

    def _rows_of(self, name: SegmentName, path: Path, kind: type[Row]) -> Iterator[tuple[Row, bytes]]:
        inode = path.stat().st_ino
        start, seen_seq = 0, 0
        if self._at is None or name != self._at[0]:
            self._number = 0
        elif inode != self._inode:  # it was written anew without what was forgotten
            self._number, seen_seq = 0, seq_of(self._last)
        else:
            start = self._at[1]
        for line, end in _compressed_lines(path, start) if name.is_compressed else _plain_lines(path, start):
            self._at, self._inode, self._number = (name, end), inode, self._number + 1
            if not seen_seq or seq_of(line) > seen_seq:
                row = row_of(line, kind, f"{path}: line {self._number}")
                self._last = line
                yield row, line


def _plain_lines(path: Path, start: int) -> Iterator[tuple[bytes, int]]:
    with path.open("rb") as file:
        file.seek(start)
        for line in file:
            if not line.endswith(b"\n"):
                return  # a run writes it right now
            start += len(line)
            yield line, start


def _compressed_lines(path: Path, start: int) -> Iterator[tuple[bytes, int]]:
    """The lines of whole frames, each with the end of its frame."""
    with path.open("rb") as file:
        file.seek(start)
        frame, pieces, left = decompressor(), list[bytes](), b""
        while piece := left or file.read(PIECE_BYTES):
            pieces.append(frame.decompress(piece))
            start, left = start + len(piece), b""
            if frame.eof:
                left = frame.unused_data
                start -= len(left)
                for line in b"".join(pieces).splitlines(keepends=True):
                    yield line, start
                frame, pieces = decompressor(), []


def segments_of(folder: Path, file_set: str) -> list[SegmentName]:
    """The segments of a file set that a folder holds, in the order written."""
    names = (parse_name(path.name) for path in folder.iterdir())
    return sorted(name for name in names if name is not None and name.set == file_set)


def seq_of(line: bytes) -> int:
    """The `seq` of a line; the other fields are passed over, not built (6 us). Raises as `row_of`."""
    return row_of(line, _Seq, "a line of the corpus").seq


def row_of(line: bytes, kind: type[Row], where: str) -> Row:
    """The wanted fields of a line.

    Args:
        where: the line, as a complaint names it.

    Raises:
        StoreError: it is no record; its file was damaged, or changed by hand.
    """
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StoreError(f"{where} is no record: {error}; restore the file, or crawl into another folder") from error


class _Seq(msgspec.Struct):
    seq: int


class _Version(msgspec.Struct):
    id: Id
    version: int


class _Presence(msgspec.Struct):
    id: str
    gone: bool


def follow_lines(
    folder: Path, file_sets: Sequence[str], seq: int, wait: Callable[[float], None], *, is_endless: bool
) -> Iterator[bytes]:
    """The lines of several file sets after a `seq`, in its order.

    A run appends a group file by file, so a reader may see a line before one with a smaller `seq`. Every number is
    some file's: a line waits until those before it are there, whichever file they are in.

    Args:
        wait: called with seconds before it looks for what is missing or new.
        is_endless: go on for ever; else end with the lines that are there.

    Raises:
        ConfigError: the folder holds no corpus.
    """
    _check_corpus(folder)
    wanted = set(file_sets)
    followers = [(name, Follower(folder, name)) for name in SETS]
    held: list[tuple[int, bool, bytes]] = []
    last, patience = 0, LOOKS_FOR_MISSING
    while True:
        before = len(held)
        for name, follower in followers:
            for row, line in follower.rows(_Seq):
                heapq.heappush(held, (row.seq, name in wanted, line if name in wanted else b""))
        patience = LOOKS_FOR_MISSING if len(held) > before else patience - 1
        while held and (held[0][0] <= last + 1 or patience < 0):  # what is missing that long was moved away
            last, is_wanted, line = heapq.heappop(held)
            if is_wanted and last > seq:
                yield line
        if not held and not is_endless:
            return
        wait(POLL_S)


def all_lines(folder: Path, file_set: str) -> Iterator[bytes]:
    """Every line of a file set, in the order written.

    Raises:
        ConfigError: the folder holds no corpus.
    """
    _check_corpus(folder)
    yield from Follower(folder, file_set).read()


def _check_corpus(folder: Path) -> None:
    if not folder.is_dir() or not segments_of(folder, "articles"):
        raise ConfigError(f"{folder} holds no articles.jsonl; crawl into it first, or name another folder with --out")


def latest_articles(folder: Path) -> Iterator[bytes]:
    """The newest version of each article, a line each, in the order written. Memory: 100 B an article.

    Raises:
        ConfigError: the folder holds no articles.
    """
    _check_corpus(folder)
    latest: dict[bytes, int] = {}
    for row, _ in Follower(folder, "articles").rows(_Version):
        latest[bytes.fromhex(row.id)] = row.version
    for row, line in Follower(folder, "articles").rows(_Version):
        if latest.get(bytes.fromhex(row.id)) == row.version:
            yield line


def without_gone(folder: Path, lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of articles whose page was there when it was asked for last."""
    is_gone = {row.id: row.gone for row, _ in Follower(folder, "gone").rows(_Presence)}
    return (line for line in lines if not is_gone.get(row_of(line, _Version, "a line of articles").id, False))
