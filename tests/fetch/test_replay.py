"""An archive as the web."""

import gzip
import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from crawler.errors import StoreError
from crawler.fetch.client import Client
from crawler.fetch.replay import MOST_TOLD, ArchiveTransport, check_archive, open_archive, responses
from crawler.model.work import Answer, Failure, Outcome

SHARED = Path(__file__).parents[2].parent / "shared"
HTML = ("Content-Type: text/html",)


def record(
    url: str,
    body: bytes,
    *,
    status: int = 200,
    date: str = "2026-11-01T00:00:00Z",
    kind: str = "response",
    fields: Sequence[str] = HTML,
    warc_fields: Sequence[str] = (),
) -> bytes:
    """A WARC record as other tools write it."""
    block = "\r\n".join((f"HTTP/1.1 {status} X", *fields, "", "")).encode() + body
    head = (
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: {url}",
        f"WARC-Date: {date}",
        "WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(block)}",
        *warc_fields,
    )
    return "\r\n".join((*head, "", "")).encode() + block + b"\r\n\r\n"


def write(path: Path, *records: bytes) -> Path:
    """Compressed record by record where the name says so."""
    path.write_bytes(b"".join(map(gzip.compress, records) if path.suffix == ".gz" else records))
    return path


async def ask(archive: ArchiveTransport, url: str) -> tuple[int, bytes] | Failure:
    async with Client(user_agent="test/1", transport=archive) as client:
        result = await client.fetch(url, max_body_bytes=1_000_000)
    return (result.status, result.body) if isinstance(result, Answer) else result


def told(path: Path) -> list[tuple[str, bytes | str]]:
    """Each page that is streamed, with its body or why there is none."""
    return [
        (page.url, page.result.body if isinstance(page.result, Answer) else page.result.why) for page in responses(path)
    ]


