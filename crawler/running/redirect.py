"""Where a redirect leads: each hop is a lease of its own, through scope, robots, guard and pacing."""

import msgspec

from crawler.model.urls import resolve_url
from crawler.model.work import Answer, Target

MAX_REDIRECTS = 5  # RFC 9309, 2.3.1.2 asks that many for robots.txt; pages need no more


def next_hop(answer: Answer, source: Target) -> tuple[Target | None, str | None]:
    """Where a redirect leads as a lease of its own, or why it is not followed."""
    location = answer.header("location")
    if location is None:
        return None, f"status {answer.status} without a Location"
    url = resolve_url(location, answer.url)
    if url is None:
        return None, f"to {location[:200]!r}, which is no http(s) address"
    chain = (*source.chain, source.url)
    if url in chain:
        return None, f"a loop: back to {url}"
    if len(chain) > MAX_REDIRECTS:
        return None, f"more than {MAX_REDIRECTS} redirects"
    if source.url.startswith("https:") and url.startswith("http:"):
        return None, f"to {url}, away from TLS"
    return msgspec.structs.replace(source, url=url, chain=chain, front=True), None
