"""Why each link of a page was taken, and why each other one was not: for people, so it may cost a second parse."""

from datetime import datetime
from typing import NamedTuple

from crawler.extraction.anchors import judge_links
from crawler.extraction.article import find_layout
from crawler.extraction.decode import in_utf8
from crawler.extraction.guard import DangerError, safe_html
from crawler.extraction.heads import Heads
from crawler.extraction.page import Page, read_page
from crawler.extraction.tree import Tree
from crawler.extraction.wording import clean

MAX_TEXT_CHARS = 120


class LeftLink(NamedTuple):
    """A link that was not taken."""

    url: str | None  # None: it leads to no page
    text: str
    why: str


class Explanation(NamedTuple):
    """A page and the links that it was read without."""

    page: Page
    left: tuple[LeftLink, ...]  # in the order of the page, each address once
    unread: int  # links in menus and footers, whose elements are never looked into


def explain_page(
    html: bytes, url: str, content_type: str | None = None, *, fetched_at: datetime | None = None
) -> Explanation:
    """What `read_page` found, and every other link with the reason why it was left.

    Raises:
        ValueError: `url` is no http(s) address.
    """
    page = read_page(html, url, content_type, fetched_at=fetched_at)
    try:
        tree = Tree(safe_html(in_utf8(html, content_type)))
    except DangerError:
        return Explanation(page, (), 0)
    heads = Heads(tree.parser, url)
    regions = find_layout(tree, heads).regions
    taken = {link.url for link in page.article.links}
    told = {one.url: one.why[0] for one in page.evidence if one.kind is None and one.why}
    left: dict[str, LeftLink] = {}
    for node, address, judged in judge_links(tree, url, heads.base):
        if address not in taken:
            why = regions.refused.get(node.at) or judged or told.get(address) or "no heading calls it related"
            link = LeftLink(address, clean(node.text() or node.get("title"))[:MAX_TEXT_CHARS], why)
            left.setdefault(address or f"{node.at}", link)
    read = sum(1 for node in tree.find("a") if node.get("href"))
    return Explanation(page, tuple(left.values()), max(0, len(tree.parser.css("a[href]")) - read))
