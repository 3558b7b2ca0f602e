"""Whoever sees a replayed result sees that it is one, and from where."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo import writing
from pytest_monorepo.reports import unwritten
from pytest_monorepo.results.caching import Caching
from pytest_monorepo.results.replays.marks import origin_of
from pytest_monorepo.worker.plugins.reports.reporter import own as own_reporter

MOST = 10
"""So many inputs that were not seen are named."""


class _Told(tuple):  # type: ignore[type-arg]
    """A status that names the origin already: it is remembered, and told again."""


class Marks:
    """Shows of each result whether it is one of an earlier run.

    ``replayed`` says so of a test file. Counted are the tests of such files that are told: where a run is
    stopped (``-x``) some are not.
    """

    def __init__(self, replayed: Callable[[str], bool]) -> None:
        self.replayed = replayed
        self.shown = ""
        self.is_replayed = False
        self.count = 0
        self.over = False

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self, report: Any, config: pytest.Config) -> Generator[None, Any, Any]:
        status = yield
        origin = origin_of(report)
        if not origin or not status or not status[2] or isinstance(status, _Told):
            return status
        return _Told(self._told(report, status, origin))

    def _told(self, report: Any, status: Any, origin: str) -> Any:
        if self.over and report.skipped and not hasattr(report, "wasxfail"):
            return status  # pytest's summary takes the word of the first skip for all
        category, letter, word = status
        if isinstance(word, tuple):
            return category, letter, (f"{word[0]} (cached from {origin})", word[1])
        if self.over:
            # the summary has colours of its own, and pytest 8.0 prints a pair there as it is
            return category, letter, f"{word} (cached from {origin})"
        colour = {"passed": {"green": True}, "skipped": {"yellow": True}}.get(str(report.outcome), {})
        return category, letter, (f"{word} (cached from {origin})", colour)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        file = nodeid.partition("::")[0]
        if file != self.shown:
            self.shown, self.is_replayed = file, self.replayed(file)
            if self.is_replayed:
                self._mark()
        self.count += self.is_replayed

    def _mark(self) -> None:
        reporter = self.reporter
        if reporter is not None and reporter.showfspath and reporter.verbosity <= 0:
            reporter.write("(cached) ")

    def pytest_configure(self, config: pytest.Config) -> None:
        self.reporter: Any = own_reporter(config)
        if self.reporter is not None:
            original = self.reporter.build_summary_stats_line
            self.reporter.build_summary_stats_line = lambda: self._with_count(*original())

    def _with_count(self, parts: list[Any], colour: str) -> tuple[list[Any], str]:
        count = self.counted()
        return [*parts, *([(f"{count:,} cached", {"green": True})] if count else [])], colour

    def counted(self) -> int:
        return self.count

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.over = True


class CachedReport(Marks):
    """Registered in the controller; ``explain`` is ``-`` for the terminal, a file, or ``None``.

    Raises :class:`~pytest_monorepo.errors.MonorepoError` where that file cannot be written, before anything
    runs.
    """

    def __init__(self, caching: Caching, explain: str | None, folder: Path) -> None:
        super().__init__(caching.replayed)
        self.caching = caching
        self.explain = explain
        self.folder = folder
        self.unwritten = ""
        try:
            self._write(())
        except OSError as error:
            raise unwritten.refused(f"--cached-explain {explain}", error) from None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        super().pytest_sessionfinish(session)
        if self.caching.differences and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        try:
            self._write(self.caching.explanation())
        except OSError as error:
            self.unwritten = unwritten.told(f"--cached-explain {self.explain}", error)
            unwritten.mark(session)

    def counted(self) -> int:
        """Where tests are only collected, none of them is told of as it runs."""
        return self.caching.collected if self.caching.collect_only else super().counted()

    def _write(self, lines: Iterable[str]) -> None:
        if self.explain and self.explain != "-":
            text = "".join(f"{line}\n" for line in lines)
            writing.report(self.folder / self.explain, text.encode("utf-8", "backslashreplace"))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for difference in self.caching.differences:
            terminalreporter.write_sep("=", f"not what was kept: {difference.file}")
            for test in difference.tests:
                terminalreporter.write_line(
                    f"{test} ran otherwise than it would have been replayed", red=True
                )
            for unseen in difference.unseen[:MOST]:
                terminalreporter.write_line(f"  it has now read {unseen}")
            terminalreporter.write_line("  what was kept of it is dropped; please report this")
        if self.caching.verdicts:
            terminalreporter.write_sep("=", "one outcome and another")
        for verdict in self.caching.verdicts:
            terminalreporter.write_line(verdict.words, yellow=True)
        if self.caching.verify and not (self.caching.differences or self.caching.collect_only):
            ran = self.caching.compared
            words = "file ran as it" if ran == 1 else "files ran as they"
            terminalreporter.write_line(f"verified: {ran} {words} would have been replayed")
        for problem in self.caching.problems:
            terminalreporter.write_line(f"warning: {problem}", yellow=True)
        if self.unwritten:
            terminalreporter.write_line(self.unwritten, red=True)
        if self.explain == "-":
            terminalreporter.write_sep("=", "cached")
            for line in self.caching.explanation():
                terminalreporter.write_line(line)
