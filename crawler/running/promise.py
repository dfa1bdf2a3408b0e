"""Whether an article is what the block that named it promised: an honest check of the links on the open web."""

from datetime import date, timedelta

from crawler.extraction.wording import fold
from crawler.model.records import Article
from crawler.model.work import Target

MOST_DAYS_APART = timedelta(days=1)  # blocks show the day of their own time zone
LEAST_SHARE = 0.5  # of words in common: editors shorten the titles of other stories


def is_kept(target: Target, article: Article) -> bool | None:
    """Whether title and day agree, as far as the block told them; None where it told no title."""
    if target.promised_title is None or article.title is None:
        return None
    return _titles_agree(fold(target.promised_title), fold(article.title)) and _days_agree(
        target.promised_on, article.published_on
    )


def _titles_agree(promised: str, found: str) -> bool:
    if promised in found or found in promised:
        return True
    some, others = set(promised.split()), set(found.split())
    return len(some & others) >= LEAST_SHARE * min(len(some), len(others))


def _days_agree(promised: str | None, found: str | None) -> bool:
    if promised is None or found is None:
        return True
    try:
        return abs(date.fromisoformat(promised) - date.fromisoformat(found)) <= MOST_DAYS_APART
    except ValueError:
        return True