@pytest.fixture(params=["a.warc", "a.warc.gz"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


async def test_the_newest_200_wins_and_other_answers_stand_in_where_there_is_none(path: Path) -> None:
    write(
        path,
        record("https://a.example/x", b"newer", date="2026-11-02T00:00:00Z"),
        record("https://a.example/x", b"older", date="2026-11-01T00:00:00Z"),
        record("https://a.example/x", b"gone", date="2026-11-03T00:00:00Z", status=404),
        record("https://a.example/y", b"", status=301, fields=("Location: /x",)),
        record("https://a.example/z", b"request", kind="request"),
    )

    archive = open_archive(path)

    assert [await ask(archive, f"https://a.example/{name}") for name in "xyz"] == [
        (200, b"newer"),
        (301, b""),
        (404, b""),
    ]


async def test_an_address_is_found_in_every_spelling(path: Path) -> None:
    archive = open_archive(write(path, record("http://A.example:80/a|b?y=2&x=1&utm_source=s#top", b"page")))

    assert await ask(archive, "http://a.example/a|b?x=1&y=2") == (200, b"page")


async def test_a_folder_is_one_archive(tmp_path: Path) -> None:
    write(tmp_path / "1.warc.gz", record("http://a.example/1", b"one"), record("http://a.example/both", b"old"))
    write(tmp_path / "2.warc", record("http://a.example/2", b"two"), record("http://a.example/both", b"new"))
    (tmp_path / "notes.txt").write_text("no archive")

    archive = open_archive(tmp_path)

    assert [await ask(archive, f"http://a.example/{name}") for name in ("1", "2", "both")] == [
        (200, b"one"),
        (200, b"two"),
        (200, b"new"),
    ]


async def test_codings_are_undone_also_where_the_archive_has_done_so_already(path: Path) -> None:
    chunked = ("Transfer-Encoding: chunked", *HTML)
    zipped = ("Content-Encoding: gzip", *HTML)
    write(
        path,
        record("http://a.example/1", b"5\r\nhello\r\n0\r\n\r\n", fields=chunked),
        record("http://a.example/2", b"<p>hello", fields=chunked),
        record("http://a.example/3", gzip.compress(b"hello"), fields=zipped),
        record("http://a.example/4", b"<p>hello", fields=zipped),
    )

    archive = open_archive(path)

    assert [await ask(archive, f"http://a.example/{number}") for number in range(1, 5)] == [
        (200, b"hello"),
        (200, b"<p>hello"),
        (200, b"hello"),
        (200, b"<p>hello"),
    ]


@pytest.mark.parametrize("how", ["said", "cut", "chunks"])
async def test_a_truncated_record_is_broken_and_says_so(how: str, tmp_path: Path) -> None:
    records = {
        "said": record("http://a.example/", b"half", warc_fields=("WARC-Truncated: length",)),
        "cut": record("http://a.example/", b"half" * 100)[:-100],
        "chunks": record("http://a.example/", b"ff\r\nhalf", fields=("Transfer-Encoding: chunked",)),
    }
    path = write(tmp_path / "a.warc", records[how])

    result = await ask(open_archive(path), "http://a.example/")

    assert isinstance(result, Failure)
    assert (result.outcome, result.why, told(path)) == (
        Outcome.BROKEN,
        "truncated in the archive",
        [("http://a.example/", "truncated in the archive")],
    )


async def test_a_file_compressed_as_a_whole_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(b"".join(record(f"http://a.example/{n}", b"%d" % n) for n in range(5))))

    archive = open_archive(path)

    assert [await ask(archive, f"http://a.example/{n}") for n in range(5)] == [(200, b"%d" % n) for n in range(5)]


def test_what_follows_damage_is_read(path: Path) -> None:
    records = [record(f"http://a.example/{n}", random.Random(n).randbytes(3000)) for n in range(3)]
    write(path, *records)
    wire = bytearray(path.read_bytes())
    second = len(gzip.compress(records[0])) if path.suffix == ".gz" else len(records[0])
    wire[second + 5 : second + 60] = b"\0" * 55
    path.write_bytes(wire)

    pages = [page.url for page in responses(path) if isinstance(page.result, Answer)]

    assert pages == ["http://a.example/0", "http://a.example/2"]


def test_each_html_page_is_streamed_once(path: Path) -> None:
    write(
        path,
        record("http://a.example/1", gzip.compress(b"<p>one"), fields=("Content-Encoding: gzip", *HTML)),
        record("http://a.example/2", b"{}", fields=("Content-Type: application/json",)),
        record("http://a.example/3", b"gone", status=404),
        record("dns:a.example", b""),
        record("http://a.example/4", b"<p>four", fields=()),
    )

    assert told(path) == [("http://a.example/1", b"<p>one"), ("http://a.example/4", b"<p>four")]


def test_a_page_is_streamed_with_its_moment_and_with_what_the_server_said(path: Path) -> None:
    fields = ("Content-Type: text/html", "X-A: ü", "Set-Cookie: a", "Set-Cookie: b")
    write(path, record("http://a.example/1", b"<p>one", fields=fields, date="2016-09-01T10:00:00.25Z"))

    (page,) = responses(path)

    assert (page.at_unix_s, page.result) == (
        1_472_724_000.25,
        Answer(
            url="http://a.example/1",
            status=200,
            headers=(("content-type", "text/html"), ("x-a", "ü"), ("set-cookie", "a"), ("set-cookie", "b")),
            body=b"<p>one",
            wire_bytes=6,
            elapsed_s=0.0,
        ),
    )


@pytest.mark.parametrize(
    "date", ["", "yesterday", "2016-09-01T10:00:00", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59Z"]
)
def test_a_page_without_a_moment_has_that_of_its_file(date: str, path: Path) -> None:
    write(path, record("http://a.example/1", b"<p>one", date=date))
    os.utime(path, (0, 1_600_000_000))

    assert [page.at_unix_s for page in responses(path)] == [1_600_000_000]


def test_why_a_page_cannot_be_had_is_streamed_in_its_place(path: Path) -> None:
    write(
        path,
        record("http://a.example/1", b"x" * 500),
        record("http://a.example/2", gzip.compress(b"x" * 90)[:-9], fields=("Content-Encoding: gzip", *HTML)),
        record("http://a.example/3", b"<p>", warc_fields=("WARC-Truncated: time",)),
        record("http://a.example/4", b"%PDF", warc_fields=("WARC-Truncated: time",), fields=("Content-Type: a/pdf",)),
    )

    pages = list(responses(path, max_body_bytes=100))

    assert [
        (page.result.outcome, page.result.why, page.result.status) for page in pages if isinstance(page.result, Failure)
    ] == [
        (Outcome.TOO_LARGE, "more than 100 bytes came", 200),
        (Outcome.BROKEN, "the gzip body ends early", 200),
        (Outcome.BROKEN, "truncated in the archive", 200),
    ]


def test_the_news_of_common_crawl_are_read_as_they_are(tmp_path: Path) -> None:
    undone = ("Content-Type: text/html", "Content-Encoding: br", "X-Crawl-Content-Encoding: br", "Content-Length: 21")
    page = b"<!DOCTYPE html><p>one"
    records = (
        record("", b"", kind="warcinfo"),
        record("http://a.example/1", b"", kind="request"),
        record("http://a.example/1", page, fields=undone),
        record("http://a.example/1", b"", kind="metadata"),
        record("http://a.example/2", page, kind="revisit"),
        record(
            "http://a.example/3",
            page,
            fields=(*undone, "Transfer-Encoding: chunked"),
            warc_fields=("WARC-Truncated: length",),
        ),
    )
    path = write(tmp_path / "a.warc.gz", *(old.replace(b"WARC/1.1", b"WARC/1.0", 1) for old in records))

    assert told(path) == [("http://a.example/1", page), ("http://a.example/3", "truncated in the archive")]


@pytest.mark.parametrize("name", ["missing.warc", "page.warc", "folder", "zip.warc.gz"])
def test_what_is_no_archive_is_refused_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / "page.warc").write_bytes(b"<html>" * 100)
    (tmp_path / "zip.warc.gz").write_bytes(gzip.compress(b"hello" * 100))
    (tmp_path / "folder").mkdir()

    with pytest.raises(StoreError, match=name):
        check_archive(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "way_out"),
    [
        (b"PK\3\4" + bytes(100), "it is a zip: unpack it"),
        (b"filedesc://a.arc 0.0.0.0 20080430204825 text/plain 83\n", "turn it into WARC with warcio recompress"),
        (gzip.compress(b"filedesc://a.arc 0.0.0.0 20080430204825 text/plain 83\n", mtime=0), "turn it into WARC with"),
    ],
)
def test_what_is_no_archive_is_refused_with_the_way_out(content: bytes, way_out: str, tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(content)

    with pytest.raises(StoreError, match=f"not a WARC file; .*{way_out}"):
        check_archive(tmp_path)


def test_an_empty_file_is_an_empty_archive(tmp_path: Path) -> None:
    (tmp_path / "a.warc").touch()

    assert len(open_archive(tmp_path)) == 0


def test_a_garbled_archive_is_read_or_refused(path: Path) -> None:
    whole = write(path, *(record(f"http://a.example/{n}", b"<p>text " * 20) for n in range(3))).read_bytes()
    chance = random.Random(5)
    for _ in range(150):
        wire = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            wire[chance.randrange(len(wire))] = chance.randrange(256)
        path.write_bytes(wire[: chance.randint(1, len(wire))])
        try:
            assert len(open_archive(path)) <= 3
            assert len(list(responses(path))) <= 3
        except StoreError:
            continue


FIRST, LAST = record("http://a.example/1", b"<p>one"), record("http://a.example/3", b"<p>three")
SECOND = record("http://a.example/2", random.Random(2).randbytes(3000))
GZIP_FIRST, GZIP_SECOND, GZIP_LAST = map(gzip.compress, (FIRST, SECOND, LAST))
SECOND_LENGTH = b"Content-Length: 3043"
DAMAGED = {
    "shorter": (FIRST + SECOND.replace(SECOND_LENGTH, b"Content-Length: 99"), "says that it has 99 bytes; 3047 are"),
    "longer": (FIRST + SECOND.replace(SECOND_LENGTH, b"Content-Length: 3200"), "says that it has 3200 bytes; 3047 are"),
    "longest": (FIRST + SECOND.replace(SECOND_LENGTH, b"Content-Length: 9" + b"0" * 17), "0 bytes; 3047 are"),
    "negative": (FIRST + SECOND.replace(SECOND_LENGTH, b"Content-Length: -1"), "the head of a record is damaged"),
    "none": (FIRST + SECOND.replace(SECOND_LENGTH, b"X: 1"), "the head of a record is damaged"),
    "head": (FIRST + SECOND[:100], "the head of a record is damaged"),
    "block": (FIRST + SECOND[:1000], "a record says that it has 3043 bytes; "),
    "no block": (FIRST + SECOND[: SECOND.index(b"HTTP/")], "a record says that it has 3043 bytes; 0 are there"),
    "huge": (
        FIRST + SECOND.replace(b"X\r\n", b"", 1)[:20] + b"X: " + b"x" * 600_000,
        "the head of a record is damaged",
    ),
    "junk": (FIRST + b"junk\n" * 1000, "5000 bytes are no record"),
    "cut member": (GZIP_FIRST + GZIP_SECOND[:-999], "a gzip member is "),
    "sum": (GZIP_FIRST + GZIP_SECOND[:-8] + bytes(8), "a gzip member is damaged"),
    "packed junk": (GZIP_FIRST + gzip.compress(b"junk" * 1000), "4000 bytes are no record"),
    "packed longer": (
        GZIP_FIRST + gzip.compress(SECOND.replace(SECOND_LENGTH, b"Content-Length: 3200")),
        "says that it has 3200 bytes; 3047 are",
    ),
}


@pytest.mark.parametrize("how", DAMAGED)
async def test_damage_is_told_once_with_its_place_and_what_is_good_is_given(
    how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged, complaint = DAMAGED[how]
    is_packed = damaged.startswith(GZIP_FIRST)
    path = tmp_path / "a.warc"
    path.write_bytes(damaged + (GZIP_LAST if is_packed else LAST))

    pages = [url for url, body in told(path) if isinstance(body, bytes)]
    (line,) = caplog.messages
    archive = open_archive(path)

    assert pages == ["http://a.example/1", "http://a.example/3"]
    assert [await ask(archive, f"http://a.example/{number}") for number in (1, 3)] == [
        (200, b"<p>one"),
        (200, b"<p>three"),
    ]
    assert complaint in line
    if how != "packed junk":  # it may belong to the record before it, so it is looked for there
        assert line.startswith(f"{path}: byte {len(GZIP_FIRST if is_packed else FIRST)}: ")


def test_much_damage_is_told_in_few_lines(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(path, *(FIRST, LAST.replace(b"Length", b"Size")) * 90, FIRST)

    assert len(told(path)) == 91
    assert len(caplog.messages) == MOST_TOLD + 1
    assert caplog.messages[-1] == f"{path}: 70 places more like these"


def test_the_archives_of_a_folder_that_can_be_read_are(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "1.warc").write_bytes(b"<html>" * 10)
    (tmp_path / "2.warc").mkdir()
    (tmp_path / "3.warc").symlink_to("nowhere")
    write(tmp_path / "4.warc", FIRST)

    check_archive(tmp_path)

    assert told(tmp_path) == [("http://a.example/1", b"<p>one")]
    assert [message.split(": ", 1)[1] for message in caplog.messages] == [
        "byte 0: 60 bytes are no record; passed over",
        "cannot be read (Is a directory); passed over",
        "cannot be read (No such file or directory); passed over",
    ]


async def test_how_others_write_heads_is_read(path: Path) -> None:
    page = b"<p>a\r\n\r\nb"
    packed = record("http://a.example/2", gzip.compress(page), fields=("Content-Encoding:\r\n\tgzip", *HTML))
    line_feeds, lower = record("http://a.example/1", page), record("http://a.example/3", page)
    head, _, block = line_feeds.partition(b"\r\n\r\n")
    lower_head, _, lower_block = lower.partition(b"\r\n\r\n")
    answer = b"HTTP/2 200\nContent-Type: text/html\n\n" + page
    write(
        path,
        head.replace(b"\r\n", b"\n") + b"\n\n" + block,
        packed,
        lower_head.lower().replace(b"warc/", b"WARC/") + b"\r\n\r\n" + lower_block,
        record("http://a.example/4", b"").partition(b"Content-Length")[0]
        + b"Content-Length: %d\r\n\r\n" % len(answer)
        + answer
        + b"\r\n\r\n",
        record("http://a.example/5\r\nX:\r\n 1", page),
    )

    archive = open_archive(path)

    assert [await ask(archive, f"http://a.example/{number}") for number in range(1, 6)] == [(200, page)] * 5


async def test_who_answered_as_another_page_did_is_given_what_that_one_was(path: Path) -> None:
    refers = ("WARC-Refers-To-Target-URI: http://a.example/1",)
    archive = open_archive(
        write(
            path,
            record("http://a.example/2", b"", kind="revisit", warc_fields=refers),
            FIRST,
            record("http://a.example/3", b"", kind="revisit"),
        )
    )

    assert [await ask(archive, f"http://a.example/{number}") for number in (2, 3)] == [(200, b"<p>one"), (404, b"")]


async def test_a_file_that_changed_gives_nothing_for_what_is_no_longer_there(path: Path) -> None:
    archive = open_archive(write(path, FIRST, LAST))
    write(path, LAST)

    assert await ask(archive, "http://a.example/3") == (404, b"")


def test_heads_that_run_into_each_other_give_no_page_under_a_wrong_name(path: Path) -> None:
    write(path, SECOND[:130] + FIRST)

    assert told(path) == [("http://a.example/1", b"<p>one")]


def test_a_page_whose_chunks_or_head_have_no_end_is_truncated(path: Path) -> None:
    write(
        path,
        record("http://a.example/1", b"3\r\none\r\n", fields=("Transfer-Encoding: chunked", *HTML)),
        record("http://a.example/2", b"<p>", fields=("X: " + "x" * 300_000, *HTML)),
    )

    assert [body for _, body in told(path)] == ["truncated in the archive"] * 2


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "records that claim all": lambda count: (FIRST[:-4].replace(b"Length: 46", b"Length: 99999999") + b"\n") * count,
    "starts": lambda count: b"WARC/1.0\r\n" * 30 * count,
    "starts in lines": lambda count: b"WARC/1.0\r\nx" * 30 * count,
    "members": lambda count: GZIP_FIRST + b"\x1f\x8b\x08" * 100 * count,
    "members in each other": lambda count: (GZIP_FIRST[:-9]) * count,
    "zeros": lambda count: FIRST + bytes(300 * count) + FIRST,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_archives_take_time_by_their_length(what: str, tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(HOSTILE[what](2000))

    began_s = time.process_time()
    for _ in responses(path):
        pass

    assert time.process_time() - began_s < 2.0  # measured: 0.4 s at most; where each start costs what follows, minutes


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collection is not here")
async def test_every_page_of_the_collected_web_is_found() -> None:
    archive = open_archive(SHARED / "web" / "pages.warc.gz")
    urls = (SHARED / "web" / "urls.txt").read_text("utf-8").split()

    async with Client(user_agent="test/1", transport=archive) as client:
        results = [await client.fetch(url, max_body_bytes=10_000_000) for url in urls]

    assert {result.status for result in results} == {200}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collection is not here")
def test_the_archives_of_other_tools_are_read() -> None:
    read = {path.name: told(path) for path in (SHARED / "conformance" / "warc").glob("*.warc*")}

    assert {
        name: [body if isinstance(body, str) else len(body) for _, body in pages] for name, pages in read.items()
    } == {
        "example-bad-non-chunked.warc.gz": [1270],
        "example-digest.warc": [],  # a request only
        "example-iana.org-chunked.warc": [7223],
        "example-resource.warc.gz": [],  # no answer of a server
        "example-trunc.warc": ["the gzip body ends early"],
        "example.warc": [1270],
        "iipc-20130729-heritrix-revisit-with-http-headers.warc.gz": [],
        "iipc-hello-world.warc": [],  # plain text
        "iipc-hello-world.warc.gz": [],
    }
