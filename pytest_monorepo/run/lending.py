"""The user's terminal, while a debugger in one worker has it."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from .pool import Ended, Said
from .signals import in_main_thread


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
