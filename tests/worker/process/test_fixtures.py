"""Where pytest need not look for fixtures, and that it finds them all the same."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.fixtures import FixtureManager

from pytest_monorepo.worker.process import fixtures
from tests.worker.test_warming import run


def examples() -> dict[str, tuple[object, bool]]:
    """By kind what a module may have, and whether it is to be searched for fixtures there.

    Not here itself: pytest would warn of those that are wrapped.
    """

    @pytest.fixture
    def fixture() -> None: ...

    def function() -> None: ...

    @functools.wraps(fixture)
    def wrapped() -> None: ...

    @functools.wraps(function)
    def of_a_function() -> None: ...

    def in_a_circle() -> None: ...

    around: Any = wrapped
    vars(in_a_circle)["__wrapped__"] = in_a_circle
    partial = functools.partial(function)
    vars(partial)["__wrapped__"] = fixture

    class Lazy:
        def __getattr__(self, name: str) -> object:
            return getattr(fixture, name)

    return {
        "fixture": (fixture, True),
        "wrapped": (wrapped, True),
        "static": (staticmethod(wrapped), True),
        "of a class": (classmethod(around), True),
        "partial with a fixture": (partial, True),
        "lazy": (Lazy(), True),
        "function": (function, False),
        "of a function": (of_a_function, False),
        "in a circle": (in_a_circle, False),
        "partial": (functools.partial(function), False),
        "class": (Lazy, False),
        "module": (types, False),
        "number": (1, False),
    }


@pytest.mark.parametrize("kind", examples())
def test_what_counts_as_a_fixture(kind: str) -> None:
    value, expected = examples()[kind]
    assert fixtures._is_fixture(value) is expected


_FIXTURE = examples()["fixture"][0]


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[object], Any]]:
    """What is searched for fixtures where the server has known a module ``plug``, by what is given."""
    seen: list[Any] = []

    def pytest_plugin_registered(self: object, plugin: Any, plugin_name: str) -> None:
        seen.append(plugin)

    module = types.ModuleType("plug")
    vars(module).update(fixture=_FIXTURE, function=run, number=1)
    barren = types.ModuleType("barren")
    monkeypatch.setitem(sys.modules, "plug", module)
    monkeypatch.setitem(sys.modules, "barren", barren)
    monkeypatch.setattr(FixtureManager, "pytest_plugin_registered", pytest_plugin_registered)
    undo = fixtures.spare_searches(["plug", "barren"])

    def search(holder: object) -> Any:
        seen.clear()
        patched: Any = FixtureManager.pytest_plugin_registered
        patched(None, holder, "")
        return seen[0] if seen else None

    yield search
    undo()


def names(holder: Any) -> set[str]:
    return {name for name in vars(holder) if name[:1] != "_"}


def test_a_module_is_searched_once(searched: Callable[[object], Any]) -> None:
    found = searched(sys.modules["plug"])
    assert names(found) == {"fixture"}
    assert found.fixture is _FIXTURE
    assert searched(sys.modules["plug"]) is found
    assert searched(sys.modules["barren"]) is None
    other = types.ModuleType("other")
    assert searched(other) is other


@pytest.mark.parametrize(("name", "value"), [("late", _FIXTURE), ("number", _FIXTURE), ("function", 2)])
@pytest.mark.parametrize("module", ["plug", "barren"])
def test_a_module_that_is_another_by_now_is_searched_whole(
    searched: Callable[[object], Any], module: str, name: str, value: object
) -> None:
    setattr(sys.modules[module], name, value)
    assert searched(sys.modules[module]) is sys.modules[module]


@pytest.mark.parametrize("module", ["plug", "barren"])
def test_a_module_in_which_something_has_another_name_is_searched_whole(
    searched: Callable[[object], Any], module: str
) -> None:
    known = vars(sys.modules[module])
    known["renamed"] = known.pop([*known][-1])
    assert searched(sys.modules[module]) is sys.modules[module]


def test_a_module_that_tells_its_names_itself_is_searched_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("lazy")
    vars(module)["__dir__"] = lambda: ["fixture"]
    assert not fixtures._is_plain(module)
    assert not fixtures._is_plain(None)


def test_the_search_is_taken_back() -> None:
    """By the controller, whose process may be somebody's who runs pytest again."""
    before = FixtureManager.pytest_plugin_registered
    undo = fixtures.spare_searches()
    assert FixtureManager.pytest_plugin_registered is not before
    undo()
    assert FixtureManager.pytest_plugin_registered is before


NESTED = """
import sys, pytest
from pytest_monorepo.worker.process import fixtures

class Asking:
    def pytest_configure(self, config):
        from _pytest.fixtures import FixtureManager

        config.add_cleanup(fixtures.search_for_none(config))
        assert FixtureManager.pytest_plugin_registered.__wrapped__, "the method has moved"

    @pytest.hookimpl(trylast=True)
    def pytest_collection(self, session):
        assert pytest.main(["-q", "-p", "no:monorepo", "-p", "no:cacheprovider", "test_a.py"]) == 0
        return True

print(pytest.main(sys.argv[1:], plugins=[Asking()]))
"""


def test_only_the_session_that_collects_nothing_has_no_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(tmp_path, capsys): pass\n")
    assert "1 passed" in run(NESTED, tmp_path)


ASKING = """
import pytest

class Holder:
    @pytest.fixture
    def fixture(self): return 1

def pytest_collection(session):
    session._fixturemanager.parsefactories(Holder(), "")
"""


def test_who_asks_in_an_old_way_is_told_where(tmp_path: Path) -> None:
    """Not that it were ours: filters of warnings may be for the module that asks."""
    (tmp_path / "conftest.py").write_text(ASKING)
    (tmp_path / "test_a.py").write_text("def test_a(fixture): assert fixture == 1\n")
    code = "from pytest_monorepo.worker.process import fixtures; fixtures.spare_searches()\n"
    code += "import pytest, sys; pytest.main(['-p', 'no:monorepo', *sys.argv[1:]])\n"
    told = run(code, tmp_path)
    assert "1 passed" in told
    assert "process/fixtures.py" not in told
