"""What is written: one struct a line of a JSONL file. The contract with other programs.

Times are RFC 3339 in UTC with `Z`; absent is null; every key is always there; lists are never null.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from crawler.model.links import Link, LinkBlock, LinkKind

Moment = Annotated[str, msgspec.Meta(description="RFC 3339 in UTC, with Z.", pattern=r"^\d{4}-\d\d-\d\dT.*Z$")]
Day = Annotated[str, msgspec.Meta(description="YYYY-MM-DD.", pattern=r"^\d{4}-\d\d-\d\d$")]
Id = Annotated[str, msgspec.Meta(description="BLAKE2b-16 of the identity key, hex.", pattern=r"^[0-9a-f]{32}$")]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Precision(StrEnum):
    """How exactly a page tells when it was published."""

    MINUTE = "minute"
    DAY = "day"
    APPROXIMATE = "approximate"  # "20 hours ago"; a month alone; the day of a change where a page tells no other


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """The article's main picture."""

    url: str | None
    caption: str | None


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says: facts of the page only, the same on any machine and day."""

    url: Annotated[str, msgspec.Meta(description="Canonical address; urn:story:<id> for a plain-text article.")]
    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: Moment | None = None  # null where only a day is known
    published_on: Day | None = None  # the day where it was published
    published_precision: Precision | None = None
    published_raw: str | None = None
    modified_at: Moment | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None  # BCP 47
    site_name: str | None = None
    summary: str | None = None
    image: Image | None = None
    text: str = ""  # paragraphs apart by a blank line
    word_count: Count = 0
    text_digest: str | None = None  # null where there is no text
    simhash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$")] | None = None
    paywalled: bool | None = None  # null: the page does not say
    links: tuple[Link, ...] = ()
    field_sources: dict[str, str] = {}  # json-ld, opengraph, meta, microdata, dom, address, script, text, trafilatura
    not_article: str | None = None  # why the page is no article
    extractor: str = ""


class FoundVia(msgspec.Struct, frozen=True, kw_only=True):
    """The document that named the address, and as what."""

    url: str | None  # null for a seed
    kind: LinkKind


class Http(msgspec.Struct, frozen=True, kw_only=True):
    """What the server said with the page."""

    status: int
    etag: str | None
    last_modified: str | None
    content_type: str | None
    bytes: Annotated[int, msgspec.Meta(ge=0, description="Bytes of the body on the wire.")]


class WarcPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where the archived response lies."""

    file: str
    offset: Count


class ArticleRecord(Article, frozen=True, kw_only=True, tag_field="schema", tag="article/1"):
    """A line of `articles.jsonl`: the article, and what the crawl knows of it. Its key is (`id`, `version`)."""

    id: Id
    fetched_at: Moment
    run_id: str
    version: Annotated[int, msgspec.Meta(ge=1)]
    depth: Count
    found_via: FoundVia
    seed: str
    seq: Count = 0
    fetched_url: str | None = None  # null where it was read from a file that names no address
    redirects: tuple[str, ...] = ()
    http: Http | None = None  # null where it was read from a file
    warc: WarcPlace | None = None
    rights: str | None = None  # the reservation that withholds the text
    same_text_as: Id | None = None
    truncated: bool = False  # the text was cut to keep the line under 900 kB


class LinkRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="link/1"):
    """A line of `links.jsonl`: an edge. Unique by (`source_id`, `version`, `target_id`, `kind`) but for new wording."""

    source: str | None  # null for seeds
    source_id: Id | None
    version: Count  # of the source article; 0 for what is no article
    target: str | None
    target_id: Id
    kind: LinkKind
    rank: Count
    heading: str | None
    title: str | None
    published_at: str | None
    teaser: str | None
    nofollow: bool
    also: tuple[LinkBlock, ...]
    seen_at: Moment
    run_id: str
    seq: Count = 0


class AliasReason(StrEnum):
    """Why two ids mean the same article."""

    REDIRECT = "redirect"
    CANONICAL = "canonical"
    RESOLVED = "resolved"  # a plain-text article or link whose page was found
    SAME_TEXT = "same-text"


class AliasRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="alias/1"):
    """A line of `aliases.jsonl`: an identity learned later. Where an `id` has several lines, the last one holds."""

    id: Id
    same_as: Id
    why: AliasReason
    url: str | None
    same_as_url: str | None
    seen_at: Moment
    run_id: str
    seq: Count = 0


class GoneRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="gone/1"):
    """A line of `gone.jsonl`: the page of an article went away, or came back. Of several of an `id` the last holds."""

    id: Id  # of the article
    url: str  # its canonical address
    version: Annotated[int, msgspec.Meta(ge=1)]  # the last that was written
    gone: bool  # false: it is back
    status: int | None  # of the answer that says so: 404, 410, 451; of what came instead where it is back
    missing_since: Moment  # the first of the answers in a row that had no page
    seen_at: Moment
    run_id: str
    seq: Count = 0


class VisitRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="visit/1"):
    """A line of `visits.jsonl`: one request, or the reason why none was made."""

    url: str
    host: str
    at: Moment
    outcome: str
    why: str | None
    status: int | None
    bytes: Count
    ms: Count | None  # null where nothing was asked
    waited_s: float  # from the moment the address was due to the visit
    rule: str | None  # the robots.txt rule that refused it, with its line
    pause_s: float | None  # how long its site is left alone after it; null where nothing was asked
    pause_why: str | None  # where that is longer than the site's gap
    attempt: Count
    run_id: str
    seq: Count = 0


class OutcomeCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often an outcome came."""

    outcome: str
    count: Count


class KindCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many edges of a kind were written."""

    kind: LinkKind
    count: Count


class HostReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run asked of one site."""

    host: str
    requests: Count
    bytes: Count
    not_modified: Count
    least_gap_s: float | None  # null where it was asked once
    throttled: Count  # 429 and 503 answers
    failed: Count  # no whole answer came


class SourceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run got from one seed."""

    seed: str
    new: Count
    changed: Count
    unchanged: Count
    gaps: Count = 0  # polls that shared no item with the one before: some may have come and gone between


class SourceState(StrEnum):
    """What is wrong with a source."""

    SILENT = "silent"  # it names nothing new
    FAILING = "failing"  # it could not be read when it was asked last
    GONE = "gone"  # 404; asked again the next nights
    RETIRED = "retired"  # 410, or 404 for days; asked again once a month


class AilingSource(msgspec.Struct, frozen=True, kw_only=True):
    """A feed, sitemap, section page or unread seed that brings nothing."""

    url: str
    state: SourceState
    since: Moment | None  # null where that is not known
    why: str | None
    due_at: Moment | None  # when it is asked again


class RunRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="run/1"):
    """A line of `runs.jsonl`, written when a run ends."""

    run_id: str
    started_at: Moment
    ended_at: Moment
    ended: str  # drained | waiting | max-articles | deadline | stopped | no-space
    previous: str | None  # how the run before it ended; "killed" where it could not say
    new: Count
    changed: Count
    unchanged: Count
    queued: Count  # left for the next run
    outcomes: tuple[OutcomeCount, ...]
    links: tuple[KindCount, ...]
    sources: tuple[SourceReport, ...]
    ailing: tuple[AilingSource, ...] = ()  # sources that bring nothing, as they stand when the run ends
    hosts: tuple[HostReport, ...]
    promised: Count  # articles whose block told a title
    gone: Count = 0  # articles whose page went away
    promises_kept: Count  # those whose title and day are as the block told them
    bad_seeds: Count
    seq: Count = 0


Record = ArticleRecord | LinkRecord | AliasRecord | GoneRecord | VisitRecord | RunRecord

FILE_OF: dict[type[Record], str] = {
    ArticleRecord: "articles.jsonl",
    LinkRecord: "links.jsonl",
    AliasRecord: "aliases.jsonl",
    GoneRecord: "gone.jsonl",
    VisitRecord: "visits.jsonl",
    RunRecord: "runs.jsonl",
}
