"""What all bodies under way hold: one waits for another, none for ever, none fails for it."""

import gzip

import trio
from fakes import FakeResolver, MemoryNetwork
from trio.testing import MockClock

from crawler.fetch.budget import BodyBudget
from crawler.fetch.client import Client
from crawler.fetch.transport import SiteTransport
from crawler.model.work import Answer, Failure


async def read_body(budget: BodyBudget, name: str, steps: int, log: list[str], *, deadline_s: float = 1e6) -> None:
    """A body of so many steps of 10 bytes, one a second."""
    with trio.move_on_after(deadline_s) as exchange, budget.open_share(exchange) as share:
        for _ in range(steps):
            await trio.sleep(1)
            await share.hold(10)
        log.append(f"{name} at {trio.current_time():g} s")
    if exchange.cancelled_caught:
        log.append(f"{name} given up at {trio.current_time():g} s")


async def test_who_began_first_never_waits_and_the_others_do_till_it_ends(autojump_clock: MockClock) -> None:
    budget, log = BodyBudget(50), list[str]()

    async with trio.open_nursery() as nursery:
        for name in ("first", "second", "third"):
            nursery.start_soon(read_body, budget, name, 10, log)
            await trio.sleep(0.1)

    assert ([entry.split()[0] for entry in log], log[0], budget.held_bytes) == (
        ["first", "second", "third"],
        "first at 10 s",
        0,
    )


async def test_a_body_alone_may_pass_the_budget(autojump_clock: MockClock) -> None:
    log: list[str] = []

    await read_body(BodyBudget(50), "alone", 100, log)

    assert log == ["alone at 100 s"]


async def test_waiting_for_others_is_not_counted_against_a_body(autojump_clock: MockClock) -> None:
    budget, log = BodyBudget(50), list[str]()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read_body, budget, "slow", 60, log)
        await trio.sleep(0.5)
        nursery.start_soon(lambda: read_body(budget, "quick", 4, log, deadline_s=5))

    assert log == ["slow at 60 s", "quick at 61 s"]


async def test_a_body_that_is_given_up_makes_room(autojump_clock: MockClock) -> None:
    budget, log = BodyBudget(50), list[str]()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: read_body(budget, "first", 60, log, deadline_s=9.7))
        await trio.sleep(0.5)
        nursery.start_soon(read_body, budget, "second", 5, log)

    assert (log, budget.held_bytes) == (["first given up at 9.7 s", "second at 11.7 s"], 0)


async def test_all_shares_are_free_after_a_cancelled_crowd(autojump_clock: MockClock) -> None:
    budget, log = BodyBudget(50), list[str]()

    with trio.move_on_after(7.3):
        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(read_body, budget, str(number), 100, log)

    assert (log, budget.held_bytes) == ([], 0)


async def test_bombs_in_concert_are_read_one_after_the_other(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    bomb = gzip.compress(bytes(1_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    hosts = [f"{number}.example" for number in range(20)]

    async def drip(stream: trio.abc.Stream, request: bytes) -> None:
        await stream.send_all(head)
        for start in range(0, len(bomb), 100):
            await trio.sleep(1)
            await stream.send_all(bomb[start : start + 100])

    transport = SiteTransport(
        resolve=FakeResolver({host: ["8.8.8.8"] for host in hosts}), network=MemoryNetwork(nursery, drip)
    )
    results: list[Answer | Failure] = []
    async with Client(user_agent="test/1", transport=transport, bodies_bytes=2_000_000) as client:

        async def fetch(host: str) -> None:
            results.append(await client.fetch(f"http://{host}/", max_body_bytes=1_000_000))

        async with trio.open_nursery() as fetches:
            for host in hosts:
                fetches.start_soon(fetch, host)

    assert [type(result) for result in results] == [Answer] * len(hosts)
