"""The planted truth of the demo: which articles there are, which stories they form, and who links to whom."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import msgspec

from crawler.demo.prose import PAPERS, Desk, Draft

LAST_DAY = date(2026, 11, 20)  # of the newest article; the demo has no clock
NEWEST_IN_FEED = 10
READ_MOST = 6
HOSTS = ("daily.example", "courier.example", "herald.example")  # reserved names, RFC 2606
DAILY, COURIER, HERALD = range(PAPERS)


class DemoArticle(msgspec.Struct, frozen=True, kw_only=True):
    """An article as its page says it; addresses as the page writes them, some moved, gone or forbidden."""

    url: str
    host: str
    title: str
    authors: tuple[str, ...]
    published_at: datetime  # in UTC; the Herald's pages show the day alone
    section: str
    tags: tuple[str, ...]
    teaser: str
    caption: str
    paragraphs: tuple[str, ...]
    story: int | None  # None: part of no story, and reached by no related link
    related: tuple[str, ...] = ()
    recommended: tuple[str, ...] = ()  # the Herald recommends nothing
    inline: tuple[str, str] | None = None  # a phrase of the text, and the address that it links to
    language: str = "en"
    charset: str = "utf-8"


class Card(NamedTuple):
    """What a link block shows of an address."""

    title: str
    day: date
    teaser: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that the site is made from."""

    articles: tuple[DemoArticle, ...]  # oldest first
    cards: dict[str, Card]  # of each linked address
    most_read: dict[str, tuple[str, ...]]  # host: its ranking
    moved: dict[str, str]  # old address: where it redirects
    dead: tuple[str, ...]  # linked as related and gone
    forbidden: tuple[str, ...]  # linked as related and denied by robots.txt


def plan_site(seed: int) -> Plan:
    """Plan the three papers; the same seed gives the same plan on any machine."""
    rng = random.Random(seed)
    desk = Desk(rng)
    drafted = sorted((*_draft_stories(rng, desk), *_draft_lone(rng, desk)), key=lambda article: article.published_at)
    cards = {article.url: _card(article) for article in drafted}
    stories: dict[int, list[DemoArticle]] = {}
    lone: list[DemoArticle] = []
    for article in drafted:
        (lone if article.story is None else stories.setdefault(article.story, [])).append(article)

    related = {
        article.url: _related(rng, article, stories[article.story]) for article in drafted if article.story is not None
    }
    related |= {article.url: [other.url for other in lone if other.url != article.url][:2] for article in lone}
    moved, dead, forbidden = _plant_exceptions(stories, related, cards)
    return Plan(
        articles=tuple(_linked(rng, article, related[article.url], drafted, cards) for article in drafted),
        cards=cards,
        most_read={host: _ranking(rng, host, drafted) for host in HOSTS},
        moved=moved,
        dead=dead,
        forbidden=forbidden,
    )


def _draft_stories(rng: random.Random, desk: Desk) -> Iterator[DemoArticle]:
    for story in range(desk.stories):
        day = LAST_DAY - timedelta(days=rng.randint(0, 9))  # the last chapters fill the feeds
        for chapter in reversed(range(desk.chapters(story))):
            papers = range(PAPERS) if chapter == 0 else sorted(rng.sample(range(PAPERS), rng.choice((2, 3))))
            for paper in papers:
                is_japanese = (story, chapter, paper) == (0, 0, COURIER)
                is_western = (story, chapter, paper) == (0, 0, HERALD)
                draft = desk.japanese() if is_japanese else desk.write(story, chapter, paper)
                article = _article(rng, draft, paper, day, story)
                if is_japanese:
                    article = msgspec.structs.replace(article, language="ja", charset="shift_jis")
                elif is_western:
                    paragraphs = (*article.paragraphs, desk.western_sentence())
                    article = msgspec.structs.replace(article, paragraphs=paragraphs, charset="windows-1252")
                yield article
            day -= timedelta(days=rng.randint(14, 30))


def _draft_lone(rng: random.Random, desk: Desk) -> Iterator[DemoArticle]:
    for number in range(desk.lone):
        day = LAST_DAY - timedelta(days=rng.randint(60, 200))
        yield _article(rng, desk.write_lone(number), number % PAPERS, day, None)


