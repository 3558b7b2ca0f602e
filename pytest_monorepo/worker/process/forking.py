"""Whether this process may be forked: who else runs in it, and who looks on; and its fork.

A lock that another thread holds at the fork would stay locked for ever in the child.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Callable, Optional


def native_threads() -> int:
    """How many threads this process has, those included that a library has started without Python.

    1 where the system does not tell: only Linux does (proc(5): one folder a thread).
    """
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def is_alone() -> bool:
    """Whether no other thread runs, as far as Python and the system tell."""
    return threading.active_count() == 1 and native_threads() == 1


def may_fork() -> bool:
    """Whether there is a fork, and nobody whom it would leave behind."""
    return hasattr(os, "fork") and is_alone()


def forked(meanwhile: Callable[[], None]) -> Optional[int]:
    """As :func:`os.fork`; ``None`` where the system has no room for another process, now and soon.

    ``meanwhile`` is called while it is waited for.
    """
    for pause in (0.05, 0.2, 0.5, None):
        try:
            return os.fork()
        except OSError as error:
            sys.stderr.write(f"fork failed: {error}\n")
            if pause is not None:
                time.sleep(pause)
                meanwhile()
    return None


def is_watched() -> bool:
    """By a debugger, a profiler or a measurement, which would not expect to be in two processes."""
    monitoring = getattr(sys, "monitoring", None)  # Python 3.12
    tools = monitoring is not None and any(map(monitoring.get_tool, range(6)))
    return sys.gettrace() is not None or sys.getprofile() is not None or tools
