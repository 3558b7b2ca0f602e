"""Which functions' defaults and code are another for others, as an audit event tells."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest

from pytest_monorepo.inputs.probes.functions import ATTRIBUTES, SETS, redefined

HEARD: list[str | None] = []
LISTENS: list[bool] = []


def hear(event: str, args: tuple[Any, ...]) -> None:
    if LISTENS and event in SETS and args[1] in ATTRIBUTES:
        HEARD.append(redefined(args[0], sys._getframe(1)))


sys.addaudithook(hear)  # for good: there is no other way


@pytest.fixture(autouse=True)
def _listening() -> Iterator[None]:
    HEARD.clear()
    LISTENS.append(True)
    yield
    LISTENS.clear()


def _set(name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda m: m.setattr(json.dumps, name, value)


def _own(**values: Any) -> types.FunctionType:
    copied = types.FunctionType(json.dumps.__code__, vars(json), "dumps")
    for name, value in values.items():
        setattr(copied, name, value)
    return copied


CHANGES: dict[str, tuple[Callable[[pytest.MonkeyPatch], Any], set[str | None]]] = {
    "defaults": (_set("__defaults__", (1,)), {"json"}),
    "by name": (_set("__kwdefaults__", {"indent": 3}), {"json"}),
    "code": (_set("__code__", json.dumps.__code__.replace(co_name="other")), {"json"}),
    "a method": (lambda m: m.setattr(json.JSONEncoder.encode, "__defaults__", (1,)), {"json.encoder"}),
    "an initializer": (
        lambda m: m.setattr(json.JSONEncoder.__init__, "__kwdefaults__", {}),
        {"json.encoder"},
    ),
    "a copy": (lambda m: _own(__kwdefaults__={"indent": 3}), {None}),
    "a copy of mock": (lambda m: mock.create_autospec(json.dumps), {None}),
    "a class": (lambda m: m.setattr(json.JSONEncoder, "__module__", "x"), set()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_function_is_another_for_who_calls_it(name: str) -> None:
    change, expected = CHANGES[name]
    with pytest.MonkeyPatch.context() as patch:
        change(patch)
    assert set(HEARD) - ({None} if expected != {None} else set()) == expected
