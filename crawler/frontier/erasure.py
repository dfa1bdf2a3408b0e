"""What is to be forgotten, and how `state.db` forgets it: rows go, a tombstone of fingerprints stays."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

import msgspec

from crawler.frontier.tables import files_of_folder
from crawler.model.urls import canonical_url, fingerprint, site_of, url_id
from crawler.model.work import FileLines

Clock = Callable[[], float]

STORY = "urn:story:"
FORGOTTEN = "urn:forgotten:"  # before the fingerprint that stands in place of an address
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")


class Tombstones:
    """The fingerprints of all that is forgotten; of nothing where nothing ever was."""

    def __init__(self, keys: Iterable[bytes] = ()) -> None:
        self._keys = frozenset(keys)

    def cover(self, address: str) -> bool:
        """Whether an address, or an article without one, must not be asked for or written."""
        if not self._keys:
            return False
        if address.startswith(STORY):
            return bytes.fromhex(address.removeprefix(STORY)) in self._keys
        if not address.startswith(("http://", "https://")):
            return False
        return fingerprint(canonical_url(address)) in self._keys or _site_key(site_of(address)) in self._keys


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """A page with all its names, or a site."""

    ids: frozenset[str]  # of the articles and their aliases
    site: str | None = None

    def covers(self, address: str) -> bool:
        if address.startswith((STORY, FORGOTTEN)):
            return address.rpartition(":")[2] in self.ids
        if not address.startswith(("http://", "https://")):
            return False
        try:
            return (self.site is not None and site_of(address) == self.site) or url_id(address) in self.ids
        except ValueError:
            return False

    def without(self, text: str) -> str:
        """A text with a fingerprint in place of each address that is covered."""
        return _ADDRESS.sub(lambda found: self._instead_of(found[0]), text)

    def _instead_of(self, found: str) -> str:
        for address in (found, found.rstrip(".,;:)")):  # a sentence may go on behind it
            if self.covers(address):
                return f"{FORGOTTEN}{url_id(address)}{found[len(address) :]}"
        return found


class Eraser:
    """Forgets in a `state.db`, which the caller holds by the folder's lock.

    Args:
        transaction: of the file: committed where its block ends, rolled back where it raises.
        now: UTC seconds.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[sqlite3.Connection]], now: Clock) -> None:
        self._transaction = transaction
        self._now = now

    def files(self) -> tuple[Mapping[str, int], Sequence[FileLines]]:
        """The committed length of each file, and the lines that may not be in them yet."""
        with self._transaction() as db:
            return files_of_folder(db)

    def erasure_of_url(self, url: str) -> Erasure:
        """A page with all its names."""
        with self._transaction() as db:
            return erasure_of_url(db, url)

    def erasure_of_site(self, site: str) -> Erasure:
        """All pages of a site."""
        with self._transaction() as db:
            return erasure_of_site(db, site)

    def erase(self, erasure: Erasure, lengths: Mapping[str, int]) -> None:
        """Forget in one transaction; the files of `lengths` are to be replaced by ones that long.

        All lines that were committed lie in their files: the outbox is emptied.
        """
        with self._transaction() as db:
            db.execute("pragma secure_delete = on")  # zeros over what the rows held
            erase(db, erasure, self._now())
            db.execute("delete from outbox")
            db.executemany("update files set length = ? where name = ?", [(n, file) for file, n in lengths.items()])
            db.executemany("insert or ignore into replacing values(?)", [(file,) for file in lengths])

    def replacing(self) -> Sequence[str]:
        """The files that an erasure committed and may not have put in place."""
        with self._transaction() as db:
            return [row[0] for row in db.execute("select file from replacing")]

    def replaced(self) -> None:
        """All files of `replacing` are in place."""
        with self._transaction() as db:
            db.execute("delete from replacing")


def erasure_of_url(db: sqlite3.Connection, url: str) -> Erasure:
    """A page: what it is the same as where that is an article, and all names of both."""
    own = url_id(url)
    (same_as,) = db.execute("select same_as from identities where id = ?", (own,)).fetchone() or (own,)
    # what a dead end is the same as may be the same as much else: a page to log in, a notice
    is_article = db.execute("select 1 from articles where id = ?", (same_as,)).fetchone() is not None
    return Erasure(ids=frozenset(_with_aliases(db, {own, same_as}) if is_article else {own}))


def erasure_of_site(db: sqlite3.Connection, site: str) -> Erasure:
    """All pages of a site."""
    held = {row[0] for row in db.execute("select id from articles where site = ?", (site,))}
    return Erasure(ids=frozenset(_with_aliases(db, held)), site=site)


def _with_aliases(db: sqlite3.Connection, ids: set[str]) -> Iterator[str]:
    left = list(ids)
    while left:
        yield (article := left.pop())
        for (alias,) in db.execute("select id from identities where same_as = ?", (article,)):
            if alias not in ids:
                ids.add(alias)
                left.append(alias)


def erase(db: sqlite3.Connection, erasure: Erasure, now_unix_s: float) -> None:
    """Let go of what the tables hold of it, inside the caller's transaction."""
    keys = {bytes.fromhex(i) for i in erasure.ids} | (set() if erasure.site is None else {_site_key(erasure.site)})
    db.executemany("insert or ignore into forgotten values(?, ?)", [(key, now_unix_s) for key in keys])
    _erase_urls(db, erasure, keys)
    ids = [(i,) for i in erasure.ids]
    db.executemany("delete from articles where id = ?", ids)
    db.executemany("delete from identities where id = ? or same_as = ?", [(i, i) for i in erasure.ids])
    db.executemany("delete from stories where id = ?", ids)
    db.executemany("delete from missing where id = ?", ids)
    if erasure.site is not None:
        for (shape,) in db.execute("select shape from shapes").fetchall():
            if erasure.covers(f"https://{shape.partition('?')[0]}"):
                db.execute("delete from shapes where shape = ?", (shape,))


def _erase_urls(db: sqlite3.Connection, erasure: Erasure, keys: set[bytes]) -> None:
    """The rows of what is erased, and its addresses in those of others."""
    rows = db.execute("select n, key, url, found_via, seed, why, chain from urls").fetchall()
    for n, key, url, found_via, seed, why, chain in rows:
        if key in keys or erasure.covers(url):
            db.execute("delete from urls where n = ?", (n,))
            db.execute("delete from rhythms where key = ?", (key,))
            db.execute("delete from sources where key = ?", (key,))
            continue
        held = (found_via, seed, why, *json.loads(chain))
        kept = [text and erasure.without(text) for text in held]
        if kept != list(held):
            db.execute(
                "update urls set found_via = ?, seed = ?, why = ?, chain = ? where n = ?",
                (*kept[:3], json.dumps(kept[3:]), n),
            )


def read_tombstones(db: sqlite3.Connection) -> Tombstones:
    """All tombstones of a file."""
    return Tombstones(row[0] for row in db.execute("select key from forgotten"))


def forgotten_at(db: sqlite3.Connection, url: str) -> float | None:
    """When an address was forgotten, UTC seconds; None where it was not."""
    keys = (fingerprint(canonical_url(url)), _site_key(site_of(url)))
    at: float | None = db.execute("select min(at) from forgotten where key in (?, ?)", keys).fetchone()[0]
    return at


def _site_key(site: str) -> bytes:
    return fingerprint(f"site {site}")
