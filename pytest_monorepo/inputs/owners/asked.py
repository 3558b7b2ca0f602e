"""Asking of objects without running anything of theirs: a proxy's ``__class__`` and ``__dict__`` are code."""

from __future__ import annotations

import array
import collections
import contextvars
import functools
import gc
import io
import re
import sys
import threading
import types
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

MAPPINGS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)
SEQUENCES = (list, set, collections.deque)
"""Containers by their exact types: they give what they hold without running anything."""

_NO_OBJECTS = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)

flags: Any = vars(type)["__flags__"].__get__
"""What Python notes of a class, see Py_TPFLAGS_… in its documentation."""
OF_HEAP = 1 << 9
"""It is made by a class statement, or its like: what Python has made before all can be given nothing."""


def package_of(kind: type) -> str:
    """The package, or module, that a class of plain objects is of; empty of any other type."""
    module = type.__getattribute__(kind, "__module__")
    return module.partition(".")[0] if isinstance(module, str) and not issubclass(kind, _NO_OBJECTS) else ""


def is_of(kind: type, top: str) -> bool:
    """Whether objects of a type are those of a class of a package, written in Python."""
    return package_of(kind) == top


def attributes_of(value: Any) -> Optional[Dict[Any, Any]]:
    """What an object holds; ``None`` where it has no dictionary, or a class has something else by that name.

    A property there (of celery's proxies) runs code, which may import a package.
    """
    ask = dictionary_of(type(value))
    found = None if ask is None else ask(value)
    return found if type(found) is dict else None


def dictionary_of(kind: type) -> Optional[Callable[[Any], Any]]:
    """What gives an object of a type its dictionary, as Python keeps it."""
    for base in type.__getattribute__(kind, "__mro__"):
        held = type.__getattribute__(base, "__dict__")
        if "__dict__" in held:
            ask = held["__dict__"]
            return ask.__get__ if type(ask) in _OF_PYTHON else None
    return None


_OF_PYTHON = (types.GetSetDescriptorType, types.MemberDescriptorType)


def is_known_logger(value: Any) -> bool:
    """Whether it is one that all are given by its name, or leads to these: ``Logger("name")`` is not."""
    logging: Any = sys.modules["logging"]
    root, kind = logging.root, type(value)
    if issubclass(kind, logging.Manager):
        return value is root.manager
    name = (attributes_of(value) or {}).get("name")
    return bool(value is root or name is None) or vars(root.manager)["loggerDict"].get(name) is value


def is_put_by_runner(cls: type, name: str, value: Any) -> bool:
    """Whether a class has that because its tests have run, each time anew, and nothing has failed in it.

    ``TestCase.doClassCleanups``, which pytest calls behind the last one: 3.8 to 3.14.
    """
    if name != "tearDown_exceptions" or type(value) is not list or value:
        return False
    case: Any = sys.modules.get("unittest.case")
    return case is not None and case.TestCase in type.__getattribute__(cls, "__mro__")


def is_of_class(value: Any) -> bool:
    """Whether that is what a class holds: ``vars(cls)`` shows it."""
    return type(value) is dict and "__module__" in value and ("__dict__" in value or "__doc__" in value)


LOCAL: Any = type(threading.local())

_pattern: Any = re.compile("")
# since Python 3.9 one that is told its class has a type of its own
OF_C = (types.BuiltinMethodType, types.MethodWrapperType, type(_pattern.scanner("").search))
"""Methods of an object in C."""

_HANDS_ON: Dict[type, Callable[[Any], List[Any]]] = {
    staticmethod: lambda value: [value.__func__],
    classmethod: lambda value: [value.__func__],
    property: lambda value: [value.fget, value.fset, value.fdel],
    functools.partial: lambda value: [value.func, value.args, value.keywords],
    types.MethodType: lambda value: [value.__func__, value.__self__],
    **dict.fromkeys(OF_C, lambda value: [value.__self__]),
    contextvars.ContextVar: lambda value: [*gc.get_referents(value), value.get(None)],
    types.MappingProxyType: lambda value: [one for one in gc.get_referents(value) if not is_of_class(one)],
}
HANDING_ON = frozenset(_HANDS_ON)
"""What holds others for good, which others may change."""


