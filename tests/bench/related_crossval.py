"""How well related links are told on labelled pages, and how far that figure is to be believed on other publishers'.

usage: python tests/bench/related_crossval.py [FOLDER]

FOLDER holds `labels.jsonl` and the pages it names (.html or .html.gz); without it, the set of the tests is read. A line
of labels: {"page", "file", "url", "links": [{"url", "kind"}]}, each address under its strongest kind.

The weighing is set by hand, so there is no training to repeat. Three other questions are asked of it:
- How much do publishers differ? The figures by publisher, the worst of them, and the interval of a bootstrap over them.
- Do the weights fit these pages by chance? Each weight is halved and doubled; then, for each publisher, the best of all
  settings on the others is taken (leave one publisher out), and the held-out figure is printed.
- Do the words? For each publisher, headings whose wording was seen on its pages alone are struck from the lexicon.
  That is a publisher who words everything that way for the first time: a lower bound.
"""

import gzip
import json
import random
import statistics
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from crawler.extraction import related
from crawler.extraction.lexicon import Lexicon, Phrases, fold_heading, lexicon
from crawler.extraction.page import read_page
from crawler.model.links import PAGE_KINDS, LinkKind
from crawler.model.urls import canonical_url, site_of

OWN_SET = Path(__file__).parents[1] / "extraction" / "labelled"
WEIGHTS = (
    "HEADING_WEIGHT NEAREST_HINT_WEIGHT OUTER_HINT_WEIGHT AMID_STORY_WEIGHT AFTER_STORY_WEIGHT SIDEBAR_WEIGHT "
    "LIST_WEIGHT ENOUGH"
).split()
RESAMPLES = 2_000
WORST = 8
GROUPS = ("ignored", "promoted", "recommended", "related")


class Page(NamedTuple):
    """A labelled page."""

    name: str
    publisher: str
    url: str
    html: bytes
    wanted: dict[str, str]  # kind by canonical address


class Count(NamedTuple):
    """Links of one kind on one page."""

    right: int
    claimed: int
    labelled: int


Counts = dict[str, dict[LinkKind, Count]]  # by page


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else OWN_SET
    pages = read_pages(folder)
    publishers = sorted({page.publisher for page in pages})
    print(f"{len(pages)} pages of {len(publishers)} publishers in {folder}")
    shipped = score(pages)
    print("\nin sample, rules as shipped")
    for kind in PAGE_KINDS:
        print(f"  {kind:12} {_figures(counts[kind] for counts in shipped.values())}")
    print(f"  related: {_pages_line(shipped)}")
    print_publishers(pages, shipped)
    print_weights(pages, publishers, shipped)
    print_words(pages, publishers, shipped)


def read_pages(folder: Path) -> list[Page]:
    pages = []
    for line in (folder / "labels.jsonl").read_text("utf-8").splitlines():
        label: dict[str, Any] = json.loads(line)
        html = (folder / label["file"]).read_bytes()
        wanted: dict[str, str] = {}
        for link in label["links"]:
            key = canonical_url(link["url"]).rstrip("/")
            wanted[key] = min(wanted.get(key, link["kind"]), link["kind"], key=_strength)
        html = gzip.decompress(html) if label["file"].endswith(".gz") else html
        pages.append(Page(label["page"], site_of(label["url"]), label["url"], html, wanted))
    return pages


def score(pages: list[Page]) -> Counts:
    counts: Counts = {}
    for page in pages:
        links = read_page(page.html, page.url).article.links
        found = {canonical_url(link.url).rstrip("/"): link.kind for link in links if link.url}
        counts[page.name] = {
            kind: Count(
                sum(1 for key, claim in found.items() if claim is kind and page.wanted.get(key) == kind),
                sum(1 for claim in found.values() if claim is kind),
                sum(1 for label in page.wanted.values() if label == kind),
            )
            for kind in PAGE_KINDS
        }
    return counts


