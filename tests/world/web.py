"""A small web in memory beneath the real visits, frontier and writer; it logs what was asked when."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import trio

from crawler.extraction.document import Document, read_document
from crawler.frontier.contract import Frontier, Group
from crawler.frontier.ledger import Ledger, MemoryLedger
from crawler.frontier.revisit import Revisits
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.links import LinkKind
from crawler.model.records import FILE_OF, ArticleRecord, LinkRecord
from crawler.model.urls import site_of
from crawler.model.work import Answer, Failure, Outcome, Target, Visit
from crawler.running.erasing import finish
from crawler.running.record import Recorder
from crawler.running.run import Budget, Commit, Ended, Stop, run
from crawler.running.scope import Scope
from crawler.running.tally import Tally
from crawler.running.visit import Pacing, Read, Unreadable, Visitor
from crawler.store.corpus import Corpus
from crawler.store.segments import Disk, OsDisk
from crawler.store.warc import Archive

EPOCH_UNIX_S = 1_800_000_000.0
SENTENCE = "The harbour council met again on {n} and heard what the engineers of {title} had measured since the storm. "


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a page of the web answers."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("content-type", "text/html; charset=utf-8"),)
    takes_s: float = 0.1
    failure: Outcome | None = None


def page(title: str, *, related: Iterable[str] = (), canonical: str | None = None, text: str | None = None) -> Reply:
    """An article with a block of related stories."""
    text = text or "".join(SENTENCE.format(n=n, title=title) for n in range(24))
    paragraphs = "".join(f"<p>{part}</p>" for part in text.split(". ") if part)
    entries = "".join(f'<li><h3><a href="{url}">What came of {url[-12:]}</a></h3></li>' for url in related)
    block = f"<section class=related><h2>Related Stories</h2><ul>{entries}</ul></section>" if entries else ""
    link = f'<link rel=canonical href="{canonical}">' if canonical else ""
    return Reply(
        body=f"""<!doctype html><html lang=en><head><title>{title}</title>{link}<meta property=og:type content=article>
        <meta property="article:published_time" content="2026-11-01T08:00:00Z"></head>
        <body><article><h1>{title}</h1>{paragraphs}</article>{block}</body></html>""".encode()
    )


def redirect(to: str, status: int = 301) -> Reply:
    return Reply(status=status, headers=(("location", to),))


class Web:
    """The pages by address; what is not there is 404, and so is every robots.txt that is not."""

    def __init__(self, pages: Mapping[str, Reply | Sequence[Reply]]) -> None:
        self.pages = dict(pages)
        self.asked: list[tuple[float, str]] = []  # seconds since the start, address
        self.most_bytes: dict[str, int] = {}  # address: how much of it was to be read
        self.validators: dict[str, str | None] = {}  # address: the ETag that was last sent with a request for it
        self.open_now: dict[str, int] = {}
        self.most_open = 0

    @property
    def asked_urls(self) -> list[str]:
        return [url for _, url in self.asked]

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
        site = site_of(url)
        self.asked.append((trio.current_time(), url))
        self.validators[url] = etag
        self.most_bytes[url] = max_body_bytes
        self.open_now[site] = self.open_now.get(site, 0) + 1
        self.most_open = max(self.most_open, self.open_now[site])
        try:
            reply = self._reply(url)
            await trio.sleep(reply.takes_s)
        finally:
            self.open_now[site] -= 1
        if reply.failure is not None:
            return Failure(outcome=reply.failure, why="as the test has it", elapsed_s=reply.takes_s)
        return Answer(
            url=url,
            status=reply.status,
            headers=reply.headers,
            body=reply.body,
            wire_bytes=len(reply.body),
            elapsed_s=reply.takes_s,
        )

    def _reply(self, url: str) -> Reply:
        reply = self.pages.get(url, Reply(status=404))
        if isinstance(reply, Reply):
            return reply
        if len(reply) > 1:
            self.pages[url] = reply[1:]
        return reply[0]


def now() -> float:
    """The clock of the web, which is Trio's."""
    return EPOCH_UNIX_S + trio.current_time()


