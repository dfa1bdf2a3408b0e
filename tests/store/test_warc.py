"""The archive: true to what was exchanged, read by the tools of others, and whole whatever kills the writer."""

import errno
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import fastwarc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.cli import main as warcio

from crawler.errors import StoreError
from crawler.fetch.client import Client
from crawler.fetch.replay import open_archive
from crawler.model.records import WarcPlace
from crawler.model.work import Answer
from crawler.store.segments import Disk, OsDisk
from crawler.store.warc import Archive, Exchange

AT_UNIX_S = 1_795_500_000.5
URL = "https://a.example/story?id=1"
REQUEST = (
    b"GET /story?id=1 HTTP/1.1\r\nHost: a.example\r\nUser-Agent: test/1 (+me@b.example)\r\nFrom: me@b.example\r\n\r\n"
)


class ShortDisk(OsDisk):
    """Writes some bytes at a time, and fails once it is full."""

    def __init__(self, room_bytes: int) -> None:
        self.room_bytes = room_bytes

    def write(self, fd: int, content: bytes | memoryview, offset: int) -> int:
        if self.room_bytes <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = super().write(fd, bytes(content[: min(100, self.room_bytes)]), offset)
        self.room_bytes -= count
        return count


def exchange(
    url: str = URL,
    body: bytes = b"<p>story",
    *,
    status: int = 200,
    headers: Iterable[tuple[str, str]] = (("content-type", "text/html"),),
    truncated: str | None = None,
    peer: str | None = "192.0.2.7",
) -> Exchange:
    answer = Answer(
        url=url,
        status=status,
        headers=tuple(headers),
        body=body,
        wire_bytes=len(body),
        elapsed_s=0.1,
        request_head=REQUEST,
        peer=peer,
        truncated=truncated,
    )
    return Exchange(answer, AT_UNIX_S)


def opened(folder: Path, disk: Disk | None = None, *, run_id: str = "run", roll_bytes: int = 1_000_000) -> Archive:
    return Archive(
        folder, disk or OsDisk(), run_id=run_id, software="test/1", operator="A\r\nLab", roll_bytes=roll_bytes
    )


def archived(folder: Path, *exchanges: Exchange) -> tuple[Path, tuple[WarcPlace, ...]]:
    """The one file that the exchanges go to, and their places in it."""
    archive = opened(folder)
    places = archive.append(exchanges)
    archive.sync()
    archive.close()
    return folder / places[0].file, places


def records(path: Path) -> list[tuple[dict[str, str], bytes]]:
    """Fields and block of each record, as another tool reads them; those that differ in every file left out."""
    with path.open("rb") as file:
        return [
            (
                {name: value for name, value in record.rec_headers.headers if "Digest" not in name},
                record.raw_stream.read(),
            )
            for record in ArchiveIterator(file, no_record_parse=True)
        ]


def passes_check(path: Path) -> bool:
    """What `warcio check` says, whose command ends the program."""
    with pytest.raises(SystemExit) as ended:
        warcio(["check", "-v", str(path)])
    return ended.value.code == 0


def member_at(path: Path, offset: int) -> bytes:
    return zlib.decompressobj(wbits=31).decompress(path.read_bytes()[offset:])


def test_a_file_says_what_made_it_and_holds_each_answer_with_its_request(tmp_path: Path) -> None:
    path, _ = archived(tmp_path, exchange())

    (about, description), (response, answer), (request, question) = records(path)
    ids = [fields.pop("WARC-Record-ID") for fields in (about, response, request)]
    assert about == {
        "WARC-Type": "warcinfo",
        "WARC-Date": "2026-11-24T06:00:00Z",
        "WARC-Filename": "run-00001.warc.gz",
        "Content-Type": "application/warc-fields",
        "Content-Length": str(len(description)),
    }
    assert {b"software: test/1", b"operator: A Lab", b"robots: RFC 9309", b"format: WARC File Format 1.1"} <= set(
        description.splitlines()
    )
    assert (response, answer) == (
        {
            "WARC-Type": "response",
            "WARC-Date": "2026-11-24T06:00:00Z",
            "WARC-Target-URI": URL,
            "WARC-IP-Address": "192.0.2.7",
            "Content-Type": "application/http; msgtype=response",
            "Content-Length": str(len(answer)),
        },
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nContent-Length: 8\r\n\r\n<p>story",
    )
    assert (request, question) == (
        {
            "WARC-Type": "request",
            "WARC-Date": "2026-11-24T06:00:00Z",
            "WARC-Target-URI": URL,
            "WARC-IP-Address": "192.0.2.7",
            "WARC-Concurrent-To": ids[1],
            "Content-Type": "application/http; msgtype=request",
            "Content-Length": str(len(question)),
        },
        b"GET /story?id=1 HTTP/1.1\r\nHost: a.example\r\nUser-Agent: test/1\r\n\r\n",
    )
    assert len(set(ids)) == 3


