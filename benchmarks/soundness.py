"""Count how often a selection misses an altered project over many random changes: it must be never.

    python -m benchmarks.soundness --changes 500

Prints the misses, and the precision: projects needed ÷ projects selected, and the same by test file. With
``--vain 20`` more of the rules by which test files ran that were not needed, each with a change.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
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
                    print(f"seed {seed}, {trial.done}: missed {', '.join(sorted(trial.missed))}", flush=True)
                for line in _left_out(trial):
                    print(line, flush=True)
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
    print(f"by file, whose outcome differs: {_by_file(found)}")
    for words, files in _YARDSTICKS.items():
        print(f"{words}: {_by(found, files)}")
    print(f"whose outcome differs, of those that a rule or a count above needs: {_most(found):.2f}")
    print(f"of it where files are told apart: {_told_apart(found)}")
    rest = [trial for trial in found if trial.decision.selection.everything is None]
    kept, taken = sum(len(t.needed) for t in rest), sum(len(t.selected) for t in rest)
    print(f"precision without those that affected all: {kept / max(taken, 1):.2f}; by file: {_by_file(rest)}")


def _report_vain(found: list[Trial], most: int) -> None:
    """Which rules chose the files that ran and were in no sense needed, each with a change that shows it."""
    counted: Counter[str] = Counter()
    example: dict[str, str] = {}
    for trial in found:
        for why, kind in _vain(trial):
            counted[kind] += 1
            example.setdefault(kind, f"seed {trial.seed}, {trial.done}: {why}")
    ran = sum(len(trial.running_files) for trial in found)
    print(f"in vain {counted.total()} of {ran} files that ran, by the rule that chose them:")
    for kind, count in counted.most_common(most):
        print(f"{count:6} {count / max(ran, 1):5.1%} {kind} ({example[kind][:160]})")


def _left_out(trial: Trial) -> Iterator[str]:
    """For each test file that was left out: the first count by which it is needed, and how to make it again.

    The changes to a workspace follow from its seed: ``--seed SEED`` with as many changes ends with this one.
    """
    known = trial.running_files
    counts = {"whose outcome differs": lambda one: one.needed_files, **_YARDSTICKS}
    for words, files in counts.items():
        left_out = files(trial) - known
        known |= left_out
        for path in sorted(left_out):
            yield f"--seed {trial.seed} --changes {trial.step}, {trial.done}: {path} left out, {words}"


def _vain(trial: Trial) -> Iterator[tuple[str, str]]:
    """For each test file that ran and was not needed: why, and which rule says so."""
    altered = trial.altered_files
    for member in trial.after.members.values():
        narrowed = (trial.decision.files or {}).get(member.path, Narrowed())
        for path in trial.of(member):
            if path not in altered and (narrowed.whole is not None or path in narrowed.files):
                reason = FileReason(why=narrowed.whole) if narrowed.whole else narrowed.files[path]
                yield " → ".join((*reason.chain, *filter(None, (reason.why,)))), _rule(reason)


def _rule(reason: FileReason) -> str:
    """What chose the file, without what tells one file or project from another."""
    if reason.why:
        bare = re.sub(r"^line \d+ |[\w.-]+/", "", reason.why)
        return re.sub(r"p\d+|(?<=[a-z._])\d+|m\d+", "#", bare)
    first = reason.chain[0]
    if not first.endswith(".py"):
        return "a text of it, or of what it imports, names a data file that changed"
    return "it changed" if len(reason.chain) == 1 else "what changed is in its imports"


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


def _by_issue(trial: Trial) -> frozenset[str]:
    """Those, and all of a project that a changed lock, setting, manifest or file of no project concerns."""
    whole = {
        path: one.whole or ""
        for path, one in (trial.decision.files or {}).items()
        if one.whole is not None and _is_for_all(one.whole)
    }
    members = (member for member in trial.after.members.values() if member.path in whole)
    return trial.altered_files | {file for member in members for file in trial.of(member)}


def _is_for_all(why: str) -> bool:
    changed = why.partition(" changed,")[0]
    return why.startswith("affects all: ") or (
        changed != why and (not changed.endswith(".py") or changed.endswith(("setup.py", "noxfile.py")))
    )


# Each counts more as needed than the one before it: benchmarks/README.md says why each is a fair count.
_YARDSTICKS: dict[str, Callable[[Trial], frozenset[str]]] = {
    "or a run of which takes in something else": lambda trial: trial.input_files,
    "or for which something else is installed, or told to pytest": lambda trial: trial.altered_files,
    "or which run by a rule for all files of a project": _by_issue,
}


def _by(found: list[Trial], files: Callable[[Trial], frozenset[str]]) -> str:
    needed = left_out = 0
    for trial in found:
        altered = files(trial)
        needed += len(altered)
        left_out += len(altered - trial.running_files)
    running = sum(len(trial.running_files) for trial in found)
    precision = (needed - left_out) / max(running, 1)
    return f"needed: {needed}, selected: {running}, left out: {left_out}, precision: {precision:.2f}"


def _most(found: list[Trial]) -> float:
    """The precision by outcome of a selection that runs what the rules ask for and nothing in vain."""
    needed = sum(len(trial.needed_files) for trial in found)
    return needed / max(sum(len(_by_issue(trial)) for trial in found), 1)


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
    parser.add_argument(
        "--vain", type=int, default=12, help="rules to print that ran files in vain (default: 12)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
