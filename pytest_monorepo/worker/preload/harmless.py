"""What popular packages leave behind that is as good after a fork as it was before."""

from __future__ import annotations

import sys
from typing import Any, List

NATIVE_POOLS = ("numpy", "scipy")
"""Their OpenBLAS ends its threads before a fork and starts them again at need."""

_SILENCED = ("numpy.dtype size changed", "numpy.ufunc size changed", "numpy.ndarray size changed")
_FILTERED = ("numpy.exceptions.RankWarning", "numpy.RankWarning", "numpy.polynomial.polyutils.RankWarning")
_FINDERS = ("_SixMetaPathImporter",)
"""They know modules below their own package alone, and stand behind all others."""


def is_known_filter(entry: Any) -> bool:
    """Of numpy's own. pytest takes back what a module filters once that is collected, and so it is here."""
    action, message, category, module = entry[:4]
    pattern = getattr(message, "pattern", message)
    if module is not None:
        return False
    kind = f"{category.__module__}.{category.__qualname__}"
    return pattern in _SILENCED if action == "ignore" else pattern is None and kind in _FILTERED


def without_known_finders(finders: List[Any]) -> List[Any]:
    return [finder for finder in finders if type(finder).__name__ not in _FINDERS]


def renew() -> None:
    """In a fork that is a worker from now on: what an import has taken from the process around it."""
    handlers = sys.modules.get("wsgiref.handlers")
    if handlers is not None:
        base: Any = handlers.BaseHandler
        base.os_environ = handlers.read_environ()
    numbers: Any = sys.modules.get("numpy.random")
    if numbers is not None:  # else all workers would draw the same ones
        numbers.seed()


WHOLE_READERS = ("wsgiref.handlers",)
"""They read the whole environment, and :func:`renew` does it again."""

DRAWERS = ("opentelemetry.context",)
"""What they draw are names of keys, which nobody compares with those of another process."""

CLOCKED = ("dateutil.parser._parser",)
"""They ask for the year, to tell the century of two digits."""

HOLDERS = ("pydantic_core._pydantic_core",)
"""Compiled, they call what they hold, and nobody gets it from them."""

REPLACERS = ("typing_extensions",)
"""They give ``typing`` what a later Python has, which does as before for whoever knows no more."""

LOGGERS = ("sqlalchemy", "concurrent", "asyncio", "multiprocessing")
"""Set up by their own modules, where nobody has done it before; the last are Python's."""

ENTRIES = {"urllib.parse.uses_netloc": ("itms-services",)}
"""What is put into public tables of Python's, where only who asks for it sees it: werkzeug's scheme."""
