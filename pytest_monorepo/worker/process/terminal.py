"""File descriptors 0 to 2: the worker's logs, or the user's terminal while a debugger has it."""

from __future__ import annotations

import os
import sys
from typing import ClassVar, List


class Terminal:
    """The user's terminal, kept aside while file descriptors 0 to 2 lead elsewhere.

    ``group`` is the controller's process group, the one that may read from the terminal; 0 where there is
    none. ``errors`` is the user's stderr where descriptor 2 is the log of a fork server, else -1.
    """

    group = 0
    errors = -1
    _saved: ClassVar[List[int]] = []
    _logs: ClassVar[List[int]] = []

    @classmethod
    def redirect(cls, out: str, err: str) -> None:
        """Send descriptors 1 and 2 to the worker's logs and let 0 read nothing."""
        flush_standard_streams()
        cls._saved = [os.dup(fd) for fd in (0, 1, 2)]
        write = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        for fd, path, flags in ((0, os.devnull, os.O_RDONLY), (1, out, write), (2, err, write)):
            opened = os.open(path, flags, 0o600)
            os.dup2(opened, fd)
            os.close(opened)

    @classmethod
    def restore(cls) -> None:
        """Undo :meth:`redirect`."""
        flush_standard_streams()
        for fd, saved in enumerate(cls._saved):
            os.dup2(saved, fd)
            os.close(saved)
        cls._saved = []

    @classmethod
    def take(cls) -> None:
        flush_standard_streams()
        cls._logs = [os.dup(fd) for fd in (0, 1, 2)]
        for fd, saved in enumerate(cls._saved):
            os.dup2(saved, fd)
        cls.use()

    @classmethod
    def use(cls) -> None:
        """Read and write there as the controller does, where descriptors 0 and 1 are the user's."""
        if cls.errors >= 0:
            os.dup2(cls.errors, 2)  # without readline a prompt is written there, too
        cls.join_foreground()

    @classmethod
    def give_back(cls) -> None:
        flush_standard_streams()
        for fd, log in enumerate(cls._logs):
            os.dup2(log, fd)
            os.close(log)
        if hasattr(os, "setpgid"):
            os.setpgid(0, 0)

    @classmethod
    def join_foreground(cls) -> None:
        # A background process group is stopped when it reads from the terminal.
        if cls.group and hasattr(os, "setpgid"):
            os.setpgid(0, cls.group)


def flush_standard_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
