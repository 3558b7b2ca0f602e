from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.workspace.model import Project, Workspace, parents

WORKSPACE = Workspace(
    Path(), tuple(Project(path, path) for path in (".", "libs/a", "libs/a/inner", "libs/ab"))
)
NO_ROOT = Workspace(Path(), (Project("libs/a", "a"),))


@pytest.mark.parametrize(
    ("workspace", "path", "expected"),
    [
        (WORKSPACE, "libs/a/x.py", "libs/a"),
        (WORKSPACE, "libs/a/deep/er/x.py", "libs/a"),
        (WORKSPACE, "libs/a/inner/x.py", "libs/a/inner"),
        (WORKSPACE, "libs/ab/x.py", "libs/ab"),
        (WORKSPACE, "libs/abc/x.py", "."),
        (WORKSPACE, "libs/a", "libs/a"),
        (WORKSPACE, "x.py", "."),
        (WORKSPACE, ".", "."),
        (NO_ROOT, "x.py", None),
        (NO_ROOT, "libs/a/x.py", "libs/a"),
    ],
)
def test_the_deepest_project_owns_a_path(workspace: Workspace, path: str, expected: str | None) -> None:
    owner = workspace.owner(path)
    assert (owner.path if owner else None) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".", ["libs/a", "libs/a/inner", "libs/ab"]),
        ("libs/a", ["libs/a/inner"]),
        ("libs/ab", []),
    ],
)
def test_nested(path: str, expected: list[str]) -> None:
    assert [p.path for p in WORKSPACE.nested(WORKSPACE.by_path[path])] == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a/b/c", ["a/b/c", "a/b", "a", "."]), ("a", ["a", "."]), (".", ["."]), ("", ["."])],
)
def test_parents(path: str, expected: list[str]) -> None:
    assert list(parents(path)) == expected


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        (Project("a", "a"), False),
        (Project("a", "a", test_files=("a/test_x.py",)), True),
        (Project("a", "a", error="a/pyproject.toml is not valid TOML"), True),
    ],
)
def test_what_runs(project: Project, expected: bool) -> None:
    assert project.runs is expected
