import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model.work import Answer, Failure, OriginFile, Outcome
from crawler.politeness.pacing import refusals_after
from crawler.politeness.rights import find_reservation, is_challenge, read_directives, rights_file
from crawler.politeness.robots import parse_robots

URL = "https://a.example/abcde"


def answer(status: int = 200, body: bytes = b"", *headers: tuple[str, str]) -> Answer:
    return Answer(url="https://a.example/1", status=status, headers=headers, body=body, wire_bytes=0, elapsed_s=0.1)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ([], (False, False, False, None)),
        ([("x-robots-tag", "noindex, nofollow")], (True, True, False, None)),
        ([("x-robots-tag", "none")], (True, True, False, None)),
        ([("x-robots-tag", "otherbot: noindex")], (False, False, False, None)),
        ([("x-robots-tag", "otherbot: noindex"), ("x-robots-tag", "noarchive")], (False, False, True, None)),
        ([("x-robots-tag", "related-story-crawler: noindex, nofollow")], (True, True, False, None)),
        ([("x-robots-tag", "unavailable_after: 25 Jun 2030 15:00:00 PST, noarchive")], (False, False, True, None)),
        ([("x-robots-tag", "max-snippet: 20, noai")], (False, False, False, "header x-robots-tag: noai")),
        ([("tdm-reservation", "1")], (False, False, False, "header tdm-reservation: 1")),
        ([("tdm-reservation", "0")], (False, False, False, None)),
        ([("content-usage", "train-ai=n")], (False, False, False, "header content-usage: train-ai=n")),
        ([("content-signal", "search=yes, ai-train=yes")], (False, False, False, None)),
    ],
)
def test_headers_speak_to_everyone_or_to_us(
    headers: list[tuple[str, str]], said: tuple[bool, bool, bool, str | None]
) -> None:
    found = read_directives(headers)

    assert (found.noindex, found.nofollow, found.noarchive, found.rights) == said


RULES = """[
    {"location": "/open/*", "tdm-reservation": 0},
    {"location": "/*.html$", "tdm-reservation": 1, "tdm-policy": "https://a.example/policy"},
    {"location": "/", "tdm-reservation": 1}
]"""


@pytest.mark.parametrize(
    ("path", "reserved"),
    [
        ("/open/1.html", None),  # the first that fits decides
        ("/news/1.html", "tdmrep.json: /*.html$"),
        ("/news/1.html?x=1", "tdmrep.json: /"),
        ("", "tdmrep.json: /"),
    ],
)
def test_the_first_rule_of_a_tdmrep_json_that_fits_decides(path: str, reserved: str | None) -> None:
    assert find_reservation(RULES, f"https://a.example{path}") == reserved


@given(st.text() | st.sampled_from(["[" * 50_000, "[1]", '[{"location": 1}]', '[{"location": "/"}]', "{}"]))
def test_what_is_no_tdmrep_json_reserves_nothing(text: str) -> None:
    assert find_reservation(text, "https://a.example/1") is None


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [("/a*c", True), ("/a*b*e$", True), ("/abcde$", True), ("/abc$", False), ("/a*cd$", False), ("/*e*e$", False)],
)
def test_a_pattern_of_a_tdmrep_json_fits_as_one_of_robots_txt(pattern: str, fits: bool) -> None:
    reserved = find_reservation(f'[{{"location": "{pattern}", "tdm-reservation": 1}}]', URL)

    assert (reserved is not None, not parse_robots(f"User-agent: *\nDisallow: {pattern}").may_fetch(URL)) == (
        fits,
        fits,
    )


def test_a_pattern_of_many_stars_costs_little() -> None:
    rules = '[{"location": "/' + "*a" * 4000 + 'b", "tdm-reservation": 1}]'

    assert find_reservation(rules, "https://a.example/" + "a" * 4000) is None


@pytest.mark.parametrize(
    ("result", "text", "kept_s"),
    [
        (answer(200, b"[]"), "[]", 86_400.0),
        (answer(404), "", 86_400.0),
        (answer(503), "old", 3_600.0),
        (Failure(outcome=Outcome.TIMEOUT, why="", elapsed_s=1.0), "old", 3_600.0),
    ],
)
def test_a_tdmrep_json_that_cannot_be_had_changes_nothing(result: Answer | Failure, text: str, kept_s: float) -> None:
    previous = OriginFile(text="old", fetched_at_unix_s=0.0, expires_at_unix_s=1.0)

    file = rights_file(result, previous=previous, now_unix_s=1000.0)

    assert (file.text, file.expires_at_unix_s) == (text, 1000.0 + kept_s)


@pytest.mark.parametrize(
    ("robots", "path", "rule"),
    [
        ("User-agent: *\nContent-Signal: ai-train=no\n", "/a", "robots.txt line 2: Content-Signal: ai-train=no"),
        ("User-agent: *\nContent-Signal: ai-train=yes, search=yes\n", "/a", None),
        ("User-agent: otherbot\nContent-Signal: ai-train=no\n", "/a", None),
        ("User-agent: *\nContent-Usage: /a train-ai=n\nContent-Usage: /a/b train-ai=y\n", "/a/b/c", None),
        (
            "User-agent: *\nContent-Usage: /a train-ai=n\nContent-Usage: /a/b train-ai=y\n",
            "/a/c",
            "robots.txt line 2: Content-Usage: /a train-ai=n",
        ),
    ],
)
def test_robots_txt_may_reserve_the_use_of_what_it_allows(robots: str, path: str, rule: str | None) -> None:
    rules = parse_robots(robots)

    assert (rules.may_fetch(f"https://a.example{path}"), rules.reserving_rule(f"https://a.example{path}")) == (
        True,
        rule,
    )


@pytest.mark.parametrize(
    ("result", "is_one"),
    [
        (answer(403, b"", ("cf-mitigated", "challenge")), True),
        (answer(202, b"", ("x-amzn-waf-action", "challenge")), True),
        (answer(200, b"<script>window._cf_chl_opt = {}</script>"), True),
        (answer(200, b"<p>words<script src='/cdn-cgi/challenge-platform/h/g/scripts/jsd/main.js'>"), False),
        (answer(200, b"<p>" + b"words " * 20_000 + b"on window._cf_chl_opt"), False),  # an article about it
        (answer(403), False),
    ],
)
def test_a_challenge_page_is_a_refusal_whatever_its_status_says(result: Answer, is_one: bool) -> None:
    assert is_challenge(result) is is_one


def test_refusals_count_in_a_row() -> None:
    counts = [0]
    for outcome in (Outcome.REFUSED, Outcome.TIMEOUT, Outcome.REFUSED, Outcome.ROBOTS_DENIED, Outcome.GONE):
        counts.append(refusals_after(counts[-1], outcome))

    assert counts == [0, 1, 1, 2, 2, 0]
