"""A lock on a file that ends with its process, however that ends."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Lock:
    """Held until :meth:`release`; also a second one of the same process is refused."""

    fd: int

    @classmethod
    def taken(cls, file: Path) -> Lock | None:
        """``None`` where another one holds it, or there is no folder for it any more."""
        try:
            fd = os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError:
            return None
        try:
            _lock(fd)
            if os.stat(file).st_ino == os.fstat(fd).st_ino:  # not one that somebody has removed meanwhile
                return cls(fd)
        except OSError:
            pass
        os.close(fd)
        return None

    def release(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.fd)


def _lock(fd: int) -> None:
    """Raises ``OSError`` where it is locked."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        # it belongs to the open file description (flock(2)): one process is refused a second one, too, which
        # lockf would grant
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
