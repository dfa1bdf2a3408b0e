"""`crawler extract --explain` reads like an answer: what was taken and why, what was left and why."""

from pathlib import Path

import pytest
import trio
from click.testing import CliRunner
from fakes import loopback_server

from crawler.cli import main
from crawler.config import Config, FetchConfig, PolitenessConfig
from crawler.errors import ConfigError
from crawler.running.extracting import explain_file, explain_url

URL = "https://post.example/news/a-story-of-some-length-4711"
PROSE = (
    "<p>" + "The council met on Tuesday and agreed on the plan for the old bridge after a long debate. " * 3 + "</p>"
)
PAGE = f"""<!doctype html><link rel="canonical" href="{URL}"><nav><a href="/a">A</a></nav>
<main><h1>A story of some length</h1><article>{PROSE}{PROSE}</article></main>
<section class="related"><h2>Related Stories</h2>
<a href="/news/bridge-plan-meets-protest-4700">Bridge plan meets protest</a>
<a href="/tag/bridges">Bridges</a></section>
<section><h2>Most read</h2><a href="/news/bridge-plan-meets-protest-4700">Bridge plan meets protest</a></section>
<section><h2>Topics</h2><a href="/news/all-of-our-bridges-4703">All of our bridges</a></section>"""
ANSWER = f"""A story of some length
{URL}

related: the page says they belong to this story (1)
  Bridge plan meets protest
    https://post.example/news/bridge-plan-meets-protest-4700
    number 1 under 'Related Stories'
    because: named 'related'; headed 'Related Stories'
    also promoted, under 'Most read'

not taken (2)
  an address that lists, sells or serves (1)
    Bridges  https://post.example/tag/bridges
  under the heading 'Topics' (1)
    All of our bridges  https://post.example/news/all-of-our-bridges-4703

1 more links in menus and footers of the site are never taken"""


def test_the_answer_says_why_a_link_was_taken_and_why_another_was_not(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf-8")

    assert explain_file(tmp_path / "page.html", None) == ANSWER


def test_the_command_prints_the_answer(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf-8")

    result = CliRunner().invoke(main, ["extract", "--explain", str(tmp_path / "page.html")])

    assert (result.exit_code, result.stdout) == (0, f"{ANSWER}\n")


async def test_the_page_at_an_address_is_asked_for_and_explained(tmp_path: Path) -> None:
    config = Config(
        folder=tmp_path,
        fetch=FetchConfig(workers=0),
        politeness=PolitenessConfig(gap_s=0.0, allow_networks=("127.0.0.0/8",), ledger="hosts.db"),
    )
    body = PAGE.encode()
    found = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)

    async def answer(stream: trio.abc.Stream, head: bytes) -> None:
        await stream.send_all(found if b"/news/" in head else b"HTTP/1.1 404 None\r\ncontent-length: 0\r\n\r\n")

    async with loopback_server(answer) as server:
        text = await explain_url(f"{server.url}/news/a-story-of-some-length-4711", config)

    assert "because: named 'related'; headed 'Related Stories'" in text


def test_a_plain_text_has_nothing_to_explain() -> None:
    with pytest.raises(ConfigError, match="--explain reads pages"):
        explain_file(Path(__file__).parents[2] / "seeds" / "example-article.txt", None)