def test_the_contact_of_the_operator_is_nowhere_in_it(tmp_path: Path) -> None:
    path, _ = archived(tmp_path, exchange(), exchange())

    assert not any(b"me@b.example" in block for _, block in records(path))


def test_the_tools_of_others_find_every_digest_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty, odd = exchange(body=b"", status=304, peer="2001:db8::1"), exchange(body=bytes(range(256)) * 99, status=599)
    path, _ = archived(tmp_path, exchange(), empty, odd)

    passed = passes_check(path)

    verdicts = [line.strip() for line in capsys.readouterr().out.splitlines() if "digest" in line]
    with path.open("rb") as file:
        read = [(str(record.record_type), record.verify_payload_digest()) for record in fastwarc.ArchiveIterator(file)]
    pair = [("response", True), ("request", False)]  # what has no payload has no digest of it
    assert (passed, verdicts) == (True, ["digest pass"] * 7)
    assert read == [("warcinfo", False), *pair * 3]


def test_a_place_leads_to_its_answer_alone(tmp_path: Path) -> None:
    path, places = archived(tmp_path, *(exchange(body=b"body %d" % number) for number in range(5)))

    bodies = [member_at(path, place.offset).split(b"\r\n\r\n")[2] for place in places]

    assert bodies == [b"body %d" % number for number in range(5)]


def test_fields_that_the_body_no_longer_bears_out_are_renamed(tmp_path: Path) -> None:
    wire = (
        ("content-encoding", "br"),
        ("content-length", "5"),
        ("x-a", "ü"),
        ("x-a", ""),
        ("transfer-encoding", "chunked"),
    )
    path, _ = archived(tmp_path, exchange(body=b"decoded", headers=wire))

    head = records(path)[1][1].partition(b"\r\n\r\n")[0]

    assert head.decode().splitlines() == [
        "HTTP/1.1 200 OK",
        "X-Crawl-Content-Encoding: br",
        "X-Crawl-Content-Length: 5",
        "x-a: ü",
        "x-a: ",
        "X-Crawl-Transfer-Encoding: chunked",
        "Content-Length: 7",
    ]


def test_a_body_that_was_cut_says_so(tmp_path: Path) -> None:
    path, _ = archived(tmp_path, exchange(truncated="length"))

    assert [fields.get("WARC-Truncated") for fields, _ in records(path)] == [None, "length", None]


@given(
    body=st.binary(max_size=300),
    headers=st.lists(
        st.tuples(
            st.sampled_from(("content-encoding", "transfer-encoding", "content-length", "x-a", "etag")),
            st.sampled_from(("gzip", "br", "chunked", "5", "\xa0ü", "")),
        ),
        max_size=4,
    ),
)
async def test_what_was_archived_is_replayed_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, headers: list[tuple[str, str]]
) -> None:
    path, _ = archived(tmp_path_factory.mktemp("out"), exchange(body=body, headers=headers))

    async with Client(user_agent="test/1", transport=open_archive(path)) as client:
        answer = await client.fetch(URL, max_body_bytes=1000)

    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (200, body)


def test_the_same_run_writes_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written.append(archived(tmp_path / name, exchange(), exchange())[0].read_bytes())

    assert written[0] == written[1]


