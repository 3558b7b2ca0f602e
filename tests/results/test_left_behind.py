"""What a file that has changed comes to leave, and another of its project sees: that must run, and fail."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.run.space import Space
from tests.sampling import Part

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

BY_HAND = """
import importlib.util, sys
def test(tmp_path):
    (tmp_path / 'dyn.py').write_text('')
    spec = importlib.util.spec_from_file_location('dyn', tmp_path / 'dyn.py')
    sys.modules['dyn'] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules['dyn'])
"""
# what test_a comes to do, what test_b asks for
ROWS = {
    "function-of-the-library": (
        "import time\ndef test(): time.sleep = lambda seconds: None",
        "import time\ndef test(): assert type(time.sleep).__name__ == 'builtin_function_or_method'",
    ),
    "class-of-the-library": (
        "import json\ndef test(): json.JSONEncoder.item_separator = ';'",
        "import json\ndef test(): assert json.JSONEncoder.item_separator == ', '",
    ),
    "module-of-the-library-imported-by-tests": (
        "def test():\n    import wave\n    wave.Wave_read.ZZ = 1",
        "def test():\n    import wave\n    assert not hasattr(wave.Wave_read, 'ZZ')",
    ),
    "attribute-of-a-function": (
        "import json\ndef test(): json.dumps.zz = 1",
        "import json\ndef test(): assert not hasattr(json.dumps, 'zz')",
    ),
    "attribute-of-an-installed-function": (
        "import jinja2\ndef test(): jinja2.pass_context.zz = 1",
        "import jinja2\ndef test(): assert not hasattr(jinja2.pass_context, 'zz')",
    ),
    "defaults-of-a-function": (
        "import textwrap\ndef test(): textwrap.wrap.__defaults__ = (3,)",
        "import textwrap\ndef test(): assert textwrap.wrap('a b c d') == ['a b c d']",
    ),
    "default-by-name": (
        "import json\ndef test(): json.dumps.__kwdefaults__['sort_keys'] = True",
        'import json\ndef test(): assert json.dumps({2: 1, 1: 2}) == \'{"2": 1, "1": 2}\'',
    ),
    "names-of-levels": (
        "import logging\ndef test(): logging.addLevelName(10, 'DBG')",
        "import logging\ndef test(): assert logging.getLevelName(10) == 'DEBUG'",
    ),
    "types-of-files": (
        "import mimetypes\ndef test(): mimetypes.types_map['.zz'] = 'a/b'",
        "import mimetypes\ndef test(): assert mimetypes.guess_type('a.zz')[0] is None",
    ),
    "classes-registered": (
        "from collections.abc import Mapping\ndef test(): Mapping.register(int)",
        "from collections.abc import Mapping\ndef test(): assert not isinstance(1, Mapping)",
    ),
    "values-of-the-interpreter": (
        "import sys\ndef test(): sys.platform = 'zz'",
        "import sys\ndef test(): assert sys.platform == 'linux'",
    ),
    "submodule": (
        "import app.extra\ndef test(): pass",
        "import app\ndef test(): assert not hasattr(app, 'extra')",
    ),
    "submodule-by-a-function": (
        "import lazy\ndef test(): lazy.load()",
        "import app, lazy\ndef test(): assert 'extra' not in vars(app)",
    ),
    "submodule-at-hand-elsewhere": (
        "import app.extra\ndef test(): pass",
        "from helper import app as package\ndef test(): assert not hasattr(package, 'extra')",
    ),
    "submodule-by-a-patch": (
        "from unittest import mock\ndef test(): mock.patch('app.extra.value', 1).start()",
        "import app\ndef test(): assert getattr(app, 'extra', None) is None",
    ),
    "submodule-of-a-namespace": (
        "import space.inner.deep\ndef test(): pass",
        "import space.inner\ndef test(): assert not hasattr(space.inner, 'deep')",
    ),
    "submodule-of-the-library": (
        "import xml.dom.minidom\ndef test(): pass",
        "import xml\ndef test(): assert not hasattr(xml, 'dom')",
    ),
    "descriptor-read-from": (
        "import opened, os\ndef test(): os.read(opened.FILE, 3)",
        "import opened, os\ndef test(): assert os.read(opened.FILE, 6) == b'import'",
    ),
    "descriptor-closed": (
        "import opened, os\ndef test(): os.close(opened.FILE)",
        "import opened, os\ndef test(): os.fstat(opened.FILE)",
    ),
    "pipe-written-to": (
        "import opened, os\ndef test(): os.write(opened.THERE, b'1')",
        "import opened, select\ndef test(): assert not select.select([opened.HERE], [], [], 0)[0]",
    ),
    "memory-written-to": (
        "import opened, os\ndef test(): os.pwrite(opened.MEMORY, b'1', 0)",
        "import opened, os\ndef test(): assert os.pread(opened.MEMORY, 1, 0) == b''",
    ),
    "descriptor-that-waits": (
        "import opened, os\ndef test(): os.set_blocking(opened.HERE, False)",
        "import opened, os\ndef test(): assert os.get_blocking(opened.HERE)",
    ),
    "descriptor-at-a-chosen-number": (
        "import os\ndef test(): os.dup2(os.open('/dev/null', os.O_RDONLY), 77)",
        "import os\ndef test():\n    try:\n        os.read(77, 1)\n    except OSError:\n        return\n"
        "    assert 0",
    ),
    "descriptor-from-a-chosen-number-on": (
        "import fcntl, os\ndef test(): fcntl.fcntl(os.open('/dev/null', os.O_RDONLY), fcntl.F_DUPFD, 90)",
        "import os\ndef test():\n    try:\n        os.read(90, 1)\n    except OSError:\n        return\n"
        "    assert 0",
    ),
    "child-that-nobody-has-waited-for": (
        "import os\nHELD = []\ndef test():\n    HELD.append(os.fork())\n"
        "    if not HELD[-1]:\n        os._exit(7)",
        "import os\ndef test():\n    try:\n        os.waitpid(-1, 0)\n    except ChildProcessError:\n"
        "        return\n    assert 0",
    ),
    "children-of-multiprocessing": (
        "import multiprocessing, time\ndef test():\n"
        "    fork = multiprocessing.get_context('fork')\n"
        "    fork.Process(target=time.sleep, args=(600,), daemon=True).start()",
        "import multiprocessing\ndef test(): assert not multiprocessing.active_children()",
    ),
    "name-of-the-process": (
        "import multiprocessing\ndef test(): multiprocessing.current_process().name = 'zz'",
        "import multiprocessing\ndef test(): assert multiprocessing.current_process().name != 'zz'",
    ),
    "key-of-the-process": (
        "import multiprocessing\ndef test(): multiprocessing.current_process().authkey = b'zz'",
        "import multiprocessing\ndef test(): assert multiprocessing.current_process().authkey != b'zz'",
    ),
    "names-by-number": (
        "import threading\ndef test(): threading.Thread()",
        "import threading\ndef test(): assert threading.Thread().name == 'Thread-1'",
    ),
    "stream-that-pytest-holds": (
        "def test(pytestconfig): pytestconfig.stream.write('1')",
        "def test(pytestconfig): assert pytestconfig.stream.getvalue() == ''",
    ),
    "module-loaded-by-hand": (
        BY_HAND,
        "import sys\ndef test(): assert sys.modules.get('dyn') is None",
    ),
}

# what is so only for a while, and is kept by a module that is imported meanwhile; what linecache keeps
KEPT = {
    "import-under-a-variable": (
        "def test(monkeypatch):\n    monkeypatch.setenv('XX', '1')\n    import late",
        "def test():\n    import late\n    assert late.variable is None",
    ),
    "import-under-a-variable-while-collected": (
        "import os\nos.environ['XX'] = '1'\nimport late\ndel os.environ['XX']\ndef test(): pass",
        "import late\ndef test(): assert late.variable is None",
    ),
    "import-under-all-variables": (
        "def test(monkeypatch):\n    monkeypatch.setenv('XX', '1')\n    import late",
        "def test():\n    import late\n    assert 'XX' not in late.variables",
    ),
    "import-under-a-patch": (
        "import box\ndef test(monkeypatch):\n    monkeypatch.setattr(box, 'value', 1)\n    import late",
        "def test():\n    import late\n    assert not late.value",
    ),
    "import-under-a-patch-of-the-library": (
        "import shlex\ndef test(monkeypatch):\n    monkeypatch.setattr(shlex, 'quote', str)\n    import late",
        "import shlex\ndef test():\n    import late\n    assert late.quote is shlex.quote",
    ),
    "import-under-a-patch-of-what-it-uses": (
        "import box, uses\ndef test(monkeypatch):\n    monkeypatch.setattr(box, 'value', 1)\n    import late",
        "def test():\n    import late\n    assert not late.used",
    ),
    "import-under-a-patch-below-a-package": (
        "import app.extra\ndef test(monkeypatch):\n    monkeypatch.setattr(app.extra, 'value', 1)\n"
        "    import late",
        "import app.extra\ndef test():\n    import late\n    assert not late.below",
    ),
    "import-under-a-patch-of-what-is-installed": (
        "import jinja2\ndef test(monkeypatch):\n    monkeypatch.setattr(jinja2, 'pass_context', 1)\n"
        "    import later",
        "def test():\n    import later\n    assert later.found != 1",
    ),
    "import-under-a-patch-of-an-installed-class": (
        "import jinja2\ndef test(monkeypatch):\n    monkeypatch.setattr(jinja2.Template, 'render', 1)\n"
        "    import later",
        "def test():\n    import later\n    assert later.method != 1",
    ),
    "import-under-another-module": (
        "import sys, types\nsys.modules['box'] = types.SimpleNamespace(value=1)\nimport late\n"
        "del sys.modules['box']\ndef test(): pass",
        "import late\ndef test(): assert not late.value",
    ),
    "import-under-a-patch-while-collected": (
        "from unittest import mock\nwith mock.patch('box.value', 1):\n    import late\ndef test(): pass",
        "def test():\n    import late\n    assert not late.value",
    ),
    "import-under-a-patch-of-a-fixture-for-all": (
        "def test(patched): pass",
        "def test():\n    import late\n    assert not late.value",
    ),
    "import-under-a-variable-of-a-fixture-for-all": (
        "def test(given): pass",
        "def test():\n    import late\n    assert late.variable is None",
    ),
    "import-beside-a-file-of-a-fixture-for-all": (
        "def test(written): pass",
        "def test():\n    import late\n    assert not late.text",
    ),
    "import-in-a-thread": (
        "import box\nfrom concurrent.futures import ThreadPoolExecutor\ndef test(monkeypatch):\n"
        "    monkeypatch.setattr(box, 'value', 1)\n"
        "    with ThreadPoolExecutor() as pool: pool.submit(__import__, 'late').result()",
        "def test():\n    import late\n    assert not late.value",
    ),
    "import-in-a-thread-under-a-variable": (
        "import asyncio\ndef test(monkeypatch):\n    monkeypatch.setenv('XX', '1')\n"
        "    asyncio.run(asyncio.to_thread(__import__, 'late'))",
        "def test():\n    import late\n    assert 'XX' not in late.variables",
    ),
    "import-in-a-thread-while-collected": (
        "from unittest import mock\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "with mock.patch('box.value', 1), ThreadPoolExecutor() as pool:\n"
        "    pool.submit(__import__, 'late').result()\ndef test(): pass",
        "def test():\n    import late\n    assert not late.value",
    ),
    "import-of-what-asks-for-its-thread": (
        "from concurrent.futures import ThreadPoolExecutor\ndef test():\n"
        "    with ThreadPoolExecutor() as pool: pool.submit(__import__, 'asking').result()",
        "def test():\n    import asking\n    assert asking.thread == 'MainThread'",
    ),
    "import-under-a-level": (
        "def test(caplog):\n    with caplog.at_level(10, 'asking'): import asking",
        "def test():\n    import asking\n    assert not asking.level",
    ),
    "import-under-a-handler-of-signals": (
        "import signal\ndef test():\n    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)\n"
        "    import asking\n    signal.signal(signal.SIGUSR1, before)",
        "import signal\ndef test():\n    import asking\n    assert asking.handler == signal.SIG_DFL",
    ),
    "import-under-a-filter": (
        "import pytest\n@pytest.mark.filterwarnings('error')\ndef test(): import asking",
        "def test():\n    import asking\n    assert asking.warns",
    ),
    "import-under-a-stream": (
        "def test(capsys): import asking",
        "def test():\n    import asking\n    assert asking.stream != 'CaptureIO'",
    ),
    "import-under-another-search-path": (
        "import sys\nsys.path.insert(0, 'other')\nimport asking\nsys.path.pop(0)\ndef test(): pass",
        "def test():\n    import asking\n    assert not asking.beside",
    ),
    "import-under-a-patch-for-parameters": (
        "from unittest import mock\ndef pytest_generate_tests(metafunc):\n"
        "    with mock.patch('box.value', 1): import late\ndef test(): pass",
        "def test():\n    import late\n    assert not late.value",
    ),
    "import-under-a-patch-of-a-module": (
        "import patching\ndef test(): pass",
        "def test():\n    import late\n    assert not late.value",
    ),
    "import-under-a-patch-of-a-rewritten-module": (
        "import pytest\npytest.register_assert_rewrite('late')\ndef test(): import patching",
        "def test():\n    import late\n    assert not late.value",
    ),
    "what-an-import-prints": (
        "def test(): import saying",
        "def test(capsys):\n    import saying\n    assert capsys.readouterr().out",
    ),
    "what-an-import-warns": (
        "def test(): import saying",
        "import pytest\ndef test():\n    with pytest.warns(DeprecationWarning): import saying",
    ),
    "what-an-import-logs": (
        "def test(): import saying",
        "def test(caplog):\n    import saying\n    assert caplog.records",
    ),
    "import-of-what-looks-at-its-importer": (
        "import apart\ndef test(monkeypatch):\n    monkeypatch.setattr(apart, 'value', 1)\n    import framed",
        "def test():\n    import framed\n    assert not framed.value",
    ),
    "import-beside-a-file": (
        "def test(monkeypatch, tmp_path):\n    (tmp_path / 'made').write_text('1')\n"
        "    monkeypatch.chdir(tmp_path)\n    import late",
        "def test():\n    import late\n    assert not late.text",
    ),
    "import-by-a-lazy-loader": (
        "import lazily\ndef test(monkeypatch):\n    monkeypatch.setenv('XX', '1')\n    lazily.late.variable",
        "import lazily\ndef test(): assert lazily.late.variable is None",
    ),
    "lines-of-no-file": (
        "import linecache\ndef test(): linecache.cache['zz'] = (1, None, ['b'], 'zz')",
        "import linecache\ndef test(): assert linecache.getline('zz', 1) == ''",
    ),
    "lines-remembered": (
        "import linecache\ndef test(): assert linecache.getline('late.py', 1)",
        "import linecache\ndef test(): assert 'late.py' not in linecache.cache",
    ),
}

LATE = """
import app, box, os, uses
from shlex import quote
used, below = uses.get(), getattr(getattr(app, 'extra', None), 'value', 0)
value, variable, variables = box.value, os.environ.get('XX'), dict(os.environ)
text = open('made').read() if os.path.exists('made') else ''
"""
SHARED = """
import os, pytest
@pytest.fixture(scope='session')
def patched():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('box.value', 1)
        import late
