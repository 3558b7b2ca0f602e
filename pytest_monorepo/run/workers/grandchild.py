"""A fork server that another one has forked: who cannot wait for it hears its connection close."""

from __future__ import annotations

import contextlib
import os
import signal
import socket

from .polled import Polled


class Grandchild(Polled):
    """What the pool needs of a process, as :class:`subprocess.Popen` has it.

    ``pid`` and ``returncode`` are what its parent has told so far. To ask for its end is for who does not
    listen to ``control`` any more: what still comes is thrown away.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control: socket.socket | None = control.dup()
        self.pid = 0
        self.returncode: int | None = None
        self._doomed = False

    def told(self, pid: int) -> None:
        """What it was forked as; 0 where it could not be."""
        self.pid, self.returncode = pid, None if pid else 1
        if self._doomed:
            self._end()

    def poll(self) -> int | None:
        """The exit code, 0 where nobody has told it; ``None`` while it lives."""
        while self._control is not None:
            try:
                if self._control.recv(1 << 16, socket.MSG_DONTWAIT):
                    continue
            except BlockingIOError:
                return None
            except OSError:  # closed with words of ours unread
                pass
            self._control.close()
            self._control = None
        return self.returncode or 0

    def kill(self) -> None:
        """At once, or as soon as it is told which it is; at the end whoever has forked it does so."""
        if self.poll() is not None or self._control is None:
            return
        if self.pid:
            self._end()
        else:
            self._doomed = True
            self._control.close()
            self._control = None

    def _end(self) -> None:
        if self.pid:  # 0 would be all of our own group
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
