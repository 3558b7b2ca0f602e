"""Pytest's own hooks → :class:`RunReport`.

A :class:`Tally` listens in the controller, where every worker's reports are emitted again with node ids
relative to the workspace root. It sorts outcomes by asking ``pytest_report_teststatus``, as pytest's terminal
does, so that a plugin's own categories count here as they count there. Text is kept for tests that did not
pass and for no others: 100,000 passing tests must not fill the memory.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_monorepo.results.replays import marks
from pytest_monorepo.worker.plugins.quarantine import MARK
from pytest_monorepo.worker.plugins.reruns import SUPERSEDES
from pytest_monorepo.worker.plugins.retries import HIDDEN

from .places import place_of_failure, place_raised
from .run_model import BAD, WORST_FIRST, Detail, Outcome, ProjectSummary, RunReport, Section, TestRun, Warned

if TYPE_CHECKING:
    import warnings

    from pytest_monorepo.records import ProjectRun
    from pytest_monorepo.workspace.model import Project, Workspace

# A test can print gigabytes; a page cannot hold them. The end tells more than the beginning.
_HEAD, _TAIL = 50_000, 450_000

_WARNINGS, _LONGEST_WARNING = 100, 300
_RANK: Mapping[str, int] = {outcome: rank for rank, outcome in enumerate(WORST_FIRST)}
_FILTERS = {"keyword": "-k", "markexpr": "-m", "deselect": "--deselect", "lf": "--lf", "stepwise": "--sw"}


class Tally:
    """Counts and keeps what the reports say; register it in the controller before the first project.

    ``took`` is when the run began and how long it took, where that was not here and now. ``chosen`` words
    what was asked for beside pytest's own filters (``"--project"``, ``"paths"``, ``"--shard 1/2"``).
    """

    def __init__(
        self,
        config: pytest.Config,
        workspace: Workspace,
        took: tuple[float, float] | None = None,
        chosen: Sequence[str] = (),
    ) -> None:
        self._took = took
        self._chosen = tuple(chosen)
        self._config = config
        self._workspace = workspace
        self._started = time.time()
        self._stopped: float | None = None
        self._exitstatus = 0
        self._owners: dict[str, str] = {}
        self._records: dict[str, _Record] = {}
        self._projects: dict[str, _Project] = {}
        self._asked: pytest.TestReport | None = None
        self._status: Any = None
        self._remembers: bool | None = None
        self._plain = False
        self._passes: dict[tuple[str | None, str], Any] = {}
        self._at: str | None = None
        self._project_at: _Project
        self._record_at: _Record
        self._subtests: Counter[str] = Counter()

    def projects(self) -> tuple[ProjectSummary, ...]:
        """The projects that have started so far, sorted by path, with what is known by now."""
        begun = Counter(self.owner(nodeid) for nodeid, record in self._records.items() if record.begun)
        return tuple(project.summary(path, begun[path]) for path, project in sorted(self._projects.items()))

    def report(self) -> RunReport:
        """Everything so far; complete once the session has finished."""
        known = self._records if self._stopped is None else self._finished()
        tests = [record.test(nodeid, self.owner(nodeid)) for nodeid, record in known.items()]
        started, duration = self._took or (self._started, (self._stopped or time.time()) - self._started)
        return RunReport(
            name=self._workspace.root.name,
            started=started,
            duration=duration,
            exitstatus=self._exitstatus,
            projects=self.projects(),
            tests=tuple(sorted(tests, key=lambda test: (test.project, test.file))),
            filters=(*_filters(self._config), *self._chosen),
        )

    def _finished(self) -> dict[str, _Record]:
        """Without the tests that the end of the run interrupted."""
        if self._config.getoption("setuponly", False):  # no test has an outcome of its own
            return self._records
        return {nodeid: record for nodeid, record in self._records.items() if not record.begun}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        nodeid = report.nodeid
        if nodeid != self._at:
            self._turn_to(nodeid)
        category = self._category(report)
        if category:
            self._project_at.counts[category] += 1
            if hasattr(report, "context"):
                self._subtests[category] += 1
        if hasattr(report, SUPERSEDES):
            self._project_at.counts -= self._subtests
            self._subtests.clear()
        self._record_at.add(report, category)

    def _turn_to(self, nodeid: str) -> None:
        """Mostly three reports of one test follow one another."""
        self._at, self._project_at = nodeid, self._project(nodeid)
        self._subtests.clear()
        record = self._records.get(nodeid)
        if record is None:
            record = self._records[nodeid] = _Record()
            self._project_at.tests += 1
        self._record_at = record

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that fails to import is an error, a file skipped as a whole a skip, as pytest counts."""
        if report.passed:
            return
        outcome: Outcome = "error" if report.failed else "skipped"
        self._project(report.nodeid).counts[outcome] += 1
        record = self._records.setdefault(report.nodeid, _Record())
        record.outcome = outcome
        record.detail = _detail(report)

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        if self._workspace.owner(_file(nodeid)) is None:
            return
        project = self._project(nodeid)
        project.warnings += 1
        warned = self._warned(warning_message)
        if warned in project.warned or len(project.warned) < _WARNINGS:
            project.warned[warned] += 1

    def _warned(self, message: warnings.WarningMessage) -> tuple[str, str, str]:
        text = next(iter(str(message.message).strip().splitlines()), "")
        file = message.filename.removeprefix(f"{self._workspace.root}{os.sep}").replace(os.sep, "/")
        return message.category.__name__, text[:_LONGEST_WARNING], f"{file}:{message.lineno}"

    def pytest_monorepo_project_start(self, project: Project) -> None:
        self._projects.setdefault(project.path, _Project(project.name)).started = time.time()

    def pytest_monorepo_project_finish(self, project: Project, run: ProjectRun) -> None:
        self._projects.setdefault(project.path, _Project(project.name)).run = run

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int | pytest.ExitCode) -> None:
        self._stopped, self._exitstatus = time.time(), int(exitstatus)
        self._asked = None  # the summary has words of its own

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> Any:
        """pytest's terminal asks next, and asks once alone: plugins need not answer twice."""
        return self._status if report is self._asked else None

    def _category(self, report: pytest.TestReport) -> str:
        self._asked = None
        status = self._status_of(report)
        if self._remembers is None:
            # a wrapper would be around its own answer; ours knows that
            asked = self._config.hook.pytest_report_teststatus.get_hookimpls()
            wrappers = (one.function.__module__ for one in asked if one.hookwrapper or one.wrapper)
            self._remembers = all(name.startswith(_OURS) for name in wrappers)
            self._plain = all(one.function.__module__.startswith(_KNOWN) for one in asked)
        if self._remembers and status is not None:
            self._asked, self._status = report, status
        if status is None:  # -p no:terminal: the reporter is who knows
            return str(report.outcome) if report.when == "call" or not report.passed else ""
        return str(status[0])

    def _status_of(self, report: pytest.TestReport) -> Any:
        """Of all that simply passed it is the same, where nobody is asked but those that are known."""
        ask = self._config.hook.pytest_report_teststatus
        if not (self._plain and _simply_passed(report)):
            return ask(report=report, config=self._config)
        key = (report.when, marks.origin_of(report))
        if key not in self._passes:
            self._passes[key] = ask(report=report, config=self._config)
        return self._passes[key]

    def owner(self, nodeid: str) -> str:
        """The path of the project that the test is one of."""
        file = _file(nodeid)
        path = self._owners.get(file)
        if path is None:
            owner = self._workspace.owner(file)
            path = self._owners[sys.intern(file)] = owner.path if owner else "."
        return path

    def _project(self, nodeid: str) -> _Project:
        path = self.owner(nodeid)
        found = self._projects.get(path)
        if found is None:
            project = self._workspace.by_path.get(path)
            found = self._projects[path] = _Project(project.name if project else path)
        return found


