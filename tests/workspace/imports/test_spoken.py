"""Names of modules that a file puts together itself, and those that other files may set."""

from __future__ import annotations

import pytest

from pytest_monorepo.workspace.imports.one_file.private import SETS
from pytest_monorepo.workspace.imports.one_file.scan import scan
from pytest_monorepo.workspace.imports.one_file.sieve import sieve

HEAD = "from importlib import import_module\n"


def _named(source: str) -> tuple[set[str], bool]:
    found = scan(HEAD.encode() + source.encode())
    return {one.module for one in found.imports} - {"importlib.import_module"}, found.computed


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import_module(f\"shop.{'late'}\")", {"shop.late"}),
        ("import_module('.'.join(['shop', 'late']))", {"shop.late"}),
        ("import_module('shop.' + 'late')", {"shop.late"}),
        ("import_module('shop.%s' % 'late')", {"shop.late"}),
        ("import_module('shop.{}'.format('late'))", {"shop.late"}),
        ("_BASE = 'shop'\nimport_module(f'{_BASE}.late')", {"shop.late"}),
        ("_LAZY = {'a': 'shop.late'}\ndef get(n):\n    return import_module(_LAZY[n])", {"shop.late"}),
        ("_ALL = ('shop.late', 'shop.a')\nfor _n in _ALL:\n    import_module(_n)", {"shop.late", "shop.a"}),
        ("def get():\n    for n in ['a', 'b']:\n        import_module(f'shop.{n}')", {"shop.a", "shop.b"}),
        ("list(map(import_module, ['shop.late']))", {"shop.late"}),
        ("def get():\n    return import_module(f'{__name__}.late')", {".late"}),
        ("_P = 'shop'\nNAME = f'{_P}.a'\ndef get():\n    return import_module(_P + '.late')", {"shop.late"}),
        ("_V = 2\nimport_module(f'shop.v{_V}')", {"shop.v2"}),
        ("_N = '0001_first'\nimport_module(f'shop.migrations.{_N}')", {"shop.migrations.0001_first"}),
        ("_P = 'shop.sub'\nimport_module('.late', _P)", {"shop.sub.late"}),
        ("_P = 'shop.sub'\n_N = 'late'\nimport_module(f'.{_N}', package=_P)", {"shop.sub.late"}),
        ("_N = 'late'\nimport_module(f'.{_N}', __package__)", {".late"}),
        ("_N = 'late'\nimport_module(f'..{_N}', __package__)", {"..late"}),
        ("_N = 'late'\n__import__('shop', fromlist=[_N])", {"shop.late"}),
        (
            "_N = 'shop.late'\nclass A:\n    def f(self, k):\n        setattr(self, k, 1)\nimport_module(_N)",
            {"shop.late"},
        ),
    ],
)
def test_these_tell_all_that_they_load(source: str, names: set[str]) -> None:
    found, computed = _named(source)
    assert names <= found
    assert not computed


