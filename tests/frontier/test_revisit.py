import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.frontier.revisit import LADDER_S, LEAST_POLL_S, LONGEST_POLL_S, Plan, plan_revisit
from crawler.model.links import LinkKind
from crawler.model.records import Article, Http
from crawler.model.work import Lease, Outcome, Purpose, Target, Visit

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z
HOUR_S, DAY_S = 3_600.0, 86_400.0


def visit(
    outcome: Outcome, *, kind: LinkKind = LinkKind.RELATED, published_at: str | None = None, **fields: object
) -> Visit:
    target = Target(url="https://a.example/1", kind=kind, seed="s")
    article = Article(url="https://a.example/1", published_at=published_at) if outcome is Outcome.SAVED else None
    done = Visit(
        lease=Lease(target=target, key=b"k", site="a.example"), outcome=outcome, at_unix_s=NOW, article=article
    )
    return msgspec.structs.replace(done, **fields)


def http(etag: str | None) -> Http:
    return Http(status=200, etag=etag, last_modified=None, content_type=None, bytes=1)


def test_a_listing_is_asked_sooner_when_it_brings_something_and_later_when_it_does_not() -> None:
    plan, intervals = Plan(at_unix_s=None), []
    for new in (5, 3, 1, 1, 0, 0):
        plan = plan_revisit(visit(Outcome.LISTED), plan, new)
        intervals.append(plan.poll_s)

    assert intervals == [3600.0, 1800.0, 900.0, 900.0, 1350.0, 2025.0]


@given(st.lists(st.integers(0, 3), max_size=60))
def test_a_listing_is_asked_between_every_quarter_of_an_hour_and_every_day(brought: list[int]) -> None:
    plan = Plan(at_unix_s=None)
    for new in brought:
        plan = plan_revisit(visit(Outcome.LISTED if new else Outcome.UNCHANGED), plan, new)
        assert plan.poll_s is None or LEAST_POLL_S <= plan.poll_s <= LONGEST_POLL_S


@pytest.mark.parametrize(
    ("published_at", "etag", "due_in_s"),
    [
        ("2027-01-15T07:30:00Z", '"1"', HOUR_S / 2),
        ("2027-01-15T07:30:00Z", None, DAY_S - HOUR_S / 2),  # without a validator each visit costs the whole page
        ("2027-01-15T05:00:00Z", '"1"', 3 * HOUR_S),
        ("2027-01-10T08:00:00Z", None, 2 * DAY_S),
        ("2026-12-01T08:00:00Z", None, None),  # past the last rung
        (None, None, DAY_S),
        ("soon", None, DAY_S),
    ],
)
def test_an_article_takes_the_next_rung_after_its_publication(
    published_at: str | None, etag: str | None, due_in_s: float | None
) -> None:
    plan = plan_revisit(visit(Outcome.SAVED, published_at=published_at, http=http(etag)), Plan(at_unix_s=None), 0)

    assert plan.at_unix_s == (None if due_in_s is None else NOW + due_in_s)


def test_a_ladder_is_climbed_from_where_it_began() -> None:
    plan, rungs = Plan(at_unix_s=None), []
    done = visit(Outcome.SAVED, http=http('"1"'))
    while True:
        plan = plan_revisit(done, plan, 0)
        if plan.at_unix_s is None:
            break
        rungs.append(plan.at_unix_s - NOW)
        done = msgspec.structs.replace(done, outcome=Outcome.UNCHANGED, article=None, at_unix_s=plan.at_unix_s)

    assert rungs == list(LADDER_S)


@pytest.mark.parametrize(
    ("done", "is_due_again"),
    [
        (visit(Outcome.NOT_ARTICLE, kind=LinkKind.SEED), True),  # a section page
        (visit(Outcome.NOT_ARTICLE), False),
        (visit(Outcome.GONE), False),
        (visit(Outcome.REDIRECTED, kind=LinkKind.SEED), True),
        (visit(Outcome.REDIRECTED), False),
        (visit(Outcome.DUPLICATE), True),  # a twin may go its own way
    ],
)
def test_what_can_bring_nothing_new_is_never_due(done: Visit, is_due_again: bool) -> None:
    plan = plan_revisit(done, Plan(at_unix_s=None), 0)

    assert (plan.at_unix_s is not None) is is_due_again


def test_files_of_an_origin_are_asked_for_by_need_alone() -> None:
    done = visit(Outcome.ROBOTS_READ)
    lease = msgspec.structs.replace(
        done.lease, target=msgspec.structs.replace(done.lease.target, purpose=Purpose.ROBOTS)
    )

    assert plan_revisit(msgspec.structs.replace(done, lease=lease), Plan(at_unix_s=None), 0).at_unix_s is None
