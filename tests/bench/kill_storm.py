"""Kills a real crawl with SIGKILL again and again until it drains: `python tests/bench/kill_storm.py [KILLS] [PAGES]`.

A loopback site of PAGES articles over eight addresses, each related to the next few, served by this process. Beside the
crawl a reader follows the files. Prints what was missing, doubled or fetched again, and how long a restart takes.
Exits 1 where anything was lost or doubled.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator

from crawler.store.lines import Follower

HOSTS = [f"127.0.0.{n}" for n in range(11, 19)]
READ_S = 0.02  # how often the reader looks for new lines
SETS = ("articles", "links", "visits")
CONFIGS = {
    "plain": "",
    "zstd": "compress = true\n",
    "rolled": "roll_bytes = 1048576\n",
    "archive": "archive = true\n",
    "zstd, archive": "compress = true\narchive = true\narchive_roll_bytes = 2097152\n",
}


class Site:
    """The pages, and how often each was asked for."""

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.asked: Counter[int] = Counter()
        self.first_at: float | None = None
        self.port = 0

    def url(self, n: int) -> str:
        return f"http://{HOSTS[n % len(HOSTS)]}:{self.port}/news/the-harbour-story-number-{n}"

    def page(self, n: int) -> bytes:
        rng = random.Random(n)
        related = [(n * 2 + k) % self.pages for k in (1, 2)] + [(n + 1) % self.pages]
        items = "".join(
            f'<li><a href="{self.url(m)}">What the harbour saw on day {m}</a></li>' for m in related if m != n
        )
        words = "council tide quay crane ferry signal storm ledger pilot harbour".split()
        text = "".join(
            f"<p>{' '.join(rng.choice(words) for _ in range(40)).capitalize()}, it was said on day {n}.</p>"
            for _ in range(8)
        )
        return (
            f"<html lang=en><head><title>Harbour day {n}</title><meta property=og:type content=article></head><body>"
            f"<article><h1>Harbour day {n}</h1>{text}</article>"
            f"<section><h2>Related Stories</h2><ul>{items}</ul></section></body></html>"
        ).encode()


def serve(site: Site) -> list[ThreadingHTTPServer]:
    """The site, at each of its addresses."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # http.server's name for it
            number = self.path.rpartition("-")[2]
            found = number.isdecimal() and int(number) < site.pages
            body = site.page(int(number)) if found else b""
            if found:
                site.asked[int(number)] += 1
                site.first_at = site.first_at or time.monotonic()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that was killed is no error of the site."""

    servers: list[ThreadingHTTPServer] = []
    for host in HOSTS:
        servers.append(Server((host, site.port), Handler))
        site.port = servers[0].server_address[1]
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
    return servers


def storm(form: str, store: str, pages: int, kills: int, folder: Path) -> bool:
    """One storm; whether all was well."""
    site = Site(pages)
    servers = serve(site)
    out = folder / "out"
    scope = f"[crawl]\nscope = {json.dumps(HOSTS)}\n"
    politeness = '[politeness]\ngap_s = 0.0\nallow_networks = ["127.0.0.0/8"]\n'
    (folder / "config.toml").write_text(f"{scope}{politeness}[store]\n{store}")
    command = [sys.executable, "-m", "crawler", "crawl", site.url(0), "--config", str(folder / "config.toml")]
    command += ["--out", str(out), "--max-articles", str(pages * 2), "--max-depth", "9999", "--quiet"]
    environment = os.environ | {"XDG_STATE_HOME": str(folder / "state")}
    followers = {name: Follower(out, name) for name in SETS}
    seen: dict[str, list[int]] = {name: [] for name in SETS}
    rng, done_kills, first_fetch_s = random.Random(form), 0, list[float]()

    def read_on() -> None:
        for name, follower in followers.items():
            if out.exists():
                seen[name] += [json.loads(line)["seq"] for line in follower.read()]

    while True:
        site.first_at, started = None, time.monotonic()
        run = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
        until = started + 0.7 + rng.random() * 0.9 if done_kills < kills else float("inf")
        while run.poll() is None and time.monotonic() < until:
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(READ_S)
            read_on()
        if site.first_at is not None:
            first_fetch_s.append(site.first_at - started)
        if run.poll() is not None:
            break
        run.send_signal(signal.SIGKILL)
        run.wait()
        done_kills += 1
    read_on()
    code, said = run.returncode, run.stderr.read().decode() if run.stderr else ""
    for server in servers:
        server.shutdown()
        server.server_close()
    rows = {name: [json.loads(line) for line in Follower(out, name).read()] for name in SETS}
    urls = Counter(row["url"] for row in rows["articles"])
    edges = Counter((row["source_id"], row["version"], row["target_id"], row["kind"]) for row in rows["links"])
    missing, doubled = pages - len(urls), sum(n - 1 for n in urls.values()) + sum(n - 1 for n in edges.values())
    again = sum(n - 1 for n in site.asked.values())
    archived_well = check_archive(out, rows["articles"]) if "archive" in form else True
    is_true = all(seen[name] == [row["seq"] for row in rows[name]] for name in SETS)
    start_s = sorted(first_fetch_s)[len(first_fetch_s) // 2]
    print(
        f"{form:13} {done_kills} kills: {missing} missing, {doubled} doubled, {again} fetched again;"
        f" the reader saw each line once: {is_true}; start to first fetch {start_s:.2f} s (median); exit {code} {said}"
    )
    if not archived_well:
        print("the archive is damaged")
    return archived_well and not missing and not doubled and is_true and code == 0


def check_archive(out: Path, articles: list[dict[str, Any]]) -> bool:
    """Whether every record is whole, and each article's place is that of the response it was read from."""
    for path in (out / "archive").glob("*.warc.gz"):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
    for article in articles:
        with (out / article["warc"]["file"]).open("rb") as file:
            file.seek(article["warc"]["offset"])
            record = next(iter(ArchiveIterator(file)))
            if record.rec_headers.get_header("WARC-Target-URI") != article["fetched_url"]:
                return False
    return True


def main(kills: int, pages: int) -> int:
    well = True
    for form, store in CONFIGS.items():
        with tempfile.TemporaryDirectory() as folder:
            well &= storm(form, store, pages, kills // len(CONFIGS), Path(folder))
    return 0 if well else 1


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [100, 2000][len(numbers) :])))
