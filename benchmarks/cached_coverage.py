"""Compare, line by line, what ``--cached`` measures and carries forward with whole runs, over random changes.

    python -m benchmarks.cached_coverage --changes 200 [--seed 0] [--lines] [--contexts] [--shards | --moving]

Prints every difference; there must be none. ``--lines`` measures no branches, ``--contexts`` whose test each
line is. With ``--shards`` each run is one of two or three shards, which are merged, and what they measured is
held against coverage.py's own command in each project, too. With ``--moving`` each run is in another folder.
"""

from __future__ import annotations

import argparse
import functools
import tempfile
from pathlib import Path

from tests.results.carrying import Trial, sharded, trials

STEPS = 10


def main() -> int:
    """Run, print, and return 1 if there was any difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lines", action="store_true")
    parser.add_argument("--contexts", action="store_true")
    parser.add_argument("--shards", action="store_true")
    parser.add_argument("--moving", action="store_true")
    args = parser.parse_args()
    moving = functools.partial(trials, moving=args.moving)
    changed = functools.partial(sharded, by_hand=True) if args.shards else moving
    words = [*([] if args.lines else ["--cov-branch"]), *(["--cov-context=test"] if args.contexts else [])]
    found: list[Trial] = []
    seed = args.seed
    while len(found) < args.changes:
        with tempfile.TemporaryDirectory() as folder:
            for trial in changed(Path(folder), seed, min(STEPS, args.changes - len(found)), *words):
                found.append(trial)
                for difference in trial.differences:
                    print(f"seed {seed}, {trial.done}: {difference}", flush=True)
        seed += 1
    wrong = sum(bool(trial.differences) for trial in found)
    replayed, ran = sum(t.replayed for t in found), sum(t.ran for t in found)
    print(f"{len(found)} changes: {wrong} with a difference; tests replayed {replayed}, run {ran}")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
