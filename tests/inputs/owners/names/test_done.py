"""What a module does while it is imported that may set something which is not its own; in doubt it has."""

from __future__ import annotations

import ast
import sys
import types
from pathlib import Path

import pytest

from pytest_monorepo.inputs.owners.names.done import Judge
from pytest_monorepo.inputs.record.homes import Homes

SWITCH = """
import box
class Own:
    def __init__(self, value=0): self.value = value
    @property
    def on(self): box.value = 1
    def __getitem__(self, value): box.value = value
    def __lshift__(self, value): box.value = value
    def __format__(self, value): box.value = value; return ''
    def __eq__(self, value): box.value = value
    def __enter__(self): box.value = 1
    def __exit__(self, *a): pass
    def __bool__(self): box.value = self.value; return True
    def __iter__(self): box.value = self.value; return iter(())
    def __str__(self): box.value = self.value; return ''
    def __class_getitem__(cls, value): box.value = value
    def __contains__(self, value): box.value = value
    def __neg__(self): box.value = self.value
    def __call__(self): box.value = self.value
    def __iadd__(self, value): box.value = value; return self
one = Own(1)
class Below:
    def __init_subclass__(cls, value=0): box.value = value
class Meta(type):
    def __new__(mcs, *a, value=0): return super().__new__(mcs, *a)
    def __init__(cls, *a, value=0): box.value = value
class Named:
    def __set_name__(self, owner, name): box.value = 1
def decorator(f): box.value = 1; return f
def setter(value=1): box.value = value; return value
class Descriptor:
    def __get__(self, owner, cls): box.value = 1
class Holder:
    on = Descriptor()
class Dynamic:
    def __getattr__(self, name): box.value = 1
dynamic = Dynamic()
"""
SETS = {
    "attribute": "box.value = 1",
    "item": "box.items['a'] = 1",
    "deleted-item": "del box.items['a']",
    "context": "token = box.variable.set(1)",
    "setattr": "_ = setattr(box, 'value', 1)",
    "variables": "vars(box)['value'] = 1",
    "patch": "from unittest import mock\nstarted = mock.patch('box.value', 1).start()",
    "patcher": "from unittest import mock\np = mock.patch('box.value', 1)\nstarted = p.start()",
    "bare-call": "from unittest import mock\nmock.patch.stopall()",
    "property": "sw.one.on",
    "property-kept": "_ = sw.one.on",
    "property-gone": "from sw import one\none.on\ndel one",
    "index": "sw.one[1]",
    "operator": "x = sw.one << 1",
    "format": "x = f'{sw.one}'",
    "equality": "x = sw.one == 1",
    "with": "with sw.one: pass",
    "truth": "if sw.one: pass",
    "not": "x = not sw.one",
    "and": "x = sw.one and 1",
    "choice": "x = 1 if sw.one else 2",
    "assertion": "assert sw.one",
    "loop": "for _ in sw.one: pass",
    "star": "x = [*sw.one]",
    "comprehension": "x = [y for y in sw.one]",
    "unpacked": "[] = sw.one",
    "str": "x = str(sw.one)",
    "str-of-a-list": "x = str([sw.one])",
    "print": "print(sw.one)",
    "percent": "x = '%s' % (sw.one,)",
    "class-item": "x = sw.Own[1]",
    "contains": "x = 1 in sw.one",
    "negative": "x = -sw.one",
    "called": "x = sw.one()",
    "added": "from sw import one\none += 1",
    "made": "x = sw.Own(1)",
    "subclass": "class X(sw.Below, value=1): pass",
    "metaclass": "class X(metaclass=sw.Meta, value=1): pass",
    "named": "class X:\n    a = sw.Named()",
    "decorator": "@sw.decorator\ndef f(): pass",
    "decorator-of-a-class": "@sw.decorator\nclass F: pass",
    "decorator-of-a-method": "class F:\n    @sw.decorator\n    def f(self): pass",
    "map": "x = list(map(sw.setter, [1]))",
    "sorted": "x = sorted([1], key=sw.setter)",
    "call-in-a-comprehension": "x = [sw.setter(1) for _ in 'a']",
    "call-in-a-generator": "x = tuple(sw.setter(1) for _ in 'a')",
    "default": "def f(x=sw.setter(1)): pass",
    "default-by-name": "def f(*, x=sw.setter(1)): pass",
    "annotation": "x: sw.setter(1) = 1",
    "annotation-of-a-function": "def f(x: sw.setter(1)) -> sw.setter(1): pass",
    "walrus": "(x := sw.setter(1))",
    "descriptor": "x = sw.Holder.on",
    "any-attribute": "sw.dynamic.on",
    "in-a-class": "class X:\n    box.value = 1",
    "handler": "try:\n    raise ValueError\nexcept ValueError:\n    box.value = 1",
    "lambda": "x = (lambda: setattr(box, 'value', 1))()",
    "partial": "from functools import partial\nx = partial(setattr, box, 'value', 1)()",
    "reduce": "import functools\nx = functools.reduce(lambda a, b: sw.setter(1), [1, 2])",
    "setitem": "import operator\nx = operator.setitem(box.items, 'a', 1)",
    "to-an-attribute": "(box.value, x) = (1, 2)",
    "loop-to-an-attribute": "for box.value in (1,): pass",
    "modules": "import sys\nsys.modules['box'].value = 1",
    "after-init": "import dataclasses\n@dataclasses.dataclass\nclass D:\n"
    "    x: int = 0\n    def __post_init__(self): box.value = self.x\nd = D(1)",
    "enumeration": "import enum\nclass E(enum.Enum):\n    A = 1\n    def __init__(self, v): box.value = v",
    "remembered": "import functools\n@functools.lru_cache\ndef f(): box.value = 1\nx = f()",
    "manager": "import contextlib\n@contextlib.contextmanager\ndef f(): yield\nx = f()\ny = x.__enter__()",
    "dispatched": "import functools\n@functools.singledispatch\ndef f(x): box.value = x\nx = f(1)",
    "of-the-system": "import os\nx = os.umask(0)",
    "signal": "import signal\nx = signal.getsignal(2)\ny = signal.signal(2, x)",
    "reloaded": "import importlib, types\nx = importlib.reload(types)",
    "own-module's-attribute": "from made import enable",
    "installed-verb": "import jinja2\nx = jinja2.clear_caches()",
}
NOTHING = {
    "defines": "import sys\ndef f(x=1, *, y=None): box.value = 1\n"
    "class C:\n    x: int = 0\n    def f(self): pass",
    "binds": "x, y = 1, [2]\nz: int = x\n__all__ = ['x']\n__all__ += ['y']\nx += 1",
    "logger": "import logging\nlogger = logging.getLogger(__name__)",
    "pattern": "import re\nx = re.compile('a', re.I)",
    "path": "from pathlib import Path\nHERE = Path(__file__).resolve().parent / 'x'\nx = HERE / 'y'",
    "types": "from typing import Dict, TypeVar, NamedTuple\nT = TypeVar('T')\nx: Dict[str, int] = {}\n"
    "class N(NamedTuple):\n    a: int = 0",
    "dataclass": "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass D:\n"
    "    a: int\n    b: list = field(default_factory=list)\nx = D(1)",
    "enumeration": "from enum import Enum\nclass E(Enum):\n    A = 1\n    B = 2\nx = E.A",
    "exception": "class Wrong(Exception): pass",
    "decorators": "import functools, contextlib\n@functools.lru_cache(maxsize=None)\ndef f(): pass\n"
    "@contextlib.contextmanager\ndef g(): yield\nclass C:\n    @property\n    def x(self): return 1\n"
    "    @x.setter\n    def x(self, v): pass\n    @staticmethod\n    def y(): pass",
    "version": "import sys\nif sys.version_info >= (3, 9):\n    x = 1\nelse:\n    x = 2",
    "attempt": "try:\n    import nothing_of_this_name\nexcept ImportError:\n    nothing = None",
    "variable": "import os\nx = os.environ.get('A', '').lower()\nos.environ['B'] = '1'",
    "texts": "x = ', '.join(['a'])\ny = f'{x}!'\nz = '%s' % x\nw = sorted({'a': 1})",
    "installed": "import jinja2\nenvironment = jinja2.Environment()\n@jinja2.pass_context\ndef f(c): pass",
    "values": "x = box.value\ny = box.items\nz = [one for one in (1, 2)]\nw = {**y}",
}


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Homes:
    homes = Homes(str(tmp_path))
    texts = {"box": "import contextvars\nvalue, items = 0, {'a': 1}\nvariable = contextvars.ContextVar('v')"}
    texts |= {"sw": SWITCH, "made": "import box\ndef __getattr__(name):\n    box.value = 1\n    return 1"}
    for name, text in texts.items():
        monkeypatch.setitem(sys.modules, name, run(tmp_path / f"{name}.py", text))
    return homes


def run(file: Path, text: str) -> types.ModuleType:
    module = types.ModuleType(file.stem)
    module.__file__ = str(file)
    sys.modules[file.stem] = module
    exec(compile(text, str(file), "exec"), vars(module))
    return module


def does(homes: Homes, text: str) -> bool:
    text = f"import box, sw\n{text}\n"
    module = run(Path(homes.root) / "module_that_did.py", text)
    try:
        return Judge(homes, vars(module)).any(ast.parse(text).body)
    finally:
        del sys.modules["module_that_did"]


@pytest.mark.parametrize("text", SETS.values(), ids=SETS)
def test_it_may_have_set_something(modules: Homes, text: str) -> None:
    assert does(modules, text)


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_it_has_set_nothing_of_others(modules: Homes, text: str) -> None:
    assert not does(modules, text)
