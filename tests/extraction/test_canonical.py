"""Canonical addresses: believed, or refused with a reason."""

import pytest

from crawler.extraction.page import read_page

SITE = "https://post.example"


def canonical_of(path: str, href: str, head: str = "") -> tuple[str | None, str | None]:
    page = read_page(f'<head>{head}<link rel="canonical" href="{href}"></head>'.encode(), SITE + path)
    return page.canonical, page.canonical_refused


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("/news/a?page=1", "/news/a"),
        ("/news/a?page=2", "/news/a?page=2"),
        ("/news/a/2", "/news/a/2"),
        ("/2024/03/bridge", "/2024/03/bridge-plan-agreed"),
        ("/news/bridge-4711", "/news/bridge"),
        ("/en/news/a", "/en/news/b"),
        ("/de/news/a", "/news/a"),
    ],
)
def test_another_spelling_of_the_same_page_is_believed(path: str, href: str) -> None:
    assert canonical_of(path, href) == (SITE + href, None)


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("/news/a?page=2", "/news/a"),
        ("/news/a?page=2", "/news/a?page=1"),
        ("/news/a?seite=3", "/news/a"),
        ("/news/a/2", "/news/a"),
        ("/news/a/page/2/", "/news/a/"),
        ("/bilder/bridge/bild-7", "/bilder/bridge"),
        ("/news/a,2", "/news/a"),
    ],
)
def test_a_later_page_is_not_its_first_one(path: str, href: str) -> None:
    assert canonical_of(path, href) == (None, f"the first page of several: {SITE}{href}")


def test_a_translation_is_another_page() -> None:
    alternates = (
        '<link rel="alternate" hreflang="de" href="/bruecke"><link rel="alternate" hreflang="en-GB" href="/bridge">'
    )

    assert canonical_of("/de/news/a", "/en/news/a") == (None, f"of another language: {SITE}/en/news/a")
    assert canonical_of("/bruecke", "/bridge", alternates) == (None, f"of another language: {SITE}/bridge")
    assert canonical_of("/bridge", "/bridge", alternates) == (f"{SITE}/bridge", None)
