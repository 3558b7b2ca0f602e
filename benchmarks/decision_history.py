"""What a decision costs on real histories, beyond a pytest that says its version.

    python -m benchmarks.decision_history REPOSITORY... --commits 30

Of each repository (a clone, which stays as it is) the last commits of the first parents are checked out,
oldest first. For each, ``pytest --monorepo --affected HEAD~1 --monorepo-list=json`` is run with what the
commit before left in the cache (*next*) and twice more (*again*, the better one counts), beside ``pytest
--version``. Git's index is brought up to date before, as a prompt or an editor does that asks for the status;
with ``--fresh`` it is as young as the files, as in a CI, and git reads those again. Commits are told apart by
what they touch: a manifest, a lock, a workflow, or none of them (*code*). The figure is the time of the
processors, git's processes too, which a busy machine stretches least; the time on the clock stands beside it.
Exits 1 where the median *again* of a kind is over its limit, or *next* of a repository, median or mean.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .decision import Times, pytest

LIMIT_SECONDS = 0.15
LIMIT_NEXT_SECONDS = 0.15
LIMIT_NEXT_MEAN_SECONDS = 0.2
_SETTLED_SECONDS = 2.5
MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "pytest.ini")
_VERSION = 'import sys, pytest\nsys.exit(pytest.main(["-p", "pytest_monorepo.plugin", "--version"]))'
_COMMAND = """
import sys, pytest
try:
    code = pytest.main(["-p", "pytest_monorepo.plugin", *sys.argv[1:]])
except SystemExit as stopped:
    code = stopped.code
sys.exit(code)
"""


@dataclass(frozen=True)
class Cost:
    """One commit: what it touches, and what its decision takes beyond the version."""

    kinds: tuple[str, ...]
    following: Times
    again: Times


def kinds(paths: list[str]) -> tuple[str, ...]:
    """What the changed paths are, of what a decision reads otherwise than code."""
    found = set(filter(None, map(_kind, paths)))
    return tuple(sorted(found)) or ("code",)


def _kind(path: str) -> str:
    name = PurePosixPath(path).name
    if name in MANIFESTS or name.startswith("requirements"):
        return "manifest"
    if name.endswith(".lock") or name.startswith("pylock"):
        return "lock"
    return "workflow" if path.startswith(".github/workflows/") else ""


def measure(repository: str, commits: int, *, fresh: bool = False) -> Iterator[Cost]:
    """Yields the cost of each commit, oldest first."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "clone"
        _git(Path(folder), "clone", "--quiet", "--shared", "--no-checkout", repository, str(root))
        names = _git(root, "log", "--first-parent", f"-{commits + 1}", "--format=%H").split()
        for number, name in enumerate(reversed(names)):
            _checkout(root, name)
            if not fresh:
                _git(root, "status", "--porcelain")
            cost = _cost(root)
            if number:
                yield cost


def _cost(root: Path) -> Cost:
    words = ("--monorepo", "--affected", "HEAD~1", "--monorepo-list=json")
    version = min(pytest(root, _VERSION) for _ in range(2))
    following, *again = (pytest(root, _COMMAND, *words) for _ in range(3))
    changed = _git(root, "diff", "--name-only", "HEAD~1").splitlines()
    return Cost(kinds(changed), _less(following, version), _less(min(again, key=_cpu), version))


def _cpu(times: Times) -> float:
    return times[1]


def _less(times: Times, version: Times) -> Times:
    return times[0] - version[0], times[1] - version[1]


def _checkout(root: Path, name: str) -> None:
    # a partial clone may lack some large files, and a decision needs none of them
    subprocess.run(
        ["git", "checkout", "--quiet", "--force", name], cwd=root, capture_output=True, check=False
    )
    # git takes files that are as young as its index for edited ones that it has to read
    time.sleep(_SETTLED_SECONDS)


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout


def _row(label: str, times: list[Times]) -> str:
    cpu, clock = sorted(cpu for _, cpu in times), sorted(clock for clock, _ in times)
    ninth = cpu[int(0.9 * (len(cpu) - 1))]
    return (
        f"{label}: processors {statistics.median(cpu):.3f} s (mean {statistics.mean(cpu):.3f}, 9 of 10 under "
        f"{ninth:.3f}, most {cpu[-1]:.3f}), clock {statistics.median(clock):.3f} s"
    )


def _print(label: str, costs: list[Cost]) -> None:
    print(_row(f"{label} ({len(costs)}), next", [cost.following for cost in costs]))
    print(_row(f"{label} ({len(costs)}), again", [cost.again for cost in costs]), flush=True)


def main() -> int:
    """Measure, print two lines for each repository and kind of commit; 1 where a kind is over the limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY")
    parser.add_argument("--commits", type=int, default=30)
    parser.add_argument("--fresh", action="store_true", help="leave git's index as young as the files")
    given = parser.parse_args()
    of_kind: defaultdict[str, list[Cost]] = defaultdict(list)
    over = False
    for repository in given.repositories:
        costs = list(measure(repository, given.commits, fresh=given.fresh))
        _print(Path(repository).name, costs)
        following = [cost.following[1] for cost in costs]
        over |= statistics.median(following) > LIMIT_NEXT_SECONDS
        over |= statistics.mean(following) > LIMIT_NEXT_MEAN_SECONDS
        for cost in costs:
            for kind in cost.kinds:
                of_kind[kind].append(cost)
    for kind, costs in sorted(of_kind.items()):
        _print(kind, costs)
        over |= statistics.median(cost.again[1] for cost in costs) > LIMIT_SECONDS
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
