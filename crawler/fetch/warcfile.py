"""The records of a WARC file, whoever wrote it: what can be read is read, what cannot is told with its place.

A file is plain, compressed record by record, compressed as a whole, or a mix of these. Where a record or a gzip member
is damaged, reading goes on with the next record that can be found. Memory: a record, of `MOST_BLOCK_BYTES` at most.

Source: ISO 28500:2017, https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/ ("WARC" below).
"""

import os
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

MOST_BLOCK_BYTES = 64 * 1024 * 1024  # of a record that is read at all; the client's cap is far below
MOST_HEAD_BYTES = 256 * 1024  # of a record, and of the answer in it
HEAD_END = re.compile(rb"\r?\n\r?\n")  # CRLF is the rule, of WARC and of HTTP; not all writers keep it
FOLD = re.compile(rb"\r?\n[ \t]+")  # a field that goes on in the next line
_START = re.compile(rb"WARC/[0-9]\.[0-9]{1,3}\r?\n")
_MEMBER = b"\x1f\x8b\x08"  # of gzip begins so (RFC 1952, 2.3.1)
_ANY_START = re.compile(_START.pattern + b"|" + _MEMBER)
_ONCE = frozenset({"warc-type", "warc-target-uri", "content-length"})  # WARC, 4: no field of these is repeated
_PADDING = b"\r\n\0"  # between records, and what a disk left of a crash
_LONGEST_START_BYTES = 16
_LOOK_BYTES = 64
_PIECE_BYTES = 16 * 1024  # packed: what is lost before damage
_WINDOW_BYTES = 1024 * 1024  # in which the next start is looked for


class Place(NamedTuple):
    """Where a record begins: in bytes of the file as it lies there, and from there in bytes of what it unpacks to."""

    offset: int
    inside: int


class Record(NamedTuple):
    """A record. Names of fields are in lower case; of fields that are repeated the first one counts."""

    place: Place
    fields: dict[str, str]
    block: bytes  # what is there of it, up to `MOST_BLOCK_BYTES`
    is_whole: bool

    @property
    def kind(self) -> str:
        return self.fields.get("warc-type", "").lower()


Tell = Callable[[Place, str], None]  # of damage: where it is, and what


class _Source(Protocol):
    """Content from a place on, as records lie in it."""

    damage: str  # that ended it; empty where none did
    is_spoilt: bool  # what was unpacked is not what was packed, as far as can be told

    @property
    def place(self) -> Place:
        """Of the next byte."""

    @property
    def end(self) -> int:
        """The byte of the file up to which it was read."""

    def ahead(self, distance: int, count: int) -> bytes:
        """Up to `count` bytes from there on; fewer only where the content ends."""

    def skip(self, count: int) -> int:
        """Go on; returns by how many bytes, fewer only where the content ends."""

    def find(self, most: int) -> int | None:
        """The distance of the next start within as many bytes."""


