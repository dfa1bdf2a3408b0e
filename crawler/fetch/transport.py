"""Connections: one a site, over vetted addresses only, kept while it may be used again soon.

httpx's own pool is not used. Measured with httpcore 1.0.9: 23 ms of CPU a request at 300 hosts (1.2 ms this way), slots
that die under cancellation, and connections closed after they were handed out.
"""

import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import h11
import httpcore
import httpx
import trio

from crawler.fetch.asking import parts_and_fields
from crawler.fetch.dial import dial, first_cause
from crawler.fetch.guard import Network, check_addresses, is_in
from crawler.fetch.names import NameCache, Resolve
from crawler.fetch.streams import TrioNetwork

IDLE_S = 15.0  # longer than the gap of most sites (5 s), shorter than what common servers wait (nginx: 75 s)
MOST_IDLE = 128  # sockets; well under the usual limit of 1,024 files
CLOSING_S = 1.0  # an answer that is given up is closed at once; this only bounds a defect

# httpcore's exception: httpx's. The first row that fits.
_HTTPX_OF: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.TimeoutException, httpx.ReadTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.NetworkError, httpx.ReadError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.ProtocolError, httpx.RemoteProtocolError),
    (httpcore.ConnectionNotAvailable, httpx.ReadError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    (trio.BrokenResourceError, httpx.ReadError),
    (trio.ClosedResourceError, httpx.ReadError),
    (OSError, httpx.ReadError),
)
_FOREIGN = tuple(foreign for foreign, _ in _HTTPX_OF)


def _as_httpx_error(exc: Exception) -> httpx.TransportError:
    """What one of `_FOREIGN` is called in httpx."""
    ours = next(ours for foreign, ours in _HTTPX_OF if isinstance(exc, foreign))
    return ours(str(exc) or type(exc).__name__)


class TlsError(httpx.ConnectError):
    """Connected, but no secure channel: a certificate that does not hold, or no common protocol."""


class _Connection:
    """A connection to one origin. Whoever holds it closes it or gives it back."""

    def __init__(self, origin: httpcore.Origin, stream: httpcore.AsyncNetworkStream, *, is_local: bool) -> None:
        self.key = str(origin)
        self.is_local = is_local
        self.peer = _peer_of(stream)
        self.idle_since_s = 0.0
        self._stream = stream
        self._http = httpcore.AsyncHTTP11Connection(origin, stream)

    async def ask(self, request: httpcore.Request) -> httpcore.Response:
        return await self._http.handle_async_request(request)

    # The two below read httpcore's h11 state, which it does not show. Both keep a site's pages under their own URLs.

    @property
    def is_reusable(self) -> bool:
        """The last answer was whole, and nothing follows it that would be taken for the next one."""
        unread, _ = self._http._h11_state.trailing_data
        return self._http.is_idle() and not unread

    @property
    def nothing_came(self) -> bool:
        """The server has not sent a byte since it was asked."""
        state = self._http._h11_state
        return state.their_state in (h11.IDLE, h11.SEND_RESPONSE) and not state.trailing_data[0]

    @property
    def is_stale(self) -> bool:
        """The server has closed it, or spoke unasked."""
        return self._http.has_expired()

    async def aclose(self) -> None:
        """Close the socket, which happens before the first checkpoint, so cancellation cannot leak it."""
        await self._stream.aclose()


def _peer_of(stream: httpcore.AsyncNetworkStream) -> str | None:
    try:
        server = stream.get_extra_info("server_addr")  # None where it is no socket
    except OSError:  # reset as soon as it stood
        return None
    return None if server is None else str(server[0])


