"""Files that several processes write at once, and that may be damaged when they are read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

PART = ".part-"
"""How the names of files begin that are being written."""


def write_atomically(path: Path, data: bytes) -> bool:
    """Whether the file now holds the data: a reader sees all of it or what was there before."""
    part = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, part = tempfile.mkstemp(dir=path.parent, prefix=PART)
        with os.fdopen(fd, "wb") as stream:
            stream.write(data)
        os.replace(part, path)
        return True
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(part)
        return False


def sealed(data: bytes) -> bytes:
    """The data behind its own digest, so that what was cut or damaged is known."""
    return hashlib.sha256(data).hexdigest().encode("ascii") + b"\n" + data


def unsealed(raw: bytes) -> bytes | None:
    """The data, or ``None`` where it is not what was sealed."""
    seal, _, data = raw.partition(b"\n")
    return data if hashlib.sha256(data).hexdigest().encode("ascii") == seal else None
