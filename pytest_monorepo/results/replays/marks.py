"""How a report shows that it is one of an earlier run."""

from __future__ import annotations

from typing import Any

_MARK = "monorepo_cached"


def mark(report: Any, origin: str) -> None:
    """Let the report tell ``origin``, also in JUnit's file: that has the properties of the last report."""
    setattr(report, _MARK, origin)
    if report.when == "teardown":
        report.user_properties = [*report.user_properties, ("cached", origin)]


def origin_of(report: Any) -> str:
    """Where the report comes from; empty for one of this run."""
    return str(getattr(report, _MARK, ""))
