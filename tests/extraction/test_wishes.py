"""What a feed asks of those who poll it."""

import pytest

from crawler.extraction.feeds import read_feed
from crawler.model.work import PollWishes

SY = "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
RSS = "<rss version='2.0' {sy}><channel>{said}<item><title>A</title><ttl>9</ttl></item></channel></rss>"
RDF = (
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' {sy}>"
    "<channel>{said}</channel><item><title>A</title></item></rdf:RDF>"
)
ATOM = "<feed xmlns='http://www.w3.org/2005/Atom' {sy}>{said}<entry><title>A</title></entry></feed>"
HOURLY = "<sy:updatePeriod> hourly </sy:updatePeriod>"


@pytest.mark.parametrize(
    ("form", "said", "wishes"),
    [
        (RSS, "", PollWishes()),
        (RSS, "<ttl>60</ttl>", PollWishes(least_s=3600.0)),
        (RSS, "<ttl>soon</ttl>", PollWishes()),
        (RSS, "<ttl>-5</ttl>", PollWishes()),
        (RSS, f"<ttl>{'9' * 400}</ttl>", PollWishes()),
        (RSS, f"<ttl>5</ttl>{HOURLY}", PollWishes(least_s=3600.0)),
        (RDF, f"{HOURLY}<sy:updateFrequency>4</sy:updateFrequency>", PollWishes(least_s=900.0)),
        (ATOM, "<sy:updateFrequency>0</sy:updateFrequency>", PollWishes(least_s=86_400.0)),
        (RSS, "<sy:updatePeriod>now and then</sy:updatePeriod>", PollWishes()),
        (
            RSS,
            "<skipHours><hour>0</hour><hour>24</hour><hour>7</hour><hour>x</hour></skipHours>"
            "<skipDays><day>Sunday</day><day> saturday</day><day>Holiday</day></skipDays>",
            PollWishes(skip_hours=(0, 7), skip_days=(5, 6)),
        ),
    ],
)
def test_wishes_are_read_from_the_channel_and_what_cannot_be_read_is_none(
    form: str, said: str, wishes: PollWishes
) -> None:
    feed = read_feed(form.format(sy=SY, said=said).encode(), "https://a.example/feed")

    assert feed is not None
    assert feed.wishes == wishes
