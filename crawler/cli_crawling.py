"""What the crawling verbs share: seeds that are told, the crawl itself, how it shows, how it ends. The verbs: `cli`."""

import functools
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.command import INTERRUPTED, UNMET, pretty
from crawler.errors import ConfigError
from crawler.running.terminal import clean

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.frontier.revisit import Revisits
    from crawler.running.crawl import Done, OnStart
    from crawler.running.seeding import Seeding

MOST_TOLD = 100  # bad seeds


def named_seeds(seeds: tuple[str, ...], config: "Config") -> tuple[str, ...]:
    """The seeds that are named, else those of the configuration.

    Raises:
        ConfigError: there are neither.
    """
    if not seeds and not config.seeds_path.exists():
        raise ConfigError(f"there is no {config.seeds_path}, and no seed is named; name an address or a file")
    return seeds or (str(config.seeds_path),)


def read_seeding(names: tuple[str, ...], url: str | None, site: str | None = None) -> "Seeding":
    """The seeds; bad ones are told on stderr, a line each, of many the first.

    Raises:
        ConfigError: none is left.
    """
    from crawler.config import site_start_of
    from crawler.running.seeding import read_seeds

    seeding = read_seeds(names, url=url, site=None if site is None else site_start_of(site))
    if not seeding and len(seeding.complaints) == 1:
        raise ConfigError(seeding.complaints[0])
    for complaint in seeding.complaints[:MOST_TOLD]:
        click.echo(f"crawler: {clean(complaint)}", err=True)
    if len(seeding.complaints) > MOST_TOLD:
        click.echo(f"crawler: {len(seeding.complaints) - MOST_TOLD} bad seeds more", err=True)
    if not seeding:
        raise ConfigError("no seed is left; name an address or a file")
    return seeding


def run_crawl(
    seeding: "Seeding",
    out: Path,
    config: "Config",
    options: dict[str, Any],
    *,
    max_depth: int,
    max_articles: int | None,
    revisits: "Revisits | None" = None,
    archive: Path | None = None,
) -> "Done":
    import trio

    from crawler.frontier.revisit import Revisits
    from crawler.running.crawl import Job, crawl

    limits = config.crawl
    job = Job(
        seeding=seeding,
        folder=out,
        config=config,
        max_depth=max_depth if limits.max_depth is None else limits.max_depth,
        max_articles=limits.max_articles or max_articles,
        revisits=revisits or Revisits.NONE,
        archive=archive,
    )
    gc.freeze()  # what was imported stays: to look through it for garbage, again and again, took 1 % of a crawl's CPU
    return trio.run(functools.partial(crawl, job, on_start=shown_as(options)))


def revisits_of(config: "Config", *, named: bool, refresh: bool, only_new: bool) -> "Revisits":
    """Which pages that were read are asked for again; of seeds that the command names only what it names."""
    from crawler.frontier.revisit import Revisits

    if refresh:
        return Revisits.ALL
    if only_new or (not named and not config.revisit.articles):
        return Revisits.LISTINGS
    return Revisits.NONE if named else Revisits.DUE


def end_with(done: "Done", out: Path, options: dict[str, Any]) -> None:
    """Print the summary, write the report where it is wanted, and leave with the code that fits."""
    from crawler.running.progress import summary

    if not options["quiet"]:
        click.echo(clean(summary(done.run, out, done.waiting, done.next_due)), err=True)
    if options.get("reports") and done.has_articles:
        from crawler.report.page import write_report

        written = write_report([out])
        if not options["quiet"]:
            click.echo(f"report    {clean(str(written.path))}: open it in a browser", err=True)
    if options.get("as_json"):
        click.echo(pretty(done.run))
    for unmet in done.unmet:
        click.echo(f"crawler: {unmet}", err=True)
    if done.run.ended == "no-space":
        click.echo(f"crawler: the disk of {out} is nearly full; make room, and the same command goes on", err=True)
        sys.exit(5)
    if done.was_interrupted:
        sys.exit(INTERRUPTED)
    if done.unmet:
        sys.exit(UNMET)


def shown_as(options: dict[str, Any]) -> "OnStart":
    from time import time

    from crawler.running.progress import ProgressStyle, shown_on_stderr

    style = "none" if options["quiet"] else options["progress"]
    return shown_on_stderr(None if style == "auto" else ProgressStyle(style), time)
