"""The headings of blocks in 25 languages are read as what they announce, alone and on a page."""

import tomllib
from pathlib import Path

import pytest

from crawler.extraction.lexicon import Phrases, lexicon
from crawler.extraction.page import read_page
from crawler.model.links import LinkKind

HEADINGS: dict[str, dict[str, list[str]]] = tomllib.loads(Path(__file__).with_name("headings.toml").read_text("utf-8"))
CASES = [
    (language, kind, heading)
    for language, kinds in HEADINGS.items()
    for kind, headings in kinds.items()
    for heading in headings
]
LANGUAGES = "en de fr es pt it nl sv no da fi pl cs ru uk tr el ar he hi id vi ja ko zh"
PROSE = "The council met on Tuesday and agreed on the plan for the old bridge after a long debate. " * 3


def test_each_language_has_several_wordings_of_each_kind() -> None:
    few = {
        (language, kind)
        for language, kinds in HEADINGS.items()
        for kind in ("related", "recommended", "promoted", "nothing")
        if len(kinds[kind]) < 5
    }

    assert (set(HEADINGS), few) == (set(LANGUAGES.split()), set())


@pytest.mark.parametrize(("language", "kind", "heading"), CASES)
def test_a_heading_announces_its_kind_in_each_language(language: str, kind: str, heading: str) -> None:
    said = lexicon().heading(heading)

    assert said == (False if kind == "nothing" else LinkKind(kind))


@pytest.mark.parametrize("language", HEADINGS)
def test_the_blocks_of_a_page_are_told_apart_by_their_headings(language: str) -> None:
    blocks = "".join(
        f'<section><h2>{headings[0]}</h2><ul><li><a href="/news/{kind}-one-of-two-4711">A story that is {kind}</a></li>'
        f'<li><a href="/news/{kind}-two-of-two-4712">Another one that is {kind}</a></li></ul></section>'
        for kind, headings in HEADINGS[language].items()
    )
    html = f"<html lang={language}><main><h1>A story of some length</h1><p>{PROSE}</p></main>{blocks}</html>"

    links = read_page(html.encode(), "https://post.example/news/a-story-of-some-length-4710").article.links

    assert sorted(f"{link.kind}: {link.title}" for link in links) == [
        f"{kind}: {story}"
        for kind in ("promoted", "recommended", "related")
        for story in (f"A story that is {kind}", f"Another one that is {kind}")
    ]


def test_an_open_phrase_fits_whole_words_only_where_words_are_parted() -> None:
    phrases = Phrases("more *\n*links", "関連*")

    assert [phrases.group_of(text) for text in ("more on it", "moreover", "all links", "weblinks", "関連情報")] == [
        0,
        None,
        0,
        None,
        1,
    ]


def test_a_whole_phrase_fits_before_an_open_one() -> None:
    phrases = Phrases("more *", "more on this")

    assert (phrases.group_of("more on this"), phrases.group_of("more on that")) == (1, 0)


@pytest.mark.parametrize(
    ("heading", "like"),
    [
        ("BUNLARI DA OKUYUN", "Bunları da okuyun"),  # no dotless i in capitals that a program made
        ("اقرأ ايضا", "اقرأ أيضًا"),
        ("مــواضيع ذات صله", "مواضيع ذات صلة"),
        ("ताज़ा खबरें", "ताजा खबरें"),
        ("Ｒｅｌａｔｅｄ　Ｓｔｏｒｉｅｓ", "related stories"),
        ("ЕЩЁ ПО ТЕМЕ", "еще по теме"),
        ("«A LIRE AUSSI» :", "À lire aussi"),
        ("Více k tématu", "VICE K TEMATU"),
    ],
)
def test_haste_capitals_and_width_change_no_heading(heading: str, like: str) -> None:
    said = lexicon().heading(like)

    assert (said is not None, lexicon().heading(heading)) == (True, said)


@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        ("related", "Korábban a témában | Citește și | Pročitajte još | Súvisiace články | Preberite tudi | Вижте още"),
        ("related", "Taip pat skaitykite | Lasi arī | Loe lisaks | Notícies relacionades | مطالب مرتبط | আরও পড়ুন"),
        (
            "related",
            "ข่าวที่เกี่ยวข้อง | Soma pia | Tengt efni | Həmçinin oxuyun | Lexo edhe | یہ بھی پڑھیں | Artikel berkaitan",
        ),
        ("related", "Mehr zum Thema Klima | Leé también | Aller plus loin | Lees alles over de brug | 前回の記事"),
        ("recommended", "Ez is érdekelheti | Možda će vas zanimati | Et pot interessar | Iesakām | คุณอาจสนใจ"),
        (
            "recommended",
            "Das dürfte Sie interessieren | On vous recommande | Quem leu também viu | 이 기사를 본 독자들이 본",
        ),
        ("promoted", "Legolvasottabb | Najčitanije | Cele mai citite | Loetuimad | پربازدیدترین | ล่าสุด | সর্বশেষ খবর"),
        ("promoted", "Previous article | Nächster Artikel | 上一篇 | 다음글 | Следующая статья | المقال التالي"),
        (
            "nothing",
            "Новости партнеров | Treści promowane | Mehr lesen über | Topics in this story | Contenus partenaires",
        ),
    ],
)
def test_headings_of_more_languages_and_of_other_wordings(kind: str, headings: str) -> None:
    said = {heading: lexicon().heading(heading) for heading in headings.split(" | ")}

    assert said == dict.fromkeys(said, False if kind == "nothing" else LinkKind(kind))


@pytest.mark.parametrize(
    "text",
    ["The most dangerous bridge", "Plus de 300 morts", "Más de 300 muertos", "Další oběti nehody", "Passende Kleidung"],
)
def test_what_begins_a_part_of_a_story_is_no_heading_of_links(text: str) -> None:
    assert lexicon().heading(text) in (None, LinkKind.PROMOTED)


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("The Post recommends", LinkKind.RECOMMENDED),
        ("Was uns sonst noch interessierte", LinkKind.RECOMMENDED),
        ("本紙のおすすめ", LinkKind.RECOMMENDED),
        ("Notas similares del archivo", LinkKind.RELATED),
        ("Все связанные истории", LinkKind.RELATED),
        ("本紙の関連一覧", LinkKind.RELATED),
        ("Popularne w tym tygodniu u nas", LinkKind.PROMOTED),
        ("قصص ذات صلة من الأرشيف", LinkKind.RELATED),
        ("סיפורים קשורים מהארכיון", LinkKind.RELATED),
        ("เรื่องราวที่เกี่ยวข้องกันทั้งหมด", LinkKind.RELATED),
        ("संपादकीय सुझाव यहाँ", LinkKind.RECOMMENDED),
        ("Our brand new newsletter", False),
        ("Recommended: the most popular of all", None),  # words of two kinds
        ("Interest rates", None),
        ("A title may hold the word related without being one", None),
    ],
)
def test_the_stems_of_its_words_tell_what_a_heading_in_no_phrase_announces(
    heading: str, kind: LinkKind | bool | None
) -> None:
    assert lexicon().heading_by_stems(heading) == kind
