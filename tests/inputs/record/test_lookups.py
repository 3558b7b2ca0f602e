"""What would have been found in a folder of all that is loaded: in one question as in many."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_monorepo.inputs.probes import imports
from pytest_monorepo.inputs.record.recorder import Recorder

NAMES = ("plain", "package", "bare", "native", "file", "missing", "plai", "plain_too")


@pytest.fixture
def folder(tmp_path: Path) -> str:
    for name in (
        "plain.py",
        "plain.pyi",
        "package/__init__.py",
        "native.cpython-311-x.so",
        "bare/x.txt",
        "file",
    ):
        path = tmp_path / "there" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return str(tmp_path / "there")


def recorder() -> Recorder:
    made = Recorder()
    made.suffixes = [".cpython-311-x.so", ".py", ".pyc"]
    return made


def test_only_what_has_come_is_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """To touch a module that a fork shares with its server copies the page that it lies in."""
    asked: list[str] = []
    modules = {name: ModuleType(name) for name in "abcd"}
    monkeypatch.setattr(sys, "modules", modules)
    monkeypatch.setattr(imports, "_startup", lambda recorder, path: None)
    monkeypatch.setattr(imports, "_origin", lambda module: asked.append(module.__name__))
    made = recorder()
    steps: list[tuple[Callable[[], object], str]] = [
        (lambda: None, "abcd"),
        (lambda: None, ""),
        (lambda: modules.update(e=ModuleType("e"), f=ModuleType("f")), "ef"),
        (lambda: (modules.pop("a"), modules.update(g=ModuleType("g"))), "g"),
        # the last one is another, behind one that is new
        (
            lambda: (
                modules.pop("b"),
                modules.pop("g"),
                modules.update(h=ModuleType("h"), g=ModuleType("g")),
            ),
            "h",
        ),
    ]
    for step, expected in steps:
        step()
        imports.preloaded(made)
        assert "".join(asked) == expected
        asked.clear()


@pytest.mark.parametrize("there", ["there", "there/plain.py", "nowhere"])
def test_one_question_answers_what_many_would(folder: str, there: str) -> None:
    place = str(Path(folder).parent / there)
    one, many = recorder(), recorder()
    one.see_lookups(place, NAMES)
    for name in NAMES:
        many.see_lookup(place, name, None)
    assert one.scopes.shared.lookups == many.scopes.shared.lookups
    if there == "there":
        found = one.scopes.shared.lookups[place]
        assert (found["plain"], found["package"]) == (["plain.py"], ["package/.py"])
        assert (found["native"], found["plai"]) == (["native.cpython-311-x.so"], [])


def known_before(made: Recorder, place: str) -> dict[str, Any]:
    made.scopes.shared.lookups[place] = {"plain": ["as it was"]}
    return made.scopes.shared.lookups


def test_what_is_known_stays_and_the_tests_own_is_left_out(folder: str) -> None:
    made = recorder()
    lookups = known_before(made, folder)
    made.see_lookups(folder, NAMES)
    assert lookups[folder]["plain"] == ["as it was"]
    own = recorder()
    own.made.surely([folder])
    own.see_lookups(folder, NAMES)
    assert not own.scopes.shared.lookups.get(folder)
