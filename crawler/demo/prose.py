"""The words of the demo's articles: invented people and events, put together from `stories.toml` by a seeded hand."""

import random
import tomllib
from importlib.resources import files
from typing import Any, NamedTuple

PAPERS = 3  # each chapter has a headline for each of them


class Draft(NamedTuple):
    """What a desk writes about one event."""

    title: str
    section: str
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    teaser: str
    caption: str
    paragraphs: tuple[str, ...]


class Desk:
    """Writes drafts; the same seed writes the same words on any machine."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        text = files(__package__).joinpath("stories.toml").read_text("utf-8")
        self._words: dict[str, Any] = tomllib.loads(text)
        first, last = (self._words["people"][name].split() for name in ("first", "last"))
        rng.shuffle(first)
        rng.shuffle(last)
        names = [f"{given} {family}" for given, family in zip(first, last, strict=False)]
        self._people = names[: 2 * self.stories]
        self._reporters = names[2 * self.stories :]

    @property
    def stories(self) -> int:
        return len(self._words["story"])

    @property
    def lone(self) -> int:
        """How many articles belong to no story."""
        return len(self._words["lone"]["titles"])

    def chapters(self, story: int) -> int:
        return len(self._words["story"][story]["chapter"])

    def write(self, story: int, chapter: int, paper: int) -> Draft:
        """What `paper` writes of a chapter of a story; each call picks other sentences."""
        rng, words, filler = self._rng, self._words["story"][story], self._words["filler"]
        event = words["chapter"][chapter]
        p, q = self._people[2 * story : 2 * story + 2]
        names = {"p": p, "q": q, "P": p.split()[1], "Q": q.split()[1], "o": words["organisation"]}
        details = rng.sample(words["details"], 4)
        quotes = rng.sample(words["quotes"], 3)
        role_p, role_q = words["roles"]
        says = rng.sample(filler["attribution"], 2)
        sentences = (
            event["lead"],
            f"{rng.choice(filler['opening'])} {details[0]}",
            f'"{quotes[0]}," said {p}, {role_p}.',
            words["background"][0],
            f"{details[1]} {details[2]}",
            f'{q}, {role_q}, sees it differently. "{quotes[1]}," {says[0].format(who=names["Q"])}.',
            f"{words['background'][1]} {details[3]}",
            f'"{quotes[2]}," {says[1].format(who=names["P"])}. {rng.choice(filler["closing"])}',
        )
        title = event["titles"][paper]
        return Draft(
            title=title if paper < PAPERS - 1 else f"{words['label']}: {title}",
            section=words["section"],
            authors=tuple(rng.sample(self._reporters, rng.choice((1, 1, 2)))),
            tags=tuple(words["tags"]),
            teaser=event["lead"],
            caption=f"{p}, {role_p.format(**names)}, answers questions (file picture)",
            paragraphs=tuple(self._fill(sentence, names) for sentence in sentences),
        )

    def write_lone(self, number: int) -> Draft:
        rng, words = self._rng, self._words["lone"]
        reporter = rng.choice(self._reporters)
        lead = self._fill(words["lead"], {})
        sentences = (
            f'"{rng.choice(words["quotes"])}," said a woman who lives next door.',
            *rng.sample(words["details"], 3),
            rng.choice(self._words["filler"]["opening"]),
        )
        return Draft(
            title=words["titles"][number],
            section=words["section"],
            authors=(reporter,),
            tags=("street life",),
            teaser=lead,
            caption="The street in question on a quiet morning",
            paragraphs=(lead, *(self._fill(sentence, {}) for sentence in sentences)),
        )

    def japanese(self) -> Draft:
        """The first chapter of the first story, as the correspondent of one paper wrote it."""
        words = self._words["japanese"]
        return Draft(
            title=words["title"],
            section=self._words["story"][0]["section"],
            authors=(words["author"],),
            tags=(),
            teaser=words["paragraphs"][0],
            caption="",
            paragraphs=tuple(words["paragraphs"]),
        )

    def western_sentence(self) -> str:
        """A sentence with letters and signs that windows-1252 has and ASCII has not."""
        return str(self._words["western"]["sentence"])

    def _fill(self, sentence: str, names: dict[str, str]) -> str:
        filled = sentence.format(n=self._rng.randint(11, 48), m=self._rng.randint(3, 9) * 10, **names)
        return filled[0].upper() + filled[1:]
