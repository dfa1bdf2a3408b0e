"""One visit: one request, and what is read from it. Everything that may go wrong in it is an outcome."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from crawler.extraction.document import Document
from crawler.extraction.feeds import Feed
from crawler.extraction.page import Page
from crawler.model.links import Link, LinkKind
from crawler.model.records import Http
from crawler.model.urls import origin_of, resolve_url
from crawler.model.work import Answer, Failure, HostPace, Lease, Outcome, Purpose, RobotsCopy, Target, Visit
from crawler.politeness.pacing import crawl_delay_note, parse_retry_after, pause_s, strikes_after
from crawler.politeness.rights import read_directives
from crawler.politeness.robots import RulesCache, robots_copy
from crawler.running.scope import Scope

MAX_ROBOTS_BYTES = 5 * 1024 * 1024  # what is read of a robots.txt; the first 500 KiB are parsed (RFC 9309, 2.5)
MAX_REDIRECTS = 5  # RFC 9309, 2.3.1.2 asks that many for robots.txt; pages need no more
OUTCOME_OF_STATUS = {
    304: Outcome.UNCHANGED,
    401: Outcome.REFUSED,
    403: Outcome.REFUSED,
    404: Outcome.GONE,
    410: Outcome.GONE,
    429: Outcome.THROTTLED,
    451: Outcome.GONE,
    503: Outcome.THROTTLED,
}

log = logging.getLogger("crawler.visit")


class Fetch(Protocol):
    """What `fetch.client.Client.fetch` does."""

    async def __call__(
        self,
        url: str,
        *,
        max_body_bytes: int,
        accepts_pages_only: bool = True,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Answer | Failure: ...


class Unreadable(msgspec.Struct, frozen=True):
    """A body that was not read, and why."""

    why: str


Read = Callable[[bytes, str, str | None, datetime], Awaitable[Document | Unreadable]]


class Pacing(msgspec.Struct, frozen=True, kw_only=True):
    """How a run paces itself; the ledger keeps what comes of it."""

    gap_s: Callable[[str], float]  # by site
    is_patient: bool = True  # false: an archive, where nobody is there to be polite to


class Visitor:
    """Makes visits. Holds no state but compiled robots rules.

    Args:
        now: UTC seconds.
        keep_reserved_texts: the operator may keep what publishers reserve.
        keeps_answers: visits carry their answers, for an archive.
    """

    def __init__(
        self,
        fetch: Fetch,
        read: Read,
        scope: Scope,
        pacing: Pacing,
        *,
        now: Callable[[], float],
        max_page_bytes: int,
        keep_reserved_texts: bool = False,
        keeps_answers: bool = False,
    ) -> None:
        self._fetch = fetch
        self._read = read
        self._scope = scope
        self._pacing = pacing
        self._now = now
        self._max_page_bytes = max_page_bytes
        self._keep_reserved_texts = keep_reserved_texts
        self._keeps_answers = keeps_answers
        self._rules = RulesCache()

    async def visit(self, lease: Lease) -> Visit:
        """All that is done for one lease."""
        is_robots = lease.target.purpose is Purpose.ROBOTS
        if not is_robots and (refusal := self._refusal(lease)) is not None:
            return refusal
        at = self._now()
        answer = await self._fetch(
            lease.target.url,
            max_body_bytes=MAX_ROBOTS_BYTES if is_robots else self._max_page_bytes,
            accepts_pages_only=not is_robots,
            etag=lease.etag,
            last_modified=lease.last_modified,
        )
        visit = _begun(lease, answer, at)
        if self._keeps_answers and isinstance(answer, Answer):
            visit = msgspec.structs.replace(visit, answer=answer)
        if is_robots:
            visit = self._with_robots(visit, answer)
        elif isinstance(answer, Answer):
            visit = await self._with_answer(visit, answer)
        return msgspec.structs.replace(visit, pace=self._pace(visit, answer)) if visit.asked else visit

    async def read_answer(self, lease: Lease, answer: Answer, at_unix_s: float) -> Visit:
        """What an answer says that an archive holds since that moment."""
        visit = msgspec.structs.replace(_begun(lease, answer, at_unix_s), asked=False)
        return await self._with_answer(visit, answer)

    def _refusal(self, lease: Lease) -> Visit | None:
        """The visit that ends before a request, by the origin's robots.txt."""
        at, copy, target = self._now(), lease.robots, lease.target
        refused = Visit(lease=lease, outcome=Outcome.ROBOTS_DENIED, at_unix_s=at)
        if copy is None or not copy.fetched_at_unix_s <= at < copy.expires_at_unix_s:  # or the clock was set back
            origin = origin_of(target.url)
            robots = Target(
                url=f"{origin}/robots.txt",
                kind=target.kind,
                seed=target.seed,
                found_via=target.url,
                purpose=Purpose.ROBOTS,
                robots_of=origin,
                front=True,
            )
            return msgspec.structs.replace(refused, outcome=Outcome.ROBOTS_NEEDED, targets=(robots,))
        if copy.text is None:
            return msgspec.structs.replace(
                refused,
                outcome=Outcome.ROBOTS_UNREACHABLE,
                why="its robots.txt could not be had, which denies all for now (RFC 9309, 2.3.1.4)",
                retry_at_unix_s=copy.expires_at_unix_s,
            )
        rule = self._rules.rules(copy.text).refusing_rule(target.url)
        return None if rule is None else msgspec.structs.replace(refused, rule=rule)

    def _with_robots(self, visit: Visit, answer: Answer | Failure) -> Visit:
        """What a robots.txt brought; a redirect is followed by a lease of its own, across sites too (RFC 9309)."""
        target = visit.lease.target
        if isinstance(answer, Answer) and answer.header("location") and 300 <= answer.status < 400:
            hop, why = _next_hop(answer, target)
            if hop is not None:
                pending = visit.lease.robots or RobotsCopy(
                    text=None, fetched_at_unix_s=visit.at_unix_s, expires_at_unix_s=visit.at_unix_s + 60.0
                )
                return msgspec.structs.replace(
                    visit, outcome=Outcome.REDIRECTED, why=f"to {hop.url}", targets=(hop,), robots=pending
                )
            visit = msgspec.structs.replace(visit, why=why)
        copy = robots_copy(answer, previous=visit.lease.robots, now_unix_s=self._now())
        if copy.text and (note := crawl_delay_note(self._rules.rules(copy.text).crawl_delay_s)) is not None:
            log.warning("%s: %s", target.url, note)
        outcome = visit.outcome if copy.text is None else Outcome.ROBOTS_READ
        return msgspec.structs.replace(visit, outcome=outcome, robots=copy)

    async def _with_answer(self, visit: Visit, answer: Answer) -> Visit:
        """What a page, feed or sitemap brought, or where it redirects to."""
        if answer.status >= 400 or answer.status == 304:
            return visit
        if answer.status >= 300:
            return self._redirected(visit, answer)
        fetched_at = datetime.fromtimestamp(visit.at_unix_s, UTC)
        document = await self._read(answer.body, answer.url, answer.header("content-type"), fetched_at)
        if isinstance(document, Unreadable):
            return msgspec.structs.replace(visit, outcome=Outcome.UNREADABLE, why=document.why)
        return self.read_visit(visit, document, answer.headers)

    def read_visit(self, visit: Visit, document: Document, headers: tuple[tuple[str, str], ...] = ()) -> Visit:
        """A visit with what its document says; also for documents that were read from a file."""
        source = visit.lease.target
        url = visit.fetched_url or source.url
        if isinstance(document, Feed):
            more = (
                Target(url=address, kind=LinkKind.SITEMAP, seed=source.seed, depth=source.depth, found_via=url)
                for address in document.more
                if self._scope.holds(address, seen_at=url)
            )
            return msgspec.structs.replace(
                visit,
                outcome=Outcome.LISTED,
                why=f"{document.kind} of {len(document.links) + len(document.more)}",
                links=document.links,
                targets=(*self._scope.targets(document.links, source, url), *more),
            )
        return self._with_page(visit, document, headers, url)

    def _with_page(self, visit: Visit, page: Page, headers: tuple[tuple[str, str], ...], url: str) -> Visit:
        said = read_directives(headers)
        may_follow = not (said.nofollow or page.directives.nofollow)
        article = page.article
        if said.noarchive or page.directives.noarchive:
            visit = msgspec.structs.replace(visit, answer=None)
        targets = tuple(self._scope.targets(article.links, visit.lease.target, url, may_follow=may_follow))
        if article.not_article is not None:
            is_unreadable = article.not_article.startswith("unreadable")
            outcome = Outcome.UNREADABLE if is_unreadable else Outcome.NOT_ARTICLE
            return msgspec.structs.replace(visit, outcome=outcome, why=article.not_article, targets=targets)
        rights = said.rights or page.rights
        if said.noindex or page.directives.noindex:
            rights = "header x-robots-tag: noindex" if said.noindex else "meta robots: noindex"
        if rights is not None and self._keep_reserved_texts and "noindex" not in rights:
            log.info("%s: %s; kept, as the configuration says", url, rights)
            rights = None
        if rights is not None:
            article = msgspec.structs.replace(
                article, text="", word_count=0, text_digest=None, simhash=None, summary=None
            )
        return msgspec.structs.replace(
            visit,
            answer=visit.answer if rights is None else None,
            outcome=Outcome.SAVED if rights is None else Outcome.RESERVED,
            why=rights,
            rights=rights,
            article=article,
            targets=targets,
        )

    def _redirected(self, visit: Visit, answer: Answer) -> Visit:
        source = visit.lease.target
        hop, why = _next_hop(answer, source)
        if hop is not None and source.kind is not LinkKind.SEED and not self._scope.holds(hop.url, seen_at=source.url):
            why = f"to {hop.url}, out of scope"
            may_leave = source.kind is LinkKind.RELATED and not self._scope.stay
            hop = msgspec.structs.replace(hop, foreign=True) if may_leave else None
        if hop is None:
            return msgspec.structs.replace(visit, outcome=Outcome.BAD_REDIRECT, why=why)
        link = Link(url=hop.url, kind=LinkKind.REDIRECT)
        return msgspec.structs.replace(
            visit, outcome=Outcome.REDIRECTED, why=f"to {hop.url}", links=(link,), targets=(hop,)
        )

    def _pace(self, visit: Visit, answer: Answer | Failure) -> HostPace:
        """When the site may be asked again."""
        lease, now = visit.lease, self._now()
        if not self._pacing.is_patient:
            return HostPace(next_visit_at_unix_s=now, gap_s=0.0)
        gap_s = self._pacing.gap_s(lease.site)
        copy = visit.robots or lease.robots
        crawl_delay_s = None if copy is None or not copy.text else self._rules.rules(copy.text).crawl_delay_s
        header = answer.header("retry-after") if isinstance(answer, Answer) else None
        asks_to_wait = isinstance(answer, Answer) and answer.status in (429, 503)
        retry_after_s = parse_retry_after(header, now_unix_s=now) if asks_to_wait else None
        strikes = strikes_after(lease.strikes, _outcome_of(answer))

        def pause(strikes: int, retry_after_s: float | None) -> float:
            return pause_s(
                gap_s=gap_s,
                crawl_delay_s=crawl_delay_s,
                latency_s=answer.elapsed_s,
                retry_after_s=retry_after_s,
                strikes=strikes,
                is_local=answer.is_local,
            )

        usual_s, chosen_s = pause(0, None), pause(strikes, retry_after_s)
        why = None
        if retry_after_s is not None and chosen_s > usual_s:
            why = f"Retry-After: {header}"
        elif chosen_s > usual_s:
            why = f"{strikes} failures in a row, the last: {visit.outcome}"
        return HostPace(next_visit_at_unix_s=now + chosen_s, gap_s=usual_s, strikes=strikes, why=why)


