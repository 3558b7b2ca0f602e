"""A plugin as editors pass one by ``-p``: tells of ``session.items`` and of reports, in our own words.

``tests/test_editors.py`` copies it to where pytest finds it under the name of VS Code's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

_paths: dict[str, str] = {}
_told: dict[str, str] = {}
_errors: list[str] = []


def pytest_configure() -> None:
    with open(os.environ["EDITOR_PIPE"] + ".pids", "a") as stream:
        stream.write(f"{os.getpid()}\n")


def _id(nodeid: str, path: object) -> str:
    return "::".join([str(path), *nodeid.split("::")[1:]])


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    _paths[item.nodeid] = str(item.path)
    return (yield)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_report_teststatus(report: pytest.TestReport) -> Generator[None, Any, Any]:
    if report.when == "call" or (report.when == "setup" and report.skipped):
        _told.setdefault(_id(report.nodeid, _paths.get(report.nodeid, "unknown")), report.outcome)
    return (yield)


def pytest_exception_interact(node: Any, call: Any, report: Any) -> None:
    _errors.append(call.excinfo.exconly())
    _told.setdefault(_id(node.nodeid, node.path), f"error: {call.excinfo.typename}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    found = {"items": [_item(item) for item in session.items], "outcomes": _told, "errors": _errors}
    Path(os.environ["EDITOR_PIPE"]).write_text(json.dumps(found))


def _item(item: pytest.Item) -> dict[str, Any]:
    line = item.location[1]
    file = item.getparent(pytest.File)  # type: ignore[type-abstract]
    assert file is not None
    return {
        "id": _id(item.nodeid, item.path),
        "line": None if line is None else line + 1,
        "file": str(file.path),
        "classes": [node.name for node in item.listchain() if isinstance(node, pytest.Class)],
        "above": "class" if isinstance(item.parent, pytest.Class) else "file",
        "function": getattr(item, "originalname", None) if hasattr(item, "callspec") else None,
    }
