"""pytest-xdist's hooks about workers, called for ours: there plugins of the controller talk to workers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import field
from typing import Any

import pytest

from pytest_monorepo.value import value
from pytest_monorepo.worker.plugins import retries, whole
from pytest_monorepo.worker.plugins.reports import packing, scenarios


@value(frozen=True)
class Gateway:
    id: str


@value(frozen=True)
class Node:
    """Stands for a worker where a plugin expects one of xdist's."""

    config: pytest.Config
    workerinput: dict[str, Any]
    gateway: Gateway = Gateway("gw0")
    workeroutput: Mapping[str, Any] = field(default_factory=dict)


def configured(config: pytest.Config, workerinput: dict[str, Any]) -> dict[str, Any]:
    """What plugins tell every worker, beside ``workerinput``: asked once, before the first worker starts."""
    node = Node(config, workerinput)
    hook = getattr(config.hook, "pytest_configure_node", None)
    if hook is not None:
        hook(node=node)
    return node.workerinput


def down(config: pytest.Config, worker: str, workeroutput: Mapping[str, Any]) -> None:
    """Hand over what plugins of the worker left for the controller, syrupy's snapshots among them."""
    if not workeroutput:
        return
    output = packing.unpack(dict(workeroutput))
    retried = output.pop(retries.OUTPUT, "")
    manager = getattr(config.pluginmanager.get_plugin(retries.NAME), "retry_manager", None)
    if retried and manager is not None:
        # it prints this at the end, as what xdist's workers have sent
        manager.reporter.stream.write(retried)
    hook = getattr(config.hook, "pytest_testnodedown", None)
    if hook is not None and output:
        hook(node=Node(config, {"workerid": worker}, Gateway(worker), output), error=None)


def leave_to_workers(config: pytest.Config) -> None:
    """What is judged project by project, nobody must judge of the controller's session, which has no tests of
    its own.

    syrupy ends it with 5 where nothing is affected, takes the snapshots of all projects but one for unused,
    and warns of every list; pytest counts the warnings of all projects together.
    """
    scenarios.prepare(config)
    for rule in whole.RULES:
        if whole.judges(config, rule):
            for name, plugin in config.pluginmanager.list_name_plugin():
                # one that a plugin registers itself has no name (pytest-incremental)
                if plugin is not None and not {name, type(plugin).__name__}.isdisjoint(rule.names):
                    config.pluginmanager.unregister(plugin)
    if hasattr(config.option, "max_warnings"):  # pytest 9.1
        config.option.max_warnings = sys.maxsize
