"""Fakes with the real types: what tests pass in place of the network."""

import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

import httpcore
import trio
import trio.testing

from crawler.fetch.streams import TrioNetwork

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)

AnswerRequest = Callable[[trio.abc.Stream, bytes], Awaitable[None]]
"""What a server does once the head of a request has come; to hang up it closes the stream."""


async def serve_requests(stream: trio.abc.Stream, answer: AnswerRequest) -> None:
    """Answer the GET requests of one connection until either side closes it."""
    unread = b""
    try:
        while received := await stream.receive_some(65_536):
            unread += received
            while b"\r\n\r\n" in unread:
                head, _, unread = unread.partition(b"\r\n\r\n")
                await answer(stream, head)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass


def replies(*raw: bytes, closes: bool = False) -> AnswerRequest:
    """Send these bytes, one reply a request; the last one for all requests that follow."""
    left = list(raw)

    async def answer(stream: trio.abc.Stream, head: bytes) -> None:
        await stream.send_all(left.pop(0) if len(left) > 1 else left[0])
        if closes:
            await stream.aclose()

    return answer


class LoopbackServer:
    """A real server on 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.connections = 0
        self.heads: list[bytes] = []


@asynccontextmanager
async def loopback_server(answer: AnswerRequest) -> AsyncIterator[LoopbackServer]:
    """Serve on a free port until the block ends."""
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        server = LoopbackServer(listeners[0].socket.getsockname()[1])

        async def note_and_answer(stream: trio.abc.Stream, head: bytes) -> None:
            server.heads.append(head)
            await answer(stream, head)

        async def serve(stream: trio.SocketStream) -> None:
            server.connections += 1
            async with stream:
                await serve_requests(stream, note_and_answer)

        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield server
        nursery.cancel_scope.cancel()


class FakeResolver:
    """A `Resolve` that knows a few names, and counts."""

    def __init__(self, known: dict[str, Sequence[str]], *, takes_s: float = 0.0) -> None:
        self.asked: list[str] = []
        self._known = known
        self._takes_s = takes_s

    async def __call__(self, host: str, port: int) -> list[tuple[str, int]]:
        self.asked.append(host)
        await trio.sleep(self._takes_s)
        if host not in self._known:
            raise OSError(f"no such name: {host}")
        return [(address, port) for address in self._known[host]]


class MemoryStream(httpcore.AsyncNetworkStream):
    """One end of an in-memory connection, for httpcore."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self.is_closed = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # httpcore's
        try:
            return bytes(await self._stream.receive_some(max_bytes))
        except (trio.BrokenResourceError, trio.ClosedResourceError) as exc:
            raise httpcore.ReadError(str(exc)) from exc

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  # httpcore's
        try:
            await self._stream.send_all(buffer)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as exc:
            raise httpcore.WriteError(str(exc)) from exc

    async def aclose(self) -> None:
        self.is_closed = True
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> None:
        return None


class MemoryNetwork(httpcore.AsyncNetworkBackend):
    """A network without sockets, so that a mock clock may run it; the nursery owns the servers."""

    def __init__(
        self,
        nursery: trio.Nursery,
        answer: AnswerRequest,
        *,
        connect_s: dict[str, float] | None = None,
        refused: Iterable[str] = (),
    ) -> None:
        """Answer every connection alike.

        Args:
            nursery: ends with the test.
            answer: what each server does.
            connect_s: seconds that connecting to an address takes; 0 for the others.
            refused: addresses that refuse.
        """
        self.dialled: list[tuple[str, float]] = []  # address, when
        self.streams: list[MemoryStream] = []
        self._nursery = nursery
        self._answer = answer
        self._connect_s = connect_s or {}
        self._refused = frozenset(refused)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append((host, trio.current_time()))
        await trio.sleep(self._connect_s.get(host, 0.0))
        if host in self._refused:
            raise httpcore.ConnectError("refused")
        ours, theirs = trio.testing.memory_stream_pair()
        self._nursery.start_soon(serve_requests, theirs, self._answer)
        self.streams.append(MemoryStream(ours))
        return self.streams[-1]


class WatchedNetwork(httpcore.AsyncNetworkBackend):
    """The real network, with an eye on the sockets it opened."""

    def __init__(self) -> None:
        self._sockets: list[trio.socket.SocketType] = []
        self._network = TrioNetwork()

    @property
    def opened(self) -> int:
        return len(self._sockets)

    @property
    def still_open(self) -> int:
        return sum(1 for socket in self._sockets if socket.fileno() >= 0)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._network.connect_tcp(host, port)
        self._sockets.append(stream.get_extra_info("socket"))
        return stream
