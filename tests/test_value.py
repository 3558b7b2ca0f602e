"""Dataclasses that are not compiled behave as those that are."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest

from pytest_monorepo.value import value


@dataclass(frozen=True)
class Compiled:
    """One of the standard library's."""

    name: str
    numbers: tuple[int, ...] = ()
    table: dict[str, int] = field(default_factory=dict, compare=False)
    hidden: str = field(default="x", repr=False, compare=False)

    @cached_property
    def twice(self) -> str:
        return self.name * 2


@dataclass
class CompiledAfter:
    """One that can change, and sees to itself once it is made."""

    name: str
    steps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.steps.append(self.name)


@value(frozen=False)
class PlainAfter:
    """The same, as ours makes it."""

    name: str
    steps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.steps.append(self.name)


@value(frozen=True)
class Plain:
    """The same, as ours makes it."""

    name: str
    numbers: tuple[int, ...] = ()
    table: dict[str, int] = field(default_factory=dict, compare=False)
    hidden: str = field(default="x", repr=False, compare=False)

    @cached_property
    def twice(self) -> str:
        return self.name * 2


def _set(cls: Any) -> object:
    one = cls("a")
    one.name = "b"
    return one


def _delete(cls: Any) -> object:
    one = cls("a")
    del one.name
    return one


CASES: dict[str, Callable[[Any], object]] = {
    "positions": lambda cls: cls("a", (1,)),
    "names": lambda cls: cls(numbers=(1,), name="a"),
    "both": lambda cls: cls("a", table={"b": 1}),
    "defaults": lambda cls: (cls("a").numbers, cls("a").table, cls("a").hidden),
    "factories make another each time": lambda cls: cls("a").table is cls("a").table,
    "missing": lambda cls: cls(),
    "too many": lambda cls: cls("a", (), {}, "x", "y"),
    "unknown": lambda cls: cls("a", other=1),
    "unknown for a missing one": lambda cls: cls(other="a"),
    "twice": lambda cls: cls("a", name="b"),
    "equal": lambda cls: cls("a", (1,), {"b": 1}, "c") == cls("a", (1,)),
    "other": lambda cls: cls("a") == cls("b"),
    "of another kind": lambda cls: cls("a") == ("a", ()),
    "hash": lambda cls: hash(cls("a", (1,))),
    "in a set": lambda cls: len({cls("a"), cls("a"), cls("b")}),
    "set": _set,
    "deleted": _delete,
    "cached": lambda cls: cls("ab").twice,
    "replaced": lambda cls: dataclasses.replace(cls("a", (1,)), name="b"),
    "as a dict": lambda cls: dataclasses.asdict(cls("a")),
    "fields": lambda cls: [(one.name, one.compare, one.repr) for one in dataclasses.fields(cls)],
    "copied": lambda cls: copy.deepcopy(cls("a", (1,), {"b": 2})),
    "pickled": lambda cls: pickle.loads(pickle.dumps(cls("a", (1,), {"b": 2}, "c"))).hidden,
    "matched": lambda cls: cls.__match_args__,
}


def _outcome(case: Callable[[Any], object], cls: type) -> object:
    try:
        return repr(case(cls)).replace(cls.__qualname__, "")
    except (TypeError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("case", CASES)
def test_like_the_standard_library_s(case: str) -> None:
    assert _outcome(CASES[case], Plain) == _outcome(CASES[case], Compiled)


CHANGING: dict[str, Callable[[Any], object]] = {
    "after": lambda cls: cls("a"),
    "set": lambda cls: _set(cls),
    "hash": lambda cls: hash(cls("a")),
    "equal": lambda cls: cls("a") == cls("a"),
    "replaced": lambda cls: dataclasses.replace(cls("a"), name="b"),
}


@pytest.mark.parametrize("case", CHANGING)
def test_what_can_change_too(case: str) -> None:
    assert _outcome(CHANGING[case], PlainAfter) == _outcome(CHANGING[case], CompiledAfter)
