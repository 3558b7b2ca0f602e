"""Two versions of a lock that a hook has read → what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_monorepo.affected.answers import Answers
from pytest_monorepo.records import LockedPackage

from .change import LockChange, compare
from .formats.entries import Content, Entry, Knowledge, ReadError, Side, canonical, differences
from .packages import KnownLock

Packages = Mapping[str, LockedPackage]
Read = Callable[[str, bytes], "Packages | None"]


def compare_read(
    path: str, before: bytes | None, after: bytes | None, read: Read, answers: Answers | None = None
) -> LockChange | None:
    """What differs between two versions of the lock at ``path``; ``None`` where ``read`` knows neither.

    A :class:`.packages.KnownLock` on either side leaves it to its own format. ``answers`` keep what is found.
    """
    old = None if before is None else read(path, before)
    new = None if after is None else read(path, after)
    if old is None and new is None:
        return None
    if _by_format(old) and _by_format(new):
        return compare(path, before, after, answers)
    if (before is not None and old is None) or (after is not None and new is None):
        return LockChange(doubt="cannot be understood in both versions")
    try:
        return _compare(old, new)
    except ReadError as error:
        return LockChange(doubt=f"cannot be understood: {error}")


def _compare(old: Packages | None, new: Packages | None) -> LockChange:
    sides = _side(old), _side(new)
    if old is None or new is None:
        words = "the lock is new" if old is None else "the lock was deleted"
        return LockChange(whole=words, before=sides[0], after=sides[1])
    found = differences(_content(old), _content(new))
    changed = {name: difference.words for name, difference in found.items()}
    return LockChange(changed=changed, before=sides[0], after=sides[1])


def _by_format(packages: Packages | None) -> bool:
    return packages is None or isinstance(packages, KnownLock)


def _content(packages: Packages) -> Content:
    return Content(
        frozenset(
            Entry(canonical(name), package.version, (("dependencies", tuple(sorted(package.needs))),))
            for name, package in packages.items()
        )
    )


def _side(packages: Packages | None) -> Side:
    edges = {
        canonical(name): frozenset(map(canonical, package.needs))
        for name, package in (packages or {}).items()
    }
    return Side(lambda: Knowledge(frozenset(edges), edges))
