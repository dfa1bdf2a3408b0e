"""From names to addresses: one look-up a name at a time, remembered for a minute."""

import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

import httpx
import trio

Address = tuple[str, int]  # numeric IP address, port
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
"""From host and port to the addresses to dial, best first; may map the port too. Raises `OSError` for no such name."""

KEPT_S = 60.0  # getaddrinfo tells no lifetime; a minute is what browsers take
FAILURE_KEPT_S = 5.0  # long enough that a page full of links to a dead name asks once
KEPT_NAMES = 4096  # about 1 MB
LOOKUP_THREADS = 16  # slow look-ups must not use up the threads that files and the database share


class UnknownNameError(httpx.ConnectError):
    """There is no such name, or no address under it."""


class SystemResolver:
    """Asks the system's resolver, in threads of its own. A `Resolve`."""

    def __init__(self) -> None:
        self._limiter = trio.CapacityLimiter(LOOKUP_THREADS)

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        try:
            return [(str(ipaddress.ip_address(host)), port)]  # needs no thread
        except ValueError:
            pass
        found = await trio.to_thread.run_sync(
            lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM),
            abandon_on_cancel=True,  # it cannot be stopped; its thread is counted until it ends
            limiter=self._limiter,
        )
        return [(str(address[0]), int(address[1])) for *_, address in found]


class _Lookup:
    """A look-up under way, and what came of it."""

    def __init__(self) -> None:
        self.is_over = trio.Event()
        self.answer: tuple[Address, ...] | httpx.ConnectError | None = None  # None: it was cancelled


class NameCache:
    """A resolver that asks another one, once for all who ask at the same time.

    Failures for good (no such name) are remembered for `FAILURE_KEPT_S`; passing ones only reach those who wait.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._known: OrderedDict[Address, tuple[float, tuple[Address, ...] | httpx.ConnectError]] = OrderedDict()
        self._lookups: dict[Address, _Lookup] = {}

    async def addresses(self, host: str, port: int) -> tuple[Address, ...]:
        """The addresses of a host, at least one.

        Raises:
            UnknownNameError: there is no such name.
            httpx.ConnectError: it could not be looked up now.
        """
        answer = self._remembered((host, port))
        while answer is None:
            if (lookup := self._lookups.get((host, port))) is None:
                answer = await self._look_up(host, port)
            else:
                await lookup.is_over.wait()
                answer = lookup.answer  # None: who asked was cancelled, so one of those who wait asks
        if isinstance(answer, httpx.ConnectError):
            raise type(answer)(str(answer))  # a fresh one: a raised exception holds its traceback
        return answer

    def _remembered(self, key: Address) -> tuple[Address, ...] | httpx.ConnectError | None:
        expires_at_s, answer = self._known.get(key, (0.0, None))
        if answer is None or expires_at_s <= trio.current_time():
            return None
        self._known.move_to_end(key)
        return answer

    async def _look_up(self, host: str, port: int) -> tuple[Address, ...] | httpx.ConnectError:
        lookup = self._lookups[host, port] = _Lookup()
        try:
            lookup.answer = await self._ask(host, port)
        finally:
            del self._lookups[host, port]
            lookup.is_over.set()
        is_passing = type(lookup.answer) is httpx.ConnectError
        if not is_passing:
            kept_s = FAILURE_KEPT_S if isinstance(lookup.answer, httpx.ConnectError) else KEPT_S
            self._known[host, port] = (trio.current_time() + kept_s, lookup.answer)
            self._known.move_to_end((host, port))
            if len(self._known) > KEPT_NAMES:
                self._known.popitem(last=False)
        return lookup.answer

    async def _ask(self, host: str, port: int) -> tuple[Address, ...] | httpx.ConnectError:
        try:
            found = tuple(await self._resolve(host, port))
        except UnicodeError:  # a label of more than 63 characters
            return UnknownNameError(f"{host} cannot be a name")
        except OSError as exc:
            if isinstance(exc, socket.gaierror) and exc.errno == socket.EAI_AGAIN:
                return httpx.ConnectError(f"{host}: {exc.strerror}")
            return UnknownNameError(f"{host}: {exc.strerror or exc}")
        return found or UnknownNameError(f"{host} has no address")