def print_publishers(pages: list[Page], shipped: Counts) -> None:
    by_publisher: defaultdict[str, list[Count]] = defaultdict(list)
    for page in pages:
        by_publisher[page.publisher].append(shipped[page.name][LinkKind.RELATED])
    judged = {
        name: counts for name, counts in by_publisher.items() if any(one.claimed + one.labelled for one in counts)
    }
    ordered = sorted(judged.items(), key=lambda row: f1(row[1]))
    values = [f1(counts) for _, counts in ordered]
    print(f"\nrelated by publisher: {len(values)} that have or are said to have such links")
    right, bad = sum(1 for value in values if value == 1), sum(1 for value in values if value < 0.5)
    print(f"  mean F1 {statistics.mean(values):.3f}, median {statistics.median(values):.3f}")
    print(f"  {right} without an error, {bad} under .5; the worst:")
    for name, counts in ordered[:WORST]:
        print(f"  {name:28} {_figures(counts)}")
    dice = random.Random(0)
    names = sorted(by_publisher)
    samples = (dice.choices(names, k=len(names)) for _ in range(RESAMPLES))
    draws = sorted(f1(count for name in sample for count in by_publisher[name]) for sample in samples)
    low, high = draws[RESAMPLES // 40], draws[-RESAMPLES // 40]
    print(f"  95 % of {RESAMPLES} bootstraps over publishers have F1 {low:.3f} to {high:.3f}")


def print_weights(pages: list[Page], publishers: list[str], shipped: Counts) -> None:
    print("\nweights, each halved and doubled: F1 of related")
    settings: dict[str, Counts] = {"as shipped": shipped}
    for name in WEIGHTS:
        kept: float = getattr(related, name)
        line = []
        for factor in (0.5, 2.0):
            setattr(related, name, kept * factor)
            settings[f"{name} x {factor}"] = counts = score(pages)
            line.append(f"x {factor}: {_related(counts.values()):.3f}")
        setattr(related, name, kept)
        print(f"  {name:20} {kept:4}   {'   '.join(line)}")
    best = max(settings, key=lambda setting: _related(settings[setting].values()))
    print(f"  best in sample: {best}, {_related(settings[best].values()):.3f}")
    held_out: Counts = {}
    chosen: Counter[str] = Counter()
    for publisher in publishers:
        others = [page.name for page in pages if page.publisher != publisher]
        best = max(settings, key=lambda setting: _related(settings[setting][name] for name in others))
        chosen[best] += 1
        held_out |= {page.name: settings[best][page.name] for page in pages if page.publisher == publisher}
    print(f"  chosen on all other publishers, scored on the one left out: {_related(held_out.values()):.3f}")
    print(f"  {_pages_line(held_out)}; chosen: {dict(chosen.most_common(3))}")


def print_words(pages: list[Page], publishers: list[str], shipped: Counts) -> None:
    table = tomllib.loads(files(related.__package__).joinpath("lexicon.toml").read_text("utf-8"))
    lines = {group: table["headings"][group].splitlines() for group in GROUPS}
    phrases = [(line, Phrases(line, folding=fold_heading)) for group in GROUPS for line in lines[group] if line]
    users: defaultdict[str, set[str]] = defaultdict(set)
    for page in pages:
        for heading in {link.heading for link in read_page(page.html, page.url).article.links if link.heading}:
            folded = fold_heading(heading)
            for line, phrase in phrases:
                if phrase.group_of(folded) is not None:
                    users[line].add(page.publisher)
    shipped_words = lexicon()._headings
    held_out: Counts = {}
    struck = 0
    for publisher in publishers:
        own = {line for line, names in users.items() if names == {publisher}}
        struck += len(own)
        rest = {group: "\n".join(line for line in lines[group] if line not in own) for group in GROUPS}
        lexicon()._headings = Lexicon(table | {"headings": rest})._headings
        Lexicon.heading.cache_clear()
        held_out |= score([page for page in pages if page.publisher == publisher])
    lexicon()._headings = shipped_words
    Lexicon.heading.cache_clear()
    print(f"\nwords: {struck} of {len(phrases)} lines fit headings of one publisher only; struck for it, they leave")
    print(f"  related      {_figures(counts[LinkKind.RELATED] for counts in held_out.values())}")
    print(f"  {_pages_line(held_out)}")
    changed = [name for name in held_out if held_out[name][LinkKind.RELATED] != shipped[name][LinkKind.RELATED]]
    print(f"  {len(changed)} pages change: {', '.join(changed)}")


def f1(counts: Iterable[Count]) -> float:
    right, claimed, labelled = (sum(column) for column in zip(*counts, strict=True))
    return 2 * right / (claimed + labelled) if claimed + labelled else 1.0


def _related(pages: Iterable[dict[LinkKind, Count]]) -> float:
    return f1(counts[LinkKind.RELATED] for counts in pages)


def _figures(counts: Iterable[Count]) -> str:
    rows = list(counts)
    right, claimed, labelled = (sum(column) for column in zip(*rows, strict=True))
    precision, recall = (right / total if total else 1.0 for total in (claimed, labelled))
    return (
        f"precision {precision:.3f}  recall {recall:.3f}  F1 {f1(rows):.3f}  ({labelled} labelled, {claimed} claimed)"
    )


def _pages_line(counts: Counts) -> str:
    rows = [page[LinkKind.RELATED] for page in counts.values()]
    having = [f1([row]) for row in rows if row.labelled]
    clean = [row.claimed == 0 for row in rows if not row.labelled]
    share = statistics.mean(clean) if clean else 1.0
    return (
        f"mean page F1 {statistics.mean(having):.3f} on {len(having)} pages; {share:.3f} of {len(clean)} others clean"
    )


def _strength(kind: str) -> int:
    return PAGE_KINDS.index(LinkKind(kind))


if __name__ == "__main__":
    main()
