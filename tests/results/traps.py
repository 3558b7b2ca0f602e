"""Inputs of every kind that can change, each as a project whose test must then run and fail."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

Change = Callable[[Path], None]


@dataclass(frozen=True)
class Trap:
    """``test`` passes until ``change`` (given the project's folder) and ``variables`` come.

    ``kept``: whether the first run's result may be replayed before that at all.
    """

    name: str
    test: str
    change: Change = lambda folder: None
    files: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    kept: bool = True
    make: Change = lambda folder: None


def written(path: str, text: str = "2") -> Change:
    """A file gets another content, or comes to be."""

    def change(folder: Path) -> None:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")

    return change


def removed(path: str) -> Change:
    return lambda folder: (folder / path).unlink()


def linked(path: str, target: str) -> Change:
    def change(folder: Path) -> None:
        if (folder / path).is_symlink():
            (folder / path).unlink()
        (folder / path).symlink_to(target)

    return change


def package(name: str, version: str) -> Change:
    return written(
        f"site/{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    )


INI = "[tool.pytest.ini_options]\npythonpath = ['.', 'site']\n"

TRAPS = (
    Trap(
        "function",
        "import code_of_it\ndef test(): assert code_of_it.f() == 1",
        written("code_of_it.py", "def f(): return 2"),
        {"code_of_it.py": "def f(): return 1"},
    ),
    Trap(
        "constant-behind-two-imports",
        "import first\ndef test(): assert first.second.limit == 1",
        written("second.py", "limit = 2"),
        {"first.py": "import second", "second.py": "limit = 1"},
    ),
    Trap("the-test-itself", "def test(): assert True", written("tests/test_it.py", "def test(): assert 0")),
    Trap(
        "data-outside",
        "def test(): assert open('../data-outside.txt').read() == '1'",
        written("../data-outside.txt"),
        make=written("../data-outside.txt", "1"),
    ),
    Trap(
        "data-by-descriptor-of-folder",
        """
        import os
        def test():
            folder = os.open('data', os.O_RDONLY)
            assert os.read(os.open('x', os.O_RDONLY, dir_fd=folder), 9) == b'1'
        """,
        written("data/x"),
        {"data/x": "1"},
    ),
    Trap(
        "data-behind-own-link",
        """
        import os
        def test(tmp_path):
            (tmp_path / 'link').symlink_to(os.path.abspath('data'))
            assert (tmp_path / 'link' / 'x').read_text() == '1'
        """,
        written("data/x"),
        {"data/x": "1"},
    ),
    Trap(
        "data-copied",
        """
        import shutil
        def test(tmp_path):
            shutil.copytree('data', tmp_path / 'copy')
            assert (tmp_path / 'copy' / 'x').read_text() == '1'
        """,
        written("data/x"),
        {"data/x": "1"},
    ),
    Trap(
        "data-hard-linked",
        """
        import os
        def test(tmp_path):
            os.link('x', tmp_path / 'x')
            assert (tmp_path / 'x').read_text() == '1'
        """,
        written("x"),
        {"x": "1"},
        kept=False,
    ),
    Trap(
        "data-mapped",
        """
        import mmap, os
        def test():
            fd = os.open('x', os.O_RDONLY)
            with mmap.mmap(fd, 0, access=mmap.ACCESS_READ) as view:
                assert view[:] == b'1'
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "sqlite",
        """
        import sqlite3
        def test():
            assert sqlite3.connect('x.db').execute('select v from t').fetchone() == (1,)
        """,
        lambda folder: database(folder / "x.db", 2),
        make=lambda folder: database(folder / "x.db", 1),
        kept=False,
    ),
    Trap(
        "sqlite-attach",
        """
        import sqlite3
        def test():
            connection = sqlite3.connect(':memory:')
            connection.execute("attach 'x.db' as x")
            assert connection.execute('select v from x.t').fetchone() == (1,)
        """,
        lambda folder: database(folder / "x.db", 2),
        make=lambda folder: database(folder / "x.db", 1),
        kept=False,
    ),
    Trap(
        "ctypes",
        """
        import ctypes, ctypes.util
        def test():
            libc = ctypes.CDLL(None)
            libc.fopen.restype = ctypes.c_void_p
            stream = libc.fopen(b'x', b'r')
            assert libc.fgetc(ctypes.c_void_p(stream)) == ord('1')
        """,
        written("x"),
        {"x": "1"},
        kept=False,
    ),
    Trap(
        "child",
        """
        import subprocess
        def test(): assert subprocess.check_output(['head', '-c', '1', 'x']) == b'1'
        """,
        written("x"),
        {"x": "1"},
        kept=False,
    ),
    Trap(
        "system",
        "import os\ndef test(): assert os.system('grep -q 1 x') == 0",
        written("x"),
        {"x": "1"},
        kept=False,
    ),
    Trap(
        "thread",
        """
        import threading
        found = []
        def read(): found.append(open('x').read())
        def test():
            thread = threading.Thread(target=read)
            thread.start()
            thread.join()
            assert found == ['1']
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "multiprocessing-fork",
        """
        import multiprocessing, reader
        def test():
            with multiprocessing.get_context('fork').Pool(1) as pool:
                assert pool.apply(reader.read) == '1'
                # else the end of the pool may kill it before it has told what it read, and nothing is kept
                pool.close()
                pool.join()
        """,
        written("x"),
        {"x": "1", "reader.py": "def read(): return open('x').read()"},
    ),
    Trap(
        "multiprocessing-spawn",
        """
        import multiprocessing, reader
        def test():
            with multiprocessing.get_context('spawn').Pool(1) as pool:
                assert pool.apply(reader.read) == '1'
        """,
        written("x"),
        {"x": "1", "reader.py": "def read(): return open('x').read()"},
        kept=False,
    ),
    Trap(
        "size",
        "import os\ndef test(): assert os.path.getsize('x') == 1",
        written("x", "12"),
        {"x": "1"},
    ),
    Trap(
        "size-of-a-scan",
        "import os\ndef test(): assert [e.stat().st_size for e in os.scandir('data')] == [1]",
        written("data/x", "12"),
        {"data/x": "1"},
    ),
    Trap(
        "size-by-descriptor",
        "import os\ndef test():\n    with open('x') as f: assert os.fstat(f.fileno()).st_size == 1",
        written("x", "12"),
        {"x": "1"},
    ),
    Trap(
        "mode",
        "import os\ndef test(): assert not os.stat('x').st_mode & 0o111",
        lambda folder: os.chmod(folder / "x", 0o755),
        {"x": "1"},
    ),
    Trap(
        "access",
        "import os\ndef test(): assert not os.access('x', os.X_OK)",
        lambda folder: os.chmod(folder / "x", 0o755),
        {"x": "1"},
    ),
    Trap(
        "mtime",
        "import os\ndef test(): assert os.path.getmtime('x') > 1000",
        lambda folder: os.utime(folder / "x", (5, 5)),
        {"x": "1"},
    ),
    Trap("existence", "import os\ndef test(): assert not os.path.exists('x')", written("x"), {}),
    Trap(
        "existence-by-pathlib",
        "import pathlib\ndef test(): assert not pathlib.Path('x').is_file()",
        written("x"),
    ),
    Trap(
        "existence-by-trying",
        """
        import pytest
        def test():
            with pytest.raises(FileNotFoundError):
                open('x')
        """,
        written("x"),
    ),
    Trap(
        "gone",
        "import os\ndef test(): assert os.path.exists('x')",
        removed("x"),
        {"x": "1"},
    ),
    Trap(
        "link",
        "import os\ndef test(): assert os.readlink('x') == 'a'",
        linked("x", "b"),
        {"a": "1", "b": "1"},
        make=linked("x", "a"),
    ),
    Trap(
        "link-resolved",
        "import pathlib\ndef test(): assert pathlib.Path('x').resolve().name == 'a'",
        linked("x", "b"),
        {"a": "1", "b": "1"},
        make=linked("x", "a"),
    ),
    Trap(
        "listing",
        "import os\ndef test(): assert os.listdir('data') == ['x']",
        written("data/y"),
        {"data/x": ""},
    ),
    Trap(
        "glob",
        "import glob\ndef test(): assert len(glob.glob('data/**/*.txt', recursive=True)) == 1",
        written("data/deep/y.txt"),
        {"data/deep/x.txt": ""},
    ),
    Trap(
        "rglob",
        "import pathlib\ndef test(): assert len(list(pathlib.Path('data').rglob('*.txt'))) == 1",
        written("data/deep/y.txt"),
        {"data/deep/x.txt": ""},
    ),
    Trap(
        "walk",
        "import os\ndef test(): assert len(list(os.walk('data'))) == 2",
        written("data/new/y.txt"),
        {"data/deep/x.txt": ""},
    ),
    Trap(
        "pkgutil",
        """
        import pkgutil, plugs
        def test(): assert [m.name for m in pkgutil.iter_modules(plugs.__path__)] == ['one']
        """,
        written("plugs/two.py", ""),
        {"plugs/__init__.py": "", "plugs/one.py": ""},
    ),
    Trap(
        "entry-points",
        """
        from importlib.metadata import entry_points
        def test(): assert not [e for e in entry_points(group='shop') if e.name == 'till']
        """,
        written("site/till-1.dist-info/entry_points.txt", "[shop]\ntill = x:y\n"),
        make=package("till", "1"),
    ),
    Trap(
        "package-version",
        """
        from importlib.metadata import version
        def test(): assert version('scale') == '1'
        """,
        package("scale", "2"),
        make=package("scale", "1"),
    ),
    Trap(
        "resource",
        """
        from importlib.resources import files
        def test(): assert files('held').joinpath('x').read_text() == '1'
        """,
        written("held/x"),
        {"held/__init__.py": "", "held/x": "1"},
    ),
    Trap(
        "package-data",
        """
        import pkgutil
        def test(): assert pkgutil.get_data('held_too', 'x') == b'1'
        """,
        written("held_too/x"),
        {"held_too/__init__.py": "", "held_too/x": "1"},
    ),
    Trap(
        "variable",
        "import os\ndef test(): assert os.environ.get('TRAP_VARIABLE', '1') == '1'",
        variables={"TRAP_VARIABLE": "2"},
    ),
    Trap(
        "variable-by-getenv",
        "import os\ndef test(): assert os.getenv('TRAP_GETENV') is None",
        variables={"TRAP_GETENV": "2"},
    ),
    Trap(
        "variable-in-bytes",
        "import os\ndef test(): assert b'TRAP_BYTES' not in os.environb",
        variables={"TRAP_BYTES": "2"},
    ),
    Trap(
        "variables-copied",
        "import os\ndef test(): assert not [k for k in os.environ.copy() if k == 'TRAP_COPIED']",
        variables={"TRAP_COPIED": "2"},
    ),
    Trap(
        "variable-of-a-child",
        """
        import subprocess
        def test(): assert b'TRAP_CHILD' not in subprocess.check_output(['env'])
        """,
        variables={"TRAP_CHILD": "2"},
        kept=False,
    ),
    Trap(
        "variable-expanded",
        "import os\ndef test(): assert os.path.expandvars('$TRAP_EXPANDED') != '2'",
        variables={"TRAP_EXPANDED": "2"},
    ),
    Trap(
        "module-shadowed",
        "import shadowed\ndef test(): assert shadowed.value == 1",
        written("shadowed.py", "value = 2"),
        {"site/shadowed.py": "value = 1"},
    ),
    Trap(
        "module-of-the-library-shadowed",
        "import colorsys\ndef test(): assert hasattr(colorsys, 'rgb_to_hsv')",
        written("colorsys.py", ""),
    ),
    Trap(
        "namespace-package-becomes-regular",
        """
        import pytest
        def test():
            import spaced.inner
            assert spaced.inner.value == 1
            assert not hasattr(spaced, 'regular')
        """,
        written("spaced/__init__.py", "regular = True"),
        {"spaced/inner.py": "value = 1"},
    ),
    Trap(
        "module-missing",
        """
        try:
            import optional_thing as found
        except ImportError:
            found = None
        def test(): assert found is None
        """,
        written("optional_thing.py", ""),
    ),
    Trap(
        "module-missing-by-find-spec",
        """
        from importlib.util import find_spec
        def test(): assert find_spec('optional_other') is None
        """,
        written("optional_other/__init__.py", ""),
    ),
    Trap(
        "folder-of-the-search-path-missing",
        """
        import sys
        def test():
            sys.path.insert(0, 'later')
            try:
                import from_later
            except ImportError:
                return
            assert False
        """,
        written("later/from_later.py", ""),
    ),
    Trap(
        "new-conftest",
        "def test(request): assert request.config.getoption('verbose') < 99",
        written(
            "tests/conftest.py",
            """
            import pytest
            @pytest.fixture(autouse=True)
            def broken(): assert False
            """,
        ),
    ),
    Trap(
        "conftest-above",
        "def test(): pass",
        written("conftest.py", "def pytest_runtest_setup(): assert False"),
    ),
    Trap(
        "ini-option",
        "def test(pytestconfig): assert pytestconfig.getini('junit_suite_name') == 'pytest'",
        written("pyproject.toml", INI + "junit_suite_name = 'other'\n"),
    ),
    Trap(
        "new-ini-file",
        "def test(pytestconfig): assert pytestconfig.getini('junit_suite_name') == 'pytest'",
        written("pytest.ini", "[pytest]\njunit_suite_name = other\npythonpath = .\n"),
    ),
    Trap(
        "behind-lru-cache",
        "from kept_in import read\ndef test(): assert read() == '1'",
        written("x"),
        {
            "x": "1",
            "kept_in.py": """
            import functools
            @functools.lru_cache
            def read(): return open('x').read()
            """,
            "tests/test_before.py": "from kept_in import read\ndef test_before(): read()",
        },
    ),
    Trap(
        "behind-a-session-fixture",
        "def test(shared): assert shared == '1'",
        written("x"),
        {
            "x": "1",
            "tests/conftest.py": """
            import pytest
            @pytest.fixture(scope='session')
            def shared(): return open('x').read()
            """,
            "tests/test_before.py": "def test_before(shared): pass",
        },
    ),
    Trap(
        "read-while-another-file-imported",
        "from read_early import value\ndef test(): assert value == '1'",
        written("x"),
        {
            "x": "1",
            "read_early.py": "value = open('x').read()",
            "tests/test_before.py": "import read_early\ndef test_before(): pass",
        },
    ),
    Trap(
        "git",
        """
        import subprocess
        def test():
            assert subprocess.check_output(['git', 'symbolic-ref', 'HEAD']) == b'refs/heads/one\\n'
        """,
        written(".git/HEAD", "ref: refs/heads/two\n"),
        make=lambda folder: repository(folder),
    ),
    Trap(
        "head-of-git",
        """
        def test(): assert open('../head').read() == '1'
        """,
        written("../head"),
        make=written("../head", "1"),
    ),
    Trap(
        "tool-on-path",
        "import shutil\ndef test(): assert shutil.which('trap-tool', path='bin') is None",
        lambda folder: tool(folder / "bin" / "trap-tool"),
    ),
    Trap(
        "no-such-program",
        """
        import os, pytest, subprocess
        def test():
            with pytest.raises(FileNotFoundError):
                subprocess.run(['trap-none'], env={'PATH': '/nowhere:' + os.path.abspath('bin')})
        """,
        lambda folder: tool(folder / "bin" / "trap-none"),
    ),
    Trap(
        "outside-of-the-repository",
        "import os\ndef test(): assert open(os.path.expanduser('~/trap')).read() == '1'",
        lambda folder: written("../../../home/trap")(folder),
        make=lambda folder: written("../../../home/trap", "1")(folder),
    ),
    Trap(
        "account",
        "import pwd\ndef test(): assert pwd.getpwuid(0).pw_name",
        written("tests/test_it.py", "def test(): assert 0"),
    ),
    Trap(
        "socket",
        """
        import socket
        def test():
            with socket.socket() as one:
                assert one.connect_ex(('127.0.0.1', 1)) != 0
        """,
        written("tests/test_it.py", "def test(): assert 0"),
        kept=False,
    ),
    Trap(
        "socket-of-its-own",
        """
        import socket
        def test():
            with socket.create_server(('127.0.0.1', 0)) as server:
                with socket.create_connection(server.getsockname()):
                    assert open('x').read() == '1'
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "state-that-the-test-keeps",
        """
        import os
        def test():
            seen = os.path.exists('seen')
            open('seen', 'w').close()
            assert not os.path.exists('x')
        """,
        written("x"),
        kept=False,
    ),
    Trap(
        "os-loaded-again",
        """
        import importlib, os
        def test():
            importlib.reload(os)
            assert not os.path.exists('x')
        """,
        written("x"),
        kept=False,
    ),
    Trap(
        "appended",
        """
        def test():
            with open('log', 'a') as log:
                log.write('x')
            assert len(open('log').read()) < 3
        """,
        kept=False,
        files={"log": ""},
    ),
    Trap(
        "order-of-files",
        "def test(): assert open('made').read() == '1'",
        written("tests/test_a_first.py", "def test_a():\n    with open('made', 'w') as f: f.write('2')"),
        {"tests/test_a_first.py": "def test_a():\n    with open('made', 'w') as f: f.write('1')", "made": ""},
    ),
    Trap(
        "global-set-by-another-file",
        "import state\ndef test(): assert state.value == 1",
        written("tests/test_a_first.py", "import state\ndef test_a(): state.value = 2"),
        {"state.py": "value = 0", "tests/test_a_first.py": "import state\ndef test_a(): state.value = 1"},
    ),
    Trap(
        "zip-on-the-path",
        """
        import sys
        def test():
            sys.path.insert(0, 'z.zip')
            import zipped
            assert zipped.value == 1
        """,
        lambda folder: archive(folder / "z.zip", "value = 2"),
        make=lambda folder: archive(folder / "z.zip", "value = 1"),
    ),
    Trap(
        "file-from-location",
        """
        import importlib.util
        def test():
            spec = importlib.util.spec_from_file_location('located', 'located_code.py')
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            assert module.value == 1
        """,
        written("located_code.py", "value = 2"),
        {"located_code.py": "value = 1"},
    ),
    Trap(
        "runpy",
        "import runpy\ndef test(): assert runpy.run_path('script.py')['value'] == 1",
        written("script.py", "value = 2"),
        {"script.py": "value = 1"},
    ),
    Trap(
        "netrc-of-the-clock",
        "import time\ndef test(): assert time.time() > 0",
        written("tests/test_it.py", "def test(): assert 0"),
        kept=False,
    ),
)


def files_of(trap: Trap) -> dict[str, str]:
    """By path below the project."""
    return {"pyproject.toml": INI, "tests/test_it.py": trap.test, **trap.files}


def database(path: Path, value: int) -> None:
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("create table if not exists t (v)")
        connection.execute("delete from t")
        connection.execute("insert into t values (?)", (value,))
    connection.close()


def repository(folder: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "one", str(folder)], check=True)


def tool(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def archive(path: Path, source: str) -> None:
    import zipfile

    with zipfile.ZipFile(path, "w") as file:
        file.writestr("zipped.py", source)
