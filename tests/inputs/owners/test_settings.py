"""What a test may set otherwise in the standard library, and once was not seen."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

ROWS = (
    ("csv-dialect", "import csv", "csv.register_dialect('trapd')"),
    ("csv-limit", "import csv", "csv.field_size_limit(77)"),
    ("codec-error", "import codecs", "codecs.register_error('trape', codecs.ignore_errors)"),
    ("codec", "import codecs", "codecs.register(lambda n: codecs.lookup('ascii') if n == 'trapc' else None)"),
    ("copyreg", "import copyreg, fractions", "copyreg.pickle(fractions.Fraction, lambda f: (int, (1,)))"),
    ("mimetype", "import mimetypes", "mimetypes.add_type('a/b', '.trapm')"),
    ("etree-namespace", "import xml.etree.ElementTree as e", "e.register_namespace('trapn', 'urn:t')"),
    ("archive-format", "import shutil", "shutil.register_archive_format('trapa', print)"),
    ("debuglevel", "import http.client as h", "setattr(h.HTTPConnection, 'debuglevel', 7)"),
    ("gc-off", "import gc", "gc.disable()"),
    ("gc-threshold", "import gc", "gc.set_threshold(77)"),
    ("switch-interval", "import sys", "sys.setswitchinterval(0.5)"),
    ("unraisable", "import threading", "setattr(threading, 'excepthook', print)"),
    ("dont-write", "import sys", "setattr(sys, 'trapped', 1)"),
    ("int-digits", "import sys", "sys.set_int_max_str_digits(5000)"),
    ("tempdir", "import tempfile", "setattr(tempfile, 'tempdir', '/tmp/sound')"),
    ("encoder-default", "import json", "setattr(json.JSONEncoder, 'default', lambda s, o: 1)"),
    ("reprlib", "import reprlib", "setattr(reprlib.aRepr, 'maxlist', 77)"),
    ("unittest-diff", "import unittest", "setattr(unittest.TestCase, 'maxDiff', 77)"),
    ("zoneinfo-path", "import zoneinfo", "zoneinfo.reset_tzpath(['/tmp/sound'])"),
    ("charset", "import email.charset as c", "c.add_alias('trapx', 'utf-8')"),
    ("html-entity", "import html.entities as h", "h.html5.__setitem__('trap', 'x')"),
    (
        "http-status",
        "import http.server as h",
        "h.SimpleHTTPRequestHandler.extensions_map.__setitem__('.trap', 'a/b')",
    ),
    ("decimal-default", "import decimal", "setattr(decimal.DefaultContext, 'prec', 5)"),
    ("textwrap", "import textwrap", "setattr(textwrap.TextWrapper, 'unicode_whitespace_trans', {})"),
    ("profile", "import sys", "sys.setprofile(lambda *a: None)"),
    ("readline-completer", "import readline", "readline.set_completer(print)"),
    ("signal-alarm", "import signal", "signal.setitimer(signal.ITIMER_REAL, 9999)"),
    ("signal-mask", "import signal", "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])"),
    ("stdlib-list", "import keyword", "keyword.kwlist.append('trap')"),
    ("stdlib-dict", "import token", "token.tok_name.__setitem__(999, 'TRAP')"),
    ("stdlib-deep", "import calendar", "setattr(calendar.TextCalendar, 'trap', 1)"),
    ("sqlite-tracebacks", "import sqlite3", "sqlite3.enable_callback_tracebacks(True)"),
    ("sqlite-adapter", "import sqlite3", "sqlite3.register_adapter(complex, str)"),
    ("sqlite-converter", "import sqlite3", "sqlite3.register_converter('trap', str)"),
    ("stdlib-instance", "import calendar", "calendar.setfirstweekday(6)"),
    (
        "level-of-a-handler",
        "import logging\nlogging.getLogger('traph').handlers[:] = [logging.lastResort]",
        "logging.lastResort.setLevel(50)",
    ),
    (
        "filter-of-a-logger",
        "import logging\nlogging.getLogger('trapf').filters[:] = [len]",
        "logging.getLogger('trapf').filters[:] = [id]",
    ),
    ("options-of-warnings", "import sys", "sys.warnoptions.append('ignore::ImportWarning')"),
    ("finder-of-a-folder", "import sys", "sys.path_importer_cache.__setitem__('/trap', object())"),
    ("stack-size", "import threading", "threading.stack_size(1 << 20)"),
    ("process-group", "import os", "os.setpgid(0, 0)"),
    ("priority", "import os", "os.nice(1)"),
    ("virtual-timer", "import signal", "signal.setitimer(signal.ITIMER_VIRTUAL, 9999)"),
    ("profiling-timer", "import signal", "signal.setitimer(signal.ITIMER_PROF, 9999)"),
    ("pending-signal", "import os, signal", "os.kill(os.getpid(), signal.SIGUSR2)"),  # held back above
    (
        "wakeup",
        "import os, signal",
        "here, there = os.pipe()\nos.set_blocking(there, False)\nsignal.set_wakeup_fd(there)",
    ),
    (
        "fault-signal",
        "import faulthandler, signal",
        "faulthandler.register(signal.SIGUSR1, open('/dev/null'))",
    ),
    ("garbage", "import gc", "gc.garbage.append(1)"),
    ("gettext", "import gettext", "gettext.install('trap')"),
    ("stream-behind-the-capture", "import sys", "sys.__stdout__.reconfigure(errors='replace')"),
    ("flags", "import decimal", "decimal.Decimal(1) / 3"),
    ("default-flags", "import decimal", "decimal.DefaultContext.flags.__setitem__(decimal.Inexact, True)"),
    (
        "zone-of-the-same-names",
        "import os, time\nos.environ.update(TZ='AAA0BBB,J80,J300')\ntime.tzset()\ndel os.environ['TZ']",
        "os.environ.update(TZ='AAA0BBB,J150,J160')\ntime.tzset()\ndel os.environ['TZ']",
    ),
    ("zoneinfo-path-for-a-while", "import zoneinfo", "zoneinfo.reset_tzpath()"),
    (
        "frames-of-memory",
        "import tracemalloc\ntracemalloc.start(3)",
        "tracemalloc.stop(), tracemalloc.start(7)",
    ),
    ("scheduler", "import os", "os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))"),
    ("readline-history", "import readline", "readline.add_history('trap')"),
    ("readline-length", "import readline", "readline.set_history_length(7)"),
    ("readline-line", "import readline", "readline.insert_text('trap')"),
    ("shows", "import warnings", "setattr(warnings, 'showwarning', print)"),
    (
        "platform-under-a-patch",
        "import platform\nfrom unittest import mock",
        "platform._platform_cache.clear()\n"
        "with mock.patch('platform.libc_ver', lambda *a: ('trap', '1')): platform.platform()",
    ),
    ("platform-text", "import platform", "platform._platform_cache.__setitem__((0, 1), 'Zz')"),
    (
        "platform-python",
        "import platform",
        "platform._sys_version_cache.clear()\nplatform._sys_version_cache.__setitem__(sys.version, ('Zz',))",
    ),
    (
        "stream-of-a-handler",
        "import io, logging\nhandler = logging.StreamHandler(io.StringIO())\n"
        "logging.getLogger('traps').addHandler(handler)",
        "handler.setStream(io.StringIO())",
    ),
    ("what-a-handler-has-written", "import logging", "logging.getLogger('traps').warning('trap')"),
    ("end-of-a-handlers-lines", "import logging", "setattr(handler, 'terminator', 'trap')"),
    (
        "what-a-filter-holds",
        "import logging\nfilter = logging.Filter('trap')\nlogging.getLogger('trapg').addFilter(filter)",
        "setattr(filter, 'name', 'other')",
    ),
    ("in-c", "import _sqlite3", "setattr(_sqlite3, 'trap', 1)"),
)

SCRIPT = """
import json, sys
from pytest_monorepo.inputs.owners.state import State
from pytest_monorepo.inputs.probes import after_import
from pytest_monorepo.inputs.record.homes import Homes
from pytest_monorepo.inputs.record.recorder import Recorder

