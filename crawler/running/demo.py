"""`crawler demo`: the embedded news site, served on loopback and crawled as any site is."""

from functools import partial
from pathlib import Path

import trio

from crawler.config import Config, IdentityConfig, PolitenessConfig
from crawler.demo.server import LogLine, resolver, serve_demo
from crawler.demo.site import DemoSite
from crawler.model.links import LinkKind
from crawler.model.work import Target
from crawler.running.crawl import Done, Job, OnStart, crawl
from crawler.running.seeding import Seeding

SITE_SEED = 2017  # any number gives a site; this one is the demo's, so that a second run finds the same
GAP_S = 0.05  # the site is this process; a real one is left alone for a second at least
MAX_DEPTH = 12  # deeper than its longest chain of stories


async def crawl_demo(
    folder: Path, on_start: OnStart | None = None, *, gap_s: float = GAP_S, log: list[LogLine] | None = None
) -> Done:
    """Serve the demo's site and crawl it into a folder.

    Args:
        log: gets a line for each request that the site answered.
    """
    site = DemoSite(SITE_SEED)
    config = Config(
        folder=folder,
        identity=IdentityConfig(contact="https://daily.example/demo"),
        # its names mean nothing outside of this process, so the ledger is the folder's own
        politeness=PolitenessConfig(gap_s=gap_s, allow_networks=("127.0.0.0/8",), ledger="hosts.db"),
    )
    targets = [Target(url=url, kind=LinkKind.SEED, seed=url) for url in site.seeds]
    async with trio.open_nursery() as nursery:
        port: int = await nursery.start(partial(serve_demo, site, log=log))
        job = Job(
            seeding=Seeding(targets=targets),
            folder=folder,
            config=config,
            max_depth=MAX_DEPTH,
            resolve=resolver(port, site.hosts),
        )
        done = await crawl(job, on_start=on_start)
        nursery.cancel_scope.cancel()
    return done
