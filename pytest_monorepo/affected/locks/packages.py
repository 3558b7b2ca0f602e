"""A lock of a kind known here, as a value that hooks can look at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property

from pytest_monorepo.records import LockedPackage

from .change import entries_of, needs_of
from .formats.entries import Entry
from .names import is_lock


class KnownLock(Mapping[str, LockedPackage]):
    """The packages of one version of a lock, read only when somebody looks.

    Two of them are compared by their own format, entry by entry, which tells more than the packages do. A
    version that a lock has several times is all of them; sources, hashes and markers are a digest behind it.
    Looking raises :class:`.formats.entries.ReadError` where the text cannot be understood.
    """

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content

    @cached_property
    def _packages(self) -> Mapping[str, LockedPackage]:
        needs = needs_of(self.path, self.content)
        found: dict[str, list[Entry]] = {}
        for entry in entries_of(self.path, self.content):
            found.setdefault(entry.name, []).append(entry)
        return {
            name: LockedPackage(_version(entries), tuple(sorted(needs.get(name, ()))))
            for name, entries in sorted(found.items())
        }

    def __getitem__(self, name: str) -> LockedPackage:
        return self._packages[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._packages)

    def __len__(self) -> int:
        return len(self._packages)


def read(path: str, content: bytes) -> KnownLock | None:
    """The lock in ``content``; ``None`` where the name of ``path`` is none of a known kind."""
    return KnownLock(path, content) if is_lock(path) else None


def _version(entries: list[Entry]) -> str:
    versions = ", ".join(sorted({entry.version for entry in entries}))
    facets = repr(sorted((entry.version, repr(entry.facets)) for entry in entries))
    return f"{versions}+{hashlib.sha256(facets.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
