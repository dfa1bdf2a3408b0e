"""How much all bodies under way may hold together: past that, a body waits rather than fails.

Whoever began first never waits. So there is always one that comes to its end and makes room, and bodies that each wait
for a little more cannot block each other for good. In all they hold at most the budget, one body on top of it, and a
step of the decoder each.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import trio


class BodyBudget:
    """Bytes in memory, shared by the bodies that are being read."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.held_bytes = 0
        self._shares: dict[Share, None] = {}  # the longest open first
        self._released = trio.Event()

    @contextmanager
    def open_share(self, exchange: trio.CancelScope) -> Iterator["Share"]:
        """The share of one body, which is free for others at the end of the block.

        Args:
            exchange: its deadline stands still while the body waits, which is no fault of its server.
        """
        share = Share(self, exchange)
        self._shares[share] = None
        try:
            yield share
        finally:
            del self._shares[share]
            self.held_bytes -= share.held_bytes
            self._released.set()  # all who wait look again: at most as many as there are visits
            self._released = trio.Event()

    def has_room_for(self, share: "Share") -> bool:
        """Whether the body of a share may go on."""
        return self.held_bytes <= self.max_bytes or next(iter(self._shares)) is share

    async def wait_for_release(self) -> None:
        """Wait until any share is free."""
        await self._released.wait()


class Share:
    """What one body holds of a budget."""

    def __init__(self, budget: BodyBudget, exchange: trio.CancelScope) -> None:
        self.held_bytes = 0
        self._budget = budget
        self._exchange = exchange

    async def hold(self, more_bytes: int) -> None:
        """Add to what is held, then wait until the body may go on. Without a checkpoint where it may at once."""
        self.held_bytes += more_bytes
        self._budget.held_bytes += more_bytes
        if self._budget.has_room_for(self):
            return
        since_s, deadline = trio.current_time(), self._exchange.deadline
        self._exchange.deadline = math.inf
        try:
            while not self._budget.has_room_for(self):
                await self._budget.wait_for_release()
        finally:
            self._exchange.deadline = deadline + trio.current_time() - since_s
