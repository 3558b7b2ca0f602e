"""What a value in an object or a container of an installed module counts by, beside what may be in it.

``config.mode = Mode.FAST``, ``options.size = (3, 4)``, ``hooks.failed = reporter.note``: none of these is a
plain value or a function, and each makes the package another for whoever uses it next.
"""

from __future__ import annotations

import _ast
import enum
import functools
import operator
import re
import threading
import types
import weakref
from typing import Any, Callable, Dict, Optional, Tuple

from ...callers import OURS
from ...originals import identity, variables
from .. import hidden
from ..asked import is_known_logger
from ..glance import CALLED, PLAIN
from ..objects import LOGGERS

_DEPTH = 5
"""Of tuples in tuples; they may also lead back to themselves."""


def worth_of(value: Any, depth: int = 0) -> Optional[Tuple[Any, ...]]:
    """``None`` where an object of that type is mostly made again by whoever asks for it."""
    kind = type(value)
    if kind in PLAIN:
        return (kind, value)
    if issubclass(kind, CALLED):
        return (kind, identity(value))
    if depth == _DEPTH:
        return None
    if issubclass(kind, (tuple, frozenset)):
        held = tuple.__iter__(value) if issubclass(kind, tuple) else frozenset.__iter__(value)
        items = [worth_of(one, depth + 1) or (type(one),) for one in held]
        return (kind, tuple(items) if issubclass(kind, tuple) else frozenset(items))
    if issubclass(type(kind), enum.EnumMeta):
        return (kind, identity(value))
    if kind in _WORTH:
        return (kind, *(worth_of(one, depth + 1) or (type(one),) for one in _WORTH[kind](value)))
    name = (type.__getattribute__(kind, "__module__"), kind.__name__)
    return (kind, _WRITTEN[name](value)) if name in _WRITTEN else _of_base(value, kind)


def _of_base(value: Any, kind: type) -> Optional[Tuple[Any, ...]]:
    """What an object of a kind of numbers, texts or times is worth: told by the base, not by its own code."""
    for base in type.__getattribute__(kind, "__mro__"):
        if base in _TOLD:
            return (kind, _TOLD[base](value))
        name = (type.__getattribute__(base, "__module__"), base.__name__)
        if name in _TOLD_BY_NAME:
            return (kind, _TOLD_BY_NAME[name](value, base))
    return None


def is_worth_itself(kind: type) -> bool:
    """Whether its objects are numbers, texts or times, which nobody makes others of."""
    for base in type.__getattribute__(kind, "__mro__"):
        if base in _TOLD or (type.__getattribute__(base, "__module__"), base.__name__) in _TOLD_BY_NAME:
            return True
    return False


def _of_getter(value: Any) -> Tuple[Any, ...]:
    """What it would be made again of."""
    return tuple(worth_of(one, _DEPTH - 2) or (type(one),) for one in value.__reduce__())


_TOLD: Dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__repr__,
    complex: complex.__repr__,
    str: str.__str__,
    bytes: bytes.__repr__,
    **dict.fromkeys(
        (operator.itemgetter, operator.attrgetter, operator.methodcaller), lambda value: _of_getter(value)
    ),
}
_TOLD_BY_NAME: Dict[Tuple[Any, str], Callable[[Any, Any], Any]] = {
    **dict.fromkeys(
        (("datetime", name) for name in ("date", "time", "datetime", "timedelta")),
        lambda value, base: base.__repr__(value),
    ),
    ("decimal", "Decimal"): lambda value, base: base.__repr__(value),
    ("zoneinfo", "ZoneInfo"): lambda value, base: base.key.__get__(value),
    ("numpy", "generic"): lambda value, base: base.tobytes(value),
    ("numpy", "dtype"): hidden.of_fields,
}
"""Likewise of what may not be loaded; those of Python are told by its own code in C."""


_WORTH: Dict[type, Callable[[Any], Tuple[Any, ...]]] = {
    complex: lambda value: (repr(value),),
    range: lambda value: (value.start, value.stop, value.step),
    slice: lambda value: (value.start, value.stop, value.step),
    re.Pattern: lambda value: (value.pattern, value.flags),
    types.ModuleType: lambda value: (variables(value).get("__name__"),),
    types.MethodType: lambda value: (value.__func__, type(value.__self__)),
    functools.partial: lambda value: (value.func, value.args, tuple(value.keywords.items())),
}
_PATHS = ("PurePosixPath", "PureWindowsPath", "PosixPath", "WindowsPath")
_WRITTEN: Dict[Tuple[Any, str], Callable[[Any], str]] = {
    **dict.fromkeys((("datetime", name) for name in ("date", "time", "datetime", "timedelta")), repr),
    **dict.fromkeys((("datetime", "timezone"), ("decimal", "Decimal"), ("fractions", "Fraction")), repr),
    # they keep what they have been asked for in slots of their own
    **dict.fromkeys((("pathlib", name) for name in _PATHS), str),
    **dict.fromkeys((("pathlib._local", name) for name in _PATHS), str),
}
"""By the names of module and class, as those may not be loaded; they are written the same for good."""


def is_still(value: Any, depth: int = 0) -> bool:
    """Whether nobody can make another of it: who is given it once more is given the same."""
    kind = type(value)
    if kind in PLAIN or kind in _STILL or issubclass(kind, CALLED) or issubclass(type(kind), enum.EnumMeta):
        return True
    if kind is tuple or kind is frozenset:
        return depth < _DEPTH and all(is_still(one, depth + 1) for one in value)
    return (type.__getattribute__(kind, "__module__"), kind.__name__) in _WRITTEN


# of locks and references who makes one does no more than that
_STILL = {object, complex, range, re.Pattern, types.ModuleType, weakref.ref}
_STILL |= {type(threading.Lock()), type(threading.RLock())}


# forms of types, and how modules were found; pytest's own, which lead to the run itself
_APART = {"typing", "re", "_abc", "_frozen_importlib", "_frozen_importlib_external", "zipimport", "_thread"}
_APART |= {"_pytest", "pathlib"}
_APART_BELOW = {"importlib._bootstrap", "importlib._bootstrap_external", "importlib.machinery"}
_FOLLOWED = {("typing", "NewType"), ("re", "Scanner")}


def is_apart(value: Any) -> bool:
    """Whether an object is not followed to what it holds: what that is stands elsewhere, or for good."""
    kind = type(value)
    module = type.__getattribute__(kind, "__module__")
    if not isinstance(module, str):
        return False
    if module == "logging":
        return kind.__name__ in LOGGERS and is_known_logger(value)
    if module in _APART_BELOW or module.startswith(OURS):
        return True
    return module.partition(".")[0] in _APART and (module, kind.__name__) not in _FOLLOWED


_FILLED_IN = {"lineno", "col_offset", "end_lineno", "end_col_offset"}


def is_filled_in(kind: type, name: Any) -> bool:
    """Whether an attribute is one that ``ast.fix_missing_locations`` gives (werkzeug, to its own)."""
    return name in _FILLED_IN and issubclass(kind, _ast.AST)
