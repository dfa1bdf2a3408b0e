"""The page as a reader meets it, in a real browser; skipped where there is no Chromium."""

import json
from collections.abc import Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import pytest
from report.browser import BINARY, Browser, browser
from report.corpora import article, gone, link, write, write_demo

from crawler.demo.site import DemoSite
from crawler.model.links import LinkKind
from crawler.model.records import FoundVia
from crawler.report.page import write_report

pytestmark = pytest.mark.skipif(BINARY is None, reason="no Chromium is installed")

SEED, MIDDLE, LAST, FOREIGN = (
    *("https://a.example/1", "https://a.example/2", "https://b.example/3"),
    "https://c.example/named-only",
)
BLUE, VERMILION, GREEN = (0, 114, 178), (213, 94, 0), (0, 158, 115)  # the first three of the style sheet
HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report([write_demo(tmp_path_factory.mktemp("demo"), DemoSite(1))]).path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A way of two steps from the seed, hostile words everywhere, and an address that is no link."""
    folder = tmp_path_factory.mktemp("small")
    write(
        folder,
        article(SEED, "First", "2026-11-01", summary=HOSTILE, section=HOSTILE),
        article(MIDDLE, HOSTILE, "2026-11-02", via=FoundVia(url=SEED, kind=LinkKind.RELATED)),
        article(LAST, "Last", "2026-11-03", via=FoundVia(url=MIDDLE, kind=LinkKind.RELATED)),
        *(link(SEED, MIDDLE, heading=HOSTILE), link(MIDDLE, LAST), link(LAST, SEED)),
        link(LAST, FOREIGN, LinkKind.INLINE, heading=None, title="Named only"),
        gone(LAST, "2026-11-20T07:00:00Z"),
    )
    return write_report([folder]).path


def show_graph(tab: Browser) -> None:
    tab.get("document.querySelector('#graph').scrollIntoView({behavior: 'instant'})")
    tab.get("document.querySelector('#picture').focus({preventScroll: true})")


def choose(tab: Browser, selector: str, value: str) -> None:
    """Give a field a value as a reader does."""
    field = f"document.querySelector({json.dumps(selector)})"
    tab.get(f"{field}.value = {json.dumps(value)}; {field}.dispatchEvent(new Event('change')); 1")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)])
def test_the_page_opens_without_complaints_or_requests_and_fits_its_window(
    tab: Browser, demo: Path, width: int, dark: bool
) -> None:
    tab.open(demo, width=width, dark=dark)

    assert [url for url in tab.requests if not url.startswith("data:")] == [demo.as_uri()]
    assert [text for text in tab.complaints if "ReadPixels" not in text] == []  # the software renderer's own
    assert tab.get("document.documentElement.scrollWidth") == width


def test_the_graph_is_drawn_in_the_colours_of_its_stories(tab: Browser, demo: Path) -> None:
    tab.open(demo)
    show_graph(tab)
    tab.get("document.querySelector('#panel').remove()")  # its legend has the colours too

    pixels = [tab.count_pixels(colour) for colour in (BLUE, VERMILION, GREEN)]

    assert min(pixels) > 500


def test_the_story_comes_first_in_the_order_of_time(tab: Browser, small: Path) -> None:
    tab.open(small)

    assert tab.get("[...document.querySelectorAll('#timeline .title')].map(e => e.textContent)") == [
        *("First", HOSTILE, "Last"),
    ]
    assert tab.get("document.querySelector('#story').getBoundingClientRect().top < 100")


def test_words_of_pages_stay_words(tab: Browser, small: Path) -> None:
    tab.open(small)
    tab.get("document.querySelectorAll('details').forEach(d => d.open = true)")
    for _ in range(3):
        show_graph(tab)
        tab.press("ArrowRight")

    assert tab.get("window.hacked") is None
    assert tab.get("document.querySelectorAll('script').length") == 2
    assert tab.get("document.querySelectorAll('img').length") == 0


def test_a_script_that_got_in_would_not_run(tab: Browser, small: Path) -> None:
    tab.open(small)
    tab.get("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.hacked = 1'}))")
    tab.get("document.body.insertAdjacentHTML('beforeend', '<img src=http://127.0.0.1:9/x onerror=window.hacked=1>')")

    assert tab.get("window.hacked") is None
    assert any("Content Security Policy" in text for text in tab.complaints)


def test_a_search_is_answered_and_chosen_with_keys(tab: Browser, small: Path) -> None:
    tab.open(small)
    tab.press("/")
    tab.type("LÁST")

    hits = tab.wait("[...document.querySelectorAll('#hits li')].map(e => e.textContent)")
    tab.press("Enter")

    assert hits == ["Last3 Nov 2026, b.example"]
    assert tab.get("document.querySelector('#panel h3').textContent") == "Last"


def test_the_panel_tells_links_in_and_out_with_headings_and_the_way_from_the_seed(tab: Browser, small: Path) -> None:
    tab.open(small)
    show_graph(tab)
    for _ in range(3):
        tab.press("ArrowRight")

    text = tab.get("document.querySelector('#panel').innerText").split("\n")

    assert [line for line in text if line in ("First", "Named only", "this article")] != []
    assert tab.get("[...document.querySelectorAll('#panel .way li')].map(e => e.textContent)") == [
        *("a seed: First", f"related: {HOSTILE}", "related: this article"),
    ]
    assert tab.get("[...document.querySelectorAll('#panel .links .kind')].map(e => e.textContent)") == [
        *("related · “Related Stories”", "in the text", "related · “Related Stories”"),
    ]
    assert tab.get("document.querySelector('#panel h3 a').href") == LAST


def test_an_article_whose_page_went_away_says_since_when(tab: Browser, small: Path) -> None:
    tab.open(small)
    show_graph(tab)
    for _ in range(3):
        tab.press("ArrowRight")

    assert "page gone since 20 Nov 2026" in tab.get("document.querySelector('#panel .facts').textContent")
    assert tab.get("[...document.querySelectorAll('#timeline summary')].map(e => e.textContent.includes('gone'))") == [
        *(False, False, True),
    ]


def test_a_click_on_a_dot_selects_it_and_escape_lets_go(tab: Browser, small: Path) -> None:
    tab.open(small)
    show_graph(tab)
    tab.press("ArrowRight")  # moves the first article into the middle
    tab.press("Escape")
    released = tab.get("document.querySelector('#panel h3').textContent")

    tab.click("#picture")

    assert released == "Choose an article"
    assert (
        tab.wait("document.querySelector('#panel .close') && document.querySelector('#panel h3').textContent")
        == "First"
    )


def test_filters_leave_out_what_does_not_fit_in_the_list_too(tab: Browser, small: Path) -> None:
    tab.open(small)
    listed = "document.querySelector('#list-hint').textContent"
    before = tab.get(listed)

    choose(tab, "#tools select", tab.get("[...document.querySelectorAll('#tools option')][1].value"))
    of_site = tab.get(listed)
    choose(tab, "#tools input[type=date]", "2026-11-04")
    none = tab.get("[document.querySelector('#nothing').textContent, document.querySelector('#nothing').hidden]")
    tab.click("#tools button[type=reset]")

    assert (before, of_site, none) == (
        "4 articles",
        "2 articles as filtered above",
        ["Nothing fits these filters.", False],
    )
    assert tab.get(listed) == "4 articles"


def test_a_kind_that_is_switched_off_leaves_the_panel(tab: Browser, small: Path) -> None:
    tab.open(small)
    show_graph(tab)
    tab.press("ArrowLeft")

    tab.click("#tools fieldset input[type=checkbox]")

    assert tab.get("[...document.querySelectorAll('#panel .links .kind')].map(e => e.textContent)") == ["in the text"]


def test_another_story_turns_the_page_to_it(tab: Browser, demo: Path) -> None:
    tab.open(demo)

    tab.click("#stories li:nth-child(3) button")
    headline = tab.get("document.querySelector('#headline').textContent")

    assert headline == tab.get("document.querySelector('#stories li:nth-child(3) .name').textContent")
    assert tab.get("location.hash") == "#story-3"
    assert tab.get("document.querySelectorAll('#timeline .article').length") > 10


def test_an_address_with_a_story_opens_on_it(tab: Browser, demo: Path) -> None:
    tab.open(demo, hash_="#story-2")

    assert tab.get("document.querySelector('#stories [aria-current] .name').textContent") == tab.get(
        "document.querySelector('#headline').textContent"
    )
    assert tab.get("[...document.querySelectorAll('#stories button')].findIndex(b => b.ariaCurrent)") == 1


def test_the_dark_page_is_dark(tab: Browser, small: Path) -> None:
    tab.open(small, dark=True)
    dark = tab.get("getComputedStyle(document.body).backgroundColor")
    tab.scheme(dark=False)

    assert (dark, tab.get("getComputedStyle(document.body).backgroundColor")) == (
        *("rgb(20, 22, 26)", "rgb(250, 248, 244)"),
    )


def test_a_folder_with_nothing_yet_says_so(tab: Browser, tmp_path: Path) -> None:
    tab.open(write_report([write(tmp_path)]).path)

    assert tab.get("document.querySelector('#facts').textContent") == "This folder holds no articles yet."
    assert [text for text in tab.complaints if "ReadPixels" not in text] == []


def test_it_prints(tab: Browser, small: Path) -> None:
    tab.open(small)

    assert tab.pdf().startswith(b"%PDF")


@pytest.mark.skipif(find_spec("axe_core_python") is None, reason="axe-core-python is not installed")
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_serious_fault(tab: Browser, small: Path, demo: Path, dark: bool) -> None:
    tab.open(small if dark else demo, dark=dark)
    tab.get("for (const first of ['#timeline', '#everything']) document.querySelector(first + ' details').open = true")
    show_graph(tab)
    tab.press("ArrowRight")
    tab.get(files("axe_core_python").joinpath("axe.min.js").read_text("utf-8") + "; 1")

    rules = ", runOnly: ['color-contrast']" if dark else ""  # the rest is the same in the dark
    found = tab.get(
        f"axe.run(document, {{resultTypes: ['violations']{rules}}}).then(r => r.violations"
        ".map(v => [v.impact, v.id, v.nodes[0].html.slice(0, 120)]))"
    )

    assert [violation for violation in found if violation[0] in ("serious", "critical")] == []
