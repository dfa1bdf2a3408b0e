"""What a group of visits means: versions, twins, aliases and edges, also within one group and over several."""

from collections.abc import Sequence

import msgspec
import pytest

from crawler.extraction.seedtext import story_id
from crawler.frontier.contract import key_of
from crawler.frontier.ledger import MemoryLedger
from crawler.frontier.memory import MemoryFrontier
from crawler.model.links import Link, LinkBlock, LinkKind
from crawler.model.records import AliasRecord, Article, ArticleRecord, LinkRecord, Record, VisitRecord
from crawler.model.urls import url_id
from crawler.model.work import Lease, Outcome, Purpose, Target, Visit
from crawler.running.decide import Decisions

A, B = "https://a.example/one", "https://a.example/two"
KINDS = frozenset(LinkKind) - {LinkKind.PROMOTED}


@pytest.fixture
def frontier() -> MemoryFrontier:
    frontier = MemoryFrontier(MemoryLedger(), lambda: 1_800_000_000.0)
    frontier.begin("run-1", "crawl")
    return frontier


def article(url: str = A, **fields: object) -> Article:
    plain = Article(url=url, title="Title", text="words", word_count=300, text_digest="d1", published_on="2026-11-01")
    return msgspec.structs.replace(plain, **fields)


def visit(
    page: Article | None,
    *,
    url: str = A,
    outcome: Outcome = Outcome.SAVED,
    chain: tuple[str, ...] = (),
    kind: LinkKind = LinkKind.RELATED,
    links: tuple[Link, ...] = (),
    purpose: Purpose = Purpose.FILE,
) -> Visit:
    """A visit as a file brings it, so that the frontier needs no lease for it."""
    found_via = None if kind is LinkKind.SEED else "https://a.example/from"
    target = Target(url=url, kind=kind, seed="seed", chain=chain, purpose=purpose, found_via=found_via)
    return Visit(
        lease=Lease(target=target, key=key_of(target), site="a.example"),
        outcome=outcome,
        at_unix_s=1_800_000_000.0,
        fetched_url=None if url.startswith("urn:") else url,
        article=page,
        links=links,
    )


def decide(frontier: MemoryFrontier, *visits: Visit, kinds: frozenset[LinkKind] = KINDS) -> Decisions:
    """Decides a group and settles it."""
    decisions = Decisions(frontier, visits, run_id="run-1", kinds=kinds)
    frontier.settle(msgspec.structs.replace(decisions.group, last_seq=1))
    return decisions


def outcomes(decisions: Decisions) -> list[tuple[str, int]]:
    return [(visit.outcome.value, version) for visit, version in decisions.settled]


def versions(records: Sequence[Record]) -> list[tuple[str, int]]:
    return [(record.url, record.version) for record in records if isinstance(record, ArticleRecord)]


def aliases(records: Sequence[Record]) -> list[tuple[str | None, str, str]]:
    return [(r.url, r.same_as, r.why.value) for r in records if isinstance(r, AliasRecord)]


def edges(records: Sequence[Record]) -> list[tuple[str | None, str | None, str, int]]:
    return [(r.source, r.target, r.kind.value, r.version) for r in records if isinstance(r, LinkRecord)]


def test_a_new_article_is_its_first_version(frontier: MemoryFrontier) -> None:
    decisions = decide(frontier, visit(article()))

    assert (outcomes(decisions), versions(decisions.records)) == ([("saved", 1)], [(A, 1)])


@pytest.mark.parametrize("in_one_group", [True, False])
def test_the_same_words_at_the_same_address_write_nothing(frontier: MemoryFrontier, in_one_group: bool) -> None:
    groups = [[visit(article()), visit(article())]] if in_one_group else [[visit(article())], [visit(article())]]

    last = [decide(frontier, *group) for group in groups][-1]

    assert outcomes(last)[-1] == ("unchanged", 0)
    assert versions(last.records) == ([(A, 1)] if in_one_group else [])


@pytest.mark.parametrize("change", [{"text_digest": "d2"}, {"title": "Another title"}])
def test_a_changed_text_or_title_is_a_new_version_with_its_links(
    frontier: MemoryFrontier, change: dict[str, str]
) -> None:
    links = (Link(url=B, kind=LinkKind.RELATED),)
    decide(frontier, visit(article(links=links)))

    again = decide(frontier, visit(article(links=links, **change)))

    assert (outcomes(again), versions(again.records), edges(again.records)) == (
        [("saved", 2)],
        [(A, 2)],
        [(A, B, "related", 2)],
    )


