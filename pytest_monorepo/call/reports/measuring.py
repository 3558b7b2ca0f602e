"""What ``--cov`` asks for, what each worker is told because of it, and the lines that a patch changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_monorepo.errors import GitError, MonorepoError
from pytest_monorepo.options import AUTO
from pytest_monorepo.reports.coverage.options import CoverageOptions, measurement_specs
from pytest_monorepo.run.plan import plan as planning
from pytest_monorepo.workspace.model import Workspace

if TYPE_CHECKING:
    from pytest_monorepo.affected.decision import Decision


def options(config: pytest.Config, root: Path) -> CoverageOptions:
    """pytest-cov's options as given at the root; raises where a value makes no sense."""
    given = CoverageOptions.of(config.option)
    limit = config.option.cov_patch_fail_under
    try:
        number = float(limit) if limit is not None else None
    except ValueError:
        raise MonorepoError(f"--cov-patch-fail-under {limit}: must be a number of percent") from None
    if number is not None and not 0 <= number <= 100:
        raise MonorepoError(f"--cov-patch-fail-under {limit}: must be between 0 and 100")
    if given.config is not None and not os.path.isfile(given.config):
        raise MonorepoError(f"--cov-config {config.option.cov_config}: there is no such file")
    html = config.option.monorepo_html
    reports = dict(given.reports)
    if html is not None and "html" not in reports:
        # the page links each file to coverage.py's own page of it
        reports["html"] = str(config.invocation_params.dir / html / "coverage")
    return replace(given, reports=reports, patch_fail_under=number)


def measured(
    plan: planning.Plan, cov: CoverageOptions, tmp: Path, decision: Decision | None
) -> planning.Plan:
    """The plan with what each worker is to measure into a folder below ``tmp``."""
    folder = tmp / "coverage"
    specs = measurement_specs(
        cov,
        plan.workspace,
        (*plan.projects, *plan.unasked),
        lambda project: str(folder / planning.slug(project.path)),
    )
    if plan.collect_only or plan.print_only:
        return plan
    if specs:
        _check_patch(cov, decision, plan.workspace)
    return replace(plan, coverage=specs)


def _check_patch(cov: CoverageOptions, decision: Decision | None, workspace: Workspace) -> None:
    """Raises where ``--cov-patch`` names nothing to compare with: better before the tests than after them."""
    from pytest_monorepo.affected.git import mergebase
    from pytest_monorepo.affected.git.branches import default_branch

    if cov.patch is None or (cov.patch == AUTO and decision is not None and decision.changes is not None):
        return
    try:
        ref = default_branch(workspace.root) if cov.patch == AUTO else str(cov.patch)
        mergebase.compared(workspace.root, ref)
    except GitError as error:
        raise MonorepoError(f"--cov-patch: {error}") from error


def patch(
    cov: CoverageOptions, decision: Decision | None, workspace: Workspace
) -> Mapping[str, frozenset[int]] | None:
    """The changed lines, for ``--cov-patch`` or wherever ``--affected`` has compared already."""
    from pytest_monorepo.affected.git import difference
    from pytest_monorepo.affected.git.branches import default_branch
    from pytest_monorepo.affected.patch import changed_line_numbers
    from pytest_monorepo.reports.coverage.patch import changed_lines

    changes = decision.changes if decision is not None else None
    if cov.patch not in (None, AUTO):
        changes = difference.changes(workspace.root, str(cov.patch))
    elif cov.patch == AUTO and changes is None:
        changes = difference.changes(workspace.root, default_branch(workspace.root))
    if changes is None:
        return None
    return changed_line_numbers(workspace.root, changes, changed_lines)
