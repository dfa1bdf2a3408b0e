"""Many simulated crawls with crashes and faults: `python tests/bench/simulate.py [RUNS] [FIRST_SEED]`.

Prints how many requests, crashes and completions there were, and each seed number that failed; exits 1 if one did.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from world.simulate import simulate


def main(runs: int, first_seed: int) -> int:
    started, failed, requests, crashes, completed, virtual_s = time.monotonic(), 0, 0, 0, 0, 0.0
    for seed in range(first_seed, first_seed + runs):
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcome = simulate(seed, Path(folder), crashes=seed % 6, use_sqlite=seed % 4 == 0)
            except Exception as error:
                failed += 1
                print(f"seed {seed}: {type(error).__name__}: {str(error)[:300]}")
                continue
        requests += outcome.requests
        crashes += outcome.crashes
        completed += outcome.completed_bytes > 0
        virtual_s += outcome.virtual_s
    took_s = time.monotonic() - started
    print(f"{runs} runs, {failed} failed; {requests} requests, {crashes} crashes, {completed} runs were completed")
    print(f"{virtual_s / 3600:.1f} virtual hours in {took_s:.0f} s")
    return min(failed, 1)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [2000, 0][len(numbers) :])))
