"""The table of projects at the end, and the live line while the run goes on."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

import pytest

from pytest_monorepo.reports.run_model import BAD, ProjectSummary, TestRun
from pytest_monorepo.reports.tally import Tally
from pytest_monorepo.worker.plugins.reports.reporter import own as own_reporter
from pytest_monorepo.workspace.model import Workspace

if TYPE_CHECKING:
    from pytest_monorepo.affected.decision import Decision

SHORT = 12
"""Up to this many projects are all listed, however green."""

_COLUMNS = ("passed", "failed", "error", "skipped", "xfailed", "xpassed", "quarantined")
_HEADINGS = {"error": "errors"}


class ProjectTable:
    """Registered in the controller: prints one row a project, failing ones first."""

    def __init__(self, tally: Tally, workspace: Workspace) -> None:
        self.tally = tally
        self.workspace = workspace

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if terminalreporter.config.option.verbose < 0 or terminalreporter.config.option.collectonly:
            return
        summaries = self.tally.projects()
        if len(summaries) < 2 or not any(s.counts or s.error for s in summaries):
            return
        width = terminalreporter.config.get_terminal_writer().fullwidth
        everything = terminalreporter.config.option.verbose > 0
        for line, markup in table(summaries, everything=everything, width=width):
            if markup.get("title"):
                terminalreporter.write_sep("=", line)
            else:
                terminalreporter.write_line(shortened(line, width), **markup)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Failures are listed once, project by project, whatever order the workers reported them in."""
        reporter = own_reporter(session.config)
        if reporter is None:
            return
        for category, reports in reporter.stats.items():
            if category in ("failed", "error", "skipped", "xfailed", "xpassed", "quarantined"):
                reports.sort(key=self._project_of)
        if len(self.tally.projects()) > 1:
            for report in (*reporter.stats.get("failed", ()), *reporter.stats.get("error", ())):
                self._name_project(report)

    def _name_project(self, report: Any) -> None:
        """pytest's headings hold the test's name alone, which is ``test_main`` in every project."""
        location = getattr(report, "location", None)
        owner = self.workspace.owner_of_test(report.nodeid)
        if isinstance(report, pytest.TestReport) and location and owner is not None:
            file, line, name = location
            report.location = (file, line, f"{owner.name if owner.path == '.' else owner.path}: {name}")

    def _project_of(self, report: Any) -> str:
        owner = self.workspace.owner_of_test(report.nodeid)
        return owner.path if owner is not None else ""


def table(
    summaries: Sequence[ProjectSummary], *, everything: bool = False, width: int | None = None
) -> list[tuple[str, dict[str, Any]]]:
    """Lines with their pytest markup. All green and many: only the slowest are shown, and how many more.

    In a terminal of ``width`` columns a long name gives way, from its left, and never a figure.
    """
    ordered = sorted(summaries, key=lambda s: (s.ok, not s.not_run, -s.failures, -s.duration, s.path))
    shown = ordered
    if not everything and len(ordered) > SHORT:
        bad = [summary for summary in ordered if not summary.ok or summary.not_run]
        shown = ordered[: max(len(bad), 5)]
    columns = [c for c in _COLUMNS if c == "passed" or any(s.counts.get(c) for s in summaries)]
    pythons = len({s.python for s in summaries if s.python}) > 1
    partial = any(s.not_run for s in summaries)
    cached = any(s.cached for s in summaries)
    headings = ["project", *(_HEADINGS.get(c, c) for c in columns)]
    headings += [
        *(["not run"] if partial else []),
        *(["cached"] if cached else []),
        "time",
        *(["python"] if pythons else []),
    ]
    rows = [_row(summary, columns, partial, pythons, cached) for summary in shown]
    widths = [max(len(row[i]) for row in [headings, *rows]) for i in range(len(headings))]
    if width is not None and (room := width - sum(widths[1:]) - 2 * len(widths[1:])) < widths[0]:
        widths[0] = max(room, len(headings[0]))
        rows = [[_ending(name, widths[0]), *figures] for name, *figures in rows]
    lines: list[tuple[str, dict[str, Any]]] = [("projects", {"title": True})]
    lines.append((_line(headings, widths), {"bold": True}))
    for summary, row in zip(shown, rows, strict=True):
        note = f"  {summary.error}" if summary.error else ""
        colour = "red" if not summary.ok else "yellow" if summary.not_run else "green"
        lines.append((_line(row, widths) + note, {colour: True}))
    rest = ordered[len(shown) :]
    if rest:
        slowest = max(summary.duration for summary in rest)
        lines.append((f"and {len(rest)} more, all passed, none over {slowest:.2f}s (-v lists them)", {}))
    return lines


