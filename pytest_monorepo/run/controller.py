"""The controller: worker messages become calls of pytest's own hooks."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import pytest

from pytest_monorepo.hookspecs import ProjectRun
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.model import Project

from . import conversation, failures, history, items, reports
from . import plan as planning
from .conversation import Conversation, Problem
from .emitter import Emitter
from .pool import Ended, Pool, Said
from .schedule import Schedule, Task

PATIENCE = 10.0
"""Seconds that fixtures get to be torn down after Ctrl-C."""


class Watcher(Protocol):
    """Who draws on the terminal while the run goes on."""

    def clear(self) -> None:
        """Something is about to be printed."""

    def draw(self, running: list[str], done: int, total: int) -> None:
        """Nothing is being printed now."""

    @property
    def interval(self) -> float | None:
        """Seconds between two drawings; ``None`` when there is nothing to draw."""


class Controller:
    """The plugin object of one run. ``pool`` is closed at its end; ``tmp`` holds the workers' logs."""

    def __init__(
        self, config: pytest.Config, plan: planning.Plan, pool: Pool, tmp: Path, watcher: Watcher
    ) -> None:
        self.config = config
        self.plan = plan
        self.pool = pool
        self.tmp = tmp
        self.watcher = watcher
        self.emitter = Emitter()
        self.talks: dict[int, Conversation] = {}
        self.runs: dict[str, ProjectRun] = {}
        self.coverage: list[dict[str, Any]] = []
        self.exit_codes: set[int] = set()
        self.history = history.load(config)
        self.measured = history.History()
        self.failures = 0
        self.interrupted = False
        self._stop_reason: str | None = None
        self._terminal_lent = False
        self._pending: list[Said | Ended] = []
        self._expected: dict[str, int] = {}
        self._collected: dict[str, int] = {}
        self._lastfailed: set[str] = set()

    # -- hooks

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        """Nothing is collected here; with ``--collect-only`` the workers' items are put together."""
        self.session = session
        self._prepare()
        if self.plan.collect_only:
            self._run()
            # by project, whichever worker was first
            session.items.sort(key=lambda item: item.listchain()[1].name)
            self.config.hook.pytest_collection_finish(session=session)
        return True

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
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._save_history()
        code = self._exit_code(int(session.exitstatus))
        session.exitstatus = code

    def pytest_unconfigure(self) -> None:
        self.pool.close()

    # -- the run

    def _prepare(self) -> None:
        weights = history.weights(self.plan.projects, self.history)
        plan = self.plan
        self.schedule = Schedule(
            planning.tasks(plan, weights),
            plan.workers,
            plan.settings.resources,
            keep_order=plan.terminal or plan.stepwise or plan.print_only,
        )
        cache = getattr(self.config, "cache", None)
        self._lastfailed = set(cache.get("cache/lastfailed", {})) if cache is not None else set()
        for project in plan.projects:
            self._expected[project.path] = self.history.expected_tests(project) or len(project.test_files)

    def _run(self) -> None:
        if self.plan.deselected_projects:
            skipped = [project.path for project in self.plan.deselected_projects]
            self.config.hook.pytest_deselected(items=items.stand_ins(self.session, skipped))
        for project in self.plan.projects:
            if project.error is not None:
                self._unreadable(project)
        with _signals_interrupt():
            try:
                self._loop()
            except KeyboardInterrupt:
                self.watcher.clear()
                self._wind_down()
                raise
            finally:
                self.watcher.clear()
        self.session.testscollected = sum(self._collected.values())

    def _loop(self) -> None:
        while not self.schedule.done:
            while started := self.schedule.start():
                self._start(*started)
            self._draw()
            events = self.pool.wait(self.watcher.interval)
            self.watcher.clear()
            for event in self._held_back(events):
                self._handle(event)
            self._obey_session()

    def _draw(self) -> None:
        if not self._terminal_lent:
            running = [talk.current or talk.task.project for talk in self.talks.values()]
            self.watcher.draw(running, len(self.runs), len(self.plan.projects))

    def _held_back(self, events: list[Said | Ended]) -> Iterator[Said | Ended]:
        """While a debugger has the terminal, only its own worker is heard."""
        waiting, self._pending = [*self._pending, *events], []
        for event in waiting:
            if self._terminal_lent and not self._ends_the_loan(event):
                self._pending.append(event)
            else:
                yield event

    def _ends_the_loan(self, event: Said | Ended) -> bool:
        return event.worker == self._borrower

    def _start(self, slot: int, task: Task) -> None:
        project = self.plan.workspace.by_path[task.project]
        name = f"{planning.slug(task.project)}-{task.restarts}"
        out, err = str(self.tmp / f"{name}.out"), str(self.tmp / f"{name}.err")
        job = planning.make_job(self.plan, task, slot, (out, err))
        if not task.restarts:
            self.config.hook.pytest_monorepo_project_start(config=self.config, project=project)
        number = self.pool.start(self.plan.interpreter(task.project).executable, job)
        self.talks[number] = Conversation(number, slot, task, project, out, err, time.time())

    # -- what workers say

    def _handle(self, event: Said | Ended) -> None:
        talk = self.talks.get(event.worker)
        if talk is None:
            return
        if isinstance(event, Ended):
            self._ended(talk, event)
        else:
            self._said(talk, event.message)

    def _said(self, talk: Conversation, message: Any) -> None:
        match message:
            case protocol.Hello():
                talk.hello = message
            case protocol.Collected():
                self._on_collected(talk, message)
            case protocol.CollectReport():
                self._on_collect_report(talk, message)
            case protocol.Deselected():
                talk.deselected += len(message.nodeids)
                stand_ins = items.stand_ins(self.session, message.nodeids)
                self.config.hook.pytest_deselected(items=stand_ins)
            case protocol.TestStarted():
                self._on_test_started(talk, message)
            case protocol.TestReport():
                self._on_test_report(talk, message)
            case protocol.TestFinished():
                self._on_test_finished(talk, message)
            case protocol.WarningRecorded():
                self._on_warning(message)
            case protocol.WrongFile():
                self._on_wrong_file(talk, message)
            case protocol.InternalError():
                talk.internal = message.text
            case protocol.Interrupted():
                talk.interrupted = message.reason
            case protocol.TerminalWanted():
                self._lend_terminal(talk)
            case protocol.TerminalReleased():
                self._terminal_back()
            case protocol.Finished():
                talk.finished = message
                if message.coverage is not None:
                    self.coverage.append(message.coverage)
            case _:
                raise AssertionError(f"unexpected message from a worker: {message!r}")

    def _on_collected(self, talk: Conversation, message: protocol.Collected) -> None:
        talk.collected = tuple(message.tests)
        if talk.task.restarts:
            return
        self._collected[talk.task.project] = len(message.tests)
        # The percentages need a total; until all projects have collected, earlier runs tell the rest.
        self.session.testscollected = sum({**self._expected, **self._collected}.values())
        self._clear_failed_collections(talk)
        if self.plan.collect_only:
            nodes = [protocol.Node(*node) for node in message.nodes]
            tree = items.build_tree(self.session, talk.task.project, nodes)
            self.session.items += tree
            self._collect_report(failures.passed_collection(talk.task.project, tree))
            talk.done.update(message.tests)

    def _clear_failed_collections(self, talk: Conversation) -> None:
        if not self._lastfailed or self.plan.collect_only:
            return
        files = {nodeid.partition("::")[0] for nodeid in talk.collected or ()}
        for nodeid in sorted(self._lastfailed & files):
            self._collect_report(failures.passed_collection(nodeid))

    def _on_collect_report(self, talk: Conversation, message: protocol.CollectReport) -> None:
        report = self._deserialize(message.data)
        talk.collect_reports += 1
        if report.failed:
            self.exit_codes.add(1)
        self._emit(talk, report.nodeid.partition("::")[0], lambda: self._collect_report(report))

    def _on_test_started(self, talk: Conversation, message: protocol.TestStarted) -> None:
        talk.test_started(message)
        self._emit(
            talk,
            message.nodeid.partition("::")[0],
            lambda: self.config.hook.pytest_runtest_logstart(
                nodeid=message.nodeid, location=_location(message.location)
            ),
        )
        if self.plan.terminal:
            self.pool.send(talk.number, protocol.Go())

    def _on_test_report(self, talk: Conversation, message: protocol.TestReport) -> None:
        report = self._deserialize(message.data)
        report.worker_id = talk.id
        report.testrun_uid = self.plan.run_id
        talk.phases.append(report.when)
        talk.done.add(report.nodeid)
        file = report.nodeid.partition("::")[0]
        talk.seconds[file] = talk.seconds.get(file, 0.0) + getattr(report, "duration", 0.0)
        if report.failed and not hasattr(report, "wasxfail"):
            talk.failures += 1
            talk.current_failed = True
            self.failures += 1
        self._emit(talk, file, lambda: self.config.hook.pytest_runtest_logreport(report=report))

    def _on_test_finished(self, talk: Conversation, message: protocol.TestFinished) -> None:
        talk.test_finished()
        file = message.nodeid.partition("::")[0]
        talk.tests[file] = talk.tests.get(file, 0) + 1
        self._emit(
            talk,
            file,
            lambda: self.config.hook.pytest_runtest_logfinish(
                nodeid=message.nodeid, location=_location(message.location)
            ),
        )
        if (talk.current_failed and (self.plan.maxfail or self.plan.stepwise)) or self.plan.terminal:
            self._obey_session()
            if self.plan.maxfail and self.failures >= self.plan.maxfail:
                self._stop(f"stopping after {self.failures} failures")
            if not talk.told_to_stop:
                self.pool.send(talk.number, protocol.Go())

    def _on_warning(self, message: protocol.WarningRecorded) -> None:
        self.config.hook.pytest_warning_recorded.call_historic(
            kwargs={
                "warning_message": _warning(message),
                "when": message.when,
                "nodeid": message.nodeid,
                "location": tuple(message.location) if message.location else None,
            }
        )

    def _on_wrong_file(self, talk: Conversation, message: protocol.WrongFile) -> None:
        talk.wrong_files += 1
        text = (
            f"{message.nodeid} was collected, but Python ran {message.actual}: two test modules of one name"
        )
        self._project_failed(talk, Problem(1, text, f"expected {message.expected}"))

    # -- how workers end

    def _ended(self, talk: Conversation, event: Ended) -> None:
        if talk.number == getattr(self, "_borrower", None):
            self._terminal_back()
        problem = self._problem_at_end(talk, event)
        if talk.finished is not None or self.interrupted:
            self.schedule.finished(talk.slot)
        else:
            left = talk.left
            restarted = self.schedule.died(talk.slot, left)
            if left and not restarted and not self.schedule.stopped:
                text = f"{len(left)} tests did not run: the worker died too often, first {left[0]}"
                self._project_failed(talk, Problem(1, text))
            if restarted:
                problem = None if talk.done else problem
        if problem is not None:
            self._project_failed(talk, problem)
        del self.talks[talk.number]
        self.emitter.end(talk.number)
        if not any(task.project == talk.task.project for task in self._unfinished_tasks()):
            self._project_done(talk, problem)

    def _unfinished_tasks(self) -> list[Task]:
        return [*self.schedule.running.values(), *(t for t in self.schedule.waiting if t.only is not None)]

    def _problem_at_end(self, talk: Conversation, event: Ended) -> Problem | None:
        if self.interrupted or (talk.told_to_stop and talk.finished is None and event.reason is None):
            return None
        if event.reason is not None:
            return Problem(1, event.reason, failures.tail(talk.err))
        if talk.finished is not None:
            return conversation.judge(
                talk,
                narrowed=self.plan.narrowed or bool(self.plan.targets.get(talk.task.project)),
                collect_only=self.plan.collect_only or self.plan.print_only,
                continued=talk.task.restarts > 0,
            )
        message, text = conversation.death(talk, event.code)
        self._coverage_of_the_dead(talk, message)
        if talk.current is None:
            return Problem(1, message, text)
        self._test_died(talk, message, text)
        return None

    def _coverage_of_the_dead(self, talk: Conversation, message: str) -> None:
        spec = self.plan.coverage.get(talk.task.project)
        if spec is not None:
            lost = {"project": talk.task.project, "data_dir": spec["data_dir"], "error": message}
            self.coverage.append(lost)

    def _test_died(self, talk: Conversation, message: str, text: str) -> None:
        assert talk.current is not None
        nodeid, location = talk.current, talk.location
        report = failures.crash_report(nodeid, location, conversation.phase_of_death(talk), message, text)
        report.worker_id = talk.id  # type: ignore[attr-defined]
        talk.test_finished()
        self.failures += 1
        self.exit_codes.add(1)
        file = nodeid.partition("::")[0]
        hook = self.config.hook
        self._emit(talk, file, lambda: hook.pytest_runtest_logreport(report=report))
        self._emit(talk, file, lambda: hook.pytest_runtest_logfinish(nodeid=nodeid, location=location))

    def _project_failed(self, talk: Conversation, problem: Problem) -> None:
        self.exit_codes.add(problem.exitstatus)
        report = failures.project_report(talk.task.project, problem.message, problem.text)
        self._emit(talk, talk.task.project, lambda: self._collect_report(report))

    def _project_done(self, talk: Conversation, problem: Problem | None) -> None:
        finished = talk.finished
        if self.plan.print_only and problem is None:
            self._print_output(talk)
        if self._ran_whole_files(talk):
            self.measured.seconds.update(talk.seconds)
            self.measured.tests.update(talk.tests)
        if problem is None and talk.task.project in self._lastfailed and not self.plan.collect_only:
            self._collect_report(failures.passed_collection(talk.task.project))
        run = ProjectRun(
            project=talk.task.project,
            started=talk.started,
            stopped=time.time(),
            exitstatus=finished.exitstatus if finished is not None else None,
            collected=self._collected.get(talk.task.project, 0),
            deselected=talk.deselected,
            error=problem.message if problem is not None else None,
            worker=talk.id,
            python=talk.hello.python if talk.hello is not None else "",
            pytest=talk.hello.pytest if talk.hello is not None else "",
            interpreter=self.plan.interpreter(talk.task.project).executable,
        )
        self.runs[talk.task.project] = run
        self.config.hook.pytest_monorepo_project_finish(config=self.config, project=talk.project, run=run)

    def _ran_whole_files(self, talk: Conversation) -> bool:
        """Whether its durations are those of files, not of parts of them."""
        targets = self.plan.targets.get(talk.task.project, ())
        narrowed = self.plan.narrowed or talk.deselected or any("::" in target for target in targets)
        return not narrowed and not talk.task.restarts and not talk.left

    def _print_output(self, talk: Conversation) -> None:
        """What ``--fixtures`` or ``--markers`` printed there, without pytest's own header."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            text = failures.tail(talk.out, lines=sys.maxsize)
            reporter.section(talk.task.project)
            reporter.write_line(failures.without_header(text))

    def _unreadable(self, project: Project) -> None:
        self.exit_codes.add(4)
        error = project.error or ""
        self._collect_report(failures.project_report(project.path, error))
        now = time.time()
        run = ProjectRun(project.path, now, now, None, error=error)
        self.runs[project.path] = run
        self.config.hook.pytest_monorepo_project_finish(config=self.config, project=project, run=run)

    # -- saying it to pytest

    def _emit(self, talk: Conversation, file: str, action: Any) -> None:
        self.emitter.say(talk.number, file, action)

    def _deserialize(self, data: dict[str, Any]) -> Any:
        report = self.config.hook.pytest_report_from_serializable(config=self.config, data=dict(data))
        if report is None:  # a plugin's own kind of report, and the plugin is not in the controller
            data = {**data, "$report_type": "TestReport"}
            report = self.config.hook.pytest_report_from_serializable(config=self.config, data=data)
        return reports.restored(report, data)

    def _collect_report(self, report: Any) -> None:
        with _no_collecting_line(self.config):
            self.config.hook.pytest_collectreport(report=report)

    # -- stopping

    def _obey_session(self) -> None:
        """``-x``, ``--stepwise`` and plugins stop a run through the session."""
        reason = self.session.shouldfail or self.session.shouldstop
        if reason and not self.schedule.stopped:
            self._stop(str(reason))

    def _stop(self, reason: str) -> None:
        self.schedule.stop()
        for talk in self.talks.values():
            if not talk.told_to_stop:
                talk.told_to_stop = True
                self.pool.send(talk.number, protocol.Stop(reason))

    def _wind_down(self) -> None:
        """After Ctrl-C: running tests see it and fixtures are torn down; a second Ctrl-C ends all at once."""
        self.interrupted = True
        self._stop("interrupted")
        for number in list(self.talks):
            self.pool.interrupt(number)
        until = time.monotonic() + PATIENCE
        with contextlib.suppress(KeyboardInterrupt):
            while self.talks and time.monotonic() < until:
                for event in self.pool.wait(0.1):
                    self._handle(event)
        for talk in list(self.talks.values()):
            self.pool.kill(talk.number)
            self.emitter.end(talk.number)

    def _exit_code(self, code: int) -> int:
        """Interrupted 2, internal 3, usage 4, failed 1, else what pytest says."""
        codes = {code, *self.exit_codes}
        nothing_to_do = not self.plan.projects and self.plan.deselected_projects
        if code == 5 and (nothing_to_do or self.plan.print_only):
            return max(self.exit_codes, default=0)
        return next((known for known in (2, 3, 4, 1) if known in codes), code)

    def _save_history(self) -> None:
        if not self.plan.collect_only:
            history.save(self.config, self.measured, self.plan.workspace.files)

    # -- the terminal

    def _lend_terminal(self, talk: Conversation) -> None:
        self._terminal_lent, self._borrower = True, talk.number
        self.watcher.clear()
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
        if threading.current_thread() is threading.main_thread():
            self._old_sigint = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.pool.send(talk.number, protocol.TerminalGranted())

    def _terminal_back(self) -> None:
        if self._terminal_lent:
            self._terminal_lent, self._borrower = False, 0
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, self._old_sigint)

    _borrower = 0
    _old_sigint: Any = signal.SIG_DFL


def _location(location: Any) -> tuple[str, int | None, str]:
    return location[0], location[1], location[2]


def _warning(message: protocol.WarningRecorded) -> Any:
    import warnings

    category = _category(message.module, message.category)
    return warnings.WarningMessage(
        category(message.message),
        category,
        message.filename,
        message.lineno,
        line=message.line,
    )


_CATEGORIES: dict[tuple[str, str], type[Warning]] = {}


def _category(module: str, name: str) -> type[Warning]:
    """The warning's class where it is a built-in or pytest's own, else one of its name."""
    key = (module, name)
    if key not in _CATEGORIES:
        import builtins

        found = getattr({"builtins": builtins, "pytest": pytest}.get(module), name, None)
        if not (isinstance(found, type) and issubclass(found, Warning)):
            found = type(name, (Warning,), {"__module__": module})
        _CATEGORIES[key] = found
    return _CATEGORIES[key]


@contextlib.contextmanager
def _no_collecting_line(config: pytest.Config) -> Iterator[None]:
    """On a terminal pytest rewrites its "collecting …" line at every collect report, over our dots."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        yield
        return
    # a bool in pytest 8, callable since 9.1
    isatty, reporter.isatty = reporter.isatty, type(reporter.isatty)(False)
    try:
        yield
    finally:
        reporter.isatty = isatty


@contextlib.contextmanager
def _signals_interrupt() -> Iterator[None]:
    """SIGTERM and SIGHUP end a run as Ctrl-C does: with a report and without leftovers."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    old = {name: signal.signal(getattr(signal, name), interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in old.items():
            signal.signal(getattr(signal, name), handler)
