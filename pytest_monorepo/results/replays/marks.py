"""How a report shows that it is one of an earlier run."""

from __future__ import annotations

from typing import Any

KEY = "monorepo_cached"
"""The attribute of a report, also where it is plain data."""


def mark(report: Any, origin: str) -> None:
    """Let the report tell ``origin``, also in JUnit's file: that has the properties of the last report."""
    setattr(report, KEY, origin)
    if report.when == "teardown":
        report.user_properties = [*report.user_properties, ("cached", origin)]


def origin_of(report: Any) -> str:
    """Where the report comes from; empty for one of this run."""
    return str(getattr(report, KEY, ""))
