"""What hooks add to the selection, as functions: who asks pytest is above."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pytest_monorepo.hookspecs import LockedPackage

Packages = Mapping[str, LockedPackage]


def _nothing(paths: Sequence[str]) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Extensions:
    """``changed_paths`` gives further paths for those that git names.

    ``read_lock`` says what a lock holds, ``None`` for a file that is none of its own.
    """

    changed_paths: Callable[[Sequence[str]], Iterable[str]] = _nothing
    read_lock: Callable[[str, bytes], Packages | None] | None = None
