"""What modules hold at their top of the standard library's kinds: what one file does to it the next sees.

Each row is a module, held as an installed one and as one of the workspace.
"""

from __future__ import annotations

import contextlib
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_monorepo.inputs.owners import hidden, objects
from pytest_monorepo.inputs.owners.library.plain import Plain

# what is at the top of the module, and what a test does to it
HELD = {
    "DictReader": ("import csv; x=csv.DictReader(['a,b','1,2','3,4'])", "next(x)"),
    "DictWriter": ("import csv,io; x=csv.DictWriter(io.StringIO(), ['a'])", "x.writerow({'a':1})"),
    "Sniffer": ("import csv; x=csv.Sniffer()", "x.preferred.append('a')"),
    "shlex": ("import shlex; x=shlex.shlex('a b c')", "x.get_token()"),
    "shlex-push": ("import shlex; x=shlex.shlex('a b c')", "x.push_token('a')"),
    "incdec-utf8": ("import codecs; x=codecs.getincrementaldecoder('utf-8')()", "x.decode(b'\\xc3')"),
    "incenc-utf16": ("import codecs; x=codecs.getincrementalencoder('utf-16')()", "x.encode('a')"),
    "incdec-utf7": ("import codecs; x=codecs.getincrementaldecoder('utf-7')()", "x.decode(b'+')"),
    "incdec-nl": ("import io; x=io.IncrementalNewlineDecoder(None, True)", "x.decode('\\r')"),
    "streamreader": (
        "import codecs,io; x=codecs.getreader('utf-8')(io.BytesIO(b'abc\\nd'))",
        "x.readline()",
    ),
    "streamwriter": ("import codecs,io; x=codecs.getwriter('utf-16')(io.BytesIO())", "x.write('a')"),
    "BytesIO-buf": ("import io; x=io.BytesIO(b'ab'); y=x.getbuffer()", "y[0]=1"),
    "BufferedReader": ("import io; x=io.BufferedReader(io.BytesIO(b'abc'))", "x.read(1)"),
    "TextIOWrapper": ("import io; x=io.TextIOWrapper(io.BytesIO(b'abc\\nd\\n'))", "x.readline()"),
    "TextIOWrapper-w": ("import io; x=io.TextIOWrapper(io.BytesIO())", "x.write('a')"),
    "BufferedRWPair": ("import io; x=io.BufferedRWPair(io.BytesIO(b'abc'), io.BytesIO())", "x.read(1)"),
    "open-file": ("x=open('/etc/passwd')", "x.readline()"),
    "configparser-opt": ("import configparser; x=configparser.ConfigParser()", "x.optionxform=str"),
    "argparse-add": ("import argparse; x=argparse.ArgumentParser()", "x.add_argument('--a')"),
    "argparse-default2": (
        "import argparse; x=argparse.ArgumentParser(); x.add_argument('--a', default=[], action='append')",
        "x._actions[1].default.append(1)",
    ),
    "argparse-choices": (
        "import argparse; x=argparse.ArgumentParser(); a=x.add_argument('--a', choices=['a'])",
        "x._actions[1].choices.append('b')",
    ),
    "argparse-choices2": (
        "import argparse; x=argparse.ArgumentParser(); x.add_argument('--a', choices=['a'])",
        "x._actions[1].choices=['b']",
    ),
    "argparse-prog": ("import argparse; x=argparse.ArgumentParser()", "x.prog='q'"),
    "optparse": ("import optparse; x=optparse.OptionParser()", "x.add_option('--a')"),
    "optparse-def": (
        "import optparse; x=optparse.OptionParser(); x.add_option('--a')",
        "x.set_defaults(a=3)",
    ),
    "Formatter": ("import string; x=string.Formatter()", "x.a=1"),
    "Template": ("import string; x=string.Template('a $b')", "x.template='c'"),
    "queue.Queue": ("import queue; x=queue.Queue()", "x.put(1)"),
    "queue.Queue-get": ("import queue; x=queue.Queue(); x.put(1); x.put(2)", "x.get(); x.put(1)"),
    "LifoQueue": ("import queue; x=queue.LifoQueue()", "x.put(1)"),
    "PriorityQueue": ("import queue; x=queue.PriorityQueue(); x.put(1)", "x.get();x.put(2)"),
    "Queue-unfinished": ("import queue; x=queue.Queue()", "x.put(1);x.get()"),
    "ChainMap": ("import collections; x=collections.ChainMap({'a':1})", "x['b']=1"),
    "ChainMap-maps": ("import collections; x=collections.ChainMap({'a':1})", "x.maps.append({'c':1})"),
    "UserDict": ("import collections; x=collections.UserDict()", "x['b']=1"),
    "UserList": ("import collections; x=collections.UserList()", "x.append(1)"),
    "UserString": ("import collections; x=collections.UserString('a')", "x.data='b'"),
    "defaultdict-f": ("import collections; x=collections.defaultdict(list)", "x.default_factory=dict"),
    "logging-MemoryHandler": (
        "import logging, logging.handlers; x=logging.handlers.MemoryHandler(9)",
        "x.buffer.append(logging.makeLogRecord({}))",
    ),
    "logging-StreamHandler": (
        "import logging, io; x=logging.StreamHandler(io.StringIO())",
        "x.stream.write('a')",
    ),
    "logging-Handler-level": (
        "import logging, io; x=logging.StreamHandler(io.StringIO())",
        "x.setLevel(10)",
    ),
    "logging-Handler-filter": (
        "import logging, io; x=logging.StreamHandler(io.StringIO())",
        "x.addFilter(lambda r: False)",
    ),
    "logging-QueueHandler": (
        "import logging,logging.handlers,queue; x=logging.handlers.QueueHandler(queue.Queue())",
        "x.queue.put(1)",
    ),
    "logging-Adapter": (
        "import logging; x=logging.LoggerAdapter(logging.getLogger('q'), {})",
        "x.extra['a']=1",
    ),
    "logging-Filter": ("import logging; x=logging.Filter('a')", "x.name='b'"),
    "logging-Buffering": (
        "import logging,logging.handlers; x=logging.handlers.BufferingHandler(9)",
        "x.emit(1)",
    ),
    "logger-own": ("import logging; x=logging.Logger('a')", "x.setLevel(10)"),
    "logger-own-handler": ("import logging; x=logging.Logger('a')", "x.addHandler(logging.NullHandler())"),
    "threading.local2": ("import threading; x=threading.local(); x.a=[]", "x.a.append(1)"),
    "Event": ("import threading; x=threading.Event()", "x.set()"),
    "Condition": ("import threading; x=threading.Condition()", "x.acquire()"),
    "Semaphore": ("import threading; x=threading.Semaphore(3)", "x.acquire()"),
    "BoundedSemaphore": ("import threading; x=threading.BoundedSemaphore(3)", "x.acquire()"),
    "Barrier": ("import threading; x=threading.Barrier(2)", "x.abort()"),
    "Thread-unstarted": ("import threading; x=threading.Thread(target=int)", "x.start(); x.join()"),
    "Thread-name": ("import threading; x=threading.Thread(target=int)", "x.name='b'"),
    "Timer": ("import threading; x=threading.Timer(9,int)", "x.cancel()"),
    "contextvar-def": ("import contextvars; x=contextvars.ContextVar('x',default=[])", "x.get().append(1)"),
    "context": (
        "import contextvars; v=contextvars.ContextVar('v'); x=contextvars.Context()",
        "x.run(v.set,1)",
    ),
    "NamedTemporaryFile": ("import tempfile; x=tempfile.NamedTemporaryFile()", "x.write(b'a')"),
    "SpooledTemporaryFile": ("import tempfile; x=tempfile.SpooledTemporaryFile()", "x.write(b'a')"),
    "zipfile": ("import zipfile,io; x=zipfile.ZipFile(io.BytesIO(),'w')", "x.writestr('a','b')"),
    "zipfile-pwd": ("import zipfile,io; x=zipfile.ZipFile(io.BytesIO(),'w')", "x.setpassword(b'a')"),
    "tarfile": (
        "import tarfile,io; x=tarfile.open(fileobj=io.BytesIO(),mode='w')",
        "x.addfile(tarfile.TarInfo('a'))",
    ),
    "gzip": ("import gzip,io; x=gzip.GzipFile(fileobj=io.BytesIO(),mode='wb')", "x.write(b'a')"),
    "gzip-r": ("import gzip,io; x=gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b'abc')))", "x.read(1)"),
    "bz2file": ("import bz2,io; x=bz2.BZ2File(io.BytesIO(bz2.compress(b'abc')))", "x.read(1)"),
    "lzmafile": ("import lzma,io; x=lzma.LZMAFile(io.BytesIO(lzma.compress(b'abc')))", "x.read(1)"),
    "sched": ("import sched; x=sched.scheduler()", "x.enter(1,1,int)"),
    "email.Message": ("import email.message; x=email.message.Message()", "x['a']='b'"),
    "email.EmailMessage": ("import email.message; x=email.message.EmailMessage()", "x.set_content('b')"),
    "email.FeedParser": ("import email.feedparser; x=email.feedparser.FeedParser()", "x.feed('a: b\\n')"),
    "email.BytesFeedParser": (
        "import email.feedparser; x=email.feedparser.BytesFeedParser()",
        "x.feed(b'a: b\\n')",
    ),
    "email.Charset": ("import email.charset; x=email.charset.Charset('utf-8')", "x.body_encoding=None"),
    "email.header": ("import email.header; x=email.header.Header('a')", "x.append('b')"),
    "HTMLParser": ("import html.parser; x=html.parser.HTMLParser()", "x.feed('<a')"),
    "xmlparser": ("import xml.etree.ElementTree as E; x=E.XMLParser()", "x.feed('<a')"),
    "XMLPullParser": ("import xml.etree.ElementTree as E; x=E.XMLPullParser()", "x.feed('<a>')"),
    "TreeBuilder": ("import xml.etree.ElementTree as E; x=E.TreeBuilder()", "x.start('a',{})"),
    "ElementTree": (
        "import xml.etree.ElementTree as E; x=E.ElementTree(E.Element('a'))",
        "x.getroot().set('b','c')",
    ),
    "JSONEncoder": ("import json; x=json.JSONEncoder()", "x.indent=3"),
    "JSONDecoder": ("import json; x=json.JSONDecoder()", "x.strict=False"),
    "pickler": ("import pickle,io; x=pickle.Pickler(io.BytesIO())", "x.dump([])"),
    "pypickler": ("import pickle,io; x=pickle._Pickler(io.BytesIO())", "x.dump([])"),
    "unpickler": (
        "import pickle,io; x=pickle.Unpickler(io.BytesIO(pickle.dumps(1)+pickle.dumps(2)))",
        "x.load()",
    ),
    "textwrapper": ("import textwrap; x=textwrap.TextWrapper()", "x.width=3"),
    "differ2": ("import difflib; x=difflib.SequenceMatcher(None,'abc','abd')", "x.get_matching_blocks()"),
    "decimal.flags": (
        "import decimal; x=decimal.Context()",
        "x.divide(decimal.Decimal(1),decimal.Decimal(3))",
    ),
    "fractions": ("import fractions; x=fractions.Fraction(1,2)", "x._numerator=3"),
    "partial-kw": ("import functools; x=functools.partial(print,a=1)", "x.keywords['a']=2"),
    "partial-attr": ("import functools; x=functools.partial(print,a=1)", "x.zz=2"),
    "partialmethod": (
        "import functools\nclass C:\n    m=functools.partialmethod(print,[])\nx=C",
        "C.__dict__['m'].args[0].append(1)",
    ),
    "cached_property": (
        "import functools\nclass C:\n    @functools.cached_property\n    def a(self): return []\nx=C()",
        "x.a.append(1)",
    ),
    "singledispatchmethod": (
        "import functools\nclass C:\n    @functools.singledispatchmethod\n"
        "    def a(self,b): return []\nx=C()",
        "C.__dict__['a'].register(int, lambda s,b: 3)",
    ),
    "lru-list": ("import functools\n@functools.lru_cache\ndef f(): return []\nf()", "f().append(1)"),
    "lru-dict": ("import functools\n@functools.lru_cache(None)\ndef f(): return {}\nf()", "f()['a']=1"),
    "lru-obj": (
        "import functools\nclass C: pass\n@functools.lru_cache(None)\ndef f(a): return C()\nf(1)",
        "f(1).a=1",
    ),
    "lru-first": (
        "import functools\nclass C: pass\n@functools.lru_cache(None)\ndef f(a): return []",
        "f(1).append(1)",
    ),
    "lru-first-obj": (
        "import functools\nclass C: a=0\n@functools.lru_cache(None)\ndef f(a): return C()",
        "f(1).a=1",
    ),
    "lru-nested": (
        "import functools\n@functools.lru_cache(None)\ndef f(a): return ([],)\nf(1)",
        "f(1)[0].append(1)",
    ),
    "lru-method": (
        "import functools\nclass C:\n    @functools.lru_cache(None)\n    def f(self): return []\nx=C();x.f()",
        "x.f().append(1)",
    ),
    "lru-static": (
        "import functools\nclass C:\n    @staticmethod\n    @functools.lru_cache(None)\n"
        "    def f(): return []\nC.f()",
        "C.f().append(1)",
    ),
    "lru-closure": (
        "import functools\ndef mk():\n    @functools.lru_cache(None)\n"
        "    def f(): return []\n    def g(): return f()\n    return g\nx=mk();x()",
        "x().append(1)",
    ),
    "lru-builtin": ("import functools\nf=functools.lru_cache(list)\nf()", "f().append(1)"),
    "pointer": ("import ctypes; a=ctypes.c_int(1); x=ctypes.pointer(a); del a", "x.contents.value=3"),
    "pointer-struct": (
        "import ctypes\nclass S(ctypes.Structure): _fields_=[('x',ctypes.c_int)]\nx=ctypes.pointer(S(1))",
        "x.contents.x=3",
    ),
    "pointer-struct-in": (
        "import ctypes\n"
        "class S(ctypes.Structure): _fields_=[('p',ctypes.POINTER(ctypes.c_int))]\n"
        "x=S(ctypes.pointer(ctypes.c_int(1)))",
        "x.p.contents.value=3",
    ),
    "pointer-cast": (
        "import ctypes; b=ctypes.create_string_buffer(3); "
        "x=ctypes.cast(b, ctypes.POINTER(ctypes.c_char)); del b",
        "x[0]=b'a'",
    ),
    "char-buffer": ("import ctypes; x=ctypes.create_string_buffer(3)", "x[0]=b'a'"),
    "byref": ("import ctypes; x=ctypes.byref(ctypes.c_int(1))", "x._obj.value=3"),
    "voidp": (
        "import ctypes; b=ctypes.create_string_buffer(3); x=ctypes.c_void_p(ctypes.addressof(b))",
        "b[0]=b'a'",
    ),
    "py_object": ("import ctypes; x=ctypes.py_object([])", "x.value.append(1)"),
    "py_object-arr": ("import ctypes; x=(ctypes.py_object*2)(); x[0]=[]", "x[0].append(1)"),
    "from_buffer": ("import ctypes; x=(ctypes.c_char*3).from_buffer(bytearray(3))", "x[0]=b'a'"),
    "mmap": ("import mmap; x=mmap.mmap(-1,10)", "x[0]=1"),
    "tzinfo": ("import datetime\nclass T(datetime.tzinfo): pass\nx=T()", "x.a=2"),
    "ipaddress": ("import ipaddress; x=ipaddress.ip_address('1.2.3.4')", "x._ip=5"),
    "http.cookies": ("import http.cookies; x=http.cookies.SimpleCookie()", "x['a']='b'"),
    "morsel": ("import http.cookies; x=http.cookies.SimpleCookie(); x['a']='b'", "x['a']['path']='/'"),
    "cookiejar": (
        "import http.cookiejar as h; x=h.CookieJar()",
        "x.set_cookie(h.Cookie(0,'a','b',None,False,'d',True,False,'/',True,False,None,False,None,None,{}))",
    ),
    "opener": ("import urllib.request; x=urllib.request.build_opener()", "x.addheaders.append(('a','b'))"),
    "Request": ("import urllib.request; x=urllib.request.Request('http://a')", "x.add_header('a','b')"),
    "robotparser": (
        "import urllib.robotparser; x=urllib.robotparser.RobotFileParser()",
        "x.parse(['User-agent: *','Disallow: /'])",
    ),
    "HTTPConnection": ("import http.client; x=http.client.HTTPConnection('a')", "x.set_debuglevel(3)"),
    "ExitStack": ("import contextlib; x=contextlib.ExitStack()", "x.callback(int)"),
    "ctxmgr": ("import contextlib\n@contextlib.contextmanager\ndef m(): yield 1\nx=m()", "x.__enter__()"),
    "redirect": (
        "import contextlib,io; x=contextlib.redirect_stdout(io.StringIO())",
        "x._new_target.write('a')",
    ),
    "weakref": ("import weakref\nclass C: pass\nc={1:C()}\nx=weakref.ref(c[1])", "c.clear()"),
    "proxy-only": (
        "import weakref\nclass C: pass\nimport builtins\nbuiltins.zz=C()\nx=weakref.proxy(builtins.zz)",
        "x.a=3",
    ),
    "ref-only": (
        "import weakref\nclass C: pass\nimport builtins\nbuiltins.zz=C()\nx=weakref.ref(builtins.zz)",
        "x().a=3",
    ),
    "asyncio.Queue": ("import asyncio; x=asyncio.Queue()", "x.put_nowait(1)"),
    "asyncio.Event": ("import asyncio; x=asyncio.Event()", "x.set()"),
    "asyncio.Lock": ("import asyncio; x=asyncio.Lock()", "x._locked=True"),
    "asyncio.Semaphore": ("import asyncio; x=asyncio.Semaphore(2)", "x._value=1"),
    "mp.SimpleQueue": ("import multiprocessing; x=multiprocessing.SimpleQueue()", "x.put(1)"),
    "mp.Event": ("import multiprocessing; x=multiprocessing.Event()", "x.set()"),
    "mp.RawArray": ("import multiprocessing.sharedctypes as s; x=s.RawArray('i',3)", "x[0]=2"),
    "mock-ret": ("import unittest.mock; x=unittest.mock.Mock()", "x.return_value=3"),
    "mock-side": ("import unittest.mock; x=unittest.mock.Mock(side_effect=[1,2])", "x()"),
    "TestResult": ("import unittest; x=unittest.TestResult()", "x.testsRun=1"),
    "InteractiveConsole": ("import code; x=code.InteractiveConsole()", "x.buffer.append('a')"),
    "compiler": ("import codeop; x=codeop.CommandCompiler()", "x('from __future__ import annotations')"),
    "pprint": ("import pprint; x=pprint.PrettyPrinter()", "x._width=3"),
    "repr": ("import reprlib; x=reprlib.Repr()", "x.maxlist=1"),
    "cProfile": ("import cProfile; x=cProfile.Profile()", "x.runcall(int)"),
    "tracer": ("import trace; x=trace.Trace()", "x.counts['a']=1"),
    "sqlite": ("import sqlite3; x=sqlite3.connect(':memory:')", "x.execute('create table a(b)')"),
    "sqlite-row": ("import sqlite3; x=sqlite3.connect(':memory:')", "x.row_factory=int"),
    "zlib": ("import zlib; x=zlib.compressobj()", "x.compress(b'a')"),
    "ast": ("import ast; x=ast.parse('a=1')", "x.body.clear()"),
    "types.MappingProxy": (
        "import types; d={}; x=types.MappingProxyType(d); del d",
        "import gc; gc.get_referents(x)[0]['a']=1",
    ),
    "enum": ("import enum\nclass E(enum.Enum):\n    A=[]\nx=E", "E.A.value.append(1)"),
    "exc-cause": ("x=ValueError('a')", "x.__cause__=KeyError()"),
    "gettext": ("import gettext; x=gettext.NullTranslations()", "x._fallback=1"),
    "graphlib": ("import graphlib; x=graphlib.TopologicalSorter()", "x.add('a','b')"),
    "mimetypes": ("import mimetypes; x=mimetypes.MimeTypes()", "x.add_type('a/b','.zz')"),
    "smtplib-msg": ("import email.mime.multipart as m; x=m.MIMEMultipart()", "x.attach(m.MIMEMultipart())"),
    "re.scanner": ("import re; x=re.compile('a').scanner('aaa')", "x.search()"),
    "re.Scanner": ("import re; x=re.Scanner([('a',None)])", "x.lexicon.append(1)"),
    "scandir": ("import os; x=os.scandir('/')", "next(x)"),
    "NewType": ("import typing; x=typing.NewType('a',int)", "x.zz=1"),
    "slice": ("x=slice([],1)", "x.start.append(1)"),
    "frozenset-obj": ("class C: pass\nx=frozenset([C()])", "next(iter(x)).a=1"),
    "dict-views": ("d={}; x=d.values(); del d", "import gc; gc.get_referents(x)[0]['a']=1"),
    "ssl": ("import ssl; x=ssl.create_default_context()", "x.check_hostname=False"),
    "Traversable": ("import importlib.metadata as m; x=m.metadata('pytest')", "x['a']='b'"),
    "xmlrpc": ("import xmlrpc.client; x=xmlrpc.client.Marshaller()", "x.memo['a']=1"),
    "socketserver": ("import xmlrpc.server as s; x=s.SimpleXMLRPCDispatcher()", "x.register_function(int)"),
    "urlopener": ("import urllib.request as u; x=u.HTTPPasswordMgr()", "x.add_password('a','b','c','d')"),
    "contextlib.nullcontext": (
        "import contextlib; x=contextlib.nullcontext([])",
        "x.enter_result.append(1)",
    ),
    "statistics.NormalDist": ("import statistics; x=statistics.NormalDist()", "x._mu=3.0"),
    "Signature": ("import inspect; x=inspect.signature(lambda a:1)", "x._return_annotation=3"),
    "ftplib-like": ("import ftplib; x=ftplib.FTP()", "x.set_debuglevel(2)"),
    "telnet": ("import smtplib; x=smtplib.SMTP()", "x.set_debuglevel(2)"),
    "email.policy": (
        "import email.policy; x=email.policy.EmailPolicy()",
        "x.header_factory.map_to_type('zz',str)",
    ),
}
UNTOLD = {
    *("BufferedRWPair", "gzip", "gzip-r", "bz2file", "lzmafile", "xmlparser", "XMLPullParser", "TreeBuilder"),
    *(
        "pickler",
        "unpickler",
        "voidp",
        "mmap",
        "proxy-only",
        "mp.RawArray",
        "cProfile",
        "sqlite",
        "sqlite-row",
    ),
    *("zlib", "re.scanner", "scandir"),
}
"""Of what is installed these always count as moved on."""


