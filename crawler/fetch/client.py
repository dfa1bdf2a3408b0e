"""One exchange with one server: a URL in, an `Answer` or a `Failure` out. Nothing else comes out.

Of httpx its requests, responses, exceptions and transports are used, but not `AsyncClient`: it would follow redirects,
keep cookies, read proxies from the environment and decode without bounds, and its `send` raises on a `Location` that
it cannot parse, whoever follows it. Measured: 616 pages/s where the same transport under `AsyncClient` gave 533.
"""

import re
from types import TracebackType
from typing import Self

import httpx
import trio

from crawler.fetch.asking import Get
from crawler.fetch.body import ACCEPT_ENCODING, Body, BodyError, BrokenBodyError, TooLargeError
from crawler.fetch.budget import BodyBudget, Share
from crawler.fetch.guard import BlockedAddressError
from crawler.fetch.retry import retry_connecting
from crawler.model.urls import resolve_url
from crawler.model.work import Answer, Failure, Outcome

EXCHANGE_S = 30.0  # from the first byte sent to the last one read, name and connection included
CONNECT_S = 10.0  # a packet lost twice is sent a third time after 7 s (Linux)
BODIES_BYTES = 64 * 1024 * 1024  # of all bodies under way: a page of the usual 1 MiB and less for each of 64 visits
MAX_WHY_CHARS = 300  # of what went wrong; h11 quotes the line that it cannot read, of up to 100 KiB
SIDE_BODY_BYTES = 65_536  # of an answer other than 2xx: enough to tell a challenge page from an error

# The first row that fits. What is in no row is a defect of ours.
OUTCOME_OF: tuple[tuple[type[Exception], Outcome], ...] = (
    (TooLargeError, Outcome.TOO_LARGE),
    (BrokenBodyError, Outcome.BROKEN),
    (trio.TooSlowError, Outcome.TIMEOUT),
    (httpx.TimeoutException, Outcome.TIMEOUT),
    (BlockedAddressError, Outcome.BLOCKED_ADDRESS),
    (httpx.ConnectError, Outcome.UNREACHABLE),
    (httpx.UnsupportedProtocol, Outcome.BAD_URL),
    (httpx.HTTPError, Outcome.BROKEN),
    (httpx.InvalidURL, Outcome.BAD_URL),  # not an `HTTPError`
    (ValueError, Outcome.BAD_URL),  # idna's and Unicode's, from hosts that httpx or the TLS library cannot encode
)

ACCEPT = "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5"

# Media types that hold no page, feed or sitemap. Not here: octet streams and gzip, which sitemaps come as.
_NO_PAGE = re.compile(
    r"(?:image|video|audio|font|model)/"
    r"|text/(?:css|csv|calendar|vcard|javascript|ecmascript)\b"
    r"|application/(?:pdf|zip|msword|rtf|postscript|wasm|java-archive|epub\+zip|(?:x-)?javascript|ecmascript"
    r"|x-(?:tar|bzip2?|7z-compressed|rar-compressed|shockwave-flash|bittorrent|apple-diskimage|msdownload|debian-package)"
    r"|vnd\.(?!.*\+(?:xml|json)\b))",
    re.IGNORECASE,
)
Headers = tuple[tuple[str, str], ...]  # as `Answer.headers`

_VALIDATOR = re.compile(r"[\x20-\x7e]{1,1000}")  # what may be sent back in a header


