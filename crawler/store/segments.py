"""One append-only file, whose true length is what the database committed. What the lines say is left to `corpus`."""

import os
import re
import sys
from pathlib import Path
from typing import NamedTuple, Protocol

from crawler.errors import StoreError
from crawler.model.records import FILE_OF

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_SETS = "|".join(file.removesuffix(".jsonl") for file in FILE_OF.values())
_NAME = re.compile(rf"({_SETS})(?:-(\d{{5,}}))?\.jsonl(\.zst)?")


class SegmentName(NamedTuple):
    """The name of a segment; sorts in the order written. Number 0 is the plain `articles.jsonl`."""

    set: str
    number: int
    is_compressed: bool = False

    def __str__(self) -> str:
        number = f"-{self.number:05d}" if self.number else ""
        return f"{self.set}{number}.jsonl{'.zst' if self.is_compressed else ''}"


def parse_name(file: str) -> SegmentName | None:
    """The segment that a file name means; None for other files."""
    found = _NAME.fullmatch(file)
    return SegmentName(found[1], int(found[2] or 0), found[3] is not None) if found else None


def compressed(content: bytes) -> bytes:
    """One zstd frame with a checksum: what was appended is whole or nothing to a reader."""
    options = {int(zstd.CompressionParameter.compression_level): 3, int(zstd.CompressionParameter.checksum_flag): 1}
    return zstd.compress(content, options=options)


def decompressor() -> zstd.ZstdDecompressor:
    """Reads one frame; raises `FrameError` for what is none."""
    return zstd.ZstdDecompressor()


FrameError = zstd.ZstdError


class Disk(Protocol):
    """The file operations the store needs; the simulated web passes a disk that forgets and writes short."""

    def open(self, path: Path) -> int:
        """A descriptor of the file, made where it is absent."""
        ...

    def size(self, fd: int) -> int: ...

    def read(self, fd: int, count: int, offset: int) -> bytes:
        """At most `count` bytes from `offset`; fewer at the end of the file."""
        ...

    def write(self, fd: int, content: bytes | memoryview, offset: int) -> int:
        """How many bytes were written, which may be fewer than given."""
        ...

    def sync(self, fd: int) -> None:
        """Return once the file's bytes and length survive a power loss."""
        ...

    def sync_folder(self, folder: Path) -> None:
        """Return once the folder's names survive a power loss."""
        ...

    def close(self, fd: int) -> None: ...

    def free_bytes(self, folder: Path) -> int:
        """What an ordinary user may still write to the folder's disk."""
        ...


class OsDisk:
    """The operating system's files."""

    def open(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def size(self, fd: int) -> int:
        return os.fstat(fd).st_size

    def read(self, fd: int, count: int, offset: int) -> bytes:
        return os.pread(fd, count, offset)

    def write(self, fd: int, content: bytes | memoryview, offset: int) -> int:
        return os.pwrite(fd, content, offset)

    def sync(self, fd: int) -> None:
        os.fdatasync(fd)

    def sync_folder(self, folder: Path) -> None:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def free_bytes(self, folder: Path) -> int:
        found = os.statvfs(folder)
        return found.f_bavail * found.f_frsize


class Segment:
    """A file of `length_bytes` committed bytes that only grows.

    Every byte past what was synced must also lie in the outbox of the database, until `sync` returns.
    """

    def __init__(self, disk: Disk, path: Path) -> None:
        self._disk = disk
        self._path = path
        is_new = not path.exists()
        try:
            self._fd = disk.open(path)
            self.length_bytes = disk.size(self._fd)
            if is_new:
                disk.sync_folder(path.parent)
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror or error}; the folder must be writable") from error
        self._is_synced = True

    def complete(self, committed_bytes: int, outbox_start: int, outbox: bytes) -> int:
        """Make the file what the database committed, after an end that cut a write short.

        Args:
            committed_bytes: how long the file must be.
            outbox_start: where in the file the outbox begins; bytes before it were synced.
            outbox: the bytes from there to `committed_bytes`.

        Returns:
            How many bytes were missing or wrong, 0 after a clean end.

        Raises:
            StoreError: the file is longer than committed, or lacks bytes that the outbox does not hold.
        """
        if self.length_bytes > committed_bytes:
            raise StoreError(
                f"{self._path} holds {self.length_bytes} bytes but state.db committed {committed_bytes}: something else"
                " wrote to it; move that file away or crawl into another folder"
            )
        if self.length_bytes < outbox_start:
            raise StoreError(
                f"{self._path} holds {self.length_bytes} bytes but state.db committed {committed_bytes} and can only"
                f" give back the last {len(outbox)}: it was cut or replaced; put it back, or crawl into another folder"
            )
        held = self._disk.read(self._fd, len(outbox), outbox_start) if outbox else b""
        if held == outbox:
            return 0
        same = next((i for i, (a, b) in enumerate(zip(held, outbox, strict=False)) if a != b), len(held))
        self.length_bytes = outbox_start + same
        self.append(outbox[same:])
        self.sync()
        return len(outbox) - same

    def append(self, content: bytes) -> None:
        """Write at the end; all of it or `StoreError`."""
        if not content:
            return
        self._is_synced = False
        rest = memoryview(content)
        try:
            while rest:
                written = self._disk.write(self._fd, rest, self.length_bytes)
                self.length_bytes += written
                rest = rest[written:]
        except OSError as error:
            raise StoreError(
                f"{self._path}: {error.strerror or error}; nothing is lost, make room and start again"
            ) from error

    def sync(self) -> None:
        """Return once all bytes survive a power loss; costs nothing where nothing was written."""
        if self._is_synced:
            return
        try:
            self._disk.sync(self._fd)
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror or error}; nothing is lost, start again") from error
        self._is_synced = True

    def close(self) -> None:
        """Give the descriptor back; closing twice is closing once."""
        if self._fd >= 0:
            self._disk.close(self._fd)
            self._fd = -1
