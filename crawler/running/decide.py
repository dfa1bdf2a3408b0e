"""What a group of finished visits means: which version, twin or alias an article is, and which edges are new."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from crawler.extraction.seedtext import story_id
from crawler.frontier.contract import Frontier, Group, HeldArticle, Known
from crawler.model.links import CRAWL_KINDS, Link, LinkKind
from crawler.model.records import (
    AliasReason,
    AliasRecord,
    Article,
    ArticleRecord,
    GoneRecord,
    LinkRecord,
    Record,
    VisitRecord,
)
from crawler.model.urls import canonical_url, fingerprint, host_of, is_home_page, site_of, url_id
from crawler.model.work import ORIGIN_FILES, Outcome, Purpose, Target, Visit
from crawler.running.presence import Presence, asked_ids

TWIN_WORDS = 100  # shorter texts are often the same by accident: notices, stubs, "this story was updated"
STORY_PREFIX = "urn:story:"


def rfc3339(unix_s: float) -> str:
    """A stored moment: UTC with `Z`, to the second."""
    return _rfc3339(math.floor(unix_s))


@lru_cache(maxsize=64)  # the lines of one visit share a second
def _rfc3339(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def id_of(address: str) -> str:
    """The id of what an address names: a page, or an article without address."""
    return address.removeprefix(STORY_PREFIX) if address.startswith(STORY_PREFIX) else url_id(address)


def link_id(link: Link) -> str | None:
    """The id of what a link names; None where it has neither address nor title."""
    if link.url is not None:
        return url_id(link.url)
    return None if link.title is None else story_id(link.title, (link.published_at or "")[:10] or None)


class Decisions:
    """Decides a group, visit by visit: what was decided for one holds for the next.

    Attributes:
        records: the lines, without their `seq`.
        group: what the frontier has to write, without lines.
        settled: each visit with its final outcome and the version that it wrote, 0 for none.
    """

    def __init__(self, frontier: Frontier, visits: Sequence[Visit], *, run_id: str, kinds: frozenset[LinkKind]) -> None:
        self._run_id = run_id
        self._kinds = kinds
        known = frontier.known(*_asked_of(visits))
        self._known = _Overlay(known)
        others = {known.identities[i] for i in asked_ids(visits) if i in known.identities} - known.articles.keys()
        if others:  # articles that were read at an address other than their own
            behind = frontier.known(others, ())
            known = msgspec.structs.replace(known, missing={**known.missing, **behind.missing})
            self._known.articles.update(behind.articles)
        self._presence = Presence(known.missing)
        self._covered: list[Target] = []
        self._stories: list[str] = []
        self.settled: list[tuple[Visit, int]] = []
        records = [record for visit in visits for record in self._records_of(visit)]
        edges = [_edge_of(record) if isinstance(record, LinkRecord) else None for record in records]
        wordings = dict(frontier.known((), (), {edge[0] for edge in edges if edge is not None}).edges)
        new = [(r, e) for r, e in zip(records, edges, strict=True) if e is None or _is_new(*e, wordings)]
        self.records = [record for record, _ in new]
        self.group = Group(
            visits=tuple(visit for visit, _ in self.settled),
            covered=tuple(self._covered),
            articles=tuple(self._known.written.values()),
            identities=tuple(self._known.learned.items()),
            stories=tuple(self._stories),
            edges=tuple(edge for _, edge in new if edge is not None),
            missing=tuple(self._presence.changed.values()),
            back=tuple(self._presence.back),
        )

    def _records_of(self, visit: Visit) -> list[Record]:
        records: list[Record] = []
        if visit.article is not None:
            visit, records = self._read_article(visit, visit.article)
        else:
            address_id = id_of(visit.fetched_url or visit.lease.target.url)
            held = self._known.articles.get(self._known.same_as(address_id))
            visit, records = self._with_presence(visit, held)
            self.settled.append((visit, 0))
        target = visit.lease.target
        source = visit.fetched_url or target.url
        if target.kind is LinkKind.SEED and target.found_via is None and not target.chain:
            address = visit.article.url if visit.article is not None and source.startswith(STORY_PREFIX) else target.url
            if target.purpose not in ORIGIN_FILES and visit.outcome is not Outcome.NEEDS_FILE:
                records.append(self._edge(visit, None, 0, Link(url=address, kind=LinkKind.SEED), id_of(address)))
        for link in visit.links:
            if (target_id := link_id(link)) is not None and link.kind in self._kinds:
                records.append(self._edge(visit, source, 0, link, target_id))
            if link.kind is LinkKind.REDIRECT and link.url is not None and not is_home_page(link.url):
                records += self._alias(
                    visit, source, link.url, self._known.same_as(url_id(link.url)), AliasReason.REDIRECT
                )
        if visit.outcome is not Outcome.NEEDS_FILE and (target.purpose is not Purpose.FILE or not visit.article):
            records.append(_visit_record(visit, self._run_id))
        return records

    def _read_article(self, visit: Visit, article: Article) -> tuple[Visit, list[Record]]:
        """The records of a page that is an article, and the visit with its final outcome."""
        fetched = visit.fetched_url or article.url
        own_id, fetched_id, digest = id_of(article.url), id_of(fetched), article.text_digest
        held = self._known.articles.get(own_id)
        is_long = digest is not None and article.word_count >= TWIN_WORDS and not article.paywalled
        twin = self._known.twins.get((_site_of(article.url), digest or "")) if is_long and held is None else None
        article_id = own_id if twin is None else twin.id
        outcome, version = _outcome_and_version(visit, article, held, twin, fetched_id)
        visit = msgspec.structs.replace(visit, outcome=outcome)
        visit, found = self._with_presence(visit, held)
        is_written = outcome in (Outcome.SAVED, Outcome.RESERVED)
        self.settled.append((visit, version if is_written else 0))
        records = [*found, *self._aliases(visit, article, article_id, fetched)]
        if fetched_id != own_id:
            canonical = Link(url=article.url, kind=LinkKind.CANONICAL)
            records.append(self._edge(visit, fetched, 0, canonical, own_id))
            if not article.url.startswith(STORY_PREFIX):
                self._covered.append(
                    msgspec.structs.replace(visit.lease.target, url=article.url, front=False, chain=())
                )
        if is_written:
            first = self._known.first_of_text.get(digest or "") if digest is not None else None
            story = None if article.title is None else story_id(article.title, article.published_on)
            records.append(self._article_record(visit, article, article_id, version, first))
            records += self._joined_stories(visit, article, article_id, story)
            self._known.write(
                HeldArticle(
                    id=article_id,
                    url=article.url,
                    site=_site_of(article.url),
                    version=version,
                    text_digest=digest,
                    title=article.title,
                    fetched_id=fetched_id if held is None else held.fetched_id,
                    story_id=story,
                    may_be_twin=is_long,
                )
            )
        if outcome is not Outcome.DUPLICATE:
            records += self._page_edges(visit, article, version)
        return visit, records

    def _with_presence(self, visit: Visit, held: HeldArticle | None) -> tuple[Visit, list[Record]]:
        """The visit, and the line that tells that the page of an article went away or came back."""
        visit, change = self._presence.read(visit, held)
        if change is None:
            return visit, []
        record = GoneRecord(
            id=change.article.id,
            url=change.article.url,
            version=change.article.version,
            gone=change.is_gone,
            status=None if visit.http is None else visit.http.status,
            missing_since=rfc3339(change.since_unix_s),
            seen_at=rfc3339(visit.at_unix_s),
            run_id=self._run_id,
        )
        return visit, [record]

    def _aliases(self, visit: Visit, article: Article, article_id: str, fetched: str) -> list[Record]:
        """Every address under which the article was met, as an alias of what it turned out to be."""
        records = self._alias(visit, article.url, article.url, article_id, AliasReason.SAME_TEXT)
        records += self._alias(visit, fetched, article.url, article_id, AliasReason.CANONICAL)
        for hop in visit.lease.target.chain:
            records += self._alias(visit, hop, article.url, article_id, AliasReason.REDIRECT)
        return records

    def _alias(self, visit: Visit, address: str, same_as_url: str, same_as: str, why: AliasReason) -> list[Record]:
        alias_id = id_of(address)
        if alias_id == same_as or not self._known.learn(alias_id, same_as):
            return []
        return [
            AliasRecord(
                id=alias_id,
                same_as=same_as,
                why=why,
                url=None if address.startswith(STORY_PREFIX) else canonical_url(address),
                same_as_url=same_as_url,
                seen_at=rfc3339(visit.at_unix_s),
                run_id=self._run_id,
            )
        ]

    def _joined_stories(self, visit: Visit, article: Article, article_id: str, story: str | None) -> list[Record]:
        """Joins an article without address, or a link to one, with the page of the same title and day."""
        if story is None:
            return []
        if article.url.startswith(STORY_PREFIX):
            self._learn_story(story)
            page = self._known.by_story.get(story)
            return (
                []
                if page is None or page.url.startswith(STORY_PREFIX)
                else self._joined(visit, story, page.url, page.id)
            )
        return self._joined(visit, story, article.url, article_id) if story in self._known.stories else []

    def _joined(self, visit: Visit, story: str, url: str, article_id: str) -> list[Record]:
        link = Link(url=url, kind=LinkKind.CANONICAL)
        address = f"{STORY_PREFIX}{story}"
        return [
            self._edge(visit, address, 0, link, article_id),
            *self._alias(visit, address, url, article_id, AliasReason.RESOLVED),
        ]

    def _learn_story(self, story: str) -> None:
        self._stories.append(story)
        self._known.stories.add(story)

    def _page_edges(self, visit: Visit, article: Article, version: int) -> list[Record]:
        """One edge a target, of its strongest kind; links come sorted by none but the page's own order."""
        order = {kind: place for place, kind in enumerate(LinkKind)}
        records: dict[str, Record] = {}
        for link in sorted(article.links, key=lambda link: order[link.kind]):
            target_id = link_id(link)
            if target_id is None or target_id in records or link.kind not in self._kinds:
                continue
            records[target_id] = self._edge(visit, article.url, version, link, target_id)
        found = list(records.values())
        for link in article.links:
            if link.url is None and (story := link_id(link)) is not None:
                self._learn_story(story)
                if (page := self._known.by_story.get(story)) is not None:
                    found += self._joined(visit, story, page.url, page.id)
        return found

    def _edge(self, visit: Visit, source: str | None, version: int, link: Link, target_id: str) -> LinkRecord:
        is_story = link.url is not None and link.url.startswith(STORY_PREFIX)
        return LinkRecord(
            source=source if source is None or source.startswith(STORY_PREFIX) else canonical_url(source),
            source_id=None if source is None else id_of(source),
            version=version,
            target=link.url if link.url is None or is_story else canonical_url(link.url),
            target_id=target_id,
            kind=link.kind,
            rank=link.rank,
            heading=link.heading,
            title=link.title,
            published_at=link.published_at,
            teaser=link.teaser,
            nofollow=link.nofollow,
            also=link.also,
            seen_at=rfc3339(visit.at_unix_s),
            run_id=self._run_id,
        )

    def _article_record(
        self, visit: Visit, article: Article, article_id: str, version: int, same_text_as: str | None
    ) -> ArticleRecord:
        target = visit.lease.target
        fields = {name: getattr(article, name) for name in Article.__struct_fields__}
        links = tuple(link for link in article.links if link.kind in self._kinds)
        return ArticleRecord(
            **{**fields, "links": links},
            id=article_id,
            fetched_url=visit.fetched_url,
            redirects=target.chain,
            fetched_at=rfc3339(visit.at_unix_s),
            run_id=self._run_id,
            version=version,
            depth=target.depth,
            found_via=target.via,
            seed=target.seed,
            http=visit.http,
            warc=visit.warc,
            rights=visit.rights,
            same_text_as=same_text_as if same_text_as != article_id else None,
        )


