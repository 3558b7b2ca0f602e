"""Machines come and go: who gets their slots, which tests are repeated, and what is said of it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pytest_monorepo.run.hooks.announcer import Announcer
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.state import answers
from pytest_monorepo.run.state.answers import Answers
from pytest_monorepo.run.state.conversation import Conversation, Problem
from pytest_monorepo.run.state.ledger import Ledger
from pytest_monorepo.run.workers.interface import Broken, Change, Joined, Late, Lost
from pytest_monorepo.worker import protocol

from .closing import Closing
from .crew.members import Crew

_LAST_WORDS = (protocol.TestPassed, protocol.TestFinished)


class Machines:
    """Of one run; on one machine alone it has nothing to do."""

    def __init__(
        self, plan: Plan, ledger: Ledger, crew: Crew, announcer: Announcer, closing: Closing
    ) -> None:
        self.plan = plan
        self.ledger = ledger
        self.crew = crew
        self.announcer = announcer
        self.closing = closing
        self.lines: list[str] = []
        self._spares = list(plan.spares)
        self._began = time.monotonic()
        self._doubted: dict[str, Answers] = {}
        self._repeated: set[str] = set()

    def heard(self, change: Change) -> None:
        match change:
            case Joined():
                self.crew.schedule.joined(change.place, change.slots)
                self._note(
                    f"{change.place} has joined, with {change.slots} worker{'s' * (change.slots != 1)}"
                )
            case Lost():
                self._lost(change)
            case Late():
                self._late(change)
            case Broken():
                self._broken(change.reason)

    def _lost(self, change: Lost) -> None:
        self._note(f"{change.place} was lost: {change.reason}")
        self._spares = [place for place in self._spares if place != change.place]
        for _ in range(self.crew.schedule.room(change.place)):
            if self._spares:  # with few projects not every machine has been given work
                self.crew.schedule.joined(self._spares.pop(0), 1)
        if not self.crew.schedule.lost(change.place):
            self._broken("every machine was lost")

    def _broken(self, reason: str) -> None:
        if not self.ledger.broken:
            self.ledger.broken = reason
            self._note(reason)
            self.crew.schedule.stop()

    def _note(self, line: str) -> None:
        self.lines.append(f"{line} (after {time.monotonic() - self._began:.1f}s)")

    # -- what a lost machine had taken

    def doubt(self, talk: Conversation) -> None:
        """Its machine is gone: what it has not told of is run elsewhere, and may be answered twice."""
        for nodeid in talk.left or ():
            self._doubted.setdefault(nodeid, Answers())

    def doubts(self, nodeid: str) -> bool:
        """Whether another machine may have answered for the test, or still may."""
        return nodeid in self._doubted

    def reported(self, talk: Conversation, report: Any) -> None:
        """A worker of a machine that is there has told of a test's phase."""
        if not self.lines:
            return
        lost = self.ledger.project_of(talk).lost_at.get(report.nodeid)
        if lost is not None:
            words = f"repeated on {talk.place} after {lost} was lost"
            report.sections.append(("pytest-monorepo", words))
            if report.when == "teardown":
                report.user_properties = [*report.user_properties, ("repeated", words)]
            if report.nodeid not in self._repeated:
                self._repeated.add(report.nodeid)
                self.lines.append(f"{report.nodeid}: {words}")
        if report.nodeid in self._doubted:
            text = getattr(report, "longreprtext", "")
            self._doubted[report.nodeid].add(talk.place, answers.outcome(vars(report)), text)

    def finished(self, talk: Conversation, nodeid: str) -> None:
        if nodeid in self._doubted:
            self._settle(nodeid, talk.place, talk.task.project)

    def _late(self, change: Late) -> None:
        message = change.message
        if isinstance(message, protocol.TestReport):
            nodeid = str(message.data.get("nodeid"))
            if nodeid in self._doubted:
                text = self.announcer.deserialize(message.data).longreprtext
                self._doubted[nodeid].add(change.place, answers.outcome(message.data), text)
        elif isinstance(message, _LAST_WORDS) and message.nodeid in self._doubted:
            if isinstance(message, protocol.TestPassed):
                self._doubted[message.nodeid].add(change.place, "passed")
            owner = self.plan.workspace.owner_of_test(message.nodeid)
            if owner is not None and owner.path in self.ledger.projects:
                self._settle(message.nodeid, change.place, owner.path)

    def _settle(self, nodeid: str, place: str, project: str) -> None:
        found = self._doubted[nodeid]
        found.ended(place)
        said = found.settle()
        if said is not None:
            text = "\n\n".join(f"on {where}:\n{text}" for where, text in sorted(found.texts.items()))
            self.closing.fail(self.ledger.projects[project], Problem(1, f"{nodeid}: {said}", text))

    # -- at the end

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.lines:
            terminalreporter.write_sep("=", "machines")
            for line in self.lines:
                terminalreporter.write_line(line)


def register(config: pytest.Config, machines: Machines) -> None:
    """Let it be heard at the end of the run."""
    config.pluginmanager.register(machines, "monorepo-machines")
