"""How a link stands in its paragraph: alone, in a sentence, behind a label."""

import time
from collections.abc import Callable

import pytest

from crawler.extraction.standing import is_citation, is_credit, is_prompt, standing_of
from crawler.extraction.tree import Node, Tree
from crawler.model.links import LinkKind

SENTENCE = "The council met on Tuesday and agreed on the plan for the old bridge after a long debate. " * 2
LINK = '<a href="/1">Bridge plan meets protest</a>'


@pytest.fixture
def the_link() -> Callable[[str], Node]:
    trees: list[Tree] = []  # held, since nodes have no parents without their tree

    def parsed(html: str) -> Node:
        trees.append(Tree(f"<article>{html}</article>"))
        return trees[-1].find("a")[0]

    return parsed


@pytest.mark.parametrize(
    ("html", "stands"),
    [
        (f"<p>{LINK}</p>", (True, None, False)),
        (f"<p>{SENTENCE}{LINK}, he said.</p>", (False, None, True)),
        (f"<p>Read more: {LINK}</p>", (True, LinkKind.RELATED, False)),
        (f"<p>【関連記事】{LINK}</p>", (True, LinkKind.RELATED, False)),
        (f"<p>◆あわせて読みたい：{LINK}</p>", (True, LinkKind.RECOMMENDED, False)),
        (f"<p>Lue myös » {LINK}</p>", (True, LinkKind.RELATED, False)),
        (f"<p>UMZEKELO WETHU | {LINK}</p>", (True, None, False)),  # a language that no table knows
        (f"<p>READ | {LINK}</p>", (True, LinkKind.RELATED, False)),
        (f"<p>Lire : {LINK}</p>", (True, LinkKind.RELATED, False)),
        (f"<p>Read {LINK}</p>", (True, None, False)),
        ('<p><a href="/1">Lesen: So lernen es die Kinder</a></p>', (True, None, False)),
        (f"<p>{SENTENCE}Read more: {LINK}</p>", (False, None, True)),
        ('<p><a href="/1">ALSO READ | Bridge plan meets protest</a></p>', (True, LinkKind.RELATED, False)),
    ],
)
def test_a_paragraph_tells_how_its_link_stands(
    the_link: Callable[[str], Node], html: str, stands: tuple[bool, LinkKind | None, bool]
) -> None:
    standing = standing_of(the_link(html))

    assert (standing.is_alone, standing.label, standing.is_sentence) == stands


@pytest.mark.parametrize(
    ("words", "is_one"),
    [
        ("Click here to get the app", True),
        ("Подпишитесь на наш канал", True),
        ("Zur Anmeldung bitte hier klicken", False),  # no table has all wordings
        ("Bridge plan meets protest", False),
    ],
)
def test_a_prompt_is_told_by_how_it_begins(the_link: Callable[[str], Node], words: str, is_one: bool) -> None:
    assert is_prompt(the_link(f'<p><a href="/1">{words}</a></p>')) is is_one


@pytest.mark.parametrize(
    ("html", "is_one"),
    [
        (f'<ul class="post_tags"><li>{LINK}</li></ul>', True),
        (f'<div class="byline">{LINK}</div>', True),
        (f'<div class="post tag-politics author-ada">{LINK}</div>', False),
        (f'<div class="author"><div><div><div>{LINK}</div></div></div></div>', False),
    ],
)
def test_lists_of_tags_and_by_lines_are_told_by_whole_names(
    the_link: Callable[[str], Node], html: str, is_one: bool
) -> None:
    assert is_credit(the_link(html)) is is_one


def test_the_sources_below_a_story_are_told_by_their_first_words() -> None:
    tree = Tree("<p>More information: a paper on bridges (2024)</p><p>A paper has more information: see there</p>")

    assert [is_citation(node) for node in tree.find("p")] == [True, False]


def test_how_thousands_of_links_of_one_block_stand_is_told_in_little_time() -> None:
    links = "".join(f"<h3>x</h3><a href=/news/what-was-said-{n}>What was said of {n}</a>" for n in range(4_000))
    anchors = Tree(f"<div>{links}</div>").find("a")
    begun_s = time.process_time()

    told = {standing_of(anchor).is_sentence for anchor in anchors}

    assert (told, time.process_time() - begun_s < 1.0) == ({False}, True)
