"""Whether a page is an article, and why not."""

import json

import pytest

from crawler.extraction.page import extract

URL = "https://post.example/news/a-story-of-some-length-4711"
SENTENCE = "The council met on Tuesday and agreed on the plan for the old bridge after a long debate in the town hall."
STORY = f"<h1>Bridge plan agreed</h1><div>{''.join(f'<p>{number} {SENTENCE}</p>' for number in range(6))}</div>"
DATE = '<meta property="article:published_time" content="2024-03-04T10:00:00Z">'
TEASERS = "".join(
    f'<article><h3><a href="/news/{number}-what-the-council-said">What the council said, part {number}</a></h3>'
    f"<p>{SENTENCE}</p></article>"
    for number in range(12)
)
PICTURES = "".join(
    f"<figure><img src=/{n}.jpg><figcaption>The bridge in May, seen from pier {n}</figcaption></figure>"
    for n in range(9)
)


def reason(body: str, head: str = "", types: str | None = None, url: str = URL) -> str | None:
    script = (
        f'<script type="application/ld+json">{json.dumps({"@type": types, "headline": "x"})}</script>' if types else ""
    )
    return extract(f"<html><head>{head}{script}</head><body>{body}</body></html>".encode(), url).not_article


@pytest.mark.parametrize(
    "title",
    [
        "Page not found",
        "Error 404 | The Weir Post",
        "404",
        "Seite nicht gefunden",
        "Oops! Diese Seite existiert nicht",
        "ページが見つかりません - 新聞",
        "404 - página no encontrada",
    ],
)
def test_a_page_that_says_it_is_not_there_is_a_soft_404(title: str) -> None:
    assert (reason(f"<h1>{title}</h1><p>{SENTENCE}</p>") or "").startswith("soft 404: ")


@pytest.mark.parametrize(
    "title", ["Wallet found in river, its owner not found", "404 Media is five years old", "Oops, she did it again"]
)
def test_a_story_may_speak_of_what_is_not_found(title: str) -> None:
    assert reason(f"<h1>{title}</h1>{STORY}", DATE) is None


@pytest.mark.parametrize(
    ("body", "head", "types", "why"),
    [
        (f"<h1>Council</h1>{TEASERS}", "", None, "front: links and no text"),
        (f"<h1>Council</h1>{TEASERS}", "", "CollectionPage", "front: it calls itself a list"),
        (STORY, DATE, "CollectionPage", None),  # templates call articles so
        (f"<h1>The bridge in pictures</h1><div><p>{SENTENCE}</p>{PICTURES}</div>", DATE, None,
         "gallery: 9 pictures and little text"),
        (f"<h1>The bridge in pictures</h1><p>{SENTENCE * 3}</p>", "", "ImageGallery", "gallery: it calls itself one"),
        (STORY.replace("</h1>", f"</h1>{PICTURES}"), DATE, None, None),  # a story with many pictures
        (STORY, DATE, "LiveBlogPosting", "live ticker: its JSON-LD is of a live blog"),
        ("<h1>The Weir Post</h1><div><p>We value your privacy. We and our partners store cookies on your device.</p>"
         "<button>Accept all</button></div>", "", None, "consent: the page asks for consent and shows nothing else"),
        (f'<div class="cmp">We value your privacy. <a>Accept all</a></div>{STORY}', DATE, None, None),
        ("<h1>Bridge plan agreed</h1><p>This article is for subscribers. Already a subscriber? Log in.</p>", DATE, None,
         "paywall: the page shows only that the article is for subscribers"),
        (f"<h1>Bridge plan agreed</h1><div><p>{SENTENCE * 5}</p></div><p>Subscribe to continue</p>", DATE, None, None),
    ],
)  # fmt: skip
def test_lists_galleries_tickers_and_walls_are_told_apart(
    body: str, head: str, types: str | None, why: str | None
) -> None:
    assert reason(body, head, types) == why


def test_a_home_page_is_a_front() -> None:
    assert reason(STORY, url="https://post.example/") == "front: the home page of its host"
