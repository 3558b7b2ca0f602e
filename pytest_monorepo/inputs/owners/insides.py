"""What lies below the top of the standard library's modules: is all of it as it was?

Tests set attributes of its classes and objects, and put things into its lists and dictionaries. There are
some forty thousand such values in a process: they are compared in C, and only where one differs it is asked
whose.
What the library changes itself is known by name (library/restless.py); all else counts.
"""

from __future__ import annotations

import functools
import itertools
import operator
import types
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Set, Tuple

from ..originals import identity, is_module, variables
from . import asked
from .asked import HANDING_ON, LOCAL, MAPPINGS, SEQUENCES, attributes_of, held_by, is_of
from .glance import PLAIN
from .library.restless import BY_ANY_NAME, restless

MOST = 20_000
"""Values of one module that are looked at."""

# of no module's kinds, and leading to nothing
_ENDS = (
    *PLAIN,
    types.CodeType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)
_FUNCTIONS = (types.FunctionType, type(functools.lru_cache(int)))


class _Walk:
    """Of one module: what holds values, and which they are without those that the library itself changes."""

    def __init__(self, name: str, module: Any) -> None:
        self.name = name
        self.top = name.partition(".")[0]
        self._restless = restless(name)
        self._ends = set(_ENDS)
        self.mappings: List[Dict[Any, Any]] = []
        self.sequences: List[Any] = []
        self.bare: List[Dict[Any, Any]] = []
        self.holders: List[Any] = []
        self.partly: List[Any] = []
        self.picture: List[Tuple[Any, ...]] = []
        self._known: Set[int] = set()
        self._waiting: List[Any] = []
        self._given = given_by_apipkg(variables(module))
        self._leave_out(variables(module))
        self._hold(variables(module), of_module=True)
        while self._waiting and len(self.picture) < MOST:
            self._one(self._waiting.pop())

    def _leave_out(self, of_module: Dict[str, Any]) -> None:
        """What is of the library's own doing by whatever name it is met."""
        names = BY_ANY_NAME.get(self.name, ())
        self._known.update(identity(of_module[name]) for name in names if name in of_module)

    def _one(self, value: Any) -> None:
        kind = type(value)
        if kind in MAPPINGS:
            self._hold(value)
        elif kind in SEQUENCES:
            self.sequences.append(value)
            self.picture.append((kind, len(value)))
            self._see(value)
        elif kind is tuple:
            self._see(value)
        elif kind is types.FunctionType:
            self._function(value)
        elif kind in HANDING_ON:
            self._follow(asked.handed_on(value))
            attributes = attributes_of(value)
            self._hold({} if attributes is None else attributes)
        elif issubclass(kind, type):
            self._hold(held_by(value))
        elif issubclass(kind, LOCAL):
            self._hold(vars(value) if kind is LOCAL else asked.of_threads(value))
        else:
            attributes = attributes_of(value)
            self._hold({} if attributes is None else attributes)  # an empty one comes to hold something
            if asked.has_slots(kind):
                self._slots(value, kind)

    def _slots(self, value: Any, kind: type) -> None:
        self.holders.append(value)
        held = asked.in_slots(value)
        self.partly += [value] if len(held) < len(list(asked.slots_of(kind))) else []
        self._hold_apart(held)

    def _function(self, value: Any) -> None:
        """Of other defaults an event tells (probes/functions.py), and not of what is done to one."""
        if value.__dict__:
            self._hold(value.__dict__)
        else:
            self.bare.append(value.__dict__)
        if value.__kwdefaults__:
            self._hold(value.__kwdefaults__)
        self._follow(value.__defaults__ or ())
        if value.__closure__:
            self.holders += value.__closure__
            self._hold_apart(asked.in_cells(value))

    def _hold_apart(self, held: Dict[str, Any]) -> None:
        """What stands neither in a dictionary nor in a list."""
        for name, one in held.items():
            if name not in self._restless:
                self._note(name, one)

    def _hold(self, mapping: Dict[Any, Any], *, of_module: bool = False) -> None:
        self.mappings.append(mapping)
        passed_over = self._restless | self._given if of_module and self._given else self._restless
        for key, value in list(mapping.items()):
            if not isinstance(key, str):
                self._note(None, value)
            elif not (key in passed_over or (of_module and type(value) is types.ModuleType)):
                self._note(key, value)

    def _see(self, values: Any) -> None:
        for value in list(values):
            self._note(None, value)

    def _note(self, key: Any, value: Any) -> None:
        """What is equal is the same, also as another object: what it holds is followed."""
        kind = type(value)
        if kind in PLAIN:
            self.picture.append((key, kind, value))
            return
        if kind is tuple or kind in MAPPINGS or kind in SEQUENCES:
            self.picture.append((key, kind))
        else:
            self.picture.append((key, identity(value)))
        if kind not in self._ends:
            self._follow((value,))

    def _follow(self, values: Any) -> None:
        for value in values:
            if self._is_followed(value) and identity(value) not in self._known:
                self._known.add(identity(value))
                self._waiting.append(value)

    def _is_followed(self, value: Any) -> bool:
        kind = type(value)
        if kind in MAPPINGS or kind in SEQUENCES or kind is tuple:
            return True
        if kind in HANDING_ON:
            return kind not in asked.OF_C or not is_module(value.__self__)
        if kind in _FUNCTIONS:
            return bool(getattr(value, "__module__", None) == self.name)
        if issubclass(kind, type):
            return bool(type.__getattribute__(value, "__dict__").get("__module__") == self.name)
        if issubclass(kind, LOCAL):
            return True
        return is_of(kind, self.top) and (attributes_of(value) is not None or asked.has_slots(kind))


