"""``--junitxml``: one ``<testsuite>`` for each project, where pytest writes one for all.

pytest's own plugin writes the file, with its options and its habits; afterwards the test cases are sorted
into their projects. Which schema the file follows is the user's choice by ``junit_family``, as in pytest:

* ``xunit1``, ``legacy`` or no choice at all: every ``<testcase>`` has ``file`` and ``line``. CI servers link
  them (GitLab reads ``file``), so they are relative to the repository and lines count from 1.
* ``xunit2`` when asked for: nothing that Jenkins' ``junit-10.xsd`` forbids, since its xUnit plugin rejects
  the whole file for it. No ``file`` and ``line``, and properties of tests stand in their suite.

A test that failed and then passed has Maven Surefire's ``<flakyFailure>``, one that kept failing its
``<rerunFailure>``; they are in that schema too, and readers that do not know them pass over them.
"""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo import writing
from pytest_monorepo.errors import one_line
from pytest_monorepo.reports import unwritten
from pytest_monorepo.reports.places import in_repository, repository_prefix
from pytest_monorepo.reports.run_model import ProjectSummary
from pytest_monorepo.reports.tally import Tally, is_attempt
from pytest_monorepo.workspace.model import Workspace

from .junit_document import Attempt, Case, Key, Suite, keys, split
from .junit_guard import JUnitGuard

_LONGEST = 100_000


@dataclass
class _Seen:
    place: tuple[str, int | None]
    attempts: list[Attempt] = field(default_factory=list)
    ghosts: int = 0
    failed_before: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    stats: Counter[str] = field(default_factory=Counter)

    def add(self, report: pytest.TestReport) -> None:
        if is_attempt(report):
            self.attempts.append(_attempt(report))
            self.failed_before = True
        elif report.when == "call":
            # pytest-retry tears down unseen: pytest's writer takes both attempts for one
            self.failed_before = False
        if report.when == "teardown" and self.failed_before:
            self.ghosts += 1
            self.failed_before = False
            self.stats.clear()
        self.attributes.update(getattr(report, "junit_attributes", {}))


class JUnitSuites:
    """Registered in the controller beside pytest's own writer: listens, and rewrites its file at the end."""

    def __init__(self, config: pytest.Config, tally: Tally, workspace: Workspace) -> None:
        self._tally = tally
        self._workspace = workspace
        # the file itself, not a link to it
        # variables and ~ as LogXML expands them (_pytest/junitxml.py)
        self._file = Path(os.path.realpath(os.path.expanduser(os.path.expandvars(config.option.xmlpath))))
        self._strict = is_strict(config)
        self._prefix: str = config.option.junitprefix or ""
        self._seen: dict[str, _Seen] = {}
        self._properties: dict[str, list[tuple[str, str]]] = {}
        self._names: dict[str, str] = {}
        self._problem: str | None = None
        self._writer = _Writer(config)
        self._guard = JUnitGuard(config)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, object, object]:
        seen = self._seen.get(report.nodeid)
        if seen is None:
            seen = self._seen[report.nodeid] = _Seen(report.location[:2])
        for name, value in getattr(report, "testsuite_properties", ()):
            self._properties.setdefault(self._owner(report.nodeid), []).append((name, value))
        own = getattr(report, "junit_settings", None)
        if own:
            self._names.setdefault(self._owner(report.nodeid), own["suite_name"])
        before = self._writer.follow(own)
        result = yield
        seen.stats.update(self._writer.counted(before))
        seen.add(report)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> Generator[None, object, object]:
        before = self._writer.follow(None)
        result = yield
        if not report.passed:
            seen = self._seen.setdefault(report.nodeid, _Seen((report.nodeid, None)))
            seen.stats.update(self._writer.counted(before))
        return result

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._problem = self._guard.problem
        if self._problem is None and self._file.is_file():  # a pipe or terminal has taken it already
            self._split()
        if self._problem is not None:
            unwritten.mark(session)

    def _split(self) -> None:
        try:
            before = ET.parse(self._file).getroot()
            after = split(before, self._cases(), self._suites(), strict=self._strict)
            text = '<?xml version="1.0" encoding="utf-8"?>' + ET.tostring(after, encoding="unicode")
            writing.report(self._file, text.encode("utf-8"))
        except (OSError, ET.ParseError) as error:
            self._problem = f"--junitxml {self._file}: cannot be split by project: {one_line(error)}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._problem:
            terminalreporter.write_line(self._problem, red=True)

    def _owner(self, nodeid: str) -> str:
        owner = self._workspace.owner_of_test(nodeid)
        return owner.path if owner is not None else ""

    def _cases(self) -> Mapping[Key, Sequence[Case]]:
        # where GitLab has cloned the repository (docs.gitlab.com/ci/variables/predefined_variables)
        top = repository_prefix(self._workspace.root, os.environ.get("CI_PROJECT_DIR"))
        cases: dict[Key, list[Case]] = {}
        for nodeid, seen in self._seen.items():
            file, line = seen.place
            number = None if line is None else line + 1
            where = (self._owner(nodeid), in_repository(top, file), number)
            case = Case(*where, tuple(seen.attempts), seen.ghosts, tuple(seen.attributes.items()))
            for key in keys(nodeid, self._prefix):
                cases.setdefault(key, []).append(case)
        return cases

    def _suites(self) -> list[Suite]:
        counts: dict[str, Counter[str]] = {}
        for nodeid, seen in self._seen.items():
            counts.setdefault(self._owner(nodeid), Counter()).update(seen.stats)
        return [
            self._suite(summary, counts.get(summary.path, Counter())) for summary in self._tally.projects()
        ]

    def _suite(self, summary: ProjectSummary, counts: Counter[str]) -> Suite:
        known = {"project": summary.path, "python": summary.python, "pytest": summary.pytest}
        properties = [(name, value) for name, value in known.items() if value]
        # once, though each of the workers that share a project may have recorded it
        properties += dict.fromkeys(self._properties.get(summary.path, ()))
        started = datetime.fromtimestamp(summary.started).astimezone().isoformat() if summary.started else ""
        name = summary.path if summary.path != "." else summary.name
        own = self._names.get(summary.path)
        if own not in (None, "pytest", self._writer.suite_name):
            name = str(own)
        known_counts = self._writer.counts(counts)
        return Suite(summary.path, name, summary.duration, started, tuple(properties), known_counts)


