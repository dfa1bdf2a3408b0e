"""The command as its users meet it: what it prints where, and its exit codes (DESIGN 9)."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from world.web import page

from crawler.cli import main
from crawler.config import read_config
from crawler.model.links import LinkKind
from crawler.model.records import FILE_OF, ArticleRecord
from crawler.model.work import Answer
from crawler.running.lock import locked
from crawler.running.seeding import read_seeds
from crawler.store.segments import OsDisk
from crawler.store.warc import Archive, Exchange

LOOPBACK = ("--allow-network", "127.0.0.0/8", "--gap", "0")
CHAIN = 8  # stories of the site, each related to the next


class Site(ThreadingHTTPServer):
    """A paper on 127.0.0.1 in a thread of its own, with a chain of stories; tells which was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[str] = []
        self.at_request: dict[int, int] = {}  # the number of a story's request: the signal that goes out at it
        self.victim = 0  # who gets it
        self.lock = threading.Lock()

    def story(self, number: int) -> str:
        return f"{self.url}/news/the-harbour-story-{number}"

    def note(self, path: str) -> None:
        with self.lock:
            self.asked.append(path)
            stories = sum(path.startswith("/news/") for path in self.asked)
            if path.startswith("/news/") and stories in self.at_request:
                os.kill(self.victim, self.at_request[stories])


class _Handler(BaseHTTPRequestHandler):
    server: Site
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.note(self.path)
        number = self.path.rpartition("-")[2]
        found = self.path.startswith("/news/") and int(number) < CHAIN
        body = page(f"Harbour {number}", related=[self.server.story(int(number) + 1)]).body if found else b""
        self.send_response(200 if found else 404)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is http.server's
        """Stay silent."""


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with Site() as site:
        threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
        yield site
        site.shutdown()


@pytest.fixture
def site(served: Site) -> Site:
    served.asked.clear()
    served.at_request.clear()
    return served


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in: its config reads pages in the same process, which starts faster."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "config.toml").write_text("[fetch]\nworkers = 0\n[politeness]\ngap_s = 0\n")
    return tmp_path


def crawler(*args: str) -> Result:
    return CliRunner().invoke(main, args, catch_exceptions=False)


