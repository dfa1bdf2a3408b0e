"""What a card shows of its story: the title without what stands beside it, a date, a teaser."""

import pytest

from crawler.extraction.cards import Shown, read_card
from crawler.extraction.tree import Tree

TITLE = "Bridge plan meets protest"
TEASER = "Hundreds stood in the rain to say what they think of the plan for the old bridge."


def shown(card: str) -> Shown:
    tree = Tree(f"<div>{card}</div>")
    return read_card(tree, [tree.find("div")[0]], tree.find("a"), now=None, language="en")


@pytest.mark.parametrize(
    "card",
    [
        f'<a href="/1">{TITLE}</a>',
        f'<a href="/1"><span class="kicker">Politics</span><span class="headline">{TITLE}</span></a>',
        f'<a href="/1"><h3><span class="teaser-topline">Politics today</span><span>{TITLE}</span></h3></a>',
        f'<a href="/1"><h5>News of the post</h5><h4>{TITLE}</h4></a>',
        f'<a href="/1"><h4>Politics today</h4><h3>{TITLE}</h3></a>',
        f'<a href="/1"><span><span>{TITLE}</span><span>By Ada Bell, London</span></span></a>',
        f'<a href="/1"><p>{TITLE}</p><span>28.04.2023</span></a>',
        f'<a href="/1"><img alt="Two people on a bridge in the rain"></a><h3>{TITLE}</h3><a href="/1">Read more</a>',
        f'<a href="/1">Related article: {TITLE}</a>',
        f'<a href="/1">{TITLE} ►</a>',
        f'<a href="/1"><img alt="{TITLE}"></a>',
        f'<a href="/1" aria-label="{TITLE}"><img src="a.jpg"></a>',
        f'<span class="label">Sponsored</span><a href="/1"><strong>{TITLE}</strong></a>',
        f'<a href="/1"><b class="card__title"><i class="card__title__kicker">After a long day</i>'
        f'<i class="card__title__separator">:</i> <i class="card__title__headline">{TITLE}</i></b></a>',
        f'<a href="/1"><span class="styled-a">Bridges &amp; Roads</span> <span class="styled-b">{TITLE}</span></a>',
        f'<a href="/1"><h3><span class="visually-hidden">Subscribers only.</span> <span>{TITLE}</span></h3></a>',
        f'<a href="/1"><h3><span class="font-heading">Politics</span> <span class="card-title">{TITLE}</span></h3></a>',
        f'<a href="/1"><h2>After a long day:</h2><h3><span class="topline">{TITLE}</span></h3></a>',
        f'<a href="/1"></a><h3><div><i>After a long day</i></div><i>:</i><i>{TITLE}</i></h3>',
        f'<a href="/1"><span>{TITLE}</span> <span>Eine Kolumne von Ada Bell</span></a>',
        f'<h3>New part</h3><a href="/1">{TITLE}</a>',
        f'<h3><span class="flag">Updated</span><a href="/1">{TITLE}</a></h3>',
        '<a href="/1"><i></i> <span>Bridge <span><span>plan</span></span> meets protest</span></a>',
        f'<a href="/1"><h6>News Cloud</h6></a> <a href="/1"><p>{TITLE}</p></a>',
        f'<a href="/1"><b class="x__subtitle">Also on the post</b> <b class="x__title">{TITLE}</b></a>',
        '<ul><li>Bridge plan <a href="/1">meets protest</a></li></ul>',
        '<ul><li>Bridge plan meets <a href="/1">protest</a></li></ul>',
        f'{TITLE}<b>Read more</b> <a href="/1"></a>',
        f'<a href="/1"><span>Das könnte Sie auch interessieren:</span> <span>{TITLE}</span></a>',
        f'<h3>{TITLE}</h3><p><a href="/1">Hundreds stood in the rain to say what they think.</a></p>',
    ],
)
def test_a_title_is_the_story_s_own_without_kicker_author_date_or_picture(card: str) -> None:
    assert shown(card).title == TITLE


@pytest.mark.parametrize("title", ["Von der Leyen trifft Macron", "Di Maria segna ancora", "By the river at night"])
def test_a_title_that_begins_like_a_by_line_is_kept(title: str) -> None:
    assert shown(f'<a href="/1"><h3><span>{title}</span></h3></a>').title == title


@pytest.mark.parametrize("text", ["Read more", "Weiterlesen", "続きを読む", "Most read", "»", ""])
def test_words_that_lead_to_any_story_are_no_title(text: str) -> None:
    assert shown(f'<a href="/1">{text}</a>').title is None


def test_a_card_shows_a_date_and_a_teaser_beside_its_title() -> None:
    card = f'<h3><a href="/1">{TITLE}</a></h3><p>{TEASER}</p><span>May 3, 2024</span>'

    assert shown(card) == Shown(TITLE, "2024-05-03", TEASER)


def test_a_date_in_an_attribute_goes_before_one_in_words() -> None:
    card = f'<a href="/1">{TITLE}</a><span>May 3, 2024</span><time datetime="2024-05-04T10:00:00Z">today</time>'

    assert shown(card).published_at == "2024-05-04T10:00:00Z"


@pytest.mark.parametrize(
    ("card", "is_paid"),
    [
        (f'<span>Sponsored</span><a href="/1">{TITLE}</a>', True),
        (f'<a href="/1"><b>Anzeige</b> {TITLE}</a>', True),
        (f'<a href="/1">{TITLE}</a><p>Presented by the mill</p>', True),
        (f'<a href="/1">{TITLE}</a><div>Anzeige</div>', False),
        ('<a href="/1">Sponsored walks on the rise in the county</a>', False),
        (f'<a href="/1">{TITLE}</a><p>{TEASER}</p>', False),
    ],
)
def test_a_card_that_somebody_paid_for_says_so_in_a_label_of_its_own(card: str, is_paid: bool) -> None:
    assert shown(card).is_paid is is_paid
