"""Which links a page offers and as what: each sign alone, the traps, and the share of the labelled pages got right."""

import gzip
import json
import time
from collections import Counter
from pathlib import Path

import pytest

from crawler.extraction.page import read_page
from crawler.model.links import Link, LinkBlock
from crawler.model.urls import canonical_url

SHARED = Path(__file__).parents[2].parent / "shared" / "pages"
URL = "https://post.example/news/a-story-of-some-length-4711"
PROSE = (
    "<p>" + "The council met on Tuesday and agreed on the plan for the old bridge after a long debate. " * 3 + "</p>"
)
TITLES = ("Bridge plan meets protest", "Old mill to become a museum", "School choir wins county prize")


def card(title: str) -> str:
    return f'<div class="card"><h3><a href="/news/{slug(title)}">{title}</a></h3></div>'


def link(title: str) -> str:
    return f'<a href="/news/{slug(title)}">{title}</a>'


def slug(title: str) -> str:
    return f"{title.lower().replace(' ', '-')}-4700"


def cards(*titles: str) -> str:
    return "".join(card(title) for title in titles or TITLES)


def links_of(after: str = "", *, within: str = "") -> tuple[Link, ...]:
    return links_beside(f'<article class="story-body">{PROSE}{within}{PROSE}{PROSE}</article>', after)


def links_beside(story: str, after: str = "") -> tuple[Link, ...]:
    html = f"<html lang=en><body><main><h1>A story of some length</h1>{story}</main>{after}</body></html>"
    return read_page(html.encode(), URL).article.links


def kinds_of(after: str = "", *, within: str = "") -> dict[str, int]:
    return dict(Counter(str(link.kind) for link in links_of(after, within=within)))


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Related Stories", "related"),
        ("More on this topic", "related"),
        ("Mehr zum Thema", "related"),
        ("À lire aussi", "related"),
        ("Noticias relacionadas", "related"),
        ("Czytaj także:", "related"),
        ("Читайте также", "related"),
        ("関連記事", "related"),
        ("相关阅读", "related"),
        ("Recommended for you", "recommended"),
        ("Das könnte Sie auch interessieren", "recommended"),
        ("Te puede interesar", "recommended"),
        ("Most read in World", "promoted"),
        ("Meistgelesen", "promoted"),
        ("Les plus lus", "promoted"),
        ("アクセスランキング", "promoted"),
        ("Something that no table knows", "promoted"),
    ],
)
@pytest.mark.parametrize("tag", ["h2", "div"])
def test_the_words_of_a_heading_say_what_its_block_is(heading: str, kind: str, tag: str) -> None:
    kinds = kinds_of(f"<section><{tag}>{heading}</{tag}>{cards()}</section>")

    assert kinds == {kind: 3}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("related-articles", "related"),
        ("js-readMore read-more-posts", "related"),
        ("recommended-posts", "recommended"),
        ("widget most-popular", "promoted"),
        ("print:related lg:related", "promoted"),  # utility classes name nothing
        ("nwrel", "promoted"),
    ],
)
def test_without_words_the_name_of_a_block_decides(name: str, kind: str) -> None:
    kinds = kinds_of(f'<section class="{name}">{cards()}</section>')

    assert kinds == {kind: 3}


