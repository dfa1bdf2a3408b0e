"""Output folders as a crawl writes them, made from a few words."""

from pathlib import Path

import msgspec

from crawler.demo.site import DemoSite
from crawler.model.links import LinkBlock, LinkKind
from crawler.model.records import (
    FILE_OF,
    AliasReason,
    AliasRecord,
    ArticleRecord,
    FoundVia,
    GoneRecord,
    LinkRecord,
    Record,
)
from crawler.model.urls import url_id

AT = "2026-11-24T07:00:00Z"


def article(
    url: str,
    title: str | None = None,
    day: str | None = None,
    *,
    version: int = 1,
    at: str = AT,
    via: FoundVia | None = None,
    section: str | None = None,
    summary: str | None = None,
    published_at: str | None = None,
) -> ArticleRecord:
    """A line of articles.jsonl."""
    return ArticleRecord(
        url=url,
        id=url_id(url),
        title=title,
        published_on=day,
        published_at=published_at,
        section=section,
        summary=summary,
        fetched_at=at,
        run_id="r",
        version=version,
        depth=0 if via is None else 1,
        found_via=via or FoundVia(url=None, kind=LinkKind.SEED),
        seed=url,
    )


def link(
    source: str | None,
    target: str,
    kind: LinkKind = LinkKind.RELATED,
    *,
    heading: str | None = "Related Stories",
    rank: int = 0,
    title: str | None = None,
    published_at: str | None = None,
    teaser: str | None = None,
    also: tuple[LinkBlock, ...] = (),
    at: str = AT,
) -> LinkRecord:
    """A line of links.jsonl."""
    return LinkRecord(
        source=source,
        source_id=url_id(source) if source else None,
        version=1,
        target=target,
        target_id=url_id(target),
        kind=kind,
        rank=rank,
        heading=heading,
        title=title,
        published_at=published_at,
        teaser=teaser,
        nofollow=False,
        also=also,
        seen_at=at,
        run_id="r",
    )


def alias(url: str, same_as: str, seq: int = 0) -> AliasRecord:
    """A line of aliases.jsonl."""
    return AliasRecord(
        id=url_id(url),
        same_as=url_id(same_as),
        why=AliasReason.REDIRECT,
        url=url,
        same_as_url=same_as,
        seen_at=AT,
        run_id="r",
        seq=seq,
    )


def gone(url: str, since: str | None) -> GoneRecord:
    """A line of gone.jsonl; `None`: the page is back."""
    return GoneRecord(
        id=url_id(url),
        url=url,
        version=1,
        gone=since is not None,
        status=200 if since is None else 404,
        missing_since=since or AT,
        seen_at=AT,
        run_id="r",
    )


def write(folder: Path, *records: Record) -> Path:
    """Append records to the files of a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "articles.jsonl").touch()
    for record in records:
        with (folder / FILE_OF[type(record)]).open("ab") as file:
            file.write(msgspec.json.encode(record) + b"\n")
    return folder


def write_demo(folder: Path, site: DemoSite) -> Path:
    """What a perfect crawl of the demo's site writes: its articles, and related and recommended links."""
    records: list[Record] = []
    for page in site.articles:
        records.append(
            article(
                page.url, page.title, page.published_at.date().isoformat(), section=page.section, summary=page.teaser
            )
        )
        records += (link(page.url, target) for target in page.related)
        records += (
            link(page.url, target, LinkKind.RECOMMENDED, heading="You may also like") for target in page.recommended
        )
    records += (alias(old, new) for old, new in site.moved.items())
    return write(folder, *records)
