"""A pytest plugin that writes down what a session reports, one JSON line a fact, as it happens.

The harness copies this file out of the package and loads it through ``PYTEST_PLUGINS`` into plain pytest
and into the controller alike. It stays silent in workers, whose reports the controller repeats, and imports
nothing of ours.
"""

from __future__ import annotations

import json
import os
import warnings
from typing import Any

import pytest

RECORD = "EQUIVALENCE_RECORD"
WORKSPACE = "EQUIVALENCE_WORKSPACE"


class Recorder:
    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._reprs = _Normaliser(str(config.rootpath), os.environ[WORKSPACE])

    def _write(self, **fact: Any) -> None:
        if hasattr(self._config, "workerinput") or "PYTEST_XDIST_WORKER" in os.environ:
            return
        # A test may end the process without a word: nothing is kept back.
        with open(os.environ[RECORD], "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(json.dumps(fact) + "\n")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        path, line, domain = report.location
        context = getattr(report, "context", None)
        self._write(
            kind="test",
            nodeid=self._reprs.nodeid(report.nodeid),
            when=report.when,
            outcome=report.outcome,
            text=report.longreprtext,
            skip=_skip(report),
            wasxfail=getattr(report, "wasxfail", None),
            location=[self._reprs.path(path), line, domain],
            sections=[list(section) for section in report.sections],
            properties=[[name, repr(value)] for name, value in report.user_properties],
            subtest=None if context is None else [context.msg, sorted(map(repr, context.kwargs.items()))],
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            self._write(
                kind="collect",
                nodeid=self._reprs.nodeid(report.nodeid),
                outcome=report.outcome,
                text=report.longreprtext,
                skip=_skip(report),
            )

    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, when: str, nodeid: str
    ) -> None:
        # pytest removes the temporary folders of a user's earlier runs, in which two at once get in their way
        if str(warning_message.message).startswith("(rm_rf) "):
            return
        self._write(
            kind="warning",
            nodeid=self._reprs.nodeid(nodeid) if nodeid else "",
            when=when,
            category=warning_message.category.__name__,
            message=str(warning_message.message),
            file=warning_message.filename,
            line=warning_message.lineno,
        )


class _Normaliser:
    """Node ids are relative to pytest's rootdir; ours compare relative to the workspace."""

    def __init__(self, rootdir: str, workspace: str) -> None:
        self._rootdir = rootdir
        self._workspace = workspace

    def nodeid(self, nodeid: str) -> str:
        path, separator, rest = nodeid.partition("::")
        return self.path(path) + separator + rest

    def path(self, path: str) -> str:
        absolute = os.path.normpath(os.path.join(self._rootdir, path))
        return os.path.relpath(absolute, self._workspace).replace(os.sep, "/")


def _skip(report: pytest.TestReport | pytest.CollectReport) -> list[Any] | None:
    if isinstance(report.longrepr, (tuple, list)):
        path, line, reason = report.longrepr
        return [str(path), line, reason]
    return None


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(config), "equivalence-recorder")
