"""What objects of installed classes in C keep to themselves: nobody but C knows where in them it stands."""

from __future__ import annotations

import gc
import struct
import sys
import types
import weakref
from typing import Any, Iterator, List, MutableMapping

from ..originals import identity, is_installed, is_module, variables


def keeps_apart(kind: type) -> bool:
    """Whether its objects have room for more than Python shows: a class in C of an installed package.

    pydantic's ``Url`` and msgspec's ``Encoder`` refer to nothing, so one is like another.
    """
    found = _KEEPING.get(kind)
    if found is None:
        found = _KEEPING[kind] = any(map(_has_room, type.__getattribute__(kind, "__mro__")[:-1]))
    return found


_KEEPING: MutableMapping[type, bool] = weakref.WeakKeyDictionary()
_SIZE: Any = vars(type)["__basicsize__"].__get__
_WORD = struct.calcsize("P")


def _has_room(kind: type) -> bool:
    held = type.__getattribute__(kind, "__dict__")
    named = ("__dict__" in held) + ("__weakref__" in held)
    slots = [one for one in held.values() if type(one) is types.MemberDescriptorType]
    shown = named + (len(slots) if "__slots__" in held else 0)
    above = _SIZE(type.__getattribute__(kind, "__base__"))
    return _SIZE(kind) - above > _WORD * shown and _is_installed(kind)


def _is_installed(kind: type) -> bool:
    module = type.__getattribute__(kind, "__module__")
    package = sys.modules.get(module.partition(".")[0]) if isinstance(module, str) else None
    file = variables(package).get("__file__") if is_module(package) else None
    return isinstance(file, str) and is_installed(file)


def by_itself(value: Any) -> List[Any]:
    """Which one it is, and what plain values C shows of it: another may lie where one that has gone did.

    A subclass in Python that holds others (a block of pandas') counts by these.
    """
    if not (is_alone(value) or _has_room(type(value))):
        return []
    return [identity(value), *shown(value)]


def is_alone(value: Any) -> bool:
    """Whether it holds nothing that the collector is told of."""
    return all(one is type(value) for one in gc.get_referents(value))


def shown(value: Any) -> List[Any]:
    """What C tells of an object: plain values of its own, and what it is worth."""
    return [*plain_members(value), _hash_of(value)] if is_alone(value) else plain_members(value)


def plain_members(value: Any) -> List[Any]:
    """Fields of C's own that hold no objects, those hold what the collector is told."""
    kind, found = type(value), []
    if kind not in _SHOWING:
        _SHOWING[kind] = any(map(_is_member, _held_by_all(kind)))
    for one in filter(_is_member, _held_by_all(kind)) if _SHOWING[kind] else ():
        if _is_set(one, value):
            held = one.__get__(value)
            found += [held] if type(held) in (bool, int, float, str) else []
    return found


# not which ones: each leads to its class, which would be there for good
_SHOWING: MutableMapping[type, bool] = weakref.WeakKeyDictionary()


def _held_by_all(kind: type) -> Iterator[Any]:
    for base in type.__getattribute__(kind, "__mro__"):
        yield from type.__getattribute__(base, "__dict__").values()


def _is_member(value: Any) -> bool:
    return type(value) is types.MemberDescriptorType


def _hash_of(value: Any) -> Any:
    """Classes of Python's are not asked."""
    for base in type.__getattribute__(type(value), "__mro__"):
        ask = type.__getattribute__(base, "__dict__").get("__hash__")
        if ask is not None:
            return ask(value) if type(ask) is types.WrapperDescriptorType and base is not object else None
    return None


def _is_set(member: Any, value: Any) -> bool:
    try:
        member.__get__(value)
    except AttributeError:
        return False
    return True
