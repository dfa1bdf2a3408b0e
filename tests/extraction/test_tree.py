"""The plain tree of a page: what it holds, and that it goes at once."""

from sys import getrefcount

import pytest

from crawler.extraction.tree import Tree

FOUR = "<p>A bridge.<p>A tunnel.<p>A ferry.<p>A ford.</p>"


def test_nothing_holds_an_element_once_its_tree_goes() -> None:
    tree = Tree("<div><p>A bridge.<p>A tunnel.</div>")
    element, lone = tree.find("div")[0], object()

    del tree

    assert (element.parent, getrefcount(element)) == (None, getrefcount(lone))


@pytest.mark.parametrize(
    ("page", "paragraphs"),
    [
        (f"<noscript><img src=a>{FOUR}", 4),
        (f"<p>A dam.<noscript>{FOUR}</noscript>", 5),
        (f"{FOUR}<noscript>{FOUR}</noscript>", 4),
        ("<noscript><p>Please turn scripts on.</noscript>", 0),
        ("<noscript>" * 5_000 + FOUR, 0),
    ],
)
def test_a_page_that_a_noscript_swallowed_is_read(page: str, paragraphs: int) -> None:
    assert len(Tree(f"<body>{page}").find("p")) == paragraphs
