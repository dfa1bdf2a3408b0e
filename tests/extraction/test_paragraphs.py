"""Which paragraphs of a body are the story's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.paragraphs import own_paragraphs

FIRST = (
    "The council met on Tuesday and agreed on the plan for the old bridge after a long debate in the town hall, " * 2
)
SECOND = "It will meet again in May, and the bridge will stay closed until then, a speaker said late on Tuesday night."


def own(*texts: str) -> list[str]:
    return own_paragraphs([("p", text) for text in texts], "Bridge plan agreed", ("Ann Lee", "Bo Ek"))


@pytest.mark.parametrize(
    "line",
    [
        "Bridge plan agreed",
        "4 March 2024",
        "Updated: 4 March 2024, 10:15",
        "06.11.2025, 21:00 Uhr",
        "By Ann Lee",
        "Ann Lee and Bo Ek, The Weir Post",
        "By Zed Zander",
        "ann.lee@post.example",
        "4 min read",
        "© A. Lee",
        "Getty Images",
        "REUTERS/Ann Lee",
        "The bridge in May, seen from the north © The Weir Post",
        "-- By Ann Lee",
        "Tempo de leitura: 1 minuto",
        "05/10/2018 - Publicado por: Zed Zander - Categoria: Saúde - Tags: ponte",
        "___",
    ],
)
def test_a_line_before_the_story_that_tells_of_it_is_no_part_of_it(line: str) -> None:
    assert own(line, FIRST, SECOND) == [FIRST, SECOND]


@pytest.mark.parametrize(
    "line",
    [
        "He left the town on 4 March 2024.",
        "What now?",
        "Ann Lee is a writer who has lived by the river since 1999",
        "The old bridge was 20 minutes away, on foot and uphill.",
    ],
)
def test_a_short_sentence_before_the_story_belongs_to_it(line: str) -> None:
    assert own(line, FIRST, SECOND) == [line, FIRST, SECOND]


def test_labels_at_either_end_go_and_short_sentences_and_list_items_stay() -> None:
    assert own("Text size", "Local news", FIRST, "Why?", SECOND, "Reprints & permissions") == [FIRST, "Why?", SECOND]
    assert own_paragraphs([("p", FIRST), ("li", "Oak boards")], None, ()) == [FIRST, "Oak boards"]


def test_such_lines_stand_behind_the_opening_and_at_the_end_and_amid_the_story_they_are_told_by_it() -> None:
    middle = [f"{number} {SECOND}" for number in range(6)]

    assert own(FIRST, "4 March 2024", *middle[:3], "5 March 2024", *middle[3:], "Ann Lee") == [
        *(FIRST, *middle[:3]),
        *("5 March 2024", *middle[3:]),
    ]


def test_a_wall_behind_the_last_long_paragraph_ends_the_story_and_one_amid_it_does_not() -> None:
    wall, small_print = "Already a subscriber? Log in to read.", "One device can be signed in at a time, whoever reads."

    assert own(FIRST, SECOND, wall, small_print) == [FIRST, SECOND]
    assert own(FIRST, wall, SECOND, FIRST + "again.") == [FIRST, SECOND, FIRST + "again."]


def test_labels_between_the_parts_go_and_a_story_of_one_refrain_stays() -> None:
    refrain = "The ferry left the harbour on time that morning, they said."

    assert own(FIRST, "Article content", SECOND, "Article content", "Article content") == [FIRST, SECOND]
    assert len(own(*[refrain] * 30)) > 1


def test_what_an_interview_or_a_table_says_again_is_no_label() -> None:
    said = [
        paragraph
        for number in range(3)
        for paragraph in (("p", "Ann:"), ("p", f"{FIRST}{number}"), ("p", "Why?"), ("tr", "Year | Cost"), ("li", "oak"))
    ]

    assert own_paragraphs(said, None, ()) == [text for _, text in said]


def test_a_heading_between_the_opening_and_a_story_of_short_lines_stays() -> None:
    short = [("p", "The winners of Tuesday."), ("h2", "Girls"), ("p", "Weir beat Lund by 70 to 44.")]

    assert own_paragraphs([*short, ("p", FIRST)], None, ()) == [*(text for _, text in short), FIRST]


@pytest.mark.parametrize("line", ["Image 2 of 5", "Bild 1 von 12", "A post shared by Ann Lee (@annlee)", "Advert"])
def test_what_is_said_of_a_picture_or_a_place_for_one_is_no_part_of_the_story(line: str) -> None:
    assert own(FIRST, line, SECOND, FIRST + "again.") == [FIRST, SECOND, FIRST + "again."]


def test_a_label_of_a_credit_takes_the_name_behind_it_along() -> None:
    assert own(FIRST, "Фото:", "личный архив Анны Ли", SECOND, FIRST + "again.") == [FIRST, SECOND, FIRST + "again."]


def test_who_wrote_a_quoted_post_stays_with_it() -> None:
    assert own(FIRST, "What a bridge!", "— Zed Zander (@zed) 4 March 2024")[1:] == [
        "What a bridge!",
        "— Zed Zander (@zed) 4 March 2024",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "(Reporting by Ann Lee in London and Bo Ek; Editing by Zed Zander)",
        "Additional reporting by Ann Lee",
        "Redaktion: Ann Lee, Übersetzung: Bo Ek und Zed Zander",
        "（责编：李安、王波）",
        "Ann Lee's book on bridges is out now. Follow her on Twitter @annlee.",
        "Follow our full coverage of bridges at https://post.example/hub/bridges",
        "Reach the reporters on Twitter at https://twitter.com/annlee",
        "Let our news meet your inbox. All of it, on Sundays.",
        "To view the full story, please subscribe to The Weir Post.",
        "Materiał chroniony prawem autorskim - wszelkie prawa zastrzeżone.",
        "Kļūda rakstā? Iezīmējiet tekstu un spiediet Ctrl+Enter.",
        "Some of these are affiliate links, and we may earn a small commission if you buy something.",
        "This article was originally published by The Weir Post.",
        "Submit a correction",
        "Ann Lee is a reporter at The Weir Post, where she has written of rivers since 2009.",
        "Bo Ek schreibt seit 2009 über Flüsse.",
        "(dpa/jb)",
        "Tags: bridges, the council, Weir",
        "Filed under: News",
        "SUGGESTED CITATION Lee, Ann: Bridges, The Weir Post, 2024/5/04",
        "Photo source: Ann Lee from Pictures.",
        "5 hours ago07:09",
        "この記事は会員限定です。",
    ],
)
def test_those_who_worked_on_a_story_and_what_its_readers_are_asked_stand_behind_it(line: str) -> None:
    assert own(FIRST, SECOND, line) == [FIRST, SECOND]


@pytest.mark.parametrize(
    "line",
    [
        "Reporting by The Weir Post revealed that the bridge was sold.",
        "Writing by hand is what he likes best, he said.",
        "Where: Town hall, when: Friday, 7 pm",
        "Ann Leeward is a reporter who was there that night, and no one asked her.",
        "It was 5 hours ago.",
        "Topics were hard to find, he said.",
        "The police asked everyone to follow their news on Twitter.",
    ],
)
def test_a_last_sentence_that_only_begins_like_such_a_line_is_of_the_story(line: str) -> None:
    assert own(FIRST, SECOND, line) == [FIRST, SECOND, line]


def test_a_heading_of_offers_amid_a_story_does_not_end_it() -> None:
    middle = [f"{number} {SECOND}" for number in range(4)]

    assert own(FIRST, *middle[:2], "Related stories", "Related: The mill", *middle[2:]) == [FIRST, *middle]


def test_a_long_title_is_not_said_again_and_a_short_one_may_be() -> None:
    title = "Council agrees on the plan for the bridge"
    middle = [f"{number} {SECOND}" for number in range(4)]
    paragraphs = [("p", text) for text in (*middle, title, SECOND)]

    assert own_paragraphs(paragraphs, title, ()) == [*middle, SECOND]
    assert own(*middle, "Bridge plan agreed", SECOND) == [*middle, "Bridge plan agreed", SECOND]


@given(
    st.lists(st.tuples(st.sampled_from(["p", "h2", "li"]), st.text(max_size=150)), max_size=12), st.text(max_size=30)
)
def test_what_is_kept_stood_there_in_that_order(paragraphs: list[tuple[str, str]], name: str) -> None:
    kept = own_paragraphs(paragraphs, name, (name,))

    rest = iter(text for _, text in paragraphs)
    assert all(text in rest for text in kept)
