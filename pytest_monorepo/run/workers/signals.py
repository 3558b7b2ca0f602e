"""Signals in the controller; only the main thread may handle them, elsewhere nothing is changed."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


def in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


class Interrupts:
    """Ctrl-C, SIGTERM and SIGHUP end a run with a report and without leftovers.

    Python runs a handler between any two steps. Raised in the middle of one, a ``KeyboardInterrupt`` loses
    what a worker has said and pytest's hooks have not been told yet: its channel is read, its batch half
    heard. So it is held where :meth:`holding` says, and raised where nothing is half done. A second one
    does not wait: what holds up the first may hang, as a plugin's hook can.
    """

    def __init__(self) -> None:
        self._held = False
        self._pending: KeyboardInterrupt | None = None

    @contextlib.contextmanager
    def interrupting(self) -> Iterator[None]:
        """All three are heard here; Ctrl-C only where nobody else hears it."""
        numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            numbers.append(signal.SIGINT)
        old = {number: signal.signal(number, self._heard) for number in numbers if in_main_thread()}
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        error = (
            KeyboardInterrupt() if number == signal.SIGINT else KeyboardInterrupt(signal.Signals(number).name)
        )
        if not self._held or self._pending is not None:
            raise error
        self._pending = error

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """What comes in here is raised by :meth:`check`, in :meth:`audible`, or when all is done."""
        self._held = True
        try:
            yield
            self.check()
        finally:
            self._held, self._pending = False, None

    def check(self) -> None:
        """Raise what is held, if anything."""
        if self._pending is not None:
            raise self._pending

    @contextlib.contextmanager
    def audible(self) -> Iterator[None]:
        """A step that loses nothing when it is cut off, as waiting does."""
        if not in_main_thread():  # a node's agent, which waits beside
            yield
            return
        held, self._held = self._held, False
        try:
            self.check()
            yield
        finally:
            self._held = held


interrupts = Interrupts()
"""Those of this process: handlers are the process's, and no two runs of it wait at the same time."""
