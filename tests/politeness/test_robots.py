"""robots.txt: which group, which rule, which line, and what is held when it cannot be had."""

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model.work import Answer, Failure, OriginFile, Outcome
from crawler.politeness.robots import MOST_ROBOTS_BYTES, Rules, RulesCache, decode_robots, parse_robots, robots_copy

CASES = Path(__file__).parents[2].parent / "shared" / "conformance" / "robots" / "cases.jsonl"
NOW_UNIX_S = 1_795_478_400.0
DAY_S = 86_400.0
TEXT = "User-agent: *\nDisallow: /private\n"


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(
        url="http://a.example/robots.txt", status=status, headers=fields, body=body, wire_bytes=0, elapsed_s=0.1
    )


def failure(outcome: Outcome) -> Failure:
    return Failure(outcome=outcome, why="", elapsed_s=1.0)


def copy(text: str | None, *, age_s: float = 0.0, expires_s: float = DAY_S, failures: int = 0) -> OriginFile:
    return OriginFile(
        text=text,
        fetched_at_unix_s=NOW_UNIX_S - age_s,
        expires_at_unix_s=NOW_UNIX_S + expires_s,
        failures=failures,
    )


def _holds(rules: Rules, case: dict[str, Any]) -> bool:
    match case.get("kind"):
        case "crawl_delay":
            return bool(rules.crawl_delay_s == case["crawl_delay"])
        case "sitemap_count":
            return bool(len(rules.sitemaps) == case["sitemap_count"])
        case _:
            return bool(rules.may_fetch(case["url"]) == case["allowed"])


@pytest.mark.skipif(not CASES.is_file(), reason="the collection is not here")
def test_every_case_of_the_rfc_holds() -> None:
    wrong: dict[str, list[str]] = {"rfc": [], "google": [], "lenient": []}
    cases: Counter[str] = Counter()
    for line in CASES.read_text("utf-8").splitlines():
        case = json.loads(line)
        if case["level"] not in wrong:
            continue
        text = case["robots_txt"]
        rules = parse_robots(
            decode_robots(
                base64.b64decode(case["robots_b64"]) if text is None else text.encode("utf-8", "surrogatepass")
            ),
            product_token=case.get("user_agent") or "*",
        )
        cases[case["level"]] += 1
        if not _holds(rules, case):
            wrong[case["level"]].append(case["id"])
    for level, ids in wrong.items():
        print(f"{level}: {cases[level] - len(ids)} of {cases[level]} cases")  # noqa: T201  # pytest -rP shows it

    assert wrong["rfc"] == wrong["google"] == []
    assert len(wrong["lenient"]) < cases["lenient"] / 2


@pytest.mark.parametrize(
    "agents",
    ["other, related-story-crawler", "other related-story-crawler/1.0", "x (compatible; Related-Story-Crawler)"],
)
def test_a_crawler_in_a_list_is_meant(agents: str) -> None:
    rules = parse_robots(f"User-agent: {agents}\nDisallow: /a\n\nUser-agent: *\nDisallow: /b")

    assert [rules.may_fetch(f"https://a.example/{path}") for path in "ab"] == [False, True]


def test_our_group_is_taken_before_shorter_names_and_all() -> None:
    rules = parse_robots(
        "User-agent: *\nDisallow: /\n\n"
        "User-agent: related\nDisallow: /r\n\n"
        "User-agent: Related-Story-Crawler/2.1\nDisallow: /o\n"
    )

    allowed = {path: rules.may_fetch(f"http://a.example{path}") for path in ("/x", "/r", "/o")}

    assert allowed == {"/x": True, "/r": True, "/o": False}


@pytest.mark.parametrize("name", ["crawler", "story-crawler", "related-story-crawler-images", "bot"])
def test_groups_of_others_are_not_ours(name: str) -> None:
    rules = parse_robots(f"User-agent: {name}\nDisallow: /\n")

    assert rules.may_fetch("http://a.example/")


def test_groups_of_one_name_are_one_and_unknown_lines_part_nothing() -> None:
    rules = parse_robots(
        "User-agent: related-story-crawler\nX-Note: hello\nUser-agent: other\nDisallow: /a\n\n"
        "User-agent: *\nDisallow: /c\n"
        "User-agent: related-story-crawler\nDisallow: /b\n"
    )

    assert [rules.may_fetch(f"http://a.example/{path}") for path in "abc"] == [False, False, True]


def test_the_refusing_line_is_named_as_it_stands_in_the_file() -> None:
    rules = parse_robots(
        "\ufeff# hello\r\nnonsense\r\nUser-agent: *\rDisallow: /a\n"
        "Allow: /a/open\nDisallow: /a/b*c # why\nDisallow: /p%C3%A4\n"
    )

    assert [
        rules.refusing_rule(f"http://a.example{path}") for path in ("/a/x", "/a/b/c", "/a/open", "/z", "/p\u00e4")
    ] == [
        "robots.txt line 4: Disallow: /a",
        "robots.txt line 6: Disallow: /a/b*c",
        None,
        None,
        "robots.txt line 7: Disallow: /p%C3%A4",
    ]


