"""Replay the history of a repository and print which share of its projects each commit selects, and why.

    python -m benchmarks.share REPOSITORY [--commits 100] [--branch HEAD]

REPOSITORY is a git directory on this machine; it is cloned to a temporary folder and left alone. Each commit
of the first-parent history that changes a file is checked out and compared with its first parent, as a CI
would. Beside the share that was selected stands what the edges alone expect: the projects that hold a changed
file and all that need them, as manifests declare and files import. A workflow lies in no project, so the
edges expect nothing of it; with the workflows, those that GitHub starts for the folders of certain projects
alone (``paths``) count as files of these projects. What selects everything is listed by its rule. A history
that is shallow is replayed as far as it goes, and that is said.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_monorepo import settings
from pytest_monorepo.affected.decision import Decision, decide
from pytest_monorepo.affected.workflows.triggers import declared_places
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.workspace.discovery.discover import discover
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.model import ROOT, Scope, Workspace

_SAFE = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


@dataclass(frozen=True)
class Step:
    """One commit: projects with tests, those selected, those the edges expect; what selected everything.

    ``with_workflows`` are those expected where a project's own workflow is one of its files.
    """

    commit: str
    projects: frozenset[str]
    selected: frozenset[str]
    expected: frozenset[str]
    with_workflows: frozenset[str]
    everything: str | None
    because: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass
class Replayed:
    """All steps, and the commits at which no decision could be made."""

    steps: list[Step] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def replay(
    repository: Path, commits: int, branch: str, folder: Path, tell: Callable[[Step], None] | None = None
) -> Replayed:
    """Check out and decide, newest first; ``tell`` is called with each decision as it is made."""
    clone = folder / "clone"
    _git(folder, "clone", "-q", "--shared", "--no-checkout", str(repository), str(clone))
    if _git(clone, "rev-parse", "--is-shallow-repository").strip() == "true":
        print("the history is shallow: replayed as far as it goes")
    found = Replayed()
    lacking = _lacking(clone, branch)
    for commit, parent in _history(clone, branch, commits):
        _check_out(clone, commit, lacking)
        try:
            step = _decided(clone, commit, parent, folder / "kept")
        except MonorepoError as error:
            found.failed[commit[:9]] = str(error).splitlines()[0]
            continue
        if step is not None:
            found.steps.append(step)
            if tell is not None:
                tell(step)
    return found


def _history(clone: Path, branch: str, commits: int) -> Iterator[tuple[str, str]]:
    out = _git(clone, "rev-list", "--first-parent", "--parents", f"--max-count={commits}", branch)
    for line in out.splitlines():
        commit, *parents = line.split()
        if parents:
            yield commit, parents[0]


def _lacking(clone: Path, branch: str) -> frozenset[str]:
    """The objects that a snapshot left out, large files for one."""
    out = _git(clone, "rev-list", "--objects", "--missing=print", branch)
    return frozenset(line[1:] for line in out.splitlines() if line.startswith("?"))


def _check_out(clone: Path, commit: str, lacking: frozenset[str]) -> None:
    """The files of a commit, without those that the snapshot lacks: git is told not to look at them."""
    _git(clone, "update-ref", "--no-deref", "HEAD", commit)
    _git(clone, "read-tree", "--reset", commit)
    listed = (line.partition("\t") for line in _git(clone, "ls-files", "-z", "--stage").split("\0"))
    absent = [path for head, _, path in listed if head and head.split()[1] in lacking]
    for path in absent:
        _git(clone, "update-index", "--skip-worktree", "--", path)
    _git(clone, "checkout-index", "-q", "-f", "-a")
    _git(clone, "update-index", "-q", "--refresh", check=False)
    _git(clone, "clean", "-qffdx")


def _decided(clone: Path, commit: str, parent: str, kept: Path) -> Step | None:
    started = time.perf_counter()
    found = settings.load(clone)
    workspace = discover(clone, found, kept / "discovery")
    decision = decide(clone, workspace, found, parent, environ={}, cache=kept / "imports")
    seconds = time.perf_counter() - started
    changes, running = decision.changes, frozenset(p.path for p in workspace.projects if p.runs)
    if changes is None or not changes.paths or len(running) < 2:
        return None
    served = _served(clone, changes.paths, workspace, (commit, parent))
    return Step(
        commit[:9],
        running,
        frozenset(decision.selection.selected) & running,
        expected(changes.paths, workspace, decision.graph) & running,
        expected((*changes.paths, *served), workspace, decision.graph) & running,
        decision.selection.everything,
        tuple(_causes(decision)),
        seconds,
    )


def expected(paths: Sequence[str], workspace: Workspace, graph: Graph) -> frozenset[str]:
    """The projects that hold one of ``paths`` and their dependents; nobody needs another's test tools."""
    owners = (workspace.owner(path) for path in paths if not path.startswith("../"))
    start = {owner.path for owner in owners if owner is not None and _owns(workspace, owner.path)}
    found, waiting = set(start), deque(start)
    while waiting:
        for edge in graph.needed_by(waiting.popleft()):
            if edge.scope is not Scope.TEST and edge.dependent not in found:
                waiting.append(edge.dependent)
            found.add(edge.dependent)
    return frozenset(found)