class _Overlay:
    """What is known, and what this group adds to it."""

    def __init__(self, known: Known) -> None:
        self.articles = dict(known.articles)
        self.twins = dict(known.twins)
        self.first_of_text = dict(known.first_of_text)
        self.by_story = dict(known.by_story)
        self.stories = set(known.stories)
        self.written: dict[str, HeldArticle] = {}
        self.learned: dict[str, str] = {}
        self._identities = dict(known.identities)

    def same_as(self, alias_id: str) -> str:
        return self._identities.get(alias_id, alias_id)

    def learn(self, alias_id: str, same_as: str) -> bool:
        """Whether that is news."""
        if self._identities.get(alias_id) == same_as:
            return False
        self._identities[alias_id] = self.learned[alias_id] = same_as
        return True

    def write(self, article: HeldArticle) -> None:
        self.written[article.id] = self.articles[article.id] = article
        if article.text_digest is not None:
            self.first_of_text.setdefault(article.text_digest, article.id)
            if article.may_be_twin:
                self.twins.setdefault((article.site, article.text_digest), article)
        if article.story_id is not None:
            self.by_story[article.story_id] = article


def _outcome_and_version(
    visit: Visit, article: Article, held: HeldArticle | None, twin: HeldArticle | None, fetched_id: str
) -> tuple[Outcome, int]:
    """What an article is to what is held of it, and the version that its edges belong to."""
    if twin is not None:
        return Outcome.DUPLICATE, twin.version
    if held is None:
        return visit.outcome, 1
    if (held.text_digest, held.title) == (article.text_digest, article.title):
        return Outcome.UNCHANGED, held.version
    if fetched_id not in (held.fetched_id, held.id):
        return Outcome.DUPLICATE, held.version  # another address that names the same article is no version of it
    return visit.outcome, held.version + 1