def told(*args: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    result = crawler(*args)
    return result.exit_code, result.stdout, result.stderr


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def articles(out: Path) -> list[str]:
    return [line["url"] for line in lines(out / FILE_OF[ArticleRecord])]


def archive_at(folder: Path, bodies: Mapping[str, bytes]) -> str:
    """A folder with an archive of pages."""
    archive = Archive(folder, OsDisk(), run_id="run", software="test/1")
    headers = (("content-type", "text/html"),)
    archive.append(
        Exchange(
            Answer(url=url, status=200, headers=headers, body=body, wire_bytes=len(body), elapsed_s=0.0),
            at_unix_s=1_700_000_000.0,
        )
        for url, body in bodies.items()
    )
    archive.sync()
    archive.close()
    return str(folder / "archive")


def harbour_archive(folder: Path) -> str:
    urls = [f"https://a.example/news/the-harbour-story-{n}" for n in range(5)]
    following = [*urls[1:], None]
    return archive_at(
        folder,
        {
            url: page(f"Harbour {url[-1]}", related=[link] if link else []).body
            for url, link in zip(urls, following, strict=True)
        },
    )


@pytest.mark.parametrize("verb", ["crawl", "demo", "extract", "replay", "status", "schema"])
def test_each_verb_tells_of_itself(verb: str) -> None:
    code, stdout, stderr = told(verb, "--help")

    assert (code, stdout.splitlines()[0].startswith(f"Usage: main {verb}"), stderr) == (0, True, "")


def test_nothing_heavy_is_imported_for_help() -> None:
    script = "import sys, crawler.cli; print(sorted({'trio', 'httpx', 'lxml', 'msgspec', 'rich'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["crwl"], "No such command 'crwl'"),
        (["crawl", "--max-articels", "5"], "--max-articels"),
        (["crawl", "--max-articles", "0"], "Invalid value for '--max-articles': 0 is not in the range x>=1"),
        (["crawl", "--deadline", "5"], "'--deadline': '5': write a duration such as 5s, 20m or 1h30m"),
        (["crawl", "--gap", "nan"], "'--gap': 'nan': write seconds, from 0 to 3600, such as 2.5"),
        (["crawl", "--contact", "me"], "'--contact': 'me': write a mail address or a URL, such as you@example.org"),
        (["crawl", "--allow-network", "10"], "write a network such as 127.0.0.0/8"),
        (["crawl", "--follow", "all"], "'all' is not one of 'related', 'recommended', 'promoted', 'inline'"),
        (["crawl", "--url", "a.html"], "'--url': 'a.html': no address of the web; write https://host/path"),
        (["crawl", "--site", "the web", "x"], "'--site': 'the web': write a site, or an address of it, such as"),
        (
            ["crawl", "https://a.example/1", "--site", "a.example"],
            "--site is for articles that are given as plain text",
        ),
        (["crawl", "--discover", "pages"], "'pages' is not one of 'feeds', 'sitemaps'"),
        (["extract"], "Missing argument 'SOURCE'"),
        (["crawl", "--config", "nightly.toml"], "nightly.toml: there is no such file; name another with --config"),
        (["crawl"], "there is no seeds, and no seed is named; name an address or a file"),
        (["crawl", "http://a..b/"], "http://a..b/: is no address of the web; write https://host/path"),
        (["crawl", "nosuch.txt"], "nosuch.txt: is no file, folder or address; an address begins with https://"),
        (["crawl", "https://a.example/1"], "a.example is a public site, and its owner must be able to reach you: give"),
        (
            ["extract", "https://a.example/1"],
            "give a mail address or a URL with --contact, or as contact in [identity]",
        ),
        (["extract", "nosuch.html"], "nosuch.html: is no file, folder or address"),
        (["extract", "."], ". is a folder; name one file of it"),
        (["replay", "nosuch.warc.gz"], "nosuch.warc.gz: there is no such file or folder; name a .warc or .warc.gz"),
        (["status"], "data holds no crawl; crawl into it first, or name another folder with --out"),
    ],
)
def test_wrong_use_is_one_line_that_names_the_thing_and_the_way_out(args: list[str], complaint: str) -> None:
    code, stdout, stderr = told(*args)

    assert (code, stdout, stderr.count("\n"), stderr.startswith("crawler: ")) == (2, "", 1, True)
    assert complaint in stderr


def test_an_unknown_key_of_the_config_is_one_line_with_the_nearest_known_one(folder: Path) -> None:
    (folder / "config.toml").write_text("[politeness]\ngap = 5\n")

    assert told("crawl", "https://a.example/1") == (
        2,
        "",
        "crawler: config.toml: politeness.gap is no known key; did you mean politeness.gap_s?\n",
    )


def test_control_characters_of_an_argument_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in told("crawl", "a\x1b[31mb")[2] + told("crawl", "--gap", "\x1b[31m")[2]


def test_a_folder_that_cannot_be_written_is_5(folder: Path) -> None:
    (folder / "file").touch()

    code, _, stderr = told("crawl", "--out", "file/out", "http://127.0.0.1:9/", *LOOPBACK)

    assert (code, stderr) == (
        5,
        "crawler: file/out: Not a directory; name a folder that can be written with --out\n",
    )


def test_a_folder_that_another_run_holds_is_3(folder: Path) -> None:
    with locked(folder / "data", "2026-11-24T08:00:00Z"):
        code, _, stderr = told("crawl", "http://127.0.0.1:9/", *LOOPBACK)

    assert (code, stderr.startswith("crawler: data is held by another run: process ")) == (3, True)


def test_a_run_that_may_be_skipped_says_so_and_is_0(site: Site, folder: Path) -> None:
    with locked(folder / "data", "2026-11-24T08:00:00Z"):
        code, stdout, stderr = told("crawl", site.story(7), *LOOPBACK, "--if-running", "skip")
        quiet = told("crawl", site.story(7), *LOOPBACK, "--if-running", "skip", "--quiet")

    assert (code, stdout, site.asked, quiet) == (0, "", [], (0, "", ""))
    assert stderr.startswith("crawler: skipped: data is held by another run: process ")