def handed_on(value: Any) -> List[Any]:
    """What is in one of :data:`HANDING_ON`."""
    return _HANDS_ON[type(value)](value)


def _of_memory(kind: Any) -> Callable[[Any], List[Any]]:
    """What is written there, and where the next one reads or writes."""
    return lambda value: [] if kind.closed.__get__(value) else [kind.getvalue(value), kind.tell(value)]


_CONTENTS: Dict[type, Callable[[Any], List[Any]]] = {
    dict: lambda value: [one for pair in dict.items(value) for one in pair],
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: list(tuple.__iter__(value)),
    set: lambda value: list(set.__iter__(value)),
    collections.deque: lambda value: list(collections.deque.__iter__(value)),
    bytearray: lambda value: [bytes(value)],
    array.array: lambda value: [array.array.tobytes(value)],
    **{kind: _of_memory(kind) for kind in (io.StringIO, io.BytesIO)},
}


def contents_of(value: Any) -> List[Any]:
    """What an object holds as a kind of list, dictionary or bytes; told by the base, not by its own code."""
    for base in type.__getattribute__(type(value), "__mro__"):
        if base in _CONTENTS:
            return _CONTENTS[base](value)
    return []


CONTENTS: Tuple[type, ...] = tuple(_CONTENTS)


END: Any = ("no object of anybody's",)
"""Stands between what one object refers to and what the next does."""


def inside(holders: List[Any]) -> List[Any]:
    """What objects refer to, asked in one call, with what is in :data:`END` behind what each does."""
    asked = [END] * (2 * len(holders))
    asked[::2] = holders
    return gc.get_referents(*asked)


def answers_of(function: Any, inside: List[Any]) -> List[Any]:
    """What a function with ``lru_cache`` remembers; ``inside`` is all that it refers to."""
    info = type(function).cache_info(function)
    own = attributes_of(function)
    tables = [one for one in inside if type(one) is dict and one is not own]
    if not info.currsize:
        return []
    if info.maxsize is None:
        return list(tables[0].values())
    (links,) = [one for one in tables if _is_of_links(one)]
    keys = set(map(object.__hash__, links))
    return [one for one in inside if not (one is links or one is own or object.__hash__(one) in keys)]


def _is_of_links(table: Dict[Any, Any]) -> bool:
    """Whether it is the one by which a function with a limit finds what it has given."""
    return any(type(one).__name__ == "_lru_list_elem" for one in table.values())


def slots_of(kind: type) -> Iterator[Tuple[str, Any]]:
    """The attributes that objects of a type have without a dictionary, each with what asks for it."""
    for base in type.__getattribute__(kind, "__mro__"):
        held = type.__getattribute__(base, "__dict__")
        if "__slots__" in held:
            for name, one in held.items():
                if type(one) is types.MemberDescriptorType:
                    yield name, one.__get__


def has_slots(kind: type) -> bool:
    """Whether there are any, in objects that are made of Python's own code alone."""
    *bases, _ = type.__getattribute__(kind, "__mro__")
    return all(flags(base) & OF_HEAP for base in bases) and any(slots_of(kind))


def in_cells(function: Any) -> Dict[str, Any]:
    """What a function has at hand of the one that has made it."""
    found, names = {}, function.__code__.co_freevars
    for number, cell in enumerate(function.__closure__ or ()):
        try:
            found[names[number]] = cell.cell_contents
        except ValueError:  # nothing yet
            continue
    return found


def in_slots(value: Any) -> Dict[str, Any]:
    """Those of an object's slots in which there is something."""
    found = {}
    for name, ask in slots_of(type(value)):
        try:
            found[name] = ask(value)
        except AttributeError:
            continue
    return found


def of_threads(value: Any) -> Dict[Any, Any]:
    """What an object of a kind of ``threading.local`` holds, by threads.

    For a thread that has not asked yet it would be made when it is asked for, by the project's own code.
    """
    found = [one for one in gc.get_referents(value) if type(one) is dict]
    return found[-1] if found else {}


bases_of: Any = vars(type)["__bases__"].__get__


def held_by(cls: type) -> Dict[str, Any]:
    """The dictionary of a class, of which ``vars`` only gives a view."""
    (held, *_) = gc.get_referents(type.__getattribute__(cls, "__dict__"))
    return held if isinstance(held, dict) else {}
