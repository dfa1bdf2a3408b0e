"""`crawler forget`: a page or a site leaves an output folder, and never comes back.

What goes: its records, the edges from it and to it, what other pages' records say of it, its names, visits and archived
exchanges. What stays: 16 bytes of hash for each of its addresses, by which it is known not to be asked for again. The
edges to it go too: without title and address they would tell a reader nothing.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from crawler.errors import ConfigError
from crawler.frontier.erasure import Eraser, Erasure
from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.sqlite import SqliteFrontier
from crawler.model.links import Link
from crawler.model.urls import resolve_url, site_of
from crawler.running.decide import link_id, rfc3339
from crawler.running.lock import check_is_crawled, locked
from crawler.store.corpus import complete_segments
from crawler.store.lines import row_of
from crawler.store.rewriting import Staged, put_in_place, stage_archive, stage_segment, sweep
from crawler.store.segments import Disk, OsDisk, parse_name
from crawler.store.warc import FOLDER, Archive

HOST = re.compile(r"[\w-]+(\.[\w-]+)+|\[[0-9a-f:.]+\]", re.IGNORECASE)


class FileErased(msgspec.Struct, frozen=True):
    """How much left a file."""

    file: str
    dropped: int  # lines or archived records
    bytes: int  # that are left


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure came to."""

    forgotten: str  # what the user named
    ids: int  # addresses and names that are known by their hash alone now
    files: tuple[FileErased, ...]  # those that were written anew


def forget(folder: Path, named: str, now: Callable[[], float], disk: Disk | None = None) -> Erased:
    """Forget an address with all its names, or a site; on return nothing of it survives in the folder.

    Args:
        named: an http(s) address, or a site such as `example.org`.
        now: UTC seconds.

    Raises:
        ConfigError: it is neither, or there is no crawl in the folder.
        FolderBusyError: a run holds the folder.
        StoreError, FrontierError: it could not be done; nothing is half done after the next start or the next try.
    """
    url, site = _read_named(named)
    check_is_crawled(folder)
    disk = disk or OsDisk()
    with locked(folder, rfc3339(now())), SqliteFrontier(folder / "state.db", MemoryLedger(), now) as frontier:
        finish(folder, frontier, disk)
        return _forget(folder, frontier, named, url, site, disk)


def finish(folder: Path, frontier: SqliteFrontier, disk: Disk) -> None:
    """Complete an erasure that died after its commit, and clear away one that died before."""
    eraser = frontier.eraser()
    replacing = eraser.replacing()
    sweep(folder, replacing)
    if replacing:
        put_in_place(folder, replacing, disk)
        eraser.replaced()


def _forget(
    folder: Path, frontier: SqliteFrontier, named: str, url: str | None, site: str | None, disk: Disk
) -> Erased:
    eraser = frontier.eraser()
    lengths = _complete(folder, eraser, disk)
    erasure = eraser.erasure_of_url(url) if url is not None else eraser.erasure_of_site(site or "")
    archives = [name for name in lengths if name.startswith(f"{FOLDER}/") and (folder / name).exists()]
    staged = [s for name in archives if (s := stage_archive(folder, name, disk, erasure.covers)) is not None]
    rewriting = _Rewriting(erasure, {archive.file: archive for archive in staged})
    for name in sorted(n for n in map(parse_name, lengths) if n is not None and (folder / str(n)).exists()):
        if (segment := stage_segment(folder, name, disk, rewriting.of_set(name.set))) is not None:
            staged.append(segment)
    eraser.erase(erasure, {s.file: s.bytes for s in staged})
    finish(folder, frontier, disk)
    return Erased(
        forgotten=named,
        ids=len(erasure.ids),
        files=tuple(FileErased(s.file, s.dropped, s.bytes) for s in staged),
    )


def _complete(folder: Path, eraser: Eraser, disk: Disk) -> Mapping[str, int]:
    """Make the files what the last run committed, as the next one would; the committed length of each."""
    lengths, outbox = eraser.files()
    complete_segments(folder, disk, lengths, outbox)
    Archive(folder, disk, run_id="", software="").cut_back(lengths)
    return lengths


