"""What an installed module keeps below its top: many libraries have their options, and registries, there.

``pandas.set_option`` and ``structlog.configure`` change no variable of a module, but what one of its
dictionaries or objects holds. Of objects plain values and functions count, since all else is mostly made on
demand; of lists, dictionaries and sets how many there are and of which type, too. Of what is found nothing is
kept alive but what holds it, functions, classes and plain values.

What is called a cache may come to hold further objects, or lose some, by nobody's doing; those that stay in
their places there are to stay as they are.
"""

from __future__ import annotations

import array
import collections
import functools
import io
import sys
import types
import weakref
from typing import Any, Callable, Deque, Dict, Iterable, List, Optional, Set, Tuple

from ...originals import identity, is_module, variables
from .. import asked
from ..asked import (
    HANDING_ON,
    LOCAL,
    MAPPINGS,
    SEQUENCES,
    attributes_of,
    has_slots,
    held_by,
    package_of,
    slots_of,
)
from ..glance import CALLED, OF_IMPORTS, PLAIN
from . import moving, paired
from .remembered import Remembered
from .restless import OF_CYTHON, is_cache, is_made_on_demand
from .worth import is_apart, is_filled_in, worth_of

MOST = 20_000
"""Values of one module that are looked at, those near its top first."""
MOST_CACHED = 5_000
"""Of what objects in its caches hold; where there are more, none of them is."""

Place = Optional[Tuple[Any, ...]]
"""Where something is found: ``None`` in no cache, empty in one, else in which place of one."""
_CACHE: Tuple[Any, ...] = ()


