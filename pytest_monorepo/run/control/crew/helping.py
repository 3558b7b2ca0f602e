"""Who helps whom: projects whose tests several workers share. :mod:`~.state.splitting` has the rules."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Collection

from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.plan.schedule import Task
from pytest_monorepo.run.state import splitting
from pytest_monorepo.run.state.conversation import Conversation
from pytest_monorepo.run.state.ledger import Ledger
from pytest_monorepo.run.state.projects import Progress
from pytest_monorepo.run.state.queue import Queue
from pytest_monorepo.worker import protocol

from .dividing import Dividing
from .members import Crew
from .starting import Starter


class Helping:
    """The queues of projects, filled by their first worker and emptied by all."""

    def __init__(self, plan: Plan, ledger: Ledger, crew: Crew, starter: Starter, dividing: Dividing) -> None:
        self.plan = plan
        self.ledger = ledger
        self.crew = crew
        self.starter = starter
        self.dividing = dividing

    def start_all(self) -> None:
        """Workers for what waits, as many as there may be."""
        # what one of them would import by itself, it finds imported where it waits as long
        self.crew.schedule.busy = self.starter.sharing.importing
        self.crew.schedule.held = self.starter.sharing.awaited if self.crew.schedule.busy else ()
        while started := self.crew.schedule.start():
            slot, task = started
            split = self.plan.split_of(task.project) if self._may_split(task) else "none"
            self.starter.start(slot, task, split)

    def assist_all(self) -> None:
        """Workers that have nothing else to do help where most is left."""
        for place in self.crew.schedule.idle_places():
            while helper := self.crew.schedule.assist(self._shares(place), place):
                self._assist(*helper)

    def _may_split(self, task: Task) -> bool:
        files = self.ledger.projects[task.project].project.test_files
        return not (task.anew or task.repeats) and splitting.may_split(
            task,
            self.plan.split_of(task.project),
            len(files) + len(self.dividing.parts(task.project)),
            total=sum(self.ledger.weights.values()),
            workers=self.plan.workers,
            waiting=len(self.crew.schedule.waiting),
        )

    def _shares(self, place: str) -> dict[str, float]:
        """For each project in which another worker, there, could help: how much there is to do."""
        running = {task.project for task in self.crew.schedule.running.values()}
        timed, now = bool(self.ledger.known.seconds), time.monotonic()
        found = {
            path: splitting.worth(
                progress,
                running=path in running,
                timed=timed,
                spare=bool(self._spares(progress, place)),
                afar=bool(place),
                now=now,
            )
            for path, progress in self.ledger.projects.items()
        }
        return {path: worth for path, worth in found.items() if worth}

    @property
    def next_look(self) -> float | None:
        """Seconds until a worker that has nothing to do may help where one has been alone until then."""
        if not self.plan.alone or not self.crew.schedule.idle_places():
            return None
        now = time.monotonic()
        running = map(self.ledger.project_of, self.crew.talks.values())
        left = (splitting.alone_for(progress, now) for progress in running)
        return min((seconds for seconds in left if 0 < seconds < math.inf), default=None)

    def one_with(self, talk: Conversation, message: protocol.OneWith) -> None:
        """What is one with what the first worker has run is kept only if that runs it, too."""
        progress = self.ledger.project_of(talk)
        if progress.alone_since is not None and not talk.task.assists:
            progress.ones.update(message.files)

    def _assist(self, slot: int, task: Task) -> None:
        progress = self.ledger.projects[task.project]
        queue, spares = progress.queue, self._spares(progress, self.crew.schedule.place_of(slot))
        if queue is None or not spares:
            self.starter.start(slot, task, self.plan.split_of(task.project))
            return
        queue.spare.remove(spares[0])
        talk = self.crew.join(spares[0], slot, task, progress, progress.logs)
        talk.collected, talk.queue, talk.hello = queue.tests, queue, progress.hello
        self.crew.send(talk, protocol.Begin(talk.id))

    def _spares(self, progress: Progress, place: str) -> list[int]:
        """Siblings that wait on a machine."""
        spare = progress.queue.spare if progress.queue is not None else []
        return [number for number in spare if self.crew.pool.place_of(number) == place]

    def begin(self, talk: Conversation, message: protocol.Collected) -> None:
        """The first worker of a project that may be split opens its queue; later ones take from it."""
        progress = self.ledger.project_of(talk)
        if talk.task.assists and progress.queue is not None:
            same = progress.queue.tests == talk.collected
            talk.queue = progress.queue if same else Queue((), deque())
            # on this machine only those collect for themselves that no fork was admitted for
            first_there = talk.place and all(mate.place != talk.place for mate in self.crew.mates(talk))
            self._begin(talk, talk.queue, alone=not first_there)
            return
        talk.queue = progress.queue = Queue.of(message.tests, message.groups)
        self.dividing.arrange(talk, progress.queue)
        if progress.project.path in self.plan.alone:
            progress.alone_since = time.monotonic()
        self._begin(talk, talk.queue)

    def _begin(self, talk: Conversation, queue: Queue, *, alone: bool = False) -> None:
        wanted = 0 if alone else min(self.crew.schedule.room(talk.place), len(queue.groups)) - 1
        queue.spare += self.crew.pool.begin(talk.number, protocol.Begin(talk.id), wanted)

    def hand_out(self, talk: Conversation) -> None:
        """The next tests for a worker that asks."""
        if talk.queue is not None:
            chunk = talk.queue.take(self._others(talk))
            talk.taken += chunk
            talk.served_out = not chunk
            if not chunk:
                self.dismiss_spares(self.ledger.project_of(talk))
            self.crew.send(talk, protocol.Run(chunk))

    def _others(self, talk: Conversation) -> Collection[str]:
        """Files that are for another worker, while it lives."""
        owned = talk.task.assists and any(not mate.task.assists for mate in self.crew.mates(talk))
        return self.ledger.project_of(talk).ones if owned else ()

    def dismiss_spares(self, progress: Progress) -> None:
        """Nothing is left for them, and the worker that forked them ends only after them."""
        if progress.queue is not None:
            while progress.queue.spare:
                self.crew.pool.send(progress.queue.spare.pop(), protocol.Dismissed())
