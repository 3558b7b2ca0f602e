"""Options of installed modules, which lie in their dictionaries and objects."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.library.plain import Plain

SOURCE = """
class Options:
    def __init__(self):
        self.width, self.nested = 80, {'a': [{'b': 1}]}
class Lazy:
    def __getattribute__(self, name):
        raise RuntimeError(name)
options, table, lazy, made_cache = Options(), {'x': {'y': 1}}, Lazy(), {'z': {}}
"""
SEEN: dict[str, Callable[[Any], Any]] = {
    "attribute": lambda m: setattr(m.options, "width", 3),
    "new attribute": lambda m: setattr(m.options, "more", 3),
    "nested in an object": lambda m: m.options.nested["a"][0].update(b=2),
    "nested": lambda m: m.table["x"].update(y=2),
    "another kind": lambda m: m.table["x"].update(y=True),
    "behind a proxy": lambda m: object.__getattribute__(m.lazy, "__dict__").update(value=3),
}
QUIET: dict[str, Callable[[Any], Any]] = {
    "equal": lambda m: m.table["x"].update(y=int("1")),
    "cache": lambda m: m.made_cache["z"].update(a=1),
    "no plain value": lambda m: m.table["x"].update(z=object()),
}


@pytest.fixture
def module() -> Any:
    found = types.ModuleType("installed")
    exec(SOURCE, vars(found))
    return found


@pytest.mark.parametrize("name", SEEN)
def test_options_below_the_top_are_seen(module: Any, name: str) -> None:
    plain = Plain(module)
    assert plain.fits()
    SEEN[name](module)
    assert not plain.fits()


@pytest.mark.parametrize("name", QUIET)
def test_what_is_made_on_demand_is_not(module: Any, name: str) -> None:
    plain = Plain(module)
    QUIET[name](module)
    assert plain.fits()
