"""What stands in for lists and functions while an import is watched."""

from __future__ import annotations

import sys
from typing import Any, Callable, Iterable, List, Mapping


class NotingCallers(List[str]):
    """``sys.path`` or ``sys.argv``; ``asked`` is told the name of each module that looks, as imports do."""

    def __init__(self, items: Iterable[str], asked: Callable[[str], None]) -> None:
        super().__init__(items)
        self._asked = asked


def _telling(name: str) -> Any:
    usual = getattr(list, name)

    def method(self: Any, *args: Any) -> Any:
        self._asked(str(sys._getframe(1).f_globals.get("__name__", "")))
        return usual(self, *args)

    return method


for _name in (
    *("__iter__", "__reversed__", "__getitem__", "__contains__", "__len__", "__eq__", "__ne__", "__lt__"),
    *("__add__", "__mul__", "__repr__", "__reduce_ex__", "index", "count", "copy"),
):
    setattr(NotingCallers, _name, _telling(_name))


class Stand:
    """Stands in for a built-in function; unlike one of Python's it is no method of a class that keeps it."""

    def __init__(self, function: Any, original: Any) -> None:
        self.function = function
        self.original = original

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self.function(*args, **named)

    def __eq__(self, other: object) -> bool:
        return other is self or bool(
            self.original == other
        )  # os.supports_dir_fd and its like hold the original

    def __hash__(self) -> int:
        return hash(self.original)


def give_back(holders: Iterable[Any], any_left: Callable[[], bool]) -> None:
    """Modules that have taken a function by its name get the one it meant; so do their classes.

    Hardly ever has a class: they are gone through where there is ``any_left``.
    """
    # by their types alone: what stands for something else (Django's settings) asks it for its class
    own = [(holder, getattr(holder, "__dict__", {})) for holder in holders]
    for holder, there in own:
        if Stand in set(map(type, list(there.values()))):
            _give_back(holder, there)
    for holder, there in own if any_left() else ():
        name = getattr(holder, "__name__", None)
        for value in list(there.values()):
            if issubclass(type(value), type) and value.__module__ == name:
                _give_back(value, vars(value))


def _give_back(holder: Any, own: Mapping[str, Any]) -> None:
    for name, value in list(own.items()):
        if type(value) is Stand:
            setattr(holder, name, value.original)