class Walk:
    """``tables`` are those ``mappings`` that are no object's attributes, ``bare`` those of functions that
    have none, ``holders`` cells of functions, and objects with slots, some of which are empty in ``partly``,
    ``kinds`` objects of kinds of lists, dictionaries and bytes, ``moving`` what goes on by use,
    ``remembering`` functions that may remember such, ``types`` those of the objects in attributes,
    ``cached`` what is in the places of caches, ``settings`` functions that tell what C is set to,
    ``owners`` weakly what the top has with a dictionary, which may be given another, and what asks for that.
    """

    def __init__(self, held: Dict[str, Any], name: str = "") -> None:
        self.name = name
        self.mappings: List[Dict[Any, Any]] = []
        self.tables: List[Dict[Any, Any]] = []
        self.sequences: List[Any] = []
        self.bare: List[Dict[Any, Any]] = []
        self.holders: List[Any] = []
        self.partly: List[Any] = []
        self.kinds: List[Any] = []
        self.moving: List[Any] = []
        self.remembering: List[Remembered] = []
        self.settings: List[Callable[[], Any]] = []
        self.owners: List[Tuple[Any, Callable[[Any], Any]]] = []
        self.types: Dict[Tuple[int, Any], type] = {}
        self.picture: List[Any] = []
        self.cached: Dict[Any, List[Any]] = {}
        self._cached_left = MOST_CACHED
        self._kept: List[Any] = []
        self._known: Set[int] = {identity(held)}
        self._waiting: Deque[Tuple[Any, Place]] = collections.deque()
        self._wait_for(held, None)
        while self._waiting and len(self.picture) < MOST:
            self._one(*self._waiting.popleft())
        if self._waiting:
            self.picture.append(object())  # what is more may be another each time
        if self._cached_left < 0:
            self.cached = {}

    def _put(self, cached: Place, *told: Any) -> None:
        """Note something of what is found there."""
        (self.cached.setdefault(cached, []) if cached else self.picture).extend(told)

    def _one(self, value: Any, cached: Place) -> None:
        kind = type(value)
        if kind is tuple or kind is frozenset:
            self._wait_in(value, enumerate(value) if kind is tuple else _by_themselves(value), cached)
        elif kind in MAPPINGS:
            self.tables.append(value)
            self._hold(value, cached, of_somebody=True)
            if kind is collections.defaultdict:
                self.holders.append(value)
                self._put(cached, (kind, self._item(value.default_factory)))
        elif kind in SEQUENCES:
            self.sequences.append(value)
            noted = (self._noted(one, cached) for one in list(value))
            items = [one for one in noted if one is not None]
            self._put(cached, (kind, frozenset(items) if kind is set else tuple(items)))
            self._wait_in(value, _by_themselves(value), cached)
        elif kind in HANDING_ON:
            self._wait(asked.handed_on(value), cached)
            self._hold(_attributes(value), cached, of_somebody=False)
        elif issubclass(kind, types.ModuleType):
            self._hold(variables(value), cached, of_somebody=False)
        elif moving.teller(kind) is not None:
            self._move(value, kind, cached)
        elif issubclass(kind, LOCAL) and kind is not LOCAL:
            self._hold(asked.of_threads(value), cached, of_somebody=True)
        else:
            self._hold(_attributes(value), cached, of_somebody=False, kind=kind)
            self._hold_apart(value, kind, cached)
            if kind is _REMEMBERING:
                self.remembering.append(Remembered(value, picture_of))
                self._put(cached, self.remembering[-1].told())
            if issubclass(kind, asked.CONTENTS):
                self.kinds.append(value)
                held = asked.contents_of(value)
                self._put(cached, (kind, tuple(map(self._item, held))))
                self._wait_in(value, _by_themselves(held), cached)
            self._wait([kind], cached)  # which may have no name in the module

    def _move(self, value: Any, kind: type, cached: Place) -> None:
        self.moving.append((value, kind, moving.teller(kind)))
        told, held = moving.stands(self.moving[-1])
        self._put(cached, (kind, tuple(told), tuple(map(self._item, held))))
        self._wait_in(value, _by_themselves(held), cached)
        self._hold(_attributes(value), cached, of_somebody=False)

    def _hold_apart(self, value: Any, kind: type, cached: Place) -> None:
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
        self._put(cached, *((name, self._attribute(one)) for name, one in held.items() if not _is_made(name)))
        if cached is None:
            self.types.update({(identity(value), name): type(one) for name, one in held.items()})
        self._wait_for(held, cached)

    def _hold(
        self, mapping: Dict[Any, Any], cached: Place, *, of_somebody: bool, kind: type = object
    ) -> None:
        """``of_somebody``: it is no object's attributes."""
        self.mappings.append(mapping)
        for key, value in list(mapping.items()):
            if not (_is_made(key) or is_filled_in(kind, key)):
                found = self._noted(value, cached) if of_somebody else self._attribute(value)
                if found is not None:
                    self._put(cached, (self._item(key), found))
                elif not of_somebody and cached is None:
                    self.types[identity(mapping), key] = type(value)
        if of_somebody:
            held = [(_place(key), value) for key, value in list(mapping.items()) if not _is_made(key)]
            self._wait_in(mapping, held, cached)
        else:
            self._wait_for(mapping, cached)

    def _noted(self, value: Any, cached: Place) -> Any:
        """Of something in a list or a dictionary; which objects there are in a cache does not count."""
        return self._cached(value) if cached == _CACHE else self._item(value)

    def _cached(self, value: Any) -> Any:
        kind = type(value)
        return self._item(value) if kind in PLAIN or kind in MAPPINGS or kind in SEQUENCES else None

    def _item(self, value: Any) -> Any:
        """What is noted of something in a list or a dictionary: its type at least."""
        return self._attribute(value) or (type(value),)

    def _attribute(self, value: Any) -> Any:
        kind = type(value)
        if kind in PLAIN:
            self._kept.append(value)
            return (kind, value)
        if issubclass(kind, CALLED):
            self._kept.append(value)
        return worth_of(value)

    def _wait_for(self, mapping: Dict[Any, Any], cached: Place) -> None:
        for key, value in list(mapping.items()):
            if type(value) not in PLAIN and not _is_made(key):
                self._wait_one(value, _CACHE if isinstance(key, str) and is_cache(key) else cached)

    def _wait_in(self, holder: Any, values: Iterable[Tuple[Any, Any]], cached: Place) -> None:
        """Each with its place in what holds them."""
        for place, value in list(values):
            if cached != _CACHE or _is_container(type(value)):
                self._wait([value], cached)
            elif type(value) not in PLAIN:
                there = (identity(holder), place)
                self._put(there, self._item(value))
                self._wait_one(value, there)

    def _wait(self, values: Iterable[Any], cached: Place) -> None:
        for value in list(values):
            if type(value) not in PLAIN:
                self._wait_one(value, cached)

    def _wait_one(self, value: Any, cached: Place) -> None:
        """It is no plain value."""
        if cached:
            self._cached_left -= 1
            if self._cached_left < 0:
                return
        if type(value) is types.FunctionType and self._is_bare(value):
            self.bare.append(value.__dict__)
        elif identity(value) not in self._known and self._is_followed(value):
            self._known.add(identity(value))
            self._waiting.append((value, cached))

    def _is_bare(self, value: Any) -> bool:
        if value.__module__ != self.name or value.__dict__ or value.__closure__ or value.__kwdefaults__:
            return False
        return not any(map(self._is_followed, value.__defaults__ or ()))

    def _is_followed(self, value: Any) -> bool:
        kind = type(value)
        if _is_container(kind):
            return True
        if kind in HANDING_ON:
            return kind not in asked.OF_C or not issubclass(type(value.__self__), _SHARED)
        if kind is types.FunctionType or kind is _REMEMBERING:
            # where there is no module a function remembers what is being gone through
            own = value.__module__ == self.name or (kind is _REMEMBERING and value.__module__ in _NOBODYS)
            return bool(self.name) and (own or _is_made_inside(value))
        if issubclass(kind, type):
            return bool(type.__getattribute__(value, "__dict__").get("__module__") == self.name)
        if issubclass(kind, types.ModuleType):
            return sys.modules.get(variables(value).get("__name__")) is not value
        if issubclass(kind, LOCAL) or kind in _OF_BYTES or moving.teller(kind) is not None:
            return True
        holds = attributes_of(value) is not None or issubclass(kind, asked.CONTENTS) or has_slots(kind)
        return holds and not is_apart(value)


