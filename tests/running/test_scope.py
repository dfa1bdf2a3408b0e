from crawler.model.links import Link, LinkKind
from crawler.model.work import Target
from crawler.running.scope import Scope, sites_of

HOME, AWAY = "https://www.home.example/news/1", "https://away.example/news/2"
SEED = Target(url=HOME, kind=LinkKind.SEED, seed="the seed")


def scope(**changed: object) -> Scope:
    usual = {"sites": frozenset({"home.example"}), "follow": frozenset({LinkKind.RELATED}), "max_depth": 2}
    return Scope(**{**usual, **changed})  # type: ignore[arg-type]  # the fields of Scope


def link(url: str | None, kind: LinkKind = LinkKind.RELATED, *, nofollow: bool = False) -> Link:
    return Link(url=url, kind=kind, nofollow=nofollow)


def test_a_related_link_is_a_hop_deeper_and_carries_where_it_was_seen() -> None:
    found = list(scope().targets([link("https://home.example/news/3")], SEED, HOME))

    assert found == [
        Target(url="https://home.example/news/3", kind=LinkKind.RELATED, seed="the seed", depth=1, found_via=HOME)
    ]


def test_kinds_that_are_not_followed_links_without_address_and_nofollow_give_nothing() -> None:
    links = [
        link("https://home.example/3", LinkKind.INLINE),
        link("https://home.example/4", LinkKind.RECOMMENDED),
        link(None),
        link("https://home.example/5", nofollow=True),
    ]

    assert list(scope().targets(links, SEED, HOME)) == []


def test_nothing_is_followed_where_the_page_forbids_it_or_from_one_hop_outside() -> None:
    outside = Target(url=AWAY, kind=LinkKind.RELATED, seed="s", depth=1, foreign=True)

    found = [
        *scope().targets([link("https://home.example/3")], SEED, HOME, may_follow=False),
        *scope().targets([link("https://home.example/3")], outside, AWAY),
    ]

    assert found == []


def test_a_related_link_leaves_the_scope_by_one_hop_as_foreign() -> None:
    found = [(t.url, t.foreign) for t in scope().targets([link(AWAY)], SEED, HOME)]

    assert found == [(AWAY, True)]


def test_no_other_kind_leaves_the_scope_and_none_where_it_is_to_stay() -> None:
    open_scope = scope(follow=frozenset({LinkKind.RELATED, LinkKind.INLINE}))
    staying = scope(stay=True)

    found = [
        *open_scope.targets([link(AWAY, LinkKind.INLINE), link(AWAY, LinkKind.FEED)], SEED, HOME),
        *staying.targets([link(AWAY)], SEED, HOME),
    ]

    assert found == []


def test_the_last_hop_is_that_of_the_depth_and_listings_keep_theirs() -> None:
    deep = Target(url=HOME, kind=LinkKind.RELATED, seed="s", depth=2)

    found = [
        (t.kind, t.depth)
        for t in scope().targets(
            [link("https://home.example/3"), link("https://home.example/4", LinkKind.FEED)], deep, HOME
        )
    ]

    assert found == [(LinkKind.FEED, 2)]


def test_sites_of_a_config_are_named_as_hosts_or_addresses() -> None:
    assert sites_of(["WWW.Example.org", "https://news.example.co.uk/x", "10.0.0.1"]) == {
        "example.org",
        "example.co.uk",
        "10.0.0.1",
    }
