"""An archive as the web: what a WARC file or a folder of them holds is answered from it, all else is "not found".

Nothing here touches the network. Bodies go through the same bounded decoder as those of the web.
"""

import logging
import re
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec

from crawler.errors import StoreError
from crawler.fetch.asking import address_of
from crawler.fetch.body import Body, BodyError, TooLargeError
from crawler.fetch.client import decode_header
from crawler.fetch.warcfile import FOLD, HEAD_END, MOST_HEAD_BYTES, Place, Record, read_record, read_records
from crawler.model.urls import canonical_url, fingerprint, resolve_url
from crawler.model.work import Answer, Failure, Outcome

SUFFIXES = (".warc", ".warc.gz")
MOST_BODY_BYTES = 10 * 1024 * 1024  # a page decoded, as on the web
MOST_TOLD = 20  # faults of a file, a line each
TRUNCATED = "truncated in the archive"
_STATUS_LINE = re.compile(rb"HTTP/[0-9.]+[ \t]+([1-9][0-9]{2})\b", re.IGNORECASE)
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|\?xml|!--)", re.IGNORECASE)  # of no coding's making
_OTHERS = (
    (b"PK\3\4", "it is a zip: unpack it, the WARC files of a .wacz lie in its folder archive"),
    (b"\x28\xb5\x2f\xfd", "unpack it with zstd -d"),
    (b"filedesc:", "it is in the older format ARC: turn it into WARC with warcio recompress"),
)

log = logging.getLogger("crawler.replay")

_FilePlace = tuple[Path, Place]


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

    def __init__(self, places: dict[bytes, _FilePlace]) -> None:
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        address = address_of(request)
        place = self._places.get(fingerprint(canonical_url(address)))
        record = None if place is None else read_record(*place)
        response = None if record is None else _response(record)
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


def check_archive(path: Path) -> None:
    """See that a WARC file, or one of the WARC files of a folder, can be read; empty ones can.

    Raises:
        StoreError: there is none.
    """
    complaint = ""
    for file in _files(path):
        try:
            if file.stat().st_size == 0 or next(read_records(file, lambda place, what: None), None) is not None:
                return
            complaint = complaint or f"{file}: not a WARC file{_way_out(file)}"
        except OSError as error:
            complaint = complaint or f"{file}: cannot be read ({error.strerror or error})"
    raise StoreError(complaint)


def open_archive(path: Path) -> ArchiveTransport:
    """Index a WARC file, or the WARC files of a folder, by canonical URL; what is damaged is logged.

    The newest answer with status 200 of a URL is the one that is given; where there is none, the newest of all. A URL
    that is only said to have answered as another one did is given what that one was.
    Memory: about 300 B a URL.

    Raises:
        StoreError: there is no such file, or a folder without WARC files.
    """
    places: dict[bytes, _FilePlace] = {}
    ranks: dict[bytes, tuple[bool, str]] = {}
    same: dict[bytes, bytes] = {}
    for file, record in _records(path):
        key = _key(record.fields.get("warc-target-uri"))
        if key is None:
            continue
        if record.kind == "revisit" and (original := _key(record.fields.get("warc-refers-to-target-uri"))) is not None:
            same[key] = original
        status = _status(record.block) if record.kind == "response" else None
        rank = (status == 200, record.fields.get("warc-date", "").rstrip("Z"))
        if status is not None and (key not in ranks or rank >= ranks[key]):
            places[key], ranks[key] = (file, record.place), rank
    for key, original in same.items():
        if key not in places and original in places:
            places[key] = places[original]
    return ArchiveTransport(places)


def responses(path: Path, *, max_body_bytes: int = MOST_BODY_BYTES) -> Iterator[ArchivedPage]:
    """Each archived HTML page with status 200, one by one, in the order of the archive; no index is kept.

    What is damaged is logged.

    Raises:
        StoreError: as `open_archive`.
    """
    for file, record in _records(path):
        response = _response(record)
        if response is not None and response.status == 200 and _is_html(response):
            at_unix_s = _moment(record) or file.stat().st_mtime
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


