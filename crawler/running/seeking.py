"""The page of an article that came as plain text: where on its site it is looked for, and what it must say to be it.

Sitemaps and feeds seldom tell titles and never whole texts, so addresses are only candidates: one is taken when its
page has the title and the day of the article.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from crawler.extraction.feeds import Feed
from crawler.extraction.seedtext import story_id
from crawler.extraction.wording import fold, folded_words
from crawler.frontier.contract import Frontier
from crawler.model.links import Link, LinkKind
from crawler.model.records import Article
from crawler.model.urls import site_of, split_url
from crawler.model.work import Outcome, Purpose, Target, Visit
from crawler.running.discovery import is_robots_sitemap

CANDIDATES_A_LISTING = 3  # of a story: the likeliest
CANDIDATES_A_STORY = 10  # pages that are asked for in a run before it is given up
SITEMAPS_A_STORY = 10  # of an index
SECTIONS_A_STORY = 5  # that the page where the search begins names: a story of this week may stand there
LEAST_WORDS = 3  # of an address and a title alike; two are shared by many stories of a site
LEAST_SHARE = 0.6  # of the words of the address: it may have an id, and leave out what the title has
LEAST_LETTERS = 3  # words of fewer say nothing: "of", "a", "on"
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """An article without address.

    Attributes:
        id: of its title and day, as in `urn:story:<id>`.
        site: the address where the search begins; None: it is only met by chance, where a listing names it.
        kind: of the link that names it; SEED for a seed.
    """

    id: str
    title: str
    day: str
    seed: str
    text: str = ""  # whose words tell its section
    site: str | None = None
    kind: LinkKind = LinkKind.SEED


def stories_of(article: Article, seed: str, site: str | None, follow: frozenset[LinkKind]) -> Iterator[Story]:
    """The article of a plain text where it has no address, and its links that have none; all need title and day."""
    if site is not None and article.url.startswith("urn:") and article.title and article.published_on:
        day = article.published_on
        text = article.text or ""
        yield Story(id=story_id(article.title, day), title=article.title, day=day, seed=seed, text=text, site=site)
    for link in article.links:
        if link.url is None and link.title and link.published_at and link.kind in follow:
            day = link.published_at[:10]
            yield Story(id=story_id(link.title, day), title=link.title, day=day, seed=seed, kind=link.kind)


class Seeker:
    """Looks for the pages of some stories among all that a run reads.

    Args:
        seeds: the addresses that the run crawls for their own sake.
    """

    def __init__(self, stories: Iterable[Story], seeds: Iterable[str] = ()) -> None:
        self._seeds = frozenset(seeds)
        self._stories = {story.id: story for story in stories}
        self._sought = {story.seed: story for story in self._stories.values() if story.site is not None}
        self._candidates: dict[str, int] = {}
        self._sections: set[str] = set()  # that are asked for a story
        self._found: set[str] = set()
        self._tried: dict[str, list[str]] = {story.id: [] for story in self._sought.values()}

    def start_of(self, story: Story) -> Target:
        assert story.site is not None
        return Target(url=story.site, kind=LinkKind.SEED, seed=story.seed)

    def story_of(self, source: Target) -> Story | None:
        """The story that an address was asked for; None: for its own sake, or since that story leads to it."""
        if source.depth > 0 or source.purpose is not Purpose.PAGE:
            return None
        if (story := self._sought.get(source.seed)) is not None or source.kind is not LinkKind.SEED:
            return story
        asked = (*source.chain, source.url)[0]  # where an earlier run had it for a seed, it is still called by that
        return next((s for s in self._sought.values() if s.site == asked and asked not in self._seeds), None)

    def with_listing(self, visit: Visit, listing: Feed, listings: Iterable[Target]) -> Visit:
        """A visit to a feed or sitemap, with what it may lead to; with nothing else where it was asked for a story.

        Args:
            listings: the others of its site, where it is a seed.
        """
        source = visit.lease.target
        url = visit.fetched_url or source.url
        asked_for = self.story_of(source)
        found: list[Target] = []
        for story in self._sought_on(url):
            self._tried[story.id].append(f"{listing.kind} {url} of {len(listing.links) + len(listing.more)}")
            found += self._pages(story, listing.links, listing.changed_on, url)
        found += self._named(listing.links, url)
        if asked_for is None:
            return msgspec.structs.replace(visit, targets=(*found, *visit.targets, *listings))
        if source.kind is not LinkKind.SITEMAP or is_robots_sitemap(source):
            found += self._sitemaps(asked_for, listing.more, listing.changed_on, url)
        addresses = {target.url for target in found}
        links = tuple(link for link in listing.links if link.url in addresses)
        return msgspec.structs.replace(visit, links=links, targets=(*found, *_to_front(listings, asked_for)))

    def with_page(
        self,
        visit: Visit,
        story: Story,
        article: Article,
        links: Sequence[Link],
        sections: Sequence[str],
        listings: Iterable[Target],
    ) -> Visit:
        """A visit to a page that was asked for a story and is not it, with what it may lead to.

        Args:
            links: the stories that it names.
            sections: what its menus name.
            listings: the feeds and sitemaps of its site, where the search begins.
        """
        source = visit.lease.target
        url = visit.fetched_url or source.url
        is_start = source.kind is LinkKind.SEED
        if is_start or source.url in self._sections:
            self._tried[story.id].append(f"page {url}")
            pages = list(self._pages(story, links, (), url))
            found = [*_to_front(listings, story), *pages]
            if is_start and not pages:
                found += self._sections_for(story, sections, url)
        else:
            self._tried[story.id].append(f"{url}, whose title or day is another")
            found = []
        why = article.not_article or f"not the story of {story.seed}: its title or day is another"
        return msgspec.structs.replace(visit, outcome=Outcome.NOT_ARTICLE, why=why, targets=tuple(found), answer=None)

    def _sections_for(self, story: Story, sections: Sequence[str], url: str) -> Iterator[Target]:
        """The sections that a story may stand in, those that its text names first; behind all other ways to it."""
        said = Counter(folded_words(story.text))
        ranked = sorted(sections, key=lambda section: -sum(said[word] for word in _words_of(section)))
        for section in ranked[:SECTIONS_A_STORY]:
            if site_of(section) == site_of(url):
                self._sections.add(section)
                yield Target(url=section, kind=LinkKind.PROMOTED, seed=story.seed, found_via=url)

    def _sitemaps(
        self, story: Story, addresses: Sequence[str], changed_on: Sequence[str], url: str
    ) -> Iterator[Target]:
        """The sitemaps of an index that may list a story, the likeliest first."""
        days = changed_on if len(changed_on) == len(addresses) else [""] * len(addresses)
        ranked = sorted(
            (rank, day or "9", address)
            for address, day in zip(addresses, days, strict=True)
            if (rank := _rank(address, day, story.day)) is not None and site_of(address) == site_of(url)
        )
        for _, _, address in ranked[:SITEMAPS_A_STORY]:
            yield Target(url=address, kind=LinkKind.SITEMAP, seed=story.seed, found_via=url, front=True)

    def is_it(self, story: Story, article: Article) -> bool:
        """Whether a page is that story: by title and day."""
        if (
            article.not_article is None
            and article.title is not None
            and story_id(article.title, article.published_on) == story.id
        ):
            self._found.add(story.id)
            return True
        return False

    def unfound(self, frontier: Frontier) -> list[Story]:
        """The stories that no page of the corpus was joined with."""
        joined = frontier.known(self._tried, ()).identities
        return [story for story in self._sought.values() if story.id not in joined]

    def accounts(self, frontier: Frontier, ended: str) -> Iterator[str]:
        """What was tried for each story that was not found, in words."""
        for story in self.unfound(frontier):
            tried = "; ".join(dict.fromkeys(self._tried[story.id])) or f"nothing else: `crawler why {story.site}`"
            cut = "" if ended == "drained" else f"; the run ended before it was done: {ended}"
            yield f"{story.seed}: no page of its title and day was found; tried the corpus; {tried}{cut}"

    def _sought_on(self, url: str) -> Iterator[Story]:
        site = site_of(url) if self._sought else ""
        return (s for s in self._sought.values() if s.id not in self._found and site_of(s.site or "") == site)

    def _pages(self, story: Story, links: Sequence[Link], changed_on: Sequence[str], url: str) -> Iterator[Target]:
        if story.id in self._found:
            return
        scores = [
            (score, -place, link.url, link.kind)
            for place, link in enumerate(links)
            if link.url is not None
            and (score := likeness(story, link, changed_on[place] if place < len(changed_on) else ""))
        ]
        for _, _, address, kind in sorted(scores, reverse=True)[:CANDIDATES_A_LISTING]:
            if site_of(address) != site_of(url) or self._candidates.get(story.id, 0) >= CANDIDATES_A_STORY:
                continue
            self._candidates[story.id] = self._candidates.get(story.id, 0) + 1
            yield Target(url=address, kind=kind, seed=story.seed, found_via=url, front=True)

    def _named(self, links: Sequence[Link], url: str) -> Iterator[Target]:
        """The links of plain texts that a listing gives an address."""
        for link in links if self._stories else ():
            if link.url is None or link.title is None or link.published_at is None:
                continue
            story = self._stories.get(story_id(link.title, link.published_at[:10]))
            if story is not None and story.site is None and site_of(link.url) == site_of(url):
                yield Target(
                    url=link.url,
                    kind=story.kind,
                    seed=story.seed,
                    depth=1,
                    found_via=url,
                    promised_title=story.title,
                    promised_on=story.day,
                )


def _to_front(targets: Iterable[Target], story: Story) -> Iterator[Target]:
    """Targets that are asked for a story, again where they are due."""
    return (msgspec.structs.replace(target, seed=story.seed, front=True) for target in targets)


def likeness(story: Story, link: Link, changed_on: str = "") -> float:
    """How much a link of a listing may lead to a story; 0: it does not.

    Args:
        changed_on: the day when its page changed; "" where it is not known. None changes before it is there.
    """
    said_on = (link.published_at or "")[:10]
    if (said_on and abs(_ordinal(said_on) - _ordinal(story.day)) > 1) or (changed_on and changed_on < story.day[:7]):
        return 0.0
    if link.title is not None and fold(link.title) == fold(story.title):
        return 2.0
    address, title = (link.url or "").lower(), _title_words(story.title)
    least = max(min(LEAST_WORDS, len(title)), 2)
    if "%" not in address and sum(word in address for word in title) < least:  # spares 50,000 addresses the rest
        return 0.0
    years = _YEAR.findall(split_url(address).target)
    if years and story.day[:4] not in years:
        return 0.0
    words = _words_of(address)
    shared = len(title & words)
    return shared / len(words) if shared >= least and shared >= LEAST_SHARE * len(words) else 0.0


@lru_cache(maxsize=64)
def _title_words(title: str) -> frozenset[str]:
    return frozenset(filter(_says_something, folded_words(title)))


def _says_something(word: str) -> bool:
    return (len(word) >= LEAST_LETTERS or not word.isascii()) and not word.isdigit()


def _words_of(url: str) -> set[str]:
    """The words of the part of an address that has most of them."""
    folders = unquote(split_url(url).target.partition("?")[0]).split("/")
    parts = (re.sub(r"\.\w{2,5}$", "", folder).replace("_", " ") for folder in folders)
    lists = [[word for word in folded_words(part) if _says_something(word)] for part in parts]
    most = max(lists, key=len)
    return set(most)


def _rank(address: str, changed_on: str, day: str) -> int | None:
    """How soon a sitemap of an index is worth a look; None: it cannot hold a page of that day."""
    named = re.sub(r"[-_/]", "", split_url(address).target)
    if day[:7].replace("-", "") in named:
        return 0
    years = _YEAR.findall(split_url(address).target)
    if years and day[:4] not in years:
        return None
    if changed_on and changed_on < day:
        return None
    return 1 if years else 2 if changed_on else 3


def _ordinal(day: str) -> int:
    """Days since some day, near enough to tell neighbours."""
    try:
        return date.fromisoformat(day).toordinal()
    except ValueError:
        return 0
