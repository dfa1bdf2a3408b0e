import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.article import EXTRACTOR
from crawler.extraction.digest import text_digest
from crawler.extraction.seedtext import MAX_STORY_CHARS, read_story, story_id
from crawler.model.links import Link, LinkBlock, LinkKind
from crawler.model.records import Article, Image, Precision

SEEDS = Path(__file__).parents[2].parent / "shared" / "seeds"

TEXT = (
    "The tunnel under the Nordmark strait will stay shut until spring, its operator said on Monday.\n\n"
    '"We found water behind the lining at four places," said Ines Varga, who leads the repair.\n\n'
    "Trains take the old coastal line meanwhile."
)
STORY = f"""Nordmark tunnel stays shut until spring

November 23, 2026
Workers of the operator inspect the lining of the eastern tube (file picture)

{TEXT}

Explore further: Water found in Nordmark tunnel

Related Stories

Water found in Nordmark tunnel

November 2, 2026

Inspectors halted traffic after a routine check, the operator said on Sunday.

Ferry lines add night crossings

October 30, 2026

Two ferries from the south will help out.

Recommended for you

Why does old concrete weep?

November 20, 2026

A walk through a century of cement, and what salt does to it ...


Please sign in to add a comment. Registration is free. Read more

Click here to reset your password.
Sign in to get notified via email when new comments are made."""

LINKS = (
    Link(
        url=None,
        kind=LinkKind.RELATED,
        rank=0,
        heading="Explore further",
        title="Water found in Nordmark tunnel",
        published_at="2026-11-02",
        teaser="Inspectors halted traffic after a routine check, the operator said on Sunday.",
        also=(LinkBlock(kind=LinkKind.RELATED, heading="Related Stories", rank=0),),
    ),
    Link(
        url=None,
        kind=LinkKind.RELATED,
        rank=1,
        heading="Related Stories",
        title="Ferry lines add night crossings",
        published_at="2026-10-30",
        teaser="Two ferries from the south will help out.",
    ),
    Link(
        url=None,
        kind=LinkKind.RECOMMENDED,
        rank=0,
        heading="Recommended for you",
        title="Why does old concrete weep?",
        published_at="2026-11-20",
        teaser="A walk through a century of cement, and what salt does to it ...",
    ),
)


def story(text: str) -> Article:
    article = read_story(text)

    assert article is not None
    return article


def test_every_part_of_the_form_is_read_and_the_page_around_left_out() -> None:
    article = story(STORY)

    assert article == Article(
        url=f"urn:story:{story_id('Nordmark tunnel stays shut until spring', '2026-11-23')}",
        title="Nordmark tunnel stays shut until spring",
        published_on="2026-11-23",
        published_precision=Precision.DAY,
        published_raw="November 23, 2026",
        image=Image(url=None, caption="Workers of the operator inspect the lining of the eastern tube (file picture)"),
        text=TEXT,
        word_count=39,
        text_digest=text_digest(TEXT),
        simhash=article.simhash,
        links=LINKS,
        field_sources=dict.fromkeys(("image", "published_on", "text", "title"), "text"),
        extractor=EXTRACTOR,
    )


@pytest.mark.parametrize(
    "text",
    [
        STORY.replace("\n", "\r\n"),
        "\ufeff" + STORY,
        "\n\n" + STORY.replace("\n", "  \t\n"),
        STORY.replace("Related Stories\n\n", "Related stories:\n").replace("for you\n\n", "for you\n"),
        STORY.replace("Explore further: ", "Explore further\n\n"),
        STORY.replace("\n\nNovember", "\n\n\nNovember", 1),
        STORY.replace("Nordmark tunnel stays", "Nordmark\u00a0tunnel   stays"),
    ],
    ids=["windows", "bom", "spaces", "headings", "two lines", "blank lines", "wide spaces"],
)
def test_the_spelling_of_the_form_does_not_count(text: str) -> None:
    headings_folded = [link.title for link in story(text).links]

    assert story(text).url == story(STORY).url
    assert story(text).text == TEXT
    assert story(text).image == story(STORY).image
    assert headings_folded == [link.title for link in LINKS]
    assert [link.teaser for link in story(text).links] == [link.teaser for link in LINKS]


