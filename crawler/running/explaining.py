"""`crawler extract --explain`: why each link of a page was taken, and why not that one, as text for a person."""

from collections import defaultdict

from crawler.extraction.explain import Explanation, LeftLink
from crawler.model.links import PAGE_KINDS, Link, LinkKind

MAX_LEFT = 6  # links shown of those left for one reason; the rest is counted
_SAID = {
    LinkKind.RELATED: "related: the page says they belong to this story",
    LinkKind.RECOMMENDED: "recommended: offered without that claim",
    LinkKind.PROMOTED: "promoted: most read, latest, more of the section",
    LinkKind.INLINE: "inline: in the sentences of the story",
}


def explanation_text(explanation: Explanation) -> str:
    """The answer in words: what was taken, by kind and block; then what was left, by reason.

    What speaks for a link is told as found: "headed" by words of the page, "named" by a class or id.
    """
    article = explanation.page.article
    lines = [article.title or "(no title)", article.url]
    if article.not_article:
        lines.append(f"no article: {article.not_article}")
    evidence = reversed(explanation.page.evidence)  # so that of several blocks the first one's words are kept
    why = {(one.url, one.kind): one.why for one in evidence if one.kind is not None}
    for kind in PAGE_KINDS:
        links = [link for link in article.links if link.kind is kind]
        if links:
            lines += ["", f"{_SAID[kind]} ({len(links)})"]
        for link in links:
            lines += _taken(link, why.get((link.url, kind), ()))
    lines += _left(explanation.left)
    if explanation.unread:
        lines += ["", f"{explanation.unread} more links in menus and footers of the site are never taken"]
    return "\n".join(lines)


def _taken(link: Link, why: tuple[str, ...]) -> list[str]:
    lines = [f"  {link.title or '(no title)'}", f"    {link.url}"]
    if link.kind is not LinkKind.INLINE:
        block = f"under {link.heading!r}" if link.heading else "in a block without a heading"
        lines.append(f"    number {link.rank + 1} {block}{f', {link.published_at}' if link.published_at else ''}")
    lines.append(f"    because: {'; '.join(why) or 'a list of links that nothing calls by a name'}")
    lines += (f"    also {one.kind}, under {one.heading!r}" for one in link.also if one.heading)
    return lines


def _left(left: tuple[LeftLink, ...]) -> list[str]:
    by_reason: defaultdict[str, list[LeftLink]] = defaultdict(list)
    for link in left:
        by_reason[link.why].append(link)
    lines = ["", f"not taken ({len(left)})"] if left else []
    for reason, links in by_reason.items():
        lines.append(f"  {reason} ({len(links)})")
        lines += (f"    {link.text or '(no words)'}  {link.url or ''}".rstrip() for link in links[:MAX_LEFT])
        if len(links) > MAX_LEFT:
            lines.append(f"    and {len(links) - MAX_LEFT} more")
    return lines
