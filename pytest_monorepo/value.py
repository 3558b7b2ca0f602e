"""Dataclasses that cost little to define: for those that every run loads and of which it makes few.

``dataclasses`` writes six functions for each class and compiles them, 0.5 to 1.5 ms for one of many fields.
Those here are the same for all classes; objects behave alike, and so do ``dataclasses.replace`` and
``fields``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["value"]

T = TypeVar("T")

if TYPE_CHECKING:
    # what type checkers are to take it for
    from dataclasses import dataclass as value
else:

    def value(*, frozen: bool) -> Callable[[type[T]], type[T]]:
        """In place of ``dataclass(frozen=…)``."""

        def made(cls: type[T]) -> type[T]:
            found = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
            fields = dataclasses.fields(found)
            found._names = tuple(field.name for field in fields)
            found._known = frozenset(found._names)
            found._compared = tuple(field.name for field in fields if field.compare)
            found._shown = tuple(field.name for field in fields if field.repr)
            found._defaults = {
                field.name: field.default for field in fields if field.default is not dataclasses.MISSING
            }
            found._factories = {
                field.name: field.default_factory
                for field in fields
                if field.default_factory is not dataclasses.MISSING
            }
            found._after = getattr(found, "__post_init__", None)
            for name, function in (_METHODS | _FROZEN if frozen else _METHODS).items():
                setattr(found, name, function)
            return found

        return made


def _init(self: Any, *args: object, **named: object) -> None:
    values = {**self._defaults, **dict(zip(self._names, args, strict=False)), **named}
    for name, factory in self._factories.items():
        if name not in values:
            values[name] = factory()
    twice = args and not named.keys().isdisjoint(self._names[: len(args)])
    if twice or len(args) > len(self._names) or values.keys() != self._known:
        raise TypeError(f"{type(self).__name__} takes {', '.join(self._names)}, not {args}, {named}")
    self.__dict__.update(values)
    if self._after is not None:
        self._after()


def _told(self: Any) -> tuple[object, ...]:
    values = self.__dict__
    return tuple([values[name] for name in self._compared])


def _eq(self: Any, other: object) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return _told(self) == _told(other)


def _hash(self: Any) -> int:
    return hash(_told(self))


def _repr(self: Any) -> str:
    return (
        f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._shown)})"
    )


def _set(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


_METHODS = {
    "__init__": _init,
    "__eq__": _eq,
    "__repr__": _repr,
    # what can be changed cannot be a key
    "__hash__": None,
}
_FROZEN = {"__hash__": _hash, "__setattr__": _set, "__delattr__": _delete}
