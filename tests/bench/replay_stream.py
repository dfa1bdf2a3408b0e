"""How fast a large archive streams, and in how much memory: `python tests/bench/replay_stream.py [MEGABYTES]`."""

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from crawler.fetch.replay import responses
from crawler.model.work import Answer
from crawler.store.segments import OsDisk
from crawler.store.warc import Archive, Exchange

PAGES = 200  # that differ; the file repeats them
PAGE_BYTES = 64 * 1024


def page(number: int) -> bytes:
    """Prose of invented words: it packs to a third or so, as pages of news do."""
    chance = random.Random(number)
    words = ["".join(chance.choices("abcdefghijklmnoprstuvw", k=chance.randint(2, 9))) for _ in range(4_000)]
    return ("<!doctype html><p>" + " ".join(chance.choices(words, k=PAGE_BYTES // 6)))[:PAGE_BYTES].encode()


def write_archive(folder: Path, least_bytes: int) -> Path:
    """One file of at least that many bytes."""
    archive = Archive(folder, OsDisk(), run_id="bench", software="bench", roll_bytes=2**62)
    exchanges = []
    for number in range(PAGES):
        answer = Answer(
            url=f"https://a.example/{number}",
            status=200,
            headers=(("content-type", "text/html"),),
            body=page(number),
            wire_bytes=PAGE_BYTES,
            elapsed_s=0.1,
            request_head=b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        )
        exchanges.append(Exchange(answer, 1_795_500_000.0))
    began_s = time.perf_counter()
    archive.append(exchanges)
    archive.sync()
    archive.close()
    took_s = time.perf_counter() - began_s
    print(f"write: {PAGES / took_s:,.0f} pages/s, {took_s / PAGES * 1000:.2f} ms a page of {PAGE_BYTES // 1024} KiB")
    (path,) = (folder / "archive").iterdir()
    records = path.read_bytes()
    with path.open("ab") as file:
        while file.tell() < least_bytes:
            file.write(records)
    return path


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    least_bytes = int(sys.argv[1] if len(sys.argv) > 1 else 1024) * 1024 * 1024
    with tempfile.TemporaryDirectory() as name:
        path = write_archive(Path(name), least_bytes)
        before_mb, began_s, pages = peak_mb(), time.perf_counter(), 0
        for archived in responses(path):
            assert isinstance(archived.result, Answer)
            pages += 1
            if pages == PAGES:
                early_mb = peak_mb()
        took_s = time.perf_counter() - began_s
        size_mb = path.stat().st_size / 1024 / 1024
        print(
            f"stream: {pages:,} pages of {size_mb:,.0f} MiB in {took_s:.1f} s: {pages / took_s:,.0f} pages/s,"
            f" {size_mb / took_s:,.0f} MiB/s packed, {pages * PAGE_BYTES / took_s / 2**20:,.0f} MiB/s unpacked"
        )
        print(
            f"memory: peak {before_mb:.0f} MiB before, {early_mb:.0f} after {PAGES} pages, {peak_mb():.0f} at the end"
        )


if __name__ == "__main__":
    main()
