"""The user's terminal, while a debugger in one worker has it."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from pytest_monorepo.run.hooks.audience import Watcher
from pytest_monorepo.run.state.conversation import Conversation
from pytest_monorepo.run.workers.events import Ended, Said
from pytest_monorepo.run.workers.signals import in_main_thread
from pytest_monorepo.worker import protocol

from .members import Crew


class Loan:
    """Who has the terminal. What the other workers say meanwhile is kept, since nothing may be printed."""

    def __init__(self) -> None:
        self.borrower: int | None = None
        self._kept: list[Said | Ended] = []
        self._since = 0.0
        self._old_sigint: Any = signal.SIG_DFL

    @property
    def given(self) -> bool:
        return self.borrower is not None

    def give(self, worker: int) -> None:
        """Ctrl-C is the debugger's from now on."""
        self.borrower, self._since = worker, time.monotonic()
        if in_main_thread():
            self._old_sigint = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def take_back(self) -> float:
        """Returns for how many seconds it was lent."""
        self.borrower = None
        if in_main_thread():
            signal.signal(signal.SIGINT, self._old_sigint)
        return time.monotonic() - self._since

    def audible(self, events: Iterable[Said | Ended]) -> Iterator[Said | Ended]:
        """What may be heard now, of these and of what was kept; the borrower alone while there is a loan."""
        self._kept += events
        waiting = deque(self._kept)
        self._kept.clear()
        while waiting:
            event = waiting.popleft()
            if self.given and event.worker != self.borrower:
                self._kept.append(event)
                continue
            yield event
            if self._kept and not self.given:
                # nobody may say another word: those who wait for an answer to what was kept do not
                waiting.extendleft(reversed(self._kept))
                self._kept.clear()


class Lender:
    """Gives the terminal to a worker that asks for it, and takes it back.

    ``announces``: say whose prompt it is; a worker that has the terminal all the time does so itself.
    """

    def __init__(self, config: pytest.Config, crew: Crew, watcher: Watcher, *, announces: bool) -> None:
        self.config = config
        self.crew = crew
        self.watcher = watcher
        self.announces = announces
        self.loan = Loan()
        self.quit: str | None = None
        self.quitter: int | None = None

    def lend(self, talk: Conversation) -> None:
        """Not once the run is ending: nobody would answer the prompt."""
        if self.crew.interrupted or self.quit is not None:
            return
        self.watcher.clear()
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and self.announces:
            # pytest's own headline goes to the worker's log
            reporter.write_sep(">", f"debugger in {talk.current or talk.task.project}")
        self.loan.give(talk.number)
        self.crew.send(talk, protocol.TerminalGranted())

    def has_quit(self, talk: Conversation, reason: str) -> None:
        """Somebody at the worker's prompt has ended the run."""
        self.quit, self.quitter = reason, talk.number

    def end_where_told(self) -> None:
        """Raise what ends the run, once somebody has told so: pytest's exit, or Ctrl-C."""
        if self.quit:
            pytest.exit(self.quit)
        if self.quit is not None:
            raise KeyboardInterrupt

    def back(self) -> None:
        """What the others could not say meanwhile is no silence, and their projects' time stood still."""
        if self.loan.given:
            borrower, seconds = self.loan.borrower, self.loan.take_back()
            for talk in self.crew.talks.values():
                talk.last_heard = time.monotonic()
                talk.started += seconds if talk.number != borrower else 0.0

    def back_from(self, talk: Conversation) -> None:
        """The worker is gone."""
        if talk.number == self.loan.borrower:
            self.back()
