"""The race between the addresses of a name."""

import httpcore
import pytest
import trio
from fakes import MemoryNetwork, replies
from trio.testing import MockClock

from crawler.fetch.dial import dial

ADDRESSES = [("2a00::1", 80), ("2a00::2", 80), ("8.8.8.8", 80)]


async def test_each_address_gets_a_head_start_and_families_take_turns(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    network = MemoryNetwork(nursery, replies(b""), connect_s={"2a00::1": 100, "2a00::2": 1})

    stream = await dial(network, ADDRESSES)

    assert (network.dialled, network.streams) == ([("2a00::1", 0.0), ("8.8.8.8", 0.25)], [stream])


async def test_an_address_that_refuses_gives_way_at_once(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    network = MemoryNetwork(nursery, replies(b""), refused=["2a00::1"])

    await dial(network, ADDRESSES)

    assert network.dialled == [("2a00::1", 0.0), ("8.8.8.8", 0.0)]


async def test_where_all_refuse_the_first_reason_is_told(nursery: trio.Nursery) -> None:
    network = MemoryNetwork(nursery, replies(b""), refused=[address for address, _ in ADDRESSES])

    with pytest.raises(httpcore.ConnectError, match=r"^2a00::1 port 80: refused$"):
        await dial(network, ADDRESSES)


async def test_only_the_winner_stays_open(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    network = MemoryNetwork(nursery, replies(b""), connect_s={"2a00::1": 0.5, "8.8.8.8": 0.25})

    won = await dial(network, ADDRESSES)

    assert [stream for stream in network.streams if not stream.is_closed] == [won]


async def test_a_cancelled_race_leaves_no_connection(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    network = MemoryNetwork(nursery, replies(b""), connect_s={"2a00::1": 5, "8.8.8.8": 5, "2a00::2": 5})

    with trio.move_on_after(1) as scope:
        await dial(network, ADDRESSES)

    assert (scope.cancelled_caught, network.streams) == (True, [])
