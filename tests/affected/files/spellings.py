"""The ways in which a test comes to depend on a module: each a repository, a change, and the tests it fails.

In every case ``X`` is 1 at the base and 2 after the change, and the tests named fail when plain pytest runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tests.workspace.trees import named


class Case(NamedTuple):
    """``files`` at the base, ``change`` to them (``None`` deletes), ``fails``: the test files that it breaks.

    ``needs`` are packages beside pytest's own that the case cannot be run without.
    """

    files: Mapping[str, str]
    fails: frozenset[str]
    change: Mapping[str, str | None]
    needs: str = ""


LINK = "link to: "
ONE = "X = 1\n"
TWO = "X = 2\n"
PLAIN = "def test_plain():\n    pass\n"


def asks(expression: str, *before: str) -> str:
    """A test that the expression is 1, behind the lines ``before``."""
    return "\n".join((*before, "", "", "def test_it():", f"    assert {expression} == 1", ""))


def shop(
    files: Mapping[str, str],
    *fails: str,
    change: Mapping[str, str | None] | None = None,
    needs: str = "",
    manifest: str = "",
) -> Case:
    """One project ``shop`` with the module ``shop/late.py``, which changes, and tests beside them."""
    base = {
        "pyproject.toml": named("shop", manifest),
        "shop/__init__.py": "",
        "shop/late.py": ONE,
        "tests/test_plain.py": PLAIN,
        # of a file that nothing imports all tests run: here something does
        "tests/test_loads.py": f"import shop.late\n\n\n{PLAIN}",
        **files,
    }
    return Case(base, frozenset(fails or ("tests/test_it.py",)), change or {"shop/late.py": TWO}, needs)


def two(files: Mapping[str, str], *fails: str, change: Mapping[str, str | None]) -> Case:
    """A project ``low`` and one ``high`` that depends on it."""
    base = {
        "pyproject.toml": "[tool.pytest-monorepo]\n",
        "low/pyproject.toml": named("low"),
        "low/tests/test_low.py": PLAIN,
        "high/pyproject.toml": named("high", "dependencies = ['low']\n"),
        "high/tests/test_plain.py": PLAIN,
        **files,
    }
    return Case(base, frozenset(fails), change)


IT = "tests/test_it.py"
_NAMES = "import importlib\n\nNAME = 'late'\n"

CASES: dict[str, Case] = {
    "star-all": shop({"shop/__init__.py": "__all__ = ['late']\n", IT: asks("late.X", "from shop import *")}),
    "star-all-added": shop(
        {"shop/__init__.py": "__all__ = []\n__all__ += ['late']\n", IT: asks("late.X", "from shop import *")}
    ),
    "loader-as-value": shop(
        {IT: asks("FOUND.X", "import importlib", "(FOUND,) = map(importlib.import_module, ['shop.late'])")}
    ),
    "loader-by-another-name": shop(
        {IT: asks("load('shop.late').X", "import importlib", "load = importlib.import_module")}
    ),
    "loader-in-partial": shop(
        {
            IT: asks(
                "load().X",
                "import functools, importlib",
                "load = functools.partial(importlib.import_module, 'shop.late')",
            )
        }
    ),
    "locate": shop({IT: asks("locate('shop.late').X", "from pydoc import locate")}),
    "modules-of-sys": shop(
        {
            IT: asks("modules['shop.late'].X", "from sys import modules", "import shop.use"),
            "shop/use.py": "import shop.late\n",
        }
    ),
    "string-with-attribute": shop(
        {
            "shop/serve.py": "import pkgutil\n\ndef app(where):\n    return pkgutil.resolve_name(where)\n",
            IT: asks("app('shop.late:X')", "from shop.serve import app"),
        }
    ),
    "settings-string": shop(
        {
            "shop/conf.py": "BACKEND = 'shop.late'\n",
            "shop/load.py": "from shop import conf\nimport importlib\n\n\ndef get():\n"
            "    return importlib.import_module(conf.BACKEND)\n",
            IT: asks("load.get().X", "from shop import load"),
        }
    ),
    "patch-by-constant": shop(
        {
            IT: "from unittest.mock import patch\n\nWHERE = 'shop.late'\n\n\ndef test_it():\n"
            "    with patch(f'{WHERE}.X', 3):\n        pass\n"
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "patch-multiple-top": shop(
        {
            "late.py": ONE,
            IT: "from unittest.mock import patch\n\n\n@patch.multiple('late', X=3)\ndef test_it():\n"
            "    pass\n",
        },
        change={"late.py": "Y = 1\n"},
    ),
    "setattr-by-sum": shop(
        {
            IT: "WHERE = 'shop.late'\n\n\ndef test_it(monkeypatch):\n"
            "    monkeypatch.setattr(WHERE + '.X', 3)\n"
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "patch-by-constant-of-another-file": shop(
        {
            "tests/__init__.py": "",
            "tests/consts.py": "NAME = 'late'\n",
            IT: "from unittest.mock import patch\n\nfrom tests.consts import NAME\n\n\ndef test_it():\n"
            "    with patch(f'shop.{NAME}.X', 3):\n        pass\n",
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "patch-by-a-function-of-another-file": shop(
        {
            "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef patched(monkeypatch):\n"
            "    return lambda name: monkeypatch.setattr('shop.' + name, 3)\n",
            IT: "def test_it(patched):\n    patched('late' + '.X')\n",
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "patch-by-what-a-subclass-says": shop(
        {
            "shop/use.py": ONE,
            "tests/__init__.py": "",
            "tests/base.py": "from unittest.mock import patch\n\n\nclass Base:\n    NAME = 'use'\n\n"
            "    def test_it(self):\n        with patch(f'shop.{self.NAME}.X', 3):\n            pass\n",
            IT: "from tests import base\n\n\nclass TestIt(base.Base):\n    NAME = 'late'\n",
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "patch-put-together": shop(
        {
            IT: "from unittest import mock\n\n\n@mock.patch('.'.join(('shop', 'late', 'X')), 3)\n"
            "def test_it():\n    pass\n"
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "text-by-its-own-path": shop(
        {
            IT: asks(
                "int('2' not in TEXT)",
                "TEXT = open(__file__.replace('tests', 'shop').replace('test_it', 'late')).read()",
            )
        }
    ),
    "text-by-its-own-ending": shop(
        {
            IT: asks(
                "int('2' not in (FILE.parents[1] / 'shop' / ('late' + FILE.suffix)).read_text())",
                "import pathlib",
                "FILE = pathlib.Path(__file__)",
            )
        }
    ),
    "text-by-parts-of-its-name": shop(
        {
            IT: asks(
                "int('2' not in (FOLDER / '.'.join(('late', 'py'))).read_text())",
                "import pathlib",
                "FOLDER = pathlib.Path(__file__).parents[1] / 'shop'",
            )
        }
    ),
    "text-of-a-list-of-names": shop(
        {
            IT: asks(
                "sum('2' in (ROOT / name).read_text() for name in FILES.split()) + 1",
                "import pathlib",
                "ROOT = pathlib.Path(__file__).parents[1]",
                "FILES = '''",
                "shop/late.py",
                "shop/__init__.py",
                "'''",
            )
        }
    ),
    "text-of-a-name-in-another-file": shop(
        {
            "shop/names.py": "NAMES = ('shop/late.py',)\n",
            IT: asks(
                "sum('2' in (ROOT / name).read_text() for name in NAMES) + 1",
                "import pathlib",
                "from shop.names import NAMES",
                "ROOT = pathlib.Path(__file__).parents[1]",
            ),
        }
    ),
    "text-of-a-name-in-a-list": shop(
        {
            "tests/files.lst": "shop/late.py\n",
            IT: asks(
                "sum('2' in (ROOT / name).read_text() for name in NAMES) + 1",
                "import pathlib",
                "ROOT = pathlib.Path(__file__).parents[1]",
                "NAMES = (ROOT / 'tests' / 'files.lst').read_text().split()",
            ),
        }
    ),
    "text-of-a-name-in-a-table-that-a-list-names": shop(
        {
            "tests/all.txt": "tables/one.json\n",
            "tests/tables/one.json": '["shop/late.py"]',
            IT: asks(
                "sum('2' in (ROOT / name).read_text() for name in NAMES) + 1",
                "import json, pathlib",
                "ROOT = pathlib.Path(__file__).parents[1]",
                "TABLE = (ROOT / 'tests' / 'all.txt').read_text().strip()",
                "NAMES = json.loads((ROOT / 'tests' / TABLE).read_text())",
            ),
        }
    ),
    "folder-that-is-run": shop(
        {
            "tool/__main__.py": ONE,
            "tests/test_other.py": "import tool.__main__\n" + PLAIN,
            IT: asks("run_path('tool')['X']", "from runpy import run_path"),
        },
        change={"tool/__main__.py": TWO},
    ),
    "package-that-is-run": shop(
        {
            "shop/__main__.py": "from shop.late import X\n",
            IT: asks("run_module('shop')['X']", "from runpy import run_module"),
        }
    ),
    "folder-put-in-an-archive": shop(
        {
            IT: asks(
                "int(b'X = 2' not in packed())",
                "import io, pathlib, tarfile",
                "",
                "",
                "def packed():",
                "    file = io.BytesIO()",
                "    with tarfile.open(fileobj=file, mode='w') as tar:",
                "        tar.add(pathlib.Path(__file__).parents[1] / 'shop')",
                "    return file.getvalue()",
            )
        }
    ),
    "plugins-computed": shop(
        {
            "conftest.py": "pytest_plugins = ['tests.plug_' + name for name in ('late',)]\n",
            "tests/__init__.py": "",
            "tests/plug_late.py": "import pytest\n\n\n@pytest.fixture\ndef x():\n    return 1\n",
            IT: "def test_it(x):\n    assert x == 1\n",
        },
        change={"tests/plug_late.py": "import pytest\n\n\n@pytest.fixture\ndef x():\n    return 2\n"},
    ),
    "plugins-in-a-test": shop(
        {
            "tests/__init__.py": "",
            "tests/plug.py": "import pytest\n\n\n@pytest.fixture\ndef x():\n    return 1\n",
            IT: "pytest_plugins = 'tests.plug'\n\n\ndef test_it(x):\n    assert x == 1\n",
        },
        change={"tests/plug.py": "import pytest\n\n\n@pytest.fixture\ndef x():\n    return 2\n"},
    ),
    "import-plugin": shop(
        {
            "conftest.py": "def pytest_configure(config):\n"
            "    config.pluginmanager.import_plugin('tests.plug')\n",
            "tests/__init__.py": "",
            "tests/plug.py": "import pytest\n\n\n@pytest.fixture\ndef x():\n    return 1\n",
            IT: "def test_it(x):\n    assert x == 1\n",
        },
        change={"tests/plug.py": "import pytest\n\n\n@pytest.fixture\ndef x():\n    return 2\n"},
    ),
    "logging-config": shop(
        {
            "shop/late.py": "import logging\n\n\nclass H(logging.Handler):\n    x = 1\n",
            IT: asks(
                "logging.getLogger('q').handlers[0].x",
                "import logging.config",
                "logging.config.dictConfig({'version': 1, 'handlers': {'h': {'class': 'shop.late.H'}},",
                "    'loggers': {'q': {'handlers': ['h']}}})",
            ),
        },
        change={"shop/late.py": "import logging\n\n\nclass H(logging.Handler):\n    x = 2\n"},
    ),
    "logging-config-in-a-file": shop(
        {
            "shop/late.py": "import logging\n\n\nclass H(logging.Handler):\n    x = 1\n",
            "tests/log.json": '{"version": 1, "handlers": {"h": {"class": "shop.late.H"}},'
            ' "loggers": {"q": {"handlers": ["h"]}}}',
            IT: asks(
                "logging.getLogger('q').handlers[0].x",
                "import json, logging.config, pathlib",
                "TEXT = (pathlib.Path(__file__).parent / 'log.json').read_text()",
                "logging.config.dictConfig(json.loads(TEXT))",
            ),
        },
        change={"shop/late.py": "import logging\n\n\nclass H(logging.Handler):\n    x = 2\n"},
    ),
    "folder-listed": shop(
        {
            IT: asks(
                "sum('2' in p.read_text() for p in FOLDER.iterdir() if p.is_file()) + 1",
                "import pathlib",
                "FOLDER = pathlib.Path(__file__).parents[1] / 'shop'",
            )
        }
    ),
    "folder-listed-by-os": shop(
        {
            IT: asks(
                "sum('2' in open(os.path.join(F, n)).read() for n in os.listdir(F) if n[0] == 'l') + 1",
                "import os",
                "F = os.path.join(os.path.dirname(os.path.dirname(__file__)), 'shop')",
            )
        }
    ),
    "run-path-of-a-name": shop(
        {
            "shop/places.py": "import pathlib\n\n"
            "WHERE = pathlib.Path(__file__).parent / ('late' + chr(46) + 'py')\n",
            IT: asks(
                "run_path(str(WHERE))['X']", "from runpy import run_path", "from shop.places import WHERE"
            ),
        }
    ),
    "system-by-name": shop(
        {
            "shop/late.py": "CODE = 0\nif __name__ == '__main__':\n    raise SystemExit(CODE)\n",
            IT: "import sys\nfrom os import system\n\n\ndef test_it():\n"
            "    assert system(sys.executable + ' -m ' + 'shop' + '.late') == 0\n",
        },
        change={"shop/late.py": "CODE = 1\nif __name__ == '__main__':\n    raise SystemExit(CODE)\n"},
    ),
    "hooks-below": shop(
        {
            "tests/unit/conftest.py": "from shop.late import X\n\n\n"
            "def pytest_collection_modifyitems(items):\n"
            "    for item in items:\n        item.obj.__globals__['V'] = X\n",
            "tests/unit/test_unit.py": PLAIN,
            IT: "V = 1\n\n\ndef test_it():\n    assert V == 1\n",
        }
    ),
    "hooks-imported-below": shop(
        {
            "tests/unit/conftest.py": "from shop.hooks import *\n",
            "shop/hooks.py": "from shop.late import X\n\n\n"
            "def pytest_collection_modifyitems(items):\n"
            "    for item in items:\n        item.obj.__globals__['V'] = X\n",
            "tests/unit/test_unit.py": PLAIN,
            IT: "V = 1\n\n\ndef test_it():\n    assert V == 1\n",
        }
    ),
    "same-name-of-a-new-test": shop(
        {"tests/a/test_it.py": PLAIN, "tests/b/test_other.py": PLAIN},
        "tests/b/test_it.py",
        change={"tests/b/test_it.py": PLAIN},
    ),
    "new-module-before-a-package": shop(
        {
            "lib/third.py": ONE,
            "shop/late.py": "import third\n",
            IT: asks("late.third.X", "from shop import late"),
        },
        manifest="[tool.pytest.ini_options]\npythonpath = ['.', 'lib']\n",
        change={"tests/third.py": TWO},
    ),
    "link-to-a-module": shop(
        {"shop/other.py": f"{LINK}late.py", IT: asks("other.X", "from shop import other")}
    ),
    "link-to-a-folder": shop(
        {"tests/vendor": f"{LINK}../shop", IT: asks("late.X", "from vendor import late")}
    ),
    "path-of-a-package": shop(
        {
            "more/extra/late.py": ONE,
            "shop/__init__.py": "import os\n\n"
            "__path__.append(os.path.join(os.path.dirname(__file__), '../more/extra'))\n",
            "shop/late.py": "",
            "shop/other.py": "",
            "more/extra/added.py": ONE,
            IT: asks("added.X", "from shop import added"),
        },
        change={"more/extra/added.py": TWO},
    ),
    "pickled": shop(
        {
            "tests/write.txt": "",
            IT: asks("pickle.load(io.BytesIO(b'c' + b'shop.' + b'late\\nX\\n.'))", "import io, pickle"),
        }
    ),
    "relative-in-a-namespace": two(
        {
            "low/src/ns/low/__init__.py": ONE,
            "low/tests/test_loads.py": "import ns.low\n",
            "high/src/ns/high/__init__.py": "from ..low import X\n",
            "high/tests/test_it.py": asks("X", "from ns.high import X"),
        },
        "high/tests/test_it.py",
        change={"low/src/ns/low/__init__.py": TWO},
    ),
    "relative-over-bricks": shop(
        {
            "components/space/log/__init__.py": ONE,
            "bases/space/api/__init__.py": "from ..log import X\n",
            IT: asks("api.X", "from space import api"),
        },
        manifest="[tool.pytest.ini_options]\npythonpath = ['bases', 'components']\n",
        change={"components/space/log/__init__.py": TWO},
    ),
    "extended-package": two(
        {
            "low/ns/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
            "low/ns/low.py": ONE,
            "high/ns/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
            "high/ns/high.py": "from ns.low import X\n",
            "high/tests/test_it.py": asks("X", "from ns.high import X"),
        },
        "high/tests/test_it.py",
        change={"low/ns/low.py": TWO},
    ),
    "path-changed-above": two(
        {
            "pytest.ini": "[pytest]\n",
            "conftest.py": "import os, sys\n\n"
            "sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'low', 'old'))\n",
            "low/old/app/__init__.py": ONE,
            "high/src/app/__init__.py": "X = 1\n",
            "high/tests/test_it.py": asks("app.X", "import app"),
        },
        "high/tests/test_it.py",
        change={"low/old/app/__init__.py": TWO},
    ),
    "plugin-that-imports": Case(
        {
            "pyproject.toml": "[tool.pytest-monorepo]\n",
            "core/pyproject.toml": named("core"),
            "core/core/__init__.py": ONE,
            "plug/pyproject.toml": named(
                "plug", "dependencies = ['core']\n[project.entry-points.pytest11]\nplug = 'plug'\n"
            ),
            "plug/plug.py": "import core\n",
            "app/pyproject.toml": named("app"),
            "app/tests/test_it.py": PLAIN,
        },
        frozenset({"app/tests/test_it.py"}),
        {"core/core/__init__.py": TWO},
        needs="an installed plugin",
    ),
    "entry-point-of-another-group": Case(
        {
            "pyproject.toml": "[tool.pytest-monorepo]\n",
            "core/pyproject.toml": named("core"),
            "core/core/__init__.py": ONE,
            "plug/pyproject.toml": named(
                "plug", "dependencies = ['core']\n[project.entry-points.'some.group']\nplug = 'plug'\n"
            ),
            "plug/plug.py": "import core\n",
            "app/pyproject.toml": named("app", "dependencies = ['plug']\n"),
            "app/tests/test_it.py": PLAIN,
        },
        frozenset({"app/tests/test_it.py"}),
        {"core/core/__init__.py": TWO},
        needs="an installed entry point",
    ),
    "files-of-another-kind": shop(
        {
            "conftest.py": "import pytest\n\n\nclass Item(pytest.Item):\n    def runtest(self):\n"
            "        import shop.late\n        assert shop.late.X == 1\n\n\nclass File(pytest.File):\n"
            "    def collect(self):\n        yield Item.from_parent(self, name='x')\n\n\n"
            "def pytest_collect_file(parent, file_path):\n    if file_path.suffix == '.check':\n"
            "        return File.from_parent(parent, path=file_path)\n",
            "tests/a.check": "",
        },
        "tests/a.check",
    ),
    "django-fixture": shop(
        {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = shop.late\n", IT: PLAIN}, needs="pytest-django"
    ),
    "lazily-attached": shop(
        {
            "shop/__init__.py": "import lazy_loader\n\n"
            "__getattr__, _, _ = lazy_loader.attach(__name__, ['late'])\n",
            IT: asks("shop.late.X", "import shop"),
        },
        needs="lazy_loader",
    ),
    "cases-by-convention": shop(
        {
            "tests/cases_it.py": ONE,
            IT: "from pytest_cases import parametrize_with_cases\n\n\n@parametrize_with_cases('x')\n"
            "def test_it(x):\n    pass\n",
        },
        change={"tests/cases_it.py": TWO},
        needs="pytest-cases",
    ),
    "script-runner": shop(
        {IT: "def test_it(script_runner):\n    assert script_runner.run(['shop']).success\n"},
        needs="pytest-console-scripts",
    ),
}
