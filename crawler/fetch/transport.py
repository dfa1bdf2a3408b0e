"""Connections: one a site, over vetted addresses only, kept while it may be used again soon.

httpx's own pool is not used. Measured with httpcore 1.0.9: 23 ms of CPU a request at 300 hosts (1.2 ms this way), slots
that die under cancellation, and connections closed after they were handed out. Sockets are httpcore's streams, whose
interface tests replace; HTTP/1.1 is h11's.
"""

import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import h11
import httpcore
import httpx
import trio

from crawler.fetch.asking import Fields, parts_and_fields
from crawler.fetch.dial import dial, first_cause
from crawler.fetch.guard import Network, check_addresses, is_in
from crawler.fetch.names import NameCache, Resolve
from crawler.fetch.streams import TrioNetwork
from crawler.model.urls import Parts

IDLE_S = 15.0  # longer than the gap of most sites (5 s), shorter than what common servers wait (nginx: 75 s)
MOST_IDLE = 128  # sockets; well under the usual limit of 1,024 files
PASSING = frozenset(range(100, 200)) - {101}  # said before an answer (RFC 9110, 15.2); 101 ends HTTP
READ_BYTES = 65_536  # at once; most pages come in one
MOST_HEAD_BYTES = 100 * 1024  # of the fields of an answer; real ones have a few KiB

# httpcore's exception: httpx's. The first row that fits.
_HTTPX_OF: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.TimeoutException, httpx.ReadTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.NetworkError, httpx.ReadError),
    (h11.LocalProtocolError, httpx.LocalProtocolError),
    (h11.RemoteProtocolError, httpx.RemoteProtocolError),
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
    """A connection to one origin. Whoever holds it closes it or gives it back.

    The steps of an exchange are ours, its protocol is h11's. httpcore's connection takes the same steps under locks,
    traces and generators: 0.08 ms of the 0.27 ms CPU that fetching a page took (measured), and half read answers that
    have to be run to their end. What that costs us: a proxy would be ours to speak to.
    """

    def __init__(self, key: str, stream: httpcore.AsyncNetworkStream, *, is_local: bool) -> None:
        self.key = key
        self.is_local = is_local
        self.peer = _peer_of(stream)
        self.idle_since_s = 0.0
        self._stream = stream
        self._http = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=MOST_HEAD_BYTES)

    async def ask(self, target: str, fields: Fields) -> tuple[int, Fields]:
        """Send a GET request; the status and the fields of its answer, of which `read` gives the body."""
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        head = self._http.send(h11.Request(method=b"GET", target=target.encode("ascii"), headers=fields)) or b""
        self._http.send(h11.EndOfMessage())
        with suppress(httpcore.WriteError):  # the server may have answered, and closed, before it had read all
            await self._stream.write(head)
        while True:
            event = await self._next_event()
            if isinstance(event, h11.InformationalResponse | h11.Response) and event.status_code not in PASSING:
                return event.status_code, event.headers.raw_items()

    async def read(self) -> bytes | None:
        """The next piece of a body; None at its end."""
        event = await self._next_event()
        return bytes(event.data) if isinstance(event, h11.Data) else None

    async def _next_event(self) -> h11.Event | type[h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            received = await self._stream.read(READ_BYTES)
            if not received and self._http.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("the server closed the connection without an answer")
            self._http.receive_data(received)
        return event  # type: ignore[return-value]  # NEED_DATA is none

    # The two below keep a site's pages under their own URLs.

    @property
    def is_reusable(self) -> bool:
        """The last answer was whole, and nothing follows it that would be taken for the next one."""
        states = self._http.our_state, self._http.their_state
        return states == (h11.DONE, h11.DONE) and not self._http.trailing_data[0]

    @property
    def nothing_came(self) -> bool:
        """The server has not sent a byte since it was asked."""
        return self._http.their_state in (h11.IDLE, h11.SEND_RESPONSE) and not self._http.trailing_data[0]

    @property
    def is_stale(self) -> bool:
        """The server has closed it, or spoke unasked."""
        return bool(self._stream.get_extra_info("is_readable"))

    async def aclose(self) -> None:
        """Close the socket, which happens before the first checkpoint, so cancellation cannot leak it."""
        await self._stream.aclose()


def _peer_of(stream: httpcore.AsyncNetworkStream) -> str | None:
    try:
        server = stream.get_extra_info("server_addr")  # None where it is no socket
    except OSError:  # reset as soon as it stood
        return None
    return None if server is None else str(server[0])


def _origin_of(parts: Parts) -> str:
    return f"{parts.scheme}://{parts.host}:{parts.port}"


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
        await self._close_expired()
        if (kept := self._idle.pop(_origin_of(parts), None)) is not None:
            if kept.is_stale:
                await kept.aclose()
            else:
                try:
                    return await self._ask(kept, request)
                except httpx.TransportError:
                    if not kept.nothing_came:
                        raise
                    # Closed while the request was under way (RFC 9112, 9.3.1): asked again on a fresh one.
        return await self._ask(await self._connect(parts, request), request)

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

    async def _connect(self, parts: Parts, request: httpx.Request) -> _Connection:
        host, timeout_s = parts.host, request.extensions.get("timeout", {}).get("connect")
        request.extensions["is_connected"] = False
        try:
            with trio.fail_after(float("inf") if timeout_s is None else timeout_s):
                addresses = await self._names.addresses(host.strip("[]"), parts.port)
                check_addresses(host, [ip for ip, _ in addresses], self._allow_networks)
                is_local = all(is_in(ip, self._allow_networks) for ip, _ in addresses)
                request.extensions["is_local"] = is_local
                stream = await dial(self._network, addresses)
                request.extensions["is_connected"] = True
                if parts.scheme == "https":
                    stream = await self._start_tls(stream, host)
        except trio.TooSlowError as exc:
            raise httpx.ConnectTimeout(f"{host}: not connected after {timeout_s:g} s") from exc
        except _FOREIGN as exc:
            raise _as_httpx_error(exc) from exc
        return _Connection(_origin_of(parts), stream, is_local=is_local)

    async def _start_tls(self, stream: httpcore.AsyncNetworkStream, host: str) -> httpcore.AsyncNetworkStream:
        try:
            return await stream.start_tls(self._ssl_context, host.strip("[]"))
        except httpcore.ConnectError as exc:
            raise TlsError(f"{host}: {first_cause(exc)}") from exc

    async def _ask(self, connection: _Connection, request: httpx.Request) -> httpx.Response:
        request.extensions.update(is_local=connection.is_local, peer=connection.peer, is_connected=True)
        parts, fields = parts_and_fields(request)
        answer = None
        try:
            answer = await connection.ask(parts.target, fields)
        except _FOREIGN as exc:
            raise _as_httpx_error(exc) from exc
        finally:
            if answer is None:
                await connection.aclose()
        status, headers = answer
        return httpx.Response(status, headers=headers, stream=_Body(self, connection), request=request)


class _Body(httpx.AsyncByteStream):
    """The body of an answer as it comes; closing it settles what becomes of its connection."""

    def __init__(self, transport: SiteTransport, connection: _Connection) -> None:
        self._transport = transport
        self._connection = connection
        self._is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await self._connection.read()
        except _FOREIGN as exc:
            raise _as_httpx_error(exc) from exc
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            await self._transport.give_back(self._connection)
