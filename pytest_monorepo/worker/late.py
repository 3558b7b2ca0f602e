"""Dataclasses whose methods are compiled when the first object is made, since a run makes none of most.

``dataclasses.dataclass`` compiles up to six functions a class, which takes 0.2 to 0.5 ms (Python before 3.13
calls ``exec`` for each): half of what it cost to load the two hundred classes of a small run. What comes out
is a dataclass all the same: whoever asks for its fields completes it.
"""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING, Any, Dict, Optional

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: Optional[type] = None, *, frozen: bool = False) -> Any:
        """As :func:`dataclasses.dataclass`, which has more options than classes of ours need here.

        A method must not say ``super()`` without arguments: it would mean the class as it was written.
        """
        return _late(cls, frozen) if cls is not None else lambda given: _late(given, frozen)


# by it dataclasses itself knows its own, from 3.7 on: is_dataclass, fields, replace and asdict look it up
_FIELDS = "__dataclass_fields__"
_PENDING: Dict[type, bool] = {}  # and whether it is frozen
_LOCK = threading.RLock()  # a class is completed within one that inherits from it


class _Fields:
    """In the place of a class' fields."""

    def __get__(self, instance: object, cls: type) -> Any:
        if cls in (_Late, _LateFrozen):
            raise AttributeError(_FIELDS)
        _complete(cls)
        return getattr(cls, _FIELDS)


class _Late:
    """What a class has until it is completed; inherited, so that no thread ever finds it with neither."""

    __slots__ = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _completed(self).__init__(*args, **kwargs)

    def __repr__(self) -> str:
        return str(_completed(self).__repr__())

    def __eq__(self, other: object) -> Any:
        return _completed(self).__eq__(other)

    __hash__: Any = None  # as of whatever can change and compares by value


class _LateFrozen(_Late):
    __slots__ = ()

    def __hash__(self) -> int:
        return int(_completed(self).__hash__())

    def __setattr__(self, name: str, value: object) -> None:
        _completed(self).__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        _completed(self).__delattr__(name)


setattr(_Late, _FIELDS, _Fields())


def _late(cls: Any, frozen: bool) -> Any:
    if cls.__bases__ != (object,) or "__eq__" in vars(cls):  # with which goes the hash
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
                if one.__doc__ is None:
                    one.__doc__ = (
                        one.__name__
                    )  # else its signature is asked for, which takes the longest of all
                dataclasses.dataclass(frozen=frozen)(one)


def complete() -> None:
    """All that is loaded by now: where somebody would note what is compiled later."""
    for cls in list(_PENDING):
        _complete(cls)


def is_late(cls: type) -> bool:
    """Whether it was made by :func:`dataclass` here, completed or not."""
    return issubclass(cls, _Late)
