"""Our texts for the public benchmark of article extraction by Scrapinghub (181 pages of 2019), told beside the others'.

usage: git clone https://github.com/scrapinghub/article-extraction-benchmark
       python tests/bench/article_benchmark.py article-extraction-benchmark

Writes `output/crawler.json` there and runs the benchmark's own `evaluate.py`, which compares all extractors whose texts
it holds. Then prints the CPU milliseconds a page, each page read once.
"""

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import crawler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a checkout of the benchmark")
    folder: Path = parser.parse_args().folder
    if not (folder / "ground-truth.json").exists():
        parser.error(f"{folder}: no checkout of the benchmark, it has no ground-truth.json")
    texts, spent_s = read_all(folder)
    (folder / "output").mkdir(exist_ok=True)
    told = {"version": crawler.__version__, "output": {key: {"articleBody": text} for key, text in texts.items()}}
    (folder / "output" / "crawler.json").write_text(json.dumps(told), "utf-8")
    subprocess.run([sys.executable, "evaluate.py"], cwd=folder, check=True)
    median_ms, mean_ms = 1000 * statistics.median(spent_s), 1000 * statistics.mean(spent_s)
    print(f"crawler: {median_ms:.1f} ms CPU a page (median; mean {mean_ms:.1f})")


def read_all(folder: Path) -> tuple[dict[str, str], list[float]]:
    """The text of each page by its key, and the CPU seconds that each took."""
    texts: dict[str, str] = {}
    spent_s: list[float] = []
    for key, truth in json.loads((folder / "ground-truth.json").read_text("utf-8")).items():
        html = gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes())
        begun_s = time.process_time()
        article = crawler.extract(html, truth["url"])
        spent_s.append(time.process_time() - begun_s)
        texts[key] = article.text or ""
    return texts, spent_s


if __name__ == "__main__":
    main()
