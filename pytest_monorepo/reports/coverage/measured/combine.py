"""What the workers measured → one :class:`Combination`: whose file it is and by which rules it counts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any

import coverage
from coverage.exceptions import ConfigError

from pytest_monorepo.errors import MonorepoError, one_line
from pytest_monorepo.reports import unwritten
from pytest_monorepo.reports.coverage.options import Across, CoverageOptions, spec_of, wanted
from pytest_monorepo.value import value
from pytest_monorepo.worker.coverage.settings import configuration, configured
from pytest_monorepo.workspace.model import ROOT, Workspace

from . import data
from .analyses import Analyses
from .data import FileData, Recorded
from .engine import Analyst, Rules, WorkspaceCoverage, at, matcher, path_map
from .reach import Reach, is_test


@value(frozen=True)
class Measured:
    """What one project's workers brought home, read; ``configuration`` is the project's own.

    ``others`` are the files that its configuration leaves out and that were measured for their owners' sake,
    ``by_lines`` says that branches were only measured for theirs, ``failed`` that one of its tests did.
    """

    path: str
    configuration: Mapping[str, Any]
    started: int
    recorded: tuple[Recorded, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str | None = None
    others: frozenset[str] = frozenset()
    by_lines: bool = False
    failed: bool = False

    @cached_property
    def executed(self) -> dict[str, FileData]:
        """All that its tests executed, other projects' code too."""
        return data.together(recorded.files for recorded in self.recorded)

    @cached_property
    def files(self) -> dict[str, FileData]:
        """What the project would measure on its own."""
        own = {path: found for path, found in self.executed.items() if path not in self.others}
        return {path: replace(found, arcs=None) for path, found in own.items()} if self.by_lines else own

    @cached_property
    def rules(self) -> Rules:
        return Rules.of(self.configuration)


def read_measured(infos: Iterable[Mapping[str, Any]], root: str, root_paths: Any) -> list[Measured]:
    """Read the data files behind what ``Measurement.stop`` returned, one value per project, by path."""
    by_project: dict[str, list[Mapping[str, Any]]] = {}
    for info in infos:
        by_project.setdefault(info["project"], []).append(info)
    all_paths = {
        path: info["configuration"]["paths"]
        for path, found in by_project.items()
        for info in found
        if info["configuration"]
    }
    return [
        _measured(path, found, root, root_paths, [p for other, p in all_paths.items() if other != path])
        for path, found in sorted(by_project.items())
    ]


def _measured(
    path: str, infos: Sequence[Mapping[str, Any]], root: str, root_paths: Any, copies: Sequence[Any]
) -> Measured:
    known = next((info["configuration"] for info in infos if info["configuration"]), None)
    error = next((info["error"] for info in infos if info["error"]), None)
    # A worker that measured only a share of the tests warns of packages that its siblings did import.
    shared = set.intersection(*(set(info["warnings"]) for info in infos))
    if known is None:
        return Measured(
            path, {}, 0, (), tuple(sorted(shared)), error or "no worker lived to tell what it measured"
        )
    map_path = path_map(os.path.join(root, path), known["paths"], root_paths, copies=copies)
    recorded, unread = [], []
    for folder in sorted({info["data_dir"] for info in infos}):
        for name in data.data_files(folder):
            try:
                recorded.append(data.read(name, map_path))
            except (coverage.CoverageException, *unwritten.errors()) as problem:
                unread.append(f"coverage data of {path} could not be read: {problem}")
    # what was carried from an earlier run has no start
    started = min((i["started"] for i in infos if i["configuration"] and i["started"]), default=0)
    others = frozenset(map_path(each) for info in infos for each in info.get("others", ()))
    warnings = (*sorted(shared), *unread)
    by_lines = any(info.get("by_lines") for info in infos)
    failed = any(info.get("failed") for info in infos)
    return Measured(path, known, started, tuple(recorded), warnings, error, others, by_lines, failed)


