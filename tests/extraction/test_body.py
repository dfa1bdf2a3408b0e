"""Where the text of an article begins, and which containers hold it."""

import pytest

from crawler.extraction.page import extract

URL = "https://post.example/news/a-story-of-some-length-4711"
TITLE = "The bridge that no one wanted"
LEAD = "Weir wants its bridge back, and no one is to pay for it: a plan that pleases all could not be kept for long."
FIRST = "The council met on Tuesday and agreed on the plan for the old bridge after a long debate in the town hall."
SECOND = "It will meet again in May, and the bridge will stay closed until then, a speaker said late on Tuesday night."
THIRD = "Whether the money lasts is another question, and one that no one in the room wanted to answer that evening."
STORY = f"<div class=article-body><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></div>"


def read(before: str, story: str = STORY, head: str = "") -> list[str]:
    html = f"<html lang=en><head>{head}</head><body><article><h1>{TITLE}</h1>{before}{story}</article></body></html>"
    return extract(html.encode(), URL).text.split("\n\n")


def description(text: str) -> str:
    return f'<meta name=description content="{text}">'


@pytest.mark.parametrize(
    ("before", "head"),
    [
        (f"<h2 class=dek>{LEAD}</h2>", ""),
        (f"<div class=dek-wrapper><h2>{LEAD}</h2><div>by Ann Lee</div><div>4 May 2024, 7:40am</div></div>", ""),
        (f"<div><p>{LEAD}</p><span>By Ann Lee</span></div>", description(LEAD)),
        (f"<figure><img src=x><figcaption>{LEAD}</figcaption></figure><p>{LEAD}</p>", description(LEAD)),
        (f"<div class=copy-lg><p>{LEAD}</p></div><p>By Ann Lee</p>", ""),  # nothing names it, but it is of sentences
    ],
)
def test_the_opening_between_heading_and_body_is_read_without_what_stands_beside_it(before: str, head: str) -> None:
    assert read(before, head=head) == [LEAD, FIRST, SECOND, THIRD]


def test_a_dateline_before_the_opening_belongs_to_it() -> None:
    before = f"<div><span>Weir.</span> <span>{LEAD}</span></div>"

    assert read(before, head=description(LEAD)) == [f"Weir. {LEAD}", FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    "before",
    [
        f"<figure class=lead><img src=x><figcaption class=lead-caption>{LEAD}</figcaption></figure>",
        f"<p class=caption>{LEAD}</p>",
        f"<div><div class=x1><img src=x></div><div class=x2>{LEAD}</div></div>",  # a caption that nothing names
        f"<aside><p>{LEAD}</p></aside>",
        f'<div class="newsletter-signup"><p>{LEAD}</p></div>',
        '<p><a href="/news/another-story-of-some-length">The older plan for the bridge that was never built</a></p>',
    ],
)
def test_a_caption_or_a_box_before_the_body_is_no_opening(before: str) -> None:
    assert read(before, head=description("What Weir wants")) == [FIRST, SECOND, THIRD]


def test_a_caption_that_repeats_the_description_is_no_opening() -> None:
    before = f"<figure class=lead><img src=x><figcaption class=lead-caption>{LEAD}</figcaption></figure>"

    assert read(before, head=description(LEAD)) == [FIRST, SECOND, THIRD]


LOGO = "<h1><a href=/>The Weir Post and Gazette</a></h1><p class=description>News of the river and of its town.</p>"


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (f"{LOGO}<h2><a href={URL}>{TITLE}</a></h2>{STORY}", TITLE),
        (f"<div class=header><h1>The River Notes of Ann</h1></div><h3>{TITLE}</h3>{STORY}", TITLE),
        (f"<div id=header><h1>The Weir Post</h1></div><h2>{TITLE}</h2>{STORY}", TITLE),  # the window says it too
        (f"<div class=header><h1>{TITLE}</h1></div>{STORY}", TITLE),
        (f"{LOGO}<h1>What no one wanted</h1>{STORY}<h3>{TITLE}</h3>", "What no one wanted"),
        (f"<div class=article-header><h1>What no one wanted</h1></div>{STORY}<h3>{TITLE}</h3>", "What no one wanted"),
    ],
)
def test_the_name_of_the_site_is_no_heading_and_a_lower_one_that_is_the_title_is(page: str, title: str) -> None:
    html = f"<html lang=en><head><title>{TITLE} | The Weir Post</title></head><body>{page}</body></html>"

    article = extract(html.encode(), URL)

    assert (article.title, article.text.split("\n\n")) == (title, [FIRST, SECOND, THIRD])


def test_a_row_of_a_table_of_figures_is_a_line_and_cells_that_lay_out_a_page_are_not() -> None:
    figures = "<table><tr><th>Year</th><th>Cost</th></tr><tr><td>1907</td><td><b>$4m</b></td></tr></table>"
    layout = f"<table><tr><td><p>{FIRST}</p></td><td><p>{SECOND}</p></td></tr></table>"

    assert read("", f"<div><p>{FIRST}</p>{figures}<p>{SECOND}</p></div>") == [
        FIRST,
        "Year | Cost",
        "1907 | $4m",
        SECOND,
    ]
    assert read("", layout) == [FIRST, SECOND]


