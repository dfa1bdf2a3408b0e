"""Whether a text changed."""

import pytest

from crawler.extraction.digest import text_digest

TEXT = "The council met on Tuesday.\n\nIt agreed on the plan by 12 votes to 3."


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace("\n\n", "\n") + " ",
        TEXT.replace(" ", "\u00a0"),
        TEXT.replace("met", "MET").replace(".", " ."),
    ],
)
def test_white_space_case_and_punctuation_change_nothing(other: str) -> None:
    assert text_digest(other) == text_digest(TEXT)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Updated 5 minutes ago", "Updated 20 hours ago"),
        ("vor 2 Stunden", "vor 3 Tagen"),
        ("12 comments", "1,240 comments"),
        ("3 Kommentare", "44 Kommentare"),
        ("1.2k views | 3 shares", "7k views | 9 shares"),
    ],
)
def test_clocks_and_counters_change_nothing(before: str, after: str) -> None:
    assert text_digest(f"{TEXT}\n\n{before}") == text_digest(f"{TEXT}\n\n{after}")


@pytest.mark.parametrize(
    "other",
    [TEXT.replace("12", "13"), TEXT.replace("Tuesday", "Monday"), TEXT.replace("\n\nIt", "\n\nNo one thinks it")],
)
def test_a_word_or_a_number_of_the_story_is_a_change(other: str) -> None:
    assert text_digest(other) != text_digest(TEXT)


def test_a_distance_in_a_paragraph_is_part_of_what_is_told() -> None:
    told = (
        "The bridge was closed {} days ago after a barge had struck the second pier, and nobody has said since then "
        "when it is to be opened."
    )

    assert text_digest(told.format(5)) != text_digest(told.format(6))
