"""Crawls of simulated webs through crashes at any step: nothing lost, nothing twice, no site asked early."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from world.simulate import simulate

from crawler.frontier.contract import Group
from crawler.model.records import Record
from crawler.model.work import FileLines
from crawler.running.record import Recorder
from crawler.store.corpus import Corpus

SEEDS_A_TEST = 10  # as many as a suite has time for: tests/bench/simulate.py runs thousands


@pytest.mark.parametrize("first_seed", range(0, 80, SEEDS_A_TEST))
def test_every_world_is_crawled_whole_and_politely_through_crashes(first_seed: int, tmp_path: Path) -> None:
    outcomes = []
    for seed in range(first_seed, first_seed + SEEDS_A_TEST):
        (folder := tmp_path / str(seed)).mkdir()
        outcomes.append(simulate(seed, folder, crashes=seed % 6))

    assert sum(outcome.crashes for outcome in outcomes) >= SEEDS_A_TEST  # else it proves little


@pytest.mark.parametrize("first_seed", range(1000, 1020, SEEDS_A_TEST))
def test_the_same_holds_of_the_frontier_on_disk(first_seed: int, tmp_path: Path) -> None:
    outcomes = []
    for seed in range(first_seed, first_seed + SEEDS_A_TEST):
        (folder := tmp_path / str(seed)).mkdir()
        outcomes.append(simulate(seed, folder, crashes=seed % 6, use_sqlite=True))

    assert sum(outcome.crashes for outcome in outcomes) >= SEEDS_A_TEST


class AppendsFirst(Recorder):
    """Lines before the transaction."""

    def _write(self, group: Group, records: Sequence[Record]) -> None:
        lines = self._corpus.plan(records, self._last_seq)
        self._corpus.write(lines.chunks)
        self._frontier.settle(msgspec.structs.replace(group, lines=lines.chunks, last_seq=lines.last_seq))
        self._last_seq = lines.last_seq


class ForgetsTheOutbox(Recorder):
    """The outbox goes before its lines are synced."""

    def _write(self, group: Group, records: Sequence[Record]) -> None:
        super()._write(group, records)
        self._frontier.synced(self._last_seq)


class CompletesNothing(Corpus):
    """Takes the files as they lie there."""

    def complete(self, lengths: Mapping[str, int], outbox: Iterable[FileLines]) -> dict[str, int]:
        return super().complete({name: (self._folder / name).stat().st_size for name in lengths}, [])


@pytest.mark.parametrize(
    ("recorder_type", "corpus_type"),
    [(AppendsFirst, Corpus), (ForgetsTheOutbox, Corpus), (Recorder, CompletesNothing)],
)
def test_a_broken_protocol_is_caught(recorder_type: type[Recorder], corpus_type: type[Corpus], tmp_path: Path) -> None:
    def is_caught(seed: int) -> bool:
        (folder := tmp_path / str(seed)).mkdir()
        try:
            simulate(seed, folder, crashes=5, recorder_type=recorder_type, corpus_type=corpus_type)
        except Exception:
            return True
        return False

    assert any(is_caught(seed) for seed in range(60))


def test_a_run_comes_again_from_its_seed_number(tmp_path: Path) -> None:
    outcomes = []
    for name in ("first", "second"):
        (folder := tmp_path / name).mkdir()
        outcomes.append(simulate(5, folder, crashes=4))

    assert outcomes[0] == outcomes[1]
