"""``[tool.pytest-monorepo]`` of the workspace root, as one frozen :class:`Settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class ProjectSettings:
    """``[tool.pytest-monorepo.projects."libs/core"]``: what no tool can see of one project.

    ``args`` are pytest arguments for this project alone; ``env`` is added to its workers' environment;
    ``python`` names its interpreter, ``timeout`` is in seconds, ``resources`` are names it must not share.
    ``depends_on`` are project paths, ``inputs`` globs relative to the workspace root.
    """

    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    python: str | None = None
    timeout: float | None = None
    resources: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """The whole table; globs and paths are POSIX and relative to the workspace root.

    ``projects`` and ``exclude`` override discovery (empty: automatic). ``resources`` says how many at a time
    may hold a resource (default 1). ``ignore_imports`` are ``"services/api -> libs/core"`` pairs whose import
    edge does not count; either side may be a glob.
    """

    projects: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_project: Mapping[str, ProjectSettings] = field(default_factory=dict)
    resources: Mapping[str, int] = field(default_factory=dict)
    workers: int | Literal["auto"] = "auto"
    run_all_on: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] | None = None
    ignore_imports: tuple[str, ...] = ()
    affected_fallback: Literal["all", "error"] = "all"
    project_timeout: float | None = None
    flaky: Literal["pass", "fail"] = "pass"

    def of(self, project: str) -> ProjectSettings:
        """The settings of the project at this path, defaults where there are none."""
        return self.per_project.get(project, ProjectSettings())