def test_a_run_that_archives_nothing_makes_no_file(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    archive.append([])
    archive.sync()
    archive.close()

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_long_enough_is_followed_by_another_whose_name_is_told_before_it_is_there(
    tmp_path: Path,
) -> None:
    archive = opened(tmp_path, roll_bytes=1_000)
    told = [archive.lengths]

    for _ in range(2):
        archive.append([exchange(), exchange()])
        archive.sync()
        told.append(archive.lengths)
    archive.close()

    files = sorted((tmp_path / "archive").iterdir())
    names, sizes = (
        [f"archive/run-0000{number}.warc.gz" for number in (1, 2, 3)],
        [file.stat().st_size for file in files],
    )
    assert told == [{names[0]: 0}, {names[0]: sizes[0], names[1]: 0}, {names[1]: sizes[1], names[2]: 0}]
    assert [fields["WARC-Type"] for file in files for fields, _ in records(file)] == [
        "warcinfo",
        *("response", "request") * 2,
    ] * 2


@given(kept=st.integers(0, 10_000), torn=st.binary(max_size=40))
def test_whatever_part_of_a_group_reached_the_disk_only_what_was_committed_stays(
    tmp_path_factory: pytest.TempPathFactory, kept: int, torn: bytes
) -> None:
    folder = tmp_path_factory.mktemp("out")
    archive = opened(folder)
    archive.append([exchange()])
    archive.sync()
    committed = archive.lengths
    archive.append([exchange(), exchange()])
    archive.close()
    (name,) = committed
    path = folder / name
    whole = path.read_bytes()
    left = whole[: max(committed[name], min(kept, len(whole)))] + torn
    path.write_bytes(left)

    cut = opened(folder, run_id="next").cut_back({**committed, "articles.jsonl": 7})

    assert path.read_bytes() == whole[: committed[name]]
    assert cut == ({name: len(left) - committed[name]} if len(left) > committed[name] else {})


def test_a_file_of_which_nothing_was_committed_goes_and_files_that_are_not_ours_stay(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    promised = archive.lengths
    archive.append([exchange()])
    archive.close()
    strange = tmp_path / "archive" / "mine.warc.gz"
    strange.write_bytes(b"kept")

    cut = opened(tmp_path, run_id="next").cut_back({**promised, "archive/moved-00001.warc.gz": 500})

    assert (list(cut), list(strange.parent.iterdir())) == (["archive/run-00001.warc.gz"], [strange])


def test_a_file_shorter_than_committed_is_refused_by_name(tmp_path: Path) -> None:
    path, _ = archived(tmp_path, exchange())
    length_bytes = path.stat().st_size
    path.write_bytes(b"cut")

    with pytest.raises(
        StoreError, match=rf"{path.name} holds 3 bytes but state.db committed {length_bytes}: .* put it back"
    ):
        opened(tmp_path).cut_back({f"archive/{path.name}": length_bytes})

    assert path.read_bytes() == b"cut"


def test_a_disk_that_writes_short_gets_whole_records(tmp_path: Path) -> None:
    archive = opened(tmp_path, ShortDisk(1_000_000))
    (place,) = archive.append([exchange()])
    archive.sync()
    archive.close()

    assert passes_check(tmp_path / place.file)


@pytest.mark.parametrize("room_bytes", [0, 300, 900, 1_500])
def test_a_full_disk_is_told_and_the_next_start_cuts_back_what_was_not_committed(
    tmp_path: Path, room_bytes: int
) -> None:
    archive = opened(tmp_path, ShortDisk(room_bytes))
    committed: list[Mapping[str, int]] = [archive.lengths]

    def fill() -> None:
        while True:
            archive.append([exchange()])
            archive.sync()
            committed.append(archive.lengths)

    with pytest.raises(StoreError, match=r"run-00001\.warc\.gz: No space left on device"):
        fill()

    archive.close()
    opened(tmp_path, run_id="next").cut_back(committed[-1])
    files = list((tmp_path / "archive").iterdir())
    assert {file.name: file.stat().st_size for file in files} == {
        name.removeprefix("archive/"): length for name, length in committed[-1].items() if length
    }
    assert all(map(passes_check, files))


def test_a_folder_that_cannot_be_made_and_a_name_that_is_taken_are_told(tmp_path: Path) -> None:
    taken = tmp_path / "archive" / "run-00001.warc.gz"
    taken.parent.mkdir()
    taken.write_bytes(b"mine")

    with pytest.raises(StoreError, match="archive: No such file or directory"):
        opened(tmp_path / "nowhere").append([exchange()])
    with pytest.raises(StoreError, match="is there already and not ours"):
        opened(tmp_path).append([exchange()])
