"""Asking of objects without running anything of theirs: a proxy's ``__class__`` and ``__dict__`` are code."""

from __future__ import annotations

import collections
import gc
import types
from typing import Any, Dict, Optional

MAPPINGS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)
SEQUENCES = (list, set, collections.deque)
"""Containers by their exact types: they give what they hold without running anything."""

_NO_OBJECTS = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)


def is_of(kind: type, top: str) -> bool:
    """Whether objects of a type are those of a class of a package, written in Python."""
    module = type.__getattribute__(kind, "__module__")
    return not issubclass(kind, _NO_OBJECTS) and isinstance(module, str) and module.partition(".")[0] == top


def attributes_of(value: Any) -> Optional[Dict[Any, Any]]:
    """What an object holds; ``None`` where it has no dictionary."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except Exception:  # a property of that name
        return None
    return found if type(found) is dict else None


def is_of_class(value: Any) -> bool:
    """Whether that is what a class holds: ``vars(cls)`` shows it."""
    return type(value) is dict and "__module__" in value and ("__dict__" in value or "__doc__" in value)


bases_of: Any = vars(type)["__bases__"].__get__


def held_by(cls: type) -> Dict[str, Any]:
    """The dictionary of a class, of which ``vars`` only gives a view."""
    (held, *_) = gc.get_referents(type.__getattribute__(cls, "__dict__"))
    return held if isinstance(held, dict) else {}
