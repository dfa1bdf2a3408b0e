"""The language of a text, by declaration and script."""

import pytest

from crawler.extraction.language import fitting
from crawler.extraction.wording import folded_words


@pytest.mark.parametrize(
    ("declared", "text", "found"),
    [
        (["en-GB"], "The council met on Tuesday.", "en-GB"),
        (["en"], "Учёные обнаружили новую планету", None),  # of which language of that script, it does not say
        (["en", "ru"], "Учёные обнаружили новую планету", "ru"),
        (["en"], "ノルドマルク海峡の海底トンネルで漏水", "ja"),
        (["en"], "북한이 오늘 발표했다", "ko"),
        ([], "Το συμβούλιο συνεδρίασε", "el"),
        ([], "The council met on Tuesday.", None),
        (["ja"], "Москва и Токио", None),
        (["sr"], "Skupština je zasedala u utorak.", "sr"),
        (["en"], "The word 東京 is the name of a city that many visit.", "en"),
        (["zxx"], "The council met on Tuesday.", "zxx"),
        (["fr"], "", "fr"),
    ],
)
def test_a_declared_language_is_believed_where_the_text_is_in_its_script(
    declared: list[str], text: str, found: str | None
) -> None:
    told = fitting([("dom", tag) for tag in declared], text)

    assert (told and told[1]) == found


ENGLISH = (
    "The council met on Tuesday and agreed on the plan for the old bridge after a long debate in the town hall. " * 4
)
GERMAN = (
    "Der Rat hat am Dienstag dem Plan für die alte Brücke zugestimmt, die nach der Debatte nicht zu retten war. " * 4
)


@pytest.mark.parametrize(
    ("declared", "text", "language"),
    [
        ((), ENGLISH, ("text", "en")),
        ((), GERMAN, ("text", "de")),
        ((("dom", "en-US"),), GERMAN, ("text", "de")),  # a template that no one translated
        ((("dom", "en"), ("meta", "de-AT")), GERMAN, ("meta", "de-AT")),
        ((("dom", "en-GB"),), ENGLISH, ("dom", "en-GB")),
        ((("dom", "zu"),), ENGLISH, ("dom", "zu")),  # whose words we do not know
        ((("dom", "nb"),), "Rådet møttes på tirsdag og ble enige om planen for den gamle broen. " * 6, ("dom", "nb")),
        ((), "Der Plan. " * 3, None),  # too little to tell
        ((), "Weir Mill Bridge Tower Gate Market Street " * 12, None),
    ],
)
def test_the_commonest_words_tell_a_language_that_is_declared_wrongly_or_not_at_all(
    declared: tuple[tuple[str, str], ...], text: str, language: tuple[str, str] | None
) -> None:
    assert fitting(declared, text, folded_words(text)) == language
