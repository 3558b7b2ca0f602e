"""Tests that gave something else than before run once more, for the evidence alone: nobody is told of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.run.hooks.audience import Keeper
from pytest_monorepo.run.plan import jobs
from pytest_monorepo.run.plan import plan as planning
from pytest_monorepo.run.plan.schedule import Task
from pytest_monorepo.run.workers.events import Ended
from pytest_monorepo.run.workers.interface import Workers
from pytest_monorepo.worker import protocol

LONGEST = 600.0
"""Seconds that a run for the evidence may take where no limit is set."""


class Proving:
    """After all else has ended; ``tmp`` is for what the workers print."""

    def __init__(self, config: pytest.Config, plan: planning.Plan, pool: Workers, tmp: Path) -> None:
        self.config = config
        self.plan = plan
        self.pool = pool
        self.tmp = tmp

    def settle_all(self, keeper: Keeper) -> None:
        for number, doubt in enumerate(list(keeper.doubts())):
            keeper.settle(doubt, self._again(f"again-{number}", doubt.project, doubt.tests))

    def _again(self, name: str, project: str, tests: tuple[str, ...]) -> list[Any] | None:
        """What a worker says that runs these tests; ``None`` where it came to no end."""
        number = self._start(name, Task(project, only=tests, anew=True))
        until = time.monotonic() + (self.plan.timeout_of(project) or LONGEST)
        said: list[Any] = []
        try:
            while True:
                for event in (one for one in self.pool.wait(1.0) if one.worker == number):
                    if isinstance(event, Ended):
                        return said if _is_whole(said) else None
                    said.append(event.message)
                    if isinstance(event.message, protocol.TerminalWanted):
                        self.pool.kill(number)
                if time.monotonic() > until:
                    self.pool.kill(number)
        except (KeyboardInterrupt, pytest.exit.Exception):
            self.pool.kill(number)
            raise

    def _start(self, name: str, task: Task) -> int:
        name = f"{planning.slug(task.project)}-{name}"
        logs = (str(self.tmp / f"{name}.out"), str(self.tmp / f"{name}.err"))
        job = planning.make_job(self.plan, task, 0, logs, "none", name)
        job = jobs.adjusted(self.config, job, self.plan.workspace.by_path[task.project])
        # nobody answers a worker that waits for a word, and what it covers is covered
        job = job._replace(pause=False, coverage=None)
        return self.pool.start(self.plan.interpreter(task.project).executable, job)


def _is_whole(said: Sequence[Any]) -> bool:
    return any(isinstance(message, protocol.Finished) for message in said)
