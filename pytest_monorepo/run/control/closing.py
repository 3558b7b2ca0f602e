"""Projects end: what is reported of each, once, and why one fails beyond its tests."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from pytest_monorepo.records import ProjectRun
from pytest_monorepo.run.hooks import failures
from pytest_monorepo.run.hooks.announcer import Announcer
from pytest_monorepo.run.hooks.audience import Keeper
from pytest_monorepo.run.hooks.undeclared import Undeclared
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.state.conversation import Problem
from pytest_monorepo.run.state.ledger import Ledger
from pytest_monorepo.run.state.projects import Progress
from pytest_monorepo.workspace.model import Project

from .crew.helping import Helping
from .crew.members import Crew


class Closing:
    """Everybody hears of a project's end through ``pytest_monorepo_project_finish``.

    ``runs_anew`` is asked before that: :meth:`.replaying.Replaying.runs_anew`.
    """

    def __init__(
        self,
        config: pytest.Config,
        plan: Plan,
        ledger: Ledger,
        crew: Crew,
        announcer: Announcer,
        helping: Helping,
        undeclared: Undeclared,
        keeper: Keeper | None,
    ) -> None:
        self.config = config
        self.plan = plan
        self.ledger = ledger
        self.crew = crew
        self.announcer = announcer
        self.helping = helping
        self.undeclared = undeclared
        self.keeper = keeper
        self.runs_anew: Callable[[Progress], bool] = lambda progress: False

    def refuse_all(self) -> None:
        """Projects of the plan that no worker can run."""
        for project in self.plan.projects:
            if project.error is not None:
                self._unreadable(project)
            elif project.path in self.plan.excluded:
                self._excluded(project, self.plan.excluded[project.path])

    def _unreadable(self, project: Project) -> None:
        error = project.error or ""
        self.ledger.exit_codes.add(4)
        self.announcer.collect_report(failures.project_report(project.path, error))
        self._record(project, _not_run(project, error=error))

    def _excluded(self, project: Project, reason: str) -> None:
        if self.plan.settings.requires_python_of(project.path) == "skip":
            self.announcer.collect_report(failures.skipped_project(project.path, reason))
            self._record(project, _not_run(project, skipped=reason))
            return
        table = f'[tool.pytest-monorepo.projects."{project.path}"]'
        mend = f'name another with python = "…" in {table}, or set requires-python = "skip" or "run" there'
        self.ledger.exit_codes.add(4)
        self.announcer.collect_report(failures.project_report(project.path, reason, mend))
        self._record(project, _not_run(project, error=reason))

    def fail(self, progress: Progress, problem: Problem, speaker: int | None = None) -> None:
        """The project has a problem beyond its tests; it is told when it is the worker ``speaker``'s turn."""
        self.ledger.exit_codes.add(problem.exitstatus)
        task = progress.last_task
        if task is not None and task.anew and problem in progress.problems:
            return  # all of it has run anew, to the same end
        progress.problems.append(problem)
        text = self.undeclared.under(problem.text, progress.project.path)
        self.announcer.project_failed(speaker, progress.project.path, problem.message, text)

    def close_if_done(self, progress: Progress) -> None:
        path, schedule = progress.project.path, self.crew.schedule
        owed = schedule.owes(path)
        if path in self.ledger.runs or not progress.is_done(owed=owed, stopped=schedule.stopped):
            return
        if schedule.stopped or not self.runs_anew(progress):
            self.close(progress)

    def close(self, progress: Progress, cached: str = "") -> None:
        """Nothing more comes of the project; ``cached`` says of which run its results are."""
        path = progress.project.path
        if self.crew.schedule.stopped:
            self.helping.dividing.abandon(progress)
        else:
            self.helping.dividing.flush(progress)
        if progress.ran_whole_files(narrowed=self.plan.runs_parts_of_files(path)):
            self.helping.dividing.learn(progress)
        self._check_nothing_is_lost(progress)
        self.helping.dismiss_spares(progress)
        if progress.ran_whole_files(narrowed=self.plan.runs_parts_of_files(path)):
            self.ledger.measured.seconds.update(progress.seconds)
            self.ledger.measured.tests.update(progress.counts)
        if not progress.problems and path in self.ledger.lastfailed and not self.plan.collect_only:
            self.announcer.collect_report(failures.passed_collection(path))
        run = progress.run(time.time(), self.plan.interpreter(path).executable, cached)
        if self.keeper is not None and not cached:
            stopped = self.crew.schedule.stopped
            self.keeper.done(path, progress.unfit_to_keep(stopped=stopped), stopped=stopped)
        self._record(progress.project, run)
        self._retire_interpreter(path)

    def give_up(self) -> None:
        """Projects that nobody will run any more, though nobody has stopped the run."""
        for path, progress in self.ledger.projects.items():
            if path not in self.ledger.runs:
                self.close(progress)

    def _check_nothing_is_lost(self, progress: Progress) -> None:
        lost = progress.lost()
        if self.ledger.broken:
            self._name_the_unreached(progress)
        if lost is not None and not (self.crew.schedule.stopped or self.plan.collect_only):
            self.fail(progress, lost)
        # of a run that was stopped others remain as well, and it says so
        if (missing := progress.missing) and not self.crew.schedule.stopped:
            progress.unrun = len(missing)
            self.ledger.percent.fewer()
        progress.collection, progress.reported = (), set()

    def _name_the_unreached(self, progress: Progress) -> None:
        unreached = progress.unreached(self.ledger.broken)
        if unreached is not None:
            self.fail(progress, unreached)

    def _record(self, project: Project, run: ProjectRun) -> None:
        self.ledger.runs[project.path] = run
        self.config.hook.pytest_monorepo_project_finish(config=self.config, project=project, run=run)

    def _retire_interpreter(self, path: str) -> None:
        """A fork server that no project needs any more ends, since it holds memory."""
        interpreter = self.plan.interpreter(path)
        if interpreter.is_current:
            return
        using = (p for p in self.plan.projects if self.plan.interpreter(p.path) == interpreter)
        if all(project.path in self.ledger.runs for project in using):
            self.crew.pool.retire(interpreter.executable)


def _not_run(project: Project, *, error: str | None = None, skipped: str = "") -> ProjectRun:
    now = time.time()
    return ProjectRun(project.path, now, now, None, error=error, skipped=skipped)