def _begun(lease: Lease, answer: Answer | Failure, at_unix_s: float) -> Visit:
    """A visit with what its exchange says, before a body is read."""
    return Visit(
        lease=lease,
        outcome=_outcome_of(answer),
        at_unix_s=at_unix_s,
        why=answer.why if isinstance(answer, Failure) else None,
        asked=isinstance(answer, Answer) or answer.asked,
        elapsed_s=answer.elapsed_s,
        http=_http_of(answer),
        fetched_url=lease.target.url,
    )


def _outcome_of(answer: Answer | Failure) -> Outcome:
    """What an exchange came to, before its body is read."""
    if isinstance(answer, Failure):
        return answer.outcome
    if (outcome := OUTCOME_OF_STATUS.get(answer.status)) is not None:
        return outcome
    if answer.status >= 500:
        return Outcome.SERVER_ERROR
    return Outcome.SAVED if answer.status < 300 else Outcome.CLIENT_ERROR


def _http_of(answer: Answer | Failure) -> Http | None:
    if isinstance(answer, Answer):
        return Http(
            status=answer.status,
            etag=answer.header("etag"),
            last_modified=answer.header("last-modified"),
            content_type=answer.header("content-type"),
            bytes=answer.wire_bytes,
        )
    if answer.status is None:
        return None
    return Http(status=answer.status, etag=None, last_modified=None, content_type=None, bytes=answer.wire_bytes)


def _next_hop(answer: Answer, source: Target) -> tuple[Target | None, str | None]:
    """Where a redirect leads as a lease of its own, or why it is not followed."""
    location = answer.header("location")
    if location is None:
        return None, f"status {answer.status} without a Location"
    url = resolve_url(location, answer.url)
    if url is None:
        return None, f"to {location[:200]!r}, which is no http(s) address"
    chain = (*source.chain, source.url)
    if url in chain:
        return None, f"a loop: back to {url}"
    if len(chain) > MAX_REDIRECTS:
        return None, f"more than {MAX_REDIRECTS} redirects"
    if source.url.startswith("https:") and url.startswith("http:"):
        return None, f"to {url}, away from TLS"
    return msgspec.structs.replace(source, url=url, chain=chain, front=True), None
