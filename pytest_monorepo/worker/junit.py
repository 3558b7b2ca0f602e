"""``record_testsuite_property`` in a worker, where pytest's own does nothing: no file is written there.

This module is a plugin. What was recorded travels with the next report of a test, as its
``testsuite_properties``.
"""

from __future__ import annotations

from typing import Callable, List, Tuple

import pytest

# of the process, since a worker runs one session; pytest finds no fixtures on an instance
_recorded: List[Tuple[str, str]] = []


@pytest.fixture(scope="session")
def record_testsuite_property() -> Callable[[str, object], None]:
    """Record a ``<property>`` of the project's ``<testsuite>``; called with name and value."""

    def record(name: str, value: object) -> None:
        __tracebackhide__ = True
        if not isinstance(name, str):
            raise TypeError(f"name parameter needs to be a string, but {type(name).__name__} given")
        _recorded.append((name, str(value)))

    return record


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if _recorded:
        report.testsuite_properties = list(_recorded)  # type: ignore[attr-defined]
        _recorded.clear()
