"""Sockets beneath httpcore: connections to numeric addresses, plain and in TLS.

httpcore's own have a scope and an error map around each read and write, 0.1 ms a page; the whole exchange is bounded by
its caller here, so the timeouts that httpcore passes are not kept.
"""

import socket
import ssl
from collections.abc import Iterable
from contextlib import AsyncExitStack, ExitStack, suppress
from typing import Any

import httpcore
import trio

_LOST = (trio.BrokenResourceError, trio.ClosedResourceError)


class TrioNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a numeric address.

        Raises:
            OSError: it cannot be reached.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        plain = socket.socket(family, socket.SOCK_STREAM)
        connection = trio.socket.from_stdlib_socket(plain)
        with ExitStack() as failing:
            failing.callback(connection.close)
            await connection.connect((host, port))
            failing.pop_all()
        return TrioStream(trio.SocketStream(connection), connection, plain)


class TrioStream(httpcore.AsyncNetworkStream):
    """A connection, closed by whoever holds it."""

    def __init__(
        self,
        stream: trio.SocketStream | trio.SSLStream[trio.SocketStream],
        connection: trio.socket.SocketType,
        plain: socket.socket | None = None,
    ) -> None:
        """Take both over.

        Args:
            plain: the socket beneath, where nothing stands between it and `stream`.
        """
        self._stream = stream
        self._socket = connection
        self._plain = plain

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # httpcore's
        try:
            return bytes(await self._stream.receive_some(max_bytes))  # no copy where they are
        except _LOST as exc:
            raise httpcore.ReadError(str(exc)) from exc

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  # httpcore's
        if not buffer:
            return
        sent = 0
        if self._plain is not None:  # a request fits the system's buffer; the answer is waited for, so nobody starves
            with suppress(OSError):  # it is full, or the connection is lost, which Trio's stream tells
                sent = self._plain.send(buffer)
        try:
            if sent < len(buffer):
                await self._stream.send_all(buffer[sent:])
        except _LOST as exc:
            raise httpcore.WriteError(str(exc)) from exc

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's
    ) -> httpcore.AsyncNetworkStream:
        """The same connection in TLS; closed where none comes about.

        Raises:
            httpcore.ConnectError: caused by what TLS or the network says.
        """
        assert isinstance(self._stream, trio.SocketStream)
        secure = trio.SSLStream(self._stream, ssl_context, server_hostname=server_hostname, https_compatible=True)
        async with AsyncExitStack() as failing:
            failing.push_async_callback(self.aclose)
            try:
                await secure.do_handshake()
            except trio.BrokenResourceError as exc:
                raise httpcore.ConnectError(str(exc)) from exc
            failing.pop_all()
        return TrioStream(secure, self._socket)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore and the transport ask for; `None` for all else. May raise `OSError`."""
        if info == "is_readable":  # there is something to read, be it the end
            return self._socket.is_readable()
        if info == "server_addr":
            return self._socket.getpeername()
        return self._socket if info == "socket" else None
