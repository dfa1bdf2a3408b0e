import json
from pathlib import Path

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model.urls import _PLAIN, canonical_url, is_home_page, origin_of, resolve_url, site_of, split_url, url_id


@pytest.mark.parametrize(
    ("reference", "base", "expected"),
    [
        ("/b?c=d#e", "https://example.org/a", "https://example.org/b?c=d"),
        ("//other.org/x", "https://example.org/", "https://other.org/x"),
        ("  HTTP://Example.ORG:80/%7Ea  ", None, "http://example.org/%7Ea"),
        ("http://user:secret@example.org/", None, "http://example.org/"),
        ("http://münchen.example/", None, "http://xn--mnchen-3ya.example/"),
        ("http://2130706433/", None, "http://127.0.0.1/"),  # a guard can only refuse what it can read
        ("javascript:alert(1)", "https://example.org/", None),
        ("mailto:a@example.org", "https://example.org/", None),
        ("http://a..b/", None, None),
        ("http:///", None, None),
        ("/no-base", None, None),
        ("http://\ud800.example/", None, None),
        ("https://example.org/" + "a" * 5000, None, None),
    ],
)
def test_a_link_becomes_an_address_of_the_web_or_nothing(
    reference: str, base: str | None, expected: str | None
) -> None:
    assert resolve_url(reference, base) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Example.org:443/News/A?b=2&a=1#top", "https://example.org/News/A?a=1&b=2"),
        ("https://example.org/a?utm_source=x&fbclid=y&id=7", "https://example.org/a?id=7"),
        ("https://example.org/a?UTM_Medium=x", "https://example.org/a"),
        ("https://example.org/a?", "https://example.org/a"),
        ("https://example.org/a;jsessionid=0A1B2C?id=7", "https://example.org/a?id=7"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://example.org/a?x=2&x=1", "https://example.org/a?x=2&x=1"),
        ("https://example.org/a/", "https://example.org/a/"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org/a?ref=b", "https://example.org/a?ref=b"),
    ],
)
def test_an_address_has_one_canonical_spelling(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


def test_what_is_no_address_has_no_canonical_spelling() -> None:
    with pytest.raises(ValueError, match="not an http"):
        canonical_url("ftp://example.org/")


@given(st.text(max_size=60))
def test_canonicalising_twice_changes_nothing(tail: str) -> None:
    url = resolve_url("https://example.org/" + tail)

    if url is not None:
        assert canonical_url(canonical_url(url)) == canonical_url(url)
        assert url_id(canonical_url(url)) == url_id(url)


@given(st.text(max_size=80), st.none() | st.just("https://example.org/a/b"))
def test_resolving_never_raises_and_gives_web_addresses(reference: str, base: str | None) -> None:
    url = resolve_url(reference, base)

    assert url is None or url.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.news.co.uk/a", "news.co.uk"),
        ("https://a.github.io/", "a.github.io"),  # the private section of the list
        ("http://127.0.0.1:8080/", "127.0.0.1"),
        ("http://[::1]:8080/", "::1"),
        ("http://daily.example/", "daily.example"),
        ("http://localhost/", "localhost"),
    ],
)
def test_a_site_is_the_registrable_domain_or_the_address(url: str, site: str) -> None:
    assert site_of(url) == site


def test_the_parts_of_an_address_say_where_it_is_asked() -> None:
    assert split_url("https://[::1]/a?b=c") == ("https", "[::1]", 443, "/a?b=c")
    assert origin_of("http://example.org:8080/a") == "http://example.org:8080"


@pytest.mark.parametrize(
    ("url", "is_home"),
    [
        ("https://a.org", True),
        ("https://a.org/?x=1", True),
        ("https://a.org/b", False),
        ("https://a.org/?p=31228", False),
        ("https://a.org/index.php?lang=de&id=765", False),
        ("https://a.org/?step=1&p=about", True),
    ],
)
def test_a_home_page_is_told_from_a_page(url: str, is_home: bool) -> None:
    assert is_home_page(url) is is_home


@given(
    st.sampled_from(["http", "https"]),
    st.sampled_from(
        ["a.example", "user:pw@a.example", "[::1]", "127.1", "ä.example.", "a.example:0080", "a.example:81"]
    ),
    st.text(alphabet="/?#@:=&.%aä ", max_size=30),
)
def test_the_parts_read_off_an_address_are_those_of_a_parser(scheme: str, host: str, rest: str) -> None:
    url = resolve_url(f"{scheme}://{host}/{rest}")

    assert url is not None
    parsed = ada_url.URL(url)
    port = int(parsed.port) if parsed.port else (443 if scheme == "https" else 80)
    assert split_url(url) == (
        scheme,
        parsed.hostname,
        port,
        f"{parsed.pathname}{parsed.search}" + "?" * (url.endswith("?") and not parsed.search),
    )
    assert origin_of(url) == parsed.origin
    assert (parsed.hash, parsed.username, parsed.password) == ("", "", "")
    assert canonical_url(url) == canonical_url(parsed.href)


CASES = Path(__file__).parents[2].parent / "shared" / "conformance" / "url" / "wpt.jsonl"


@pytest.mark.skipif(not CASES.exists(), reason="the conformance cases are not here")
def test_addresses_are_resolved_as_browsers_do() -> None:
    wrong = []
    for case in map(json.loads, CASES.read_text("utf-8").splitlines()):
        if not case.get("http") or "@" in (case["href"] or ""):  # user names are left out on purpose
            continue
        expected = None if case["failure"] else case["href"].partition("#")[0]
        if expected is not None and (".." in split_url(expected).host or split_url(expected).host.startswith(".")):
            continue  # names that no resolver takes, and that raise in one
        if resolve_url(case["input"], case["base"]) != expected:
            wrong.append(case["id"])

    assert wrong == []


BASE = "https://post.example/news/a-story-of-some-length-4711"


@given(st.from_regex(r"(https?://[a-zA-Z0-9.-]{1,20}|)(/[ -~]{0,12}){1,4}", fullmatch=True))
def test_the_short_way_to_resolve_an_address_gives_what_the_parser_gives(href: str) -> None:
    try:
        url = ada_url.URL(href, base=BASE)
        url.username = url.password = ""
    except ValueError:
        return
    resolved = resolve_url(href, BASE)

    assert resolved is None or resolved == str(url.href).partition("#")[0]


@given(st.from_regex(_PLAIN, fullmatch=True))
def test_an_address_that_needs_no_parser_is_its_own_canonical_spelling(url: str) -> None:
    assert url.endswith("\n") or len(url) > 4096 or (canonical_url(url), str(ada_url.URL(url).href)) == (url, url)
