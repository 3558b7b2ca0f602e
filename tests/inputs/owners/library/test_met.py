"""What of all that is otherwise for a while a function that remembers is said to have seen."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.library import met
from pytest_monorepo.inputs.owners.names.said import LOGGERS
from pytest_monorepo.inputs.record.asked import SAID
from pytest_monorepo.inputs.record.scopes import Scopes

ASKS = "log.isEnabledFor(10)"
BOX = frozenset(["box"])
LEVELS = frozenset([f"{SAID}{LOGGERS}"])
# the module's text, what it is given, what is otherwise, what is seen by whom
ROWS: dict[str, tuple[str, str, Any, Any]] = {
    "nothing": ("", "plain", frozenset(), {}),
    "it is not known": ("", "plain", None, {"lib": None}),
    "a module": ("", "plain", BOX, {"lib": BOX}),
    "a module, by what it is given": ("", "own", BOX, {"lib": BOX, "app": BOX}),
    "a module, by a function it is given": ("", "function", BOX, {"lib": BOX, "app": BOX}),
    "a setting it does not ask for": ("", "plain", LEVELS, {}),
    "a setting it asks for": (ASKS, "plain", LEVELS, {"lib": None}),
    "a module beside a setting": ("", "plain", LEVELS | BOX, {"lib": BOX}),
}


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    app = types.ModuleType("app")
    app.__file__ = str(tmp_path / "app.py")
    monkeypatch.setitem(sys.modules, "app", app)
    exec("class Own: pass\ndef function(): pass", vars(app))
    return {"plain": "a", "own": vars(app)["Own"](), "function": vars(app)["function"]}


@pytest.mark.parametrize("name", ROWS)
def test_who_has_seen_it(
    name: str, given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, arg, found, seen = ROWS[name]
    lib = types.ModuleType("lib")
    lib.__file__ = str(tmp_path / "site-packages" / "lib.py")
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "lib.py").write_text(text)
    monkeypatch.setitem(sys.modules, "lib", lib)
    assert met.by("lib", (given[arg],), found, Scopes(str(tmp_path))) == seen


def test_the_folder_counts_only_where_it_is_asked_for() -> None:
    assert met.PLACE in met.of_nothing(False)
    assert met.PLACE not in met.of_nothing(True)