def test_an_address_that_gives_no_article_is_1(site: Site) -> None:
    code, stdout, stderr = told("extract", f"{site.url}/nosuch", "--allow-network", "127.0.0.0/8")

    assert (code, stdout, stderr) == (1, "", f"crawler: {site.url}/nosuch: gone, status 404\n")


def test_the_page_of_a_plain_text_that_is_not_found_is_told_with_what_was_tried(site: Site, folder: Path) -> None:
    text = "The village moves its lighthouse\n\nMarch 14, 2019\n\nThe voters decided on Thursday to move it inland."
    (folder / "story.txt").write_text(text)

    code, out, err = told("crawl", "story.txt", "--site", f"{site.url}/", "--allow-network", "127.0.0.0/8", "--quiet")

    assert (code, out) == (4, "")
    assert err.startswith("crawler: story.txt: no page of its title and day was found; tried the corpus; ")
    assert err.count("\n") == 1


def test_a_crawl_follows_what_is_related_and_says_so_on_stderr_alone(site: Site, folder: Path) -> None:
    code, stdout, stderr = told("crawl", site.story(0), *LOOPBACK, "--max-depth", "3")

    assert (code, stdout, articles(folder / "data")) == (0, "", [site.story(n) for n in range(4)])
    assert [stderr.startswith("4 new articles in "), "\nfiles     data/articles.jsonl" in stderr] == [True, True]


def test_quiet_prints_nothing(site: Site) -> None:
    assert told("crawl", site.story(7), *LOOPBACK, "--quiet") == (0, "", "")


def test_json_is_the_runs_line_on_stdout(site: Site, folder: Path) -> None:
    _, stdout, _ = told("crawl", site.story(7), *LOOPBACK, "--json")

    (run,) = lines(folder / "data" / "runs.jsonl")
    assert {**json.loads(stdout), "seq": run["seq"]} == run


def test_no_more_articles_are_written_than_asked_for_and_the_same_command_goes_on(site: Site, folder: Path) -> None:
    command = ("crawl", site.story(0), *LOOPBACK, "--max-articles", "2", "--max-depth", "9", "--json")

    ended = [json.loads(crawler(*command).stdout)["ended"] for _ in range(2)]

    assert (ended, articles(folder / "data")) == (["max-articles"] * 2, [site.story(n) for n in range(4)])


def test_a_deadline_ends_a_run_and_keeps_the_rest(site: Site, folder: Path) -> None:
    network = ("--allow-network", "127.0.0.0/8", "--gap", "30")

    code, stdout, stderr = told("crawl", site.story(0), *network, "--deadline", "1s", "--json")

    run = json.loads(stdout)
    assert (code, run["ended"], run["queued"] >= 1) == (0, "deadline", True)
    assert "the deadline was reached" in stderr


def test_bad_seeds_are_told_and_counted_and_the_good_ones_still_run(site: Site, folder: Path) -> None:
    (folder / "list.txt").write_text(f"{site.story(7)}\nhttps://\nphys.org\n")

    code, _, stderr = told("crawl", "list.txt", "nosuch.txt", *LOOPBACK)

    assert stderr.splitlines()[:3] == [
        "crawler: list.txt:2: 'https://' is no address of the web; write https://host/path",
        "crawler: list.txt:3: 'phys.org' is no file; as an address it would be https://phys.org",
        "crawler: nosuch.txt: is no file, folder or address; an address begins with https://",
    ]
    assert (code, articles(folder / "data"), lines(folder / "data" / "runs.jsonl")[0]["bad_seeds"]) == (
        0,
        [site.story(7)],
        3,
    )


def test_where_all_seeds_are_bad_each_is_told_and_nothing_is_made(folder: Path) -> None:
    code, _, stderr = told("crawl", "nosuch.txt", "https://")

    assert (code, len(stderr.splitlines()), (folder / "data").exists()) == (2, 3, False)
    assert stderr.endswith("crawler: no seed is left; name an address or a file\n")


def test_seeds_of_the_config_are_crawled_from_its_own_folder(site: Site, folder: Path) -> None:
    (folder / "night" / "mine").mkdir(parents=True)
    config = folder / "night" / "nightly.toml"
    config.write_text('[crawl]\nseeds = "mine"\n[politeness]\nallow_networks = ["127.0.0.1"]\ngap_s = 0\n')
    (folder / "night" / "mine" / "list.txt").write_text(f"{site.story(7)} # the last\n")
    (folder / "night" / "mine" / "saved.html").write_bytes(page("Saved", canonical=f"{site.url}/news/old-1").body)

    code, _, _ = told("crawl", "--config", "night/nightly.toml", "--quiet")

    assert (code, sorted(articles(folder / "data"))) == (0, sorted([site.story(7), f"{site.url}/news/old-1"]))


