"""What only says that it is a module."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from pytest_monorepo.inputs import callers, originals
from pytest_monorepo.inputs.owners.glance import Functions, Outline
from pytest_monorepo.inputs.owners.names import below
from pytest_monorepo.inputs.probes.imports import preloaded
from pytest_monorepo.inputs.record.recorder import Recorder


class _Says:
    """As a library of cffi (2.0), which stands among ``sys.modules``."""

    __class__ = types.ModuleType  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        raise ImportError(name)


class _NotYet:
    """As a proxy without what it stands for."""

    @property
    def __class__(self) -> Any:
        raise RuntimeError("not yet")

    @__class__.setter
    def __class__(self, value: Any) -> None:
        raise RuntimeError("never")


IMPOSTORS: dict[str, Callable[[], Any]] = {
    "a library of cffi": _Says,
    "a proxy": _NotYet,
    "a mock of a module": lambda: mock.Mock(spec=types.ModuleType),
    "a mock of a class": lambda: mock.Mock(spec=type),
    "nothing": lambda: None,
    "a number": lambda: 3,
}
"""Made in the test: pytest 8.0 asks a parameter for its ``__class__``."""


@pytest.mark.parametrize("kind", IMPOSTORS)
class TestImpostors:
    def test_it_is_no_module_and_no_class(self, kind: str) -> None:
        value = IMPOSTORS[kind]()
        assert not originals.is_module(value)
        assert not originals.is_class(value)

    @pytest.mark.parametrize("name", ["__spec__", "__dict__", "__path__"])
    def test_its_attributes_are_asked_for_without_an_error(self, kind: str, name: str) -> None:
        value = IMPOSTORS[kind]()
        originals.attribute(value, name)

    def test_it_can_stand_among_the_modules(self, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        value = IMPOSTORS[kind]()
        monkeypatch.setitem(sys.modules, "impostor", value)
        recorder = Recorder()
        recorder.begin([], "", {})
        preloaded(recorder)
        assert "impostor" in recorder.preloaded
        assert callers.loaded("impostor") is None

    def test_it_can_be_held_by_a_module(self, kind: str) -> None:
        value = IMPOSTORS[kind]()
        module = types.ModuleType("holder")
        vars(module)["held"] = value
        assert Outline(module).fits(module)
        Functions().begins("holder", module)
        assert below.resolved("holder.held", {"holder": module}) == "holder.held"
