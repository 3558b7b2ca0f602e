"""What an installed module keeps below its top: many libraries have their options, and registries, there.

``pandas.set_option`` and ``structlog.configure`` change no variable of a module, but what one of its
dictionaries or objects holds. Of objects plain values and functions count, since all else is mostly made on
demand; of lists, dictionaries and sets how many there are and of which type, too. Of what is found nothing is
kept alive but what holds it, functions, classes and plain values.
"""

from __future__ import annotations

import array
import collections
import functools
import io
import itertools
import sys
import types
from typing import Any, Deque, Dict, Iterable, List, Set, Tuple

from ...originals import identity, variables
from .. import asked
from ..asked import HANDING_ON, LOCAL, MAPPINGS, SEQUENCES, attributes_of, has_slots, held_by, is_of, slots_of
from ..glance import CALLED, PLAIN
from . import moving
from .restless import is_cache, is_made_on_demand

MOST = 20_000
"""Values of one module that are looked at, those near its top first."""

_OF_DATA = {
    *("argparse", "collections", "configparser", "http", "optparse", "pluggy", "queue", "shelve"),
    *("threading", "types", "weakref", "_weakrefset"),
}
"""Libraries whose objects hold what somebody has put there."""


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

    def _quick_now(self) -> Tuple[List[int], List[int], bool, List[Any]]:
        """In C: no value is asked anything."""
        walk = self._walk
        inside = itertools.chain.from_iterable(map(dict.values, walk.mappings))
        keys = itertools.chain.from_iterable(walk.tables)
        values = itertools.chain(inside, keys, *walk.sequences, asked.inside(walk.holders))
        sizes = list(map(len, (*walk.mappings, *walk.sequences)))
        named = [list(asked.in_slots(one)) for one in walk.partly]
        named += [list(map(_worth, asked.contents_of(one))) for one in walk.kinds]
        named += [moving.told(one)[0] for one in walk.moving]
        named += [one.told() for one in walk.remembering]
        return sizes, list(map(identity, values)), any(walk.bare), named


def parts_of(module: Any) -> List[Any]:
    """What a module holds, part by part."""
    return list(_Walk(module).picture)


