"""What ``platform`` is asked: most callers want the system or the processor, and not this machine's name.

``uuid``, which nearly everything imports, asks for the system. Were that an input as a whole, with host name
and kernel, no two machines of a CI would share a result.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import Any

from .. import originals
from ..record.recorder import Recorder

__tracebackhide__ = True

_PARTS = ("system", "machine")


def wrap(recorder: Recorder, module: Any) -> None:
    """Let ``platform.uname`` tell what its caller looks at.

    The module keeps the first answer, and hands out any part of it from then on; here it keeps none, so that
    whoever took the function before it was wrapped asks the system again, which is seen.
    """
    original = module.uname
    if sys.version_info < (3, 9) or originals.uname is None:  # 3.8 starts a program for the processor
        return
    wrapped, os.uname = os.uname, originals.uname
    try:
        answer = original()
    finally:
        os.uname = wrapped
    # where platform.py keeps the first answer (CPython 3.9 to 3.13)
    module._uname_cache = None

    def uname() -> Any:
        frame = originals.frame(1)
        part = frame.f_code.co_name if frame.f_globals is vars(module) else ""
        if recorder.listening:
            recorder.see_fact(part if part in _PARTS else "uname")
        return answer

    uname.__module__, uname.__doc__ = module.__name__, original.__doc__
    module.uname = uname

    _seen_each_time(recorder, module)


def _seen_each_time(recorder: Recorder, module: Any) -> None:
    """``platform.platform`` keeps its own answer, made of all of them."""
    original = module.platform

    @functools.wraps(original)
    def platform(*args: Any, **kwargs: Any) -> Any:
        if recorder.listening:
            recorder.see_fact("uname")
        return original(*args, **kwargs)

    module.platform = platform
