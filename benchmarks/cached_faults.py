"""Many runs whose stores are killed, full, slow, damaged or shared: no wrong, no lost result, no leftover.

    python -m benchmarks.cached_faults --runs 200 [--seed 0]

Prints what did not hold, and for each kind of trouble its runs and how many tests they replayed.
As root on Linux "full disk" is a disk of 64 kB; elsewhere its runs are like those of "well", which is said.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.results.remote.faults import KINDS, mixed, small_disk, trials


def main() -> int:
    """Run, print, and return 1 if anything did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    started, wrong = time.monotonic(), 0
    runs, replayed = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        remove = small_disk(Path(folder))
        if remove is None:
            print("no disk of 64 kB could be made: 'full disk' is none")
        try:
            for trial in trials(Path(folder), args.seed, mixed(args.seed, args.runs)):
                runs[trial.kind] += 1
                replayed[trial.kind] += trial.replayed
                for sentence in trial.wrong:
                    wrong += 1
                    print(f"seed {args.seed}, run {trial.number} ({trial.kind}): {sentence}", flush=True)
        finally:
            if remove is not None:
                remove()
    for kind in KINDS:
        print(f"{kind:<22} {runs[kind]:>4} runs {replayed[kind]:>5} tests replayed")
    print(f"{sum(runs.values())} runs in {time.monotonic() - started:.0f} s, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
