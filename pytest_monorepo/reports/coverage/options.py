"""pytest-cov's options, read at the root, and what each worker is told because of them."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, NamedTuple

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.value import value
from pytest_monorepo.worker.coverage.settings import settings_from_addopts
from pytest_monorepo.workspace.model import Project, Workspace


@value(frozen=True)
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
            # pytest-cov's default, which coverage.py takes for no file named at all (config_files_to_try)
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
        # pytest-cov 7.1 (plugin.py), where nothing is asked for
        return {"term": None}
    reports.pop("", None)
    return reports


class Across(NamedTuple):
    """What one measurement does for other projects: ``others``, measure what it executes of them; ``branch``,
    by branches, because one of them counts its own."""

    others: bool
    branch: bool


def measurement_specs(
    options: CoverageOptions,
    workspace: Workspace,
    projects: Iterable[Project],
    place: Callable[[Project], str],
) -> dict[str, dict[str, Any]]:
    """:func:`measurement_spec` of those that are to be measured, by path; ``place`` names their folders."""
    specs: dict[str, dict[str, Any]] = {}
    across = None
    for project in projects:
        if _measures(options, project):
            across = across or across_of(options, workspace)
        spec = measurement_spec(options, workspace, project, place(project), across)
        if spec is not None:
            specs[project.path] = spec
    return specs


def measurement_spec(
    options: CoverageOptions,
    workspace: Workspace,
    project: Project,
    data_dir: str,
    across: Across | None = None,
) -> dict[str, Any] | None:
    """What :func:`worker.coverage.measure.start` is told for one project; ``None`` where it is not.

    Measured is what the root asks for with ``--cov``, and without it the projects whose own ``addopts`` hold
    one: they would be measured on their own, too. ``data_dir`` is absolute, outside the checkout and this
    project's alone; all its workers share it.
    """
    if not _measures(options, project):
        return None
    return spec_of(options, workspace, project, data_dir, across or across_of(options, workspace))


def _measures(options: CoverageOptions, project: Project) -> bool:
    addopts = _addopts(project)
    return not options.no_cov and not addopts["no_cov"] and bool(options.sources or addopts["source"])


def _addopts(project: Project) -> dict[str, Any]:
    try:
        return dict(_settings(project.settings.addopts))
    except ValueError as error:
        raise MonorepoError(f"{project.path}: addopts: {error}") from error


@functools.lru_cache(maxsize=256)
def _settings(addopts: tuple[str, ...]) -> dict[str, Any]:
    """Most projects have the same, or none."""
    return settings_from_addopts(addopts)


def spec_of(
    options: CoverageOptions, workspace: Workspace, project: Project, data_dir: str, across: Across
) -> dict[str, Any]:
    """What a project would be measured by, whether it is or not."""
    root = os.path.realpath(workspace.root)
    nested = [os.path.join(root, other.path) for other in workspace.nested(project)]
    return {
        "project": project.path,
        "root": root,
        "data_dir": data_dir,
        "args": [_source(source, root) for source in options.sources],
        "addopts": _addopts(project),
        "branch": options.branch or None,
        "context": options.context,
        "config": options.config,
        "source_default": default_source(workspace, project, root),
        "nested": nested if across.others else None,
        "others_branch": across.branch,
    }


def wanted(options: CoverageOptions, project: Project) -> bool:
    """Whether a project's code counts: all that is measured at the root, else that of who asks for it."""
    return bool(options.sources or _addopts(project)["source"])


def across_of(options: CoverageOptions, workspace: Workspace) -> Across:
    """Reads what the projects' configurations say of branches, and nothing else of them."""
    root = os.path.realpath(workspace.root)
    others = not options.sources or any(_differs(_source(s, root), workspace) for s in options.sources)
    branch = others and not options.branch and any(_by_branches(root, one) for one in workspace.projects)
    return Across(others, branch)


def _differs(source: str | bool, workspace: Workspace) -> bool:
    """Whether it is another one in each project: what that one has, or its folder of this name."""
    if not isinstance(source, str) or not source:
        return True
    return not os.path.isabs(source) and any(
        (workspace.root / project.path / source).is_dir() for project in workspace.projects
    )


# what coverage.py 7.17 looks through (config.py, config_files_to_try); which of them counts is its affair
_CONFIGURATIONS = (".coveragerc", ".coveragerc.toml", "pyproject.toml", "setup.cfg", "tox.ini")
_BRANCH = re.compile(rb"^[ \t]*branch[ \t]*[=:][ \t]*(?:true|yes|on|1)\b", re.MULTILINE | re.IGNORECASE)


def _by_branches(root: str, project: Project) -> bool:
    """Whether a project may measure branches; one time too often costs time, and changes no number."""
    if "--cov-branch" in project.settings.addopts:
        return True
    return any(_BRANCH.search(_read(os.path.join(root, project.path, name))) for name in _CONFIGURATIONS)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


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