def _read_named(named: str) -> tuple[str | None, str | None]:
    """The address or the site that the user means."""
    if (url := resolve_url(named)) is not None:
        return url, None
    if HOST.fullmatch(named):
        site = site_of(f"https://{named.lower()}/")
        if site == named.lower():
            return None, site
        raise ConfigError(f"{named} is a host of the site {site}; name the site, or one address: https://{named}/path")
    raise ConfigError(f"{named} is neither an address nor a site; write https://host/path, or example.org")


class _Rewriting:
    """From lines to what may stay of them."""

    def __init__(self, erasure: Erasure, archives: Mapping[str, Staged]) -> None:
        self._erasure = erasure
        self._archives = archives

    def of_set(self, file_set: str) -> Callable[[bytes], bytes | None]:
        """What becomes of a line of a file set."""
        rewrite = {
            "articles": self._article,
            "links": self._link,
            "aliases": self._alias,
            "gone": self._gone,
            "visits": self._visit,
            "runs": self._run,
        }[file_set]

        def rewritten(line: bytes) -> bytes | None:
            row = row_of(line, dict[str, Any], f"a line of {file_set}")
            kept = rewrite(row)
            if kept is None:
                return None
            return line if kept == row else msgspec.json.encode(kept) + b"\n"

        return rewritten

    def _article(self, row: dict[str, Any]) -> dict[str, Any] | None:
        if row["id"] in self._erasure.ids or self._covers(row["url"], row["fetched_url"]):
            return None
        via, warc, image = row["found_via"], row["warc"], row["image"]
        kept = {
            **row,
            "links": [link for link in row["links"] if not self._is_named_by(link)],
            "redirects": [self._erasure.without(hop) for hop in row["redirects"]],
            "found_via": {**via, "url": via["url"] and self._erasure.without(via["url"])},
            "seed": self._erasure.without(row["seed"]),
        }
        if image is not None and self._covers(image["url"]):
            kept["image"] = None
        if warc is not None and (archive := self._archives.get(warc["file"])) is not None:
            moved = archive.moved.get(warc["offset"])
            kept["warc"] = None if moved is None else {**warc, "offset": moved}
        return kept

    def _link(self, row: dict[str, Any]) -> dict[str, Any] | None:
        ids = {row["source_id"], row["target_id"]}
        return None if ids & self._erasure.ids or self._covers(row["source"], row["target"]) else row

    def _alias(self, row: dict[str, Any]) -> dict[str, Any] | None:
        ids = {row["id"], row["same_as"]}
        return None if ids & self._erasure.ids or self._covers(row["url"], row["same_as_url"]) else row

    def _gone(self, row: dict[str, Any]) -> dict[str, Any] | None:
        return None if row["id"] in self._erasure.ids or self._covers(row["url"]) else row

    def _visit(self, row: dict[str, Any]) -> dict[str, Any] | None:
        if self._covers(row["url"]):
            return None
        return {**row, "why": row["why"] and self._erasure.without(row["why"])}

    def _run(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            **row,
            "sources": [source for source in row["sources"] if not self._covers(source["seed"])],
            "hosts": [host for host in row["hosts"] if host["host"] != self._erasure.site],
        }

    def _covers(self, *addresses: str | None) -> bool:
        return any(address is not None and self._erasure.covers(address) for address in addresses)

    def _is_named_by(self, row: dict[str, Any]) -> bool:
        if row["url"] is not None:
            return self._erasure.covers(row["url"])
        return link_id(msgspec.convert(row, Link)) in self._erasure.ids


def erased_text(erased: Erased) -> str:
    """What was forgotten, for a person."""
    lines = [f"forgot {erased.forgotten}: it is never asked for again"]
    lines += [
        f"  {file.file}: {file.dropped} lines or records went, {file.bytes:,} bytes are left" for file in erased.files
    ]
    return "\n".join(lines if erased.files else [*lines, "  nothing of it was held"])
