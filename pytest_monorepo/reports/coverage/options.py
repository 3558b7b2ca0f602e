"""pytest-cov's options, read at the root, and what each worker is told because of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.worker.measure import settings_from_addopts
from pytest_monorepo.workspace.model import Project, Workspace


@dataclass(frozen=True)
class CoverageOptions:
    """The options as pytest-cov parsed them; ``reports`` maps a kind to its ``:DEST``.

    ``sources`` holds ``True`` for a bare ``--cov`` and is empty without; ``patch`` is the reference given
    to ``--cov-patch``, ``""`` for none given, ``None`` for off.
    """

    sources: tuple[str | bool, ...] = ()
    reports: Mapping[str, str | None] = field(default_factory=dict)
    config: str | None = None
    branch: bool = False
    fail_under: float | None = None
    precision: int | None = None
    append: bool = False
    no_cov: bool = False
    no_cov_on_fail: bool = False
    context: str | None = None
    patch: str | None = None
    patch_fail_under: float | None = None

    @classmethod
    def of(cls, option: Any) -> CoverageOptions:
        """From ``config.option``, before anybody (pytest-cov's plugin object, say) changes it."""

        def get(name: str, default: Any = None) -> Any:
            return getattr(option, name, default)

        config = get("cov_config")
        return cls(
            sources=tuple(get("cov_source") or ()),
            reports=_reports(get("cov_report") or {}),
            config=None if config in (None, ".coveragerc") else os.path.abspath(config),
            branch=bool(get("cov_branch")),
            fail_under=get("cov_fail_under"),
            precision=get("cov_precision"),
            append=bool(get("cov_append")),
            no_cov=bool(get("no_cov")),
            no_cov_on_fail=bool(get("no_cov_on_fail")),
            context=get("cov_context"),
            patch=get("cov_patch"),
            patch_fail_under=get("cov_patch_fail_under"),
        )


def _reports(given: Mapping[str, str | None] | list[str]) -> dict[str, str | None]:
    """pytest-cov's rules: a terminal report unless asked otherwise, ``--cov-report=`` for none."""
    reports = dict(given) if isinstance(given, Mapping) else dict.fromkeys(given)
    if not reports:
        return {"term": None}
    reports.pop("", None)
    return reports


def measurement_spec(
    options: CoverageOptions, workspace: Workspace, project: Project, data_dir: str
) -> dict[str, Any] | None:
    """What :func:`worker.measure.start` is told for one project; ``None`` where it is not to be measured.

    Measured is what the root asks for with ``--cov``, and without it the projects whose own ``addopts`` hold
    one: they would be measured on their own, too. ``data_dir`` is absolute, outside the checkout and this
    project's alone; all its workers share it.
    """
    try:
        addopts = settings_from_addopts(project.settings.addopts)
    except ValueError as error:
        raise MonorepoError(f"{project.path}: addopts: {error}") from error
    if options.no_cov or addopts["no_cov"] or not (options.sources or addopts["source"]):
        return None
    root = os.path.realpath(workspace.root)
    return {
        "project": project.path,
        "root": root,
        "data_dir": data_dir,
        "args": [_source(source, root) for source in options.sources],
        "addopts": addopts,
        "branch": options.branch or None,
        "context": options.context,
        "config": options.config,
        "source_default": default_source(workspace, project, root),
    }


def _source(source: str | bool, root: str) -> str | bool:
    """A folder named at the root is that folder in every project; anything else is a package's name."""
    if isinstance(source, str) and source and os.path.isdir(os.path.join(root, source)):
        return os.path.join(root, source)
    return source


def default_source(workspace: Workspace, project: Project, root: str) -> list[str]:
    """What to measure in a project that does not say: its packages, else its folder.

    A folder that holds other projects is not taken whole; then coverage.py measures what is imported.
    """
    source: list[str] = []
    for package in project.packages:
        for folder in project.source_roots:
            path = os.path.join(root, folder, *package.split("."))
            if os.path.isdir(path):
                source.append(path)
            elif os.path.isfile(path + ".py"):
                source.append(package)
    if source:
        return list(dict.fromkeys(source))
    return [] if workspace.nested(project) else [os.path.normpath(os.path.join(root, project.path))]
