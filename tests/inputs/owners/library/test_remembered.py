"""What functions of installed packages remember is as they gave it, or somebody has left it another way."""

from __future__ import annotations

import functools
import inspect
import pickle
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.library import remembered, walk
from pytest_monorepo.inputs.owners.library.plain import Plain
from pytest_monorepo.inputs.record.loading import Loading, Otherwise

LIBRARY: Any = functools
SOURCE = """
import functools, itertools
class Made:
    def __init__(self, name): self.name, self.parts, self.own = name, [name], {}
@functools.lru_cache
def listed(name): return [name]
@functools.lru_cache(maxsize=None)
def mapped(name): return {name: []}
@functools.lru_cache(2)
def made(name): return Made(name)
@functools.cache
def paired(name): return name, Made(name)
@functools.lru_cache
def numbered(name): return itertools.count()
@functools.lru_cache
def again(number): return [*again(number - 1), number] if number else []
@functools.lru_cache
def summed(number): return number + summed(number - 1) if number else 0
@functools.lru_cache
def plain(name): return name, (name, len), frozenset([name])
@functools.lru_cache(maxsize=None)
def is_large(number): return number > 3
class Holder:
    @functools.lru_cache
    def of(self, name): return {name}
    @staticmethod
    @functools.lru_cache
    def alone(): return []
holder = Holder()
def _kept():
    @functools.lru_cache
    def inside(): return []
    return inside
kept = _kept()
of_c = functools.lru_cache(list)
of_c()
listed("before").append("while it is imported")
"""
LEFT: dict[str, Callable[[Any], Any]] = {
    "list": lambda m: m.listed("a").append(1),
    "one from before": lambda m: m.listed("before").append(1),
    "dictionary": lambda m: m.mapped("a")["a"].append(1),
    "object": lambda m: setattr(m.made("a"), "name", 2),
    "in an object": lambda m: m.made("a").parts.append(1),
    "in a pair": lambda m: m.paired("a")[1].own.update(a=1),
    "counter": lambda m: next(m.numbered("a")),
    "of a method": lambda m: m.holder.of("a").add("b"),
    "of a static method": lambda m: m.Holder.alone().append(1),
    "of a function in a function": lambda m: m.kept().append(1),
    "of what is written in C": lambda m: m.of_c().append(1),
    # it may have been changed by who called it
    "of a function that calls itself": lambda m: m.again(3),
    "plain, of a function that calls itself": lambda m: m.summed(3),
    "too many to be told": lambda m: [m.listed(number) for number in range(remembered.MOST_RESULTS + 1)],
}
QUIET: dict[str, Callable[[Any], Any]] = {
    "given": lambda m: (m.listed("a"), m.mapped("a"), m.made("a"), m.paired("a"), m.numbered("a")),
    "given again": lambda m: (m.listed("before"), m.of_c(), m.listed("before")),
    "of methods": lambda m: (m.holder.of("a"), m.Holder.alone(), m.kept()),
    "plain": lambda m: m.plain("a"),
    "very many that are plain": lambda m: list(map(m.is_large, range(2 * remembered.MOST_RESULTS))),
    "forgotten and given once more": lambda m: [m.made(name) for name in ("a", "b", "c", "a")],
    "emptied": lambda m: m.made("a") and m.made.cache_clear(),
}


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(functools, "lru_cache", functools.lru_cache)
    found = types.ModuleType("installed")
    remembered.install(lambda held: held is vars(found), walk.picture_of)
    exec(SOURCE, vars(found))
    return found


@pytest.mark.parametrize("name", LEFT)
def test_what_somebody_makes_of_it_is_seen(module: Any, name: str) -> None:
    plain = Plain(module)
    assert not plain.differs(module)
    LEFT[name](module)
    assert plain.differs(module)


@pytest.mark.parametrize("name", QUIET)
def test_what_is_given_is_nobodys_doing(module: Any, name: str) -> None:
    plain = Plain(module)
    QUIET[name](module)
    assert not plain.differs(module)


ASKS = """
import functools
@functools.lru_cache
def told(name):
    if name == "set": asked.append(None)
    return name.upper()
"""


def test_what_came_of_a_variable_that_was_set_for_a_while_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functools, "lru_cache", functools.lru_cache)
    found: Any = types.ModuleType("installed")
    found.asked = []
    remembered.install(lambda held: held is vars(found), walk.picture_of, lambda: len(found.asked))
    exec(ASKS, vars(found))
    plain = Plain(found)
    found.told("as it was")
    assert not plain.differs(found)
    found.told("set")
    found.asked.clear()
    assert plain.differs(found)


def test_what_is_found_while_something_is_otherwise_is_left_as_long_as_it_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(functools, "lru_cache", functools.lru_cache)
    found: Any = types.ModuleType("installed")
    asked: list[tuple[Any, ...]] = []

    def met(function: Any, args: tuple[Any, ...], placed: bool) -> dict[str, Otherwise]:
        asked.append((function.__name__, args, placed))
        return {function.__module__: frozenset(["app"])} if args != ("quiet",) else {}

    loading = Loading()
    loading.met = met
    remembered.install(lambda held: held is vars(found), walk.picture_of, loading=loading)
    exec(
        "import functools, os\n@functools.lru_cache(1)\ndef told(name): return os.path.abspath(name)",
        vars(found),
    )
    found.told("quiet")
    assert loading.given() == {}
    found.told("/a")
    assert loading.given() == {"installed": frozenset(["app"])}
    assert loading.given() == {}
    found.told("/b")
    found.told("quiet")  # it remembers no more than one
    assert loading.given() == {}
    assert [one for one in asked if one[1] == ("/a",)] == [("told", ("/a",), False)]


INFO = """
import functools
@functools.lru_cache
def told(name): return name
"""


def test_how_often_functions_were_asked_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functools, "lru_cache", functools.lru_cache)
    monkeypatch.setattr(remembered, "_ALL", [])  # others' go when they are collected
    found: Any = types.ModuleType("installed")
    remembered.install(lambda held: held is vars(found), walk.picture_of)
    exec(INFO, vars(found))
    before = remembered.answers()
    assert before == remembered.answers()
    found.told("a")
    assert remembered.answers() != before


def test_what_is_left_counts_once(module: Any) -> None:
    plain = Plain(module)
    LEFT["list"](module)
    assert plain.differs(module)
    module.listed("b")
    assert not plain.differs(module)


def test_nothing_is_kept_alive_that_is_forgotten(module: Any) -> None:
    import gc
    import weakref

    gone = [weakref.ref(module.made(name)) for name in "abc"]
    gc.collect()
    assert gone[0]() is None
    assert gone[2]() is not None


def test_a_function_is_what_it_would_be(module: Any) -> None:
    assert type(module.listed) is LIBRARY._lru_cache_wrapper
    assert module.listed.__wrapped__("a") == ["a"]
    assert module.listed.cache_parameters() == {"maxsize": 128, "typed": False}
    assert str(inspect.signature(functools.lru_cache)) == "(maxsize=128, typed=False)"
    assert pickle.loads(pickle.dumps(functools.lru_cache)) is functools.lru_cache


def test_who_warns_names_the_caller(module: Any) -> None:
    told = "import functools, warnings\n@functools.lru_cache\ndef told(): warnings.warn('a', stacklevel=2)"
    exec(told, vars(module))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        module.told()
    assert seen[0].filename == sys._getframe().f_code.co_filename
