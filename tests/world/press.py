"""Newspapers that publish by the hour and the day, edit, delete and fail: one seed number makes a month of them.

Beneath the real client as a transport. All is planned beforehand, so that what a crawl has to find is known.
"""

import hashlib
import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import msgspec
import trio
from world.web import EPOCH_UNIX_S

from crawler.model.urls import split_url

HOUR_S, DAY_S = 3_600.0, 86_400.0
PADDING = "<script>/* {} */</script>".format("what a page carries beside its text. " * 350)  # pages of 15 kB
NEWS_SITEMAP_S = 2 * DAY_S  # what Google's rules for news sitemaps ask for


class Story(msgspec.Struct):
    """One article: when it came, changed and went."""

    url: str
    title: str
    published_s: float  # since the start, as all times here
    changed_s: tuple[float, ...]
    deleted_s: float | None
    related: tuple[str, ...]

    def version_at(self, at_s: float) -> int:
        return bisect_right(self.changed_s, at_s)


class Paper(msgspec.Struct):
    """One site and its feed."""

    host: str
    a_day: float
    listed: int  # items that its feed holds
    has_validators: bool
    has_dates: bool
    said: str  # in the channel of its feed
    stories: list[Story]  # by publication
    outages_s: list[tuple[float, float]]

    @property
    def feed_url(self) -> str:
        return f"https://{self.host}/feed.xml"

    def is_down(self, at_s: float) -> bool:
        return any(start <= at_s < end for start, end in self.outages_s)

    def published(self, at_s: float) -> int:
        return bisect_right(self.stories, at_s, key=lambda story: story.published_s)

    def items(self, at_s: float) -> Sequence[Story]:
        """What the feed lists, the newest first."""
        count = self.published(at_s)
        listed = self.stories[max(0, count - self.listed) : count]
        return [story for story in reversed(listed) if story.deleted_s is None or at_s < story.deleted_s]


class Asked(msgspec.Struct, frozen=True):
    """A request that was answered."""

    kind: str  # feed, article, sitemap, robots
    url: str
    at_s: float
    status: int
    bytes: int


