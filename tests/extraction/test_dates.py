"""Dates in the forms of pages, feeds and archives: read as written, and never guessed."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.dates import ParsedDate, parse_date
from crawler.model.records import Precision

CASES = Path(__file__).parents[2].parent / "shared" / "conformance" / "dates" / "strings.jsonl"
NOW = datetime(2024, 5, 5, 12, 34, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-03-04T05:06:07Z", "2024-03-04T05:06:07"),
        ("2024-03-04T05:06:07.123456789+01:00", "2024-03-04T04:06:07"),
        ("2024-03-04 05:06:07 +0530", "2024-03-03T23:36:07"),
        ("2024-06-30T23:59:60Z", "2024-07-01T00:00:00"),
        ("20240304T050607Z", "2024-03-04T05:06:07"),
        ("Mon, 04 Mar 2024 05:06:07 GMT", "2024-03-04T05:06:07"),
        ("Mon, 4 Mar 2024 05:06 EST", "2024-03-04T10:06:00"),
        ("Mon Mar 04 2024 05:06:07 GMT-0700 (Mountain Standard Time)", "2024-03-04T12:06:07"),
        ("March 4, 2024, 5:06 p.m. EDT", "2024-03-04T21:06:00"),
        ("Montag, 4. März 2024, 17:06 Uhr MEZ", "2024-03-04T16:06:00"),
        ("04/03/2024, 05:06 (GMT+7)", "2024-03-03T22:06:00"),
        ("Mon, 04 Mar 24 05:06:07 GMT", "2024-03-04T05:06:07"),  # RFC 822
        ("March 4, 2024 at 5:06 PM ET", "2024-03-04T22:06:00"),
        ("March 14, 2024 at 5:06 p.m. PT", "2024-03-15T00:06:00"),  # summer time since the 10th
        ("Nov. 3, 2024, 8:06 am Central Time", "2024-11-03T14:06:00"),
        ("Nov. 4, 2024 8:06 AM AT", "2024-11-04T12:06:00"),
        ("2024-05-25 오후 11:23:17", "2024-05-25T14:23:17"),
        ("1709528767", "2024-03-04T05:06:07"),
        ("1709528767000", "2024-03-04T05:06:07"),
    ],
)
def test_a_time_with_a_zone_is_a_moment_in_utc(text: str, at: str) -> None:
    parsed = parse_date(text, language="en-GB")

    assert parsed is not None
    assert (parsed.at, parsed.precision) == (datetime.fromisoformat(f"{at}+00:00"), Precision.MINUTE)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-03-04", "2024-03-04"),
        ("20240304", "2024-03-04"),
        ("March 4, 2024", "2024-03-04"),
        ("Published on 4th March 2024", "2024-03-04"),
        ("4. März 2024", "2024-03-04"),
        ("1er août 2024", "2024-08-01"),
        ("4 de marzo de 2024", "2024-03-04"),
        ("4 marca 2024 r.", "2024-03-04"),
        ("4 марта 2024 г.", "2024-03-04"),
        ("4 Mart 2024", "2024-03-04"),
        ("2024年3月4日", "2024-03-04"),
        ("2024년 3월 4일", "2024-03-04"),
        ("4 tháng 3, 2024", "2024-03-04"),
        ("4 tháng ba, 2024", "2024-03-04"),
        ("4 มี.ค. 2024", "2024-03-04"),
        ("4 मार्च 2024", "2024-03-04"),
        ("4 ফেব্রুয়ারি 2024", "2024-02-04"),
        ("2024 წლის 4 მარტი", "2024-03-04"),
        ("4 Marso 2024", "2024-03-04"),
        ("31.12.2024", "2024-12-31"),
        ("4.3.2024", "2024-03-04"),  # dots stand between day and month wherever they are written
        ("31/12/2024", "2024-12-31"),
        ("12/31/2024", "2024-12-31"),
    ],
)
def test_a_day_without_a_clock_is_a_day(text: str, day: str) -> None:
    parsed = parse_date(text)

    assert parsed == ParsedDate(at=None, on=date.fromisoformat(day), precision=Precision.DAY)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("am 25.08.2024 um 12:30 Uhr", "12:30"),  # no morning: German for "on"
        ("25.8.2024 5.45 ip.", "17:45"),
        ("25 August 2024 at noon", "12:00"),
        ("12 जनवरी 2024 11:08 अपराह्न", "23:08"),
        ("2024年8月25日 下午3:05", "15:05"),
    ],
)
def test_a_clock_is_read_with_the_half_of_the_day_that_is_named(text: str, clock: str) -> None:
    parsed = parse_date(text)

    assert parsed is not None
    assert parsed.local is not None
    assert parsed.local.strftime("%H:%M") == clock


@pytest.mark.parametrize(
    "text", ["2013-01-28T09:xx:00Z", "2013-01-28T09:00:00+00:xx", "16 Dec 2012 11:47:32 +zz:00", "16 Dec 2012 1:2:3:4"]
)
def test_a_clock_with_letters_in_it_makes_no_date(text: str) -> None:
    assert parse_date(text) is None


def test_the_day_is_the_one_where_it_was_written() -> None:
    parsed = parse_date("2024-03-04T00:30:00+09:00")

    assert parsed is not None
    assert (parsed.on, parsed.at) == (date(2024, 3, 4), datetime(2024, 3, 3, 15, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("language", "day"),
    [("de", "2024-08-07"), ("en-GB", "2024-08-07"), ("en-US", "2024-07-08"), ("en", None), (None, None)],
)
def test_an_order_of_day_and_month_is_told_by_the_language_or_not_at_all(language: str | None, day: str | None) -> None:
    parsed = parse_date("07/08/2024", language=language)

    assert (parsed.on.isoformat() if parsed else None) == day


def test_a_clock_without_a_zone_makes_no_moment_until_the_zone_is_given() -> None:
    east = timezone(timedelta(hours=2))

    unknown, known = parse_date("2024-03-04 05:06"), parse_date("2024-03-04 05:06", zone=east)

    assert (unknown, known) == (
        ParsedDate(at=None, on=date(2024, 3, 4), precision=Precision.DAY, local=datetime(2024, 3, 4, 5, 6)),  # noqa: DTZ001 - the point
        ParsedDate(
            at=datetime(2024, 3, 4, 3, 6, tzinfo=UTC),
            on=date(2024, 3, 4),
            precision=Precision.MINUTE,
            local=datetime(2024, 3, 4, 5, 6),  # noqa: DTZ001 - as written
        ),
    )


@pytest.mark.parametrize(
    ("text", "at", "day"),
    [
        ("20 hours ago", "2024-05-04T16:34:00+00:00", "2024-05-04"),
        ("vor 5 Minuten", "2024-05-05T12:29:00+00:00", "2024-05-05"),
        ("il y a 2 jours", None, "2024-05-03"),
        ("3時間前", "2024-05-05T09:34:00+00:00", "2024-05-05"),
    ],
)
def test_a_relative_time_is_approximate_and_needs_to_know_now(text: str, at: str | None, day: str) -> None:
    parsed, unread = parse_date(text, now=NOW), parse_date(text)

    moment = datetime.fromisoformat(at) if at else None
    expected = ParsedDate(at=moment, on=date.fromisoformat(day), precision=Precision.APPROXIMATE)
    assert (parsed, unread) == (expected, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "May 2024",
        "2024-02-30",
        "30 February 2024",
        "2024-13-01T00:00:00Z",
        "2024-03-04T05:06:61Z",
        "9999-12-31T23:59:59-99:99",
        "0001-01-01T00:00:00Z",
        "12345",
        "In March we saw 2024 visitors and 4 dogs" * 4,
    ],
)
def test_what_is_no_whole_day_is_not_read(text: str) -> None:
    assert parse_date(text, now=NOW, language="en-GB") is None


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)), st.integers(-840, 840))  # noqa: DTZ001 - bounds of Hypothesis are naive
def test_every_moment_of_rfc_3339_comes_back(local: datetime, offset_minutes: int) -> None:
    moment = local.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset_minutes)))

    parsed = parse_date(moment.isoformat())

    assert parsed is not None
    assert (parsed.at, parsed.on) == (moment, moment.date())


@given(st.text(max_size=150), st.sampled_from([None, NOW]), st.sampled_from([None, "en", "de", "ja", "x"]))
def test_no_text_raises(text: str, now: datetime | None, language: str | None) -> None:
    parsed = parse_date(text, now=now, language=language)

    assert parsed is None or parsed.at is None or parsed.at.utcoffset() == timedelta(0)


def test_most_dates_of_the_collection_are_read_right() -> None:
    if not CASES.exists():
        pytest.skip("the collection of dates is not here")
    cases = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]

    right = 0
    for case in cases:
        parsed = parse_date(case["input"], zone=UTC)
        if wanted := case.get("expected"):
            moment = (
                datetime.fromisoformat(wanted).replace(tzinfo=UTC)
                if "+" not in wanted
                else datetime.fromisoformat(wanted)
            )
            day = datetime.combine(parsed.on, datetime.min.time(), UTC) if parsed else None
            right += parsed is not None and (parsed.at or day) == moment
        else:
            right += (parsed is not None) == bool(case.get("parses"))
    assert right >= 0.75 * len(cases)  # the rest: languages without a table, and forms that only guessing reads
