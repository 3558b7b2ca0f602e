"""Named tuples that cost little to define, for what crosses the wall.

``typing.NamedTuple`` compiles a function for each class and what is written of each field, 0.06 ms a class,
and a dataclass of many fields takes 2: controller, fork server and every spawned worker define forty of them.
Those here share what they can do. A default that is a list or a dictionary is another one for each message.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

__all__ = ["NO_DICT", "NO_LIST", "Message"]

NO_LIST: List[Any] = []
NO_DICT: Dict[str, Any] = {}

if TYPE_CHECKING:
    # what type checkers are to take it for
    from typing import NamedTuple as Message
else:

    class _Kind(type):
        def __new__(mcs, name: str, bases: Tuple[type, ...], space: Dict[str, Any]) -> Any:
            fields = tuple(space.get("__annotations__", ()))
            defaults = {field: space[field] for field in fields if field in space}
            space.update({field: property(itemgetter(place)) for place, field in enumerate(fields)})
            lists = tuple(field for field, value in defaults.items() if isinstance(value, (list, dict)))
            own = {"_fields": fields, "_field_defaults": defaults, "_lists": lists, "__match_args__": fields}
            return super().__new__(mcs, name, bases, {**space, **own, "__slots__": ()})

    class Message(tuple, metaclass=_Kind):
        """In place of ``NamedTuple``; objects behave alike."""

        def __new__(cls, *args: Any, **named: Any) -> Any:
            fields = cls._fields
            if named or len(args) != len(fields):
                args = cls._completed(args, named)
            return tuple.__new__(cls, args)

        @classmethod
        def _completed(cls, args: Tuple[Any, ...], named: Dict[str, Any]) -> Tuple[Any, ...]:
            given = dict(zip(cls._fields, args))  # noqa: B905 - Python 3.8
            given.update(named)
            twice = len(given) < len(args) + len(named)
            values = {**cls._field_defaults, **given}
            if twice or values.keys() != set(cls._fields):
                raise TypeError(f"{cls.__name__} takes {', '.join(cls._fields)}, not {args}, {named}")
            for field in cls._lists:
                if field not in given:
                    values[field] = values[field].copy()
            return tuple([values[field] for field in cls._fields])

        def __getnewargs__(self) -> Tuple[Any, ...]:
            return tuple(self)

        def _replace(self, **named: Any) -> Any:
            return type(self)(**{**self._asdict(), **named})

        def _asdict(self) -> Dict[str, Any]:
            return dict(zip(self._fields, self))  # noqa: B905 - Python 3.8

        def __repr__(self) -> str:
            values = ", ".join(f"{field}={value!r}" for field, value in self._asdict().items())
            return f"{type(self).__name__}({values})"
