"""Plugins that run a test again and do not say so as pytest-rerunfailures does.

pytest-retry wants the port of a server in the controller, for what it tells at the end, and beside xdist dies
in a worker that is told none. Here it collects its lines in the worker, which hands them over when it ends
(:mod:`pytest_monorepo.run.hooks.nodes`): no server, and no thread that would forbid a fork.

flaky tells pytest of a test's last attempt only; those before it are counted here, and the number goes with
the last one's report. The names used are not documented; ``tests/plugins`` fails when they move.
"""

from __future__ import annotations

import io
import os
import socket
from typing import Any, Dict, List, Optional, Tuple

import pytest

NAME = "pytest-retry"
OUTPUT = "monorepo_retries"


HIDDEN = "monorepo_reruns"
"""Attribute of a report: how many attempts failed before it that pytest was not told of."""


def prepare(config: Any) -> None:
    """See to such a plugin, where there is one, before it is configured."""
    plugin = config.pluginmanager.get_plugin(NAME)
    # 1.7: where there is workerinput it connects to that port while it is configured (retry_plugin.py)
    if hasattr(plugin, "retry_manager") and "server_port" not in config.workerinput:
        config.pluginmanager.register(_Keeper(config, plugin.retry_manager), "monorepo-retries")
    if config.pluginmanager.has_plugin("flaky"):
        config.pluginmanager.register(_Counter(), "monorepo-reruns")


class _Counter:
    """Counts the failures of which a report was made and never told."""

    def __init__(self) -> None:
        self.untold: Dict[Tuple[str, str], int] = {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self) -> Any:
        outcome = yield
        report = outcome.get_result()
        if report.failed:
            key = report.nodeid, report.when
            self.untold[key] = self.untold.get(key, 0) + 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        count = self.untold.pop((report.nodeid, report.when), 0) - bool(report.failed)
        if count > 0:
            setattr(report, HIDDEN, count)


class _Keeper:
    """Listens until the plugin has connected, and then takes the place of what it has connected with."""

    def __init__(self, config: Any, manager: Any) -> None:
        self.config = config
        self.manager = manager
        self.door: Optional[socket.socket] = socket.create_server(("localhost", 0))
        config.workerinput["server_port"] = self.door.getsockname()[1]

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        self.manager.reporter = self
        self.lines = io.StringIO()
        self.process = os.getpid()
        if self.door is not None:
            self.door.close()
            self.door = None

    @property
    def stream(self) -> io.StringIO:
        """Where the plugin looks for what there is to print."""
        if self.process != os.getpid():
            # a sibling tells what it has seen itself
            self.lines, self.process = io.StringIO(), os.getpid()
        return self.lines

    def record_attempt(self, lines: List[str]) -> None:
        """The plugin's own name for it."""
        self.stream.writelines(lines)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self.config.workeroutput[OUTPUT] = self.stream.getvalue()