@pytest.mark.parametrize(
    "block",
    [
        f"<div><h4>Related: {link('Bridge plan meets protest')}</h4></div>",
        f"<dl><dt>関連記事</dt><dd>{link('Bridge plan meets protest')}</dd></dl>",
        f"<table><tr><th>Related</th></tr><tr><td>{link('Bridge plan meets protest')}</td></tr></table>",
        f"<div><span>Read more</span></div><div><ul><li>{link('Bridge plan meets protest')}</li></ul></div>",
        f'<section><h2><a href="/all">Related stories</a></h2>{card("Bridge plan meets protest")}</section>',
        f"<details><summary>Related coverage</summary>{link('Bridge plan meets protest')}</details>",
        f'<div><header><h2>Related</h2><a href="/all">All</a></header>{card("Bridge plan meets protest")}</div>',
        f"<p><b>Also read</b><br>{link('Bridge plan meets protest')}</p>",
        f"<ul><li><strong>Related</strong></li><li>{link('Bridge plan meets protest')}</li></ul>",
        f'<section aria-label="Mehr zum Thema"><ul><li>{link("Bridge plan meets protest")}</li></ul></section>',
        '<div class="related-content"><a href="/news/bridge-plan-meets-protest-4700"><span class="label">Related story'
        '</span><span class="text">Bridge plan meets protest</span></a></div>',
        '<section><h2>Related</h2><p><a href="/tag/bridges">Bridges</a> (12)</p>'
        f"<p>{link('Bridge plan meets protest')}</p></section>",  # its reach goes on past what is no story
        '<section><h2>Related</h2><div class="card"><a href="/news/bridge-plan-meets-protest-4700"><img src="a"></a>'
        "<h3>Bridge plan meets protest</h3></div></section>",
        '<section><h2>Related</h2><a href="/42">Bridge plan meets protest</a></section>',  # the address says nothing
        f'<section><h2><img src="related.svg" alt="Related"></h2>{card("Bridge plan meets protest")}</section>',
        f'<div class="article-footer"><h4>Related</h4>{card("Bridge plan meets protest")}</div>',
    ],
)
@pytest.mark.parametrize("is_within", [False, True])
def test_however_a_block_is_built_its_words_reach_its_link(block: str, is_within: bool) -> None:
    links = links_of(within=block) if is_within else links_of(block)

    assert [(str(link.kind), link.title) for link in links] == [("related", "Bridge plan meets protest")]


@pytest.mark.parametrize(
    ("block", "kinds"),
    [
        (f'<div class="related-articles"><h3>Most popular</h3>{cards()}</div>', {"promoted": 3}),
        (f'<div id="most-read"><h3>Related articles</h3>{cards()}</div>', {"related": 3}),
        (f'<div class="related"><h3>Related topics</h3>{cards()}</div>', {}),
        (f'<nav class="related"><h3>Related</h3>{cards()}</nav>', {}),
        (f"<footer><h3>Related</h3>{cards()}</footer>", {}),
        (f'<div class="comments"><h3>Related</h3>{cards()}</div>', {}),
        (f'<div class="sponsored-links"><h3>Related</h3>{cards()}</div>', {}),
        (f'<div style="display: none"><h3>Related</h3>{cards()}</div>', {}),
        (f'<div class="related">{card(TITLES[0])}<a rel="next" href="/news/next-one-in-line-4800">Next one</a></div>',
         {"related": 1, "promoted": 1}),
        ('<section><h2>Related</h2><a href="/tag/bridges-and-other-works">Bridges and other works</a></section>', {}),
        ('<section><h2>Recommended</h2><a href="https://ads.test/one-weird-trick-4711">One trick</a></section>', {}),
        ('<section><h2>Related</h2><a href="https://ally.test/bridge-plan-of-allies-4711">Our ally on it</a></section>',
         {"related": 1}),
        (f'<section><h2>Related</h2></section><section>{cards()}</section>', {"promoted": 3}),
        ('<section><h2>Related</h2><a href="/42">Bridges</a><a href="/news/bridges-47112">Bridges</a></section>', {}),
        ('<section><h2>Most read</h2><a href="/42">Bridge plan meets protest</a></section>', {}),
        ('<section><h2>Related</h2><a href="/newsletter-about-all-our-bridges">All our bridges</a></section>', {}),
        (f'<div role="tablist"><span role="tab" id="a">Related</span><span role="tab" id="b">Latest</span></div>'
         f'<div aria-labelledby="a">{card(TITLES[0])}</div><div aria-labelledby="b">{card(TITLES[1])}</div>',
         {"related": 1, "promoted": 1}),
        (f'<ul class="post_tags"><li>{link(TITLES[0])}</li><li>{link(TITLES[1])}</li></ul>', {}),
        (f'<div class="byline">By {link(TITLES[0])}</div>', {}),
        (f'<section><h2>Related</h2><div><span>Anzeige</span>{card(TITLES[0])}</div>{card(TITLES[1])}</section>',
         {"related": 1}),
        (f'<div class="article-footer"><div class="ads"><h3>Related</h3>{cards()}</div></div>', {}),
        (f'<div class="related"><h3>Next up in Bridges &amp; Roads</h3>{cards()}</div>', {"promoted": 3}),
        (f'<div><h3>Sources:</h3>{cards()}</div>', {}),
        (f'<section><h2>Related</h2>{card(TITLES[0])}<div><div><p><b>Advertorial</b> <a href="/advertorial/a-thing">A '
         f"thing</a></p></div></div>{card(TITLES[1])}</section>", {"related": 2}),
        (f'<div class="related-box"><h3>The Post recommends it</h3>{cards()}</div>', {"recommended": 3}),
        (f'<div class="related-box"><h3>Something that no table knows</h3>{cards()}</div>', {"related": 3}),
        (f'<div class="related-box"><h3>Bridges latest</h3>{cards()}</div>', {"promoted": 3}),
        (f'<div class="list">{card(TITLES[0])}<a class="read-more" href="/news/{slug(TITLES[0])}">Read more</a>'
         f"{card(TITLES[1])}{card(TITLES[2])}</div>", {"promoted": 3}),  # the name of a button
        (f'<div class="read-more"><a href="/news/{slug(TITLES[0])}">Read more</a></div>', {}),
        ('<section><h2>Related</h2><ul class="related__topics"><li><a href="/old/bridges">The old bridges here</a></ul>'
         f"{card(TITLES[0])}</section>", {"related": 1}),
        (f'<div class="grid hide-read-more-ads"><h2>Read more</h2>{cards()}</div>', {"related": 3}),
        (card(TITLES[0]), {}),  # a lone link that nothing speaks for
    ],
)  # fmt: skip
def test_traps_are_told_by_what_stands_around_them(block: str, kinds: dict[str, int]) -> None:
    assert kinds_of(block) == kinds


