"""A process that nobody can wait for as for a :class:`subprocess.Popen`: it is asked again and again."""

from __future__ import annotations

import abc
import subprocess
import time


class Polled(abc.ABC):
    """What the pool needs of a process that ends by itself, as :class:`subprocess.Popen` has it."""

    @abc.abstractmethod
    def poll(self) -> int | None:
        """The exit code, as far as it is known; ``None`` while it lives."""

    def wait(self, timeout: float | None = None) -> int:
        """Raises :class:`subprocess.TimeoutExpired` where it lives on after ``timeout`` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and timeout is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("fork server", timeout)
            time.sleep(0.001)
        return code
