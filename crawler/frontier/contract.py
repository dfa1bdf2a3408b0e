"""What every frontier does: the verbs, and the values that pass them. The tests run one suite over all of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

import msgspec

from crawler.frontier.revisit import Revisits
from crawler.model.links import LinkKind
from crawler.model.urls import canonical_url, fingerprint, site_of, url_id
from crawler.model.work import (
    ORIGIN_FILES,
    READ,
    FileLines,
    HostPace,
    Lease,
    OriginFile,
    Outcome,
    Purpose,
    Target,
    UrlState,
    Visit,
)

MAX_CUTS = 8  # leases that died with the process before a URL is dropped; after the first it waits for all others
SHARE_OF_A_SOURCE = 100  # addresses of a document at its priority; the next hundred let those of others go first
OLD_DAYS = (30.0, 180.0, 365.0)  # each costs half a hop
FOREIGN_ARTICLES_A_SITE = 20  # outside the scope one hop is followed, and no site is walked through (DESIGN 6)


class HeldArticle(msgspec.Struct, frozen=True, kw_only=True):
    """What the frontier keeps of a written article version, to know it again."""

    id: str
    url: str
    site: str
    version: int
    text_digest: str | None
    title: str | None
    fetched_id: str  # the identity of the address it was read at
    story_id: str | None  # of its title and day, by which plain-text articles are joined
    may_be_twin: bool  # long enough, and not behind a paywall


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A written article whose page was not there when it was asked for last."""

    id: str
    since_unix_s: float
    is_told: bool  # with a line of its own


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the frontier holds of some ids and digests."""

    articles: Mapping[str, HeldArticle] = {}  # by id
    twins: Mapping[tuple[str, str], HeldArticle] = {}  # by site and text digest: the first written
    first_of_text: Mapping[str, str] = {}  # text digest: the id of the first article that had it, on any site
    identities: Mapping[str, str] = {}  # id: what it was last said to be the same as
    stories: frozenset[str] = frozenset()  # those of the ids that name an article without address
    by_story: Mapping[str, HeldArticle] = {}  # by story id
    missing: Mapping[str, Missing] = {}  # by id
    edges: Mapping[bytes, bytes] = {}  # key of an edge: digest of how it was worded


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What one transaction writes."""

    visits: tuple[Visit, ...] = ()
    covered: tuple[Target, ...] = ()  # addresses that need no visit any more: their page was read under another
    articles: tuple[HeldArticle, ...] = ()
    identities: tuple[tuple[str, str], ...] = ()
    stories: tuple[str, ...] = ()
    edges: tuple[tuple[bytes, bytes], ...] = ()
    missing: tuple[Missing, ...] = ()
    back: tuple[str, ...] = ()  # ids of articles that are missing no more
    lines: tuple[FileLines, ...] = ()
    archived: Mapping[str, int] = {}  # archive file: bytes that survive a power loss
    last_seq: int = 0
    ended: str | None = None  # how the run ended, with the line that says so


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What a run finds at its start."""

    previous: str | None  # how the run before it ended; "killed" where it could not say; None for the first
    last_seq: int
    lengths: Mapping[str, int]  # file: committed bytes
    outbox: Sequence[FileLines]  # lines that may not be in their files yet
    returned: int  # leases of a dead run that were queued again
    due_again: int  # pages that were read and are queued again
    clock_back_s: float  # how far the clock stands before the last commit; 0 where it went on


class UrlLife(msgspec.Struct, frozen=True, kw_only=True):
    """What the frontier knows of one URL."""

    target: Target
    state: UrlState
    attempts: int
    outcome: Outcome | None
    why: str | None
    due_at_unix_s: float
    visited_at_unix_s: float | None


class Frontier(Protocol):
    """All known URLs and their states.

    At most one lease a site is out; a URL once `done` or `dropped` is not leased again unless something asks anew;
    what `settle` returned from survives whatever kills the process. `lease`, `release` and the questions are asked
    by one task; `settle` and `known` may run in another thread meanwhile.
    """

    def begin(self, run_id: str, made_by: str, revisits: Revisits = Revisits.NONE) -> Begun:
        """Start a run: leases of a dead one return to the queue, and what is due again is queued.

        Args:
            made_by: "crawl" or "replay"; a folder holds what one of them made.
        """
        ...

    def add(self, targets: Iterable[Target]) -> int:
        """Queue what is new, and seeds that are due again; returns how many were."""
        ...

    async def lease(self, n: int) -> Sequence[Lease]:
        """At most `n` URLs that may be asked now, each of another site."""
        ...

    def release(self, lease: Lease, pace: HostPace | None, file: OriginFile | None = None) -> None:
        """The visit ended: its site may be asked again as `pace` says. The URL still waits for `settle`.

        Args:
            file: what a visit to a robots.txt or tdmrep.json brought.
        """
        ...

    def settle(self, group: Group) -> None:
        """Write a group in one transaction: states, targets, what was learned, the outbox and the files' lengths."""
        ...

    def known(self, ids: Iterable[str], digests: Iterable[str], edges: Iterable[bytes] = ()) -> Known:
        """What is held of article ids (story ids among them), text digests and edge keys."""
        ...

    def synced(self, last_seq: int) -> None:
        """All lines up to `last_seq` survive a power loss in their files: the outbox may forget them."""
        ...

    def due_in_s(self) -> float | None:
        """Seconds until a lease may be had: None where nothing is queued or out, inf where only leases are out."""
        ...

    def counts(self) -> Mapping[UrlState, int]: ...

    def waiting(self) -> Sequence[tuple[str, float]]:
        """The sites that hold queued URLs, with the moment each may be asked, soonest first."""
        ...

    def why(self, url: str) -> UrlLife | None: ...

    def is_forgotten(self, address: str) -> bool:
        """Whether somebody had it forgotten: it is never queued, and must not be written."""
        ...

    def close(self) -> None:
        """End a run in order: leases that were not settled return to the queue."""
        ...

    def abandon(self) -> None:
        """End after an error: nothing is written any more."""
        ...


