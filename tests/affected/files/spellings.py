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


def patches_by(function: str, *before: str) -> str:
    """A test that replaces ``X`` by what ``function`` is, by a name that is put together."""
    called = f"    with {function}(f'shop.{{NAME}}.X', 3) or nullcontext():\n        pass\n"
    lines = ("from contextlib import nullcontext", "", *before, "", "NAME = 'late'", "", "", "def test_it():")
    return "\n".join(lines) + "\n" + called


def lent(lenders: Mapping[str, str]) -> dict[str, Case]:
    """A case for each text of a helper from which a test has ``swapped``, which patches by name."""
    test = patches_by("swapped", "from tests.helpers import swapped")
    gone: Mapping[str, str | None] = {"shop/late.py": "Y = 1\n"}
    return {
        f"patch-lent-{name}": shop({"tests/__init__.py": "", "tests/helpers.py": text, IT: test}, change=gone)
        for name, text in lenders.items()
    }


def setting(ways: Mapping[str, str]) -> dict[str, Case]:
    """A case for each way in which a test sets a private name from which a module takes what it loads."""
    loader = "from importlib import import_module\n\n_BACKEND = 'other'\n\n\n"
    files = {"shop/load.py": f"{loader}def get():\n    return import_module(f'shop.{{_BACKEND}}')\n"}
    return {
        f"private-setting-{name}": shop({**files, IT: asks("load.get().X", "from shop import load", way)})
        for name, way in ways.items()
    }


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
    "package-listed": shop(
        {
            "shop/rows.csv": "1",
            IT: asks(
                "sum('2' in (files('shop') / n).read_text() for n in resources.contents('shop')"
                " if '.' in n) + 1",
                "from importlib import resources",
                "from importlib.resources import files",
            ),
            "tests/test_rows.py": "NAMES = ['rows.csv']\n\n\n" + PLAIN,
        },
        change={"shop/rows.csv": "2"},
    ),
    "package-listed-by-a-name": shop(
        {
            "shop/rows.csv": "1",
            IT: asks(
                "sum('2' in (files('shop') / n).read_text() for n in contents('shop') if '.' in n) + 1",
                "from importlib.resources import contents, files",
            ),
            "tests/test_rows.py": "NAMES = ['rows.csv']\n\n\n" + PLAIN,
        },
        change={"shop/rows.csv": "2"},
    ),
    "package-listed-by-setuptools": shop(
        {
            "shop/rows.csv": "1",
            IT: asks(
                "sum(b'2' in get('shop', n) for n in resource_listdir('shop', '') if '.' in n) + 1",
                "from pkg_resources import resource_listdir",
                "from pkg_resources import resource_string as get",
            ),
            "tests/test_rows.py": "NAMES = ['rows.csv']\n\n\n" + PLAIN,
        },
        change={"shop/rows.csv": "2"},
        needs="setuptools",
    ),
    "templates-listed": shop(
        {
            "shop/templates/page.html": "1",
            IT: asks(
                "sum('2' in PAGES.get_template(n).render() for n in PAGES.list_templates()) + 1",
                "from jinja2 import Environment, PackageLoader",
                "PAGES = Environment(loader=PackageLoader('shop'))",
            ),
            "tests/test_page.py": "NAMES = ['page.html']\n\n\n" + PLAIN,
        },
        change={"shop/templates/page.html": "2"},
        needs="jinja2",
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
    **lent(
        {
            "by-an-import": "from unittest.mock import patch as swapped\n",
            "by-a-value": "from unittest import mock\n\nswapped = mock.patch\n",
            "by-its-own-name": "from unittest.mock import patch\n\nswapped = patch\n",
            "by-a-method": "import pytest\n\nswapped = pytest.MonkeyPatch().setattr\n",
            "in-a-partial": "import functools\nfrom unittest.mock import patch\n\n"
            "swapped = functools.partial(patch)\n",
            "by-a-function": "from unittest.mock import patch\n\n\ndef swapped(name, new):\n"
            "    return patch(name, new)\n",
        }
    ),
    "patch-lent-by-a-star": shop(
        {
            "tests/__init__.py": "",
            "tests/lender.py": "from unittest.mock import patch as swapped\n",
            "tests/helpers.py": "from tests.lender import *\n",
            IT: patches_by("swapped", "from tests.helpers import swapped"),
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "patch-lent-under-a-third-name": shop(
        {
            "tests/__init__.py": "",
            "tests/lender.py": "from unittest.mock import patch as swapped\n",
            "tests/helpers.py": "from .lender import swapped as exchanged\n",
            IT: patches_by("exchanged", "from tests.helpers import exchanged"),
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "patch-lent-by-a-module": shop(
        {
            "tests/__init__.py": "",
            "tests/lender.py": "from unittest.mock import patch as swapped\n",
            IT: patches_by("lender.swapped", "from tests import lender"),
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "loader-lent": shop(
        {
            "tests/__init__.py": "",
            "tests/lender.py": "from importlib import import_module as grab\n",
            IT: asks("grab('shop.' + NAME).X", "from tests.lender import grab", "NAME = 'late'"),
        }
    ),
    "starter-lent": shop(
        {
            "tests/__init__.py": "",
            "tests/lender.py": "from os import listdir as names\n",
            IT: asks(
                "sum('2' in open(os.path.join(F, n)).read() for n in names(F) if n[0] == 'l') + 1",
                "import os",
                "from tests.lender import names",
                "F = os.path.join(os.path.dirname(os.path.dirname(__file__)), 'shop')",
            ),
        }
    ),
    "folder-listed-by-a-value": shop(
        {
            IT: asks(
                "sum('2' in open(os.path.join(F, n)).read() for n in look(F) if n[0] == 'l') + 1",
                "import os",
                "look = os.listdir",
                "F = os.path.join(os.path.dirname(os.path.dirname(__file__)), 'shop')",
            )
        }
    ),
    "folder-listed-by-glob": shop(
        {
            IT: asks(
                "sum('2' in open(n).read() for n in look(os.path.join(F, 'l*'))) + 1",
                "import os",
                "from glob import glob as look",
                "F = os.path.join(os.path.dirname(os.path.dirname(__file__)), 'shop')",
            )
        }
    ),
    "folder-listed-in-a-map": shop(
        {
            IT: asks(
                "1 + ('2' in open(F + '/late' + P).read())",
                "import os",
                "F = os.path.join(os.path.dirname(os.path.dirname(__file__)), 'shop')",
                "P = next(n for n in map(str, [*map(os.listdir, [F])][0]) if n[:4] == 'late')[4:]",
            )
        }
    ),
    "code-as-a-value": shop(
        {IT: asks("S['X']", "S = {}", "[*map(exec, ['from shop import ' + 'late; X = late.X'], [S])]")}
    ),
    "import-by-f-string": shop({IT: asks("__import__(f'shop.{NAME}').late.X", "NAME = 'late'")}),
    "import-with-fromlist": shop({IT: asks("__import__('shop', fromlist=['late']).late.X")}),
    "import-of-importlib": shop(
        {IT: asks("importlib.__import__('shop', None, None, ['late']).late.X", "import importlib")}
    ),
    "import-relative-by-name": shop(
        {IT: asks("import_module('.late', package='shop').X", "from importlib import import_module")}
    ),
    "import-relative-by-its-package": shop(
        {
            "shop/load.py": "from importlib import import_module\n\nLATE = import_module(name='.late',"
            " package=__package__)\n",
            IT: asks("load.LATE.X", "from shop import load"),
        }
    ),
    "importorskip": shop({IT: asks("LATE.X", "import pytest", "LATE = pytest.importorskip('shop.late')")}),
    "importorskip-put-together": shop(
        {IT: asks("LATE.X", "import pytest", "LATE = pytest.importorskip('.'.join(('shop', 'late')))")}
    ),
    "resource-of-a-package": shop(
        {
            IT: asks(
                "int('2' not in files('shop').joinpath('late.py').read_text())",
                "from importlib.resources import files",
            )
        }
    ),
    "resource-of-a-module": shop(
        {
            IT: asks(
                "int('2' not in files(shop).joinpath(NAME + '.py').read_text())",
                "from importlib.resources import files",
                "import shop",
                "NAME = 'late'",
            )
        }
    ),
    "data-of-a-package": shop(
        {IT: asks("int(b'2' not in get_data('shop', 'late.py'))", "from pkgutil import get_data")}
    ),
    "module-that-is-run": shop(
        {IT: asks("runpy.run_module(f'shop.{NAME}')['X']", "import runpy", "NAME = 'late'")}
    ),
    "resolved-name": shop(
        {IT: asks("resolve_name('shop.%s:X' % NAME)", "from pkgutil import resolve_name", "NAME = 'late'")}
    ),
    "template-of-a-target": shop(
        {
            IT: "from string import Template\nfrom unittest.mock import patch\n\n\ndef test_it():\n"
            "    with patch(Template('shop.$name.X').substitute(name='late'), 3):\n        pass\n"
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "target-in-starred-arguments": shop(
        {
            IT: "NAME = 'late'\nGIVEN = (f'shop.{NAME}.X', 3)\n\n\ndef test_it(monkeypatch):\n"
            "    monkeypatch.setattr(*GIVEN)\n"
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "target-by-keyword": shop(
        {
            IT: "from unittest.mock import patch\n\nNAME = 'late'\n\n\ndef test_it():\n"
            "    with patch(**{'target': f'shop.{NAME}.X', 'new': 3}):\n        pass\n"
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "object-of-a-module-by-name": shop(
        {
            IT: "import importlib\nfrom unittest.mock import patch\n\n\ndef test_it():\n"
            "    with patch.object(importlib.import_module('shop.' + 'late'), 'X', 3):\n        pass\n"
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "autospec-of-a-module-by-name": shop(
        {
            IT: asks(
                "int(hasattr(create_autospec(import_module(f'shop.{NAME}')), 'X'))",
                "from importlib import import_module",
                "from unittest.mock import create_autospec",
                "NAME = 'late'",
            )
        },
        change={"shop/late.py": "Y = 1\n"},
    ),
    "doctests-by-glob": shop(
        {
            "pytest.ini": "[pytest]\naddopts = --doctest-glob=*.guide\n",
            "tests/use.guide": ">>> from shop.late import X\n>>> X\n1\n",
        },
        "tests/use.guide",
    ),
    "doctests-of-modules": shop(
        {
            "pytest.ini": "[pytest]\naddopts = --doctest-modules\n",
            "shop/use.py": '"""\n>>> from shop.late import X\n>>> X\n1\n"""\n',
        },
        "shop/use.py",
    ),
    "doctests-of-a-file-by-hand": shop(
        {
            "tests/guide.rst": ">>> from shop.late import X\n>>> X\n1\n",
            IT: "import doctest\n\n\ndef test_it():\n    assert doctest.testfile('guide.rst').failed == 0\n",
        }
    ),
    "cases-of-a-list-of-files": shop(
        {
            IT: "import pathlib\n\nimport pytest\n\nFOLDER = pathlib.Path(__file__).parents[1] / 'shop'\n\n\n"
            "@pytest.mark.parametrize('path', sorted(FOLDER.glob('*')), ids=str)\ndef test_it(path):\n"
            "    assert path.is_dir() or '2' not in path.read_text()\n"
        }
    ),
    "evaluated-import": shop({IT: asks("eval(\"__import__('shop.' + 'late').late.X\")")}),
    "timed-code": shop(
        {
            IT: "import timeit\n\n\ndef test_it():\n"
            "    timeit.timeit('assert X == 1', setup='from shop.' + 'late import X', number=1)\n"
        }
    ),
    "code-that-is-pushed": shop(
        {
            IT: "import code\n\n\ndef test_it(capsys):\n    inner = code.InteractiveInterpreter()\n"
            "    inner.runsource('from shop import ' + 'late')\n    assert inner.locals['late'].X == 1\n"
        }
    ),
    "unpickled-bytes": shop(
        {
            "tests/data.pkl": "cshop.late\nX\n.",
            IT: asks(
                "pickle.loads(FILE.read_bytes())",
                "import pathlib, pickle",
                "FILE = pathlib.Path(__file__).parent / 'data.pkl'",
            ),
        }
    ),
    "unpickled-by-a-class": shop(
        {
            "tests/data.pkl": "cshop.late\nX\n.",
            IT: asks(
                "Unpickler((pathlib.Path(__file__).parent / 'data.pkl').open('rb')).load()",
                "import pathlib",
                "from pickle import Unpickler",
            ),
        }
    ),
    "unpickled-by-another-name": shop(
        {
            "tests/data.pkl": "cshop.late\nX\n.",
            IT: asks(
                "p.load((pathlib.Path(__file__).parent / 'data.pkl').open('rb'))",
                "import pathlib",
                "import pickle as p",
            ),
        }
    ),
    "unpickled-by-a-function": shop(
        {
            "tests/data.pkl": "cshop.late\nX\n.",
            IT: asks(
                "load((pathlib.Path(__file__).parent / 'data.pkl').open('rb'))",
                "import pathlib",
                "from pickle import load",
            ),
        }
    ),
    "modules-of-sys-by-another-name": shop(
        {
            IT: asks("s.modules['shop.' + 'late'].X", "import sys as s", "import shop.use"),
            "shop/use.py": "import shop.late\n",
        }
    ),
    "folder-run-by-another-name": shop(
        {
            "tool/__main__.py": ONE,
            "tests/test_other.py": "import tool.__main__\n" + PLAIN,
            IT: asks("rp('to' + 'ol')['X']", "from runpy import run_path as rp"),
        },
        change={"tool/__main__.py": TWO},
    ),
    "tests-run-by-an-imported-name": shop(
        {
            "inner/test_inner.py": "from shop.late import X\n\n\ndef test_inner():\n    assert X == 1\n",
            "pytest.ini": "[pytest]\ntestpaths = tests\n",
            IT: "from pytest import main\n\n\ndef test_it():\n"
            "    assert main(['-q', '--no-summary', 'inner']) == 0\n",
        }
    ),
    "entry-point-made-by-hand": shop(
        {
            IT: asks(
                "EntryPoint(name='x', value=f'shop.{NAME}:X', group='g').load()",
                "from importlib.metadata import EntryPoint",
                "NAME = 'late'",
            )
        }
    ),
    "tests-run-by-a-test": shop(
        {
            "inner/test_inner.py": "from shop.late import X\n\n\ndef test_inner():\n    assert X == 1\n",
            "pytest.ini": "[pytest]\ntestpaths = tests\n",
            IT: "import pytest\n\n\ndef test_it():\n"
            "    assert pytest.main(['-q', '--no-summary', 'inner']) == 0\n",
        }
    ),
    "module-that-exports-lazily": shop(
        {
            "shop/__init__.py": "def __getattr__(name):\n    import importlib\n\n"
            "    return importlib.import_module(f'{__name__}.{name}')\n",
            IT: asks("shop.late.X", "import shop"),
        }
    ),
    "registry-filled-elsewhere": shop(
        {
            "shop/registry.py": "from importlib import import_module\n\nTABLE = {'a': 'shop'}\n\n\n"
            "def get(name):\n    return import_module(TABLE[name])\n",
            "shop/fill.py": "from shop import registry\n\nregistry.TABLE['b'] = 'shop.' + 'late'\n",
            IT: asks("registry.get('b').X", "import shop.fill", "from shop import registry"),
        }
    ),
    "setting-patched-by-the-test": shop(
        {
            "shop/load.py": "from importlib import import_module\n\nBACKEND = 'shop'\n\n\n"
            "def get():\n    return import_module(BACKEND)\n",
            IT: asks("load.get().X", "from shop import load", "load.BACKEND = 'shop.' + 'late'"),
        }
    ),
    "private-registry-filled-elsewhere": shop(
        {
            "shop/registry.py": "from importlib import import_module\n\n_TABLE = {'a': 'shop'}\n\n\n"
            "def get(name):\n    return import_module(_TABLE[name])\n",
            "shop/fill.py": "from shop import registry\n\nregistry._TABLE['b'] = 'shop.' + 'late'\n",
            IT: asks("registry.get('b').X", "import shop.fill", "from shop import registry"),
        }
    ),
    "private-registry-imported-and-filled": shop(
        {
            "shop/registry.py": "from importlib import import_module\n\n_TABLE = {'a': 'a'}\n\n\n"
            "def get(name):\n    return import_module(f'shop.{_TABLE[name]}')\n",
            "shop/fill.py": "from shop.registry import _TABLE as T\n\nT['b'] = 'late'\n",
            IT: asks("registry.get('b').X", "import shop.fill", "from shop import registry"),
        }
    ),
    "private-registry-of-two-names": shop(
        {
            "shop/registry.py": "from importlib import import_module\n\n_TABLE = {'a': 'a'}\n"
            "_SAME = _TABLE\n\n\n"
            "def get(name):\n    return import_module(f'shop.{_TABLE[name]}')\n",
            "shop/fill.py": "from shop import registry\n\nregistry._SAME['b'] = 'late'\n",
            IT: asks("registry.get('b').X", "import shop.fill", "from shop import registry"),
        }
    ),
    "private-registry-among-all": shop(
        {
            "shop/registry.py": "from importlib import import_module\n\n__all__ = ['_TABLE']\n"
            "_TABLE = {'a': 'a'}\n\n\ndef get(name):\n    return import_module(f'shop.{_TABLE[name]}')\n",
            "shop/fill.py": "from shop.registry import *\n\n_TABLE['b'] = 'late'\n",
            IT: asks("registry.get('b').X", "import shop.fill", "from shop import registry"),
        }
    ),
    "private-setting-patched-by-the-test": shop(
        {
            "shop/load.py": "from importlib import import_module\n\n_BACKEND = 'other'\n\n\n"
            "def get():\n    return import_module(f'shop.{_BACKEND}')\n",
            IT: asks("load.get().X", "from shop import load", "load._BACKEND = 'late'"),
        }
    ),
    "private-setting-patched-by-its-name": shop(
        {
            "shop/load.py": "from importlib import import_module\n\n_BACKEND = 'other'\n\n\n"
            "def get():\n    return import_module(f'shop.{_BACKEND}')\n",
            IT: asks("load.get().X", "from shop import load", "setattr(load, '_BACKEND', 'late')"),
        }
    ),
    "table-of-lazy-modules": shop(
        {
            "shop/__init__.py": "from importlib import import_module\n\n_LAZY = {'soon': 'late'}\n\n\n"
            "def __getattr__(name):\n    return import_module(f'shop.{_LAZY[name]}')\n",
            IT: asks("shop.soon.X", "import shop"),
        }
    ),
    "lazy-modules-in-a-loop": shop(
        {
            "shop/load.py": "from importlib import import_module\n\n\ndef get():\n"
            "    return [import_module(f'.{name}', __package__) for name in ('late',)]\n",
            IT: asks("load.get()[0].X", "from shop import load"),
        }
    ),
    "django-apps": shop(
        {
            "shop/conf.py": "INSTALLED_APPS = ['shop']\n",
            "tests/conftest.py": "from django.conf import settings\n\nfrom shop import conf\n\n"
            "settings.configure(INSTALLED_APPS=conf.INSTALLED_APPS)\n",
            IT: PLAIN,
        },
        needs="django",
    ),
    "celery-includes": shop(
        {
            "shop/app.py": "from celery import Celery\n\nNAME = 'late'\n"
            "app = Celery('shop', include=['shop.' + NAME])\n",
            IT: asks("1", "from shop.app import app", "app.loader.import_default_modules()"),
        },
        needs="celery",
    ),
    "resource-of-setuptools": shop(
        {
            IT: asks(
                "int(b'2' not in resource_string('shop', 'late.py'))",
                "from pkg_resources import resource_string",
            )
        },
        needs="setuptools",
    ),
    "yaml-with-names": shop(
        {
            "tests/all.yaml": "!!python/name:shop.late.X\n",
            IT: asks(
                "yaml.load((pathlib.Path(__file__).parent / 'all.yaml').read_text(), Loader=yaml.Loader)",
                "import pathlib, yaml",
            ),
        },
        needs="pyyaml",
    ),
}

CASES |= setting(
    {
        "by-update": "vars(load).update(_BACKEND='late')",
        "by-update-of-dict": "load.__dict__.update(_BACKEND='late')",
        "by-update-of-globals": "load.get.__globals__.update(_BACKEND='late')",
        "by-a-dict-of-keywords": "load.__dict__.update(\n    dict(\n        # why\n        _BACKEND='late'))",
        "by-a-function": "def put(at, **all):\n    [setattr(at, *one) for one in all.items()]\n\n\n"
        "put(load, _BACKEND='late')",
        "by-a-sum": "setattr(load, '_' + 'BACKEND', 'late')",
        "by-a-longer-sum": "setattr(load, '_BACK' + 'END', 'late')",
        "by-two-strings": "setattr(load, '_BACK' 'END', 'late')",
        "by-an-f-string": "setattr(load, f\"_{'BACKEND'}\", 'late')",
        "by-percent": "setattr(load, '_%s' % 'BACKEND', 'late')",
        "by-format": "setattr(load, '_{}'.format('BACKEND'), 'late')",
        "by-item": "vars(load)['_' + 'BACKEND'] = 'late'",
        "by-patch": "from unittest.mock import patch\n\npatch('shop.load._' + 'BACKEND', 'late').start()",
        "by-all-names": "for name in dir(load):\n    if name.endswith('ACKEND'):\n"
        "        setattr(load, name, 'late')",
        "by-a-name-at-hand": "for name in ('x_BACKEND',):\n    setattr(load, name[1:], 'late')",
        "from-a-class": "class Conf:\n    _BACKEND = 'late'\n\n\nvars(load).update(\n"
        "    {name: value for name, value in vars(Conf).items() if name.endswith('END')})",
        "by-exec": "exec('x = 1; _BACKEND = \"late\"', vars(load))",
        "by-exec-of-lines": "exec('x = 1\\n_BACKEND = \"late\"', vars(load))",
        "by-all-in-a-text": "for at in [load]:\n    for name in 'x _BACKEND'.split()[1:]:\n"
        "        setattr(at, name, 'late')",
        "by-a-function-s-names": "def put(at, names):\n    for name in names:\n"
        "        setattr(at, name, 'late')\n\n\nput(load, 'x _BACKEND'.split()[1:])",
        "by-its-own-setter": "[load.__setattr__(name, 'late') for name in 'x _BACKEND'.split()[1:]]",
        "behind-a-space": "load. _BACKEND = 'late'",
        "by-item-of-what-is-looked-up": "import sys\n\n"
        "sys.modules['shop.load'].__dict__['_' + 'BACKEND'] = 'late'",
    }
)


def apart(files: Mapping[str, str], changed: str) -> Case:
    """Two projects that need nothing of each other: a test of ``libs/a`` goes through what is changed."""
    base = {
        "pyproject.toml": "[tool.pytest-monorepo]\n",
        "libs/a/pyproject.toml": named("a"),
        "libs/a/tests/test_plain.py": PLAIN,
        "libs/b/pyproject.toml": named("b"),
        "libs/b/tests/test_b.py": PLAIN,
        changed: ONE,
        **{f"libs/a/{path}": text for path, text in files.items()},
    }
    return Case(base, frozenset(("libs/a/tests/test_it.py",)), {changed: TWO})


TOP = "ROOT = pathlib.Path(__file__).resolve().parents[3]"
ROWS, CODE = "libs/b/data/rows.json", "libs/b/src/b.py"
# all of the files, but for this one: it says what it looks for
LOOKS = "sum('X = ' + '2' in path.read_text() for path in {}) + 1"
SCAN = "import pathlib\n\n\ndef scan(root):\n    return sorted(pathlib.Path(root).rglob('*.py'))\n"
SCANNER = (
    "class Scanner:\n    def __init__(self, root):\n        self.root = root\n\n"
    "    def files(self):\n        return self.root.glob('**/*.json')\n"
)
PACKS = (
    "def packed():\n    command = ['tar', '-c', '-C', str(ROOT / 'libs'), '.']\n"
    "    found = subprocess.run(command, capture_output=True, check=True).stdout\n"
    "    files = tarfile.open(fileobj=io.BytesIO(found))\n"
    "    return [files.extractfile(one).read() for one in files if one.isfile()]"
)
GOES = (
    f"import pathlib\n\nimport pytest\n\n{TOP}\n\n\n@pytest.fixture(autouse=True)\n"
    "def at_the_top(monkeypatch):\n    monkeypatch.chdir(ROOT)\n"
)
CASES |= {
    "walk-by-tar": apart(
        {
            IT: asks(
                "sum(b'X = ' + b'2' in one for one in packed()) + 1",
                "import io",
                "import pathlib",
                "import subprocess",
                "import tarfile",
                TOP,
                "",
                "",
                PACKS,
            )
        },
        ROWS,
    ),
    "walk-by-find": apart(
        {
            IT: asks(
                LOOKS.format("map(pathlib.Path, FOUND)"),
                "import pathlib",
                "import subprocess",
                TOP,
                "FOUND = subprocess.getoutput(f\"find {ROOT}/libs -name '*.json'\").split()",
            )
        },
        ROWS,
    ),
    "walk-by-a-helper-that-is-told-the-pattern": apart(
        {
            "tests/helper.py": f"import pathlib\n\n{TOP}\n\n\ndef files(pattern):\n"
            "    return sorted(ROOT.rglob(pattern))\n",
            IT: asks(LOOKS.format("files('*.json')"), "from helper import files"),
        },
        ROWS,
    ),
    "walk-by-a-name": apart(
        {IT: asks(LOOKS.format("getattr(ROOT, 'rglob')('*.py')"), "import pathlib", TOP)}, CODE
    ),
    "walk-by-a-name-through-data": apart(
        {IT: asks(LOOKS.format("getattr(ROOT, 'rglob')('rows.*')"), "import pathlib", TOP)}, ROWS
    ),
    "walk-by-a-caller": apart(
        {
            IT: asks(
                LOOKS.format("methodcaller('rglob', '*.py')(ROOT)"),
                "import pathlib",
                "from operator import methodcaller",
                TOP,
            )
        },
        CODE,
    ),
    "walk-where-a-fixture-has-gone": apart(
        {
            "tests/conftest.py": GOES,
            IT: asks(LOOKS.format("pathlib.Path('libs').rglob('*.py')"), "import pathlib"),
        },
        CODE,
    ),
    "walk-through-data-where-a-fixture-has-gone": apart(
        {
            "tests/conftest.py": GOES,
            IT: asks(
                LOOKS.format("map(pathlib.Path, glob.glob('libs/*/data/*.json'))"), "import glob, pathlib"
            ),
        },
        ROWS,
    ),
    "walk-of-a-source-that-is-told-where": apart(
        {"a.py": SCAN, IT: asks(LOOKS.format("scan(ROOT)"), "import pathlib", "from a import scan", TOP)},
        CODE,
    ),
    "walk-of-a-source-s-class": apart(
        {
            "a.py": SCANNER,
            IT: asks(LOOKS.format("a.Scanner(ROOT / 'libs').files()"), "import pathlib", "import a", TOP),
        },
        ROWS,
    ),
    "walk-of-a-source-that-a-fixture-is-handed-to": apart(
        {
            "a.py": SCAN,
            "tests/conftest.py": f"import pathlib\n\nimport pytest\n\n{TOP}\n\n\n"
            "@pytest.fixture\ndef repo_root():\n    return ROOT\n",
            IT: "from a import scan\n\n\ndef test_it(repo_root):\n    assert "
            + LOOKS.format("scan(repo_root)")
            + " == 1\n",
        },
        CODE,
    ),
    "way-up-over-three-files": apart(
        {
            "tests/one.py": f"import pathlib\n\n{TOP}\n",
            "tests/two.py": "from one import ROOT\n\nLIBS = ROOT / 'libs'\n",
            "tests/three.py": "from two import LIBS\n\nBESIDE = LIBS / 'b'\n",
            "tests/four.py": "from three import BESIDE\n\nDATA = BESIDE / 'data'\n",
            IT: asks(LOOKS.format("DATA.glob('*.json')"), "from four import DATA"),
        },
        ROWS,
    ),
}
