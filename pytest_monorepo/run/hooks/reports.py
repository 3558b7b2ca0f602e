"""What JSON and pytest's own serialisation make of a report, undone."""

from __future__ import annotations

from typing import Any

from pytest_monorepo.worker.plugins.reports import properties


def restored(report: Any, data: dict[str, Any]) -> Any:
    """The report as the worker had it; ``data`` is what it was built from. Changes and returns ``report``."""
    # pytest and its plugins insist on tuples, JSON knows only lists
    if isinstance(report.longrepr, list):
        report.longrepr = tuple(report.longrepr)  # a skip's file, line and reason
    report.sections = [tuple(pair) for pair in getattr(report, "sections", ())]
    recorded = getattr(report, "user_properties", ())
    report.user_properties = [(name, properties.unpacked(value)) for name, value in recorded]
    if vars(report).get("location") is not None:  # a read-only property of collect reports
        report.location = tuple(report.location)
    context = data.get("_subtest.context")
    if isinstance(context, dict) and hasattr(report, "context"):
        # SubtestContext turns its values into their repr each time it is built (pytest >= 9)
        object.__setattr__(report.context, "kwargs", context.get("kwargs"))
    return report
