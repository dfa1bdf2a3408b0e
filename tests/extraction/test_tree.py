"""The plain tree of a page: what it holds, and that it goes at once."""

from sys import getrefcount

from crawler.extraction.tree import Tree


def test_nothing_holds_an_element_once_its_tree_goes() -> None:
    tree = Tree("<div><p>A bridge.<p>A tunnel.</div>")
    element, lone = tree.find("div")[0], object()

    del tree

    assert (element.parent, getrefcount(element)) == (None, getrefcount(lone))
