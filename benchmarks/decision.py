"""What it costs to decide which projects run, as a ratio to the git commands that nobody can avoid.

    python -m benchmarks.decision --projects 1000 --files 20 --rounds 5

Each round times, one after the other so that a busy machine slows them alike: the git commands, the decision
with no cache, and the decision after one where nothing but the diff is new. A decision is everything from a
started pytest to the known list: our imports, discovery, git, the graph, the selection. Beside the time on
the clock stands the time of the processors, of git's processes too: a busy machine stretches that one less.
Exits 1 where a limit is broken.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .workspaces import Shape, generate

LIMIT_WARM_RATIO = 3.0
LIMIT_COLD_SECONDS = 2.5
LIMIT_MEGABYTES = 300.0
HERE = Path(__file__).resolve().parent.parent

# Run in a process of its own: a started pytest has imported itself, and nothing of ours.
_CHILD = """
import json, resource, sys, time
from pathlib import Path
import pytest, _pytest.terminal, _pytest.python
root, cache, ref = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
start, start_cpu = time.perf_counter(), cpu()
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery import discover
def meanwhile():
    from pytest_monorepo.affected import gitprocess, plan
    gitprocess.prepare()
settings = Settings()
workspace = discover(root, settings, cache / "workspace", meanwhile)
found = time.perf_counter()
from pytest_monorepo.affected.plan import decide
decision = decide(root, workspace, settings, ref, environ={}, cache=cache / "imports")
print(json.dumps({
    "discover": found - start, "total": time.perf_counter() - start, "cpu": cpu() - start_cpu,
    "selected": len(decision.selection.selected),
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


@dataclass(frozen=True)
class Sample:
    """One decision: seconds until discovery was done, in all, of the processors; projects selected."""

    discover: float
    total: float
    cpu: float
    selected: int
    megabytes: float


def decision(root: Path, cache: Path, ref: str) -> Sample:
    """Decide once in a new process."""
    command = [sys.executable, "-c", _CHILD, str(root), str(cache), ref]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
    return Sample(**json.loads(done.stdout))


def unavoidable(root: Path, ref: str) -> tuple[float, float]:
    """Seconds that git takes to say what changed since ``ref`` and which files exist; and the processors'."""
    start, used = time.perf_counter(), _cpu()
    base = _git(root, "merge-base", ref, "HEAD").strip()
    _git(root, "diff", "--name-only", "-z", base)
    _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    _git(root, "ls-files", "-s", "-z")
    return time.perf_counter() - start, _cpu() - used


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout


def _change(root: Path, number: int) -> None:
    """A diff of its own for each round: one module more and one changed."""
    module = next(root.glob("libs/*/*/module00.py"))
    module.write_text(f"{module.read_text()}\nROUND = {number}\n")
    module.with_name(f"new{number}.py").write_text("import os\n")


def measure(root: Path, rounds: int) -> tuple[list[tuple[float, float]], list[Sample], list[Sample]]:
    """Git's seconds, the cold and the warm decisions."""
    git, cold, warm = [], [], []
    cache = root.parent / "cache"
    for number in range(rounds):
        shutil.rmtree(cache, ignore_errors=True)
        cold.append(decision(root, cache, "main"))
        _change(root, number)
        git.append(unavoidable(root, "main"))
        warm.append(decision(root, cache, "main"))
        git.append(unavoidable(root, "main"))
    return git, cold, warm


def main() -> int:
    """Measure, print one line per number, and return 1 where one is over its limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--files", type=int, default=20, help="Python files per project")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        root.mkdir()
        generate(root, Shape(given.projects, files=given.files), git=True)
        git, cold, warm = measure(root, given.rounds)
    return _report(given.projects * given.files, git, cold, warm)


def _report(
    files: int, git: Sequence[tuple[float, float]], cold: Sequence[Sample], warm: Sequence[Sample]
) -> int:
    unavoidable, git_cpu = (statistics.median(kind) for kind in zip(*git, strict=True))
    warm_cpu = statistics.median(sample.cpu for sample in warm)
    cold_total = statistics.median(sample.total for sample in cold)
    warm_total = statistics.median(sample.total for sample in warm)
    memory = max(sample.megabytes for sample in (*cold, *warm))
    print(f"files:    {files}")
    print(f"git:      {unavoidable:.3f} s")
    print(
        f"cold:     {cold_total:.3f} s (limit {LIMIT_COLD_SECONDS} s), {cold_total / unavoidable:.1f} x git"
    )
    print(f"warm:     {warm_total:.3f} s, {warm_total / unavoidable:.1f} x git (limit {LIMIT_WARM_RATIO})")
    print(f"          of it discovery {statistics.median(sample.discover for sample in warm):.3f} s")
    print(f"          of the processors {warm_cpu:.3f} s, {warm_cpu / git_cpu:.1f} x git's {git_cpu:.3f} s")
    print(f"memory:   {memory:.0f} MB (limit {LIMIT_MEGABYTES:.0f} MB)")
    print(f"selected: {warm[-1].selected}")
    broken = (
        cold_total > LIMIT_COLD_SECONDS
        or warm_total > LIMIT_WARM_RATIO * unavoidable
        or memory > LIMIT_MEGABYTES
    )
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
