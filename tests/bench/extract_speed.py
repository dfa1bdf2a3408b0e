"""Where the CPU time of reading a page goes, phase by phase, with lexbor's parse as the yardstick.

usage: python tests/bench/extract_speed.py [FOLDER] [--rounds N]

FOLDER holds pages as .html or .html.gz, in whatever folders below it; without it, the articles of the demo's own site
are read. Each page is read N times (default 5) and its fastest reading counts, so that caches are warm and other
programs on the machine matter little. The first reading of each page is told apart: that is what a crawl of ever new
sites pays. A saved page is read under the address that it declares; one that declares none under an example's, so that
all its links lead to other sites.
"""

import argparse
import gzip
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from crawler.demo.layouts import article_page
from crawler.demo.plan import plan_site
from crawler.extraction import article, page
from crawler.extraction.address import declared_address
from crawler.extraction.decode import in_utf8

UNKNOWN_ADDRESS = "https://news.example.org/2026/05/a-story-of-some-length"
DEMO_SEED = 1
PARSE, TREE, WHOLE, REST = "lexbor's parse", "tree", "whole page", "what is left"
PHASES = {  # a function by the name that its caller knows it by: the phase that its time counts to
    (page, "in_utf8"): "decoding",
    (page, "safe_html"): "guard",
    (page, "Tree"): TREE,
    (page, "Heads"): "head and JSON-LD",
    (page, "find_canonical"): "canonical address",
    (article, "find_layout"): "layout",
    (article, "Shown"): "metadata",
    (article, "read_metadata"): "metadata",
    (article, "find_anchors"): "links",
    (article, "find_named"): "links",
    (article, "find_links"): "links",
    (article, "find_carried"): "links in scripts",
    (article, "_paragraphs"): "text",
    (article, "_text"): "text",
    (article, "fitting"): "language",
    (article, "folded_words"): "words and hashes",
    (article, "text_digest"): "words and hashes",
    (article, "simhash"): "words and hashes",
    (article, "why_not"): "verdict",
}

Seconds = defaultdict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    pages = saved_pages(asked.folder) if asked.folder else demo_pages()
    if not pages:
        parser.error(f"{asked.folder}: no .html or .html.gz below it")
    spent: Seconds = defaultdict(float)
    for (module, name), phase in PHASES.items():
        setattr(module, name, timed(getattr(module, name), phase, spent))
    first, best = measure(pages, spent, max(1, asked.rounds))
    print_table(pages, first, best)


def demo_pages() -> list[tuple[bytes, str]]:
    plan = plan_site(DEMO_SEED)
    return [(article_page(one, plan).encode(one.charset, "xmlcharrefreplace"), one.url) for one in plan.articles]


def saved_pages(folder: Path) -> list[tuple[bytes, str]]:
    paths = sorted(path for path in folder.rglob("*.html*") if path.suffix in (".html", ".gz"))
    bodies = [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in paths]
    return [(body, declared_address(body) or UNKNOWN_ADDRESS) for body in bodies]


def timed(function: Callable[..., Any], phase: str, spent: Seconds) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        begun_s = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            spent[phase] += time.process_time() - begun_s

    return run


def measure(pages: list[tuple[bytes, str]], spent: Seconds, rounds: int) -> tuple[list[float], list[dict[str, float]]]:
    """Seconds of the first reading of each page, and of each phase of its fastest one."""
    firsts: list[float] = []
    bests: list[dict[str, float]] = []
    for body, url in pages:
        readings = [read_once(body, url, spent) for _ in range(rounds)]
        firsts.append(readings[0][WHOLE])
        bests.append(min(readings, key=lambda reading: reading[WHOLE]))
    return firsts, bests


def read_once(body: bytes, url: str, spent: Seconds) -> dict[str, float]:
    spent.clear()
    begun_s = time.process_time()
    page.read_page(body, url)
    whole_s = time.process_time() - begun_s
    reading = {**spent, WHOLE: whole_s, REST: whole_s - sum(spent.values())}
    utf8 = in_utf8(body, None)
    begun_s = time.process_time()
    LexborHTMLParser(utf8)
    reading[PARSE] = time.process_time() - begun_s
    reading[TREE] = reading.get(TREE, 0.0) - reading[PARSE]
    return reading


def print_table(pages: list[tuple[bytes, str]], firsts: list[float], bests: list[dict[str, float]]) -> None:
    size = statistics.median(len(body) for body, _ in pages)
    print(f"{len(pages)} pages, median {size / 1_000:.0f} kB; CPU ms a page\n")
    print(f"{'':20}{'median':>8}{'mean':>8}{'parses':>8}")
    parse_s = statistics.mean(best[PARSE] for best in bests)
    for phase in (PARSE, *dict.fromkeys(PHASES.values()), REST, WHOLE):
        taken = [best.get(phase, 0.0) for best in bests]
        mean_s = statistics.mean(taken)
        print(f"{phase:20}{1e3 * statistics.median(taken):8.2f}{1e3 * mean_s:8.2f}{mean_s / parse_s:8.1f}")
    print(f"{'first reading':20}{1e3 * statistics.median(firsts):8.2f}{1e3 * statistics.mean(firsts):8.2f}")


if __name__ == "__main__":
    main()