def test_blocks_without_blank_lines_are_read_line_by_line() -> None:
    head, _, blocks = STORY.partition("Explore further")

    links = story(head + "Explore further" + "\n".join(line for line in blocks.splitlines() if line)).links

    assert links == LINKS


def test_without_a_date_the_text_has_no_caption_and_the_identity_no_day() -> None:
    article = story(STORY.replace("November 23, 2026\n", "", 1))

    assert article.url == f"urn:story:{story_id('Nordmark tunnel stays shut until spring', None)}"
    assert (article.published_on, article.published_raw, article.image) == (None, None, None)
    assert article.text.startswith("Workers of the operator")


def test_without_a_caption_the_first_paragraph_is_text() -> None:
    article = story(
        STORY.replace("Workers of the operator inspect the lining of the eastern tube (file picture)\n", "")
    )

    assert (article.image, article.text, article.links) == (None, TEXT, LINKS)


def test_where_nothing_is_parted_by_blank_lines_no_line_is_taken_for_a_caption() -> None:
    article = story(f"Nordmark tunnel stays shut\nNovember 23, 2026\n{TEXT}")

    assert (article.image, article.text) == (None, TEXT)


def test_without_blocks_the_prompts_and_credits_after_the_text_still_go() -> None:
    prompts = STORY[STORY.index("Please sign in") :]

    article = story(f"Tunnel shut\n\nNov 23, 2026\n\n{TEXT}\n\nMore information: Report 12\n\n© 2026 Wire\n\n{prompts}")

    assert (article.text, article.links) == (TEXT, ())


def test_a_text_wrapped_at_a_width_keeps_its_paragraphs() -> None:
    wrapped = TEXT.replace("spring, its", "spring,\nits").replace('places," said', 'places,"\nsaid')

    assert story(f"Tunnel shut\n\nNovember 23, 2026\n\n{wrapped}").text == TEXT


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("November 23, 2026 by Ines Varga and Bo Ek", (("Ines Varga", "Bo Ek"), "2026-11-23", "November 23, 2026")),
        ("By Ines Varga\nNovember 23, 2026", (("Ines Varga",), "2026-11-23", "November 23, 2026")),
        ("by Ines Varga | 23 November 2026", (("Ines Varga",), "2026-11-23", "23 November 2026")),
        ("Published: Monday, 23 November 2026", ((), "2026-11-23", "Published: Monday, 23 November 2026")),
        ("23. November 2026", ((), "2026-11-23", "23. November 2026")),
        ("2026年11月23日", ((), "2026-11-23", "2026年11月23日")),
    ],
)
def test_authors_and_dates_are_read_in_their_usual_lines(head: str, expected: tuple[tuple[str, ...], str, str]) -> None:
    article = story(f"Tunnel shut\n\n{head}\n\n{TEXT}")

    assert (article.authors, article.published_on, article.published_raw) == expected
    assert article.text == TEXT


def test_a_sentence_with_a_date_or_by_at_its_start_is_text() -> None:
    text = f"By Friday the last train had left.\n\nOn November 23, 2026, it returned.\n\n{TEXT}"

    assert story(f"Tunnel shut\n\n{text}").text == text


def test_a_clock_time_with_its_zone_gives_the_moment() -> None:
    article = story(f"Tunnel shut\n\nNovember 23, 2026 10:30 GMT\n\n{TEXT}")

    assert (article.published_at, article.published_precision) == ("2026-11-23T10:30:00Z", Precision.MINUTE)


def test_an_address_in_the_text_or_its_source_becomes_the_article_s() -> None:
    named = f"URL: HTTPS://Daily.example/tunnel?utm_source=x\n\nTunnel shut\n\nNovember 23, 2026\n\n{TEXT}"
    bare = named.partition("\n\n")[2]

    urls = [
        article and article.url
        for article in (
            read_story(named, source="https://other.example/"),
            read_story(bare, source="https://other.example/tunnel"),
            read_story(bare, source="seeds/tunnel.txt"),
        )
    ]

    assert urls == [
        "https://daily.example/tunnel",
        "https://other.example/tunnel",
        f"urn:story:{story_id('Tunnel shut', '2026-11-23')}",
    ]