@pytest.fixture(scope='package')
def given():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XX', '1')
        import late
@pytest.fixture(scope='session')
def written():
    with open('made', 'w') as stream: stream.write('1')
    import late
    os.remove('made')
"""
STREAM = """
import io
def pytest_configure(config): config.stream = io.StringIO()
"""
ASKING = """
import beside_it, logging, signal, sys, threading, warnings
thread, beside = threading.current_thread().name, beside_it.value
level, stream = logging.getLogger('asking').isEnabledFor(10), type(sys.stdout).__name__
handler = signal.getsignal(signal.SIGUSR1)
try:
    warnings.warn('x')
    warns = True
except UserWarning:
    warns = False
"""
SAYING = """
import logging, warnings
print('x')
warnings.warn('x', DeprecationWarning)
logging.getLogger('saying').warning('x')
"""
FRAMED = """
import sys
frame, value = sys._getframe(), 0
while frame:
    value, frame = value or getattr(frame.f_globals.get('apart'), 'value', 0), frame.f_back
"""
LAZILY = """
import importlib.util, sys
spec = importlib.util.find_spec('late')
spec.loader = loader = importlib.util.LazyLoader(spec.loader)
late = sys.modules['late'] = importlib.util.module_from_spec(spec)
loader.exec_module(late)
"""
PLAIN = """
import warnings
def test(tmp_path, monkeypatch, capsys, caplog, recwarn):
    monkeypatch.setenv('NOBODY_READS_IT', '1')
    (tmp_path / 'x').write_text('x')
    warnings.warn('x')
    import late
    pass
