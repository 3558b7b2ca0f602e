"""``--monorepo-receipt``: one account of a run for machines and coding agents, as JSON.

It is there from the run's beginning, so that a file of an earlier run is never taken for this one's::

    {
      "version": 1,
      "state": "finished",              # "running" until the end of the session, "interrupted" by Ctrl-C
      "exit_code": 1,                   # null while it runs, or if it was interrupted before the first test
      "workspace": "acme",              # the root's folder; all paths and node ids are relative to it
      "commit": "3f2c…", "tree": "9b1d…", "branch": "main", "uncommitted": false,
      "command": "pytest --monorepo --affected",
      "ci": "https://…",                # the run's own page, "" outside of a CI
      "started": "2026-11-28T20:00:00+00:00", "seconds": 12.3,
      "complete": false,                # whether every test of the workspace had its turn
      "filters": ["-k slow"],           # what left tests out, as it was asked for
      "tests": {"passed": 35, "failed": 1},
      "ran": [{"project": "libs/a", "tests": 36, "cached": 4, "deselected": 0, "not_run": 0,
               "seconds": 3.1, "why": "", "cached_files": {"libs/a/tests/test_y.py": "3f2c1ab, 2 h ago"}}],
      "left_out": [{"why": "no change reaches it", "projects": ["libs/b"], "files": 0}],
      "failures": [{"test": "libs/a/tests/test_x.py::test_y", "project": "libs/a", "outcome": "failed",
                    "message": "assert 1 == 2", "place": "libs/a/tests/test_x.py:12",
                    "rerun": "pytest --monorepo libs/a/tests/test_x.py::test_y"}],
      "failures_left_out": 0,           # beyond the first hundred
      "problems": [{"project": "libs/c", "message": "worker ended …", "rerun": "pytest --monorepo libs/c"}],
      "quarantined": [{"test": "…", "message": "…"}],
      "flaky": ["…"],
      "coverage": {"lines": {"all": 292, "covered": 287}, "branches": {"all": 18, "covered": 16},
                   "percent": 97.7, "partial": "", "carried": "", "patch": {"lines": 10, "missing": 2}}
    }

``cached`` counts the tests of a project that were replayed; ``cached_files`` are those of its files of which
all were, each with the run they are from. ``rerun`` is to be run at the workspace's root.
``coverage`` is ``null`` where nothing was measured, ``patch`` where no lines were compared; ``percent`` is
coverage.py's own, over lines and branches. A message is one line of at most 300 characters. ``version`` grows
when a key changes its meaning or goes; new keys may come at any time.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_monorepo import writing
from pytest_monorepo.value import value

from . import unwritten
from .page import words
from .run_model import BAD, ProjectSummary, RunReport, TestRun
from .terminal.flaky import flaky

if TYPE_CHECKING:
    from .coverage.model import CoverageReport
    from .origin import Origin
    from .tally import Tally

VERSION = 1
MOST = 100
_LONGEST = 300


@value(frozen=True)
class LeftOut:
    """``files`` counts test files of projects that ran in part."""

    why: str
    projects: Sequence[str] = ()
    files: int = 0


@value(frozen=True)
class Account:
    """What a receipt tells beyond the tests; ``why`` says for a project that ran what selected it."""

    origin: Origin
    left_out: Sequence[LeftOut] = ()
    why: Mapping[str, str] = field(default_factory=dict)


def begun(workspace: str, account: Account) -> dict[str, Any]:
    """The receipt of a run that has only begun, or was killed."""
    checkout = account.origin.checkout
    return {
        "version": VERSION,
        "state": "running",
        "exit_code": None,
        "workspace": workspace,
        "commit": checkout.commit,
        "tree": checkout.tree,
        "branch": account.origin.branch,
        "uncommitted": checkout.uncommitted,
        "command": account.origin.command,
        "ci": account.origin.page,
    }


def ended(
    run: RunReport, account: Account, coverage: CoverageReport | None, *, complete: bool
) -> dict[str, Any]:
    """The receipt of a run; ``complete`` where every test of the workspace had its turn."""
    counts: Counter[str] = Counter()
    for project in run.projects:
        counts.update(project.counts)
    bad = [test for test in run.tests if test.outcome in BAD]
    told = {test.nodeid for test in bad}
    replayed = _replayed(run.tests)
    return {
        **begun(run.name, account),
        "state": "interrupted" if run.exitstatus == pytest.ExitCode.INTERRUPTED else "finished",
        "exit_code": run.exitstatus,
        "started": datetime.fromtimestamp(run.started).astimezone().isoformat(timespec="seconds"),
        "seconds": round(run.duration, 3),
        "complete": complete,
        "filters": list(run.filters),
        "tests": dict(sorted(counts.items())),
        "ran": [_ran(project, account.why, replayed) for project in run.projects],
        "left_out": [
            {"why": one.why, "projects": list(one.projects), "files": one.files} for one in account.left_out
        ],
        "failures": [_failure(test) for test in bad[:MOST]],
        "failures_left_out": max(0, len(bad) - MOST),
        "problems": [
            {"project": project.path, "message": _line(project.error), "rerun": words.rerun(project.path)}
            for project in run.projects
            if project.error is not None and project.path not in told
        ],
        "quarantined": [
            {"test": test.nodeid, "message": _message(test)}
            for test in run.tests
            if test.outcome == "quarantined"
        ],
        "flaky": [test.nodeid for test in flaky(run.tests)],
        "coverage": _coverage(coverage),
    }


def _replayed(tests: Iterable[TestRun]) -> dict[str, dict[str, str]]:
    """By project the files that did not run, each with the run that its results are from."""
    found: dict[str, dict[str, str]] = {}
    ran: set[str] = set()
    for test in tests:
        if test.cached:
            found.setdefault(test.project, {})[test.file] = test.cached
        else:
            ran.add(test.file)
    return {path: {f: files[f] for f in sorted(files) if f not in ran} for path, files in found.items()}


def _ran(
    project: ProjectSummary, why: Mapping[str, str], replayed: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    return {
        "project": project.path,
        "tests": project.tests,
        "cached": project.cached,
        "deselected": project.deselected,
        "not_run": project.not_run,
        "seconds": round(project.duration, 3),
        "why": why.get(project.path, ""),
        "cached_files": dict(replayed.get(project.path, {})),
    }


def _failure(test: TestRun) -> dict[str, Any]:
    return {
        "test": test.nodeid,
        "project": test.project,
        "outcome": test.outcome,
        "message": _message(test),
        "place": test.detail.place if test.detail is not None else test.file,
        "rerun": words.rerun(test.nodeid),
    }


def _message(test: TestRun) -> str:
    return _line(test.detail.message if test.detail is not None else "")


def _line(text: str) -> str:
    return words.first_line(text)[:_LONGEST]


def _coverage(coverage: CoverageReport | None) -> dict[str, Any] | None:
    if coverage is None:
        return None
    total, patch = coverage.total, coverage.patch
    return {
        "lines": {"all": total.statements, "covered": total.executed},
        "branches": {"all": total.branches, "covered": total.executed_branches},
        "percent": round(total.percent, 2) if total.countable else None,
        "partial": coverage.partial or "",
        "carried": coverage.carried,
        "patch": None if patch is None else {"lines": patch.executable, "missing": patch.missing},
    }


class Receipt:
    """Registered in the controller. ``shown`` is the file as typed; the last two are asked at the end."""

    def __init__(
        self,
        file: Path,
        shown: str,
        tally: Tally,
        account: Account,
        coverage: Callable[[], CoverageReport | None],
        complete: Callable[[], bool],
    ) -> None:
        self._file = file
        self._shown = shown
        self._tally = tally
        self._account = account
        self._coverage = coverage
        self._complete = complete
        self._session: pytest.Session | None = None
        self._written: int | None = None
        self._problem: str | None = None
        try:
            self._write(begun(tally.report().name, account))
        except OSError as error:
            raise unwritten.refused(f"--monorepo-receipt {shown}", error) from None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._session = session
        try:
            self._tell(session)
        except OSError as error:
            self._problem = unwritten.told(f"--monorepo-receipt {self._shown}", error)
            unwritten.remove(str(self._file))
            unwritten.mark(session)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._problem:
            terminalreporter.write_line(self._problem, red=True)

    def pytest_unconfigure(self) -> None:
        """What other plugins have made of the exit code since; or that the session never began."""
        if self._session is None:
            with contextlib.suppress(OSError):
                self._write({**begun(self._tally.report().name, self._account), "state": "interrupted"})
            return
        if not self._problem and self._written != int(self._session.exitstatus):
            try:
                self._tell(self._session)
            except OSError:
                unwritten.remove(str(self._file))
                unwritten.mark(self._session)

    def _tell(self, session: pytest.Session) -> None:
        run = replace(self._tally.report(), exitstatus=int(session.exitstatus))
        self._write(ended(run, self._account, self._coverage(), complete=self._complete()))
        self._written = int(session.exitstatus)

    def _write(self, data: Mapping[str, Any]) -> None:
        # a file name that is not UTF-8 carries surrogates; JSON has an escape for them
        text = json.dumps(data, indent=1, ensure_ascii=True) + "\n"
        writing.report(self._file, text.encode("ascii"))
