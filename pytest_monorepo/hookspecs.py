"""Hooks that pytest-monorepo calls in the controller, which loads no project's conftest.

A plugin implements them, loaded by an entry point or by ``-p`` in the root's ``addopts``; or the
``conftest.py`` of the workspace root, of which the controller takes these hooks and nothing else.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .affected.selection import Reason
    from .workspace.graph import Edge
    from .workspace.model import Project, Workspace


@dataclass(frozen=True)
class ProjectRun:
    """How one project's run went; times in seconds since the epoch.

    ``exitstatus`` is pytest's own for that project, ``None`` where its process did not live to tell.
    ``error`` is why the project counts as failed beyond its tests, one line. ``python`` and ``pytest``
    are versions, ``interpreter`` the executable.
    """

    project: str
    started: float
    stopped: float
    exitstatus: int | None
    collected: int = 0
    deselected: int = 0
    error: str | None = None
    worker: str = ""
    python: str = ""
    pytest: str = ""
    interpreter: str = ""


@dataclass(frozen=True)
class LockedPackage:
    """One package as a lock file pins it: any change of ``version`` counts.

    Put hashes and sources into ``version`` too. ``needs`` are the names of the packages it depends on.
    """

    version: str
    needs: tuple[str, ...] = ()


@pytest.hookspec
def pytest_monorepo_projects(config: pytest.Config, root: Path) -> Iterable[str] | None:
    """Folders, or globs of them, that are projects beside those found; relative to ``root``."""


@pytest.hookspec
def pytest_monorepo_dependencies(config: pytest.Config, workspace: Workspace) -> Iterable[Edge] | None:
    """Edges of the project graph that no manifest and no import shows."""


@pytest.hookspec
def pytest_monorepo_changed_paths(
    config: pytest.Config, workspace: Workspace, paths: Sequence[str]
) -> Iterable[str] | None:
    """Paths that count as changed beside ``paths``, which git names; relative to the workspace root."""


@pytest.hookspec(firstresult=True)
def pytest_monorepo_read_lock(
    config: pytest.Config, path: str, content: bytes
) -> Mapping[str, LockedPackage] | None:
    """The packages in one version of a lock file of your own kind; ``None`` where ``path`` is none.

    Asked for every changed path and both of its versions, before the kinds known here.
    """


@pytest.hookspec
def pytest_monorepo_modify_selection(
    config: pytest.Config, workspace: Workspace, selected: dict[str, Reason]
) -> None:
    """Add or remove projects in place: ``selected`` maps the paths that run to their reasons.

    Called with ``--affected``. What is removed is not tested, whatever changed.
    """


@pytest.hookspec
def pytest_monorepo_worker(
    config: pytest.Config, project: Project, environ: dict[str, str], args: list[str]
) -> None:
    """Change in place what a worker of ``project`` starts with.

    ``environ`` is added to the environment, ``args`` go before its other pytest arguments. Called before
    each worker, of which a project may have several.
    """


@pytest.hookspec
def pytest_monorepo_project_start(config: pytest.Config, project: Project) -> None:
    """A worker for ``project`` has been started. Called in the controller."""


@pytest.hookspec
def pytest_monorepo_project_finish(config: pytest.Config, project: Project, run: ProjectRun) -> None:
    """``project`` is done; all its reports have been emitted. Called in the controller."""


def plain() -> dict[str, list[str]]:
    """Names and parameters of the hooks. Workers know them too: conftests may hold them there."""
    own = inspect.getmembers(sys.modules[__name__], inspect.isfunction)
    return {
        name: list(inspect.signature(hook).parameters)
        for name, hook in own
        if name.startswith("pytest_monorepo_")
    }