class _Project:
    """What is known of one project while it runs."""

    __slots__ = ("counts", "name", "run", "started", "tests", "warned", "warnings")

    def __init__(self, name: str) -> None:
        self.name = name
        self.counts: Counter[str] = Counter()
        self.tests = 0
        self.warnings = 0
        self.warned: Counter[tuple[str, str, str]] = Counter()
        self.started = 0.0
        self.run: ProjectRun | None = None

    def summary(self, path: str, begun: int) -> ProjectSummary:
        """``begun`` of its tests have no outcome yet."""
        run = self.run
        warned = tuple(Warned(*place, count) for place, count in self.warned.items())
        if run is None:
            now = time.time()
            return ProjectSummary(
                path,
                self.name,
                dict(self.counts),
                self.tests,
                self.started or now,  # 0 for one that only a report named
                now,
                warnings=self.warnings,
                warned=warned,
            )
        stopped = (
            begun if run.exitstatus != 0 else 0
        )  # all have begun, and none has an outcome, by --setup-only
        return ProjectSummary(
            path=path,
            name=self.name,
            counts=dict(self.counts),
            tests=self.tests - stopped,
            started=run.started,
            stopped=run.stopped,
            exitstatus=run.exitstatus,
            error=run.error,
            deselected=run.deselected,
            not_run=max(0, run.collected - self.tests + stopped) if run.exitstatus != 0 else 0,
            warnings=self.warnings,
            worker=run.worker,
            python=run.python,
            pytest=run.pytest,
            cached=run.replayed,
            warned=warned,
        )