@pytest.mark.parametrize(
    ("within", "kinds"),
    [
        ('<p>It had said so <a href="/news/bridge-plan-of-old-4700">in an older plan</a> from last year.</p>',
         {"inline": 1}),
        ('<p><a href="/news/bridge-plan-of-old-4700">The older plan for the bridge</a></p>', {"related": 1}),
        ('<p>READ MORE: <a href="/news/bridge-plan-of-old-4700">The older plan for the bridge</a></p>', {"related": 1}),
        ('<p><b>FUNDA LOKHU |</b> <a href="/news/bridge-plan-of-old-4700">Uhlelo oludala lwebhuloho</a></p>',
         {"related": 1}),  # a language that no table knows
        (f'<aside class="teaser">{card(TITLES[0])}</aside>', {"related": 1}),
        ('<p>He wrote it <a href="https://lab.test/a-long-report-on-bridges">in a report</a> of ninety pages.</p>',
         {"inline": 1}),
        ('<p>He said so <a href="https://lab.test/about">on his page</a>, and in the street.</p>', {}),
        ('<ul><li>It asked all of them.</li><li>It wrote <a href="/news/bridge-plan-of-old-4700">an older plan for all'
         "</a></li><li>It met again in May.</li></ul>", {"inline": 1}),
        ('<p class="in-related"><b>On ally.test:</b> <a href="https://ally.test/bridge-plan-of-old-4711">The older plan'
         "</a></p>", {"related": 1}),
        (f'<p>The mayor, <b><i>Ada Bell</i><span class="rollover-block">{link(TITLES[0])}</span>'
         '</b>, said so on Tuesday.</p>', {}),  # shown to who points at the name
        ('<p><a href="/apps/get-the-best-of-it-4711">Click here to get the app</a></p>', {}),
        ('<p>So said <a href="/people-of-note/ada-bell-4711">Ada Bell</a> in May.</p>', {}),
        (f'<figure><img src="/b.jpg"><figcaption>{link(TITLES[0])}</figcaption></figure>', {}),
        ('<p>More information: <a href="/news/journal-of-bridge-works-12">Journal of Bridges</a> (2024).</p>', {}),
    ],
)  # fmt: skip
def test_amid_the_story_sentences_and_teasers_are_told_apart(within: str, kinds: dict[str, int]) -> None:
    assert kinds_of(within=within) == kinds


def test_a_link_shown_in_several_blocks_is_one_link_of_its_strongest_kind() -> None:
    title = TITLES[0]

    links = links_of(
        f"<section><h2>Most read</h2>{cards()}</section>"
        f"<section><h2>Related</h2>{card('Another thing entirely here')}{card(title)}</section>"
    )

    first = next(link for link in links if link.title == title)
    assert first == Link(
        url=f"https://post.example/news/{slug(title)}",
        kind=first.kind.RELATED,
        rank=1,
        heading="Related",
        title=title,
        also=(LinkBlock(kind=first.kind.PROMOTED, heading="Most read", rank=0),),
    )


