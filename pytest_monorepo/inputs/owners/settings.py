"""What the process is set to, and tests may set otherwise: each by its name for the user."""

from __future__ import annotations

import builtins
import functools
import gc
import os
import sys
import threading
import time
import types
from typing import Any, Callable, Dict, List, Tuple

from .. import callers, originals
from ..originals import identity
from ..probes import databases, descriptors, environ
from ..record.asked import ANSWERS, AT_EXIT, CHILDREN, FLAGS, FOR_CHILDREN, LINES, OVERLOADS
from . import loops, objects
from .glance import PLAIN
from .library import remembered
from .library.answered import of_platform, offsets
from .library.modules import context, contexts, dialects, flags, lines, loggers, overloads, types_of_files
from .library.process import children, finders, hooks, limits, of_sys, scheduling, threads
from .library.process import context as context_variables
from .names.said import CONTEXT, HANDLERS, HOOKS, LOGGERS, MASK, POLICY, SHOWS, THREADS

Facets = Dict[str, Any]
VARIABLES = "environment variables"
TOLD = {
    VARIABLES,
    "sys.path",
    "random numbers",
    "random numbers of numpy",
    OVERLOADS,
    AT_EXIT,
    ANSWERS,
    FLAGS,
    SHOWS,
}
"""What is heard of where an import depends on it."""
OF_THREADS = {"decimal context"}
"""What each thread has for itself."""


def facets_now() -> Facets:
    """What the process is set to, each by its name for the user; without those of modules not loaded yet."""
    found = {name: ask() for name, ask in _FACETS.items()}
    for name, (module, _) in _OF_MODULES.items():
        if callers.loaded(module) is not None:
            found[name] = facet_now(name)
    return found


def facet_now(name: str) -> Any:
    """One of these; nothing of a module that is not loaded."""
    if name in _FACETS:
        return _FACETS[name]()
    module, ask = _OF_MODULES[name]
    loaded = callers.loaded(module)
    return None if loaded is None else ask(loaded)


def facets_of(name: str, module: Any) -> Facets:
    """How those are at first that a module has which has just been loaded."""
    return {facet: ask(module) for facet, (of, ask) in _OF_MODULES.items() if of == name}


def _variables() -> Any:
    return {name: value for name, value in environ.snapshot().items() if name not in environ.OF_PYTEST}


def _hanging_on(mapping: Any) -> List[Tuple[str, int]]:
    """What somebody has set of it, beside the table of variables, which is compared by what it holds."""
    return [
        (name, identity(one)) for name, one in getattr(mapping, "__dict__", {}).items() if name != "_data"
    ]


def _builtins() -> Any:
    """A doctest's last answer is none of them, where ``gettext`` puts a function of its own."""
    return {
        name: identity(value)
        for name, value in vars(builtins).items()
        if name != "_" or isinstance(value, _OF_GETTEXT)
    }


_OF_GETTEXT = (types.MethodType, types.FunctionType)


def _main() -> Any:
    """What anybody may put into the module that was started, and any other file can ask for."""
    module = sys.modules.get("__main__")
    held = originals.variables(module) if originals.is_module(module) else {}
    told = {
        name: (type(value), value) if type(value) in PLAIN else identity(value)
        for name, value in list(held.items())
        if name not in _OF_IMPORTS
    }
    return told, objects.state_of([value for value in held.values() if type(value) in (list, dict, set)])


_OF_IMPORTS = {"__builtins__", "__annotations__", "__warningregistry__", "__loader__", "__spec__"}


def _umask() -> Any:
    if threading.active_count() > 1:  # another would make files by the one that is set to ask for it
        return _umask_of_system()
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _umask_of_system() -> Any:
    with open("/proc/self/status", "rb", buffering=0) as stream:
        words = stream.read().split(b"\nUmask:", 1)  # since Linux 4.7
    return int(words[1].split()[0], 8) if len(words) > 1 else None


def _cwd() -> Any:
    try:
        return originals.getcwd()
    except OSError:
        return None


def _signals(signal: Any) -> Any:
    ask, known = _handler(signal), []
    for number in _numbers(signal):
        try:
            known.append(ask(number))
        except ValueError:
            known.append(None)
    return known, _last(signal, "set_wakeup_fd"), _calls(signal.siginterrupt)


def _handler(signal: Any) -> Any:
    """``signal.getsignal`` without making an enum of its answer, which takes a hundred times as long."""
    return getattr(callers.loaded("_signal"), "getsignal", signal.getsignal)


@functools.lru_cache(maxsize=None)  # noqa: UP033 (3.8 has no cache)
def _numbers(signal: Any) -> List[int]:
    return sorted(map(int, signal.valid_signals()))


def _random(random: Any) -> Any:
    return hash(random.getstate()) if "pytest_randomly" not in sys.modules else None


def _numpy_random(module: Any) -> Any:
    if "pytest_randomly" in sys.modules:
        return None
    # else one of another kind than the usual (``set_bit_generator``, since NumPy 1.24) would warn of it
    return _by_values(module.get_state(legacy=False))


def _by_values(state: Any) -> Any:
    if type(state) is dict:
        return {name: _by_values(one) for name, one in state.items()}
    return state if type(state) in PLAIN else state.tobytes()


def _masked(signal: Any) -> Any:
    """The signals that are held back, and whether an alarm is set."""
    if not hasattr(signal, "pthread_sigmask"):
        return None
    held = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    timers = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
    pending = sorted(map(int, signal.sigpending()))
    return sorted(map(int, held)), pending, [signal.getitimer(one)[0] > 0 for one in timers]


