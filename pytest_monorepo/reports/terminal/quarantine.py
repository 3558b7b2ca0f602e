"""What became of the tests in quarantine: told apart from what failed, with who looks after them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from pytest_monorepo.quarantine import Entry
from pytest_monorepo.reports.run_model import BAD, TestRun
from pytest_monorepo.reports.tally import Tally
from pytest_monorepo.results.history.story import proposal
from pytest_monorepo.worker.plugins.quarantine import MARK
from pytest_monorepo.worker.plugins.reports.reporter import own as own_reporter

CATEGORY = "quarantined"

Line = tuple[str, dict[str, bool]]

RunsOf = Callable[[Callable[[str], bool]], tuple[int, int]]


class QuarantineReport:
    """Registered in the controller where there are entries. ``whole`` says at the end whether all was run.

    ``runs_of`` counts for tests the last runs in a row that passed and that failed.
    """

    def __init__(
        self,
        tally: Tally,
        entries: Sequence[Entry],
        whole: Callable[[], bool],
        today: datetime.date,
        runs_of: RunsOf | None = None,
    ) -> None:
        self._runs_of = runs_of
        self._tally = tally
        self._entries = entries
        self._whole = whole
        self._today = today
        self._failed: dict[str, Any] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, Any] | None:
        if not hasattr(report, MARK):
            return None
        return CATEGORY, "q", ("QUARANTINED", {"yellow": True})

    def pytest_runtest_logreport(self, report: Any) -> None:
        if hasattr(report, MARK):
            self._failed.setdefault(report.nodeid, report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        tests = self._tally.report().tests
        lines = list(told(self._entries, tests, self._today, whole=self._whole(), runs_of=self._runs_of))
        if not lines or terminalreporter.config.option.collectonly:
            return
        terminalreporter.write_sep("=", "quarantine")
        if terminalreporter.config.option.verbose > 0 and own_reporter(terminalreporter.config):
            for nodeid, report in self._failed.items():
                terminalreporter.write_sep("_", nodeid)
                terminalreporter._outrep_summary(report)
        for line, markup in lines:
            terminalreporter.write_line(line, **markup)


def told(
    entries: Sequence[Entry],
    tests: Sequence[TestRun],
    today: datetime.date,
    *,
    whole: bool,
    runs_of: RunsOf | None = None,
) -> Iterator[Line]:
    """The lines of the section; with ``whole`` also which entries no test of the workspace answers to."""
    for entry in entries:
        found = [test for test in tests if entry.holds(test.nodeid)]
        if entry.is_over(today):
            yield _over(entry, found), {"red": True}
            continue
        failed = [test for test in found if test.outcome == CATEGORY]
        for test in failed:
            yield f"quarantined: {test.nodeid} - {_message(test)}: {entry.words}", {"yellow": True}
        passed = sum(test.outcome == "passed" for test in found)
        if passed:
            yield f"quarantined: {_count(passed)} of {entry.tests} passed: {entry.words}", {}
        if runs_of is not None and found:
            yield from _proposed(entry, *runs_of(entry.holds))
        if whole and not found:
            yield (
                f"quarantined: {entry.tests} names no test of this workspace: remove it or put it right",
                {"yellow": True},
            )


def _proposed(entry: Entry, passed: int, failed: int) -> Iterator[Line]:
    if words := proposal(passed, failed):
        yield f"quarantined: {entry.tests} {words}", {"green" if passed else "red": True}


def _over(entry: Entry, found: Sequence[TestRun]) -> str:
    failed = sum(test.outcome in BAD for test in found)
    now = f"; {_count(failed)} failed" if failed else ""
    return (
        f"quarantine is over: {entry.tests}: {entry.words}{now}: mend the test and remove the entry, or name"
        " another day"
    )


def _message(test: TestRun) -> str:
    message = test.detail.message if test.detail is not None else ""
    return next(iter(message.splitlines()), "failed")


def _count(tests: int) -> str:
    return f"{tests} test{'s' * (tests != 1)}"
