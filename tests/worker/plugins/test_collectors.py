"""Whether pytest's functions that choose are its own: asked again where any is another, or has other code."""

from __future__ import annotations

from types import FunctionType

import _pytest.python
import pytest

from pytest_monorepo.worker.plugins import collectors


def _strange(path: object) -> bool:
    return True


@pytest.fixture(autouse=True)
def _unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collectors, "_UNPATCHED", [[], -1])


def test_another_function_in_the_place_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not collectors.is_patched(0)
    monkeypatch.setattr(_pytest.python, "path_matches_patterns", _strange)
    assert collectors.is_patched(0)
    assert collectors.is_patched(0)
    monkeypatch.undo()
    assert not collectors.is_patched(0)


def test_one_with_other_code_is_found_where_any_was_given_some(monkeypatch: pytest.MonkeyPatch) -> None:
    function = _pytest.python.path_matches_patterns
    assert isinstance(function, FunctionType)
    assert not collectors.is_patched(0)
    monkeypatch.setattr(function, "__code__", _strange.__code__)
    assert collectors.is_patched(1)


def test_nobody_is_asked_again_where_all_are_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not collectors.is_patched(3)
    monkeypatch.setattr(collectors, "_is_pytests_code", lambda function: pytest.fail("asked again"))
    assert not collectors.is_patched(3)
