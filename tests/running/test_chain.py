import json
from pathlib import Path

from crawler.running.chain import first_chain


def corpus(folder: Path, articles: list[str], related: list[tuple[str, str]], aliases: dict[str, str]) -> Path:
    """Files with the keys that a chain is read from, and others; an article's id is its title."""
    rows: dict[str, list[dict[str, object]]] = {
        "articles.jsonl": [
            {"id": a, "title": a, "published_on": "2026-11-01", "url": f"https://{a}.example/1", "text": ""}
            for a in articles
        ],
        "links.jsonl": [
            {"source_id": None, "target_id": articles[0], "kind": "seed"},
            *({"source_id": s, "target_id": t, "kind": "related", "rank": 0} for s, t in related),
        ],
        "aliases.jsonl": [{"id": i, "same_as": s, "why": "redirect"} for i, s in aliases.items()],
    }
    for name, lines in rows.items():
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return folder


def test_the_first_story_that_leads_on_is_drawn_as_a_tree_and_each_article_once(tmp_path: Path) -> None:
    related = [("b", "a"), ("c", "d"), ("c", "old"), ("d", "e"), ("e", "c"), ("b", "never crawled")]

    tree = first_chain(corpus(tmp_path, ["a", "b", "c", "d", "e", "f"], related, {"old": "f"}))

    assert tree.splitlines() == [
        "c (2026-11-01, c.example)",
        "├─ d (2026-11-01, d.example)",
        "│  └─ e (2026-11-01, e.example)",
        "└─ f (2026-11-01, f.example)",
    ]


def test_where_no_related_story_leads_on_there_is_no_tree(tmp_path: Path) -> None:
    assert first_chain(corpus(tmp_path, ["a", "b"], [("a", "b")], {})) == ""