after_import.install(Recorder())


def main():  # the variables of __main__ are looked at, too
    rows = json.load(sys.stdin)
    variables = {}
    for _, head, _ in rows:
        exec(head, variables)
    state, missed, restless = State(Homes("/nowhere")), [], []
    state.look()
    for name, head, do in rows:
        exec(head, variables)
        state.look()
        for _ in range(2):
            change = state.look()
            if change:
                restless.append((name, sorted(change.modules), sorted(change.facets)))
        exec(do, variables)
        if not state.look():
            missed.append(name)
    sys.setprofile(None)
    json.JSONEncoder.default = None
    print(json.dumps([missed, restless]))


main()
"""


# what the library makes when somebody first asks for it is nobody's doing
MADE = (
    ("ascii85", "import base64", "base64.a85encode(b'x')"),
    ("base85", "import base64", "base64.b85decode(base64.b85encode(b'x'))"),
    (
        "platform",
        "import platform\nplatform.uname().processor",
        "platform.platform(), platform.platform(terse=True), platform.python_version()",
    ),
    (
        "written-by-a-handler",
        "import logging, sys\nhandler = logging.StreamHandler(sys.__stdout__)\n"
        "logging.getLogger('made').addHandler(handler)",
        "logging.getLogger('made').info('made')",
    ),
    ("quoted", "import urllib.parse as u", "u.quote('a b', safe='trap'), u.urlencode({'a': 'b'})"),
    ("reply", "import ftplib", "ftplib.parse150('150 (12 bytes)'), ftplib.parse227('227 (1,2,3,4,5,6)')"),
)


def asked(rows: object) -> tuple[list[str], list[object]]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=json.dumps(rows), capture_output=True, text=True, check=True
    )
    missed, restless = json.loads(done.stdout)
    return missed, restless


@pytest.fixture(scope="module")
def told() -> tuple[list[str], list[object]]:
    return asked(ROWS)


@pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")
def test_what_is_made_on_demand_is_no_change() -> None:
    assert asked(MADE) == ([name for name, _, _ in MADE], [])


@pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")
@pytest.mark.parametrize("name", [row[0] for row in ROWS])
def test_what_is_set_is_seen(told: tuple[list[str], list[object]], name: str) -> None:
    assert name not in told[0]


@pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")
def test_where_nothing_was_set_nothing_has_changed(told: tuple[list[str], list[object]]) -> None:
    assert told[1] == []
