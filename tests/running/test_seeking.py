import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
import trio
from world.web import Reply, page

from crawler.config import Config, FetchConfig, IdentityConfig, PolitenessConfig
from crawler.demo.server import resolver, serve_demo
from crawler.demo.site import DemoAnswer
from crawler.model.links import Link, LinkKind
from crawler.running.crawl import Done, Job, crawl
from crawler.running.seeding import read_seeds
from crawler.running.seeking import CANDIDATES_A_LISTING, Story, likeness

HOST = "paper.example"
A = f"http://{HOST}"
TITLE, DAY = "The village moves its lighthouse inland", "2026-11-01"  # the day of all pages of `world.web`
PAGE = f"{A}/news/village-moves-its-lighthouse-inland"
TEXT = f"""{TITLE}

November 1, 2026

The voters of the village decided on Thursday to move their lighthouse inland, since the cliff gives way.

The tower will be rolled along a track of steel beams at two metres an hour before the next winter comes.

Related Stories

Storm takes four metres of cliff

November 1, 2026

The heaviest storm in twenty years has brought the edge of the cliff close to the tower.
"""


class Paper:
    """A site on the loopback; what it does not have is 404."""

    hosts = (HOST,)

    def __init__(self, pages: Mapping[str, object]) -> None:
        self.pages = {url.removeprefix(A): r.body if isinstance(r, Reply) else r for url, r in pages.items()}
        self.asked: list[str] = []

    def answer(self, method: str, host: str, target: str, headers: Mapping[str, str]) -> DemoAnswer:
        self.asked.append(target)
        body = self.pages.get(target)
        if not isinstance(body, bytes):
            return DemoAnswer(status=404, headers=())
        return DemoAnswer(status=200, headers=(), body=body)


def sitemap(*urls: str) -> bytes:
    return f"<urlset>{''.join(f'<url><loc>{url}</loc></url>' for url in urls)}</urlset>".encode()


async def crawled(paper: Paper, folder: Path, *, text: str = TEXT, site: str | None = f"{A}/") -> Done:
    (folder / "story.txt").write_text(text)
    job = Job(
        seeding=read_seeds([str(folder / "story.txt")], site=site),
        folder=folder / "out",
        config=Config(
            politeness=PolitenessConfig(gap_s=0.0, ledger=str(folder / "hosts.db"), allow_networks=("127.0.0.0/8",)),
            fetch=FetchConfig(workers=0),
            identity=IdentityConfig(contact=f"{A}/about"),
        ),
        max_depth=1,
        max_articles=20,
    )
    async with trio.open_nursery() as nursery:
        port = await nursery.start(lambda task_status: serve_demo(paper, task_status=task_status))  # type: ignore[arg-type]
        job = Job(**{f: getattr(job, f) for f in Job.__struct_fields__} | {"resolve": resolver(port, paper.hosts)})
        done = await crawl(job)
        nursery.cancel_scope.cancel()
    return done


def lines(folder: Path, file: str) -> Iterable[dict[str, object]]:
    return [json.loads(line) for line in (folder / "out" / file).read_text().splitlines()]


async def test_the_page_of_a_plain_text_is_found_through_the_sitemap_and_joined_with_it(tmp_path: Path) -> None:
    others = {f"{A}/news/how-the-harbour-{n}-was-dug": page(f"Harbour {n}") for n in range(9)}
    related = f"{A}/news/what-came-of-the-cliff-since"
    paper = Paper(
        {
            f"{A}/robots.txt": f"Sitemap: {A}/index.xml".encode(),
            f"{A}/index.xml": f"""<sitemapindex><sitemap><loc>{A}/sitemap-2019-10.xml</loc></sitemap>
                <sitemap><loc>{A}/sitemap-2026-11.xml</loc></sitemap></sitemapindex>""".encode(),
            f"{A}/sitemap-2026-11.xml": sitemap(*others, PAGE),
            f"{A}/": b"<!doctype html><html><head><title>The Paper</title></head><body></body></html>",
            PAGE: page(TITLE, related=[related]),
            related: page("What came of the cliff"),
        }
        | others
    )

    done = await crawled(paper, tmp_path)

    (story,) = [line["id"] for line in lines(tmp_path, "articles.jsonl") if str(line["url"]).startswith("urn:")]
    joined = {(line["id"], line["same_as_url"], line["why"]) for line in lines(tmp_path, "aliases.jsonl")}
    edges = {
        (line["source_id"], line["target"]) for line in lines(tmp_path, "links.jsonl") if line["kind"] == "canonical"
    }
    assert (done.unmet, joined, edges) == ((), {(story, PAGE, "resolved")}, {(story, PAGE)})
    assert [path for path in paper.asked if path.startswith(("/sitemap", "/news"))] == [
        "/sitemap-2026-11.xml",  # not that of another year
        PAGE.removeprefix(A),
        related.removeprefix(A),
    ]


