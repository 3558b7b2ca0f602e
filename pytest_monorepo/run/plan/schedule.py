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
    ``assists`` is set for a further worker on a project that runs.
    """

    project: str
    weight: float = 0.0
    resources: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    restarts: int = 0
    assists: bool = False


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
            # longest first ends at most a third later than the best order there is (Graham 1969)
            tasks.sort(key=lambda task: (-task.weight, task.project))
        self._waiting = tasks
        self._running: dict[int, Task] = {}

    def start(self) -> tuple[int, Task] | None:
        """The next task and the worker slot it gets; ``None`` when nothing can start now."""
        if self.stopped or len(self._running) >= self.workers:
            return None
        for index, task in enumerate(self._waiting):
            if self._free(task):
                return self._occupy(self._waiting.pop(index)), task
        return None

    def assist(self, shares: Mapping[str, float]) -> tuple[int, Task] | None:
        """With nothing to start, a further worker for the project where most is left to do.

        ``shares`` says how much for each project that can be helped. One that holds a resource is helped
        only while the resource admits another.
        """
        if self.stopped or len(self._running) >= self.workers:
            return None
        held = {task.project: task.resources for task in self._running.values()}
        for project in sorted(shares, key=lambda name: (-shares[name], name)):
            task = Task(project, shares[project], held.get(project, ()), assists=True)
            if self._free(task):
                return self._occupy(task), task
        return None

    def _occupy(self, task: Task) -> int:
        slot = min(set(range(self.workers)) - set(self._running))
        self._running[slot] = task
        return slot

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
        return self.again(self._running.pop(slot), left or ())

    def again(self, task: Task, left: Iterable[str]) -> bool:
        """A fresh worker for what is left of a task, unless it has had too many; returns whether."""
        remaining = tuple(left)
        if not remaining or self.stopped or task.restarts >= MAX_RESTARTS:
            return False
        again = replace(task, only=remaining, restarts=task.restarts + 1, assists=False)
        self._waiting.insert(0, again)
        return True

    def stop(self) -> None:
        """Start nothing more."""
        self.stopped = True

    def owes(self, project: str) -> bool:
        """Whether a worker is at the project, or a fresh one is to run what a dead one left."""
        again = (task for task in self._waiting if task.only is not None)
        return any(task.project == project for task in (*self._running.values(), *again))

    @property
    def running(self) -> Mapping[int, Task]:
        return self._running

    @property
    def waiting(self) -> tuple[Task, ...]:
        return tuple(self._waiting)

    @property
    def done(self) -> bool:
        return not self._running and (self.stopped or not self._waiting)
