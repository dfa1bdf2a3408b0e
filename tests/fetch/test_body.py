"""Bodies: every coding in pieces of any size, bombs, lies and cuts."""

import gzip
import random
import resource
import sys
import zlib
from collections.abc import Callable
from functools import cache

import brotli  # type: ignore[import-untyped]  # ships none
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetch.body import Body, BodyError, BrokenBodyError, TooLargeError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIB = 1024 * 1024


def raw_deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(level=1, wbits=-15)
    return compressor.compress(content) + compressor.flush()


def quick_gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1)


def quick_zlib(content: bytes) -> bytes:
    return zlib.compress(content, level=1)


def as_is(content: bytes) -> bytes:
    return content


def quick_brotli(content: bytes) -> bytes:
    return bytes(brotli.compress(content, quality=1))


Encode = Callable[[bytes], bytes]
CODINGS: dict[str, tuple[str, Encode]] = {
    "gzip": ("gzip", quick_gzip),
    "x-gzip": ("X-GZip", quick_gzip),
    "zlib": ("deflate", quick_zlib),
    "raw deflate": ("deflate", raw_deflate),
    "brotli": ("br", quick_brotli),
    "zstd": ("zstd", zstd.compress),
    "none": ("", as_is),
    "no coding": ("utf-8", as_is),
    "identity": ("identity", as_is),
}
every_coding = pytest.mark.parametrize(("header", "encode"), CODINGS.values(), ids=CODINGS)


def read(wire: bytes, header: str, *, most: int = 16 * MIB, piece_bytes: int = 65_536) -> bytes:
    body = Body(header, max_body_bytes=most)
    for start in range(0, len(wire), piece_bytes):
        body.feed(wire[start : start + piece_bytes])
    return body.finish()


@cache
def page(size: int) -> bytes:
    """Text that compresses about as well as a page does."""
    words = [b"%d " % number for number in random.Random(7).choices(range(10_000), k=size // 4)]
    return (b"".join(words) + b"." * size)[:size]


@every_coding
def test_a_body_comes_out_whole_however_it_is_cut(header: str, encode: Encode) -> None:
    wire = encode(page(20_000))

    decoded = {read(wire, header, piece_bytes=piece_bytes) for piece_bytes in (1, 7, 1000, len(wire))}

    assert decoded == {page(20_000)}


@pytest.mark.parametrize("coding", ["gzip", "raw deflate", "brotli", "zstd", "none"])
def test_a_large_body_comes_out_whole_however_it_is_cut(coding: str) -> None:
    header, encode = CODINGS[coding]
    wire = encode(page(4 * MIB))

    decoded = {read(wire, header, piece_bytes=piece_bytes) for piece_bytes in (100, len(wire))}

    assert decoded == {page(4 * MIB)}


@pytest.mark.parametrize("header", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_repeats_itself_comes_out_whole_in_small_pieces(header: str) -> None:
    encode = dict(CODINGS.values())[header]
    content = b"\0" * (4 * MIB)  # output waits inside the decoder long after its input is taken

    decoded = read(encode(content), header, piece_bytes=100)

    assert decoded == content


@every_coding
def test_an_empty_body_is_empty(header: str, encode: Encode) -> None:
    assert read(b"", header) == b""


def bombs() -> dict[str, bytes]:
    zeros = b"\0" * (4 * MIB)
    compressor = brotli.Compressor(quality=1)
    gzip_writer = zlib.compressobj(wbits=31)
    zstd_writer = zstd.ZstdCompressor(level=1)
    writers: dict[str, tuple[Encode, Callable[[], bytes]]] = {
        "br": (compressor.process, compressor.finish),
        "gzip": (gzip_writer.compress, gzip_writer.flush),
        "zstd": (zstd_writer.compress, zstd_writer.flush),
    }
    return {
        name: b"".join(compress(zeros) for _ in range(16)) + finish() for name, (compress, finish) in writers.items()
    }


def test_a_bomb_is_refused_without_growing_memory() -> None:
    wires = bombs()  # 64 MiB each
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for header, wire in wires.items():
        with pytest.raises(TooLargeError, match="when decoded"):
            read(wire, header, most=10 * MIB, piece_bytes=len(wire))

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 32 * 1024


@every_coding
def test_a_body_at_the_cap_passes_and_one_byte_more_does_not(header: str, encode: Encode) -> None:
    content = page(50_000)

    assert read(encode(content), header, most=50_000) == content
    with pytest.raises(TooLargeError):
        read(encode(content + b"!"), header, most=50_000)


@pytest.mark.parametrize("header", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_ends_early_is_broken(header: str) -> None:
    wire = dict(CODINGS.values())[header](page(50_000))

    with pytest.raises(BrokenBodyError, match="ends early"):
        read(wire[:-9], header)


def test_a_flipped_byte_is_broken() -> None:
    wire = bytearray(gzip.compress(page(50_000)))
    wire[len(wire) // 2] ^= 0xFF

    with pytest.raises(BrokenBodyError):
        read(bytes(wire), "gzip")


@pytest.mark.parametrize("header", ["gzip", "zstd"])
@pytest.mark.parametrize("content", [b"<!doctype html><p>plain", b"<", b"<p>"])
def test_plain_text_that_calls_itself_compressed_is_taken_as_it_is(header: str, content: bytes) -> None:
    assert read(content, header, piece_bytes=1) == content


def test_gzip_members_follow_each_other_and_rubbish_behind_them_is_ignored() -> None:
    wire = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0rubbish"

    assert {size: read(wire, "gzip", piece_bytes=size) for size in (1, 7, 1000)} == dict.fromkeys(
        (1, 7, 1000), b"one two"
    )


def test_zstd_frames_follow_each_other() -> None:
    wire = zstd.compress(b"one ") + zstd.compress(b"two")

    assert read(wire, "zstd", piece_bytes=5) == b"one two"


def test_countless_empty_members_end_soon() -> None:
    wire = gzip.compress(b"") * 100_000

    assert read(wire, "gzip") == b""


@pytest.mark.parametrize("header", ["gzip, gzip", "br,gzip", "gzip, identity, zstd", "gzip" + ", gzip" * 5000])
def test_stacked_codings_are_refused(header: str) -> None:
    with pytest.raises(BrokenBodyError, match="on top of each other"):
        Body(header, max_body_bytes=MIB)


def test_a_coding_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(BrokenBodyError, match="compress"):
        Body("compress", max_body_bytes=MIB)


@given(wire=st.binary(max_size=300), header=st.sampled_from(["gzip", "deflate", "br", "zstd", "", "gzip, br"]))
def test_any_bytes_decode_or_are_refused(wire: bytes, header: str) -> None:
    for lead in (b"", b"\x1f\x8b\x08", b"\x78\x9c", b"\x28\xb5\x2f\xfd"):
        try:
            decoded = read(lead + wire, header, most=MIB)
        except BodyError:
            continue
        assert len(decoded) <= MIB
