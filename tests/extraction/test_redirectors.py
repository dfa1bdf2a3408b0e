"""What a redirector's address holds, told without asking it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.redirectors import unwrapped

STORY = "https://post.example/news/a-story-of-some-length-4711"


@pytest.mark.parametrize(
    ("wrapped", "inner"),
    [
        (f"https://www.google.com/url?q={STORY}&sa=D", STORY),
        ("https://news.example/redirect?url=https%3A%2F%2Fpost.example%2Fa%3Fb%3D1", "https://post.example/a?b=1"),
        (f"https://l.facebook.com/l.php?u={STORY}&h=AT0", STORY),
        (f"https://out.example/r/?to={STORY}", STORY),
        (f"https://a.example/out?url=https://b.example/go?u={STORY}", STORY),
        ("https://a.example/redirect/https://post.example/news/1", "https://post.example/news/1"),
        ("https://www.google.com/amp/s/post.example/news/1", "https://post.example/news/1"),
        ("https://post-example.cdn.ampproject.org/c/s/post.example/news/1", "https://post.example/news/1"),
    ],
)
def test_an_address_inside_a_redirector_is_found(wrapped: str, inner: str) -> None:
    assert unwrapped(wrapped) == inner


@pytest.mark.parametrize(
    "url",
    [
        STORY,
        f"https://www.facebook.com/sharer.php?u={STORY}",  # shares a story, leads to none
        f"https://post.example/login?return={STORY}",
        "https://archive.example/web/2024/http-headers-explained",
        "https://a.example/out?url=/a/path",
        "https://news.example/http/2/explained?q=http",
    ],
)
def test_what_only_mentions_an_address_stays(url: str) -> None:
    assert unwrapped(url) == url


@given(st.text(max_size=60))
def test_any_text_is_unwrapped_without_an_error(text: str) -> None:
    assert isinstance(unwrapped(f"https://a.example/out/http{text}"), str)
