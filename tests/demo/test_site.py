import gzip
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from urllib.parse import urlsplit

import pytest

from crawler.demo.site import DemoAnswer, DemoSite

SITE = DemoSite(1)  # immutable, and the same in each test
DAILY, COURIER, HERALD = SITE.hosts


def ask(url: str, site: DemoSite = SITE, *, method: str = "GET", **headers: str) -> DemoAnswer:
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return site.answer(method, parts.netloc, target, {name.replace("_", "-"): text for name, text in headers.items()})


def header(answer: DemoAnswer, name: str) -> str | None:
    return dict(answer.headers).get(name)


def everything(site: DemoSite) -> list[DemoAnswer]:
    paths = ("/", "/robots.txt", "/sitemap.xml", "/feed.xml", "/atom.xml", "/feed.json")
    urls = [article.url for article in site.articles] + [
        f"http://{host}{path}" for host in site.hosts for path in paths
    ]
    return [ask(url, site) for url in urls]


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    answers = everything(SITE)

    assert everything(DemoSite(1)) == answers
    assert everything(DemoSite(2)) != answers


def test_the_bytes_do_not_hang_on_the_hashes_of_the_process() -> None:
    program = "from crawler.demo.site import DemoSite; print(hash(0), [a.url for a in DemoSite(1).articles])"
    runs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("1", "2")
    }

    assert len(runs) == 1


@pytest.mark.parametrize("seed", range(1, 6))
def test_each_story_is_one_piece_and_apart_from_the_others(seed: int) -> None:
    site = DemoSite(seed)
    story_of = {article.url: article.story for article in site.articles}
    known = {article.url: article for article in site.articles}
    for story in {article.story for article in site.articles if article.story is not None}:
        urls = {url for url, number in story_of.items() if number == story}
        joined: dict[str, set[str]] = {url: set() for url in urls}
        for url in urls:
            for link in (site.moved.get(link, link) for link in known[url].related):
                if link in story_of:
                    joined.setdefault(link, set()).add(url)
                    joined[url].add(link)
        found: set[str] = set()
        todo = [min(urls)]
        while todo:
            url = todo.pop()
            if url not in found:
                found.add(url)
                todo += joined[url]

        assert found == urls


@pytest.mark.parametrize("seed", range(1, 6))
def test_most_stories_are_reached_by_related_links_and_lone_articles_never(seed: int) -> None:
    site = DemoSite(seed)
    planted = {article.url for article in site.articles if article.story is not None}
    newest = {article.url for host in site.hosts for article in site.newest(host)}

    assert 100 <= len(site.articles) <= 150
    assert len({article.url for article in site.articles}) == len(site.articles)
    assert newest < site.reachable(0) < site.reachable(1) < site.reachable(3)
    assert site.reachable(0) - newest == {site.seeds[-1]}
    assert site.reachable(8) <= planted
    assert len(site.reachable(8)) >= 0.95 * len(planted)


def test_each_related_link_leads_to_an_article_but_for_what_is_planted_otherwise() -> None:
    statuses: dict[int, set[str]] = {}
    for url in {url for article in SITE.articles for url in article.related}:
        statuses.setdefault(ask(url).status, set()).add(url)

    assert statuses[404] == set(SITE.dead)
    assert statuses[301] == set(SITE.moved)
    assert statuses[200] - {article.url for article in SITE.articles} == set(SITE.forbidden)


def test_an_old_address_leads_to_the_new_one() -> None:
    ((old, new),) = SITE.moved.items()

    assert header(ask(old), "location") == new
    assert ask(new).status == 200
    assert all(new not in article.related for article in SITE.articles)


def test_a_page_shows_all_that_the_truth_says() -> None:
    for article in SITE.articles:
        page = ask(article.url).body.decode(article.charset)
        shown = " ".join(unescape(re.sub(r"<[^>]+>", "", page.partition("<body>")[2])).split())
        links = {unescape(link) for link in re.findall(r'<a href="([^"]+)"', page)}

        assert article.title in shown
        assert all(paragraph in shown for paragraph in article.paragraphs)
        assert {*article.related, *article.recommended} <= links


def test_each_link_inside_a_paper_is_answered() -> None:
    pages = [article.url for article in SITE.articles] + [f"http://{host}/" for host in SITE.hosts]
    links = {
        f"http://{urlsplit(page).netloc}{link.decode()}"
        for page in pages
        for link in re.findall(rb'(?:href|src)="(/[^"#]*)', ask(page).body)
    }

    assert {ask(link).status for link in links} == {200}


def test_charsets_other_than_utf_8_are_declared_rightly() -> None:
    declared = {
        article.charset: (header(ask(article.url), "content-type"), article.charset.encode() in ask(article.url).body)
        for article in SITE.articles
        if article.charset != "utf-8"
    }

    assert declared == {
        "shift_jis": ("text/html", True),
        "windows-1252": ("text/html; charset=windows-1252", True),
    }


def test_robots_txt_denies_the_forbidden_pages_and_one_paper_has_none() -> None:
    assert [ask(f"http://{host}/robots.txt").status for host in SITE.hosts] == [200, 200, 404]
    assert b"Disallow: /dossiers/" in ask(f"http://{DAILY}/robots.txt").body
    assert b"Disallow: /locked/" in ask(f"http://{COURIER}/robots.txt").body
    assert [urlsplit(url).netloc for url in SITE.forbidden] == [DAILY, COURIER]


def test_a_page_that_is_held_is_not_sent_again() -> None:
    url = SITE.articles[0].url
    first = ask(url)
    etag, modified = header(first, "etag"), header(first, "last-modified")
    assert etag is not None
    assert modified is not None

    conditions: list[Callable[[], DemoAnswer]] = [
        lambda: ask(url, if_none_match=etag),
        lambda: ask(url, if_none_match=f'"other", {etag.removeprefix("W/")}'),
        lambda: ask(url, if_none_match="*"),
        lambda: ask(url, if_modified_since=modified),
        lambda: ask(url, if_none_match='"other"', if_modified_since=modified),
        lambda: ask(url, if_modified_since="Mon, 01 Jan 2001 00:00:00 GMT"),
        lambda: ask(url, if_modified_since="no date"),
    ]

    assert [condition().status for condition in conditions] == [304, 304, 304, 304, 200, 200, 200]
    assert (conditions[0]().body, header(conditions[0](), "etag")) == (b"", etag)


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [("gzip, br", True), ("br;q=1.0, GZIP;q=0.5", True), ("gzip;q=0", False), ("identity", False), ("", False)],
)
def test_a_page_is_packed_where_that_is_accepted(accepted: str, is_packed: bool) -> None:
    plain = ask(SITE.articles[0].url)

    answer = ask(SITE.articles[0].url, accept_encoding=accepted)

    assert (header(answer, "content-encoding") == "gzip") is is_packed
    assert (gzip.decompress(answer.body) if is_packed else answer.body) == plain.body


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("HEAD", f"http://{DAILY}/", 200),
        ("POST", f"http://{DAILY}/", 405),
        ("GET", "http://other.example/", 421),
        ("GET", f"http://{DAILY.upper()}:80/", 200),
        ("GET", f"http://{HERALD}/no/such/page", 404),
    ],
)
def test_what_is_asked_wrongly_is_told_so(method: str, url: str, status: int) -> None:
    assert ask(url, method=method).status == status
