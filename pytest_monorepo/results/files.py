"""Files that several processes write at once, and that may be damaged when they are read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from pytest_monorepo import writing


def write_atomically(path: Path, data: bytes) -> bool:
    """Whether the file now holds the data, for this user alone; its folder is made."""
    try:
        try:
            writing.replace(path, data, private=True)
        except FileNotFoundError:  # its folder is not there yet, or somebody has cleared it
            os.makedirs(path.parent, exist_ok=True)
            writing.replace(path, data, private=True)
        return True
    except OSError:
        return False


def sealed(data: bytes) -> bytes:
    """The data behind its own digest, so that what was cut or damaged is known."""
    return hashlib.sha256(data).hexdigest().encode("ascii") + b"\n" + data


def unsealed(raw: bytes) -> bytes | None:
    """The data, or ``None`` where it is not what was sealed."""
    seal, _, data = raw.partition(b"\n")
    return data if hashlib.sha256(data).hexdigest().encode("ascii") == seal else None