@pytest.mark.parametrize(
    "found", [page("The village moves its lighthouse back"), page(TITLE)], ids=["another title", "another day"]
)
async def test_a_page_of_another_title_or_day_is_not_taken_and_it_is_told_what_was_tried(
    tmp_path: Path, found: Reply
) -> None:
    body = found.body if TITLE.encode() not in found.body else found.body.replace(b"2026-11-01T", b"2026-11-02T")
    paper = Paper({f"{A}/sitemap.xml": sitemap(PAGE), f"{A}/": b"<html><body><p>The Paper</body></html>", PAGE: body})

    done = await crawled(paper, tmp_path)

    saved = [line["url"] for line in lines(tmp_path, "articles.jsonl")]
    assert [url for url in saved if not str(url).startswith("urn:")] == []
    assert done.unmet == (
        f"{tmp_path}/story.txt: no page of its title and day was found; tried the corpus; page {A}/;"
        f" sitemap {A}/sitemap.xml of 1; {PAGE}, whose title or day is another",
    )


async def test_a_feed_of_the_front_page_tells_the_page_and_a_url_line_may_name_the_site(tmp_path: Path) -> None:
    link = '<link rel=alternate type="application/rss+xml" href="/feed">'
    paper = Paper(
        {
            f"{A}/": f"<html><head><title>The Paper</title>{link}</head><body></body></html>".encode(),
            f"{A}/feed": f"<rss><item><title>{TITLE}</title><link>{A}/x/77</link></item></rss>".encode(),
            f"{A}/x/77": page(TITLE),
        }
    )

    done = await crawled(paper, tmp_path, text=TEXT.replace("\n\nNovember", f"\nURL: {A}/\n\nNovember", 1), site=None)

    assert (done.unmet, "/x/77" in paper.asked) == ((), True)


async def test_a_section_that_the_menu_names_and_the_text_speaks_of_is_searched_when_nothing_else_tells(
    tmp_path: Path,
) -> None:
    names = "sport culture money letters villages school weather"
    menu = "".join(f'<a href="/{name}/">{name}</a>' for name in names.split())
    titles = [f"What the council said about its {n}th bridge" for n in range(5)]
    addresses = [f"{A}/news/{title.lower().replace(' ', '-')}" for title in titles]
    stories = "".join(
        f"<li><h2><a href={address}>{title}</a></h2>"
        for address, title in zip((*addresses, PAGE), (*titles, TITLE), strict=True)
    )
    paper = Paper(
        {
            f"{A}/": f"<html><head><title>The Paper</title></head><body><nav>{menu}</nav></body></html>".encode(),
            f"{A}/villages/": f"<html><body><h1>Villages</h1><ul>{stories}</ul></body></html>".encode(),
            PAGE: page(TITLE),
        }
    )

    done = await crawled(paper, tmp_path, text=TEXT.replace("at two metres", "past two villages at two metres"))
    asked = [path for path in paper.asked if path.removesuffix("/").removeprefix("/") in names.split()]
    again = await crawled(paper, tmp_path, text=TEXT)

    assert (done.unmet, again.unmet) == ((), ())
    assert asked == ["/villages/", "/sport/", "/culture/", "/money/", "/letters/"]
    assert [path for path in paper.asked if path.startswith("/news/")] == [PAGE.removeprefix(A)]
    assert len([path for path in paper.asked if path in asked]) == len(asked)  # no second run asks for them


