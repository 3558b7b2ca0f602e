"""Names along which pytest and ``mock`` walk: if these functions become others, this fails."""

from __future__ import annotations

import builtins
import importlib
import pkgutil
import sys
from typing import Any
from unittest import mock

import pytest

from pytest_monorepo.inputs.owners.names.dotted import walked

NAME = "json.decoder.JSONDecoder"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is said of each import that is made by name: in which of two ways depends on Python and pytest."""
    found: list[Any] = []
    original, plain = importlib.import_module, builtins.__import__

    def import_module(name: str, package: str | None = None) -> Any:
        found.append(walked(sys._getframe(1)))
        return original(name, package)

    def import_(name: str, *args: Any, **kwargs: Any) -> Any:
        # code that imports by a statement is no matter here
        if (seen := walked(sys._getframe(1))) is not None:
            found.append(seen)
        return plain(name, *args, **kwargs)

    monkeypatch.setattr(importlib, "import_module", import_module)
    monkeypatch.setattr(builtins, "__import__", import_)
    return found


def test_a_patch_by_name_sees_what_the_name_leads_along(heard: list[Any]) -> None:
    with mock.patch(NAME):
        pass
    assert heard
    assert set(map(tuple, heard)) == {("json", "json.decoder", NAME)}


def test_monkeypatch_sees_what_the_name_leads_along(heard: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NAME, None)
    assert heard
    assert set(map(tuple, heard)) == {("json", "json.decoder", NAME)}


def test_who_is_given_the_package_may_look_further(heard: list[Any]) -> None:
    pkgutil.resolve_name("json.decoder")
    assert heard
    assert set(heard) == {None}


def test_code_that_is_no_walker_is_none() -> None:
    assert walked(sys._getframe()) is None
