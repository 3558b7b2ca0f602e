"""Which part of the machine's name ``platform`` was asked for."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from types import ModuleType
from typing import Any

import pytest

from pytest_monorepo.inputs.probes import machine
from pytest_monorepo.inputs.record import values

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 9) or sys.platform == "win32", reason="there the whole name counts"
)


class Seen:
    """In place of a recorder: the facts in the order in which they were seen."""

    listening = True

    def __init__(self) -> None:
        self.facts: list[str] = []

    def see_fact(self, name: str) -> None:
        self.facts.append(name)


@pytest.fixture
def wrapped() -> tuple[ModuleType, Seen]:
    """A ``platform`` of its own."""
    spec = importlib.util.find_spec("platform")
    assert spec is not None
    assert spec.loader is not None
    module, seen = importlib.util.module_from_spec(spec), Seen()
    spec.loader.exec_module(module)
    recorder: Any = seen
    machine.wrap(recorder, module)
    return module, seen


@pytest.mark.parametrize(
    ("function", "fact"),
    [
        ("system", "system"),
        ("machine", "machine"),
        ("node", "uname"),
        ("release", "uname"),
        ("version", "uname"),
        ("uname", "uname"),
        ("platform", "uname"),
    ],
)
def test_the_answer_is_that_of_before_and_what_is_looked_at_is_seen(
    wrapped: tuple[ModuleType, Seen], function: str, fact: str
) -> None:
    module, seen = wrapped
    assert getattr(module, function)() == getattr(platform, function)()
    assert set(seen.facts) == {fact}
    seen.facts.clear()
    getattr(module, function)()  # what the module keeps for itself is seen again
    assert set(seen.facts) == {fact}


def test_who_took_the_function_before_asks_the_system(
    wrapped: tuple[ModuleType, Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    original = os.uname

    def uname() -> os.uname_result:
        asked.append(1)
        return original()

    monkeypatch.setattr(os, "uname", uname)
    spec = importlib.util.find_spec("platform")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before, recorder = module.uname, Seen()
    untyped: Any = recorder
    machine.wrap(untyped, module)
    asked.clear()
    assert before() == platform.uname()
    assert asked


def test_the_facts_are_parts_of_what_the_system_says() -> None:
    assert (values.fact("system"), values.fact("machine")) == (os.uname().sysname, os.uname().machine)
    assert {"system", "machine", "uname"} <= values.FACTS
