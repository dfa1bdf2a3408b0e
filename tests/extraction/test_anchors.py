"""Which links may lead to stories: their addresses, by their own shape and by the page's."""

import pytest

from crawler.extraction.anchors import Named, find_anchors, find_named, names_its_page
from crawler.extraction.tree import Tree
from crawler.model.links import LinkKind

URL = "https://post.example/news/a-story-of-some-length-4711"


def found(href: str, text: str = "Bridge plan", *, url: str = URL) -> list[str]:
    """How a link is taken: as sure, by its words, or as short; nothing where it is not."""
    tree = Tree(f'<p><a href="{href}">{text}</a></p>')
    anchors = find_anchors(tree, url, url, ())
    return ["sure" if one.is_sure else "short" if one.is_short else "worded" for one in anchors]


@pytest.mark.parametrize(
    "href",
    [
        "/news/bridge-plan-meets-protest",
        "/news/47112",
        "/2024/05/03/bridge-plan",
        "/magazine/2024/05/03/bridge-plan",
        "https://else.example/doi/abs/10.1002/bp.2253",
        "/politik/article409182690/bridge.html",
        "https://else.example/bridge-plan-meets-protest",
        "/news/people/the-man-who-built-the-bridge-plan",
        "/redirect?url=https%3A%2F%2Fpost.example%2Fnews%2Fbridge-plan-meets-protest",
    ],
)
def test_some_addresses_are_stories_whatever_their_link_says(href: str) -> None:
    assert found(href, "Here") == ["sure"]


def test_an_id_in_the_query_lets_the_words_of_the_link_decide() -> None:
    href = "/news/bridge?utm_source=x&amp;id=47112"

    assert [found(href, text) for text in ("Here", "Bridge plan meets protest")] == [[], ["worded"]]


@pytest.mark.parametrize(
    "href",
    [
        "#top", "javascript:void(0)", "mailto:a@b.example", "/", "https://else.example/",
        "/tag/bridge-plan-and-protest", "/en/topics/bridge-plan-and-protest", "/autor/ada-bell-of-the-post",
        "/sport/players/4711234/ada-bell", "/article/4711234/comments",
        "/news/bridge-plan-meets-protest.pdf", "/service/newsletter-of-the-bridge-builders",
        "https://twitter.com/share/bridge-plan-meets-protest", "https://shop.post.example/mugs-with-the-bridge-on",
        "https://www.amazon.co.jp/A-bridge-too-far-from-here/dp/4798047",
        "/product/bridge-plan-mug-of-the-year", "/vergleich/handy/vertrag-4711",
        "/career/job/4711-builder-of-old-bridges",
        "/sport/2-liga-startseite-52368772.html",
        URL, f"{URL}/", f"{URL}#comments", f"{URL}?utm_source=x",
    ],
)  # fmt: skip
def test_what_lists_serves_sells_or_is_the_page_itself_is_none(href: str) -> None:
    assert found(href, "Bridge plan meets protest again") == []


@pytest.mark.parametrize(
    ("href", "text", "how"),
    [
        ("/politics/local", "Bridge plan meets protest", ["worded"]),
        ("/politics/local", "Local politics", []),
        ("/42", "Bridge plan meets protest", ["short"]),
        ("/42", "Bridges", []),
        ("/bridge-plan.html", "Bridge plan meets protest", ["worded"]),
        ("/politics/local", '<img alt="Two people on a bridge in the rain">', ["worded"]),
        ("/politics/local", "#bridges of the whole county", []),
    ],
)
def test_else_the_words_of_the_link_decide(href: str, text: str, how: list[str]) -> None:
    assert found(href, text) == how


def test_an_address_of_the_page_s_own_shape_is_a_story() -> None:
    assert [found("/2", "Bridges", url="https://a.example/1"), found("/2/comments", url="https://a.example/1")] == [
        ["sure"],
        [],
    ]


