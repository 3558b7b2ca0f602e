"""What a first look in C must not take for unchanged, as a table of things that somebody does to a module."""

from __future__ import annotations

import gc
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.inputs.owners import glance
from pytest_monorepo.inputs.owners import state as owners_state
from pytest_monorepo.inputs.owners.glance import Functions, Outline
from pytest_monorepo.inputs.owners.state import State
from pytest_monorepo.inputs.record.homes import Homes

from . import few

SOURCE = """
import os
COUNT = 1000
NAME = "name"
TABLE = {"a": 1}
ITEMS = [1, 2]
class Kept:
    limit = 1000
    def method(self): return 1
def function(): return 1
class Made: pass
made = Made()
Kept.held = Made()
some = {1}
"""
HOME = "/nowhere/site-packages/pytest_monorepo_glanced.py"
LOOKED_AT = ("os", "json", "logging", "pytest_monorepo_glanced", "pytest_monorepo_loose")


def by_kind(value: Any) -> int:
    """The identities where whatever is made lies where the one before it lay, as the next may by chance."""
    return 1 if type(value).__name__ == "Made" else object.__hash__(value)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    few.named(monkeypatch, LOOKED_AT)
    for user in (glance, owners_state):
        monkeypatch.setattr(user, "identity", by_kind)
    made = types.ModuleType("pytest_monorepo_glanced")
    made.__file__ = HOME
    exec(SOURCE, vars(made))
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]


def again(module: Any) -> None:
    """Count on twice, so that the second number may take the place of the first in memory."""
    module.COUNT += 1
    module.COUNT += 1


def again_in_class(module: Any) -> None:
    module.Kept.limit += 1
    module.Kept.limit += 1


