"""The controller: worker messages become calls of pytest's own hooks."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from collections import deque
from collections.abc import Generator
from pathlib import Path
from typing import Any, Protocol

import pytest

from pytest_monorepo.records import ProjectRun
from pytest_monorepo.results import marks
from pytest_monorepo.results.replay import Replay
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.model import Project

from . import conversation, exit_codes, failures, history, items, jobs, nodes, uninstalled
from . import plan as planning
from .announcer import Announcer
from .conversation import Conversation, Problem
from .deadlines import GRACE, Limit, limits, overdue
from .lending import Loan
from .percent import Percent
from .pool import Ended, Pool, Said
from .projects import Progress
from .queue import Queue
from .schedule import MAX_RESTARTS, Schedule, Task
from .signals import interrupting
from .undeclared import Undeclared

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


class Keeper(Protocol):
    """Who listens to the workers to keep what they prove."""

    def heard(self, project: str, message: object) -> None:
        """A worker of the project said something."""

    def done(self, project: str, problem: str | None) -> None:
        """All of the project has run; ``problem`` is why its result is none to keep."""

    def finish(self) -> None:
        """The run is over."""


class Controller:
    """The plugin object of one run. ``pool`` is closed at its end; ``tmp`` holds the workers' logs."""

    def __init__(
        self,
        config: pytest.Config,
        plan: planning.Plan,
        pool: Pool,
        tmp: Path,
        watcher: Watcher,
        keeper: Keeper | None = None,
    ) -> None:
        self.keeper = keeper
        self.config = config
        self.plan = plan
        self.pool = pool
        self.tmp = tmp
        self.watcher = watcher
        self.announcer = Announcer(config)
        self.undeclared = Undeclared(plan.workspace, plan.graph)
        self.talks: dict[int, Conversation] = {}
        self.runs: dict[str, ProjectRun] = {}
        self.coverage: list[dict[str, Any]] = []
        self.exit_codes: set[int] = set()
        self.history = history.load(config)
        self.measured = history.History()
        self.percent = Percent()
        self.failures = 0
        self.interrupted = False
        self._count = 0
        self.loan = Loan()
        weights = history.weights(plan.projects, self.history)
        self.progress = {
            project.path: Progress(
                project,
                expected=self.history.expected_tests(project) or 0,
                weight=weights.get(project.path, 0.0),
            )
            for project in plan.projects
        }
        self.schedule = Schedule(
            planning.tasks(plan, weights),
            plan.workers,
            plan.settings.resources,
            keep_order=plan.terminal or plan.stepwise,
        )
        cache = getattr(config, "cache", None)
        self._lastfailed = set(cache.get("cache/lastfailed", {})) if cache is not None else set()

    # -- hooks

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        """Nothing is collected here; with ``--collect-only`` the workers' items are put together."""
        self.session = session
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
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:  # the phases that pytest's terminal counts
            self.percent.told.add(report.nodeid)
            self.session.testscollected = self.percent.total(self.progress.values())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, object, object]:
        # a shard that starts later would divide by what an earlier one has saved; the merge saves for all
        history.bearing_full_disks(self.config)
        if not self.plan.collect_only and self.plan.shard is None:
            history.save(self.config, self.measured, self.plan.workspace.files)
        if self.keeper is not None:
            self.keeper.finish()
        ours = session.exitstatus = self._exit_code(int(session.exitstatus))
        result = yield
        session.exitstatus = exit_codes.settled(ours, int(exitstatus), int(session.exitstatus))
        return result

    @property
    def stopped(self) -> bool:
        """Whether the run ended before all was done."""
        return self.schedule.stopped

    def pytest_unconfigure(self) -> None:
        self.pool.close()
        # pytest and Python search for garbage several times before the process ends, here in vain for 50 ms
        gc.freeze()

    # -- the run

    def _run(self) -> None:
        left_out = [project.path for project in self.plan.deselected_projects]
        for file in (file for files in self.plan.unselected.values() for file in files):
            left_out += [file] * max(1, self.history.tests.get(file, 1))
        if left_out:
            self.announcer.deselected(self.session, left_out)
        for project in self.plan.projects:
            if project.error is not None:
                self._unreadable(project)
            elif project.path in self.plan.excluded:
                self._excluded(project, self.plan.excluded[project.path])
        with interrupting():
            try:
                self._loop()
            except KeyboardInterrupt:
                self.watcher.clear()
                self._wind_down()
                raise
            finally:
                self.watcher.clear()
        for progress in self.progress.values() if self.plan.show_output else ():
            self._print_output(progress)
        self.session.testscollected = sum(progress.collected or 0 for progress in self.progress.values())

    def _loop(self) -> None:
        replays = list(self.plan.replays.items())
        while True:
            while started := self.schedule.start():
                self._start(*started)
            while replays and not self.schedule.stopped:
                self._replay(*replays.pop(0))
                self._obey_session()
            while helper := self.schedule.assist(self._shares()):
                self._assist(*helper)
            if self.schedule.done:
                return
            self._draw()
            events = self.pool.wait(self._next_look())
            self.watcher.clear()
            for event in self.loan.audible(events):
                self._handle(event)
            self._obey_session()
            self._end_hanging()

    def _draw(self) -> None:
        if not self.loan.given:
            running = [talk.current or talk.task.project for talk in self.talks.values()]
            self.watcher.draw(running, len(self.runs), len(self.plan.projects))

    def _start(self, slot: int, task: Task) -> None:
        progress = self.progress[task.project]
        self._count += 1
        name = f"{planning.slug(task.project)}-{self._count}"
        logs = (str(self.tmp / f"{name}.out"), str(self.tmp / f"{name}.err"))
        if progress.started is None:
            progress.started = time.time()
            progress.logs = logs
            self.config.hook.pytest_monorepo_project_start(config=self.config, project=progress.project)
        split = self.plan.split_of(task.project) if self._may_split(task) else "none"
        job = planning.make_job(self.plan, task, slot, logs, split, name)
        job = jobs.adjusted(self.config, job, progress.project)
        number = self.pool.start(self.plan.interpreter(task.project).executable, job)
        self._listen(number, slot, task, logs)

    def _listen(self, number: int, slot: int, task: Task, logs: tuple[str, str]) -> Conversation:
        project = self.progress[task.project].project
        self.talks[number] = talk = Conversation(number, slot, task, project, *logs, time.monotonic())
        return talk

    def _replay(self, path: str, replay: Replay) -> None:
        """Say what the workers of an earlier run said."""
        progress = self.progress[path]
        self._count += 1
        progress.started = time.time()
        self.config.hook.pytest_monorepo_project_start(config=self.config, project=progress.project)
        talk = Conversation(
            -self._count, 0, Task(path), progress.project, "", "", time.monotonic(), cached=replay.origin
        )
        for message in replay.messages:
            self._said(talk, message)
        self.coverage += replay.coverage
        progress.exit_codes.append(0)
        progress.reported |= talk.done
        self.announcer.silent(talk.number)
        self._project_done(progress, replay.origin)

    # -- several workers for one project

    def _may_split(self, task: Task) -> bool:
        """Where cores may idle otherwise: a project longer than its fair share, or one of the last."""
        if task.assists:
            return True
        split = self.plan.split_of(task.project)
        if split == "none" or self.plan.workers < 2:
            return False
        if split == "file" and len(self.progress[task.project].project.test_files) < 2:
            return False
        share = sum(progress.weight for progress in self.progress.values()) / self.plan.workers
        return task.weight > share / 2 or len(self.schedule.waiting) < self.plan.workers

    def _shares(self) -> dict[str, float]:
        """For each project in which another worker could help: how much there is to do."""
        running = {task.project for task in self.schedule.running.values()}
        found = {}
        for path, progress in self.progress.items():
            weight = progress.waiting_weight()
            if weight and progress.queue is not None:
                # one that must collect for itself first is worth it only for a while's work
                worth = path in running and weight > 2.0 and bool(self.history.seconds)
                if progress.queue.spare or (worth and not progress.helpless):
                    found[path] = weight
        return found

    def _assist(self, slot: int, task: Task) -> None:
        progress = self.progress[task.project]
        queue = progress.queue
        if queue is None or not queue.spare:
            self._start(slot, task)
            return
        talk = self._listen(queue.spare.pop(0), slot, task, progress.logs)
        talk.collected, talk.queue, talk.hello = queue.tests, queue, progress.hello
        self.pool.send(talk.number, protocol.Begin(talk.id))

    def _begin(self, talk: Conversation, message: protocol.Collected) -> None:
        """The first worker of a project that may be split opens its queue; later ones take from it."""
        progress = self.progress[talk.task.project]
        if talk.task.assists and progress.queue is not None:
            same = progress.queue.tests == talk.collected
            talk.queue = progress.queue if same else Queue((), deque())
            self.pool.send(talk.number, protocol.Begin(talk.id))
            return
        talk.queue = progress.queue = Queue.of(message.tests, message.groups)
        wanted = min(self.plan.workers, len(talk.queue.groups)) - 1
        talk.queue.spare += self.pool.begin(talk.number, protocol.Begin(talk.id), wanted)

    def _hand_out(self, talk: Conversation) -> None:
        if talk.queue is not None:
            chunk = talk.queue.take()
            talk.taken += chunk
            talk.served_out = not chunk
            if not chunk:
                self._dismiss_spares(self.progress[talk.task.project])
            self.pool.send(talk.number, protocol.Run(chunk))

    # -- what workers say

    def _handle(self, event: Said | Ended) -> None:
        talk = self.talks.get(event.worker)
        if talk is None:
            if isinstance(event, Ended):
                self._spare_ended(event.worker)
            return
        talk.last_heard = time.monotonic()
        if isinstance(event, Ended):
            self._ended(talk, event)
        elif not talk.rejected:
            if self.keeper is not None:
                self.keeper.heard(talk.task.project, event.message)
            try:
                self._said(talk, event.message)
            except protocol.ProtocolError as error:
                talk.rejected = True
                self.pool.reject(talk.number, str(error))

    def _dismiss_spares(self, progress: Progress) -> None:
        """Nothing is left for them, and the worker that forked them ends only after them."""
        if progress.queue is not None:
            while progress.queue.spare:
                self.pool.send(progress.queue.spare.pop(), protocol.Dismissed())

    def _spare_ended(self, number: int) -> None:
        for progress in self.progress.values():
            if progress.queue is not None and number in progress.queue.spare:
                progress.queue.spare.remove(number)
                self._find_a_runner(progress)
                self._check_done(progress)

    def _said(self, talk: Conversation, message: Any) -> None:
        match message:
            case protocol.Hello():
                talk.hello = message
                progress = self.progress[talk.task.project]
                progress.hello, progress.worker = progress.hello or message, progress.worker or talk.id
            case protocol.Collected():
                self._on_collected(talk, message)
            case protocol.CollectReport():
                self._on_collect_report(talk, message)
            case protocol.Deselected():
                self._on_deselected(talk, message)
            case protocol.TestStarted():
                self._on_test_started(talk, message)
            case protocol.TestReport():
                self._on_test_report(talk, message)
            case protocol.TestFinished():
                self._on_test_finished(talk, message)
            case protocol.NextWanted():
                self._hand_out(talk)
            case protocol.CannotFork():
                pass  # its siblings' channels close, which says so too: some may have been told to begin
            case protocol.WarningRecorded():
                if not talk.task.assists or message.when == "runtest":
                    self.announcer.warning(message, talk.task.project)
            case protocol.WrongFile():
                self._on_wrong_file(talk, message)
            case protocol.PluginSaid():
                self._on_plugin_said(talk, message)
            case protocol.InternalError():
                talk.internal = message.text
            case protocol.Interrupted():
                talk.interrupted = message.reason
            case protocol.TerminalWanted():
                self._lend_terminal(talk)
            case protocol.TerminalReleased():
                self._terminal_back()
            case protocol.Prompt():
                talk.asks(message.open, time.monotonic())
            case protocol.Traced():
                pass  # the keeper has heard it
            case protocol.Finished():
                talk.finished = message
                self._dismiss_spares(self.progress[talk.task.project])
                self.measured.peak = max(self.measured.peak, message.peak)
                nodes.down(self.config, talk.id, message.workeroutput)
                if message.coverage is not None:
                    self.coverage.append(message.coverage)
            case _:
                raise protocol.ProtocolError(f"unexpected message {message!r}")

    def _on_collected(self, talk: Conversation, message: protocol.Collected) -> None:
        talk.collected, talk.elsewhere = tuple(message.tests), message.elsewhere
        if not (talk.task.restarts or talk.task.assists):
            progress = self.progress[talk.task.project]
            progress.collected = len(message.tests)
            progress.collection = talk.collected
            progress.junit = message.junit
            progress.uninstalled = uninstalled.dependencies(self.plan, progress.project, message.uninstalled)
            progress.whole = tuple((kind, name, plugin) for kind, name, plugin in message.whole)
            # The percentages need a total; until all projects have collected, earlier runs tell the rest.
            self.session.testscollected = self.percent.total(self.progress.values())
            self._clear_failed_collections(message.tests)
            if self.plan.collect_only:
                self._collect(talk, message)
        if message.groups or (talk.task.assists and not message.tests):
            self._begin(talk, message)

    def _collect(self, talk: Conversation, message: protocol.Collected) -> None:
        nodes = [protocol.Node(*node) for node in message.nodes]
        tree = items.build_tree(self.session, talk.task.project, nodes)
        self.session.items += tree
        self.announcer.collect_report(failures.passed_collection(talk.task.project, tree))
        talk.done.update(message.tests)

    def _clear_failed_collections(self, tests: list[str]) -> None:
        if not self._lastfailed or self.plan.collect_only:
            return
        files = {nodeid.partition("::")[0] for nodeid in tests}
        for nodeid in sorted(self._lastfailed & files):
            self.announcer.collect_report(failures.passed_collection(nodeid))

    def _on_collect_report(self, talk: Conversation, message: protocol.CollectReport) -> None:
        talk.collect_reports += 1
        if talk.task.assists or talk.task.restarts:
            return  # the project's first worker has said so
        report = self.announcer.deserialize(message.data)
        if report.failed:
            self.exit_codes.add(1)
            report.longrepr = self.undeclared.noted(report.longrepr, talk.task.project)
        self.announcer.collected(talk.number, report)

    def _on_deselected(self, talk: Conversation, message: protocol.Deselected) -> None:
        talk.deselected += len(message.nodeids)
        if not (talk.task.assists or talk.task.restarts):
            self.progress[talk.task.project].deselected += len(message.nodeids)
            self.announcer.deselected(self.session, message.nodeids)
            if self.plan.collect_only:
                # pytest counts the selected as the collected less the deselected
                gone = items.stand_ins(self.session, message.nodeids)
                self.announcer.collect_report(failures.passed_collection(talk.task.project, gone))

    def _on_test_started(self, talk: Conversation, message: protocol.TestStarted) -> None:
        talk.test_started(message)
        self.announcer.test_started(talk.number, message.nodeid, talk.location)
        if self.plan.terminal:
            self.pool.send(talk.number, protocol.Go())

    def _on_test_report(self, talk: Conversation, message: protocol.TestReport) -> None:
        report = self.announcer.deserialize(message.data)
        if talk.cached:
            marks.mark(report, talk.cached)
        report.worker_id = talk.id
        report.testrun_uid = self.plan.run_id
        if own := self.progress[talk.task.project].junit:
            report.junit_settings = own
        talk.phases.append(report.when)
        talk.done.add(report.nodeid)
        file = report.nodeid.partition("::")[0]
        seconds = self.progress[talk.task.project].seconds
        seconds[file] = seconds.get(file, 0.0) + getattr(report, "duration", 0.0)
        if report.failed and not hasattr(report, "wasxfail"):
            talk.failures += 1
            talk.current_failed = True
            self.failures += 1
            report.longrepr = self.undeclared.noted(report.longrepr, talk.task.project)
        self.announcer.test_report(talk.number, report)

    def _on_test_finished(self, talk: Conversation, message: protocol.TestFinished) -> None:
        talk.asks(False, time.monotonic())
        talk.test_finished()
        counts = self.progress[talk.task.project].counts
        file = message.nodeid.partition("::")[0]
        counts[file] = counts.get(file, 0) + 1
        self.announcer.test_finished(talk.number, message.nodeid, talk.location)
        if (talk.current_failed and (self.plan.maxfail or self.plan.stepwise)) or self.plan.terminal:
            self._obey_session()
            if self.plan.maxfail and self.failures >= self.plan.maxfail:
                self._stop(f"stopping after {self.failures} failures")
            # told a second time if need be: it waits for a word, and may have taken the first before its test
            self.pool.send(talk.number, protocol.Stop("stopped") if talk.told_to_stop else protocol.Go())

    def _on_plugin_said(self, talk: Conversation, message: protocol.PluginSaid) -> None:
        if message.text:
            self.progress[talk.task.project].said.append((message.plugin, message.text))
        if message.exitstatus:
            talk.verdicts.append((message.plugin, message.exitstatus))

    def _on_wrong_file(self, talk: Conversation, message: protocol.WrongFile) -> None:
        talk.wrong_files += 1
        if not (talk.task.assists or talk.task.restarts):
            actual = os.path.relpath(message.actual, self.plan.workspace.root).replace(os.sep, "/")
            actual = message.actual if actual.startswith("../") else actual
            text = f"{message.nodeid} was collected, but Python ran {actual}: two modules of one name"
            hint = "pytest takes a module that is imported already for any of its name: rename one of them"
            problem = Problem(1, text, hint)
            self._project_failed(self.progress[talk.task.project], problem, talk.number)

    # -- how workers end

    def _ended(self, talk: Conversation, event: Ended) -> None:
        if talk.number == self.loan.borrower:
            self._terminal_back()
        progress = self.progress[talk.task.project]
        if event.left_behind:
            self.announcer.warning(conversation.left_behind(talk, event.left_behind), talk.task.project)
        if (early := conversation.ended_well_early(talk)) is not None:
            self.announcer.warning(early, talk.task.project)
            progress.left_behind = True
        problem = self._problem_at_end(talk, event)
        if problem is not None:
            self._project_failed(progress, problem, talk.number)
        talk.ended = True
        if talk.finished is not None and not talk.idle:
            progress.exit_codes.append(talk.finished.exitstatus)
        progress.reported |= talk.done
        # one that starts anew has a log of its own; another would fare no better
        progress.helpless |= talk.idle and talk.out != progress.logs[0]
        self._pass_on_work(talk, progress)
        del self.talks[talk.number]
        self.announcer.silent(talk.number)
        self._check_done(progress)

    def _check_done(self, progress: Progress) -> None:
        if progress.project.path not in self.runs and self._is_done(progress):
            self._project_done(progress)

    def _pass_on_work(self, talk: Conversation, progress: Progress) -> None:
        """What a worker leaves undone goes to the others, or to a fresh one."""
        queue = talk.queue if talk.queue is progress.queue else None
        progress.last_task = talk.task
        if talk.finished is not None or self.interrupted or self.schedule.stopped or talk.out_of_time:
            self.schedule.finished(talk.slot)
            if talk.out_of_time or (talk.finished is not None and talk.left and not talk.told_to_stop):
                progress.cut_short = True
            ended_early = talk.finished is not None and not talk.served_out and not self.schedule.stopped
            if queue is not None and (ended_early or talk.out_of_time):
                self._end_project(talk, progress, queue)
        elif queue is not None:
            queue.put_back(talk.left_indices)
            self.schedule.finished(talk.slot)
        else:
            left = list(talk.left or ())
            if not self.schedule.died(talk.slot, left) and left:
                self._too_many_deaths(progress, left)
        self._find_a_runner(progress)

    def _end_project(self, talk: Conversation, progress: Progress, queue: Queue) -> None:
        """An ``-x`` of the project's own, or its timeout, ends all of it."""
        progress.cut_short = True
        if queue.clear():
            for other in self._workers_of(progress, but=talk):
                other.told_to_stop = True
                self.pool.send(other.number, protocol.Stop("the project has ended itself"))

    def _find_a_runner(self, progress: Progress) -> None:
        """A fresh worker for tests in a queue from which nobody will take any more."""
        queue, task = progress.queue, progress.last_task
        if queue is None or task is None or not queue.groups or self.schedule.stopped or self.interrupted:
            return
        taking = (t for t in self.talks.values() if t.queue is queue and not (t.served_out or t.ended))
        if queue.spare or any(taking):
            return
        left = queue.clear()
        if not self.schedule.again(task, left):
            self._too_many_deaths(progress, left)

    def _too_many_deaths(self, progress: Progress, left: list[str]) -> None:
        progress.reported.update(left)
        many = f"{len(left)} tests did not run: their worker died {MAX_RESTARTS + 1} times, first {left[0]}"
        self._project_failed(progress, Problem(1, many, "\n".join(["not run:", *left])))

    def _workers_of(self, progress: Progress, but: Conversation) -> list[Conversation]:
        return [t for t in self.talks.values() if t is not but and t.task.project == progress.project.path]

    def _is_done(self, progress: Progress) -> bool:
        path = progress.project.path
        waiting = [task for task in self.schedule.waiting if task.only is not None]
        if any(task.project == path for task in (*self.schedule.running.values(), *waiting)):
            return False
        queue = progress.queue
        return queue is None or self.schedule.stopped or not (queue.groups and queue.spare)

    def _problem_at_end(self, talk: Conversation, event: Ended) -> Problem | None:
        if self.interrupted or (talk.told_to_stop and talk.finished is None and event.reason is None):
            return None
        if talk.idle and not talk.out_of_time:
            # threads forbade its fork, or it could not start beside the one that runs the tests
            return None
        if event.reason is not None and talk.current is None:
            return Problem(1, event.reason, failures.tail(talk.err))
        if talk.finished is not None and (problem := conversation.death_at_exit(talk, event.code)):
            return problem
        if talk.finished is not None:
            return conversation.judge(
                talk,
                narrowed=self._may_be_empty(talk.task.project),
                collect_only=self.plan.collect_only or self.plan.print_only,
            )
        message, text = conversation.death(talk, event.code, event.reason)
        self._coverage_of_the_dead(talk, message)
        if talk.current is not None:
            self._test_died(talk, message, text)
            return Problem(1, talk.verdict) if talk.out_of_time else None
        return Problem(1, message, text)

    def _may_be_empty(self, project: str) -> bool:
        share = self.plan.shares.get(project)
        elsewhere = share is not None and not share.first  # the first shard says so
        narrowed = self.plan.narrowed or project in self.plan.unselected
        return narrowed or elsewhere or bool(self.plan.targets.get(project))

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
        self.announcer.test_report(talk.number, report)
        self.announcer.test_finished(talk.number, nodeid, location)

    def _project_failed(self, progress: Progress, problem: Problem, speaker: int | None = None) -> None:
        self.exit_codes.add(problem.exitstatus)
        progress.problems.append(problem)
        text = self.undeclared.under(problem.text, progress.project.path)
        self.announcer.project_failed(speaker, progress.project.path, problem.message, text)

    def _project_done(self, progress: Progress, cached: str = "") -> None:
        path = progress.project.path
        self._check_nothing_is_lost(progress)
        self._dismiss_spares(progress)
        if self._ran_whole_files(progress):
            self.measured.seconds.update(progress.seconds)
            self.measured.tests.update(progress.counts)
        if not progress.problems and path in self._lastfailed and not self.plan.collect_only:
            self.announcer.collect_report(failures.passed_collection(path))
        hello = progress.hello
        run = ProjectRun(
            project=path,
            started=progress.started or 0.0,
            stopped=time.time(),
            exitstatus=progress.exitstatus,
            collected=progress.collected or 0,
            deselected=progress.deselected,
            error=progress.problems[0].message if progress.problems else None,
            worker=progress.worker,
            python=hello.python if hello is not None else "",
            pytest=hello.pytest if hello is not None else "",
            interpreter=self.plan.interpreter(path).executable,
            whole=progress.whole,
            said=tuple(progress.said),
            cached=cached,
            uninstalled=progress.uninstalled,
        )
        if self.keeper is not None and not cached:
            self.keeper.done(path, self._unfit_to_keep(progress))
        self._record(progress.project, run)
        self._retire_interpreter(path)

    def _unfit_to_keep(self, progress: Progress) -> str | None:
        """Why what the project's workers said is no result to replay."""
        if progress.problems:
            return f"failed last time: {progress.problems[0].message}"
        if self.schedule.stopped or self.interrupted or progress.cut_short:
            return "did not run to its end last time"
        return "tests left processes running" if progress.left_behind else None

    def _retire_interpreter(self, path: str) -> None:
        """A fork server that no project needs any more ends, since it holds memory."""
        interpreter = self.plan.interpreter(path)
        if interpreter.is_current:
            return
        using = (p for p in self.plan.projects if self.plan.interpreter(p.path) == interpreter)
        if all(project.path in self.runs for project in using):
            self.pool.retire(interpreter.executable)

    def _check_nothing_is_lost(self, progress: Progress) -> None:
        stopped = self.schedule.stopped or self.interrupted or progress.cut_short
        missing = [] if stopped or progress.problems or self.plan.collect_only else progress.missing
        if missing:
            words = f"{conversation.count(len(missing))} collected but never reported, first {missing[0]}"
            self._project_failed(progress, Problem(1, words, "\n".join(["not run:", *missing])))
        progress.collection, progress.reported = (), set()

    def _record(self, project: Project, run: ProjectRun) -> None:
        self.runs[project.path] = run
        self.config.hook.pytest_monorepo_project_finish(config=self.config, project=project, run=run)

    def _ran_whole_files(self, progress: Progress) -> bool:
        """Whether its durations are those of files, not of parts of them."""
        targets = self.plan.targets.get(progress.project.path, ())
        narrowed = self.plan.narrowed or progress.deselected or any("::" in target for target in targets)
        return not narrowed and sum(progress.counts.values()) == progress.collected

    def _print_output(self, progress: Progress) -> None:
        """What ``--fixtures`` or ``--setup-show`` printed there, without pytest's own header and summary."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and not progress.problems:
            text = failures.tail(progress.logs[0], lines=sys.maxsize)
            reporter.ensure_newline()
            reporter.section(progress.project.path)
            reporter.write_line(failures.without_summary(failures.without_header(text)))

    def _unreadable(self, project: Project) -> None:
        self.exit_codes.add(4)
        error = project.error or ""
        self.announcer.collect_report(failures.project_report(project.path, error))
        now = time.time()
        self._record(project, ProjectRun(project.path, now, now, None, error=error))

    def _excluded(self, project: Project, reason: str) -> None:
        now = time.time()
        if self.plan.settings.requires_python_of(project.path) == "skip":
            self.announcer.collect_report(failures.skipped_project(project.path, reason))
            self._record(project, ProjectRun(project.path, now, now, None, skipped=reason))
            return
        self.exit_codes.add(4)
        table = f'[tool.pytest-monorepo.projects."{project.path}"]'
        mend = f'name another with python = "…" in {table}, or set requires-python = "skip" or "run" there'
        self.announcer.collect_report(failures.project_report(project.path, reason, mend))
        self._record(project, ProjectRun(project.path, now, now, None, error=reason))

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
            self._terminal_back()
            while self.talks and time.monotonic() < until:
                for event in self.loan.audible(self.pool.wait(0.1)):
                    self._handle(event)
        for talk in list(self.talks.values()):
            self.pool.kill(talk.number)
            self.announcer.silent(talk.number)

    def _exit_code(self, code: int) -> int:
        nothing_to_do = bool(not self.plan.projects and self.plan.deselected_projects)
        # the tests are in other shards; that there are none at all is for the merge to tell
        nothing_to_do |= self.plan.shard is not None and self.plan.shard.count > 1
        if code == 5 and (nothing_to_do or self.plan.print_only):
            code = 0
        # in a run of several, what one project could not collect keeps nobody from running the others
        only = len(self.progress) == 1 and self.plan.shard is None and not self.stopped
        alone = next(progress.exitstatus or 0 for progress in self.progress.values()) if only else None
        asked = (self.progress[path] for path, words in self.plan.targets.items() if words)
        mistyped = any(progress.exitstatus == exit_codes.USAGE for progress in asked)
        return exit_codes.conclude(code, self.exit_codes, alone, mistyped=mistyped)

    # -- hanging workers

    def _next_look(self) -> float | None:
        """Seconds until there is something to draw or a deadline to watch."""
        times = [] if self.watcher.interval is None else [self.watcher.interval]
        if any(self._limits(talk) for talk in self.talks.values() if not self._is_excused(talk)):
            times.append(0.1)
        return min(times, default=None)

    def _limits(self, talk: Conversation) -> tuple[Limit, ...]:
        progress = self.progress[talk.task.project]
        total = self.plan.timeout_of(talk.task.project)
        return limits(talk, self._workers_of(progress, but=talk), total, self.plan.idle_timeout)

    def _is_excused(self, talk: Conversation) -> bool:
        """Somebody is asked at the terminal, or what it says is not heard while another one has that."""
        return talk.asking_since is not None or self.loan.borrower not in (None, talk.number)

    def _end_hanging(self) -> None:
        """Ask a hanging worker for its stacks, then end it with everything its tests have started."""
        now = time.monotonic()
        for talk in list(self.talks.values()):
            if talk.kill_at is not None:
                if now >= talk.kill_at:
                    self.pool.kill(talk.number)
                continue
            if self._is_excused(talk):
                continue
            passed = overdue(self._limits(talk), now)
            if passed is not None:
                talk.verdict, talk.out_of_time = passed.words, passed.whole
                talk.kill_at = now + GRACE
                self.pool.dump_stacks(talk.number)

    # -- the terminal

    def _lend_terminal(self, talk: Conversation) -> None:
        self.watcher.clear()
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            # pytest's own headline goes to the worker's log
            reporter.write_sep(">", f"debugger in {talk.current or talk.task.project}")
        self.loan.give(talk.number)
        self.pool.send(talk.number, protocol.TerminalGranted())

    def _terminal_back(self) -> None:
        if self.loan.given:
            borrower, seconds = self.loan.borrower, self.loan.take_back()
            for talk in self.talks.values():
                talk.last_heard = time.monotonic()
                talk.started += seconds if talk.number != borrower else 0.0
