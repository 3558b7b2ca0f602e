"""Functions and classes of other modules that an import has put something else in the place of.

Who had taken the original by its name before would have kept that one: before a fork nobody has.
"""

from __future__ import annotations

import sys
import types
from typing import Any, Callable, Dict, Iterable, Iterator, List, Tuple

from . import harmless

_FUNCTIONS = (
    *(types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType),
    *(types.ClassMethodDescriptorType, staticmethod, classmethod, property),
)
_OURS = __name__.rpartition(".preload")[0] + "."
_Code = Dict[str, Any]


class Replaced:
    """Taken before imports, and told of the modules that each has brought; then it tells what is not there.

    ``is_standard`` says of a module's name whether it is Python's own.
    """

    def __init__(self, is_standard: Callable[[str], bool]) -> None:
        self._is_standard = is_standard
        self._came: List[str] = []
        self._before: Dict[str, Dict[str, _Code]] = {}
        self.learn(list(sys.modules))
        self._came.clear()

    def learn(self, names: Iterable[str]) -> None:
        """What these modules have from now on."""
        for name in names:
            self._came.append(name)
            self._before[name] = _code_of(name)

    def told(self) -> Iterator[Tuple[str, str]]:
        """What has been replaced, in words, and the module that the new one comes from."""
        for name, before in self._before.items():
            for what, value in _changed(before, name):
                origin = _origin(value)
                if self._is_other(name, origin):
                    yield f"{name}.{what}", origin
        for name in filter(self._is_standard, self._came):
            yield from self._foreign(name)

    def _foreign(self, name: str) -> Iterator[Tuple[str, str]]:
        """Of a module of Python's that came meanwhile: what none of Python's modules has made."""
        for holder, code in _code_of(name).items():
            for key, value in code.items():
                origin = _origin(value)
                # what was made of a text (a named tuple's) is of no module that there is
                if origin in sys.modules and not self._is_standard(origin) and self._is_other(name, origin):
                    yield f"{name}.{holder}{key}", origin

    def _is_other(self, name: str, origin: str) -> bool:
        if origin.startswith(_OURS) or origin.partition(".")[0] in harmless.REPLACERS:
            return False
        if self._is_standard(name):
            return origin != name  # one that puts its own in place, at need, is known to
        return origin.partition(".")[0] != name.partition(".")[0]


def _code_of(name: str) -> Dict[str, _Code]:
    """The functions and classes of a module, and under ``Class.`` those of each class that it has made."""
    own: _Code = {}
    found = {"": own}
    for key, value in _items(sys.modules.get(name)):
        if issubclass(type(value), type):
            own[key] = value
            if value.__module__ == name:
                found[f"{key}."] = {k: one for k, one in _items(value) if type(one) in _FUNCTIONS}
        elif type(value) in _FUNCTIONS:
            own[key] = value
    return found


def _items(holder: Any) -> List[Tuple[str, Any]]:
    if issubclass(type(holder), type):
        return list(vars(holder).items())
    # a stand-in for a module may do anything when asked, and one that is loaded at need would be
    plain = issubclass(type(holder), types.ModuleType)
    return list(object.__getattribute__(holder, "__dict__").items()) if plain else []


def _changed(before: Dict[str, _Code], name: str) -> Iterator[Tuple[str, Any]]:
    now, everything = _code_of(name), dict(_items(sys.modules.get(name)))
    for holder, code in before.items():
        there = everything if not holder else now.get(holder)
        for key, value in code.items():
            if there is not None and everything and there.get(key) is not value:
                yield f"{holder}{key}", there.get(key)


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