async def test_what_is_in_the_corpus_is_not_asked_for_again(tmp_path: Path) -> None:
    paper = Paper({f"{A}/": b"<html><body></body></html>", f"{A}/sitemap.xml": sitemap(PAGE), PAGE: page(TITLE)})
    await crawled(paper, tmp_path)
    paper.asked.clear()

    done = await crawled(paper, tmp_path)

    assert (done.unmet, paper.asked) == ((), [])


async def test_a_listing_that_names_a_link_of_the_text_by_title_and_day_gives_it_an_address(tmp_path: Path) -> None:
    storm = f"{A}/s/41"
    item = f"<item><title>Storm takes four metres of CLIFF!</title><link>{storm}</link><pubDate>{{}}</pubDate></item>"
    same, other = item.format("2026-11-01"), item.format("2026-11-02").replace("/41", "/42")
    paper = Paper(
        {
            f"{A}/": f"<rss>{same}{other}</rss>".encode(),
            storm: page("Storm takes four metres of cliff"),
        }
    )

    await crawled(paper, tmp_path)

    asked = [path for path in paper.asked if path.startswith("/s/")]
    via = {line["url"]: (line["depth"], line["found_via"]) for line in lines(tmp_path, "articles.jsonl")}
    assert (asked, via[storm]) == (["/s/41"], (1, {"url": f"{A}/", "kind": "related"}))


@pytest.mark.parametrize("answer", [b"\x1f\x8b\x08\0", b"<sitemapindex><sitemap>" * 999])
async def test_a_site_that_answers_nonsense_ends_the_search_and_not_the_run(tmp_path: Path, answer: bytes) -> None:
    loop = "".join(f"<sitemap><loc>{A}/{n}.xml</loc></sitemap>" for n in range(200))
    paper = Paper(
        {f"{A}/": answer, f"{A}/sitemap.xml": f"<sitemapindex>{loop}</sitemapindex>".encode()}
        | {f"{A}/{n}.xml": f"<sitemapindex>{loop}</sitemapindex>".encode() for n in range(200)}
    )

    done = await crawled(paper, tmp_path)

    assert len(done.unmet) == 1
    assert len(paper.asked) < 20


STORY = Story(id="", title=TITLE, day="2019-10-28", seed="", site=f"{A}/")


@pytest.mark.parametrize(
    ("path", "changed_on", "is_like"),
    [
        ("/news/2019-10-village-lighthouse-inland.html", "", True),
        ("/2019/10/28/the-village-moves-its-lighthouse/", "2020-01-01", True),
        ("/village_moves_lighthouse_inland-48151623", "", True),
        ("/news/2018-10-village-lighthouse-inland.html", "", False),  # of another year
        ("/news/2019-10-village-lighthouse-inland.html", "2019-09-30", False),  # older than the story
        ("/news/2019-10-village-votes-on-lighthouse-and-school-and-harbour.html", "", False),
        ("/lighthouse", "", False),
        ("/", "", False),
    ],
)
def test_an_address_is_a_candidate_by_the_words_and_the_date_in_it(path: str, changed_on: str, is_like: bool) -> None:
    link = Link(url=f"{A}{path}", kind=LinkKind.SITEMAP)

    assert (likeness(STORY, link, changed_on) > 0) is is_like


async def test_no_sitemap_sends_the_search_to_more_than_a_few_pages(tmp_path: Path) -> None:
    urls = [f"{PAGE}-{n}" for n in range(500)]
    paper = Paper(
        {f"{A}/": b"<html></html>", f"{A}/sitemap.xml": sitemap(*urls)} | {url: page("Other") for url in urls}
    )

    await crawled(paper, tmp_path)

    assert sum(path.startswith("/news") for path in paper.asked) == CANDIDATES_A_LISTING
