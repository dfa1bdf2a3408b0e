"""An archive as the web: what a WARC file or a folder of them holds is answered from it, all else is "not found".

Nothing here touches the network. Bodies go through the same bounded decoder as those of the web.
"""

import io
import mmap
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
from fastwarc import ArchiveIterator, WarcRecord, WarcRecordType
from fastwarc.stream_io import ChunkedReader

from crawler.errors import StoreError
from crawler.fetch.asking import address_of
from crawler.fetch.body import Body, BodyError, TooLargeError
from crawler.fetch.client import decode_header
from crawler.model.urls import canonical_url, fingerprint, resolve_url
from crawler.model.work import Answer, Failure, Outcome

SUFFIXES = (".warc", ".warc.gz")
MOST_BLOCK_BYTES = 64 * 1024 * 1024  # of a record that is read at all; the client's cap is far below
MOST_BODY_BYTES = 10 * 1024 * 1024  # a page decoded, as on the web
MOST_HEAD_BYTES = 256 * 1024  # of the headers of an answer
TRUNCATED = "truncated in the archive"
_STATUS_LINE = re.compile(rb"HTTP/[0-9.]+[ \t]+([1-9][0-9]{2})\b")
_CHUNK_LINE = re.compile(rb"[0-9A-Fa-f]+[ \t]*(?:;[^\r\n]*)?\r?\n")
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|\?xml|!--)", re.IGNORECASE)  # of no coding's making
_STARTS = {".gz": b"\x1f\x8b\x08", ".warc": b"WARC/1."}  # what a record begins with, to go on after damage


class _Place(NamedTuple):
    """Where an archived response lies."""

    path: Path
    offset: int  # of its record, in bytes of the file as it is
    ordinal: int  # among the response records of the file


class _Response(NamedTuple):
    """An archived response."""

    url: str  # as it was sent
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes  # content coding not undone
    is_whole: bool


class ArchivedPage(NamedTuple):
    """An HTML page of an archive."""

    url: str  # as it was sent
    at_unix_s: float  # when it was archived
    result: Answer | Failure  # a failure where the page is truncated, too large or wrongly coded


class ArchiveTransport(httpx.AsyncBaseTransport):
    """Answers requests from an archive; `open_archive` makes it. For a `Client`, as if it were the web."""

    def __init__(self, places: dict[bytes, _Place]) -> None:
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        address = address_of(request)
        place = self._places.get(fingerprint(canonical_url(address)))
        response = None if place is None else _read_place(place)
        if response is None:
            return httpx.Response(404, stream=_Stored(b"", is_whole=True), request=request)
        stream = _Stored(response.body, is_whole=response.is_whole)
        return httpx.Response(response.status, headers=response.headers, stream=stream, request=request)


class _Stored(httpx.AsyncByteStream):
    """A body that is there already, in one piece."""

    def __init__(self, body: bytes, *, is_whole: bool) -> None:
        self._left = body
        self._is_whole = is_whole

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._left:
            piece, self._left = self._left, b""
            return piece
        if not self._is_whole:
            raise httpx.RemoteProtocolError(TRUNCATED)
        raise StopAsyncIteration


def open_archive(path: Path) -> ArchiveTransport:
    """Index a WARC file, or the WARC files of a folder, by canonical URL.

    The newest answer with status 200 of a URL is the one that is given; where there is none, the newest of all.
    Memory: about 300 B a URL.

    Raises:
        StoreError: there is no such file, a folder without WARC files, or a file that is no WARC.
    """
    places: dict[bytes, _Place] = {}
    ranks: dict[bytes, tuple[bool, str]] = {}
    for file in _files(path):
        for place, record in _response_records(file):
            if (url := _address(record)) is None or (status := _status(_first_line(record))) is None:
                continue
            key = fingerprint(canonical_url(url))
            rank = (status == 200, (record.headers.get("WARC-Date") or "").rstrip("Z"))
            if key not in ranks or rank >= ranks[key]:
                places[key], ranks[key] = place, rank
    return ArchiveTransport(places)


def responses(path: Path, *, max_body_bytes: int = MOST_BODY_BYTES) -> Iterator[ArchivedPage]:
    """Each archived HTML page with status 200, one by one, in the order of the archive; no index is kept.

    Raises:
        StoreError: as `open_archive`.
    """
    for file in _files(path):
        archived_by_unix_s = file.stat().st_mtime
        for _, record in _response_records(file):
            response = _read_response(record)
            if response is not None and response.status == 200 and _is_html(response):
                at_unix_s = _moment(record) or archived_by_unix_s
                yield ArchivedPage(response.url, at_unix_s, _read_page(response, max_body_bytes))


def _is_html(response: _Response) -> bool:
    content_type = next((value for name, value in response.headers if name == b"content-type"), b"html")
    return b"html" in content_type.lower()


