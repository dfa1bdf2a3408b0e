"""Which links a page offers, and as what: the blocks of related stories, recommendations and rankings, and the links in
the article's own sentences.

No single sign is trusted. A heading's words weigh most, since readers go by them; class and id hints, the place on the
page and the shape of a block add to them or decide where no heading speaks. So a `div.related-articles` headed "Most
popular" is promoted, and a box without heading amid the story is related.

Words that a title shares with the story's were tried as a sign for what stands after the story, and left out: on the
labelled pages F1 fell from .958 to .942, since the other news of a day are about the same event.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from crawler.extraction.anchors import MAX_NAME_CHARS, Anchor, NamedStory, names_its_page
from crawler.extraction.cards import MAX_CARD_ELEMENTS, MAX_TITLE_CHARS, is_title, read_card
from crawler.extraction.extents import Cards
from crawler.extraction.headings import Heading, Headings
from crawler.extraction.lexicon import MAX_HEADING_CHARS, lexicon
from crawler.extraction.merging import in_order, merged
from crawler.extraction.regions import Regions, kind_named
from crawler.extraction.standing import Standing, is_citation, is_credit, is_prompt, label_of, names_button, standing_of
from crawler.extraction.storyline import Storyline
from crawler.extraction.tree import Node, Tree
from crawler.extraction.wording import clean, count_words
from crawler.model.links import PAGE_KINDS, Link, LinkKind
from crawler.model.urls import canonical_url

HEADING_WEIGHT = 4.0  # more than two hints together
NEAREST_HINT_WEIGHT = 2.0
OUTER_HINT_WEIGHT = 1.0
AMID_STORY_WEIGHT = 2.5  # a link that stands alone between the paragraphs of the story
AFTER_STORY_WEIGHT = 1.5  # one in the container of the story, after its last paragraph
SIDEBAR_WEIGHT = 1.0
LIST_WEIGHT = 0.5  # for promoted, of whatever is offered: any sign of another kind outweighs it
ENOUGH = 2.0  # for a claim of related or recommended

AMID_STORY = "stands alone amid the story"
ELSEWHERE = "another site, and no heading that calls it related"

MAX_LINKS = 500
MIN_TEASER_WORDS = 3  # of a link that stands alone in the story: two are a name, often the author's
MAX_NAME_WORDS = 3  # of a link in a sentence that only names what its page is about
MAX_TEASERS = 8  # of one block amid the story
MIN_LIST = 3

_PLAIN_LISTS = frozenset(("ul", "ol", "p"))


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why a link was taken, or a block left."""

    url: str | None
    kind: LinkKind | None
    why: tuple[str, ...]  # short readable reasons


class Found(NamedTuple):
    """The links of a page."""

    links: tuple[Link, ...]
    evidence: tuple[Evidence, ...]
    masked: frozenset[int]  # places of elements that are blocks or cards, no part of the story


_Sign = tuple[LinkKind, float, str]  # of which kind, how heavy, and in words


class _Claim(NamedTuple):
    anchor: Anchor
    kind: LinkKind
    place: int  # of the heading or container of its block: what has kind and place in common stands together
    heading: Heading | None
    why: tuple[str, ...]
    is_told: bool  # of the site's own, or called related by words or by its own name; else a link like it must be


def find_links(
    tree: Tree,
    anchors: list[Anchor],
    body: Node | None,
    regions: Regions,
    named: list[NamedStory],
    *,
    now: datetime | None = None,
    language: str | None = None,
) -> Found:
    """All stories the page offers, each once under its strongest kind.

    Args:
        anchors: the links that may lead to stories, in the order of the page.
        body: the container of the article's own text.
        named: stories that the page's JSON-LD calls related, shown or not.
        now, language: for the dates that blocks show.
    """
    keys = {story.address.key for story in named}
    return with_named(_Blocks(tree, anchors, body, regions, keys, now, language).found(), named)


def with_named(found: Found, named: list[NamedStory]) -> Found:
    """What was found, and the stories that the page names but shows no link to."""
    if not named:
        return found
    shown = {canonical_url(link.url).rstrip("/") for link in found.links if link.url}
    links: list[Link] = []
    evidence: list[Evidence] = []
    for (_, title, kind, why), address in named:
        if address.key not in shown:
            shown.add(address.key)
            links.append(Link(url=address.url, kind=kind, rank=len(links), title=title))
            evidence.append(Evidence(url=address.url, kind=kind, why=(why,)))
    if not links:
        return found
    return Found(in_order([*found.links, *links])[:MAX_LINKS], (*found.evidence, *evidence), found.masked)