@pytest.mark.parametrize("in_one_group", [True, False])
def test_the_same_long_text_on_one_site_is_an_alias_of_the_first(frontier: MemoryFrontier, in_one_group: bool) -> None:
    pages = [visit(article(A)), visit(article(B), url=B)]
    groups = [pages] if in_one_group else [[page] for page in pages]

    records = [record for group in groups for record in decide(frontier, *group).records]

    assert (versions(records), aliases(records)) == ([(A, 1)], [(B, url_id(A), "same-text")])


@pytest.mark.parametrize("fields", [{"word_count": 99}, {"paywalled": True}, {"text_digest": None}])
def test_a_short_or_paywalled_or_empty_text_is_nobody_s_twin(
    frontier: MemoryFrontier, fields: dict[str, object]
) -> None:
    decisions = decide(frontier, visit(article(A, **fields)), visit(article(B, **fields), url=B))

    assert versions(decisions.records) == [(A, 1), (B, 1)]


def test_the_same_text_on_another_site_is_written_and_names_the_first(frontier: MemoryFrontier) -> None:
    far = "https://b.example/one"

    records = decide(frontier, visit(article(A)), visit(article(far), url=far)).records

    same_text_as = [record.same_text_as for record in records if isinstance(record, ArticleRecord)]
    assert (versions(records), same_text_as, aliases(records)) == ([(A, 1), (far, 1)], [None, url_id(A)], [])


def test_a_page_read_under_another_address_is_an_alias_and_its_canonical_needs_no_visit(
    frontier: MemoryFrontier,
) -> None:
    amp = "https://a.example/amp/one"

    decisions = decide(frontier, visit(article(A), url=amp))

    assert (aliases(decisions.records), edges(decisions.records), [t.url for t in decisions.group.covered]) == (
        [(amp, url_id(A), "canonical")],
        [(amp, A, "canonical", 0)],
        [A],
    )


def test_another_address_with_other_words_makes_no_version_of_an_article(frontier: MemoryFrontier) -> None:
    decide(frontier, visit(article(A)))

    second_page = decide(frontier, visit(article(A, text_digest="d2"), url="https://a.example/one?page=2"))

    assert (outcomes(second_page), versions(second_page.records)) == ([("duplicate", 0)], [])


def test_every_hop_of_a_redirect_leads_to_the_article(frontier: MemoryFrontier) -> None:
    chain = ("http://a.example/one", "https://a.example/1")

    decisions = decide(frontier, visit(article(A), chain=chain))

    assert aliases(decisions.records) == [(hop, url_id(A), "redirect") for hop in chain]


@pytest.mark.parametrize(("to", "is_alias"), [(B, True), ("https://a.example/", False)])
def test_a_redirect_is_an_alias_but_to_a_home_page(frontier: MemoryFrontier, to: str, is_alias: bool) -> None:
    hop = visit(None, outcome=Outcome.REDIRECTED, links=(Link(url=to, kind=LinkKind.REDIRECT),))

    records = decide(frontier, hop).records

    assert (edges(records), bool(aliases(records))) == ([(A, to, "redirect", 0)], is_alias)


def test_an_edge_is_written_once_a_version_and_again_when_its_wording_changes(frontier: MemoryFrontier) -> None:
    def page(*titles: str) -> Visit:
        links = (Link(url=f"{B}-{n}", kind=LinkKind.RELATED, title=title) for n, title in enumerate(titles))
        return visit(article(links=tuple(links)))

    written = [edges(decide(frontier, page(*titles)).records) for titles in (["x"], ["x"], ["x", "y"], ["new", "y"])]

    first, second = (A, f"{B}-0", "related", 1), (A, f"{B}-1", "related", 1)
    assert written == [[first], [], [second], [first]]


def test_a_target_shown_twice_is_one_edge_of_its_strongest_kind(frontier: MemoryFrontier) -> None:
    also = (LinkBlock(kind=LinkKind.RECOMMENDED, heading="For you", rank=3),)
    links = (
        Link(url=f"{B}?utm_source=x", kind=LinkKind.RECOMMENDED),
        Link(url=B, kind=LinkKind.RELATED, heading="Related", also=also),
    )

    records = decide(frontier, visit(article(links=links))).records

    found = [(r.target, r.kind, r.also) for r in records if isinstance(r, LinkRecord)]
    assert found == [(B, LinkKind.RELATED, also)]


