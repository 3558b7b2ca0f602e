"""What a run costs on ``--cluster local:2`` beyond the same run without, the cluster's own start left out.

    python -m benchmarks.cluster_cost [--projects 20] [--tests 50] [--milliseconds 20] [--rounds 3]

Two workers either way, tests that sleep, the runs by turns. *Seconds* are pytest's own at the end of its
summary, which begin when the nodes are ready; the least of the rounds counts. *Processors* are those of the
controller and all that it started, the nodes of ``local:2`` among them, beyond a run of a single test.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Both in seconds."""

    clock: float
    processors: float


def workspace(root: Path, projects: int, tests: int, pause: float) -> None:
    (root / "pyproject.toml").write_text("[tool.pytest-monorepo]\ncluster-silence = 120\n")
    text = f"import time, pytest\n@pytest.mark.parametrize('n', range({tests}))\n"
    text += f"def test_it(n): time.sleep({pause})\n"
    for number in range(projects):
        folder = root / f"p{number}" / "tests"
        folder.mkdir(parents=True)
        (folder.parent / "pyproject.toml").write_text(f'[project]\nname = "p{number}"\nversion = "1"\n')
        (folder / f"test_p{number}.py").write_text(text)


def run(root: Path, tests: int, *words: str) -> Cost:
    """One run, which must pass."""
    command = ("-p", "pytest_monorepo.plugin", "-p", "no:cacheprovider", "--monorepo", "--workers=2", "-q")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *command, *words],
        cwd=root,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(rf"^{tests} passed in ([\d.]+)s", done.stdout, re.MULTILINE)
    if done.returncode or found is None:
        raise SystemExit(f"the run failed:\n{done.stdout}\n{done.stderr}")
    spent = sum(getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime"))
    return Cost(float(found[1]), spent)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--projects", type=int, default=20)
    parser.add_argument("--tests", type=int, default=50)
    parser.add_argument("--milliseconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args(words)
    here, there, first = [], [], []
    with tempfile.TemporaryDirectory(prefix="cluster-cost-") as tmp:
        workspace(Path(tmp), given.projects, given.tests, given.milliseconds / 1000)
        for _ in range(given.rounds):
            here.append(run(Path(tmp), given.projects * given.tests))
            there.append(run(Path(tmp), given.projects * given.tests, "--cluster", "local:2"))
            one = ("p0/tests/test_p0.py::test_it[0]",)
            first.append((run(Path(tmp), 1, *one), run(Path(tmp), 1, *one, "--cluster", "local:2")))
            print(f"here {here[-1]}, there {there[-1]}", flush=True)
    clocks = min(cost.clock for cost in here), min(cost.clock for cost in there)
    start = [min(pair[way].processors for pair in first) for way in (0, 1)]
    processors = [
        min(cost.processors for cost in way) - less for way, less in ((here, start[0]), (there, start[1]))
    ]
    print(f"clock: {clocks[0]:.2f}s here, {clocks[1]:.2f}s there, {clocks[1] / clocks[0]:.2f} x")
    ratio = processors[1] / processors[0]
    print(f"processors: {processors[0]:.2f}s here, {processors[1]:.2f}s there, {ratio:.2f} x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