class _Walk:
    """``tables`` are those ``mappings`` that are no object's attributes, ``bare`` those of functions that
    have none, ``holders`` cells of functions, and objects with slots, some of which are empty in ``partly``,
    ``kinds`` objects of kinds of lists, dictionaries and bytes, ``moving`` what goes on by use,
    ``remembering`` functions that may remember such.
    """

    def __init__(self, module: Any) -> None:
        self.name = str(variables(module)["__name__"])
        self.top = self.name.partition(".")[0]
        self.mappings: List[Dict[Any, Any]] = []
        self.tables: List[Dict[Any, Any]] = []
        self.sequences: List[Any] = []
        self.bare: List[Dict[Any, Any]] = []
        self.holders: List[Any] = []
        self.partly: List[Any] = []
        self.kinds: List[Any] = []
        self.moving: List[Any] = []
        self.remembering: List[moving.Remembered] = []
        self.picture: List[Any] = []
        self._kept: List[Any] = []
        self._known: Set[int] = {identity(variables(module))}
        self._waiting: Deque[Tuple[Any, bool]] = collections.deque()
        self._wait_for(variables(module), cached=False)
        while self._waiting and len(self.picture) < MOST:
            self._one(*self._waiting.popleft())

    def _one(self, value: Any, cached: bool) -> None:
        kind = type(value)
        if kind is tuple:
            self._wait_in(value, cached)
        elif kind in MAPPINGS:
            self.tables.append(value)
            self._hold(value, cached, of_somebody=True)
        elif kind in SEQUENCES:
            self.sequences.append(value)
            noted = (self._noted(one, cached) for one in list(value))
            items = [one for one in noted if one is not None]
            self.picture.append((kind, frozenset(items) if kind is set else tuple(items)))
            self._wait_in(value, cached)
        elif kind in HANDING_ON:
            self._wait(asked.handed_on(value), cached)
            self._hold(_attributes(value), cached, of_somebody=False)
        elif kind is types.ModuleType:
            self._hold(variables(value), cached, of_somebody=False)
        elif moving.teller(kind) is not None:
            self._move(value, kind, cached)
        elif issubclass(kind, LOCAL) and kind is not LOCAL:
            self._hold(asked.of_threads(value), cached, of_somebody=True)
        else:
            self._hold(_attributes(value), cached, of_somebody=False)
            self._hold_apart(value, kind, cached)
            if kind is _REMEMBERING:
                self.remembering.append(moving.Remembered(value))
                self.picture.append(self.remembering[-1].told())
            if issubclass(kind, asked.CONTENTS):
                self.kinds.append(value)
                held = asked.contents_of(value)
                self.picture.append((kind, tuple(map(self._item, held))))
                self._wait_in(held, cached)
            self._wait([kind], cached)  # which may have no name in the module

    def _move(self, value: Any, kind: type, cached: bool) -> None:
        told, held = moving.told(value)
        self.moving.append(value)
        self.picture.append((kind, tuple(told), tuple(map(self._item, held))))
        self._wait_in(held, cached)
        self._hold(_attributes(value), cached, of_somebody=False)

    def _hold_apart(self, value: Any, kind: type, cached: bool) -> None:
        """What stands neither in a dictionary nor in a list."""
        if kind is types.FunctionType:
            self._wait(value.__defaults__ or (), cached)
            self._wait([value.__kwdefaults__], cached)
            self.holders += value.__closure__ or ()
            held = asked.in_cells(value)
        elif not issubclass(kind, type) and has_slots(kind):
            self.holders.append(value)
            held = asked.in_slots(value)
            self.partly += [value] if len(held) < len(list(slots_of(kind))) else []
        else:
            return
        self.picture += [(name, self._attribute(one)) for name, one in held.items() if not _is_made(name)]
        self._wait_for(held, cached=cached)

    def _hold(self, mapping: Dict[Any, Any], cached: bool, *, of_somebody: bool) -> None:
        """``of_somebody``: it is no object's attributes."""
        self.mappings.append(mapping)
        for key, value in list(mapping.items()):
            if not _is_made(key):
                found = self._noted(value, cached) if of_somebody else self._attribute(value)
                if found is not None:
                    self.picture.append((self._item(key), found))
        if of_somebody:
            self._wait_in([value for key, value in list(mapping.items()) if not _is_made(key)], cached)
        else:
            self._wait_for(mapping, cached=cached)

    def _noted(self, value: Any, cached: bool) -> Any:
        """Of something in a list or a dictionary; of what would be made again no objects count."""
        return self._cached(value) if cached else self._item(value)

    def _cached(self, value: Any) -> Any:
        kind = type(value)
        return self._item(value) if kind in PLAIN or kind in MAPPINGS or kind in SEQUENCES else None

    def _item(self, value: Any) -> Any:
        """What is noted of something in a list or a dictionary: its type at least."""
        return self._attribute(value) or (type(value),)

    def _attribute(self, value: Any) -> Any:
        kind = type(value)
        if kind not in PLAIN and not issubclass(kind, CALLED):
            return None
        self._kept.append(value)
        return (kind, value if kind in PLAIN else identity(value))

    def _wait_for(self, mapping: Dict[Any, Any], *, cached: bool) -> None:
        for key, value in list(mapping.items()):
            if not _is_made(key):
                self._wait([value], cached or (isinstance(key, str) and is_cache(key)))

    def _wait_in(self, values: Iterable[Any], cached: bool) -> None:
        """Of what would be made again no objects are followed."""
        self._wait((one for one in values if not cached or _is_container(type(one))), cached)

    def _wait(self, values: Iterable[Any], cached: bool) -> None:
        for value in list(values):
            kind = type(value)
            if kind is types.FunctionType and self._is_bare(value):
                self.bare.append(value.__dict__)
            elif self._is_followed(value) and identity(value) not in self._known:
                self._known.add(identity(value))
                self._waiting.append((value, cached))

    def _is_bare(self, value: Any) -> bool:
        if value.__module__ != self.name or value.__dict__ or value.__closure__ or value.__kwdefaults__:
            return False
        return not any(map(_may_be_another, value.__defaults__ or ()))

    def _is_followed(self, value: Any) -> bool:
        kind = type(value)
        if _is_container(kind):
            return True
        if kind in HANDING_ON:
            return kind not in asked.OF_C or not issubclass(type(value.__self__), _SHARED)
        if kind is types.FunctionType or kind is _REMEMBERING:
            return bool(value.__module__ == self.name) or _is_made_inside(value)
        if issubclass(kind, type):
            return bool(type.__getattribute__(value, "__dict__").get("__module__") == self.name)
        if kind is types.ModuleType:
            return sys.modules.get(value.__name__) is not value
        if issubclass(kind, LOCAL) or kind in _OF_BYTES or moving.teller(kind) is not None:
            return True
        if not is_of(kind, self.top) and asked.package_of(kind) not in _OF_DATA:
            return False
        return attributes_of(value) is not None or has_slots(kind) or issubclass(kind, asked.CONTENTS)


_SHARED = (type, types.ModuleType)
_REMEMBERING = type(functools.lru_cache(int))


_OF_BYTES = {bytearray, array.array, io.StringIO, io.BytesIO}


def _worth(value: Any) -> Any:
    return value if type(value) in PLAIN else identity(value)


def _is_container(kind: type) -> bool:
    return kind is tuple or kind in MAPPINGS or kind in SEQUENCES


def _may_be_another(value: Any) -> bool:
    return _is_container(type(value)) or moving.teller(type(value)) is not None


def _is_made(name: Any) -> bool:
    return isinstance(name, str) and is_made_on_demand(name)


def _is_made_inside(function: Any) -> bool:
    """Whether it is one that another function has made, with what that one had at hand."""
    return bool(getattr(function, "__closure__", None)) and "<locals>" in function.__qualname__


def _attributes(value: Any) -> Dict[Any, Any]:
    if issubclass(type(value), type):
        return held_by(value)
    # of a thread's own what the thread has that looks: the tests'
    found = vars(value) if type(value) is LOCAL else attributes_of(value)
    return {} if found is None else found  # an empty one comes to hold something
