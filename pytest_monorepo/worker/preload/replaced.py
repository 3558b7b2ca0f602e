"""Functions and classes of other modules that an import has put something else in the place of.

Who had taken the original by its name before would have kept that one: before a fork nobody has.
"""

from __future__ import annotations

import operator
import sys
import types
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Tuple

from . import harmless, homes

_FUNCTIONS = {
    *(types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType),
    *(types.ClassMethodDescriptorType, staticmethod, classmethod, property),
}


class Replaced:
    """Taken before imports, and told of the modules that each has brought; then it tells what is not there.

    ``is_standard`` says of a module's name whether it is Python's own.
    """

    def __init__(self, is_standard: Callable[[str], bool]) -> None:
        self._is_standard = is_standard
        self._came: List[str] = []
        self._new: List[str] = list(sys.modules)
        self._before: Dict[str, _Before] = {}

    def begin(self) -> None:
        """Before each import: what those that came last have is what others may replace from now on."""
        self._before.update((name, _Before(name)) for name in self._new)
        self._new = []

    def learn(self, names: Iterable[str]) -> None:
        """These modules have come with an import."""
        came = list(names)
        self._new += came
        self._came += came

    def told(self) -> Iterator[Tuple[str, str]]:
        """What has been replaced, in words, and the module that the new one comes from."""
        for name, before in self._before.items():
            for what, value, is_new in before.differing(_items(sys.modules.get(name))):
                origin = _origin(value)
                if self._is_other(name, origin) and not (is_new and self._is_standard(origin)):
                    yield f"{name}.{what}", origin
        for name in filter(self._is_standard, self._came):
            yield from self._foreign(name)

    def _foreign(self, name: str) -> Iterator[Tuple[str, str]]:
        """Of a module of Python's that came meanwhile: what none of Python's modules has made."""
        for what, value in _Before(name).code():
            origin = _origin(value)
            # what was made of a text (a named tuple's) is of no module that there is
            if origin in sys.modules and not self._is_standard(origin) and self._is_other(name, origin):
                yield f"{name}.{what}", origin

    def _is_other(self, name: str, origin: str) -> bool:
        if origin.startswith(homes.OURS) or origin.partition(".")[0] in harmless.REPLACERS:
            return False
        if self._is_standard(name):
            return origin != name  # one that puts its own in place, at need, is known to
        return origin.partition(".")[0] != name.partition(".")[0]


class _Before:
    """All that a module has, and each class that it has made: much, so what goes through it does so in C."""

    def __init__(self, name: str) -> None:
        self.own = _items(sys.modules.get(name))
        self.classes: List[Tuple[str, type, Dict[str, Any]]] = []
        kinds = {kind for kind in set(map(type, self.own.values())) if issubclass(kind, type)}
        if kinds:
            self.classes = [
                (key, value, vars(value).copy())
                for key, value in self.own.items()
                if type(value) in kinds and value.__module__ == name
            ]

    def code(self) -> Iterator[Tuple[str, Any]]:
        """The functions and classes, and functions of the classes that it has made."""
        for key, value in self.own.items():
            if _is_code(value):
                yield key, value
        for holder, _, members in self.classes:
            for key, value in members.items():
                if type(value) in _FUNCTIONS:
                    yield f"{holder}.{key}", value

    def differing(self, now: Dict[str, Any]) -> Iterator[Tuple[str, Any, bool]]:
        """What :meth:`code` tells and is another in what the module has ``now``; or did not, which is new.

        So is a method that somebody gives another's class.
        """
        for key, value, is_new in _differing(self.own, now) if now else ():
            if _is_code(now[key] if is_new else value):
                yield key, now.get(key), is_new
        for holder, kind, members in self.classes:
            there: Any = vars(kind)
            for key, value, is_new in _differing(members, there):
                is_there = is_new or now.get(holder) is kind
                if is_there and type(there[key] if is_new else value) in _FUNCTIONS:
                    yield f"{holder}.{key}", there.get(key), is_new


def _differing(before: Dict[str, Any], now: Mapping[str, Any]) -> Iterable[Tuple[str, Any, bool]]:
    """Names with what they were, and whether that is nothing."""
    if list(before) == list(now) and all(map(operator.is_, before.values(), now.values())):
        return ()
    changed = [(key, value, False) for key, value in before.items() if now.get(key) is not value]
    return [*changed, *((key, None, True) for key in now if key not in before)]


def _is_code(value: Any) -> bool:
    return type(value) in _FUNCTIONS or issubclass(type(value), type)


def _items(holder: Any) -> Dict[str, Any]:
    """A copy of what a module has."""
    # a stand-in for a module may do anything when asked, and one that is loaded at need would be
    plain = issubclass(type(holder), types.ModuleType)
    return object.__getattribute__(holder, "__dict__").copy() if plain else {}


def _origin(value: Any) -> str:
    """The module that a function or class is of."""
    if type(value) is property:
        value = value.fget
    elif type(value) in (staticmethod, classmethod):
        value = value.__func__
    if type(value) is types.FunctionType:  # one that stands for another (functools.wraps) has its name
        return str(value.__globals__.get("__name__", ""))
    if type(value) in _FUNCTIONS:
        return str(getattr(value, "__module__", None) or getattr(value, "__objclass__", value).__module__)
    return str(value.__module__ if issubclass(type(value), type) else type(value).__module__)
