"""When an article was published and changed: labels, addresses, regions and clocks that are ahead."""

import time
from datetime import UTC, datetime

import pytest

from crawler.extraction.feeds import moment_or_day
from crawler.extraction.page import extract
from crawler.model.records import Article, Precision

URL = "https://weir.example/news/bridge"
FETCHED_AT = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
TEXT = "The council agreed on the plan for the bridge after a debate of four hours in the town hall. " * 4


def read(
    line: str, *, url: str = URL, head: str = "", language: str = "en", fetched_at: datetime | None = FETCHED_AT
) -> Article:
    html = (
        f"<html lang={language}><head>{head}</head><body><article><h1>The bridge will be built</h1>"
        f"<p class=date>{line}</p><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"
    )
    return extract(html.encode(), url, fetched_at=fetched_at)


def meta(**contents: str) -> str:
    return "".join(f'<meta property="{name.replace("_", ":", 1)}" content="{said}">' for name, said in contents.items())


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("4 May 2024, updated 5 May 2024", "2024-05-04"),
        ("Updated 5 May 2024 | Published 4 May 2024", "2024-05-04"),
        ("Published: 4 May 2024 Last updated: 5 May 2024", "2024-05-04"),
        ("Aktualisiert: 05.05.2024, erstellt: 04.05.2024", "2024-05-04"),
        ("Publié le 4 mai 2024, mis à jour le 5 mai 2024", "2024-05-04"),
        ("公開：2024年5月4日　更新：2024年5月5日", "2024-05-04"),
        ("更新 2024年5月5日 公開 2024年5月4日", "2024-05-04"),
        ("입력 2024.05.04. 15:05 수정 2024.05.05. 10:00", "2024-05-04"),
    ],
)
def test_of_a_publication_and_a_change_in_one_line_each_is_told_apart(line: str, day: str) -> None:
    article = read(line, language="de" if line[0] == "A" else "en")

    assert (article.published_on, article.published_precision) == (day, Precision.DAY)


def test_a_change_in_the_line_of_the_date_is_when_it_was_modified() -> None:
    article = read("Published May 4, 2024 9:00 AM EDT, updated May 5, 2024 10:00 AM EDT")

    assert (article.published_at, article.modified_at) == ("2024-05-04T13:00:00Z", "2024-05-05T14:00:00Z")


def test_a_page_that_tells_only_of_its_change_was_published_about_then() -> None:
    article = read("Last updated: 5 May 2024")

    assert (article.published_on, article.published_precision) == ("2024-05-05", Precision.APPROXIMATE)


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("/2024/05/03/bridge", "2024-05-03"),
        ("/news/2024-05-03-bridge.html", "2024-05-03"),
        ("/n1/2024/0503/c1001.html", "2024-05-03"),
        ("/bridge-20240503", "2024-05-03"),
        ("/2024/05/bridge", None),
        ("/2024/13/03/bridge", None),
        ("/2025/05/03/bridge", None),  # after it was fetched
        ("/2024/05/03/what-2024/05/02-brought", None),
        ("/story/12024050399", None),
    ],
)
def test_an_address_tells_the_day_where_nothing_else_does(path: str, day: str | None) -> None:
    article = read("By Ann Weir", url=f"https://weir.example{path}")

    assert (article.published_on, article.field_sources.get("published_on")) == (day, "address" if day else None)


@pytest.mark.parametrize(
    ("url", "language", "head", "day"),
    [
        ("https://weir.co.uk/news/bridge", "en", "", "2024-04-03"),
        ("https://weir.com/news/bridge", "en", meta(og_locale="en_US"), "2024-03-04"),
        ("https://weir.com/news/bridge", "en", "", None),
        ("https://weir.io/news/bridge", "en", "", None),  # of no country
        ("https://weir.ca/news/bridge", "en", "", None),  # where both orders are written
    ],
)
def test_a_region_tells_the_order_of_day_and_month(url: str, language: str, head: str, day: str | None) -> None:
    assert read("03/04/2024", url=url, language=language, head=head).published_on == day


def test_a_clock_that_is_ahead_of_the_fetch_leaves_the_day_alone() -> None:
    article = read("", head=meta(article_published_time="2024-05-06T14:00:00Z"))

    assert (article.published_at, article.published_on) == (None, "2024-05-06")


def test_a_shown_clock_is_not_in_the_zone_of_servers() -> None:
    head = meta(article_modified_time="2024-05-05T10:00:00Z")

    article = read("5 May 2024, 11:30", head=head)

    assert (article.published_at, article.published_on) == (None, "2024-05-05")


@pytest.mark.parametrize(
    ("shown", "at"),
    [
        ("05/04/2024 05:07 AM EDT", "2024-05-04T09:07:00Z"),
        ("05/04/2024 05:07 AM", None),
        ("05/04/2024 05:37 AM EDT", None),  # of something else
        ("05/04/2024 05:07 AM Washington", None),
    ],
)
def test_a_zone_that_only_the_text_of_a_time_names_is_of_its_clock(shown: str, at: str | None) -> None:
    article = read(f"<time datetime='2024-05-04 05:07:00'>{shown}</time>")

    assert (article.published_on, article.published_at) == ("2024-05-04", at)