def _way_out(path: Path) -> str:
    """What to do with a file that is no WARC file, where what it is instead can be told."""
    with path.open("rb") as file:
        begin = file.read(1024)
    with suppress(zlib.error):
        begin = zlib.decompressobj(wbits=31).decompress(begin, 16)
    return next((f"; {what}" for start, what in _OTHERS if begin.startswith(start)), "")


def _records(path: Path) -> Iterator[tuple[Path, Record]]:
    """The records of all files; what cannot be read is logged, a line each, and passed over."""
    for file in _files(path):
        faults = 0

        def tell(place: Place, what: str, file: Path = file) -> None:
            nonlocal faults
            faults += 1
            if faults <= MOST_TOLD:
                inside = f", byte {place.inside} of what is packed there" if place.inside else ""
                log.warning("%s: byte %d%s: %s; passed over", file, place.offset, inside, what)

        try:
            for record in read_records(file, tell):
                yield file, record
        except OSError as error:
            log.warning("%s: cannot be read (%s); passed over", file, error.strerror or error)
        if faults > MOST_TOLD:
            log.warning("%s: %d places more like these", file, faults - MOST_TOLD)


def _response(record: Record) -> _Response | None:
    """`None` where the record holds no response of the web."""
    url = _address(record.fields.get("warc-target-uri"))
    status = _status(record.block) if record.kind == "response" else None
    if url is None or status is None:
        return None
    end = HEAD_END.search(record.block, 0, MOST_HEAD_BYTES)
    head, body = (
        (record.block[:MOST_HEAD_BYTES], b"")
        if end is None
        else (record.block[: end.start()], record.block[end.end() :])
    )
    headers = [
        (name.strip().lower(), value.strip())
        for name, colon, value in (line.partition(b":") for line in FOLD.sub(b" ", head).splitlines()[1:])
        if colon
    ]
    is_whole = record.is_whole and "warc-truncated" not in record.fields and len(head) < MOST_HEAD_BYTES
    codings = b",".join(value.lower() for name, value in headers if name == b"transfer-encoding")
    if b"chunked" in codings and _CHUNK_LINE.match(body):  # many archives keep the header of what they have undone
        body, has_end = _unchunked(body)
        is_whole = is_whole and has_end
    if _MARKUP.match(body):  # Common Crawl's news keep this header, too, of what they have undone
        headers = [(name, value) for name, value in headers if name != b"content-encoding"]
    return _Response(url, status, headers, body, is_whole)


def _unchunked(body: bytes) -> tuple[bytes, bool]:
    """A body without its chunks (RFC 9112, 7.1), and whether its end is there."""
    content = bytearray()
    at = 0
    while line := _CHUNK_LINE.match(body, at):
        length = int(line[1], 16)
        if length == 0:
            return bytes(content), True
        content += body[line.end() : line.end() + length]
        at = line.end() + length
        at += 2 if body.startswith(b"\r\n", at) else 1
    return bytes(content), False


def _address(uri: str | None) -> str | None:
    """The web address that a record tells of; `None` for others, such as `dns:`."""
    return resolve_url((uri or "").strip("<> "))  # wget 1.x wrote the brackets


def _key(uri: str | None) -> bytes | None:
    url = _address(uri)
    return None if url is None else fingerprint(canonical_url(url))


def _moment(record: Record) -> float | None:
    """When it was archived, UTC seconds; `None` where the record does not say it as it must."""
    try:
        moment = datetime.fromisoformat(record.fields.get("warc-date", ""))
    except ValueError:
        return None
    is_sane = moment.tzinfo is not None and 1990 <= moment.year < 9999  # the first web page, and what can be written
    return moment.timestamp() if is_sane else None


def _status(line: bytes) -> int | None:
    match = _STATUS_LINE.match(line)
    return int(match[1]) if match else None