def key_of(target: Target) -> bytes:
    """What makes two targets one row: the identity of the address; files of an origin are apart from pages."""
    if target.url.startswith("urn:"):
        return fingerprint(target.url)
    if target.purpose in ORIGIN_FILES:  # several origins may share a file by redirects, and each needs its own row
        return fingerprint(f"{target.purpose} of {target.origin}: {canonical_url(target.url)}")
    return bytes.fromhex(url_id(target.url))


def site_of_target(target: Target) -> str:
    """The site that a target is asked at; "" where nothing is asked."""
    return "" if target.purpose is Purpose.FILE or target.url.startswith("urn:") else site_of(target.url)


def priority_of(target: Target, cuts: int = 0) -> int:
    """Lower goes first within a site: what the host's next visit needs, then by hops from the seed.

    What was leased when the process died waits for all others: should it be what killed the process, it takes
    nothing with it.
    """
    if target.origin is not None:
        return -2  # a hop may need the robots.txt of where it leads
    if target.front:
        return -1
    follows_last = 1 if target.kind in (LinkKind.SITEMAP, LinkKind.PROMOTED) else 0
    return cuts * 10_000 + target.depth * 2 + follows_last


def wait_behind(target: Target, place: int, now_unix_s: float) -> int:
    """What is added to the priority of a new address, so that no story and no source starves the others of its site.

    Args:
        place: how many addresses the same document named before it.
    """
    return place // SHARE_OF_A_SOURCE + _age_penalty(target, now_unix_s)


def _age_penalty(target: Target, now_unix_s: float) -> int:
    """Older stories go behind: those of months behind others of their depth, those of years behind the next hop."""
    try:
        day = date.fromisoformat(target.promised_on or "")
    except ValueError:
        return 0
    age_days = now_unix_s / 86_400.0 - (day.toordinal() - date(1970, 1, 1).toordinal())
    return sum(age_days > limit for limit in OLD_DAYS)


def validators_after(visit: Visit) -> tuple[str | None, str | None]:
    """The ETag and Last-Modified to be sent next time: of what was read, never of an error or a refusal."""
    lease, http = visit.lease, visit.http
    if visit.outcome not in READ or http is None:
        return lease.etag, lease.last_modified
    if http.status == 304:
        return http.etag or lease.etag, http.last_modified or lease.last_modified
    return http.etag, http.last_modified
