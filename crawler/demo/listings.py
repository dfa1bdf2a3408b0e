"""What the papers of the demo say of themselves: feeds in three forms, sitemaps, robots.txt."""

import json
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape

from crawler.demo.layouts import NAMES
from crawler.demo.plan import COURIER, DAILY, HERALD, HOSTS, DemoArticle

FEED_PATHS = {HOSTS[DAILY]: "/feed.xml", HOSTS[COURIER]: "/atom.xml", HOSTS[HERALD]: "/feed.json"}
SITEMAP_PATH = "/sitemap.xml"

ROBOTS = {  # the Herald has none
    HOSTS[DAILY]: f"""# Welcome. Please be gentle.
User-agent: *
Disallow: /dossiers/

User-agent: greedy-bot
Disallow: /

Sitemap: http://{HOSTS[DAILY]}{SITEMAP_PATH}
""",
    HOSTS[COURIER]: f"""User-agent: *
Disallow: /*?page=
Disallow: /locked/
Allow: /news/

Sitemap: http://{HOSTS[COURIER]}{SITEMAP_PATH}
""",
}


def rss(host: str, articles: Sequence[DemoArticle]) -> str:
    """RSS 2.0, with the address of an item a second time as its permanent id."""
    items = "\n".join(
        f"""<item><title>{escape(article.title)}</title><link>{escape(article.url)}</link>
<guid isPermaLink="true">{escape(article.url)}</guid><category>{escape(article.section)}</category>
<pubDate>{format_datetime(article.published_at)}</pubDate>
<description><![CDATA[<p>{escape(article.teaser)}</p>]]></description></item>"""
        for article in articles
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>{NAMES[host]}</title><link>http://{host}/</link>
<description>The newest of {NAMES[host]}</description>
{items}
</channel></rss>
"""


def atom(host: str, articles: Sequence[DemoArticle]) -> str:
    """Atom 1.0, with relative links."""
    entries = "\n".join(
        f"""<entry><title type="html">{escape(escape(article.title))}</title><id>{escape(article.url)}</id>
<link rel="alternate" type="text/html" href="{escape(article.url.removeprefix(f"http://{host}"))}"/>
<published>{article.published_at.isoformat()}</published><updated>{article.published_at.isoformat()}</updated>
<summary>{escape(article.teaser)}</summary></entry>"""
        for article in articles
    )
    newest = max(article.published_at for article in articles)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>{NAMES[host]}</title><id>http://{host}/</id>
<link rel="self" href="http://{host}{FEED_PATHS[host]}"/><updated>{newest.isoformat()}</updated>
{entries}
</feed>
"""


def json_feed(host: str, articles: Sequence[DemoArticle]) -> str:
    """JSON Feed 1.1."""
    items = [
        {
            "id": article.url,
            "url": article.url,
            "title": article.title,
            "summary": article.teaser,
            "date_published": article.published_at.isoformat(),
        }
        for article in articles
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": NAMES[host],
        "home_page_url": f"http://{host}/",
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def news_sitemap(host: str, articles: Sequence[DemoArticle]) -> str:
    """All articles of a paper, with titles and dates."""
    urls = "\n".join(
        f"""<url><loc>{escape(article.url)}</loc><news:news><news:publication><news:name>{NAMES[host]}</news:name>
<news:language>{article.language}</news:language></news:publication>
<news:publication_date>{article.published_at.isoformat()}</news:publication_date>
<news:title>{escape(article.title)}</news:title></news:news></url>"""
        for article in articles
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
{urls}
</urlset>
"""
