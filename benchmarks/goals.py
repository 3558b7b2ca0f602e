"""What was measured, held against a goal: a benchmark that misses one says so, and exits 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

MISSED = "MISSED "


def missed(title: str, seconds: Mapping[str, float], way: str, goals: Mapping[str, float]) -> Iterator[str]:
    """A line for each other way of which ``way`` takes more than the share that is its goal."""
    for other, goal in goals.items():
        share = seconds[way] / seconds[other]
        if share > goal:
            yield f"{MISSED}{title}: {way} takes {share:.2f} of {other}, the goal is {goal:.2f}"
