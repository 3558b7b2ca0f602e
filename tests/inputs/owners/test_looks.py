"""How often it is looked what is otherwise, where a file imports many modules below what it does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from pytest_monorepo.inputs.owners import looks, turns
from pytest_monorepo.inputs.owners.left import BEFORE_TESTS, UNLOOKED
from pytest_monorepo.inputs.record.loading import NOTHING
from pytest_monorepo.inputs.record.recorder import Recorder


class Same:
    """A state in which nothing is otherwise; ``looks`` counts who has asked, ``cheap`` who hardly."""

    def __init__(self) -> None:
        self.looks = 0
        self.cheap = 0
        self.takes: Callable[[], None] = lambda: None

    def otherwise(self, *, loaded_only: bool, elsewhere: bool, apart: frozenset[str] = NOTHING) -> Any:
        self.looks += not loaded_only
        self.cheap += loaded_only
        self.takes()
        return NOTHING


def imports(count: int, position: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Same, set[str], turns.Turns]:
    """Of so many modules, one after the other: who looked, and which are said to have seen anything."""
    state = Same()
    seen, made = imported(count, state, monkeypatch, position)
    return state, seen, made


def imported(
    count: int, state: Same, monkeypatch: pytest.MonkeyPatch, position: int = 0
) -> tuple[set[str], turns.Turns]:
    recorder = Recorder()
    made = turns.Turns(recorder, state)  # type: ignore[arg-type]
    made.position = position
    recorder.scopes.begun("tests/test_a.py")
    recorder.loading.otherwise = made._otherwise
    for number in range(count):
        module = ModuleType(f"looked_{number}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        recorder.loading.ends(recorder.loading.begins(module))
    return {name for name, what in recorder.loading.taken().items() if what is None}, made


def test_a_hundred_are_looked_at_and_of_the_rest_anything_may_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    state, seen, made = imports(looks.MOST + 30, 0, monkeypatch)
    assert state.looks == looks.MOST
    assert seen == {f"looked_{number}" for number in range(looks.MOST, looks.MOST + 30)}
    # another file has looks of its own
    made.recorder.scopes.begun("tests/test_b.py")
    assert made._otherwise(False) == NOTHING


def test_functions_that_remember_are_looked_at_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    state, _, made = imports(looks.MOST, 0, monkeypatch)
    made.recorder.active = True
    met = [made._met(test_functions_that_remember_are_looked_at_as_often, (), False) for _ in range(101)]
    assert met == [*[{}] * 100, {__name__: None}]
    assert state.looks == 2 * looks.MOST


def test_where_nothing_is_done_there_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    state, seen, _ = imports(looks.MOST + 30, BEFORE_TESTS, monkeypatch)
    assert (state.looks, seen) == (0, set())
    assert state.cheap == looks.MOST + 30


def test_where_looks_take_long_anything_may_be_so_of_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(looks, "_now", lambda: clock[0])
    state = Same()
    state.takes = lambda: clock.__setitem__(0, clock[0] + looks.MOST_SECONDS / 3)
    seen, made = imported(20, state, monkeypatch)
    assert state.looks == 4  # with the one that takes it over the time
    assert len(seen) == 16
    assert made._is_patched() is None
    made.recorder.scopes.begun("tests/test_b.py")
    assert made._otherwise(False) == NOTHING


def test_where_nothing_will_be_kept_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    state = Same()
    seen, made = imported(3, state, monkeypatch)
    assert (state.looks, seen) == (3, set())
    made.vain = True
    made.ran("tests/test_a.py", "", over=True)  # a look at this state would be an error
    [left] = made.left
    made.recorder.scopes.begun("tests/test_b.py")
    assert left.change.facets == {UNLOOKED}
    module = ModuleType("another")
    monkeypatch.setitem(sys.modules, "another", module)
    made.recorder.loading.ends(made.recorder.loading.begins(module))
    assert (state.looks, made.recorder.loading.taken()) == (3, {"another": None})


@pytest.mark.parametrize("reasons", [{}, {"reads natively": None}])
def test_that_nothing_will_be_kept_is_known_from_the_beginning(reasons: dict[str, None]) -> None:
    recorder = Recorder()
    made = turns.Turns(recorder, sole=True)
    recorder.scopes.shared.reasons.update(reasons)
    made.begin(())
    recorder.scopes.shared.reasons["what ends behind the last test has failed"] = None
    assert made.is_settled is bool(reasons)
