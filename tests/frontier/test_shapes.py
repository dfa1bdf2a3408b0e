import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.frontier.shapes import BARREN_TO_DEFER, BARREN_TO_DROP, DEFERRED, FREE, judged, shape_of
from crawler.model.urls import resolve_url
from crawler.model.work import Outcome, UrlState


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/calendar/2026/11/24", "https://a.example/calendar/2031/1/2"),
        ("https://a.example/x?sid=8f3a&page=2", "https://a.example/x?page=9&sid=77"),
        ("https://a.example/news/the-harbour-opens-again", "https://a.example/news/what-the-storm-left-behind"),
        ("https://a.example/s/deadbeef12345678/list", "https://a.example/s/0123456789abcdef/list"),
        ("https://a.example/a/b/a/b/a/b/a/b", "https://a.example/a/b/a/b/a/b/a/b/a/b/a/b"),
    ],
)
def test_addresses_of_one_template_have_one_shape(one: str, other: str) -> None:
    assert shape_of(one) == shape_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/calendar/2026", "https://a.example/news/2026"),
        ("https://a.example/x?page=1", "https://a.example/x?id=1"),
        ("https://a.example/x", "https://b.example/x"),
    ],
)
def test_addresses_of_other_templates_have_other_shapes(one: str, other: str) -> None:
    assert shape_of(one) != shape_of(other)


@given(st.text(max_size=80))
def test_every_address_has_a_short_shape(tail: str) -> None:
    url = resolve_url(f"https://a.example/{tail}")

    assert url is None or len(shape_of(url)) <= 300


def test_a_shape_that_brings_nothing_is_deferred_and_only_much_later_dropped() -> None:
    deferred, dropped = judged(BARREN_TO_DEFER), judged(BARREN_TO_DROP)

    assert judged(BARREN_TO_DEFER - 1) == FREE
    assert (deferred.state, deferred.penalty, deferred.outcome) == (UrlState.QUEUED, DEFERRED, None)
    assert (dropped.state, dropped.outcome) == (UrlState.DROPPED, Outcome.TRAP)
