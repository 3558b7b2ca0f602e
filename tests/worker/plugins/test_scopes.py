"""Which files have something that is set up once for several of their tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.plugins.scopes import Scopes

FIXTURES = """
import pytest

@pytest.fixture
def each(): pass

@pytest.fixture(scope="session")
def once(): pass

@pytest.fixture(scope="module")
def shared(): pass

@pytest.fixture(scope="class")
def classy(): pass

@pytest.fixture(scope=lambda fixture_name, config: "module")
def late(): pass

@pytest.fixture
def needs(shared): pass
"""
OTHERS = """
import pytest

class Odd(pytest.Item):
    def runtest(self): pass

class Box(pytest.Class):
    def setup(self): pass

def pytest_pycollect_makeitem(collector, name, obj):
    if name == "odd":
        return Odd.from_parent(collector, name=name)
    if name == "TestBox":
        return Box.from_parent(collector, name=name, obj=obj)
"""
CASE = "import unittest\nclass TestIt(unittest.TestCase):\n    def test_a(self): pass\n"
CLASS = "class TestIt:\n    def test_a(self): pass\n"
FREE = {
    "nothing": "def test_a(): pass",
    "each": "def test_a(each, tmp_path, tmp_path_factory, monkeypatch): pass",
    "defined": FIXTURES + "def test_a(each): pass",
    "function": "def setup_function(): pass\ndef test_a(): pass",
    "method": CLASS + "    def setup_method(self): pass",
    "case": CASE + "    def setUp(self): pass",
    "parameters": "import pytest\n@pytest.mark.parametrize('n', [1, 2])\ndef test_a(n): pass",
}
BOUND = {
    "shared": "def test_a(shared): pass",
    "once": "def test_a(once): pass",
    "classy": "def test_a(classy): pass",
    "late": "def test_a(late): pass",
    "needs": "def test_a(needs): pass",
    "asked": "def test_a(request): request.getfixturevalue('shared')",
    "marked": "import pytest\n@pytest.mark.usefixtures('shared')\ndef test_a(): pass",
    "auto": "import pytest\n@pytest.fixture(scope='module', autouse=True)\ndef x(): pass\ndef test_a(): pass",
    "fails": "import pytest\n@pytest.fixture(scope='module')\ndef x(): assert 0\ndef test_a(x): pass",
    "module": "def setup_module(): pass\ndef test_a(): pass",
    "torn": "def teardown_module(): pass\ndef test_a(): pass",
    "xclass": CLASS + "    @classmethod\n    def setup_class(cls): pass",
    "xcase": CASE + "    @classmethod\n    def setUpClass(cls): pass",
    "tcase": CASE + "    @classmethod\n    def tearDownClass(cls): pass",
    "mixed": "import unittest\nclass M:\n    @classmethod\n    def setUpClass(cls): pass\n"
    "class TestIt(M, unittest.TestCase):\n    def test_a(self): pass",
    "umodule": "def setUpModule(): pass\n" + CASE,
    "item": "def test_a(): pass\nodd = 1",
    "box": "class TestBox:\n    def test_a(self): pass",
}


def told(pytester: pytest.Pytester, *files: str) -> list[str]:
    said: list[Any] = []
    current: list[str] = []

    class Current:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_logstart(self, nodeid: str) -> None:
            current[:] = ["p/" + nodeid]

    scopes = Scopes(said.append, lambda: current[0], lambda nodeid: "p/" + nodeid)
    pytester.inline_run("-p", "no:monorepo", *files, plugins=[Current(), scopes])
    assert all(isinstance(message, protocol.Bound) for message in said)
    return [file for message in said for file in message.files]


def test_what_is_used_counts_and_not_what_is_only_there(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(FIXTURES + OTHERS)
    files = {f"test_{name}.py": text for name, text in {**FREE, **BOUND}.items()}
    for name, text in files.items():
        Path(pytester.path, name).write_text(text + "\n")
    found = told(pytester)
    assert sorted(found) == sorted(f"p/test_{name}.py" for name in BOUND)


def test_what_a_package_has_is_there_for_the_files_after(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import pytest\n@pytest.fixture(scope='package')\ndef wide(): pass\n")
    pytester.makepyfile(test_a="def test_a(wide): pass\n", test_b="def test_b(wide): pass\n")
    assert told(pytester) == [""]
