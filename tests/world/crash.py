"""Ends that no one orders: a process that dies at any step, and a disk that forgets what was not synced."""

import random
from pathlib import Path

import trio

from crawler.store.segments import OsDisk


class PowerCut(BaseException):
    """The end of the process; nothing of ours may catch it."""


class ForgetfulDisk(OsDisk):
    """Writes short, keeps only what was synced when the power goes, and lets the power go at a chosen operation.

    Args:
        cut_after: operations until the power goes; None: it never does.
    """

    def __init__(self, rng: random.Random, *, cut_after: int | None) -> None:
        self._rng = rng
        self._left = cut_after
        self._path_of: dict[int, Path] = {}
        self._synced_bytes: dict[Path, int] = {}
        self._inode_of: dict[Path, int] = {}

    def open(self, path: Path) -> int:
        fd = super().open(path)
        self._path_of[fd] = path
        self._inode_of[path] = path.stat().st_ino
        self._synced_bytes.setdefault(path, self.size(fd))
        return fd

    def write(self, fd: int, content: bytes | memoryview, offset: int) -> int:
        self._tick()
        return super().write(fd, content[: self._rng.randint(1, max(1, len(content)))], offset)

    def sync(self, fd: int) -> None:
        self._tick()
        self._synced_bytes[self._path_of[fd]] = self.size(fd)

    def sync_folder(self, folder: Path) -> None:
        self._tick()

    def lose_unsynced(self) -> None:
        """What a power loss leaves: of each file what was synced, some of the rest, and zeros for some of it."""
        for path, synced in self._synced_bytes.items():
            if not path.exists() or path.stat().st_ino != self._inode_of[path]:
                continue  # it was put in place of another, or replaced by one that was synced under its first name
            content = path.read_bytes()
            kept = content[: self._rng.randint(min(synced, len(content)), len(content))]
            zeros = (
                self._rng.randint(synced, len(kept)) if len(kept) > synced and self._rng.random() < 0.3 else len(kept)
            )
            path.write_bytes(kept[:zeros] + bytes(len(kept) - zeros))

    def _tick(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise PowerCut


class CrashAtStep(trio.abc.Instrument):
    """Cancels a scope once so many task steps were taken: any await point may be the last."""

    def __init__(self, scope: trio.CancelScope, step: int) -> None:
        self._scope = scope
        self._left = step

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self._left -= 1
        if self._left == 0:
            self._scope.cancel()
