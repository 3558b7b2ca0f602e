"""What pytest's own fixtures and settings for JUnit XML do in a worker, where no file is written.

This module is a plugin. What a test records for the file travels with its reports: as
``testsuite_properties`` and ``junit_attributes``.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

import pytest

# of the process, since a worker runs one session; pytest finds no fixtures on an instance
_recorded: List[Tuple[str, str]] = []
_attributes: Dict[str, Dict[str, str]] = {}


def settings(config: pytest.Config) -> Dict[str, Any]:
    """The project's own settings, by their names in pytest's ``LogXML``; empty without that plugin."""
    names = {
        "logging": "junit_logging",
        "log_passing_tests": "junit_log_passing_tests",
        "report_duration": "junit_duration_report",
        "suite_name": "junit_suite_name",
    }
    try:
        return {attribute: config.getini(name) for attribute, name in names.items()}
    except (KeyError, ValueError):
        return {}


@pytest.fixture(scope="session")
def record_testsuite_property() -> Callable[[str, object], None]:
    """Record a ``<property>`` of the project's ``<testsuite>``; called with name and value."""

    def record(name: str, value: object) -> None:
        __tracebackhide__ = True
        if not isinstance(name, str):
            raise TypeError(f"name parameter needs to be a string, but {type(name).__name__} given")
        _recorded.append((name, str(value)))

    return record


@pytest.fixture
def record_xml_attribute(request: pytest.FixtureRequest) -> Callable[[str, object], None]:
    """Record an attribute of the test's ``<testcase>``, where the project's ``junit_family`` takes it."""
    node: Any = request.node
    node.warn(pytest.PytestExperimentalApiWarning("record_xml_attribute is an experimental feature"))
    family = request.config.getini("junit_family")
    fits = family in ("xunit1", "legacy")
    if not fits:
        words = (
            f"record_xml_attribute is incompatible with junit_family '{family}' (use 'legacy' or 'xunit1')"
        )
        node.warn(pytest.PytestWarning(f"record_xml_attribute is {words}"))

    def record(name: str, value: object) -> None:
        if fits or name in ("classname", "name"):
            _attributes.setdefault(node.nodeid, {})[str(name)] = str(value)

    return record


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if _recorded:
        report.testsuite_properties = list(_recorded)  # type: ignore[attr-defined]
        _recorded.clear()
    if report.when == "teardown" and report.nodeid in _attributes:
        report.junit_attributes = _attributes.pop(report.nodeid)  # type: ignore[attr-defined]
