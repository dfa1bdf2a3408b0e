"""The embedded news site: three invented papers, the same on any machine for the same seed, and the truth about them.

It answers requests as values and knows neither sockets nor the crawler.
"""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urlsplit

import msgspec

from crawler.demo.layouts import IMAGE_PATH, NAMES, SECTIONS, article_page, listing_page, plain_page, tag_path
from crawler.demo.listings import FEED_PATHS, ROBOTS, SITEMAP_PATH, atom, json_feed, news_sitemap, rss
from crawler.demo.plan import DAILY, HOSTS, NEWEST_IN_FEED, DemoArticle, plan_site

FRONT_STORY = 0  # a middle chapter of this story is a seed beside the feeds
MIN_GZIP_BYTES = 512  # below, the frame costs more than it saves

_IMAGE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9"><rect width="16" height="9" fill="#9ab"/>
<path d="M0 9 5 4l3 3 4-5 4 7z" fill="#567"/></svg>
"""


class DemoAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the site answers; header names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


class _Resource(msgspec.Struct, frozen=True, kw_only=True):
    content_type: str
    body: bytes
    modified_at: datetime
    etag: str


class DemoSite:
    """Three papers under `.example` names, port 80, made from a seed number.

    Attributes:
        articles: the planted truth, oldest first.
        hosts: the names to be resolved to wherever the site is served.
        seeds: where a crawl starts: a feed of each paper and one article.
        forbidden: addresses that robots.txt denies although pages link to them as related; they would answer.
        dead: addresses that pages link to as related and that are gone.
        moved: old address of an article: its new one. Pages link to the old one only.
    """

    def __init__(self, seed: int = 1) -> None:
        plan = plan_site(seed)
        self.articles = plan.articles
        self.hosts = HOSTS
        self.forbidden = plan.forbidden
        self.dead = plan.dead
        self.moved = plan.moved
        front = [article for article in self.articles if article.story == FRONT_STORY and article.host == HOSTS[DAILY]]
        feeds = (f"http://{host}{path}" for host, path in FEED_PATHS.items())
        self.seeds = (*feeds, front[len(front) // 2].url)
        self._newest_at = self.articles[-1].published_at
        self._resources: dict[tuple[str, str], _Resource] = {}
        for article in self.articles:
            # The Shift_JIS page says so in its own head alone, as such pages do; other charsets stand in the header.
            charset = "" if article.charset == "shift_jis" else f"; charset={article.charset}"
            body = article_page(article, plan).encode(article.charset, "xmlcharrefreplace")
            self._add(article.url, f"text/html{charset}", body, article.published_at)
        for host in HOSTS:
            self._add_listings(host)
        for address in self.forbidden:
            text = "You should not have come here: robots.txt denies this page."
            self._add_text(address, "text/html", plain_page(urlsplit(address).netloc, "For members", text))

    def newest(self, host: str) -> tuple[DemoArticle, ...]:
        """What the feed of a paper lists, newest first."""
        return tuple(article for article in reversed(self.articles) if article.host == host)[:NEWEST_IN_FEED]

    def reachable(self, max_depth: int) -> frozenset[str]:
        """The articles that related links lead to within `max_depth` hops of the seeds; feed items are at depth 0."""
        related = {article.url: article.related for article in self.articles}
        level = {article.url for host in HOSTS for article in self.newest(host)} | (related.keys() & set(self.seeds))
        found = set(level)
        for _ in range(max_depth):
            linked = {self.moved.get(link, link) for url in level for link in related[url]}
            level = (linked & related.keys()) - found
            found |= level
        return frozenset(found)

    def answer(self, method: str, host: str, target: str, headers: Mapping[str, str]) -> DemoAnswer:
        """What the site says to a request.

        Args:
            method: GET and HEAD are known; to HEAD the same is answered, and the server leaves the body out.
            host: of the `Host` header, with or without port.
            target: path and query.
            headers: names in lower case.
        """
        host = host.lower().partition(":")[0]
        if method not in ("GET", "HEAD"):
            return _text(405, "Only GET and HEAD are answered here.", ("allow", "GET, HEAD"))
        if host not in HOSTS:
            return _text(421, "This name is not served here.")
        if moved_to := self.moved.get(f"http://{host}{target}"):
            return _text(301, "This page has moved.", ("location", moved_to))
        resource = self._resources.get((host, target))
        if resource is None:
            page = plain_page(host, "Not found", "The page you asked for is not here, or not any more.").encode()
            return DemoAnswer(status=404, headers=(("content-type", "text/html; charset=utf-8"),), body=page)
        return _conditional(resource, headers)

    def _add_listings(self, host: str) -> None:
        own = [article for article in reversed(self.articles) if article.host == host]
        root = f"http://{host}"
        write_feed = dict(zip(HOSTS, (rss, atom, json_feed), strict=True))[host]
        media_type = dict(
            zip(HOSTS, ("application/rss+xml", "application/atom+xml", "application/feed+json"), strict=True)
        )
        self._add_text(f"{root}{FEED_PATHS[host]}", media_type[host], write_feed(host, self.newest(host)))
        self._add_text(f"{root}{SITEMAP_PATH}", "application/xml", news_sitemap(host, own))
        self._add_text(f"{root}/", "text/html", listing_page(host, NAMES[host], own[:NEWEST_IN_FEED]))
        self._add_text(f"{root}/about", "text/html", plain_page(host, "About us", "A paper that nobody prints."))
        self._add_text(f"{root}{IMAGE_PATH}", "image/svg+xml", _IMAGE)
        if host in ROBOTS:
            self._add_text(f"{root}/robots.txt", "text/plain", ROBOTS[host])
        for section in SECTIONS:
            of_section = [article for article in own if article.section == section]
            self._add_text(f"{root}/section/{section.lower()}/", "text/html", listing_page(host, section, of_section))
        for tag in sorted({tag for article in own for tag in article.tags}):
            of_tag = [article for article in own if tag in article.tags]
            self._add_text(f"{root}{tag_path(tag)}", "text/html", listing_page(host, f"All on {tag}", of_tag))

    def _add_text(self, url: str, media_type: str, text: str) -> None:
        self._add(url, f"{media_type}; charset=utf-8", text.encode(), self._newest_at)

    def _add(self, url: str, content_type: str, body: bytes, modified_at: datetime) -> None:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        # Weak, since the packed and the plain body share it (RFC 9110, 8.8.1).
        etag = f'W/"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        self._resources[parts.netloc, target] = _Resource(
            content_type=content_type, body=body, modified_at=modified_at, etag=etag
        )


def _text(status: int, sentence: str, *headers: tuple[str, str]) -> DemoAnswer:
    return DemoAnswer(
        status=status, headers=(("content-type", "text/plain; charset=utf-8"), *headers), body=f"{sentence}\n".encode()
    )


def _conditional(resource: _Resource, headers: Mapping[str, str]) -> DemoAnswer:
    """The resource, packed where that is accepted; 304 without a body where the asker holds it (RFC 9110, 13)."""
    validators = (
        ("etag", resource.etag),
        ("last-modified", format_datetime(resource.modified_at.astimezone(UTC), usegmt=True)),
        ("vary", "accept-encoding"),
    )
    if _is_held(resource, headers):
        return DemoAnswer(status=304, headers=validators)
    described = (("content-type", resource.content_type), *validators)
    if len(resource.body) >= MIN_GZIP_BYTES and "gzip" in _accepted(headers.get("accept-encoding", "")):
        packed = gzip.compress(resource.body, mtime=0)
        return DemoAnswer(status=200, headers=(*described, ("content-encoding", "gzip")), body=packed)
    return DemoAnswer(status=200, headers=described, body=resource.body)


def _is_held(resource: _Resource, headers: Mapping[str, str]) -> bool:
    if (tags := headers.get("if-none-match")) is not None:
        held = {tag.strip().removeprefix("W/") for tag in tags.split(",")}  # weak comparison
        return "*" in held or resource.etag.removeprefix("W/") in held
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return since.tzinfo is not None and resource.modified_at <= since


def _accepted(header: str) -> Iterator[str]:
    """The codings of an `Accept-Encoding` header that are not refused by a weight of zero."""
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            yield name.strip()