def test_what_lies_below_the_page_s_own_number_is_a_part_of_it() -> None:
    own = "https://post.example/articles/view/367061"

    assert found("/articles/image/367061/287149", "Two people on a bridge", url=own) == []


def test_a_story_that_the_page_only_names_is_of_its_site_and_sure() -> None:
    references = ("/news/bridge-plan-meets-protest", "/tag/bridges", "/42", "https://else.example/bridge-plan-is-here")
    named = [Named(reference, None, LinkKind.RELATED, "said so") for reference in references]

    assert [story.address.url for story in find_named(named, URL, URL)] == [
        "https://post.example/news/bridge-plan-meets-protest"
    ]


def test_a_story_s_slug_may_begin_like_an_author_s_page() -> None:
    assert found("/news/author-ada-bell-wins-prize") == ["sure"]


def test_folders_of_the_page_itself_list_nothing_for_addresses_of_its_shape() -> None:
    page = "https://post.example/issues/articles/c47abc11"

    assert found("/issues/articles/c81def22", url=page) == ["sure"]
    assert found("/issues/topics/c81def22", "The bridges of the county", url=page) == []


def test_a_publication_under_another_suffix_is_the_page_s_own_where_its_folders_are_the_same() -> None:
    addresses = [
        "https://www.post.co.uk/news/bridge-plan-meets-protest",
        "https://www.post.co.uk/shows/bridge-plan-meets-protest",
        "https://mill.post.co.uk/news/bridge-plan-meets-protest",
        "https://www.mill.co.uk/news/bridge-plan-meets-protest",
    ]

    tree = Tree("".join(f'<a href="{address}">Bridge plan</a>' for address in addresses))
    page = "https://www.post.com/news/a-story-of-some-length-4711"

    assert [one.own_site for one in find_anchors(tree, page, page, ())] == [True, False, False, False]


@pytest.mark.parametrize(
    ("href", "text", "is_name"),
    [
        ("/garten/pflanzen-sti1515528", "Pflanze", True),  # another ending
        ("/zahrada/zivotni-prostredi-sti1515528", "Životní prostředí", True),  # without the accents
        ("/wirtschaft/europaeische-zentralbank-ezb", "Europäische Zentralbank (EZB)", True),  # umlauts
        ("/nachrichten/autor-ada-bell-100.html", "Ada Bell", True),
        ("/news/author-ada-bell-wins-prize", "Ada Bell", False),
        ("/news/65384-cosmology.html", "cosmology", False),  # a number before it is a story's
        ("/news/mill-burns-down-at-night", "Mill", False),
    ],
)
def test_a_link_that_only_names_its_page_leads_to_a_topic(href: str, text: str, is_name: bool) -> None:
    tree = Tree(f'<p><a href="{href}">{text}</a></p>')
    anchors = find_anchors(tree, URL, URL, ())

    assert [names_its_page(one, 3) for one in anchors] == [is_name]


@pytest.mark.parametrize(
    ("page", "href", "taken"),
    [
        ("/politik/article410390514/die-bruecke.html", "/berlin/halle-am-alten-ufer-berlin/", False),
        ("/politik/article410390514/die-bruecke.html", "/berlin/article410390515/halle.html", True),
        ("/politik/article410390514/die-bruecke.html", "/node/next-bridge-why-it-will-not-be-built-at-all", True),
        ("/news/674f4a0a1ee97cbdb6e9ca9d.html", "/loteria/comprobar-loteria-de-hoy.html", False),
        ("/news/people-flee-100000-homes-at-night", "/news/bridge-plan-meets-protest", True),  # a sum, no number of it
        ("/2024/05/03/bridge-plan", "/news/bridge-plan-meets-protest", True),
    ],
)
def test_where_stories_have_numbers_an_address_without_one_is_no_story_s(page: str, href: str, taken: bool) -> None:
    assert bool(found(href, "Bridge plan meets protest", url=f"https://post.example{page}")) is taken