def test_a_run_that_asks_nothing_says_why_and_what_is_due_next(site: Site) -> None:
    crawler("crawl", site.story(7), *LOOPBACK)

    code, _, stderr = told("crawl", site.story(7), *LOOPBACK)

    assert code == 0
    assert re.fullmatch(r"0 new articles in \d+ s; nothing is left to do", stderr.splitlines()[0])
    assert f"\nnothing   nothing was due; next due: {site.story(7)} at 20" in stderr


@pytest.mark.parametrize(
    ("name", "least", "said"),
    [
        ("{}", 1, None),
        ("{}?utm_source=x", 1, None),  # the same address in another spelling
        ("{}", 2, "1 new articles from {}, at least 2 were expected"),
        ("https://nosuch.example/", 1, "https://nosuch.example/ is no seed of this run, though [expect] names it"),
    ],
)
def test_an_expectation_may_name_a_feed_of_an_opml_file(
    site: Site, folder: Path, name: str, least: int, said: str | None
) -> None:
    name = name.format(site.story(7))
    (folder / "feeds.opml").write_text(f'<opml><body><outline xmlUrl="{site.story(7)}"/></body></opml>')
    (folder / "config.toml").write_text(f'[fetch]\nworkers = 0\n[expect]\nsources = {{ "{name}" = {least} }}\n')

    code, _, stderr = told("crawl", "feeds.opml", *LOOPBACK, "--quiet")

    assert code == (0 if said is None else 4)
    assert stderr.startswith("" if said is None else f"crawler: {said.format(name)}")


def test_an_expectation_that_is_not_met_is_4(site: Site, folder: Path) -> None:
    (folder / "config.toml").write_text("[fetch]\nworkers = 0\n[expect]\nnew_articles = 5\n")

    code, _, stderr = told("crawl", site.story(7), *LOOPBACK, "--quiet")

    assert (code, stderr) == (4, "crawler: 1 new articles, at least 5 were expected\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_a_run_that_keeps_its_state(site: Site, folder: Path, number: int, code: int) -> None:
    site.at_request = {3: number}
    command = [sys.executable, "-m", "crawler", "crawl", site.story(0), *LOOPBACK, "--max-depth", "9"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        site.victim = run.pid
        stdout, stderr = run.communicate(timeout=20)

    (record,) = lines(folder / "data" / "runs.jsonl")
    assert (run.returncode, stdout, record["ended"], record["queued"]) == (code, "", "stopped", 1)
    assert articles(folder / "data") == [site.story(n) for n in range(3)]
    assert "stopped, the rest is kept" in stderr


def test_the_log_is_for_people_or_lines_of_json(folder: Path) -> None:
    (folder / "config.toml").write_text("[fetch]\nworkers = 0\n[politeness]\nkeep_reserved_texts = true\n")
    url = "https://a.example/news/the-harbour-story-1"
    reserved = page("Harbour").body.replace(b"<head>", b'<head><meta name="tdm-reservation" content="1">')
    archive = archive_at(folder, {url: reserved})

    text = told("replay", archive, "--out", "a")[2].splitlines()[0]
    row = json.loads(told("replay", archive, "--out", "b", "--log-format", "json")[2].splitlines()[0])

    assert (text.startswith(f"crawler: {url}: "), text.endswith("; kept, as the configuration says")) == (True, True)
    assert (set(row), row["level"], f"crawler: {row['message']}") == (
        {"at", "level", "logger", "message"},
        "info",
        text,
    )


def test_an_archive_is_followed_from_seeds_without_network_or_contact(folder: Path) -> None:
    archive = harbour_archive(folder)

    code, stdout, _ = told(
        "replay", archive, "https://a.example/news/the-harbour-story-0", "--max-articles", "2", "--json"
    )

    assert (code, json.loads(stdout)["ended"], len(articles(folder / "data"))) == (0, "max-articles", 2)


def test_an_archive_without_seeds_is_read_whole_and_once(folder: Path) -> None:
    archive = harbour_archive(folder)

    new = [json.loads(crawler("replay", archive, "--json").stdout)["new"] for _ in range(2)]

    assert (new, len(articles(folder / "data"))) == ([5, 0], 5)


def test_a_folder_of_a_replay_is_not_crawled_into(site: Site, folder: Path) -> None:
    crawler("replay", harbour_archive(folder), "--quiet")

    code, _, stderr = told("crawl", site.story(7), *LOOPBACK)

    assert (code, stderr) == (5, "crawler: data was made by `crawler replay`; `crawler crawl` wants its own\n")


def test_extract_prints_the_article_as_json(folder: Path) -> None:
    (folder / "saved.html").write_bytes(page("Harbour", related=["https://a.example/news/more-of-it-2"]).body)

    code, stdout, stderr = told("extract", "saved.html", "--url", "https://a.example/news/1")

    article = json.loads(stdout)
    assert (code, stderr, article["url"], article["title"]) == (0, "", "https://a.example/news/1", "Harbour")
    assert [(link["kind"], link["url"]) for link in article["links"]] == [
        (LinkKind.RELATED, "https://a.example/news/more-of-it-2")
    ]


def test_status_tells_a_person_and_a_program_what_a_folder_holds(site: Site) -> None:
    crawler("crawl", site.story(0), *LOOPBACK, "--max-articles", "2", "--quiet")

    person, program = told("status"), json.loads(crawler("status", "--json").stdout)

    assert (person[0], person[1].splitlines()[:2]) == (
        0,
        ["data: 2 articles, 3 links", "addresses 1 queued, 2 done"],
    )
    assert (program["articles"], program["edges"], program["urls"]["queued"], program["last_run"]["ended"]) == (
        2,
        3,
        1,
        "max-articles",
    )


def test_the_schema_of_every_file_is_printed() -> None:
    schemas = json.loads(crawler("schema").stdout)

    assert schemas == {
        file: msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(record))) for record, file in FILE_OF.items()
    }


