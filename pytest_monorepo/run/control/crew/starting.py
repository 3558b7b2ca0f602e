"""Workers begin: each gets its job, files for what it prints, and its place in the crew."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pytest_monorepo.results.replays.replay import Replay
from pytest_monorepo.run.hooks import passes
from pytest_monorepo.run.plan import divisions, jobs
from pytest_monorepo.run.plan import plan as planning
from pytest_monorepo.run.plan.schedule import Task
from pytest_monorepo.run.state.conversation import Conversation
from pytest_monorepo.run.state.ledger import Ledger
from pytest_monorepo.run.state.projects import Progress

from .members import Crew
from .sharing import Sharing


class Starter:
    """``tmp`` is for what workers print."""

    def __init__(
        self,
        config: pytest.Config,
        plan: planning.Plan,
        ledger: Ledger,
        crew: Crew,
        sharing: Sharing,
        tmp: Path,
    ) -> None:
        self.config = config
        self.sharing = sharing
        self.plan = plan
        self.ledger = ledger
        self.crew = crew
        self.tmp = tmp
        self._count = 0

    def start(self, slot: int, task: Task, split: str) -> None:
        """A worker of its own process; ``split`` is what others may share of its project."""
        progress = self.ledger.projects[task.project]
        self._count += 1
        name = f"{planning.slug(task.project)}-{self._count}"
        logs = (str(self.tmp / f"{name}.out"), str(self.tmp / f"{name}.err"))
        if progress.started is None:
            progress.logs = logs
            self._begin(progress)
        job = planning.make_job(self.plan, task, slot, logs, split, name)
        job = jobs.adjusted(self.config, job, progress.project)
        python, place = self.plan.interpreter(task.project).executable, self.crew.schedule.place_of(slot)
        job = job._replace(brief=self._is_brief, scopes=self.scopes(task.project))
        shared = self.sharing.modules(task.project, job)
        number = self.crew.pool.start(python, job, place, shared)
        self.crew.join(number, slot, task, progress, logs).shared = bool(shared)

    @property
    def _is_brief(self) -> bool:
        """Between two tests a worker at the terminal waits for a word."""
        return not self.plan.terminal and passes.are_enough(self.config)

    def scopes(self, path: str) -> bool:
        """Whether it is learnt which files of the project may be divided; what is kept is kept undivided."""
        return not self.crew.pool.traced and divisions.may_divide(self.plan, path)

    def stand_in_number(self) -> int:
        """Of somebody who speaks and has no process."""
        self._count += 1
        return -self._count

    def echo(self, talk: Conversation, speaker: int) -> Conversation:
        """Who says again, as ``speaker``, what a worker has said."""
        return Conversation(
            speaker, talk.slot, talk.task, talk.project, talk.out, talk.err, talk.started, place=talk.place
        )

    def stand_in(self, path: str, replay: Replay) -> Conversation:
        """For the workers of an earlier run, whose words are said again; it has no process."""
        progress = self.ledger.projects[path]
        if progress.started is None:
            self._begin(progress)
        now, number = time.monotonic(), self.stand_in_number()
        return Conversation(number, 0, Task(path), progress.project, "", "", now, cached=replay.origins)

    def _begin(self, progress: Progress) -> None:
        progress.started = time.time()
        self.config.hook.pytest_monorepo_project_start(config=self.config, project=progress.project)
