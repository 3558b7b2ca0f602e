"""Tests that failed and then passed when a plugin ran them again in a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from pytest_monorepo.reports.run_model import BAD, TestRun
from pytest_monorepo.reports.tally import Tally, is_attempt
from pytest_monorepo.worker.plugins.reruns import SUPERSEDES

_RERUNNING = ("rerunfailures", "pytest-retry")


def flaky(tests: Iterable[TestRun]) -> list[TestRun]:
    """Those that needed another try and did not fail in the end."""
    return [test for test in tests if test.reruns and test.outcome not in BAD | {"quarantined"}]


def _take_back(session: pytest.Session, nodeid: str) -> None:
    """What the subtests of an attempt were counted as, as pytest-rerunfailures 16.7 does in one process."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    stats = getattr(terminal, "stats", {})
    for key in ("failed", "subtests passed"):
        told = stats.get(key, [])
        kept = [one for one in told if one.nodeid != nodeid or not hasattr(one, "context")]
        if len(kept) == len(told):
            continue
        stats[key] = kept
        if not kept:
            # who asks for "failed" asks whether it is there
            del stats[key]
        if key == "failed":
            session.testsfailed = max(0, session.testsfailed - len(told) + len(kept))


class FlakyReport:
    """Registered in the controller: names them at the end and, with ``fails``, fails the run for them.

    Those that ``excused`` holds are in quarantine: they are named and fail nothing.
    """

    def __init__(self, tally: Tally, *, fails: bool, excused: Callable[[str], bool]) -> None:
        self._tally = tally
        self._fails = fails
        self._excused = excused
        self._found: list[TestRun] = []
        self._session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session

    def pytest_runtest_logreport(self, report: Any) -> None:
        if hasattr(report, SUPERSEDES) and self._session is not None:
            _take_back(self._session, report.nodeid)

    def pytest_report_teststatus(self, report: Any, config: pytest.Config) -> tuple[str, str, Any] | None:
        """The plugin may be in the projects' environments only; here its outcome would show as an F."""
        if report.when is None or not is_attempt(report):
            return None
        if any(config.pluginmanager.has_plugin(name) for name in _RERUNNING):
            return None
        return report.outcome, "R", (report.outcome.upper(), {"yellow": True})

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._found = flaky(self._tally.report().tests)
        if self._counted() and self._fails and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _counted(self) -> int:
        return sum(not self._excused(test.nodeid) for test in self._found)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._found:
            return
        terminalreporter.write_sep("=", "flaky tests")
        for test in self._found:
            tries = f"{test.reruns} failed attempt{'s' * (test.reruns != 1)}"
            terminalreporter.write_line(f"flaky: {test.nodeid} ({test.outcome} after {tries})", yellow=True)
        if self._fails and (count := self._counted()):
            tests = f"{count} flaky test{'s' * (count != 1)}"
            line = f'FAIL {tests}: flaky = "fail" in [tool.pytest-monorepo]'
            terminalreporter.write_line(line, red=True)
