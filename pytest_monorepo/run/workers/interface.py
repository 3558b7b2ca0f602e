"""What the controller asks of whoever has the worker processes: this machine's pool, or a cluster's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pytest_monorepo.worker import protocol

from .events import Ended, Said


class Late(NamedTuple):
    """A worker of a machine that counts as lost has spoken all the same."""

    worker: int
    place: str
    message: object


class Lost(NamedTuple):
    """A machine is gone; what becomes of its workers :class:`Ended` tells."""

    place: str
    reason: str


class Joined(NamedTuple):
    """A machine with room for so many workers has come."""

    place: str
    slots: int


class Broken(NamedTuple):
    """No worker can be reached any more, and none ever will."""

    reason: str


Change = Late | Lost | Joined | Broken


class Workers(Protocol):
    """Workers are numbered; a place is a machine's name, ``""`` for this one. Not thread-safe."""

    fork: bool
    traced: bool

    def start(self, python: str, job: protocol.Job, place: str = "", shared: tuple[str, ...] = ()) -> int:
        """Start a worker on ``job`` and return its number; its end is always told by :class:`Ended`.

        ``shared`` are modules that it finds imported, where a server of this machine has them.
        """

    def begin(self, number: int, message: protocol.Begin, siblings: int) -> list[int]:
        """Tell a worker to start its tests, and to fork siblings first; returns the siblings' numbers."""

    def place_of(self, number: int) -> str:
        """The machine that a worker runs on."""

    def send(self, number: int, message: object) -> None:
        """Tell a worker; one that is gone already hears nothing."""

    def wait(self, timeout: float | None) -> Sequence[Said | Ended]:
        """What happened since the last call; waits at most ``timeout`` seconds (``None``: for ever)."""

    def changes(self) -> Sequence[Change]:
        """What became of machines by the end of the last :meth:`wait`, to be heard before what that told."""

    def reject(self, number: int, error: str) -> None:
        """End a worker whose words make no sense; nothing more of it is delivered but its end."""

    def retire(self, python: str) -> None:
        """End the interpreter's fork server, where it has no worker any more."""

    def interrupt(self, number: int) -> None:
        """Let a worker's running test see a ``KeyboardInterrupt``."""

    def kill(self, number: int) -> None:
        """End a worker's whole process group at once."""

    def dump_stacks(self, number: int) -> None:
        """Let a worker write the stacks of its threads to its log."""

    def close(self) -> None:
        """Leave no process behind."""
