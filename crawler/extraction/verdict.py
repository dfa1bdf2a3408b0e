"""Whether a page is an article, and if not, what it is: said once, as a reason a person can check."""

from crawler.extraction.heads import Heads
from crawler.extraction.jsonld import is_article, types_of
from crawler.extraction.metadata import Metadata
from crawler.extraction.notices import asks_consent, names_wall, says_missing
from crawler.extraction.text import MIN_TEXT_LENGTH
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import fold
from crawler.model.urls import is_home_page

FEW_TEASERS = 3  # links on a page without text: a front
MANY_TEASERS = 25  # links outside the text of a page that neither date nor author vouches for
MIN_ARTICLE_LENGTH = 250  # of a text that no date, author or declared type vouches for
MAX_MISSING_LENGTH = 1_500  # of a page that says it is not there; a story about a missing page is longer
MAX_WALL_LENGTH = 400  # of the text before a wall; with more of it there is an article to read
MAX_WALL_CHARS = 6_000  # of what is shown that is looked at for the words of a wall
MIN_PICTURES = 6  # with captions, of a gallery
MAX_LENGTH_A_PICTURE = 100  # of the text of a gallery; with more of it the pictures illustrate a story

_OPENGRAPH_FRONTS = frozenset({"website", "profile", "blog", "object"})
_GALLERIES = frozenset({"ImageGallery", "MediaGallery"})  # schema.org
_LISTS = frozenset({"CollectionPage", "SearchResultsPage", "ItemList", "ProfilePage"})


def why_not(
    length: int, said: Metadata, heads: Heads, tree: Tree, body: Node | None, *, offered: int, url: str
) -> str | None:
    """Why the page is no article; `None` where it is one, or where nothing speaks against it.

    Args:
        length: about how many letters of English its text has; 0: it has none.
        body: the container of the text.
        offered: links to stories outside sentences.
        url: its address.
    """
    if said.title is None and not length:
        return "empty: neither title nor text"
    if length < MAX_MISSING_LENGTH and said.title and said.published_on is None and says_missing(fold(said.title)):
        return f"soft 404: {said.title[:80]!r}"
    if "LiveBlogPosting" in types_of(heads.article):
        return "live ticker: its JSON-LD is of a live blog"
    if length < MAX_WALL_LENGTH and (wall := _wall(length, said, tree)):
        return wall
    if is_home_page(url):
        return "front: the home page of its host"
    types = {name for thing in heads.things for name in types_of(thing)}
    calls_itself_article = any(map(is_article, heads.things))
    if not calls_itself_article and not _LISTS.isdisjoint(types) and said.published_on is None:
        return "front: it calls itself a list"
    if not calls_itself_article and not _GALLERIES.isdisjoint(types):
        return "gallery: it calls itself one"
    is_vouched = said.published_on is not None or bool(said.authors) or said.kind == "article"
    if length < MIN_TEXT_LENGTH:
        return "front: links and no text" if offered >= FEW_TEASERS and not is_vouched else "no text"
    if (pictures := _pictures(tree, body)) >= MIN_PICTURES and length < MAX_LENGTH_A_PICTURE * pictures:
        return f"gallery: {pictures} pictures and little text"
    return None if is_vouched else _front(length, said, offered)


def _wall(length: int, said: Metadata, tree: Tree) -> str | None:
    shown = fold(tree.root.text()[:MAX_WALL_CHARS])
    if asks_consent(shown) and said.published_on is None and not said.authors:
        return "consent: the page asks for consent and shows nothing else"
    if said.paywalled is not False and (said.paywalled or not length) and names_wall(shown):
        return "paywall: the page shows only that the article is for subscribers"
    return None


def _pictures(tree: Tree, body: Node | None) -> int:
    """Pictures with captions in the body."""
    return sum(1 for node in tree.inside(body) if node.tag == "figcaption" and node.chars) if body is not None else 0


def _front(length: int, said: Metadata, offered: int) -> str | None:
    """Of a page that neither date nor author vouches for."""
    if said.kind in _OPENGRAPH_FRONTS and length < 4 * MIN_ARTICLE_LENGTH:
        return f"front: og:type {said.kind!r}, no date, no author, little text"
    if length < MIN_ARTICLE_LENGTH or offered > MANY_TEASERS:
        return "front: no date, no author, and more links than text"
    return None
