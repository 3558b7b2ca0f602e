"""What workers say of their collections becomes calls of pytest's hooks."""

from __future__ import annotations

import pytest

from pytest_monorepo.run.hooks import failures, items
from pytest_monorepo.run.hooks.announcer import Announcer
from pytest_monorepo.run.hooks.undeclared import Undeclared
from pytest_monorepo.run.plan import uninstalled
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.state.conversation import Conversation, Problem
from pytest_monorepo.run.state.ledger import Ledger
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.files.relative import within

from .closing import Closing
from .crew.helping import Helping


class Collecting:
    """A project's first worker tells of it; those that help or go on after a death collect the same again."""

    def __init__(
        self,
        session: pytest.Session,
        plan: Plan,
        ledger: Ledger,
        announcer: Announcer,
        helping: Helping,
        closing: Closing,
        undeclared: Undeclared,
    ) -> None:
        self.session = session
        self.plan = plan
        self.ledger = ledger
        self.announcer = announcer
        self.helping = helping
        self.closing = closing
        self.undeclared = undeclared

    def collected(self, talk: Conversation, message: protocol.Collected) -> None:
        talk.collected, talk.elsewhere = tuple(message.tests), message.elsewhere
        if talk.is_first:
            self._note(talk, message)
            self.session.testscollected = self.ledger.total
            self._clear_failed_collections(message.tests)
            if self.plan.collect_only:
                self._build_tree(talk, message)
        if message.groups or (talk.task.assists and not message.tests):
            self.helping.begin(talk, message)

    def _note(self, talk: Conversation, message: protocol.Collected) -> None:
        progress = self.ledger.project_of(talk)
        if talk.cached and progress.collected is not None:
            # beside what has run
            progress.collected += len(message.tests)
            progress.beside = 0
            progress.collection += tuple(message.tests)
            return
        progress.collected = len(message.tests)
        replay = None if talk.cached or talk.task.anew else self.plan.parts.get(talk.task.project)
        progress.beside = 0 if replay is None else replay.count
        progress.collection = tuple(message.tests)
        progress.junit = message.junit
        progress.uninstalled = uninstalled.dependencies(self.plan, progress.project, message.uninstalled)
        progress.whole = tuple((kind, name, plugin) for kind, name, plugin in message.whole)

    def _is_known(self, talk: Conversation, nodeid: str) -> bool:
        """A project that runs anew has told of all but the files that were to be replayed."""
        replay = self.plan.parts.get(talk.task.project)
        files = replay.files if replay is not None else ()
        return talk.task.anew and nodeid.partition("::")[0] not in files

    def _build_tree(self, talk: Conversation, message: protocol.Collected) -> None:
        nodes = [protocol.Node(*node) for node in message.nodes]
        tree = items.build_tree(self.session, talk.task.project, nodes)
        self.session.items += tree
        self.announcer.collect_report(failures.passed_collection(talk.task.project, tree))
        talk.done.update(message.tests)

    def _clear_failed_collections(self, tests: list[str]) -> None:
        """``--lf`` forgets a file that could not be collected once it can."""
        if not self.ledger.lastfailed or self.plan.collect_only:
            return
        files = {nodeid.partition("::")[0] for nodeid in tests}
        for nodeid in sorted(self.ledger.lastfailed & files):
            self.announcer.collect_report(failures.passed_collection(nodeid))

    def reported(self, talk: Conversation, message: protocol.CollectReport) -> None:
        talk.collect_reports += 1
        nodeid, failed = str(message.data.get("nodeid")), message.data.get("outcome") == "failed"
        uncollected = self.ledger.project_of(talk).uncollected
        # what could be collected without the others may fail with them
        told = not failed or nodeid in uncollected
        if not talk.is_first or (told and self._is_known(talk, nodeid)):
            return
        report = self.announcer.deserialize(message.data)
        if report.failed:
            uncollected.add(nodeid)
            self.ledger.exit_codes.add(1)
            report.longrepr = self.undeclared.noted(report.longrepr, talk.task.project)
        self.announcer.collected(talk.number, report)

    def deselected(self, talk: Conversation, message: protocol.Deselected) -> None:
        talk.deselected += len(message.nodeids)
        if not talk.is_first or self._is_known(talk, message.nodeids[0]):
            return
        self.ledger.project_of(talk).deselected += len(message.nodeids)
        self.announcer.deselected(self.session, message.nodeids)
        if self.plan.collect_only:
            # pytest counts the selected as the collected less the deselected
            gone = items.stand_ins(self.session, message.nodeids)
            self.announcer.collect_report(failures.passed_collection(talk.task.project, gone))

    def stray(self, talk: Conversation, message: protocol.Stray) -> None:
        """Said by every worker of the project that has loaded it; once is enough."""
        words = f"{message.module} was loaded from {message.file}, not from the code that was sent"
        progress = self.ledger.project_of(talk)
        if all(problem.message != words for problem in progress.problems):
            hint = "the node has it installed as well: leave it out there, or declare who needs it"
            self.closing.fail(progress, Problem(1, words, hint), talk.number)

    def wrong_file(self, talk: Conversation, message: protocol.WrongFile) -> None:
        talk.wrong_files += 1
        if talk.is_first:
            problem = _two_of_one_name(message, str(self.plan.workspace.root))
            self.closing.fail(self.ledger.project_of(talk), problem, talk.number)


def _two_of_one_name(message: protocol.WrongFile, root: str) -> Problem:
    actual = within(root, message.actual) or message.actual
    text = f"{message.nodeid} was collected, but Python ran {actual}: two modules of one name"
    hint = "pytest takes a module that is imported already for any of its name: rename one of them"
    return Problem(1, text, hint)
