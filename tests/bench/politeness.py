"""Politeness over many simulated requests: `python tests/bench/politeness.py [REQUESTS]`.

Worlds of up to forty sites with faults, crashes and restarts, crawled by the real frontier, visits, client and writer;
a stub stands in for extraction. Checked of every request: its site's gap in force, Crawl-delay, Retry-After,
robots.txt, one at a time; and that no site waits without a reason. Prints the counts; exits 1 where a rule was broken.
"""

import re
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import trio

sys.path.insert(0, str(Path(__file__).parents[1]))

from world.simulate import simulate

from crawler.extraction.document import Document
from crawler.extraction.page import Page
from crawler.model.links import Link, LinkKind
from crawler.model.records import Article
from crawler.model.urls import fingerprint
from crawler.running.visit import Unreadable

STEP = 50_000
"""Requests between two lines that tell how far it is."""
RELATED = re.compile(rb'<h3><a href="([^"]+)"')


async def read_links(body: bytes, url: str, content_type: str | None, fetched_at: datetime) -> Document | Unreadable:
    """The related links of a page of the world, and no more of it."""
    await trio.lowlevel.checkpoint()
    links = tuple(Link(url=found.decode(), kind=LinkKind.RELATED) for found in RELATED.findall(body))
    digest = fingerprint(url).hex()
    return Page(article=Article(url=url, title=url, text=url, word_count=1, text_digest=digest, links=links))


def main(least_requests: int) -> int:
    started = time.monotonic()
    seed = requests = told = crashes = failed = 0
    virtual_s = 0.0
    while requests < least_requests:
        seed += 1
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcome = simulate(
                    seed, Path(folder), crashes=seed % 6, use_sqlite=True, read=read_links, most_sites=40, most_pages=60
                )
            except AssertionError as error:
                failed += 1
                print(f"seed {seed}: {str(error)[:300]}")
                continue
        requests, crashes = requests + outcome.requests, crashes + outcome.crashes
        virtual_s += outcome.virtual_s
        if requests // STEP > told // STEP or requests >= least_requests:
            told = requests
            print(
                f"{requests} requests of {seed} worlds, {crashes} crashes, {virtual_s / 86_400:.1f} virtual days,"
                f" {failed} failed; {requests / (time.monotonic() - started):.0f} requests a second",
                flush=True,
            )
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
