"""How the three papers of the demo lay out an article: each as real pages do, with what is around the story.

- the Daily: JSON-LD; related stories in a block at the end, the first of them announced once more above it
- the Courier: OpenGraph; related stories as teasers between the paragraphs, a grid of recommendations
- the Herald: plain meta tags, a date in words; related stories in a list at the end, and a trap: its
  `div.related-news` is the ranking of what is read most
"""

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta, timezone
from html import escape

from crawler.demo.plan import COURIER, DAILY, HERALD, HOSTS, DemoArticle, Plan

NAMES = {HOSTS[DAILY]: "The Ansgar Daily", HOSTS[COURIER]: "Northern Courier", HOSTS[HERALD]: "Valley Herald"}
SECTIONS = ("World", "City", "Business", "Science", "Environment", "Culture", "Life")
IMAGE_PATH = "/images/photo.svg"
_LOCAL = timezone(timedelta(hours=1))  # where the Daily is published

_NEWSLETTER = """<section class="newsletter-signup"><h3>Get our morning briefing</h3>
<form action="/newsletter" method="post"><input type="email" name="email" placeholder="Your email address">
<button>Sign up</button></form><p>You can leave the list at any time.</p></section>"""
_ADVERT = """<div class="ad-slot" data-slot="mid"><span>Advertisement</span>
<a href="http://ads.example/click?id=17" rel="sponsored nofollow">Boots that outlast the road</a></div>"""
_SHARE = """<ul class="share-row"><li><a href="http://share.example/a">Share</a></li>
<li><a href="http://share.example/b">Post</a></li><li><a href="mailto:?subject=Read">E-mail</a></li></ul>"""


def article_page(article: DemoArticle, plan: Plan) -> str:
    """The page of an article in the layout of its paper."""
    layouts: dict[str, Callable[[DemoArticle, Plan], str]] = dict(zip(HOSTS, (_daily, _courier, _herald), strict=True))
    return layouts[article.host](article, plan)


def listing_page(host: str, heading: str, articles: Sequence[DemoArticle]) -> str:
    """A front page, a section or a tag: links to articles, and no article itself."""
    teasers = "\n".join(
        f'<div class="teaser"><h2><a href="{escape(article.url)}">{escape(article.title)}</a></h2>'
        f"<p>{escape(article.teaser)}</p></div>"
        for article in articles
    )
    head = '<meta property="og:type" content="website">'
    return _page(host, heading, f"<h1>{escape(heading)}</h1>\n{teasers}", head=head)


def plain_page(host: str, heading: str, sentence: str) -> str:
    """A page of one sentence."""
    return _page(host, heading, f"<h1>{escape(heading)}</h1>\n<p>{escape(sentence)}</p>")


def _page(host: str, title: str, main: str, *, head: str = "", language: str = "en", charset: str = "utf-8") -> str:
    sections = "\n".join(f'<li><a href="/section/{name.lower()}/">{name}</a></li>' for name in SECTIONS)
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="{charset}">
<title>{escape(title)} | {NAMES[host]}</title>
<meta name="viewport" content="width=device-width">
{head}
<style>body {{ font: 1.1rem/1.5 serif }} .ad-slot {{ min-height: 5rem }}</style>
</head>
<body>
<header class="masthead"><a class="logo" href="/">{NAMES[host]}</a>
<nav aria-label="Sections"><ul>
{sections}
</ul></nav></header>
{main}
<footer class="site-footer"><p>© 2026 {NAMES[host]}</p>
<ul><li><a href="/about">About us</a></li><li><a href="/about#terms">Terms of use</a></li></ul></footer>
</body>
</html>
"""


def _daily(article: DemoArticle, plan: Plan) -> str:
    local = article.published_at.astimezone(_LOCAL)
    facts = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "description": article.teaser,
        "datePublished": local.isoformat(),
        "author": [{"@type": "Person", "name": name} for name in article.authors],
        "articleSection": article.section,
        "keywords": list(article.tags),
        "image": f"http://{article.host}{IMAGE_PATH}",
        "publisher": {"@type": "Organization", "name": NAMES[article.host]},
        "mainEntityOfPage": article.url,
    }
    ld_json = json.dumps(facts, ensure_ascii=False).replace("</", "<\\/")
    head = f"""<link rel="canonical" href="{escape(article.url)}">
<meta name="description" content="{escape(article.teaser)}">
<script type="application/ld+json">{ld_json}</script>"""
    related = _daily_cards(article.related, plan)
    announced = "".join(_anchor(url, plan) for url in article.related[:1])
    explore = f'<p class="explore-further">Explore further: {announced}</p>' if announced else ""
    main = f"""<main><article class="news-article">
<p class="kicker"><a href="/section/{article.section.lower()}/">{article.section}</a></p>
<h1>{escape(article.title)}</h1>
<p class="article-byline">by {escape(_joined(article.authors))}</p>
<p class="article-date">{_american(local.date())}</p>
{_figure(article)}
{_SHARE}
<div class="article-body">
{_paragraphs(article, {3: _ADVERT})}
</div>
{explore}
{_tags(article)}
</article>
<section class="related-stories"><h3>Related Stories</h3>
{related}
</section>
<section class="recommended"><h3>Recommended for you</h3>
{_daily_cards(article.recommended, plan)}
</section>
{_NEWSLETTER}
</main>
<aside class="sidebar"><h3>Most read</h3>
{_ranking(article, plan)}
</aside>"""
    return _page(article.host, article.title, main, head=head, language=article.language)


def _daily_cards(urls: Sequence[str], plan: Plan) -> str:
    return "\n".join(
        f'<article class="story-card"><h4>{_anchor(url, plan)}</h4>'
        f'<p class="story-date">{_american(plan.cards[url].day)}</p><p>{escape(plan.cards[url].teaser)}</p></article>'
        for url in urls
    )


def _courier(article: DemoArticle, plan: Plan) -> str:
    at = article.published_at
    authors = "\n".join(f'<meta property="article:author" content="{escape(name)}">' for name in article.authors)
    tags = "\n".join(f'<meta property="article:tag" content="{escape(tag)}">' for tag in article.tags)
    head = f"""<link rel="canonical" href="{escape(article.url)}">
