import gzip
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world.web import page

from crawler.extraction.page import Page
from crawler.model.links import LinkKind
from crawler.model.work import Purpose, Target
from crawler.running.seeding import MAX_NESTING, Seeding, read_seeds

A, B = "https://a.example/news/the-harbour-story-1", "https://b.example/feed.xml"
STORY = """Village votes to move its lighthouse

March 14, 2019

The voters of the village decided on Thursday to move their lighthouse inland, since the cliff gives way.

The tower will be rolled along a track of steel beams at two metres an hour before the next winter comes.

Related Stories

Storm takes four metres of cliff

January 9, 2019

The heaviest storm in twenty years has brought the edge of the cliff close to the tower.
"""
RSS = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>
<item><link>{A}</link></item></channel></rss>"""
SITEMAP = f"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{A}</loc></url>
</urlset>"""
INDEX = f"""<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>{B}</loc></sitemap></sitemapindex>"""
OPML = f"""<?xml version="1.0"?><opml version="2.0"><body>
<outline text="x"><outline xmlUrl="{B}"/></outline></body></opml>"""


def written(path: Path, content: str | bytes) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def addresses(seeding: Seeding) -> list[str]:
    return [target.url for target in seeding.targets]


def read(*names: str, url: str | None = None) -> tuple[list[str], list[str]]:
    """Addresses and complaints."""
    seeding = read_seeds(names, url=url)
    return addresses(seeding), seeding.complaints


def stories(seeding: Seeding) -> Iterable[tuple[str, str | None, int]]:
    for seed in seeding.documents:
        assert isinstance(seed.document, Page)
        yield seed.target.url, seed.document.article.title, len(seed.document.article.links)


def test_an_address_is_a_seed_as_it_is_sent() -> None:
    seeding = read_seeds(["HTTPS://A.example:443/News?b=2&a=1#top"])

    assert seeding.targets == [
        Target(url="https://a.example/News?b=2&a=1", kind=LinkKind.SEED, seed="HTTPS://A.example:443/News?b=2&a=1#top")
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [(RSS, [A]), (SITEMAP, [A]), (INDEX, [B]), (OPML, [B])],
    ids=["rss", "sitemap", "index", "opml"],
)
def test_a_listing_in_a_file_is_told_by_its_bytes_and_names_seeds(
    tmp_path: Path, content: str, expected: list[str]
) -> None:
    path = written(tmp_path / "saved.txt", content)

    assert read(path) == (expected, [])


@pytest.mark.parametrize(
    "content",
    [
        f"# stories\n\n{A}  # the harbour\n{B}\n".encode(),
        f"\ufeff{A}\r\n\r\n{B}\r\n".encode(),
        f"{A}\r{B}".encode(),
        f"{A}\n{B}\n".encode("utf-16"),
        f"{A}\n{B}\n# Gr\xfc\xdfe\n".encode("cp1252"),
        gzip.compress(f"{A}\n{B}\n".encode()),
    ],
    ids=["comments", "BOM and CRLF", "CR", "UTF-16", "cp1252", "gzip"],
)
def test_a_list_is_read_whatever_wrote_it(tmp_path: Path, content: bytes) -> None:
    assert read(written(tmp_path / "list", content)) == ([A, B], [])


def test_a_list_names_files_from_its_own_folder_and_each_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    written(tmp_path / "sub" / "feeds.opml", OPML)
    written(tmp_path / "sub" / "more.txt", f"feeds.opml\n./feeds.opml\n{A}\n")
    path = written(tmp_path / "list.txt", "sub/more.txt\nsub/../sub/more.txt\n")

    assert read(path) == ([B, A], [])


def test_lists_that_name_themselves_end(tmp_path: Path) -> None:
    first, second = tmp_path / "1.txt", tmp_path / "2.txt"
    written(first, f"{A}\n2.txt\n1.txt\n")
    written(second, "./1.txt\n")

    assert read(str(first)) == (
        [A],
        [
            f"{second}:1: './1.txt' is the list that it stands in; leave it out",
            f"{first}:3: '1.txt' is the list that it stands in; leave it out",
        ],
    )


def test_lists_in_lists_have_a_depth(tmp_path: Path) -> None:
    for n in range(MAX_NESTING + 1):
        written(tmp_path / f"{n}.txt", f"{n + 1}.txt\n")

    assert read(str(tmp_path / "0.txt")) == (
        [],
        [f"{tmp_path}/4.txt:1: '5.txt' stands in lists that are 5 deep; name its seeds further up"],
    )


def test_bad_lines_are_told_with_file_and_line_and_the_good_ones_still_count(tmp_path: Path) -> None:
    path = written(
        tmp_path / "list.txt",
        f"{A}\nnot a seed\nphys.org/news\nnosuch.html\nmailto:a@b.cc\nhttps://x y/\nempty.txt\n{B}\n",
    )
    written(tmp_path / "empty.txt", "# nothing yet\n")

    assert read(path) == (
        [A, B],
        [
            f"{path}:2: 'not a seed' is no file, folder or address; an address begins with https://",
            f"{path}:3: 'phys.org/news' is no file; as an address it would be https://phys.org/news",
            f"{path}:4: 'nosuch.html' is no file, folder or address; an address begins with https://",
            f"{path}:5: 'mailto:a@b.cc' is no address that can be asked; write https://host/path",
            f"{path}:6: 'https://x y/' is no address of the web; write https://host/path",
            f"{tmp_path}/empty.txt: holds no seed; write an address a line",
        ],
    )