class SiteTransport(httpx.AsyncBaseTransport):
    """Sends requests over at most one idle connection an origin.

    Two requests to one origin at the same time get a connection each; the frontier sees to it that this is rare.
    For each request it notes in `request.extensions` what became known of the peer: `is_local`; `peer`, its address;
    and `is_connected`: whether a connection stood.
    """

    def __init__(
        self,
        *,
        resolve: Resolve,
        allow_networks: Sequence[Network] = (),
        ssl_context: ssl.SSLContext | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            resolve: from names to addresses; `names.SystemResolver()` outside of tests.
            allow_networks: addresses that may be dialled although they are not public.
            ssl_context: `None` verifies certificates against certifi's list.
            network: opens connections to numeric addresses; `None` for real ones.
        """
        self._names = NameCache(resolve)
        self._allow_networks = tuple(allow_networks)
        self._ssl_context = ssl_context or httpx.create_ssl_context(trust_env=False)
        self._ssl_context.set_alpn_protocols(["http/1.1"])
        self._network = network or TrioNetwork()
        self._idle: OrderedDict[str, _Connection] = OrderedDict()  # longest idle first

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        parts, _ = parts_and_fields(request)
        origin = httpcore.Origin(parts.scheme.encode(), parts.host.encode(), parts.port)
        await self._close_expired()
        if (kept := self._idle.pop(str(origin), None)) is not None:
            if kept.is_stale:
                await kept.aclose()
            else:
                try:
                    return await self._ask(kept, request)
                except httpx.TransportError:
                    if not kept.nothing_came:
                        raise
                    # Closed while the request was under way (RFC 9112, 9.3.1): asked again on a fresh one.
        return await self._ask(await self._connect(origin, request), request)

    async def aclose(self) -> None:
        """Close the idle connections; answers still being read close theirs."""
        with trio.CancelScope(shield=True):  # closing waits for nothing, and a cancelled run must close them all
            while self._idle:
                await self._idle.popitem()[1].aclose()

    async def give_back(self, connection: _Connection) -> None:
        """Keep a connection whose answer has been read whole, close any other."""
        if not connection.is_reusable or connection.key in self._idle:
            await connection.aclose()
            return
        connection.idle_since_s = trio.current_time()
        self._idle[connection.key] = connection
        if len(self._idle) > MOST_IDLE:
            await self._idle.popitem(last=False)[1].aclose()

    async def _close_expired(self) -> None:
        while self._idle:
            longest_idle = next(iter(self._idle.values()))
            if longest_idle.idle_since_s + IDLE_S > trio.current_time():
                return
            del self._idle[longest_idle.key]
            await longest_idle.aclose()

    async def _connect(self, origin: httpcore.Origin, request: httpx.Request) -> _Connection:
        host, timeout_s = origin.host.decode("ascii"), request.extensions.get("timeout", {}).get("connect")
        request.extensions["is_connected"] = False
        try:
            with trio.fail_after(float("inf") if timeout_s is None else timeout_s):
                addresses = await self._names.addresses(host.strip("[]"), origin.port)
                check_addresses(host, [ip for ip, _ in addresses], self._allow_networks)
                is_local = all(is_in(ip, self._allow_networks) for ip, _ in addresses)
                request.extensions["is_local"] = is_local
                stream = await dial(self._network, addresses)
                request.extensions["is_connected"] = True
                if origin.scheme == b"https":
                    stream = await self._start_tls(stream, host)
        except trio.TooSlowError as exc:
            raise httpx.ConnectTimeout(f"{host}: not connected after {timeout_s:g} s") from exc
        except _FOREIGN as exc:
            raise _as_httpx_error(exc) from exc
        return _Connection(origin, stream, is_local=is_local)

    async def _start_tls(self, stream: httpcore.AsyncNetworkStream, host: str) -> httpcore.AsyncNetworkStream:
        try:
            return await stream.start_tls(self._ssl_context, host.strip("[]"))
        except httpcore.ConnectError as exc:
            raise TlsError(f"{host}: {first_cause(exc)}") from exc

    async def _ask(self, connection: _Connection, request: httpx.Request) -> httpx.Response:
        request.extensions.update(is_local=connection.is_local, peer=connection.peer, is_connected=True)
        parts, fields = parts_and_fields(request)
        url = httpcore.URL(scheme=parts.scheme, host=parts.host, port=parts.port, target=parts.target)
        try:
            answer = await connection.ask(httpcore.Request(request.method, url, headers=fields))
        except BaseException as exc:
            await connection.aclose()
            if isinstance(exc, _FOREIGN):
                raise _as_httpx_error(exc) from exc
            raise
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(self, connection, answer), request=request
        )


class _Body(httpx.AsyncByteStream):
    """The body of an answer as it comes; closing it settles what becomes of its connection."""

    def __init__(self, transport: SiteTransport, connection: _Connection, answer: httpcore.Response) -> None:
        self._transport = transport
        self._connection = connection
        self._pieces: AsyncIterator[bytes] = aiter(answer.stream)  # type: ignore[arg-type]  # typed as sync or async
        self._answer = answer
        self._is_read = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._pieces)
        except BaseException as exc:  # the end, too
            self._is_read = True
            if isinstance(exc, _FOREIGN):
                raise _as_httpx_error(exc) from exc
            raise

    async def aclose(self) -> None:
        try:
            if self._is_read:
                await self._answer.aclose()
            else:
                await self._give_up()
        finally:
            await self._transport.give_back(self._connection)

    async def _give_up(self) -> None:
        """Close the connection and let httpcore's two generators run into it.

        Left half read they would be closed by the garbage collector, which Trio reports as a `ResourceWarning`.
        """
        self._is_read = True
        with trio.CancelScope(shield=True, deadline=trio.current_time() + CLOSING_S):
            await self._connection.aclose()
            with suppress(httpcore.NetworkError, httpcore.ProtocolError, OSError, trio.BrokenResourceError):
                while True:
                    try:
                        await anext(self._pieces)
                    except StopAsyncIteration:
                        break
