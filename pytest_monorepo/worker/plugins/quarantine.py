"""Tests in quarantine: what fails there is told as an expected failure, with a mark that shows it apart.

It is made one where its report is told, before anybody counts it, and not where pytest makes it: plugins that
run a test again (pytest-rerunfailures, pytest-retry) and fixtures that look at the outcome see a failure.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Optional, Pattern, Sequence, Set

import pytest

from ..paths import Paths

MARK = "monorepo_quarantine"
"""The attribute of a report that was a failure; its value is why the test is in quarantine."""


def is_meant(nodeid: str, tests: str) -> bool:
    """Whether the test is ``tests``, in it (a class), one of its parameters, or matches it as a glob.

    ``*`` and ``?`` are what they are in a shell, but that they also stand for ``/``; brackets are those of
    parameters.
    """
    return _pattern(tests).fullmatch(nodeid) is not None


@functools.lru_cache(maxsize=1024)
def _pattern(tests: str) -> Pattern[str]:
    parts = ["".join("." if sign == "?" else re.escape(sign) for sign in part) for part in tests.split("*")]
    first, *others = parts
    # as fnmatch does it since Python 3.9: what stands between two stars is taken where it first is, and
    # nothing is tried again, which with seven stars would take longer than anybody waits
    for number, part in enumerate(others[:-1]):
        first += f"(?=(?P<at{number}>.*?{part}))(?P=at{number})"
    last = f".*{others[-1]}" if others else ""
    return re.compile(first + last + r"(?:::.+|\[.*)?", re.DOTALL)


def reason(nodeid: str, entries: Sequence[Sequence[str]]) -> Optional[str]:
    """Why the test is in quarantine; ``None`` where it is not. ``entries`` are (tests, reason)."""
    return next((words for tests, words in entries if is_meant(nodeid, tests)), None)


def excuse(report: Any, words: str) -> None:
    """Make a failure an expected one, which neither pytest nor its plugins count as a failure."""
    setattr(report, MARK, words)
    # what skipping.py makes of a report with it: "xfailed", which is no failure and no skip (_pytest)
    report.wasxfail = f"quarantined: {words}"
    report.outcome = "skipped"


class Quarantine:
    """Registered in a worker whose project has tests in quarantine."""

    def __init__(self, entries: Sequence[Sequence[str]], paths: Paths) -> None:
        self.entries = entries
        self.paths = paths
        self.live: Set[int] = set()
        self.shared_ended = False

    # before the session's own, which counts failures and is "tryfirst" too
    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> Any:
        if report.outcome == "failed" and not hasattr(report, "wasxfail"):
            words = reason(self.paths.nodeid(report.nodeid), self.entries)
            if words is not None and not (report.when == "teardown" and self.shared_ended):
                excuse(report, words)
        yield

    # pytest tells the end of a fixture that others share as the teardown of the last test: it is not that
    # test's failure, and nobody else's report would say it

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> None:
        if fixturedef.scope != "function":
            self.live.add(id(fixturedef))

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_post_finalizer(self, fixturedef: Any) -> None:
        if id(fixturedef) in self.live:
            self.live.discard(id(fixturedef))
            self.shared_ended = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        self.shared_ended = False
