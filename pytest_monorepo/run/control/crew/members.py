"""The workers that run now: whom to talk to, and whom to stop."""

from __future__ import annotations

import time

import pytest

from pytest_monorepo.run.plan.schedule import Schedule, Task
from pytest_monorepo.run.state.conversation import Conversation
from pytest_monorepo.run.state.projects import Progress
from pytest_monorepo.run.workers.interface import Workers
from pytest_monorepo.worker import protocol


class Crew:
    """``schedule`` says who has which slot, ``pool`` has the processes, ``talks`` holds what they said."""

    def __init__(self, pool: Workers, schedule: Schedule) -> None:
        self.pool = pool
        self.schedule = schedule
        self.talks: dict[int, Conversation] = {}
        self.interrupted = False

    def join(
        self, number: int, slot: int, task: Task, progress: Progress, logs: tuple[str, str]
    ) -> Conversation:
        """A worker of this number is at the task from now on."""
        place = self.schedule.place_of(slot)
        talk = Conversation(number, slot, task, progress.project, *logs, time.monotonic(), place=place)
        self.talks[number] = talk
        return talk

    def leave(self, talk: Conversation) -> None:
        del self.talks[talk.number]

    def send(self, talk: Conversation, message: object) -> None:
        self.pool.send(talk.number, message)

    def mates(self, talk: Conversation) -> list[Conversation]:
        """The other workers of its project."""
        project = talk.task.project
        return [other for other in self.talks.values() if other is not talk and other.task.project == project]

    def end_project(self, talk: Conversation) -> None:
        """The worker's project shall run no other test."""
        for other in self.mates(talk):
            self._tell_to_stop(other, "the project has ended itself")

    def obey(self, session: pytest.Session) -> None:
        """``-x``, ``--stepwise`` and plugins stop a run through the session."""
        reason = session.shouldfail or session.shouldstop
        if reason and not self.schedule.stopped:
            self.stop(str(reason))

    def stop(self, reason: str) -> None:
        """No worker starts, and none begins another test."""
        self.schedule.stop()
        for talk in self.talks.values():
            if not talk.told_to_stop:
                self._tell_to_stop(talk, reason)

    def _tell_to_stop(self, talk: Conversation, reason: str) -> None:
        talk.told_to_stop = True
        self.send(talk, protocol.Stop(reason))

    def interrupt(self, but: int | None = None) -> None:
        """Running tests see Ctrl-C, and their fixtures are torn down; those of ``but`` are already."""
        self.interrupted = True
        self.stop("interrupted")
        for number in list(self.talks):
            if number != but:
                self.pool.interrupt(number)
