"""Dates in the forms of pages, feeds and archives: read as written, and never guessed."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crawler.extraction.dates import PLACEHOLDERS, ParsedDate, parse_date
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
        ("2024-05-25 午後 11:23 JST", "2024-05-25T14:23:00"),
        ("2024-W10-1T05:06Z", "2024-03-04T05:06:00"),
        ("2024-064T05:06+00:00", "2024-03-04T05:06:00"),
        ("2024-03-04T24:00Z", "2024-03-05T00:00:00"),
        ("20240304T050607+0100", "2024-03-04T04:06:07"),
        ("1415 GMT (2215 HKT) March 4, 2024", "2024-03-04T14:15:00"),
        ("2024-03-04T05:06+01:00[Europe/Paris]", "2024-03-04T04:06:00"),
        ("Thursday, 01-Jan-04 19:48:21 GMT", "2004-01-01T19:48:21"),  # RFC 850
        ("Sun Jul 15 01:16:00 +0000 2012", "2012-07-15T01:16:00"),
        ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00"),
        ("2004-július-13T9:15-05:00", "2004-07-13T14:15:00"),
        ("March 4, 2024 10:30 GMT+05:30", "2024-03-04T05:00:00"),
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
        ("2024-W10-1", "2024-03-04"),
        ("2024-366", "2024-12-31"),
        ("5. listopadu 2024", "2024-11-05"),
        ("2015-кві-12", "2015-04-12"),
        ("Чацвер 06 жніўня 2015", "2015-08-06"),
        ("10 KASIM 2024", "2024-11-10"),
        ("5 كانون الثاني 2024", "2024-01-05"),
        ("الأحد ٥ مايو ٢٠٢٤", "2024-05-05"),
        ("۱۴۰۳/۰۲/۱۵", "2024-05-04"),
        ("۱۵ اردیبهشت ۱۴۰۳", "2024-05-04"),
        ("6 พ.ค. 2567", "2024-05-06"),
        ("5 במאי 2024", "2024-05-05"),
        ("१७ अक्टूबर २००५", "2005-10-17"),
        ("令和6年3月4日", "2024-03-04"),
        ("民國113年3月4日", "2024-03-04"),
        ("二〇二四年十二月二十三日", "2024-12-23"),
        ("2024. gada 4. martā", "2024-03-04"),
        ("2024 m. kovo 4 d.", "2024-03-04"),
        ("Tháng Mười Hai 29, 2013", "2013-12-29"),
        ("Thursday 04/07/2024", "2024-07-04"),  # the weekday tells the order
        ("čtv 14. lis 2013", "2013-11-14"),  # and the month of a name that Croats use for another
        ("4 mar 24", "2024-03-04"),
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
        ("2024年8月25日 下午3點", "15:00"),
        ("2024. 8. 25. 오후 3:05", "15:05"),
        ("٢٥ آب ٢٠٢٤ - ١٠:٣٠ م", "22:30"),
        ("25 août 2024 à 10h", "10:00"),
        ("25. August 2024 um 10 Uhr", "10:00"),
        ("August 25, 2024, 10am", "10:00"),
        ("25 de agosto de 2024 a las 10.30 h", "10:30"),
        ("25 augusti 2024 kl. 10.30", "10:30"),
        ("25 tháng 8 năm 2024, 14 giờ 30 phút", "14:30"),
        ("20:15 - 25/08/2024", "20:15"),
        ("25. kolovoza 2024. u podne", "12:00"),
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


@pytest.mark.parametrize(
    "text",
    [
        "1970-01-01T00:00:00Z",
        "1969-12-31T16:00:00-08:00",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "January 1, 1970",
        "01.01.1970",
        "1601-01-01",
        "1899-12-30T00:00:00",
        "0001-01-01",
    ],
)
def test_the_day_on_which_clocks_begin_is_no_date(text: str) -> None:
    assert parse_date(text) is None


def test_a_month_of_iso_8601_is_its_first_day_approximately() -> None:
    assert parse_date("2024-03") == ParsedDate(at=None, on=date(2024, 3, 1), precision=Precision.APPROXIMATE)


@pytest.mark.parametrize(
    ("language", "at"),
    [("en-IN", "2024-03-04T05:00:00+00:00"), ("en-IE", "2024-03-04T09:30:00+00:00"), ("en", None), (None, None)],
)
def test_a_zone_whose_name_means_several_is_told_by_the_region_or_not_at_all(
    language: str | None, at: str | None
) -> None:
    parsed = parse_date("4 March 2024 10:30 IST", language=language)

    assert parsed is not None
    assert parsed.at == (datetime.fromisoformat(at) if at else None)


@pytest.mark.parametrize(
    "text", ["4 March 2024 10:30, by Ann Est", "4 March 2024 10:30 Cat Weir", "March 4, 2024 10:30 West"]
)
def test_a_word_that_is_like_a_zone_is_none(text: str) -> None:
    parsed = parse_date(text)

    assert parsed is not None
    assert parsed.at is None


@pytest.mark.parametrize(
    ("zone", "hour"), [(None, 14), (UTC, 14), (timezone(timedelta(hours=-7)), 6)], ids=["none", "utc", "los-angeles"]
)
def test_a_korean_half_of_the_day_is_of_korea_unless_the_page_is_of_another_place(
    zone: timezone | None, hour: int
) -> None:
    parsed = parse_date("2024-05-25 오후 11:23", zone=zone)

    assert parsed is not None
    assert parsed.at is not None
    assert parsed.at.hour == hour


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


@pytest.mark.parametrize(("language", "day"), [("nl", "2024-12-03"), ("hu", "2003-12-24"), (None, None)])
def test_a_year_of_two_digits_stands_where_the_language_has_it_or_nowhere(
    language: str | None, day: str | None
) -> None:
    parsed = parse_date("03/12/24", language=language)

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
        ("an hour ago", "2024-05-05T11:34:00+00:00", "2024-05-05"),
        ("för 3 timmar sedan", "2024-05-05T09:34:00+00:00", "2024-05-05"),
        ("منذ ساعتين", "2024-05-05T10:34:00+00:00", "2024-05-05"),
        ("לפני 3 שעות", "2024-05-05T09:34:00+00:00", "2024-05-05"),
        ("3 giờ trước", "2024-05-05T09:34:00+00:00", "2024-05-05"),
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
        "2023-366",
        "2024-W54-1",
        "3-5 May 2024",
        "May 3-5, 2024",
        "3.-5.5.2024",
        "4 min read",
        "1,024 views 2024",
        "2 months ago",
        "30 February 2024",
        "2024-13-01T00:00:00Z",
        "2024-03-04T05:06:61Z",
        "9999-12-31T23:59:59-99:99",
        "0001-01-01T00:00:00Z",
        "12345",
        "Windows 10 1909 (November update)",
        "In March we saw 2024 visitors and 4 dogs" * 4,
    ],
)
def test_what_is_no_whole_day_is_not_read(text: str) -> None:
    assert parse_date(text, now=NOW, language="en-GB") is None


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)), st.integers(-840, 840))  # noqa: DTZ001 - bounds of Hypothesis are naive
def test_every_moment_of_rfc_3339_comes_back(local: datetime, offset_minutes: int) -> None:
    moment = local.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset_minutes)))
    assume(moment.date() not in PLACEHOLDERS)

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
    assert right >= 0.97 * len(cases)  # the rest: digits that count something as often as days, and the year 100
