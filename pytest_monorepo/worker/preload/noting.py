"""What stands in for lists and functions while an import is watched."""

from __future__ import annotations

import sys
from typing import Any, Callable, Iterable, List


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


def give_back(holder: Any) -> None:
    """A module that has taken a function by its name gets the one it meant; so do its classes."""
    # by their types alone: what stands for something else (Django's settings) asks it for its class
    own = getattr(holder, "__dict__", {})
    kinds = {kind for kind in set(map(type, list(own.values()))) if issubclass(kind, (type, Stand))}
    if not kinds:
        return
    for name, value in list(own.items()):
        if type(value) not in kinds:
            continue
        if type(value) is Stand:
            setattr(holder, name, value.original)
        elif value.__module__ == getattr(holder, "__name__", None):
            for inner, kept in list(vars(value).items()):
                if type(kept) is Stand:
                    setattr(value, inner, kept.original)
