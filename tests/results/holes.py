"""Further inputs that a trace may overlook, by what holds them: the same rules as :mod:`traps`."""

from __future__ import annotations

import os
from pathlib import Path

from .traps import INI, Change, Trap, archive, package, removed, written

SAME = written("tests/test_it.py", "def test(): assert 0")
"""For what a test cannot change: the machine's."""


def folder(path: str) -> Change:
    return lambda project: os.makedirs(project / path, exist_ok=True)


def unseen(name: str, test: str) -> Trap:
    """What no trace holds: never kept."""
    return Trap(name, test, SAME, kept=False)


def in_the_same_tick(path: str, text: str) -> Change:
    """Another content of the same size, and all times that one can set as they were."""

    def change(project: Path) -> None:
        file = project / path
        before = file.stat()
        file.write_text(text)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    return change


FORKED: tuple[tuple[str, str, dict[str, str], bool], ...] = (
    (
        "by-multiprocessing",
        """
        import multiprocessing, reader
        fork = multiprocessing.get_context('fork')
        def tell(pipe): pipe.send(reader.read())
        def test():
            here, there = fork.Pipe()
            process = fork.Process(target=tell, args=(there,))
            process.start()
            process.join()
            assert here.recv() == '1'
        """,
        {},
        True,
    ),
    (
        "by-an-executor",
        """
        import multiprocessing, reader
        from concurrent.futures import ProcessPoolExecutor
        def test():
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context('fork')) as pool:
                assert pool.submit(reader.read).result() == '1'
        """,
        {},
        True,
    ),
    (
        "by-hand",
        """
        import os, reader
        def test():
            process = os.fork()
            if not process:
                os._exit(int(reader.read()))
            assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 1
        """,
        {},
        True,
    ),
    (
        "by-a-forked-one",
        """
        import os, reader
        def inner():
            process = os.fork()
            if not process:
                os._exit(int(reader.read()))
            return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        def test():
            process = os.fork()
            if not process:
                os._exit(inner())
            assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 1
        """,
        {},
        True,
    ),
    (
        "with-a-module-of-its-own",
        """
        import os
        def test():
            process = os.fork()
            if not process:
                import late
                os._exit(late.value())
            assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 1
        """,
        {"late.py": "import reader\ndef value(): return int(reader.read())"},
        True,
    ),
    (
        "and-killed",
        """
        import os, reader, signal
        def test():
            here, there = os.pipe()
            process = os.fork()
            if not process:
                os.write(there, reader.read().encode())
                signal.raise_signal(signal.SIGKILL)
            assert os.read(here, 1) == b'1'
            os.waitpid(process, 0)
        """,
        {},
        False,
    ),
    (
        "and-another-program",
        """
        import os
        def test():
            process = os.fork()
            if not process:
                os.execv('/bin/sh', ['sh', '-c', 'exit $(cat x)'])
            assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 1
        """,
        {},
        False,
    ),
    (
        "and-writes",
        """
        import os, reader
        def test():
            process = os.fork()
            if not process:
                with open('made', 'w') as f: f.write(reader.read())
                os._exit(0)
            os.waitpid(process, 0)
            assert open('made').read() == '1'
        """,
        {"made": ""},
        False,
    ),
    (
        "in-a-fixture-of-all",
        """
        def test(served): assert served == '1'
        """,
        {
            "tests/conftest.py": """
            import multiprocessing, pytest, reader
            def tell(pipe): pipe.send(reader.read())
            @pytest.fixture(scope='session')
            def served():
                fork = multiprocessing.get_context('fork')
                here, there = fork.Pipe()
                process = fork.Process(target=tell, args=(there,))
                process.start()
                yield here.recv()
                process.join()
            """,
            "tests/test_before.py": "def test_before(served): pass",
        },
        True,
    ),
)

