"""What the user named as seeds: addresses, lists, feeds, saved pages and plain-text articles become work.

A bad one is a line that says what would be right; the others still count.
"""

import codecs
import gzip
import re
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from crawler.extraction.address import declared_address
from crawler.extraction.document import Document, is_listing
from crawler.extraction.feeds import read_feed
from crawler.extraction.page import Page, read_page
from crawler.extraction.seedtext import read_story, story_id
from crawler.extraction.sitemaps import read_opml, read_sitemap
from crawler.model.links import LinkKind
from crawler.model.records import Article
from crawler.model.urls import is_home_page, resolve_url
from crawler.model.work import Purpose, Target

MAX_FILE_BYTES = 64 * 1024 * 1024  # of a seed file once unpacked; a list of a million addresses has as many
MAX_NESTING = 5  # lists that name lists
ADDRESS = re.compile(r"https?://", re.IGNORECASE)
PATH_LIKE = re.compile(r"[^\s/.\\]*+[/.\\]\S*+")  # a word with a slash or a dot, which no title of an article is
HOST_LIKE = re.compile(r"[\w-]+(\.[\w-]+)*\.[a-z]{2,}([/?#]\S*)?", re.IGNORECASE)
FILE_LIKE = re.compile(r"[^/]*\.(?:txt|md|html?|gz|xml|opml|rss|atom|jsonl?|csv|list|warc|toml)", re.IGNORECASE)
COMMENT = re.compile(r"(?:^|\s)#.*")
BINARY_SAMPLE_CHARS = 10_000
MAX_NAME_CHARS = 200  # of a seed, in a complaint
NO_ADDRESS = "http://saved-file.invalid/"  # RFC 2606: resolves nowhere; against it relative links come to nothing


class SeedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A seed that was read from a file."""

    target: Target
    document: Document
    site: str | None = None  # where the page of an article without address is looked for


class Seeding(msgspec.Struct, kw_only=True):
    """What the seeds came to."""

    targets: list[Target] = []
    documents: list[SeedDocument] = []
    complaints: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.targets or self.documents)


def read_seeds(names: Iterable[str], *, url: str | None = None, site: str | None = None) -> Seeding:
    """Read seeds as the user named them.

    Args:
        names: addresses, files or folders.
        url: the address of the one saved page among them, where it does not say its own.
        site: the address from which pages of plain-text articles are looked for; None looks for none.
    """
    reader = _Reader(None if url is None else resolve_url(url), site)
    for name in names:
        reader.read(name, name, Path(), ())
    return reader.seeding


class _Reader:
    def __init__(self, url: str | None, site: str | None) -> None:
        self._url = url
        self._site = site
        self._files: set[Path] = set()  # each is read once
        self.seeding = Seeding()

    def read(self, name: str, where: str, folder: Path, inside: tuple[Path, ...]) -> None:
        """One seed; `where` is how a complaint names it, `inside` the lists that led to it."""
        if ADDRESS.match(name):
            if (address := resolve_url(name)) is None:
                self._complain(where, name, "is no address of the web; write https://host/path")
            elif len(name.split()) > 1:  # what stands beside it would be asked for as a part of it
                self._complain(
                    where, name, "is more than an address; write one a line, a note after #, %20 for a space"
                )
            else:
                self.seeding.targets.append(Target(url=address, kind=LinkKind.SEED, seed=name))
            return
        path = folder / name
        try:
            if not name.strip():
                self._complain("a seed", None, "is empty; name an address or a file")
            elif path.is_dir():
                self._read_folder(path, inside)
            elif not path.is_file():
                self._complain(where, name, _not_found(name))
            elif (file := path.resolve()) in inside:
                self._complain(where, name, "is the list that it stands in; leave it out")
            elif len(inside) == MAX_NESTING:
                self._complain(where, name, f"stands in lists that are {MAX_NESTING} deep; name its seeds further up")
            elif file not in self._files:
                self._files.add(file)
                self._read_file(path, (*inside, file))
        except (OSError, EOFError, zlib.error) as error:  # rights, a name too long, a gzip file that is cut or none
            self._complain(where, name, f"cannot be read: {getattr(error, 'strerror', None) or error}")

    def _read_folder(self, folder: Path, inside: tuple[Path, ...]) -> None:
        paths = [p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.startswith((".", "README"))]
        if not paths:
            self._complain(str(folder), None, "the folder holds no seeds; put a list of addresses into it")
        for path in paths:
            self.read(str(path), str(path), Path(), inside)

    def _read_file(self, path: Path, inside: tuple[Path, ...]) -> None:
        body = read_contents(path)
        if len(body) > MAX_FILE_BYTES:
            self._complain(str(path), None, f"is larger than {MAX_FILE_BYTES >> 20} MiB; split it")
        elif (addresses := read_opml(body)) is not None:
            self._add_listed(addresses, path)
        elif is_listing(body) and (listing := read_feed(body, NO_ADDRESS) or read_sitemap(body, NO_ADDRESS)):
            self._add_listed([*(link.url or "" for link in listing.links), *listing.more], path)
        elif body[:1024].lstrip(b"\xef\xbb\xbf\xfe\xff\0 \t\r\n").startswith(b"<"):
            self._read_page(path, body)
        else:
            self._read_text(path, body, inside)

    def _add_listed(self, addresses: Sequence[str], path: Path) -> None:
        if not addresses:
            self._complain(str(path), None, "names no address")
        for address in addresses:
            if (url := resolve_url(address)) is None or url.startswith(NO_ADDRESS):
                self._complain(str(path), address, "is no address of the web")
            else:
                self.seeding.targets.append(Target(url=url, kind=LinkKind.SEED, seed=address))

    def _read_page(self, path: Path, body: bytes) -> None:
        if any(seed.target.url == self._url for seed in self.seeding.documents):
            self._complain(str(path), None, "--url is the address of one saved page; crawl each with its own")
            return
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
        elif _is_binary(text):
            self._complain(str(path), None, "is no text, page, feed or list")
        elif _is_list([line for _, line in entries]):
            self._read_list(path, entries, inside)
        elif (article := read_story(text)) is not None:
            self._add_story(path, article)
        elif any(ADDRESS.match(line) for _, line in entries):
            self._read_list(path, entries, inside)  # with bad lines, most of them
        else:
            self._complain(
                str(path), None, "is neither a list of addresses nor an article (a title, a date line, paragraphs)"
            )

    def _add_story(self, path: Path, article: Article) -> None:
        site = self._site
        if not article.url.startswith("urn:") and is_home_page(article.url):  # it names the site, not the article
            site = article.url
            urn = f"urn:story:{story_id(article.title or '', article.published_on)}"
            article = msgspec.structs.replace(article, url=urn)
        target = Target(url=article.url, kind=LinkKind.SEED, seed=str(path), purpose=Purpose.FILE)
        self.seeding.documents.append(SeedDocument(target=target, document=Page(article=article), site=site))

    def _read_list(self, path: Path, entries: Iterable[tuple[int, str]], inside: tuple[Path, ...]) -> None:
        for number, line in entries:
            self.read(line, f"{path}:{number}", path.parent, inside)

    def _complain(self, where: str, name: str | None, what: str) -> None:
        subject = "" if name is None or name == where else f"{name[:MAX_NAME_CHARS]!r} "
        self.seeding.complaints.append(f"{where[:MAX_NAME_CHARS]}: {subject}{what}")


def _not_found(name: str) -> str:
    """What a name that is neither address nor file may have been meant as."""
    if HOST_LIKE.fullmatch(name) and not FILE_LIKE.fullmatch(name):
        return f"is no file; as an address it would be https://{name}"
    if re.match(r"[a-z][a-z0-9+-]+:", name, re.IGNORECASE):
        return "is no address that can be asked; write https://host/path"
    return "is no file, folder or address; an address begins with https://"


def _is_list(lines: Sequence[str]) -> bool:
    """Whether lines are seeds rather than an article: all look like one, or most are plainly addresses."""
    if all(PATH_LIKE.fullmatch(line) for line in lines):
        return True
    return sum(ADDRESS.match(line) is not None for line in lines) * 2 > len(lines)


def _is_binary(text: str) -> bool:
    """Whether text was none: a pasted article has a stray control character, a program or picture hundreds."""
    sample = text[:BINARY_SAMPLE_CHARS]
    strange = sum(c == "\ufffd" or not (c.isprintable() or c.isspace()) for c in sample)
    return strange * 50 > len(sample)


def _decoded(body: bytes) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def read_contents(path: Path) -> bytes:
    """What a file holds, unpacked, and a byte more than `MAX_FILE_BYTES` at most."""
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        return (gzip.GzipFile(fileobj=file) if is_packed else file).read(MAX_FILE_BYTES + 1)