def test_characters_that_end_no_line_end_no_rule() -> None:
    rules = parse_robots("User-agent: *\nDisallow: /a\u2028Allow: /\x0cAllow: /\n")

    assert (rules.may_fetch("http://a.example/a"), rules.refusing_rule("http://a.example/a")) == (True, None)


def test_sitemaps_and_crawl_delay_are_told() -> None:
    rules = parse_robots(
        "Sitemap: https://a.example/1.xml\nUser-agent: *\nCrawl-delay: 4.5\nDisallow:\nSitemap: https://a.example/2.xml"
    )

    assert (rules.crawl_delay_s, rules.sitemaps, rules.may_fetch("https://a.example/")) == (
        4.5,
        ("https://a.example/1.xml", "https://a.example/2.xml"),
        True,
    )


@pytest.mark.parametrize("delay", ["-1", "nan", "inf", "soon", ""])
def test_a_crawl_delay_without_sense_says_nothing(delay: str) -> None:
    assert parse_robots(f"User-agent: *\nCrawl-delay: {delay}\n").crawl_delay_s is None


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\xef\xbb", b"\xef"])
def test_a_byte_order_mark_is_dropped_whole_or_in_part(mark: bytes) -> None:
    assert decode_robots(mark + TEXT.encode()) == TEXT


def test_only_whole_lines_of_the_first_500_kib_count() -> None:
    line = b"Disallow: /abcdefgh\n"

    text = decode_robots(line * (MOST_ROBOTS_BYTES // len(line) + 100))

    assert (len(text) <= MOST_ROBOTS_BYTES, set(text.splitlines())) == (True, {"Disallow: /abcdefgh"})


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: f"user-agent: *\n{text}".encode()))
def test_any_bytes_are_a_robots_txt(body: bytes) -> None:
    rules = parse_robots(decode_robots(body))

    assert (rules.refusing_rule("https://a.example/x?y=1") is None) == rules.may_fetch("https://a.example/x?y=1")


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (answer(200, TEXT.encode()), copy(TEXT)),
        (answer(200, b"", cache_control="max-age=3600"), copy("", expires_s=3600)),
        (answer(200, b"", cache_control="public, max-age=99999999"), copy("")),
        (answer(200, b"", cache_control="max-age=0"), copy("", expires_s=300)),
        (answer(200, b"", cache_control="no-store"), copy("", expires_s=300)),
        (answer(404), copy("")),
        (answer(401), copy("")),
        (answer(410), copy("")),
        (answer(302), copy("")),
        (answer(503), copy(None, expires_s=60, failures=1)),
        (answer(429, retry_after="7200"), copy(None, expires_s=7200, failures=1)),
        (answer(500, b"User-agent: *\nAllow: /"), copy(None, expires_s=60, failures=1)),
        (failure(Outcome.TIMEOUT), copy(None, expires_s=60, failures=1)),
        (failure(Outcome.UNREACHABLE), copy(None, expires_s=60, failures=1)),
        (failure(Outcome.BROKEN), copy(None, expires_s=60, failures=1)),
    ],
    ids=repr,
)
def test_what_is_held_follows_from_the_answer(response: Answer | Failure, expected: OriginFile) -> None:
    assert robots_copy(response, previous=None, now_unix_s=NOW_UNIX_S) == expected


def test_the_last_good_copy_holds_for_thirty_days() -> None:
    held = [
        robots_copy(answer(503), previous=copy(TEXT, age_s=days * DAY_S), now_unix_s=NOW_UNIX_S).text
        for days in (1, 29, 31)
    ]

    assert held == [TEXT, TEXT, None]


def test_an_unreachable_robots_txt_is_asked_for_less_and_less_often_and_comes_back_whole() -> None:
    held, waits_s = None, []
    for _ in range(9):
        held = robots_copy(failure(Outcome.TIMEOUT), previous=held, now_unix_s=NOW_UNIX_S)
        waits_s.append(held.expires_at_unix_s - NOW_UNIX_S)
    healed = robots_copy(answer(200, TEXT.encode()), previous=held, now_unix_s=NOW_UNIX_S)

    assert (waits_s, healed) == ([60, 120, 240, 480, 960, 1920, 3600, 3600, 3600], copy(TEXT))


def test_a_copy_that_was_not_modified_is_kept() -> None:
    held = robots_copy(answer(304), previous=copy(TEXT, age_s=DAY_S), now_unix_s=NOW_UNIX_S)

    assert held == copy(TEXT)


def test_rules_are_compiled_once_and_the_longest_unused_are_forgotten() -> None:
    cache = RulesCache(most=2)
    first, second = cache.rules(TEXT), cache.rules("")
    again = cache.rules(TEXT)
    cache.rules("User-agent: *\n")

    assert (again is first, cache.rules(TEXT) is first, cache.rules("") is second) == (True, True, False)


def test_rules_of_long_texts_are_forgotten_sooner_so_that_they_fill_no_memory() -> None:
    cache = RulesCache(most_chars=100)
    short, long = "User-agent: *\n", "User-agent: *\n" + "Allow: /\n" * 20
    first = cache.rules(short)
    kept = cache.rules(short) is first
    alone = cache.rules(long)

    assert (kept, cache.rules(long) is alone, cache.rules(short) is first) == (True, True, False)
    assert (cache.rules(short) is cache.rules(short), cache.rules(long) is alone) == (True, False)