X = {"x": "1"}
HEAD = "out(['git', 'symbolic-ref', 'HEAD'], text=True).strip()"
GIT = {
    **{f".git/{path}": "" for path in ("objects/y", "refs/y")},
    ".git/HEAD": "ref: refs/heads/one\n",
    ".gitignore": "*\n!x\n!y\n",
    "x": "1",
}
OUT = "import os, platform, shutil, subprocess as s\nout = s.check_output"
# where the system has no such program the file is read by hand
KIND = """(
    b'ASCII' in out(['file', '-b', os.path.abspath('x')], env={**os.environ, 'LC_ALL': 'C'})
    if shutil.which('file') else open('x').read() == 'a line'
)"""
PROGRAMS: tuple[tuple[str, str, Change, dict[str, str], bool], ...] = (
    ("cat", "out(['cat', 'x']) == b'1'", written("x"), X, True),
    ("cat-in-a-folder", "out(['cat', 'x'], cwd='d') == b'1'", written("d/x"), {"d/x": "1"}, True),
    ("cat-of-two", "out(['/bin/cat', 'x', 'y']) == b'11'", written("y"), {**X, "y": "1"}, True),
    ("cat-of-nothing", "s.call(['cat', 'y'], stderr=s.DEVNULL) == 1", written("y"), X, True),
    ("cat-of-a-shell", "out('cat x', shell=True) == b'1'", written("x"), X, True),
    ("sh", "out(['sh', '-c', 'cat x']) == b'1'", written("x"), X, True),
    ("true", "s.call(['true']) == 0 and open('x').read() == '1'", written("x"), X, True),
    ("echo", "out(['echo', 'a']) == b'a\\n' and open('x').read() == '1'", written("x"), X, True),
    ("exit", "s.call('exit 3', shell=True) == 3 and open('x').read() == '1'", written("x"), X, True),
    (
        "of-the-same-name",
        "out(['cat', 'x'], env={**os.environ, 'PATH': os.path.abspath('bin') + ':/bin'}) == b'1'",
        lambda project: executable(project / "bin" / "cat"),
        X,
        True,
    ),
    ("file", KIND, written("x", "{}"), {"x": "a line"}, True),
    (
        "file-of-the-interpreter",
        "platform.architecture()[0] and open('x').read() == '1'",
        written("x"),
        X,
        True,
    ),
    ("cat-with-options", "out(['cat', '-n', 'x']) == b'     1\\t1'", written("x"), X, False),
    ("what-a-shell-expands", "out('cat ?', shell=True) == b'1'", written("x"), X, False),
    ("what-a-variable-names", "out('cat $PWD/x', shell=True) == b'1'", written("x"), X, False),
    ("two-of-a-shell", "out('true; cat x', shell=True) == b'1'", written("x"), X, False),
    ("with-code-before-it", "out(['cat', 'x'], preexec_fn=print) == b'1'", written("x"), X, False),
    ("with-a-library", "s.call(['cat', 'x'], env={'LD_PRELOAD': 'y'}) == 0", SAME, X, False),
    ("git-head", f"{HEAD} == 'refs/heads/one'", written(".git/HEAD", "ref: refs/heads/two\n"), GIT, True),
    ("git-status", "out(['git', 'status', '--porcelain']) == b'?? x\\n'", written("y"), GIT, True),
    ("git-log", "s.call(['git', 'log'], stderr=s.DEVNULL) == 128", SAME, GIT, False),
    (
        "git-with-words-of-its-own",
        "s.call(['git', '-c', 'a.b=c', 'rev-parse', 'HEAD']) != 0",
        SAME,
        GIT,
        False,
    ),
    (
        "git-with-a-variable",
        "s.call(['git', 'diff', '--quiet'], env={'GIT_DIR': 'x'})",
        SAME,
        GIT,
        False,
    ),
    ("other", "s.call(['test', '-e', 'x']) == 0", removed("x"), X, False),
)

