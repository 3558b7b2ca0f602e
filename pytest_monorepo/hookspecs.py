"""Hooks that pytest-monorepo calls in the controller, which loads no project's conftest.

A plugin implements them, loaded by an entry point or by ``-p`` in the root's ``addopts``; or the
``conftest.py`` of the workspace root, of which the controller takes these hooks and nothing else.

What is done without any of them is a hook implementation too, marked ``trylast``, of the plugin
``monorepo-builtin``. Of a hook that takes the first answer (``firstresult``) yours therefore stands for it;
of the others all answers count, the built-in one last. A hook wrapper sees what the others say, the built-in
answer included, and returns what counts.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

from .records import LockedPackage as LockedPackage
from .records import ProjectRun as ProjectRun

if TYPE_CHECKING:
    from pathlib import Path

    from .affected.decision import Decision
    from .affected.rules.values import Reason
    from .records import Edge
    from .settings import Settings
    from .workspace.model import Project, Workspace


@pytest.hookspec
def pytest_monorepo_projects(config: pytest.Config, root: Path) -> Iterable[str] | None:
    """Folders, or globs of them, that are projects beside those found; relative to ``root``.

    Nothing built in: the projects found are those of :func:`pytest_monorepo_workspace`.
    """


@pytest.hookspec(firstresult=True)
def pytest_monorepo_workspace(config: pytest.Config, root: Path, settings: Settings) -> Workspace | None:
    """The projects there are: the first answer counts.

    Built in: the folders that ``settings`` list, or that workspace tables and manifests show, and those of
    :func:`pytest_monorepo_projects`, which ``settings.added`` holds. Where ``--affected`` has to know the
    projects of the commit compared with, that is found in its files by the built-in rules.
    """


@pytest.hookspec
def pytest_monorepo_dependencies(
    config: pytest.Config, workspace: Workspace, shown: Sequence[Edge]
) -> Iterable[Edge] | None:
    """Edges of the project graph; all answers count.

    Built in: what manifests and ``depends-on`` declare, and ``shown``, which is what the code shows (imports,
    paths and plugins in pytest's settings). Called before anybody has looked at the code, with nothing
    ``shown``; again where a selection or a list needs the whole graph; and with ``--affected`` for the
    ``workspace`` at the commit compared with, where its projects or imports were other ones.
    """


@pytest.hookspec
def pytest_monorepo_changed_paths(
    config: pytest.Config, workspace: Workspace, paths: Sequence[str]
) -> Iterable[str] | None:
    """Paths that count as changed, relative to the workspace root; all answers count.

    Built in: ``paths``, which git names. What a wrapper leaves out is taken for unchanged, with a warning.
    """


@pytest.hookspec(firstresult=True)
def pytest_monorepo_read_lock(
    config: pytest.Config, path: str, content: bytes
) -> Mapping[str, LockedPackage] | None:
    """The packages in one version of a lock file of your own kind; ``None`` where ``path`` is none.

    Asked for every changed path and both of its versions; the first answer counts. Built in: uv, Poetry, PDM,
    Pipenv, ``pylock.toml`` and requirements files.
    """


@pytest.hookspec(firstresult=True)
def pytest_monorepo_select(
    config: pytest.Config, workspace: Workspace, settings: Settings, ref: str | None
) -> Decision | None:
    """What ``--affected`` selects, and why: the first answer counts.

    Built in: the difference to ``ref``, of which the graph of the projects tells whom it reaches; without
    ``ref`` to the base that the CI names. Then :func:`pytest_monorepo_modify_selection` is called.
    """


@pytest.hookspec
def pytest_monorepo_modify_selection(
    config: pytest.Config, workspace: Workspace, selected: dict[str, Reason]
) -> None:
    """Add or remove projects in place: ``selected`` maps the paths that run to their reasons.

    Called with ``--affected``. What is removed is not tested, whatever changed. Nothing built in: what is
    handed over is the selection of :func:`pytest_monorepo_select`.
    """


@pytest.hookspec
def pytest_monorepo_worker(
    config: pytest.Config, project: Project, environ: dict[str, str], args: list[str]
) -> None:
    """Change in place what a worker of ``project`` starts with.

    ``environ`` is added to the environment, ``args`` go before its other pytest arguments. Called before
    each worker, of which a project may have several. Built in: what ``env`` in the project's settings says of
    variables that nobody has set before.
    """


@pytest.hookspec
def pytest_monorepo_inputs(
    config: pytest.Config, workspace: Workspace, project: Project
) -> Mapping[str, str] | Iterable[str] | None:
    """What else the results of ``project``'s tests depend on, for ``--cached``; all answers count.

    A mapping gives values by names of your own (``{"schema": "v7"}``); anything else are files, or globs of
    them, relative to the workspace root, of which names and content count. Where something of it is another,
    all of the project runs. Called once for each project in a run with ``--cached``. Built in: ``inputs`` in
    the project's settings and the files of its ``depends-on``.
    """


@pytest.hookspec
def pytest_monorepo_project_start(config: pytest.Config, project: Project) -> None:
    """A worker for ``project`` has been started. Called in the controller."""


@pytest.hookspec
def pytest_monorepo_project_finish(config: pytest.Config, project: Project, run: ProjectRun) -> None:
    """``project`` is done; all its reports have been emitted. Called in the controller."""


def plain() -> dict[str, list[str]]:
    """Names and parameters of the hooks. Workers know them too: conftests may hold them there."""
    return {name: list(parameters) for name, parameters in _parameters().items()}


@functools.cache
def _parameters() -> Mapping[str, Sequence[str]]:
    own = inspect.getmembers(sys.modules[__name__], inspect.isfunction)
    return {
        name: list(inspect.signature(hook).parameters)
        for name, hook in own
        if name.startswith("pytest_monorepo_")
    }
