"""Opening a connection to one of several vetted addresses."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

import httpcore
import trio

from crawler.fetch.names import Address

STAGGER_S = 0.25  # RFC 8305, 5: the recommended delay between connection attempts
MOST_ADDRESSES = 6  # a name may list hundreds; a site that is up answers on one of the first


async def dial(network: httpcore.AsyncNetworkBackend, addresses: Sequence[Address]) -> httpcore.AsyncNetworkStream:
    """The first connection that one of the addresses takes: each gets a head start, then the next one joins (RFC 8305).

    Args:
        network: opens one connection to a numeric address.
        addresses: at least one, best first.

    Raises:
        httpcore.ConnectError: none took it; the text is that of the first failure.
    """
    won: list[httpcore.AsyncNetworkStream] = []
    failures: list[str] = []

    async def attempt(address: Address, failed: trio.Event) -> None:
        try:
            stream = await network.connect_tcp(*address)
        except (httpcore.ConnectError, OSError) as exc:
            failures.append(f"{address[0]} port {address[1]}: {first_cause(exc)}")
            failed.set()
            return
        if won:  # another one connected in the same tick
            await stream.aclose()
            return
        won.append(stream)
        unclaimed.push_async_callback(stream.aclose)
        nursery.cancel_scope.cancel()

    async with AsyncExitStack() as unclaimed:  # closes what connected in the tick in which the caller was cancelled
        async with trio.open_nursery() as nursery:
            for address in _by_turns(addresses)[:MOST_ADDRESSES]:
                failed = trio.Event()
                nursery.start_soon(attempt, address, failed)
                with trio.move_on_after(STAGGER_S):
                    await failed.wait()
        unclaimed.pop_all()
    if not won:
        raise httpcore.ConnectError(failures[0])
    return won[0]


def _by_turns(addresses: Sequence[Address]) -> list[Address]:
    """The addresses with IPv6 and IPv4 in turn, beginning with the family of the first (RFC 8305, 4)."""
    first_is_ipv6 = ":" in addresses[0][0]
    first = [address for address in addresses if (":" in address[0]) == first_is_ipv6]
    second = [address for address in addresses if (":" in address[0]) != first_is_ipv6]
    turns = [address for pair in zip(first, second, strict=False) for address in pair]
    shared = len(turns) // 2
    return turns + first[shared:] + second[shared:]


def first_cause(exc: BaseException) -> BaseException:
    """The system's own error, beneath what httpcore and Trio made of it ("all attempts failed")."""
    while True:
        if isinstance(exc, BaseExceptionGroup):
            exc = exc.exceptions[0]
        elif exc.__cause__ is not None:
            exc = exc.__cause__
        else:
            return exc
