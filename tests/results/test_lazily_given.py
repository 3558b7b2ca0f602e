"""Installed packages that keep what they were asked for: who asks for other names is bound to nobody."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest

from tests.run.space import Run

from .test_loggers import CACHED, Seen, asked_for, workspace

__all__ = ["workspace"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

INI = "[tool.pytest.ini_options]\npythonpath = ['.', 'site-packages']\n"
GIVES = """
import importlib
{names}
def __getattr__(name):
    if name not in _MADE:
        raise AttributeError(name)
    module = importlib.import_module('.' + _MADE[name], __name__)
    globals()[name] = found = getattr(module, name)
    return found
"""
MADE = "_MADE = {'first': 'one', 'second': 'two'}"
HANDS_OUT = "def knows(name): return name in globals()\n"
BELOW = "import sys\ndef knows(name): return name in vars(sys.modules['below'])\n"
AT_HAND = "import held\ndef knows(name): return hasattr(held, '__dict__') and name in held.__dict__\n"
FAILS = "import {0}\ndef test(): assert {0}.first() == 2"
ASKS = "import {0}{1}\ndef test(): assert {0}{1}.knows('first')"
FILES = {
    **{
        f"site-packages/{package}/{name}.py": text
        for package, texts in {
            "out": {"__init__": GIVES.format(names="_MADE = {'first': 'one'}") + HANDS_OUT},
            "below": {"__init__": GIVES.format(names="_MADE = {'first': 'one'}"), "other": BELOW},
            "held": {"__init__": GIVES.format(names="_MADE = {'first': 'one'}"), "other": AT_HAND},
        }.items()
        for name, text in {**texts, "one": "def first(): return 1\n"}.items()
    },
    "site-packages/lib/__init__.py": GIVES.format(names=MADE),
    "site-packages/lib/one.py": '"""Says nothing to sys.stdout."""\ndef first(): return 1\n',
    "site-packages/lib/two.py": "def second(): return 2\nextra = second\n",
    "site-packages/keeps.py": "import lib\ndef knows(name): return name in vars(lib)\n",
    "site-packages/told.py": "import sys\n"
    "def knows(module, name): return __import__(module) and name in vars(sys.modules[module])\n",
    "site-packages/inside.py": "def knows(name):\n    import lib\n    return name in vars(lib)\n",
    "site-packages/tables.py": "import lib\nTABLE = {'lib': lib}\n"
    "def knows(name): return name in vars(TABLE['lib'])\n",
    "site-packages/passing.py": "import lib, passed\ndef knows(name): return passed.knows(lib, name)\n",
    "site-packages/passed.py": "def knows(module, name): return name in vars(module)\n",
    "site-packages/object.py": "import lib\nclass Keeps:\n    def __init__(self): self.it = lib\n"
    "def knows(name, keeps=Keeps()): return name in vars(keeps.it)\n",
    "site-packages/named.py": "import importlib\n"
    "def knows(name): return name in vars(importlib.import_module('lib'))\n",
    "site-packages/asking.py": "def second():\n    import lib\n"
    "    return hasattr(lib, 'second') and lib.second()\n",
    "giving.py": "import lib\n",
    "site-packages/shows.py": "import sys\ndef shows(): return sys.stdout.isatty()\n",
    "over.py": "import typing\n@typing.overload\ndef f(x: int) -> int: ...\ndef f(x): return x\n"
    "from lib import first\n",
}
USES = "import lib\ndef test(): assert lib.second() == 2"
# what a file does that fails, and what is in two others
KEPT = {
    "in-a-test": ("import lib\ndef test(): assert lib.first() == 2", USES),
    "in-an-import": (
        "from lib import first\ndef test(): assert first() == 2",
        "from lib import second\ndef test(): assert second() == 2",
    ),
    "the-same": ("import lib\ndef test(): assert lib.second() == 1", USES),
    "beside-overloads": (
        "import over\ndef test(): assert over.first() == 2",
        "import lib\ndef test(): assert lib.first() == 1",
    ),
}
KEPT["what-asks-for-streams"] = (
    "import shows\ndef test(): assert shows.shows()",
    "import shows\ndef test(): assert not shows.shows()",
)
KEPT["by-other-code-that-asks-for-a-name"] = (
    FAILS.format("lib"),
    "import asking\ndef test(): assert asking.second() == 2",
)
TIED = {
    **{
        f"by-other-code-{way}": (FAILS.format("lib"), ASKS.format(way, ""))
        for way in ("inside", "tables", "passing", "object", "named")
    },
    "another-value": ("import lib\nlib.second = lambda: 2\ndef test(): assert 0", USES),
    "of-another-name": (
        "import lib, lib.one\nlib.second = lib.one.first\ndef test(): assert 0",
        "import lib\ndef test(): assert lib.second",
    ),
    "not-its-own": (
        "import lib, lib.two\nlib.extra = lib.two.extra\ndef test(): assert 0",
        "import lib\ndef test(): assert lib",
    ),
    "by-a-function-of-its-own": (FAILS.format("out"), ASKS.format("out", "")),
    "by-another-module-of-its": (FAILS.format("below"), ASKS.format("below", ".other")),
    "by-another-module-that-has-it": (FAILS.format("held"), ASKS.format("held", ".other")),
    "by-its-variables": (
        FAILS.format("lib"),
        "import lib\ndef test(): assert 'first' in vars(lib)",
    ),
    "by-its-variables-where-all-is-loaded": (
        "import lib, lib.one\ndef test(): assert lib.first() == 2",
        "import lib, lib.one\ndef test(): assert 'first' in vars(lib)",
    ),
    "by-its-dictionary": (
        FAILS.format("lib"),
        "import lib as one\ndef test(): assert 'first' in one.__dict__",
    ),
    "by-its-names": (
        FAILS.format("lib"),
        "import lib\ndef test(): assert 'first' in dir(lib)",
    ),
    "by-all-of-them": (
        FAILS.format("lib"),
        "def test():\n    seen = {}\n    exec('from lib import *', seen)\n    assert 'first' in seen",
    ),
    "by-a-module-of-ours": (
        FAILS.format("lib"),
        "import giving\ndef test(): assert 'first' in vars(giving.lib)",
    ),
    "by-another-package": (
        FAILS.format("lib"),
        "import keeps\ndef test(): assert 'first' in vars(keeps.lib)",
    ),
    "by-code-of-another-package": (FAILS.format("lib"), ASKS.format("keeps", "")),
    "by-another-package-that-is-told": (
        FAILS.format("lib"),
        "import told\ndef test(): assert told.knows('lib', 'first')",
    ),
    "where-it-is-there": (
        FAILS.format("lib"),
        "import pytest\ndef test(): assert 'first' in vars(pytest.importorskip('lib'))",
    ),
    "by-a-function-of-ours": (
        FAILS.format("lib"),
        "import lib, looking\ndef test(): assert looking.names(lib).count('first')",
    ),
    "asks-for-overloads": (
        "import over\ndef test(): assert 0",
        "import given, typing\ndef test(): assert getattr(typing, 'get_overloads', len)(given.f) is not None",
    ),
}


@pytest.fixture(scope="module")
def again(workspace: object, request: pytest.FixtureRequest) -> Mapping[str, Run]:
    space = workspace()  # type: ignore[operator]
    for way in asked_for({**KEPT, **TIED}, request):
        fails, other = {**KEPT, **TIED}[way]
        files = {
            **FILES,
            "pyproject.toml": INI,
            "given.py": "def f(): ...\n",
            "looking.py": "def names(module): return list(vars(module))\n",
            "tests/test_a.py": fails,
            "tests/test_b.py": other,
            "tests/test_c.py": other,
        }
        space.write({f"libs/{way}/{name}": text for name, text in files.items()})
    space.run(*CACHED)
    return {"again": space.run(*CACHED)}


@pytest.mark.slow
@pytest.mark.sampled("way", one_in=3)
@pytest.mark.parametrize("way", KEPT)
def test_who_asks_for_something_else_is_kept(again: Mapping[str, Run], way: str) -> None:
    seen = Seen(again, way)
    assert seen.words("again")["tests/test_a.py::test"] == "failed", seen.explained("again")
    assert seen.replayed("again") == {"tests/test_b.py", "tests/test_c.py"}, seen.explained("again")


@pytest.mark.slow
@pytest.mark.sampled("way", one_in=4)
@pytest.mark.parametrize("way", TIED)
def test_who_sees_what_was_put_there_is_not(again: Mapping[str, Run], way: str) -> None:
    if way == "asks-for-overloads" and sys.version_info < (3, 11):
        pytest.skip("typing.get_overloads is of Python 3.11")
    assert not Seen(again, way).replayed("again")
