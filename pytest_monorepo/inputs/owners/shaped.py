"""The shape of a module that has just been walked through: what it is compared with from then on."""

from __future__ import annotations

import gc
import types
from typing import Any, List, Optional, Set

from ..originals import identity, variables
from . import hidden, objects
from .asked import bases_of, held_by, is_of_class
from .shape import Level, Shape, told

MOST_LEVELS = 100
"""What is a longer chain is walked through each time."""
_HELD = {*objects.VALUES, types.CodeType}
_EMPTY = hidden.empty_slots
"""Where all are full, one that comes to be empty takes a place away."""


class Unfit(Exception):
    """The state of a module is more than can be compared in this way."""


def shape_of(module: Any, kept: List[Any]) -> Shape:
    """``kept`` is what has been looked at, all of which is to be in the shape; raises :class:`Unfit`."""
    made = _Making(module, set(map(identity, kept)))
    for value in kept:
        reached = made.followed if objects.leads_on(value, made.name) else made.met
        # texts that an object counts by may be in a tuple that has just been made
        if identity(value) not in reached and not _is_plain(value):
            raise Unfit
    return Shape([identity(made.variables)], made.levels)


class _Making:
    """``met`` is all that is known by its identity, ``followed`` what leads on to more.

    Annotations which are not in ``kept``, and bases, count by what they name, and not by what that holds.
    """

    def __init__(self, module: Any, kept: Set[int]) -> None:
        self.variables = variables(module)
        self.name: str = self.variables["__name__"]
        self.levels: List[Level] = []
        self.met: Set[int] = set()
        self.followed: Set[int] = set()
        self._kept = kept
        self._flat: Set[int] = set()
        nodes = [self.variables]
        while nodes:
            if len(self.levels) == MOST_LEVELS:
                raise Unfit
            self.levels.append(Level())
            nodes = self._below(nodes, self.levels[-1])

    def _below(self, nodes: List[Any], level: Level) -> List[Any]:
        below: List[Any] = []
        for node in nodes:
            referents = gc.get_referents(node)
            self._node(level, node, referents)
            leading = self._leading(node)
            for value in referents:
                ends = leading is not None and identity(value) not in leading
                self._referent(level, value, below, ends=ends)
            level.ends()
        return below

    def _node(self, level: Level, node: Any, referents: List[Any]) -> None:
        kind = type(node)
        static = objects.is_static(kind)
        level.has(node, kind, static=static, untold=not (static or any(one is kind for one in referents)))

    def _referent(self, level: Level, value: Any, below: List[Any], *, ends: bool) -> None:
        kind = type(value)
        if kind in _HELD or objects.is_static(value):
            self.met.add(identity(value))
            level.holds(value)
            return
        first = not (ends or identity(value) in self.followed or value is self.variables)
        follows = first and objects.leads_on(value, self.name)
        place = level.meets(value, followed=follows)
        if follows:
            self.followed.add(identity(value))
            below.append(value)
            if _is_abstract(value):  # it may have been met before, as a base
                level.worth.append((place, identity(kind), hidden.registered, told(hidden.registered, value)))
        if identity(value) in self.met:
            return
        self.met.add(identity(value))
        for asked in objects.worth(kind), _EMPTY if hidden.empty_slots(value) else None:
            if asked is not None:
                level.worth.append((place, identity(kind), asked, told(asked, value)))
        if issubclass(kind, type) and not objects.leads_on(value, self.name):
            level.trusted.append((place, value.__module__, value.__qualname__))

    def _leading(self, node: Any) -> Optional[Set[int]]:
        """What of that, to which an object refers, is followed; nothing stands for all."""
        kind = type(node)
        if node is self.variables:
            found = objects.counted(node, self.name)
        elif identity(node) in self._flat:
            found = []
        elif kind is types.FunctionType:
            self._flat |= {identity(node.__annotations__)} - self._kept
            found = [node.__dict__, node.__defaults__, node.__kwdefaults__, node.__annotations__]
            found += [] if objects.is_ours(node) else [node.__closure__]
        elif issubclass(kind, type):
            # by themselves: another tuple of bases may lie where that one lay
            self._flat.add(identity(bases_of(node)))
            found = [held_by(node), bases_of(node)]
        elif kind is types.BuiltinFunctionType:
            found = [node.__self__]
        elif kind is types.ModuleType:
            found = [vars(node)]
        elif kind is types.MappingProxyType:
            found = [one for one in gc.get_referents(node) if not is_of_class(one)]
        else:
            return None
        return set(map(identity, found))


def _is_plain(value: Any) -> bool:
    return type(value) is tuple and all(type(one) in objects.VALUES or _is_plain(one) for one in value)


def _is_abstract(value: Any) -> bool:
    return issubclass(type(value), type) and "_abc_impl" in vars(value)
