"""Compare, line by line, what ``--cached`` measures and carries forward with whole runs, over random changes.

    python -m benchmarks.cached_coverage --changes 200 [--seed 0] [--lines] [--contexts]
        [--shards | --moving | --part | --part --shards]

Prints every difference; there must be none. ``--lines`` measures no branches, ``--contexts`` whose test each
line is. With ``--shards`` each run is one of two or three shards, which are merged, and what they measured is
held against coverage.py's own command in each project, too. With ``--moving`` each run is in another folder.
With ``--part`` each run leaves something out (``--affected`` by project and by file, paths, ``-k`` and more):
where its report calls the numbers whole they are compared as the others are, with the table of them, and else
they must be a part of all.
"""

from __future__ import annotations

import argparse
import functools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.results.carrying import Trial, narrowed, sharded, trials

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
    parser.add_argument("--part", action="store_true")
    args = parser.parse_args()
    changed: Callable[..., Iterator[Trial]] = functools.partial(trials, moving=args.moving)
    if args.part:
        changed = functools.partial(narrowed, by_hand=True, shards=args.shards)
    elif args.shards:
        changed = functools.partial(sharded, by_hand=True)
    words = [*([] if args.lines else ["--cov-branch"]), *(["--cov-context=test"] if args.contexts else [])]
    found: list[Trial] = []
    seed = args.seed
    while len(found) < args.changes:
        with tempfile.TemporaryDirectory() as folder:
            for trial in changed(Path(folder), seed, min(STEPS, args.changes - len(found)), *words):
                found.append(trial)
                if trial.partial:
                    print(f"seed {seed}, {trial.done}: {trial.partial}", flush=True)
                for difference in trial.differences:
                    print(f"seed {seed}, {trial.done}: {difference}", flush=True)
        seed += 1
    wrong = sum(bool(trial.differences) for trial in found)
    replayed, ran = sum(t.replayed for t in found), sum(t.ran for t in found)
    partial = f"; {sum(bool(t.partial) for t in found)} said to be partial" if args.part else ""
    print(f"{len(found)} changes: {wrong} with a difference; tests replayed {replayed}, run {ran}{partial}")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
