"""What a worker has collected, as plain values."""

from __future__ import annotations

import functools
import os
from typing import Any, Dict, List

import pytest

from .paths import Paths


class Wrong:
    """A test module whose code came from ``actual``, though its node ids name ``expected``."""

    def __init__(self, nodeid: str, expected: str, actual: str) -> None:
        self.nodeid, self.expected, self.actual = nodeid, expected, actual


def wrong_files(items: List[pytest.Item]) -> List[Wrong]:
    """Test modules that Python took from another file than the one collected (pytest #13997)."""
    wrong = []
    seen = set()
    for item in items:
        collector = item.getparent(pytest.Module)
        if collector is None or collector.nodeid in seen:
            continue
        seen.add(collector.nodeid)
        expected = str(getattr(collector, "path", None) or collector.fspath)
        actual = getattr(getattr(collector, "obj", None), "__file__", None)
        if isinstance(actual, str) and not _same_file(expected, actual):
            wrong.append(Wrong(collector.nodeid, expected, actual))
    return wrong


def _same_file(expected: str, actual: str) -> bool:
    if expected == actual or os.path.splitext(actual)[1] not in (".py", ""):
        return True
    try:
        return os.path.samefile(expected, actual)
    except OSError:
        return False


def tree(items: List[pytest.Item], paths: Paths) -> List[List[Any]]:
    """The collected tree, parents before children, as :class:`protocol.Node` values."""
    index: Dict[Any, int] = {}
    nodes: List[List[Any]] = []
    for item in items:
        parent = -1
        for node in item.listchain()[1:]:
            if node not in index:
                index[node] = len(nodes)
                nodes.append(_node(node, parent, paths))
            parent = index[node]
    return nodes


def _node(node: Any, parent: int, paths: Paths) -> List[Any]:
    is_item = isinstance(node, pytest.Item)
    path = str(getattr(node, "path", None) or node.fspath)
    line, domain = None, node.name
    if is_item:
        _, line, domain = node.location
    doc = getattr(getattr(node, "obj", None), "__doc__", None)
    nodeid = paths.nodeid(node.nodeid)
    cls: Any = type(node)
    inside = paths.path(path)
    return [
        parent,
        cls.__name__,
        node.name,
        nodeid,
        path if inside.startswith("../") else inside,
        line,
        domain,
        doc if isinstance(doc, str) else None,
        is_item,
        _base_of(cls),
        getattr(node, "originalname", None),
        getattr(getattr(node, "callspec", None), "id", None),
    ]


@functools.lru_cache(maxsize=256)
def _base_of(cls: Any) -> str:
    """pytest's nodes have a metaclass, which each question goes through."""
    return next((name for name in _BASES if issubclass(cls, getattr(pytest, name, ()))), "")


# deepest first: a package was a module before pytest 8
_BASES = ("Class", "Package", "Module", "Dir", "File")
