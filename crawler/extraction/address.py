"""The address that a saved page says is its own."""

from crawler.extraction.decode import in_utf8
from crawler.extraction.guard import DangerError, parsed, safe_html
from crawler.model.urls import resolve_url

_DECLARATIONS = (('link[rel~="canonical" i][href]', "href"), ('meta[property="og:url"][content]', "content"))


def declared_address(html: bytes) -> str | None:
    """The canonical address of a page, else its `og:url`; None where it declares no absolute http(s) address."""
    try:
        parser = parsed(safe_html(in_utf8(html, None)))
    except DangerError:
        return None
    for selector, attribute in _DECLARATIONS:
        node = parser.css_first(selector)
        if node is not None and (url := resolve_url((node.attributes.get(attribute) or "").strip())) is not None:
            return url
    return None