@pytest.mark.parametrize(
    "source",
    [
        # another file fills a registry, patches a setting, gives an argument, has a subclass
        "TABLE = {'a': 'shop.late'}\ndef get(n):\n    return import_module(TABLE[n])",
        "NAME = 'shop.late'\ndef get():\n    return import_module(NAME)",
        "if True:\n    NAME = 'shop.late'\ndef get():\n    return import_module(f'{NAME}.x')",
        "def set_to():\n    global NAME\n    NAME = 'shop.late'\ndef get():\n    return import_module(NAME)",
        "class A:\n    NAME = 'shop.late'\ndef get():\n    return import_module(A.NAME)",
        "class A:\n    _NAME = 'shop.late'\n    def get(self):\n        return import_module(self._NAME)",
        "def get(name='shop.late'):\n    return import_module(name)",
        "def get(_name):\n    return import_module(f'shop.{_name}')",
        "from conf import _NAME\nimport_module(_NAME)",
        "_NAMES = []\ndef add(n):\n    _NAMES.append(n)\nfor _n in _NAMES:\n    import_module(_n)",
        "_LAZY = {}\ndef add(k, v):\n    _LAZY[k] = v\ndef get(k):\n    return import_module(_LAZY[k])",
        "_NAME = 'shop.late'\n_NAME += '_x'\nimport_module(_NAME)",
        "_N = 'shop.late'\ndef use(v):\n    global _N\n    _N = v\ndef get():\n    return import_module(_N)",
        "_LAZY = {'a': 'shop.late'}\nhand_on(_LAZY)\nimport_module(_LAZY['a'])",
        "globals()['_N'] = read()\n_N = 'shop.late'\nimport_module(_N)",
        "_N = 'shop.late'\nsetattr(sys.modules[__name__], '_' + 'N', read())\nimport_module(_N)",
        "_N = 'shop.late'\nsetattr(import_module(__name__), read(), 1)\nimport_module(_N)",
        "_N = 'shop.late'\ndef put(me, k, v):\n    setattr(me, k, v)\nimport_module(_N)",
        "_N = 'shop.late'\ndef put(v):\n    put.__globals__['_' + 'N'] = v\nimport_module(_N)",
        "_N = 'shop.late'\nsys._getframe().f_globals.update(read())\nimport_module(_N)",
        "_N = 'shop.late'\nsys.modules[__name__].__dict__.update(read())\nimport_module(_N)",
        "_N = 'shop.late'\nlocals()['_' + 'N'] = read()\nimport_module(_N)",
        "__N__ = 'shop.late'\nimport_module(__N__)",
        "_N = 'shop.late'\neval(read())\nimport_module(_N)",
        "_N = 'shop.late'\nWHERE = 'shop.load._N'\nset_at(WHERE)\nimport_module(_N)",
        "import os\nimport_module(os.environ['NAME'])",
        "list(map(import_module, read()))",
        "list(map(import_module, read(), ['shop']))",
        "load = import_module\nload(read())",
        # more than a name that is handed on, or part of one
        "import shop\nimport_module(shop.__name__ + '.late')",
        "from shop import Thing\nimport_module(Thing.__module__ + '.late')",
        "def late():\n    pass\nimport_module(f'shop.{late.__name__}')",
        "_N = 'x.shop.late'\nimport_module(_N[2:])",
        "_N = 'abc'\nimport_module(f'shop.{_N[0]}')",
        "import_module(__name__ + '_late')",
        "import_module('x' + __name__)",
        "def param(name):\n    return 'shop.' + name\nimport_module(param('late'))",
        "from shop import param\nimport_module(param('late'))",
        "import shop\nimport_module(shop.str('late'))",
        "_N = 'a b'\nimport_module(f'shop.{_N}')",
        "import_module(f'shop/{1}')",
        "_LAZY = {}\ndef get(k):\n    return import_module(_LAZY[k])",
        "_N = None\nimport_module(f'shop.{_N}')",
        f"_N = {[f'shop.m{number}' for number in range(501)]}\ndef get(n):\n    return import_module(_N[n])",
        "_T = {'a': 'shop.late'}\nTABLE = _T\ndef get(k):\n    return import_module(_T[k])",
        "_T = {'a': 'shop.late'}\n_U = [_T]\nALL = (_U,)\ndef get(k):\n    return import_module(_T[k])",
        "_T = {'a': 'shop.late'}\nclass A:\n    table = _T\ndef get(k):\n    return import_module(_T[k])",
        # relative to what nobody tells
        "import_module('.late', read())",
        "_N = 'late'\nimport_module(f'.{_N}', package=read())",
        "_N = 'shop'\n__import__(_N, fromlist=[read()])",
        "__import__('shop', fromlist=read())",
    ],
)
def test_these_do_not(source: str) -> None:
    assert _named(source)[1]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("load._N = 1", {"_N"}),
        ("load.__N = 1", {"__N"}),
        ("self._n, cls._n, load.__name__, load.n", set()),
        ("vars(load).update(_N=1)", {"_N"}),
        ("# why\n_N = 1\nx = (1,  # why\n  # so\n  _M := 2)", set()),
        ("put(load, a=1,\n  # why\n  _N=1)", {"_N"}),
        ("_N = 1\nx = _N == 2", set()),
        ("x = '_N'", {"_N"}),
        ("x = '_N' + y", {"_N", "_N*"}),
        ("x = f'_n{y}', '_m%s' % y", {"_n", "_n*", "_m", "_m*"}),
        ("x = '_' + y", set()),
        ("setattr(load, '_' + y, 1)", {"_*"}),
        ("setattr(self, name, 1)", set()),
        ("setattr(at, name, 1)", set()),
        ("import at\nsetattr(at.x, name, 1)", {"_*"}),
        ("from a import (\n    b,\n    at,\n)\nsetattr(at, name, 1)", {"_*"}),
        ("def put(at, of):\n    for n in dir(of):\n        setattr(at, n, 1)", {"_*"}),
        ("import at\nat.__dict__.update(read())", {"_*"}),
        ("self.__dict__.update(read())", set()),
        ("vars(sys.modules['a']).update(read())", {"_*"}),
        ("exec('a = 1\\n_N = 2')", {"_N"}),
        ("from a import _n", {"_n"}),
        # names and places that letters do not begin
        ("load._3D = load._é = load._N__ = 1", {"_3D", "_é", "_N__"}),
        ("load._ﬁ = 1", {"_fi"}),
        ("load. _N = 1", {"_N"}),
        ("load.\\\n  _N = 1", {"_N"}),
        ("put(load, a=1, \\\n  _N=1)", {"_N"}),
        ("put(load, _N  # why\n  =1)", {"_N"}),
        ("put(load, a='# ', b='x',  # why\n  _N=1)", {"_N"}),
        ("put(load,\n" + f"    # {'x' * 70}\n" * 9 + "    _N=1)", {"_N"}),
        ("x = a_N = 1", set()),
        # names that no text at hand tells
        ("import at\nsetattr(  # why\n    at, name, 1)", {"_*"}),
        ("import at\nsetattr(at,\n    'x')", set()),
        ("import at\nat.__setattr__(name, 1)", {"_*"}),
        ("import at\nat.__setattr__('x', name)", set()),
        ("import at\nsetattr(getattr(at, 'x'), name, 1)", {"_*"}),
        ("import at\npatch.object(target=at, attribute=name, new=1)", {"_*"}),
        ("import at\nput.setattr(value=1, target=at, name='x')", set()),
        ("import at\nx = at\nsetattr(x, name, 1)", {"_*"}),
        ("import at\nx = at.Some(name)\nsetattr(x, name, 1)", set()),
        ("import at\nfor x in (at, other):\n    setattr(x, *one)", {"_*"}),
        ("import at\ndef f(x):\n    vars(x).update(read())\nf(at)", {"_*"}),
        ("import at\nclass A:\n    x = at\n    def f(self):\n        setattr(self.x, name, 1)", {"_*"}),
        ("import at\nx = reload(at)\nx.__dict__.update(read())", {"_*"}),
        ("getattr(at, '__dict__').update(read())", {"_*"}),
        ("patch.dict('a.b.__dict__', read())", {"_*"}),
        ("patch.multiple('a.b', **read())", {"_*"}),
        ("list(map(setattr, at, names, values))", {"_*"}),
        ("x = 'a.b:_N'", {"_N"}),
        ("import at\nfor n in dir(at):\n    getattr(at, n).append(1)", {"_*"}),
        ("import at\nfor n in dir(at):\n    assert getattr(at, n)", set()),
        ("import at\ngetattr(at, 'x')[1] = 2", set()),
        ("import at\ndict(getmembers(at))[name]['x'] = 1", {"_*"}),
    ],
)
def test_private_names_that_a_text_may_set(source: str, found: set[str]) -> None:
    names = {name.removeprefix(SETS) for name in sieve(source.encode()) if name.startswith(SETS)}
    assert names == found


@pytest.mark.parametrize(
    "text",
    [
        "import a\n" + "setattr(at, name, 1)\n" * 4000,
        "x.__dict__\n" * 8000,
        "x = '" + "_a" * 30_000 + "'\n_N = 1",
    ],
    ids=["setters", "spaces", "a-long-run"],
)
def test_private_names_are_looked_for_in_a_number_of_steps_that_grows_as_the_text_does(text: str) -> None:
    """It took seconds for each."""
    assert len(sieve(text.encode())) < 5