@pytest.fixture
def module(request: pytest.FixtureRequest) -> Iterator[Any]:
    found: Any = types.ModuleType("held_for_a_test")
    sys.modules[found.__name__] = found
    exec(HELD[request.param][0], vars(found))
    yield found
    del sys.modules[found.__name__]
    with contextlib.suppress(Exception):  # few of them can be closed
        found.x.close()


def state(module: Any) -> object:
    try:
        return objects.fingerprint(module)
    except (hidden.TooMuch, hidden.Opaque):
        return object()


@pytest.mark.parametrize(
    ("module", "name"), [(name, name) for name in HELD], indirect=["module"], ids=list(HELD)
)
def test_what_is_done_to_it_is_seen(module: Any, name: str) -> None:
    before, plain = state(module), Plain(module)
    assert plain.differs(module) is (name in UNTOLD)
    exec(HELD[name][1], vars(module))
    assert plain.differs(module)
    assert plain.differs(module) is (name in UNTOLD)
    assert state(module) != before


# the package, what is at the top of the module, and what a test does to it
OF_OTHERS = {
    "numpy-number": ("numpy", "import numpy; x=[numpy.int64(1)]", "x[0]=numpy.int64(2)"),
    "numpy-fraction": ("numpy", "import numpy; x={'a': numpy.float64(1)}", "x['a']=numpy.float64(2)"),
    "numpy-type": ("numpy", "import numpy; x=[numpy.dtype('<i4')]", "x[0]=numpy.dtype('>i4')"),
    "frozen-list": ("frozenlist", "import frozenlist; x=[frozenlist.FrozenList([1])]", "x[0].freeze()"),
    "numpy-bits": ("numpy", "import numpy.random; x=numpy.random.PCG64(1)", "x.random_raw()"),
    "lxml-attribute": ("lxml", "from lxml import etree; x=etree.Element('a')", "x.set('b', 'c')"),
    "lxml-below": ("lxml", "from lxml import etree; x=etree.XML('<a><b/></a>')", "x[0].text='c'"),
    "lxml-tree": (
        "lxml",
        "from lxml import etree; x=etree.XML('<a><b/></a>').getroottree()",
        "x.getroot().text='c'",
    ),
}


@pytest.mark.parametrize("name", OF_OTHERS)
def test_what_is_done_to_it_is_seen_of_other_packages(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    package, source, do = OF_OTHERS[name]
    pytest.importorskip(package)
    module = types.ModuleType("held_for_a_test")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(source, vars(module))
    before, plain = state(module), Plain(module)
    assert not plain.differs(module)
    assert state(module) == before
    exec(do, vars(module))
    assert plain.differs(module)
    assert state(module) != before