class _File:
    """A file, read by places."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.size_bytes = os.fstat(fd).st_size

    def read(self, offset: int, count: int) -> bytes:
        return os.pread(self._fd, count, offset)

    def find(self, offset: int, end: int) -> int | None:
        """Where the next record begins, plain or as a gzip member of its own."""
        count = 4096  # it is here as a rule
        while offset < end:
            window = self.read(offset, min(count, end - offset) + _LONGEST_START_BYTES)
            for found in _ANY_START.finditer(window):
                if found[0] != _MEMBER or self.unpacks_to_record(offset + found.start()):
                    return offset + found.start()
            offset, count = offset + count, _WINDOW_BYTES
        return None

    def unpacks_to_record(self, offset: int) -> bool:
        return _START.match(self.unpacked(offset).lstrip(_PADDING)) is not None

    def unpacked(self, offset: int) -> bytes:
        """What a gzip member begins with; nothing where there is none that can be read."""
        try:
            return zlib.decompressobj(wbits=31).decompress(self.read(offset, 1024), _LOOK_BYTES)
        except zlib.error:
            return b""


class _Plain:
    """Content as it lies in the file."""

    def __init__(self, file: _File, offset: int) -> None:
        self.damage, self.is_spoilt = "", False
        self.end = offset
        self._file = file

    @property
    def place(self) -> Place:
        return Place(self.end, 0)

    def ahead(self, distance: int, count: int) -> bytes:
        return self._file.read(self.end + distance, count)

    def skip(self, count: int) -> int:
        skipped = max(0, min(count, self._file.size_bytes - self.end))
        self.end += skipped
        return skipped

    def find(self, most: int) -> int | None:
        found = self._file.find(self.end, min(self.end + most, self._file.size_bytes))
        return None if found is None else found - self.end


class _Packed:
    """The content of a gzip member, and of those after it that begin within a record, as packers by blocks leave it."""

    def __init__(self, file: _File, offset: int) -> None:
        self.damage, self.is_spoilt = "", False
        self.end = offset
        self._file = file
        self._offset = offset
        self._inside = 0
        self._inflater = zlib.decompressobj(wbits=31)
        self._is_over = False
        self._content = bytearray()

    @property
    def place(self) -> Place:
        return Place(self._offset, self._inside)

    def ahead(self, distance: int, count: int) -> bytes:
        self._fill(distance + count)
        return bytes(self._content[distance : distance + count])

    def skip(self, count: int) -> int:
        skipped = 0
        while skipped < count and (self._content or self._fill(1)):
            step = min(count - skipped, len(self._content))
            del self._content[:step]
            skipped += step
        self._inside += skipped
        return skipped

    def find(self, most: int) -> int | None:
        self._fill(most + _LONGEST_START_BYTES)
        found = _START.search(self._content, 0, most + _LONGEST_START_BYTES)
        return None if found is None else found.start()

    def _fill(self, count: int) -> bool:
        while len(self._content) < count and not self._is_over:
            self._unpack()
        return len(self._content) >= count

    def _unpack(self) -> None:
        if self._inflater.eof:
            begin = self._file.unpacked(self.end)
            self._is_over = not begin or _START.match(begin.lstrip(_PADDING)) is not None
            self._inflater = zlib.decompressobj(wbits=31)
            return
        packed = self._inflater.unconsumed_tail
        if not packed:
            packed = self._file.read(self.end, _PIECE_BYTES)
            self.end += len(packed)
        try:
            content = self._inflater.decompress(packed, _WINDOW_BYTES)
        except zlib.error as error:
            self.damage = f"a gzip member is damaged ({error})"
            self.is_spoilt = self._is_over = True
            return
        self._content += content
        if self._inflater.eof:
            self.end -= len(self._inflater.unused_data)
        elif not packed and not content:
            self.damage = "a gzip member is cut off"
            self._is_over = True


def read_records(path: Path, tell: Tell) -> Iterator[Record]:
    """Each record of a file, in its order.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb", buffering=0) as opened:
        file = _File(opened.fileno())
        at, again_bytes, is_told = 0, 0, False
        while at < file.size_bytes:
            begin = 0 if at == 0 and file.read(0, len(_MEMBER)) == _MEMBER else file.find(at, file.size_bytes)
            junk_bytes = (file.size_bytes if begin is None else begin) - at
            if not is_told and file.read(at, min(junk_bytes, _LOOK_BYTES)).strip(_PADDING):
                tell(Place(at, 0), f"{junk_bytes} bytes are no record")
            if begin is None:
                return
            source = _open_source(file, begin)
            yield from _records_of(source, tell)
            at, is_told = source.end, bool(source.damage)
            if source.damage:
                tell(Place(begin, 0), source.damage)
                again_bytes += at - begin
                if again_bytes <= file.size_bytes:  # good members may have been taken for what is missing of it
                    at = begin + 1


