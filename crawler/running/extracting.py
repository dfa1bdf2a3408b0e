"""One page to its article: `crawler extract`. An address goes through guard, robots.txt, gap and contact."""

import time
from datetime import datetime
from pathlib import Path

import trio

from crawler.config import Config
from crawler.errors import ConfigError, CrawlerError
from crawler.extraction.document import Document
from crawler.extraction.explain import explain_page
from crawler.extraction.feeds import Feed
from crawler.extraction.page import Page
from crawler.frontier.contract import Group
from crawler.frontier.memory import MemoryFrontier
from crawler.model.links import LinkKind
from crawler.model.records import Article
from crawler.model.urls import host_of, resolve_url, site_of
from crawler.model.work import Purpose, Target, UrlState, Visit, state_after
from crawler.running.explaining import explanation_text
from crawler.running.opening import check_contact, open_client, open_ledger, workers_of
from crawler.running.run import frees_its_host_late
from crawler.running.scope import Scope
from crawler.running.seeding import ADDRESS, read_contents, read_seeds
from crawler.running.visit import Pacing, Unreadable, Visitor
from crawler.running.workers import open_reader

Reading = tuple[bytes, str, str | None, datetime]  # a body, its address and content type, and when it came

LONGEST_WAIT_S = 60.0  # a person waits; who may not ask for longer comes back later


def is_address(source: str) -> bool:
    return ADDRESS.match(source) is not None


def extract_file(path: Path, url: str | None) -> Article:
    """The article of a saved page or of a plain text.

    Raises:
        ConfigError: it is neither.
    """
    page, _ = _read_file(path, url)
    return page.article


def explain_file(path: Path, url: str | None) -> str:
    """Why each link of a saved page was taken or left, in words.

    Raises:
        ConfigError: it is no page.
    """
    page, address = _read_file(path, url)
    if page.article.url.startswith("urn:"):
        raise ConfigError(f"{path} is a plain text: all that it lists was taken; --explain reads pages")
    return explanation_text(explain_page(read_contents(path), address))


def _read_file(path: Path, url: str | None) -> tuple[Page, str]:
    """What a file holds, and its address."""
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; name one file of it, or crawl all with `crawler crawl {path}`")
    seeding = read_seeds([str(path)], url=url)
    if seeding.complaints and not seeding:
        raise ConfigError(seeding.complaints[0])
    seed = seeding.documents[0] if len(seeding.documents) == 1 and not seeding.targets else None
    if seed is None or isinstance(seed.document, Feed):
        raise ConfigError(f"{path} is a list of addresses, not an article; crawl it with `crawler crawl {path}`")
    return seed.document, seed.target.url


async def extract_url(source: str, config: Config) -> Article:
    """The article at an address, asked for as a crawl would ask; redirects are followed.

    Raises:
        ConfigError: it is no address, or a public one without a contact.
        CrawlerError: no article came; says why.
    """
    article, _ = await _read_url(source, config)
    return article


async def explain_url(source: str, config: Config) -> str:
    """Why each link of the page at an address was taken or left, in words; asks and raises as `extract_url`."""
    _, (body, url, content_type, fetched_at) = await _read_url(source, config)
    return explanation_text(explain_page(body, url, content_type, fetched_at=fetched_at))


async def _read_url(source: str, config: Config) -> tuple[Article, Reading]:
    if (url := resolve_url(source)) is None:
        raise ConfigError(f"{source} is no address of the web; write https://host/path")
    check_contact([host_of(url)], config)
    scope = Scope(sites=frozenset({site_of(url)}), follow=frozenset(), max_depth=0)
    ledger = open_ledger(config, None)
    frontier = MemoryFrontier(ledger, time.time)
    frontier.add([Target(url=url, kind=LinkKind.SEED, seed=source)])
    try:
        async with (
            open_reader(workers_of(config), config.fetch.extraction_s) as read,
            open_client(config) as fetch,
        ):
            readings: list[Reading] = []

            async def note(
                body: bytes, url: str, content_type: str | None, fetched_at: datetime
            ) -> Document | Unreadable:
                readings.append((body, url, content_type, fetched_at))
                return await read(body, url, content_type, fetched_at)

            visitor = Visitor(
                fetch,
                note,
                scope,
                Pacing(gap_s=config.gap_s),
                now=time.time,
                max_page_bytes=config.fetch.max_page_bytes,
                keep_reserved_texts=config.politeness.keep_reserved_texts,
            )
            article = await _first_article(frontier, visitor, url)
            return article, readings[-1]
    finally:
        ledger.close()


async def _first_article(frontier: MemoryFrontier, visitor: Visitor, url: str) -> Article:
    visit: Visit | None = None
    while (due_in_s := frontier.due_in_s()) is not None:
        if due_in_s > LONGEST_WAIT_S:
            why = "" if visit is None else f": {_in_words(visit)}"
            raise CrawlerError(f"{site_of(url)} may not be asked for {due_in_s:.0f} s{why}; try again then")
        await trio.sleep(due_in_s)
        for lease in await frontier.lease(1):
            visit = await visitor.visit(lease)
            frontier.settle(Group(visits=(visit,)))
            frontier.release(lease, visit.pace, visit.origin_file)
            if visit.article is not None:
                return visit.article
            is_over = state_after(visit) is not UrlState.QUEUED and not frees_its_host_late(visit)
            if lease.target.purpose is Purpose.PAGE and is_over:
                raise CrawlerError(f"{lease.target.url}: {_in_words(visit)}")
    raise CrawlerError(f"{url}: no article came")


def _in_words(visit: Visit) -> str:
    """What became of a visit, and why as far as it is known."""
    why = visit.rule or visit.why or (None if visit.http is None else f"status {visit.http.status}")
    return str(visit.outcome) if why is None else f"{visit.outcome}, {why}"
