"""Which tests ``-k`` and ``-m`` choose of those that are not collected: pytest itself is asked.

Its plugin ``mark`` gets items and a configuration that have only what it asks for, which is no public
interface. ``tests/run/hooks/test_picking.py`` compares with real runs and fails when that moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

_FOLDERS = ("Dir", "Package")


class _Item:
    """``names`` are those of what the test lies in, its own last."""

    def __init__(self, names: Sequence[str], fact: Sequence[Any]) -> None:
        self.extra, attributes, self.marks = fact
        self.chain = [SimpleNamespace(name=name) for name in names]
        self.function = SimpleNamespace(**dict.fromkeys(attributes))

    def listchain(self) -> list[Any]:
        return self.chain

    def listextrakeywords(self) -> set[str]:
        return set(self.extra)

    def iter_markers(self) -> Iterator[Any]:
        return (SimpleNamespace(name=name, args=(), kwargs=kwargs) for name, kwargs in self.marks)


def names(chain: Sequence[Sequence[Any]]) -> list[str]:
    """What ``-k`` looks at: all but the outermost folder, which pytest leaves out; nodes as in a tree."""
    inside = chain[1:] if chain[0][9] in _FOLDERS else chain
    return [str(node[2]) for node in inside]


def chosen(
    config: pytest.Config, keyword: str, markexpr: str, tests: Sequence[tuple[Sequence[str], Sequence[Any]]]
) -> list[bool] | None:
    """For each of the tests, its names and :func:`.described.fact`; ``None`` where pytest cannot be asked.

    Raises :class:`pytest.UsageError` for an expression that is none.
    """
    plugin = config.pluginmanager.get_plugin("mark")
    if plugin is None:
        return None
    items = [_Item(*test) for test in tests]
    left = list(items)
    asked = SimpleNamespace(
        option=SimpleNamespace(keyword=keyword, markexpr=markexpr),
        hook=SimpleNamespace(pytest_deselected=lambda items: None),
        getini=lambda name: None,
    )
    plugin.pytest_collection_modifyitems(items=left, config=asked)
    kept = set(map(id, left))
    return [id(item) in kept for item in items]