def read_record(path: Path, place: Place) -> Record | None:
    """The record that begins at a place; `None` where none does, since the file was changed.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb", buffering=0) as opened:
        source = _open_source(_File(opened.fileno()), place.offset)
        source.skip(place.inside)
        record = next(_records_of(source, lambda place, what: None), None)
    return record if record is not None and record.place == place else None


def _open_source(file: _File, offset: int) -> _Source:
    return _Packed(file, offset) if file.read(offset, len(_MEMBER)) == _MEMBER else _Plain(file, offset)


def _records_of(source: _Source, tell: Tell) -> Iterator[Record]:
    """The records of a source, up to its end; of a plain one up to what is packed."""
    while ahead := source.ahead(0, _LOOK_BYTES):
        if padding_bytes := len(ahead) - len(ahead.lstrip(_PADDING)):
            source.skip(padding_bytes)
        elif _START.match(ahead):
            if (record := _read_record(source, tell)) is not None:
                yield record
        elif isinstance(source, _Plain) and ahead.startswith(_MEMBER):
            return
        else:
            place, junk_bytes = source.place, _skip_to_start(source)
            if not source.damage:
                tell(place, f"{junk_bytes} bytes are no record")


def _skip_to_start(source: _Source) -> int:
    """Go on to where the next record may begin, or to the end; returns by how many bytes."""
    skipped = 0
    while (distance := source.find(_WINDOW_BYTES)) is None and (step := source.skip(_WINDOW_BYTES)):
        skipped += step
    return skipped + source.skip(distance or 0)


def _read_record(source: _Source, tell: Tell) -> Record | None:
    """The record that begins here; `None` where it has no head that says what and how long it is."""
    place = source.place
    head = source.ahead(0, 4096)  # it is shorter as a rule
    if (end := HEAD_END.search(head)) is None:
        head = source.ahead(0, MOST_HEAD_BYTES)
        end = HEAD_END.search(head)
    fields = None if end is None else _fields(head[: end.start()])
    if end is None or fields is None:
        others = list(_START.finditer(head, 1, len(head) if end is None else end.start()))
        source.skip(others[-1].start() if others else len(head) if end is None else end.end())
        _skip_to_start(source)
        if not source.damage:
            tell(place, "the head of a record is damaged")
        return None
    source.skip(end.end())
    length = int(fields["content-length"])
    is_framed = _is_framed(source, length)
    next_start = None if is_framed else source.find(MOST_BLOCK_BYTES)
    there_bytes = length if is_framed else MOST_BLOCK_BYTES if next_start is None else next_start
    block = source.ahead(0, min(there_bytes, MOST_BLOCK_BYTES))
    there_bytes = source.skip(there_bytes)
    if there_bytes != length and not source.damage:
        tell(place, f"a record says that it has {length} bytes; {there_bytes} are there")
    return Record(place, fields, block, is_framed and len(block) == length and not source.is_spoilt)


def _is_framed(source: _Source, length: int) -> bool:
    """Whether a block of that length is there, and what follows it is what follows a record."""
    if length > MOST_BLOCK_BYTES and isinstance(source, _Packed):
        return True  # to look so far ahead takes more memory than it is worth
    if length and not source.ahead(length - 1, 1):
        return False
    if source.ahead(length, 4) == b"\r\n\r\n":
        return True
    rest = source.ahead(length, _LOOK_BYTES).lstrip(_PADDING)  # some writers leave out the line ends
    return not rest or rest.startswith(_MEMBER) or _START.match(rest) is not None


def _fields(head: bytes) -> dict[str, str] | None:
    """`None` where no length is said, or a field is repeated that must not be: two heads run into each other."""
    fields: dict[str, str] = {}
    for line in FOLD.sub(b" ", head).decode("utf-8", "replace").splitlines()[1:]:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        if name in _ONCE and name in fields:
            return None
        fields.setdefault(name, value.strip())
    return fields if re.fullmatch(r"[0-9]{1,18}", fields.get("content-length", "")) else None
