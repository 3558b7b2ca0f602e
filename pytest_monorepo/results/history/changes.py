"""Whether a test has become slower: where a series of times changes for good, and not by chance. Pure.

The series is cut where the absolute deviations from the medians of both parts are least. That is a change
only where nearly all of one part lies beyond nearly all of the other: a single slow run, or times that
spread widely, are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pytest_monorepo.value import value

BEFORE, AFTER = 5, 3
"""How many runs there must be at least on both sides of a change."""
RATIO, SECONDS = 1.3, 0.05
"""By how much the time must have changed at least."""


@value(frozen=True)
class Change:
    """``at`` is the index of the first run after it; ``before`` and ``after`` are medians in seconds."""

    at: int
    before: float
    after: float


def slower(seconds: Sequence[float]) -> Change | None:
    """Where the times, oldest first, have become longer and have stayed so; ``None`` where they have not."""
    if len(seconds) < BEFORE + AFTER:
        return None
    at = min(range(BEFORE, len(seconds) - AFTER + 1), key=lambda cut: _deviation(seconds, cut))
    before, after = seconds[:at], seconds[at:]
    change = Change(at, median(before), median(after))
    if change.after < max(change.before * RATIO, change.before + SECONDS):
        return None
    # one outlier on either side is chance: a busy machine once
    high = sorted(before)[-2]
    low = sorted(after)[1 if len(after) > AFTER else 0]
    return change if low > high else None


def _deviation(seconds: Sequence[float], cut: int) -> float:
    total = 0.0
    for part in (seconds[:cut], seconds[cut:]):
        middle = median(part)
        total += sum(abs(value - middle) for value in part)
    return total


def is_usual(value: float, earlier: Sequence[float]) -> bool:
    """Whether a time lies within the spread of earlier ones, with a tenth beyond.

    Of fewer than five nobody knows the spread, and no time is called unusual.
    """
    if len(earlier) < BEFORE:
        return True
    return 0.9 * min(earlier) <= value <= 1.1 * max(earlier)
