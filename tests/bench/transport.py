"""Fetching and decoding alone, ours against httpx with a shared pool: `python tests/bench/transport.py [ROUNDS]`.

A server in a process of its own answers at 64 loopback addresses with a page of 75 KB in gzip. Rounds are interleaved,
so that what else the machine does falls on all alike; CPU is that of the client's process. Linux only.
"""

import asyncio
import gzip
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from ipaddress import ip_network

import httpx
import trio

from crawler.fetch.client import Client
from crawler.fetch.names import SystemResolver
from crawler.fetch.transport import SiteTransport
from crawler.model.work import Answer

HOSTS = [f"127.0.1.{number}" for number in range(1, 65)]
REQUESTS = 20  # to each host, a round
ANY_ADDRESS = "0.0.0.0"
WORDS = [f"word{number} " for number in range(3_000)]

Fetch = Callable[[str], Awaitable[int]]
"""Ask for an address; gives the bytes of its body, decoded."""


def page() -> bytes:
    """75 KB that compress to about 16 KB, as pages of news do."""
    choose = random.Random(1)
    markup = "".join(f'<li class="story-card"><a href="/story/{n}">{n}</a></li>' for n in range(900))
    return (markup + "".join(choose.choices(WORDS, k=3_600))).encode()[:75_000]


class Server(asyncio.Protocol):
    """Answers each request with the page, and reads no more of it than its end."""

    answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, received: bytes) -> None:
        self._transport.write(self.answer * received.count(b"\r\n\r\n"))


async def serve() -> None:
    body = gzip.compress(page())
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
    Server.answer = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    server = await asyncio.get_running_loop().create_server(Server, ANY_ADDRESS, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def open_ours(stack: AsyncExitStack) -> Fetch:
    transport = SiteTransport(resolve=SystemResolver(), allow_networks=[ip_network("127.0.0.0/8")])
    client = await stack.enter_async_context(Client(user_agent="bench/1", transport=transport))

    async def fetch(url: str) -> int:
        answer = await client.fetch(url, max_body_bytes=10_000_000)
        assert isinstance(answer, Answer)
        return len(answer.body)

    return fetch


def opener_of_httpx(limits: httpx.Limits) -> Callable[[AsyncExitStack], Awaitable[Fetch]]:
    async def open_httpx(stack: AsyncExitStack) -> Fetch:
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, limits=limits))

        async def fetch(url: str) -> int:
            return len((await client.get(url)).content)

        return fetch

    return open_httpx


async def ask_all(open_client: Callable[[AsyncExitStack], Awaitable[Fetch]], port: int) -> tuple[float, float]:
    """Wall and CPU milliseconds a page, over all hosts at once; connections are made before the clock starts."""
    async with AsyncExitStack() as stack:
        fetch = await open_client(stack)

        async def ask(host: str, times: int) -> None:
            for number in range(times):
                assert await fetch(f"http://{host}:{port}/{number}") == 75_000

        async def ask_each(times: int) -> None:
            async with trio.open_nursery() as nursery:
                for host in HOSTS:
                    nursery.start_soon(ask, host, times)

        await ask_each(1)
        started_s, cpu_s = time.perf_counter(), time.process_time()
        await ask_each(REQUESTS)
        per_page = 1000 / (len(HOSTS) * REQUESTS)
        return (time.perf_counter() - started_s) * per_page, (time.process_time() - cpu_s) * per_page


def main(rounds: int) -> None:
    clients = {
        "ours": open_ours,
        "httpx, shared pool": opener_of_httpx(httpx.Limits()),  # no limits
        "httpx, pool of its defaults": opener_of_httpx(httpx.Limits(max_connections=100, max_keepalive_connections=20)),
    }
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in clients}
    first_core, *other_cores = sorted(os.sched_getaffinity(0))
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as server:
        os.sched_setaffinity(server.pid, other_cores or [first_core])
        os.sched_setaffinity(0, [first_core])
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            for _ in range(rounds):
                for name, open_client in clients.items():
                    figures[name].append(trio.run(ask_all, open_client, port))
        finally:
            server.kill()
    ours_ms = [statistics.median(of) for of in zip(*figures["ours"], strict=True)]
    print(f"{'':28} {'ms a page':>9} {'CPU ms':>7} {'times ours':>11} {'by CPU':>7}   median of {rounds} rounds")
    for name, rows in figures.items():
        wall_ms, cpu_ms = (statistics.median(of) for of in zip(*rows, strict=True))
        print(f"{name:28} {wall_ms:9.2f} {cpu_ms:7.2f} {wall_ms / ours_ms[0]:11.2f} {cpu_ms / ours_ms[1]:7.2f}")


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
