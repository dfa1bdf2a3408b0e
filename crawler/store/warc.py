"""The archive of an output folder: what was sent and what came, as WARC files. Which exchanges go in is left to others.

Bodies are too large for the outbox of the database, so archives go the other way than the JSONL files: append, sync,
then commit how long the file is. What a crash leaves beyond that was never promised, and is cut off at the next start.

Source: ISO 28500:2017, https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/ ("WARC" below).
"""

import base64
import hashlib
import os
import re
import uuid
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from crawler.errors import StoreError
from crawler.model.records import WarcPlace
from crawler.model.work import Answer
from crawler.store.segments import Disk, Segment

FOLDER = "archive"  # in the output folder; file names below begin with it
LEVEL = 3  # of zlib: 0.87 ms a page of 64 KB where 9 takes 3.2 ms, for 3 % more bytes
ROLL_BYTES = 1024 * 1024 * 1024  # WARC, Annex C, recommends it
_FILE = re.compile(rf"{FOLDER}/[^/]+\.warc\.gz")

# What no longer holds of a body whose codings are undone. Renamed, and by the names that Common Crawl uses.
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_DESCRIPTION = (
    "Content and transfer codings are undone; the fields that told of them are X-Crawl-Content-Encoding,"
    " X-Crawl-Content-Length and X-Crawl-Transfer-Encoding. Names of response fields are in lower case, reason phrases"
    " are the standard ones. From and the comment of User-Agent, which name the operator, are left out of requests."
)
_PHRASES = {int(status): status.phrase for status in HTTPStatus}


class Exchange(NamedTuple):
    """What is archived of a visit."""

    answer: Answer
    at_unix_s: float  # when it was asked


