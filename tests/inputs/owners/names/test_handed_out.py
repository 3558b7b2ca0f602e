"""Which installed code has another package at hand as a whole: it may look at what that was asked for."""

from __future__ import annotations

import sys
import types

import pytest

from pytest_monorepo.inputs.owners.names.handed_out import passing_on

PASSES_ON = {
    "in a function": "def f(name):\n    import lib\n    return name in vars(lib)",
    "its dictionary": "def f(name):\n    import lib\n    return name in lib.__dict__",
    "a name nobody knows": "import lib\ndef f(name): return getattr(lib, name)",
    "handed on": "import lib\ndef f(call): return call(lib)",
    "handed on behind another": "import lib\ndef f(call):\n    import lib as it\n    return call(call, it)",
    "in a table": "import lib\nTABLE = {'a': lib}",
    "in a table in a list": "import lib\nTABLES = [{'a': lib}]",
    "in an object": "import lib\nclass C: pass\nc = C()\nc.lib = lib",
    "in objects to come": "import lib\nclass C:\n    def __init__(self): self.lib = lib",
    "of a class": "import lib\nclass C:\n    it = lib",
    "by its name": "import importlib\ndef f(name): return name in vars(importlib.import_module('lib'))",
    "given back": "def f():\n    import lib\n    return lib",
    "in a small function": "import lib\nf = lambda: vars(lib)",
    "in an inner function": "def f():\n    import lib\n    def g(): return vars(lib)\n    return g",
    "default": "import lib\ndef f(it=lib): return vars(it)",
    "default by name": "import lib\ndef f(*, it=lib): return vars(it)",
}
ASKS = {
    "in a function": "def f(name):\n    import lib\n    return lib.first(name)",
    "a name of its": "def f():\n    from lib import first\n    return first",
    "at the top": "import lib\ndef f(): return lib.first()",
    "whether it has a name": "import lib\ndef f(): return hasattr(lib, 'a') and getattr(lib, 'b', None)",
    "for everybody": "def f():\n    global lib\n    import lib\n    lib.first()",
    "in an inner function": "def f():\n    import lib\n    def g(): return lib.first\n    return g",
    "sets a name": "import lib\ndef f(): lib.a = 1",
    "another": "import lib, os\ndef f(): return vars(os)",
}


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> types.ModuleType:
    found = types.ModuleType(request.node.name)  # what is known of one is known by its name
    for one in (found, types.ModuleType("lib"), types.ModuleType("other")):
        monkeypatch.setitem(sys.modules, one.__name__, one)
    return found


@pytest.mark.parametrize("way", PASSES_ON)
def test_who_has_it_as_a_whole(module: types.ModuleType, way: str) -> None:
    exec(PASSES_ON[way], vars(module))
    assert list(passing_on(["other", "lib"], module.__name__)) == ["lib"]


@pytest.mark.parametrize("way", ASKS)
def test_who_asks_for_names_of_it_alone(module: types.ModuleType, way: str) -> None:
    exec(ASKS[way], vars(module))
    assert list(passing_on(["lib", "other"], module.__name__)) == []


def test_of_several_each_counts_by_itself(module: types.ModuleType) -> None:
    exec("import lib, other\nTABLE = [other]\ndef f(call): return lib.a, call(lib)", vars(module))
    assert set(passing_on(["lib", "other"], module.__name__)) == {"lib", "other"}
