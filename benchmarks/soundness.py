"""Count how often a selection misses an altered project over many random changes: it must be never.

    python -m benchmarks.soundness --changes 500

Prints the misses, and the precision: projects needed ÷ projects selected, and the same by test file. With
``--vain 20`` also the reasons for which most test files ran that were not needed, each with a change.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pytest_monorepo.affected.files.narrow import FileReason, Narrowed
from tests.affected.soundness.trials import Trial, failing, trials

STEPS = 10


def main() -> int:
    """Run, print, and return 1 if there was any miss."""
    options = _options()
    started = time.perf_counter()
    found: list[Trial] = []
    checked = wrong = 0
    seed = options.seed
    while len(found) < options.changes:
        with tempfile.TemporaryDirectory() as folder:
            for trial in trials(Path(folder), seed, min(STEPS, options.changes - len(found))):
                found.append(trial)
                if trial.missed:
                    print(f"seed {seed}, {trial.done}: missed {', '.join(sorted(trial.missed))}")
                if trial.missed_files:
                    missed = ", ".join(sorted(trial.missed_files))
                    print(f"seed {seed}, {trial.done}: missed {missed}")
                if trial.decision != trial.afresh:
                    print(f"seed {seed}, {trial.done}: decided otherwise without the caches")
                if checked < options.run:
                    checked += 1
                    wrong += not failing(Path(folder), trial.after) <= trial.needed
        seed += 1
    _report(found, time.perf_counter() - started)
    _report_vain(found, options.vain)
    if options.run:
        print(
            f"checked by running pytest: {checked} changes, {wrong} where the model did not know of a failure"
        )
    bad = (trial.missed or trial.missed_files or trial.decision != trial.afresh for trial in found)
    return 1 if wrong or any(bad) else 0


def _report(found: list[Trial], seconds: float) -> None:
    needed = sum(len(trial.needed) for trial in found)
    selected = sum(len(trial.selected) for trial in found)
    projects = sum(len(trial.after.members) for trial in found)
    missed = sum(len(trial.missed) for trial in found)
    everything = sum(trial.decision.selection.everything is not None for trial in found)
    print(f"{len(found)} changes in {seconds:.0f} s ({everything} affected all)")
    print(f"projects: {projects}, needed: {needed}, selected: {selected}, missed: {missed}")
    print(f"precision (needed ÷ selected): {needed / max(selected, 1):.2f}")
    print(f"by file: {_by_file(found)}")
    print(f"with those where something else is installed, or told to pytest: {_by_surroundings(found)}")
    print(f"of it where files are told apart: {_told_apart(found)}")
    rest = [trial for trial in found if trial.decision.selection.everything is None]
    kept, taken = sum(len(t.needed) for t in rest), sum(len(t.selected) for t in rest)
    print(f"precision without those that affected all: {kept / max(taken, 1):.2f}; by file: {_by_file(rest)}")


def _report_vain(found: list[Trial], most: int) -> None:
    counted: Counter[str] = Counter()
    example: dict[str, str] = {}
    for trial in found if most else ():
        for why, kind in _vain(trial):
            counted[kind] += 1
            example.setdefault(kind, f"seed {trial.seed}, {trial.done}: {why}")
    for kind, count in counted.most_common(most):
        print(f"in vain {count:4}: {kind} ({example[kind][:160]})")


def _vain(trial: Trial) -> Iterator[tuple[str, str]]:
    """For each test file that ran and was not needed: why, and what kind of reason that is."""
    for member in trial.after.members.values():
        narrowed = (trial.decision.files or {}).get(member.path, Narrowed())
        for path in trial.of(member):
            if path not in trial.altered_files and (narrowed.whole is not None or path in narrowed.files):
                why = narrowed.whole or _chain(narrowed.files[path])
                yield why, _kind(why)


def _chain(reason: FileReason) -> str:
    return " → ".join((*reason.chain, *filter(None, (reason.why,))))


def _kind(why: str) -> str:
    """The reason without what tells one file or project from another."""
    bare = re.sub(r"[\w.-]+/", "", why)
    return re.sub(r"p\d+|(?<=[a-z._])\d+|m\d+", "#", bare)


def _told_apart(found: list[Trial]) -> str:
    """Without the projects of which all files run by rule: a lock, setting or manifest reaches them, say."""
    needed = running = 0
    for trial in found:
        apart = {path for path, one in (trial.decision.files or {}).items() if one.whole is None}
        files = {
            file
            for member in trial.after.members.values()
            if member.path in apart
            for file in trial.of(member)
        }
        needed += len(trial.needed_files & files)
        running += len(trial.running_files & files)
    return f"needed: {needed}, selected: {running}, precision: {needed / max(running, 1):.2f}"


def _by_surroundings(found: list[Trial]) -> str:
    """Those that a lock, a manifest or a setting may concern count as needed here, as in the selection."""
    altered = sum(len(trial.altered_files) for trial in found)
    left_out = sum(len(trial.altered_files - trial.running_files) for trial in found)
    running = sum(len(trial.running_files) for trial in found)
    kept = (altered - left_out) / max(running, 1)
    return f"needed: {altered}, left out: {left_out}, precision: {kept:.2f}"


def _by_file(found: list[Trial]) -> str:
    needed, running = sum(len(t.needed_files) for t in found), sum(len(t.running_files) for t in found)
    missed = sum(len(trial.missed_files) for trial in found)
    return (
        f"needed: {needed}, selected: {running}, missed: {missed}, precision: {needed / max(running, 1):.2f}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--changes", type=int, default=500, help="how many changes (default: 500)")
    parser.add_argument("--seed", type=int, default=0, help="of the first workspace (default: 0)")
    parser.add_argument("--run", type=int, default=0, help="how many to check by really running pytest")
    parser.add_argument("--vain", type=int, default=0, help="reasons to print that ran files in vain")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
