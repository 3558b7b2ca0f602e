"""Tests that ask for what our tracer stands before, and find it as it is without."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.run.space import Space

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

TEST = """
import importlib.machinery, linecache, types
def test_lines_of_nothing(): assert linecache.getlines(None) == []
def test_what_is_no_module_is_executed():
    given = types.SimpleNamespace(__name__='late')
    importlib.machinery.SourceFileLoader('late', late.__file__).exec_module(given)
    assert given.x == 1
def test_a_module_without_name(monkeypatch):
    monkeypatch.setenv('XX', '1')
    import nameless
    assert nameless.x == '1'
def test_what_is_set_is_in_all_tables(monkeypatch):
    monkeypatch.setenv('XX', '2')
    assert posix.environ[b'XX'] == os.environb[b'XX'] == b'2' and posix.environ is os.environ._data
    monkeypatch.delenv('XX')
    assert b'XX' not in posix.environ
import late, os, posix
"""


def test_all_pass_as_they_do_untraced(tmp_path: Path) -> None:
    space = Space(tmp_path / "space")
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    space.write({"p/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n", "p/late.py": "x = 1\n"})
    space.write({"p/nameless.py": "import os\nx = os.environ.get('XX')\ndel __name__\n"})
    space.write({"p/tests/test_a.py": TEST, "p/tests/test_b.py": "import late\ndef test(): pass\n"})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        run = space.run("--cached", "--workers=1")
        assert (run.code, "5 passed" in run.out) == (0, True), run.out