<meta property="og:type" content="article">
<meta property="og:title" content="{escape(article.title)}">
<meta property="og:description" content="{escape(article.teaser)}">
<meta property="og:url" content="{escape(article.url)}">
<meta property="og:image" content="http://{article.host}{IMAGE_PATH}">
<meta property="og:site_name" content="{NAMES[article.host]}">
<meta property="article:published_time" content="{at:%Y-%m-%dT%H:%M:%SZ}">
<meta property="article:section" content="{article.section}">
{authors}
{tags}"""
    label = "関連記事" if article.language == "ja" else "Read also"
    teasers = [
        f'<aside class="inline-teaser"><span class="inline-teaser__label">{label}</span>'
        f"<strong>{_anchor(url, plan)}</strong></aside>"
        for url in article.related
    ]
    inserts = dict(enumerate(teasers, 1))
    grid = "\n".join(
        f'<li><a href="{escape(url)}"><img src="{IMAGE_PATH}" alt=""></a>{_anchor(url, plan)}</li>'
        for url in article.recommended
    )
    main = f"""<main><article itemscope>
<header><h1>{escape(article.title)}</h1>
<p class="standfirst">{escape(article.teaser)}</p>
<div class="meta"><span class="author">{escape(_joined(article.authors))}</span>
<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{at.day} {at:%b %Y, %H:%M} UTC</time></div></header>
{_figure(article)}
<div class="story-text">
{_paragraphs(article, inserts)}
</div>
{_SHARE}
{_tags(article)}
</article>
{_ADVERT}
<section class="you-may-like"><h2>You may also like</h2><ul class="grid">
{grid}
</ul></section>
{_NEWSLETTER}
</main>
<aside class="rail"><h2>Most popular</h2>
{_ranking(article, plan)}
</aside>"""
    return _page(article.host, article.title, main, head=head, language=article.language, charset=article.charset)


def _herald(article: DemoArticle, plan: Plan) -> str:
    day = article.published_at.date()
    head = f"""<meta name="description" content="{escape(article.teaser)}">
<meta name="author" content="{escape(_joined(article.authors))}">
<meta name="date" content="{day.isoformat()}">"""
    related = "\n".join(
        f'<li>{_anchor(url, plan)} <span class="when">{_british(plan.cards[url].day)}</span></li>'
        for url in article.related
    )
    main = f"""<div class="columns"><div class="main-column">
<div class="story"><h1>{escape(article.title)}</h1>
<p class="byline">By {escape(_joined(article.authors))}</p>
<p class="dateline">{day:%A}, {_british(day)}</p>
{_figure(article)}
{_paragraphs(article, {4: _NEWSLETTER})}
</div>
<div class="story-links"><h2>More on this story</h2><ul>
{related}
</ul></div>
{_tags(article)}
{_SHARE}
</div>
<div class="side-column"><div class="related-news"><h2>Most read</h2>
{_ranking(article, plan)}
</div>
{_ADVERT}
</div></div>"""
    return _page(article.host, article.title, main, head=head, language=article.language, charset=article.charset)


def _paragraphs(article: DemoArticle, inserts: dict[int, str]) -> str:
    """The text, with what stands behind the paragraph of a number; what is left over follows the last one."""
    lines = []
    for number, paragraph in enumerate(article.paragraphs):
        text = escape(paragraph, quote=False)
        if article.inline is not None:
            phrase, url = article.inline
            text = text.replace(phrase, f'<a href="{escape(url)}">{phrase}</a>')
        lines.append(f"<p>{text}</p>")
        if number in inserts:
            lines.append(inserts[number])
    return "\n".join(lines)


def _figure(article: DemoArticle) -> str:
    if not article.caption:
        return ""
    return (
        f'<figure><img src="{IMAGE_PATH}" alt="" width="640" height="360">'
        f"<figcaption>{escape(article.caption)}</figcaption></figure>"
    )


def _tags(article: DemoArticle) -> str:
    links = " ".join(f'<a rel="tag" href="{tag_path(tag)}">{escape(tag)}</a>' for tag in article.tags)
    return f'<p class="tags">Topics: {links}</p>' if links else ""


def _ranking(article: DemoArticle, plan: Plan) -> str:
    lines = "\n".join(f"<li>{_anchor(url, plan)}</li>" for url in plan.most_read[article.host])
    return f"<ol>\n{lines}\n</ol>"


def _anchor(url: str, plan: Plan) -> str:
    return f'<a href="{escape(url)}">{escape(plan.cards[url].title)}</a>'


def tag_path(tag: str) -> str:
    """Where a paper lists the articles of a tag."""
    return f"/tag/{tag.lower().replace(' ', '-')}/"


def _joined(names: Sequence[str]) -> str:
    return " and ".join(names)


def _american(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _british(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
