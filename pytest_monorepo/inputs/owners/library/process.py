"""What the interpreter and the process are set to."""

from __future__ import annotations

import contextvars
import gc
import sys
import threading
from typing import Any

from ...originals import identity
from ..glance import PLAIN

_CHANGING = {
    *("stdin", "stdout", "stderr", "path", "argv", "meta_path", "path_hooks", "warnoptions", "_xoptions"),
    *("path_importer_cache", "last_type", "last_value", "last_traceback", "last_exc"),
    "unraisablehook",  # among the hooks
}
"""Of ``sys`` what pytest changes, what is compared by what it holds, and what failures leave."""


def of_sys() -> Any:
    """Its values, and functions that may be others."""
    return {
        name: value if type(value) in PLAIN else identity(value)
        for name, value in vars(sys).items()
        if name not in _CHANGING
    }


def hooks() -> Any:
    """Functions that are called behind the tests' backs."""
    generators: Any = getattr(sys, "get_asyncgen_hooks", tuple)()
    return (
        [
            sys.getprofile(),
            *map(identity, gc.callbacks),
            threading.excepthook,
            sys.unraisablehook,
            *generators,
        ],
        sys.get_coroutine_origin_tracking_depth(),
        _tracing(),
        threading.stack_size(),
    )


def _tracing() -> Any:
    """Who follows each line: not coverage.py, which is ours and begins with the first test file."""
    found = sys.gettrace()
    kind = type(getattr(found, "__self__", found))
    return None if found is None or kind.__module__.partition(".")[0] == "coverage" else kind


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
