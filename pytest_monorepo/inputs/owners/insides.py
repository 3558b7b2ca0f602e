"""What lies below the top of the standard library's modules: is all of it as it was?

Tests set attributes of its classes and objects, and put things into its lists and dictionaries. There are
some forty thousand such values in a process: they are compared in C, and only where one differs it is asked
whose.
What the library changes itself is known by name (library/restless.py); all else counts.
"""

from __future__ import annotations

import collections
import gc
import itertools
import operator
import types
from typing import Any, Dict, Iterator, List, Mapping, Set, Tuple

from ..originals import identity
from .glance import PLAIN
from .library.asked import attributes_of, is_of
from .library.restless import is_restless

MOST = 20_000
"""Values of one module that are looked at."""

_MAPPINGS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)
_SEQUENCES = (list, set, collections.deque)


class _Walk:
    """Of one module: what holds values, and which they are without those that the library itself changes."""

    def __init__(self, name: str, module: Any) -> None:
        self.name = name
        self.top = name.partition(".")[0]
        self.mappings: List[Dict[Any, Any]] = []
        self.sequences: List[Any] = []
        self.picture: List[Tuple[Any, ...]] = []
        self._known: Set[int] = set()
        self._waiting: List[Any] = []
        self._hold(vars(module), of_module=True)
        while self._waiting and len(self.picture) < MOST:
            self._one(self._waiting.pop())

    def _one(self, value: Any) -> None:
        kind = type(value)
        if kind in _MAPPINGS:
            self._hold(value)
        elif kind in _SEQUENCES:
            self.sequences.append(value)
            self.picture.append((kind, len(value)))
            self._follow(self._note(None, one) for one in list(value))
        elif kind is tuple:
            self._follow(self._note(None, one) for one in value)
        elif issubclass(kind, type):
            self._hold(_held(value))
        else:
            self._hold(attributes_of(value) or {})

    def _hold(self, mapping: Dict[Any, Any], *, of_module: bool = False) -> None:
        self.mappings.append(mapping)
        for key, value in list(mapping.items()):
            own = isinstance(key, str)
            if own and (is_restless(self.name, key) or (of_module and type(value) is types.ModuleType)):
                continue
            self._follow([self._note(key if own else None, value)])

    def _note(self, key: Any, value: Any) -> Any:
        """What is equal is the same, also as another object: what it holds is followed."""
        kind = type(value)
        if kind in PLAIN:
            self.picture.append((key, kind, value))
        elif kind is tuple or kind in _MAPPINGS or kind in _SEQUENCES:
            self.picture.append((key, kind))
        else:
            self.picture.append((key, identity(value)))
        return value

    def _follow(self, values: Any) -> None:
        for value in values:
            if self._is_followed(value) and identity(value) not in self._known:
                self._known.add(identity(value))
                self._waiting.append(value)

    def _is_followed(self, value: Any) -> bool:
        kind = type(value)
        if kind in _MAPPINGS or kind in _SEQUENCES or kind is tuple:
            return True
        if issubclass(kind, type):
            return bool(type.__getattribute__(value, "__dict__").get("__module__") == self.name)
        return is_of(kind, self.top) and attributes_of(value) is not None


class _Inside:
    """Of one module; each value is kept until it is another, so that no other one gets its identity."""

    def __init__(self, name: str, module: Any) -> None:
        self.read(name, module)

    def read(self, name: str, module: Any) -> None:
        walk = _Walk(name, module)
        self.mappings, self.sequences, self._picture = walk.mappings, walk.sequences, walk.picture
        self.held = _Held(self.mappings, self.sequences)

    def differs(self, name: str, module: Any) -> bool:
        """Whether something is another than when it was last asked for."""
        if self.held.is_same():
            return False
        # until it is compared nothing of it goes, so that no other gets its identity
        before, kept = self._picture, self.held
        self.read(name, module)
        return before != self._picture and kept is not None


class _Held:
    """What mappings and sequences hold, to be compared with what they hold later."""

    def __init__(self, mappings: List[Dict[Any, Any]], sequences: List[Any]) -> None:
        self._mappings, self._sequences = mappings, sequences
        self._sizes = self._sizes_now()
        self._values = list(self._now())

    def is_same(self) -> bool:
        return self._sizes == self._sizes_now() and all(map(operator.is_, self._values, self._now()))

    def _sizes_now(self) -> List[int]:
        return [*map(len, self._mappings), *map(len, self._sequences)]

    def _now(self) -> Iterator[Any]:
        inside = map(dict.values, self._mappings)
        return itertools.chain(itertools.chain.from_iterable(inside), *self._sequences)


class Insides:
    """Of all of them; each is as it was when it was first given here."""

    def __init__(self) -> None:
        self._known: Dict[str, _Inside] = {}
        self._modules: List[int] = []
        self._held = _Held([], [])

    def begins(self, name: str, module: Any) -> None:
        """Its code has run."""
        if name not in self._known:
            self._known[name] = _Inside(name, module)

    def changed(self, modules: Mapping[str, Any]) -> Set[str]:
        """The names of those in which something was another when they were last given."""
        identities = list(map(identity, modules.values()))
        if identities == self._modules and self._held.is_same():
            return set()
        self._modules = identities
        found: Set[str] = set()
        for name, module in modules.items():
            self.begins(name, module)
            if self._known[name].differs(name, module):
                found.add(name)
        inside = [self._known[name] for name in modules]
        self._held = _Held(
            [one for each in inside for one in each.mappings],
            [one for each in inside for one in each.sequences],
        )
        return found


def _held(cls: type) -> Dict[str, Any]:
    """The dictionary of a class, of which ``vars`` only gives a view."""
    (held, *_) = gc.get_referents(type.__getattribute__(cls, "__dict__"))
    return held if isinstance(held, dict) else {}