class Press(httpx.AsyncBaseTransport):
    """The papers of one seed number, as a transport.

    Args:
        days: how long they publish, from the second day on: what leaves a feed before its first poll is nobody's loss.
    """

    def __init__(self, seed: int, *, papers: int, days: float) -> None:
        self.rng = random.Random(seed)
        self.papers = [self._plan_paper(n, days) for n in range(papers)]
        self.stories = {story.url: story for paper in self.papers for story in paper.stories}
        self.asked: list[Asked] = []
        self.failed = 0  # requests that a paper that was down did not answer
        self._paper_of = {paper.host: paper for paper in self.papers}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await trio.sleep(0.2)
        url, at_s = str(request.url), trio.current_time()
        paper = self._paper_of[split_url(url).host]
        if paper.is_down(at_s):
            self.failed += 1
            raise httpx.ConnectError("the paper is down")
        kind, body = self._answer(paper, url, at_s)
        status = 404 if body is None else 200
        headers = {"content-type": "text/html; charset=utf-8"} if kind == "article" else {}
        if body is not None and paper.has_validators and kind in ("feed", "article"):
            headers["etag"] = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
            if request.headers.get("if-none-match") == headers["etag"]:
                status, body = 304, b""
        self.asked.append(Asked(kind, url, at_s, status, len(body or b"")))
        return httpx.Response(status, headers=headers, content=body or b"")

    def page_of(self, paper: Paper, story: Story, at_s: float) -> bytes:
        version = story.version_at(at_s)
        sentences = [
            f"Sentence {n} of {story.title} was read out in the hall by those who were there." for n in range(12)
        ]
        sentences += [f"Correction {n}: the figure of {n + 3} given here before was wrong." for n in range(version)]
        entries = "".join(f'<li><h3><a href="{url}">What came of {url[-12:]}</a></h3></li>' for url in story.related)
        block = f"<section class=related><h2>Related Stories</h2><ul>{entries}</ul></section>" if entries else ""
        said = _moment(story.published_s).isoformat()
        date = f'<meta property="article:published_time" content="{said}">' if paper.has_dates else ""
        paragraphs = "".join(f"<p>{sentence}</p>" for sentence in sentences)
        return (
            f"<!doctype html><html lang=en><head><title>{story.title}</title><meta property=og:type content=article>"
            f"{date}{PADDING}</head><body><article><h1>{story.title}</h1>{paragraphs}</article>{block}</body></html>"
        ).encode()

    def feed_of(self, paper: Paper, at_s: float) -> bytes:
        def item(story: Story) -> str:
            date = format_datetime(_moment(story.published_s), usegmt=True)
            said = f"<pubDate>{date}</pubDate>" if paper.has_dates else ""
            teaser = f"What was said of it by those who were there. {story.title}. " * 6
            link = f"<title>{story.title}</title><link>{story.url}</link>"
            return f"<item>{link}{said}<description>{teaser}</description></item>"

        items = "".join(map(item, paper.items(at_s)))
        return f"<rss version='2.0'><channel><title>{paper.host}</title>{paper.said}{items}</channel></rss>".encode()

    def _answer(self, paper: Paper, url: str, at_s: float) -> tuple[str, bytes | None]:
        path = split_url(url).target
        if path == "/robots.txt":
            return "robots", f"User-agent: *\nAllow: /\nSitemap: https://{paper.host}/news-sitemap.xml\n".encode()
        if path == "/feed.xml":
            return "feed", self.feed_of(paper, at_s)
        if path == "/news-sitemap.xml":
            return "sitemap", self._sitemap_of(paper, at_s)
        story = self.stories.get(url)
        if story is None:
            return "robots" if path.startswith("/.well-known/") else "article", None
        is_there = story.published_s <= at_s and (story.deleted_s is None or at_s < story.deleted_s)
        return "article", self.page_of(paper, story, at_s) if is_there else None

    def _sitemap_of(self, paper: Paper, at_s: float) -> bytes:
        first = paper.published(at_s - NEWS_SITEMAP_S)
        urls = "".join(
            f"<url><loc>{story.url}</loc><n:news><n:publication_date>{_moment(story.published_s).isoformat()}"
            f"</n:publication_date><n:title>{story.title}</n:title></n:news></url>"
            for story in paper.stories[first : paper.published(at_s)]
            if story.deleted_s is None or at_s < story.deleted_s
        )
        schemas = (
            "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
            "xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'"
        )
        return f"<urlset {schemas}>{urls}</urlset>".encode()

    def _plan_paper(self, number: int, days: float) -> Paper:
        """Rates from one item in two days to fifty a day, most of them in the working hours of some time zone."""
        rng = self.rng
        paper = Paper(
            host=f"paper{number}.example",
            a_day=min(max(rng.lognormvariate(math.log(3.0), 1.2), 0.5), 50.0),
            listed=rng.choice((10, 20, 30)),
            has_validators=rng.random() < 0.7,
            has_dates=rng.random() < 0.8,
            said=rng.choice(("", "", "<ttl>60</ttl>", "<ttl>5</ttl>", "<skipHours><hour>2</hour></skipHours>")),
            stories=[],
            outages_s=[],
        )
        opens_h, weekend = rng.choice((-1.0, 7.0, 13.0)), rng.choice((0.1, 0.4, 1.0))
        moments, at_s, peak = [], DAY_S, 2.6 * paper.a_day / DAY_S
        while (at_s := at_s + rng.expovariate(peak)) < days * DAY_S:
            is_open = (_hour(at_s) - opens_h) % 24 < 11
            is_weekend = _moment(at_s).weekday() >= 5
            if rng.random() < (0.75 if is_open else 0.08) * (weekend if is_weekend else 1.0):
                moments.append(at_s)
        if rng.random() < 0.3:  # a day on which all came at once
            start_s = rng.uniform(1.0, 0.8 * days) * DAY_S
            moments += [start_s + rng.uniform(0, 2 * HOUR_S) for _ in range(2 * paper.listed)]
        self._plan_stories(paper, sorted(moments))
        for _ in range(rng.choice((0, 0, 1, 2))):
            start_s = rng.uniform(0, days * DAY_S)
            paper.outages_s.append((start_s, start_s + rng.uniform(1, 20) * HOUR_S))
        return paper

    def _plan_stories(self, paper: Paper, moments: Sequence[float]) -> None:
        rng = self.rng
        for n, at_s in enumerate(moments):
            changes, changed_s = rng.choices((0, 1, 2), (80, 15, 5))[0], at_s
            changed = [changed_s := changed_s + rng.lognormvariate(math.log(5), 1.4) * HOUR_S for _ in range(changes)]
            known = paper.stories[-4:]
            paper.stories.append(
                Story(
                    url=f"https://{paper.host}/news/what-the-council-said-{n}",
                    title=f"What the council of {paper.host} said of matter {n}",
                    published_s=at_s,
                    changed_s=tuple(changed),
                    deleted_s=at_s + rng.uniform(3, 20) * DAY_S if rng.random() < 0.03 else None,
                    related=tuple(story.url for story in rng.sample(known, min(len(known), 2))),
                )
            )


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(int(EPOCH_UNIX_S + at_s), UTC)


def _hour(at_s: float) -> float:
    return (EPOCH_UNIX_S + at_s) % DAY_S / HOUR_S
