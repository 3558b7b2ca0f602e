"""``record_testsuite_property`` in a worker, where pytest's own does nothing: no file is written there."""

from __future__ import annotations

from typing import Callable, List, Tuple

import pytest


class SuiteProperties:
    """The properties travel with the next report of a test, as its ``testsuite_properties``."""

    def __init__(self) -> None:
        self._recorded: List[Tuple[str, str]] = []

    @pytest.fixture(scope="session")
    def record_testsuite_property(self) -> Callable[[str, object], None]:
        """Record a ``<property>`` of the project's ``<testsuite>``; called with name and value."""

        def record(name: str, value: object) -> None:
            __tracebackhide__ = True
            if not isinstance(name, str):
                raise TypeError(f"name parameter needs to be a string, but {type(name).__name__} given")
            self._recorded.append((name, str(value)))

        return record

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._recorded:
            report.testsuite_properties = self._recorded  # type: ignore[attr-defined]
            self._recorded = []