def test_a_card_gives_the_title_of_its_story_not_the_words_around_it() -> None:
    block = """<section><h2>Related</h2><div class="card">
      <a href="/news/bridge-plan-meets-protest-4700"><img src="x.jpg" alt="Two people on a bridge in the rain"></a>
      <span class="kicker">Politics</span>
      <a href="/news/bridge-plan-meets-protest-4700" rel="nofollow"><span>Bridge plan meets protest</span></a>
      <time datetime="2024-05-03T10:00:00+02:00">Friday</time>
      <p>Hundreds stood in the rain to say what they think of the plan for the old bridge.</p>
      <a href="/news/bridge-plan-meets-protest-4700">Read more</a></div></section>"""

    (link,) = links_of(block)

    assert (link.title, link.published_at, link.teaser, link.nofollow) == (
        "Bridge plan meets protest",
        "2024-05-03T08:00:00Z",
        "Hundreds stood in the rain to say what they think of the plan for the old bridge.",
        False,
    )


def test_json_ld_names_related_stories_that_no_link_shows() -> None:
    script = (
        '<script type="application/ld+json">{"@type":"WebPage","relatedLink":["/news/bridge-plan-of-old-4700",'
        '"https://else.test/news/not-of-this-site-4701","/tag/bridges"]}</script>'
    )

    links = read_page(f"{script}<main><h1>A story</h1>{PROSE}</main>".encode(), URL).article.links

    assert [(link.url, str(link.kind)) for link in links] == [
        ("https://post.example/news/bridge-plan-of-old-4700", "related")
    ]


def test_blocks_of_links_are_no_part_of_the_text() -> None:
    last = "It will meet again in May, and the bridge will stay closed until then, a speaker said after midnight."
    within = f"<div><h3>Related</h3>{cards()}</div>"
    html = f"<main><h1>A story</h1><article class=story-body>{PROSE}{within}<p>{last}</p></article></main>"

    text = read_page(html.encode(), URL).article.text

    assert text == f"{PROSE[3:-4].strip()}\n\n{last}"


def test_evidence_tells_why_a_link_was_taken_or_left() -> None:
    html = (
        f"<main><h1>A story</h1><article>{PROSE}{PROSE}</article></main><section class=related><h2>Related</h2>"
        f"{card(TITLES[0])}</section><section><h2>Topics</h2>{card(TITLES[1])}</section>"
    )

    evidence = read_page(html.encode(), URL).evidence

    assert {(one.kind and str(one.kind), one.why) for one in evidence} == {
        ("related", ("named 'related'", "headed 'Related'")),
        (None, ("under the heading 'Topics'",)),
    }


def test_the_labelled_pages_are_read_as_well_as_before() -> None:
    if not SHARED.exists():
        pytest.skip("the labelled pages are not here")
    right = claimed = labelled = 0
    for line in (SHARED / "labels.jsonl").read_text("utf-8").splitlines()[::4]:  # every fourth: 1.5 s less
        page = json.loads(line)
        links = read_page(gzip.decompress((SHARED / page["file"]).read_bytes()), page["url"]).article.links
        found = {canonical_url(link.url) for link in links if link.url and link.kind == "related"}
        wanted = {canonical_url(link["url"]) for link in page["links"] if link["kind"] == "related"}
        right, claimed, labelled = right + len(found & wanted), claimed + len(found), labelled + len(wanted)

    assert 2 * right / (claimed + labelled) > 0.93


def test_what_an_advertisement_s_label_stands_over_is_not_the_next_sentence_of_the_story() -> None:
    sentence = f"<p>{PROSE[3:-4]} It follows {link('Bridge plan meets protest')} of last week.</p>"

    assert kinds_of(within=f"<div><b>Advertisement</b></div>{sentence}") == {"inline": 1}


def test_the_heading_of_a_block_is_no_story_of_it() -> None:
    block = f'<div><a href="/news/county">More from the county</a>{cards()}</div>'

    assert kinds_of(block) == {"promoted": 3}


def test_what_a_newsletter_s_box_says_in_the_body_is_none_of_the_story_s_sentences() -> None:
    box = f'<div class="newsletter-box"><p>Read our {link("Privacy rules of the post")} before you sign up.</p></div>'

    assert kinds_of(within=box) == {}


