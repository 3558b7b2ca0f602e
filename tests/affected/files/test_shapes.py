"""Workspaces after the shape of each kind there is, each with its table of change → test files that run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.workspace.trees import named

from .test_files import TEST, Repo, running, uses

Rows = Mapping[str, set[str]]

# one root project with 200 test files, each of one module, and ten of them together by one more
MANY = {
    "pyproject.toml": named("shop"),
    "shop/__init__.py": "",
    "shop/base.py": "",
    **{f"shop/m{number:03}.py": "from shop import base\n" if number < 10 else "" for number in range(200)},
    **{f"tests/test_{number:03}.py": uses(f"import shop.m{number:03}") for number in range(200)},
}
MANY_ROWS: Rows = {
    "shop/m042.py": {"test_042.py"},
    "shop/base.py": {f"test_{number:03}.py" for number in range(10)},
    "tests/test_199.py": {"test_199.py"},
}

# an __init__ that exports what its modules have: whoever imports the package reaches all of them
EXPORTS = {
    "pyproject.toml": named("shop"),
    "shop/__init__.py": "from shop.cart import Cart\nfrom .price import *\n",
    "shop/cart.py": "from shop.rules import RULES\n\n\nclass Cart: ...\n",
    "shop/price.py": "",
    "shop/rules.py": "RULES = ()\n",
    "shop/cli.py": "",
    "other/__init__.py": "",
    "other/thing.py": "",
    "tests/test_package.py": uses("from shop import Cart"),
    "tests/test_price.py": uses("from shop.price import *"),
    "tests/test_cli.py": uses("import shop.cli"),
    "tests/test_other.py": uses("import other.thing"),
}
IN_SHOP = {"test_package.py", "test_price.py", "test_cli.py"}
EXPORTS_ROWS: Rows = {
    "shop/rules.py": IN_SHOP,
    "shop/price.py": IN_SHOP,
    "shop/cli.py": {"test_cli.py"},
    "shop/__init__.py": IN_SHOP,
    "other/thing.py": {"test_other.py"},
}

# plugins by names in a table, by a decorator's import, and by what a folder holds
REGISTRY = {
    "pyproject.toml": named("shop"),
    "shop/__init__.py": "",
    "shop/table.py": "PLUGINS = {'csv': 'shop.plugins.csv:Reader'}\n",
    "shop/load.py": "from importlib import import_module\n\nfrom shop.table import PLUGINS\n\n\n"
    "def load(kind):\n    return import_module(PLUGINS[kind].partition(':')[0])\n",
    "shop/found.py": "import pkgutil\n\nimport shop.plugins\n\n"
    "FOUND = [found.name for found in pkgutil.iter_modules(shop.plugins.__path__)]\n",
    "shop/hooks.py": "KNOWN = []\n\n\ndef register(one):\n    KNOWN.append(one)\n    return one\n",
    "shop/plugins/__init__.py": "",
    "shop/plugins/csv.py": "class Reader: ...\n",
    "shop/plugins/xml.py": "from shop.hooks import register\n\n\n@register\nclass Reader: ...\n",
    "shop/plain.py": "",
    "tests/test_load.py": uses("from shop.load import load"),
    "tests/test_found.py": uses("from shop import found"),
    "tests/test_hooks.py": uses("import shop.plugins.xml", "from shop.hooks import KNOWN"),
    "tests/test_table.py": uses("from shop import table"),
    "tests/test_plain.py": uses("import shop.plain"),
}
# what loads by computed names, or lists a folder, runs whatever changed
ALWAYS = {"test_load.py", "test_found.py"}
REGISTRY_ROWS: Rows = {
    "shop/plugins/csv.py": ALWAYS | {"test_table.py"},
    "shop/plugins/xml.py": ALWAYS | {"test_hooks.py"},
    "shop/hooks.py": ALWAYS | {"test_hooks.py"},
    "shop/plain.py": ALWAYS | {"test_plain.py"},
    "shop/plugins/__init__.py": ALWAYS | {"test_table.py", "test_hooks.py"},
}

# circles over three modules, one of them closed in a function, and a way in from outside
CIRCLES = {
    "pyproject.toml": named("shop"),
    "shop/__init__.py": "",
    "shop/a.py": "from shop import b\n",
    "shop/b.py": "def late():\n    from shop import c\n    return c\n",
    "shop/c.py": "import shop.a\nimport shop.deep\n",
    "shop/deep.py": "",
    "shop/alone.py": "def load():\n    import shop.far as far\n    return far\n",
    "shop/far.py": "",
    "tests/test_a.py": uses("from shop.a import x"),
    "tests/test_c.py": uses("from shop.c import x"),
    "tests/test_alone.py": uses("import shop.alone"),
}
CIRCLES_ROWS: Rows = {
    "shop/a.py": {"test_a.py", "test_c.py"},
    "shop/b.py": {"test_a.py", "test_c.py"},
    "shop/deep.py": {"test_a.py", "test_c.py"},
    "shop/far.py": {"test_alone.py"},
    "shop/alone.py": {"test_alone.py"},
}

# a package without __init__ in three folders of one project
NAMESPACE = {
    "pyproject.toml": named("shop", "[tool.pytest.ini_options]\npythonpath = ['one', 'two']\n"),
    "one/ns/low.py": "",
    "one/ns/part/__init__.py": "",
    "two/ns/high.py": "from ns import low\n",
    "two/ns/near.py": "from . import low\n",
    "two/ns/part/more.py": "",
    "tests/test_high.py": uses("from ns import high"),
    "tests/test_near.py": uses("import ns.near"),
    "tests/test_part.py": uses("import ns.part"),
    "tests/test_none.py": TEST,
}
NAMESPACE_ROWS: Rows = {
    "one/ns/low.py": {"test_high.py", "test_near.py"},
    "two/ns/high.py": {"test_high.py"},
    "one/ns/part/__init__.py": {"test_part.py"},
}

# code that the build installs under other names than its folders': a folder, one below a name, a file
RENAMED = {
    "pyproject.toml": named(
        "shop",
        "[tool.setuptools.package-dir]\nshop = 'lib'\n"
        "[tool.hatch.build.targets.wheel.force-include]\n'one/impl.py' = 'single.py'\n"
        "[[tool.poetry.packages]]\ninclude = 'part'\nfrom = 'two'\nto = 'ns'\n",
    ),
    "lib/__init__.py": "",
    "lib/cart.py": "",
    "lib/price.py": "",
    "one/impl.py": "",
    "two/part/deep.py": "",
    "tests/test_cart.py": uses("from shop.cart import x"),
    "tests/test_price.py": uses("from shop import price"),
    "tests/test_single.py": uses("import single"),
    "tests/test_deep.py": uses("from ns.part import deep"),
    "tests/test_space.py": uses("import ns"),
    "tests/test_none.py": TEST,
}
RENAMED_ROWS: Rows = {
    "lib/cart.py": {"test_cart.py"},
    "lib/price.py": {"test_price.py"},
    "lib/__init__.py": {"test_cart.py", "test_price.py"},
    "one/impl.py": {"test_single.py"},
    "two/part/deep.py": {"test_deep.py", "test_space.py"},
}


@pytest.mark.parametrize(
    ("files", "rows"),
    [
        pytest.param(MANY, MANY_ROWS, id="200 test files"),
        pytest.param(EXPORTS, EXPORTS_ROWS, id="exporting __init__"),
        pytest.param(REGISTRY, REGISTRY_ROWS, id="registries"),
        pytest.param(CIRCLES, CIRCLES_ROWS, id="circles, lazy imports"),
        pytest.param(NAMESPACE, NAMESPACE_ROWS, id="namespace"),
        pytest.param(RENAMED, RENAMED_ROWS, id="renamed by the build"),
    ],
)
def test_a_shape(tmp_path: Path, files: Mapping[str, str], rows: Rows) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    repo = Repo(root)
    repo.commit(files)
    cache = tmp_path / "kept" / "imports"
    found = {path: running(repo.after({path: files[path] + "\nX = 1\n"}, cache))["."] for path in rows}
    assert found == rows
