from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import trio
from fakes import LoopbackServer, loopback_server

from crawler.config import Config, PolitenessConfig
from crawler.errors import ConfigError
from crawler.model.links import LinkKind
from crawler.model.work import Target
from crawler.running.check import check, forecast_text


def reply(robots: bytes, status: int = 200) -> Callable[[trio.abc.Stream, bytes], object]:
    async def answer(stream: trio.abc.Stream, head: bytes) -> None:
        body = robots if b" /robots.txt " in head else b"not asked for"
        await stream.send_all(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))

    return answer


def local(tmp_path: Path) -> Config:
    politeness = PolitenessConfig(allow_networks=("127.0.0.0/8",), ledger="hosts.db")
    return Config(folder=tmp_path, politeness=politeness)


def seeds(server: LoopbackServer) -> list[Target]:
    return [Target(url=f"{server.url}/{path}", kind=LinkKind.SEED, seed=path) for path in ("open", "secret")]


async def test_a_check_asks_for_robots_txt_alone_and_says_what_a_crawl_would_do(tmp_path: Path) -> None:
    robots = b"User-agent: *\nCrawl-delay: 12\nDisallow: /secret\n"
    async with loopback_server(reply(robots)) as server:  # type: ignore[arg-type]  # an answer of the server
        forecast = await check(seeds(server), local(tmp_path), 300)
        again = await check(seeds(server), local(tmp_path), 300)  # held for a day

    (site,) = forecast.sites
    assert [head.split(b" ")[1] for head in server.heads] == [b"/robots.txt"]
    assert (site.site, site.gap_s, site.why_gap, site.requests_an_hour) == ("127.0.0.1", 12.0, "its Crawl-delay", 300.0)
    assert [refused.rpartition("/")[2] for refused in site.refused] == ["secret"]
    assert (forecast.articles, forecast.hours, again) == (300, 1.0, forecast)
    assert "robots.txt line 3: Disallow: /secret" in forecast_text(forecast)


async def test_behind_a_robots_txt_that_cannot_be_had_nothing_is_promised(tmp_path: Path) -> None:
    async with loopback_server(reply(b"", 503)) as server:  # type: ignore[arg-type]  # an answer of the server
        forecast = await check(seeds(server), local(tmp_path), 300)

    (site,) = forecast.sites
    assert (len(site.refused), forecast.hours) == (2, None)


async def test_a_public_site_is_not_asked_without_a_contact(tmp_path: Path) -> None:
    config = msgspec.structs.replace(local(tmp_path))
    with pytest.raises(ConfigError, match="--contact"):
        await check([Target(url="https://a.example/", kind=LinkKind.SEED, seed="s")], config, None)
