"""What is read of the article itself: title, people, dates, text, measures, and whether the page is an article."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.extraction.page import extract
from crawler.extraction.people import find_people
from crawler.extraction.wording import clean, folded_words, simhash
from crawler.model.records import Article, Image, Precision

URL = "https://post.example/news/a-story-of-some-length-4711"
FETCHED_AT = datetime(2024, 5, 5, 12, 0, tzinfo=UTC)
FIRST = "The council met on Tuesday and agreed on the plan for the old bridge after a long debate in the town hall."
SECOND = "It will meet again in May, and the bridge will stay closed until then, a speaker said late on Tuesday night."
THIRD = "Whether the money lasts is another question, and one that no one in the room wanted to answer that evening."
POST_ITSELF = {"@type": "Organization", "name": "The Weir Post"}
LONG_TITLE = "The council agrees on a plan for the old bridge after long talks"
STORY = f"<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"


def read(body: str, head: str = "", *, ld: Any = None, lang: str = "en-GB") -> Article:
    script = f'<script type="application/ld+json">{json.dumps(ld)}</script>' if ld is not None else ""
    html = f'<html lang="{lang}"><head>{head}{script}</head><body>{body}</body></html>'
    return extract(html.encode(), URL, fetched_at=FETCHED_AT)


def meta(**named: str) -> str:
    return "".join(f'<meta property="{name.replace("_", ":", 1)}" content="{value}">' for name, value in named.items())


@pytest.mark.parametrize(
    ("head", "ld", "title", "source"),
    [
        ("<title>Bridge plan agreed | The Weir Post</title>", None, "Bridge plan agreed", "dom"),
        ("<title>Bridge plan agreed - Post</title>", None, "Bridge plan agreed", "dom"),  # the host tells the name
        ("<title>Post » Blog Archive » Bridge plan agreed</title>", None, "Bridge plan agreed", "dom"),
        ("<title>长桥计划在市议会获得通过--时政--人民网</title>", None, "长桥计划在市议会获得通过", "dom"),
        (meta(og_title="Mill – a museum – The Weir", og_site_name="The Weir"), None, "Mill – a museum", "opengraph"),
        (meta(og_title="OG title"), {"@type": "Article", "headline": "A &quot;LD&quot; one"}, 'A "LD" one', "json-ld"),
        ("", {"@type": "NewsArticle", "headline": "<b>Bold</b> title"}, "Bold title", "json-ld"),
        ("", {"@type": "Person", "name": "Ann Lee"}, None, None),
    ],
)  # fmt: skip
def test_the_title_is_the_first_source_that_has_one_without_the_name_of_the_site(
    head: str, ld: Any, title: str | None, source: str | None
) -> None:
    article = read(STORY, head, ld=ld)

    assert (article.title, article.field_sources.get("title")) == (title, source)


@pytest.mark.parametrize(
    ("window", "shared", "title"),
    [
        (
            "Bridge: council agrees on plan | The Weir Post",
            "The bridge that no one wanted",
            "The bridge that no one wanted",
        ),
        ("Bridge: council agrees on plan", "The bridge, again | The Weir Post", "Bridge: council agrees on plan"),
        ("The bridge that no one wanted", "The bridge that no one wanted", "Bridge: council agrees on plan"),
    ],
)
def test_of_two_titles_the_one_that_the_window_does_not_repeat_was_written_by_editors(
    window: str, shared: str, title: str
) -> None:
    head = f"<title>{window}</title>{meta(og_title=shared, og_site_name='The Weir Post')}"

    article = read(STORY, head, ld={"@type": "NewsArticle", "headline": "Bridge: council agrees on plan"})

    assert article.title == title


def test_the_heading_of_the_page_is_the_title_where_a_longer_one_contains_it() -> None:
    article = read(f"<h1>Bridge plan agreed</h1>{STORY}", meta(og_title="Council: Bridge plan agreed at last"))

    assert (article.title, article.field_sources["title"]) == ("Bridge plan agreed", "dom")


@pytest.mark.parametrize(
    "page",
    [
        f"<title>{LONG_TITLE}:The Weir Post</title>{STORY}",
        f"<title>{LONG_TITLE}</title>{STORY * 5}<div class=translator><h1>Original text</h1><p>Rate it</p></div>",
        f"<title>{LONG_TITLE} - Post</title><h1>Bridges and roads</h1><h2>Roads</h2><h2>{LONG_TITLE}</h2>{STORY}",
        f"<title>Weir bridges town</title><div class='header story'><h1>{LONG_TITLE}</h1></div>{STORY}",
    ],
)
def test_the_title_is_without_the_site_and_of_the_story(page: str) -> None:
    assert read(page).title == LONG_TITLE


@pytest.mark.parametrize(
    ("texts", "people"),
    [
        (["By Ann Lee and Bo Ek, Staff Writers"], ("Ann Lee", "Bo Ek")),
        (["von Jutta Brandner und Emil Voss (dpa)"], ("Jutta Brandner", "Emil Voss")),
        (["Par Léa Dupont avec AFP"], ("Léa Dupont",)),
        (["Escrito por Ana Paz"], ("Ana Paz",)),
        (["by Ann Lee Monday, November 18, 2024"], ("Ann Lee",)),
        (["Ann Lee for The Post On Sunday"], ("Ann Lee",)),
        (["Ann Lee, MS, RD"], ("Ann Lee",)),
        (["Ann Lee, Weir.com", "October", "Foto: Bo Ek", "Interview: June Lee"], ("Ann Lee", "June Lee")),
        (["Ann Lee", "ann lee", "Ann  Lee"], ("Ann Lee",)),
        (["Ann Lee; Bo Ek | Reuters"], ("Ann Lee", "Bo Ek")),
        (["Ann Lee @annlee ann@post.example", "Bo Ek b.ek@weir.com"], ("Ann Lee", "Bo Ek")),
        (["山田花子、鈴木一郎"], ("山田花子", "鈴木一郎")),
        (["Ludwig van der Berg"], ("Ludwig van der Berg",)),
        (["Ann Lee Nov 19, 2024 • 2 min read"], ("Ann Lee",)),
        (["Ann Lee 19.11.2024, 12:30 Uhr"], ("Ann Lee",)),
        (["Von Jutta am 03.05.2024, 11:51"], ("Jutta",)),
        (["4711 Ann", "June Lee", "Jan Ek"], ("June Lee", "Jan Ek")),
        (["Ann Lee, Jr."], ("Ann Lee, Jr",)),
        (["VonAnn Lee", "Bo Ek For Weir.Com", "Ann Lee ·", "von", "Eingestellt von"], ("Ann Lee", "Bo Ek")),
        (
            ["Theresa Martus 06.11.2025, 21:00 Uhr", "Datum: 4. Mai", "Redakteurin", "Volontär"],
            ("Theresa Martus",),
        ),
        (["김철수·이영희 기자", "(서울=연합뉴스) 홍길동 기자 = "], ("김철수", "이영희", "홍길동")),
        (["Ann Lee", "SHOW ALL ARTICLES OF Ann Lee"], ("Ann Lee",)),
        (["Associated Press", "Newsroom", "Redaktion", "The Weir Post", "https://post.example/people/ann-lee"], ()),
        (["one of the measures that were agreed"], ()),
        (["@" * 400, "", "," * 400], ()),
    ],
)
def test_by_lines_give_people_each_once_and_nothing_else(texts: list[str], people: tuple[str, ...]) -> None:
    assert find_people(texts, not_named=["The Weir Post"]) == people


def test_authors_of_other_stories_are_no_authors() -> None:
    related = (
        '<div class="related"><p class="byline">By Zed Zander</p><a href="/news/one-two-three-four">One two</a></div>'
    )

    article = read(f'{related}<h1>Bridge plan agreed</h1><p class="byline">By Ann Lee</p>{STORY}')
    unsigned = read(f"<h1>Bridge plan agreed</h1>{STORY}<a href=/news/x><h5>Mill sold</h5><h6>By Zed Zander</h6></a>")

    assert (article.authors, unsigned.authors) == (("Ann Lee",), ())


@pytest.mark.parametrize(
    ("authors", "signed"),
    [
        ([POST_ITSELF, {"@type": "Person", "name": "Ann Lee"}], ("Ann Lee",)),
        ([{"@type": "Person", "name": "Ann Lee"}, {"@type": "Person", "name": "AP"}], ("Ann Lee", "AP")),
        ([{"@type": "Person", "name": "The Weir Post"}, {"@type": "Person", "name": "Ann Lee"}], ("Ann Lee",)),
        ([[{"@type": "Person", "name": "Ann Lee"}], [{"@type": "Person", "name": "Bo Ek, dpa"}]], ("Ann Lee", "Bo Ek")),
        ([{"@type": "Person", "name": "admin"}], ()),
        ([POST_ITSELF, {"@type": "Organization", "name": "Press Agency"}], ("The Weir Post", "Press Agency")),
        ("Press Agency", ("Press Agency",)),
    ],
)
def test_people_sign_and_agencies_that_are_named_as_persons_and_organizations_where_no_one_else_does(
    authors: Any, signed: tuple[str, ...]
) -> None:
    article = read(STORY, ld={"@type": "NewsArticle", "publisher": POST_ITSELF, "author": authors})

    assert article.authors == signed


@pytest.mark.parametrize(
    ("head", "ld", "body", "at", "on", "precision"),
    [
        ("", {"datePublished": "2024-03-04T23:30:00-05:00"}, "", "2024-03-05T04:30:00Z", "2024-03-04", "minute"),
        ("", {"datePublished": "2024-03-04"}, "", None, "2024-03-04", "day"),
        ("", {"datePublished": "2024-03-04T10:00:00"}, "", None, "2024-03-04", "day"),  # in no zone we know
        (
            "",
            {"datePublished": "2024-03-04T10:00:00", "dateModified": "2024-03-04T12:00:00+01:00"},
            "",
            "2024-03-04T09:00:00Z",
            "2024-03-04",
            "minute",
        ),
        (meta(article_published_time="2024-03-04T10:00:00Z"), {"datePublished": "soon"}, "", "2024-03-04T10:00:00Z",
         "2024-03-04", "minute"),
        ("", None, '<p class="date">4 March 2024</p>', None, "2024-03-04", "day"),
        ("", None, '<div class="related"><time datetime="2020-01-01">old</time></div>', None, None, None),
        ("", None, '<time datetime="2024-03-09T10:00:00Z">Published 4 March 2024</time>', None, "2024-03-04", "day"),
        ("", None, f'{"<i>x</i>" * 200}<dl><dd>4 March 2024</dd></dl>', None, "2024-03-04", "day"),
        ("", None, f'{"<i>x</i>" * 200}<dl><dd>4 March 2024</dd><dd>5 March 2024</dd></dl>', None, None, None),
        (meta(article_published_time="2099-03-04T10:00:00Z"), None, "", None, None, None),
    ],
)  # fmt: skip
def test_the_date_of_publication_keeps_its_day_and_says_how_exact_it_is(
    head: str, ld: Any, body: str, at: str | None, on: str | None, precision: str | None
) -> None:
    article = read(f"<h1>Bridge plan agreed</h1>{body}{STORY}", head, ld={"@type": "NewsArticle", **ld} if ld else None)

    expected = Precision(precision) if precision else None
    assert (article.published_at, article.published_on, article.published_precision) == (at, on, expected)


def test_the_article_of_a_graph_is_the_one_of_this_page() -> None:
    graph = {
        "@graph": [
            {"@type": "NewsArticle", "headline": "Another story", "url": "/news/another", "author": "Bo Ek"},
            {"@type": ["Article"], "headline": "This story", "mainEntityOfPage": {"@id": URL}, "author": {"@id": "#a"}},
            {"@type": "Person", "@id": "#a", "name": "Ann Lee"},
        ]
    }  # fmt: skip

    article = read(STORY, ld=graph)

    assert (article.title, article.authors) == ("This story", ("Ann Lee",))


def test_the_image_has_an_absolute_address_and_the_caption_of_the_page() -> None:
    figure = "<figure><img src=/a.jpg><figcaption>The bridge in May. Photo: A. Lee</figcaption></figure>"

    article = read(f"<h1>Bridge plan agreed</h1>{figure}{STORY}", meta(og_image="/img/bridge.jpg"))

    assert article.image == Image(url="https://post.example/img/bridge.jpg", caption="The bridge in May. Photo: A. Lee")


def test_an_image_that_json_ld_only_refers_to_is_looked_up_and_never_the_address_of_the_page() -> None:
    article = {"@type": "NewsArticle", "headline": "Bridge plan agreed", "image": {"@id": f"{URL}#primaryimage"}}
    image = {"@type": "ImageObject", "@id": f"{URL}#primaryimage", "url": "/img/a.jpg", "caption": "The bridge in May"}
    head = meta(og_image="/img/bridge.jpg")

    found, missing = read(STORY, head, ld={"@graph": [article, image]}), read(STORY, head, ld=article)

    assert found.image == Image(url="https://post.example/img/a.jpg", caption="The bridge in May")
    assert missing.image == Image(url="https://post.example/img/bridge.jpg", caption=None)


def test_what_json_ld_says_of_the_page_tells_its_language_where_the_page_does_not() -> None:
    article = read(STORY, ld={"@graph": [{"@type": "WebPage", "inLanguage": "en-NZ"}, {"@type": "Article"}]}, lang="")

    assert (article.language, article.field_sources["language"]) == ("en-NZ", "json-ld")


def test_the_section_of_stories_that_are_in_none_is_none_and_a_quotation_mark_no_tag() -> None:
    article = read(STORY, ld={"@type": "Article", "articleSection": "Uncategorized", "keywords": 'rivers, ", bridges'})

    assert (article.section, article.tags) == (None, ("rivers", "bridges"))


def test_what_no_metadata_says_the_page_shows() -> None:
    figure = "<figure><img src=/a.jpg><figcaption>The bridge in May</figcaption></figure>"
    tags = '<p>Topics: <a rel="tag" href="/t/1">bridges</a>, <a rel="tag" href="/t/2">council</a></p>'
    head = "<title>Bridge plan agreed | The Weir Post</title>"

    article = read(f"<h1>Bridge plan agreed</h1>{figure}{STORY}{tags}", head)

    image = Image(url="https://post.example/a.jpg", caption="The bridge in May")
    assert (article.image, article.tags, article.site_name) == (image, ("bridges", "council"), "The Weir Post")


@pytest.mark.parametrize(
    ("told", "section"),
    [
        ("Travel,Food", "Travel"),
        ("Food, bridges, the river", "Food"),
        ("Wine,", "Wine"),
        ("Arts, Books", "Arts, Books"),
    ],
)
def test_the_section_is_the_first_of_a_list_and_two_names_may_be_one(told: str, section: str) -> None:
    assert read(STORY, ld={"@type": "NewsArticle", "articleSection": told}).section == section


def test_an_address_in_the_place_of_the_name_of_the_site_is_its_host() -> None:
    assert read(STORY, meta(og_site_name="https://www.post.example/")).site_name == "post.example"


def test_the_section_is_the_first_step_of_the_trail_below_the_home_page() -> None:
    steps = [("Home", "/"), ("Local", "/local/"), ("Bridges", "/local/bridges/"), ("Bridge plan agreed", URL)]
    trail = [{"@type": "ListItem", "item": {"@id": address, "name": name}} for name, address in steps]

    article = read(STORY, ld=[{"@type": "NewsArticle"}, {"@type": "BreadcrumbList", "itemListElement": trail}])

    assert (article.section, article.field_sources["section"]) == ("Local", "json-ld")


def test_a_language_that_the_text_cannot_be_in_is_not_believed() -> None:
    sentence = "Учёные обнаружили новую планету за пределами Солнечной системы, сообщает обсерватория. "

    article = read(f"<h1>Новая планета</h1><p>{sentence * 4}</p>", meta(og_locale="ru_RU"), lang="en")

    assert (article.language, article.field_sources["language"]) == ("ru-RU", "opengraph")


@pytest.mark.parametrize(
    ("said", "paywalled"), [("False", True), (True, False), ("http://schema.org/True", False), (None, None)]
)
def test_a_paywall_is_told_by_the_page_or_not_known(said: Any, paywalled: bool | None) -> None:
    assert read(STORY, ld={"@type": "NewsArticle", "isAccessibleForFree": said}).paywalled is paywalled


def test_a_locked_part_makes_a_paywall() -> None:
    parts = [{"@type": "WebPageElement", "isAccessibleForFree": "False", "cssSelector": ".locked"}]

    assert read(STORY, ld={"@type": "NewsArticle", "hasPart": parts}).paywalled is True


@pytest.mark.parametrize(
    "noise",
    [
        '<div class="share-buttons">Share <a href="/x">this</a></div>',
        '<div class="newsletter-signup"><p>Get the best of the week in your inbox, every Sunday at seven.</p></div>',
        "<figure><img src=x><figcaption>A bridge in May, seen from the north. Photo: A. Lee</figcaption></figure>",
        '<div class="ad-slot">Advertisement</div>',
        "<p>Advertisement</p>",
        '<p class="tags">Tags: bridge, council</p>',
        "<form><p>Vote now on whether the bridge should stay closed for another year or not.</p></form>",
        "<p>Photo: Ann Lee / The Post</p>",
        "<address>Ann Lee writes about rivers</address>",
        "<div><time>4 hours before noon</time></div>",
        "<p>Sign up for our newsletter and read it every Sunday at seven.</p>",
        "<p>Dieser Artikel ist nur für Abonnenten.</p>",
        "<p>WATCH | How the bridge was built</p>",
        "<div><div><img src=x></div><div>A bridge in May, seen from the north</div><div>Getty</div></div>",
        '<div class="image-widget"><img src=x><p>A bridge in May, seen from the north.</p></div>',
        '<section class="fact-box"><h3>The bridge</h3><p>It was built in 1907 and is of steel.</p></section>',
        "<p>Article content</p><p>Article content</p><p>Article content</p>",
        '<p><a href="/news/the-older-plan-of-2019">The older plan for the bridge</a></p>',
    ],
)
def test_what_stands_between_paragraphs_is_no_part_of_the_text(noise: str) -> None:
    article = read(f"<h1>Bridge plan agreed</h1><div><p>{FIRST}</p>{noise}<p>{SECOND}</p><p>{THIRD}</p></div>")

    assert article.text == f"{FIRST}\n\n{SECOND}\n\n{THIRD}"


def test_headings_lists_and_quotations_keep_their_order() -> None:
    middle = "<h2>What now?</h2><ul><li>Money</li><li>Time</li></ul><blockquote>No!</blockquote>"

    article = read(f"<h1>Bridge plan agreed</h1><div><p>{FIRST}</p>{middle}<p>{SECOND}</p></div>")

    assert article.text.split("\n\n") == [FIRST, "What now?", "Money", "Time", "No!", SECOND]


def test_a_link_in_a_sentence_is_never_cut_out_of_it_whatever_it_is_called() -> None:
    linked = FIRST.replace(
        "old bridge", '<a class="keyword tag" href="/news/the-old-bridge-and-its-story">old bridge</a>'
    )

    article = read(f"<h1>Bridge plan agreed</h1><div><p>{linked}</p><p>{SECOND}</p></div>")

    assert article.text == f"{FIRST}\n\n{SECOND}"


def test_a_story_in_parts_with_blocks_of_links_between_is_read_whole() -> None:
    teasers = "".join(f'<a href="/news/{n}-what-was-said-then">What the council said, part {n}</a>' for n in range(7))
    parts = [f"<div><div><p>{n} {FIRST}</p><p>{n} {SECOND}</p><p>{n} {THIRD}</p></div></div>" for n in "abc"]

    article = read(f"<h1>Bridge plan agreed</h1><div>{f'<div><h3>Related</h3>{teasers}</div>'.join(parts)}</div>")

    assert article.text.split("\n\n") == [f"{n} {text}" for n in "abc" for text in (FIRST, SECOND, THIRD)]


def test_a_picture_among_the_sentences_of_a_paragraph_leaves_them_alone() -> None:
    article = read(f"<h1>Bridge plan agreed</h1><div><p><img src=a>{FIRST}</p><div><img src=b>{SECOND}</div></div>")

    assert article.text == f"{FIRST}\n\n{SECOND}"


@pytest.mark.parametrize(
    "tail", ["More information: J. Doe, On Bridges (2024)", "Follow us on Facebook", "Citation: x"]
)
def test_sources_and_prompts_after_the_story_end_it(tail: str) -> None:
    article = read(f"<h1>Bridge plan agreed</h1><div>{STORY}<p>{tail}</p><p>Provided by a lab of some kind.</p></div>")

    assert article.text == f"{FIRST}\n\n{SECOND}\n\n{THIRD}"


@pytest.mark.parametrize(
    "story",
    [
        "<div>"
        + "".join(f"<div class=block><div><p>{text}</p></div></div>" for text in (FIRST, SECOND, THIRD))
        + "</div>",
        f"<div>{FIRST}<br><br>{SECOND}<br><br>{THIRD}</div>",
        f"<table><tr><td>{FIRST}<br/> <br/>{SECOND}<p>{THIRD}</td></tr></table>",
        f'<div class="article-lead"><p>{FIRST}</p></div><div><p>{SECOND}</p><p>{THIRD}</p></div>',
        f'<div class="main-with-sidebar"><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></div>',
        f"{STORY}<div class=comments><p>{'I say it as it is, and it is bad. ' * 20}</p></div>",
        f"<article>{STORY}</article><article><h1>Another</h1><p>{'Something else happened. ' * 12}</p></article>",
    ],
)
def test_the_story_is_found_however_its_paragraphs_are_wrapped(story: str) -> None:
    article = read(f"<h1>Bridge plan agreed</h1>{story}")

    assert article.text == f"{FIRST}\n\n{SECOND}\n\n{THIRD}"


def test_the_body_of_json_ld_stands_in_for_one_that_scripts_would_build() -> None:
    article = read(
        "<p>Loading ...</p>", ld={"@type": "NewsArticle", "headline": "X", "articleBody": f"{FIRST}\n{SECOND}"}
    )

    assert (article.text, article.field_sources["text"]) == (f"{FIRST}\n\n{SECOND}", "json-ld")


@pytest.mark.parametrize(
    ("body", "head", "why"),
    [
        ("", "", "empty: neither title nor text"),
        ("<h1>Page not found</h1><p>We looked for it everywhere, and it is not here any more.</p>", "",
         "soft 404: 'Page not found'"),
        ("<h1>Bridge in pictures</h1><img src=a><img src=b>", "", "no text"),
        (f"<h1>News</h1><p>{FIRST}</p>", meta(og_type="website"),
         "front: og:type 'website', no date, no author, little text"),
        (f"<h1>News</h1><p>{FIRST}</p>", "", "front: no date, no author, and more links than text"),
        (f"<h1>News</h1><p>{FIRST}</p>", meta(article_published_time="2024-03-04"), None),
        (f"<h1>Bridge plan agreed</h1>{STORY}", "", None),
    ],
)  # fmt: skip
def test_a_page_that_is_no_article_says_why(body: str, head: str, why: str | None) -> None:
    assert read(body, head).not_article == why


@pytest.mark.parametrize(
    ("text", "words"),
    [("", 0), ("One two, three.", 3), ("don't", 2), ("港の灯台", 4), ("2024年に3 ships", 5), ("한국어 기사", 2)],
)
def test_words_are_counted_and_letters_where_a_script_parts_none(text: str, words: int) -> None:
    assert len(folded_words(text)) == words


def test_similar_texts_have_similar_hashes_and_others_have_not() -> None:
    story = f"{FIRST} {SECOND} {THIRD}"
    others = (story.replace("Tuesday", "Monday"), " ".join(sorted(story.split())))

    hashes = [int(simhash(folded_words(text)) or "", 16) for text in (story, *others)]

    changed, shuffled = ((hashes[0] ^ other).bit_count() for other in hashes[1:])
    assert (changed <= 16, shuffled > 16, simhash([])) == (True, True, None)


def test_a_line_of_text_holds_nothing_unseen() -> None:
    assert clean(" a\u200b\u202eb\x00\ud800\tc\u00add\n ") == "ab cd"
