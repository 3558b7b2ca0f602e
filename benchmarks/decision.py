"""What it costs to decide which projects run, as a ratio to the git commands that nobody can avoid.

    python -m benchmarks.decision --projects 1000 --files 20 --rounds 5

Each round times, one after the other so that a busy machine slows them alike: the git commands, the decision
with no cache, and the decision after one where nothing but the diff is new. A decision is everything from a
started pytest to the known list: our imports, discovery, git, the graph, the selection. The command is all of
``pytest --monorepo --affected main --monorepo-list=json``, less a pytest that starts and stops. Beside the
time on the clock stands the time of the processors, of git's processes too: a busy machine stretches that one
less. Exits 1 where a limit is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .workspaces import Shape, generate

LIMIT_WARM_RATIO = 3.0
# of a workspace so large that the ratio says something, in files; of a smaller one the seconds count
LARGE = 20_000
LIMIT_SMALL_SECONDS = 0.4
LIMIT_COLD_SECONDS = 2.5
LIMIT_MEGABYTES = 300.0
GOAL_BY_FILE_RATIO = 4.0
GOAL_BY_FILE_COLD_SECONDS = 3.0
HERE = Path(__file__).resolve().parent.parent

# Run in a process of its own: a started pytest has imported itself, and nothing of ours.
_CHILD = """
import json, resource, sys, time
from pathlib import Path
import pytest, _pytest.terminal, _pytest.python
root, cache, ref, by_file = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "file"
def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
start, start_cpu = time.perf_counter(), cpu()
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery.discover import discover
def meanwhile():
    from pytest_monorepo.affected import decision
    from pytest_monorepo.affected.git import process
    process.prepare()