def _temporary(tempfile: Any) -> Any:
    """Set by somebody, and not found by the first who asked for it."""
    usual = (None, environ.snapshot().get("TMPDIR"), "/tmp", b"/tmp")
    return None if tempfile.tempdir in usual else tempfile.tempdir


def _of_sqlite(module: Any) -> Any:
    """All that the module in C has, :mod:`sqlite3` has, too, and is compared there."""
    told = [_last(module, name) for name in databases.OF_ALL]
    return told, {name: identity(value) for name, value in originals.variables(module).items()}


def _showing(warnings: Any) -> Any:
    """Not the module's own, nor the list in which ``catch_warnings``, and so pytest, records them."""
    found = [vars(warnings).get(name) for name in ("showwarning", "_showwarnmsg_impl")]
    return [None if _is_usual(one) else identity(one) for one in found]


def _is_usual(shows: Any) -> bool:
    of_list = type(shows) is types.BuiltinFunctionType and type(shows.__self__) is list
    return of_list or getattr(shows, "__module__", None) == "warnings"


def _of_readline(readline: Any) -> Any:
    history = readline.get_history_length(), readline.get_current_history_length()
    return readline.get_completer(), readline.get_completer_delims(), history, readline.get_line_buffer()


def _calls(*functions: Any) -> Any:
    """How often they were called: what they did nobody can see."""
    return [getattr(function, "calls", 0) for function in functions]


def _last(module: Any, name: str) -> Any:
    """What a function was told last."""
    return getattr(getattr(module, name, None), "last", None)


_FACETS: Dict[str, Callable[[], Any]] = {
    VARIABLES: _variables,
    "working directory": _cwd,
    "umask": _umask,
    "sys.path": lambda: list(sys.path),
    "sys.argv": lambda: list(sys.argv),
    "sys.meta_path": lambda: [one if isinstance(one, type) else type(one) for one in sys.meta_path],
    "sys.path_hooks": lambda: list(sys.path_hooks),
    "finders of folders": finders,
    "options of warnings": lambda: list(sys.warnoptions),
    "recursion limit": sys.getrecursionlimit,
    "builtins": _builtins,
    "time zone": lambda: (time.tzname, time.timezone, time.altzone, offsets()),
    "garbage collection": lambda: ((gc.isenabled(), gc.get_threshold(), gc.get_debug(), len(gc.garbage))),
    "values in sys": of_sys,
    "variables of __main__": _main,
    "options of the interpreter": lambda: dict(sys._xoptions),
    "mapping of variables": lambda: (type(os.environ), *_hanging_on(os.environ)),
    "how libraries are loaded": getattr(sys, "getdlopenflags", int),
    CONTEXT: context_variables,
    "switch interval": sys.getswitchinterval,
    "longest number": lambda: getattr(sys, "get_int_max_str_digits", int)(),
    HOOKS: hooks,
    "processors and priority": scheduling,
    "descriptors": descriptors.standing,
    CHILDREN: children,
    ANSWERS: remembered.answers,
    THREADS: threads,
}
_OF_MODULES: Dict[str, Tuple[str, Callable[[Any], Any]]] = {
    "limits": ("resource", limits),
    FLAGS: ("decimal", flags),
    "decimal context": ("decimal", lambda decimal: context(decimal.getcontext())),
    "locale": ("locale", lambda locale: locale.setlocale(locale.LC_ALL)),
    LOGGERS: ("logging", loggers),
    "random numbers": ("random", _random),
    "random numbers of numpy": ("numpy.random", _numpy_random),
    HANDLERS: ("signal", _signals),
    MASK: ("signal", _masked),
    "readline": ("readline", _of_readline),
    "dialects or field size limit of csv": ("_csv", dialects),
    "default decimal contexts": ("decimal", contexts),
    "temporary folder": ("tempfile", _temporary),
    "folders of time zones": ("zoneinfo", lambda zoneinfo: (zoneinfo.TZPATH, _calls(zoneinfo.reset_tzpath))),
    "registered codecs": ("codecs", lambda codecs: _calls(codecs.register, codecs.register_error)),
    "settings of SQLite": ("_sqlite3", lambda module: _of_sqlite(module)),
    "calls at forks": ("os", lambda os: _calls(os.register_at_fork)),
    FOR_CHILDREN: (
        "os",
        lambda os: [getattr(one, "by_packages", 0) for one in (os.putenv, os.unsetenv)],
    ),
    # of what os.environ sets by them the table tells
    "variables of children": ("os", lambda os: _calls(os.putenv, os.unsetenv)),
    "audit hooks": ("sys", lambda sys: _calls(sys.addaudithook)),
    "types of files": ("mimetypes", types_of_files),
    "traces of memory": (
        "_tracemalloc",
        lambda module: module.is_tracing() and module.get_traceback_limit(),
    ),
    SHOWS: ("warnings", _showing),
    "what platform has found out": ("platform", of_platform),
    "fault handler": (
        "faulthandler",
        lambda module: (module.is_enabled(), _calls(module.register, module.unregister)),
    ),
    AT_EXIT: ("atexit", lambda atexit: (atexit._ncallbacks(), _calls(atexit.register, atexit.unregister))),
    OVERLOADS: ("typing", overloads),
    "socket timeout": ("socket", lambda socket: socket.getdefaulttimeout()),
    POLICY: ("asyncio.events", loops.policy),
    LINES: ("linecache", lines),
    loops.CURRENT: ("asyncio.events", loops.current),
}
