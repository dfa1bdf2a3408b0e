"""`config.toml` as frozen values: every default, unit, bound and reason. Reads nothing else and decides nothing."""

import difflib
import ipaddress
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from crawler.errors import ConfigError
from crawler.model.links import PAGE_KINDS, LinkKind
from crawler.model.urls import resolve_url, site_of

MIB = 1024 * 1024
MOST_SHOWN_CHARS = 200  # of a wrong value or key, in a complaint
MAX_GAP_S = 3600  # a site that wants more is better left out
Positive = Annotated[int, msgspec.Meta(ge=1)]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)
MAIL_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+\.[\w-]+", re.ASCII)  # RFC 5322, 3.4.1, without quotes
WEB_ADDRESS = re.compile(r"https?://[!-'*-\[\]-~]+\.[!-'*-\[\]-~]+", re.IGNORECASE)  # no brackets: it stands in some


class Listing(StrEnum):
    """Where a site lists its own stories."""

    FEEDS = "feeds"  # that the page of a seed names
    SITEMAPS = "sitemaps"  # that the robots.txt of a seed's site names, or /sitemap.xml


class CrawlConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is followed, and when a run ends."""

    seeds: str = "seeds"  # a file or folder, from the folder of the config file
    max_articles: Positive | None = None  # None: 2,000 a run for the seeds of the config, 200 for those of the command
    max_depth: Annotated[int, msgspec.Meta(ge=0)] | None = None  # hops from a seed; None: 3, or 2
    deadline: str | None = None
    follow: tuple[LinkKind, ...] = (LinkKind.RELATED,)
    write: tuple[LinkKind, ...] = (LinkKind.RELATED, LinkKind.RECOMMENDED, LinkKind.INLINE)
    discover: tuple[Listing, ...] = ()  # what is looked for on the seeds' sites beside the seeds themselves
    scope: tuple[str, ...] = ()  # sites beside those of the seeds
    stay: bool = False  # never one hop outside the scope
    visits_at_once: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 64  # more was measured to gain nothing on two cores
    max_wait_s: Annotated[float, msgspec.Meta(ge=0)] = 600.0  # a cron run should end rather than wait for one site
    grace_s: Annotated[float, msgspec.Meta(ge=0)] = 30.0  # as long as one exchange may take


class IdentityConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks."""

    contact: str | None = None  # a mail address or a URL; goes to the sites that are asked, nowhere else
    operator: str | None = None  # a name for the archive, to be read by whoever gets it


class PolitenessConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How gently sites are asked."""

    gap_s: Annotated[float, msgspec.Meta(ge=0, le=MAX_GAP_S)] = (
        5.0  # what news publishers' own Crawl-delay lines ask most
    )
    daily_requests: Positive = 2000  # to a site, over all runs that share the ledger
    ledger: str | None = None  # None: hosts.db in the user's state folder
    allow_networks: tuple[str, ...] = ()
    keep_reserved_texts: bool = False


class FetchConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one exchange."""

    exchange_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 30.0
    connect_s: Annotated[float, msgspec.Meta(gt=0, le=120)] = 10.0
    max_page_bytes: Positive = 10 * MIB  # decoded; the largest of 258 real pages had 2 MiB
    max_sitemap_bytes: Positive = 50 * MIB  # decoded, and unpacked: what sitemaps.org allows a sitemap
    extraction_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 5.0  # a thousand times what a real page takes
    workers: Annotated[int, msgspec.Meta(ge=0, le=64)] | None = None  # None: cores + 1; 0: in this process


class RevisitConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for again by runs from the seeds of the config."""

    articles: bool = True  # false: feeds, sitemaps and section pages only


class StoreConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How the output lies on the disk."""

    roll_bytes: Annotated[int, msgspec.Meta(ge=MIB)] | None = None  # None: one file for all
    compress: bool = False
    archive: bool = False
    archive_roll_bytes: Annotated[int, msgspec.Meta(ge=MIB)] = 1024 * MIB  # WARC 1.1, annex C, recommends it
    min_free_bytes: Annotated[int, msgspec.Meta(ge=0)] = 256 * MIB  # room for a group, its log and the database's


class ExpectConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a run must bring, else it exits with 4."""

    new_articles: Positive | None = None
    sources: dict[str, Positive] = {}  # seed: least new articles
    silent_days: Positive = 30  # told in the summary and in status, and no failure: some feeds sleep for a season


class SiteConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What differs for one site."""

    gap_s: Annotated[float, msgspec.Meta(ge=0, le=MAX_GAP_S)] | None = None


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a run. Paths are resolved against `folder`, the folder of the config file."""

    crawl: CrawlConfig = CrawlConfig()
    identity: IdentityConfig = IdentityConfig()
    politeness: PolitenessConfig = PolitenessConfig()
    fetch: FetchConfig = FetchConfig()
    revisit: RevisitConfig = RevisitConfig()
    store: StoreConfig = StoreConfig()
    expect: ExpectConfig = ExpectConfig()
    site: dict[str, SiteConfig] = {}
    folder: Path = Path()

    @property
    def seeds_path(self) -> Path:
        return self.folder / self.crawl.seeds

    @property
    def networks(self) -> tuple[Network, ...]:
        return tuple(network_of(network) for network in self.politeness.allow_networks)

    @property
    def deadline_s(self) -> float | None:
        return None if self.crawl.deadline is None else duration_s(self.crawl.deadline)

    def gap_s(self, site: str) -> float:
        """The gap of one site, which its own table overrides."""
        rules = self.site.get(site)
        return self.politeness.gap_s if rules is None or rules.gap_s is None else rules.gap_s


SECTIONS: dict[str, type[msgspec.Struct]] = {
    "crawl": CrawlConfig,
    "identity": IdentityConfig,
    "politeness": PolitenessConfig,
    "fetch": FetchConfig,
    "revisit": RevisitConfig,
    "store": StoreConfig,
    "expect": ExpectConfig,
}


def read_config(path: Path) -> Config:
    """The settings of a config file.

    Raises:
        ConfigError: one line that names the file, the key, its value and what would be right.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; name another with --config, or leave it out") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: not valid TOML: nested too deeply") from error
    except ValueError as error:  # of tomllib, or of a number of thousands of digits
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    for name, table in tables.items():
        _check_known(str(path), "", name, [*SECTIONS, "site"])
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: {name} is {_shown(table)}; it must be a table, [{name}]")
    sections = {name: _table(str(path), name, tables.get(name, {}), section) for name, section in SECTIONS.items()}
    sites = {
        site: _table(str(path), f'site."{site}"', table, SiteConfig) for site, table in tables.get("site", {}).items()
    }
    config = Config(**sections, site=sites, folder=path.parent)  # type: ignore[arg-type]  # each has its section's type
    _check(config, str(path))
    return config


def overridden(config: Config, given: Mapping[str, Any]) -> Config:
    """A config with what the command says on top, by the names of its options; other names are left alone."""
    replace = msgspec.structs.replace
    crawl = {key: given[key] for key in ("max_articles", "max_depth", "deadline", "stay") if key in given}
    if "discover" in given:
        crawl["discover"] = tuple(Listing(kind) for kind in given["discover"])
    if "follow" in given:
        crawl["follow"] = tuple(LinkKind(kind) for kind in given["follow"])
    politeness: dict[str, Any] = {"gap_s": gap_of(given["gap"])} if "gap" in given else {}
    if "allow_network" in given:
        politeness["allow_networks"] = (*config.politeness.allow_networks, *given["allow_network"])
    identity = {"contact": given["contact"]} if "contact" in given else {}
    return replace(
        config,
        crawl=replace(config.crawl, **crawl),
        politeness=replace(config.politeness, **politeness),
        identity=replace(config.identity, **identity),
    )


def _check(config: Config, source: str) -> None:
    """What no single type can say."""
    words: list[tuple[str, str | None, Callable[[str], object]]] = [
        ("crawl.deadline", config.crawl.deadline, duration_s),
        ("crawl.seeds", config.crawl.seeds, path_of),
        ("identity.contact", config.identity.contact or None, contact_of),  # empty, it is still to be filled in
        ("politeness.ledger", config.politeness.ledger, path_of),
        *(("crawl.scope", name, site_named) for name in config.crawl.scope),
        *(("site", name, exact_site) for name in config.site),
        *(("politeness.allow_networks", network, network_of) for network in config.politeness.allow_networks),
    ]
    for name, text, parse in words:
        try:
            if text is not None:
                parse(text)
        except ValueError as error:
            raise ConfigError(f"{source}: {name} has {_shown(text)}; {error}") from error
    for name in ("follow", "write"):
        for kind in getattr(config.crawl, name):
            if kind not in PAGE_KINDS:
                kinds = ", ".join(PAGE_KINDS)
                raise ConfigError(f"{source}: crawl.{name} has {str(kind)!r}; it must be among {kinds}")


def duration_s(text: str) -> float:
    """Seconds of a duration such as `5s`, `20m` or `1h30m`.

    Raises:
        ValueError: it is none, or nothing long.
    """
    found = DURATION.fullmatch(text.strip())
    seconds = sum(int(n or 0) * unit for n, unit in zip(found.groups(), (3600, 60, 1), strict=True)) if found else 0
    if seconds <= 0:
        raise ValueError("write a duration such as 5s, 20m or 1h30m")
    return float(seconds)


