"""What a worker says of one test, or of its collection, is told at once or not at all. Pure.

A machine that goes in the middle leaves nothing half told: the test is run once more elsewhere, and whatever
had been said of it would be said twice.
"""

from __future__ import annotations

from typing import Any

from pytest_monorepo.worker import protocol

_UNFINISHED = (
    protocol.CollectReport,
    protocol.Deselected,
    protocol.WrongFile,
    protocol.TestReport,
    protocol.WarningRecorded,
)


class Holding:
    """Of one worker."""

    def __init__(self) -> None:
        self._held: list[Any] = []

    def heard(self, message: Any) -> list[Any]:
        """What may be told now."""
        self._held.append(message)
        return [] if isinstance(message, _UNFINISHED) else self.rest()

    def rest(self) -> list[Any]:
        """The worker says nothing more."""
        held, self._held = self._held, []
        return held
