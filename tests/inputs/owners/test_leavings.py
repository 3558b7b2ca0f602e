"""What a test may do to a module of the workspace, and once was not seen: each row changes one thing."""

from __future__ import annotations

import types

import pytest

from pytest_monorepo.inputs.owners.hidden import Opaque
from pytest_monorepo.inputs.owners.objects import fingerprint

ROWS = (
    (
        "finalize-at-exit",
        "import weakref\nclass C: pass\nc = C()\nz = weakref.finalize(c, print)",
        "setattr(h.z, 'atexit', False)",
    ),
    ("where-an-exception-is", "z = UnicodeDecodeError('a', b'bc', 0, 1, 'd')", "setattr(h.z, 'start', 1)"),
    ("exception-without-context", "z = ValueError('a')", "setattr(h.z, '__suppress_context__', True)"),
    (
        "lines-of-stream",
        "import io\nz = io.TextIOWrapper(io.BytesIO())",
        "h.z.reconfigure(line_buffering=True)",
    ),
    ("abc", "import abc\nclass Base(abc.ABC): pass\nclass One: pass", "h.Base.register(h.One)"),
    ("mmap", "import mmap\nm = mmap.mmap(-1, 10)", "h.m.write(b'a')"),
    ("regex-scanner", "import re\ns = re.compile('a').scanner('aa')", "h.s.match()"),
    ("finditer", "import re\ns = re.finditer('a', 'aa')", "next(h.s)"),
    ("zip-longest", "import itertools\nz = itertools.zip_longest('ab', 'c')", "next(h.z)"),
    ("hash", "import hashlib\nz = hashlib.sha256()", "h.z.update(b'a')"),
    ("hmac", "import hmac\nz = hmac.new(b'k', digestmod='sha256')", "h.z.update(b'a')"),
    ("zlib", "import zlib\nz = zlib.decompressobj()", "h.z.decompress(zlib.compress(b'a'))"),
    ("bz2", "import bz2\nz = bz2.BZ2Compressor()", "h.z.compress(b'a')"),
    ("lzma", "import lzma\nz = lzma.LZMACompressor()", "h.z.compress(b'a')"),
    ("hidden-mapping-proxy", "import types\nz = types.MappingProxyType({'a': []})", "h.z['a'].append(1)"),
    (
        "weak-proxy",
        "import weakref, colorsys\nclass C: pass\ncolorsys.of_a_test = C()\n"
        "z = weakref.proxy(colorsys.of_a_test)",
        "setattr(h.z, 'v', 1)",
    ),
    (
        "contextvar-object",
        "import contextvars\nv = contextvars.ContextVar('v', default=[])",
        "h.v.get().append(1)",
    ),
    (
        "bases",
        "class X:\n    v = 1\nclass Y:\n    v = 2\nclass A(X): pass",
        "setattr(h.A, '__bases__', (h.Y,))",
    ),
    ("annotations", "def f(a: int): pass", "h.f.__annotations__.update(a=str)"),
    ("doc", "def f(): 'a'", "setattr(h.f, '__doc__', 'b')"),
    ("class-doc", "class C:\n    'a'", "setattr(h.C, '__doc__', 'b')"),
    ("module-doc", "'a'", "setattr(h, '__doc__', 'b')"),
    ("module-file", "", "setattr(h, '__file__', 'b')"),
    ("function-name", "def f(): pass", "setattr(h.f, '__name__', 'b')"),
    ("function-qualname", "def f(): pass", "setattr(h.f, '__qualname__', 'b')"),
    ("class-name", "class C: pass", "setattr(h.C, '__name__', 'b')"),
    ("class-module", "class C: pass", "setattr(h.C, '__module__', 'b')"),
    (
        "abstract",
        "import abc\nclass C(abc.ABC):\n    @abc.abstractmethod\n    def f(self): pass",
        "setattr(h.C, '__abstractmethods__', frozenset())",
    ),
    ("async-generator", "async def a():\n    yield 1\n    yield 2\nz = a()", "advance(h.z)"),
    ("socket", "import _socket\nz = _socket.socket.__new__(_socket.socket)", "h.z.fileno()"),
    ("poll", "import select\nz = select.poll()", "h.z.register(0)"),
    ("module-in-module", "import types\nsub = types.ModuleType('sub')", "setattr(h.sub, 'a', 1)"),
    ("alias-of-library", "import colorsys as z", "setattr(h, 'z', __import__('base64'))"),
    ("class-built-elsewhere", "z = type('Z', (), {'__module__': 'nowhere', 'v': []})", "h.z.v.append(1)"),
    ("class-built-elsewhere-attr", "z = type('Z', (), {'__module__': 'nowhere'})", "setattr(h.z, 'v', 1)"),
    (
        "weak-proxy-gone",
        "import colorsys, weakref\nclass C: pass\ncolorsys.of_a_test = C()\n"
        "z = weakref.proxy(colorsys.of_a_test)",
        "delattr(h.colorsys, 'of_a_test')",
    ),
    (
        "weak-proxy-of-who-answers",
        "import weakref\nclass P: __sizeof__ = 3\nq = P()\nz = weakref.proxy(q)",
        "setattr(h.q, 'v', 1)",
    ),
    ("cached-of-module", "", "setattr(h, '__cached__', 'q')"),
)

OPAQUE = {"mmap", "regex-scanner", "finditer", "hash", "hmac", "zlib", "bz2", "lzma", "socket", "poll"}
OPAQUE |= {"weak-proxy-of-who-answers"}
"""Nobody can see what was done with these: a module that holds one has changed each time."""


def advance(generator: types.AsyncGeneratorType[int, None]) -> None:
    with pytest.raises(StopIteration):
        generator.__anext__().send(None)


@pytest.mark.parametrize(("name", "source", "do"), ROWS, ids=[row[0] for row in ROWS])
def test_what_is_done_to_a_module_makes_another_number(name: str, source: str, do: str) -> None:
    module = types.ModuleType("made_for_leavings")
    exec(source, vars(module))
    if name in OPAQUE:
        with pytest.raises(Opaque):
            fingerprint(module)
        return
    before = fingerprint(module)
    assert fingerprint(module) == before
    exec(do, {"h": module, "advance": advance})
    assert fingerprint(module) != before