class _Writer:
    """pytest's own writer, which a project's own settings steer while its tests are told.

    ``LogXML`` is private, and nothing public reaches it; without it the elements are counted, and the root's
    settings hold for all. ``tests/reports/ci/test_junit_plain.py`` fails when it moves.
    """

    def __init__(self, config: pytest.Config) -> None:
        plugins = config.pluginmanager.list_name_plugin()  # get_plugins fails where one has no hash
        self._xml: Any = next((p for _, p in plugins if type(p).__name__ == "LogXML"), None)
        self.suite_name = str(getattr(self._xml, "suite_name", "pytest"))
        self._own = {name: getattr(self._xml, name, None) for name in _STEERED}

    def follow(self, settings: Mapping[str, Any] | None) -> Counter[str]:
        """From now on the file is written as these settings say; returns what has been counted so far."""
        if self._xml is not None:
            for name in _STEERED:
                setattr(self._xml, name, (settings or self._own)[name])
        return self._stats()

    def _stats(self) -> Counter[str]:
        if self._xml is None:
            return Counter()
        return Counter({**self._xml.stats, "twice": self._xml.cnt_double_fail_tests})

    def counted(self, before: Counter[str]) -> Mapping[str, int]:
        """What has been counted since then."""
        return self._stats() - before

    def counts(self, stats: Counter[str]) -> tuple[tuple[str, int], ...] | None:
        """The attributes of a suite, as the writer makes them; ``None``: count the elements."""
        if self._xml is None:
            return None
        outcomes = {"errors": stats["error"], "failures": stats["failure"], "skipped": stats["skipped"]}
        tests = stats["passed"] + sum(outcomes.values()) - stats["twice"]
        return (*outcomes.items(), ("tests", tests))


_STEERED = ("logging", "log_passing_tests", "report_duration")


def is_strict(config: pytest.Config) -> bool:
    """Whether the user asked for ``xunit2``, which is also what pytest answers where nobody asked."""
    if config.getini("junit_family") != "xunit2":
        return False
    overrides: Sequence[str] = getattr(config.option, "override_ini", None) or ()
    if any(word.partition("=")[0].strip() == "junit_family" for word in overrides):
        return True
    try:
        text = config.inipath.read_text(encoding="utf-8") if config.inipath is not None else ""
    except (OSError, UnicodeDecodeError):
        return False
    return re.search(r"(?m)^[ \t]*junit_family\s*=", text) is not None


def _attempt(report: pytest.TestReport) -> Attempt:
    text = report.longreprtext
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(crash.message) if crash is not None else text.strip().rpartition("\n")[2]
    kind = "Failure" if report.when == "call" else "Error"
    return Attempt(kind, message.partition("\n")[0][:500], text[-_LONGEST:])
