"""The work of a crawl as values: an address to visit, the right to visit it, what came back, what became of it."""

from enum import StrEnum

import msgspec

from crawler.model.links import Link, LinkKind
from crawler.model.records import Article, FoundVia, Http, WarcPlace


class Outcome(StrEnum):
    """What became of a visit: a closed set, each with its row in `POLICY`."""

    SAVED = "saved"  # a record was written: a new article or a new version
    UNCHANGED = "unchanged"  # not modified, or the text and title we hold
    DUPLICATE = "duplicate"  # the words of an article of the same site that we hold
    LISTED = "listed"  # a feed or sitemap was read
    ROBOTS_READ = "robots-read"
    RIGHTS_READ = "rights-read"  # the tdmrep.json of an origin
    REDIRECTED = "redirected"
    NOT_ARTICLE = "not-article"
    NOT_A_PAGE = "not-a-page"  # a content type that holds no page, feed or sitemap
    RESERVED = "reserved"  # noindex or a reservation of rights: a record without the text
    NEEDS_FILE = "needs-file"  # nothing was asked: robots.txt or tdmrep.json of its origin goes first
    ROBOTS_DENIED = "robots-denied"
    ROBOTS_UNREACHABLE = "robots-unreachable"  # RFC 9309, 2.3.1.4: as if all were denied, for now
    GONE = "gone"  # 404, 410, 451
    REFUSED = "refused"  # 401, 403
    THROTTLED = "throttled"  # 429, 503
    CLIENT_ERROR = "client-error"  # any other 4xx, and statuses that no one expects
    SERVER_ERROR = "server-error"  # any other 5xx
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"  # no name, no connection
    BROKEN = "broken"  # a reply that breaks HTTP or its own length
    TOO_LARGE = "too-large"
    BAD_URL = "bad-url"
    BAD_REDIRECT = "bad-redirect"  # a loop, a long chain, a downgrade, another scheme, out of scope
    BLOCKED_ADDRESS = "blocked-address"  # the name leads to an address that is not public
    UNREADABLE = "unreadable"  # extraction was refused, crashed or took too long
    FORGOTTEN = "forgotten"  # by its own word the page is one that somebody had forgotten
    TRAP = "trap"  # nothing was asked: very many addresses of its shape brought nothing new
    CRASHED = "crashed"  # a defect of ours


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What an outcome means for the URL and for its host."""

    max_attempts: int | None  # visits before the URL is dropped; None: it stays queued, its host waits
    slows_host: bool = False  # a strike for the host
    drops: bool = False  # the last attempt ends as `dropped`, not `done`


_ENDS = Policy(max_attempts=1)
_DROPS = Policy(max_attempts=1, drops=True)
_RETRIES = Policy(max_attempts=3, slows_host=True, drops=True)

POLICY: dict[Outcome, Policy] = {
    Outcome.SAVED: _ENDS,
    Outcome.UNCHANGED: _ENDS,
    Outcome.DUPLICATE: _ENDS,
    Outcome.LISTED: _ENDS,
    Outcome.ROBOTS_READ: _ENDS,
    Outcome.RIGHTS_READ: _ENDS,
    Outcome.REDIRECTED: _ENDS,
    Outcome.NOT_ARTICLE: _ENDS,
    Outcome.NOT_A_PAGE: _DROPS,
    Outcome.RESERVED: _ENDS,
    Outcome.NEEDS_FILE: Policy(max_attempts=None),
    Outcome.ROBOTS_DENIED: _DROPS,
    Outcome.ROBOTS_UNREACHABLE: Policy(max_attempts=None),
    Outcome.GONE: _DROPS,
    Outcome.REFUSED: _DROPS,
    Outcome.THROTTLED: Policy(max_attempts=None, slows_host=True),
    Outcome.CLIENT_ERROR: _DROPS,
    Outcome.SERVER_ERROR: _RETRIES,
    Outcome.TIMEOUT: _RETRIES,
    Outcome.UNREACHABLE: _RETRIES,
    Outcome.BROKEN: Policy(max_attempts=2, slows_host=True, drops=True),
    Outcome.TOO_LARGE: _DROPS,
    Outcome.BAD_URL: _DROPS,
    Outcome.BAD_REDIRECT: _DROPS,
    Outcome.BLOCKED_ADDRESS: _DROPS,
    Outcome.UNREADABLE: _DROPS,
    Outcome.FORGOTTEN: _DROPS,
    Outcome.TRAP: _DROPS,
    Outcome.CRASHED: _DROPS,
}


READ = frozenset(  # what was read, so that its validators speak of what we hold
    {
        Outcome.SAVED,
        Outcome.UNCHANGED,
        Outcome.DUPLICATE,
        Outcome.LISTED,
        Outcome.ROBOTS_READ,
        Outcome.RIGHTS_READ,
        Outcome.NOT_ARTICLE,
        Outcome.RESERVED,
    }
)


class Purpose(StrEnum):
    """What a request is made for."""

    PAGE = "page"  # an article, section page, feed or sitemap: told apart by what comes
    ROBOTS = "robots"  # the robots.txt of an origin
    RIGHTS = "rights"  # its /.well-known/tdmrep.json
    FILE = "file"  # a seed read from a file: nothing is asked


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """An address for the frontier: where it was seen, its kind and depth; not yet known to be new."""

    url: str  # as it is sent
    kind: LinkKind
    seed: str
    depth: int = 0  # hops from the seed
    foreign: bool = False  # one hop outside the scope: its own links are not followed
    found_via: str | None = None  # the document that named it; None for a seed
    purpose: Purpose = Purpose.PAGE
    chain: tuple[str, ...] = ()  # the redirects that led here, first asked first
    origin: str | None = None  # whose robots.txt or tdmrep.json this is, however it was redirected
    promised_title: str | None = None  # what the block that named it says of it
    promised_on: str | None = None  # the day likewise
    front: bool = False  # before all else of its host: files of its origin, and redirect hops
    fill_since_unix_s: float | None = None  # a sitemap that fills the gap of a feed: with what came out from then on

    @property
    def via(self) -> FoundVia:
        return FoundVia(url=self.found_via, kind=self.kind)


ORIGIN_FILES = frozenset({Purpose.ROBOTS, Purpose.RIGHTS})  # asked for on behalf of pages, kept in the ledger


class OriginFile(msgspec.Struct, frozen=True, kw_only=True):
    """What we hold of a file that speaks for an origin: robots.txt or tdmrep.json."""

    text: str | None  # None: unreachable and no copy to fall back on; a robots.txt then denies all
    fetched_at_unix_s: float  # when `text` came
    expires_at_unix_s: float  # when it must be asked for again
    failures: int = 0  # attempts in a row that brought nothing


class PollWishes(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a publisher asks of those who poll a listing."""

    least_s: float | None = None  # between two polls
    skip_hours: tuple[int, ...] = ()  # of the day, UTC, in which nobody should ask
    skip_days: tuple[int, ...] = ()  # likewise, 0 for Monday

    @property
    def rests(self) -> bool:
        return bool(self.skip_hours or self.skip_days)


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right to visit one URL now; at most one per site is out."""

    target: Target
    key: bytes  # of its row
    site: str
    attempt: int = 1  # this visit counted
    waited_s: float = 0.0
    etag: str | None = None
    last_modified: str | None = None
    strikes: int = 0  # of the host, in a row
    refusals: int = 0  # of the host, in a row
    robots: OriginFile | None = None  # None: never asked for
    rights: OriginFile | None = None  # likewise
    names: bytes = b""  # of the items that a listing had when it was last polled
    polled_at_unix_s: float | None = None  # when that was


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange that came back whole, within limits."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]  # names in lower case, in the order sent
    body: bytes  # content decoded
    wire_bytes: int
    elapsed_s: float
    is_local: bool = False  # the peer is in one of the allowed networks
    request_head: bytes = b""  # request line and fields as sent, blank line included; b"" where nothing was sent
    peer: str | None = None  # the address that answered; None where it is not known
    truncated: str | None = None  # why `body` is a beginning only, in WARC's words: "length", "unspecified"

    def header(self, name: str) -> str | None:
        """The first value of a header; `name` in lower case."""
        return next((value for key, value in self.headers if key == name), None)

    def header_values(self, name: str) -> tuple[str, ...]:
        """All values of a header that may be sent more than once; `name` in lower case."""
        return tuple(value for key, value in self.headers if key == name)


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange that brought no whole answer."""

    outcome: Outcome
    why: str
    elapsed_s: float
    status: int | None = None  # where the headers came
    wire_bytes: int = 0
    is_local: bool = False
    asked: bool = True  # False: it failed before a byte was sent


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """All we did for one lease, and what became of it; not yet written."""

    lease: Lease
    outcome: Outcome
    at_unix_s: float
    why: str | None = None
    rule: str | None = None
    asked: bool = False  # a request was made
    elapsed_s: float = 0.0
    http: Http | None = None
    fetched_url: str | None = None
    article: Article | None = None
    links: tuple[Link, ...] = ()  # of a feed, sitemap, redirect or page that is no article
    targets: tuple[Target, ...] = ()
    retry_at_unix_s: float | None = None  # not before; None: when its host may be asked
    rights: str | None = None
    answer: Answer | None = None  # to be archived; None: nothing came, or it may not be
    warc: WarcPlace | None = None
    pace: "HostPace | None" = None  # None: no request was made, its host may be asked as before
    origin_file: OriginFile | None = None  # what a visit to one brought
    missing_since_unix_s: float | None = (
        None  # the page of an article is not there: since the first answer that said so
    )
    wishes: PollWishes | None = None  # of the publisher of a listing; None: those of its last poll hold
    is_gap: bool = False  # a listing that shares no item with its last poll


class HostPace(msgspec.Struct, frozen=True, kw_only=True):
    """When a site may be asked again, and why then."""

    next_visit_at_unix_s: float
    gap_s: float  # the pause kept without strikes and Retry-After
    strikes: int = 0
    refusals: int = 0  # in a row
    why: str | None = None  # where it waits longer than its gap


class UrlState(StrEnum):
    """Where a URL stands in the frontier."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    DROPPED = "dropped"


def state_after(visit: Visit) -> UrlState:
    """Where its outcome leaves a URL, by `POLICY`."""
    policy = POLICY[visit.outcome]
    if visit.lease.target.purpose in ORIGIN_FILES:
        return UrlState.DONE  # whoever needs it asks anew, by what the ledger holds of it
    if policy.max_attempts is None or visit.lease.attempt < policy.max_attempts:
        return UrlState.QUEUED
    return UrlState.DROPPED if policy.drops else UrlState.DONE


class FileLines(msgspec.Struct, frozen=True, kw_only=True):
    """Whole lines, and where in which file they go."""

    file: str
    start: int
    content: bytes