settings = Settings()
workspace = discover(root, settings, cache / "workspace", meanwhile)
found = time.perf_counter()
from pytest_monorepo.affected.decision import decide
decision = decide(root, workspace, settings, ref, environ={}, cache=cache / "imports", by_file=by_file)
print(json.dumps({
    "discover": found - start, "total": time.perf_counter() - start, "cpu": cpu() - start_cpu,
    "selected": len(decision.selection.selected),
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


# pytest's own start and end, with the plugin given by -p and without any other
_START = """
import sys, pytest
class Stop:
    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self):
        return 0
sys.exit(pytest.main(sys.argv[1:], plugins=[Stop()]))
"""
_COMMAND = """
import sys, pytest
sys.exit(pytest.main(["-p", "pytest_monorepo.plugin", *sys.argv[1:]]))
"""

Times = tuple[float, float]
"""Seconds on the clock, and of the processors."""


@dataclass(frozen=True)
class Sample:
    """One decision: seconds until discovery was done, in all, of the processors; projects selected."""

    discover: float
    total: float
    cpu: float
    selected: int
    megabytes: float


def decision(root: Path, cache: Path, ref: str, level: str = "project") -> Sample:
    """Decide once in a new process."""
    command = [sys.executable, "-c", _CHILD, str(root), str(cache), ref, level]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
    return Sample(**json.loads(done.stdout))


def pytest(root: Path, code: str, *words: str) -> Times:
    """What one pytest takes in the workspace, from the start of its process to the end."""
    environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    start, used = time.perf_counter(), _cpu()
    subprocess.run(
        [sys.executable, "-c", code, *words], cwd=root, env=environment, capture_output=True, check=True
    )
    return time.perf_counter() - start, _cpu() - used


def unavoidable(root: Path, ref: str) -> Times:
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


@dataclass
class Measured:
    """A value for each round: what git takes, the decisions, a pytest that stops at once, the command."""

    git: list[Times] = field(default_factory=list)
    cold: list[Sample] = field(default_factory=list)
    warm: list[Sample] = field(default_factory=list)
    cold_by_file: list[Sample] = field(default_factory=list)
    by_file: list[Sample] = field(default_factory=list)
    start: list[Times] = field(default_factory=list)
    command: list[Times] = field(default_factory=list)

    @property
    def beyond(self) -> list[Times]:
        """What the command takes beyond pytest's own start."""
        pairs = zip(self.command, self.start, strict=True)
        return [(whole[0] - start[0], whole[1] - start[1]) for whole, start in pairs]


def measure(root: Path, rounds: int) -> Measured:
    """Every round shows all of them one after the other."""
    found = Measured()
    cache, words = root.parent / "cache", ("--monorepo", "--affected", "main", "--monorepo-list=json")
    pytest(root, _COMMAND, *words)
    for number in range(rounds):
        shutil.rmtree(cache, ignore_errors=True)
        found.cold.append(decision(root, cache, "main"))
        shutil.rmtree(cache)
        found.cold_by_file.append(decision(root, cache, "main", "file"))
        _change(root, number)
        found.git.append(unavoidable(root, "main"))
        found.warm.append(decision(root, cache, "main"))
        found.by_file.append(decision(root, cache, "main", "file"))
        found.start.append(pytest(root, _START))
        found.command.append(pytest(root, _COMMAND, *words))
        found.git.append(unavoidable(root, "main"))
    return found


def main() -> int:
    """Measure, print one line per number, and return 1 where one is over its limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--files", type=int, default=20, help="Python files per project")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    # users have bytecode
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        root.mkdir()
        generate(root, Shape(given.projects, files=given.files), git=True)
        found = measure(root, given.rounds)
    return _report(given.projects * given.files, found)


def _report(files: int, found: Measured) -> int:
    git = _medians(found.git)
    warm = _medians([(sample.total, sample.cpu) for sample in found.warm])
    beyond = _medians(found.beyond)
    cold = statistics.median(sample.total for sample in found.cold)
    memory = max(sample.megabytes for sample in (*found.cold, *found.warm))
    discovery = statistics.median(sample.discover for sample in found.warm)
    print(f"files:    {files}")
    print(f"git:      {git[0]:.3f} s, of the processors {git[1]:.3f} s")
    cold_cpu = statistics.median(sample.cpu for sample in found.cold)
    print(f"cold:     {_beside((cold, cold_cpu), git)} (limit {LIMIT_COLD_SECONDS} s)")
    said = f"limit {LIMIT_WARM_RATIO} x git" if files >= LARGE else f"limit {LIMIT_SMALL_SECONDS} s"
    print(f"warm:     {_beside(warm, git)} ({said}); of it discovery {discovery:.3f} s")
    by_file = _medians([(sample.total, sample.cpu) for sample in found.by_file])
    first = _medians([(sample.total, sample.cpu) for sample in found.cold_by_file])
    print(f"by file:  {_beside(first, git)} cold (goal {GOAL_BY_FILE_COLD_SECONDS} s)")
    print(f"by file:  {_beside(by_file, git)} (goal {GOAL_BY_FILE_RATIO} x git)")
    start = _medians(found.start)[0]
    print(f"command:  {_beside(beyond, git)} ({said}); beyond pytest's start, {start:.3f} s")
    print(f"memory:   {memory:.0f} MB (limit {LIMIT_MEGABYTES:.0f} MB)")
    print(f"selected: {found.warm[-1].selected}")
    limit = LIMIT_WARM_RATIO * git[0] if files >= LARGE else LIMIT_SMALL_SECONDS
    broken = cold > LIMIT_COLD_SECONDS or max(warm[0], beyond[0]) > limit or memory > LIMIT_MEGABYTES
    return int(broken)


def _medians(times: Sequence[Times]) -> Times:
    return statistics.median(clock for clock, _ in times), statistics.median(cpu for _, cpu in times)


def _beside(times: Times, git: Times) -> str:
    return (
        f"{times[0]:.3f} s, {times[0] / git[0]:.1f} x git; "
        f"of the processors {times[1]:.3f} s, {times[1] / git[1]:.1f} x git"
    )


if __name__ == "__main__":
    sys.exit(main())
