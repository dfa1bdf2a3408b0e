"""A deterministic web made from one seed number: sites, pages, links, rules and faults, beneath the real client.

Every fault passes, so that what may be read can be read in the end; which pages that are is known beforehand.
"""

import random
from collections import deque
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import msgspec
import trio
from world.web import now, page

from crawler.model.urls import canonical_url, site_of, split_url

FAULTS = ("timeout", "reset", "500", "429", "503", "cut", "slow", "refused")


class Fault(msgspec.Struct, frozen=True):
    """What one request meets instead of its page."""

    kind: str
    wait_s: float = 0.0  # of Retry-After, or how slow


class Asked(msgspec.Struct):
    """A request, and how it ended."""

    url: str
    site: str
    at_s: float
    end_s: float | None = None  # None: cut off by a crash
    may_be_asked_at_s: float = 0.0  # by the Retry-After of its answer
    life: int = 0  # of the process that asked


class World(httpx.AsyncBaseTransport):
    """The sites of one seed number, as a transport.

    Attributes:
        articles: the canonical addresses that a crawl of `seeds` has to write, each once.
        edges: the (source, target) of the related links that it has to write.
        forbidden: addresses that no robots.txt allows.
        delays_s: the Crawl-delay of each site that has one.
    """

    def __init__(self, seed: int, *, most_sites: int = 4, most_pages: int = 7, fault_rate: float = 0.25) -> None:
        self._rng = rng = random.Random(seed)
        self.hosts = [f"paper{n}.example" for n in range(rng.randint(1, most_sites))]
        self.asked: list[Asked] = []
        self.life = 0
        self.delays_s: dict[str, float] = {}
        self._robots: dict[str, bytes | None] = {}
        self._bodies: dict[str, bytes] = {}
        self._moved: dict[str, str] = {}
        self._related: dict[str, list[str]] = {}
        self._faults: dict[str, deque[Fault]] = {}
        self.forbidden: set[str] = set()
        for host in self.hosts:
            self._plan_host(host, rng.randint(2, most_pages))
        self._plan_links()
        self.seeds = [self._urls(host)[0] for host in self.hosts]
        self.articles, self.edges = self._reachable()
        for url in [*self._bodies, *self._moved, *(f"http://{host}/robots.txt" for host in self.hosts)]:
            self._plan_faults(url, fault_rate)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        started_s = trio.current_time()
        asked = Asked(url=url, site=site_of(url), at_s=started_s, may_be_asked_at_s=started_s, life=self.life)
        self.asked.append(asked)
        response = await self._answer(url, asked)
        asked.end_s = trio.current_time()
        return response

    async def _answer(self, url: str, asked: Asked) -> httpx.Response:
        await trio.sleep(self._rng.uniform(0.01, 0.4))
        faults = self._faults.get(url)
        if faults:
            return await self._fail(faults.popleft(), asked)
        host, path = split_url(url).host, split_url(url).target
        if path == "/robots.txt":
            robots = self._robots[host]
            return httpx.Response(404) if robots is None else httpx.Response(200, content=robots)
        if url in self._moved:
            return httpx.Response(301, headers={"location": self._moved[url]})
        body = self._bodies.get(url)
        return httpx.Response(404) if body is None else httpx.Response(200, html=body.decode())

    async def _fail(self, fault: Fault, asked: Asked) -> httpx.Response:
        if fault.kind == "timeout":
            await trio.sleep(fault.wait_s)
            raise httpx.ReadTimeout("as the world has it")
        if fault.kind == "refused":
            self.asked.remove(asked)  # no connection: the site saw no request
            raise httpx.ConnectError("as the world has it")
        if fault.kind in ("reset", "cut"):
            raise httpx.ReadError("as the world has it")
        if fault.kind == "500":
            return httpx.Response(500)
        if fault.kind == "slow":
            await trio.sleep(fault.wait_s)
            return httpx.Response(503)
        asked.may_be_asked_at_s = trio.current_time() + fault.wait_s
        is_date = self._rng.random() < 0.3
        until = datetime.fromtimestamp(int(now() + fault.wait_s), UTC)
        if is_date:
            asked.may_be_asked_at_s = until.timestamp() - now() + trio.current_time()
        return httpx.Response(
            int(fault.kind),
            headers={"retry-after": format_datetime(until, usegmt=True) if is_date else f"{fault.wait_s:g}"},
        )

    def _plan_host(self, host: str, pages: int) -> None:
        rng = self._rng
        lines = ["User-agent: *"]
        for n in range(pages):
            url = f"http://{host}/news/what-the-council-said-{n}"
            if n and rng.random() < 0.15:
                self.forbidden.add(url)
                lines.append(f"Disallow: {split_url(url).target}$")
            if n and rng.random() < 0.15:
                self._moved[f"http://{host}/old/what-the-council-said-{n}"] = url
            self._related[url] = []
        if rng.random() < 0.3:
            self.delays_s[host] = float(rng.randint(6, 20))
            lines.append(f"Crawl-delay: {self.delays_s[host]:g}")
        is_silent = len(lines) == 1 and rng.random() < 0.5
        self._robots[host] = None if is_silent else "\n".join(lines).encode()

    def _plan_links(self) -> None:
        rng, urls = self._rng, list(self._related)
        old = {new: old for old, new in self._moved.items()}
        for number, url in enumerate(urls):
            targets = rng.sample(urls, min(len(urls), rng.randint(0, 4)))
            if number + 1 < len(urls):
                targets.append(urls[number + 1])  # a thread through most of it
            named = [old[target] if target in old and rng.random() < 0.5 else target for target in targets]
            self._related[url] = [target for target in dict.fromkeys(named) if target != url]
            text = f"{url} " + " ".join(f"Sentence {n} of {url} was read out in the hall. " for n in range(30))
            self._bodies[url] = page(f"What {url[-30:]} said", related=self._related[url], text=text).body

    def _plan_faults(self, url: str, rate: float) -> None:
        """A few faults, which pass before the attempts of a URL are used up."""
        rng = self._rng
        faults: list[Fault] = []
        if rng.random() < rate:
            kind = rng.choice(FAULTS)
            wait_s = {"timeout": rng.uniform(1, 25), "slow": rng.uniform(1, 20)}.get(kind, float(rng.randint(1, 120)))
            faults = [Fault(kind, wait_s)] * (rng.randint(1, 3) if kind in ("429", "503") else 1)
        self._faults[url] = deque(faults)

    def _reachable(self) -> tuple[set[str], set[tuple[str, str]]]:
        articles: set[str] = set()
        edges: set[tuple[str, str]] = set()
        todo = list(self.seeds)
        while todo:
            url = todo.pop()
            url = self._moved.get(url, url)
            if url in articles or url in self.forbidden or url not in self._bodies:
                continue
            articles.add(canonical_url(url))
            edges.update((url, target) for target in self._related[url])
            todo += self._related[url]
        return articles, edges

    def _urls(self, host: str) -> list[str]:
        return [url for url in self._related if split_url(url).host == host]
