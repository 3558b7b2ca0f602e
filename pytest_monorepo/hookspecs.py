"""Hooks that pytest-monorepo calls; a conftest or plugin of the workspace root implements them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .workspace.model import Project


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


@pytest.hookspec
def pytest_monorepo_project_start(config: pytest.Config, project: Project) -> None:
    """A worker for ``project`` has been started. Called in the controller."""


@pytest.hookspec
def pytest_monorepo_project_finish(config: pytest.Config, project: Project, run: ProjectRun) -> None:
    """``project`` is done; all its reports have been emitted. Called in the controller."""