"""
BARE = """
def test():
    import late
    pass
"""
PATCHED = """
import apart, aside
def test(monkeypatch):
    monkeypatch.setattr(apart, 'value', 1)
    aside.seen.append(1)
    import late
    aside.seen.clear()
    pass
"""
FIXTURES = pytest.mark.skipif(
    pytest.version_tuple < (9,), reason="8.0 ties such files by its own fixtures (open)"
)
THIRD = """
import csv, ctypes, functools, itertools, os, pluggy, threading, types
def _made():
    values, number = [], 0
    def add(): values.append(1)
    def many(): return len(values)
    def count():
        nonlocal number
        number += 1
    def counted(): return number
    return add, many, count, counted
add, many, count, counted = _made()
def calls(function):
    seen = []
    @functools.wraps(function)
    def wrapper():
        seen.append(1)
        return len(seen)
    return wrapper
@calls
def once(): pass
class Local(threading.local):
    def __init__(self): self.made = []
class Slotted:
    __slots__ = ("a", "b")
class Keeps:
    def __init__(self): self.cache = {}
local, slotted, kept, options = Local(), Slotted(), Keeps(), types.SimpleNamespace(width=80)
slotted.a = object()
manager = pluggy.PluginManager("third")
counter = itertools.count()
pointer, rows = ctypes.pointer(ctypes.c_int(1)), csv.DictReader(["a", "1", "2"])
@functools.lru_cache
def remembered(name): return [name]
WORDS, STEP = {"a": 0}, 0
@functools.lru_cache
def word(name): return WORDS[name]
@functools.lru_cache
def words(name): return {name: WORDS[name]}
@functools.lru_cache(maxsize=None)
def summed(number): return STEP + summed(number - 1) if number else 0
@functools.lru_cache
def nearest(name): return os.path.exists(name)
@functools.lru_cache
def whole(name): return name in dict(os.environ)
@functools.lru_cache
def asks(function): return function()
@functools.lru_cache
def fast(name): return os.path.isdir(name)
def hands(value): os.putenv("GIT_DIR", value)
"""
GIVEN = """
import atexit, logging, pytest, warnings
about, log, CALLS = pytest.approx([1]), logging.getLogger("given"), atexit._ncallbacks()
log.mine = {}
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    mark = pytest.mark.given(a=1)
del mark.kwargs["a"]
def other(): pass
"""
COUNTED = """
import pytest
def _counted():
    seen = []
    @pytest.fixture
    def counted():
        seen.append(1)
        return len(seen)
    return counted