def _row(
    summary: ProjectSummary, columns: Sequence[str], partial: bool, pythons: bool, cached: bool = False
) -> list[str]:
    counts = [str(summary.counts.get(column, 0) or "-") for column in columns]
    counts += [str(summary.not_run or "-")] if partial else []
    counts += [str(summary.cached or "-")] if cached else []
    name = summary.path if summary.path != "." else f". ({summary.name})"
    return [name, *counts, f"{summary.duration:.2f}s", *([summary.python] if pythons else [])]


def _ending(name: str, width: int) -> str:
    """``…vices/fastapi-ml``: what tells projects apart is at the end of their paths."""
    return name if len(name) <= width else "…" + name[len(name) - width + 1 :]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = cells
    padded = [first.ljust(widths[0])]
    padded += (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
    return "  ".join(padded)


class AuditReport:
    """``--affected-audit``: failures in projects or test files that the selection would have skipped.

    Of an audit of all, or of those that were ``sampled``.
    """

    def __init__(self, tally: Tally, decision: Decision, sampled: frozenset[str] | None = None) -> None:
        self.sampled = sampled
        self.tally = tally
        self.selection = decision.selection
        self.unselected = frozenset(
            file for narrowed in (decision.files or {}).values() for file in narrowed.left_out
        )

    def _skips(self, test: TestRun) -> bool:
        file = test.nodeid.partition("::")[0]
        if self.sampled is not None:
            return file in self.sampled
        return test.project not in self.selection.selected or file in self.unselected

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        missed = [
            test.nodeid for test in self.tally.report().tests if test.outcome in BAD and self._skips(test)
        ]
        count = 0 if self.sampled is None else len(self.sampled)
        terminalreporter.write_sep(
            "=", "audit of --affected" if self.sampled is None else "sample of --affected"
        )
        if count and not missed:
            files = f"{count} test file{'s' * (count != 1)}"
            terminalreporter.write_line(f"{files} that --affected leaves out ran all the same: no failure")
            return
        if not missed:
            terminalreporter.write_line("no failure in what --affected would have skipped")
            return
        for nodeid in missed:
            terminalreporter.write_line(f"missed: {nodeid}", red=True)
        terminalreporter.write_line("changed files, and what each was taken to reach:")
        for path, effect in self.selection.files.items():
            terminalreporter.write_line(f"  {path}: {effect}")
        terminalreporter.write_line(
            "link the one that matters with depends-on or inputs in [tool.pytest-monorepo.projects], or mend"
            " the test if it failed before the change too"
        )


class LiveLine:
    """One line under pytest's own output: what runs, how many projects are done, the time left.

    Drawn only on a real terminal. ``expected`` is the run's expected wall time in seconds, where known.
    """

    def __init__(self, reporter: Any, expected: float | None, stream: TextIO | None = None) -> None:
        self._tw: Any = reporter._tw if reporter is not None else None
        self._stream = stream or sys.stdout
        self._expected = expected
        self._started = time.monotonic()
        self._drawn = False
        self._last = ""
        self.enabled = (
            self._tw is not None and self._tw.hasmarkup and self._stream.isatty() and sys.platform != "win32"
        )

    @property
    def interval(self) -> float | None:
        return 0.1 if self.enabled else None

    def draw(self, running: list[str], done: int, total: int) -> None:
        if not self.enabled or not running:
            return
        text = live_text(
            running, done, total, self._left(done, total), shutil.get_terminal_size().columns - 1
        )
        column = self._tw.width_of_current_line
        # The cursor goes one line down and comes back, so that pytest's half-written line stays its own.
        self._stream.write(
            f"\n\r\x1b[2K\x1b[2m{text}\x1b[0m\x1b[1A\r" + (f"\x1b[{column}C" if column else "")
        )
        self._stream.flush()
        self._drawn = True

    def clear(self) -> None:
        if self._drawn:
            column = self._tw.width_of_current_line
            self._stream.write("\n\r\x1b[2K\x1b[1A\r" + (f"\x1b[{column}C" if column else ""))
            self._stream.flush()
            self._drawn = False

    def _left(self, done: int, total: int) -> float | None:
        if self._expected is None:
            return None
        return max(0.0, self._expected - (time.monotonic() - self._started))


def live_text(running: Sequence[str], done: int, total: int, left: float | None, width: int) -> str:
    """``12/60 projects, about 8s left: libs/core/tests/test_x.py::test_y, …``, cut to ``width``."""
    text = f"{done}/{total} projects"
    if left is not None and left >= 1:
        text += f", about {_duration(left)} left"
    text += ": " + ", ".join(running)
    return shortened(text, width)


def shortened(text: str, width: int) -> str:
    """The text cut to ``width`` columns."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"
