"""What has to be open before anyone is asked: who we are, the way to the web, the politeness of the machine."""

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterable
from functools import lru_cache
from pathlib import Path

from crawler import __version__
from crawler.config import MAIL_ADDRESS, Config
from crawler.errors import ConfigError
from crawler.fetch.client import Client
from crawler.fetch.guard import is_in, is_public
from crawler.fetch.names import Resolve, SystemResolver
from crawler.fetch.replay import open_archive
from crawler.fetch.transport import SiteTransport
from crawler.frontier.ledger import Ledger, MemoryLedger, SharedLedgers, SqliteLedger
from crawler.model.urls import host_of, ip_address_of
from crawler.running.visit import Fetch

MOST_WORKERS = 8  # unless more are configured; one process that crawls keeps no more of them busy


def check_contact(hosts: Iterable[str], config: Config) -> None:
    """Refuse to ask public sites without saying who asks.

    Raises:
        ConfigError: says how to give a contact.
    """
    if config.identity.contact:
        return
    is_local = locality(config)
    for host in hosts:
        if not is_local(host):
            if ip_address_of(host) is not None and not is_public(host):
                raise ConfigError(
                    f"{host} is no public address; where it is yours, allow it with --allow-network {host}"
                )
            raise ConfigError(
                f"{host} is a public site, and its owner must be able to reach you: give a mail address or a"
                " URL with --contact, or as contact in [identity] of config.toml"
            )


def user_agent(contact: str | None) -> str:
    """Who we are (RFC 9110, 10.1.5)."""
    comment = "".join(c for c in contact or "" if " " <= c <= "~" and c not in "()\\")
    return f"related-story-crawler/{__version__}" + (f" (+{comment})" if comment else "")


@contextlib.asynccontextmanager
async def open_client(
    config: Config, *, archive: Path | None = None, resolve: Resolve | None = None
) -> AsyncIterator[Fetch]:
    """What fetches: from the web, or from an archive.

    Args:
        archive: a WARC file or folder; None for the web.
        resolve: from names to addresses; None asks the system.
    """
    contact = config.identity.contact
    transport = (
        SiteTransport(resolve=resolve or SystemResolver(), allow_networks=config.networks)
        if archive is None
        else open_archive(archive)
    )
    client = Client(
        user_agent=user_agent(contact),
        transport=transport,
        from_address=contact if contact is not None and MAIL_ADDRESS.fullmatch(contact) else None,
        exchange_s=config.fetch.exchange_s,
        connect_s=config.fetch.connect_s,
    )
    async with client:
        yield client.fetch


def open_ledger(config: Config, folder: Path | None) -> Ledger:
    """The ledger that the config names; else this machine's, beside one in the folder for hosts of allowed networks.

    Args:
        folder: None where nothing is written: then the machine's is used for all.
    """
    cap, named = config.politeness.daily_requests, config.politeness.ledger
    if named is not None:
        return SqliteLedger(config.folder / named, gap_s=config.gap_s, daily_cap=cap)
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    path = state / "crawler" / "hosts.db"
    if folder is None:
        return SqliteLedger(path, gap_s=config.gap_s, daily_cap=cap)
    local = SqliteLedger(folder / "hosts.db", gap_s=config.gap_s, daily_cap=None)
    return SharedLedgers(lambda: SqliteLedger(path, gap_s=config.gap_s, daily_cap=cap), local, locality(config))


def open_status_ledger(config: Config, folder: Path) -> Ledger:
    """The ledger as `open_ledger` gives it, for reading; nothing is made where there is none."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    named = config.politeness.ledger
    machine = config.folder / named if named is not None else state / "crawler" / "hosts.db"
    for path in (machine, folder / "hosts.db"):
        if path.exists():
            return open_ledger(config, folder if named is None and (folder / "hosts.db").exists() else None)
    return MemoryLedger()


def locality(config: Config) -> Callable[[str], bool]:
    """Whether a host, site or origin lies in an allowed network, by its name alone."""
    networks = config.networks

    @lru_cache(maxsize=4096)  # asked four times a page
    def is_local(name: str) -> bool:
        host = host_of(name) if "://" in name else name
        if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, 6.3: always loopback
            host = "127.0.0.1"
        return ip_address_of(host) is not None and is_in(host, networks)

    return is_local


def workers_of(config: Config) -> int:
    """How many processes read pages: unless configured one more than there are cores, and none where there is but one.

    The crawler takes a third of the time on a page that reading it takes, so it needs no core of its own; and while it
    hands a page to one worker another is to read. On two cores two workers gave 154 pages a second, three 204, four no
    more (`tests/bench/crawl_speed.py`).
    """
    if config.fetch.workers is not None:
        return config.fetch.workers
    has_affinity = hasattr(os, "sched_getaffinity")  # not on every system: what this process may use of the cores
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return min(cores + 1, MOST_WORKERS) if cores > 1 else 0
