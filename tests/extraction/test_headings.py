"""Which links a heading speaks for: how far it reaches, what ends it, and which are only the titles of cards."""

import pytest

from crawler.extraction.anchors import find_anchors
from crawler.extraction.headings import Headings
from crawler.extraction.regions import Regions
from crawler.extraction.tree import Tree

URL = "https://post.example/news/a-story-of-some-length-4711"
PROSE = (
    "<p>" + "The council met on Tuesday and agreed on the plan for the old bridge after a long debate. " * 3 + "</p>"
)
NO_REGIONS = Regions({}, *[frozenset()] * (len(Regions._fields) - 1))


def headed(html: str) -> list[tuple[str, str | None]]:
    """Each link's words with the text of its heading."""
    tree = Tree(html)
    anchors = find_anchors(tree, URL, URL, ())
    body = next(iter(tree.find("article")), None)
    headings = Headings(tree, anchors, body, NO_REGIONS)
    return [(one.node.text(), heading.text if (heading := headings.of(one.node)) else None) for one in anchors]


def link(name: str) -> str:
    return f'<a href="/news/{name}-and-the-bridge-plan-4700">{name}</a>'


@pytest.mark.parametrize(
    ("html", "heads"),
    [
        (f"<section><h2>Related</h2>{link('one')}{link('two')}</section>{link('three')}", ["Related", "Related", None]),
        (f"<div><div><h2>Related</h2></div><ul><li>{link('one')}</ul></div>{link('two')}", ["Related", None]),
        (f"<div><h2>Related</h2>{link('one')}<h2>Latest</h2>{link('two')}</div>", ["Related", "Latest"]),
        (f"<div><h2>Related</h2>{link('one')}<h2>Bridges</h2>{link('two')}{link('three')}</div>",
         ["Related", "Bridges", "Bridges"]),
        (f"<div><h2>Topics</h2><a href='/tag/b'>The bridges of the county</a></div><div>{link('one')}</div>", [None]),
        (f"<article>{PROSE}<h3>Related</h3><p>{link('one')}</p>{PROSE}<p>{link('two')}</p></article>",
         ["Related", None]),
        (f"<article>{PROSE}<h3>Related</h3><p>{link('one')}</p><p><a href='/tag/b'>Bridges</a></p><p>{link('two')}</p>"
         "</article>", ["Related", "Related"]),
        (f"<h2>Related</h2>{f'<div><div><img></div>{link(chr(97))}<h3>One story</h3></div>' * 3}", ["Related"] * 3),
        (f"<h2>Related</h2>{f'<div><p><i><b>{link(chr(97))}</b><h3>One story</h3></i></div>' * 3}", ["Related"] * 3),
        (f"<div role=tablist><b role=tab id=x>Related</b><b role=tab id=y>Latest</b></div><div aria-labelledby=y>"
         f"{link('one')}</div><div aria-labelledby=x>{link('two')}</div>", ["Latest", "Related"]),
        (f"<section aria-label='Lesen Sie auch'>{link('one')}</section>{link('two')}", ["Lesen Sie auch", None]),
        (f"<section aria-label='Latest'>{link('one')}</section><h2>Related</h2>{link('two')}", ["Latest", "Related"]),
        (f"<div><div><b>Related</b><i><a href='/tag/a'>Bridges of the county</a> <a href='/tag/b'>Mills</a></i></div>"
         f"<div><b>Fresh</b>{link('one')}</div></div>", [None]),  # a box of topics: what follows is not its own
        (f"<div><div><h2>Tags</h2><ul><li><a href='/tag/a'>Mill</a></ul></div><p>{link('one')}</p></div>", [None]),
        (f"<div><div>Keywords: <a href='/tag/a'>Mill</a></div>{link('one')}</div>", [None]),
        (f"<div><div><h2>Related</h2><a href='/tag/a'>See all of them</a></div>{link('one')}</div>", ["Related"]),
        (f"<ul><li><button>Related</button></li><li><button>Tags</button></li></ul><div>{link('one')}</div>", [None]),
        (f"<h2>Related</h2><button>Previous</button><button>Next</button>{link('one')}", ["Related"]),
        (f"<div><div><p><b>Publicité</b> 1</p> 2</div> 3</div>{link('one')}", [None]),  # a place that was left empty
        (f"<section><h2>Anzeige</h2>{link('one')}</section>{link('two')}", ["Anzeige", None]),
        (f"<div><h4><a href='#'>Related</a><a href='#'>From the author</a></h4>{link('one')}</div>", ["Related"]),
        (f"<h2>Related</h2><h3><a href='{URL}'>Council of the county agrees on its bridge plan</a></h3>{link('one')}",
         ["Related"]),  # the page itself in its own list
        (f"<h2>Related</h2>{link('one')}<h3><a href='/bridges'>Bridges</a></h3>{link('two')}", ["Related", "Bridges"]),
        (f"<nav>Related</nav><a href='/'><h2>Related</h2></a>{link('one')}", ["Related"]),
        (f"<h2>{link('Related')}</h2>{link('one')}", [None, None]),
    ],
)  # fmt: skip
def test_a_heading_speaks_for_what_follows_it_in_its_own_block(html: str, heads: list[str | None]) -> None:
    assert [head for _, head in headed(f"<body>{html}</body>")] == heads


def test_a_page_of_headings_alone_is_read_in_bounded_time() -> None:
    html = f"{'<div><h2>Related</h2></div>' * 2_000}{link('one')}"

    assert headed(html)[0][0] == "one"
