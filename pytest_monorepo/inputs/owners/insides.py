"""What lies one level below the top of the standard library's modules: is all of it as it was?

Tests set attributes of its classes and objects, and put things into its lists and dictionaries. There are ten
thousand such values in a process: they are compared in C, and only where one differs it is asked whose.
"""

from __future__ import annotations

import gc
import itertools
import operator
import types
from typing import Any, Dict, List, Mapping, Set, Tuple

from ..originals import identity
from .glance import CONTAINERS

_NO_OBJECTS = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)


class _Inside:
    """Of one module what its classes and objects hold, and how much its containers do."""

    def __init__(self, name: str, module: Any) -> None:
        top = [(key, value) for key, value in vars(module).items() if _counts(key)]
        self.holders = [_held(value) for _, value in top if _is_own_class(value, name)]
        inside = [item for held in self.holders for item in held.items() if _counts(item[0])]
        self.containers = [value for _, value in (*top, *inside) if type(value) in CONTAINERS]
        self.holders += [vars(value) for _, value in top if _is_own_object(value, name)]
        self.values: List[Any] = []
        self.sizes: List[int] = []
        self.differs()

    def differs(self) -> bool:
        """Whether something is another than when it was last asked for."""
        before = self.values, self.sizes
        self.values = list(_values(self.holders))
        self.sizes = list(map(len, self.containers))
        return not _same(before, (self.values, self.sizes))


class Insides:
    """Of all of them; each is as it was when it was first given here."""

    def __init__(self) -> None:
        self._known: Dict[str, _Inside] = {}
        self._modules: List[int] = []
        self._holders: List[Dict[str, Any]] = []
        self._containers: List[Any] = []
        self._before: Tuple[List[Any], List[int]] = [], []

    def begins(self, name: str, module: Any) -> None:
        """Its code has run."""
        if name not in self._known:
            self._known[name] = _Inside(name, module)

    def changed(self, modules: Mapping[str, Any]) -> Set[str]:
        """The names of those in which something was another when they were last given."""
        now = list(_values(self._holders)), list(map(len, self._containers))
        identities = list(map(identity, modules.values()))
        same = len(self._modules) if identities[: len(self._modules)] == self._modules else 0
        self._modules = identities
        found: Set[str] = set()
        if not (same and _same(self._before, now)):
            self._holders, self._containers, self._before, same = [], [], ([], []), 0
        for name, module in itertools.islice(modules.items(), same, None):
            self.begins(name, module)
            if self._known[name].differs():
                found.add(name)
            self._line_up(self._known[name])
        return found

    def _line_up(self, one: _Inside) -> None:
        self._holders += one.holders
        self._containers += one.containers
        self._before[0].extend(one.values)
        self._before[1].extend(one.sizes)


def _values(holders: List[Dict[str, Any]]) -> Any:
    return itertools.chain.from_iterable(map(dict.values, holders))


def _same(before: Tuple[List[Any], List[int]], now: Tuple[List[Any], List[int]]) -> bool:
    values, sizes = now
    return len(values) == len(before[0]) and all(map(operator.is_, values, before[0])) and sizes == before[1]


def _counts(name: Any) -> bool:
    """What is called a cache holds what would be made again."""
    return not (isinstance(name, str) and "cache" in name.lower())


def _is_own_class(value: Any, name: str) -> bool:
    return isinstance(value, type) and vars(value).get("__module__") == name


def _is_own_object(value: Any, name: str) -> bool:
    """Whether it is an object of a class of the module, written in Python."""
    kind = type(value)
    return not isinstance(value, _NO_OBJECTS) and _is_own_class(kind, name) and hasattr(value, "__dict__")


def _held(cls: type) -> Dict[str, Any]:
    """The dictionary of a class, of which ``vars`` only gives a view."""
    (held, *_) = gc.get_referents(vars(cls))
    return held if isinstance(held, dict) else {}
