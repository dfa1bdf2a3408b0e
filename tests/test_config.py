import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config import (
    SECTIONS,
    Config,
    CrawlConfig,
    IdentityConfig,
    Listing,
    PolitenessConfig,
    contact_of,
    duration_s,
    gap_of,
    overridden,
    read_config,
)
from crawler.errors import ConfigError
from crawler.model.links import LinkKind

SHIPPED = Path(__file__).parents[1] / "config.toml"


def written(folder: Path, text: str) -> Path:
    path = folder / "nightly.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_shipped_file_says_the_defaults() -> None:
    config = read_config(SHIPPED)

    assert config == Config(folder=SHIPPED.parent)


def test_the_shipped_file_documents_every_key_and_each_with_a_value_that_is_right(tmp_path: Path) -> None:
    text = SHIPPED.read_text("utf-8")
    uncommented = re.sub(r"^# (?=(?:\w+ = |\[site))", "", text, flags=re.MULTILINE)

    read_config(written(tmp_path, uncommented))

    documented = {line.partition(" = ")[0] for line in uncommented.splitlines() if " = " in line}
    keys = {key for section in SECTIONS.values() for key in section.__struct_fields__}
    assert keys <= documented


def test_paths_are_read_from_the_folder_of_the_file(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, '[crawl]\nseeds = "mine"\n'))

    assert config.seeds_path == tmp_path / "mine"


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf[crawl]\nmax_depth = 1\n")

    assert read_config(path).crawl.max_depth == 1


def test_a_folder_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"^{tmp_path}: cannot be read .Is a directory.$"):
        read_config(tmp_path)


@pytest.mark.parametrize("site", ["a.example", "127.0.0.1", "::1", "localhost", "a.github.io", "xn--mnchen-3ya.de"])
def test_a_table_may_be_for_any_site(site: str, tmp_path: Path) -> None:
    assert read_config(written(tmp_path, f'[site."{site}"]\ngap_s = 20')).gap_s(site) == 20


@pytest.mark.parametrize(
    "name", ["A.example", "www.a.example:8080", "https://a.example/b", "127.0.0.1", "::1", "[::1]"]
)
def test_a_site_of_the_scope_is_named_by_a_host_or_an_address(name: str, tmp_path: Path) -> None:
    assert read_config(written(tmp_path, f'[crawl]\nscope = ["{name}"]')).crawl.scope == (name,)


