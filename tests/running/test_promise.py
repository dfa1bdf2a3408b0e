import pytest

from crawler.model.links import LinkKind
from crawler.model.records import Article
from crawler.model.work import Target
from crawler.running.promise import is_kept


@pytest.mark.parametrize(
    ("title", "day", "kept"),
    [
        ("The harbour opens again", "2026-11-01", True),
        ("THE HARBOUR OPENS AGAIN!", None, True),
        ("Harbour opens", "2026-11-02", True),  # shortened, and of another time zone
        ("After the storm, the harbour opens again for ferries", "2026-11-01", True),
        ("The harbour opens again", "2026-10-01", False),
        ("Ten recipes for autumn", "2026-11-01", False),
        (None, "2026-11-01", None),
    ],
)
def test_a_promise_is_kept_by_title_and_day(title: str | None, day: str | None, kept: bool | None) -> None:
    url = "https://a.example/1"
    target = Target(url=url, kind=LinkKind.RELATED, seed="s", promised_title=title, promised_on=day)
    article = Article(url=url, title="The harbour opens again", published_on="2026-11-01")

    assert is_kept(target, article) is kept
