"""Links that lead through a redirector: the address they hold inside, which is the story's."""

import re
from urllib.parse import parse_qsl, unquote

MAX_HOPS = 3  # of redirectors in redirectors

_HOLDERS = frozenset("u q to url uri goto dest destination link href target redirect redir redirect_url out z".split())
_FOLDERS = re.compile(  # of an address that sends on; sharing (`sharer.php`, `intent`) does not
    r"/(?:url|redirect|redir|redirector|out|outbound|outgoing|away|exit|leave|external|go|goto|jump|click|clicks|clk|"
    r"l|l\.php|track|tracking|link|links|r|rd|ck)(?:\.[a-z]+)?(?:/|$)"
)
_HOSTS = re.compile(r"(?:^|\.)(?:l|lm|out|outbound|click|clicks|clk|track|redirect|redir|go|safelinks)\.")
_TAIL = re.compile(r"/(https?:/{1,2}.+)$")  # the address as the rest of the path
_AMP = re.compile(r"^https?://(?:www\.google\.[a-z.]+/amp|[a-z0-9-]+\.cdn\.ampproject\.org/[acv])/(s/)?(.+)$")


def unwrapped(url: str) -> str:
    """The address inside a redirector's address, else `url` itself. Asks nobody: what only a server knows stays.

    Args:
        url: absolute; what it holds is not resolved yet.
    """
    for _ in range(MAX_HOPS):
        if not _may_wrap(url) or (inner := _inner(url)) is None:
            break
        url = inner
    return url


def _may_wrap(url: str) -> bool:
    """Whether it holds another address at all: of most it is told at once."""
    return "http" in url[8:] or "/amp/" in url or "ampproject" in url


def _inner(url: str) -> str | None:
    if amp := _AMP.match(url):
        return f"http{'s' if amp[1] else ''}://{amp[2]}"
    host, _, rest = url.partition("://")[2].partition("/")
    path, _, query = f"/{rest}".partition("?")
    if not _FOLDERS.search(path.lower()) and not _HOSTS.search(host.lower()):
        return None
    for name, value in parse_qsl(query, max_num_fields=100) if query.count("&") < 100 else ():
        if name.lower() in _HOLDERS and value.startswith(("http://", "https://")):
            return value
    tail = _TAIL.search(unquote(path))
    return tail[1].replace(":/", "://", 1).replace(":///", "://", 1) + (f"?{query}" if query else "") if tail else None