def test_a_story_is_crawled_and_shown_without_further_decisions(site: Site, folder: Path) -> None:
    code, stdout, stderr = told("story", site.story(2), "--no-open", *LOOPBACK, "--max-articles", "3")

    assert (code, stdout, "3 new articles" in stderr) == (0, "story-the-harbour-story-2/report.html\n", True)
    assert "the-harbour-story-2" in (folder / stdout.strip()).read_text("utf-8")


def test_a_crawl_ends_with_a_report_where_it_is_asked_for_and_there_is_something_to_show(site: Site) -> None:
    reports = [
        (Path(out) / "report.html").exists()
        for out, args in (("with", ["--report"]), ("without", []))
        if told("crawl", site.story(0), "--max-articles", "1", "--out", out, *args, *LOOPBACK)[0] == 0
    ]

    assert reports == [True, False]


def test_init_writes_a_folder_that_the_next_commands_take(folder: Path) -> None:
    code, stdout, _ = told("init", "nightly", "--contact", "news@a.example")

    config = read_config(folder / "nightly" / "config.toml")
    assert (code, config.identity.contact, "0 3 * * *" in stdout) == (0, "news@a.example", True)
    assert read_seeds([str(config.seeds_path)]).complaints == []
    assert told("init", "nightly", "--contact", "news@a.example")[0] == 2


@pytest.mark.parametrize(("typed", "code"), [("news@a.example\n", 0), ("nobody\nhttps://a.example/us\n", 0), ("", 2)])
def test_init_asks_for_the_contact_once(folder: Path, typed: str, code: int) -> None:
    result = CliRunner().invoke(main, ["init", "nightly"], input=typed)

    assert (result.exit_code in (code, 1) if code else result.exit_code == 0, "Traceback" in result.output) == (
        True,
        False,
    )


def test_an_archive_that_was_read_is_never_due_again(tmp_path: Path) -> None:
    command = ["replay", harbour_archive(tmp_path), "--out", str(tmp_path / "out")]

    first, second = crawler(*command), crawler(*command)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "nothing   nothing was due" in second.stderr
    assert "next due" not in second.stderr
