"""What workers say, message by message: the one place that knows them all."""

from __future__ import annotations

import time
from typing import NoReturn

import pytest

from pytest_monorepo.run.hooks import nodes
from pytest_monorepo.run.hooks.announcer import Announcer
from pytest_monorepo.run.hooks.audience import Keeper
from pytest_monorepo.run.plan import imports
from pytest_monorepo.run.state.conversation import Conversation
from pytest_monorepo.run.state.ledger import Ledger
from pytest_monorepo.run.workers.events import FromWorker
from pytest_monorepo.worker import protocol

from .collecting import Collecting
from .crew.helping import Helping
from .crew.lending import Lender
from .crew.members import Crew
from .running import Running


class Hearing:
    """``keeper`` hears everything first."""

    def __init__(
        self,
        config: pytest.Config,
        ledger: Ledger,
        crew: Crew,
        announcer: Announcer,
        helping: Helping,
        lender: Lender,
        collecting: Collecting,
        running: Running,
        keeper: Keeper | None,
    ) -> None:
        self.config = config
        self.ledger = ledger
        self.crew = crew
        self.announcer = announcer
        self.helping = helping
        self.lender = lender
        self.collecting = collecting
        self.running = running
        self.keeper = keeper

    def hear(self, talk: Conversation, message: FromWorker) -> None:
        """A worker that talks nonsense is ended, and nothing more that it says is heard."""
        if talk.rejected:
            return
        if self.keeper is not None:
            self.keeper.heard(talk.task.project, talk.number, message)
        try:
            if not self.helping.dividing.takes(talk, message):
                self.said(talk, message)
        except protocol.ProtocolError as error:
            talk.rejected = True
            self.crew.pool.reject(talk.number, str(error))

    def said(self, talk: Conversation, message: FromWorker) -> None:
        """Raises :class:`protocol.ProtocolError` for what makes no sense."""
        match message:
            case protocol.Hello():
                self._hello(talk, message)
            case protocol.Collected():
                self.collecting.collected(talk, message)
            case protocol.CollectReport():
                self.collecting.reported(talk, message)
            case protocol.Bound():
                self.helping.dividing.bound(talk, message)
            case protocol.Deselected():
                self.collecting.deselected(talk, message)
            case protocol.WrongFile():
                self.collecting.wrong_file(talk, message)
            case protocol.Stray():
                self.collecting.stray(talk, message)
            case protocol.TestStarted():
                self.running.started(talk, message)
            case protocol.TestReport():
                self.running.reported(talk, message)
            case protocol.TestPassed():
                self.running.passed(talk, message)
            case protocol.TestFinished():
                self.running.finished(talk, message)
            case protocol.NextWanted():
                self.helping.hand_out(talk)
            case protocol.OneWith():
                self.helping.one_with(talk, message)
            case protocol.CannotFork():
                pass  # its siblings' channels close, which says so too: some may have been told to begin
            case protocol.WarningRecorded():
                known = talk.task.anew and message.nodeid in self.ledger.project_of(talk).told
                again = talk.task.assists or talk.task.repeats
                if not known and (not again or message.when == "runtest"):
                    self.announcer.warning(message, talk.task.project)
            case protocol.PluginSaid():
                self._plugin_said(talk, message)
            case protocol.InternalError():
                talk.internal = message.text
            case protocol.Interrupted():
                talk.interrupted = message.reason
            case protocol.Quit():
                self.lender.has_quit(talk, message.reason)
            case protocol.TerminalWanted():
                self.lender.lend(talk)
            case protocol.TerminalReleased():
                self.lender.back()
            case protocol.Prompt():
                talk.asks(message.open, time.monotonic())
            case protocol.Traced():
                pass  # the keeper has heard it
            case protocol.Imported():
                if talk.is_first and not talk.shared:
                    self.ledger.imports[talk.task.project] = imports.read(message.seconds)
            case protocol.Finished():
                self._finished(talk, message)
            case unknown:
                _unexpected(unknown)

    def _hello(self, talk: Conversation, message: protocol.Hello) -> None:
        talk.hello = message
        progress = self.ledger.project_of(talk)
        progress.hello, progress.worker = progress.hello or message, progress.worker or talk.lane

    def _plugin_said(self, talk: Conversation, message: protocol.PluginSaid) -> None:
        if message.text:
            self.ledger.project_of(talk).said.append((message.plugin, message.text))
        if message.exitstatus:
            talk.verdicts.append((message.plugin, message.exitstatus))

    def _finished(self, talk: Conversation, message: protocol.Finished) -> None:
        talk.finished = message
        self.helping.dismiss_spares(self.ledger.project_of(talk))
        self.ledger.measured.peak = max(self.ledger.measured.peak, message.peak)
        nodes.down(self.config, talk.id, message.workeroutput)
        if message.coverage is not None:
            self.ledger.coverage.append(message.coverage)


def _unexpected(message: NoReturn) -> NoReturn:
    """mypy refuses the call while there is a message above that no case takes."""
    raise protocol.ProtocolError(f"unexpected message {message!r}")
