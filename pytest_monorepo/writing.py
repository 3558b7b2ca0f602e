"""Files that are written whole or not at all: who reads one meanwhile sees the old one or the new one."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

PART = ".part-"
"""How the names of files begin that are being written."""

IN_PLACE = frozenset((errno.EBUSY, errno.EACCES, errno.EPERM, errno.EROFS, errno.EXDEV))
"""Why nothing can be put in a file's place: a container has bound it, its folder may not be written."""


def replace(path: Path, data: bytes, *, private: bool = False) -> None:
    """Put the data in the file's place. Raises ``OSError``; then the file is what it was.

    ``private``: nobody else may read it. Else a new file is as open as the umask lets it be, and one that is
    there keeps its mode.
    """
    part = os.path.join(os.path.dirname(path), PART + os.urandom(8).hex())
    # not tempfile's: those are 0600, and others read our reports
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600 if private else 0o666)
    try:
        try:
            write_all(handle, data)  # a stream would ask five questions more: a recording writes hundreds
        finally:
            os.close(handle)
        if not private:
            with contextlib.suppress(OSError):
                shutil.copymode(path, part)
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


_BINARY = getattr(os, "O_BINARY", 0)


def write_all(handle: int, data: bytes) -> None:
    """Into an open file or pipe, which may take a part at a time. Raises ``OSError``."""
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def report(path: Path, data: bytes) -> None:
    """Write a file that the user has named: links keep pointing to it, and a stream is written into.

    Raises ``OSError``. Where nothing can be put in the file's place, it is written as any program would.
    """
    if is_stream(path):
        path.write_bytes(data)
        return
    real = Path(os.path.realpath(path))
    try:
        replace(real, data)
    except OSError as error:
        if error.errno not in IN_PLACE or not real.is_file():
            raise
        real.write_bytes(data)


def is_stream(path: Path) -> bool:
    """Whether what is written there goes to somebody at once: a pipe, a terminal, ``/dev/stdout``.

    That one leads to a plain file where the shell has sent the output to one; the file is the shell's.
    """
    # "/dev/stdout" is a link to "/proc/self/fd/1", on macOS to "fd/1"
    descriptor = os.path.abspath(path).startswith(("/dev/", "/proc/"))
    return (descriptor and not _memory(path)) or (path.exists() and not path.is_file())


def _memory(path: Path) -> bool:
    return os.path.abspath(path).startswith("/dev/shm/")
