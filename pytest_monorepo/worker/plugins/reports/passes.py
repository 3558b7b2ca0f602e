"""Tests that pass and leave nothing else to tell: one line for all of their reports.

The controller makes three reports of it again. Whatever is out of the ordinary on one of them (a section, a
property, an attribute of a plugin's, a kind of its own) has all of them told in full.
"""

from __future__ import annotations

from typing import Any, List, Optional

try:
    from pytest import TestReport  # noqa: PT013
except ImportError:  # public since pytest 7.0 (#7469)
    from _pytest.reports import TestReport

from ... import protocol
from ...protocol import PHASES

_ORDINARY = frozenset(vars(TestReport("", ("", None, ""), {}, "passed", None, "call")))


class Passes:
    """Holds the reports of the running test back until it has ended, where the job ``wanted`` that."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted
        self._test: Any = None
        self._held: List[TestReport] = []
        self._times: List[float] = []

    def configure(self, config: Any) -> None:
        """A plugin that has a word in how reports are told hears of all of them."""
        makers = config.hook.pytest_report_to_serializable.get_hookimpls()
        self.wanted = self.wanted and all(
            maker.function.__module__.startswith("_pytest.") for maker in makers
        )

    def begin(self, nodeid: str, location: Any) -> None:
        """A test starts."""
        self._test, self._held, self._times = (nodeid, tuple(location)), [], []

    def hold(self, report: TestReport) -> bool:
        """Whether the report is told with the others of its test, by :meth:`end` or after :meth:`release`."""
        if not self.wanted or self._test is None or not self._is_ordinary(report):
            return False
        self._held.append(report)
        self._times += [report.duration, getattr(report, "start", 0), getattr(report, "stop", 0)]
        return True

    def _is_ordinary(self, report: Any) -> bool:
        number = len(self._held)
        return (
            type(report) is TestReport
            and number < len(PHASES)
            and report.when == PHASES[number]
            and report.outcome == "passed"
            and report.longrepr is None
            and not report.sections
            and not report.user_properties
            and vars(report).keys() == _ORDINARY
            and (report.nodeid, report.location) == self._test
            and (report.keywords == self._held[0].keywords if number else _are_names(report.keywords))
        )

    def release(self) -> List[TestReport]:
        """The reports held so far, to be told in full; no more of this test are held."""
        held, self._held, self._test = self._held, [], None
        return held

    def end(self, nodeid: str) -> Optional[protocol.TestPassed]:
        """All of the test that has ended, ``nodeid`` to the controller; ``None`` where there is more."""
        if len(self._held) != len(PHASES):
            return None
        first, times = self.release()[0], self._times
        return protocol.TestPassed(nodeid, list(first.keywords), times)


def _are_names(keywords: Any) -> bool:
    return all(value == 1 for value in keywords.values())
