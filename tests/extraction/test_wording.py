"""Words as they are compared, counted and hashed."""

import re
from unicodedata import normalize

from hypothesis import example, given
from hypothesis import strategies as st

from crawler.extraction.wording import fold


@given(st.text(st.characters(), max_size=60))
@example("“Ålesund’s” plan—agreed…")
@example("İSTANBUL ẞ ﬁ 5 ºC\ud800x\x1cy_z")
def test_a_folded_text_is_its_runs_of_letters_and_digits_in_lower_case(text: str) -> None:
    folded = fold(text)

    assert folded == " ".join(re.findall(r"\w+", normalize("NFKC", text).casefold()))
