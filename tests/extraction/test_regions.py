"""What names of elements hint at."""

import pytest

from crawler.extraction.regions import Signals, signals
from crawler.extraction.tree import Tree


def said(name: str) -> Signals:
    return signals(Tree(f'<div id="{name}">a</div>').find("div")[0])


@pytest.mark.parametrize("name", ["98be933f-38cf-4fba-b6c6-ad438e82010a", "25ad5cdc-89c6", "card headline", "lg:ad"])
def test_a_hash_a_style_and_a_card_s_title_hint_at_nothing(name: str) -> None:
    assert not any(said(name))


@pytest.mark.parametrize("name", ["ad-300x250", "box ad2", "728 ad", "side_ad"])
def test_a_number_beside_a_word_leaves_it_a_word(name: str) -> None:
    assert said(name).ad