class Client:
    """Sends GET requests through a transport, which it closes at its end. Follows nothing, keeps nothing."""

    def __init__(
        self,
        *,
        user_agent: str,
        transport: httpx.AsyncBaseTransport,
        from_address: str | None = None,
        exchange_s: float = EXCHANGE_S,
        connect_s: float = CONNECT_S,
        bodies_bytes: int = BODIES_BYTES,
    ) -> None:
        """Nothing is opened yet.

        Args:
            user_agent: who we are, with a way to reach us; ASCII.
            transport: `transport.SiteTransport` for the web, `replay.ArchiveTransport` for an archive.
            from_address: the `From` header, an e-mail address (RFC 9110, 10.1.2); `None` sends none.
            exchange_s: the most that one `fetch` takes, seconds; waiting for other bodies does not count.
            connect_s: the most that name, connection and TLS take, seconds.
            bodies_bytes: what all bodies under way may hold; past it they wait for each other.
        """
        self._transport = transport
        self._exchange_s = exchange_s
        self._connect_s = connect_s
        self._budget = BodyBudget(bodies_bytes)
        fields = {"User-Agent": user_agent, "Accept": ACCEPT, "Accept-Encoding": ACCEPT_ENCODING}
        if from_address is not None:
            fields["From"] = from_address
        self._fields = [(name.encode(), value.encode("ascii")) for name, value in fields.items()]

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._transport.__aexit__(kind, exc, traceback)

    async def fetch(
        self,
        url: str,
        *,
        max_body_bytes: int,
        accepts_pages_only: bool = True,
        may_cut: bool = False,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Answer | Failure:
        """Ask for a URL once and read the answer within limits.

        Args:
            url: as `resolve_url` made it.
            max_body_bytes: cap on a 2xx body, as it comes and decoded. Other bodies are cut at `SIDE_BODY_BYTES`.
            accepts_pages_only: give up after the headers where the content type holds no page, feed or sitemap.
            may_cut: a 2xx body over the cap is cut there, and no failure.
            etag: validator of the copy we hold; `None` where there is none.
            last_modified: likewise.

        Returns:
            An `Answer` for every status from 200 on that we may be given, 304 and errors included; redirects are not
            followed.
        """
        exchange = _Exchange(url, trio.current_time())
        try:
            exchange.request = request = self._request(url, etag=etag, last_modified=last_modified)
            with trio.fail_after(self._exchange_s) as scope:
                response = await retry_connecting(lambda: self._transport.handle_async_request(request))
                try:
                    with self._budget.open_share(scope) as share:
                        return await exchange.read(response, share, max_body_bytes, accepts_pages_only, may_cut)
                finally:
                    await response.aclose()
        except tuple(foreign for foreign, _ in OUTCOME_OF) as exc:
            outcome = next(outcome for foreign, outcome in OUTCOME_OF if isinstance(exc, foreign))
            late = f"not over after {self._exchange_s:g} s" if isinstance(exc, trio.TooSlowError) else ""
            return exchange.failure(outcome, late or str(exc) or type(exc).__name__)

    def _request(self, url: str, *, etag: str | None, last_modified: str | None) -> Get:
        address = resolve_url(url)
        if address is None:
            raise httpx.InvalidURL(f"not an http(s) address: {url[:200]!r}")
        fields = self._fields
        if etag is not None and _VALIDATOR.fullmatch(etag):
            fields = [*fields, (b"If-None-Match", etag.encode("ascii"))]
        if last_modified is not None and _VALIDATOR.fullmatch(last_modified):
            fields = [*fields, (b"If-Modified-Since", last_modified.encode("ascii"))]
        request = Get(address, fields, {"timeout": {"connect": self._connect_s}})
        if request.parts.host.startswith("xn--") and not request.url.host:  # raises where IDNA has no such name
            raise httpx.InvalidURL(f"no host: {url[:200]!r}")
        return request


class _Exchange:
    """What is known of an exchange under way, for the `Failure` that it may become."""

    def __init__(self, url: str, started_s: float) -> None:
        self.url = url
        self.started_s = started_s
        self.request: Get | None = None  # None: the address cannot be asked for
        self.status: int | None = None
        self.wire_bytes = 0

    async def read(
        self, response: httpx.Response, share: Share, max_body_bytes: int, accepts_pages_only: bool, may_cut: bool
    ) -> Answer | Failure:
        """The answer, once its body has been read; raises what `OUTCOME_OF` lists."""
        assert self.request is not None
        self.status = response.status_code
        if self.status < 200 or self.status == 206:  # another protocol (101), a part of a page
            return self.failure(Outcome.BROKEN, f"status {self.status} was not asked for")
        headers = tuple((decode_header(name).lower(), decode_header(value)) for name, value in response.headers.raw)
        if response.is_success:
            content_type = _joined(headers, "content-type").strip()
            if accepts_pages_only and _NO_PAGE.match(content_type):
                return self.failure(Outcome.NOT_A_PAGE, content_type[:100])
            body, truncated = await self._read_body(response, headers, share, max_body_bytes, may_cut)
        else:
            body, truncated = await self._read_side_body(response, headers, share)
        return Answer(
            url=self.url,
            status=self.status,
            headers=headers,
            body=body,
            wire_bytes=self.wire_bytes,
            elapsed_s=trio.current_time() - self.started_s,
            is_local=self._noted("is_local", default=False),
            request_head=self.request.head,
            peer=self.request.extensions.get("peer"),
            truncated=truncated,
        )

    def failure(self, outcome: Outcome, why: str) -> Failure:
        """What the exchange has become, with what is known of it."""
        return Failure(
            outcome=outcome,
            why=why[:MAX_WHY_CHARS],
            elapsed_s=trio.current_time() - self.started_s,
            status=self.status,
            wire_bytes=self.wire_bytes,
            is_local=self._noted("is_local", default=False),
            asked=self.request is not None and self._noted("is_connected", default=True),
        )

    async def _read_body(
        self, response: httpx.Response, headers: Headers, share: Share, max_body_bytes: int, may_cut: bool
    ) -> tuple[bytes, str | None]:
        """The body, and why it is not whole, as `Answer.truncated` says it."""
        body = Body(_joined(headers, "content-encoding"), max_body_bytes=max_body_bytes)
        announced = _joined(headers, "content-length")
        if announced.isdecimal() and int(announced) > max_body_bytes and not may_cut:
            raise TooLargeError(f"{announced} bytes announced, {max_body_bytes} allowed")
        try:
            await self._feed(body, response, share)
        except TooLargeError:
            if not may_cut:
                raise
            return body.so_far()[:max_body_bytes], "length"
        return body.finish(), None

    async def _read_side_body(
        self, response: httpx.Response, headers: Headers, share: Share
    ) -> tuple[bytes, str | None]:
        """The body of a redirect or an error as far as it can be had: there the status and the headers matter.

        With it, why it is not whole, as `Answer.truncated` says it.
        """
        body = Body("", max_body_bytes=0)
        try:
            body = Body(_joined(headers, "content-encoding"), max_body_bytes=SIDE_BODY_BYTES)
            await self._feed(body, response, share)
            return body.finish(), None
        except (BodyError, httpx.HTTPError) as exc:
            return body.so_far()[:SIDE_BODY_BYTES], "length" if isinstance(exc, TooLargeError) else "unspecified"

    async def _feed(self, body: Body, response: httpx.Response, share: Share) -> None:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        async for piece in response.stream:  # what `aiter_raw` wraps in a generator, which to leave early is unsafe
            self.wire_bytes += len(piece)
            for more_bytes in body.steps(piece):
                await share.hold(more_bytes)

    def _noted(self, name: str, *, default: bool) -> bool:
        """What the transport noted of the peer; other transports note nothing."""
        return default if self.request is None else bool(self.request.extensions.get(name, default))


def _joined(headers: Headers, name: str) -> str:
    """The values of a header as one (RFC 9110, 5.3); "" where there is none."""
    return ", ".join(value for key, value in headers if key == name)


def decode_header(header: bytes) -> str:
    """UTF-8 where it is, which raw `Location`s are, and otherwise one character a byte."""
    try:
        return header.decode("utf-8")
    except UnicodeDecodeError:
        return header.decode("latin-1")
