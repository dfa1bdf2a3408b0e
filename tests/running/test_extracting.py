from pathlib import Path

import pytest
import trio
from fakes import AnswerRequest, loopback_server
from world.web import page

from crawler.config import Config, FetchConfig, IdentityConfig, PolitenessConfig
from crawler.errors import ConfigError, CrawlerError
from crawler.running.extracting import extract_file, extract_url

ADDRESS = "https://a.example/news/the-harbour-story-1"
EXAMPLE = Path(__file__).parents[2] / "seeds" / "example-article.txt"
NO_ROBOTS = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
STORY, MOVED = "/news/the-harbour-story-1", "/news/the-new-harbour-story-2"


def config(folder: Path, **politeness: object) -> Config:
    return Config(
        folder=folder,
        fetch=FetchConfig(workers=0),
        politeness=PolitenessConfig(
            gap_s=0.0,
            allow_networks=("127.0.0.0/8",),
            ledger="hosts.db",
            **politeness,  # type: ignore[arg-type]
        ),
    )


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", "content-type: text/html", f"content-length: {len(body)}", *headers])
    return f"{head}\r\n\r\n".encode() + body


def answers(by_path: dict[str, bytes]) -> AnswerRequest:
    """Reply by path; what is not there is 404."""

    async def answer(stream: trio.abc.Stream, head: bytes) -> None:
        await stream.send_all(by_path.get(head.split(b" ")[1].decode(), NO_ROBOTS))

    return answer


def test_the_example_among_the_seeds_reads_as_the_form_promises() -> None:
    article = extract_file(EXAMPLE, None)

    assert article.image is not None
    assert article.image.caption is not None
    assert article.image.caption.startswith("The lighthouse of Osterlund, seen from")
    assert (article.title, article.published_on) == (
        "Village of Osterlund votes to move its lighthouse inland",
        "2019-03-14",
    )
    assert len(article.text.split("\n\n")) == 7
    assert [(link.kind, link.heading, link.published_at, link.url, bool(link.teaser)) for link in article.links] == [
        ("related", "Explore further", "2019-01-09", None, True),
        ("related", "Related Stories", "2017-10-02", None, True),
        ("related", "Related Stories", "2016-05-21", None, True),
        ("recommended", "Recommended for you", "2019-03-12", None, True),
        ("recommended", "Recommended for you", "2019-03-08", None, True),
    ]


def test_a_plain_text_and_a_page_name_the_same_extractor(tmp_path: Path) -> None:
    saved = tmp_path / "saved.html"
    saved.write_bytes(page("Harbour", canonical=ADDRESS).body)

    found = {extract_file(path, None).extractor for path in (EXAMPLE, saved)}

    assert len(found) == 1
    assert found != {""}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, ": is no file, folder or address; an address begins with https://"),
        (b"https://a.example/1\n", " is a list of addresses, not an article; crawl it with `crawler crawl "),
        (b"<p>no address", ": the page does not say its own address; give it with --url"),
    ],
)
def test_a_file_that_holds_no_article_is_told(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    path = tmp_path / "some-file"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError) as told:
        extract_file(path, None)

    assert str(told.value).startswith(f"{path}{complaint}")


def test_a_folder_is_no_article(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder; name one file of it"):
        extract_file(tmp_path, None)


async def test_an_address_is_asked_for_after_its_robots_txt_and_through_redirects(tmp_path: Path) -> None:
    moved = reply(b"", f"location: {MOVED}", status="302 Found")
    async with loopback_server(answers({STORY: moved, MOVED: reply(page("Harbour").body)})) as server:
        article = await extract_url(f"{server.url}{STORY}", config(tmp_path))

    paths = [head.split(b" ")[1].decode() for head in server.heads]
    assert (article.title, paths[0], paths[-2:]) == ("Harbour", "/robots.txt", [STORY, MOVED])


@pytest.mark.parametrize(
    ("robots", "answer", "complaint"),
    [
        (NO_ROBOTS, reply(b"", status="404 Not Found"), "gone, status 404"),
        (reply(b"User-agent: *\nDisallow: /news/\n"), b"", "robots-denied, robots.txt line 2: Disallow: /news/"),
        (NO_ROBOTS, reply(b"<title>Latest</title>"), "not-article, no text"),
        (reply(b"", "retry-after: 3600", status="503 Unavailable"), b"", "may not be asked for"),
        (
            NO_ROBOTS,
            reply(b"", "retry-after: 3600", status="429 Too Many"),
            "may not be asked for 3600 s: throttled, status 429",
        ),
    ],
)
async def test_why_no_article_comes_is_told(tmp_path: Path, robots: bytes, answer: bytes, complaint: str) -> None:
    async with loopback_server(answers({"/robots.txt": robots, STORY: answer})) as server:
        with pytest.raises(CrawlerError) as told, trio.fail_after(5):
            await extract_url(f"{server.url}{STORY}", config(tmp_path))

    assert complaint in str(told.value)
    assert "None" not in str(told.value)


async def test_a_public_site_is_not_asked_without_a_contact(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a\.example is a public site, .* with --contact"):
        await extract_url(ADDRESS, config(tmp_path))


async def test_what_is_no_address_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="https:// is no address of the web"):
        await extract_url("https://", Config(folder=tmp_path, identity=IdentityConfig(contact="a@b.cc")))
