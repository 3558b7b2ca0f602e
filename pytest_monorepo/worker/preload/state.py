"""What of a process an import may change so that a fork loses it, shares it or has it too early."""

from __future__ import annotations

import atexit
import builtins
import faulthandler
import gc
import locale
import logging
import os
import random
import signal
import sys
import threading
import warnings
from typing import Any, Callable, Dict, List

from . import harmless, homes, libraries


class Known:
    """All that is compared, as it was before an import: as the one before it has left it."""

    def __init__(self) -> None:
        self.modules: Dict[str, Any] = {}
        self._kept = libraries.Kept()
        self._state: Dict[str, Any] = {}

    def learn(self) -> None:
        """What is there by now."""
        came = {name: one for name, one in sys.modules.items() if name not in self.modules}
        self.modules.update(came)
        self._kept.learn({name: one for name, one in came.items() if not name.startswith(homes.OURS)})
        self._state = self._state or _taken()

    def changes(self) -> List[str]:
        """In words, what differs; from then on, that is what there is."""
        before, self._state = self._state, _taken()
        differing = [name for name in before if before[name] != self._state[name]]
        tops = {name.partition(".")[0] for name in sys.modules.keys() - self.modules.keys()}
        own = {top for top in tops if not homes.is_standard(top)}
        return [f"changes {what}" for what in [*differing, *self._kept.told(own)]]


def _taken() -> Dict[str, Any]:
    """Everything that is compared, by the words for it."""
    return {name: look() for name, look in _LOOKS.items()}


def callbacks() -> int:
    """How many functions are registered for the end."""
    count: Any = getattr(atexit, "_ncallbacks", None)
    return int(count()) if count is not None else 0


def size_of_output() -> int:
    """Of the files that descriptors 1 and 2 lead to; 0 for devices."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    return os.fstat(1).st_size + os.fstat(2).st_size


def _identities(things: List[Any]) -> List[int]:
    return [id(thing) for thing in things]


def _open_files() -> List[str]:
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            # the listing's own is gone again, whichever number it had
            return [name for name in sorted(os.listdir(folder)) if _is_open(int(name))]
        except OSError:
            continue
    return []


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def _handlers() -> Dict[int, Any]:
    return {number: signal.getsignal(number) for number in signal.valid_signals()}


def _timers() -> List[Any]:
    if not hasattr(signal, "getitimer"):
        return []
    return [
        signal.getitimer(getattr(signal, name))[1]
        for name in ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")
    ]


def _children() -> str:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as stream:
            return stream.read()
    except OSError:
        return ""


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _waiting() -> Any:
    module = sys.modules.get("_socket")
    return module.getdefaulttimeout() if module is not None else None


def _hooks() -> List[int]:
    names = ("excepthook", "displayhook", "unraisablehook", "breakpointhook")
    own = [getattr(sys, name, None) for name in names]
    return _identities([*own, getattr(threading, "excepthook", None), sys.gettrace(), sys.getprofile()])


def _interpreter() -> List[Any]:
    """What ``sys`` lets be set, and whether garbage is collected and faults are told of."""
    names = (
        *("getswitchinterval", "getdlopenflags", "get_int_max_str_digits", "get_asyncgen_hooks"),
        "get_coroutine_origin_tracking_depth",
    )
    asked = [getattr(sys, name)() for name in names if hasattr(sys, name)]
    values = [
        getattr(sys, name, None) for name in ("dont_write_bytecode", "pycache_prefix", "tracebacklimit")
    ]
    own = [gc.isenabled(), gc.get_debug(), _identities(gc.callbacks), faulthandler.is_enabled()]
    return [*asked, *values, *own, threading.stack_size()]


def _process() -> List[Any]:
    """What the system knows of the process besides."""
    asked: List[Any] = [os.getpgrp(), os.getsid(0), os.getuid(), os.getgid()]
    if hasattr(os, "getpriority"):
        asked.append(os.getpriority(os.PRIO_PROCESS, 0))
    if hasattr(os, "sched_getaffinity"):
        asked.append(os.sched_getaffinity(0))
    return [*asked, signal.pthread_sigmask(signal.SIG_BLOCK, [])]


_LOOKS: Dict[str, Callable[[], Any]] = {
    "the threads that run": lambda: sorted(thread.name for thread in threading.enumerate()),
    "the open files": _open_files,
    "the running children": _children,
    "sys.path": lambda: list(sys.path),
    "sys.meta_path": lambda: _identities(harmless.without_known_finders(sys.meta_path)),
    "sys.path_hooks": lambda: _identities(sys.path_hooks),
    "signal handlers": _handlers,
    "timers": _timers,
    "warning filters": lambda: [one for one in warnings.filters if not harmless.is_known_filter(one)],
    "the environment": lambda: dict(os.environ),
    "the working directory": os.getcwd,
    "the mask of new files": _umask,
    "the locale": lambda: locale.setlocale(locale.LC_ALL),
    "how long sockets wait": _waiting,
    "the state of random numbers": random.getstate,
    "the hooks of sys": _hooks,
    "the recursion limit": sys.getrecursionlimit,
    "builtins": lambda: {name: id(value) for name, value in vars(builtins).items() if name != "_"},
    "settings of the interpreter": _interpreter,
    "the process's place in the system": _process,
    **libraries.looks(),
    "the root logger": lambda: (_identities(logging.root.handlers), logging.root.level),
}
