"""Whether modules surely are as they were, to the last object that counts for their state, asked in C.

Modules are gone through level by level: one call tells all that the objects of a level refer to, which are to
be the same objects, of the same types and under the same names. What is worth more than that is asked apart.
Nothing but plain values, which nobody can see go, is kept alive: each object is known by its identity, and
since what it refers to is compared as well, another one in its place is as good as it.
"""

from __future__ import annotations

import itertools
import operator
import sys
from typing import Any, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from ..originals import identity, is_module, variables
from . import objects
from .asked import END, inside

SEES_TYPES = sys.version_info >= (3, 9)
"""Whether the collector is told of what class an object is: before, that could be another unseen."""


class Level:
    """``nodes``, and what they refer to: of this ``plain`` values are held, ``others`` known by identity.

    ``followed`` are those others that are the nodes of the next level.
    """

    def __init__(self) -> None:
        self.static: List[bool] = []
        self.types: List[Any] = []
        self.untold: List[bool] = []
        self.kinds: List[int] = []
        self.keyed: List[bool] = []
        self.sizes: List[int] = []
        self.keys: List[str] = []
        self.classes: List[bool] = []
        self.names: List[str] = []
        self.qualnames: List[str] = []
        self.plain: List[bool] = []
        self.held: List[Any] = []
        self.others: List[bool] = []
        self.identities: List[int] = []
        self.followed: List[bool] = []
        self.ending: List[bool] = []
        self.ends_in: List[int] = []
        self.worth: List[Tuple[int, int, Any, Any]] = []
        self.trusted: List[Tuple[int, str, str]] = []

    def has(self, node: Any, kind: type, *, static: bool, untold: bool) -> None:
        """A further node, whose class the collector is not told of where it is ``static`` or ``untold``."""
        texts = kind is dict and all(type(key) is str for key in node)
        is_class = issubclass(kind, type)
        self.static.append(static)
        self.untold.append(untold)
        self.keyed.append(texts)
        self.classes.append(is_class)
        self.types += [kind] if static else []
        self.kinds += [identity(kind)] if untold else []
        self.sizes += [len(node)] if texts else []
        self.keys += node if texts else []
        self.names += [_NAME(node)] if is_class else []
        self.qualnames += [_QUALNAME(node)] if is_class else []

    def holds(self, value: Any) -> None:
        """What the node refers to is a plain value."""
        self.plain.append(True)
        self.others.append(False)
        self.held.append(value)

    def ends(self) -> None:
        """That was all that the node refers to."""
        self.holds(END[0])

    def meets(self, value: Any, *, followed: bool) -> int:
        """It is another object: at which place of all others."""
        self.plain.append(False)
        self.others.append(True)
        self.identities.append(identity(value))
        self.followed.append(followed)
        self.ending.append(not followed)
        self.ends_in += [] if followed else [identity(type(value))]
        return len(self.followed) - 1

    def adds(self, other: Level) -> None:
        """What there is of further modules, behind what there is here."""
        start = len(self.identities)
        for name, values in vars(other).items():
            if name in _BY_PLACE:
                values = [(start + place, *rest) for place, *rest in values]
            getattr(self, name).extend(values)

    def next(self, nodes: List[Any], trusted: List[Any]) -> Optional[List[Any]]:
        """The nodes below these; ``None`` where something is another. Classes come to ``trusted``."""
        if not self._are_these(nodes):
            return None
        found = inside(nodes)
        if len(found) != len(self.plain) or not _are(itertools.compress(found, self.plain), self.held):
            return None
        others = list(itertools.compress(found, self.others))
        if list(map(identity, others)) != self.identities or not self._are_worth(others):
            return None
        # in place of what has gone something else may lie
        if list(map(identity, map(type, itertools.compress(others, self.ending)))) != self.ends_in:
            return None
        trusted.extend(others[place] for place, _, _ in self.trusted)
        return list(itertools.compress(others, self.followed))

    def _are_these(self, nodes: List[Any]) -> bool:
        kinds = list(map(type, nodes))
        classes = list(itertools.compress(nodes, self.classes))
        keyed = list(itertools.compress(nodes, self.keyed))
        keys = itertools.chain.from_iterable(keyed)
        return (
            _are(itertools.compress(kinds, self.static), self.types)
            and list(map(identity, itertools.compress(kinds, self.untold))) == self.kinds
            and list(map(len, keyed)) == self.sizes
            and _are(keys, self.keys)
            and list(map(_NAME, classes)) == self.names
            and list(map(_QUALNAME, classes)) == self.qualnames
        )

    def _are_worth(self, others: List[Any]) -> bool:
        return all(
            identity(type(others[place])) == kind and told(asked, others[place]) == known
            for place, kind, asked, known in self.worth
        )


_BY_PLACE = {"worth", "trusted"}
_NAME: Any = vars(type)["__name__"].__get__
_QUALNAME: Any = vars(type)["__qualname__"].__get__


class Shape:
    """Of one module, or of several together."""

    def __init__(self, modules: List[int], levels: List[Level]) -> None:
        self._modules = modules
        self._levels = levels
        self._places: List[int] = []
        self._names: List[str] = []
        self._homes: List[str] = []
        self._deep: List[int] = []
        self._trust()

    @classmethod
    def of_all(cls, shapes: Sequence[Shape]) -> Shape:
        levels = [Level() for _ in range(max((len(one._levels) for one in shapes), default=0))]
        for shape in shapes:
            for number, level in enumerate(shape._levels):
                levels[number].adds(level)
        return cls([one for shape in shapes for one in shape._modules], levels)

    def fits(self, modules: Iterable[Any]) -> bool:
        """Whether all of them surely are as they were; raises whatever comes of another thread's doings."""
        nodes: Optional[List[Any]] = list(map(variables, modules))
        if list(map(identity, nodes or ())) != self._modules:
            return False
        trusted: List[Any] = []
        for level in self._levels:
            nodes = level.next(nodes or [], trusted)
            if nodes is None:
                return False
        return self._are_trusted(trusted)

    def _trust(self) -> None:
        """Note each class that counts in its own module once, and how it is found there."""
        known: Set[int] = set()
        for number, (one, home, name) in enumerate(self._all_trusted()):
            if one not in known:
                known.add(one)
                if "." in name:
                    self._deep.append(number)
                else:
                    self._places.append(number)
                    self._homes.append(home)
                    self._names.append(name)

    def _all_trusted(self) -> Iterable[Tuple[int, str, str]]:
        for level in self._levels:
            for place, home, name in level.trusted:
                yield level.identities[place], home, name

    def _are_trusted(self, classes: List[Any]) -> bool:
        """Whether they still are where they count: else what they hold would have to be compared here."""
        homes = {home: _holds(home) for home in set(self._homes)}
        found = map(dict.get, map(homes.__getitem__, self._homes), self._names)
        return _are(found, list(map(classes.__getitem__, self._places))) and all(
            objects.is_found(classes[place]) for place in self._deep
        )


def _holds(home: str) -> Dict[str, Any]:
    module = sys.modules.get(home)
    found: Dict[str, Any] = variables(module) if is_module(module) else {}
    return found


def _are(values: Iterable[Any], known: List[Any]) -> bool:
    """Whether they are the same objects; none is asked whether it is equal."""
    return all(map(operator.is_, values, known))


def told(asked: Any, value: Any) -> List[Any]:
    """What an object counts by: plain values, others by their identity."""
    return list(map(_told, asked(value)))


def _told(value: Any) -> Any:
    if type(value) in objects.VALUES:
        return (type(value), objects.valued(value))
    return tuple(map(_told, value)) if type(value) is tuple else identity(value)
