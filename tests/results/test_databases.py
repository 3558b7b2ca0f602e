"""SQLite reads by itself: what it does in memory and in the tests' own files is kept, and nothing else."""

from __future__ import annotations

import sqlite3
import sys

import pytest

from tests.run.space import Space, replayed

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info < (3, 10), reason="no event hands over the connection"
)

KEPT = {
    "memory": "sqlite3.connect(':memory:').execute('select 1')",
    "shared": "fill('file:x?mode=memory&cache=shared', uri=True)",
    "address": "fill('file:x?mode=memory', uri=True); fill('file::memory:?cache=shared', uri=True)",
    "own": "fill(tmp_path / 'own.db')",
    "relative": "monkeypatch.chdir(tmp_path); fill('own.db')",
    "attached": "fill(tmp_path / 'one.db').execute(f\"attach '{tmp_path / 'two.db'}' as two\")",
    "vacuum": "fill(tmp_path / 'one.db').execute(f\"vacuum into '{tmp_path / 'two.db'}'\")",
    "backup": "fill(tmp_path / 'one.db').backup(sqlite3.connect(':memory:'))",
    "class": "sqlite3.connect(':memory:', factory=Connection).execute('select 1')",
    "pragma": "fill(tmp_path / 'one.db').execute('pragma journal_mode=wal')",
    "garbage": "import gc; held = [sqlite3.connect(':memory:')]; held.append(held); del held;"
    " gc.set_threshold(1); sqlite3.connect(':memory:'); gc.set_threshold(700)",
    "held": "Holder().connect(':memory:')",
    "closed": "fill(tmp_path / 'one.db').close()",
    "written": "(tmp_path / 'one.db').write_bytes(b''); fill(tmp_path / 'one.db')",
}
NOT_KEPT = {
    "outside": ("fill(HERE / 'x.db')", "which reads .*/x.db by itself"),
    "new": ("fill(HERE / 'new.db')", "which reads .*/new.db by itself"),
    "attach": ("memory().execute(f\"attach '{HERE / 'x.db'}' as x\")", "which reads .*/x.db by itself"),
    "parameter": ("memory().execute('attach ? as x', (str(HERE / 'x.db'),))", "by a name that is not told"),
    "relative": ("memory().execute(\"attach 'x.db' as x\")", "from where it stands"),
    "address": ("sqlite3.connect(f'file:{HERE}/x.db?mode=ro', uri=True)", "with the address"),
    "named": ("monkeypatch.chdir(tmp_path); fill('file:x?mode=memory')", "with the address"),
    "opened": ("fill(f'file:{HERE}/x.db?cache=shared&mode=memory', uri=True)", "with the address"),
    "attached": ("memory().execute(\"attach 'file:x?mode=memory' as x\")", "with the address"),
    "imported": (
        "held = fill('file:x?mode=memory&cache=shared', uri=True); (tmp_path / 'asks.py').write_text("
        "'import sqlite3; sqlite3.connect(\\'file:x?mode=memory&cache=shared\\', uri=True)'"
        "'.execute(\\'select a from t\\')'); monkeypatch.syspath_prepend(tmp_path); import asks",
        "while a module is imported",
    ),
    "link": ("(tmp_path / 'l.db').symlink_to(HERE / 'x.db'); fill(tmp_path / 'l.db')", "which reads"),
    "folder": ("(tmp_path / 'l').symlink_to(HERE); fill(tmp_path / 'l' / 'x.db')", "which reads"),
    "authorizer": ("memory().set_authorizer(lambda *words: 0)", "an authorizer of its own"),
    "handed": ("call(memory().set_authorizer, None)", "an authorizer of its own"),
    "factory": ("sqlite3.connect(':memory:', factory=lambda *w, **f: Connection(*w, **f))", "not traced"),
    "extension": ("import sys; sys.audit('sqlite3.load_extension', memory(), 'x')", "loads an extension"),
    "class": ("Connection(':memory:').execute(f\"attach '{HERE / 'x.db'}' as x\")", "that is not traced"),
    "beginning": ("sqlite3.connect(':memory:', factory=Own)", "that is not traced"),
    "heap": ("memory().execute('pragma soft_heap_limit=0')", "soft_heap_limit"),
    "clock": ("memory().execute(\"select datetime('now')\")", "SQLite tells the time"),
    "chance": ("memory().execute('select * from t order by random()')", "SQLite tells the time"),
    "view": ("memory().execute('create view w as select random()').execute('select * from w')", "SQLite"),
    "default": ("memory().execute('create table u (a, b DEFAULT CURRENT_TIMESTAMP)')", "current_timestamp"),
    "vacuum": ("memory().execute(f\"vacuum into '{HERE / 'made.db'}'\")", "which reads .*/made.db by itself"),
}
TEST = """
import sqlite3
from pathlib import Path

HERE = Path(__file__).parent

class Connection(sqlite3.Connection):
    def set_authorizer(self, *words): raise AssertionError

class Own(sqlite3.Connection):
    def __init__(self, *words, **further):
        super().__init__(*words, **further)
        self.execute(f"attach '{HERE / 'x.db'}' as x")

class Holder:
    connect = sqlite3.connect

def call(function, *words): function(*words)

def fill(path, **words):
    connection = sqlite3.connect(path, **words)
    connection.execute("create table if not exists t (a)")
    connection.execute("insert into t values (1)")
    connection.commit()
    return connection

def memory():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (a)")
    return connection

def test(tmp_path, monkeypatch):
    {code}
"""


