"""Addresses: how a link becomes one we may ask for, and how two addresses are told to mean the same page.

Parsing is the WHATWG URL Standard's (living, read 2026-11), by ada. What is ours is the canonical spelling on top.
"""

import hashlib
import ipaddress
import re
from collections.abc import Callable
from functools import cache, lru_cache, wraps
from typing import NamedTuple

import ada_url
from publicsuffixlist import PublicSuffixList

MAX_URL_CHARS = 4096  # servers refuse more (RFC 9110, 4.1 asks for 8,000 octets); longer ones are scripts or traps

MAX_KEPT_CHARS = 400  # of what is remembered; real addresses have about 100, and 65,536 of 4,096 would take 540 MB

TRACKING_PREFIXES = ("utm_", "at_custom", "hsa_", "itm_", "mtm_", "ns_", "pk_", "vero_", "wt_")
TRACKING_NAMES = frozenset(
    "__twitter_impression _ga _gl _hsenc _hsmi at_campaign at_campaign_type at_link_id at_link_origin at_link_type "
    "at_medium at_ptr_name cmpid cmp ctrack dclid fbclid ftag gaa_at gbraid gclid gclsrc guccounter icid igsh igshid "
    "intcid ito mc_cid mc_eid mkt_tok msclkid ocid oly_anon_id oly_enc_id ref_src ref_url s_cid s_kwcid smid "
    "soc_src soc_trk spm srsltid sthash taid traffic_source ttclid twclid wbraid xtor yclid zanpid".split()
)  # names that tell where a reader came from; generic ones (`ref`, `source`, `src`) sometimes choose the page, so stay


_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAIN = re.compile(  # an address that is its own canonical spelling; host and path hold nothing to fold or escape
    rf"https?://(?:(?:(?!xn--)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{{2,}}|{_BYTE}(?:\.{_BYTE}){{3}})"
    r"(?::(?!80/|443/)(?:[1-9][0-9]{1,3}|[1-5][0-9]{4}))?(?:/(?!\.)[A-Za-z0-9_.~,;:@!+*()=-]*)+"
)
_PLAIN_QUERY = re.compile(r"[!$-&(-;=?-~]*+")  # nothing that is escaped in one (WHATWG URL, special-query set)
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)  # of the visitor, never of the page


def remembered(most: int) -> Callable[[Callable[[str], str]], Callable[[str], str]]:
    """Keep the last answers of a function of an address or a host; those to texts that no real one is as long as are
    not kept, since strangers could fill hundreds of megabytes with them.
    """

    def remember(function: Callable[[str], str]) -> Callable[[str], str]:
        kept = lru_cache(maxsize=most)(function)

        @wraps(function)
        def ask(text: str) -> str:
            return kept(text) if len(text) <= MAX_KEPT_CHARS else function(text)

        return ask

    return remember


class Parts(NamedTuple):
    """The parts of an http(s) address that decide where it is asked."""

    scheme: str
    host: str  # lower case, punycode, IPv6 in brackets
    port: int
    target: str  # path and query


def resolve_url(reference: str, base: str | None = None) -> str | None:
    """The absolute http(s) address of a link, as it is sent: without fragment, user name and password.

    Args:
        reference: an `href` as the page writes it.
        base: the address of the page or its `<base>`; `None` where `reference` must be absolute.

    Returns:
        `None` where it is no address of the web: other schemes, bad hosts, more than `MAX_URL_CHARS`.
    """
    if len(reference) > MAX_URL_CHARS * 2:
        return None
    whole = f"{origin_of(base)}{reference}" if base and reference[:1] == "/" != reference[1:2] else reference
    address, mark, query = whole.partition("#")[0].partition("?")
    if len(whole) <= MAX_URL_CHARS and is_plain(address) and (not query or _PLAIN_QUERY.fullmatch(query)):
        return f"{address}{mark}{query}"  # the parser takes 25 us, most of them the adapter's
    try:
        url = ada_url.URL(reference, base=base) if base else ada_url.URL(reference)
        href = str(url.href)  # each part that is asked of ada costs 3 us, so the rest is read off this spelling
        if "@" in _authority(href):
            url.username = url.password = ""
            href = str(url.href)
    except ValueError:  # also UnicodeError, from lone surrogates
        return None
    if not href.startswith(("http://", "https://")) or len(href) > MAX_URL_CHARS:
        return None
    host = _authority(href)
    if ".." in host or host.startswith("."):
        return None
    return href.partition("#")[0]


@lru_cache(maxsize=2_048)  # asked as a link is resolved and as it is compared, and again for the same link elsewhere
def is_plain(url: str) -> bool:
    """Whether an address holds nothing that any rule would fold, drop or escape, which most links of pages do not."""
    return _PLAIN.fullmatch(url) is not None


