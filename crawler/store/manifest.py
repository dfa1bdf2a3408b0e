"""`manifest.json`: the segments that never change any more, so that programs may copy and check them."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from crawler.errors import StoreError
from crawler.model.records import FILE_OF
from crawler.store.lines import read_chunks
from crawler.store.segments import Disk, SegmentName

FILE = "manifest.json"
SCHEMA_OF = {file.removesuffix(".jsonl"): str(record.__struct_config__.tag) for record, file in FILE_OF.items()}


class ClosedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A segment that is closed."""

    file: str
    lines: int
    bytes: int
    sha256: str
    schema: str


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    schema: Literal["manifest/1"] = "manifest/1"
    files: tuple[ClosedFile, ...] = ()


class Manifest:
    """The manifest of one folder; replaced as a whole, so that a reader never sees half of it."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self._files: dict[str, ClosedFile] = {}
        path = folder / FILE
        if path.exists():
            try:
                content = msgspec.json.decode(path.read_bytes(), type=_Content)
            except (OSError, msgspec.DecodeError):
                return  # it says nothing that the segments do not say: it is written anew
            self._files = {file.file: file for file in content.files}

    def add(self, name: SegmentName, length_bytes: int) -> None:
        """A segment that was closed at this length; read once for its digest, unless the manifest has it already."""
        held = self._files.get(str(name))
        if held is not None and held.bytes == length_bytes:
            return
        path = self._folder / str(name)
        try:
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while piece := file.read(1 << 20):
                    digest.update(piece)
            lines = sum(chunk.count(b"\n") for chunk in read_chunks(path))
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror or error}") from error
        self._files[str(name)] = ClosedFile(
            file=str(name), lines=lines, bytes=length_bytes, sha256=digest.hexdigest(), schema=SCHEMA_OF[name.set]
        )

    def read_again(self, names: Iterable[SegmentName]) -> bool:
        """Segments whose content was replaced; whether any of them is listed."""
        listed = [name for name in names if self._files.pop(str(name), None) is not None]
        for name in listed:
            self.add(name, (self._folder / str(name)).stat().st_size)
        return bool(listed)

    def write(self) -> None:
        """Put the manifest in place."""
        files = tuple(self._files[name] for name in sorted(self._files))
        content = msgspec.json.format(msgspec.json.encode(_Content(files=files)), indent=2) + b"\n"
        unfinished = self._folder / f"{FILE}.unfinished"
        try:
            fd = self._disk.open(unfinished)
            try:
                os.ftruncate(fd, 0)
                start = 0
                while start < len(content):
                    start += self._disk.write(fd, content[start:], start)
                self._disk.sync(fd)
            finally:
                self._disk.close(fd)
            unfinished.replace(self._folder / FILE)
            self._disk.sync_folder(self._folder)
        except OSError as error:
            raise StoreError(f"{self._folder / FILE}: {error.strerror or error}; nothing is lost") from error
