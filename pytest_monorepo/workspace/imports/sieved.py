"""What the sieve finds in contents that need not be on disk, kept beside what files import."""

from __future__ import annotations

from pytest_monorepo.workspace.files.tree import blob_of

from .cache import ImportCache


def names_in(content: bytes, known: ImportCache) -> frozenset[str]:
    """What :func:`~.one_file.sieve.sieve` finds, remembered in ``known`` by git's hash of the content."""
    key = blob_of(content)
    numbers = known.sieved.get(key)
    if numbers is None:
        from .one_file.sieve import sieve

        numbers = known.numbered(sieve(content))
        known.keep_sieved(key, numbers)
    return frozenset([known.names[number] for number in numbers])
