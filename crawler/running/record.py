"""The one writer of a run: a group of finished visits becomes one transaction and some lines.

All of a commit happens in one synchronous call, so that no cancellation can part it: decide, settle in one
transaction with the lines in its outbox, append the lines.
"""

from collections.abc import Sequence

import msgspec

from crawler.frontier.contract import Frontier, Group
from crawler.model.links import CRAWL_KINDS, LinkKind
from crawler.model.records import Record, RunRecord
from crawler.model.work import Visit
from crawler.running.decide import Decisions
from crawler.running.forgotten import without_forgotten
from crawler.running.tally import Tally
from crawler.store.corpus import Corpus
from crawler.store.warc import Archive, Exchange


class Recorder:
    """Writes what visits brought.

    Args:
        kinds: the page kinds whose edges are written; crawl kinds always are.
        last_seq: of the lines that are committed.
        archive: where answers go that visits carry; None where none is kept.
        min_free_bytes: below it `has_room` becomes false.
    """

    def __init__(
        self,
        frontier: Frontier,
        corpus: Corpus,
        tally: Tally,
        *,
        run_id: str,
        kinds: frozenset[LinkKind],
        last_seq: int,
        archive: Archive | None = None,
        min_free_bytes: int = 0,
    ) -> None:
        self._frontier = frontier
        self._corpus = corpus
        self._tally = tally
        self._run_id = run_id
        self._kinds = kinds | frozenset(CRAWL_KINDS)
        self._last_seq = last_seq
        self._archive = archive
        self._min_free_bytes = min_free_bytes
        self.has_room = True

    def commit(self, visits: Sequence[Visit]) -> None:
        """Settle the visits and write their lines.

        Raises:
            StoreError: a file could not be written; what is committed is completed at the next start.
            FrontierError: nothing of the group is committed.
        """
        visits = [without_forgotten(visit, self._frontier.is_forgotten) for visit in visits]
        if self._archive is not None:
            visits = _archived(self._archive, visits)
        decisions = Decisions(self._frontier, visits, run_id=self._run_id, kinds=self._kinds)
        self._write(decisions.group, decisions.records)
        for visit, version in decisions.settled:
            self._tally.count_visit(visit, version)
        for record in decisions.records:
            self._tally.count_record(record)
        self.has_room = self._corpus.free_bytes() >= self._min_free_bytes

    def finish(self, run: RunRecord) -> None:
        """Write the run's line; on return every line of the run survives a power loss, and the outbox is empty."""
        self._write(Group(ended=run.ended), (run,))
        self._corpus.sync()
        self._frontier.synced(self._last_seq)
        self._frontier.settle(Group())

    def _write(self, group: Group, records: Sequence[Record]) -> None:
        lines = self._corpus.plan(records, self._last_seq)
        archived = {} if self._archive is None else self._archive.lengths
        self._frontier.settle(
            msgspec.structs.replace(group, lines=lines.chunks, last_seq=lines.last_seq, archived=archived)
        )
        self._last_seq = lines.last_seq
        self._corpus.write(lines.chunks)
        if self._corpus.sync_if_due():
            self._frontier.synced(self._last_seq)


def _archived(archive: Archive, visits: Sequence[Visit]) -> Sequence[Visit]:
    """Append and sync the answers before anything is committed that points to them; the visits without them."""
    kept = [visit for visit in visits if visit.answer is not None]
    places = archive.append(Exchange(visit.answer, visit.at_unix_s) for visit in kept if visit.answer is not None)
    archive.sync()
    place_of = {visit.lease.key: place for visit, place in zip(kept, places, strict=True)}
    return [
        msgspec.structs.replace(visit, answer=None, warc=place_of.get(visit.lease.key, visit.warc)) for visit in visits
    ]
