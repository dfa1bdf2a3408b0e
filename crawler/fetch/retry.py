"""What is worth a second try within seconds; all else is for the frontier, which lets the host wait."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import trio

T = TypeVar("T")

TRIES = 3
# Seconds before the second and third try: enough for a restarting server or a lost packet to the name server. Without
# jitter, since one request at a time goes to a site.
WAITS_S = (0.5, 2.0)


async def retry_connecting(connect: Callable[[], Awaitable[T]]) -> T:
    """Try up to `TRIES` times while no connection comes about.

    Raises:
        httpx.ConnectError: the last one. Its subclasses (no such name, a blocked address, a bad certificate) are
            final and raised at once, as is every other exception.
    """

    try:
        return await connect()  # most come about at once; tenacity takes 0.06 ms, a tenth of a page
    except httpx.ConnectError as exc:
        if not _may_pass(exc):
            raise
    await trio.sleep(WAITS_S[0])
    # 10 ms, which a start without trouble need not take
    from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_chain, wait_fixed

    async def once() -> T:  # tenacity awaits what is declared `async`, not what returns an awaitable
        return await connect()

    trying = AsyncRetrying(  # a new one each time: tenacity keeps its state per thread, not per task
        sleep=trio.sleep,
        stop=stop_after_attempt(TRIES - 1),
        wait=wait_chain(*map(wait_fixed, WAITS_S[1:])),
        retry=retry_if_exception(_may_pass),
        reraise=True,
    )
    return await trying(once)


def _may_pass(exc: BaseException) -> bool:
    """Whether no connection came about, and for no reason that stays."""
    return type(exc) is httpx.ConnectError
