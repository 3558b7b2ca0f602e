"""What workers say is told at once; only begins of tests and passes wait a moment for more. Pure.

Each note goes through the scheduler of Dask by itself, which costs it and the controller more than its words:
short tests come many in one. Nobody waits for either, as for a failure (``-x``) or a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pytest_monorepo.cluster.words import Item
from pytest_monorepo.run.workers.events import Ended, Said
from pytest_monorepo.worker import protocol

LONGEST = 0.05
"""Seconds: of a machine lost meanwhile nobody knows that a test began or passed, and it runs elsewhere."""


@dataclass
class Gathering:
    """``items`` wait, the first of them ``since`` a time by the caller's clock."""

    items: list[Item] = field(default_factory=list)
    since: float = 0.0
    hurries: bool = False

    def add(self, events: Sequence[Said | Ended], items: Iterable[Item], now: float) -> None:
        """What is to be told of what has happened."""
        if not self.items:
            self.since, self.hurries = now, False
        before = len(self.items)
        for item in items:
            join(self.items, item)
        # an item without an event is an end that was held back
        self.hurries |= not all(map(_waits, events)) or (not events and len(self.items) > before)

    def taken(self, now: float) -> list[Item]:
        """What is to be told now, if anything; it waits no more."""
        if not self.items or not (self.hurries or now - self.since >= LONGEST):
            return []
        return self.rest()

    def rest(self) -> list[Item]:
        """All that waits."""
        found, self.items = self.items, []
        return found


def join(items: list[Item], item: Item) -> None:
    """Add one; what a worker says in a row is one item."""
    if items and item[0] == "said" and items[-1][:2] == item[:2]:
        items[-1][2] += item[2]
    else:
        items.append(item)


def _waits(event: Said | Ended) -> bool:
    return isinstance(event, Said) and isinstance(event.message, (protocol.TestStarted, protocol.TestPassed))
