"""The controller: pytest's hooks, and the loop that starts workers and hears what becomes of them.

What they say becomes calls of pytest's own hooks (:mod:`.control.hearing`), and so does how they end
(:mod:`.control.endings`, :mod:`.control.closing`); what is known meanwhile stands in
:mod:`.state.ledger`.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.cache import recorded
from pytest_monorepo.results.replays.replay import Replay
from pytest_monorepo.workspace.files.pauses import with_rare_collector, without_collector

from .control.closing import Closing
from .control.collecting import Collecting
from .control.crew.dividing import Dividing
from .control.crew.hanging import Hanging
from .control.crew.helping import Helping
from .control.crew.lending import Lender
from .control.crew.members import Crew
from .control.crew.sharing import Sharing
from .control.crew.starting import Starter
from .control.endings import Endings
from .control.hearing import Hearing
from .control.machines import Machines
from .control.machines import register as register_machines
from .control.proving import Proving
from .control.replaying import Replaying
from .control.running import Running
from .hooks import failures
from .hooks.announcer import Announcer
from .hooks.audience import Keeper, Watcher
from .hooks.undeclared import Undeclared
from .plan import divisions, history, imports
from .plan import plan as planning
from .plan.schedule import Schedule
from .state import exit_codes
from .state.ledger import Ledger
from .state.projects import Progress
from .workers.events import Ended, Said
from .workers.interface import Workers
from .workers.signals import interrupts

PATIENCE = 10.0
"""Seconds that fixtures get to be torn down after Ctrl-C."""


class Controller:
    """The plugin object of one run. ``pool`` is closed at its end; ``tmp`` holds the workers' logs."""

    def __init__(
        self,
        config: pytest.Config,
        plan: planning.Plan,
        pool: Workers,
        tmp: Path,
        watcher: Watcher,
        keeper: Keeper | None = None,
    ) -> None:
        self.config, self.plan, self.pool = config, plan, pool
        self.watcher, self.keeper = watcher, keeper
        self.announcer = Announcer(config)
        self.undeclared = Undeclared(plan.workspace, plan.graph)
        self.ledger = Ledger.of(plan, history.load(config), recorded(config, "cache/lastfailed", ()))
        self.crew = Crew(pool, _schedule(plan, self.ledger))
        self.lender = Lender(config, self.crew, watcher, announces=not plan.terminal)
        self.hanging = Hanging(plan, self.crew, self.lender.loan)
        self.sharing = Sharing(plan, pool)
        self.starter = Starter(config, plan, self.ledger, self.crew, self.sharing, tmp)
        self.dividing = Dividing(
            plan, self.ledger, self.crew, self.starter, self.announcer, divisions.load(config)
        )
        config.pluginmanager.register(self.dividing, "monorepo-dividing")
        self.helping = Helping(plan, self.ledger, self.crew, self.starter, self.dividing)
        self.closing = Closing(
            config, plan, self.ledger, self.crew, self.announcer, self.helping, self.undeclared, keeper
        )
        self.proving = Proving(config, plan, pool, tmp)
        self.machines = Machines(plan, self.ledger, self.crew, self.announcer, self.closing)
        register_machines(config, self.machines)
        self.endings = Endings(
            plan, self.ledger, self.crew, self.announcer, self.closing, self.machines, self.dividing
        )

    # -- hooks

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        """Nothing is collected here; with ``--collect-only`` the workers' items are put together."""
        self.session, self.hearing = session, self._hearing(session)
        self.replaying = Replaying(
            self.plan, self.ledger, self.crew, self.starter, self.closing, self.hearing, self.keeper
        )
        self.closing.runs_anew = self.replaying.runs_anew
        self.dividing.hear = self.hearing.said
        if self.plan.collect_only:
            self._run()
            # by project, whichever worker was first
            session.items.sort(key=lambda item: item.listchain()[1].name)
            self.config.hook.pytest_collection_finish(session=session)
        return True

    def _hearing(self, session: pytest.Session) -> Hearing:
        plan, ledger, crew, announcer = self.plan, self.ledger, self.crew, self.announcer
        collecting = Collecting(session, plan, ledger, announcer, self.helping, self.closing, self.undeclared)
        running = Running(session, plan, ledger, crew, announcer, self.undeclared, self.machines)
        return Hearing(
            self.config,
            ledger,
            crew,
            announcer,
            self.helping,
            self.lender,
            collecting,
            running,
            self.keeper,
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not self.plan.collect_only:
            self._run()
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:  # the phases that pytest's terminal counts
            self.ledger.percent.told.add(report.nodeid)
            self.session.testscollected = self.ledger.total

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, object, object]:
        # a shard that starts later would divide by what an earlier one has saved; the merge saves for all
        history.bearing_full_disks(self.config)
        if not self.plan.collect_only and self.plan.shard is None:
            history.save(self.config, self.ledger.measured, self.plan.workspace.files)
            divisions.save(self.config, self.dividing.after(), self.plan.workspace.files)
            self._remember_imports()
        if self.keeper is not None:
            self.keeper.finish()
            self.ledger.coverage += self.keeper.carried()
        ours = self.ledger.exit_code(int(session.exitstatus), self.plan, stopped=self.stopped)
        session.exitstatus = ours
        result = yield
        session.exitstatus = exit_codes.settled(ours, int(exitstatus), int(session.exitstatus))
        return result

    def _remember_imports(self) -> None:
        preload, found = self.plan.preload, self.ledger.imports
        if preload.measured and (found or any(self.sharing.refused.values())):
            known = preload.after(found, self.sharing.refused, time.time())
            imports.save(self.config, known, self.plan.workspace.by_path)
        if preload.measured:
            served = imports.Served(imports.call_of(self.config), self.sharing.groups)
            imports.save_served(self.config, served)

    def pytest_unconfigure(self) -> None:
        self.pool.close()
        # pytest and Python search for garbage several times before the process ends, here in vain for 50 ms
        gc.freeze()

    # -- what reports ask

    @property
    def stopped(self) -> bool:
        """Whether the run ended before all was done."""
        return self.crew.schedule.stopped

    @property
    def coverage(self) -> list[dict[str, Any]]:
        """What workers said of their measurement."""
        return self.ledger.coverage

    # -- the run

    @with_rare_collector
    def _run(self) -> None:
        self._tell_left_out()
        self.closing.refuse_all()
        self.sharing.begin()
        with interrupts.interrupting():
            try:
                with interrupts.holding():
                    self._loop()
                if self.ledger.broken:
                    self.closing.give_up()
                elif self.keeper is not None and not (self.stopped or self.plan.collect_only):
                    self.proving.settle_all(self.keeper)
            except (KeyboardInterrupt, pytest.exit.Exception):
                self.watcher.clear()
                self._wind_down()
                raise
            finally:
                self.watcher.clear()
        self._let_servers_end()
        for progress in self.ledger.projects.values() if self.plan.show_output else ():
            self._print_output(progress)
        self.session.testscollected = self.ledger.collected

    def _let_servers_end(self) -> None:
        """Nobody starts any more: they let go of what they hold while reports are made."""
        if self.plan.places:
            return
        for python in {self.plan.interpreter(project.path).executable for project in self.plan.projects}:
            self.pool.retire(python)

    def _tell_left_out(self) -> None:
        """Projects and files that are not selected count as deselected, files with the tests they had."""
        left_out = [project.path for project in self.plan.deselected_projects]
        for file in (file for files in self.plan.unselected.values() for file in files):
            left_out += [file] * max(1, self.ledger.known.tests.get(file, 1))
        if left_out:
            self.announcer.deselected(self.session, left_out)

    def _loop(self) -> None:
        replays = list(self.plan.replays.items())
        while True:
            self.helping.start_all()
            self._replay(replays)
            self.helping.assist_all()
            if self.crew.schedule.done:
                return
            self._draw()
            events = self.pool.wait(self._next_look())
            self.watcher.clear()
            for change in self.pool.changes():
                self.machines.heard(change)
            for event in self.lender.loan.audible(events):
                self._handle(event)
            self.lender.end_where_told()
            self.crew.obey(self.session)
            self.hanging.end_overdue()

    @without_collector
    def _replay(self, replays: list[tuple[str, Replay]]) -> None:
        while replays and not self.stopped:
            self.replaying.whole(*replays.pop(0))
            self.crew.obey(self.session)

    def _draw(self) -> None:
        if not self.lender.loan.given:
            running = [talk.current or talk.task.project for talk in self.crew.talks.values()]
            self.watcher.draw(running, len(self.ledger.runs), len(self.plan.projects))

    def _next_look(self) -> float | None:
        """Seconds until there is something to draw or a deadline to watch."""
        times = (
            self.watcher.interval,
            self.hanging.next_look,
            self.sharing.next_look,
            self.helping.next_look,
        )
        return min((seconds for seconds in times if seconds is not None), default=None)

    def _handle(self, event: Said | Ended) -> None:
        talk = self.crew.talks.get(event.worker)
        if talk is None:
            if isinstance(event, Ended):
                self.endings.spare_ended(event.worker)
            return
        talk.last_heard = time.monotonic()
        if isinstance(event, Ended):
            self.lender.back_from(talk)
            self.endings.ended(talk, event)
        else:
            self.hearing.hear(talk, event.message)

    def _wind_down(self) -> None:
        """After Ctrl-C: running tests see it and fixtures are torn down; a second Ctrl-C ends all at once."""
        self.ledger.interrupted = True
        self.crew.interrupt(but=self.lender.quitter)
        until = time.monotonic() + PATIENCE
        with contextlib.suppress(KeyboardInterrupt):
            self.lender.back()
            while self.crew.talks and time.monotonic() < until:
                for event in self.lender.loan.audible(self.pool.wait(0.1)):
                    self._handle(event)
        for talk in list(self.crew.talks.values()):
            self.pool.kill(talk.number)
            self.announcer.silent(talk.number)
        for progress in self.ledger.projects.values():
            self.dividing.abandon(progress)

    def _print_output(self, progress: Progress) -> None:
        """What ``--fixtures`` or ``--setup-show`` printed there, without pytest's own header and summary."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and not progress.problems:
            text = failures.tail(progress.logs[0], lines=sys.maxsize)
            reporter.ensure_newline()
            reporter.section(progress.project.path)
            reporter.write_line(failures.without_summary(failures.without_header(text)))


def _schedule(plan: planning.Plan, ledger: Ledger) -> Schedule:
    return Schedule(
        planning.tasks(plan, ledger.weights),
        plan.workers,
        plan.settings.resources,
        keep_order=plan.terminal or plan.stepwise,
        places=plan.places,
        per_machine=plan.settings.resources_per_machine,
    )