def test_a_story_whose_parts_are_held_apart_by_offers_of_others_is_read_whole() -> None:
    card = f'<a href="/news/another-{{}}"><h3>What the council said then</h3><div>{LEAD}</div></a>'
    offers = f"<div class=related-container>{card * 4}</div>"
    parts = (f"<div class=widget><div class=text><p>{text}</p></div></div>" for text in (FIRST, SECOND, THIRD))

    assert read("", f"<div class=widgets>{offers.join(parts)}</div>") == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("identity", ["ad6ed79d-89fd-4c8e-a27a-ff8349c9446f", "9ad4e1", "w-ad0f12cd9"])
def test_letters_of_a_hash_are_no_hint(identity: str) -> None:
    story = f'<div><div id="{identity}"><p>{FIRST}</p></div><p>{SECOND}</p><p>{THIRD}</p></div>'

    assert read("", story) == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("name", ["ad1", "ad-300x250", "side ads2"])
def test_a_number_behind_a_name_leaves_it_a_hint(name: str) -> None:
    story = f'<div><div class="{name}"><p>Buy boats now, from Monday</p></div><p>{FIRST}</p><p>{SECOND}</p></div>'

    assert read("", story) == [FIRST, SECOND]


def test_a_layout_that_is_called_by_its_sidebar_is_none_where_it_holds_the_body() -> None:
    def part(*paragraphs: str) -> str:
        told = "".join(f"<p>{text}</p>" for text in paragraphs)
        return f'<div class="sidebar-grid"><div class="sidebar-grid__content article__content">{told}</div></div>'

    aside = f"<aside class=sidebar><p>{LEAD}</p></aside>"

    assert read("", part(FIRST, SECOND, THIRD) + part(f"{THIRD} {FIRST}", f"{SECOND} {FIRST}") + aside) == [
        FIRST,
        SECOND,
        THIRD,
        f"{THIRD} {FIRST}",
        f"{SECOND} {FIRST}",
    ]


def test_a_list_of_other_stories_with_their_titles_linked_is_not_grown_into() -> None:
    title = "<h3><a href=/news/another-story-{n}>What they said of the {n}th</a></h3>"
    stream = "".join(f"<li><div>{title.format(n=n)}<p>{LEAD} In street {n}.</p></div></li>" for n in range(9))

    assert read("", f"<div><div><p>{FIRST}</p><p>{SECOND}</p></div><ul>{stream}</ul></div>") == [FIRST, SECOND]


def test_teasers_below_their_titles_in_a_block_of_related_stories_are_no_part_of_the_story() -> None:
    items = "".join(f"<h4><a href=/news/{n}>What they said of the bridge {n}</a></h4><p>{LEAD}</p>" for n in range(2))
    story = STORY.replace("</div>", f"<div class=relatedposts>{items}</div></div>")

    assert read("", story) == [FIRST, SECOND, THIRD]


def test_the_text_of_a_teaser_that_is_one_link_weighs_less_than_a_shorter_opening_of_the_story() -> None:
    teaser = f"<li><a href=/news/another-story-4712><div>{LEAD} {LEAD}</div></a></li>"

    assert read("", f"<div class=text><p>{FIRST}</p></div><ul class=box>{teaser}</ul>") == [FIRST]


def test_a_story_of_which_hints_name_every_part_is_read_without_them() -> None:
    steps = "".join(f"<div class=print-step><div>{text}</div></div>" for text in (FIRST, SECOND, THIRD))

    assert read("", f"<div class=tip>{steps}</div>") == [FIRST, SECOND, THIRD]


def test_paragraphs_above_a_wall_belong_to_the_long_part_below_it() -> None:
    below = "".join(f"<p>{number} {THIRD}</p>" for number in range(12))

    for story in (
        f"<div class=article-body><p>{FIRST}</p><div class=wall>{below}</div></div>",
        f"<div class=part><div>{FIRST}</div><div>{SECOND}</div><div class=rest>{below}</div></div>",
    ):
        assert read("", story)[0] == FIRST


def test_pictures_in_a_lightbox_are_no_story() -> None:
    captions = "".join(f"<div class=image><p>{number} {LEAD}</p></div>" for number in range(20))

    assert read(f"<amp-lightbox><div>{captions}</div></amp-lightbox>") == [FIRST, SECOND, THIRD]


def test_a_post_that_the_story_quotes_stays_in_a_box_that_is_called_social() -> None:
    post = "<blockquote class=twitter-tweet><p>We want it back now.</p>— Zed Zander (@zed) 4 March 2024</blockquote>"
    story = f"<div><p>{FIRST}</p><div class=social-embed>{post}</div><p>{SECOND}</p><p>{THIRD}</p></div>"

    assert read("", story) == [FIRST, "We want it back now.", "— Zed Zander (@zed) 4 March 2024", SECOND, THIRD]


def test_a_list_of_tags_in_no_element_of_its_own_is_no_part_of_the_story() -> None:
    tags = "<strong>Tags<br><a rel=tag href=/tag/a>the old bridges</a>, <a rel=tag href=/tag/b>the council</a></strong>"

    assert read("", f"<div><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>{tags}</div>") == [FIRST, SECOND, THIRD]


def test_a_part_of_the_story_is_no_advertisement_because_its_name_tells_of_one_in_it() -> None:
    before, part = ([f"{number} {text}" for number in range(20)] for text in (FIRST, SECOND[:60]))
    section = f"<section class=report-section--ads>{''.join(f'<p>{text}.</p>' for text in part)}</section>"

    told = read("", f"<div>{''.join(f'<p>{text}</p>' for text in before)}{section}</div>")

    assert len(told) == len(before) + len(part)
