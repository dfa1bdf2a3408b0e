"""What names of elements hint at."""

import pytest

from crawler.extraction.regions import Signals, is_frame, signals
from crawler.extraction.tree import Tree


def said(name: str) -> Signals:
    return signals(Tree(f'<div id="{name}">a</div>').find("div")[0])


@pytest.mark.parametrize(
    "name",
    [
        "98be933f-38cf-4fba-b6c6-ad438e82010a",
        "25ad5cdc-89c6",
        "card headline",
        "lg:ad",
        "node--sticky",
        "post-1 category-comment tag-ads",
        "no-ads hide-related stack--has-footer",
        "explore-module",
    ],
)
def test_a_hash_a_style_and_a_card_s_title_hint_at_nothing(name: str) -> None:
    assert not any(said(name))


@pytest.mark.parametrize("name", ["ad-300x250", "box ad2", "728 ad", "side_ad"])
def test_a_number_beside_a_word_leaves_it_a_word(name: str) -> None:
    assert said(name).ad


def test_a_link_is_no_frame_of_the_page_whatever_it_is_called() -> None:
    tree = Tree('<div><a class="forward-navigation" href="/1">a</a><div class="navigation">b</div></div>')

    assert [is_frame(node) for node in tree.nodes if node.hint] == [False, True]


def test_what_drupal_calls_promoted_stands_on_its_front_page_and_is_no_advertisement() -> None:
    assert (said("node node--type-article node--promoted").ad, said("promoted-content").ad) == (False, True)
