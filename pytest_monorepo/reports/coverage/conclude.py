"""The coverage of a whole run: read what the workers measured, write the reports, hold the limits."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_monorepo.value import value
from pytest_monorepo.workspace.model import Workspace

from . import limits as coverage_limits
from . import lines as coverage_terminal
from .measured.analyses import Analyses
from .measured.combine import Combination, combine
from .model import CoverageReport
from .numbers import report_of
from .options import CoverageOptions, measurement_spec
from .own import write_own
from .patch import changed_lines
from .write import write

__all__ = [
    "CoverageOptions",
    "CoverageOutcome",
    "CoverageReport",
    "changed_lines",
    "finish",
    "measured",
    "measurement_spec",
]


@value(frozen=True)
class CoverageOutcome:
    """``lines`` for the terminal summary; ``failed`` when a limit does not hold, ``lost`` when something
    that was asked for could not be written."""

    lines: tuple[str, ...]
    failed: bool
    report: CoverageReport
    lost: bool = False


def measured(
    options: CoverageOptions,
    workspace: Workspace,
    infos: Iterable[Mapping[str, Any]],
    partial: str | None = None,
    changed: Mapping[str, frozenset[int]] | None = None,
    known: Analyses | None = None,
) -> tuple[CoverageReport, Combination]:
    """The numbers, and what :func:`write` needs; leaves the root's ``.coverage`` behind."""
    found = combine(options, workspace, infos, known)
    return report_of(found, changed, partial), found


def finish(
    options: CoverageOptions,
    workspace: Workspace,
    infos: Iterable[Mapping[str, Any]],
    root: Path,
    partial: str | None = None,
    *,
    partial_projects: Mapping[str, str] | None = None,
    partial_patch: str | None = None,
    changed: Mapping[str, frozenset[int]] | None = None,
    tests_failed: bool = False,
    kept: Path | None = None,
    ini: Path | None = None,
) -> CoverageOutcome:
    """Everything at the end of a run.

    ``infos`` are what ``Measurement.stop`` returned, for a worker that died a mapping with its ``project``,
    ``data_dir`` and ``error``. ``root`` is where a relative ``:DEST`` belongs. ``partial`` says why the total
    is not that of a whole run (``"only affected projects ran"``), ``partial_projects`` which projects ran
    only a share of their own tests and why (``None``: all, if ``partial``), ``partial_patch`` why tests that
    reach the patch may not have run: ``--affected`` leaves none of those out. ``changed`` are the lines of a
    patch by workspace path, from :func:`changed_lines`; an untracked file's are all of its lines.
    ``kept`` is where earlier reports left what they found in the sources, ``ini`` the file that the run read.
    """
    known = Analyses(kept)
    infos = [_complete(info) for info in infos]
    if not infos:
        why = f" ({partial})" if partial else ""
        nothing = (f"WARNING: no coverage: no project was measured{why}",) if options.sources else ()
        verdicts = coverage_limits.verdicts(CoverageReport(partial=partial), options.fail_under or 0)
        under = tuple(one.text for one in verdicts if one.failed)
        told = (*nothing, *coverage_limits.lines(verdicts))
        return CoverageOutcome(told, bool(under), CoverageReport(partial=partial, under=under))
    report, found = measured(options, workspace, infos, partial, changed, known)
    report = replace(report, partial=partial or _lost(report), carried=carried(infos))
    warnings = [f"WARNING: {warning}" for warning in _warnings(report)]
    if found.unsaved is not None:
        warnings.append(f"ERROR: {found.unsaved}")
    if options.no_cov_on_fail and tests_failed:
        known.save()
        return CoverageOutcome(tuple(warnings), False, report, found.unsaved is not None)
    written, html = write(found, options.reports, os.path.realpath(root))
    own = write_own(found, ini)
    known.save()
    limit = options.fail_under if options.fail_under is not None else found.configuration["fail_under"]
    verdicts = coverage_limits.verdicts(
        report, limit, options.patch_fail_under, partial_projects, partial_patch or _lost(report)
    )
    report = replace(report, html=html, under=tuple(one.text for one in verdicts if one.failed))
    lines = [
        *warnings,
        *_terminal(report, options.reports),
        *([f"measured in earlier runs: {report.carried}"] if report.carried else []),
        *written,
        *own,
        *coverage_terminal.patch(report),
        *coverage_limits.lines(verdicts),
    ]
    lost = any(line.startswith("ERROR: ") for line in lines)
    return CoverageOutcome(tuple(lines), bool(report.under), report, lost)


def carried(infos: Iterable[Mapping[str, Any]]) -> str:
    """Of whom nothing was measured now, ``2 projects, 3 test files of others``; empty for nobody."""
    files: dict[str, set[str]] = {}
    for info in infos:
        files.setdefault(info["project"], set()).update(info.get("carried", ()))
    now = {info["project"] for info in infos if "carried" not in info or info["error"]}
    whole = [path for path, found in files.items() if found and path not in now]
    some = sum(len(found) for path, found in files.items() if path in now)
    words = [f"{len(whole)} project{'s' * (len(whole) != 1)}"] if whole else []
    words += [f"{some} test file{'s' * (some != 1)}{' of others' * bool(whole)}"] if some else []
    return ", ".join(words)


def _complete(info: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"configuration": None, "started": 0, "warnings": [], "error": None, **info}


def _lost(report: CoverageReport) -> str | None:
    """Why the total is no whole one although everything ran: what a worker measured went with it."""
    lost = [project for project in report.projects if project.error]
    nothing = _named("not measured", [project.path for project in lost if project.own is None])
    some = _named("measured in part", [project.path for project in lost if project.own is not None])
    return "; ".join([*nothing, *some]) or None


def _named(what: str, projects: list[str]) -> list[str]:
    names = ", ".join(projects) if len(projects) <= 3 else f"{len(projects)} projects"
    return [f"{what}: {names}"] if projects else []


def _warnings(report: CoverageReport) -> list[str]:
    changed = [
        f"{path} changed while the tests ran: its coverage fits no version of it and is left out"
        for path in report.changed
    ]
    errors = [f"{p.path}: {p.trouble}" for p in report.projects if p.trouble]
    return list(dict.fromkeys([*errors, *changed, *report.warnings]))


def _terminal(report: CoverageReport, reports: Mapping[str, str | None]) -> list[str]:
    wanted = {kind: modifier for kind, modifier in reports.items() if kind.startswith("term")}
    if not wanted:
        return []
    lines = coverage_terminal.summary(report)
    if "term-missing" in wanted:
        lines = [*coverage_terminal.missing(report, "skip-covered" in wanted.values()), "", *lines]
    return lines
