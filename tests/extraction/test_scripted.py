"""The text that a page carries in the state of its scripts."""

import json
import time

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.extraction.page import extract
from crawler.extraction.scripted import find_scripted

URL = "https://post.example/news/a-story-of-some-length-4711"
SENTENCES = (
    "The council met on Tuesday and agreed on the plan for the old bridge after a long debate in the town hall.",
    "It will meet again in May, and the bridge will stay closed until then, a speaker said late on Tuesday night.",
    'Whether the "money" lasts is another question, and one that no one in the room wanted to answer that evening.',
    "A new bridge would cost four times as much, the council was told, and take until the end of the decade.",
)
MARKUP = "".join(f'<p class="x">{sentence}</p>' for sentence in SENTENCES)
TEXT = "\n\n".join(SENTENCES)


def page_of(script: str) -> bytes:
    return f"<title>Bridge plan agreed</title><h1>Bridge plan agreed</h1><p>Loading</p>{script}".encode()


@pytest.mark.parametrize(
    "script",
    [
        f"<script>window.__STATE__ = {json.dumps({'story': {'html': MARKUP}})};</script>",
        f'<script type="application/json">{json.dumps({"body": MARKUP}).replace("<", chr(92) + "u003c")}</script>',
        f"<script>self.__next_f.push([1,{json.dumps('5:' + json.dumps({'contentHtml': MARKUP}))}])</script>",
    ],
)
def test_the_markup_of_a_state_stands_in_for_a_body_that_scripts_would_build(script: str) -> None:
    article = extract(page_of(script), URL)

    assert (article.text, article.field_sources["text"]) == (TEXT, "script")


def test_of_several_articles_in_a_state_none_is_the_page_s_own() -> None:
    script = f"<script>x = {json.dumps([MARKUP, MARKUP.replace('council', 'committee')])}</script>"

    assert extract(page_of(script), URL).text == ""


@pytest.mark.parametrize(
    "text", ['"' * 300_000, '"\\"' * 200_000, "\\u003cp>" + '"<p ' * 200_000, '"' + "<p>" * 300_000]
)
def test_no_script_takes_long(text: str) -> None:
    parser = LexborHTMLParser(f"<script>{text}</script>")
    begun_s = time.process_time()

    find_scripted(parser)

    assert time.process_time() - begun_s < 2
