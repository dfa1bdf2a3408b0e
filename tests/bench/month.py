"""A simulated month of cron runs: `python tests/bench/month.py [PAPERS] [DAYS] [SEED]`, once as it is, once with kills.

The papers publish by the hour and the day, burst past what their feeds hold, edit, delete and fail; a run comes every
six hours and has twenty minutes. Held: every article is in the corpus, each of its versions once, and the same when
two runs in five die in a task step or in a write to a disk that forgets what was not synced.

The yardstick is fixed polling at equal freshness. Freshness has two sides: how soon a new article is found, and how
soon a change of one is. As the runs bound both, the yardstick polls every feed each n-th run, and asks for each
article each m-th run for as long as our ladder does (30 days); n and m are the smallest at which its medians are no
better than ours, so that any doubt is to its favour. It knows validators as we do, is given robots.txt for nothing,
and never looks at a sitemap: what leaves a feed between two of its polls is lost to it, which is told, and counts as
found never. What we ask for files of origins is in our numbers. Bytes are those of bodies, uncompressed; the pages
have 15 kB.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from world.month import Cost, Month


def main(papers: int, days: int, seed: int) -> int:
    for kill_share in (0.0, 0.4):
        with tempfile.TemporaryDirectory() as folder:
            started_s = time.process_time()
            month = Month(seed, Path(folder), papers=papers, days=days, kill_share=kill_share)
            month.go()
            cost = month.check()
        print(
            f"{papers} papers, {days} days, {len(month.press.stories)} articles, {month.kills} kills, {month.gaps}"
            f" gaps; {time.process_time() - started_s:.0f} s of CPU time: all found, each version once"
        )
        tell("ours", cost)
        every, again, fixed = month.fixed_as_fresh_as(cost)
        tell(f"fixed: feeds every {6 * every} h, articles every {6 * again} h", fixed)
        ours, theirs = cost.requests.total(), fixed.requests.total()
        times = fixed.of_new(theirs) / cost.of_new(ours), fixed.of_new(fixed.bytes) / cost.of_new(cost.bytes)
        polls = fixed.of_new(fixed.requests["feed"]) / cost.of_new(cost.requests["feed"])
        print(f"  fixed polling asks {times[0]:.1f} times as often, and for {times[1]:.1f} times the bytes;", end=" ")
        print(f"of feeds alone {polls:.1f} times as often")
    return 0


def tell(name: str, cost: Cost) -> None:
    requests = cost.requests.total()
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(cost.requests.items()))
    changes = f"a change after {median(cost.changed_after_s) / 3600:.1f} h" if cost.changed_after_s else "no change"
    print(
        f"  {name}: {cost.of_new(requests):.2f} requests ({kinds}) and {cost.of_new(cost.bytes) / 1000:.1f} kB an"
        f" article, {cost.not_modified / requests:.0%} of them 304; median: found after"
        f" {median(cost.found_after_s) / 3600:.1f} h, {changes} ({len(cost.changed_after_s)} seen);"
        f" {cost.missed} missed"
    )


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [40, 30, 1][len(numbers) :])))
