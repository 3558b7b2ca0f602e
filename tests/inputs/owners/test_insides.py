"""What can be done to functions of the library: their attributes, defaults and tables of implementations."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.insides import Insides

SOURCE = """
import functools
def plain(): pass
def marked(): pass
marked.state = 1
def by_name(*, key=1): return key
def by_place(found=[], *rest): return found
class Empty: pass
empty = Empty()
class Holder:
    @property
    def value(self): pass
    @staticmethod
    def apart(): pass
    @classmethod
    def made(cls): pass
@functools.lru_cache
def remembered(): pass
shortened = functools.partial(plain)
@functools.singledispatch
def shown(value): pass
"""
SEEN: dict[str, Callable[[Any], Any]] = {
    "attribute": lambda m: setattr(m.plain, "state", 1),
    "attribute that is there": lambda m: setattr(m.marked, "state", 2),
    "attribute that goes": lambda m: delattr(m.marked, "state"),
    "default by name": lambda m: m.by_name.__kwdefaults__.update(key=2),
    "inside of a default": lambda m: m.by_place.__defaults__[0].append(1),
    "of a property": lambda m: setattr(m.Holder.value.fget, "state", 1),
    "of a static method": lambda m: setattr(m.Holder.apart, "state", 1),
    "of a class method": lambda m: setattr(m.Holder.made.__func__, "state", 1),
    "of a remembered one": lambda m: setattr(m.remembered, "state", 1),
    "of an object without any": lambda m: setattr(m.empty, "state", 1),
    "of a partial one": lambda m: setattr(m.shortened, "state", 1),
    "implementation": lambda m: m.shown.register(int, m.plain),
}
QUIET: dict[str, Callable[[Any], Any]] = {
    "called": lambda m: (m.plain(), m.remembered(), m.by_name(), m.shown(1)),
    "asked for its dictionary": lambda m: vars(m.plain),
    "equal": lambda m: setattr(m.marked, "state", int("1")),
}


@pytest.fixture
def module() -> Any:
    found = types.ModuleType("holder")
    exec(SOURCE, vars(found))
    return found


@pytest.mark.parametrize("name", [*SEEN, *QUIET])
def test_what_is_done_to_a_function_is_seen(module: Any, name: str) -> None:
    insides = Insides()
    insides.changed({"holder": module})
    {**SEEN, **QUIET}[name](module)
    assert insides.changed({"holder": module}) == ({"holder"} if name in SEEN else set())
    assert not insides.changed({"holder": module})
