"""Count how often a replayed test says what it would not say now, over many random changes: it must be never.

    python -m benchmarks.cached_soundness --changes 200

Prints the misses, and the precision: tests that see something else ÷ tests that ran.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.results.trials import Trial, trials

STEPS = 20


def main() -> int:
    """Run, print, and return 1 if there was any miss."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vain", type=int, default=0, help="so many reasons of files that ran in vain")
    args = parser.parse_args()
    started, seed = time.monotonic(), args.seed
    found: list[Trial] = []
    while len(found) < args.changes:
        with tempfile.TemporaryDirectory() as folder:
            for trial in trials(Path(folder), seed, min(STEPS, args.changes - len(found))):
                found.append(trial)
                if trial.missed:
                    print(f"seed {seed}, {trial.done}: missed {', '.join(sorted(trial.missed))}", flush=True)
        seed += 1
    ran, replayed = sum(len(t.ran) for t in found), sum(len(t.replayed) for t in found)
    altered, missed = sum(len(t.altered) for t in found), sum(len(t.missed) for t in found)
    print(f"{len(found)} changes in {time.monotonic() - started:.0f} s")
    print(f"test files: replayed {replayed}, ran {ran}, see something else {altered}, missed {missed}")
    print(f"precision (see something else ÷ ran): {altered / max(ran, 1):.2f}")
    vain = Counter(f"{t.done}: {file}: {t.why[file]}" for t in found for file in t.in_vain)
    for words, count in vain.most_common(args.vain):
        print(f"  in vain {count} x {words}")
    return int(missed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
