import msgspec
import pytest

from crawler.frontier.revisit import LADDER_S, Plan, plan_revisit
from crawler.frontier.rhythm import LEAST_POLL_S, early
from crawler.model.links import LinkKind
from crawler.model.records import Article, Http
from crawler.model.work import Lease, Outcome, Purpose, Target, Visit

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z
HOUR_S, DAY_S = 3_600.0, 86_400.0


def visit(
    outcome: Outcome, *, kind: LinkKind = LinkKind.RELATED, published_at: str | None = None, **fields: object
) -> Visit:
    target = Target(url="https://a.example/1", kind=kind, seed="s")
    at, day = (None, published_at) if published_at is not None and len(published_at) == 10 else (published_at, None)
    article = (
        Article(url="https://a.example/1", published_at=at, published_on=day) if outcome is Outcome.SAVED else None
    )
    done = Visit(
        lease=Lease(target=target, key=b"k", site="a.example"), outcome=outcome, at_unix_s=NOW, article=article
    )
    return msgspec.structs.replace(done, **fields)


def http(etag: str | None) -> Http:
    return Http(status=200, etag=etag, last_modified=None, content_type=None, bytes=1)


def test_a_listing_is_asked_by_what_it_brings_and_keeps_what_was_learned_of_it() -> None:
    plan, intervals_h = Plan(at_unix_s=None), []
    new = [Target(url=f"https://a.example/{n}", kind=LinkKind.FEED, seed="s") for n in range(9)]
    for n, targets in enumerate((new[:1], new[1:], [], [])):
        outcome = Outcome.UNCHANGED if n == 3 else Outcome.LISTED
        plan = plan_revisit(visit(outcome, at_unix_s=NOW + n * HOUR_S), plan, targets)
        intervals_h.append(round((plan.poll_s or 0.0) / HOUR_S, 2))

    assert intervals_h == [1.0, 0.25, 0.27, 0.39]
    assert plan.rhythm is not None
    assert (plan.rhythm.at_unix_s, plan.rhythm.brought_at_unix_s) == (NOW + 3 * HOUR_S, NOW + HOUR_S)


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.SERVER_ERROR, Outcome.BROKEN])
def test_what_is_down_is_asked_again_a_listing_by_its_interval_and_an_article_after_a_day(outcome: Outcome) -> None:
    listed = plan_revisit(visit(Outcome.LISTED), Plan(at_unix_s=None), [])

    source = plan_revisit(visit(outcome), listed, [])
    article = plan_revisit(visit(outcome), Plan(at_unix_s=None), [])
    seed = plan_revisit(visit(outcome, kind=LinkKind.SEED), Plan(at_unix_s=None), [])

    assert (source.at_unix_s, source.rhythm) == (NOW + early(HOUR_S), listed.rhythm)
    assert (article.at_unix_s, seed.at_unix_s) == (NOW + DAY_S, NOW + LEAST_POLL_S)


@pytest.mark.parametrize(
    ("published_at", "etag", "due_in_s"),
    [
        ("2027-01-15T07:30:00Z", '"1"', HOUR_S / 2),
        ("2027-01-15T07:30:00Z", None, DAY_S - HOUR_S / 2),  # without a validator each visit costs the whole page
        ("2027-01-15T05:00:00Z", '"1"', 3 * HOUR_S),
        ("2027-01-10T08:00:00Z", None, 2 * DAY_S),
        ("2026-12-01T08:00:00Z", None, None),  # past the last rung
        ("2027-01-10", None, 2 * DAY_S + 4 * HOUR_S),  # a day alone: from its noon
        ("2027-01-15", None, DAY_S),  # whose noon is still to come: from now
        (None, None, DAY_S),
        ("soon", None, DAY_S),
    ],
)
def test_an_article_takes_the_next_rung_after_its_publication(
    published_at: str | None, etag: str | None, due_in_s: float | None
) -> None:
    plan = plan_revisit(visit(Outcome.SAVED, published_at=published_at, http=http(etag)), Plan(at_unix_s=None), [])

    assert plan.at_unix_s == (None if due_in_s is None else NOW + due_in_s)


def test_a_ladder_is_climbed_from_where_it_began() -> None:
    plan, rungs = Plan(at_unix_s=None), []
    done = visit(Outcome.SAVED, http=http('"1"'))
    while True:
        plan = plan_revisit(done, plan, [])
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
    plan = plan_revisit(done, Plan(at_unix_s=None), [])

    assert (plan.at_unix_s is not None) is is_due_again


def test_files_of_an_origin_are_asked_for_by_need_alone() -> None:
    done = visit(Outcome.ROBOTS_READ)
    lease = msgspec.structs.replace(
        done.lease, target=msgspec.structs.replace(done.lease.target, purpose=Purpose.ROBOTS)
    )

    assert plan_revisit(msgspec.structs.replace(done, lease=lease), Plan(at_unix_s=None), []).at_unix_s is None
