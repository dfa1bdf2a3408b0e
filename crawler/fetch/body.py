"""Bodies within bounds: one content coding undone, with caps on what is read and on what it becomes.

httpx decodes too, but without bounds: it was measured to hand out 512 MiB for one chunk of 102 bytes.
"""

import sys
import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # ships none

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPT_ENCODING = "gzip, deflate, br, zstd"  # exactly what is undone here
STEP_BYTES = 131_072  # the most that one step of a decoder may hand out, whatever a few bytes claim to be
MOST_MEMBERS = 1_000  # gzip members or zstd frames one after the other; block-wise gzip has 160 in 10 MiB
ZSTD_WINDOW_LOG = 23  # 8 MiB, the most a decoder must support (RFC 9659, 3)

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_CODINGS = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate", "br": "br", "zstd": "zstd"}
_UNASKED_CODINGS = frozenset({"aes128gcm", "compress", "x-compress", "dcb", "dcz", "exi", "pack200-gzip"})
_LEAD_BYTES = {"gzip": 2, "deflate": 2, "zstd": 4}  # what must be seen to know what the body really is


class BodyError(Exception):
    """The body cannot be used; the text says why."""


class BrokenBodyError(BodyError):
    """It does not follow its coding, or ends before it is over."""


class TooLargeError(BodyError):
    """It is, or would become, larger than allowed."""


class Body:
    """Collects a body that comes in pieces of any size."""

    def __init__(self, content_encoding: str, *, max_body_bytes: int) -> None:
        """Choose the decoder.

        Args:
            content_encoding: the header's values, joined by commas; "" where there is none.
            max_body_bytes: the cap on the bytes that come, and on what they become.

        Raises:
            BrokenBodyError: more than one coding, or one that was not asked for.
        """
        self.wire_bytes = 0
        self._max_body_bytes = max_body_bytes
        self._coding = _find_coding(content_encoding)
        self._lead = b""
        self._decoder: _Decoder | None = None
        self._pieces: list[bytes] = []
        self._decoded_bytes = 0

    def feed(self, piece: bytes) -> None:
        """Take the next piece of what comes over the wire, all at once; see `steps`."""
        for _ in self.steps(piece):
            pass

    def steps(self, piece: bytes) -> Iterator[int]:
        """Take the next piece of what comes over the wire; yields how many bytes each step of it has become.

        Raises:
            BrokenBodyError: it does not follow its coding.
            TooLargeError: a cap is passed; what was decoded so far is at most one step over it.
        """
        self.wire_bytes += len(piece)
        if self.wire_bytes > self._max_body_bytes:
            raise TooLargeError(f"more than {self._max_body_bytes} bytes came")
        if self._decoder is None:
            self._lead += piece
            if len(self._lead) < _LEAD_BYTES.get(self._coding, 0):
                return
            self._decoder = _decoder_for(self._coding, self._lead)
            piece, self._lead = self._lead, b""
        yield from self._decode(self._decoder, piece)

    def finish(self) -> bytes:
        """The whole body, decoded; to be called once, when the last piece has come.

        Raises:
            BrokenBodyError: it ends early.
            TooLargeError: as `feed`.
        """
        if self._decoder is None:  # shorter than any coded body: nothing, or plain text under a wrong header
            return self._lead
        if not self._decoder.is_complete:
            raise BrokenBodyError(f"the {self._coding} body ends early")
        return b"".join(self._pieces)

    def so_far(self) -> bytes:
        """What has been decoded until now."""
        return b"".join(self._pieces)

    def _decode(self, decoder: "_Decoder", piece: bytes) -> Iterator[int]:
        try:
            for decoded in decoder.decode(piece):
                self._pieces.append(decoded)
                self._decoded_bytes += len(decoded)
                if self._decoded_bytes > self._max_body_bytes:
                    raise TooLargeError(f"more than {self._max_body_bytes} bytes when decoded")
                yield len(decoded)
        except (zlib.error, brotli.error, zstd.ZstdError) as exc:
            raise BrokenBodyError(f"not valid {self._coding}: {exc}") from exc


