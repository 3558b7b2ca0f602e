"""What is completed late is the dataclass that ``dataclasses`` makes, whichever way it is met first."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import threading
from collections.abc import Callable
from dataclasses import KW_ONLY, InitVar, field
from typing import Any, ClassVar

import pytest

from pytest_monorepo.worker import late


def _made(dataclass: Callable[..., Any]) -> dict[str, Any]:
    @dataclass(frozen=True)
    class Frozen:
        name: str
        size: int = 3
        rest: list[int] = field(default_factory=list, compare=False)

        def doubled(self) -> int:
            return self.size * 2

    @dataclass
    class Open:
        name: str
        rest: list[int] = field(default_factory=list)

    @dataclass(frozen=True)
    class Own:
        """Has methods of its own."""

        name: str

        def __repr__(self) -> str:
            return "mine"

        def __eq__(self, other: object) -> bool:
            return True

    @dataclass
    class Odd:
        name: InitVar[str]
        known: ClassVar[int] = 1
        size: int = field(default=2, init=False)
        said: str = field(default="s")

        def __post_init__(self, name: str) -> None:
            self.size += len(name)

    @dataclass
    class Named:
        first: int
        _: KW_ONLY
        second: int = 2

    @dataclass
    class After:
        name: str

        def __post_init__(self) -> None:
            self.name += "!"

    @dataclass
    class Empty:
        pass

    @dataclass(frozen=True)
    class Heir(Frozen):
        more: str = "m"

    class Plain(Frozen):
        pass

    return {one.__name__: one for one in (Frozen, Open, Own, Odd, Named, After, Empty, Heir, Plain)}


def _failing(call: Callable[[], object]) -> str:
    with pytest.raises((TypeError, AttributeError)) as caught:
        call()
    return f"{type(caught.value).__name__}: {caught.value}"


def _changed(made: Any) -> object:
    made.name = "b"
    return repr(made)


def _matched(kind: Any, made: Any) -> object:
    match made:
        case kind(name, [first]):
            return name, first
    return None


def _unmade(kind: Any, **values: object) -> Any:
    """As pickle makes one: without ``__init__``."""
    made = kind.__new__(kind)
    made.__dict__.update(values)
    return made


FIRST: dict[str, Callable[[dict[str, Any]], object]] = {
    "an object": lambda made: repr(made["Frozen"]("a", rest=[1])),
    "its value": lambda made: made["Frozen"]("a").doubled(),
    "a default of the class": lambda made: made["Frozen"].size,
    "equality": lambda made: (made["Open"]("a") == made["Open"]("a"), made["Open"]("a") == made["Open"]("b")),
    "equality with another": lambda made: made["Frozen"]("a") == made["Heir"]("a"),
    "a field left out": lambda made: made["Frozen"]("a", rest=[1]) == made["Frozen"]("a"),
    "a hash": lambda made: hash(made["Frozen"]("a")) == hash(("a", 3)),
    "no hash": lambda made: _failing(lambda: hash(made["Open"]("a"))),
    "no hash of what pickle makes": lambda made: _failing(
        lambda: hash(_unmade(made["Open"], name="a", rest=[]))
    ),
    "a value set": lambda made: _failing(lambda: setattr(made["Frozen"]("a"), "name", "b")),
    "a value set of what pickle makes": lambda made: _failing(
        lambda: setattr(_unmade(made["Frozen"], name="a"), "name", "b")
    ),
    "a value taken away": lambda made: _failing(lambda: delattr(_unmade(made["Frozen"], name="a"), "name")),
    "a value that is none": lambda made: _failing(lambda: setattr(made["Frozen"]("a"), "other", "b")),
    "too few values": lambda made: _failing(lambda: made["Frozen"]()),
    "too many values": lambda made: _failing(lambda: made["Open"]("a", [1], 2)),
    "a value twice": lambda made: _failing(lambda: made["Open"]("a", name="b")),
    "an unknown value": lambda made: _failing(lambda: made["Open"]("a", other="b")),
    "values by name": lambda made: vars(made["Frozen"](rest=[1], name="a")),
    "lists of their own": lambda made: made["Open"]("a").rest is made["Open"]("b").rest,
    "several objects": lambda made: [vars(made["Open"](str(i))) for i in range(5)],
    "old and new objects": lambda made: len({made["Frozen"](str(i // 2)) for i in range(5)}),
    "an object that changes": lambda made: _changed(made["Open"]("a")),
    "what init is told beside": lambda made: (repr(made["Odd"]("abc")), made["Odd"]("a", "t").said),
    "what init is not told": lambda made: _failing(lambda: made["Odd"]("abc", size=4)),
    "by name only": lambda made: (repr(made["Named"](1, second=3)), _failing(lambda: made["Named"](1, 3))),
    "what comes after": lambda made: [made["After"]("a").name for _ in range(3)],
    "what comes after, of a copy": lambda made: dataclasses.replace(made["After"]("a")).name,
    "nothing": lambda made: (repr(made["Empty"]()), made["Empty"]() == made["Empty"]()),
    "a pattern": lambda made: _matched(made["Open"], made["Open"]("a", [1])),
    "its fields": lambda made: [one.name for one in dataclasses.fields(made["Frozen"])],
    "whether it is one": lambda made: [dataclasses.is_dataclass(one) for one in made.values()],
    "a copy with another value": lambda made: repr(dataclasses.replace(made["Heir"]("a"), size=5)),
    "plain values": lambda made: dataclasses.asdict(made["Plain"]("a")),
    "an heir": lambda made: repr(made["Heir"]("a", 1, [2], "n")),
    "an heir that is none": lambda made: (repr(made["Plain"]("a")), len(dataclasses.fields(made["Plain"]))),
    "methods of its own": lambda made: (repr(made["Own"]("a")), made["Own"]("a") == 5),
    "a hash beside an equality of its own": lambda made: hash(_unmade(made["Own"], name="a")) == hash(("a",)),
    "what match looks at": lambda made: made["Frozen"]("a").__match_args__,
    "a deep copy": lambda made: repr(copy.deepcopy(made["Open"]("a", [1]))),
    "the names of a class": lambda made: [(one.__name__, one.__qualname__) for one in made.values()],
}


@pytest.mark.parametrize("first", FIRST)
def test_it_is_what_dataclasses_makes(first: str) -> None:
    assert FIRST[first](_made(late.dataclass)) == FIRST[first](_made(dataclasses.dataclass))


@late.dataclass(frozen=True)
class Told:
    name: str


def test_it_is_pickled_by_its_name() -> None:
    assert pickle.loads(pickle.dumps(Told("a"))) == Told("a")


def test_all_are_completed_at_once() -> None:
    made = _made(late.dataclass)
    late.complete()
    assert "__init__" in vars(made["Frozen"])
    assert "__eq__" in vars(made["Open"])


def test_threads_make_the_first_objects_together() -> None:
    for _ in range(50):
        made, gate = _made(late.dataclass)["Frozen"], threading.Barrier(4)
        found: list[bool] = []

        def make(made: Any = made, gate: Any = gate, found: Any = found) -> None:
            gate.wait()
            found.append(made("a") == made("a"))

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [True] * 4


@pytest.mark.parametrize("objects", range(4))
def test_what_few_objects_are_made_of_is_not_compiled(objects: int) -> None:
    kind = _made(late.dataclass)["Open"]
    for _ in range(objects):
        kind("a")
    assert ("__init__" in vars(kind)) is (objects > 2)
