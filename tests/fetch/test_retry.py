"""What is tried again within seconds."""

import httpx
import pytest
import trio
from trio.testing import MockClock

from crawler.fetch.guard import BlockedAddressError
from crawler.fetch.names import UnknownNameError
from crawler.fetch.retry import retry_connecting
from crawler.fetch.transport import TlsError


class Attempts:
    """Fails as it is told, then succeeds; notes when it was tried."""

    def __init__(self, *failures: Exception) -> None:
        self.tried_at_s: list[float] = []
        self._failures = list(failures)

    async def __call__(self) -> str:
        self.tried_at_s.append(trio.current_time())
        if self._failures:
            raise self._failures.pop(0)
        return "connected"


async def test_a_connection_that_fails_is_tried_three_times(autojump_clock: MockClock) -> None:
    attempts = Attempts(httpx.ConnectError("1"), httpx.ConnectError("2"))

    assert (await retry_connecting(attempts), attempts.tried_at_s) == ("connected", [0.0, 0.5, 2.5])


async def test_the_last_failure_is_the_one_that_is_told(autojump_clock: MockClock) -> None:
    with pytest.raises(httpx.ConnectError, match="3"):
        await retry_connecting(Attempts(*(httpx.ConnectError(str(number)) for number in range(1, 5))))


@pytest.mark.parametrize(
    "final", [UnknownNameError, BlockedAddressError, TlsError, httpx.ConnectTimeout, httpx.ReadError, ValueError]
)
async def test_what_seconds_cannot_mend_is_not_tried_again(final: type[Exception], autojump_clock: MockClock) -> None:
    attempts = Attempts(final("no"))

    with pytest.raises(final):
        await retry_connecting(attempts)

    assert attempts.tried_at_s == [0.0]


async def test_waiting_for_the_next_try_can_be_cancelled(autojump_clock: MockClock) -> None:
    attempts = Attempts(*(httpx.ConnectError(str(number)) for number in range(5)))

    with trio.move_on_after(1) as scope:
        await retry_connecting(attempts)

    assert (scope.cancelled_caught, attempts.tried_at_s) == (True, [0.0, 0.5])
