"""Workers end: what is said of it, and who runs what they leave.

:mod:`~.state.verdicts` has the rules for the first, :mod:`~.state.fates` for the second.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from pytest_monorepo.run.hooks import failures
from pytest_monorepo.run.hooks.announcer import Announcer
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.state import fates, verdicts
from pytest_monorepo.run.state.conversation import Conversation, Location, Problem
from pytest_monorepo.run.state.fates import Fate
from pytest_monorepo.run.state.ledger import Ledger
from pytest_monorepo.run.state.projects import Progress, too_many_deaths
from pytest_monorepo.run.state.queue import Queue
from pytest_monorepo.run.workers.events import Ended
from pytest_monorepo.worker.plugins import quarantine

from .closing import Closing
from .crew.dividing import Dividing
from .crew.members import Crew
from .machines import Machines


class Endings:
    """Hears of processes that are gone."""

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        crew: Crew,
        announcer: Announcer,
        closing: Closing,
        machines: Machines,
        dividing: Dividing,
    ) -> None:
        self.plan = plan
        self.ledger = ledger
        self.crew = crew
        self.announcer = announcer
        self.closing = closing
        self.machines = machines
        self.dividing = dividing

    def ended(self, talk: Conversation, event: Ended) -> None:
        """A worker of the crew."""
        progress = self.ledger.project_of(talk)
        self._warn(talk, event, progress)
        problem = self._problem(talk, event) if not event.lost else self._lost(talk, event.lost, progress)
        if problem is not None:
            self.closing.fail(progress, problem, talk.number)
        talk.ended = True
        if talk.finished is not None and not talk.idle:
            progress.exit_codes.append(talk.exitstatus)
        progress.reported |= self.dividing.reported(talk)
        # one that starts anew has a log of its own; another would fare no better
        progress.helpless |= talk.idle and talk.out != progress.logs[0]
        self._pass_on_work(talk, progress, event.lost)
        self.crew.leave(talk)
        self.announcer.silent(talk.number)
        self.closing.close_if_done(progress)

    def spare_ended(self, number: int) -> None:
        """A forked sibling that had not begun."""
        for progress in self.ledger.projects.values():
            if progress.queue is not None and number in progress.queue.spare:
                progress.queue.spare.remove(number)
                self._find_a_runner(progress)
                self.closing.close_if_done(progress)

    def _warn(self, talk: Conversation, event: Ended, progress: Progress) -> None:
        if event.left_behind:
            self.announcer.warning(verdicts.left_behind(talk, event.left_behind), talk.task.project)
            progress.unkept = "tests left processes running"
        if (early := verdicts.ended_well_early(talk)) is not None:
            self.announcer.warning(early, talk.task.project)
            progress.unkept = "ended itself before its last test"

    # -- what is said of it

    def _problem(self, talk: Conversation, event: Ended) -> Problem | None:
        ending = verdicts.ending(
            talk,
            event.code,
            event.reason,
            interrupted=self.ledger.interrupted,
            narrowed=self.plan.may_be_empty(talk.task.project),
            collect_only=self.plan.collect_only or self.plan.print_only,
        )
        if ending.death is not None:
            self._coverage_of_the_dead(talk, ending.death[0])
            if talk.current is not None:
                self._test_died(talk, *ending.death)
        return ending.problem

    def _lost(self, talk: Conversation, place: str, progress: Progress) -> Problem | None:
        """Its machine is gone, which says nothing of its tests: the one that ran is run once more."""
        self.machines.doubt(talk)
        if talk.done:
            self._coverage_of_the_dead(talk, f"{place} was lost, with what it had measured")
        test, stopped = talk.current, self.crew.schedule.stopped
        before = progress.lost_at.get(test or "")
        if test is None or (stopped and not before):
            return None
        if before is not None:
            self._test_died(talk, f"{before} was lost while running this test, and then {place} was", "")
            return None
        progress.lost_at[test] = place
        self.announcer.test_finished(talk.number, test, talk.location)
        talk.current = None  # it is no longer running, and not done
        return None

    def _coverage_of_the_dead(self, talk: Conversation, message: str) -> None:
        spec = self.plan.coverage.get(talk.task.project)
        if spec is not None:
            lost = {"project": talk.task.project, "data_dir": spec["data_dir"], "error": message}
            self.ledger.coverage.append(lost)

    def _test_died(self, talk: Conversation, message: str, text: str) -> None:
        assert talk.current is not None
        nodeid, location = talk.current, talk.location
        report = failures.crash_report(nodeid, location, verdicts.phase_of_death(talk), message, text)
        report.worker_id = talk.id  # type: ignore[attr-defined]
        report.monorepo_lane = talk.lane  # type: ignore[attr-defined]
        talk.test_finished()
        say = partial(self._say_death, nodeid, location, report)
        if not self.dividing.died(talk, nodeid, say):
            say(talk.number)

    def _say_death(self, nodeid: str, location: Location, report: Any, speaker: int) -> None:
        words = quarantine.reason(nodeid, [(entry.tests, entry.words) for entry in self.plan.quarantine])
        if words is not None:
            quarantine.excuse(report, words)
        else:
            self.ledger.failures += 1
            self.ledger.exit_codes.add(1)
        self.announcer.test_report(speaker, report)
        self.announcer.test_finished(speaker, nodeid, location)

    # -- who runs what it leaves

    def _pass_on_work(self, talk: Conversation, progress: Progress, lost: str = "") -> None:
        """What a worker leaves undone goes to the others, or to a fresh one."""
        schedule = self.crew.schedule
        queue = talk.queue if talk.queue is progress.queue else None
        if not talk.task.repeats:
            progress.last_task = talk.task
        fate = fates.fate(talk, shared=queue is not None, stopped=schedule.stopped)
        progress.cut_short |= fates.cuts_short(talk, fate)
        if fate is Fate.AFRESH and lost and talk.collected is None and not talk.task.assists:
            if not schedule.begin_again(talk.slot):
                self.closing.fail(
                    progress, Problem(1, f"{lost} was lost before its tests were collected, again")
                )
        elif fate is Fate.AFRESH:
            left = list(talk.left or ())
            if not schedule.died(talk.slot, left) and left:
                self._give_up(progress, left)
        else:
            schedule.finished(talk.slot)
        if queue is not None:
            self._settle_queue(talk, queue, fate)
        self._find_a_runner(progress)

    def _settle_queue(self, talk: Conversation, queue: Queue, fate: Fate) -> None:
        if fate is Fate.TO_SIBLINGS:
            queue.put_back(talk.left_indices)
            self.dividing.put_back(talk)
        elif fate is Fate.ENDS_PROJECT and queue.clear():
            self.crew.end_project(talk)

    def _find_a_runner(self, progress: Progress) -> None:
        """A fresh worker for tests in a queue from which nobody will take any more."""
        queue, task, schedule = progress.queue, progress.last_task, self.crew.schedule
        if queue is None or task is None or schedule.stopped:
            return
        if fates.orphaned(queue, self.crew.talks.values()):
            left = queue.clear()
            if not schedule.again(task, left):
                self._give_up(progress, left)

    def _give_up(self, progress: Progress, left: list[str]) -> None:
        progress.reported.update(left)
        self.closing.fail(progress, too_many_deaths(left))
