"""What an installed module keeps below its top: many libraries have their options, and registries, there.

``pandas.set_option`` and ``structlog.configure`` change no variable of a module, but what one of its
dictionaries or objects holds. Of objects plain values and functions count, since all else is mostly made on
demand; of lists, dictionaries and sets how many there are and of which type, too. Of what is found nothing is
kept alive but what holds it, functions, classes and plain values.
"""

from __future__ import annotations

import collections
import itertools
import threading
import types
from typing import Any, Deque, Dict, Iterable, List, Set, Tuple

from ...originals import identity, variables
from ..glance import CALLED, PLAIN
from .asked import MAPPINGS, SEQUENCES, attributes_of, held_by, is_of
from .restless import is_restless

MOST = 20_000
"""Values of one module that are looked at, those near its top first."""

_LOCAL: Any = type(threading.local())


class Plain:
    """Of one module; known by what it was when this was made, or last differed."""

    def __init__(self, module: Any) -> None:
        self._first = self._last = _Seen(module)

    def is_same(self, module: Any) -> bool:
        """Whether it is as it was; what it is compared with stays."""
        return self._first.is_still_so() or self._first.picture == self._now(module).picture

    @property
    def picture(self) -> List[Any]:
        return list(self._first.picture)

    def differs(self, module: Any) -> bool:
        """Whether it is another than it was."""
        if self._first.is_still_so():
            return False
        before, self._first = self._first, self._now(module)  # until it is compared nothing of it goes
        return before.picture != self._first.picture

    def _now(self, module: Any) -> _Seen:
        """As it was when it last was looked at because it was otherwise, if it still is so."""
        if not self._last.is_still_so():
            self._last = _Seen(module)
        return self._last


class _Seen:
    """A module as it was once."""

    def __init__(self, module: Any) -> None:
        self._walk = _Walk(module)
        self._quick = self._quick_now()

    @property
    def picture(self) -> List[Any]:
        return self._walk.picture

    def is_still_so(self) -> bool:
        return self._quick == self._quick_now()

    def _quick_now(self) -> Tuple[List[int], List[int], bool]:
        """In C: no value is asked anything."""
        walk = self._walk
        inside = itertools.chain.from_iterable(map(dict.values, walk.mappings))
        keys = itertools.chain.from_iterable(walk.tables)
        values = itertools.chain(inside, keys, *walk.sequences)
        sizes = list(map(len, (*walk.mappings, *walk.sequences)))
        return sizes, list(map(identity, values)), any(walk.bare)


def parts_of(module: Any) -> List[Any]:
    """What a module holds, part by part."""
    return list(_Walk(module).picture)


class _Walk:
    """``tables`` are those ``mappings`` that are no object's attributes, ``bare`` those of functions that
    have none.
    """

    def __init__(self, module: Any) -> None:
        self.name = str(variables(module)["__name__"])
        self.top = self.name.partition(".")[0]
        self.mappings: List[Dict[Any, Any]] = []
        self.tables: List[Dict[Any, Any]] = []
        self.sequences: List[Any] = []
        self.bare: List[Dict[Any, Any]] = []
        self.picture: List[Any] = []
        self._kept: List[Any] = []
        self._known: Set[int] = {identity(variables(module))}
        self._waiting: Deque[Any] = collections.deque()
        self._wait_for(variables(module))
        while self._waiting and len(self.picture) < MOST:
            self._one(self._waiting.popleft())

    def _one(self, value: Any) -> None:
        kind = type(value)
        if kind is tuple:
            self._wait(value)
        elif kind in MAPPINGS:
            self.tables.append(value)
            self._hold(value, self._item)
        elif kind in SEQUENCES:
            self.sequences.append(value)
            items = list(map(self._item, list(value)))
            self.picture.append((kind, frozenset(items) if kind is set else tuple(items)))
            self._wait(value)
        else:
            self._hold(_attributes(value), self._attribute)

    def _hold(self, mapping: Dict[Any, Any], noted: Any) -> None:
        self.mappings.append(mapping)
        for key, value in list(mapping.items()):
            if not (isinstance(key, str) and is_restless(self.top, key)):
                found = noted(value)
                if found is not None:
                    self.picture.append((self._item(key), found))
        self._wait_for(mapping)

    def _item(self, value: Any) -> Any:
        """What is noted of something in a list or a dictionary: its type at least."""
        return self._attribute(value) or (type(value),)

    def _attribute(self, value: Any) -> Any:
        kind = type(value)
        if kind not in PLAIN and not issubclass(kind, CALLED):
            return None
        self._kept.append(value)
        return (kind, value if kind in PLAIN else identity(value))

    def _wait_for(self, mapping: Dict[Any, Any]) -> None:
        items = list(mapping.items())
        self._wait(value for key, value in items if not (isinstance(key, str) and is_restless(self.top, key)))

    def _wait(self, values: Iterable[Any]) -> None:
        for value in list(values):
            kind = type(value)
            if kind is types.FunctionType and value.__module__ == self.name and not value.__dict__:
                self.bare.append(value.__dict__)
            elif self._is_followed(value) and identity(value) not in self._known:
                self._known.add(identity(value))
                self._waiting.append(value)

    def _is_followed(self, value: Any) -> bool:
        kind = type(value)
        if kind is tuple or kind in MAPPINGS or kind in SEQUENCES:
            return True
        if kind is types.FunctionType:
            return bool(value.__module__ == self.name)
        if issubclass(kind, type):
            return bool(type.__getattribute__(value, "__dict__").get("__module__") == self.name)
        if kind is _LOCAL:
            return True
        return is_of(kind, self.top) and attributes_of(value) is not None


def _attributes(value: Any) -> Dict[Any, Any]:
    if issubclass(type(value), type):
        return held_by(value)
    # of a thread's own what the thread has that looks: the tests'
    found = vars(value) if type(value) is _LOCAL else attributes_of(value)
    return {} if found is None else found  # an empty one comes to hold something