def _read_page(response: _Response, max_body_bytes: int) -> Answer | Failure:
    """What `Client.fetch` would have come to."""
    headers = tuple((decode_header(name), decode_header(value)) for name, value in response.headers)
    failure = Failure(
        outcome=Outcome.BROKEN,
        why=TRUNCATED,
        elapsed_s=0.0,
        status=response.status,
        wire_bytes=len(response.body),
        asked=False,
    )
    if not response.is_whole:
        return failure
    try:
        codings = ",".join(value for name, value in headers if name == "content-encoding")
        body = Body(codings, max_body_bytes=max_body_bytes)
        body.feed(response.body)
        content = body.finish()
    except BodyError as exc:
        outcome = Outcome.TOO_LARGE if isinstance(exc, TooLargeError) else Outcome.BROKEN
        return msgspec.structs.replace(failure, outcome=outcome, why=str(exc))
    return Answer(
        url=response.url,
        status=response.status,
        headers=headers,
        body=content,
        wire_bytes=len(response.body),
        elapsed_s=0.0,
    )


def _files(path: Path) -> Sequence[Path]:
    """The WARC files that a path means, by name."""
    if path.is_file():
        return (path,)
    files = sorted(file for file in path.glob("*") if file.name.endswith(SUFFIXES)) if path.is_dir() else []
    if not files:
        raise StoreError(f"{path}: no such WARC file, and no folder with {' or '.join(SUFFIXES)} files")
    return files


def _response_records(path: Path) -> Iterator[tuple[_Place, WarcRecord]]:
    """The response records of a file; a record must be read before the next one is asked for.

    After damage it goes on with the next record that can be read.
    """
    if path.stat().st_size == 0:
        return
    ordinal = 0
    is_warc = False
    with path.open("rb") as file, closing(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) as content:
        begin = _STARTS[".gz"] if content[:2] == _STARTS[".gz"][:2] else _STARTS[".warc"]
        offset = 0
        while offset >= 0:
            file.seek(offset)
            try:
                for record in ArchiveIterator(file, parse_http=False):
                    is_warc = True
                    offset = max(offset, record.stream_pos)
                    if record.record_type == WarcRecordType.response:
                        yield _Place(path, record.stream_pos, ordinal), record
                        ordinal += 1
                break
            except OSError:
                offset = content.find(begin, offset + 1)
    if not is_warc:
        raise StoreError(f"{path}: not a WARC file")


def _read_place(place: _Place) -> _Response | None:
    """The response at a place; `None` where the file has changed since it was indexed."""
    with place.path.open("rb") as file:
        file.seek(place.offset)
        try:
            record = next(iter(ArchiveIterator(file, parse_http=False)), None)
            if record is not None and record.record_type == WarcRecordType.response:
                return _read_response(record)
        except OSError:
            pass
    # A file compressed as a whole, against WARC 1.1, Annex D, can only be read from its beginning.
    for found, record in _response_records(place.path):
        if found.ordinal == place.ordinal:
            return _read_response(record)
    return None


def _read_response(record: WarcRecord) -> _Response | None:
    """`None` where the record holds no response of the web."""
    url = _address(record)
    block = _read_block(record)
    head, _, body = block.partition(b"\r\n\r\n" if b"\r\n\r\n" in block[:MOST_HEAD_BYTES] else b"\n\n")
    status_line, *lines = head.splitlines() or [b""]
    status = _status(status_line)
    if url is None or status is None:
        return None
    headers = [
        (name.strip().lower(), value.strip())
        for name, colon, value in (line.partition(b":") for line in lines)
        if colon
    ]
    is_whole = len(block) == record.content_length and not record.headers.get("WARC-Truncated")
    codings = b",".join(value.lower() for name, value in headers if name == b"transfer-encoding")
    if b"chunked" in codings and _CHUNK_LINE.match(body):  # many archives keep the header of what they have undone
        try:
            body = ChunkedReader(io.BytesIO(body)).read()
        except OSError:
            is_whole = False
    if _MARKUP.match(body):  # Common Crawl's news keep this header, too, of what they have undone
        headers = [(name, value) for name, value in headers if name != b"content-encoding"]
    return _Response(url, status, headers, body, is_whole)


def _read_block(record: WarcRecord) -> bytes:
    """What can be read of a record, up to `MOST_BLOCK_BYTES`."""
    pieces: list[bytes] = []
    left = MOST_BLOCK_BYTES
    try:
        while left > 0 and (piece := record.reader.read(min(left, 1024 * 1024))):
            pieces.append(piece)
            left -= len(piece)
    except OSError:  # a damaged file; what came before the damage is too short for its record, which tells
        pass
    return b"".join(pieces)


def _first_line(record: WarcRecord) -> bytes:
    try:
        return record.reader.readline()
    except OSError:
        return b""


def _address(record: WarcRecord) -> str | None:
    """The web address that a record answers; `None` for others, such as `dns:`."""
    return resolve_url((record.headers.get("WARC-Target-URI") or "").strip("<> "))  # wget 1.x wrote the brackets


def _moment(record: WarcRecord) -> float | None:
    """When it was archived, UTC seconds; `None` where the record does not say it as it must."""
    try:
        moment = datetime.fromisoformat(record.headers.get("WARC-Date") or "")
    except ValueError:
        return None
    is_sane = moment.tzinfo is not None and 1990 <= moment.year < 9999  # the first web page, and what can be written
    return moment.timestamp() if is_sane else None


def _status(line: bytes) -> int | None:
    match = _STATUS_LINE.match(line)
    return int(match[1]) if match else None
