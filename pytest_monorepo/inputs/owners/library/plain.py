"""Plain values below the top of an installed module: many libraries keep their options so.

``pandas.set_option`` and ``structlog.configure`` change no variable of a module, but what one of its
dictionaries or objects holds. What is no plain value there is mostly made on demand. Nothing is kept alive
but what holds the values.
"""

from __future__ import annotations

import itertools
from typing import Any, Dict, Iterator, List, Set

from ...originals import identity
from ..glance import PLAIN
from .asked import attributes_of, is_of
from .restless import is_restless

MOST = 5_000
"""Holders of one module that are looked at."""


class Plain:
    """Of one module; known by what it was when this was made."""

    def __init__(self, module: Any) -> None:
        self._top = str(module.__name__).partition(".")[0]
        self._holders: List[Dict[Any, Any]] = []
        known: Set[int] = {identity(vars(module))}
        waiting = list(self._inside(vars(module)))
        while waiting and len(self._holders) < MOST:
            value = waiting.pop()
            if identity(value) not in known:
                known.add(identity(value))
                waiting.extend(self._held(value))
        self._values = self._now()
        self._kinds = list(map(type, self._values))

    def fits(self) -> bool:
        """Whether it is as it was."""
        now = self._now()
        return self._values == now and self._kinds == list(map(type, now))

    def _held(self, value: Any) -> Iterator[Any]:
        if type(value) in (list, tuple):
            return filter(self._is_followed, list(value))
        holder = value if type(value) is dict else attributes_of(value)
        if holder is None:
            return iter(())
        self._holders.append(holder)
        return self._inside(holder)

    def _inside(self, holder: Dict[Any, Any]) -> Iterator[Any]:
        for key, value in list(holder.items()):
            if self._is_followed(value) and not (isinstance(key, str) and is_restless(self._top, key)):
                yield value

    def _is_followed(self, value: Any) -> bool:
        kind = type(value)
        return kind in (dict, list, tuple) or (is_of(kind, self._top) and attributes_of(value) is not None)

    def _now(self) -> List[Any]:
        values = itertools.chain.from_iterable(map(dict.values, self._holders))
        return [value for value in values if type(value) in PLAIN]
