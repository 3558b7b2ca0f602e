"""Which projects were skipped, what plugins said of each, and with ``-v`` what was done for them unasked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_monorepo.worker.plugins.whole import Reason

if TYPE_CHECKING:
    from pytest_monorepo.records import ProjectRun


class SkippedProjects:
    """Registered in the controller: a project that was not run is named, whatever ``-r`` says."""

    def __init__(self) -> None:
        self._skipped: dict[str, str] = {}

    def pytest_monorepo_project_finish(self, run: ProjectRun) -> None:
        if run.skipped:
            self._skipped[run.project] = run.skipped

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for project, reason in sorted(self._skipped.items()):
            terminalreporter.write_line(f"skipped: {project}: {reason}", yellow=True)


class UninstalledDependencies:
    """Registered in the controller: with ``-v`` says what makes a project pass here that would fail alone."""

    def __init__(self) -> None:
        self._found: dict[str, Sequence[str]] = {}

    def pytest_monorepo_project_finish(self, run: ProjectRun) -> None:
        if run.uninstalled:
            self._found[run.project] = run.uninstalled

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if terminalreporter.config.option.verbose > 0:
            for project, needed in sorted(self._found.items()):
                terminalreporter.write_line(
                    f"{project}: uninstalled dependencies on the path: {', '.join(needed)}"
                )


class PluginWords:
    """Registered in the controller: one section for each plugin, with what it said of each project."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, str]] = {}
        self._whole: dict[str, str] = {}

    def pytest_monorepo_project_finish(self, run: ProjectRun) -> None:
        for plugin, text in run.said:
            known = self._said.setdefault(plugin, {})
            known[run.project] = "\n".join(filter(None, (known.get(run.project), text)))
        if run.whole:
            self._whole[run.project] = ", ".join(str(Reason(*reason)) for reason in run.whole)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._said:
            from pytest_monorepo.worker.plugins.own_hooks import PLUGIN as OWN_PLUGIN
        for plugin, texts in sorted(self._said.items()):
            terminalreporter.write_sep("=", plugin)
            for project, text in sorted(texts.items()):
                # an installed plugin's headline says what ours does, a conftest's its own subject
                for line in lines(project, titled(text) if plugin == OWN_PLUGIN else text):
                    terminalreporter.write_line(line)
        if self._whole and terminalreporter.config.option.verbose > 0:
            terminalreporter.write_sep("=", "run by one worker each")
            for project, reasons in sorted(self._whole.items()):
                terminalreporter.write_line(f"{project}: {reasons}")


def lines(project: str, text: str) -> Sequence[str]:
    """``libs/a: 1 snapshot passed.``, or the project above several lines; without their headline."""
    told = [line.rstrip() for line in text.splitlines() if line.strip() and not _HEADLINE.match(line)]
    if len(told) < 2:
        return [f"{project}: {line.strip()}" for line in told]
    return [f"{project}:", *(f"  {line}" for line in told)]


def titled(text: str) -> str:
    """Headlines as lines among the others."""
    return "\n".join(_HEADLINE.sub(r"\2:", line.rstrip(), count=1) for line in text.splitlines())


_HEADLINE = re.compile(r"(?:\x1b\[[0-9;]*m)*([-=_]{3,}) (.*) \1[-=_]*(?:\x1b\[[0-9;]*m)*")