def test_kinds_that_are_not_asked_for_are_not_written(frontier: MemoryFrontier) -> None:
    links = (Link(url=B, kind=LinkKind.PROMOTED), Link(url=f"{B}-2", kind=LinkKind.INLINE))

    records = decide(frontier, visit(article(links=links)), kinds=frozenset({LinkKind.INLINE})).records

    (record,) = [r for r in records if isinstance(r, ArticleRecord)]
    assert (edges(records), [link.kind for link in record.links]) == (
        [(A, f"{B}-2", "inline", 1)],
        [LinkKind.INLINE],
    )


def test_a_seed_is_an_edge_without_source_written_once_ever(frontier: MemoryFrontier) -> None:
    written = [
        edges(decide(frontier, visit(article(), kind=LinkKind.SEED)).records),
        edges(decide(frontier, visit(None, kind=LinkKind.SEED, outcome=Outcome.UNCHANGED)).records),
    ]

    assert written == [[(None, A, "seed", 0)], []]


def test_entries_of_a_feed_are_edges_with_what_it_says_of_them(frontier: MemoryFrontier) -> None:
    feed = "https://a.example/feed"
    entry = Link(url=B, kind=LinkKind.FEED, title="News", published_at="2026-11-01T00:00:00Z")

    records = decide(frontier, visit(None, url=feed, outcome=Outcome.LISTED, links=(entry,))).records

    (edge,) = [r for r in records if isinstance(r, LinkRecord)]
    assert (edge.source, edge.target, edge.title, edge.published_at) == (feed, B, "News", "2026-11-01T00:00:00Z")


STORY = story_id("Title", "2026-11-01")


def story(*links: Link) -> Visit:
    urn = f"urn:story:{STORY}"
    return visit(article(urn, text_digest="s1", links=links), url=urn, kind=LinkKind.SEED)


@pytest.mark.parametrize("story_first", [True, False])
def test_an_article_without_address_is_joined_with_the_page_of_its_title_and_day(
    frontier: MemoryFrontier, story_first: bool
) -> None:
    visits = [story(), visit(article())]

    records = [r for v in (visits if story_first else visits[::-1]) for r in decide(frontier, v).records]

    joined = [(r.source_id, r.target_id) for r in records if isinstance(r, LinkRecord) and r.kind == "canonical"]
    assert (joined, aliases(records)) == ([(STORY, url_id(A))], [(None, url_id(A), "resolved")])


@pytest.mark.parametrize("story_first", [True, False])
def test_a_link_without_address_is_joined_with_the_page_of_its_title_and_day(
    frontier: MemoryFrontier, story_first: bool
) -> None:
    named = Link(url=None, kind=LinkKind.RELATED, title="An older title!", published_at="2026-10-01")
    older = visit(article(B, title="An Older Title", published_on="2026-10-01", text_digest="d9"), url=B)
    visits = [story(named), older]

    records = [r for v in (visits if story_first else visits[::-1]) for r in decide(frontier, v).records]

    target_id = story_id("An older title", "2026-10-01")
    related = [(r.target, r.target_id) for r in records if isinstance(r, LinkRecord) and r.kind == "related"]
    assert (related, aliases(records)) == ([(None, target_id)], [(None, url_id(B), "resolved")])


def test_a_reserved_article_is_a_record_without_text(frontier: MemoryFrontier) -> None:
    page = article(text="", text_digest=None, word_count=0)
    reserved = msgspec.structs.replace(
        visit(page, outcome=Outcome.RESERVED), rights="meta tdm-reservation", why="meta tdm-reservation"
    )

    decisions = decide(frontier, reserved)

    (record,) = [r for r in decisions.records if isinstance(r, ArticleRecord)]
    assert (outcomes(decisions), record.text, record.rights) == ([("reserved", 1)], "", "meta tdm-reservation")


def test_each_request_and_each_refusal_is_a_line_but_not_what_waits_for_robots_txt(frontier: MemoryFrontier) -> None:
    frontier.add([Target(url=url, kind=LinkKind.RELATED, seed="s") for url in (A, "https://b.example/1")])
    visits = [
        visit(None, outcome=Outcome.GONE, purpose=Purpose.PAGE),
        visit(None, url="https://b.example/1", outcome=Outcome.NEEDS_FILE, purpose=Purpose.PAGE),
    ]

    records = decide(frontier, *visits).records

    assert [(r.url, r.outcome) for r in records if isinstance(r, VisitRecord)] == [(A, "gone")]