def test_titles_alone_and_titles_with_dates_in_them_are_links() -> None:
    links = story(
        f"Tunnel shut\n\nNovember 23, 2026\n\n{TEXT}\n\nRelated Articles\n\nFerries of May 7, 2026 remembered\n"
        "Night crossings\nhttps://daily.example/night\nTwo ferries help out."
    ).links

    assert [(link.title, link.published_at, link.teaser, link.url) for link in links] == [
        ("Ferries of May 7, 2026 remembered", None, None, None),
        ("Night crossings", None, "Two ferries help out.", "https://daily.example/night"),
    ]


def test_a_story_in_a_weaker_block_first_takes_its_strongest_kind() -> None:
    (link,) = story(f"Tunnel shut\n\n{TEXT}\n\nMost read\n\nWater found\n\nRelated Stories\n\nWATER FOUND!").links

    assert (link.kind, link.heading, link.also) == (
        LinkKind.RELATED,
        "Related Stories",
        (LinkBlock(kind=LinkKind.PROMOTED, heading="Most read", rank=0),),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t\n",
        "One line",
        "https://daily.example/a\nhttps://daily.example/b\n",
        "<html><body><h1>Title</h1><p>" + TEXT,
        '{"title": "' + TEXT,
        "Related Stories\n\nWater found\n\nNovember 2, 2026",
        "Shopping\n\nNovember 23, 2026\n\nmilk\nbread\n",
        "# Settings, read at the start.\n[crawl]\ndepth = 3\nname = daily\n# The gap in seconds.\ngap = 5\n",
        "name;price;day\nbolt;3.50;2026-11-23\nnut;1.20;2026-11-23\n",
        "import os\n\n\ndef main() -> None:\n    # Ends at once.\n    print(os.getcwd())\n    return None\n",
        "x" * 1_000,
    ],
    ids=lambda text: text[:12],
)
def test_what_is_no_article_is_none(text: str) -> None:
    assert read_story(text) is None


def test_an_identity_folds_case_width_and_punctuation_but_not_the_day() -> None:
    same = {
        story_id(title, "2026-11-23") for title in ("‘Dark’ tunnel, shut!", "dark  TUNNEL shut", "Ｄark tunnel: shut")
    }

    assert len(same) == 1
    assert story_id("Dark tunnel shut", None) not in same


@pytest.mark.parametrize("line", ["1/11/2026\n", "Related\n", '."' * 50 + "\n"], ids=["dates", "headings", "quotes"])
def test_hostile_texts_cost_what_their_size_says(line: str) -> None:
    lines = line * (MAX_STORY_CHARS // len(line))
    started = time.process_time()

    read_story("Title\n\n" + lines)

    assert time.process_time() - started < 3.0  # measured: up to 0.3 s


@given(st.lists(st.sampled_from([*STORY.splitlines(), "", "by", "By A B", "1/1/2026", "\x0c", "…", ":"]), max_size=30))
def test_no_order_of_lines_makes_the_reader_raise(lines: list[str]) -> None:
    article = read_story("\n".join(lines))

    assert article is None or (article.title and article.text)


@given(st.text(max_size=300))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    framed = f"Title\n\nNovember 23, 2026\n\n{text}\n\nRelated Stories\n\n{text}"

    for article in (read_story(text), read_story(framed)):
        assert article is None or (article.title and article.text)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="needs the shared seed document")
def test_the_seed_document_gives_its_two_related_and_two_recommended_stories() -> None:
    (path,) = SEEDS.glob("*.txt")

    article = read_story(path.read_text("utf-8"), source=path.name)

    assert article is not None
    assert article.published_on == "2017-07-20"
    assert article.image is not None
    assert article.text.count("\n\n") == 17
    assert "sign in" not in msgspec.json.encode(article).decode().lower()
    assert [(link.kind, link.heading, link.rank, link.published_at, len(link.also)) for link in article.links] == [
        (LinkKind.RELATED, "Explore further", 0, "2014-11-07", 1),
        (LinkKind.RELATED, "Related Stories", 1, "2016-11-28", 0),
        (LinkKind.RECOMMENDED, "Recommended for you", 0, "2018-05-21", 0),
        (LinkKind.RECOMMENDED, "Recommended for you", 1, "2018-05-21", 0),
    ]
    assert all(link.teaser for link in article.links)
