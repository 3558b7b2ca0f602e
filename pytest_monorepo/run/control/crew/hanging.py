"""Workers that hang are ended. :mod:`~.state.deadlines` has the limits."""

from __future__ import annotations

import time

from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.state.conversation import Conversation
from pytest_monorepo.run.state.deadlines import GRACE, Limit, limits, overdue

from .lending import Loan
from .members import Crew

_STEP = 0.1
"""Seconds between two looks at the clock while there is a limit."""


class Hanging:
    """Whoever is asked something at the terminal, or is not heard because of it, does not hang."""

    def __init__(self, plan: Plan, crew: Crew, loan: Loan) -> None:
        self.plan = plan
        self.crew = crew
        self.loan = loan
        limits = [plan.idle_timeout, *(plan.timeout_of(project.path) for project in plan.projects)]
        self._may_hang = any(limits)

    @property
    def next_look(self) -> float | None:
        """Seconds until there may be something to do; ``None`` without a limit."""
        if not self._may_hang:
            return None
        limited = (self._limits(talk) for talk in self.crew.talks.values() if not self._is_excused(talk))
        return _STEP if any(limited) else None

    def end_overdue(self) -> None:
        if not self._may_hang:
            return
        now = time.monotonic()
        for talk in list(self.crew.talks.values()):
            if talk.kill_at is None:
                self._look_at(talk, now)
            elif now >= talk.kill_at:
                self.crew.pool.kill(talk.number)

    def _look_at(self, talk: Conversation, now: float) -> None:
        """Ask a hanging worker for its stacks; it ends soon after, with everything its tests have started."""
        passed = None if self._is_excused(talk) else overdue(self._limits(talk), now)
        if passed is not None:
            talk.verdict, talk.out_of_time = passed.words, passed.whole
            talk.kill_at = now + GRACE
            self.crew.pool.dump_stacks(talk.number)

    def _limits(self, talk: Conversation) -> tuple[Limit, ...]:
        total = self.plan.timeout_of(talk.task.project)
        return limits(talk, self.crew.mates(talk), total, self.plan.idle_timeout)

    def _is_excused(self, talk: Conversation) -> bool:
        return talk.asking_since is not None or self.loan.borrower not in (None, talk.number)