def test_one_address_among_more_bad_lines_still_makes_a_list(tmp_path: Path) -> None:
    path = written(tmp_path / "list.txt", f"some words\n{A}\nother words\n")

    found, complaints = read(path)

    assert (found, len(complaints)) == ([A], 2)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("https://", "is no address of the web; write https://host/path"),
        ("http://a..b/", "is no address of the web; write https://host/path"),
        ("http://a.example/1\ttitle", "is more than an address; write one a line, a note after #, %20 for a space"),
        ("http://a.example/1 ,", "is more than an address; write one a line, a note after #, %20 for a space"),
        ("phys.org", "is no file; as an address it would be https://phys.org"),
        ("nosuch/folder/", "is no file, folder or address; an address begins with https://"),
        ("ftp://a.example/x", "is no address that can be asked; write https://host/path"),
        ("a\0b", "is no file, folder or address; an address begins with https://"),
        ("/dev/null", "is no file, folder or address; an address begins with https://"),
        ("x" * 300, "cannot be read: File name too long"),
    ],
)
def test_an_argument_that_is_no_seed_is_told_by_name(name: str, complaint: str) -> None:
    assert read(name) == ([], [f"{name[:200]}: {complaint}"])


def test_an_empty_argument_is_not_the_folder_it_stands_in() -> None:
    assert read("") == ([], ["a seed: is empty; name an address or a file"])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (bytes(range(256)) * 8, "is no text, page, feed or list"),
        (gzip.compress(b"x" * 1000, mtime=0)[:-12], "cannot be read: Compressed file ended"),
        (b"\x1f\x8bno gzip at all", "cannot be read: "),
        (b"Just a title\n\nand a few words.\n", "is neither a list of addresses nor an article ("),
        (b"<html><p>no address", "the page does not say its own address; give it with --url"),
        (b"<?xml version='1.0'?><opml><body/></opml>", "names no address"),
        (b"<?xml version='1.0'?><rss><channel><title>t</title></channel></rss>", "names no address"),
        (gzip.compress(bytes(65 * 1024 * 1024), 1), "is larger than 64 MiB; split it"),
    ],
    ids=["binary", "cut gzip", "no gzip", "few words", "page", "opml", "feed", "bomb"],
)
def test_a_file_that_holds_no_seed_is_told_by_name(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = written(tmp_path / "seed", content)

    found, complaints = read(path)

    assert (found, [text[: len(path) + 2 + len(complaint)] for text in complaints]) == ([], [f"{path}: {complaint}"])


def test_a_folder_gives_its_files_in_order_but_not_those_that_tell_of_it(tmp_path: Path) -> None:
    for name, content in {"b.txt": B, "a.txt": A, "README.md": "# words", ".hidden": "words"}.items():
        written(tmp_path / name, content)
    (tmp_path / "sub").mkdir()

    assert read(str(tmp_path)) == ([A, B], [])


def test_a_folder_without_seeds_is_told(tmp_path: Path) -> None:
    assert read(str(tmp_path)) == ([], [f"{tmp_path}: the folder holds no seeds; put a list of addresses into it"])


@pytest.mark.parametrize("name", ["saved.html", "saved.html.gz"])
def test_a_saved_page_has_the_address_that_it_says_is_its_own(tmp_path: Path, name: str) -> None:
    body = page("Harbour", canonical=A, related=["/news/what-came-of-it-2"]).body
    path = written(tmp_path / name, gzip.compress(body) if name.endswith(".gz") else body)

    seeding = read_seeds([path])

    assert list(stories(seeding)) == [(A, "Harbour", 1)]
    assert seeding.documents[0].target == Target(url=A, kind=LinkKind.SEED, seed=path, purpose=Purpose.FILE)


def test_the_address_of_a_page_is_the_one_given_else_its_canonical_else_its_og_url(tmp_path: Path) -> None:
    og = f'<meta property="og:url" content="{B}">'.encode()
    bodies = {"og": page("X").body.replace(b"<head>", b"<head>" + og), "both": b""}
    bodies["both"] = bodies["og"].replace(b"<head>", f'<head><link rel=canonical href="{A}">'.encode())
    paths = {name: written(tmp_path / f"{name}.html", body) for name, body in bodies.items()}

    found = [
        seed.target.url
        for seeding in (
            read_seeds([paths["og"]]),
            read_seeds([paths["both"]]),
            read_seeds([paths["both"]], url="https://c.example/#x"),
        )
        for seed in seeding.documents
    ]

    assert found == [B, A, "https://c.example/"]


def test_a_given_address_is_that_of_one_page(tmp_path: Path) -> None:
    first, second = (written(tmp_path / name, page("X").body) for name in ("1.html", "2.html"))

    seeding = read_seeds([first, second], url=A)

    assert [seed.target.url for seed in seeding.documents] == [A]
    assert seeding.complaints == [f"{second}: --url is the address of one saved page; crawl each with its own"]


def test_an_article_as_plain_text_is_a_document_with_links(tmp_path: Path) -> None:
    seeding = read_seeds([written(tmp_path / "story.txt", STORY.replace("\n", "\r\n"))])

    ((url, title, links),) = stories(seeding)
    assert (url.startswith("urn:story:"), title, links) == (True, "Village votes to move its lighthouse", 1)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_breaks_the_reading_and_each_is_a_seed_or_told(tmp_path: Path, content: bytes) -> None:
    seeding = read_seeds([written(tmp_path / "any", content)])

    assert bool(seeding) or seeding.complaints != []