async def read_here(body: bytes, url: str, content_type: str | None, fetched_at: datetime) -> Document | Unreadable:
    await trio.lowlevel.checkpoint()
    return read_document(body, url, content_type, fetched_at=fetched_at)


async def commit_here(commit: Callable[[Sequence[Visit]], None], visits: Sequence[Visit]) -> None:
    await trio.lowlevel.checkpoint()
    commit(visits)


class Crawl:
    """A crawl of a web into a folder, with the real frontier and writer."""

    def __init__(
        self,
        web: Web,
        folder: Path,
        *,
        ledger: Ledger | None = None,
        disk: Disk | None = None,
        run_id: str = "run-1",
        revisits: Revisits = Revisits.NONE,
        min_free_bytes: int = 0,
        store: Mapping[str, Any] | None = None,
        has_archive: bool = False,
    ) -> None:
        self.web = web
        self.folder = folder
        self.ledger = ledger or MemoryLedger()
        self.frontier: Frontier = (frontier := SqliteFrontier(folder / "state.db", self.ledger, now))
        finish(folder, frontier, disk or OsDisk())
        self.begun = self.frontier.begin(run_id, "crawl", revisits)
        self.corpus = Corpus(folder, disk or OsDisk(), **(store or {}))
        self.completed = self.corpus.complete(self.begun.lengths, self.begun.outbox)
        self.archive = Archive(folder, disk or OsDisk(), run_id=run_id, software="test") if has_archive else None
        if self.archive is not None:
            self.archive.cut_back(self.begun.lengths)
            self.frontier.settle(Group(archived=self.archive.lengths))
        self.tally = Tally()
        self.recorder = Recorder(
            self.frontier,
            self.corpus,
            self.tally,
            run_id=run_id,
            kinds=frozenset({LinkKind.RELATED, LinkKind.RECOMMENDED, LinkKind.INLINE}),
            last_seq=self.begun.last_seq,
            archive=self.archive,
            min_free_bytes=min_free_bytes,
        )
        self.stop = Stop(grace_s=30.0)
        self.read: Read = read_here
        self.commit: Commit = commit_here
        self.ended: Ended | None = None
        self.raises_defects = True

    async def go(
        self,
        seeds: Iterable[str],
        *,
        max_articles: int | None = None,
        max_depth: int = 5,
        gap_s: float = 5.0,
        stay: bool = False,
        max_wait_s: float = 600.0,
        workers: int = 8,
        discover: Iterable[LinkKind] = (),
    ) -> Ended:
        seeds = list(seeds)
        self.frontier.add(Target(url=url, kind=LinkKind.SEED, seed=url) for url in seeds)
        scope = Scope(
            sites=frozenset(site_of(url) for url in seeds),
            follow=frozenset({LinkKind.RELATED}),
            max_depth=max_depth,
            stay=stay,
            discover=frozenset(discover),
        )
        visitor = Visitor(
            self.web.fetch,
            self.read,
            scope,
            Pacing(gap_s=lambda _: gap_s),
            now=now,
            max_page_bytes=1_000_000,
            max_sitemap_bytes=50_000_000,
            keeps_answers=self.archive is not None,
            raises_defects=self.raises_defects,
        )
        return await run(
            self.frontier,
            visitor.visit,
            self.recorder,
            self.stop,
            Budget(max_articles, self.tally),
            workers=workers,
            max_wait_s=max_wait_s,
            commit=self.commit,
        )

    def close(self) -> None:
        self.corpus.close()
        if self.archive is not None:
            self.archive.close()
        self.frontier.close()

    def lines(self, file: str) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in (self.folder / file).read_bytes().splitlines()]

    def articles(self) -> list[str]:
        return [str(line["url"]) for line in self.lines(FILE_OF[ArticleRecord])]

    def edges(self, *kinds: LinkKind) -> list[tuple[str | None, str | None]]:
        return [(e["source"], e["target"]) for e in self.lines(FILE_OF[LinkRecord]) if e["kind"] in kinds]

    def outcomes(self) -> list[tuple[str, str]]:
        return [(line["url"], line["outcome"]) for line in self.lines("visits.jsonl")]
