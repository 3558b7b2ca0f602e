"""Lists that note whether anybody looks at them."""

from __future__ import annotations

import sys
from typing import Any, Callable, Iterable, List


class Noting(List[str]):
    """``sys.argv``, noting whether it is read."""

    asked = False

    def __getitem__(self, key: Any) -> Any:
        self.asked = True
        return super().__getitem__(key)

    def __iter__(self) -> Any:
        self.asked = True
        return super().__iter__()

    def __len__(self) -> int:
        self.asked = True
        return super().__len__()


class NotingCallers(List[str]):
    """``sys.path``: ``asked`` is told the name of each module that looks at it, as each import does."""

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
