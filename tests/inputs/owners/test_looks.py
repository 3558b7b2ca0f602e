"""How often it is looked what is otherwise, where a file imports many modules below what it does."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from pytest_monorepo.inputs.owners import turns
from pytest_monorepo.inputs.record.loading import NOTHING
from pytest_monorepo.inputs.record.recorder import Recorder


class Same:
    """A state in which nothing is otherwise; ``looks`` counts who has asked, ``cheap`` who hardly."""

    def __init__(self) -> None:
        self.looks = 0
        self.cheap = 0

    def otherwise(self, *, loaded_only: bool, elsewhere: bool) -> Any:
        self.looks += not loaded_only
        self.cheap += loaded_only
        return NOTHING


def imports(count: int, position: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Same, set[str], turns.Turns]:
    """Of so many modules, one after the other: who looked, and which are said to have seen anything."""
    recorder, state = Recorder(), Same()
    made = turns.Turns(recorder, state)  # type: ignore[arg-type]
    made.position = position
    recorder.scopes.begun("tests/test_a.py")
    recorder.loading.otherwise = made._otherwise
    for number in range(count):
        module = ModuleType(f"looked_{number}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        recorder.loading.ends(recorder.loading.begins(module))
    return state, {name for name, what in recorder.loading.taken().items() if what is None}, made


def test_a_hundred_are_looked_at_and_of_the_rest_anything_may_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    state, seen, made = imports(turns.MOST_LOOKS + 30, 0, monkeypatch)
    assert state.looks == turns.MOST_LOOKS
    assert seen == {f"looked_{number}" for number in range(turns.MOST_LOOKS, turns.MOST_LOOKS + 30)}
    # another file has looks of its own
    made.recorder.scopes.begun("tests/test_b.py")
    assert made._otherwise(False) == NOTHING


def test_where_nothing_is_done_there_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    state, seen, _ = imports(turns.MOST_LOOKS + 30, turns.BEFORE_TESTS, monkeypatch)
    assert (state.looks, seen) == (0, set())
    assert state.cheap == turns.MOST_LOOKS + 30
