"""What of a changed root manifest is for single projects, on values alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_monorepo.affected.meaning.shared import touched
from pytest_monorepo.affected.rules.values import Side
from pytest_monorepo.affected.sides import Origin, State
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.imports.edges import ImportEdges
from pytest_monorepo.workspace.model import Dependency, Project, PytestSettings, Scope, Workspace

OURS = "[tool.pytest-monorepo]\n"
CORE = "[tool.uv.sources]\ncore = { workspace = true }\n"
LOCK = '[[package]]\nname = "core"\nsource = { editable = "core" }\n[[package]]\nname = "third"\n'


def state(lock: str = LOCK) -> State:
    api = Project("api", "api", dependencies=(Dependency("core", "core", Scope.RUNTIME, "uv"),))
    web = Project("web", "web", settings=PytestSettings("pyproject.toml", "."))
    workspace = Workspace(Path("/workspace"), (api, Project("core", "core"), web))
    side = Side(workspace, Graph(("api", "core", "web"), ()))
    files = {"uv.lock": lock.encode()} if lock else {}
    return State(side, ImportEdges(), Origin(files.get, {}, None))


def concerned(before: str, after: str, base: State | None = None) -> set[str] | None:
    now = state()
    found = touched(before.encode(), after.encode(), now, base or now)
    return None if found is None else {touch.project for touch in found[0]} - {"."}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (OURS, f"{OURS}[tool.pytest-monorepo.projects.api]\ninputs = ['x']\n", set()),
        (OURS, f"{OURS}[tool.pytest-monorepo.projects.api]\ndepends-on = ['core']\n", set()),
        (OURS, f"{OURS}[tool.pytest-monorepo.projects.api]\nargs = ['-x']\n", {"api"}),
        (OURS, f"{OURS}[tool.pytest-monorepo.projects.api.env]\nX = '1'\n", {"api"}),
        (f"{OURS}[tool.pytest-monorepo.projects.web]\npython = 'x'\n", OURS, {"web"}),
        (OURS, f"{OURS}[tool.ruff]\nline-length = 100\n", set()),
        (OURS, OURS + CORE, {"api"}),
        (OURS + CORE, OURS, {"api"}),
        (OURS, OURS + CORE.replace("core", "nobody"), set()),
        (
            "[tool.pytest.ini_options]\nmarkers = ['a']\n",
            "[tool.pytest.ini_options]\nmarkers = ['b']\n",
            {"web"},
        ),
        (OURS, f"{OURS}[tool.pytest.ini_options]\nmarkers = ['a']\n", {"web"}),
    ],
)
def test_it_names_the_projects(before: str, after: str, expected: set[str]) -> None:
    assert concerned(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OURS, ""),
        ("", f"{OURS}[tool.pytest-monorepo.projects.api]\nargs = ['-x']\n"),
        (OURS, f"{OURS}run-all-on = ['x']\n"),
        (OURS, f"{OURS}projects = ['x']\n"),
        (OURS, f"{OURS}[tool.uv.workspace]\nmembers = ['*']\n"),
        (OURS, f"{OURS}[dependency-groups]\ndev = ['x']\n"),
        (OURS, f"{OURS}[tool.pytest.ini_options]\n"),
        ("[tool.pytest.ini_options]\naddopts = '-x'\n", "[tool.pytest.ini_options]\naddopts = '-q'\n"),
        (OURS, "no toml"),
        (OURS, f"{OURS}[tool.black]\nx = 1\n[tool.uv]\nindex = []\n"),
    ],
)
def test_anything_else_is_for_all(before: str, after: str) -> None:
    assert concerned(before, after) is None


@pytest.mark.parametrize("lock", ["", "no toml", f"{LOCK}dependencies = [{{ name = 'core' }}]\n"])
def test_a_source_that_a_third_package_may_need_is_for_all(lock: str) -> None:
    assert concerned(OURS, OURS + CORE, state(lock)) is None


def test_a_project_that_declared_it_at_the_base_counts() -> None:
    now = state()
    core, web = now.side.workspace.by_path["core"], now.side.workspace.by_path["web"]
    dependency = Dependency("nobody", None, Scope.TEST, "group")
    there = replace(now.side.workspace, projects=(core, replace(web, dependencies=(dependency,))))
    base = now._replace(side=now.side._replace(workspace=there))
    assert concerned(OURS, OURS + CORE.replace("core", "nobody"), base) == {"web"}
