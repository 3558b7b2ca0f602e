"""Plugins of the controller that write their report when the session ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_monorepo.errors import MonorepoError, one_line

from . import unwritten
from .owners import read_above as read_owners
from .tally import Tally

if TYPE_CHECKING:
    from pytest_monorepo.affected.files.narrow import Narrowed
    from pytest_monorepo.affected.rules.values import Selection
    from pytest_monorepo.quarantine import Entry
    from pytest_monorepo.workspace.graph import Graph
    from pytest_monorepo.workspace.model import Workspace

    from .coverage.conclude import CoverageOutcome
    from .coverage.model import CoverageReport
    from .coverage.options import CoverageOptions
    from .historian import Historian


@dataclass(eq=False)  # pluggy keeps plugins in sets
class CoverageSummary:
    """Puts the projects' coverage together. ``infos`` are what the workers measured, known at the end.

    ``partial`` says why the run is not a whole one; with ``carries`` that is said where nothing was measured,
    too. ``changed`` asks for the changed lines of a patch.
    ``kept`` is where reports leave to the next one what they found in the sources; ``took`` is when that
    began and ended.
    """

    options: CoverageOptions
    workspace: Workspace
    infos: Callable[[], Iterable[Mapping[str, Any]]]
    partial: Callable[[], str | None]
    partial_projects: Callable[[], Mapping[str, str]]
    partial_patch: Callable[[], str | None]
    changed: Callable[[], Mapping[str, frozenset[int]] | None]
    here: Path
    kept: Path | None = None
    report: CoverageReport | None = None
    lines: tuple[str, ...] = ()
    took: tuple[float, float] | None = None
    carries: Callable[[], bool] = bool

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        infos = list(self.infos())
        if session.config.option.collectonly or not (infos or self.carries()):
            return
        began = time.time()
        self._conclude(session, infos)
        self.took = (began, time.time())

    def _conclude(self, session: pytest.Session, infos: list[Mapping[str, Any]]) -> None:
        good = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        try:
            outcome = self._finish(infos, session.config.inipath, tests_failed=bool(session.testsfailed))
        except MonorepoError as error:
            self.lines = (f"ERROR: {one_line(error)}",)
            unwritten.mark(session)
            return
        self.report, self.lines = outcome.report, outcome.lines
        if outcome.failed and good:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if outcome.lost:
            unwritten.mark(session)

    def _finish(
        self, infos: list[Mapping[str, Any]], ini: Path | None, *, tests_failed: bool
    ) -> CoverageOutcome:
        from coverage.exceptions import CoverageException

        from .coverage.conclude import finish

        try:
            return finish(
                self.options,
                self.workspace,
                infos,
                self.here,
                self.partial(),
                partial_projects=self.partial_projects(),
                partial_patch=self.partial_patch(),
                changed=self.changed(),
                tests_failed=tests_failed,
                kept=self.kept,
                ini=ini,
            )
        except (CoverageException, *unwritten.errors()) as error:
            raise MonorepoError(
                f"the coverage cannot be put together: {error}; make {self.workspace.root} writable (for its"
                " .coverage and the reports), or pass --no-cov"
            ) from error

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.lines:
            terminalreporter.section("coverage")
            for line in self.lines:
                bad = line.startswith(("WARNING", "FAIL", "ERROR"))
                terminalreporter.write_line(line, **({"red": True} if bad else {}))


@dataclass(eq=False)
class PageWriter:
    """Writes the test and coverage page into ``dest``; ``files`` are those of a selection by file.

    ``unconcerned`` tells at the end of the run which test files have read nothing that changed.
    """

    dest: Path
    tally: Tally
    workspace: Workspace
    graph: Callable[[], Graph]
    selection: Selection | None
    coverage: CoverageSummary | None
    historian: Historian
    files: Mapping[str, Narrowed] | None = None
    unconcerned: Callable[[], Collection[str]] = frozenset
    quarantine: Sequence[Entry] = ()
    problem: str | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        from .page.build import write_page

        began = time.time()
        report = replace(self.tally.report(), exitstatus=int(session.exitstatus))
        coverage = self.coverage.report if self.coverage is not None else None
        html = self.workspace.root / coverage.html if coverage is not None and coverage.html else None
        origin = self.historian.origin
        owners = read_owners(self.workspace.root, origin.prefix)
        took = self.coverage.took if self.coverage is not None else None
        after = [("coverage", *took)] if took is not None else []
        known = (self.historian.story, origin, owners, after, began)
        try:
            write_page(
                self.dest,
                report,
                self.workspace,
                self.graph(),
                self.selection,
                coverage,
                html,
                *known,
                files=self.files,
                unconcerned=self.unconcerned(),
                quarantine=self.quarantine,
            )
        except OSError as error:
            self.problem = unwritten.told(f"--monorepo-html {self.dest}", error)
            unwritten.mark(session)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.problem:
            terminalreporter.write_line(self.problem, red=True)
        else:
            terminalreporter.write_line(f"page: {self.dest / 'index.html'}")