counted = _counted()
"""
HOLDING = """
import os
class Settings:
    def __init__(self): self.variables = os.environ
settings = Settings()
"""
GIT = {"HEAD": "ref: refs/heads/main\n", "objects/none": "", "refs/none": ""}
# what nobody holds but tables of the interpreter's, and loggers
HUNG = """
import functools, io, logging, sys
class Finder:
    names = ()
    def find_spec(self, name, path=None, target=None):
        return None
sys.meta_path.append(Finder())
logging.getLogger("hung").addHandler(logging.StreamHandler(io.StringIO()))
@functools.lru_cache
def many(): return []
"""

SOURCES = {
    "site-packages/third.py": THIRD,
    **{f"repo/{name}": text for name, text in GIT.items()},
    "checking.py": "def check(): assert 1 == 2",
    "site-packages/late_one/__init__.py": "",
    "site-packages/late_one/x.py": "",
    "early_one/__init__.py": "from . import first\nimport late_one.x\nfrom . import second",
    "early_one/first.py": "import late_one\nFOUND = hasattr(late_one, 'x')",
    "early_one/second.py": "import late_one\nFOUND = hasattr(late_one, 'x')",
    "third_of_ours.py": THIRD,
    "given.py": GIVEN,
    "hung.py": HUNG,
    "holding.py": HOLDING,
    "tests/more/found_there.py": "",
    "box.py": "value = 0",
    "opened.py": "import os\nFILE, (HERE, THERE) = os.open(__file__, os.O_RDONLY), os.pipe()\n"
    "MEMORY = os.memfd_create('opened')",
    "uses.py": "import box\ndef get(): return box.value",
    "later.py": "import jinja2\nfound = jinja2.pass_context\nmethod = jinja2.Template.render",
    "late.py": LATE,
    "patching.py": "from unittest import mock\nwith mock.patch('box.value', 1): import late",
    "beside_it.py": "value = 0",
    "other/beside_it.py": "value = 1",
    "asking.py": ASKING,
    "saying.py": SAYING,
    "lazily.py": LAZILY,
    "conftest.py": SHARED + STREAM + COUNTED,
    "apart.py": "value = 0",
    "framed.py": FRAMED,
    "app/__init__.py": "",
    "app/extra.py": "value = 0",
    "helper.py": "import app",
    "lazy.py": "def load():\n    import app.extra",
    "space/inner/deep.py": "",
}


def failed(out: str) -> set[str]:
    return set(re.findall(r"^FAILED p/([\w-]+)/tests/test_b\.py", out, re.MULTILINE))


def parts(name: str, rows: dict[str, tuple[str, str]], count: int, **given: Any) -> list[Any]:
    """Each has a workspace of its own: all in one would take long for a single test."""
    names = list(rows)
    return [
        pytest.param({one: rows[one] for one in names[number::count]}, id=f"{name}-{number}", **given)
        for number in range(count)
    ]


# what lies in objects of others: closures, slots, caches by their names, pytest's own objects
INSIDE = {
    "closure-of-an-installed-function": (
        "import third\ndef test(): third.add()",
        "import third\ndef test(): assert not third.many()",
    ),
    "number-in-a-closure": (
        "import third\ndef test(): third.count()",
        "import third\ndef test(): assert third.counted() == 0",
    ),
    "decorated-installed-function": (
        "import third\ndef test(): third.once()",
        "import third\ndef test(): assert third.once() == 1",
    ),
    "thread-local-of-an-installed-class": (
        "import third\ndef test(): third.local.made.append(1)",
        "import third\ndef test(): assert not third.local.made",
    ),
    "slots-of-an-installed-class": (
        "import third\ndef test():\n    third.slotted.b = third.slotted.a\n    del third.slotted.a",
        "import third\ndef test(): assert not hasattr(third.slotted, 'b')",
    ),
    "slots": (
        "import third_of_ours as third\n"
        "def test():\n    third.slotted.b = third.slotted.a\n    del third.slotted.a",
        "import third_of_ours as third\ndef test(): assert not hasattr(third.slotted, 'b')",
    ),
    "value-in-a-cache": (
        "import third\ndef test(): third.kept.cache['a'] = b'1'",
        "import third\ndef test(): assert 'a' not in third.kept.cache",
    ),
    "name-space-of-an-installed-module": (
        "import third\ndef test(): third.options.width = 3",
        "import third\ndef test(): assert third.options.width == 80",
    ),
    "plugin-of-an-installed-manager": (
        "import third\ndef test(): third.manager.register(third, 'mine')",
        "import third\ndef test(): assert not third.manager.get_plugins()",
    ),
    "plugin-of-a-manager": (
        "import third_of_ours as third\ndef test(): third.manager.register(third, 'mine')",
        "import third_of_ours as third\ndef test(): assert not third.manager.get_plugins()",
    ),
    "what-is-expected": (
        "import given\ndef test(): given.about.expected.append(2)",
        "import given\ndef test(): assert given.about == [1]",
    ),
    "what-a-mark-is-given": (
        "import given\ndef test(): given.mark.kwargs['a'] = 1",
        "import given\ndef test(): assert not given.mark.kwargs",
    ),
    "what-a-fixture-has-at-hand": (
        "def test(counted): pass",
        "def test(counted): assert counted == 1",
    ),
    "attribute-of-a-thread": (
        "import threading\ndef test(): threading.main_thread().mine = 1",
        "import threading\ndef test(): assert not hasattr(threading.main_thread(), 'mine')",
    ),
    "attribute-of-a-logger": (
        "import given\ndef test(): given.log.mine['a'] = 1",
        "import given\ndef test(): assert not given.log.mine",
    ),
    "calls-at-the-end": (
        "import atexit\ndef test(): atexit.register(int)",
        "import atexit, given\ndef test(): assert atexit._ncallbacks() == given.CALLS",
    ),
    "overloads": (
        "import given, typing\ndef test(): typing.overload(given.other)",
        "import given, sys, typing\n"
        "def test(): assert sys.version_info < (3, 11) or not typing.get_overloads(given.other)",
    ),
    "attribute-of-a-class-of-pytest": (
        "import pytest\ndef test(): pytest.Item.zz = 1",
        "import pytest\ndef test(): assert not hasattr(pytest.Item, 'zz')",
    ),
    "setting-of-pytest": (
        "def test(pytestconfig): pytestconfig.getini('python_classes').append('x')",
        "def test(pytestconfig): assert 'x' not in pytestconfig.getini('python_classes')",
    ),
    "variable-by-what-holds-them": (
        "import os\ndef test(): os.environ['ZZ_HELD'] = '1'",
        "import holding\ndef test(): assert 'ZZ_HELD' not in holding.settings.variables",
    ),
    "what-hangs-on-the-variables": (
        "import os\ndef test(): os.environ.zz = 1",
        "import holding\ndef test(): assert not hasattr(holding.settings.variables, 'zz')",
    ),
    "another-mapping-of-variables": (
        "import holding\ndef test(): holding.settings.variables = {'ZZ': '1'}",
        "import holding\ndef test(): assert 'ZZ' not in holding.settings.variables",
    ),
    "counter-of-an-installed-module": (
        "import third\ndef test(): next(third.counter)",
        "import third\ndef test(): assert next(third.counter) == 0",
    ),
    "list-that-an-installed-function-remembers": (
        "import third\ndef test(): third.remembered('a').append(1)",
        "import third\ndef test(): assert third.remembered('a') == ['a']",
    ),
    "what-an-installed-function-found-in-a-patched-dictionary": (
        "import third\ndef test(monkeypatch):\n    monkeypatch.setitem(third.WORDS, 'a', 1)\n"
        "    third.word('a')",
        "import third\ndef test(): assert third.word('a') == 0",
    ),
    "what-it-found-there-and-gives-in-a-dictionary": (
        "import third\ndef test(monkeypatch):\n    monkeypatch.setitem(third.WORDS, 'a', 1)\n"
        "    third.words('a')",
        "import third\ndef test(): assert third.words('a') == {'a': 0}",
    ),
    "what-one-found-that-calls-itself": (
        "import third\ndef test(monkeypatch):\n    monkeypatch.setattr(third, 'STEP', 1)\n"
        "    third.summed(2)",
        "import third\ndef test(): assert third.summed(2) == 0",
    ),
    "what-one-found-in-another-folder": (
        "import third\ndef test(monkeypatch):\n    monkeypatch.chdir('/')\n    third.nearest('box.py')",
        "import third\ndef test(): assert third.nearest('box.py')",
    ),
    "what-one-found-among-all-variables": (
        "import third\ndef test(monkeypatch):\n    monkeypatch.setenv('ZZ', '1')\n    third.whole('ZZ')",
        "import third\ndef test(): assert not third.whole('ZZ')",
    ),
    "what-one-was-told-by-a-function-of-ours": (
        "import box, third, uses\ndef test(monkeypatch):\n    monkeypatch.setattr(box, 'value', 1)\n"
        "    third.asks(uses.get)",
        "import third, uses\ndef test(): assert third.asks(uses.get) == 0",
    ),
    "what-one-found-by-a-patch-of-the-library": (
        "import os, third\ndef test(monkeypatch):\n    monkeypatch.setattr(os.path, 'isdir', len)\n"
        "    third.fast('box.py')",
        "import third\ndef test(): assert third.fast('box.py') is False",
    ),
    "how-often-an-installed-function-was-asked": (
        "import third\ndef test(): third.remembered('b')",
        "import third\ndef test(): assert not third.remembered.cache_info().currsize",
    ),
    "target-of-an-installed-pointer": (
        "import third\ndef test(): third.pointer.contents.value = 2",
        "import third\ndef test(): assert third.pointer.contents.value == 1",
    ),
    "reader-of-an-installed-module": (
        "import third\ndef test(): next(third.rows)",
        "import third\ndef test(): assert next(third.rows) == {'a': '1'}",
    ),
    "variable-for-children-by-an-installed-module": (
        "import third\ndef test(): third.hands('repo')",
        "import subprocess\ndef test():\n"
        "    assert subprocess.run(['git', 'rev-parse', '--git-dir']).returncode == 128",
    ),
    "variable-of-main": (
        "import __main__\ndef test(): __main__.zz = 1",
        "import __main__\ndef test(): assert not hasattr(__main__, 'zz')",
    ),
    "how-a-stream-writes": (
        "import sys\ndef test(): sys.stdout.reconfigure(errors='ignore')",
        "import sys\ndef test(): assert sys.stdout.errors != 'ignore'",
    ),
    "list-of-main": (
        "import sys\ndef test(): sys.modules['__main__'].__dict__.setdefault('zz', []).append(1)",
        "import runpy, sys\ndef test(): assert 'zz' not in vars(sys.modules['__main__'])",
    ),
    "what-a-finder-holds": (
        "import hung, sys\ndef test(): sys.meta_path[-1].names = ('a',)",
        "import hung, sys\ndef test(): assert not sys.meta_path[-1].names",
    ),
    "what-a-handler-has-written": (
        "import hung, logging\ndef test(): logging.getLogger('hung').warning('a')",
        "import hung, logging\ndef test():\n"
        "    assert not logging.getLogger('hung').handlers[0].stream.getvalue()",
    ),
    "flags-of-a-context": (
        "import decimal\ndef test(): decimal.Decimal(1) / 3",
        "import decimal\ndef test(): assert not decimal.getcontext().flags[decimal.Inexact]",
    ),
    "rewritten": (
        "import pytest\ndef test(): pytest.register_assert_rewrite('checking')",
        "import pytest\ndef test():\n    import checking\n"
        "    with pytest.raises(AssertionError) as told: checking.check()\n    assert not str(told.value)",
    ),
    "below-a-package-that-is-imported-later": (
        "import late_one.x\ndef test(): pass",
        "import early_one.first\ndef test(): assert not early_one.first.FOUND",
    ),
    "folder-that-was-missing": (
        "import sys\nfrom pathlib import Path\n"
        "def test(): sys.path_importer_cache[str(Path(__file__).with_name('more'))] = None",
        "import sys\nfrom pathlib import Path\ndef test(monkeypatch):\n"
        "    monkeypatch.setattr(sys, 'path', [*sys.path, str(Path(__file__).with_name('more'))])\n"
        "    import found_there",
    ),
}
if sys.version_info < (3, 11):
    del INSIDE["overloads"]


@pytest.mark.sampled("rows")
@pytest.mark.parametrize(
    "rows",
    [
        *parts("left", ROWS, 6),
        *parts("kept", KEPT, 4, marks=pytest.mark.slow),
        *parts("inside", INSIDE, 2, marks=pytest.mark.slow),
    ],
)
def test_who_sees_what_another_has_come_to_leave_runs(
    tmp_path: Path, rows: dict[str, tuple[str, str]], part: Part
) -> None:
    rows = {name: rows[name] for name in part([*rows], 2)}
    space = Space(tmp_path / "space")
    ini = "[tool.pytest.ini_options]\npythonpath = ['.', 'site-packages']\n"
    for name, (_, seen) in rows.items():
        space.write({f"p/{name}/pyproject.toml": ini, f"p/{name}/tests/test_a.py": "def test(): pass\n"})
        space.write({f"p/{name}/tests/test_b.py": seen})
        space.write({f"p/{name}/{path}": text for path, text in SOURCES.items()})
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run("--cached", "--workers=1").code == 0
        assert f"{2 * len(rows)} cached" in space.run("--cached", "--workers=1").out
        for name, (left, _) in rows.items():
            space.write({f"p/{name}/tests/test_a.py": left})
        run = space.run("--cached", "--workers=1", "-rf", "--cached-explain")
    assert failed(run.out) == set(rows), run.out


def test_who_sets_a_variable_for_children_alone_is_no_result_by_itself(space: Space) -> None:
    """``os.environ`` does not tell of it, and who sees it by a child is never kept."""
    space.write({"p/pyproject.toml": "", "p/test_a.py": "import os\ndef test(): os.putenv('ZZ_SET', '7')"})
    sees = "import subprocess\ndef test(): assert subprocess.run('exit $ZZ_SET', shell=True).returncode == 7"
    space.write({"p/test_b.py": sees})
    for _ in range(2):
        run = space.run("--cached", "--workers=1")
        assert (run.code, run.counts) == (0, {"passed": 2}), run.out


@pytest.mark.slow
@pytest.mark.parametrize(
    "test", [BARE, PATCHED, pytest.param(PLAIN, marks=FIXTURES)], ids=["bare", "patched", "fixtures"]
)
def test_a_module_that_a_test_imports_ties_no_files_where_nothing_is_set_otherwise(
    tmp_path: Path, test: str
) -> None:
    space = Space(tmp_path / "space")
    space.write(
        {"pyproject.toml": "[tool.pytest-monorepo]\n", "late.py": "import os\nzone = os.environ.get('TZ')"}
    )
    space.write({"p/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '..'\n"})
    space.write({"apart.py": "value = 0", "aside.py": "seen = []"})
    space.write({f"p/tests/test_{name}.py": test for name in "ab"})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run("--cached", "--workers=1").code == 0
        space.write({"p/tests/test_b.py": test.replace("pass", "...")})
        assert "1 cached" in space.run("--cached", "--workers=1").lines[-1]


def test_who_holds_the_variables_of_the_process_or_is_given_what_is_remembered_ties_no_files(
    space: Space,
) -> None:
    ini = "[tool.pytest.ini_options]\npythonpath = ['.', 'site-packages']\n"
    space.write({"p/pyproject.toml": ini, "p/holding.py": HOLDING, "p/site-packages/third.py": THIRD})
    test = "import holding, third\ndef test(): assert third.remembered('a') == ['a']\n"
    space.write({f"p/tests/test_{name}.py": test for name in "ab"})
    assert space.run("--cached", "--workers=1").code == 0
    space.write({"p/tests/test_b.py": test.replace("['a']", "[ 'a']")})
    assert "1 cached" in space.run("--cached", "--workers=1").lines[-1]


REMEMBERS = """
import functools, os
@functools.lru_cache
def home(): return os.environ.get("LIB_HOME", "none")
"""
SETS_FOR_A_WHILE = """
import lib
def test(monkeypatch):
    monkeypatch.setenv("LIB_HOME", "a")
    assert lib.home() == "a"
"""


@pytest.mark.parametrize(
    ("before", "after", "seen"),
    [(SETS_FOR_A_WHILE, "def test(): pass\n", "a"), ("def test(): pass\n", SETS_FOR_A_WHILE, "none")],
    ids=["no-more", "from-now-on"],
)
def test_what_an_installed_function_remembers_of_a_variable_set_for_a_while(
    space: Space, before: str, after: str, seen: str
) -> None:
    space.write(
        {
            "p/pytest.ini": "[pytest]\npythonpath = . site-packages\n",
            "p/site-packages/lib.py": REMEMBERS,
            "p/tests/test_a.py": before,
            "p/tests/test_b.py": f"import lib\ndef test(): assert lib.home() == {seen!r}\n",
        }
    )
    assert space.run("--cached", "--workers=1").code == 0
    space.write({"p/tests/test_a.py": after})
    run = space.run("--cached", "--workers=1")
    assert run.counts == {"passed": 1, "failed": 1}, run.out
