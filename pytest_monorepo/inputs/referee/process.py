"""The referee itself: the parent of a worker, which sees each look-up of it and of all that it starts.

Only an ancestor may read another process' memory (Yama, as Ubuntu has it). It imports nothing of the project,
gives on the signals that are meant for the worker, and ends as that has ended.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import struct
import time
from typing import Any, Callable, List, Optional

from .kernel import Kernel, Listener, ancestors
from .seen import Seen

TELL = b"?"
_LENGTH = struct.Struct("=Q")


class Process:
    """``sock`` leads to the worker; nothing is told of before the listener comes on it."""

    def __init__(self, kernel: Kernel, sock: socket.socket, worker: int, seen: Callable[[], Seen]) -> None:
        self._kernel = kernel
        self._sock = sock
        self._worker = worker
        self._make = seen
        self._seen: Optional[Seen] = None
        self._listener: Optional[Listener] = None
        self._status: Optional[int] = None
        self._wakeup, writing = os.pipe()
        for end in (self._wakeup, writing):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writing)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
        self._watch = select.poll()
        self._watch.register(self._wakeup, select.POLLIN)
        self._watch.register(sock, select.POLLIN)

    def serve(self) -> None:
        """Until the worker has ended, and what it has left behind had a moment to end, too."""
        until = float("inf")
        self._reap()  # it may have ended before anybody heard of that
        while time.monotonic() < until:
            for number, event in self._watch.poll(_PAUSE):
                if number == self._wakeup:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wakeup, 4096)
                    self._reap()
                elif number == self._sock.fileno():
                    self._hear()
                else:
                    self._attend(event)
            self._pass_on()
            if self._status is not None:
                if self._listener is None:
                    return
                until = min(until, time.monotonic() + _GRACE)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self._worker:
                    self._status = status

    def _hear(self) -> None:
        data, ancillary, _, _ = self._sock.recvmsg(1, socket.CMSG_SPACE(4))
        for _, _, passed in ancillary:
            (number,) = struct.unpack_from("=i", passed)
            self._listener, self._seen = Listener(number), self._make()
            self._watch.register(number, select.POLLIN)
        if data == TELL:
            self._tell()
        elif not data:
            self._watch.unregister(self._sock)

    def _tell(self) -> None:
        if self._listener is not None:
            waiting = select.poll()
            waiting.register(self._listener.number, select.POLLIN)
            while any(event & select.POLLIN for _, event in waiting.poll(0)):
                self._attend(select.POLLIN)
        told = self._seen.plain() if self._seen is not None else {}
        data = json.dumps(told).encode("ascii")
        self._sock.sendall(_LENGTH.pack(len(data)) + data)

    def _attend(self, event: int) -> None:
        assert self._listener is not None
        assert self._seen is not None
        if event & select.POLLIN:
            told = self._listener.next()
            if told is not None:
                self._seen.see(told)
                self._listener.goes_on(told)
        elif event:  # nobody is left whom it tells of
            self._watch.unregister(self._listener.number)
            self._listener = None

    def _pass_on(self) -> None:
        """Who means the worker knows of this process; a terminal, and the tests, signal both at once."""
        while True:
            info = signal.sigtimedwait(_PASSED_ON, 0)
            if info is None:
                return
            # of a process, see sigaction(2)
            means_worker = info.si_code <= 0 and self._worker not in ancestors(info.si_pid)
            if means_worker and self._status is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._worker, info.si_signo)

    def end(self) -> None:
        """As the worker has ended."""
        status = self._status or 0
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            with contextlib.suppress(ImportError, OSError, ValueError):
                import resource

                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            with contextlib.suppress(OSError):  # SIGKILL has no handler
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
            os.kill(os.getpid(), number)
        os._exit(os.WEXITSTATUS(status))


_OWN_FAULTS = {
    getattr(signal, f"SIG{name}") for name in ("ILL", "TRAP", "ABRT", "BUS", "FPE", "SEGV", "PIPE", "SYS")
}
_PASSED_ON = (
    {*range(1, signal.NSIG)}
    - _OWN_FAULTS
    - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT, signal.SIGCHLD, 32, 33}
)
"""All that can be kept waiting but for those that it may raise itself; 32 and 33 are the C library's."""
_PAUSE = 100
_GRACE = 0.15
"""Seconds in which helpers end whose worker is gone."""


def stand_by(kernel: Kernel, closes: List[int], seen: Callable[[int], Seen]) -> Any:
    """Fork; return in the child, with its end of a connection. The calling process becomes its referee.

    ``closes`` are descriptors that are the child's alone.
    """
    ours, theirs = socket.socketpair()
    parent = os.getpid()
    worker = os.fork()
    if not worker:
        ours.close()
        kernel.dies_with_parent(parent)
        return theirs
    try:
        theirs.close()
        for number in closes:
            os.close(number)
        gc.disable()
        kernel.adopts_orphans()
        process = Process(kernel, ours, worker, lambda: seen(worker))
        process.serve()
        process.end()
    finally:
        os._exit(70)  # sysexits.h: a fault of ours; the kernel ends the worker with us
