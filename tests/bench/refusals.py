"""What a crawl provokes at a site that refuses for a while, and behind a robots.txt that cannot be had.

`python tests/bench/refusals.py [PAGES]`: real processes against loopback servers. A site answers 429 with a Retry-After
after a quarter of its pages; the same crawl runs against robots.txt that answer 503, 429 and 404, drop the connection
or never answer; two crawls with two folders share a site. Exits 1 where a page was lost or asked for against the rules.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from world.web import page

RETRY_AFTER_S = 2


class Site(ThreadingHTTPServer):
    """A hundred stories and more on one address; `robots` answers for its robots.txt."""

    daemon_threads = True

    def __init__(self, pages: int, robots: "Callable[[_Handler], None]", *, refuses_after: int | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.robots = robots
        self.refuses_after = refuses_after
        self.calm_at: float | None = None
        self.refused = 0
        self.asked: list[tuple[float, float]] = []  # of stories: start and end
        self.lock = threading.Lock()
        urls = [f"http://127.0.0.1:{self.server_port}/news/the-harbour-story-{n}" for n in range(pages)]
        self.bodies = {
            f"/news/the-harbour-story-{n}": page(f"Story {n}", related=urls[n * 3 + 1 : n * 3 + 4]).body
            for n in range(pages)
        }
        self.first = urls[0]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no error of the site."""

    def must_refuse(self) -> bool:
        with self.lock:
            if self.refuses_after is not None and self.calm_at is None and len(self.asked) >= self.refuses_after:
                self.calm_at = time.monotonic() + RETRY_AFTER_S
            refuses = self.calm_at is not None and time.monotonic() < self.calm_at
            self.refused += refuses
            return refuses


class _Handler(BaseHTTPRequestHandler):
    server: Site
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        started = time.monotonic()
        if self.path == "/robots.txt":
            self.server.robots(self)
        elif (body := self.server.bodies.get(self.path)) is None:
            self.answer(404)
        elif self.server.must_refuse():
            self.answer(429, retry_after=RETRY_AFTER_S)
        else:
            self.answer(200, body)
            self.server.asked.append((started, time.monotonic()))

    def answer(self, status: int, body: bytes = b"", retry_after: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def never(handler: _Handler) -> None:
    handler.connection.recv(1)  # returns once the crawler hangs up


def drop(handler: _Handler) -> None:
    handler.close_connection = True
    handler.connection.close()


ROBOTS: dict[str, Callable[[_Handler], None]] = {
    "503": lambda handler: handler.answer(503),
    "429": lambda handler: handler.answer(429),
    "dropped": drop,
    "timeout": never,
}


def crawl(site: Site, folder: Path, out: str, *args: str, ledger: str = "") -> "subprocess.Popen[bytes]":
    config = folder / f"{out}.toml"
    limits = "[fetch]\nexchange_s = 2.0\n[crawl]\nmax_wait_s = 3.0\n"
    config.write_text(f'{limits}[politeness]\nallow_networks = ["127.0.0.0/8"]\n{ledger}')
    command = [
        sys.executable,
        "-m",
        "crawler",
        "crawl",
        site.first,
        "--config",
        str(config),
        "--out",
        str(folder / out),
    ]
    return subprocess.Popen(
        [*command, "--quiet", "--max-depth", "99", "--max-articles", "9999", *args], env=ENVIRONMENT
    )


def saved(folder: Path, out: str) -> int:
    return (folder / out / "articles.jsonl").read_bytes().count(b"\n")


def main(pages: int) -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ENVIRONMENT["XDG_STATE_HOME"] = str(folder / "state")
        site = Site(pages, lambda handler: handler.answer(404), refuses_after=pages // 4)
        crawl(site, folder, "refused", "--gap", "0").wait()
        obtained = saved(folder, "refused")
        print(f"429 for {RETRY_AFTER_S} s after {pages // 4} of {pages} pages")
        print(f"obtained {obtained}, refusals provoked {site.refused}")
        failed += obtained != pages or site.refused > 1
        for fault, robots in ROBOTS.items():
            site = Site(8, robots)
            crawl(site, folder, fault, "--gap", "0", "--deadline", "8s").wait()
            print(f"robots.txt {fault}: {len(site.asked)} pages asked for")
            failed += bool(site.asked)
        failed += two_runs(folder)
    return min(failed, 1)


def two_runs(folder: Path) -> int:
    """Two crawls, two folders, one machine, one site."""
    gap_s = 0.4
    site = Site(12, lambda handler: handler.answer(404))
    ledger = 'ledger = "hosts.db"\ndaily_requests = 20\n'
    runs = [crawl(site, folder, out, "--gap", str(gap_s), ledger=ledger) for out in ("cron", "one-off")]
    for run in runs:
        run.wait()
    pauses = [later[0] - earlier[1] for earlier, later in zip(site.asked, sorted(site.asked)[1:], strict=False)]
    print(f"two runs on one site, gap {gap_s} s, 20 requests a day: {len(site.asked)} pages")
    print(f"least pause between two: {min(pauses):.3f} s")
    return int(min(pauses) < gap_s or len(site.asked) > 20)


ENVIRONMENT = dict(os.environ)

if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 400))
