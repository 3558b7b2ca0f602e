"""Tests that ask for what our tracer stands before, and find it as it is without."""

from __future__ import annotations

import re
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


FAILING = """
import importlib, locale, logging, os, pathlib, shutil, socket, sqlite3, subprocess, threading, time, uuid
import pytest
def test_open(): open("missing")
def test_read(): os.open("missing", os.O_RDONLY)
def test_path(): pathlib.Path("missing").read_text()
def test_state(): os.stat("missing")
def test_listing(): os.listdir("missing")
def test_scan(): os.scandir("missing")
def test_folder(): os.chdir("missing")
def test_link(): os.readlink("missing")
def test_copy(): shutil.copy("missing", "other")
def test_child(): subprocess.run(["missing-program"])
def test_database(): sqlite3.connect("missing/folder")
def test_statement(): sqlite3.connect(":memory:").execute("select x")
def test_socket(): socket.socket().connect(("127.0.0.1", "x"))
def test_logger(): logging.getLogger("x").manager.getLogger(5)
def test_wait(): time.sleep(-1)
def test_locale(): locale.setlocale(locale.LC_ALL, "missing")
def test_by_name(): importlib.import_module("missing_x")
def test_import(): import missing_x
def test_broken(): import broken
def test_refused(): import refused
@pytest.fixture
def opened(): open("missing")
def test_fixture(opened): pass
"""
NOT_COLLECTED = {
    "p/tests/test_b.py": "import taking",
    "p/tests/test_c.py": "open('missing')",
    "p/tests/test_d.py": "import broken",
    "p/tests/test_e.py": "def f(:",
    "p/tests/test_f.py": "import missing_x",
    "p/taking.py": "import missing_x",
    "p/broken.py": "def f():\n    raise ValueError('broken')\nf()",
    "p/refused.py": "import os\nos.stat('missing')",
}


@pytest.mark.parametrize("style", ["auto", "long", "short"])
def test_failures_and_errors_are_told_as_they_are_untraced(tmp_path: Path, style: str) -> None:
    space = Space(tmp_path / "space")
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n", "p/tests/test_a.py": FAILING, **NOT_COLLECTED})
    space.write({"p/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n"})
    options = ("--workers=1", f"--tb={style}", "--continue-on-collection-errors", "-p", "no:cacheprovider")

    def told(*more: str) -> list[str]:
        out = space.run(*options, *more).out
        # what a number or an address is, or how long it took, differs from run to run
        return re.sub(r"0x[0-9a-f]+|[0-9.]+s(?= =)|^=+|=+(?=$)", "", out, flags=re.M).splitlines()

    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        plain, traced = told(), told("--cached")
    assert "ERROR p/tests/test_c.py" in "\n".join(plain)
    assert traced == plain