class _Blocks:
    def __init__(
        self,
        tree: Tree,
        anchors: list[Anchor],
        body: Node | None,
        regions: Regions,
        declared_keys: set[str],
        now: datetime | None,
        language: str | None,
    ) -> None:
        self.tree = tree
        self.anchors = anchors
        self.body = body
        self.regions = regions
        self.declared_keys = declared_keys
        self.now = now
        self.language = language
        self.evidence: list[Evidence] = []
        self.masked: set[int] = set()
        self.story = Storyline(tree, body)
        self.headings = Headings(tree, anchors, body, regions)
        self.cards = Cards(anchors, self.headings, self.story, len(tree.nodes))
        self._named: dict[int, tuple[tuple[LinkKind, str], ...]] = dict.fromkeys(_around_story(body), ())

    def found(self) -> Found:
        claims = [claim for anchor in self.anchors if (claim := self._claim(anchor)) is not None]
        links = self._links(self._judged_as_blocks(claims))
        return Found(links[:MAX_LINKS], tuple(self.evidence), frozenset(self.masked))

    # What one link claims

    def _claim(self, anchor: Anchor) -> _Claim | None:
        node = anchor.node
        heading = self.headings.of(node)
        said = heading.kind if heading else None
        if anchor.is_short and said is not LinkKind.RELATED:
            return None  # of each page some hundred sections and topics: none is worth a word
        standing = standing_of(node) if self.story.holds(node) else None
        is_said = standing is not None and standing.is_sentence and not standing.is_alone and not standing.label
        if heading is not None and said is False and not is_said:  # "Advertisement" speaks for no sentence
            return self._leave(anchor, f"under the heading {heading.text!r}")
        label = standing.label if standing else label_of(node)
        hints = self._hints(node)
        if standing is not None:
            if not said and is_citation(standing.paragraph):
                return self._leave(anchor, "in the sources below the story")
            if not standing.is_alone and not label and (standing.is_sentence or not (hints or said)):
                return self._inline(anchor)
        if not (label or (said and anchor.is_sure)) and is_credit(node):
            return self._leave(anchor, "in a list of tags or a by-line")
        if standing is not None and standing.paragraph.tag == "figcaption" and not (said or label):
            return self._leave(anchor, "in the caption of a picture")
        if names_its_page(anchor, 1):
            return self._leave(anchor, "the name of a topic")
        if not anchor.is_sure and lexicon().heading(clean(node.text()[: 2 * MAX_HEADING_CHARS])) is not None:
            return self._leave(anchor, "the heading of a block")
        if standing is not None and not (said or label or hints) and is_prompt(node):
            return self._leave(anchor, "a prompt, not the title of a story")
        signs = self._signs(anchor, heading, standing, label, hints)
        kind = _weighed(signs)
        is_named = standing is not None and standing.is_alone and bool(hints) and hints[0][0] is LinkKind.RELATED
        is_told = anchor.own_site or (kind is LinkKind.RELATED and bool(said or label or is_named))
        if not is_told and not (kind is LinkKind.RELATED and anchor.is_sure and node.hint):
            return self._leave(anchor, ELSEWHERE)
        if kind is LinkKind.PROMOTED and not said and not hints and _is_name(node):
            return self._leave(anchor, "the name of a section")
        whys = tuple(why for _, _, why in signs)
        return _Claim(anchor, kind, self._block_place(node, heading), heading, whys, is_told)

    def _signs(
        self,
        anchor: Anchor,
        heading: Heading | None,
        standing: Standing | None,
        label: LinkKind | None,
        hints: tuple[tuple[LinkKind, str], ...],
    ) -> list[_Sign]:
        """All that speaks for one kind or another."""
        node = anchor.node
        signs: list[_Sign] = [
            (kind, OUTER_HINT_WEIGHT if number else NEAREST_HINT_WEIGHT, f"named {hint!r}")
            for number, (kind, hint) in enumerate(hints)
        ]
        if label is not None:
            signs.append((label, HEADING_WEIGHT, "a label before it says so"))
        elif (
            standing is not None
            and standing.is_alone
            and not (heading is not None and heading.kind)
            and self._words_shown(node) >= MIN_TEASER_WORDS
        ):
            signs.append(self._placed(node))
        if heading is not None and heading.kind:
            signs.append((heading.kind, HEADING_WEIGHT, f"headed {heading.text!r}"))
        if node.at in self.regions.sidebar:
            signs.append((LinkKind.PROMOTED, SIDEBAR_WEIGHT, "in a sidebar"))
        if (rel := node.get("rel")) and not {"prev", "next"}.isdisjoint(rel.lower().split()):
            signs.append((LinkKind.PROMOTED, HEADING_WEIGHT, "rel of prev or next"))
        if anchor.key in self.declared_keys:
            signs.append((LinkKind.RELATED, NEAREST_HINT_WEIGHT, "JSON-LD calls it related"))
        return signs

    def _words_shown(self, node: Node) -> int:
        """Words of a link, or of the heading of its card, where the link itself is a picture, a cover or a button."""
        words = count_words(node.text())
        if words < MIN_TEASER_WORDS and (card := self.cards.of(node)) is not node:
            inside = self.tree.nodes[card.at : min(card.end + 1, card.at + MAX_CARD_ELEMENTS)]
            words = max((count_words(one.text()) for one in inside if is_title(one)), default=words)
        return words

    def _placed(self, node: Node) -> _Sign:
        """What it means that a link stands alone in the container of the story."""
        in_plain_list = any(
            up.tag in _PLAIN_LISTS and self.story.is_among_paragraphs(up) for up in (node, *node.ancestors())
        )
        if in_plain_list or node.at < self.story.last_prose or self._follows_prose(node):
            return LinkKind.RELATED, AMID_STORY_WEIGHT, AMID_STORY
        return LinkKind.RELATED, AFTER_STORY_WEIGHT, "stands alone after the story"

    def _follows_prose(self, node: Node) -> bool:
        """Whether a link stands alone in what comes directly after the last paragraph of the story."""
        card = self.cards.of(node)
        for up in (node, *node.ancestors()):
            if up.parent is not None and up.parent.at in self.story.homes:
                return up.at <= self.story.first_after and card.holds(up)
        return False

    def _leave(self, anchor: Anchor, why: str) -> _Claim | None:
        self.evidence.append(Evidence(url=anchor.url, kind=None, why=(why,)))
        return None

    def _inline(self, anchor: Anchor) -> _Claim | None:
        if anchor.is_short or not anchor.node.chars:
            return None
        if names_its_page(anchor, MAX_NAME_WORDS):
            return self._leave(anchor, "in a sentence, and the name of a topic, person or firm")
        if not anchor.own_site and not anchor.is_sure:
            return self._leave(anchor, "another site, in a sentence, and no address of a story")
        if self.story.has_in_gadget(anchor.node):
            return self._leave(anchor, "in a newsletter's box or another that is no part of the story")
        return _Claim(anchor, LinkKind.INLINE, 0, None, ("in a sentence of the story",), True)

    def _hints(self, node: Node) -> tuple[tuple[LinkKind, str], ...]:
        """Kinds that the elements around a link are called by, nearest first; what holds the story is named for it."""
        chain: list[Node] = []
        known: tuple[tuple[LinkKind, str], ...] | None = None
        up: Node | None = node
        while up is not None and (known := self._named.get(up.at)) is None:
            chain.append(up)
            up = up.parent
        hints = known or ()
        for up in reversed(chain):
            named = kind_named(up)
            if named is not None and names_button(node, up, named[1]):
                named = None
            if named is not None and (not hints or hints[0][0] is not named[0]):
                hints = (named, *hints)
            self._named[up.at] = hints
        return hints

    def _block_place(self, node: Node, heading: Heading | None) -> int:
        """The place of what stands around a block: its heading, else the nearest element with more than one story."""
        if heading is not None and heading.kind:
            return heading.node.at
        card = self.cards.of(node)
        return card.parent.at if card.parent else card.at

    # From claims to links

    def _judged_as_blocks(self, claims: list[_Claim]) -> list[_Claim]:
        """Claims that their whole block bears out.

        A lone link that nothing speaks for is a button, no list; and a long list amid the story that neither heading
        nor hint calls related is a list of the page's, whatever paragraphs stand around it. A teaser of another site is
        believed where those of the own site look like it.
        """
        looks = {claim.anchor.node.hint for claim in claims if claim.is_told and AMID_STORY in claim.why}
        sizes: defaultdict[tuple[LinkKind, int], set[str]] = defaultdict(set)
        for claim in claims:
            sizes[claim.kind, claim.place].add(claim.anchor.key)
        kept: list[_Claim] = []
        for claim in claims:
            size = len(sizes[claim.kind, claim.place])
            if not claim.is_told and not (AMID_STORY in claim.why and claim.anchor.node.hint in looks):
                self._leave(claim.anchor, ELSEWHERE)
            elif claim.kind is LinkKind.PROMOTED and not claim.why and size < MIN_LIST:
                self._leave(claim.anchor, "no sign of a block")
            elif claim.why == (AMID_STORY,) and size > MAX_TEASERS:
                kept.append(claim._replace(kind=LinkKind.PROMOTED, why=("a long list amid the story",)))
            else:
                kept.append(claim)
        return kept

    def _links(self, claims: list[_Claim]) -> tuple[Link, ...]:
        blocks: defaultdict[tuple[LinkKind, int], dict[str, list[_Claim]]] = defaultdict(dict)
        for claim in claims:
            blocks[claim.kind, claim.place].setdefault(claim.anchor.key, []).append(claim)
        shown: defaultdict[str, list[Link]] = defaultdict(list)
        for (kind, _), stories in blocks.items():
            rank = 0
            for key, same in stories.items():
                if (link := self._link(kind, rank, same)) is None:
                    self._leave(same[0].anchor, "its card says that it is paid for")
                    continue
                rank += 1
                shown[key].append(link)
                self.evidence.append(Evidence(url=link.url, kind=kind, why=same[0].why))
        return in_order(map(merged, shown.values()))

    def _link(self, kind: LinkKind, rank: int, same: list[_Claim]) -> Link | None:
        first = same[0]
        anchors = [claim.anchor for claim in same]
        if kind is LinkKind.INLINE:
            title = clean(first.anchor.node.text())[:MAX_TITLE_CHARS] or None
            return Link(url=first.anchor.url, kind=kind, rank=rank, title=title, nofollow=_is_nofollow(first.anchor))
        cards = {card.at: card for anchor in anchors for card in (self.cards.of(anchor.node),)}
        links = [anchor.node for anchor in anchors]
        seen = read_card(self.tree, list(cards.values()), links, now=self.now, language=self.language)
        if seen.is_paid:
            return None
        heading = first.heading
        if heading is not None and not heading.kind and (self.story.holds(heading.node) or heading.text == seen.title):
            heading = None  # of a part of the story, or of the card
        for card in cards.values():
            if self.story.holds(card):
                self._mask(card, heading)
        return Link(
            url=first.anchor.url,
            kind=kind,
            rank=rank,
            heading=heading.text if heading else None,
            title=seen.title,
            published_at=seen.published_at,
            teaser=seen.teaser,
            nofollow=all(_is_nofollow(anchor) for anchor in anchors),
        )

    def _mask(self, card: Node, heading: Heading | None) -> None:
        self.masked.add(card.at)
        if heading is not None and heading.kind and self.story.holds(heading.node):
            self.masked.add(heading.node.at)


