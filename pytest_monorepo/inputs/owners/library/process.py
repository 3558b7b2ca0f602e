"""What the interpreter and the process are set to."""

from __future__ import annotations

import contextvars
import gc
import importlib.machinery
import os
import sys
import threading
import zipimport
from typing import Any

from ... import originals
from ...originals import identity
from .. import objects
from ..glance import PLAIN

_CHANGING = {
    *("stdin", "stdout", "stderr", "path", "argv", "meta_path", "path_hooks", "warnoptions", "_xoptions"),
    *("path_importer_cache", "last_type", "last_value", "last_traceback", "last_exc"),
    "unraisablehook",  # among the hooks
}
"""Of ``sys`` what pytest changes, what is compared by what it holds, and what failures leave."""


def of_sys() -> Any:
    """Its values, and functions that may be others."""
    found = {
        name: value if type(value) in PLAIN else identity(value)
        for name, value in vars(sys).items()
        if name not in _CHANGING
    }
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    return found, [[getattr(one, name, None) for name in OF_STREAMS] for one in streams]


OF_STREAMS = ("encoding", "errors", "line_buffering", "write_through", "closed")


def hooks() -> Any:
    """Functions that are called behind the tests' backs."""
    generators: Any = getattr(sys, "get_asyncgen_hooks", tuple)()
    return (
        [
            sys.getprofile(),
            *map(identity, gc.callbacks),
            _behind_pytest(threading.excepthook),
            _behind_pytest(sys.unraisablehook),
            *generators,
        ],
        sys.get_coroutine_origin_tracking_depth(),
        _tracing(),
        _stack_size(),
    )


def _behind_pytest(hook: Any) -> Any:
    """Until 8.3 pytest sets its own for each part of a test, in which a shared fixture may be set up."""
    of: Any = getattr(hook, "__self__", None)
    while type(of).__module__.startswith("_pytest.") and hasattr(of, "_old_hook"):
        hook = of._old_hook
        of = getattr(hook, "__self__", None)
    return hook


def _stack_size() -> int:
    """To ask for it sets it back to the system's own."""
    size = threading.stack_size()
    threading.stack_size(size)
    return size


def _tracing() -> Any:
    """Who follows each line: not coverage.py, which is ours and begins with the first test file."""
    found = sys.gettrace()
    kind = type(getattr(found, "__self__", found))
    return None if found is None or kind.__module__.partition(".")[0] == "coverage" else kind


def finders() -> Any:
    """Those by which modules are found in a folder, where they are not Python's own.

    Where there was no folder when somebody looked, nothing is found from then on.
    """
    known = (importlib.machinery.FileFinder, zipimport.zipimporter)
    return {path: type(one) for path, one in sys.path_importer_cache.items() if not isinstance(one, known)}


def scheduling() -> Any:
    """On which processors the process runs, how kindly, as whom, and in which group."""
    affinity = None if originals.affinity is None else originals.affinity(0)
    policy = [ask(0) for ask in originals.scheduled if ask is not None]
    group = os.getpgrp(), os.getsid(0)
    return affinity, originals.priority(os.PRIO_PROCESS, 0), policy, originals.user(), group


def threads() -> Any:
    """Those that run, with what somebody has set of them."""
    found = {}
    for thread in threading.enumerate():
        found[thread.ident] = thread.name, thread.daemon, objects.added_to_thread(thread)
    return found


def children() -> Any:
    """Whether there are any, and whether one is over that nobody has waited for."""
    try:
        found = originals.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return "running" if found is None else (found.si_pid, found.si_status)


def limits(resource: Any) -> Any:
    """What the process may use."""
    kinds = sorted(value for name, value in vars(resource).items() if name.startswith("RLIMIT_"))
    return [resource.getrlimit(kind) for kind in dict.fromkeys(kinds)]


def context() -> Any:
    """The context variables that are set in the thread of the tests, none of which is kept alive.

    Decimal's own is set by whoever calculates first; what it holds is compared elsewhere.
    """
    return {
        identity(variable): value if type(value) in PLAIN else identity(value)
        for variable, value in contextvars.copy_context().items()
        if variable.name != "decimal_context"
    }
