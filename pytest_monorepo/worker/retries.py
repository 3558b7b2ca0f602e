"""pytest-retry in a worker: it wants the port of a server in the controller, for what it tells at the end.

Beside xdist it dies in a worker that is told none. Here it collects its lines in the worker, which hands them
over when it ends (:mod:`pytest_monorepo.run.nodes`): no server, and no thread that would forbid a fork. The
names used are not documented; ``tests/plugins`` and ``tests/reports/test_flaky.py`` fail when they move.
"""

from __future__ import annotations

import io
import os
import socket
from typing import Any, List, Optional

import pytest

NAME = "pytest-retry"
OUTPUT = "monorepo_retries"


def keep_lines(config: Any) -> None:
    """Let the plugin, where it is there and told no port, start as in a worker of xdist."""
    plugin = config.pluginmanager.get_plugin(NAME)
    if hasattr(plugin, "retry_manager") and "server_port" not in config.workerinput:
        config.pluginmanager.register(_Keeper(config, plugin.retry_manager), "monorepo-retries")


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
