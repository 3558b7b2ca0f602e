"""How many tests there will be, for pytest's percentages: they never fall, and 100 % is the last test's.

Pure. pytest divides what was reported by what was collected, and here projects collect while others run.
"""

from __future__ import annotations

from collections.abc import Collection
from operator import attrgetter

from .projects import Progress

_COLLECTED, _ENDED, _UNRUN = attrgetter("collected"), attrgetter("exit_codes"), attrgetter("unrun")
_BESIDE = attrgetter("beside")


class Percent:
    """``told`` are the node ids that pytest's terminal has counted, ``shown`` the last percentage."""

    def __init__(self) -> None:
        self.told: set[str] = set()
        self.shown = 0
        self._known: int | None = None
        self._stamp: tuple[list[int | None], list[int], int] | None = None
        self._sums: tuple[int, int | None] = (0, None)

    def fewer(self) -> None:
        """A project has ended before its last test: by a file that cannot be collected, say."""
        self._known = None

    def total(self, projects: Collection[Progress]) -> int:
        """What to divide by now, given all projects of the run."""
        reported = len(self.told)
        if (
            self._known is not None
            and reported < self._known
            and not 100 * reported < self.shown * self._known
        ):
            # the usual case, a test of many: all projects have collected, and nothing has to be smoothed
            self.shown = max(self.shown, 100 * reported // self._known)
            return self._known
        known, foreseen = self._summed(projects)
        waiting = foreseen is not None
        self._known = None if waiting else known
        total = known + (foreseen or 0)
        least = reported if not waiting and reported >= known else reported + 1
        if self.shown and 100 * reported < self.shown * total:
            total = 100 * reported // self.shown
        total = max(total, least, 1)
        self.shown = max(self.shown, 100 * reported // total)
        return total

    def _summed(self, projects: Collection[Progress]) -> tuple[int, int | None]:
        """The tests collected, and those foreseen of projects that have still to collect, if any has.

        Asked for at each test, where only few of the projects are others than last time.
        """
        stamp = (
            list(map(_COLLECTED, projects)),
            list(map(len, map(_ENDED, projects))),
            sum(map(_UNRUN, projects)) - sum(map(_BESIDE, projects)),
        )
        if stamp != self._stamp:
            waiting = [one for one in projects if one.collected is None and not one.exit_codes]
            foreseen = sum(one.expected or self._guess(one, projects) for one in waiting)
            known = sum(one.collected or 0 for one in projects) - stamp[-1]
            self._stamp, self._sums = stamp, (known, foreseen if waiting else None)
        return self._sums

    def _guess(self, project: Progress, projects: Collection[Progress]) -> int:
        """As many tests in a file as the others have, where no earlier run has counted them."""
        others = [one for one in projects if one.collected is not None and one.project.test_files]
        files = sum(len(one.project.test_files) for one in others)
        each = sum(one.collected or 0 for one in others) / files if files else 1
        return max(1, round(len(project.project.test_files) * each))