def test_what_lies_in_memory_or_in_the_tests_own_files_is_replayed(space: Space) -> None:
    space.projects({f"libs/{name}": TEST.replace("{code}", code) for name, code in KEPT.items()})
    first = space.run("--cached", "--cached-explain")
    assert first.code == 0, first.out
    assert replayed(space.run("--cached")) == len(KEPT), first.out


@pytest.mark.slow
def test_all_else_is_not_and_is_named(space: Space) -> None:
    space.projects({f"libs/{name}": TEST.replace("{code}", code) for name, (code, _) in NOT_KEPT.items()})
    for name in NOT_KEPT:
        with sqlite3.connect(space.root / f"libs/{name}/tests/x.db") as connection:
            connection.execute("create table t (a)")
        connection.close()
    first = space.run("--cached", "--cached-explain")
    assert first.code == 0, first.out
    first.has(*(rf"^libs/{name} runs: .*{why}" for name, (_, why) in sorted(NOT_KEPT.items())))
    assert replayed(space.run("--cached")) == 0


def test_who_reads_what_another_file_has_written_natively_is_one_with_it(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    space.write(
        {
            "libs/a/tests/conftest.py": "import pytest\n"
            "@pytest.fixture(scope='session')\n"
            "def path(tmp_path_factory): return tmp_path_factory.mktemp('shared') / 'shared.db'\n",
            "libs/a/tests/test_one.py": "import sqlite3\n"
            "from a_value import VALUE\n"
            "def test(path):\n"
            "    with sqlite3.connect(path) as c:\n"
            "        c.execute('create table t (a)')\n"
            "        c.execute('insert into t values (?)', (VALUE,))\n",
            "libs/a/tests/test_two.py": "import sqlite3\n"
            "def test(path):\n"
            "    assert sqlite3.connect(path).execute('select a from t').fetchone() == (1,)\n",
            "libs/a/a_value.py": "VALUE = 1\n",
            "libs/a/pyproject.toml": "[project]\nname = 'a'\nversion = '1'\n"
            "[tool.pytest.ini_options]\npythonpath = '.'\ntestpaths = 'tests'\n",
        }
    )
    words = ("--cached", "--workers=1")
    assert space.run(*words).code == 0
    assert replayed(space.run(*words)) == 3
    space.write({"libs/a/a_value.py": "VALUE = 2\n"})
    last = space.run(*words)
    assert (last.code, last.counts["failed"]) == (1, 1), last.out


def test_a_module_that_keeps_a_connection_is_one_with_all_that_see_it(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    space.write(
        {
            "libs/a/kept.py": "import sqlite3\n"
            "HELD = sqlite3.connect(':memory:')\n"
            "HELD.execute('create table t (a)')\n",
            "libs/a/tests/test_one.py": "import kept\n"
            "N = 1\n"
            "def test(): kept.HELD.executemany('insert into t values (?)', [(1,)] * N)\n",
            "libs/a/tests/test_two.py": "import kept\n"
            "def test(): assert len(kept.HELD.execute('select * from t').fetchall()) == 1\n",
            "libs/a/pyproject.toml": "[project]\nname = 'a'\nversion = '1'\n"
            "[tool.pytest.ini_options]\npythonpath = '.'\ntestpaths = 'tests'\n",
        }
    )
    words = ("--cached", "--workers=1")
    assert space.run(*words).code == 0
    assert replayed(space.run(*words)) == 3
    one = (space.root / "libs/a/tests/test_one.py").read_text()
    space.write({"libs/a/tests/test_one.py": one.replace("N = 1", "N = 2")})
    last = space.run(*words)
    assert (last.code, last.counts["failed"]) == (1, 1), last.out


def test_a_connection_that_pytests_config_holds_is_one_with_all_that_see_it(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    space.write(
        {
            "libs/a/tests/conftest.py": "import sqlite3\n"
            "def pytest_configure(config):\n"
            "    config.held = sqlite3.connect(':memory:')\n"
            "    config.held.execute('create table t (a)')\n",
            "libs/a/tests/test_one.py": "N = 1\n"
            "def test(pytestconfig):\n"
            "    pytestconfig.held.executemany('insert into t values (?)', [(1,)] * N)\n",
            "libs/a/tests/test_two.py": "def test(pytestconfig):\n"
            "    assert len(pytestconfig.held.execute('select * from t').fetchall()) == 1\n",
        }
    )
    words = ("--cached", "--workers=1")
    assert space.run(*words).code == 0
    assert replayed(space.run(*words)) == 3
    one = (space.root / "libs/a/tests/test_one.py").read_text()
    space.write({"libs/a/tests/test_one.py": one.replace("N = 1", "N = 2")})
    last = space.run(*words)
    assert (last.code, last.counts["failed"]) == (1, 1), last.out
