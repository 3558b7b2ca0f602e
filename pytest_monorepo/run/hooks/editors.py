"""Editors whose plugin expects tests to run in the process it is loaded into."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_monorepo.value import value

from . import items

VSCODE = "vscode_pytest"


def bridges(config: pytest.Config) -> list[VSCode]:
    """One for each such plugin that is there."""
    adapter = config.pluginmanager.get_plugin(VSCODE)
    return [] if adapter is None else [VSCode(config, adapter)]


class VSCode:
    """Tells VS Code's pytest adapter what pytest says only where tests are collected and run.

    It learns a test's file from ``pytest_runtest_protocol``, and errors in fixtures and collection from
    ``pytest_exception_interact``. Called for this plugin alone: others would take them for the real thing.
    """

    def __init__(self, config: pytest.Config, adapter: Any) -> None:
        manager = config.pluginmanager
        others = manager.get_plugins() - {adapter}
        self.protocol = manager.subset_hook_caller("pytest_runtest_protocol", others)
        self.interact = manager.subset_hook_caller("pytest_exception_interact", others)
        # kept for the whole run: the adapter remembers paths by the identity of nodes
        self.nodes: dict[str, Any] = {}

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.protocol(item=self._node(nodeid), nextitem=None)

    # last: pytest, too, reports first and then lets plugins look at the exception
    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and report.when != "call":
            self._failed(report)

    @pytest.hookimpl(trylast=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._failed(report)

    def _node(self, nodeid: str) -> Any:
        if nodeid not in self.nodes:
            [self.nodes[nodeid]] = items.stand_ins(self.session, [nodeid])
        return self.nodes[nodeid]

    def _failed(self, report: Any) -> None:
        crash = getattr(report.longrepr, "reprcrash", None)
        kind = getattr(crash, "message", "").partition(":")[0]
        call = _Call(_Raised(kind, report.longreprtext))
        self.interact(node=self._node(report.nodeid), call=call, report=report)


@value(frozen=True)
class _Raised:
    """As much of pytest's ``ExceptionInfo`` as crosses from a worker."""

    typename: str
    text: str

    def exconly(self) -> str:
        return self.text


@value(frozen=True)
class _Call:
    excinfo: _Raised
