"""All data of a run → :class:`CoverageReport`: the numbers of files, projects, folders and the patch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from coverage.results import Analysis

from pytest_monorepo.workspace.model import parents

from .measured.combine import Combination, Measured
from .measured.engine import at, html_page, matcher, numbers_of
from .model import CoverageReport, FileCoverage, FolderCoverage, Numbers, PatchCoverage, ProjectCoverage
from .patch import patch_coverage


def report_of(
    found: Combination, changed_lines: Mapping[str, frozenset[int]] | None = None, partial: str | None = None
) -> CoverageReport:
    """The numbers of a combination; ``changed_lines`` are those of a patch, by workspace path."""
    with at(found.root):
        files: list[FileCoverage] = []
        for path in found.kept():
            analysis = found.cov.shown(path)
            if isinstance(analysis, str):
                found.warnings.append(f"{found.relative(path)}: {analysis}")
                continue
            files.append(file_coverage(found, path, analysis))
            found.shown.append(path)
        projects = _projects(found, files)
        patch = _patch(found, files, changed_lines) if changed_lines is not None else None
    warnings = [f"{one.path}: {warning}" for one in found.measured for warning in one.warnings]
    return CoverageReport(
        files=tuple(files),
        projects=projects,
        folders=tuple(_folders(projects)),
        total=Numbers.sum(file.numbers for file in files),
        precision=found.cov.config.precision,
        branch=any(file.has_branches for file in files),
        partial=partial,
        changed=tuple(sorted(map(found.relative, found.changed))),
        warnings=(*warnings, *found.warnings),
        patch=patch,
    )


def file_coverage(found: Combination, path: str, analysis: Analysis) -> FileCoverage:
    relative = found.relative(path)
    missing_branches = analysis.missing_branch_arcs()
    return FileCoverage(
        path=relative,
        project=found.owner(path),
        numbers=numbers_of(analysis),
        # coverage.py before 7.13.1 counts what is excluded and runs as executed, too (results.py)
        executed=tuple(sorted(analysis.executed & analysis.statements)),
        missing=tuple(sorted(analysis.missing)),
        excluded=tuple(sorted(analysis.excluded)),
        missing_branches=tuple(sorted((a, b) for a, targets in missing_branches.items() for b in targets)),
        has_branches=analysis.has_arcs,
        missing_text=analysis.missing_formatted(branches=True),
        html=html_page(relative.replace("/", os.sep)),
    )


def _projects(found: Combination, files: Sequence[FileCoverage]) -> tuple[ProjectCoverage, ...]:
    by_owner: dict[str | None, list[FileCoverage]] = {}
    for file in files:
        by_owner.setdefault(file.project, []).append(file)
    shown = {file.path: file for file in files}
    paths = sorted({*found.by_project, *(path for path in by_owner if path is not None)})
    return tuple(_project(found, path, by_owner.get(path), shown) for path in paths)


def _project(
    found: Combination, path: str, files: list[FileCoverage] | None, shown: Mapping[str, FileCoverage]
) -> ProjectCoverage:
    everything = Numbers.sum(file.numbers for file in files) if files else None
    one = found.by_project.get(path)
    if one is None:
        return ProjectCoverage(path, all=everything)
    if not one.configuration:
        return ProjectCoverage(path, all=everything, error=one.error)
    own = _own_files(found, one, shown)
    return ProjectCoverage(
        path=path,
        own=Numbers.sum(file.numbers for file in own) if own else None,
        all=everything,
        own_files=own,
        limit=float(one.configuration["fail_under"]),
        precision=int(one.configuration["precision"]),
        error=one.error,
    )


def _own_files(
    found: Combination, one: Measured, shown: Mapping[str, FileCoverage]
) -> tuple[FileCoverage, ...]:
    """Every file a project's own tests were measured on, by its own rules."""
    keeps = matcher(one.configuration["include"], one.configuration["omit"])
    own = []
    for path in sorted(one.files, key=found.relative):
        if path in found.changed or not keeps(path):
            continue
        known = shown.get(found.relative(path))
        if known is not None and found.view(path) == (one.rules, one.files[path]):
            own.append(known)  # nobody else's tests reached it
            continue
        analysis = found.cov.analysed(path, one.rules, one.files[path])
        if isinstance(analysis, Analysis):
            own.append(file_coverage(found, path, analysis))
    return tuple(own)


def _folders(projects: Sequence[ProjectCoverage]) -> Iterable[FolderCoverage]:
    """Subtotals over the folders that hold several projects, outermost first."""
    inside: dict[str, list[ProjectCoverage]] = {}
    for project in projects:
        for folder in list(parents(project.path))[1:-1]:
            inside.setdefault(folder, []).append(project)
    for folder, found in sorted(inside.items()):
        counted = [project.all for project in found if project.all is not None]
        if len(found) > 1 and counted:
            yield FolderCoverage(folder, tuple(p.path for p in found), Numbers.sum(counted))


def _patch(
    found: Combination, files: Sequence[FileCoverage], changed_lines: Mapping[str, frozenset[int]]
) -> PatchCoverage:
    absolute = dict(zip((file.path for file in files), found.shown, strict=True))
    statements = {
        path: found.cov.statements_at(absolute[path], lines)
        for path, lines in changed_lines.items()
        if path in absolute
    }
    unmeasured = {path for path in changed_lines if path not in absolute and path.endswith(".py")}
    return patch_coverage(files, statements, unmeasured)
