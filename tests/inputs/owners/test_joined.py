"""When nobody need look any more: all files that are still to run are one with a file already."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_monorepo.inputs.owners.joined import ones
from pytest_monorepo.inputs.owners.left import UNLOOKED
from pytest_monorepo.inputs.owners.state import Change
from pytest_monorepo.inputs.owners.turns import Turns
from pytest_monorepo.inputs.probes import after_import
from pytest_monorepo.inputs.record import labels
from pytest_monorepo.inputs.record.asked import FIXTURE, VARIABLE
from pytest_monorepo.inputs.record.recorder import Recorder
from pytest_monorepo.inputs.record.scopes import Scopes

FILES = {"tests/test_a.py": {"tests.test_a"}, "tests/test_b.py": {"tests.test_b"}}


def scopes(**edges: list[str]) -> Scopes:
    """``a`` and ``b`` are the modules of two files."""
    found = Scopes()
    for file in FILES:
        found.begun(file)
    names = {"a": "tests.test_a", "b": "tests.test_b", "file": "tests/test_b.py"}
    found.edges = {names.get(name, name): dict.fromkeys(targets) for name, targets in edges.items()}
    return found


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ({"a": ["app"], "b": ["app"]}, True),
        ({"a": ["app"], "b": ["lib"], "lib": ["app"]}, True),
        ({"a": ["app"], "file": ["app"]}, True),
        ({"a": ["app"]}, False),
        ({"a": ["app"], "b": ["lib"]}, False),
        # whoever imports what is below it has imported it, too
        ({"a": ["app"], "b": ["lib", "app.in.more"], "app.in.more": ["lib"]}, True),
        ({"a": ["app"], "b": ["lib", "apps.more"]}, False),
        # what of it is seen there only the source tells
        ({"a": ["app"], "b": ["app.*"]}, False),
    ],
)
def test_a_module_that_all_files_reach(edges: dict[str, list[str]], expected: bool) -> None:
    assert (ones(Change({"app"}, set()), scopes(**edges), FILES) == {*FILES}) is expected


def test_a_file_whose_module_nobody_knows_is_not_among_them() -> None:
    both = scopes(a=["app"], b=["app"])
    assert ones(Change({"app"}, set()), both, {"tests/test_a.py": {"tests.test_a"}}) == {"tests/test_a.py"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change(set(), {"working directory"}), True),
        (Change(set(), {f"{VARIABLE}HOME", f"{FIXTURE}made"}), False),
        (Change({"lib"}, set()), False),
        # whether it sees them is known at the end
        (Change(set(), set(), {"app": frozenset({"lib"})}), False),
        (Change(set(), set()), False),
    ],
)
def test_what_everybody_can_see(change: Change, expected: bool) -> None:
    assert (ones(change, scopes(a=["app"], b=["app"]), FILES) == {*FILES}) is expected


class Changing:
    """A state in which something is another at each look; ``looks`` counts these."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.looks = 0

    def look(self) -> Change:
        self.looks += 1
        return Change({self.module}, set())

    def begins(self, module: object) -> None:
        raise AssertionError("it is not looked at")


def ran(state: Any, *, whole: bool) -> Turns:
    """Each of the files has run, one after the other."""
    recorder = Recorder()
    recorder.scopes = scopes(a=["app"], b=["app"])
    made = Turns(recorder, state, whole=whole)
    made.held.look()  # what there is of pytest's is not new
    made.modules, made.position = dict(FILES), 0
    for file in FILES:
        made.ran(file, made.runs(file), over=True)
    return made


def test_whoever_comes_later_is_not_looked_at_and_leaves_anything() -> None:
    state = Changing("app")
    made = ran(state, whole=True)
    assert state.looks == 1
    assert [(left.who, left.change.modules, left.change.facets) for left in made.left] == [
        ("tests/test_a.py", {"app"}, set()),
        ("tests/test_b.py", set(), {UNLOOKED}),
    ]
    made.recorder.scopes.begun("tests/test_b.py")
    assert made._otherwise(False) is None
    made._loaded(made)


@pytest.mark.parametrize(("module", "whole"), [("app", False), ("other", True)])
def test_else_each_is_looked_at(module: str, whole: bool) -> None:
    state = Changing(module)
    made = ran(state, whole=whole)
    assert state.looks == 2
    assert [left.change.modules for left in made.left] == [{module}] * 2


def test_what_is_imported_meanwhile_may_have_seen_anything() -> None:
    made = ran(Changing("app"), whole=True)
    made.recorder.loading.taken = lambda: {"late": frozenset({"lib"})}  # type: ignore[method-assign]
    change = made._look()
    assert (change.modules, change.heard) == ({"late"}, {"late"})


@pytest.mark.parametrize("sole", [False, True])
def test_whose_lines_are_is_told_where_there_may_be_several_files(
    monkeypatch: pytest.MonkeyPatch, sole: bool
) -> None:
    """coverage.py writes what it has each time."""
    monkeypatch.setattr(after_import, "hear_test_files", lambda recorder: None)
    told: list[str] = []

    def switch(label: str) -> str:
        told.append(label)
        return ""

    recorder = Recorder()
    recorder.scopes = scopes(a=["app"])
    made = Turns(recorder, Changing("app"), sole=sole)  # type: ignore[arg-type]
    made.label(switch)
    made.collected("tests/test_a.py", made.collects("tests/test_a.py"))
    assert (told == []) is sole
    made.is_divided_after_all()
    made.collects("tests/test_b.py")
    assert told[-1] == labels.of_file("tests/test_b.py")
