import json
import os
from pathlib import Path

import pytest

from crawler.errors import FolderBusyError, StoreError
from crawler.running.lock import locked

AT = "2026-11-24T08:00:00Z"


def test_a_second_run_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with locked(tmp_path / "out", AT), pytest.raises(FolderBusyError) as told, locked(tmp_path / "out", AT):
        pass

    assert f"held by another run: process {os.getpid()} on " in str(told.value)
    assert f"since {AT}; wait for it, or crawl into another --out" in str(told.value)


def test_the_folder_is_free_again_after_a_run_however_it_ended(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path, AT):
        raise ZeroDivisionError

    with locked(tmp_path, AT):
        pass

    assert (tmp_path / "lock").read_bytes() == b""


@pytest.mark.parametrize("left", [b"", b"{}", b'{"pid": 5', b"[1]", b"\xff\xfe", b"7" * 5000])
def test_what_a_killed_run_left_in_the_file_is_no_lock(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "lock").write_bytes(left)

    with locked(tmp_path, AT):
        holder = (tmp_path / "lock").read_text()

    assert json.loads(holder)["started_at"] == AT, "the line is whole and alone in the file"


def test_a_folder_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(StoreError, match=r"file/out: .*; name a folder that can be written with --out"),
        locked(tmp_path / "file" / "out", AT),
    ):
        pass