def test_where_clocks_begin_is_no_publication() -> None:
    article = read("4 May 2024", head=meta(article_published_time="1970-01-01T00:00:00Z"))

    assert (article.published_on, article.field_sources["published_on"]) == ("2024-05-04", "dom")


def test_a_month_of_the_metadata_is_the_last_resort() -> None:
    month = meta(article_published_time="2024-05")

    with_day, without = read("4 May 2024", head=month), read("By Ann Weir", head=month)

    assert [(article.published_on, article.published_precision) for article in (with_day, without)] == [
        ("2024-05-04", Precision.DAY),
        ("2024-05-01", Precision.APPROXIMATE),
    ]


@pytest.mark.parametrize("text", ["Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z", "2024-05"])
def test_a_listing_gives_no_day_that_is_none(text: str) -> None:
    assert moment_or_day(text) is None


def test_a_charset_in_the_place_of_a_language_is_none() -> None:
    assert read("4 May 2024", language="utf-8").field_sources["language"] == "text"


@pytest.mark.parametrize(
    ("line", "published_at", "on", "precision", "modified_at"),
    [
        (
            "<time datetime=2024-05-04T09:00:00Z>4 May</time> Updated <time datetime=2024-05-05T10:00:00Z>5 May</time>",
            *("2024-05-04T09:00:00Z", "2024-05-04", Precision.MINUTE, "2024-05-05T10:00:00Z"),
        ),
        (
            "Update: <time datetime=2024-05-05T10:00:00Z>5 May</time> <time datetime=2024-05-04T09:00:00Z>4 May</time>",
            *("2024-05-04T09:00:00Z", "2024-05-04", Precision.MINUTE, "2024-05-05T10:00:00Z"),
        ),
        (
            "<span>Mis à jour le</span> <span><time datetime=2024-05-05T10:00:00Z>5 mai</time></span>",
            *(None, "2024-05-05", Precision.APPROXIMATE, "2024-05-05T10:00:00Z"),
        ),
        (
            "<time datetime=2024-05-05T10:00:00Z>Updated 5 May 2024</time>",
            *(None, "2024-05-05", Precision.APPROXIMATE, "2024-05-05T10:00:00Z"),
        ),
        (
            "<time datetime=2024-05-04T09:00:00Z></time>",  # which a script fills
            *("2024-05-04T09:00:00Z", "2024-05-04", Precision.MINUTE, None),
        ),
        (
            "Edited by Ann Lee <time datetime=2024-05-04T09:00:00Z>4 May</time>",
            *("2024-05-04T09:00:00Z", "2024-05-04", Precision.MINUTE, None),
        ),
    ],
)
def test_words_before_a_date_tell_that_it_is_of_a_change(
    line: str, published_at: str | None, on: str, precision: Precision, modified_at: str | None
) -> None:
    article = read(line)

    got = (article.published_at, article.published_on, article.published_precision, article.modified_at)
    assert got == (published_at, on, precision, modified_at)


FAR = "<i></i>" * 200  # elements, from the heading
STORY = f"<h1>The bridge</h1>{FAR}<p>{TEXT}</p>"
SOLD = "The mill by the river is sold"


@pytest.mark.parametrize(
    ("page", "day"),
    [
        (f"{STORY}<ul><li><b>Date</b> 04.05.2024</li></ul>", "2024-05-04"),
        (f"{STORY}<h2><a href=/news/mill>{SOLD} <i class=date>4 May 2024</i></a></h2>", None),
        (f"{STORY}<p><a href=/x><time datetime=2024-05-04>4 May</time></a>", "2024-05-04"),
        (
            f"<div>{FAR}</div><div><p>2024-05-04 | News</p><p>{TEXT}</p></div>",
            "2024-05-04",
        ),  # no heading: where the text begins
        (f"<h1>The bridge</h1><p>{TEXT}</p><div class=entry-footer>Posted on 4 May 2024</div>", "2024-05-04"),
        (f"<h1>The bridge</h1><p>{TEXT}</p><div class=site-footer>Opened on 4 May 2024</div>", None),
        (f"<title>The bridge | The Weir | 04.05.2024</title>{STORY}", "2024-05-04"),
        (f"<title>The bridge | What was said on 04.05.2024</title>{STORY}", None),
        (f"<h1>The bridge</h1><i class=comments-above><time datetime=2024-05-04></time></i><p>{TEXT}", "2024-05-04"),
        (f"<h1>The bridge</h1><p><b>No. 1700</b> of the Weir Post, <i>May 4th, 2024</i></p><p>{TEXT}", "2024-05-04"),
        (f"<h1>The bridge</h1><p>May 4, 1904</p><p>{TEXT}", "1904-05-04"),
        ('<meta name=article_date_original content="Saturday, May 4, 2024, 12:06 PM">', "2024-05-04"),
    ],
)
def test_a_date_is_found_wherever_it_is_of_the_story_and_not_in_the_title_of_another(
    page: str, day: str | None
) -> None:
    article = extract(f"<html lang=en>{page}".encode(), URL, fetched_at=FETCHED_AT)

    assert article.published_on == day


def test_of_thousands_of_places_for_a_date_only_the_first_are_looked_around() -> None:
    places = "<ul>" + "<li>Date: 4 Maz 2024</li>" * 6_000 + "</ul>"
    begun_s = time.process_time()

    article = read(f"</p>{places}<p>")

    assert (article.published_on, time.process_time() - begun_s < 1.0) == (None, True)