class _Record:
    """One test between its first and its last report; small, since there may be 100,000."""

    __slots__ = ("cached", "detail", "duration", "outcome", "reruns", "started", "worker")

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.duration = 0.0
        self.started = 0.0
        self.worker = ""
        self.reruns = 0
        self.cached = ""
        self.detail: Detail | None = None

    @property
    def begun(self) -> bool:
        """Whether no outcome has been told yet."""
        return self.outcome is None

    def add(self, report: pytest.TestReport, category: str) -> None:
        self.duration += report.duration
        lane = getattr(report, "monorepo_lane", "") or getattr(report, "worker_id", "")
        if lane and lane is not self.worker:
            self.worker = sys.intern(str(lane))
        self.reruns += getattr(report, HIDDEN, 0)
        if origin := marks.origin_of(report):
            self.cached = sys.intern(origin)
        start = getattr(report, "start", 0.0)
        if start and not 0.0 < self.started <= start:
            self.started = float(start)
        if is_attempt(report):
            # the next attempt decides; what this one printed is of no further use
            self.reruns, self.outcome, self.detail = self.reruns + 1, None, None
            return
        outcome = _outcome(report, category)
        if outcome is not None and (self.outcome is None or _RANK[outcome] < _RANK[self.outcome]):
            self.outcome = outcome
        if outcome not in (None, "passed"):
            self.detail = _joined(self.detail, _detail(report))
        elif self.detail is not None and self.outcome in BAD and report.sections:
            # what the teardown of a failed test printed; reports hold all earlier sections too
            self.detail = replace(self.detail, sections=_sections(report))

    def test(self, nodeid: str, project: str) -> TestRun:
        file, _, name = nodeid.partition("::")
        outcome = self.outcome or "passed"
        times = (self.duration, self.started)
        return TestRun(
            project,
            sys.intern(file),
            name,
            outcome,
            *times,
            self.worker,
            self.reruns,
            self.detail,
            self.cached,
        )


_OURS = f"{__name__.partition('.')[0]}."
_KNOWN = ("_pytest.", _OURS, "pytest_rerunfailures")


def _simply_passed(report: pytest.TestReport) -> bool:
    """Without anything on it that may make its status another."""
    return (
        type(report) is pytest.TestReport
        and report.outcome == "passed"
        and not hasattr(report, "wasxfail")
        and not hasattr(report, MARK)
        and not hasattr(report, HIDDEN)
    )


def is_attempt(report: pytest.TestReport) -> bool:
    """Whether the test is run again after this.

    pytest-rerunfailures says ``rerun``, pytest-retry ``retried`` or what its settings want.
    """
    return str(report.outcome) not in ("passed", "failed", "skipped")


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _outcome(report: pytest.TestReport, category: str) -> Outcome | None:
    """The nearest of our outcomes; ``None`` for a phase that says nothing (a setup that went well)."""
    if category in _RANK:
        return category  # type: ignore[return-value]
    if report.failed:
        return "failed" if report.when == "call" else "error"
    if not category:
        return None
    return "skipped" if report.skipped else "passed"


def _detail(report: pytest.TestReport | pytest.CollectReport) -> Detail:
    quarantined = hasattr(report, MARK)
    if report.outcome == "skipped" and not quarantined:
        return Detail(message=_reason(report))
    text = report.longreprtext
    message = _message(report, text, failed=quarantined)
    place = str(place_of_failure(report))
    return Detail(message, _shortened(text), _sections(report), place, place_raised(report) or place)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped or expected to fail; a skip's ``longrepr`` is file, line and reason."""
    expected = getattr(report, "wasxfail", None)
    if expected is not None:
        return str(expected).removeprefix("reason: ")
    longrepr = report.longrepr
    if isinstance(longrepr, tuple | list):
        return str(longrepr[2]).removeprefix("Skipped: ")
    return str(longrepr or "")


def _message(report: pytest.TestReport | pytest.CollectReport, text: str, *, failed: bool) -> str:
    expected = None if failed else getattr(report, "wasxfail", None)
    if expected is not None:
        return str(expected)
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return _shortened(str(crash.message))
    told = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    lines = text.strip().splitlines()
    return _shortened(told[-1] if told else lines[-1] if lines else "")


def _sections(report: pytest.TestReport | pytest.CollectReport) -> tuple[Section, ...]:
    return tuple(Section(str(title), _shortened(str(text))) for title, text in report.sections if text)


def _shortened(text: str) -> str:
    left_out = len(text) - _HEAD - _TAIL
    if left_out <= 0:
        return text
    return f"{text[:_HEAD]}\n[... {left_out:,} characters left out ...]\n{text[-_TAIL:]}"


def _joined(earlier: Detail | None, later: Detail) -> Detail:
    """A test can fail twice, in call and teardown; the later report holds the earlier's sections."""
    if earlier is None:
        return later
    message = "\n".join(filter(None, (earlier.message, later.message)))
    text = "\n\n".join(filter(None, (earlier.text, later.text)))
    return replace(earlier, message=message, text=text, sections=later.sections or earlier.sections)


def _filters(config: pytest.Config) -> tuple[str, ...]:
    given = ((flag, config.getoption(name, None)) for name, flag in _FILTERS.items())
    return tuple(_worded(flag, value) for flag, value in given if value)


def _worded(flag: str, value: object) -> str:
    if value is True:
        return flag
    if isinstance(value, list):
        return " ".join(f"{flag} {item}" for item in value)
    return f"{flag} {value}"
