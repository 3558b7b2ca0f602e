from __future__ import annotations

import pytest

from pytest_monorepo.reports.coverage import limits as coverage_limits
from pytest_monorepo.reports.coverage import lines as coverage_terminal
from pytest_monorepo.reports.coverage.model import (
    CoverageReport,
    FileCoverage,
    FolderCoverage,
    Numbers,
    PatchCoverage,
    PatchFile,
    ProjectCoverage,
)

HALF = Numbers(files=1, statements=10, missing=5)
FULL = Numbers(files=1, statements=4)


def report(*projects: ProjectCoverage, total: Numbers = HALF, partial: str | None = None) -> CoverageReport:
    return CoverageReport(projects=projects, total=total, partial=partial)


@pytest.mark.parametrize(
    ("own", "limit", "precision", "fails"),
    [
        (HALF, 50, 0, False),
        (HALF, 51, 0, True),
        (Numbers(statements=1000, missing=101), 90, 0, False),  # 89.9 is 90 at precision 0, as in coverage.py
        (Numbers(statements=1000, missing=101), 90, 1, True),
        (Numbers(statements=1000, missing=1), 100, 0, True),  # 100 means every line
        (Numbers(), 100, 0, False),
    ],
)
def test_a_projects_limit_is_held_as_coverage_py_holds_it(
    own: Numbers, limit: float, precision: int, fails: bool
) -> None:
    one = ProjectCoverage("libs/a", own=own, all=FULL, limit=limit, precision=precision)

    assert [v.failed for v in coverage_limits.verdicts(report(one), 0)] == [fails]


def test_the_message_names_project_number_limit_and_what_is_missing() -> None:
    own = Numbers(statements=10, missing=5, branches=4, partial_branches=1, missing_branches=2)
    one = ProjectCoverage("libs/a", own=own, all=FULL, limit=80)

    assert coverage_limits.lines(coverage_limits.verdicts(report(one), 60)) == [
        "FAIL libs/a: coverage by its own tests is 50%, under the limit of 80%: "
        "5 of 10 lines missing and 2 of 4 branches, 5 more needed",
        "FAIL total coverage is 50%, under the limit of 60%: 5 of 10 lines missing, 1 more needed",
    ]


def test_a_limit_without_ground_is_not_enforced_and_says_why() -> None:
    whole = ProjectCoverage("libs/a", own=HALF, limit=80)
    share = ProjectCoverage("libs/b", own=HALF, limit=80)
    died = ProjectCoverage("libs/c", limit=80, error="the worker was killed by signal 9")
    found = coverage_limits.verdicts(
        report(whole, share, died, partial="only affected projects ran"),
        60,
        partial_projects={"libs/b": "-k selected tests"},
    )

    assert [v.failed for v in found] == [True, False, False, False]
    assert [v.unmeasured for v in found[1:]] == [
        "-k selected tests",
        "the worker was killed by signal 9",
        "only affected projects ran",
    ]


def test_no_data_is_no_pass() -> None:
    """As pytest-cov, for which no data is 0 %; files without any statement are data."""
    nothing = CoverageReport(projects=(ProjectCoverage("libs/d", limit=80),))
    assert coverage_limits.lines(coverage_limits.verdicts(nothing, 60)) == [
        "FAIL libs/d: coverage by its own tests: nothing was measured, and the limit is 80%",
        "FAIL total coverage: nothing was measured, and the limit is 60%",
    ]
    assert coverage_terminal.summary(nothing)[-1].split() == ["TOTAL", "0", "0", "no", "data"]
    empty = CoverageReport(files=(FileCoverage("libs/d/d.py", "libs/d", Numbers()),))
    assert not coverage_limits.verdicts(empty, 60)[0].failed
    assert coverage_terminal.summary(empty)[-1].split() == ["TOTAL", "0", "0", "100%"]


def test_a_partial_run_spares_every_project_unless_told_otherwise() -> None:
    projects = [ProjectCoverage(f"libs/{i}", own=HALF, limit=80) for i in range(5)]
    found = coverage_limits.verdicts(report(*projects, partial="--lf ran"), 90)

    assert coverage_limits.lines(found) == ["6 coverage limits are not enforced: --lf ran"]


def test_the_patch_has_a_limit_of_its_own() -> None:
    patch = PatchCoverage((PatchFile("a.py", None, (1, 2, 3, 4), (4,)),))
    some = CoverageReport(patch=patch)

    assert coverage_limits.lines(coverage_limits.verdicts(some, 0, 80)) == [
        "FAIL patch coverage is 75%, under the limit of 80%: 1 of 4 lines missing, 1 more needed"
    ]
    assert not coverage_limits.verdicts(some, 0, 75)[0].failed
    assert coverage_limits.verdicts(CoverageReport(patch=PatchCoverage()), 0, 80)[0].unmeasured
    assert coverage_limits.lines(coverage_limits.verdicts(CoverageReport(), 0, 80)) == [
        "patch coverage: the limit of 80% is not enforced:"
        " no changed lines are known, name a base with --cov-patch or --affected"
    ]
    assert coverage_limits.lines(coverage_limits.verdicts(some, 0, 80, partial_patch="-k")) == [
        "patch coverage: the limit of 80% is not enforced: -k"
    ]
    assert coverage_terminal.patch(some) == [
        "Patch coverage: 75% (3 of 4 changed lines)",
        "  a.py: 3 of 4, missing 4",
    ]


def test_the_table_has_subtotals_and_labels_a_partial_total() -> None:
    projects = (
        ProjectCoverage("libs/a", own=HALF, all=FULL),
        ProjectCoverage("libs/b", error="no coverage"),
        ProjectCoverage("services/api", own=HALF, all=HALF),
    )
    folders = (FolderCoverage("libs", ("libs/a", "libs/b"), FULL),)
    why = "not everything ran: --affected"
    some = CoverageReport(projects=projects, folders=folders, total=FULL + HALF, partial=why)

    assert coverage_terminal.summary(some) == [
        "Project              Stmts   Miss   Own tests   All tests",
        "---------------------------------------------------------",
        "libs/a                   4      0         50%        100%",
        "libs/b                   -      -     no data     no data",
        "libs/ (2 projects)       4      0                    100%",
        "services/api            10      5         50%         50%",
        "---------------------------------------------------------",
        "TOTAL (partial)         14      5                     64%",
        "partial: not everything ran: --affected",
    ]


def test_missing_lines_are_listed_by_project_and_covered_files_can_be_skipped() -> None:
    files = (
        FileCoverage("libs/a/a.py", "libs/a", FULL),
        FileCoverage("libs/a/b.py", "libs/a", HALF, missing_text="3-7"),
        FileCoverage("top.py", None, HALF, missing_text="1-5"),
    )

    assert coverage_terminal.missing(CoverageReport(files=files), skip_covered=True) == [
        "libs/a",
        "Name   Stmts   Miss   Cover   Missing",
        "-------------------------------------",
        "b.py      10      5     50%   3-7",
        "1 file skipped due to complete coverage",
        "",
        "(no project)",
        "Name     Stmts   Miss   Cover   Missing",
        "---------------------------------------",
        "top.py      10      5     50%   1-5",
    ]
