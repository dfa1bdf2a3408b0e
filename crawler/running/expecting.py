"""What the configuration expects of a run, and what of that the run did not meet."""

from collections.abc import Collection

from crawler.config import ExpectConfig
from crawler.model.urls import canonical_url, resolve_url
from crawler.running.tally import Tally


def unmet_expectations(expect: ExpectConfig, seeds: Collection[str], tally: Tally) -> tuple[str, ...]:
    """A line for each expectation that a run did not meet.

    Args:
        seeds: the run's, by the names that records give them.
    """
    unmet = []
    if expect.new_articles is not None and tally.new < expect.new_articles:
        unmet.append(f"{tally.new} new articles, at least {expect.new_articles} were expected")
    for seed, least in expect.sources.items():
        named = _seeds_named(seed, seeds)
        if not named:
            unmet.append(f"{seed} is no seed of this run, though [expect] names it; write it as it stands in the seeds")
        elif (count := sum(map(tally.new_of, named))) < least:
            unmet.append(f"{count} new articles from {seed}, at least {least} were expected")
    return tuple(unmet)


def _seeds_named(name: str, seeds: Collection[str]) -> set[str]:
    """The seeds that a name of the configuration means: the same word, or the same address in another spelling."""
    if name in seeds or (address := resolve_url(name)) is None:
        return {name} & set(seeds)
    return {seed for seed in seeds if (url := resolve_url(seed)) and canonical_url(url) == canonical_url(address)}
