"""What is being imported, whatever its code does, and whoever it is that a loader is given."""

from __future__ import annotations

import sys
import types
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pytest_monorepo.inputs.record.loading import NOTHING, Loading, Otherwise
from pytest_monorepo.inputs.record.scopes import Scopes


def without_name(module: types.ModuleType) -> None:
    del module.__dict__["__name__"]


def like_nothing(module: types.ModuleType) -> None:
    module.__class__ = type("Odd", (types.ModuleType,), {"__eq__": lambda *_: 1 / 0})


@pytest.mark.parametrize("code", [lambda module: None, without_name, like_nothing])
def test_a_module_is_known_by_the_name_that_it_began_with(code: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    loading, module = Loading(), types.ModuleType("late")
    monkeypatch.setitem(sys.modules, "late", module)
    loading.otherwise = lambda inner: NOTHING if inner else frozenset({"config"})
    outer = loading.begins(types.ModuleType("outer"))
    imported = loading.begins(module)
    code(module)
    loading.ends(imported)
    loading.ends(outer)
    assert (loading.taken(), loading.now) == ({"late": frozenset({"config"})}, [])


def test_what_asks_for_a_module_may_have_set_more(monkeypatch: pytest.MonkeyPatch) -> None:
    loading, module = Loading(), types.ModuleType("late")
    monkeypatch.setitem(sys.modules, "late", module)
    loading.otherwise = lambda inner: frozenset({"box" if inner else "config"})
    outer = loading.begins(types.ModuleType("outer"))
    loading.ends(loading.begins(module))
    loading.ends(outer)
    assert loading.taken() == {"late": frozenset({"box", "config"})}


def test_each_thread_imports_modules_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    loading, module = Loading(), types.ModuleType("late")
    monkeypatch.setitem(sys.modules, "late", module)
    here = loading.begins(types.ModuleType("here"))

    def there() -> None:
        imported = loading.begins(module)
        loading.tint()
        loading.ends(imported)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(there).result()
    loading.ends(here)
    assert (loading.taken(), loading.now) == ({"late": None}, [])


@pytest.mark.parametrize("failed", [False, True])
def test_who_listens_hears_what_is_said_once(failed: bool) -> None:
    loading, told, said = Loading(), list[str](), [0]
    loading.heard, loading.told = lambda: said[0], told.append
    outer = loading.begins(types.ModuleType("outer"))
    loading.ends(loading.begins(types.ModuleType("silent")))
    inner = loading.begins(types.ModuleType("inner"))
    said[0] += not failed
    loading.ends(inner, failed=failed)
    loading.ends(outer)
    assert told == (["inner"] if failed else ["inner", "outer"])


WHILES: dict[str, tuple[list[Otherwise], Otherwise]] = {
    "one-then-another": ([frozenset("a"), frozenset("b")], frozenset("ab")),
    "one-then-anything": ([frozenset("a"), None], None),
    "anything-then-one": ([None, frozenset("a")], None),
    "anything-then-nothing": ([None, NOTHING], None),
}


@pytest.mark.parametrize(("whiles", "seen"), WHILES.values(), ids=WHILES)
def test_what_is_imported_twice_has_seen_both(
    whiles: list[Otherwise], seen: Otherwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading, module = Loading(), types.ModuleType("late")
    monkeypatch.setitem(sys.modules, "late", module)
    for one in whiles:
        loading.otherwise = lambda inner, one=one: one
        loading.ends(loading.begins(module))
    assert loading.taken() == {"late": seen}


def test_what_is_told_of_the_files_own_may_be_anything() -> None:
    loading = Loading()
    imported = loading.begins(sys)
    loading.tint()
    loading.ends(imported)
    assert loading.taken() == {"sys": None}


def test_a_loader_may_be_given_what_is_no_module() -> None:
    given = types.SimpleNamespace(__name__="late")
    scopes = Scopes("/w")
    assert scopes.keeps(given) == scopes.keeps(types.ModuleType("late"))
    loading = Loading()
    loading.ends(loading.begins(given))
    assert loading.taken() == {}


def test_a_test_file_that_python_imports_itself_is_none_of_them() -> None:
    scopes = Scopes("/workspace")
    scopes.begun("p/test_a.py")
    module = types.ModuleType("test_a")
    module.__file__ = "/workspace/p/late.py"
    assert scopes.keeps(module)
    module.__file__ = "/workspace/p/test_a.py"
    assert not scopes.keeps(module)