class Archive:
    """The WARC files of one output folder, one writer at a time; a run begins files of its own.

    `cut_back` comes first, then the caller commits `lengths`. For each group of visits: `append`, `sync`, and the
    transaction that settles the visits commits `lengths` too. Thus the name of a file is committed before there is
    such a file: what `cut_back` is not told of was never ours, and is let alone.

    Attributes:
        lengths: what is to be committed: by file, the bytes that survive a power loss.
    """

    def __init__(
        self,
        folder: Path,
        disk: Disk,
        *,
        run_id: str,
        software: str,
        operator: str | None = None,
        roll_bytes: int = ROLL_BYTES,
    ) -> None:
        """Nothing is opened yet; a run that archives nothing makes no file.

        Args:
            folder: the output folder.
            run_id: unlike that of any other run; the files are named by it.
            software: name and version, as `warcinfo` says them.
            operator: who answers for the crawl, to be read by everyone who gets the files; None: nothing is said.
            roll_bytes: a file that long after a `sync` is closed and the next one begun.
        """
        self.lengths: Mapping[str, int] = {}
        self._folder = folder
        self._disk = disk
        self._run_id = run_id
        self._software = software
        self._operator = operator
        self._roll_bytes = roll_bytes
        self._number = 0
        self._records = 0
        self._segment: Segment | None = None
        self._announce_next()

    def cut_back(self, lengths: Mapping[str, int]) -> dict[str, int]:
        """Drop what earlier runs appended but did not commit; a file with nothing else goes.

        Args:
            lengths: the committed bytes by file; files that are not ours are passed over. A file that is not there was
                moved away by its owner, as closed archives often are.

        Returns:
            The bytes cut off, a row a file that had some.

        Raises:
            StoreError: a file is shorter than committed, or cannot be cut; says which, and what to do.
        """
        cut = {}
        for name, committed in lengths.items():
            if _FILE.fullmatch(name) and (count := self._cut_file(self._folder / name, committed)):
                cut[name] = count
        return cut

    def append(self, exchanges: Iterable[Exchange]) -> tuple[WarcPlace, ...]:
        """Write each answer, and the request for it; returns where the answers lie, in the order given.

        Raises:
            StoreError: not all of it could be written; the archive is not to be used further.
        """
        places = []
        for exchange in exchanges:
            segment = self._segment or self._begin(exchange.at_unix_s)
            places.append(WarcPlace(file=self._name, offset=segment.length_bytes))
            segment.append(self._exchange_records(exchange))
        return tuple(places)

    def sync(self) -> None:
        """Return once all that was appended survives a power loss; `lengths` tells then.

        Raises:
            StoreError: it may not survive.
        """
        if self._segment is None:
            return
        self._segment.sync()
        self.lengths = {self._name: self._segment.length_bytes}
        if self._segment.length_bytes >= self._roll_bytes:
            self.close()
            self._announce_next()

    def close(self) -> None:
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    @property
    def _name(self) -> str:
        return f"{FOLDER}/{self._run_id}-{self._number:05d}.warc.gz"

    def _announce_next(self) -> None:
        self._number += 1
        self.lengths = {**self.lengths, self._name: 0}

    def _begin(self, at_unix_s: float) -> Segment:
        """The next file, with the record that describes it (WARC, 6.2)."""
        path = self._folder / self._name
        try:
            if not path.parent.exists():
                path.parent.mkdir()
                self._disk.sync_folder(self._folder)
        except OSError as error:
            raise StoreError(f"{path.parent}: {error.strerror or error}; the folder must be writable") from error
        self._segment = segment = Segment(self._disk, path)
        if segment.length_bytes:
            raise StoreError(f"{path} is there already and not ours: move it away and start again")
        fields = {
            "software": self._software,
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "robots": "RFC 9309",
            "isPartOf": self._run_id,
            "description": _DESCRIPTION,
        }
        if self._operator is not None:
            fields["operator"] = " ".join(self._operator.split())
        head = {**self._head("warcinfo", at_unix_s), "WARC-Filename": path.name}
        segment.append(_record(head, "application/warc-fields", _fields(fields)))
        return segment

    def _exchange_records(self, exchange: Exchange) -> bytes:
        """The response and its request, as others order them."""
        answer, at_unix_s = exchange
        head = self._head("response", at_unix_s)
        context = {"WARC-Target-URI": answer.url}
        if answer.peer is not None:
            context["WARC-IP-Address"] = answer.peer
        more = {"WARC-Payload-Digest": _digest(answer.body)}
        if answer.truncated is not None:
            more["WARC-Truncated"] = answer.truncated
        block = _response_head(answer) + answer.body
        records = _record({**head, **context, **more}, "application/http; msgtype=response", block)
        if answer.request_head:
            context["WARC-Concurrent-To"] = head["WARC-Record-ID"]
            records += _record(
                {**self._head("request", at_unix_s), **context},
                "application/http; msgtype=request",
                _without_contact(answer.request_head),
            )
        return records

    def _head(self, kind: str, at_unix_s: float) -> dict[str, str]:
        """What each record has. Its id follows from run and number, so that a run can be repeated byte for byte."""
        self._records += 1
        record_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{self._software} {self._run_id} {self._records}")
        moment = datetime.fromtimestamp(at_unix_s, UTC)
        return {
            "WARC-Type": kind,
            "WARC-Record-ID": f"<{record_id.urn}>",
            "WARC-Date": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        }

    def _cut_file(self, path: Path, committed_bytes: int) -> int:
        try:
            length_bytes = path.stat().st_size  # nothing is opened that need not change: it may be read-only by now
            if length_bytes < committed_bytes:
                raise StoreError(
                    f"{path} holds {length_bytes} bytes but state.db committed {committed_bytes}: it was cut or"
                    " replaced; put it back, move it away, or crawl into another folder"
                )
            if committed_bytes == 0:
                path.unlink()
            elif length_bytes > committed_bytes:
                fd = self._disk.open(path)
                try:
                    os.ftruncate(fd, committed_bytes)
                    self._disk.sync(fd)
                finally:
                    self._disk.close(fd)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror or error}; the file must be writable") from error
        return length_bytes - committed_bytes


def _record(head: Mapping[str, str], content_type: str, block: bytes) -> bytes:
    """A record as a gzip member of its own (WARC, Annex D), so that it can be read from its offset."""
    fields = {
        **head,
        "WARC-Block-Digest": _digest(block),
        "Content-Type": content_type,
        "Content-Length": str(len(block)),
    }
    return zlib.compress(b"WARC/1.1\r\n%b\r\n%b\r\n\r\n" % (_fields(fields), block), LEVEL, wbits=31)


def _fields(fields: Mapping[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()


def _digest(content: bytes) -> str:
    """SHA-1 in Base32, the one form that all tools compare; it finds faults, and proves nothing."""
    return "sha1:" + base64.b32encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode("ascii")


def _response_head(answer: Answer) -> bytes:
    """The head of an answer (RFC 9112, 4) as it is true of the body that we hold."""
    lines = [f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, '')}"]
    lines += (f"X-Crawl-{name.title()}: {v}" if name in _OF_THE_WIRE else f"{name}: {v}" for name, v in answer.headers)
    lines += (f"Content-Length: {len(answer.body)}", "", "")
    return "\r\n".join(lines).encode()


def _without_contact(request_head: bytes) -> bytes:
    """A request without the two fields' parts that name the operator, which is told to servers and to nobody else."""
    lines = []
    for line in request_head.splitlines():
        name = line.partition(b":")[0].lower()
        if name != b"from":
            lines.append(line.partition(b" (")[0] if name == b"user-agent" else line)
    return b"\r\n".join((*lines, b""))
