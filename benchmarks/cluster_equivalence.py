"""The equivalence workspaces and the sample on ``--cluster local:2``, against plain pytest in every project.

    python -m benchmarks.cluster_equivalence [NAME ...] [--cluster local:2]

The yardstick and the comparison are those of ``tests/equivalence``: every test's node id, outcome, failure
text, captured output and warnings. A row a workspace; exit code 1 where one differs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.equivalence import workspaces
from tests.equivalence.harness import Outcomes, differences, monorepo
from tests.equivalence.test_equivalence import alone, copy_sample, need, sample_alone
from tests.equivalence.workspaces import Workspace

Make = Callable[[Path], tuple[Mapping[str, Outcomes], Path, Sequence[str], frozenset[str]]]


def hostile(workspace: Workspace) -> Make:
    """Plain pytest's answers, the folder for ours, its arguments, and the tests that end their process."""

    def make(folder: Path) -> tuple[Mapping[str, Outcomes], Path, Sequence[str], frozenset[str]]:
        need(*workspace.needs)
        expected = alone(workspace, folder / "1" / "ws")
        there = workspace.write(folder / "2" / "ws", for_plain=False)
        return expected, there, workspace.args, frozenset(workspace.crashes)

    return make


def sample(folder: Path) -> tuple[Mapping[str, Outcomes], Path, Sequence[str], frozenset[str]]:
    expected = sample_alone(folder / "1" / "ws")
    there = folder / "2" / "ws"
    copy_sample(there)
    return expected, there, (), frozenset()


def compared(make: Make, cluster: str) -> tuple[int, list[str]]:
    """How many tests there are, and each difference."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as tmp:
        expected, there, args, crashes = make(Path(tmp))
        actual = monorepo(there, [*args, "--cluster", cluster])
        found = differences(expected, actual, crashes)
        return sum(len(one.tests) for one in expected.values()), [*found, *([actual.output] if found else ())]


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--cluster", default="local:2")
    given = parser.parse_args(words)
    makes = {"sample": sample, **{workspace.name: hostile(workspace) for workspace in workspaces.ALL}}
    # each run in an interpreter of its own, as users start it
    os.environ["TESTS_WHOLE"] = "1"
    worst = 0
    for name in given.names or makes:
        try:
            tests, found = compared(makes[name], given.cluster)
        except pytest.skip.Exception as skipped:
            print(f"{name}: not run: {skipped}")
            continue
        print(f"{name}: {tests} tests, {max(0, len(found) - 1)} differences", flush=True)
        print("".join(f"    {line}\n" for text in found for line in text.splitlines()), end="")
        worst = max(worst, int(bool(found)))
    return worst


if __name__ == "__main__":
    sys.exit(main())
