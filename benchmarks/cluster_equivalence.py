"""The equivalence workspaces and the sample on ``--cluster local:2``, against plain pytest in every project.

    python -m benchmarks.cluster_equivalence [NAME ...] [--machines 3] [--coverage]

The yardstick and the comparison are those of ``tests/equivalence``: every test's node id, outcome, failure
text, captured output and warnings. ``--machines`` are Dask workers of the documented command lines in place
of ``local:2``. ``--coverage``: with ``--cov`` besides, each line and branch as by a run on this machine. A
row a workspace; exit code 1 where one differs.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import coverage
import pytest

from tests.cluster.machines import machines
from tests.equivalence import recorder, workspaces
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


def compared(make: Make, cluster: str, measured: bool) -> tuple[int, list[str]]:
    """How many tests there are, and each difference."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as tmp:
        expected, there, args, crashes = make(Path(tmp))
        actual = monorepo(there, [*args, "--cluster", cluster])
        found = differences(expected, actual, crashes)
        if measured:
            found += uncovered(there, args, cluster)
        return sum(len(one.tests) for one in expected.values()), [*found, *([actual.output] if found else ())]


def uncovered(folder: Path, args: Sequence[str], cluster: str) -> list[str]:
    """Each file of which a run there has measured something else than one here."""
    words = [*args, "--cov", "--cov-branch", "--cov-report="]
    monorepo(folder, words)
    here = covered(folder)
    monorepo(folder, [*words, "--cluster", cluster])
    there = covered(folder)
    return [
        f"coverage of {file}: here alone {sorted(here.get(file, set()) - there.get(file, set()))},"
        f" there alone {sorted(there.get(file, set()) - here.get(file, set()))}"
        for file in sorted({*here, *there})
        if here.get(file) != there.get(file)
    ] + ([] if here else ["coverage: nothing was measured here"])


def covered(folder: Path) -> dict[str, set[tuple[int, int]]]:
    """The branches of each file of the workspace, and no data any more.

    Else this package is among them where it is installed editable, and does more for a cluster.
    """
    data = coverage.CoverageData(str(folder / ".coverage"))
    data.read()
    files = [file for file in data.measured_files() if Path(file).is_relative_to(folder.resolve())]
    found = {os.path.relpath(file, folder): set(data.arcs(file) or ()) for file in files}
    data.erase()
    return found


@contextlib.contextmanager
def cluster_of(count: int) -> Iterator[str]:
    """The address of so many Dask workers, each with one worker of ours."""
    if not count:
        yield "local:2"
        return
    with tempfile.TemporaryDirectory(prefix="dask-") as tmp:
        # PYTEST_PLUGINS names the recorder to all, and Python's path is each machine's own
        shutil.copyfile(recorder.__file__, Path(tmp, "equivalence_recorder.py"))
        environ = {"PYTHONPATH": tmp, recorder.WORKSPACE: tmp}
        with machines(Path(tmp, "dask"), count, environ=environ) as there:
            yield str(there.file)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--machines", type=int, default=0)
    parser.add_argument("--coverage", action="store_true")
    given = parser.parse_args(words)
    # each run in an interpreter of its own, as users start it
    os.environ["TESTS_WHOLE"] = "1"
    with cluster_of(given.machines) as cluster:
        return report(given.names, cluster, given.coverage)


def report(names: Sequence[str], cluster: str, measured: bool) -> int:
    makes = {"sample": sample, **{workspace.name: hostile(workspace) for workspace in workspaces.ALL}}
    worst = 0
    for name in names or makes:
        try:
            tests, found = compared(makes[name], cluster, measured)
        except pytest.skip.Exception as skipped:
            print(f"{name}: not run: {skipped}")
            continue
        print(f"{name}: {tests} tests, {'some' if found else 'no'} differences", flush=True)
        print("".join(f"    {line}\n" for text in found for line in text.splitlines()), end="")
        worst = max(worst, int(bool(found)))
    return worst


if __name__ == "__main__":
    sys.exit(main())
