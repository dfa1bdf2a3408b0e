"""Related stories in the state of scripts: where they are believed, in each of the forms that frameworks write."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawler.extraction.anchors import Named
from crawler.extraction.state import find_carried
from crawler.model.links import LinkKind

PATH = "/news/a-story-4711"
STORIES = [{"url": "/news/old-plan-4700", "title": "The older plan for it", "image": {"url": "/i.jpg"}}]
FLIGHT = f'5:["$","$L1",null,{{"article":{{"path":"{PATH}","relatedArticles":{json.dumps(STORIES)}}}}}]\n6:null\n'


def carried(script: str, kind: str = "") -> list[Named]:
    return find_carried(LexborHTMLParser(f"<body><script{kind}>{script}</script>"), PATH)


def named(name: str, kind: LinkKind = LinkKind.RELATED) -> list[Named]:
    why = f"the state of a script lists it as {name!r}"
    return [Named("/news/old-plan-4700", "The older plan for it", kind, why)]


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (json.dumps({"props": {"relatedArticles": STORIES}}), ' type="application/json"'),
        (f"window.__INITIAL_STATE__ = {json.dumps({'a': {'relatedArticles': STORIES}})};", ""),
        (f"window.x={{}};window['__STATE__']={json.dumps({'relatedArticles': STORIES})};f()", ""),
        (f"window.__STATE__ = JSON.parse({json.dumps(json.dumps({'relatedArticles': STORIES}))})", ""),
        (f"self.__next_f.push({json.dumps([1, FLIGHT])})", ""),
        (f"self.__next_f.push({json.dumps([1, FLIGHT[:60]])});self.__next_f.push({json.dumps([1, FLIGHT[60:]])})", ""),
        (json.dumps({"relatedArticles": {"edges": [{"node": STORIES[0]}]}}), ' type="application/json"'),
    ],
)
def test_a_list_that_is_named_related_is_read(script: str, kind: str) -> None:
    assert carried(script, kind) == named("relatedArticles")


def test_a_list_that_is_named_recommended_is_read_as_that() -> None:
    found = carried(json.dumps({"recommendedStories": STORIES}), ' type="application/json"')

    assert found == named("recommendedStories", LinkKind.RECOMMENDED)


def test_of_several_stories_the_page_s_own_is_believed() -> None:
    other = {"url": "/news/else-4800", "related": [{"url": "/news/not-ours-4801", "title": "Not of this story"}]}
    own = {"url": f"https://post.example{PATH}", "related": STORIES}

    found = carried(json.dumps({"stories": [other, own]}), ' type="application/json"')

    assert found == named("related")


@pytest.mark.parametrize(
    "state",
    [
        {"stories": [{"related": STORIES}, {"related": STORIES}]},  # whose?
        {"related": [{"url": "/news/old-plan-4700", "title": "Bridges"}]},  # a topic
        {"related": [{"imageUrl": "/news/old-plan-4700.jpg", "title": "The older plan for it"}]},
        {"related": [4711, 4712]},  # ids only
        {"latest": STORIES},
    ],
)
def test_what_may_be_of_another_story_or_no_story_is_left(state: object) -> None:
    assert carried(json.dumps(state), ' type="application/json"') == []


@given(
    st.recursive(
        st.none() | st.text(max_size=9) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["related", "url", "title", "node", "x"]), inner, max_size=4)
        ),
        max_leaves=25,
    )
)
def test_no_state_raises(state: object) -> None:
    script = f"window.__STATE__={json.dumps({'related': state})}"

    assert isinstance(carried(script), list)


@given(st.text(max_size=80))
def test_no_script_raises(text: str) -> None:
    assert isinstance(carried(f"/* related */ window.a = {{ {text}"), list)
