"""Which tests one worker must run together, as pytest-xdist groups them."""

from __future__ import annotations

import math
import sys
from types import ModuleType
from typing import Any

import pytest

from pytest_monorepo.worker.plugins import whole
from pytest_monorepo.worker.splitting import groups_of

from .fakes import Item, mark

IDS = (
    "a.py::test_1",
    "a.py::T::test_1",
    "a.py::T::test_2[x::y]",
    "a.py::T::U::test_3",
    "b.py::test_1[c.py::z]",
    "b.py::test_1[d]",
)


@pytest.mark.parametrize(
    ("mode", "groups"),
    [("file", [0, 0, 0, 0, 1, 1]), ("scope", [0, 1, 1, 2, 3, 3]), ("test", [0, 1, 2, 3, 4, 5])],
)
def test_by_mode(mode: str, groups: list[int]) -> None:
    items: list[Any] = [Item(nodeid) for nodeid in IDS]
    assert groups_of(items, mode) == groups


@pytest.mark.parametrize("mode", ["file", "scope", "test"])
@pytest.mark.parametrize(
    ("marks", "groups"),
    [
        ([mark("xdist_group", "db"), mark("xdist_group", "db")], [0, 0]),
        ([mark("xdist_group", name="db"), mark("xdist_group", "db")], [0, 0]),
        ([mark("xdist_group", "db"), mark("xdist_group", "web")], [0, 1]),
        ([mark("xdist_group"), mark("xdist_group")], [0, 0]),
        ([mark("xdist_group"), mark("xdist_group", "default")], [0, 0]),
        ([mark("xdist_group", "db"), mark("slow")], [0, 1]),
        ([mark("slow", "db"), mark("slow", "db")], [0, 1]),
    ],
)
def test_a_mark_holds_together_what_lies_apart(mode: str, marks: list[Any], groups: list[int]) -> None:
    items: list[Any] = [Item(f"{n}.py::test_1", [one]) for n, one in enumerate(marks)]
    assert groups_of(items, mode) == groups


@pytest.mark.parametrize("mode", ["file", "scope", "test"])
def test_a_group_s_name_is_no_node_id(mode: str) -> None:
    """One that is called like a file, or like a test, is not what the file is."""
    items: list[Any] = [Item("a.py::test_1", [mark("xdist_group", "b.py")]), Item("b.py::test_1")]
    assert groups_of(items, mode) == [0, 1]


def test_the_steps_of_a_test_hold_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest-steps: a generator goes on where the step before has come to."""
    names = [
        "a.py::test_1[s-x]",
        "a.py::test_1[s-y]",
        "a.py::test_2[s-x]",
        "b.py::test_1[x]",
        "b.py::test_1[y]",
    ]
    items: list[Any] = [Item(nodeid) for nodeid in names]
    steps = ModuleType("pytest_steps")
    modules = [Module("a", steps), Module("b", math)]
    for item in items:
        item.module = modules[item.nodeid.startswith("b")]
    assert groups_of(items, "test", in_steps=whole.steps()) == [0, 1, 2, 3, 4], "nobody has loaded it"
    assert not any(module.looks for module in modules)
    monkeypatch.setitem(sys.modules, "pytest_steps", steps)
    assert groups_of(items, "test", in_steps=whole.steps()) == [0, 0, 1, 2, 3]
    assert [module.looks for module in modules] == [1, 1], "once, whatever tests it holds"


class Module:
    """Counts how often it is looked through."""

    def __init__(self, name: str, held: object) -> None:
        self.held, self.looks = {name: held}, 0

    def __getattribute__(self, name: str) -> Any:
        if name != "__dict__":
            return super().__getattribute__(name)
        self.looks += 1
        return self.held
