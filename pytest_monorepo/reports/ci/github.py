"""GitHub Actions: failures as annotations at their lines, and the job's summary page.

Annotations are workflow commands (``::error file=…::…``), one a line of the output; GitHub shows ten of a
step, the others are in the summary. The summary is Markdown, appended to the file that
``GITHUB_STEP_SUMMARY`` names; GitHub refuses one of more than 1 MiB, so what does not fit is left out and
counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_monorepo.reports.places import Place, in_repository, place_of_failure, repository_prefix
from pytest_monorepo.reports.run_facts import Facts
from pytest_monorepo.reports.tally import Tally

from . import markdown

if TYPE_CHECKING:
    from pytest_monorepo.reports.coverage.model import CoverageReport
    from pytest_monorepo.workspace.model import Workspace

# beyond it "upload aborted, supports content up to a size of 1024k", and nothing of it is shown
LIMIT = 1024 * 1024
"""Bytes of one step's summary, by GitHub's rule."""
SHOWN = 10
"""Error annotations that GitHub shows of one step."""
_MESSAGE = 4000


@dataclass(frozen=True)
class Annotation:
    """``file`` is relative to the repository, ``None`` where no single file is to blame."""

    title: str
    message: str
    file: str | None = None
    line: int | None = None

    def command(self) -> str:
        """The workflow command, in one line."""
        place = [] if self.file is None else [f"file={escaped_property(self.file)}"]
        if place and self.line is not None:
            place.append(f"line={self.line}")
        properties = ",".join([*place, f"title={escaped_property(self.title)}"])
        return f"::error {properties}::{escaped(self.message)}"


def escaped(text: str) -> str:
    """The message of a workflow command, which ends with the line; without colours."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return markdown.plain(text)


def escaped_property(text: str) -> str:
    """A value in front of the message, where ``:`` and ``,`` are separators too."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


class GitHubReport:
    """Registered in the controller: writes annotations and summary at the end. ``coverage`` is asked then."""

    def __init__(
        self,
        config: pytest.Config,
        tally: Tally,
        workspace: Workspace,
        facts: Facts,
        coverage: Callable[[], CoverageReport | None],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._tally = tally
        self._workspace = workspace
        self._facts = facts
        self._coverage = coverage
        summary = environ.get("GITHUB_STEP_SUMMARY")
        self._summary = Path(summary) if summary else None
        self._prefix = repository_prefix(workspace.root, environ.get("GITHUB_WORKSPACE"))
        # pytest-github-actions-annotate-failures; it speaks of failed calls and of nothing else
        self._calls_are_annotated = config.pluginmanager.has_plugin("annotate_errors")
        self._annotations: list[Annotation] = []
        self._left_out = 0
        self._problem: str | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not (self._calls_are_annotated and report.when == "call"):
            self._annotate(report)

    @pytest.hookimpl(trylast=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._annotate(report)

    def _annotate(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if len(self._annotations) >= SHOWN:
            self._left_out += 1
            return
        place = self._place(report)
        when = getattr(report, "when", "call")
        title = report.nodeid if when in ("call", "collect") else f"{report.nodeid} ({when})"
        file = in_repository(self._prefix, place.file) if place is not None else None
        self._annotations.append(
            Annotation(title, _message(report), file, place.line if place is not None else None)
        )

    def _place(self, report: pytest.TestReport | pytest.CollectReport) -> Place | None:
        project = self._workspace.by_path.get(report.nodeid)
        if project is None:
            return place_of_failure(report)
        # a whole project failed: its manifest stands for it
        return Place(project.manifests[0], 1) if project.manifests else None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._summary is None:
            return
        try:
            there = self._summary.stat().st_size if self._summary.exists() else 0
            text = markdown.summary(
                self._tally.report(),
                int(session.exitstatus),
                self._facts,
                self._coverage(),
                limit=LIMIT - there,
            )
            with self._summary.open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except OSError as error:
            self._problem = f"GITHUB_STEP_SUMMARY {self._summary}: {error.strerror}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        shown = self._annotations
        if self._left_out:
            more = f"and {self._left_out + 1} more failures, see the log and the job's summary"
            shown = [*shown[: SHOWN - 1], Annotation("pytest", more)]
        for annotation in shown:
            terminalreporter.ensure_newline()
            terminalreporter.write_line(annotation.command())
        if self._problem:
            terminalreporter.write_line(f"warning: {self._problem}", yellow=True)


def _message(report: pytest.TestReport | pytest.CollectReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = report.longreprtext
    if crash is not None:
        first = str(crash.message)[:_MESSAGE]
    else:
        # a file that could not be imported: its text starts with where, and ends with why
        first = next((line[1:].strip() for line in reversed(text.splitlines()) if line[:2] == "E "), "")
    left = _MESSAGE - len(first)
    return "\n\n".join(filter(None, (first, text[-left:].strip() if left else ""))) or "failed"