def _served(clone: Path, paths: Sequence[str], workspace: Workspace, commits: Sequence[str]) -> list[str]:
    """The folders of the projects whose own workflows are among the changed paths, before or after."""
    flows = [path for path in paths if re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml", path)]
    found: set[str] = set()
    for path in flows:
        for commit in commits:
            text = _git(clone, "show", f"{commit}:{path}", check=False)
            places = declared_places(text.encode("utf-8", "surrogateescape"))
            owners = (workspace.owner(place) for place in places or ())
            found |= {f"{owner.path}/x" for owner in owners if owner is not None and owner.path != ROOT}
    return sorted(found)


def _owns(workspace: Workspace, path: str) -> bool:
    project = workspace.by_path[path]
    return path != ROOT or bool(project.test_files or project.packages)


def _causes(decision: Decision) -> Iterator[str]:
    for path, effect in decision.selection.files.items():
        if effect.startswith("affects all"):
            yield f"{effect.removeprefix('affects all: ')} ({path})"


def _line(step: Step) -> None:
    """Printed at once, since a long history takes many minutes and may be ended before them."""
    extra = sorted(step.selected - step.expected)
    print(
        f"{step.commit} {len(step.selected)}/{len(step.projects)} expected {len(step.expected)}"
        f" ({len(step.with_workflows)}) {step.seconds:.1f} s {step.everything or ''} {' '.join(extra[:6])}",
        flush=True,
    )


def report(found: Replayed) -> None:
    """One table of what was found."""
    steps = found.steps
    for commit, why in found.failed.items():
        print(f"{commit} undecided: {why}")
    if not steps:
        print("no commit to decide")
        return
    selected, wanted = _share(steps, lambda s: s.selected), _share(steps, lambda s: s.expected)
    everything = [step for step in steps if step.everything is not None]
    print(f"{len(steps)} commits, {min(len(s.projects) for s in steps)} to ", end="")
    print(f"{max(len(s.projects) for s in steps)} projects with tests")
    served = _share(steps, lambda s: s.with_workflows)
    for share, words in ((wanted, ""), (served, " and the projects' own workflows")):
        ratio = f"{selected / share:.2f}" if share else "-"
        print(f"selected {selected:.1%}, expected by edges{words} {share:.1%}, ratio {ratio}")
    print(f"everything: {len(everything)} commits; median decision {_median(steps):.3f} s")
    counted = Counter(cause for step in everything for cause in step.because)
    for cause, count in counted.most_common(25):
        print(f"  {count:4} {cause}")


def _share(steps: Sequence[Step], which: object) -> float:
    shares = [len(which(step)) / len(step.projects) for step in steps]  # type: ignore[operator]
    return sum(shares) / len(shares)


def _median(steps: Sequence[Step]) -> float:
    return sorted(step.seconds for step in steps)[len(steps) // 2]


def _git(where: Path, *words: str, check: bool = True) -> str:
    done = subprocess.run(
        ["git", *words], cwd=where, env=_SAFE, capture_output=True, check=check, errors="surrogateescape"
    )
    return done.stdout


def main() -> int:
    """Replay and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repository", type=Path)
    parser.add_argument("--commits", type=int, default=100)
    parser.add_argument("--branch", default="HEAD")
    parser.add_argument("--verbose", action="store_true", help="one line for each commit")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tell = _line if given.verbose else None
        found = replay(given.repository.resolve(), given.commits, given.branch, Path(folder), tell)
    report(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
