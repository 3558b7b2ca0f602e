"""The coverage of a workspace is what coverage.py measures over its root, project by project, combined."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.run import warm

from . import workspaces
from .test_equivalence import SAMPLE_ROOTS, copy_sample, need
from .workspaces import Workspace

pytestmark = pytest.mark.slow

Lines = Mapping[str, tuple[frozenset[int], frozenset[int]]]
# What no project measures of itself when nothing is said: its tests, and what lies beside them.
TESTS = re.compile(r"(^|/)(tests?/.*|conftest\.py|test_[^/]*\.py|[^/]*_test\.py|setup\.py)$")


def run(module: str, *args: str, folder: Path, path: Sequence[Path] = (), bare: bool = False) -> None:
    """``cd folder && python -m module args`` with ``path`` on ``PYTHONPATH``, however it ends.

    ``bare``: pytest loads no plugins but those named, which is most of what a small run takes.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTEST", "PYTHONPATH"))}
    usual = {
        **kept,
        "PYTHONDONTWRITEBYTECODE": "1",
        **({"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if bare else {}),
    }
    environ = {**usual, "PYTHONPATH": os.pathsep.join(map(str, path))}
    warm.anyhow(args, cwd=folder, environ=environ, module=module)


def read(report: Path, root: Path) -> Lines:
    """The executed and the missing lines of each file that has any, by its path from the root."""
    found = {}
    for name, file in json.loads(report.read_text())["files"].items():
        executed = frozenset(file["executed_lines"]) - frozenset(file["excluded_lines"]) - {0}
        path = os.path.relpath(os.path.join(root, name), root).replace(os.sep, "/")
        # what lies outside is installed from there, and is this package itself where it is developed
        if (executed or file["missing_lines"]) and not path.startswith(".."):
            found[path] = (executed, frozenset(file["missing_lines"]))
    return found


def by_hand(
    root: Path,
    roots: Mapping[str, Sequence[str]],
    args: Sequence[str],
    scratch: Path,
    branch: bool = False,
    bare: bool = False,
) -> Lines:
    scratch.mkdir()
    rules = f"--rcfile={os.devnull}"
    measure = ["run", rules, f"--source={root}", *(["--branch"] if branch else [])]
    pytest_args = ["-m", "pytest", "-p", "no:monorepo", "-p", "no:cov", "-p", "no:cacheprovider"]
    plain = ["-o", "addopts="] if branch else []
    data = [f"--data-file={scratch / f'data.{number}'}" for number in range(len(roots))]
    for (project, path), file in zip(roots.items(), data, strict=True):
        words = [*measure, file, *pytest_args, *plain, *args]
        run("coverage", *words, folder=root / project, path=[root / each for each in path], bare=bare)
    combined = f"--data-file={scratch / 'combined'}"
    found = [str(file) for file in sorted(scratch.glob("data.*"))]
    run("coverage", "combine", rules, combined, *found, folder=root)
    run("coverage", "json", rules, combined, "-o", str(scratch / "hand.json"), folder=root)
    return read(scratch / "hand.json", root)


def ours(root: Path, args: Sequence[str], scratch: Path, bare: bool = False) -> Lines:
    report = scratch / "ours.json"
    named = ["-p", "pytest_cov", "-p", "pytest_monorepo.plugin"] if bare else []
    cov = ["--cov", f"--cov-report=json:{report}", "-p", "no:cacheprovider"]
    run("pytest", *named, "--monorepo", *cov, *args, folder=root, bare=bare)
    return read(report, root)


def assert_same(mine: Lines, hand: Lines) -> None:
    wrong = {path: (lines, hand[path]) for path, lines in mine.items() if hand.get(path, lines) != lines}
    assert not wrong
    never = {path for path, (executed, _) in mine.items() if executed and path not in hand}
    assert not never, "executed here alone"
    lost = {path for path in hand if path not in mine and not TESTS.search(path)}
    assert not lost, "code of the workspace that counts by hand"


def has_code(workspace: Workspace) -> bool:
    """Whether there is more than tests to compare; without xdist's workers, which coverage.py alone loses."""
    code = [name for name in workspace.files if name.endswith(".py") and not TESTS.search(name)]
    return bool(code) and not workspace.crashes and "xdist" not in workspace.needs


def has_an_installed_copy(workspace: Workspace) -> bool:
    """Whether plain pytest has another copy of some code than ours: the lines of the two are in two files."""
    return bool(workspace.plain_files.keys() - workspace.files.keys())


HOSTILE = [
    workspace for workspace in workspaces.ALL if has_code(workspace) and not has_an_installed_copy(workspace)
]


@pytest.mark.parametrize("workspace", HOSTILE, ids=lambda workspace: workspace.name)
def test_hostile_workspace(workspace: Workspace, tmp_path: Path) -> None:
    need(*workspace.needs)
    bare = not workspace.needs
    roots = {project: workspace.roots.get(project, ()) for project in workspace.projects}
    alone = workspace.write(tmp_path / "1" / "ws", for_plain=True)
    hand = by_hand(alone, roots, workspace.args, tmp_path / "hand", bare=bare)
    folder = workspace.write(tmp_path / "2" / "ws", for_plain=False)

    assert_same(ours(folder, workspace.args, tmp_path, bare), hand)


def test_sample_repo(tmp_path: Path) -> None:
    need("fastapi", "httpx", "numpy", "opentelemetry.trace")
    hand = by_hand(copy_sample(tmp_path / "1"), SAMPLE_ROOTS, [], tmp_path / "hand", branch=True)

    mine = ours(copy_sample(tmp_path / "2"), [], tmp_path)

    assert_same(mine, hand)
    assert len(mine) > 10