def test_a_link_between_the_last_short_paragraphs_stands_amid_the_story() -> None:
    short = "<div class=text><p>The vote on the bridge is expected in May.</p></div>"
    long = f"<div class=text>{PROSE}</div>"
    story = f"<article>{long * 3}{short}<div>{link('Old mill to become a museum')}</div>{short}</article>"

    assert [link.kind for link in links_beside(story)] == ["related"]


def test_a_link_that_covers_its_card_has_the_words_of_the_card_s_heading() -> None:
    teaser = '<div><h4>Bridge plan meets protest</h4><a href="/news/bridge-plan-meets-protest-4700">Show</a></div>'

    assert [(link.kind, link.title) for link in links_of(within=teaser)] == [("related", "Bridge plan meets protest")]


def test_a_cover_without_words_has_those_of_the_heading_further_in() -> None:
    cover = '<a href="/news/bridge-plan-meets-protest-4700"></a>'
    card = f"<div>{cover}<div><div><h4>Bridge plan meets protest</h4><p>What the council says.</p></div></div></div>"

    assert [(link.kind, link.title) for link in links_of(within=card)] == [("related", "Bridge plan meets protest")]


def test_a_cover_has_the_words_of_a_card_that_a_label_stands_in() -> None:
    cover = '<a href="/news/bridge-plan-meets-protest-4700"></a>'
    card = f"<aside><div><h2>Bridge plan meets protest</h2><p>Read more</p></div>{cover}</aside>"

    assert [(link.kind, link.title) for link in links_of(within=card)] == [("related", "Bridge plan meets protest")]


def test_items_of_a_list_of_links_with_labels_stand_alone() -> None:
    items = "".join(f"<li><b>What happened there so far</b> {link(title)}</li>" for title in TITLES)

    assert kinds_of(within=f"<ul>{items}</ul>") == {"related": 3}


def test_paragraphs_that_are_wrapped_one_by_one_are_a_story_and_a_list_between_them_stands_amid_it() -> None:
    wrapped = f"<div class=box><p><span class=text>{PROSE[3:-4]}</span></p></div>"
    story = f"<article>{wrapped * 3}<div class=box><ul><li>{link(TITLES[0])}</li></ul></div></article>"

    assert [one.kind for one in links_beside(story)] == ["related"]


def test_a_teaser_of_another_site_is_believed_where_those_of_the_own_site_look_like_it() -> None:
    other = '<div><a class="teaser" href="https://mill.example/news/mill-by-the-river-4700">Mill by the river</a></div>'
    own = other.replace("https://mill.example", "").replace("4700", "4701")

    assert kinds_of(within=f"{other}{PROSE}{own}") == {"related": 2}
    assert kinds_of(within=other) == {}


def test_what_is_paid_for_is_no_link_of_its_block() -> None:
    paid = f'<div class="card"><span>Sponsored</span><h3>{link("Homes by the river")}</h3></div>'

    found = links_of(f"<section><h2>Read more</h2>{cards()}{paid}</section>")

    assert [one.title for one in found] == list(TITLES)


def test_a_card_does_not_grow_over_the_paragraphs_around_it() -> None:
    within = (
        f"<div><h3>What the council said</h3>{PROSE * 2}<p>Read more: {link('Bridge plan meets protest')}</p></div>"
    )

    assert [(one.title, one.teaser) for one in links_of(within=within)] == [("Bridge plan meets protest", None)]


def test_one_story_under_an_address_with_a_slash_and_without_is_one_link() -> None:
    block = f'<section><h2>Related</h2>{link("Bridge plan")}<a href="/news/bridge-plan-4700/">Bridge plan</a></section>'

    assert len(links_of(block)) == 1


@pytest.mark.parametrize(
    "html",
    [
        f"<article>{PROSE * 2}{'<ul>' * 150}{link('Bridge plan') * 1_000}</article>",
        f"<article>{PROSE * 2}<ul>{f'<li>label of it {link(TITLES[0])}' * 2_000}</ul></article>",
        f"<article>{PROSE * 2}<div><h3>a</h3>{'<i></i>' * 20_000}{'<a href=/news/bridge-plan-4700></a>' * 1_000}</div>",
    ],
)
def test_links_without_end_in_one_place_are_read_in_bounded_time(html: str) -> None:
    begun = time.process_time()
    read_page(f"<h1>A story of some length</h1>{html}".encode(), URL)

    assert time.process_time() - begun < 2.0