HOLES = (
    # -- the process' own place and times
    Trap(
        "module-loaded-before-by-an-entry-point",
        "from importlib.metadata import EntryPoint\n"
        "def test(): assert EntryPoint(name='x', value='late_one:X', group='g').load() == 1",
        written("late_one.py", "X = 2"),
        {"late_one.py": "X = 1", "tests/test_a_first.py": "import late_one\ndef test_first(): pass"},
    ),
    Trap(
        "module-loaded-before-by-importlib's-own-import",
        "import importlib\ndef test(): assert importlib.__import__('pack', None, None, ['late']).late.X == 1",
        written("pack/late.py", "X = 2"),
        {
            "pack/__init__.py": "",
            "pack/late.py": "X = 1",
            "tests/test_a_first.py": "import pack.late\ndef test_first(): pass",
        },
    ),
    Trap(
        "folder-changed-into",
        """
        import os, pytest
        def test():
            with pytest.raises(FileNotFoundError):
                os.chdir('later')
        """,
        folder("later"),
    ),
    Trap(
        "folder-changed-into-that-goes",
        "def test(monkeypatch): monkeypatch.chdir('data')",
        lambda project: (project / "data").rmdir(),
        make=folder("data"),
    ),
    Trap(
        "same-size-and-times",
        "def test(): assert open('x').read() == '1'",
        in_the_same_tick("x", "2"),
        {"x": "1"},
    ),
    Trap(
        "code-of-the-same-size-and-times",
        "import timed\ndef test(): assert timed.value == 1",
        in_the_same_tick("timed.py", "value = 2"),
        {"timed.py": "value = 1"},
    ),
    Trap(
        "time-zone-of-its-own",
        """
        import os, time
        def test(monkeypatch):
            monkeypatch.setenv('TZDIR', os.path.abspath('zones'))
            monkeypatch.setenv('TZ', 'Trap')
            time.tzset()
            try: assert time.localtime(0).tm_hour == 0
            finally:
                monkeypatch.undo()
                time.tzset()
        """,
        lambda project: zone(project, 1),
        make=lambda project: zone(project, 0),
    ),
    Trap(
        "time-zone-without-tzset",
        """
        import os, time
        def test(monkeypatch):
            monkeypatch.setenv('TZDIR', os.path.abspath('zones'))
            monkeypatch.setenv('TZ', 'Trap')
            try: assert time.mktime((1970, 1, 1, 1, 0, 0, 0, 0, 0)) == 3600
            finally:
                monkeypatch.undo()
                time.tzset()
        """,
        lambda project: zone(project, 1),
        make=lambda project: zone(project, 0),
    ),
    Trap(
        "zoneinfo",
        """
        import datetime, os, zoneinfo
        def test():
            zoneinfo.reset_tzpath([os.path.abspath('zones')])
            zone = zoneinfo.ZoneInfo.no_cache('Trap')
            zoneinfo.reset_tzpath()
            assert datetime.datetime(2020, 1, 1, tzinfo=zone).utcoffset() == datetime.timedelta(0)
        """,
        lambda project: zone(project, 1),
        make=lambda project: zone(project, 0),
    ),
    Trap(
        "posix-without-os",
        "import posix\ndef test(): assert posix.stat('x').st_size == 1",
        written("x", "12"),
        {"x": "1"},
    ),
    Trap(
        "posix-by-the-way",
        "import sys\ndef test(): assert not sys.modules['posix'].access('x', 4)",
        written("x", "12"),
    ),
    # -- what is made in vain
    *(
        Trap(
            f"{name}-in-vain",
            f"""
            import os, pytest
            def test():
                with pytest.raises(FileExistsError):
                    os.{call}
            """,
            removed("x"),
            {"x": "1"},
        )
        for name, call in (("fifo", "mkfifo('x')"), ("node", "mknod('x')"))
    ),
    Trap(
        "socket-in-vain",
        """
        import pytest, socket
        def test():
            with socket.socket(socket.AF_UNIX) as one, pytest.raises(OSError):
                one.bind('x')
        """,
        removed("x"),
        {"x": "1"},
    ),
    # -- what remembers for others
    *(
        Trap(
            f"{name}-filled-by-another-file",
            f"{head}\ndef test(): assert {ask}",
            written("x", "2\n"),
            {"x": "1\n", "tests/test_before.py": f"{head}\ndef test_before(): {ask}", **more},
        )
        for name, head, ask, more in (
            ("linecache", "import linecache", "linecache.getline('x', 1) == '1\\n'", {}),
            ("filecmp", "import filecmp", "filecmp.cmp('x', 'y')", {"y": "1\n"}),
            (
                "cached-property",
                "from holder import held",
                "held.text == '1\\n'",
                {
                    "holder.py": """
                    import functools
                    class Holder:
                        @functools.cached_property
                        def text(self): return open('x').read()
                    held = Holder()
                    """
                },
            ),
            (
                "closure",
                "from holder import text",
                "text() == '1\\n'",
                {
                    "holder.py": """
                    def make():
                        kept = []
                        def text():
                            if not kept: kept.append(open('x').read())
                            return kept[0]
                        return text
                    text = make()
                    """
                },
            ),
            (
                "class-attribute",
                "from holder import Holder",
                "Holder.text() == '1\\n'",
                {
                    "holder.py": """
                    class Holder:
                        kept = None
                        @classmethod
                        def text(cls):
                            if cls.kept is None: cls.kept = open('x').read()
                            return cls.kept
                    """
                },
            ),
            (
                "function-attribute",
                "from holder import text",
                "text() == '1\\n'",
                {
                    "holder.py": """
                    def text():
                        if not hasattr(text, 'kept'): text.kept = open('x').read()
                        return text.kept
                    """
                },
            ),
            (
                "mutable-default",
                "from holder import text",
                "text() == '1\\n'",
                {
                    "holder.py": """
                    def text(kept=[]):
                        if not kept: kept.append(open('x').read())
                        return kept[0]
                    """
                },
            ),
            (
                "generator",
                "from holder import text",
                "text() == '1\\n'",
                {
                    "holder.py": """
                    def lines():
                        kept = open('x').read()
                        while True: yield kept
                    source = lines()
                    def text(): return next(source)
                    """
                },
            ),
            (
                "contextvar",
                "from holder import text",
                "text() == '1\\n'",
                {
                    "holder.py": """
                    import contextvars
                    kept = contextvars.ContextVar('kept', default=None)
                    def text():
                        if kept.get() is None: kept.set(open('x').read())
                        return kept.get()
                    """
                },
            ),
            (
                "thread-local",
                "from holder import text",
                "text() == '1\\n'",
                {
                    "holder.py": """
                    import threading
                    kept = threading.local()
                    def text():
                        if not hasattr(kept, 'text'): kept.text = open('x').read()
                        return kept.text
                    """
                },
            ),
            (
                "stringio",
                "from holder import text",
                "text() == '1\\n'",
                {
                    "holder.py": """
                    import io
                    kept = io.StringIO()
                    def text():
                        if not kept.getvalue(): kept.write(open('x').read())
                        return kept.getvalue()
                    """
                },
            ),
            (
                "deque",
                "from holder import text",
                "text() == '1\\n'",
                {
                    "holder.py": """
                    import collections
                    kept = collections.deque()
                    def text():
                        if not kept: kept.append(open('x').read())
                        return kept[0]
                    """
                },
            ),
            (
                "slots",
                "from holder import held",
                "held.get() == '1\\n'",
                {
                    "holder.py": """
                    class Holder:
                        __slots__ = ('text',)
                        def get(self):
                            try: return self.text
                            except AttributeError: self.text = open('x').read()
                            return self.text
                    held = Holder()
                    """
                },
            ),
            (
                "weak-dictionary",
                "from holder import text",
                "text() == '1\\n'",
                {
                    "holder.py": """
                    import weakref
                    class Key: pass
                    key, kept = Key(), weakref.WeakKeyDictionary()
                    def text():
                        if key not in kept: kept[key] = open('x').read()
                        return kept[key]
                    """
                },
            ),
            (
                "builtin",
                "import builtins",
                "(vars(builtins).get('trap_kept') or"
                " vars(builtins).setdefault('trap_kept', open('x').read())) == '1\\n'",
                {},
            ),
            (
                "library-module",
                "import colorsys",
                "(vars(colorsys).get('kept') or vars(colorsys).setdefault('kept', open('x').read()))"
                " == '1\\n'",
                {},
            ),
        )
    ),
    # -- who asks through pytest
    Trap(
        "width-of-the-terminal",
        "def test(request): assert request.config.get_terminal_writer().fullwidth != 77",
        variables={"COLUMNS": "77"},
    ),
    Trap(
        "size-of-the-terminal",
        "import shutil\ndef test(): assert shutil.get_terminal_size().columns != 77",
        variables={"COLUMNS": "77"},
    ),
    Trap(
        "colours-of-the-terminal",
        """
        import io, pytest
        from _pytest._io import TerminalWriter
        def test():
            assert not TerminalWriter(io.StringIO()).hasmarkup
        """,
        variables={"FORCE_COLOR": "1"},
    ),
    Trap(
        "cache-of-pytest",
        "def test(request): assert request.config.cache.get('trap/value', '1') == '1'",
        written(".pytest_cache/v/trap/value", '"2"'),
    ),
    Trap(
        "script-of-pytester",
        """
        pytest_plugins = 'pytester'
        def test(pytester, request):
            import pathlib
            text = pathlib.Path(request.config.rootpath, 'x').read_text()
            pytester.makepyfile(test_x=text)
            assert pytester.runpytest_inprocess('-p', 'no:cacheprovider').ret == 0
        """,
        written("x", "def test(): assert 0"),
        {"x": "def test(): pass"},
    ),
    # -- and the tracer holds on to nothing: who asked in vain is freed at once, as without it
    Trap(
        "freed-at-once",
        """
        import importlib, importlib.util, os, pathlib, pytest, subprocess, weakref
        ASKED = (
            lambda: os.stat('none'), lambda: os.lstat('none'), lambda: os.readlink('none'),
            lambda: os.scandir('none'), lambda: os.listdir('none'), lambda: os.chdir('none'),
            lambda: os.mkdir('x'), lambda: os.mkfifo('x'), lambda: os.open('none', 0), lambda: open('none'),
            lambda: os.open('none', 0, dir_fd=os.open('.', 0)), lambda: os.fstat(999),
            lambda: os.environ['NONE'],
            lambda: os.path.exists('none'), lambda: os.path.getsize('none'), lambda: os.access('none', 4),
            lambda: pathlib.Path('none').exists(), lambda: pathlib.Path('none').stat(),
            lambda: importlib.import_module('none_such'), lambda: __import__('none_such'),
            lambda: importlib.util.find_spec('none_such'), lambda: os.rename('none', 'more'),
            lambda: os.remove('none'), lambda: os.truncate('none', 0), lambda: os.symlink('x', 'x'),
            lambda: subprocess.call(['none-such']), lambda: os.lockf(999, 1, 0),
        )
        class Holder:
            def asks(self, one):
                try: one()
                except (OSError, KeyError, ImportError): pass
        @pytest.mark.parametrize('number', range(len(ASKED)))
        def test(number):
            holder = Holder()
            holder.asks(ASKED[number])
            gone = weakref.ref(holder)
            del holder
            assert gone() is None
        def test_file(): assert open('x').read() == '1'
        """,
        written("x"),
        {"x": "1"},
    ),
    # -- nothing is there
    Trap("glob-of-nothing", "import glob\ndef test(): assert not glob.glob('none/*.x')", written("none/a.x")),
    Trap(
        "glob-of-nothing-by-pathlib",
        "import pathlib\ndef test(): assert not list(pathlib.Path('none').glob('*.x'))",
        written("none/a.x"),
    ),
    Trap(
        "rglob-of-nothing",
        "import pathlib\ndef test(): assert not list(pathlib.Path('.').rglob('*.unheard'))",
        written("deep/er/a.unheard"),
    ),
    Trap("walk-of-nothing", "import os\ndef test(): assert not list(os.walk('none'))", written("none/a")),
    Trap(
        "fwalk",
        "import os\ndef test(): assert [f for _, _, f, _ in os.fwalk('data')] == [['x']]",
        written("data/y"),
        {"data/x": ""},
    ),
    Trap(
        "list-of-nothing",
        """
        import os, pytest
        def test():
            with pytest.raises(FileNotFoundError):
                os.listdir('none')
        """,
        folder("none"),
    ),
    Trap(
        "distribution-of-nothing",
        """
        import importlib.metadata, pytest
        def test():
            with pytest.raises(importlib.metadata.PackageNotFoundError):
                importlib.metadata.version('not-there-yet')
        """,
        package("not_there_yet", "1"),
        make=folder("site"),
    ),
    Trap(
        "tool-anywhere",
        """
        import os, shutil
        def test(monkeypatch):
            monkeypatch.setenv('PATH', os.path.abspath('bin') + os.pathsep + os.environ['PATH'])
            assert shutil.which('trap-tool-two') is None
        """,
        lambda project: executable(project / "bin" / "trap-tool-two"),
    ),
    Trap(
        "dotenv-above",
        """
        import pathlib
        def test():
            here = pathlib.Path(__file__).resolve()
            assert not any((folder / '.env').is_file() for folder in here.parents)
        """,
        written("tests/.env", "A=1"),
    ),
    # -- archives, sources, configuration
    Trap(
        "data-in-an-archive",
        """
        import zipfile
        def test(): assert 'value = 1' in (zipfile.Path('z.zip') / 'zipped.py').read_text()
        """,
        lambda project: archive(project / "z.zip", "value = 2"),
        make=lambda project: archive(project / "z.zip", "value = 1"),
    ),
    Trap(
        "loader-asked-for-data",
        """
        import held_by
        def test(): assert held_by.__loader__.get_data('x') == b'1'
        """,
        written("x"),
        {"x": "1", "held_by.py": ""},
    ),
    Trap(
        "source-by-tokenize",
        "import tokenize\ndef test():\n    with tokenize.open('source.py') as f: assert f.read() == 'a = 1'",
        written("source.py", "a = 2"),
        {"source.py": "a = 1"},
    ),
    Trap(
        "head-of-git-in-process",
        "import pathlib\ndef test(): assert pathlib.Path('repo/.git/HEAD').read_text() == 'ref: one'",
        written("repo/.git/HEAD", "ref: two"),
        {"repo/.git/HEAD": "ref: one"},
    ),
    Trap(
        "ini-file-of-another-name",
        "def test(pytestconfig): assert pytestconfig.getini('junit_suite_name') == 'pytest'",
        written(".pytest.ini", "[pytest]\njunit_suite_name = other\npythonpath = .\n"),
    ),
    Trap(
        "conftest-of-a-folder-between",
        "def test(): pass",
        written("tests/deep/conftest.py", "def pytest_runtest_setup(): assert False"),
        {"tests/deep/er/test_deep.py": "def test_deep(): pass"},
    ),
    Trap(
        "package-made-of-the-tests",
        "def test(): assert __name__ == 'test_it'",
        written("tests/__init__.py", ""),
    ),
    Trap(
        "filter-by-a-variable",
        """
        import os, pytest
        @pytest.mark.parametrize('one', os.environ.get('TRAP_CASES', 'a').split(','))
        def test(one): assert one == 'a'
        """,
        variables={"TRAP_CASES": "a,b"},
    ),
    Trap(
        "skip-by-a-condition-in-text",
        """
        import pytest
        @pytest.mark.skipif("not __import__('os').path.exists('x')")
        def test(): assert 0
        def test_other(): pass
        """,
        written("x"),
    ),
    Trap(
        "variable-by-another-name-of-the-mapping",
        "from os import environ as e\ndef test(): assert 'TRAP_ALIAS' not in e",
        variables={"TRAP_ALIAS": "1"},
    ),
    Trap(
        "variable-in-a-path-of-configparser",
        "import os.path\ndef test(): assert os.path.expandvars('$TRAP_IN_PATH/a') != '1/a'",
        variables={"TRAP_IN_PATH": "1"},
    ),
    Trap(
        "variable-compared-as-a-whole",
        "import os\ndef test(): assert os.environ != {**os.environ, 'TRAP_EQUAL': '1'}",
        variables={"TRAP_EQUAL": "1"},
    ),
    Trap(
        "home-of-the-user",
        "import pathlib\ndef test(): assert pathlib.Path.home().name == 'home'",
        variables={"HOME": "/nowhere"},
    ),
    # -- forked processes, which tell what they read
    *(
        Trap(
            f"forked-{name}",
            test,
            written("x"),
            {"x": "1", "reader.py": "def read(*args): return open('x').read()", **more},
            kept=kept,
        )
        for name, test, more, kept in FORKED
    ),
    # -- programs of which it is known what they read
    *(
        Trap(f"program-{name}", f"{OUT}\ndef test(): assert {test}", change, files, kept=kept)
        for name, test, change, files, kept in PROGRAMS
    ),
    # -- what other processes have or do
    unseen(
        "lock-that-others-may-hold",
        """
        import fcntl
        def test():
            with open('tests/test_it.py') as f: fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        """,
    ),
    unseen(
        "lock-of-a-range",
        """
        import fcntl
        def test():
            with open('pyproject.toml', 'r+') as f: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        """,
    ),
    unseen(
        "lock-by-os",
        """
        import os
        def test():
            fd = os.open('pyproject.toml', os.O_RDWR)
            os.lockf(fd, os.F_TLOCK, 0)
            os.close(fd)
        """,
    ),
    unseen("priority", "import os\ndef test(): assert os.nice(0) < 21"),
    unseen("scheduler", "import os\ndef test(): assert os.sched_getscheduler(0) is not None"),
    unseen("limits-set", "import resource\ndef test(): resource.setrlimit(resource.RLIMIT_CORE, (0, 0))"),
    unseen(
        "memory-that-others-share",
        """
        import os, pytest
        def test():
            import _posixshmem
            with pytest.raises(FileNotFoundError):
                _posixshmem.shm_open('/trap-not-there', os.O_RDONLY, mode=0o600)
        """,
    ),
    *(
        unseen(f"load-asked-{name}", f"import asyncio, os\nfrom concurrent.futures import *\n{text}")
        for name, text in (
            ("by-an-executor", "def test(): assert ThreadPoolExecutor(1).submit(os.getloadavg).result()"),
            (
                "by-a-loop",
                "async def run(): asyncio.get_running_loop().call_soon(os.getloadavg)\n"
                "def test(): asyncio.run(run())",
            ),
        )
    ),
    unseen("file-system-of-a-folder", "import shutil\ndef test(): assert shutil.disk_usage('.').total"),
    unseen("state-of-the-kernel", "def test(): assert open('/proc/sys/kernel/ostype').read()"),
    unseen(
        "terminal-of-the-process",
        "import os\ndef test():\n    try: open('/dev/tty')\n    except OSError: pass",
    ),
    unseen("clock-by-its-number", "import time\ndef test(): assert time.clock_gettime(time.CLOCK_REALTIME)"),
    unseen("clock-of-mails", "from email.utils import formatdate\ndef test(): assert formatdate()"),
    unseen("chance-by-the-system", "import os\ndef test(): assert os.getrandom(1) is not None"),
    Trap(
        "standard-input",
        # there is none to read from: workers have /dev/null
        "import sys\ndef test(): assert sys.stdin.read() == ''",
        SAME,
        {"pyproject.toml": INI + "addopts = '-s'\n"},
    ),
)


def zone(project: Path, hours: int) -> None:
    """A zone so many hours off, as RFC 8536 has it, version 1."""
    path = project / "zones" / "Trap"
    path.parent.mkdir(exist_ok=True)
    head = b"TZif2" + bytes(15)
    counts = b"".join(number.to_bytes(4, "big") for number in (0, 0, 0, 0, 1, 4))
    body = (hours * 3600).to_bytes(4, "big") + bytes([0, 0]) + b"TRP\0"
    path.write_bytes((head + counts + body) * 2 + f"\nTRP{-hours}\n".encode())


def executable(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
