"""Dataclasses whose methods are compiled when the first object is made, since a run makes none of most.

``dataclasses.dataclass`` compiles up to six functions a class, which takes 0.2 to 0.5 ms (Python before 3.13
calls ``exec`` for each): half of what it cost to load the two hundred classes of a small run. What comes out
is a dataclass all the same: whoever asks for its fields completes it.
"""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING, Any, Dict, Optional, Sequence

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: Optional[type] = None, *, frozen: bool = False) -> Any:
        """As :func:`dataclasses.dataclass`, which has more options than classes of ours need here.

        A method must not say ``super()`` without arguments: it would mean the class as it was written.
        """
        return _late(cls, frozen) if cls is not None else lambda given: _late(given, frozen)


_PENDING: Dict[type, bool] = {}  # and whether it is frozen
_OBJECTS: Dict[type, int] = {}
_FEW = 2  # settings, a plan, a report: of most classes a run makes one object, for which nothing is compiled
_LOCK = threading.RLock()  # a class is completed within one that inherits from it


class _Asked:
    """In the place of what dataclasses gives a class: who asks for it completes the class."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, cls: type) -> Any:
        if cls in (_Late, _LateFrozen):
            raise AttributeError(self.name)
        _complete(cls)
        return getattr(cls, self.name)


class _Late:
    """What a class has until it is completed; inherited, so that no thread ever finds it with neither."""

    __slots__ = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cls = type(self)
        count = _OBJECTS[cls] = _OBJECTS.get(cls, 0) + 1
        values = _values(cls, args, kwargs) if count <= _FEW and cls in _PENDING else None
        if values is None:
            _completed(self).__init__(*args, **kwargs)
            return
        vars(self).update(values)
        finish = getattr(self, "__post_init__", None)
        if finish is not None:
            finish()

    def __repr__(self) -> str:
        return str(_completed(self).__repr__())

    def __eq__(self, other: object) -> Any:
        return _completed(self).__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as of whatever can change and compares by value


class _LateFrozen(_Late):
    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return int(_completed(self).__hash__())

    def __setattr__(self, name: str, value: object) -> None:
        _completed(self).__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        _completed(self).__delattr__(name)


# by it dataclasses itself knows its own, from 3.7 on: is_dataclass, fields, replace and asdict look it up
_FIELDS = "__dataclass_fields__"
for _name in (_FIELDS, "__match_args__"):
    setattr(_Late, _name, _Asked(_name))


def _values(cls: type, args: Sequence[Any], given: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """What ``__init__`` would set; ``None`` where it would complain, or is to do more than that."""
    kinds = getattr(cls, "__annotations__", {})
    if any(map(_is_other, kinds.values(), map(vars(cls).get, kinds))):
        return None
    values = dict(zip(kinds, args))  # noqa: B905 - strict= is Python 3.10's
    if len(values) < len(args) or not given.keys() <= kinds.keys() - values.keys():
        return None
    for name in kinds:
        if name not in values:
            values[name] = given[name] if name in given else _default(cls, name)
            if values[name] is dataclasses.MISSING:
                return None
    return values


def _default(cls: type, name: str) -> Any:
    value = vars(cls).get(name, dataclasses.MISSING)
    if not isinstance(value, dataclasses.Field):
        return value
    return value.default if value.default_factory is dataclasses.MISSING else value.default_factory()


def _is_other(kind: object, default: object) -> bool:
    """Whether it is no field, or not one that is given by position or name."""
    others = ("ClassVar", "InitVar", "KW_ONLY", "typing.", "dataclasses.")
    return str(kind).startswith(others) or (isinstance(default, dataclasses.Field) and not default.init)


def _late(cls: Any, frozen: bool) -> Any:
    # an equality of its own takes the hash away
    plain = cls.__bases__ == (object,) and not {"__eq__", "__init__"} & vars(cls).keys()
    if not plain:
        return dataclasses.dataclass(frozen=frozen)(cls)
    names = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    names["__qualname__"] = cls.__qualname__
    late = type(cls.__name__, (_LateFrozen if frozen else _Late,), names)
    _PENDING[late] = frozen
    return late


def _completed(instance: Any) -> Any:
    _complete(type(instance))
    return instance


def _complete(cls: type) -> None:
    with _LOCK:
        for one in cls.__mro__:
            if one in _PENDING:
                frozen = _PENDING.pop(one)
                # else dataclasses writes the signature there, which takes the longest of all
                one.__doc__ = one.__doc__ or one.__name__
                dataclasses.dataclass(frozen=frozen)(one)


def complete() -> None:
    """All that is loaded by now: where somebody would note what is compiled later."""
    for cls in list(_PENDING):
        _complete(cls)


def is_late(cls: type) -> bool:
    """Whether it was made by :func:`dataclass` here, completed or not."""
    return issubclass(cls, _Late) or _FIELDS in vars(cls)
