"""``[tool.pytest-monorepo.quarantine]``: tests that run and are told apart, and whose failure fails no run.

Every entry has somebody who looks after it and a last day, near enough that nobody forgets it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from .worker.plugins.quarantine import is_meant

MOST_DAYS = 30
"""How many days ahead ``until`` may lie."""


class Entry(NamedTuple):
    """``tests`` is a node id relative to the workspace root or a glob of them; ``until`` the last day."""

    tests: str
    owner: str
    reason: str
    until: datetime.date

    def is_over(self, today: datetime.date) -> bool:
        """Whether its tests' failures count again."""
        return today > self.until

    def holds(self, nodeid: str) -> bool:
        """Whether the test is one that is meant."""
        return is_meant(nodeid, self.tests)

    @property
    def words(self) -> str:
        """``slow database (@ml, until 2026-12-20)``."""
        return f"{self.reason} ({self.owner}, until {self.until.isoformat()})"


def standing(entries: Iterable[Entry], today: datetime.date) -> tuple[Entry, ...]:
    """Those that are not over."""
    return tuple(entry for entry in entries if not entry.is_over(today))


def is_too_far(until: datetime.date, today: datetime.date) -> bool:
    """Whether the day is later than an entry may name."""
    return until > latest(today)


def latest(today: datetime.date) -> datetime.date:
    """The last day that an entry may name."""
    return today + datetime.timedelta(days=MOST_DAYS)
