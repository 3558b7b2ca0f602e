"""What a remote store can do. Names are short paths of letters, digits, ``/`` and ``-``; data are bytes."""

from __future__ import annotations

from typing import Protocol

LARGEST = 64_000_000
"""Bytes of one object; what is larger is none of ours."""


class StoreError(Exception):
    """The store could not answer: one lower-case sentence for the run's only warning."""


class Backend(Protocol):
    """Called from several threads at once; every way to fail is a :class:`StoreError`."""

    @property
    def shown(self) -> str:
        """The store as the user knows it, without a password."""

    def prepare(self) -> None:
        """Do what takes this machine's own time before the first request, such as imports; no network."""

    def get(self, name: str) -> bytes | None:
        """The object; ``None`` where there is none."""

    def put(self, name: str, data: bytes, *, new: bool) -> None:
        """Keep the object; with ``new`` one that is there stays, where the store can tell."""

    def sizes(self) -> dict[str, tuple[float, int]] | None:
        """(time of the last change, bytes) by name; ``None`` where the store cannot be listed."""

    def delete(self, names: list[str]) -> None:
        """Remove objects; only asked of a store that can be listed."""
