"""Files written anew without some of their content: the one case in which what was committed changes.

Each new file is staged and synced beside the old one. The caller then commits, in one transaction, how long the files
are to be and which are staged; only after that `put_in_place` lets the new ones take the names of the old ones. Whoever
dies before the commit leaves the old files as they were, and staged ones that `sweep` removes; after it, the next start
puts in place what is left.
"""

import os
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import msgspec

from crawler.errors import StoreError
from crawler.store.lines import read_chunks
from crawler.store.manifest import Manifest
from crawler.store.segments import Disk, FrameError, SegmentName, compressed, parse_name
from crawler.store.warc import FOLDER

STAGED = ".forgetting"
FRAME_BYTES = 1 << 20  # of lines in a compressed frame
PIECE_BYTES = 1 << 20
HEAD_BYTES = 64 * 1024  # of a WARC record; its target stands among the first lines


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is to take the place of another."""

    file: str  # whose place it takes, as the database names it
    bytes: int
    dropped: int  # lines or records that it holds no more
    moved: dict[int, int] = {}  # of an archive: where a record lay, and where it lies now


def stage_segment(
    folder: Path, name: SegmentName, disk: Disk, rewrite: Callable[[bytes], bytes | None]
) -> Staged | None:
    """Write a segment anew, line by line; None where every line stays as it is.

    Args:
        rewrite: from a line to what takes its place, both with their line end; None drops it.

    Raises:
        StoreError: a file could not be read or written; nothing has changed.
    """
    dropped = changed = 0

    def lines() -> Iterator[bytes]:
        nonlocal dropped, changed
        for line in _lines(folder / str(name)):
            kept = rewrite(line)
            dropped += kept is None
            changed += kept is not None and kept is not line
            if kept is not None:
                yield kept

    length = _write(folder / f"{name}{STAGED}", _framed(lines()) if name.is_compressed else lines(), disk)
    if not dropped and not changed:
        (folder / f"{name}{STAGED}").unlink()
        return None
    return Staged(file=str(name), bytes=length, dropped=dropped)


def stage_archive(folder: Path, file: str, disk: Disk, is_dropped: Callable[[str], bool]) -> Staged | None:
    """Write a WARC file anew without the records of some addresses; None where it has none.

    Args:
        is_dropped: whether the records of a target address go.

    Raises:
        StoreError: a file could not be read or written, or is no WARC file; nothing has changed.
    """
    moved: dict[int, int] = {}
    dropped = 0

    def records() -> Iterator[bytes]:
        nonlocal dropped
        start = length = 0
        for member, head in _members(folder / file):
            if (target := _target_of(head)) is not None and is_dropped(target):
                dropped += 1
            else:
                moved[start] = length
                length += len(member)
                yield member
            start += len(member)

    staged = folder / f"{file}{STAGED}"
    length = _write(staged, records(), disk)
    if not dropped:
        staged.unlink()
        return None
    return Staged(file=file, bytes=length, dropped=dropped, moved=moved)


def put_in_place(folder: Path, files: Collection[str], disk: Disk) -> None:
    """Let staged files take the names of those they stand for, and the manifest tell of them; may be called again.

    Raises:
        StoreError: a file could not be moved; the next start goes on.
    """
    try:
        for file in sorted(files):
            if (staged := folder / f"{file}{STAGED}").exists():
                staged.replace(folder / file)
                disk.sync_folder(staged.parent)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror or error}; nothing is lost, mend that and start again") from error
    manifest = Manifest(folder, disk)
    names = (name for file in files if (name := parse_name(file)) is not None)
    if manifest.read_again(names):
        manifest.write()


def sweep(folder: Path, replacing: Collection[str]) -> None:
    """Remove what an erasure staged that died before its commit."""
    for path in (*folder.glob(f"*{STAGED}"), *(folder / FOLDER).glob(f"*{STAGED}")):
        if path.relative_to(folder).as_posix().removesuffix(STAGED) not in replacing:
            path.unlink(missing_ok=True)


def _lines(path: Path) -> Iterator[bytes]:
    rest = b""
    try:
        for piece in read_chunks(path):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line + b"\n"
    except (OSError, FrameError) as error:
        raise StoreError(f"{path}: cannot be read ({error}); restore the file, or crawl into another folder") from error


def _framed(lines: Iterable[bytes]) -> Iterator[bytes]:
    held, size = list[bytes](), 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= FRAME_BYTES:
            yield compressed(b"".join(held))
            held, size = [], 0
    if held:
        yield compressed(b"".join(held))


def _members(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """The gzip members of an archive as they lie there, each with how its content begins."""
    member, head, frame = list[bytes](), b"", zlib.decompressobj(wbits=31)
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                while piece:
                    content = frame.decompress(piece)
                    head += content[: HEAD_BYTES - len(head)]
                    member.append(piece[: len(piece) - len(frame.unused_data)])
                    piece = b""
                    if frame.eof:
                        yield b"".join(member), head
                        piece = frame.unused_data
                        member, head, frame = [], b"", zlib.decompressobj(wbits=31)
    except (OSError, zlib.error) as error:
        raise StoreError(f"{path}: cannot be read: {error}; move it away, and what it holds with it") from error
    if member:
        raise StoreError(f"{path}: its last record is cut; move it away, and what it holds with it")


def _target_of(head: bytes) -> str | None:
    for line in head.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"warc-target-uri":
            return value.strip().decode("utf-8", "replace")
    return None


def _write(path: Path, pieces: Iterable[bytes], disk: Disk) -> int:
    """Write and sync a file; its length."""
    length = 0
    try:
        fd = disk.open(path)
        try:
            os.ftruncate(fd, 0)
            for piece in pieces:
                rest = memoryview(piece)
                while rest:
                    written = disk.write(fd, rest, length)
                    length += written
                    rest = rest[written:]
            disk.sync(fd)
        finally:
            disk.close(fd)
        disk.sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; nothing is lost, and nothing forgotten") from error
    return length
