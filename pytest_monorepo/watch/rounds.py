"""Which round of tests comes next: pure, no I/O."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

GREEN = 0
_COMPLETE = (0, 1, 5)
"""Exit codes of a run that came to its end."""


@dataclass(frozen=True)
class Round:
    """One run: of these project paths (``None``: all that the command line chooses), or of failed tests.

    Of the test files of the projects all but those ``left_out``.
    """

    projects: frozenset[str] | None = None
    failed_only: bool = False
    why: str = ""
    left_out: frozenset[str] = frozenset()


@dataclass
class Rounds:
    """``pending`` are the projects that a change affects and that no complete round has run since.

    ``running`` is the round that goes on, ``next`` the one to start once that has ended. ``maxfail`` says
    that a round may end before it ran everything. ``code`` is the exit code of the last round that ended by
    itself.
    """

    maxfail: bool = False
    pending: set[str] = field(default_factory=set)
    running: Round | None = None
    next: Round | None = None
    last: Round | None = None
    code: int | None = None
    green: bool = False

    def affected(
        self,
        projects: Set[str],
        within: Set[str],
        why: str,
        everything: Set[str],
        left_out: frozenset[str] = frozenset(),
    ) -> bool:
        """A change affects ``projects``; ``within`` are those that may run. Says whether one of them will.

        What a cancelled round was about to run is run by the next one, as far as it was not a filtered one.
        With anything of an earlier change to run, no file is ``left_out``.
        """
        earlier = self.pending or self.next is not None or self.running is not None
        self.pending |= projects
        if not projects & within:
            return False
        wanted = self.pending & within
        for round_ in (self.next, self.running):
            if round_ is not None and not round_.failed_only:
                wanted |= (everything if round_.projects is None else round_.projects) & within
        self.next = Round(frozenset(wanted), why=why, left_out=frozenset() if earlier else left_out)
        return True

    def asked(self, wanted: Round) -> None:
        """A key asks for a round."""
        self.next = wanted

    def started(self) -> Round:
        """The next round starts; call only where there is one."""
        assert self.next is not None
        self.running = self.last = self.next
        self.next = None
        self.green = False
        return self.running

    def ended(self, code: int, cancelled: bool, everything: Set[str]) -> None:
        """The running round ended with this exit code; ``everything`` is what the command line chooses."""
        round_ = self.running
        self.running = None
        if cancelled or round_ is None:
            return
        self.code = code
        self.green = code == GREEN
        complete = code in _COMPLETE and not (self.maxfail and code != GREEN)
        # where another one waits already, a change came while this one ran
        if complete and not round_.failed_only and self.next is None:
            self.pending -= everything if round_.projects is None else round_.projects
