"""A polite crawler of related news stories.

What programs import from here is resolved at first use, so that `import crawler` costs nothing.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Article", "Link", "LinkKind", "__version__", "crawl", "extract", "load_graph"]

if TYPE_CHECKING:
    from crawler.extraction.page import extract
    from crawler.model.links import Link, LinkKind
    from crawler.model.records import Article
    from crawler.report.view import load_graph
    from crawler.running.crawl import crawl

_HOMES = {
    "Article": "crawler.model.records",
    "Link": "crawler.model.links",
    "LinkKind": "crawler.model.links",
    "crawl": "crawler.running.crawl",
    "extract": "crawler.extraction.page",
    "load_graph": "crawler.report.view",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'crawler' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
