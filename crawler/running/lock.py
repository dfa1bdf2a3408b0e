"""The output folder: whether it holds a crawl, and its lock, one run a folder.

The system gives the lock back when its holder dies, however it dies.
"""

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from crawler.errors import ConfigError, FolderBusyError, StoreError


def check_is_crawled(folder: Path) -> None:
    """Refuse a folder that no crawl was made in.

    Raises:
        ConfigError: says what to do.
    """
    if not (folder / "state.db").exists():
        raise ConfigError(f"{folder} holds no crawl; crawl into it first, or name another folder with --out")


@contextlib.contextmanager
def locked(folder: Path, started_at: str) -> Iterator[None]:
    """Hold the output folder, which is made where it is absent.

    Raises:
        FolderBusyError: another run holds it; names that run.
        StoreError: the folder cannot be made or written.
    """
    path = folder / "lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(
            f"{folder}: {error.strerror or error}; name a folder that can be written with --out"
        ) from error
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(fd, 1000).decode("utf-8", "replace").strip() or "a run that has just begun"
            raise FolderBusyError(
                f"{folder} is held by another run: {_in_words(holder)}; wait for it, or crawl into another --out"
            ) from None
        os.ftruncate(fd, 0)
        holder = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "started_at": started_at})
        os.pwrite(fd, f"{holder}\n".encode(), 0)
        yield
        os.ftruncate(fd, 0)
    finally:
        os.close(fd)


def _in_words(holder: str) -> str:
    try:
        row = json.loads(holder)
        return f"process {row['pid']} on {row['host']}, since {row['started_at']}"
    except (ValueError, KeyError, TypeError):
        return holder[:200]