@value(frozen=False)
class Combination:
    """All data of a run under the root's configuration, ready to be reported on.

    ``cov`` writes coverage.py's own formats; ``shown`` are the absolute paths every report holds;
    ``files`` is what was executed, and found unexecuted, of all that counts;
    ``unsaved`` a sentence where the root's data file could not be written.
    """

    workspace: Workspace
    root: str
    cov: WorkspaceCoverage
    configuration: Mapping[str, Any]
    measured: tuple[Measured, ...]
    options: CoverageOptions
    files: dict[str, FileData] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    warnings: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    unsaved: str | None = None

    @cached_property
    def by_project(self) -> Mapping[str, Measured]:
        return {one.path: one for one in self.measured}

    def relative(self, path: str) -> str:
        inside = path.startswith(self.root + os.sep)
        return path[len(self.root) + 1 :].replace(os.sep, "/") if inside else path

    def owner(self, path: str) -> str | None:
        relative = self.relative(path)
        project = None if os.path.isabs(relative) else self.workspace.owner(relative)
        return project.path if project else None

    def configuration_of(self, project: str | None) -> Mapping[str, Any]:
        """The project's own, also where it did not run; the root's for files of no project."""
        if project in (None, ROOT):
            return self.configuration
        assert project is not None
        if project not in self._configurations:
            measured = self.by_project.get(project)
            self._configurations[project] = (measured and measured.configuration) or self._read(project)
        return self._configurations[project]

    @cached_property
    def _configurations(self) -> dict[str, Mapping[str, Any]]:
        return {}

    @cached_property
    def _rules(self) -> dict[str | None, Rules]:
        return {}

    @cached_property
    def _views(self) -> dict[str, tuple[Rules, FileData]]:
        return {}

    def _read(self, project: str) -> Mapping[str, Any]:
        folder = os.path.join(self.root, project)
        described = self.workspace.by_path[project]
        try:
            spec = spec_of(self.options, self.workspace, described, folder, Across(False, False))
            with at(folder):
                return configuration(configured(spec, folder)[0], folder)
        except (coverage.CoverageException, ConfigError, OSError, MonorepoError) as error:
            self.warnings.append(f"{project}: its coverage configuration cannot be read: {error}")
            return self.configuration

    def reach(self, project: str) -> Reach:
        """What a project's own configuration would measure, also where it did not run."""
        if project not in self._reaches:
            measured = self.by_project.get(project)
            self._reaches[project] = Reach.of((measured and measured.configuration) or self._read(project))
        return self._reaches[project]

    @cached_property
    def _reaches(self) -> dict[str, Reach]:
        return {}

    def counts(self, path: str) -> bool:
        """Whether a file that its owner's own tests were not measured on is one of those to report on.

        What a whole workspace is measured for is its projects' packages, and code of no project by the
        root's own word; without one all of it that was executed, but for tests.
        """
        owner = self.owner(path)
        if owner is not None:
            return wanted(self.options, self.workspace.by_path[owner]) and self.reach(owner).holds(path)
        if not self.options.sources or os.path.isabs(self.relative(path)):
            return False
        root = Reach.of(self.configuration)
        return root.holds(path) and (root.restricts or not is_test(path))

    def view(self, path: str) -> tuple[Rules, FileData]:
        """By which rules and which data a file is reported: those of the project it belongs to.

        A project that measures lines has no branches, whoever else measured them there.
        """
        if path not in self._views:
            owner = self.owner(path)
            known = self.configuration_of(owner)
            if owner not in self._rules:
                self._rules[owner] = Rules.of(known)
            found = self.files.get(path, FileData(frozenset(), None))
            if found.arcs is not None and owner is not None and not self.by_branches(owner):
                found = replace(found, arcs=None)
            self._views[path] = self._rules[owner], found
        return self._views[path]

    def by_branches(self, project: str) -> bool:
        """Whether the project measures branches, by its data where there is any."""
        measured = self.by_project.get(project)
        recorded = [r for r in measured.recorded if r.files] if measured else []
        if measured is not None and recorded:
            return not measured.by_lines and any(r.branch for r in recorded)
        return self.options.branch or bool(self.configuration_of(project)["branch"])

    def kept(self) -> list[str]:
        """The files that the owner's and the root's ``omit`` and ``include`` leave, by workspace path."""
        keeps: dict[str | None, Callable[[str], bool]] = {}
        by_root = matcher(self.configuration["include"], self.configuration["omit"])
        kept = []
        for path in self.files:
            owner = self.owner(path)
            if owner not in keeps:
                known = self.configuration_of(owner)
                keeps[owner] = matcher(known["include"], known["omit"])
            if path not in self.changed and keeps[owner](path) and by_root(path):
                kept.append(path)
        return sorted(kept, key=self.relative)