def test_a_sites_own_gap_overrides_the_gap_of_all(tmp_path: Path) -> None:
    text = '[politeness]\ngap_s = 2\n[site."slow.example"]\ngap_s = 20.0\n'

    config = read_config(written(tmp_path, text))

    assert (config.gap_s("slow.example"), config.gap_s("other.example")) == (20.0, 2.0)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[crawl]\nmax_artices = 5", "crawl.max_artices is no known key; did you mean crawl.max_articles?"),
        ("[crawll]\n", "crawll is no known key; did you mean crawl?"),
        (
            "[identity]\nzzz = 5",
            f"identity.zzz is no known key; known are {', '.join(IdentityConfig.__struct_fields__)}",
        ),
        ("crawl = 5", "crawl is 5; it must be a table, [crawl]"),
        ('site = "x"', "site is 'x'; it must be a table, [site]"),
        ('[site]\n"a.example" = 5', 'site."a.example" is 5; it must be a table, [site."a.example"]'),
        ("[politeness]\ngap_s = -1", "politeness.gap_s is -1; it must be a number >= 0.0"),
        ("[politeness]\ngap_s = nan", "politeness.gap_s is nan; it must be a number"),
        ("[politeness]\ngap_s = inf", "politeness.gap_s is inf; it must be a number <= 3600.0"),
        ('[crawl]\nmax_articles = "many"', "crawl.max_articles is 'many'; it must be a whole number"),
        ("[crawl]\nstay = 1", "crawl.stay is 1; it must be true or false"),
        ('[crawl]\nscope = "a.example"', "crawl.scope is 'a.example'; it must be a list"),
        (
            '[crawl]\nfollow = ["relatd"]',
            "crawl.follow is ['relatd']; it must be among related, recommended, promoted, inline",
        ),
        (
            '[crawl]\ndiscover = ["feed"]',
            "crawl.discover is ['feed']; it must be among feeds, sitemaps",
        ),
        (
            '[crawl]\nfollow = ["feed"]',
            "crawl.follow has 'feed'; it must be among related, recommended, promoted, inline",
        ),
        ('[crawl]\ndeadline = "20"', "crawl.deadline has '20'; write a duration such as 5s, 20m or 1h30m"),
        (
            '[identity]\ncontact = "me"',
            "identity.contact has 'me'; write a mail address or a URL, such as you@example.org",
        ),
        ('[crawl]\ndeadline = ""', "crawl.deadline has ''; write a duration such as 5s, 20m or 1h30m"),
        ('[crawl]\nscope = ["all of it"]', "crawl.scope has 'all of it'; write a site, such as example.org"),
        ('[crawl]\nscope = ["a.example/b"]', "crawl.scope has 'a.example/b'; write a site, such as example.org"),
        ('[site."www.a.example"]', "site has 'www.a.example'; pauses are kept by site; write a.example"),
        ('[site."https://a.example/"]', "site has 'https://a.example/'; pauses are kept by site; write a.example"),
        ('[site."?"]', "site has '?'; write a site, such as example.org"),
        ('[crawl]\nseeds = ""', "crawl.seeds has ''; write the path of a file"),
        ('[politeness]\nledger = "a\\u0000b"', "politeness.ledger has 'a\\x00b'; write the path of a file"),
        (
            '[crawl]\nmax_depth = "' + "x" * 999 + '"',
            "crawl.max_depth is '" + "x" * 199 + "...; it must be a whole number",
        ),
        (
            '[politeness]\nallow_networks = ["10.0.0.1/8"]',
            "politeness.allow_networks has '10.0.0.1/8'; 10.0.0.1/8 has host bits set; write a network such as"
            " 127.0.0.0/8",
        ),
    ],
)
def test_what_is_wrong_is_told_with_file_key_value_and_what_would_be_right(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = written(tmp_path, text)

    with pytest.raises(ConfigError) as told:
        read_config(path)

    assert str(told.value) == f"{path}: {complaint}"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"[crawl\n", "not valid TOML: "),
        (b"[crawl]\nmax_depth = 1\nmax_depth = 2\n", "not valid TOML: "),
        (b"[crawl]\nmax_depth = " + b"9" * 5000, "not valid TOML: "),
        (b"a = " + b"[" * 20_000, "not valid TOML: nested too deeply"),
        (b"# caf\xe9\n", "byte 5 is not UTF-8; save the file as UTF-8"),
        ("[crawl]\n".encode("utf-16"), "byte 0 is not UTF-8; save the file as UTF-8"),
        (None, "there is no such file; "),
    ],
)
def test_a_file_that_is_none_is_told_by_name(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    path = tmp_path / "config.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError) as told:
        read_config(path)

    assert str(told.value).startswith(f"{path}: {complaint}")
    assert "\n" not in str(told.value)


def test_what_the_command_says_goes_over_the_file_and_networks_are_added() -> None:
    config = Config(
        crawl=CrawlConfig(max_depth=7, stay=True),
        politeness=PolitenessConfig(allow_networks=("10.0.0.0/8",)),
        identity=IdentityConfig(contact="night@example.org"),
    )

    merged = overridden(
        config,
        {
            "max_articles": 5,
            "follow": ("inline",),
            "discover": ("feeds",),
            "gap": "2.5",
            "allow_network": ("::1",),
            "quiet": True,
        },
    )

    assert msgspec.structs.asdict(merged) == msgspec.structs.asdict(
        msgspec.structs.replace(
            config,
            crawl=CrawlConfig(
                max_depth=7, stay=True, max_articles=5, follow=(LinkKind.INLINE,), discover=(Listing.FEEDS,)
            ),
            politeness=PolitenessConfig(gap_s=2.5, allow_networks=("10.0.0.0/8", "::1")),
        )
    )


@pytest.mark.parametrize(("text", "seconds"), [("5s", 5.0), ("20m", 1200.0), ("1h30m", 5400.0), (" 1h1m1s ", 3661.0)])
def test_a_duration_has_hours_minutes_and_seconds(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 99))
def test_a_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    assert duration_s(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@pytest.mark.parametrize("text", ["", "5", "0s", "-5s", "1.5h", "30m1h", "5 s", "٣s", "9999999999s"])
def test_a_duration_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="write a duration such as 5s, 20m or 1h30m"):
        duration_s(text)


@pytest.mark.parametrize("text", ["", "nan", "inf", "-1", "1e3", "3600.1", "٣", "1_0", "9" * 10])
def test_a_gap_is_plain_seconds_of_an_hour_at_most(text: str) -> None:
    with pytest.raises(ValueError, match="write seconds, from 0 to 3600"):
        gap_of(text)


@pytest.mark.parametrize("text", ["you@example.org", "https://example.org/bot?x=1"])
def test_a_contact_is_a_mail_address_or_a_url(text: str) -> None:
    assert contact_of(text) == text


@pytest.mark.parametrize(
    "text", ["", "me", "you@example", "a b@example.org", "yoü@example.org", "https://example.org/(x)", "a@b.cc\r\nX: y"]
)
def test_a_contact_that_no_one_can_write_to_or_that_breaks_a_header_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="write a mail address or a URL"):
        contact_of(text)
