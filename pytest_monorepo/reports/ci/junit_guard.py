"""pytest's JUnit writer where its file cannot be written: it raises, and pytest's whole summary is lost.

Its object has no name among the plugins, and its hooks are bound when it is registered: it is found by its
key in the configuration's stash, which is private, and registered again. ``tests/reports/test_full_disk.py``
fails when that moves.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from _pytest.junitxml import xml_key

from pytest_monorepo.reports import unwritten


class JUnitGuard:
    """``problem`` is a sentence once the file was not written."""

    def __init__(self, config: pytest.Config) -> None:
        self.problem: str | None = None
        writer: Any = config.stash.get(xml_key, None)
        if writer is None:
            return
        self._file = str(writer.logfile)
        finish, tell = writer.pytest_sessionfinish, writer.pytest_terminal_summary
        config.pluginmanager.unregister(writer)
        writer.pytest_sessionfinish = self._finish(finish)
        writer.pytest_terminal_summary = self._tell(tell)
        config.pluginmanager.register(writer)

    def _finish(self, finish: Callable[[], None]) -> Callable[[], None]:
        def pytest_sessionfinish() -> None:
            try:
                finish()
            except OSError as error:
                self.problem = unwritten.told(f"--junitxml {self._file}", error)
                unwritten.remove(self._file)

        return pytest_sessionfinish

    def _tell(self, tell: Callable[..., None]) -> Callable[..., None]:
        def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
            if self.problem is None:
                given = {"terminalreporter": terminalreporter, "config": config}
                tell(**{name: given[name] for name in inspect.signature(tell).parameters})

        return pytest_terminal_summary