def combine(
    options: CoverageOptions,
    workspace: Workspace,
    infos: Iterable[Mapping[str, Any]],
    known_analyses: Analyses | None = None,
) -> Combination:
    """Read and join what was measured, and leave it in the root's ``.coverage`` (or the configured place).

    Raises :class:`MonorepoError` where the root's configuration of coverage.py cannot be read.
    """
    root = os.path.realpath(workspace.root)
    with at(root):
        cov = of_root(options)
        known = configuration(cov, root)
        data_file = os.path.join(root, str(cov.get_option("run:data_file")))
        relative = bool(cov.get_option("run:relative_files"))
        measured = read_measured(infos, root, known["paths"])
        if options.append and os.path.exists(data_file):
            measured.append(_appended(data_file, root, known))
        projects = tuple(one for one in measured if one.path != _APPENDED)
        found = Combination(workspace, root, cov, known, projects, options)
        executed = data.together(one.executed for one in measured)
        found.files = {path: executed[path] for path in _counted(found, measured)}
        unexecuted = _unexecuted(found)
        found.files.update(unexecuted)
        found.changed = frozenset(path for one in measured for path in _changed(one) if path in found.files)
        _configure(cov, found, options)
        cov.prepare(Analyst(known_analyses), found.view)
        recorded = [recorded for one in measured for recorded in one.recorded]
        wanted = found.files.keys() - found.changed
        found.warnings += data.combine_into(cov.get_data(), recorded, wanted.__contains__)
        if cov.get_data().measured_files():  # coverage.py refuses to touch where there is nothing
            cov.get_data().touch_files(unexecuted)
        found.unsaved = _save(cov.get_data(), data_file, found.relative if relative else str)
    return found


def of_root(options: CoverageOptions) -> WorkspaceCoverage:
    """coverage.py with the root's own configuration, read from the working directory."""
    try:
        return WorkspaceCoverage(data_file=None, config_file=options.config or True)
    except (coverage.CoverageException, ConfigError) as error:
        raise MonorepoError(f"coverage at the workspace root: {error}") from error


def _counted(found: Combination, measured: Iterable[Measured]) -> list[str]:
    """What a project measured of its own accord, and what others executed of what its owner would measure."""
    measured = list(measured)
    own = {path for one in measured for path in one.files}
    others = {path for one in measured for path in one.others}.difference(own)
    return [*own, *(path for path in others if found.counts(path))]


def _unexecuted(found: Combination) -> dict[str, FileData]:
    """The other files of projects that others reached and that have no data of their own."""
    silent = {path for path in map(found.owner, found.files) if path is not None}
    silent -= {one.path for one in found.measured if one.files}
    return {
        path: FileData(frozenset(), frozenset() if found.by_branches(project) else None)
        for project in silent
        for path in found.reach(project).files()
        if path not in found.files and found.owner(path) == project
    }


_APPENDED = "--cov-append"


def _appended(data_file: str, root: str, known: Mapping[str, Any]) -> Measured:
    recorded = data.read(data_file, path_map(root, known["paths"]))
    return Measured(_APPENDED, known, 0, (recorded,))


def _changed(one: Measured) -> list[str]:
    executed = [path for path, found in one.executed.items() if found.lines]
    return data.changed_since(executed, one.started) if one.started else []


def _configure(cov: WorkspaceCoverage, found: Combination, options: CoverageOptions) -> None:
    """Make the root's configuration fit a report whose paths are mapped and absolute already."""
    cov.set_option("run:relative_files", False)
    cov.set_option("paths", {})
    cov.set_option("run:source", None)  # Cobertura's <source> is the root, whatever the root's tests measure
    cov.set_option("run:plugins", _plugins(found))
    if options.precision is not None:
        cov.set_option("report:precision", options.precision)
    # coverage.py keeps an HTML page whose source, data and configuration did not change. By now it has
    # merged exclude_also into exclude_lines and reads it no more (7.17: config.py): the projects' rules find
    # a place there.
    cov.set_option("report:exclude_also", [_digest(found)])


def _plugins(found: Combination) -> list[str]:
    """The plugins needed to report on what they traced; configuring plugins have done their work."""
    tracers = {f.tracer for f in found.files.values() if f.tracer}
    wanted = [p for one in found.measured for p in one.configuration.get("plugins", ())]
    return sorted(set(wanted)) if tracers else []


def _digest(found: Combination) -> str:
    known = [
        (one.path, one.rules, found.by_branches(one.path)) for one in found.measured if one.configuration
    ]
    return hashlib.sha256(repr(known).encode()).hexdigest()


def _save(combined: coverage.CoverageData, data_file: str, map_path: Callable[[str], str]) -> str | None:
    """Leave the data where ``coverage report`` finds it, or say why not: the reports need no file."""
    try:
        with data.opened(data_file) as target:
            target.erase()
            target.update(combined, map_path=map_path)
            target.write()
    except (coverage.CoverageException, *unwritten.errors()) as error:
        unwritten.remove(data_file)
        return f"coverage data not written to {data_file}: {one_line(error)}"
    return None
