"""What can be done to functions of the library: their attributes, defaults and tables of implementations."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.insides import Insides

INSIDE = """
import functools, threading
SAME = object()
def _made():
    table, many, number = {}, [], 0
    def put(key): table[key] = 1
    def add(): many.append(1)
    def count():
        nonlocal number
        number += 1
    def clear():
        nonlocal number
        del number
    return put, add, count, clear
put, add, count, clear = _made()
def counted(function):
    calls = []
    @functools.wraps(function)
    def wrapper(): calls.append(1)
    return wrapper
@counted
def once(): pass
class Ways:
    @counted
    def method(self): pass
    @staticmethod
    @counted
    def apart(): pass
    @property
    @counted
    def value(self): pass
class Slotted:
    __slots__ = ("a", "b")
class Mixed(Slotted): pass
class Local(threading.local):
    def __init__(self): self.made = []
class Pushes:
    def __init__(self): self.pushed = []
    def push(self): self.pushed.append(1)
slotted, mixed, local, push, kept = Slotted(), Mixed(), Local(), Pushes().push, [].append
slotted.a = mixed.a = SAME
short = functools.partial(print, {}, sep="")
"""
"""What both the library and installed modules may have."""


def move(value: Any) -> None:
    value.b = value.a
    del value.a


SEEN_INSIDE: dict[str, Callable[[Any], Any]] = {
    "in a dictionary at hand": lambda m: m.put(1),
    "in a list at hand": lambda m: m.add(),
    "a number at hand": lambda m: m.count(),
    "nothing at hand any more": lambda m: m.clear(),
    "by a decorator": lambda m: m.once(),
    "by a decorator of a method": lambda m: m.Ways.method.__closure__[0].cell_contents.append(1),
    "by a decorator of a static method": lambda m: m.Ways.apart(),
    "by a decorator of a property": lambda m: m.Ways.value.fget(),
    "another slot": lambda m: move(m.slotted),
    "another slot beside attributes": lambda m: move(m.mixed),
    "of a thread": lambda m: setattr(m.local, "more", 1),
    "of a thread, below": lambda m: m.local.made.append(1),
    "behind a bound method": lambda m: m.push(),
    "behind one in C": lambda m: m.kept(1),
    "given for good": lambda m: m.short.args[0].update(a=1),
    "given by name": lambda m: m.short.keywords.update(sep="x"),
}

SOURCE = (
    """
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
__all__, __map__, __implprefix__ = ["lazily"], {"lazily": ("holder", "plain")}, "holder"  # as py's have them
"""
    + INSIDE
)
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
    "what a lazy module does not say it has": lambda m: setattr(m, "another", 1),
    "implementation": lambda m: m.shown.register(int, m.plain),
    **SEEN_INSIDE,
}
QUIET: dict[str, Callable[[Any], Any]] = {
    "called": lambda m: (m.plain(), m.remembered(), m.by_name(), m.shown(1)),
    "asked for its dictionary": lambda m: vars(m.plain),
    "asked of a lazy module": lambda m: setattr(m, *m.__map__.popitem()),
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