def _asked_of(visits: Iterable[Visit]) -> tuple[set[str], set[str]]:
    """The ids and digests that deciding the visits may look up."""
    ids: set[str] = set()
    digests: set[str] = set()
    for visit in visits:
        ids.update(id_of(hop) for hop in visit.lease.target.chain)
        for link in (*visit.links, *(visit.article.links if visit.article is not None else ())):
            if link.kind is LinkKind.REDIRECT or link.url is None:
                ids.update(filter(None, [link_id(link)]))
        source = visit.fetched_url or visit.lease.target.url
        ids.add(id_of(source))
        if (article := visit.article) is not None:
            ids.add(id_of(article.url))
            digests.update(filter(None, [article.text_digest]))
            if article.title is not None:
                ids.add(story_id(article.title, article.published_on))
    return ids, digests


def _edge_of(edge: LinkRecord) -> tuple[bytes, bytes]:
    """The key of an edge and its wording, as the frontier keeps them."""
    return fingerprint(f"{edge.source_id} {edge.version} {edge.target_id} {edge.kind}"), _wording(edge)


def _wording(edge: LinkRecord) -> bytes:
    """What makes an edge of an unchanged page a line again; crawl kinds are written once ever."""
    if edge.kind in CRAWL_KINDS:
        return b""
    return hashlib.blake2b(f"{edge.heading}\0{edge.title}".encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _is_new(key: bytes, wording: bytes, wordings: dict[bytes, bytes]) -> bool:
    """Whether an edge is not written yet; remembers it."""
    if wordings.get(key) == wording:
        return False
    wordings[key] = wording
    return True


def _visit_record(visit: Visit, run_id: str) -> VisitRecord:
    ended_unix_s = visit.at_unix_s + visit.elapsed_s
    return VisitRecord(
        url=visit.lease.target.url,
        host=host_of(visit.lease.target.url),
        at=rfc3339(visit.at_unix_s),
        outcome=visit.outcome,
        why=visit.why,
        status=None if visit.http is None else visit.http.status,
        bytes=0 if visit.http is None else visit.http.bytes,
        ms=round(visit.elapsed_s * 1000) if visit.asked else None,
        waited_s=round(visit.lease.waited_s, 3),
        rule=visit.rule,
        pause_s=None if visit.pace is None else round(max(0.0, visit.pace.next_visit_at_unix_s - ended_unix_s), 3),
        pause_why=None if visit.pace is None else visit.pace.why,
        attempt=visit.lease.attempt,
        run_id=run_id,
    )


def _site_of(address: str) -> str:
    return "" if address.startswith(STORY_PREFIX) else site_of(address)
