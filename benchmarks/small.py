"""Workspaces too small to win anything: one project of one test, two of three, beside the shell loop.

    python -m benchmarks.small [--rounds 11]

Run it by an environment that holds this project as users have it, from a wheel. The ways take turns; what is
printed is the median and the least of the seconds on the clock and of the processors, and how far each way
is beyond the loop. The goal is 0.1 s on the clock; exits 1 where the median misses it.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

LIMIT = 0.1
SHAPES = ((1, 1), (2, 3))


def make(root: Path, projects: int, tests: int) -> Sequence[Path]:
    """Write the workspace, a git repository; the folders of its projects."""
    root.mkdir()
    (root / "pyproject.toml").write_text("[tool.pytest-monorepo]\n")
    folders = [root / f"p{number}" for number in range(projects)]
    for folder in folders:
        (folder / "tests").mkdir(parents=True)
        settings = "[tool.pytest.ini_options]\ntestpaths = ['tests']\n"
        (folder / "pyproject.toml").write_text(
            f"[project]\nname = '{folder.name}'\nversion = '1'\n{settings}"
        )
        text = "".join(f"def test_{number}():\n    assert True\n\n" for number in range(tests))
        (folder / "tests" / "test_it.py").write_text(text)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return folders


def _pytest(folder: Path, *words: str) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "pytest", "-q", *words]
    subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True)


def timed(way: Callable[[], None]) -> tuple[float, float]:
    """Seconds on the clock and of the processors."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    way()
    clock, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(root: Path, projects: int, tests: int, rounds: int) -> float:
    """Print a table; how far the median of ours on the clock is beyond the loop's."""
    folders = make(root, projects, tests)

    def loop() -> None:
        for folder in folders:
            _pytest(folder)

    ways: dict[str, Callable[[], None]] = {"loop": loop, "ours": lambda: _pytest(root, "--monorepo")}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            took = timed(way)
            found[name] += [took] if number else []  # the first leaves bytecode
    print(f"{projects} x {tests} tests, {rounds} rounds, load {os.getloadavg()[0]:.1f}")
    beyond = 0.0
    for name, several in found.items():
        clocks, cpus = zip(*several, strict=True)
        figures = [statistics.median(clocks), min(clocks), statistics.median(cpus), min(cpus)]
        beyond = figures[0] - beyond if name == "ours" else figures[0]
        words = "clock {:.3f} (least {:.3f}), processors {:.3f} (least {:.3f})".format(*figures)
        print(f"  {name}: {words}")
    print(f"  beyond the loop, on the clock: {beyond:+.3f} (goal {LIMIT:g})", flush=True)
    return beyond


def main() -> int:
    """Measure and print; 1 where the goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=11)
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="small-") as folder:
        root = Path(folder).resolve()
        missed = [
            measure(root / f"{projects}x{tests}", projects, tests, rounds) > LIMIT
            for projects, tests in SHAPES
        ]
    return int(any(missed))


if __name__ == "__main__":
    sys.exit(main())
