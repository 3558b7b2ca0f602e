"""Messages do what named tuples do, and a default that is a list is another one for each."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from pytest_monorepo.worker.message import NO_DICT, NO_LIST, Message


class Compiled(NamedTuple):
    """Said of it."""

    name: str
    numbers: tuple[int, ...]
    table: dict[str, int] | None = None

    def twice(self) -> str:
        return self.name * 2


class Shared(Message):
    """Said of it."""

    name: str
    numbers: tuple[int, ...]
    table: dict[str, int] | None = None

    def twice(self) -> str:
        return self.name * 2


class Listing(Message):
    names: list[str] = NO_LIST
    table: dict[str, int] = NO_DICT


def _set(cls: Any) -> None:
    cls("a", ()).name = "b"


def _add(cls: Any) -> None:
    cls("a", ()).other = "b"


def _match(cls: Any) -> Any:
    match cls("a", (1,)):
        case (name, numbers, None):
            return name, numbers


CASES: dict[str, Callable[[Any], object]] = {
    "positions": lambda cls: cls("a", (1,), {"b": 1}),
    "names": lambda cls: cls(numbers=(1,), name="a"),
    "both": lambda cls: cls("a", table={"b": 1}, numbers=()),
    "defaults": lambda cls: cls("a", ()),
    "missing": lambda cls: cls("a"),
    "missing by name": lambda cls: cls(name="a", table=None),
    "too many": lambda cls: cls("a", (), {}, "x"),
    "unknown": lambda cls: cls("a", (), other=1),
    "twice": lambda cls: cls("a", (), name="b"),
    "fields": lambda cls: (cls("a", (1,)).name, cls("a", (1,)).numbers, cls("a", (1,)).table),
    "equal": lambda cls: (cls("a", ()) == cls("a", ()), cls("a", ()) == ("a", (), None)),
    "hash": lambda cls: hash(cls("a", ())),
    "unpacked": lambda cls: [*cls("a", ())],
    "set": _set,
    "added": _add,
    "matched": _match,
    "match_args": lambda cls: cls.__match_args__,
    "replaced": lambda cls: cls("a", ())._replace(numbers=(2,)),
    "as a dict": lambda cls: cls("a", ())._asdict(),
    "its fields": lambda cls: (cls._fields, cls._field_defaults),
    "method": lambda cls: cls("ab", ()).twice(),
    "copied": lambda cls: copy.deepcopy(cls("a", (1,), {"b": 2})),
    "pickled": lambda cls: pickle.loads(pickle.dumps(cls("a", (1,), {"b": 2}))),
    "doc": lambda cls: cls.__doc__,
    "annotations": lambda cls: [*cls.__annotations__],
}


def _outcome(case: Callable[[Any], object], cls: type) -> object:
    try:
        return repr(case(cls)).replace(cls.__qualname__, "")
    except (TypeError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("case", CASES)
def test_like_the_standard_library_s(case: str) -> None:
    assert _outcome(CASES[case], Shared) == _outcome(CASES[case], Compiled)


def test_lists_and_dictionaries_are_another_one_each_time() -> None:
    one, other = Listing(), Listing()
    one.names.append("a")
    one.table["b"] = 1
    assert (other.names, other.table, NO_LIST, NO_DICT) == ([], {}, [], {})
    given = ["a"]
    assert Listing(given).names is given
    assert type(one._replace(names=given)) is Listing