def given_by_apipkg(held: Mapping[str, Any]) -> Set[str]:
    """What a lazy module of ``py``, which pytest before 7.2 asks for much, gets when it is asked for it."""
    return {"__map__", *held.get("__all__", ())} if "__implprefix__" in held else set()


class _Inside:
    """Of one module; each value is kept until it is another, so that no other one gets its identity."""

    def __init__(self, name: str, module: Any) -> None:
        self.read(name, module)

    def read(self, name: str, module: Any) -> None:
        walk = _Walk(name, module)
        self.mappings, self.sequences, self._picture = walk.mappings, walk.sequences, walk.picture
        self.bare, self.holders, self.partly = walk.bare, walk.holders, walk.partly
        self.held = _Held([self])

    @property
    def picture(self) -> List[Any]:
        return list(self._picture)

    def is_same(self, name: str, module: Any) -> bool:
        """The same, and what it is compared with stays."""
        return self.held.is_same() or _Walk(name, module).picture == self._picture

    def differs(self, name: str, module: Any) -> bool:
        """Whether something is another than when it was last asked for."""
        if self.held.is_same():
            return False
        # until it is compared nothing of it goes, so that no other gets its identity
        before, kept = self._picture, self.held
        self.read(name, module)
        return before != self._picture and kept is not None


class _Held:
    """What modules hold, to be compared with what they hold later."""

    def __init__(self, insides: Sequence[_Inside]) -> None:
        self._mappings = [one for inside in insides for one in inside.mappings]
        self._sequences = [one for inside in insides for one in inside.sequences]
        self._bare = [one for inside in insides for one in inside.bare]
        self._holders = [one for inside in insides for one in inside.holders]
        self._partly = [one for inside in insides for one in inside.partly]
        self._named = self._named_now()
        self._sizes = self._sizes_now()
        self._values = list(self._now())

    def is_same(self) -> bool:
        return (
            not any(self._bare)
            and self._sizes == self._sizes_now()
            and self._named == self._named_now()
            and all(map(operator.is_, self._values, self._now()))
        )

    def _sizes_now(self) -> List[int]:
        return [*map(len, self._mappings), *map(len, self._sequences)]

    def _named_now(self) -> List[Any]:
        return [list(asked.in_slots(one)) for one in self._partly]

    def _now(self) -> Iterator[Any]:
        inside = map(dict.values, self._mappings)
        apart = asked.inside(self._holders)
        return itertools.chain(itertools.chain.from_iterable(inside), apart, *self._sequences)


def picture(name: str, module: Any) -> List[Any]:
    """What a module holds, part by part."""
    return list(_Walk(name, module).picture)


class Insides:
    """Of all of them; each is as it was when it was first given here."""

    def __init__(self) -> None:
        self._known: Dict[str, _Inside] = {}
        self._modules: List[int] = []
        self._held = _Held([])

    def begins(self, name: str, module: Any) -> None:
        """Its code has run."""
        if name not in self._known:
            self._known[name] = _Inside(name, module)

    def are_same(self, modules: Mapping[str, Any]) -> bool:
        """Whether those of the modules that are known are as when they were last given."""
        known = ((name, self._known[name]) for name in modules if name in self._known)
        return all(inside.is_same(name, modules[name]) for name, inside in known)

    def differing(self, modules: Mapping[str, Any]) -> Dict[str, Tuple[Any, Any]]:
        """Likewise those that are not, each with what it was and what it is."""
        known = {name: self._known[name] for name in modules if name in self._known}
        return {
            name: (inside.picture, picture(name, modules[name]))
            for name, inside in known.items()
            if not inside.is_same(name, modules[name])
        }

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
        self._held = _Held([self._known[name] for name in modules])
        return found
