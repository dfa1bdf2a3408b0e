"""A small HTTP/1.1 server on the loopback for the demo site, on Trio's sockets and h11."""

from collections.abc import Awaitable, Callable, Collection

import h11
import trio

from crawler.demo.site import DemoAnswer, DemoSite

LOOPBACK = "127.0.0.1"
IDLE_S = 60.0  # longer than a client keeps a connection between two polite requests
LINGER_S = 2.0  # a client that is still sending has read the answer by then, on the loopback
MAX_REQUEST_BODY_BYTES = 65_536  # nothing is posted here; more than this is not read to its end
READ_BYTES = 16_384

LogLine = tuple[str, str, int]  # host, target, status


async def serve_demo(
    site: DemoSite,
    *,
    log: list[LogLine] | None = None,
    task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve a site on a free port of 127.0.0.1 until cancelled.

    Args:
        site: what is served.
        log: gets a line for each request that was understood, in the order of the answers.
        task_status: told the port, once connections are accepted.
    """
    listeners = await trio.open_tcp_listeners(0, host=LOOPBACK)
    port: int = listeners[0].socket.getsockname()[1]

    async def serve_one(stream: trio.SocketStream) -> None:
        await _serve_connection(site, stream, [] if log is None else log)

    async with trio.open_nursery() as nursery:
        await nursery.start(trio.serve_listeners, serve_one, listeners)
        task_status.started(port)


def resolver(port: int, hosts: Collection[str]) -> Callable[[str, int], Awaitable[list[tuple[str, int]]]]:
    """A name service that knows the demo alone: its hosts, port 80, are at `port` of the loopback.

    Returns:
        An async function from host and port to addresses to dial; `OSError` for any other name or port.
    """

    async def resolve(host: str, wanted_port: int) -> list[tuple[str, int]]:
        await trio.lowlevel.checkpoint()
        if host not in hosts or wanted_port != 80:
            raise OSError(f"unknown host {host}:{wanted_port}: only {', '.join(hosts)} are served here, port 80")
        return [(LOOPBACK, port)]

    return resolve


async def _serve_connection(site: DemoSite, stream: trio.SocketStream, log: list[LogLine]) -> None:
    connection = h11.Connection(h11.SERVER)
    async with stream:
        try:
            while await _serve_request(site, connection, stream, log):
                connection.start_next_cycle()
            await _linger(stream)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return  # the client has gone: nothing is left to answer


async def _linger(stream: trio.SocketStream) -> None:
    """Take what the client still sends: closing with bytes unread would tear the answer from it (RFC 9112, 9.6)."""
    await stream.send_eof()
    with trio.move_on_after(LINGER_S):
        while await stream.receive_some(READ_BYTES):
            pass


async def _serve_request(
    site: DemoSite, connection: h11.Connection, stream: trio.SocketStream, log: list[LogLine]
) -> bool:
    """Answer one request; whether another may follow on the connection."""
    try:
        request = await _read_request(connection, stream)
    except h11.RemoteProtocolError as exc:
        answer = DemoAnswer(
            status=exc.error_status_hint, headers=(("content-type", "text/plain; charset=utf-8"),), body=b"Not HTTP.\n"
        )
        if connection.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            await _send(connection, stream, answer, is_head=False)
        return False
    if request is None:
        return False
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in request.headers}
    method, target = request.method.decode("ascii"), request.target.decode("latin-1")
    answer = site.answer(method, headers.get("host", ""), target, headers)
    log.append((headers.get("host", ""), target, answer.status))
    await _send(connection, stream, answer, is_head=method == "HEAD")
    return connection.our_state is h11.DONE and connection.their_state is h11.DONE


async def _read_request(connection: h11.Connection, stream: trio.SocketStream) -> h11.Request | None:
    """The next request, its body read and dropped; `None` where the client closes, or says nothing for `IDLE_S`."""
    request: h11.Request | None = None
    body_bytes = 0
    with trio.move_on_after(IDLE_S):
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    return request  # the final answer comes instead, and the connection closes
                connection.receive_data(await stream.receive_some(READ_BYTES))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body_bytes += len(event.data)
                if body_bytes > MAX_REQUEST_BODY_BYTES:
                    return request  # answered unread, and the connection closes
            else:
                return request if isinstance(event, h11.EndOfMessage) else None
    return None


async def _send(connection: h11.Connection, stream: trio.SocketStream, answer: DemoAnswer, *, is_head: bool) -> None:
    """Send an answer whole. A 304 has neither body nor length; a HEAD has the length alone (RFC 9110, 8.6)."""
    length = () if answer.status == 304 else (("content-length", str(len(answer.body))),)
    parts = [connection.send(h11.Response(status_code=answer.status, headers=[*answer.headers, *length]))]
    if answer.body and not is_head:
        parts.append(connection.send(h11.Data(data=answer.body)))
    parts.append(connection.send(h11.EndOfMessage()))
    await stream.send_all(b"".join(part for part in parts if part))
