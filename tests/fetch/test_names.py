"""Names: one look-up at a time, remembered."""

import socket
from collections.abc import Awaitable, Callable, Sequence

import httpx
import pytest
import trio
from fakes import FakeResolver
from trio.testing import MockClock

from crawler.fetch.names import KEPT_NAMES, Address, NameCache, SystemResolver, UnknownNameError


async def test_a_name_is_looked_up_again_after_a_minute(autojump_clock: MockClock) -> None:
    resolver = FakeResolver({"a.example": ["8.8.8.8"]})
    names = NameCache(resolver)

    first = await names.addresses("a.example", 80)
    await trio.sleep(59)
    await names.addresses("a.example", 80)
    kept = len(resolver.asked)
    await trio.sleep(2)
    await names.addresses("a.example", 80)

    assert (first, kept, len(resolver.asked)) == ((("8.8.8.8", 80),), 1, 2)


async def test_an_unknown_name_is_remembered_for_five_seconds(autojump_clock: MockClock) -> None:
    resolver = FakeResolver({})
    names = NameCache(resolver)

    for pause_s in (0, 4, 2):
        await trio.sleep(pause_s)
        with pytest.raises(UnknownNameError, match=r"no\.example"):
            await names.addresses("no.example", 80)

    assert len(resolver.asked) == 2


async def test_all_who_ask_at_once_share_one_look_up(autojump_clock: MockClock) -> None:
    resolver = FakeResolver({"a.example": ["8.8.8.8"]}, takes_s=1)
    names = NameCache(resolver)
    got: list[tuple[Address, ...]] = []

    async def ask() -> None:
        got.append(await names.addresses("a.example", 80))

    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(ask)

    assert (got, resolver.asked) == ([(("8.8.8.8", 80),)] * 50, ["a.example"])


async def test_where_the_one_who_asks_is_cancelled_another_one_asks(autojump_clock: MockClock) -> None:
    resolver = FakeResolver({"a.example": ["8.8.8.8"]}, takes_s=2)
    names = NameCache(resolver)
    got: list[tuple[Address, ...]] = []

    async def ask() -> None:
        got.append(await names.addresses("a.example", 80))

    async with trio.open_nursery() as nursery:
        with trio.move_on_after(1):
            nursery.start_soon(_after, 0.5, ask)
            await names.addresses("a.example", 80)

    assert (got, len(resolver.asked)) == ([(("8.8.8.8", 80),)], 2)


async def _after(pause_s: float, ask: Callable[[], Awaitable[None]]) -> None:
    await trio.sleep(pause_s)
    await ask()


async def test_a_passing_failure_reaches_who_waits_and_is_forgotten() -> None:
    answers: list[Sequence[Address] | OSError] = [
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        [("8.8.8.8", 80)],
    ]

    async def resolve(host: str, port: int) -> Sequence[Address]:
        if isinstance(answer := answers.pop(0), OSError):
            raise answer
        return answer

    names = NameCache(resolve)
    with pytest.raises(httpx.ConnectError, match="Temporary") as caught:
        await names.addresses("a.example", 80)

    assert (type(caught.value), await names.addresses("a.example", 80)) == (httpx.ConnectError, (("8.8.8.8", 80),))


async def test_the_longest_unused_name_is_forgotten_first() -> None:
    resolver = FakeResolver({f"{number}.example": ["8.8.8.8"] for number in range(KEPT_NAMES + 1)})
    names = NameCache(resolver)
    for number in range(KEPT_NAMES):
        await names.addresses(f"{number}.example", 80)
    await names.addresses("0.example", 80)
    await names.addresses(f"{KEPT_NAMES}.example", 80)
    resolver.asked.clear()

    await names.addresses("0.example", 80)
    await names.addresses("1.example", 80)

    assert resolver.asked == ["1.example"]


async def test_the_system_resolver_needs_no_look_up_for_a_number() -> None:
    assert await SystemResolver()("127.0.0.1", 81) == [("127.0.0.1", 81)]


async def test_a_label_that_is_too_long_is_no_name() -> None:
    with pytest.raises(UnknownNameError):
        await NameCache(SystemResolver()).addresses("a" * 64 + ".invalid", 80)
