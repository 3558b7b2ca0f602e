"""What modules in C are set to by one function and tell by another: ``seterr`` and ``geterr``.

Where it is kept no collector looks (``scipy.special._ufuncs``, ``PIL._imaging``, NumPy's errors before 2).
"""

from __future__ import annotations

import importlib.machinery
from typing import Any, Callable, Dict, List, Tuple

from ...originals import identity
from ..glance import PLAIN

Told = Tuple[Any, ...]
_IN_C = ("builtin_function_or_method", "cython_function_or_method")
_COMPILED = tuple(importlib.machinery.EXTENSION_SUFFIXES)
_DEPTH = 4


def settings_of(module: Dict[str, Any]) -> List[Callable[[], Any]]:
    """The functions of a compiled module that tell without being given anything, twice the same."""
    file = module.get("__file__")
    if not (isinstance(file, str) and file.endswith(_COMPILED)):
        return []
    found = (module[name] for name in list(module) if _is_settable(name, module))
    return [ask for ask in found if type(ask).__name__ in _IN_C and _is_told(ask)]


def _is_settable(name: Any, module: Dict[str, Any]) -> bool:
    return isinstance(name, str) and name.startswith("get") and len(name) > 3 and f"set{name[3:]}" in module


def _is_told(ask: Callable[[], Any]) -> bool:
    try:
        first, second = ask(), ask()
    except Exception:  # it is to be given something, or tells only later
        return False
    return _told(first) == _told(second)


def told(settings: List[Callable[[], Any]]) -> List[Told]:
    return list(map(_answer, settings))


def _answer(ask: Callable[[], Any]) -> Told:
    try:
        return _told(ask())
    except Exception:
        return ("nothing any more",)


def _told(value: Any, depth: int = 0) -> Told:
    kind = type(value)
    if kind in PLAIN:
        return (kind, value)
    if depth < _DEPTH and kind in (tuple, list):
        return (kind, *(_told(one, depth + 1) for one in value))
    if depth < _DEPTH and kind is dict:
        return (kind, *(_told(pair, depth + 1) for pair in value.items()))
    return (kind, identity(value))
