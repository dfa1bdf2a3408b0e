"""The language of a text, by declaration and script."""

import pytest

from crawler.extraction.language import fitting


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
