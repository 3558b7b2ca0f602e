"""What a cluster's pool needs of whatever leads to the nodes; Dask's is in :mod:`.dask_link`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .words import Word


@dataclass(frozen=True)
class Noted:
    """A node's note has come, see :mod:`.words`."""

    text: str


@dataclass(frozen=True)
class Fetched:
    """The files that a worker has left on its node; ``None`` where they cannot be had any more."""

    node: str
    number: int
    files: Sequence[tuple[str, bytes]] | None


@dataclass(frozen=True)
class Gone:
    """The way to a node is closed."""

    node: str
    reason: str


@dataclass(frozen=True)
class Come:
    """A node is ready to work: ``token`` is its agent's, ``slots`` how many workers it has room for."""

    node: str
    token: str
    slots: int


@dataclass(frozen=True)
class Down:
    """There is no way to any node any more."""

    reason: str


Arrival = Noted | Fetched | Gone | Come | Down


class Link(Protocol):
    """Nothing here waits for an answer; what arrives comes by the queue that the link was given."""

    def start(self, node: str, number: int, python: str, job: str) -> None:
        """Have a node's agent start a worker."""

    def tell(self, node: str, words: Sequence[Word]) -> None:
        """Words for a node's agent, in order."""

    def fetch(self, node: str, number: int) -> None:
        """What a worker has left on its node: :class:`Fetched` brings it."""

    def dismiss(self, node: str) -> None:
        """The node's agent is to end everything, if it still can hear."""

    def close(self) -> None:
        """End all agents, and what was started here."""
