"""What earlier runs' workers said is said again, for projects that need not run and for files of others."""

from __future__ import annotations

from functools import cached_property

from pytest_monorepo.results.replays.replay import Replay
from pytest_monorepo.run.hooks import passes
from pytest_monorepo.run.hooks.audience import Keeper
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.state import exit_codes
from pytest_monorepo.run.state.ledger import Ledger
from pytest_monorepo.run.state.projects import Progress
from pytest_monorepo.worker import protocol

from .closing import Closing
from .crew.members import Crew
from .crew.starting import Starter
from .hearing import Hearing


class Replaying:
    """Files of a project are replayed after the others have run, which may show that they cannot be."""

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        crew: Crew,
        starter: Starter,
        closing: Closing,
        hearing: Hearing,
        keeper: Keeper | None,
    ) -> None:
        self.plan = plan
        self.ledger = ledger
        self.crew = crew
        self.starter = starter
        self.closing = closing
        self.hearing = hearing
        self.keeper = keeper
        self.settled: set[str] = set()

    def whole(self, path: str, replay: Replay) -> None:
        """A project that need not run."""
        progress = self.ledger.projects[path]
        self._say(progress, replay)
        progress.exit_codes.append(exit_codes.EMPTY if replay.empty else exit_codes.OK)
        self.closing.close(progress, replay.origin)

    def runs_anew(self, progress: Progress) -> bool:
        """Whether all of a project has to run: what has run of it shows that the rest may not be replayed.

        Else the rest is said.
        """
        path = progress.project.path
        replay = self.plan.parts.get(path)
        if replay is None or self.keeper is None or path in self.settled:
            return False
        self.settled.add(path)
        ran = list(dict.fromkeys(test.partition("::")[0] for test in progress.reported))
        if self.keeper.clash(path, ran) is not None:
            progress.told |= progress.reported
            resources = self.plan.settings.of(path).resources
            self.crew.schedule.anew(path, progress.weight, resources)
            return True
        self._say(progress, replay)
        if progress.exit_codes == [exit_codes.EMPTY] and not replay.empty:
            progress.exit_codes[:] = [exit_codes.OK]  # only what was replayed was there to run
        return False

    @cached_property
    def _passes_are_enough(self) -> bool:
        """The run that is replayed may have had other plugins."""
        return passes.are_enough(self.starter.config)

    def _say(self, progress: Progress, replay: Replay) -> None:
        talk = self.starter.stand_in(progress.project.path, replay)
        for message in replay.messages:
            if isinstance(message, protocol.TestPassed) and not self._passes_are_enough:
                for one in passes.in_full(message, talk.location):
                    self.hearing.said(talk, one)
            else:
                self.hearing.said(talk, message)
        progress.reported |= talk.done
        self.hearing.announcer.silent(talk.number)
