"""One visit: one request, and what is read from it. Everything that may go wrong in it is an outcome."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from crawler.extraction.document import Document
from crawler.extraction.feeds import Feed
from crawler.extraction.page import Page
from crawler.extraction.sitemaps import is_named_sitemap
from crawler.model.links import Link, LinkKind
from crawler.model.records import Http
from crawler.model.work import (
    ORIGIN_FILES,
    POLICY,
    Answer,
    Failure,
    HostPace,
    Lease,
    Outcome,
    PollWishes,
    Purpose,
    Target,
    Visit,
)
from crawler.politeness.pacing import parse_retry_after, pause_s, refusals_after, strikes_after
from crawler.politeness.rights import is_challenge, read_directives
from crawler.running.discovery import discovered
from crawler.running.gate import MAX_BYTES, Gate
from crawler.running.listing import filling, wishes_of, with_listing
from crawler.running.redirect import next_hop
from crawler.running.scope import Scope
from crawler.running.seeking import Seeker

REFUSALS_TO_CLOSE = 5  # in a row: whoever refuses us that often means it
CLOSED_S = 86_400.0
MAX_HEADER_CHARS = 1_000  # of one that is written down; a validator that is longer is not sent back either
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
        may_cut: bool = False,
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
        max_sitemap_bytes: of an address that is named like a sitemap; None: no more than of a page.
        seeker: looks for the pages of articles that have no address; None: there are none.
        keep_reserved_texts: the operator may keep what publishers reserve.
        keeps_answers: visits carry their answers, for an archive.
        raises_defects: what extraction raises ends the run, as tests want it.
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
        max_sitemap_bytes: int | None = None,
        seeker: Seeker | None = None,
        keep_reserved_texts: bool = False,
        keeps_answers: bool = False,
        raises_defects: bool = False,
    ) -> None:
        self._fetch = fetch
        self._read = read
        self._scope = scope
        self._pacing = pacing
        self._now = now
        self._max_page_bytes = max_page_bytes
        self._max_sitemap_bytes = max_sitemap_bytes or max_page_bytes
        self._keep_reserved_texts = keep_reserved_texts
        self._keeps_answers = keeps_answers
        self._raises_defects = raises_defects
        self._seeker = seeker
        self._gate = Gate()

    async def visit(self, lease: Lease) -> Visit:
        """All that is done for one lease."""
        purpose, at = lease.target.purpose, self._now()
        if purpose is Purpose.PAGE and (refusal := self._gate.refusal(lease, at)) is not None:
            return refusal
        held = {Purpose.ROBOTS: lease.robots, Purpose.RIGHTS: lease.rights}.get(purpose)
        may_be_held = purpose is Purpose.PAGE or (held is not None and held.text is not None)  # else a 304 says nothing
        answer = await self._fetch(
            lease.target.url,
            max_body_bytes=self._max_body_bytes(lease.target),
            accepts_pages_only=purpose is Purpose.PAGE,
            may_cut=purpose is Purpose.ROBOTS,
            etag=lease.etag if may_be_held else None,
            last_modified=lease.last_modified if may_be_held else None,
        )
        visit = _begun(lease, answer, at)
        if self._keeps_answers and isinstance(answer, Answer) and _may_archive(answer):
            visit = msgspec.structs.replace(visit, answer=answer)
        if purpose in ORIGIN_FILES:
            visit = self._gate.with_file(visit, answer, self._now())
        elif isinstance(answer, Answer):
            visit = await self._with_answer(visit, answer)
        return msgspec.structs.replace(visit, pace=self._pace(visit, answer)) if visit.asked else visit

    def _max_body_bytes(self, target: Target) -> int:
        page_bytes = self._max_sitemap_bytes if is_named_sitemap(target.url) else self._max_page_bytes
        return MAX_BYTES.get(target.purpose, page_bytes)

    async def read_answer(self, lease: Lease, answer: Answer, at_unix_s: float) -> Visit:
        """What an answer says that an archive holds since that moment."""
        visit = msgspec.structs.replace(_begun(lease, answer, at_unix_s), asked=False)
        return await self._with_answer(visit, answer)

    async def _with_answer(self, visit: Visit, answer: Answer) -> Visit:
        """What a page, feed or sitemap brought, or where it redirects to."""
        if answer.status >= 400 or answer.status == 304 or visit.outcome is Outcome.REFUSED:
            return visit
        if answer.status >= 300:
            return self._redirected(visit, answer)
        fetched_at = datetime.fromtimestamp(visit.at_unix_s, UTC)
        try:
            document = await self._read(answer.body, answer.url, answer.header("content-type"), fetched_at)
        except Exception as error:  # extractors never raise, so this is a defect of ours; one page is its price
            if self._raises_defects:
                raise
            log.exception("%s: reading it failed", answer.url)
            return msgspec.structs.replace(visit, outcome=Outcome.CRASHED, why=f"{type(error).__name__}: {error}"[:300])
        if isinstance(document, Unreadable):
            # what it says of archiving was not read either
            return msgspec.structs.replace(visit, outcome=Outcome.UNREADABLE, why=document.why, answer=None)
        return self.read_visit(visit, document, answer.headers)

    def read_visit(self, visit: Visit, document: Document, headers: tuple[tuple[str, str], ...] = ()) -> Visit:
        """A visit with what its document says; also for documents that were read from a file."""
        url = visit.fetched_url or visit.lease.target.url
        if isinstance(document, Feed):
            listed = with_listing(visit, document, headers, self._scope)
            visit = filling(listed, self._sitemaps(visit.lease), self._scope)
            more = self._discovered(visit, ())
            if self._seeker is not None:
                return self._seeker.with_listing(visit, document, more)
            return msgspec.structs.replace(visit, targets=(*visit.targets, *more))
        return self._with_page(visit, document, headers, url)

    def _discovered(self, visit: Visit, feeds: tuple[str, ...]) -> tuple[Target, ...]:
        """The listings of its site that a visit to a seed leads to."""
        source, scope = visit.lease.target, self._scope
        if self._seeker is not None and self._seeker.story_of(source) is not None:
            scope = msgspec.structs.replace(scope, discover=frozenset({LinkKind.FEED, LinkKind.SITEMAP}))
        url = visit.fetched_url or source.url
        return tuple(discovered(source, url, scope, feeds=feeds, sitemaps=self._sitemaps(visit.lease)))

    def _sitemaps(self, lease: Lease) -> tuple[str, ...]:
        """What the robots.txt of its origin names."""
        rules = self._gate.rules(lease.robots)
        return () if rules is None else rules.sitemaps

    def _with_page(self, visit: Visit, page: Page, headers: tuple[tuple[str, str], ...], url: str) -> Visit:
        said = read_directives(headers)
        may_follow = not (said.nofollow or page.directives.nofollow)
        article = page.article
        if said.noarchive or page.directives.noarchive or page.rights is not None:
            visit = msgspec.structs.replace(visit, answer=None)
        listings = self._discovered(visit, page.feeds if may_follow else ())
        story = None if self._seeker is None else self._seeker.story_of(visit.lease.target)
        if self._seeker is not None and story is not None and not self._seeker.is_it(story, article):
            links, sections = (article.links, page.sections) if may_follow else ((), ())
            return self._seeker.with_page(visit, story, article, links, sections, listings)
        is_front = article.not_article is not None and visit.lease.target.kind is LinkKind.SEED
        targets = (
            *self._scope.targets(article.links, visit.lease.target, url, may_follow=may_follow, is_front=is_front),
            *listings,
        )
        if article.not_article is not None:
            is_unreadable = article.not_article.startswith("unreadable")
            outcome = Outcome.UNREADABLE if is_unreadable else Outcome.NOT_ARTICLE
            wishes = wishes_of(PollWishes(), headers)
            return msgspec.structs.replace(
                visit, outcome=outcome, why=article.not_article, targets=targets, wishes=wishes
            )
        rights = said.rights or page.rights or self._gate.reservation(visit.lease)
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
        hop, why = next_hop(answer, source)
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
        is_robots = lease.target.purpose is Purpose.ROBOTS
        rules = self._gate.rules(visit.origin_file if is_robots else lease.robots)
        crawl_delay_s = None if rules is None else rules.crawl_delay_s
        header = answer.header("retry-after") if isinstance(answer, Answer) else None
        asks_to_wait = isinstance(answer, Answer) and answer.status in (429, 503)
        retry_after_s = parse_retry_after(header, now_unix_s=now) if asks_to_wait else None
        outcome = _outcome_of(answer)
        strikes = strikes_after(lease.strikes, outcome)
        is_page = lease.target.purpose is Purpose.PAGE
        refusals = refusals_after(lease.refusals, outcome) if is_page else lease.refusals

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
            failed = strikes > lease.strikes or POLICY[outcome].slows_host
            why = (
                f"{strikes} failures in a row, the last: {outcome}"
                if failed
                else f"it recovers from {strikes} failures"
            )
        if refusals >= REFUSALS_TO_CLOSE:
            chosen_s, refusals, why = CLOSED_S, 0, f"refused {refusals} times in a row; left alone for a day"
        next_visit_at = now + chosen_s
        return HostPace(next_visit_at_unix_s=next_visit_at, gap_s=usual_s, strikes=strikes, refusals=refusals, why=why)


def _begun(lease: Lease, answer: Answer | Failure, at_unix_s: float) -> Visit:
    """A visit with what its exchange says, before a body is read."""
    outcome, why = _outcome_of(answer), answer.why if isinstance(answer, Failure) else None
    if outcome is Outcome.UNCHANGED and not (lease.etag or lease.last_modified):
        outcome, why = Outcome.BROKEN, "status 304, though nothing was asked for conditionally"
    return Visit(
        lease=lease,
        outcome=outcome,
        at_unix_s=at_unix_s,
        why=why,
        asked=isinstance(answer, Answer) or answer.asked,
        elapsed_s=answer.elapsed_s,
        http=_http_of(answer),
        fetched_url=lease.target.url,
    )


def _may_archive(answer: Answer) -> bool:
    said = read_directives(answer.headers)
    return not said.noarchive and said.rights is None


def _outcome_of(answer: Answer | Failure) -> Outcome:
    """What an exchange came to, before its body is read."""
    if isinstance(answer, Failure):
        return answer.outcome
    if is_challenge(answer):
        return Outcome.REFUSED
    if (outcome := OUTCOME_OF_STATUS.get(answer.status)) is not None:
        return outcome
    if answer.status >= 500:
        return Outcome.SERVER_ERROR
    return Outcome.SAVED if answer.status < 300 else Outcome.CLIENT_ERROR


def _kept(header: str | None) -> str | None:
    """A header as it is written down; `None` for one that is too long to be sent back, or to say anything."""
    return header if header is None or len(header) <= MAX_HEADER_CHARS else None


def _http_of(answer: Answer | Failure) -> Http | None:
    if isinstance(answer, Answer):
        return Http(
            status=answer.status,
            etag=_kept(answer.header("etag")),
            last_modified=_kept(answer.header("last-modified")),
            content_type=_kept(answer.header("content-type")),
            bytes=answer.wire_bytes,
        )
    if answer.status is None:
        return None
    return Http(status=answer.status, etag=None, last_modified=None, content_type=None, bytes=answer.wire_bytes)