def _article(rng: random.Random, draft: Draft, paper: int, day: date, story: int | None) -> DemoArticle:
    at = datetime.combine(day, time(rng.randint(6, 20), rng.randint(0, 59), tzinfo=UTC))
    number = rng.randint(10_000, 99_999)
    slug = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in draft.title.lower()).split()) or "report"
    path = (f"/{day:%Y/%m/%d}/{slug}.html", f"/news/{slug}-{number}", f"/articles/{number}/{slug}/")[paper]
    return DemoArticle(
        url=f"http://{HOSTS[paper]}{path}",
        host=HOSTS[paper],
        title=draft.title,
        authors=draft.authors,
        published_at=at,
        section=draft.section,
        tags=draft.tags,
        teaser=draft.teaser,
        caption=draft.caption,
        paragraphs=draft.paragraphs,
        story=story,
    )


def _card(article: DemoArticle) -> Card:
    return Card(article.title, article.published_at.date(), article.teaser)


def _related(rng: random.Random, article: DemoArticle, story: list[DemoArticle]) -> list[str]:
    """The chapter before, one further back, the same chapter in another paper, and at times what followed."""
    at = article.published_at.date()
    own = [other for other in story if other.host == article.host]
    before = [other for other in own if other.published_at.date() < at][-2:]
    if not before:
        before = [other for other in story if other.published_at.date() < at][-1:]
    beside = [other for other in story if other.host != article.host and other.published_at.date() == at]
    after = [other for other in own if other.published_at.date() > at][:1]
    chosen = [*reversed(before), *rng.sample(beside, min(1, len(beside)))]
    if after and (len(chosen) < 2 or rng.random() < 0.25):
        chosen += after
    return [other.url for other in chosen]


def _plant_exceptions(
    stories: dict[int, list[DemoArticle]], related: dict[str, list[str]], cards: dict[str, Card]
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    """What a crawler meets on real sites: an article that moved, one that is gone, and pages that robots.txt denies."""
    moving = next(article for article in stories[1] if article.host == HOSTS[COURIER])
    old = f"http://{HOSTS[COURIER]}/article.php?id={moving.url[-5:]}"
    cards[old] = cards[moving.url]
    for links in related.values():
        links[:] = [old if url == moving.url else url for url in links]

    dead = f"http://{HOSTS[DAILY]}/2026/03/04/minutes-of-a-meeting-withdrawn.html"
    cards[dead] = Card("Minutes of a meeting, withdrawn", date(2026, 3, 4), "The paper has taken this page down.")
    dossier = f"http://{HOSTS[DAILY]}/dossiers/2026/09/01/what-the-files-say.html"
    cards[dossier] = Card("Analysis: what the files say", date(2026, 9, 1), "For members of the Daily only.")
    locked = f"http://{HOSTS[COURIER]}/locked/dossier?page=1"
    cards[locked] = Card("The dossier in full", date(2026, 9, 2), "Forty pages, annotated by our desk.")
    for address, story, host in ((dead, 2, DAILY), (dossier, 3, DAILY), (dossier, 4, DAILY), (locked, 5, COURIER)):
        page = [article for article in stories[story] if article.host == HOSTS[host]][-1]
        related[page.url].append(address)
    return {old: moving.url}, (dead,), (dossier, locked)


def _ranking(rng: random.Random, host: str, articles: list[DemoArticle]) -> tuple[str, ...]:
    """What a paper calls most read: its lone articles among some of its stories."""
    lone = [article.url for article in articles if article.host == host and article.story is None]
    own = [article.url for article in articles if article.host == host and article.story is not None]
    places = lone + rng.sample(own, READ_MOST - len(lone))
    rng.shuffle(places)
    return tuple(places)


def _linked(
    rng: random.Random,
    article: DemoArticle,
    related: list[str],
    articles: list[DemoArticle],
    cards: dict[str, Card],
) -> DemoArticle:
    """The article with its links: related, recommended, and one in a sentence where it has an earlier one to name."""
    strangers = [
        other.url for other in articles if other.host == article.host and other.story not in (article.story, None)
    ]
    recommended = () if article.host == HOSTS[HERALD] else tuple(rng.sample(strangers, 3))
    earlier = next((url for url in related if cards[url].day < article.published_at.date()), None)
    paragraphs, inline = article.paragraphs, None
    if earlier is not None and article.language == "en":
        inline = (f"has been in the news since {cards[earlier].day:%B}", earlier)
        paragraphs = (*paragraphs[:3], f"{paragraphs[3]} The matter {inline[0]}.", *paragraphs[4:])
    return msgspec.structs.replace(
        article, related=tuple(related), recommended=recommended, paragraphs=paragraphs, inline=inline
    )
