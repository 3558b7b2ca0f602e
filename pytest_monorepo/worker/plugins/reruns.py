"""pytest-rerunfailures in a worker whose controller does not have it, or another version of it.

Beside xdist it asks the controller for the address of a small server that counts attempts, and dies where it
is told none. It then gets a server in the worker itself, by its own hook. And of the subtests of an attempt
that is made again 16.7 takes back what it has told the terminal. The names used are not documented;
``tests/reports/test_flaky.py`` fails when they move.
"""

from __future__ import annotations

from typing import Any, Dict

import pytest

SUPERSEDES = "monorepo_supersedes"
"""Attribute of a report: the subtests told of its test so far count no more."""


class _AnyName:
    def __getattr__(self, name: str) -> int:
        return 0


class _Config:
    def __init__(self, failures_db: object) -> None:
        self.failures_db = failures_db


class _Node:
    """What the plugin takes for one of xdist's workers."""

    def __init__(self, failures_db: object) -> None:
        self.config = _Config(failures_db)
        self.workerinput: Dict[str, Any] = {}


class _Superseding:
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome == "rerun":
            setattr(report, SUPERSEDES, True)


def count_attempts(config: Any) -> None:
    """Complete ``config.workerinput`` for the plugin, where it is there and misses something."""
    plugins = config.pluginmanager
    plugin = plugins.get_plugin("rerunfailures") or plugins.get_plugin("pytest_rerunfailures")
    if hasattr(plugin, "_remove_failed_subtest_reports_from_stats"):
        plugins.register(_Superseding(), "monorepo-superseding")
    server, hooks = getattr(plugin, "ServerStatusDB", None), getattr(plugin, "XDistHooks", None)
    if server is None or hooks is None or not plugins.hasplugin("xdist"):
        return
    # 16.7 sets a port and a token: whatever its hook sets for a node is what it asks for in a worker
    wanted = _Node(_AnyName())
    hooks().pytest_configure_node(wanted)
    if set(wanted.workerinput) - set(config.workerinput):
        counting = server()
        counting.sock.listen()  # its thread does too, but maybe not before the plugin wants to connect
        own = _Node(counting)
        hooks().pytest_configure_node(own)
        config.workerinput.update(own.workerinput)
