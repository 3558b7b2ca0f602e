"""psutil (5.9 to 7.2): nearly all that it tells it reads below ``/proc`` through Python, which is seen.

For the rest it has a compiled module, which asks the system without a word (``nm``: users, mounts, network
interfaces, priorities, processors, memory): there each call is told of.
"""

from __future__ import annotations

import os
import types
from typing import Any

from .. import callers
from ..record.recorder import Recorder
from . import calls

__tracebackhide__ = True

MODULES = ("psutil._psutil_linux", "psutil._psutil_posix")

_ASKS_NOBODY = frozenset({"check_pid_range", "getpagesize", "set_debug"})
"""The size of a page is a fact of who loads it, see :mod:`natives`."""


def wrap(recorder: Recorder, module: Any) -> None:
    """Let each function that asks the system say so, also such that later versions may have."""
    for name, original in list(vars(module).items()):
        if isinstance(original, types.BuiltinFunctionType) and name not in _ASKS_NOBODY:
            calls.tell(recorder, module, name, f"calls psutil's {name}")


def begins_to_count(path: str, frame: Any) -> bool:
    """Whether psutil, while it is imported, reads what the processors have done since the machine began.

    It only takes the difference to what it reads later, which is told of then. Which columns there are has
    been the same since Linux 2.6.33.
    """
    return path == "/proc/stat" and _is_being_imported(frame)


def of_any_process(path: str, frame: Any) -> str:
    """What psutil looks for of its own process while it is imported: the kernel has it of all, or of none."""
    own = f"/proc/{os.getpid()}/" if path.startswith("/proc/") else ""
    return (
        f"/proc/1/{path[len(own) :]}" if own and path.startswith(own) and _is_being_imported(frame) else path
    )


def _is_being_imported(frame: Any) -> bool:
    frame = callers.outside_pathlib(callers.outside("genericpath", frame))
    while callers.module(frame).partition(".")[0] == "psutil":
        if frame.f_code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False