def network_of(text: str) -> Network:
    """A network such as `127.0.0.0/8`, or a single address.

    Raises:
        ValueError: it is none.
    """
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"{error}; write a network such as 127.0.0.0/8") from None


def contact_of(text: str) -> str:
    """Who owners of sites may write to: a mail address or a URL, as it goes into a header.

    Raises:
        ValueError: it is neither, or not in ASCII.
    """
    if MAIL_ADDRESS.fullmatch(text) or WEB_ADDRESS.fullmatch(text):
        return text
    raise ValueError("write a mail address or a URL, such as you@example.org")


def gap_of(text: str) -> float:
    """Seconds between two requests.

    Raises:
        ValueError: it is no number from 0 to `MAX_GAP_S`.
    """
    gap_s = float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?|\.\d{1,9}", text, re.ASCII) else math.inf
    if gap_s > MAX_GAP_S:
        raise ValueError(f"write seconds, from 0 to {MAX_GAP_S}, such as 2.5")
    return gap_s


def path_of(text: str) -> Path:
    """A file or folder.

    Raises:
        ValueError: it cannot be one.
    """
    if not text or "\0" in text:
        raise ValueError("write the path of a file")
    return Path(text)


def site_named(text: str) -> str:
    """The site that a host of it, or an address of it, names.

    Raises:
        ValueError: it is neither.
    """
    host = f"[{text}]" if text.count(":") > 1 and "://" not in text and text[0] != "[" else text  # IPv6
    url = resolve_url(host if "://" in host else f"https://{host}/")
    if url is None or ("://" not in text and "/" in text):
        raise ValueError("write a site, such as example.org")
    return site_of(url)


def exact_site(text: str) -> str:
    """A site as it is itself named, since what is said of it is found by that name.

    Raises:
        ValueError: it is none, or an address or another host of one.
    """
    if (site := site_named(text)) != text:
        raise ValueError(f"pauses are kept by site; write {site}")
    return site


def address_of(text: str) -> str:
    """An absolute http(s) address.

    Raises:
        ValueError: it is none.
    """
    if (url := resolve_url(text)) is None:
        raise ValueError("no address of the web; write https://host/path")
    return url


def site_start_of(text: str) -> str:
    """The address where a site begins, of its name or of any address of it.

    Raises:
        ValueError: it is none.
    """
    url = resolve_url(text if "://" in text else f"https://{text}/") if "://" in text or "." in text else None
    if url is None:
        raise ValueError("write a site, or an address of it, such as example.org")
    return url


_Section = TypeVar("_Section", bound=msgspec.Struct)


def _table(source: str, name: str, table: Any, section: type[_Section]) -> _Section:
    if not isinstance(table, dict):
        raise ConfigError(f"{source}: {name} is {_shown(table)}; it must be a table, [{name}]")
    for key in table:
        _check_known(source, f"{name}.", key, section.__struct_fields__)
    for key, value in table.items():
        if isinstance(value, float) and math.isnan(value):  # passes any bound
            raise ConfigError(f"{source}: {name}.{key} is nan; it must be a number")
    try:
        return msgspec.convert(table, section)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        key = where.rstrip("`").partition("[")[0].partition(".")[0]
        raise ConfigError(f"{source}: {name}.{key} is {_shown(table.get(key))}; {_in_words(what, key)}") from error


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= MOST_SHOWN_CHARS else f"{shown[:MOST_SHOWN_CHARS]}..."


def _in_words(complaint: str, key: str) -> str:
    if complaint.startswith("Expected `"):
        expected = complaint.removeprefix("Expected `").partition(", got")[0].replace("`", "")
        types, _, bound = expected.partition(" ")
        words = {
            "str": "text",
            "int": "a whole number",
            "float": "a number",
            "bool": "true or false",
            "array": "a list",
        }
        return f"it must be {words.get(types, types)} {bound if bound[:1] in '<>' else ''}".rstrip()
    if complaint.startswith("Invalid enum value"):
        if key == "discover":
            return f"it must be among {', '.join(Listing)}"
        return f"it must be among {', '.join(PAGE_KINDS)}"
    return complaint


def _check_known(source: str, prefix: str, key: str, known: Any) -> None:
    if key in known:
        return
    near = difflib.get_close_matches(key, list(known), n=1)
    hint = f"did you mean {prefix}{near[0]}?" if near else f"known are {', '.join(known)}"
    raise ConfigError(f"{source}: {prefix}{key[:MOST_SHOWN_CHARS]} is no known key; {hint}")
