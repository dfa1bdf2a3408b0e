"""What a run has done so far, counted: for progress, the summary, `runs.jsonl` and expectations."""

from collections import Counter

import msgspec

from crawler.model.links import LinkKind
from crawler.model.records import GoneRecord, HostReport, KindCount, LinkRecord, OutcomeCount, Record, SourceReport
from crawler.model.work import Outcome, Visit
from crawler.running.promise import is_kept

NO_ANSWER = frozenset({Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.BROKEN, Outcome.BLOCKED_ADDRESS})


class _Host(msgspec.Struct):
    requests: int = 0
    bytes: int = 0
    not_modified: int = 0
    least_gap_s: float | None = None
    throttled: int = 0
    failed: int = 0
    last_end_unix_s: float | None = None


class _Source(msgspec.Struct):
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gaps: int = 0


class Tally:
    """Counts of one run; written by the recorder alone."""

    def __init__(self) -> None:
        self.new = 0
        self.changed = 0
        self.unchanged = 0
        self.gone = 0  # articles whose page went away
        self.reserved = 0  # records without their text
        self.promises_made = 0  # articles whose block told a title
        self.promises_kept = 0  # those that have it, and the day
        self.outcomes: Counter[Outcome] = Counter()
        self.links: Counter[LinkKind] = Counter()
        self._hosts: dict[str, _Host] = {}
        self._sources: dict[str, _Source] = {}

    @property
    def saved(self) -> int:
        """Lines of `articles.jsonl`."""
        return self.new + self.changed + self.reserved

    @property
    def requests(self) -> int:
        return sum(host.requests for host in self._hosts.values())

    @property
    def hosts_asked(self) -> int:
        return len(self._hosts)

    def count_visit(self, visit: Visit, version: int) -> None:
        """A visit whose outcome is final; `version` of the record it wrote, 0 for none."""
        if visit.outcome is Outcome.NEEDS_FILE:
            return
        self.outcomes[visit.outcome] += 1
        source = self._sources.setdefault(visit.lease.target.seed, _Source())
        source.gaps += visit.is_gap
        if visit.outcome is Outcome.SAVED:
            self.new += version == 1
            self.changed += version > 1
            kept = is_kept(visit.lease.target, visit.article) if visit.article is not None else None
            self.promises_made += kept is not None
            self.promises_kept += kept is True
            source.new += version == 1
            source.changed += version > 1
        elif visit.outcome is Outcome.RESERVED:
            self.reserved += 1
        elif visit.outcome is Outcome.UNCHANGED:
            self.unchanged += 1
            source.unchanged += 1
        if visit.asked:
            self._count_request(visit)

    def count_record(self, record: Record) -> None:
        if isinstance(record, LinkRecord):
            self.links[record.kind] += 1
        elif isinstance(record, GoneRecord):
            self.gone += record.gone

    def new_of(self, seed: str) -> int:
        """New articles that a seed brought."""
        return self._sources.get(seed, _Source()).new

    def outcome_rows(self) -> tuple[OutcomeCount, ...]:
        return tuple(OutcomeCount(outcome=o, count=n) for o, n in sorted(self.outcomes.items()))

    def link_rows(self) -> tuple[KindCount, ...]:
        return tuple(KindCount(kind=kind, count=n) for kind, n in sorted(self.links.items()))

    def source_rows(self) -> tuple[SourceReport, ...]:
        return tuple(
            SourceReport(seed=seed, new=s.new, changed=s.changed, unchanged=s.unchanged, gaps=s.gaps)
            for seed, s in sorted(self._sources.items())
        )

    def host_rows(self) -> tuple[HostReport, ...]:
        return tuple(
            HostReport(
                host=site,
                requests=h.requests,
                bytes=h.bytes,
                not_modified=h.not_modified,
                least_gap_s=None if h.least_gap_s is None else round(h.least_gap_s, 3),
                throttled=h.throttled,
                failed=h.failed,
            )
            for site, h in sorted(self._hosts.items())
        )

    def _count_request(self, visit: Visit) -> None:
        host = self._hosts.setdefault(visit.lease.site, _Host())
        host.requests += 1
        host.throttled += visit.outcome is Outcome.THROTTLED
        host.failed += visit.outcome in NO_ANSWER
        if visit.http is not None:
            host.bytes += visit.http.bytes
            host.not_modified += visit.http.status == 304
        if host.last_end_unix_s is not None:
            gap_s = max(0.0, visit.at_unix_s - host.last_end_unix_s)
            host.least_gap_s = gap_s if host.least_gap_s is None else min(host.least_gap_s, gap_s)
        host.last_end_unix_s = visit.at_unix_s + visit.elapsed_s
