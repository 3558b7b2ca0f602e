"""What runs next: a state machine without I/O.

It is fed what happened (a worker started, collected, finished a test, died) and answers with the next
:class:`Task`. Longest first, so that the run does not end with one long project on one core.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

MAX_RESTARTS = 10


@dataclass(frozen=True)
class Task:
    """One worker's work: all of a project, or the node ids left over by a worker that died.

    ``weight`` orders tasks (expected seconds, or test files where no durations are known); ``resources``
    are names of which only so many tasks may hold one at a time; ``restarts`` counts the deaths before.
    """

    project: str
    weight: float = 0.0
    resources: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    restarts: int = 0


@dataclass
class Schedule:
    """``workers`` is how many tasks may run at a time, ``limits`` how many may hold a resource (default 1).

    ``keep_order`` runs the tasks as they come, for ``--stepwise`` and a shared terminal.
    """

    tasks: Iterable[Task]
    workers: int
    limits: Mapping[str, int] = field(default_factory=dict)
    keep_order: bool = False
    stopped: bool = False

    def __post_init__(self) -> None:
        tasks = list(self.tasks)
        if not self.keep_order:
            tasks.sort(key=lambda task: (-task.weight, task.project))
        self._waiting = tasks
        self._running: dict[int, Task] = {}
        self._next_slot = 0

    def start(self) -> tuple[int, Task] | None:
        """The next task and the worker slot it gets; ``None`` when nothing can start now."""
        if self.stopped or len(self._running) >= self.workers:
            return None
        for index, task in enumerate(self._waiting):
            if self._free(task):
                slot = min(set(range(self.workers)) - set(self._running))
                self._running[slot] = self._waiting.pop(index)
                return slot, task
        return None

    def _free(self, task: Task) -> bool:
        held = [name for running in self._running.values() for name in running.resources]
        return all(held.count(name) < self.limits.get(name, 1) for name in task.resources)

    def finished(self, slot: int) -> None:
        """The slot's worker is gone and its task done."""
        del self._running[slot]

    def died(self, slot: int, left: Iterable[str] | None) -> bool:
        """The slot's worker died with these node ids not yet run (``None``: before it had collected).

        Returns whether a fresh worker will run them: not for ever, and not when nothing was collected,
        since it would die again.
        """
        task = self._running.pop(slot)
        remaining = tuple(left or ())
        if not remaining or self.stopped or task.restarts >= MAX_RESTARTS:
            return False
        self._waiting.insert(0, replace(task, only=remaining, restarts=task.restarts + 1))
        return True

    def stop(self) -> None:
        """Start nothing more."""
        self.stopped = True

    @property
    def running(self) -> Mapping[int, Task]:
        return self._running

    @property
    def waiting(self) -> tuple[Task, ...]:
        return tuple(self._waiting)

    @property
    def done(self) -> bool:
        return not self._running and (self.stopped or not self._waiting)
