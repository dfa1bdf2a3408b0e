"""What a crawl would ask of whom, before it asks: `crawler check`. Fetches robots.txt, nothing else."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import trio

from crawler.config import Config
from crawler.frontier.contract import Group
from crawler.frontier.ledger import Ledger
from crawler.frontier.memory import MemoryFrontier
from crawler.model.urls import host_of, origin_of, site_of
from crawler.model.work import Lease, OriginFile, Purpose, Target
from crawler.politeness.pacing import pause_s
from crawler.politeness.robots import parse_robots
from crawler.running.gate import file_target, holds
from crawler.running.opening import check_contact, locality, open_client, open_ledger
from crawler.running.scope import Scope
from crawler.running.visit import Fetch, Pacing, Unreadable, Visitor

ORIGINS_AT_ONCE = 16
LONGEST_WAIT_S = 120.0  # a person waits for the answer


class SiteForecast(msgspec.Struct, frozen=True, kw_only=True):
    """One site of the seeds."""

    site: str
    seeds: int
    refused: tuple[str, ...]  # seed: rule
    robots: str  # what its robots.txt came to
    gap_s: float  # between two requests, as long as it answers fast
    why_gap: str
    requests_an_hour: float


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What a crawl would come to."""

    sites: tuple[SiteForecast, ...]
    articles: int | None  # the most that a run writes; None: no limit
    hours: float | None  # until then, if each article takes one request and sites share alike; None: no limit


async def check(targets: Sequence[Target], config: Config, max_articles: int | None) -> Forecast:
    """Ask for the robots.txt of each origin of the seeds, and say what a crawl would do.

    Raises:
        ConfigError: a public site and no contact.
    """
    check_contact((host_of(target.url) for target in targets), config)
    ledger = open_ledger(config, None)
    try:
        async with open_client(config) as fetch:
            held = await _ask_origins(targets, config, fetch, ledger)
    finally:
        ledger.close()
    by_site: dict[str, list[Target]] = {}
    for target in targets:
        by_site.setdefault(site_of(target.url), []).append(target)
    sites = tuple(_forecast(site, ours, held, config) for site, ours in by_site.items())
    rate = sum(site.requests_an_hour for site in sites if len(site.refused) < site.seeds)
    cap = config.politeness.daily_requests * len(sites)
    articles = max_articles if max_articles is None else min(max_articles, cap)
    return Forecast(
        sites=sites, articles=articles, hours=None if articles is None or not rate else round(articles / rate, 2)
    )


def forecast_text(forecast: Forecast) -> str:
    """A forecast for a person."""
    lines = []
    for site in forecast.sites:
        lines.append(f"{site.site}: {site.seeds} seeds; {site.robots}")
        lines.append(
            f"  {site.gap_s:g} s between requests ({site.why_gap}): {site.requests_an_hour:.0f} an hour at most"
        )
        lines += [f"  refused   {refused}" for refused in site.refused]
    if forecast.articles is not None and forecast.hours is not None:
        lines.append(f"{forecast.articles} articles, the most of one run, take {forecast.hours:g} hours or more")
    return "\n".join(lines)


async def _ask_origins(
    targets: Sequence[Target], config: Config, fetch: Fetch, ledger: Ledger
) -> dict[str, OriginFile | None]:
    """The robots.txt of each origin: asked for as a crawl would, where none is held."""
    frontier = MemoryFrontier(ledger, time.time)
    scope = Scope(sites=frozenset(), follow=frozenset(), max_depth=0)
    pacing = Pacing(gap_s=config.gap_s)
    visitor = Visitor(fetch, _read_nothing, scope, pacing, now=time.time, max_page_bytes=1)
    of_origin = {origin_of(target.url): target for target in targets}
    left = frontier.add(
        file_target(target, Purpose.ROBOTS)
        for origin, target in of_origin.items()
        if not holds(ledger.file(Purpose.ROBOTS, origin), time.time())
    )

    async def visit(lease: Lease) -> None:
        nonlocal left
        done = await visitor.visit(lease)
        left += len(done.targets) - 1  # a redirect hop is a visit of its own
        frontier.settle(Group(visits=(done,)))
        frontier.release(lease, done.pace, done.origin_file)

    while left and (due_in_s := frontier.due_in_s()) is not None and due_in_s <= LONGEST_WAIT_S:
        await trio.sleep(due_in_s)
        async with trio.open_nursery() as nursery:
            for lease in await frontier.lease(ORIGINS_AT_ONCE):
                nursery.start_soon(visit, lease)
    return {origin: ledger.file(Purpose.ROBOTS, origin) for origin in of_origin}


async def _read_nothing(body: bytes, url: str, content_type: str | None, fetched_at: datetime) -> Unreadable:
    return Unreadable("nothing is read in a check")


def _forecast(
    site: str, seeds: Sequence[Target], held: Mapping[str, OriginFile | None], config: Config
) -> SiteForecast:
    refused, said, delays = [], set[str](), [0.0]
    for seed in seeds:
        robots = held[origin_of(seed.url)]
        if robots is None or robots.text is None:
            said.add("robots.txt cannot be had: nothing is asked until it can")
            refused.append(f"{seed.url}: its robots.txt cannot be had")
            continue
        rules = parse_robots(robots.text)
        said.add("robots.txt read" if robots.text else "no robots.txt: everything may be asked")
        delays.append(rules.crawl_delay_s or 0.0)
        if (rule := rules.refusing_rule(seed.url)) is not None:
            refused.append(f"{seed.url}: {rule}")
    gap_s = pause_s(
        gap_s=config.gap_s(site),
        crawl_delay_s=max(delays),
        latency_s=0.0,
        retry_after_s=None,
        strikes=0,
        is_local=locality(config)(site),
    )
    return SiteForecast(
        site=site,
        seeds=len(seeds),
        refused=tuple(refused),
        robots="; ".join(sorted(said)),
        gap_s=gap_s,
        why_gap="its Crawl-delay" if max(delays) >= gap_s > 0 else "our gap",
        requests_an_hour=min(3600 / gap_s, config.politeness.daily_requests) if gap_s else 3600.0,
    )
