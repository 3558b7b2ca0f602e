"""Who may see what others have loaded, by the text of its source; in doubt it may."""

from __future__ import annotations

import pytest

from pytest_monorepo.inputs.owners.loaded import looks_at_all

SYS = "import sys\n"


@pytest.mark.parametrize(
    "source",
    [
        SYS + "sys.modules['a']",
        SYS + "'a' in sys.modules",
        SYS + "'a' in sys . modules",
        SYS + "for name in sys.modules: pass",
        SYS + "sys.modules.get('a')",
        SYS + "sys.modules.pop(name, None)",
        SYS + "sys.modules.setdefault(__name__, 1)",
        SYS + "sys.modules[f(__name__)]",
        SYS + "del sys.modules['a']",
        SYS + "f(sys.modules)",
        SYS + "m = sys.modules",
        SYS + "patch.dict(sys.modules, {})",
        SYS + "monkeypatch.setitem(sys.modules, 'a', 1)",
        SYS + "sys.modules[__name__]; sys.modules['a']",
        SYS + "s = sys\ns.modules['a']",
        SYS + "def f(one): return one.modules\nf(sys)",
        SYS + "getattr(sys, 'modules')",
        SYS + "vars(sys)['modules']",
        SYS + "sys.__dict__['modules']",
        "import sys as s\ns.modules['a']",
        "import sys as s\nt = s\nt.modules['a']",
        "from sys import modules",
        "from sys import modules as m",
        "from sys import *\nmodules['a']",
        "import os\nos.sys.modules['a']",
        "from os import sys as s\ns.modules['a']",
        "__import__('sys').modules['a']",
        "import importlib\nimportlib.import_module('sys').modules",
        "mocker.patch.dict('sys.modules', {})",
        "exec('import sys; sys.modules')",
        "exec('from sys import modules')",
        "exec(b'import sys; sys.modules')",
        "globals()['sys'].modules",
        "Base.__subclasses__()",
        "gc.get_objects()",
        "import sys, modules\n(",
    ],
)
def test_these_may(source: str) -> None:
    assert looks_at_all(source)


@pytest.mark.parametrize(
    "source",
    [
        SYS + "sys.path",
        SYS + "modules = 1",
        SYS + "def f(self): return self.modules",
        SYS + "net.modules()\nsys.exit(1)",
        SYS + "'a system of modules'",
        SYS + "# sys.modules\nsys.path",
        SYS + "sys.modules[__name__]",
        SYS + "sys.modules.get(__name__)",
        SYS + "sys.modules['__main__']",
        SYS + "sys.modules[cls.__module__].__dict__",
        SYS + "sys.modules['a'] = 1",
        SYS + "monkeypatch.setattr(sys, 'argv', [])\nsys.modules[__name__]",
        "import sys as s\ns.modules[__name__]",
    ],
)
def test_these_do_not(source: str) -> None:
    assert not looks_at_all(source)
