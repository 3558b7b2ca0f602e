"""What workers say of their tests becomes calls of pytest's hooks, and whether another one may begin."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_monorepo.results.replays import marks
from pytest_monorepo.run.hooks import passes
from pytest_monorepo.run.hooks.announcer import Announcer
from pytest_monorepo.run.hooks.undeclared import Undeclared
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.state import answers
from pytest_monorepo.run.state.conversation import Conversation, Problem
from pytest_monorepo.run.state.ledger import Ledger
from pytest_monorepo.worker import protocol

from .crew.members import Crew
from .machines import Machines


class Running:
    """From ``pytest_runtest_logstart`` to ``pytest_runtest_logfinish``."""

    def __init__(
        self,
        session: pytest.Session,
        plan: Plan,
        ledger: Ledger,
        crew: Crew,
        announcer: Announcer,
        undeclared: Undeclared,
        machines: Machines,
    ) -> None:
        self.session = session
        self.plan = plan
        self.ledger = ledger
        self.crew = crew
        self.announcer = announcer
        self.undeclared = undeclared
        self.machines = machines

    def started(self, talk: Conversation, message: protocol.TestStarted) -> None:
        talk.test_started(message)
        if self._is_known(talk, message.nodeid):
            return
        self.announcer.test_started(talk.number, message.nodeid, talk.location)
        if self.plan.terminal:
            self.crew.send(talk, protocol.Go())

    def reported(self, talk: Conversation, message: protocol.TestReport) -> None:
        report = self.announcer.deserialize(message.data)
        self._complete(talk, report)
        self.machines.reported(talk, report)
        talk.phases.append(report.when)
        talk.done.add(report.nodeid)
        if self._is_known(talk, report.nodeid):
            self._told_otherwise(talk, report)
            return
        file = report.nodeid.partition("::")[0]
        progress = self.ledger.project_of(talk)
        progress.seconds[file] = progress.seconds.get(file, 0.0) + getattr(report, "duration", 0.0)
        if (gave := answers.outcome(vars(report))) != "passed":
            progress.gave[report.nodeid] = answers.worse([progress.gave.get(report.nodeid, gave), gave])
        if report.failed and not hasattr(report, "wasxfail"):
            talk.failures += 1
            talk.current_failed = True
            self.ledger.failures += 1
            progress.failed.add(report.nodeid)
            report.longrepr = self.undeclared.noted(report.longrepr, talk.task.project)
        self.announcer.test_report(talk.number, report)

    def passed(self, talk: Conversation, message: protocol.TestPassed) -> None:
        """As three reports and the end of the test would be heard."""
        nodeid, location, file = talk.current, talk.location, talk.file
        if nodeid is None or nodeid != message.nodeid:
            raise protocol.ProtocolError(f"a test has passed that was not started: {message.nodeid}")
        passes.check(message)
        if self._is_known(talk, nodeid):
            self._end_known(talk)
            return
        if self.machines.doubts(nodeid):  # each report says so
            for one in passes.in_full(message, location):
                match one:
                    case protocol.TestReport():
                        self.reported(talk, one)
                    case protocol.TestFinished():
                        self.finished(talk, one)
            return
        seconds = self.ledger.project_of(talk).seconds
        seconds[file] = seconds.get(file, 0.0) + sum(message.times[::3])

        def reports() -> Iterator[Any]:
            for report in passes.reports(message, location):
                self._complete(talk, report)
                yield report

        self._end(talk, nodeid)
        self.announcer.test_passed(talk.number, nodeid, location, reports)

    def _complete(self, talk: Conversation, report: Any) -> None:
        """What reporters look for on it: ``worker_id`` and ``testrun_uid`` are pytest-xdist's."""
        if talk.cached:
            marks.mark(report, talk.cached.get(report.nodeid.partition("::")[0], ""))
        report.worker_id = talk.id
        report.monorepo_lane = talk.lane
        report.testrun_uid = self.plan.run_id
        if own := self.ledger.project_of(talk).junit:
            report.junit_settings = own

    def finished(self, talk: Conversation, message: protocol.TestFinished) -> None:
        if self._is_known(talk, message.nodeid):
            self._end_known(talk)
        else:
            self._end(talk, message.nodeid)
            self.announcer.test_finished(talk.number, message.nodeid, talk.location)
        self.machines.finished(talk, message.nodeid)
        if (talk.current_failed and (self.plan.maxfail or self.plan.stepwise)) or self.plan.terminal:
            self._answer(talk)

    def _end(self, talk: Conversation, nodeid: str) -> None:
        self._end_known(talk)
        progress, file = self.ledger.project_of(talk), nodeid.partition("::")[0]
        progress.counts[file] = progress.counts.get(file, 0) + 1
        progress.replayed += bool(talk.cached)

    def _end_known(self, talk: Conversation) -> None:
        talk.asks(False, time.monotonic())
        talk.test_finished()

    def _is_known(self, talk: Conversation, nodeid: str) -> bool:
        """A project that runs anew has told of some of its files already."""
        return talk.task.anew and nodeid in self.ledger.project_of(talk).told

    def _told_otherwise(self, talk: Conversation, report: Any) -> None:
        """A test that has passed fails where all of its project runs."""
        if not report.failed or hasattr(report, "wasxfail"):
            return
        talk.failures += 1
        talk.current_failed = True
        progress = self.ledger.project_of(talk)
        if report.nodeid not in progress.failed:
            words, text = f"{report.nodeid} fails where all of its project runs", str(report.longreprtext)
            progress.problems.append(Problem(1, words, text))
            self.ledger.exit_codes.add(1)
            self.announcer.project_failed(talk.number, talk.task.project, words, text)

    def _answer(self, talk: Conversation) -> None:
        """The worker waits for a word: whether it may go on."""
        self.crew.obey(self.session)
        if self.plan.maxfail and self.ledger.failures >= self.plan.maxfail:
            self.crew.stop(f"stopping after {self.ledger.failures} failures")
        # told a second time if need be: it may have taken the first before its test
        self.crew.send(talk, protocol.Stop("stopped") if talk.told_to_stop else protocol.Go())
