"""Which distributions count where a node's are compared with ours: those that locks name."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable
from pathlib import Path

from pytest_monorepo.affected.locks import packages
from pytest_monorepo.affected.locks.formats.entries import ReadError
from pytest_monorepo.affected.locks.names import names_a_lock


def locked(root: Path, files: Iterable[str], folders: Collection[str]) -> Collection[str] | None:
    """The names in the locks that lie in one of ``folders``; ``None``: all that is installed counts.

    That is so where there is no lock, or one that cannot be understood. Requirements files only add names to
    a lock's: one of them alone may pin a part of what is installed.
    """
    names: set[str] = set()
    found = False
    for path in files:
        if posixpath.dirname(path) not in folders:
            continue
        try:
            lock = packages.read(path, (root / path).read_bytes())
            names |= set(lock or ())
        except (OSError, ReadError):
            if names_a_lock(path):
                return None
            continue
        found = found or names_a_lock(path)
    return names if found else None