def _place(key: Any) -> Any:
    """A key, as long as it stays in its dictionary."""
    return (type(key), key) if type(key) in PLAIN else identity(key)


def _by_themselves(values: Iterable[Any]) -> List[Tuple[Any, Any]]:
    """Of what may come to another place."""
    return [(identity(one), one) for one in values]


def of_module(module: Any) -> Walk:
    held = variables(module)
    found = Walk(held, str(held["__name__"]))
    found.settings = paired.settings_of(held)
    found.picture += [("told in C", one) for one in paired.told(found.settings)]
    found.owners = [one for one in map(_owner, list(held.values())) if one is not None]
    return found


def _owner(value: Any) -> Optional[Tuple[Any, Callable[[Any], Any]]]:
    kind = type(value)
    if kind in PLAIN or issubclass(kind, (*CALLED, types.ModuleType)) or not kind.__weakrefoffset__:
        return None
    if package_of(kind).startswith(OF_CYTHON):  # its functions, which are many
        return None
    ask = asked.dictionary_of(kind)
    return None if ask is None or is_apart(value) else (weakref.ref(value), ask)


def owned(owner: Tuple[Any, Callable[[Any], Any]]) -> Any:
    """Which dictionary it has."""
    reference, ask = owner
    try:
        return identity(ask(reference()))
    except TypeError:  # it is gone, or of another class
        return None


def picture_of(value: Any) -> List[Any]:
    """What a value holds, with all that it leads to."""
    return Walk({"": value}).picture


_SHARED = (type, types.ModuleType)
_NOBODYS = ("builtins", "functools")
"""Of what remembers what something in C, or a ``partial``, has given."""
_REMEMBERING = type(functools.lru_cache(int))


_OF_BYTES = {bytearray, array.array, io.StringIO, io.BytesIO}


def same_or_itself(value: Any) -> Any:
    """What it is compared by, in C."""
    return value if type(value) in PLAIN else identity(value)


def _is_container(kind: type) -> bool:
    return kind is tuple or kind is frozenset or kind in MAPPINGS or kind in SEQUENCES


def _is_made(name: Any) -> bool:
    return isinstance(name, str) and (is_made_on_demand(name) or name in OF_IMPORTS)


def _is_made_inside(function: Any) -> bool:
    """Whether it is one that another function has made, with what that one had at hand.

    ``functools.singledispatch`` gives it the name of what it stands for, where that is found and not it.
    """
    if not getattr(function, "__closure__", None):
        return False
    return "<locals>" in function.__qualname__ or not _is_found(function)


def _is_found(function: Any) -> bool:
    """Whether it is where its name says, and is looked at there."""
    holder: Any = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        if holder is None:
            return False
        of_class = issubclass(type(holder), type)
        held = held_by(holder) if of_class else variables(holder) if is_module(holder) else {}
        holder = held.get(name)
    return holder is function


def _attributes(value: Any) -> Dict[Any, Any]:
    if issubclass(type(value), type):
        return held_by(value)
    # of a thread's own what the thread has that looks: the tests'
    found = vars(value) if type(value) is LOCAL else attributes_of(value)
    return {} if found is None else found  # an empty one comes to hold something
