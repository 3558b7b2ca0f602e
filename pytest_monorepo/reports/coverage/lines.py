"""The coverage of a run as lines for the terminal; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from coverage.results import display_covered

from .model import CoverageReport, FileCoverage, FolderCoverage, Numbers, PatchFile, ProjectCoverage


def summary(report: CoverageReport, own: bool = True) -> list[str]:
    """One row per project with subtotals over folders; ``own`` adds the share its own tests cover."""
    rows: list[list[str]] = []
    for project in report.projects:
        rows.append(_project_row(report, project, own))
        rows += (_folder_row(report, f, own) for f in report.folders if f.projects[-1] == project.path)
    if nobody := report.files_of(None):
        rows.append(
            _row(report, "(no project)", Numbers.sum(f.numbers for f in nobody), ["-"] if own else [])
        )
    row = _row(report, "TOTAL (partial)" if report.partial else "TOTAL", report.total, [""] if own else [])
    rows.append([*row[:-1], percent(report.measured, report.precision)])
    heads = [*_heads("Project", report.branch), *(["Own tests"] if own else []), "All tests"]
    # the reason can be long, and in its cell would widen the first column beyond a terminal of 80
    reason = [f"partial: {report.partial}"] if report.partial else []
    return [*table(heads, rows, rules_before=len(rows) - 1), *reason]


def _heads(first: str, branch: bool) -> list[str]:
    return [first, "Stmts", "Miss", *(["Branch", "BrPart"] if branch else [])]


def _row(report: CoverageReport, name: str, numbers: Numbers, own: list[str]) -> list[str]:
    return [name, *_counts(report, numbers), *own, percent(numbers, report.precision)]


def _counts(report: CoverageReport, numbers: Numbers) -> list[str]:
    counts = [numbers.statements, numbers.missing]
    if report.branch:
        counts += [numbers.branches, numbers.partial_branches]
    return [str(count) for count in counts]


def _project_row(report: CoverageReport, project: ProjectCoverage, own: bool) -> list[str]:
    by_own = [percent(project.own, project.precision)] if own else []
    if project.all is None:
        return [project.path, *["-"] * len(_counts(report, Numbers())), *by_own, "no data"]
    return _row(report, project.path, project.all, by_own)


def _folder_row(report: CoverageReport, folder: FolderCoverage, own: bool) -> list[str]:
    name = f"{folder.path}/ ({len(folder.projects)} projects)"
    return _row(report, name, folder.all, [""] if own else [])


def percent(numbers: Numbers | None, precision: int) -> str:
    """As coverage.py prints it: 0 and 100 only where exactly that; ``no data`` where nothing was measured."""
    return "no data" if numbers is None else f"{display_covered(numbers.percent, precision)}%"


def missing(report: CoverageReport, skip_covered: bool) -> list[str]:
    """Every file with its missing lines and branches, project by project."""
    lines: list[str] = []
    owners = sorted({file.project for file in report.files if file.project is not None})
    for owner in [*owners, None]:
        files = report.files_of(owner)
        if files:
            lines += ["", owner or "(no project)", *_files(report, owner, files, skip_covered)]
    return lines[1:]


def _files(
    report: CoverageReport, owner: str | None, files: Sequence[FileCoverage], skip_covered: bool
) -> list[str]:
    shown = [f for f in files if not (skip_covered and f.numbers.covered == f.numbers.countable)]
    inside = f"{owner}/" if owner not in (None, ".") else ""
    rows = [
        [*_row(report, file.path.removeprefix(inside), file.numbers, []), file.missing_text] for file in shown
    ]
    lines = table([*_heads("Name", report.branch), "Cover", "Missing"], rows) if rows else []
    if hidden := len(files) - len(shown):
        lines.append(f"{hidden} file{'s' * (hidden != 1)} skipped due to complete coverage")
    return lines


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], rules_before: int | None = None) -> list[str]:
    """Columns as wide as they need to be, numbers to the right, ``Missing`` and names to the left."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    left = [i == 0 or head == "Missing" for i, head in enumerate(heads)]

    def line(cells: Iterable[str]) -> str:
        padded = (
            c.ljust(w) if is_left else c.rjust(w) for c, w, is_left in zip(cells, widths, left, strict=True)
        )
        return "   ".join(padded).rstrip()

    rule = "-" * max(len(line(row)) for row in [heads, *rows])
    lines = [line(heads), rule]
    for index, row in enumerate(rows):
        if index == rules_before:
            lines.append(rule)
        lines.append(line(row))
    return lines


def patch(report: CoverageReport) -> list[str]:
    """The changed executable lines and which of them no test ran, by project and file."""
    found = report.patch
    if found is None:
        return []
    lines = []
    for file in found.files:
        lines.append(_patch_line(file))
    lines += (f"  {path}: not measured" for path in found.unmeasured)
    if found.percent is None:
        return ["Patch coverage: no changed line can be executed", *lines]
    share = display_covered(found.percent, report.precision)
    covered = found.executable - found.missing
    return [f"Patch coverage: {share}% ({covered} of {found.executable} changed lines)", *lines]


def _patch_line(file: PatchFile) -> str:
    covered = len(file.executable) - len(file.missing)
    text = f"  {file.path}: {covered} of {len(file.executable)}"
    return f"{text}, missing {ranges(file.missing)}" if file.missing else text


def ranges(numbers: Iterable[int]) -> str:
    """``1-3, 7``."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)
