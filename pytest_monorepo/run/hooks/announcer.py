"""Says to pytest, through its own hooks, what the workers say."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.plugins.reports.reporter import own as own_reporter

from . import failures, items, reports
from .emitter import Emitter

Location = tuple[str, "int | None", str]


class Announcer:
    """``speaker`` is whose words these are: those of one worker come out in order, file by file."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.hook = config.hook
        self.emitter = Emitter()

    def test_started(self, speaker: int, nodeid: str, location: Location) -> None:
        self._say(
            speaker, nodeid, lambda: self.hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
        )

    def test_report(self, speaker: int, report: Any) -> None:
        self._say(speaker, report.nodeid, lambda: self.hook.pytest_runtest_logreport(report=report))

    def test_finished(self, speaker: int, nodeid: str, location: Location) -> None:
        self._say(
            speaker, nodeid, lambda: self.hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)
        )

    def test_passed(
        self, speaker: int, nodeid: str, location: Location, reports: Callable[[], Iterable[Any]]
    ) -> None:
        """All of a test but its start; ``reports`` makes them when it is the speaker's turn."""

        def action() -> None:
            for report in reports():
                self.hook.pytest_runtest_logreport(report=report)
            self.hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)

        self._say(speaker, nodeid, action)

    def collected(self, speaker: int, report: Any) -> None:
        self._say(speaker, report.nodeid, lambda: self.collect_report(report))

    def collect_report(self, report: Any) -> None:
        """At once, whoever has the floor."""
        with _no_collecting_line(self.config):
            self.hook.pytest_collectreport(report=report)

    def project_failed(self, speaker: int | None, project: str, message: str, text: str) -> None:
        """In the speaker's turn; at once where it is nobody's word."""
        report = failures.project_report(project, message, text)
        if speaker is None:
            self.collect_report(report)
        else:
            self.collected(speaker, report)

    def silent(self, speaker: int) -> None:
        """The speaker says nothing more."""
        self.emitter.end(speaker)

    def deselected(self, session: pytest.Session, nodeids: Iterable[str]) -> None:
        self.hook.pytest_deselected(items=items.stand_ins(session, nodeids))

    def warning(self, message: protocol.WarningRecorded, project: str) -> None:
        """``project`` is noted on it: a warning of the configuration has no node id."""
        warned = _warning(message)
        warned.monorepo_project = project  # type: ignore[attr-defined]
        self.hook.pytest_warning_recorded.call_historic(
            kwargs={
                "warning_message": warned,
                "when": message.when,
                "nodeid": message.nodeid,
                "location": tuple(message.location) if message.location else None,
            }
        )

    def deserialize(self, data: dict[str, Any]) -> Any:
        """A worker's report, as pytest or the plugin that made it reads it."""
        if not isinstance(data.get("nodeid"), str) or not isinstance(data.get("outcome"), str):
            raise protocol.ProtocolError(f"no report of a test: {str(data)[:200]}")
        report = self.hook.pytest_report_from_serializable(config=self.config, data=dict(data))
        if report is None:  # a plugin's own kind of report, and the plugin is not in the controller
            data = {**data, "$report_type": "TestReport"}
            report = self.hook.pytest_report_from_serializable(config=self.config, data=data)
        return reports.restored(report, data)

    def _say(self, speaker: int, nodeid: str, action: Callable[[], None]) -> None:
        self.emitter.say(speaker, nodeid.partition("::")[0], action)


def _warning(message: protocol.WarningRecorded) -> warnings.WarningMessage:
    category = _category(message.module, message.category)
    return warnings.WarningMessage(
        category(message.message), category, message.filename, message.lineno, line=message.line
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
    reporter = own_reporter(config)
    if reporter is None:
        yield
        return
    # a bool up to pytest 8.3, callable since 8.4
    isatty, reporter.isatty = reporter.isatty, type(reporter.isatty)(False)
    try:
        yield
    finally:
        reporter.isatty = isatty
