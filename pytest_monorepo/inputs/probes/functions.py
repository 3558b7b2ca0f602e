"""Functions that are given other defaults, or other code: of that alone an audit event tells.

Asking each of them between two files would cost more than all else that is compared, and raise an event each.
"""

from __future__ import annotations

import functools
import types
from typing import Any, Iterator, List, Optional

from .. import callers

__tracebackhide__ = True

SETS = ("object.__setattr__", "object.__delattr__")
"""Raised for these attributes of functions (CPython 3.8 to 3.13), and for some of classes."""
CODE = "__code__"
ATTRIBUTES = (CODE, "__defaults__", "__kwdefaults__")


def redefined(function: Any, frame: Any) -> Optional[str]:
    """The module of a function that is about to be another for who calls it.

    ``None`` for one that is not in its module (a copy, as ``mock`` makes them) and where the module's package
    does it while it is imported. One that another has made inside of itself may be anywhere.
    """
    if type(function) is not types.FunctionType:
        return None
    name = function.__module__
    module = callers.loaded(name)
    if module is None:
        return None
    top = name.partition(".")[0]
    if "<locals>" in function.__qualname__:
        return None if callers.module(frame).partition(".")[0] in (top, "unittest") else str(name)
    if not any(one is function for one in _named(module, function.__qualname__)):
        return None
    return None if _is_being_imported(top, frame) else str(name)


def _named(module: Any, name: str) -> Iterator[Any]:
    """What is under a name in a module, and what that wraps."""
    found: Any = module
    for part in name.split("."):
        try:
            found = vars(found).get(part)
        except TypeError:
            return
    waiting = [found]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += _inside(one)


def _inside(value: Any) -> List[Any]:
    kind = type(value)
    if kind is property:
        return [value.fget, value.fset, value.fdel]
    if kind in (staticmethod, classmethod):
        return [value.__func__]
    if kind in (types.FunctionType, _CACHED) and "__wrapped__" in vars(value):
        return [vars(value)["__wrapped__"]]
    return []


_CACHED = type(functools.lru_cache(int))


def _is_being_imported(top: str, frame: Any) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "<module>" and callers.module(frame).partition(".")[0] == top:
            return True
        frame = frame.f_back
    return False