def _find_coding(content_encoding: str) -> str:
    """The one coding to undo; "" for none. Names that are no codings ("utf-8", "none") are ignored, as browsers do."""
    names = [name.strip().lower() for name in content_encoding.split(",")]
    if unasked := next((name for name in names if name in _UNASKED_CODINGS), None):
        raise BrokenBodyError(f"content coding {unasked} was not asked for")
    codings = [_CODINGS[name] for name in names if name in _CODINGS]
    if len(codings) > 1:
        raise BrokenBodyError(f"{len(codings)} content codings on top of each other")
    return codings[0] if codings else ""


class _Decoder(Protocol):
    """Undoes one coding. `decode` yields pieces of at most about `STEP_BYTES`; it may be left at any of them."""

    @property
    def is_complete(self) -> bool: ...

    def decode(self, piece: bytes) -> Iterator[bytes]: ...


def _decoder_for(coding: str, lead: bytes) -> _Decoder:
    if coding == "gzip" and lead.startswith(_GZIP_MAGIC):
        return _Zlib(wbits=31)
    if coding == "deflate":
        return _Zlib(wbits=15 if _is_zlib_header(lead) else -15)
    if coding == "br":
        return _Brotli()
    if coding == "zstd" and (lead.startswith(_ZSTD_MAGIC) or (lead[0] >> 4 == 5 and lead[1:4] == b"\x2a\x4d\x18")):
        return _Zstd()
    return _Identity()  # also plain text that calls itself compressed


def _is_zlib_header(lead: bytes) -> bool:
    """RFC 1950, 2.2. Servers send raw deflate under the same name (RFC 9110, 8.4.1.2)."""
    return lead[0] & 0x0F == 8 and int.from_bytes(lead[:2]) % 31 == 0


class _Identity:
    is_complete = True

    def decode(self, piece: bytes) -> Iterator[bytes]:
        yield piece


class _Zlib:
    def __init__(self, *, wbits: int) -> None:
        self._wbits = wbits
        self._decompressor = zlib.decompressobj(wbits)
        self._members = 1

    @property
    def is_complete(self) -> bool:
        return self._decompressor.eof

    def decode(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            if self._decompressor.eof:
                if self._wbits != 31 or not piece.startswith(_GZIP_MAGIC[:1]) or self._members == MOST_MEMBERS:
                    return  # what follows the end is ignored, as browsers do
                self._decompressor = zlib.decompressobj(self._wbits)  # RFC 1952, 2.2: members follow each other
                self._members += 1
            while True:
                decoded = self._decompressor.decompress(piece, STEP_BYTES)
                if decoded:
                    yield decoded
                piece = self._decompressor.unconsumed_tail
                # A full step may leave output inside after all input is taken: asked until a step comes short.
                if self._decompressor.eof or (not piece and len(decoded) < STEP_BYTES):
                    break
            piece = self._decompressor.unused_data


class _Brotli:
    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()

    @property
    def is_complete(self) -> bool:
        return bool(self._decompressor.is_finished())

    def decode(self, piece: bytes) -> Iterator[bytes]:
        if self._decompressor.is_finished():
            return
        decoded = self._decompressor.process(piece, output_buffer_limit=STEP_BYTES)
        while decoded:  # `can_accept_more_data` is true while output is still inside, so: until nothing comes
            yield decoded
            if self._decompressor.is_finished():
                return
            decoded = self._decompressor.process(b"", output_buffer_limit=STEP_BYTES)


class _Zstd:
    def __init__(self) -> None:
        self._decompressor = self._next_frame()
        self._frames = 1

    @property
    def is_complete(self) -> bool:
        return self._decompressor.eof

    def decode(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            if self._decompressor.eof:
                if self._frames == MOST_MEMBERS:
                    return
                self._decompressor = self._next_frame()  # RFC 8878, 3: frames follow each other
                self._frames += 1
            while True:
                decoded = self._decompressor.decompress(piece, STEP_BYTES)
                piece = b""
                if decoded:
                    yield decoded
                if self._decompressor.eof or self._decompressor.needs_input:
                    break
            piece = self._decompressor.unused_data

    @staticmethod
    def _next_frame() -> "zstd.ZstdDecompressor":
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG})
