"""What runs next: a state machine without I/O.

It is fed what happened (a worker started, collected, finished a test, died) and answers with the next
:class:`Task`. Longest first, so that the run does not end with one long project on one core.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from typing import NamedTuple

from pytest_monorepo.value import value

MAX_RESTARTS = 10
GONE = "\0"
"""The place of a slot whose machine is gone; no machine is named so."""


class Task(NamedTuple):
    """One worker's work: all of a project, or the node ids left over by a worker that died.

    ``weight`` orders tasks (expected seconds, or test files where no durations are known); ``resources``
    are names of which only so many tasks may hold one at a time; ``restarts`` counts the deaths before.
    ``assists`` is set for a further worker on a project that runs, ``anew`` for one that runs all of it after
    a part has run already; ``losses`` counts the machines that went before its worker had collected.
    ``repeats``: ``only`` are all tests of a file that has run divided, and are told of for the first time.
    """

    project: str
    weight: float = 0.0
    resources: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    restarts: int = 0
    assists: bool = False
    losses: int = 0
    anew: bool = False
    repeats: bool = False


@value(frozen=False)
class Schedule:
    """``workers`` is how many tasks may run at a time, ``limits`` how many may hold a resource (default 1).

    ``keep_order`` runs the tasks as they come, for ``--stepwise`` and a shared terminal. ``places`` names the
    machine of each slot, where there are several; ``per_machine`` are resources that each of them has.
    ``busy`` counts processes besides the workers that keep a processor: as many slots stay free, but for one.
    ``held`` are projects that are not to begin yet, unless there is an order to keep.
    """

    tasks: Iterable[Task]
    workers: int
    limits: Mapping[str, int] = field(default_factory=dict)
    keep_order: bool = False
    stopped: bool = False
    places: Iterable[str] = ()
    per_machine: Collection[str] = ()
    busy: int = 0
    held: Collection[str] = ()

    def __post_init__(self) -> None:
        tasks = list(self.tasks)
        if not self.keep_order:
            # longest first ends at most a third later than the best order there is (Graham 1969)
            tasks.sort(key=lambda task: (-task.weight, task.project))
        self._waiting = tasks
        self._running: dict[int, Task] = {}
        self._places = list(self.places) or [""] * self.workers

    def start(self) -> tuple[int, Task] | None:
        """The next task and the worker slot it gets; ``None`` when nothing can start now."""
        for index, task in enumerate(self._waiting if self._has_room else ()):
            slot = None if self._waits(task) else self._slot_for(task)
            if slot is not None:
                return self._occupy(slot, self._waiting.pop(index)), task
        return None

    def _waits(self, task: Task) -> bool:
        held = task.project in self.held and not self.keep_order
        return held or self._waits_for_mates(task)

    def _waits_for_mates(self, task: Task) -> bool:
        """What is run again whole has to itself what it sets up: a port, a folder."""
        return bool(task.repeats) and any(other.project == task.project for other in self._running.values())

    def assist(self, shares: Mapping[str, float], place: str = "") -> tuple[int, Task] | None:
        """With nothing to start, a further worker in ``place`` for the project where most is left to do.

        ``shares`` says how much for each project that can be helped. One that holds a resource is helped
        only while the resource admits another.
        """
        if not self._has_room:
            return None
        held = {task.project: task.resources for task in self._running.values()}
        for project in sorted(shares, key=lambda name: (-shares[name], name)):
            task = Task(project, shares[project], held.get(project, ()), assists=True)
            slot = self._slot_for(task, place)
            if slot is not None:
                return self._occupy(slot, task), task
        return None

    @property
    def _has_room(self) -> bool:
        return not self.stopped and len(self._running) < max(1, self.workers - self.busy)

    def _slot_for(self, task: Task, place: str | None = None) -> int | None:
        """The first free slot, of a place or of any, where the task's resources are to be had."""
        tried: set[str] = set()
        for slot, where in enumerate(self._places):
            if slot in self._running or where in tried or where == GONE or place not in (None, where):
                continue
            if self._free(task, where):
                return slot
            tried.add(where)
        return None

    def _occupy(self, slot: int, task: Task) -> int:
        self._running[slot] = task
        return slot

    def _free(self, task: Task, place: str) -> bool:
        """Only a machine's own resources are free on one machine while they are held on another."""
        everywhere, here = list[str](), list[str]()
        for slot, running in self._running.items():
            everywhere += running.resources
            here += running.resources if self._places[slot] == place else ()
        return all(
            (here if name in self.per_machine else everywhere).count(name) < self.limits.get(name, 1)
            for name in task.resources
        )

    # -- machines

    def place_of(self, slot: int) -> str:
        """The machine of a slot; ``""`` where there is only this one."""
        return self._places[slot]

    def room(self, place: str) -> int:
        """How many slots a machine has."""
        return min(self.workers, self._places.count(place))

    def idle_places(self) -> list[str]:
        """The machines with a free slot."""
        if not self._has_room:
            return []
        free = (where for slot, where in enumerate(self._places) if slot not in self._running)
        return list(dict.fromkeys(where for where in free if where != GONE))

    def joined(self, place: str, slots: int) -> None:
        """A machine has come, with room for so many workers."""
        self._places += [place] * slots
        self.workers += slots

    def lost(self, place: str) -> bool:
        """A machine is gone: nothing more is started there. Returns whether another one is left."""
        gone = [slot for slot, where in enumerate(self._places) if where == place]
        for slot in gone:
            self._places[slot] = GONE
        return any(where != GONE for where in self._places)

    def finished(self, slot: int) -> None:
        """The slot's worker is gone and its task done."""
        del self._running[slot]

    def died(self, slot: int, left: Iterable[str] | None) -> bool:
        """The slot's worker died with these node ids not yet run (``None``: before it had collected).

        Returns whether a fresh worker will run them: not for ever, and not when nothing was collected,
        since it would die again.
        """
        return self.again(self._running.pop(slot), left or ())

    def begin_again(self, slot: int) -> bool:
        """The slot's machine went before its worker had collected: the same task from the beginning.

        Returns whether: not a third time, and not in a run that is to end.
        """
        task = self._running.pop(slot)
        if self.stopped or task.losses:
            return False
        self._waiting.insert(0, task._replace(losses=task.losses + 1))
        return True

    def again(self, task: Task, left: Iterable[str]) -> bool:
        """A fresh worker for what is left of a task, unless it has had too many; returns whether."""
        remaining = tuple(left)
        if not remaining or self.stopped or task.restarts >= MAX_RESTARTS:
            return False
        again = task._replace(only=remaining, restarts=task.restarts + 1, assists=False)
        self._waiting.insert(0, again)
        return True

    def repeat(self, task: Task, tests: Iterable[str]) -> bool:
        """A fresh worker for these tests, though some have run, unless the run is to end; returns whether."""
        if self.stopped:
            return False
        again = task._replace(only=tuple(tests), restarts=max(1, task.restarts), assists=False, repeats=True)
        self._waiting.insert(0, again)
        return True

    def anew(self, project: str, weight: float, resources: tuple[str, ...]) -> None:
        """One worker is to run all of a project of which a part has run."""
        self._waiting.insert(0, Task(project, weight, resources, anew=True))

    def stop(self) -> None:
        """Start nothing more."""
        self.stopped = True

    def owes(self, project: str) -> bool:
        """Whether a worker is at the project, or a fresh one is to run what a dead one left."""
        again = (task for task in self._waiting if task.only is not None or task.losses or task.anew)
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
