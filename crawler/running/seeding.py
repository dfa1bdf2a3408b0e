"""What the user named as seeds: addresses, lists, feeds, saved pages and plain-text articles become work.

A bad one is a line that says what would be right; the others still count.
"""

import re
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from crawler.extraction.address import declared_address
from crawler.extraction.document import Document, is_listing
from crawler.extraction.feeds import read_feed
from crawler.extraction.page import Page, read_page
from crawler.extraction.seedtext import read_story
from crawler.extraction.sitemaps import read_opml, read_sitemap
from crawler.model.links import LinkKind
from crawler.model.urls import resolve_url
from crawler.model.work import Purpose, Target

MAX_FILE_BYTES = 64 * 1024 * 1024  # of a seed file once unpacked; a list of a million addresses has as many
MAX_NESTING = 5  # lists that name lists
ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
PATH_LIKE = re.compile(r"\S*[/.\\]\S*")  # a word with a slash or a dot, which no title of an article is
COMMENT = re.compile(r"(?:^|\s)#.*")
NO_ADDRESS = "http://saved-file.invalid/"  # RFC 2606: resolves nowhere; against it relative links come to nothing


class SeedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A seed that was read from a file."""

    target: Target
    document: Document


class Seeding(msgspec.Struct, kw_only=True):
    """What the seeds came to."""

    targets: list[Target] = []
    documents: list[SeedDocument] = []
    complaints: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.targets or self.documents)


def read_seeds(names: Iterable[str], *, url: str | None = None) -> Seeding:
    """Read seeds as the user named them.

    Args:
        names: addresses, files or folders.
        url: the address of the one saved page among them, where it does not say its own.
    """
    reader = _Reader(url)
    for name in names:
        reader.read(name, name, Path(), ())
    return reader.seeding


class _Reader:
    def __init__(self, url: str | None) -> None:
        self._url = url
        self.seeding = Seeding()

    def read(self, name: str, where: str, folder: Path, inside: tuple[Path, ...]) -> None:
        """One seed; `where` is how a complaint names it, `inside` the lists that led to it."""
        if ADDRESS.match(name):
            if (address := resolve_url(name)) is None:
                self._complain(where, name, "is no address of the web; write https://host/path")
            else:
                self.seeding.targets.append(Target(url=address, kind=LinkKind.SEED, seed=name))
            return
        path = folder / name
        if path in inside or len(inside) >= MAX_NESTING:
            self._complain(where, name, f"is read already, or lists stand in lists more than {MAX_NESTING} deep")
        elif path.is_dir():
            self._read_folder(path, inside)
        elif path.is_file():
            self._read_file(path, (*inside, path))
        elif re.fullmatch(r"[\w-]+(\.[\w-]+)*\.[a-z]{2,}(/\S*)?", name, re.IGNORECASE) and path.suffix != ".txt":
            self._complain(where, name, f"is no file; as an address it would be https://{name}")
        else:
            self._complain(where, name, "is neither a file nor an address; addresses begin with https://")

    def _read_folder(self, folder: Path, inside: tuple[Path, ...]) -> None:
        paths = [p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.startswith((".", "README"))]
        if not paths:
            self._complain(str(folder), None, "the folder holds no seeds; put a list of addresses into it")
        for path in paths:
            self._read_file(path, (*inside, path))

    def _read_file(self, path: Path, inside: tuple[Path, ...]) -> None:
        try:
            body = _unpacked(path.read_bytes())
        except (OSError, zlib.error) as error:
            self._complain(str(path), None, f"cannot be read: {error}")
            return
        if (addresses := read_opml(body)) is not None:
            for address in addresses:
                self._add_listed(address, path)
        elif is_listing(body) and (listing := read_feed(body, NO_ADDRESS) or read_sitemap(body, NO_ADDRESS)):
            for link in listing.links:
                self._add_listed(link.url or "", path)
        elif body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            self._read_page(path, body)
        else:
            self._read_text(path, body, inside)

    def _add_listed(self, address: str, path: Path) -> None:
        if (url := resolve_url(address)) is None or url.startswith(NO_ADDRESS):
            self._complain(str(path), address, "is no address of the web")
        else:
            self.seeding.targets.append(Target(url=url, kind=LinkKind.SEED, seed=str(path)))

    def _read_page(self, path: Path, body: bytes) -> None:
        url = self._url or declared_address(body)
        if url is None:
            self._complain(str(path), None, "the page does not say its own address; give it with --url")
            return
        target = Target(url=url, kind=LinkKind.SEED, seed=str(path), purpose=Purpose.FILE)
        self.seeding.documents.append(SeedDocument(target=target, document=read_page(body, url)))

    def _read_text(self, path: Path, body: bytes, inside: tuple[Path, ...]) -> None:
        text = _decoded(body)
        lines = [(n, COMMENT.sub("", line).strip()) for n, line in enumerate(text.splitlines(), start=1)]
        entries = [(n, line) for n, line in lines if line]
        if not entries:
            self._complain(str(path), None, "holds no seed; write an address a line")
        elif _is_list([line for _, line in entries]):
            for number, line in entries:
                self.read(line, f"{path}:{number}", path.parent, inside)
        elif (article := read_story(text)) is not None:
            target = Target(url=article.url, kind=LinkKind.SEED, seed=str(path), purpose=Purpose.FILE)
            self.seeding.documents.append(SeedDocument(target=target, document=Page(article=article)))
        else:
            self._complain(
                str(path), None, "is neither a list of addresses nor an article (a title, a date line, paragraphs)"
            )

    def _complain(self, where: str, name: str | None, what: str) -> None:
        subject = "" if name is None or name == where else f"{name!r} "
        self.seeding.complaints.append(f"{where}: {subject}{what}")


def _is_list(lines: Sequence[str]) -> bool:
    """Whether lines are seeds rather than an article: all look like one, or most are plainly addresses."""
    if all(ADDRESS.fullmatch(line) or PATH_LIKE.fullmatch(line) for line in lines):
        return True
    return sum(ADDRESS.match(line) is not None for line in lines) * 2 > len(lines)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _unpacked(body: bytes) -> bytes:
    if body[:2] != b"\x1f\x8b":
        return body[:MAX_FILE_BYTES]
    return zlib.decompressobj(31).decompress(body, MAX_FILE_BYTES)
