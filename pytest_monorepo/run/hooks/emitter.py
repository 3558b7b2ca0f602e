"""Puts what many workers say at once into an order a reader can follow: one test file after the other.

One worker has the floor: what it says of its current file is passed on at once. What the others say is kept
until that file is finished; whole files go first, then the floor passes to the one that waited longest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

Action = Callable[[], None]


@dataclass
class _Backlog:
    """``groups`` are (file, actions) in order; all but the last are complete."""

    groups: deque[tuple[str, list[Action]]] = field(default_factory=deque)
    ended: bool = False


class Emitter:
    """``say(worker, file, action)`` runs ``action`` now or later, in order for each worker."""

    def __init__(self) -> None:
        self._backlogs: dict[Hashable, _Backlog] = {}
        self._floor: Hashable | None = None
        self._file: str | None = None

    def say(self, worker: Hashable, file: str, action: Action) -> None:
        """``action`` reports on ``file``; a worker that turns to another file has finished the one before."""
        if self._floor is None:
            self._floor, self._file = worker, file
        if worker == self._floor:
            if file == self._file:
                action()
                return
            self._keep(worker, file, action)
            self._pass_on()
            return
        self._keep(worker, file, action)

    def end(self, worker: Hashable) -> None:
        """The worker says nothing more; what it said may come out whole."""
        backlog = self._backlogs.setdefault(worker, _Backlog())
        backlog.ended = True
        if self._floor in (worker, None):
            self._pass_on()

    def _keep(self, worker: Hashable, file: str, action: Action) -> None:
        groups = self._backlogs.setdefault(worker, _Backlog()).groups
        if not groups or groups[-1][0] != file:
            groups.append((file, []))
        groups[-1][1].append(action)

    def _pass_on(self) -> None:
        self._floor = self._file = None
        for worker, backlog in list(self._backlogs.items()):
            self._flush_complete(backlog)
            if backlog.ended and not backlog.groups:
                del self._backlogs[worker]
        for worker, backlog in self._backlogs.items():
            if backlog.groups:
                file, actions = backlog.groups.popleft()
                # the last in line next time: the floor goes round
                self._backlogs[worker] = self._backlogs.pop(worker)
                self._floor, self._file = worker, file
                for action in actions:
                    action()
                return

    @staticmethod
    def _flush_complete(backlog: _Backlog) -> None:
        while len(backlog.groups) > 1 or (backlog.groups and backlog.ended):
            _, actions = backlog.groups.popleft()
            for action in actions:
                action()
