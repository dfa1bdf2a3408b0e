"""Pages whose body we miss, with and without the extra."""

import importlib.util

import pytest

from crawler.extraction.page import extract
from crawler.extraction.rescue import rescued_text

URL = "https://post.example/news/a-story-of-some-length-4711"
SENTENCE = "The council met on Tuesday and agreed on the plan for the old bridge after a long debate in the town hall."
STORY = "".join(f"<p>{number}. {SENTENCE}</p>" for number in range(14))
HAS_EXTRA = importlib.util.find_spec("trafilatura") is not None


def test_a_page_that_we_read_ourselves_is_not_rescued() -> None:
    article = extract(f"<h1>Bridge plan agreed</h1><div>{STORY}</div>".encode(), URL)

    assert article.field_sources["text"] == "dom"


@pytest.mark.skipif(HAS_EXTRA, reason="the extra is here")
def test_without_the_extra_nothing_is_rescued() -> None:
    assert rescued_text(f"<article>{STORY}</article>") is None


@pytest.mark.skipif(not HAS_EXTRA, reason="needs the extra [rescue]")
def test_with_the_extra_a_missed_text_is_found_and_told() -> None:
    text = rescued_text(f"<html><body><article><h1>Bridge plan agreed</h1>{STORY}</article></body></html>")

    assert text is not None
    assert SENTENCE in text
