"""What pytest-bdd keeps of a scenario for its own reports: beside pytest's report of the test, not in it.

So nothing of it comes from a worker of pytest-xdist, and ``--cucumberjson`` writes an empty list (9.0.1).
The names used are not documented; ``tests/plugins`` fails when they move.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

KEY = "monorepo_scenario"


class Scenarios:
    """For both ends: puts it into what is told of a report, and takes it out again."""

    @pytest.hookimpl(hookwrapper=True)
    def pytest_report_to_serializable(self, report: Any) -> Any:
        outcome = yield
        context = _known().get(report)
        if context is not None:
            outcome.get_result()[KEY] = [context.scenario, context.name]

    @pytest.hookimpl(hookwrapper=True)
    def pytest_report_from_serializable(self, data: Any) -> Any:
        told = data.pop(KEY, None)
        outcome = yield
        if told is not None:
            scenario, name = told
            _known()[outcome.get_result()] = _module().ReportContext(scenario=scenario, name=name)


def prepare(config: Any) -> None:
    """Where somebody asks for the report; else short words for tests that pass tell enough."""
    if getattr(config.option, "cucumber_json_path", None) and hasattr(_module(), "ReportContext"):
        config.pluginmanager.register(Scenarios(), "monorepo-scenarios")


def _module() -> Any:
    return sys.modules.get("pytest_bdd.reporting")


def _known() -> Any:
    return getattr(_module(), "test_report_context_registry", {})
