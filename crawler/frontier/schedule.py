"""When the next lease of each site may be tried. Times only: who may be asked is the ledger's word."""

import heapq


class Schedule:
    """The sites with something queued, soonest first; a site with a lease out is in none of its places."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []  # holds outdated entries too; `_at` tells them
        self._out: set[str] = set()

    def put(self, site: str, at_unix_s: float) -> None:
        """Try the site at that moment, or sooner if that was wanted before; nothing while its lease is out."""
        if site in self._out or self._at.get(site, float("inf")) <= at_unix_s:
            return
        self._at[site] = at_unix_s
        heapq.heappush(self._heap, (at_unix_s, site))

    def pop_due(self, now_unix_s: float) -> str | None:
        """The site that has been due longest, taken out; None where none is."""
        if (soonest := self._peek()) is None or soonest[0] > now_unix_s:
            return None
        heapq.heappop(self._heap)
        del self._at[soonest[1]]
        return soonest[1]

    def take_out(self, site: str) -> None:
        self._out.add(site)

    def put_back(self, site: str, at_unix_s: float) -> None:
        self._out.discard(site)
        self.put(site, at_unix_s)

    def next_at(self) -> float | None:
        """The soonest moment at which a site is to be tried; None where no site waits."""
        soonest = self._peek()
        return None if soonest is None else soonest[0]

    @property
    def leases_out(self) -> int:
        return len(self._out)

    def waiting(self) -> list[tuple[str, float]]:
        return sorted(self._at.items(), key=lambda entry: (entry[1], entry[0]))

    def _peek(self) -> tuple[float, str] | None:
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None
