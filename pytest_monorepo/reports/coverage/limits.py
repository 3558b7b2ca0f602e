"""Which coverage limits hold: each project's own, the root's, and that of the patch; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from coverage.results import display_covered, should_fail_under

from pytest_monorepo.value import value

from .model import CoverageReport, Numbers, PatchCoverage


@value(frozen=True)
class Verdict:
    """One limit and what became of it; ``unmeasured`` says why it was not enforced."""

    text: str
    failed: bool = False
    unmeasured: str | None = None


def verdicts(
    report: CoverageReport,
    limit: float,
    patch_limit: float | None = None,
    partial_projects: Mapping[str, str] | None = None,
    partial_patch: str | None = None,
) -> list[Verdict]:
    """A verdict for every limit that was set.

    ``limit`` is the root's, on the total. ``partial_projects`` says which projects ran only a share of
    their tests and why; ``None`` stands for all of them where the report itself is partial.
    ``partial_patch`` says why tests of the changed lines may have been left out.
    """
    found = []
    for project in report.projects:
        if project.limit <= 0:
            continue
        name = f"{project.path}: coverage by its own tests"
        reason = project.error or _partial(report, project.path, partial_projects)
        found.append(_verdict(name, project.own, project.limit, project.precision, reason))
    if limit > 0:
        found.append(_verdict("total coverage", report.measured, limit, report.precision, report.partial))
    if patch_limit is not None and patch_limit > 0:
        numbers, reason = _patch(report.patch)
        found.append(
            _verdict("patch coverage", numbers, patch_limit, report.precision, partial_patch or reason)
        )
    return found


def _patch(patch: PatchCoverage | None) -> tuple[Numbers | None, str | None]:
    """The numbers of the changed lines, and why they are held against no limit."""
    if patch is None:
        return None, "no changed lines are known, name a base with --cov-patch or --affected"
    numbers = Numbers(statements=patch.executable, missing=patch.missing)
    return numbers, None if patch.executable else "no changed line can be executed"


def _partial(report: CoverageReport, project: str, partial: Mapping[str, str] | None) -> str | None:
    return report.partial if partial is None else partial.get(project)


def _verdict(name: str, numbers: Numbers | None, limit: float, precision: int, reason: str | None) -> Verdict:
    wanted = f"{limit:.{precision}f}%"
    if reason is not None:
        return Verdict(f"{name}: the limit of {wanted} is not enforced: {reason}", unmeasured=reason)
    if numbers is None:
        # pytest-cov 7.1 takes no data for 0 %: "total of 0 is less than fail-under"
        return Verdict(f"{name}: nothing was measured, and the limit is {wanted}", failed=True)
    if should_fail_under(numbers.percent, limit, precision):
        share = display_covered(numbers.percent, precision)
        return Verdict(
            f"{name} is {share}%, under the limit of {wanted}: {_missing(numbers, limit)}", failed=True
        )
    return Verdict(f"{name} reaches {wanted}: {display_covered(numbers.percent, precision)}%")


def _missing(numbers: Numbers, limit: float) -> str:
    text = f"{numbers.missing} of {numbers.statements} lines missing"
    if numbers.branches:
        text += f" and {numbers.missing_branches} of {numbers.branches} branches"
    needed = math.ceil(numbers.countable * min(limit, 100) / 100 - 1e-9) - numbers.covered
    return f"{text}, {max(needed, 1)} more needed"


def lines(found: Iterable[Verdict]) -> list[str]:
    """Failures first, then what was not enforced; a limit that holds is worth one line only for the total."""
    found = list(found)
    failed = [f"FAIL {one.text}" for one in found if one.failed]
    unmeasured = [one.text for one in found if one.unmeasured is not None]
    held = [one.text for one in found if not one.failed and one.unmeasured is None and ":" in one.text]
    return [*failed, *_grouped(unmeasured), *(text for text in held if text.startswith("total"))]


def _grouped(texts: list[str]) -> list[str]:
    if len(texts) <= 3:
        return texts
    reason = texts[0].rpartition("is not enforced: ")[2]
    if all(text.endswith(reason) for text in texts):
        return [f"{len(texts)} coverage limits are not enforced: {reason}"]
    return texts
