"""What hooks say of a selection, as functions: who asks pytest is above. What stands here is without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pytest_monorepo.records import LockedPackage

if TYPE_CHECKING:
    from .sides import Edges

Packages = Mapping[str, LockedPackage]
ReadLock = Callable[[str, bytes], "Packages | None"]


def _as_they_are(paths: Sequence[str]) -> Iterable[str]:
    return paths


def read_known(path: str, content: bytes) -> Packages | None:
    """The packages of a lock of a kind known here, ``None`` for any other file."""
    from .locks.lockfiles import read

    return read(path, content)


def is_further(packages: Packages | None) -> bool:
    """Whether somebody else than :func:`read_known` has read this."""
    if packages is None:
        return False
    from .locks.lockfiles import KnownLock

    return not isinstance(packages, KnownLock)


class Extensions(NamedTuple):
    """``changed_paths`` gives those that count for those that git names.

    ``read_lock`` says what a lock holds, ``None`` for a file that is none; ``further_locks`` where it may
    know more kinds than we do. ``edges`` are the graph's.
    """

    changed_paths: Callable[[Sequence[str]], Iterable[str]] = _as_they_are
    read_lock: ReadLock = read_known
    further_locks: bool = False
    edges: Edges | None = None
