"""Which fixtures that files share may ask for others by their names: their users have the inputs of all."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.fixtures import Users
from pytest_monorepo.inputs.record.scopes import Scopes
from pytest_monorepo.inputs.record.section import Section


def option(request: Any) -> Any:
    return request.config.getoption("x") or request.param


def ends(request: Any, other: Any) -> Any:
    request.addfinalizer(other.close)
    return other


def asks(request: Any) -> Any:
    return request.getfixturevalue("x")


def as_faker_does(request: Any) -> Any:
    if "x" in request.fixturenames:
        return request.getfixturevalue("x")
    return request.config


def asks_for_any(request: Any) -> Any:
    return request.getfixturevalue("x" + request.param)


def asks_for_one_of(request: Any) -> Any:
    return request.getfixturevalue("x" if request.param else "y")


def asks_for_all(request: Any) -> Any:
    return [request.getfixturevalue(name) for name in request.fixturenames]


def adds(request: Any) -> None:
    request.fixturenames.append("x")


def asks_later(request: Any) -> Any:
    return request.getfixturevalue


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
        *((asks, False), (as_faker_does, False), (asks_for_any, True), (asks_for_one_of, True)),
        *(
            (asks_for_all, True),
            (asks_later, True),
            (adds, True),
            (hands_on, True),
            (renames, True),
            (keeps, True),
            (through_the_node, True),
        ),
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


@pytest.mark.parametrize("function", [asks, as_faker_does])
def test_who_uses_a_fixture_that_asks_for_another_by_its_name_uses_that(function: Callable[..., Any]) -> None:
    users, scopes = Users(), Scopes()
    for name in ("x", "y", "of x"):
        scopes.of_fixtures[name] = Section()
    for file in ("one", "two", "three"):
        scopes.files[file] = Section()
    users.uses("outer", "one")
    users.uses("x", "two")
    users.uses("y", "three")
    users.sets_up("asking", function, ["request"])
    users.sets_up("outer", option, ["asking"])
    users.sets_up("x", option, ["of x"])
    found = [files for files, _ in users.sections(scopes)]
    assert found == [["one", "two"], ["three"], ["one", "two"]]