CHANGES: dict[str, Callable[[Any], Any]] = {
    "a number": lambda module: setattr(module, "COUNT", 1001),
    "a number twice": again,
    "a text": lambda module: setattr(module, "NAME", "other"),
    "a variable more": lambda module: setattr(module, "more", 1),
    "a variable less": lambda module: delattr(module, "NAME"),
    "another name for it": lambda module: setattr(module, "unmade", vars(module).pop("made")),
    "a function": lambda module: setattr(module, "function", lambda: 2),
    "a class": lambda module: setattr(module, "Kept", type("Kept", (), {})),
    "a method": lambda module: setattr(module.Kept, "method", lambda self: 2),
    "a class variable": lambda module: setattr(module.Kept, "limit", 2),
    "a class variable twice": again_in_class,
    "an object": lambda module: setattr(module, "made", object()),
    "an object at the same address": lambda module: setattr(module, "made", module.Made()),
    "an object of a class at the same address": lambda module: setattr(module.Kept, "held", module.Made()),
    "a key": lambda module: module.TABLE.update(b=1),
    "an item": lambda module: module.ITEMS.append(3),
    "another module": lambda module: setattr(module, "os", types.ModuleType("os")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_an_outline_does_not_fit_what_has_changed(module: Any, what: str) -> None:
    outline = Outline(module)
    assert outline.fits(module)
    CHANGES[what](module)
    assert not outline.fits(module)


@pytest.mark.parametrize("what", CHANGES)
def test_a_look_tells_each_change_once(module: Any, what: str) -> None:
    state = State(Homes("/workspace"))
    state.look()
    assert module.__name__ not in state.look().modules
    CHANGES[what](module)
    assert module.__name__ in state.look().modules
    assert module.__name__ not in state.look().modules


@pytest.mark.parametrize("what", CHANGES)
def test_workers_go_on_from_what_their_server_saw(module: Any, what: str) -> None:
    state = State(Homes())
    state.look()
    CHANGES[what](module)
    state = state.in_workspace(Homes("/workspace"))
    state.look()
    assert not state.look(), "what happened before the job is nobody's doing"
    module.function = None
    assert state.look().modules == {module.__name__}


def test_what_has_come_to_the_top_later_is_followed(module: Any) -> None:
    """As ``rich.get_console()`` makes one for all who ask after the first."""
    state = State(Homes("/workspace"))
    state.look()
    module.later = module.Made()
    assert module.__name__ in state.look().modules
    assert module.__name__ not in state.look().modules
    module.later.value = 2
    assert module.__name__ in state.look().modules
    assert module.__name__ not in state.look().modules


def test_what_is_equal_and_not_the_same_is_no_change(module: Any) -> None:
    state = State(Homes("/workspace"))
    state.look()
    module.NAME = "".join(["na", "me"])
    assert module.__name__ not in state.look().modules  # a thread of the runner may have done something else


def test_functions_of_modules_that_come_and_go() -> None:
    first, second = types.ModuleType("first"), types.ModuleType("second")
    vars(first)["f"], vars(second)["f"] = len, len
    functions = Functions()
    assert functions.changed({"first": first}) == set()
    assert functions.changed({"first": first, "second": second}) == set(), "to come is no change"
    vars(second)["f"] = abs
    assert functions.changed({"first": first, "second": second}) == {"second"}
    assert functions.changed({"first": second}) == {"first"}, "another module under the name"
    assert functions.changed({"first": second}) == set()


def test_a_look_raises_hardly_any_audit_event() -> None:
    """Each goes to our own hook, which takes longer than what is asked: ``id`` alone is one."""
    run = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 100


COUNTED = """
import asyncio, email.message, http.server, logging.config, unittest.mock, sys
from pytest_monorepo.inputs.owners.state import State
from pytest_monorepo.inputs.record.homes import Homes
state, events = State(Homes("/workspace")), []
state.look()
sys.addaudithook(lambda event, args: events.append(event))
state.look()
print(len(events))
"""


def loose(name: str) -> Any:
    made = types.ModuleType(name)
    exec(SOURCE, vars(made))
    return made


def test_modules_that_come_behind_others_are_compared_like_them() -> None:
    one, two = loose("one"), loose("two")
    functions = Functions()
    assert functions.changed({"one": one}) == set()
    assert functions.changed({"one": one, "two": two}) == set()
    one.function = two.function
    assert functions.changed({"one": one, "two": two}) == {"one"}
    two.Made = one.Made
    assert functions.changed({"one": one, "two": two}) == {"two"}
    three = loose("three")
    one.Kept = three.Kept
    assert functions.changed({"one": one, "two": two, "three": three}) == {"one"}
    assert functions.changed({"two": two, "three": three}) == set()
    assert functions.changed({"two": loose("two"), "three": three}) == {"two"}


@pytest.mark.parametrize("changed", [False, True])
def test_what_a_server_has_looked_at_may_be_the_workspace_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    """Of an installed module's containers the sizes are compared, of one of the workspace what they hold."""
    few.named(monkeypatch, LOOKED_AT)
    made = loose("pytest_monorepo_loose")
    made.__file__ = str(tmp_path / "loose.py")
    monkeypatch.setitem(sys.modules, made.__name__, made)
    state = State(Homes())
    state.look()
    made.ITEMS[0] = 7  # before the job begins: that is how it is
    state = state.in_workspace(Homes(str(tmp_path)))
    assert made.__name__ not in state.look().modules
    if changed:
        made.ITEMS[0] = 8
    assert (made.__name__ in state.look().modules) is changed
    del sys.modules[made.__name__]
    assert state.look().facets == {f"sys.modules[{made.__name__!r}]"}
    monkeypatch.setitem(sys.modules, made.__name__, made)
    assert f"sys.modules[{made.__name__!r}]" not in state.look().facets


@pytest.mark.parametrize("on", [True, False])
def test_a_look_leaves_the_collector_as_it_was_and_sees_how_a_test_has(
    on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    few.named(monkeypatch, LOOKED_AT)
    state = State(Homes())
    was_on = gc.isenabled()
    try:
        (gc.disable if on else gc.enable)()
        state.look()
        (gc.enable if on else gc.disable)()
        assert "garbage collection" in state.look().facets
        assert gc.isenabled() is on
        state.begins(types.ModuleType("pytest_monorepo_begun"))
        assert gc.isenabled() is on
        assert "garbage collection" not in state.look().facets
    finally:
        (gc.enable if was_on else gc.disable)()
