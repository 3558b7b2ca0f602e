"""Further inputs that can change, by a reader who tried to break replays: same rules as :mod:`traps`."""

from __future__ import annotations

import os
from pathlib import Path

from .traps import INI, Change, Trap, linked, removed, written


def folder(path: str) -> Change:
    return lambda project: os.makedirs(project / path, exist_ok=True)


def both(first: Change, second: Change) -> Change:
    def change(project: Path) -> None:
        first(project)
        second(project)

    return change


CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBcDCCARWgAwIBAgIUNIGy+C6PlZUknVy0/lBHCE6ZKZ0wCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBdDAgFw0yNjExMjgxODE1MDRaGA8yMTI2MTEwNDE4MTUwNFow
DDEKMAgGA1UEAwwBdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMLp5aTCGwLN
Qy0oeaQqEqyzNRkgQJiXWSUyL9PPS/w7xmvSB8tlANLERiEUt1yzYevlOmYGwhhv
nT2Oz1UUKuijUzBRMB0GA1UdDgQWBBQVVITEu5eHa1DtckLfvDLtiUSb3jAfBgNV
HSMEGDAWgBQVVITEu5eHa1DtckLfvDLtiUSb3jAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0kAMEYCIQCD+0z6ERpK0AK4AdizLVY+JN9rlPlbp9H4lCVVEhQ9
LgIhAJfahsyLBXbf/aEgCMTOoH4lvbaROQ6wBbEIRmR81EMy
-----END CERTIFICATE-----
"""

DOUBTS = (
    # -- a claim to have made what was there before
    Trap(
        "folder-that-is-there",
        """
        import os
        def test():
            os.makedirs('data', exist_ok=True)
            assert open('data/x').read() == '1'
        """,
        written("data/x"),
        {"data/x": "1"},
    ),
    Trap(
        "folder-that-is-there-by-pathlib",
        """
        import pathlib
        def test():
            pathlib.Path('data').mkdir(exist_ok=True)
            assert not pathlib.Path('data/y').exists()
        """,
        written("data/y"),
        {"data/x": "1"},
    ),
    Trap(
        "file-made-in-vain",
        """
        import pytest
        def test():
            with pytest.raises(FileExistsError):
                open('x', 'x')
            assert open('x').read() == '1'
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "link-made-in-vain",
        """
        import os, pytest
        def test():
            with pytest.raises(FileExistsError):
                os.symlink('y', 'x')
            assert open('x').read() == '1'
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "renamed-in-vain",
        """
        import os, pytest
        def test():
            with pytest.raises(FileNotFoundError):
                os.replace('missing', 'x')
            assert open('x').read() == '1'
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "written-into-a-missing-folder",
        """
        import pytest
        def test():
            with pytest.raises(FileNotFoundError):
                open('../later/x', 'w')
        """,
        folder("../later"),
    ),
    Trap(
        "written-over-a-folder",
        """
        import pytest
        def test():
            with pytest.raises(IsADirectoryError):
                open('data', 'w')
        """,
        lambda project: (project / "data").rmdir(),
        make=folder("data"),
    ),
    Trap(
        "written-in-vain-and-read",
        """
        import pytest
        def test():
            with pytest.raises(OSError):
                open('x/y', 'w')
            assert open('x').read() == '1'
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "made-in-a-missing-folder",
        """
        import os, pytest
        def test():
            with pytest.raises(FileNotFoundError):
                os.mkdir('../later-too/x')
        """,
        folder("../later-too"),
    ),
    Trap(
        "own-folder-reached-by-dots",
        """
        import os
        def test(tmp_path):
            (tmp_path / 'a').mkdir()
            os.symlink(os.path.abspath('data'), tmp_path / 'link')
            assert open(tmp_path / 'link' / '..' / 'x').read() == '1'
        """,
        written("x"),
        {"x": "1", "data/y": ""},
    ),
    Trap(
        "link-in-the-project-to-outside",
        """
        import pathlib
        def test(): assert pathlib.Path('link/x').read_text() == '1'
        """,
        written("../linked-data/x"),
        make=both(written("../linked-data/x", "1"), linked("link", "../linked-data")),
    ),
    Trap(
        "link-to-another-folder",
        "def test(): assert open('link/x').read() == '1'",
        linked("link", "b"),
        {"a/x": "1", "b/x": "2"},
        make=linked("link", "a"),
    ),
    Trap(
        "own-link-moved",
        """
        import os
        def test(tmp_path):
            os.symlink(os.path.abspath('data'), tmp_path / 'new')
            os.replace(tmp_path / 'new', tmp_path / 'current')
            assert open(tmp_path / 'current' / 'x').read() == '1'
        """,
        written("data/x"),
        {"data/x": "1"},
    ),
    Trap(
        "own-folder-with-a-link-moved",
        """
        import os, shutil
        def test(tmp_path):
            (tmp_path / 'a').mkdir()
            os.symlink(os.path.abspath('data'), tmp_path / 'a/link')
            shutil.move(tmp_path / 'a', tmp_path / 'b')
            assert open(tmp_path / 'b/link/x').read() == '1'
        """,
        written("data/x"),
        {"data/x": "1"},
    ),
    Trap(
        "own-link-to-a-link-of-the-project",
        """
        import os
        def test(tmp_path):
            os.symlink(os.path.abspath('link'), tmp_path / 'own')
            assert open(tmp_path / 'own/x').read() == '1'
        """,
        linked("link", "b"),
        {"a/x": "1", "b/x": "2"},
        make=linked("link", "a"),
    ),
    Trap(
        "own-link-by-a-descriptor",
        """
        import os
        def test(tmp_path):
            os.symlink(os.path.abspath('data'), tmp_path / 'own')
            fd = os.open(tmp_path / 'own', os.O_RDONLY)
            with open(os.open('x', os.O_RDONLY, dir_fd=fd)) as f: assert f.read() == '1'
        """,
        written("data/x"),
        {"data/x": "1"},
    ),
    Trap(
        "hard-link-of-its-own",
        """
        import os
        def test(tmp_path):
            os.link('x', tmp_path / 'y')
            assert open(tmp_path / 'y').read() == '1'
        """,
        written("x"),
        {"x": "1"},
        kept=False,
    ),
    Trap(
        "copied",
        """
        import shutil
        def test(tmp_path):
            shutil.copytree('data', tmp_path / 'd')
            assert open(tmp_path / 'd/x').read() == '1'
        """,
        written("data/x"),
        {"data/x": "1"},
    ),
    Trap(
        "moved-in-and-out",
        """
        import shutil
        def test(tmp_path):
            shutil.move('x', tmp_path / 'y')
            text = open(tmp_path / 'y').read()
            shutil.move(tmp_path / 'y', 'x')
            assert text == '1'
        """,
        written("x"),
        {"x": "1"},
        kept=False,
    ),
    # -- callers that only look as if they were of the library
    Trap(
        "a-module-named-like-pathlib",
        "import pathlib_more\ndef test(): assert pathlib_more.exists('x')",
        written("x", ""),
        {"x": "1", "pathlib_more.py": "import os\ndef exists(p): return os.stat(p).st_size > 0"},
    ),
    Trap(
        "a-subclass-of-path",
        """
        import pathlib
        class Full(type(pathlib.Path())):
            def exists(self): return super().stat().st_size > 0
        def test(): assert Full('x').exists()
        """,
        written("x", ""),
        {"x": "1"},
    ),
    # -- variables
    Trap(
        "variable-of-posix",
        # a forked worker's own variables are not in there: what fails is a second look
        "import os, posix\ndef test(): assert not any('TRAP_POSIX' in (*map(os.fsdecode, e),)"
        " for e in (posix.environ, os.environb))",
        variables={"TRAP_POSIX": "1"},
    ),
    Trap(
        "variable-in-a-comprehension",
        "import os\ndef test(): assert {k: v for k, v in os.environ.items()}.get('TRAP_COMP') is None",
        variables={"TRAP_COMP": "1"},
    ),
    Trap(
        "variable-unpacked",
        "import os\ndef test(): assert {**os.environ}.get('TRAP_UNPACKED') is None",
        variables={"TRAP_UNPACKED": "1"},
    ),
    Trap(
        "variable-of-ci-in-a-copy",
        "import os\ndef test(): assert dict(os.environ).get('GITHUB_SHA') is None",
        variables={"GITHUB_SHA": "1"},
    ),
    Trap(
        "variable-of-ci",
        "import os\ndef test(): assert os.environ.get('GITHUB_REF_NAME') is None",
        variables={"GITHUB_REF_NAME": "1"},
    ),
    Trap(
        "variable-set-by-default",
        "import os\ndef test(): assert os.environ.setdefault('TRAP_DEFAULT', '1') == '1'",
        variables={"TRAP_DEFAULT": "2"},
    ),
    Trap(
        "variable-popped",
        "import os\ndef test(): assert os.environ.pop('TRAP_POPPED', '1') == '1'",
        variables={"TRAP_POPPED": "2"},
    ),
    Trap(
        "variable-deleted-by-monkeypatch",
        """
        import os, pytest
        def test(monkeypatch):
            with pytest.raises(KeyError):
                monkeypatch.delenv('TRAP_DELETED')
        """,
        variables={"TRAP_DELETED": "2"},
    ),
    Trap(
        "variable-set-and-put-back",
        """
        import os
        def test_a(monkeypatch): monkeypatch.setenv('TRAP_BACK', '3')
        def test_b(): assert os.environ.get('TRAP_BACK') is None
        """,
        variables={"TRAP_BACK": "2"},
    ),
    Trap(
        "variable-patched-dict",
        """
        import os
        from unittest import mock
        def test_a():
            with mock.patch.dict(os.environ, {'TRAP_OTHER': '1'}):
                assert 'TRAP_PATCHED' not in os.environ
        """,
        variables={"TRAP_PATCHED": "2"},
    ),
    Trap(
        "variable-compared",
        "import os\ndef test(): assert 'TRAP_LEN' not in str(os.environ)",
        variables={"TRAP_LEN": "2"},
    ),
    # -- the machine and the user
    Trap(
        "limits",
        """
        import resource
        def test(): assert resource.getrlimit(resource.RLIMIT_NOFILE)
        """,
        written("tests/test_it.py", "def test(): assert 0"),
        kept=False,
    ),
    Trap(
        "process-of-others",
        """
        import os, pytest
        def test():
            with pytest.raises(ProcessLookupError):
                os.kill(3999999, 0)
        """,
        written("tests/test_it.py", "def test(): assert 0"),
        kept=False,
    ),
    Trap(
        "port-that-others-may-hold",
        """
        import socket
        def test():
            with socket.socket() as one:
                one.bind(('127.0.0.1', 21843))
        """,
        written("tests/test_it.py", "def test(): assert 0"),
        kept=False,
    ),
    Trap(
        "protocols",
        "import socket\ndef test(): assert socket.getprotobyname('tcp') == 6",
        written("tests/test_it.py", "def test(): assert 0"),
    ),
    Trap(
        "interfaces",
        "import socket\ndef test(): assert socket.if_nameindex()",
        written("tests/test_it.py", "def test(): assert 0"),
        kept=False,
    ),
    Trap(
        "terminfo",
        """
        import curses
        def test():
            try: curses.setupterm('xterm', 1)
            except curses.error: pass
        """,
        written("tests/test_it.py", "def test(): assert 0"),
        kept=False,
    ),
    Trap(
        "default-certificates",
        """
        import os, ssl
        def test(monkeypatch):
            monkeypatch.setenv('SSL_CERT_FILE', os.path.abspath('../default.pem'))
            assert ssl.create_default_context().cert_store_stats()['x509'] == 0
        """,
        written("../default.pem", CERTIFICATE),
        make=written("../default.pem", ""),
    ),
    Trap(
        "subinterpreter",
        """
        import sys
        def test():
            try:
                import _interpreters as i
            except ImportError:
                import _xxsubinterpreters as i
            one = i.create()
            i.run_string(one, "assert open('x').read() == '1'")
        """,
        written("x"),
        {"x": "1"},
        kept=False,
    ),
    # -- what runs before the tests
    Trap(
        "own-choice-of-last-failed",
        """
        def test_a(): assert True
        def test_b(): assert open('../only-once').read() == '1'
        """,
        both(written("../only-once"), removed(".pytest_cache/v/cache/lastfailed")),
        {
            "pyproject.toml": INI + "addopts = '--lf'\n",
            ".pytest_cache/v/cache/lastfailed": '{"tests/test_it.py::test_a": true}',
        },
        make=written("../only-once", "1"),
        kept=False,
    ),
    Trap(
        "new-test-file",
        "def test(): pass",
        written("tests/test_more.py", "def test(): assert 0"),
    ),
    Trap(
        "new-test-file-in-a-new-folder",
        "def test(): pass",
        written("tests/deep/er/test_more.py", "def test(): assert 0"),
    ),
    Trap(
        "doctest",
        "def test(): pass",
        written("tests/more.txt", ">>> 1\n2\n"),
        {"pyproject.toml": INI + "addopts = '--doctest-glob=*.txt'\n"},
    ),
    Trap(
        "warning-filter",
        "import warnings\ndef test(): warnings.warn('x')",
        written("pyproject.toml", INI + "filterwarnings = ['error']\n"),
    ),
    Trap(
        "plugin-asked-for",
        "def test(): pass",
        written("own_plugin.py", "def pytest_runtest_setup(): assert False"),
        {"own_plugin.py": "", "pyproject.toml": INI + "addopts = '-p own_plugin'\n"},
    ),
    Trap(
        "late-import-in-a-function",
        """
        import lazily
        def test(): assert lazily.value() == 1
        """,
        written("deeper/__init__.py", "value = 2"),
        {"lazily.py": "def value():\n    import deeper\n    return deeper.value", "deeper.py": "value = 1"},
    ),
    Trap(
        "package-shadows-module",
        "import both\ndef test(): assert both.value == 1",
        written("both/__init__.py", "value = 2"),
        {"both.py": "value = 1"},
    ),
    Trap(
        "namespace-portion",
        """
        import pkgutil, parts
        def test(): assert [m.name for m in pkgutil.iter_modules(parts.__path__)] == ['one']
        """,
        written("site/parts/two.py", ""),
        {"parts/one.py": "", "site/other.py": ""},
    ),
    Trap(
        "reloaded",
        """
        import importlib, again
        def test():
            importlib.reload(again)
            assert again.value == 1
        """,
        written("again.py", "value = 2"),
        {"again.py": "value = 1"},
    ),
    Trap(
        "source-inspected",
        """
        import inspect, seen_by
        def test(): assert 'one' in inspect.getsource(seen_by.f)
        """,
        written("seen_by.py", "def f():\n    # two\n    pass\n"),
        {"seen_by.py": "def f():\n    # one\n    pass\n"},
    ),
    Trap(
        "executed-text",
        "def test():\n    exec(compile(open('code.txt').read(), 'code.txt', 'exec'))",
        written("code.txt", "assert 0"),
        {"code.txt": "assert 1"},
    ),
    Trap(
        "bytecode-alone",
        "import sys\ndef test():\n    import bare\n    assert bare.value == 1",
        lambda project: compiled(project, "value = 2"),
        make=lambda project: compiled(project, "value = 1"),
    ),
    Trap(
        "path-file-of-the-test",
        """
        import site, sys
        def test():
            before = list(sys.path)
            site.addsitedir('sites')
            added = sys.path != before
            sys.path[:] = before
            assert not added or True
            assert not any(p.endswith('extra') for p in __import__('os').listdir('sites'))
        """,
        written("sites/x.extra", ""),
        {"sites/y": ""},
    ),
    # -- callers between
    Trap(
        "samefile",
        "import os\ndef test(): assert os.path.samefile('link', 'a')",
        linked("link", "b"),
        {"a": "1", "b": "1"},
        make=linked("link", "a"),
    ),
    Trap(
        "samefile-by-pathlib",
        "import pathlib\ndef test(): assert pathlib.Path('link').samefile('a')",
        linked("link", "b"),
        {"a": "1", "b": "1"},
        make=linked("link", "a"),
    ),
    Trap(
        "filecmp",
        "import filecmp\ndef test(): assert filecmp.cmp('a', 'b')",
        written("b"),
        {"a": "1", "b": "1"},
    ),
    Trap(
        "mmap",
        """
        import mmap
        def test():
            with open('x') as f, mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m:
                assert m[:] == b'1'
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "fileinput",
        "import fileinput\ndef test(): assert list(fileinput.input(['x'])) == ['1']",
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "configparser",
        """
        import configparser
        def test():
            c = configparser.ConfigParser()
            c.read(['one.cfg', 'two.cfg'])
            assert not c.sections()
        """,
        written("two.cfg", "[a]\n"),
    ),
    Trap(
        "gzip-and-zip",
        "import zipfile\ndef test(): assert not zipfile.is_zipfile('x')",
        lambda project: zipped(project / "x"),
        {"x": "1"},
    ),
    Trap(
        "chdir",
        """
        def test(monkeypatch):
            monkeypatch.chdir('data')
            assert open('x').read() == '1'
        """,
        written("data/x"),
        {"data/x": "1"},
    ),
    Trap(
        "asyncio-thread",
        """
        import asyncio
        async def read(): return await asyncio.to_thread(lambda: open('x').read())
        def test(): assert asyncio.run(read()) == '1'
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "thread-pool",
        """
        from concurrent.futures import ThreadPoolExecutor
        import os
        def test():
            with ThreadPoolExecutor(2) as pool:
                assert list(pool.map(os.path.getsize, ['x', 'y'])) == [1, 1]
        """,
        written("y", "22"),
        {"x": "1", "y": "1"},
    ),
    Trap(
        "thread-of-the-module",
        """
        import threading, queue
        asked, answers = queue.Queue(), queue.Queue()
        def serve():
            while True:
                answers.put(open(asked.get()).read())
        threading.Thread(target=serve, daemon=True).start()
        def test():
            asked.put('x')
            assert answers.get() == '1'
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "low-thread",
        """
        import _thread
        def test():
            lock = _thread.allocate_lock(); lock.acquire(); out = []
            def run():
                out.append(open('x').read()); lock.release()
            _thread.start_new_thread(run, ()); lock.acquire()
            assert out == ['1']
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "finalizer",
        """
        import pytest
        @pytest.fixture
        def late():
            yield
            assert open('x').read() == '1'
        def test(late): pass
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "skipped-by-a-file",
        """
        import os, pytest
        @pytest.mark.skipif(not os.path.exists('x'), reason='no x')
        def test(): assert 0
        def test_b(): pass
        """,
        written("x"),
    ),
    Trap(
        "import-or-skip",
        """
        import pytest
        def test():
            pytest.importorskip('not_there_yet')
            assert 0
        """,
        written("not_there_yet.py", ""),
    ),
    Trap(
        "expected-failure",
        """
        import pytest
        @pytest.mark.xfail(strict=True)
        def test(): assert open('x').read() == '2'
        """,
        written("x"),
        {"x": "1"},
    ),
    Trap(
        "gone-folder-above",
        "import os\ndef test(): assert os.path.exists('a/b/c')",
        lambda project: os.rename(project / "a", project / "z"),
        {"a/b/c": ""},
    ),
    Trap("gone-file", "def test(): assert open('x').read()", removed("x"), {"x": "1"}),
)


def compiled(project: Path, source: str) -> None:
    import py_compile

    (project / "bare_source.py").write_text(source)
    py_compile.compile(str(project / "bare_source.py"), cfile=str(project / "bare.pyc"), doraise=True)
    (project / "bare_source.py").unlink()


def zipped(path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "")
