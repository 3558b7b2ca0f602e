"""Which fixtures that files share may ask for others by their names: their users have the inputs of all."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.fixtures import Users


def option(request: Any) -> Any:
    return request.config.getoption("x") or request.param


def ends(request: Any, other: Any) -> Any:
    request.addfinalizer(other.close)
    return other


def asks(request: Any) -> Any:
    return request.getfixturevalue("x")


def hands_on(request: Any, other: Any) -> Any:
    return other(request).config


def renames(request: Any) -> Any:
    given = request
    return given.config


def keeps(request: Any) -> Any:
    return lambda: request.config


def through_the_node(request: Any) -> Any:
    return request.node.config


def by_locals(request: Any) -> Any:
    return locals()["request"]


@functools.wraps(option)
def wrapped(*args: Any) -> Any:
    return option(*args)


def in_pytest(request: Any) -> Any:
    return request.getfixturevalue("x")


in_pytest.__module__ = "_pytest.tmpdir"


@pytest.mark.parametrize(
    ("function", "asking"),
    [
        *((option, False), (ends, False), (in_pytest, False)),
        *((asks, True), (hands_on, True), (renames, True), (keeps, True), (through_the_node, True)),
        *((by_locals, True), (wrapped, True), (functools.partial(option), True)),
    ],
)
def test_who_does_more_with_the_request_than_ask_for_settings(
    function: Callable[..., Any], asking: bool
) -> None:
    users = Users()
    users.sets_up("one", function, ["request"])
    assert users.asking == ({"one"} if asking else set())
    users = Users()
    users.sets_up("one", function, ["other"])
    assert not users.asking
