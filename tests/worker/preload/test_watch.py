"""What an import must not leave behind, or ask for, where it is made before a fork: a row each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_monorepo.worker as worker
from tests.patience import MINUTES

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is shared without forking")

LINUX = sys.platform == "linux"
FITS = {
    "plain": "VALUE = 1\n",
    "reads_a_variable": "import os\nVALUE = os.environ.get('ROW_VARIABLE'), os.getenv('OTHER')\n",
    "standard_handlers": "import logging, concurrent.futures, multiprocessing.util, random, weakref\n",
    "opens_and_closes": "with open(__file__) as stream:\n    stream.read()\n",
    "own_random": "import random\nVALUE = random.Random(7).random()\n",
    "knows_a_socket": "import socket\nVALUE = socket.gethostname()\n",
    "patched_for_a_moment": "from warnings import *\nwith catch_warnings():\n    simplefilter('error')\n",
    "takes_by_name": "from os import getpid\nfrom atexit import register\n\nclass Keeps:\n    pid = getpid\n",
    "garbage": (
        "import gc\nSEEN = []\ngc.callbacks.append(lambda *a: SEEN.append(a))\n"
        "for _ in range(50_000):\n    one = []\n    one.append(one)\ngc.callbacks.pop()\nassert not SEEN\n"
    ),
    "silent_logger": "import logging\nlogging.getLogger('a').addHandler(logging.NullHandler())\n",
    "computes": "import decimal\nVALUE = decimal.Decimal('1.5') / 3\n",
    "own_reducer": "import copyreg\nclass Own:\n    pass\ncopyreg.pickle(Own, lambda it: (Own, ()))\n",
    "names_errors": "import codecs\ncodecs.register_error('row_names_errors.a', lambda error: ('', 1))\n",
    "quiet_modules": (
        "import asyncio, csv, mimetypes, multiprocessing, sqlite3, ssl, tracemalloc, urllib.request\n"
    ),
    "wsgi": "import wsgiref.handlers\n",
    "looks": (
        "import os\nfrom os import stat\nFOUND = stat(__file__)\n"
        "assert os.stat in os.supports_follow_symlinks\n"
        "os.path.exists('/nowhere')\nos.listdir(os.path.dirname(__file__))\n"
    ),
    "finds_modules": (
        "import importlib.util, linecache, pkgutil\nassert importlib.util.find_spec('json')\n"
        "assert pkgutil.get_data('json', '__init__.py')\nlinecache.getline('nowhere.py', 1)\n"
    ),
    "asks_a_terminal": "import sys\nVALUE = sys.stdout.isatty(), sys.stdin.encoding, sys.stderr.closed\n",
    "own_logger": (
        "import logging\nONE = logging.getLogger(__name__)\nif not ONE.handlers:\n"
        "    ONE.addHandler(logging.NullHandler())\n"
    ),
    "own_modules": (
        "import sys\nimport this_is as other\nassert sys.modules[__name__] and 'this_is' in sys.modules\n"
        "sys.modules[__name__ + '.moves'] = sys\nassert sys.modules.pop(__name__ + '.moves') is sys\n"
        "assert sys.modules['json'] and sys.modules.get(__name__ + '.nowhere') is None\n"
    ),
    "knows_its_frame": "import inspect, sys\nassert inspect.currentframe() is sys._getframe()\n",
    # made once they are asked for in Python 3.13
    "made_when_asked": "from typing import ContextManager, Match\nKINDS = ContextManager[int], Match[str]\n",
    # Python 3.13 has it
    "known_scheme": (
        "from urllib import parse\nif 'itms-services' not in parse.uses_netloc:\n"
        "    parse.uses_netloc.append('itms-services')\n"
    ),
    "own_registry": "import json\nclass Own(json.JSONEncoder):\n    pass\n",
    "takes_a_clock": (
        "import functools, time\nfrom time import monotonic\n"
        "def wait(clock=time.monotonic, *, now=time.time):\n    return clock(), now()\n"
        "class Timer:\n    clock = time.perf_counter\n    def __init__(self, now=monotonic): pass\n"
        "EPOCH = time.gmtime(0)\n"
    ),
    "asks_later": (
        "from datetime import datetime\nprint, default = dict, dict(a=datetime.now)\n"
        "class One:\n    default = datetime.now\n    other = print(a=datetime.utcnow)\n"
        "    def now(self):\n        return datetime.now(), One.__subclasses__()\n"
    ),
    "is_no_program": (
        "import datetime\nif __name__ == '__main__':\n    print(datetime.datetime.now())\nVALUE = 1\n"
    ),
    "asks_itself": (
        "class Own:\n    def now(self): return 1\n    today = classmethod(lambda cls: 2)\n"
        "class More(Own): pass\n"
        "def count(): return len(Own.__subclasses__()), Own().now(), More.today()\n"
        "class Row:\n    at = Own().now()\n    kinds = Own.__subclasses__()\n"
        "assert count() == (1, 1, 2)\n"
    ),
    "asks_who_traces": (
        "import datetime, sys\ndef later(): return datetime.datetime.now()\n"
        "assert sys.gettrace() is None and sys.getprofile() is None\n"
    ),
    "records_later": (
        "import logging, os\nfrom email.utils import localtime\n"
        "def later(): return logging.makeLogRecord({}), os.times(), localtime()\n"
        "import datetime\nTHEN = localtime(datetime.datetime(2020, 1, 1))\n"
    ),
    "asks_the_database": (
        "class func:\n    def now(self): return 1\nfunc = func()\n"
        "class Row:\n    at = func.now()\n    changed = dict(at=func.now())\n"
    ),
    "holds_clocks": (
        "import dataclasses, time, typing\nTABLE = {'wall': time.time}\nCLOCKS = [time.monotonic]\n"
        "@dataclasses.dataclass\nclass Row:\n    at: float = dataclasses.field(default_factory=time.time)\n"
        "class Cache:\n    def __init__(self, timer=time.monotonic):\n        self.timer = timer\n"
        "class Slots:\n    __slots__ = 'clock', 'other'\n    def __init__(self): self.clock = time.time\n"
        "class Outer:\n    class Inner:\n        clock = time.time\n"
        "        def wait(self, clock=time.time): return clock()\n"
        "def reading(clock):\n    return lambda: clock()\n"
        "class Named(typing.NamedTuple):\n    clock: object = time.time\n"
        "CACHE, SLOTS, READ = Cache(), Slots(), reading(time.time)\n"
    ),
    "handles_its_error": (
        "import sys\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    KIND = sys.exc_info()[0]\n"
        "assert KIND is ZeroDivisionError\n"
    ),
    "knows_frames_of_its_own": (
        "import collections, enum, sys, typing\nONE = collections.namedtuple('ONE', 'a')\n"
        "def outer():\n    frame = sys._getframe(1)\n"
        "    return frame.f_globals['__name__'], frame.f_code.co_name, frame.f_back is None\n"
        "assert outer() == (__name__, '<module>', False)\nKIND = typing.TypeVar('KIND')\n"
        "COLOUR = enum.Enum('COLOUR', 'red')\n"
    ),
    "filters_for_a_moment": (
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"
        "    warnings.warn('quiet')\n"
    ),
    "six": (
        "import sys\nclass _SixMetaPathImporter:\n    def find_spec(self, *a): return None\n"
        "sys.meta_path.append(_SixMetaPathImporter())\n"
    ),
}
REFUSED = {
    "clock": ("import time\nSTART = time.time()\n", "asks what time it is (row_clock)"),
    "clock_taken": ("from time import perf_counter\nSTART = perf_counter()\n", "asks what time it is"),
    "clock_of_the_process": ("import time\nSTART = time.process_time()\n", "asks what time it is"),
    "clock_in_a_function": (
        "import time\nclass Cache:\n    def __init__(self, timer=time.monotonic):\n"
        "        self.since = timer()\nONE = Cache()\n",
        "asks what time it is",
    ),
    "clock_as_text": ("import time\nYEAR = time.strftime('%Y')\n", "asks what time it is"),
    "clock_kept": (
        "import functools, time\nCLOCK = functools.partial(time.time)\n",
        "keeps time.time",
    ),
    "clock_by_another": ("import email.utils\nNOW = email.utils.formatdate()\n", "asks what time it is"),
    "clock_in_a_number": ("import uuid\nNUMBER = uuid.uuid1()\n", "asks what time it is"),
    "clock_beside_a_program": (
        "import datetime\nif __name__ == '__main__':\n    print()\nelse:\n"
        "    NOW = datetime.datetime.now()\n",
        "asks what time it is",
    ),
    "date": ("import datetime\nDAY = datetime.date.today()\n", "asks what time it is"),
    "date_in_a_class": (
        "from datetime import datetime as d\nclass One:\n    class Inner:\n        since = d.now()\n",
        "asks what time it is",
    ),
    "now_in_a_zone": (
        "from datetime import datetime, timezone\nNOW = datetime.now(timezone.utc)\n",
        "asks what time it is",
    ),
    "date_in_a_function": (
        "import datetime\ndef made():\n    return datetime.datetime.now()\nclass One:\n    at = made()\n",
        "asks what time it is",
    ),
    "date_by_a_method": (
        "import datetime\nclass Clock(datetime.date):\n    @classmethod\n    def year(cls):\n"
        "        return cls.today().year\ndef outer(): return [Clock.year() for _ in range(2)]\n"
        "YEARS = outer()\n",
        "asks what time it is",
    ),
    "date_of_an_error": (
        "import datetime\ndef fails():\n    try:\n        1 / 0\n    finally:\n"
        "        datetime.datetime.utcnow()\n"
        "try:\n    fails()\nexcept ZeroDivisionError:\n    pass\n",
        "asks what time it is",
    ),
    "local_time": ("from email.utils import localtime\nNOW = localtime()\n", "asks what time it is"),
    "clock_of_a_record": (
        "import logging\nSTART = logging.makeLogRecord({}).created\n",
        "asks what time it is (row_clock_of_a_record)",
    ),
    "times": ("import os\nSTART = os.times().elapsed\n", "asks what time it is (row_times)"),
    "subclasses_by_a_function": (
        "def below(kind):\n    return kind.__subclasses__() + [one for it in kind.__subclasses__() "
        "for one in below(it)]\nALL = below(OSError)\n",
        "looks at the subclasses",
    ),
    "subclasses_of_others": (
        "import this_is\nclass Own: pass\nclass Child(Own): __module__ = 'other'\n"
        "def below(kind): return kind.__subclasses__()\nALL = below(Own)\n",
        "looks at the subclasses",
    ),
    "subclasses": ("ALL = Exception.__subclasses__()\n", "looks at the subclasses"),
    "subclasses_in_a_comprehension": (
        "ALL = [one.__name__ for kind in (int, str) for one in kind.__subclasses__()]\n",
        "looks at the subclasses",
    ),
    "handled_error": ("import sys\nKIND = sys.exc_info()[0]\n", "asks whether an error is handled"),
    "finders": ("import sys\nNUMBER = len(sys.meta_path)\n", "looks at sys.meta_path (row_finders)"),
    "finders_by_path": (
        "import sys\nVALUE = [*sys.path_importer_cache]\n",
        "looks at sys.path_importer_cache (row_finders_by_path)",
    ),
    "filters_seen": ("import warnings\nVALUE = len(warnings.filters)\n", "looks at warnings.filters"),
    "filters_replaced": (
        "import warnings\nwarnings.filters = [*warnings.filters[:1]]\n",
        "warning filters",
    ),
    "walks_to_the_importer": (
        "import sys\none = sys._getframe()\n"
        "while one and one.f_globals.get('__name__', '').partition('.')[0] in (__name__, 'importlib'):\n"
        "    one = one.f_back\n",
        "asks who imports it",
    ),
    "walks_by_files": (
        "import sys\none = sys._getframe()\n"
        "while one and (one.f_code.co_filename == __file__ or 'importlib' in one.f_code.co_filename):\n"
        "    one = one.f_back\n",
        "asks who imports it",
    ),
    "walks_to_the_end": (
        "import inspect\none = inspect.currentframe()\nwhile one.f_back:\n    one = one.f_back\n"
        "NAME = one.f_code.co_name\n",
        "asks who imports it",
    ),
    "replaces_what_is_watched": ("import os\nos.getpid = lambda: 1\n", "replaces os.getpid"),
    "thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n",
        "threads",
    ),
    "native_thread": (
        "import _thread, time\n_thread.start_new_thread(time.sleep, (60,))\n",
        "native threads",
    ),
    "timer": ("import signal\nsignal.setitimer(signal.ITIMER_VIRTUAL, 500, 500)\n", "timers"),
    "open_file": ("STREAM = open(__file__)\n", "open files"),
    "pipe": ("import os\nPIPE = os.pipe()\n", "open files"),
    "open_socket": ("import socket\nONE, OTHER = socket.socketpair()\n", "open files"),
    "bound": ("import socket\nwith socket.socket() as one:\n    one.bind(('127.0.0.1', 0))\n", "network"),
    "child": ("import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])\n", "program"),
    "forks": ("import os\npid = os.fork()\nif not pid:\n    os._exit(0)\nos.waitpid(pid, 0)\n", "program"),
    "path": ("import sys\nsys.path.append('/nowhere')\n", "sys.path"),
    "finder": (
        "import sys\nsys.meta_path.append(type('F', (), {'find_spec': lambda *a: None})())\n",
        "meta_path",
    ),
    "path_hook": (
        "import sys\ndef hook(path): raise ImportError\nsys.path_hooks.append(hook)\n",
        "path_hooks",
    ),
    "signal": ("import signal\nsignal.signal(signal.SIGUSR1, lambda *a: None)\n", "signal handlers"),
    "filters": ("import warnings\nwarnings.simplefilter('ignore', ResourceWarning)\n", "warning filters"),
    "warns": (
        "import warnings\nwarnings.warn('old', DeprecationWarning)\n",
        "warns (DeprecationWarning: old)",
    ),
    "pending": (
        "import warnings\nwarnings.warn('x', PendingDeprecationWarning)\n",
        "PendingDeprecationWarning",
    ),
    "at_exit": ("import atexit\natexit.register(print)\n", "for the end (row_at_exit)"),
    "at_exit_decorated": ("import atexit\n@atexit.register\ndef f(): pass\n", "for the end"),
    "at_fork": ("import os\nos.register_at_fork(after_in_child=print)\n", "for forks (row_at_fork)"),
    "sets_variable": ("import os\nos.environ['ROW_VARIABLE'] = '1'\n", "the environment"),
    "whole": ("import os\nVALUE = dict(os.environ)\n", "whole environment"),
    "copied": ("import os\nVALUE = os.environ.copy()\n", "whole environment"),
    "cwd": ("import os\nVALUE = os.getcwd()\n", "working directory"),
    "path_cwd": ("import pathlib\nVALUE = pathlib.Path.cwd()\n", "working directory"),
    "relative": (
        "try:\n    open('settings.ini')\nexcept OSError:\n    pass\n",
        "below the working directory",
    ),
    "relative_exists": (
        "import os\nos.path.exists('settings.ini')\n",
        "below the working directory (settings.ini)",
    ),
    "relative_path": ("import pathlib\npathlib.Path('a').is_file()\n", "below the working directory (a)"),
    "all_modules": (
        "import pkgutil\nALL = [*pkgutil.iter_modules()]\n",
        "looks at all modules that there are",
    ),
    "lists": ("import os\nos.listdir()\n", "below the working directory"),
    "scans": ("import os\nos.scandir('.').close()\n", "below the working directory"),
    "globs": ("import glob\nglob.glob('*.ini')\n", "below the working directory"),
    "temporary_folder": (
        "import os, tempfile\nos.rmdir(tempfile.mkdtemp())\n",
        "makes a temporary file or folder",
    ),
    "temporary_file": (
        "import tempfile\ntempfile.NamedTemporaryFile().close()\n",
        "makes a temporary file or folder",
    ),
    "temporary_name": ("import tempfile\nNAME = tempfile.mktemp()\n", "temporary file (row_temporary_name)"),
    "temporary_name_taken": (
        "from tempfile import mktemp\nNAME = mktemp(suffix='.sock', dir='/nowhere')\n",
        "temporary file (row_temporary_name_taken)",
    ),
    "walks_the_path": (
        "import os, sys\nFOUND = [one for one in sys.path if os.path.isfile(one + '/optional.py')]\n",
        "looks at sys.path (row_walks_the_path)",
    ),
    "copies_the_path": ("from sys import path\nPATH = list(path)\n", "looks at sys.path"),
    "first_of_the_path": ("import sys\nFIRST = sys.path[0]\n", "looks at sys.path"),
    "in_the_path": ("import sys\nFOUND = '/nowhere' in sys.path\n", "looks at sys.path"),
    "tells_the_path": ("import sys\nTEXT = str(sys.path)\n", "looks at sys.path"),
    "joins_the_path": ("import sys\nTEXT = ':'.join(sys.path)\n", "looks at sys.path"),
    "adds_the_path": ("import sys\nPATH = ['a'] + [*sys.path]\n", "looks at sys.path"),
    "keeps_the_path": ("import sys\nPATH = sys.path\n", "keeps sys.path"),
    "appends_to_the_path": ("import sys\nsys.path.append('/nowhere')\n", "changes sys.path"),
    "another_path": ("import sys\nsys.path = []\n", "changes sys.path"),
    "uuid": ("import uuid\nVALUE = uuid.uuid4()\n", "draws random numbers (row_uuid)"),
    "secrets": ("import secrets\nVALUE = secrets.token_hex()\n", "draws random numbers (row_secrets)"),
    "urandom": ("from os import urandom\nVALUE = urandom(4)\n", "draws random numbers (row_urandom)"),
    "draws": ("import random\nVALUE = random.random()\n", "changes the state of random numbers"),
    "mask": ("import os\nos.umask(0o027)\n", "changes the mask of new files"),
    "locale": ("import locale\nlocale.setlocale(locale.LC_ALL, 'C.UTF-8')\n", "changes the locale"),
    "sockets": ("import socket\nsocket.setdefaulttimeout(9)\n", "changes how long sockets wait"),
    "changes_folder": ("import os\nos.chdir('/')\n", "working directory"),
    "pid": ("import os\nVALUE = os.getpid()\n", "process id"),
    "command_line": ("import sys\nVALUE = sys.argv[0]\n", "command line"),
    "in_the_command_line": ("import sys\nVALUE = '-q' in sys.argv\n", "reads the command line"),
    "tells_the_command_line": ("import sys\nVALUE = repr(sys.argv)\n", "reads the command line"),
    "copies_the_command_line": ("import sys\nVALUE = sys.argv.copy()\n", "reads the command line"),
    "keeps_the_command_line": ("import sys\nVALUE = sys.argv\n", "keeps sys.argv"),
    "cwd_as_bytes": ("import os\nVALUE = os.getcwdb()\n", "asks for the working directory"),
    "parent": ("import os\nVALUE = os.getppid()\n", "relatives (row_parent)"),
    "group": ("from os import getpgrp\nVALUE = getpgrp()\n", "relatives (row_group)"),
    "pid_by_another": (
        "import multiprocessing\nVALUE = multiprocessing.current_process().pid\n",
        "asks for the process id (row_pid_by_another)",
    ),
    "process_by_link": (
        "import os\nVALUE = os.path.lexists('/proc/self')\n",
        "asks the system for its process",
    ),
    "process_by_file": (
        "try:\n    open('/proc/self/stat').close()\nexcept OSError:\n    pass\n",
        "asks the system for its process (row_process_by_file)",
    ),
    "process_by_its_folder": (
        "import os\ntry:\n    VALUE = os.readlink('/proc/self/cwd')\nexcept OSError:\n    pass\n",
        "asks the system for its process",
    ),
    "number_of_thread": ("import threading\nVALUE = threading.get_native_id()\n", "the thread's number"),
    "other_threads": ("import threading\nVALUE = threading.enumerate()\n", "asks for the threads that run"),
    "asks_handler": ("import signal\nVALUE = signal.getsignal(signal.SIGINT)\n", "a signal's handler"),
    "asks_timeout": ("import socket\nVALUE = socket.getdefaulttimeout()\n", "asks how long sockets wait"),
    "asks_locale": ("import locale\nVALUE = locale.setlocale(locale.LC_ALL)\n", "asks for the locale"),
    "asks_recursion": ("import sys\nVALUE = sys.getrecursionlimit()\n", "asks for the recursion limit"),
    "asks_numbers": ("import random\nVALUE = random.getstate()\n", "asks for the state of random numbers"),
    "importer": ("import inspect\nVALUE = inspect.stack()\n", "asks who imports it (row_importer)"),
    "importer_told": ("import traceback\nVALUE = traceback.extract_stack()\n", "asks who imports it"),
    "modules_in": ("import sys\nVALUE = 'colorsys' in sys.modules\n", "looks whether colorsys is loaded"),
    "modules_there": ("import sys\nVALUE = 'json' in sys.modules\n", "looks whether json is loaded"),
    "modules_get": (
        "from sys import modules\nVALUE = modules.get('colorsys')\n",
        "whether colorsys is loaded",
    ),
    "modules_item": (
        "import sys\ntry:\n    sys.modules['a']\nexcept KeyError:\n    pass\n",
        "whether a is loaded",
    ),
    "modules_all": ("import sys\nVALUE = len([*sys.modules])\n", "looks at what is loaded"),
    "modules_copied": ("import sys\nVALUE = dict(sys.modules)\n", "looks at what is loaded"),
    "modules_kept": ("import sys\nVALUE = sys.modules\n", "keeps sys.modules"),
    "logs": ("import logging\nlogging.getLogger(__name__).info('loading')\n", "logs, or asks"),
    "logs_at_root": ("import logging\nlogging.debug('loading')\n", "logs, or asks"),
    "asks_level": ("import logging\nVALUE = logging.root.getEffectiveLevel()\n", "logs, or asks"),
    "root_level": ("import logging\nVALUE = logging.getLogger().level\n", "looks at the logger root"),
    "root_handlers": ("import logging\nVALUE = bool(logging.root.handlers)\n", "looks at the logger root"),
    "asks_stream": (
        "import sys\ntry:\n    sys.stdout.fileno()\nexcept OSError:\n    pass\n",
        "asks sys.stdout for more",
    ),
    "asks_input": (
        "import sys\ntry:\n    sys.stdin.read()\nexcept OSError:\n    pass\n",
        "asks sys.stdin for more",
    ),
    "sets_in_a_module": ("import json\njson.more = 1\n", "changes json.more"),
    "changes_a_list": (
        "from urllib import parse\nparse.uses_netloc.append('a')\n",
        "changes urllib.parse.uses_netloc",
    ),
    "changes_a_known_list": (
        "from urllib import parse\nparse.uses_netloc += ['itms-services', 'b']\n",
        "changes urllib.parse.uses_netloc",
    ),
    "changes_a_registry": (
        "import shutil\nshutil.register_archive_format('a', lambda *a, **k: '')\n",
        "changes shutil._ARCHIVE_FORMATS",
    ),
    "keeps_stream": ("import sys\nSTREAM = sys.stderr\n", "keeps sys.stderr"),
    "keeps_input": (
        "import sys\ndef ask(stream=sys.stdin):\n    return stream.readline()\n",
        "keeps sys.stdin",
    ),
    "log_handler": ("import logging\nH = logging.StreamHandler()\n", "keeps sys.stderr"),
    "root_logger": (
        "import logging, io\nlogging.root.addHandler(logging.StreamHandler(io.StringIO()))\n",
        "root logger",
    ),
    "prints": ("print('hello')\n", "prints to stdout"),
    "garbage_prints": (
        "class Ring:\n    def __init__(self):\n        self.own = self\n"
        "    def __del__(self):\n        print('late')\nRing()\n",
        "prints to stdout",
    ),
    "garbage_warns": (
        "class Ring:\n    def __init__(self):\n        self.own, self.file = self, open(__file__)\nRing()\n",
        "warns (ResourceWarning",
    ),
    "prints_past": ("import os\nos.write(1, b'hello')\n", "prints past Python"),
    "generator": ("import random\nVALUE = random.Random()\n", "random numbers (row_generator)"),
    "seeds": ("import random\nrandom.seed()\n", "random numbers (row_seeds)"),
    "hook": ("import sys\nsys.excepthook = lambda *a: None\n", "hooks of sys"),
    "trace": ("import sys\nsys.setprofile(lambda *a: None)\n", "hooks of sys"),
    "builtin": ("import builtins\nbuiltins.anything = 1\n", "builtins"),
    "threshold": ("import gc\nVALUE = gc.get_threshold()\n", "asks when garbage is collected"),
    "sets_threshold": ("import gc\ngc.set_threshold(0)\n", "says when garbage is collected"),
    "recursion": ("import sys\nsys.setrecursionlimit(5000)\n", "recursion limit"),
    "replaces": (
        "import sys, types\nsys.modules['calendar'] = types.ModuleType('calendar')\n",
        "replaces the module calendar",
    ),
    "logger_level": ("import logging\nlogging.getLogger('a').setLevel(30)\n", "changes loggers"),
    "logger_handler": (
        "import io, logging\nlogging.getLogger('a').addHandler(logging.StreamHandler(io.StringIO()))\n",
        "changes loggers",
    ),
    "logger_propagates": ("import logging\nlogging.getLogger('a').propagate = False\n", "changes loggers"),
    "logging_disabled": ("import logging\nlogging.disable(20)\n", "how logging works"),
    "logger_class": (
        "import logging\nclass Mine(logging.Logger):\n    pass\nlogging.setLoggerClass(Mine)\n",
        "how logging works",
    ),
    "level_name": ("import logging\nlogging.addLevelName(30, 'WARN!')\n", "how logging works"),
    "record_factory": ("import logging\nlogging.setLogRecordFactory(lambda *a, **n: 1)\n", "how logging"),
    "reducer": ("import copyreg\ncopyreg.pickle(complex, lambda it: (complex, ()))\n", "types are pickled"),
    "own_codec": ("import codecs\ncodecs.register(lambda name: None)\n", "registers a codec (row_own_codec)"),
    "own_errors": ("from codecs import register_error\nregister_error('a', print)\n", "codec's handler a"),
    "decimal_context": ("import decimal\ndecimal.getcontext().prec = 5\n", "variables of the context"),
    "decimal_default": ("import decimal\ndecimal.DefaultContext.prec = 5\n", "how decimals are computed"),
    "context_variable": (
        "import contextvars\nONE = contextvars.ContextVar('one')\nONE.set(1)\n",
        "variables of the context",
    ),
    "sqlite_adapter": ("import sqlite3\nsqlite3.register_adapter(set, lambda it: '')\n", "how SQLite stores"),
    "sqlite_converter": ("import sqlite3\nsqlite3.register_converter('a', lambda it: 1)\n", "how SQLite"),
    "start_method": ("import multiprocessing as m\nm.set_start_method('spawn')\n", "processes are started"),
    "file_type": ("import mimetypes\nmimetypes.add_type('a/b', '.abc')\n", "the types of files"),
    "traces_memory": ("import tracemalloc\ntracemalloc.start()\n", "whether allocations are traced"),
    "opener": ("from urllib import request\nrequest.install_opener(request.build_opener())\n", "how URLs"),
    "unverified": (
        "import ssl\nssl._create_default_https_context = ssl._create_unverified_context\n",
        "how HTTPS is checked",
    ),
    "loop_policy": (
        "import asyncio\nasyncio.events._event_loop_policy = asyncio.DefaultEventLoopPolicy()\n",
        "the policy of event loops",
    ),
    "zones": ("import zoneinfo\nzoneinfo.reset_tzpath(['/nowhere'])\n", "where time zones lie"),
    "dialect": ("import csv\ncsv.register_dialect('mine', csv.excel)\n", "what csv knows"),
    "switches": ("import sys\nsys.setswitchinterval(0.1)\n", "settings of the interpreter"),
    "no_collector": ("import gc\ngc.disable()\n", "settings of the interpreter"),
    "told_of_garbage": ("import gc\ngc.callbacks.append(lambda *a: None)\n", "settings of the interpreter"),
    "no_bytecode": ("import sys\nsys.dont_write_bytecode ^= True\n", "settings of the interpreter"),
    "stack": ("import threading\nthreading.stack_size(1 << 20)\n", "settings of the interpreter"),
    "faults": (
        "import faulthandler, os\nfaulthandler.enable(file=os.open(os.devnull, os.O_WRONLY))\n",
        "settings of the interpreter",
    ),
    "nice": ("import os\nos.nice(1)\n", "place in the system"),
    "session": ("import os\nos.setsid()\n", "place in the system"),
    "mask_of_signals": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])\n",
        "place in the system",
    ),
    "limit": (
        "import resource as r\nr.setrlimit(r.RLIMIT_CORE, r.getrlimit(r.RLIMIT_CORE))\n",
        "sets limits of the process",
    ),
    "audits": ("import sys\nsys.addaudithook(lambda *a: None)\n", "adds an audit hook"),
    "fails": ("raise RuntimeError('not here')\n", "cannot be imported"),
    "leaves": ("raise SystemExit(3)\n", "cannot be imported"),
    "nested": ("import row_thread\n", "threads"),
    "missing": ("import nowhere_at_all\n", "cannot be imported"),
}
ONLY_LINUX = {"native_thread"}
# before Python 3.12 nothing tells cheaply what functions ask built-in types
ONLY_HEARD = {
    *("asks_itself", "date_in_a_function", "date_by_a_method", "date_of_an_error"),
    *("subclasses_by_a_function", "subclasses_of_others"),
}
HEARS = hasattr(sys, "monitoring")

# each in a child of its own, which ends as it likes
PROGRAM = """
import gc, importlib, json, os, sys, tempfile, calendar
sys.path.insert(0, sys.argv[1])
import email.utils
import importlib.util, inspect, json, locale, logging, random, shutil, signal, socket, threading, traceback
import urllib.parse, uuid
folder = sys.argv[2]
where = dict(submodule_search_locations=[folder])
spec = importlib.util.spec_from_file_location("worker", folder + "/__init__.py", **where)
sys.modules["worker"] = importlib.util.module_from_spec(spec)
from worker.preload import watch
from worker.preload.watch import Watch
watch.listen()
found = {}
for name in sys.argv[3:]:
    reading, writing = os.pipe()
    if not os.fork():
        os.set_inheritable(writing, True)
        output = os.open(tempfile.mkdtemp() + "/out", os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        one = Watch("row_" + name)
        try:
            with one:
                one.load()
        except BaseException:
            pass
        told = sorted(one.reads)
        if name == "takes_by_name":
            import row_takes_by_name as taken
            told = [type(it).__name__ for it in (taken.getpid, taken.register, taken.Keeps.pid)]
        if name == "holds_clocks":
            import row_holds_clocks as row
            inner, named = row.Outer.Inner, row.Named()
            told = [row.TABLE["wall"], row.CLOCKS[0], row.Row.__dataclass_fields__["at"].default_factory]
            told += [row.CACHE.timer, row.SLOTS.clock, inner.clock, inner.wait.__defaults__[0]]
            told += [row.READ.__closure__[0].cell_contents, named.clock]
            told = [type(one).__name__ for one in told]
            told += [str(type(row.READ()) is float and row.Row().at > 0)]
        if name == "garbage":
            told = [str(number) for number in gc.get_threshold()]
        os.write(writing, json.dumps([one.reasons, told]).encode())
        os._exit(0)
    os.close(writing)
    found[name] = json.loads(os.read(reading, 1 << 16))
    os.close(reading)
    os.wait()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[str], list[str]]]:
    folder = tmp_path_factory.mktemp("rows")
    for name, text in {**FITS, **{name: text for name, (text, _) in REFUSED.items()}}.items():
        (folder / f"row_{name}.py").write_text(text)
    (folder / "this_is.py").write_text("")
    names = [*FITS, *REFUSED]
    command = [sys.executable, "-B", "-c", PROGRAM, str(folder), str(Path(worker.__file__).parent), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MINUTES)
    assert done.returncode == 0, done.stderr
    found: dict[str, tuple[list[str], list[str]]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", FITS)
def test_what_fits(watched: dict[str, tuple[list[str], list[str]]], name: str) -> None:
    if name in ONLY_HEARD and not HEARS:
        pytest.skip("this Python does not tell")
    assert watched[name][0] == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not(watched: dict[str, tuple[list[str], list[str]]], name: str) -> None:
    if name in ONLY_LINUX and not LINUX:
        pytest.skip("the system does not tell of native threads")
    if name in ONLY_HEARD and not HEARS:
        pytest.skip("this Python does not tell")
    assert any(REFUSED[name][1] in reason for reason in watched[name][0]), watched[name]


def test_what_was_taken_by_name_is_the_real_one(watched: dict[str, tuple[list[str], list[str]]]) -> None:
    assert watched["takes_by_name"][1] == ["builtin_function_or_method"] * 3


def test_whoever_holds_a_clock_has_the_real_one(watched: dict[str, tuple[list[str], list[str]]]) -> None:
    assert watched["holds_clocks"][1] == [*["builtin_function_or_method"] * 9, "True"]


def test_the_collector_is_as_it_was(
    watched: dict[str, tuple[list[str], list[str]]],
) -> None:
    usual = subprocess.check_output(
        [sys.executable, "-c", "import gc; print(*gc.get_threshold())"], text=True
    )
    assert watched["garbage"][1] == usual.split()


def test_variables_are_told(watched: dict[str, tuple[list[str], list[str]]]) -> None:
    assert {"ROW_VARIABLE", "OTHER"} <= set(watched["reads_a_variable"][1])
    assert watched["plain"][1] == []
