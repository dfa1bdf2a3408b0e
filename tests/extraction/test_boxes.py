"""Which boxes amid a story their elements tell."""

import pytest

from crawler.extraction.boxes import find_boxes
from crawler.extraction.tree import Tree

STORY = (
    "<p>" + "The council met on Tuesday and agreed on the plan for the old bridge after a long debate. " * 20 + "</p>"
)


def boxes(box: str) -> list[str]:
    """The texts of the boxes that are found in a story with `box` in it."""
    tree = Tree(f"<html><body><div>{STORY}{box}{STORY}</div></body></html>")
    body = tree.find("div")[0]
    return sorted(tree.nodes[at].text() for at in find_boxes(tree, body))


@pytest.mark.parametrize(
    "box",
    [
        "<div><h4>The week by the river</h4><p>All of it, on Sundays.</p><form><input type=email></form></div>",
        "<section>Schreiben Sie uns<div><input name=userEmail></div></section>",
        """<p>Share: <a href="//www.facebook.com/sharer.php?u=x">F</a>
        <a href="mailto:?body=x">M</a> <a href=/x>Save</a></p>""",
        """<p><a href="javascript:void(0)" onclick="open('https://t.me/share/url?url=x')">T</a>
        <a href="whatsapp://send?text=x">W</a></p>""",
        '<p>Tags: <a rel=tag href=/tag/a>bridges</a>, <a rel="category tag" href=/tag/b>the council</a></p>',
    ],
)
def test_a_form_for_an_address_and_rows_of_buttons_and_tags_are_boxes_as_a_whole(box: str) -> None:
    whole = Tree(f"<html><body>{box}</body></html>").root.text()

    assert whole in boxes(box)


@pytest.mark.parametrize(
    "text",
    [
        "<p>They said so in the <a rel=tag href=/tag/a>council</a>, and the bridge will stay closed for a year.</p>",
        "<p>Ask <a href='mailto:ann.lee@post.example'>Ann Lee</a> or see <a href=https://x.com/ann>her posts</a>.</p>",
        f"<div>{STORY}<input type=search name=q></div>",
        "<p><a href=https://www.facebook.com/weir>The page of the town</a></p>",
    ],
)
def test_words_of_a_sentence_and_links_to_people_are_none(text: str) -> None:
    assert boxes(text) == []


def test_a_form_in_what_holds_the_story_leaves_it_there() -> None:
    assert boxes(f"<section>{STORY}<div>Your address <input type=email></div></section>") == ["Your address"]
