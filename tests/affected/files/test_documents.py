"""A text with doctests that a project's settings name outside of it: its files are told apart beside it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.workspace.trees import named

from .test_files import TEST, Repo, repo, running, uses

__all__ = ["repo"]

FILES = {
    "pyproject.toml": "[tool.pytest-monorepo]\n",
    "docs/intro.md": "Some words.\n\n>>> 1 + 1\n2\n",
    "docs/rows.csv": "1\n",
    "core/pyproject.toml": named("core"),
    "core/core/__init__.py": "",
    "core/core/limits.py": "LIMIT = 1\n",
    "core/core/loads.py": "import os\n\nos.system('x')\n",
    "core/tests/test_core.py": TEST,
    "api/pyproject.toml": named("api", "dependencies = ['core']\n"),
    "api/pytest.ini": "[pytest]\naddopts = --doctest-glob=*.md tests ../docs/intro.md\n",
    "api/tests/test_limits.py": uses("import core.limits"),
    "api/tests/test_more.py": TEST,
}
OUTSIDE = "its settings name docs/intro.md outside of it for tests"
APART = {"test_limits.py"}
LOADER = "from importlib import import_module\n\n_NAME = 'other'\nX = import_module(f'core.{_NAME}')\n"
LENDER = "from unittest.mock import patch as swap\n"


@pytest.mark.parametrize(
    ("text", "more", "found"),
    [
        (">>> 1 + 1\n2\n", {}, APART),
        ("no doctest at all\n", {}, APART),
        ("Import core and try.\n>>> import json\n>>> json.dumps(1)\n'1'\n", {}, APART),
        (">>> from core import limits\n>>> limits.LIMIT\n1\n", {}, OUTSIDE),
        (">>> import json, core.limits\n", {}, OUTSIDE),
        ("::\n\n    from core.limits import *\n", {}, OUTSIDE),
        # what cannot be followed, what loads by a string, what opens files
        (">>> import core.loads\n", {}, OUTSIDE),
        (">>> x = 1; import core.limits\n", {}, OUTSIDE),
        (">>> __import__('core.limits')\n", {}, OUTSIDE),
        (">>> from core import (\n...     limits)\n", {}, OUTSIDE),
        (">>> from .core import limits\n", {}, OUTSIDE),
        (">>> open('pyproject.toml')\n", {}, OUTSIDE),
        (">>> getfixture('limits')\n", {}, OUTSIDE),
        (">>> import pytest\n>>> core = pytest.importorskip('core.limits')\n", {}, OUTSIDE),
        (">>> import unittest.mock as m\n>>> m.patch('core.limits.LIMIT').start()\n", {}, OUTSIDE),
        (">>> import runpy\n>>> runpy.run_module('core.limits')\n", {}, OUTSIDE),
        (">>> import sys\n>>> sys.modules['core.limits']\n", {}, OUTSIDE),
        (">>> import subprocess\n>>> subprocess.run(['python', '-m', 'core.limits'])\n", {}, OUTSIDE),
        (">>> import codecs\n>>> codecs.lookup('../core/core/limits.py')\n", {}, OUTSIDE),
        # a private name from which a module takes what it loads, patches by another name, frameworks
        (">>> from core import load\n>>> load._NAME = 'limits'\n", {"core/core/load.py": LOADER}, OUTSIDE),
        (
            ">>> from core.lends import swap\n>>> swap(f'core.{N}.X', 3)\n",
            {"core/core/lends.py": LENDER},
            OUTSIDE,
        ),
        (">>> import stevedore\n>>> stevedore.ExtensionManager('core')\n", {}, OUTSIDE),
        (">>> import sh\n>>> sh.core_tool()\n", {}, OUTSIDE),
        (">>> import some\n>>> some.get('core.limits')\n", {}, OUTSIDE),
        # other spellings
        (">>> from core.limits \\\n... import LIMIT\n", {}, OUTSIDE),
        ("Old\r>>> import core.limits\r", {}, OUTSIDE),
        (">>> import core.limits\n".encode("utf-16-be").decode(), {}, OUTSIDE),
        (">>> import builtins\n>>> builtins.eval\n", {}, OUTSIDE),
        ("open, eval: all of os\n>>> 1 + 1\n2\n", {}, APART),
        ("::\n\n    try: import core.limits\n", {}, OUTSIDE),
        # a conftest of another chain
        (">>> 1 + 1\n2\n", {"docs/conftest.py": ""}, OUTSIDE),
    ],
)
def test_what_a_text_outside_may_see(repo: Repo, text: str, more: Mapping[str, str], found: object) -> None:
    repo.commit({**FILES, **more, "docs/intro.md": text})
    assert running(repo.after({"core/core/limits.py": "LIMIT = 2\n"}))["api"] == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("../docs", "its settings name docs outside of it for tests"),
        ("../core/core/limits.py", "its settings name core/core/limits.py outside of it for tests"),
        ("../docs/ignored.md", "its settings name docs/ignored.md outside of it for tests"),
        ("../docs/gone.md", APART),
        ("../docs/all.md", "its settings name docs/all.md outside of it for tests"),
    ],
)
def test_what_else_lies_outside_is_for_all(repo: Repo, where: str, found: object) -> None:
    settings = {"api/pytest.ini": f"[pytest]\naddopts = tests {where}\n", ".gitignore": "ig*"}
    repo.commit({**FILES, **settings, "docs/all.md/x.md": ">>> import core.limits\n"})
    (repo.root / "docs/ignored.md").write_text(">>> import core.limits\n")
    assert running(repo.after({"core/core/limits.py": "LIMIT = 2\n"}))["api"] == found


@pytest.mark.parametrize("change", [{"docs/intro.md": ">>> 2\n3\n"}, {"docs/intro.md": None}])
def test_its_own_change_is_for_all(repo: Repo, change: Mapping[str, str | None]) -> None:
    repo.commit(FILES)
    assert isinstance(running(repo.after({**change, "core/core/limits.py": "LIMIT = 2\n"}))["api"], str)


def test_a_data_file_whose_kind_it_names(repo: Repo) -> None:
    text = ">>> import pandas\n>>> pandas.table('rows.csv')\n"
    files = {**FILES, "docs/intro.md": text, "api/tests/test_more.py": uses("X = open('docs/rows.csv')")}
    repo.commit(files)
    found = running(repo.after({"docs/rows.csv": "2\n", "core/core/limits.py": "LIMIT = 2\n"}))
    assert found["api"] == OUTSIDE


def test_without_files_of_its_own_it_runs(repo: Repo) -> None:
    files = {path: text for path, text in FILES.items() if not path.startswith("api/tests")}
    repo.commit({**files, "api/pytest.ini": "[pytest]\naddopts = --doctest-glob=*.md ../docs/intro.md\n"})
    assert running(repo.after({"core/core/limits.py": "LIMIT = 2\n"}))["api"] == OUTSIDE