def _around_story(body: Node | None) -> Iterator[int]:
    """Places of the elements that hold the story or most of it."""
    if body is None:
        return
    yield from (up.at for up in body.ancestors())
    most: Node | None = body
    while most is not None:
        yield most.at
        most = next((kid for kid in most.elements() if 2 * kid.chars > body.chars), None)


def _weighed(signs: list[_Sign]) -> LinkKind:
    """The kind that the signs add up to; promoted where none is strong enough."""
    if not signs:
        return LinkKind.PROMOTED
    weights = dict.fromkeys(PAGE_KINDS, 0.0)
    weights[LinkKind.PROMOTED] = LIST_WEIGHT
    for kind, weight, _ in signs:
        weights[kind] += weight
    best = max(weights, key=weights.__getitem__)  # the first of equals
    return best if weights[best] >= ENOUGH else LinkKind.PROMOTED


def _is_name(link: Node) -> bool:
    """Whether the words of a link are too few for a title; a picture has none, and may be part of a card."""
    return 0 < link.chars <= MAX_NAME_CHARS and count_words(link.text()) < MIN_TEASER_WORDS


def _is_nofollow(anchor: Anchor) -> bool:
    rel = anchor.node.get("rel")
    return bool(rel) and not {"nofollow", "sponsored", "ugc"}.isdisjoint(rel.lower().split())
