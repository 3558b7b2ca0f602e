"""Whether modules surely are as they were, asked in C: only what may differ is compared in full.

A look between two files touches every loaded module, of which hardly any has changed. Nothing here says that
something *has* changed.
"""

from __future__ import annotations

import itertools
import operator
import types
import weakref
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Sequence, Set, Tuple

from .. import originals
from ..originals import identity

CALLED = (types.FunctionType, types.BuiltinFunctionType, type)
CONTAINERS = {list, dict, set}
PLAIN = {int, float, str, bytes, bool, type(None)}
OF_IMPORTS = {"__spec__", "__loader__", "__builtins__"}


class Functions:
    """The functions, classes and modules in modules' variables: somebody may put others in their place."""

    def __init__(self) -> None:
        self._known: Dict[str, Tuple[List[str], List[Any]]] = {}
        self._modules: List[int] = []
        self._holders: List[Dict[str, Any]] = []
        self._names: List[str] = []
        self._values: List[Any] = []

    def begins(self, name: str, module: Any) -> None:
        if name not in self._known:
            self._known[name] = self._compared(originals.variables(module))

    def are_same(self) -> bool:
        """Whether all that were given last are as they were then."""
        return all(map(operator.is_, map(dict.get, self._holders, self._names), self._values))

    def differing(self, modules: Mapping[str, Any]) -> FrozenSet[str]:
        """The names of those in which something is another; what they are compared with stays."""
        if self.are_same():
            return frozenset()
        return frozenset(
            name for name, module in modules.items() if not self._fits(name, originals.variables(module))
        )

    def changed(self, modules: Mapping[str, Any]) -> Set[str]:
        """The names of those modules in which something was another when they were last given."""
        if self._modules != list(map(identity, modules.values())):
            self._line_up(modules)
        if self.are_same():
            return set()
        found = {name for name, module in modules.items() if self._differs(name, originals.variables(module))}
        self._modules = []
        self._line_up(modules)
        return found

    def _differs(self, name: str, variables: Dict[str, Any]) -> bool:
        if self._fits(name, variables):
            return False
        self._known[name] = self._compared(variables)
        return True

    def _fits(self, name: str, variables: Dict[str, Any]) -> bool:
        names, values = self._known[name]
        return all(map(operator.is_, map(variables.get, names), values))

    def _compared(self, variables: Mapping[str, Any]) -> Tuple[List[str], List[Any]]:
        names = [
            name for name, value in variables.items() if issubclass(type(value), _LASTING) and name != _HOOK
        ]
        return names, [variables[name] for name in names]

    def _line_up(self, modules: Mapping[str, Any]) -> None:
        """Modules mostly come behind those that are there already, which then stay as they are lined up."""
        known, self._modules = self._modules, list(map(identity, modules.values()))
        same = len(known) if self._modules[: len(known)] == known else 0
        if not same:
            self._holders, self._names, self._values = [], [], []
        for name, module in itertools.islice(modules.items(), same, None):
            variables = originals.variables(module)
            if name not in self._known:
                self._known[name] = self._compared(variables)
            names, values = self._known[name]
            self._holders += [variables] * len(names)
            self._names += names
            self._values += values


# a module that comes later somebody has asked for
_LASTING = (*CALLED, types.ModuleType)
_HOOK = "unraisablehook"
"""Of ``sys``: compared among the hooks, since pytest before 8.4 sets it around each test."""


class Outline:
    """An installed module's variables by identity, the sizes of its containers and what its classes hold.

    Numbers and texts are kept, so that no other one gets their identity. Nothing else is kept alive: of what
    can be referred to weakly it is noted when it goes, since then another may come to have its identity.
    """

    def __init__(self, module: Any) -> None:
        variables = originals.variables(module)
        self._names = list(variables)
        self._identities = _identities(variables)
        self._containers = [name for name, value in variables.items() if type(value) in CONTAINERS]
        self._sizes = self._sizes_in(variables)
        self._classes = [vars(value) for value in variables.values() if _is_own(value, module)]
        self._inside = list(map(_identities, self._classes))
        self._kept = [value for one in (variables, *self._classes) for value in _plain(one.values())]
        self._gone: List[Any] = []
        self._watched = [weakref.ref(one, self._gone.append) for one in self._mortal(variables)]

    def has_lost(self) -> bool:
        """Whether something in it has gone, which had been put out of its place by something else."""
        return bool(self._gone)

    def fits(self, module: Any) -> bool:
        """Whether the module surely is as it was."""
        variables = originals.variables(module)
        return (
            not self._gone
            and self._identities == _identities(variables)
            and self._names == list(variables)
            and self._sizes == self._sizes_in(variables)
            and self._inside == list(map(_identities, self._classes))
        )

    def _mortal(self, variables: Mapping[str, Any]) -> Iterable[Any]:
        """What is compared by its identity and can be referred to weakly."""
        own = (value for name, value in variables.items() if name not in OF_IMPORTS)
        for value in itertools.chain(own, *(inside.values() for inside in self._classes)):
            if type(value).__weakrefoffset__ and not originals.is_module(value):
                yield value

    def _sizes_in(self, variables: Dict[str, Any]) -> List[int]:
        return list(map(len, map(variables.__getitem__, self._containers)))


class Outlines:
    """Of many modules: what all of them are, one behind the other."""

    def __init__(self, those: Sequence[Outline]) -> None:
        self._those = those
        chained = itertools.chain.from_iterable
        self._identities = list(chained(one._identities for one in those))
        self._names = list(chained(one._names for one in those))
        self._numbers = [len(one._names) for one in those]
        self._sizes = [one._sizes for one in those]
        self._classes = list(chained(one._classes for one in those))
        self._lengths = [len(inside) for one in those for inside in one._inside]
        self._inside = list(chained(chained(one._inside for one in those)))

    def fit(self, modules: Iterable[Any]) -> bool:
        """Whether each of them surely is as it was: with the same lengths each part stands where it stood."""
        held = list(map(originals.variables, modules))
        chained = itertools.chain.from_iterable
        return (
            not any(one._gone for one in self._those)
            and self._numbers == list(map(len, held))
            and self._identities == list(map(identity, chained(map(dict.values, held))))
            and self._names == list(chained(held))
            and self._sizes == list(map(Outline._sizes_in, self._those, held))
            and self._lengths == list(map(len, self._classes))
            and self._inside == list(map(identity, chained(one.values() for one in self._classes)))
        )


def _identities(variables: Mapping[str, Any]) -> List[int]:
    return list(map(identity, variables.values()))


def _plain(values: Iterable[Any]) -> Iterable[Any]:
    return (value for value in values if type(value) in PLAIN)


def _is_own(value: Any, module: Any) -> bool:
    """Whether it is a class that the module itself has made."""
    name = originals.variables(module).get("__name__")
    return originals.is_class(value) and vars(value).get("__module__") == name