def _authority(href: str) -> str:
    """Host and port of an address as ada spells it, with user and password where it has them."""
    return href.split("/", 3)[2] if href.count("/", 0, 9) >= 2 else ""


@remembered(65_536)  # each address passes several rooms; a line costs about 300 B
def canonical_url(url: str) -> str:
    """The one spelling we keep of an address, which is its identity key too. Idempotent.

    Scheme and host are folded; default port, fragment, tracking parameters and an empty query go; the query is
    sorted by name (repeated names keep their order). The case and the slashes of the path stay: they choose pages.

    Raises:
        ValueError: `url` is no http(s) address; `resolve_url` never returns such a one.
    """
    resolved = resolve_url(url)
    if resolved is None:
        raise ValueError(f"not an http(s) address: {url[:200]!r}")
    address, mark, query = resolved.partition("?")
    address = _SESSION.sub("", address)
    host = _authority(address)
    if host.partition(":")[0].endswith("."):
        name, colon, port = host.partition(":")
        address = address.replace(host, f"{name.rstrip('.')}{colon}{port}", 1)
    if not mark:
        return address
    kept = sorted((p for p in query.split("&") if p and not _is_tracking(p)), key=_parameter_name)
    return f"{address}?{'&'.join(kept)}" if kept else address


def _parameter_name(parameter: str) -> str:
    return parameter.partition("=")[0]


def _is_tracking(parameter: str) -> bool:
    name = _parameter_name(parameter).lower()
    return name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES)


def fingerprint(text: str) -> bytes:
    """16 bytes of BLAKE2b: what "seen before" means. Hex in files."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@remembered(8_192)  # each edge of a page asks for its source and its target
def url_id(url: str) -> str:
    """The identity of the page at an address: the hex fingerprint of its canonical URL."""
    return fingerprint(canonical_url(url)).hex()


def split_url(url: str) -> Parts:
    """The parts of an address that `resolve_url` made, read off its spelling."""
    scheme, _, rest = url.partition("://")
    authority, slash, target = rest.partition("/")
    host, _, port = authority.rpartition(":") if not authority.endswith("]") else (authority, "", "")
    if not host:
        host, port = authority, ""
    return Parts(scheme, host, int(port) if port else (443 if scheme == "https" else 80), f"{slash}{target}" or "/")


def origin_of(url: str) -> str:
    """Scheme, host and port of an address: what a robots.txt belongs to (RFC 9309, 2.3)."""
    return "/".join(url.split("/", 3)[:3])


@remembered(16_384)
def host_of(url: str) -> str:
    """The host of an address without its port; IPv6 without brackets."""
    return split_url(url).host.strip("[]").rstrip(".")


def ip_address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host literally is; `None` where it is a name."""
    bare = host.strip("[]")
    if not bare[-1:].isdigit() and ":" not in bare:
        return None  # nearly all; `ipaddress` takes 10 us to refuse one
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        return None


@remembered(16_384)
def site_of_host(host: str) -> str:
    """The unit of politeness: the registrable domain by the public suffix list, an IP address as it is.

    The list's private section counts (`a.github.io` and `b.github.io` are two sites).
    """
    host = host.strip("[]").rstrip(".")
    if ip_address_of(host) is not None:
        return host
    return _suffixes().privatesuffix(host) or host


def site_of(url: str) -> str:
    """The site of an address; see `site_of_host`."""
    return site_of_host(host_of(url))


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()  # the list bundled with the library; 50 ms to load, so at first use


_NUMBERED = re.compile(  # a page of a site without names for its pages: WordPress, Joomla, and home-made ones
    r"(?:^|&)(?:p|page_?id|id|post|[ans]id|story_?id|article(?:_?id)?|artikel|news(?:_?id)?|idart)=\d"
)


def is_home_page(url: str) -> bool:
    """Whether an address is the front of its host: no page has it for a name of its own, nor a number ("/?p=123")."""
    path, _, query = split_url(url).target.lower().partition("?")
    is_front = path in ("", "/", "/index.html", "/index.htm", "/index.php", "/home", "/home/")
    return is_front and not (query and _NUMBERED.search(query))


def slug_of(url: str) -> str:
    """A short name for files about a page: the words of its address, else of its host."""
    words = re.findall(r"[a-z0-9]+", split_url(url).target.partition("?")[0].rpartition("/")[2].lower())
    return "-".join(words)[:60].strip("-") or "-".join(re.findall(r"[a-z0-9]+", host_of(url)))
