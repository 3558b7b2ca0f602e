"""Who may ask the system for its limits, so that what is kept depends on none of them."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from pytest_monorepo.inputs import originals
from pytest_monorepo.inputs.probes import system
from pytest_monorepo.inputs.probes.system import asks_for_limits
from pytest_monorepo.inputs.record import values


@pytest.mark.parametrize(
    ("name", "allowed"), [("pympler.asizeof", True), ("multiprocessing.util", True), ("app.sizes", False)]
)
def test_who_asks_while_it_is_imported(name: str, allowed: bool) -> None:
    space = {"__name__": name, "asks": asks_for_limits, "frame": sys._getframe}
    exec("allowed = asks(frame())\ndef later(): return asks(frame())", space)
    assert space["allowed"] is allowed
    assert eval("later()", space) is False


class Told:
    """In place of a recorder: what was noted, and why its trace would not be complete."""

    listening = True

    def __init__(self) -> None:
        self.facts: list[str] = []
        self.seen: list[tuple[str, str]] = []
        self.reasons: list[str] = []

    def see_fact(self, name: str) -> None:
        self.facts.append(name)

    def see_now(self, kind: str, path: str) -> None:
        self.seen.append((kind, path))

    def incomplete(self, reason: str) -> None:
        self.reasons.append(reason)


@pytest.mark.parametrize(
    ("name", "facts", "reasons"),
    [
        ("SC_NPROCESSORS_ONLN", ["os.sysconf('SC_NPROCESSORS_ONLN')"], []),
        ("SC_AVPHYS_PAGES", [], ["calls os.sysconf"]),
        (0, [], ["calls os.sysconf"]),
    ],
)
def test_what_is_set_is_a_fact_and_what_changes_is_not_kept(
    name: str | int, facts: list[str], reasons: list[str]
) -> None:
    told: Any = Told()
    asked: list[str | int] = []

    def original(one: str | int) -> int:
        asked.append(one)
        return 7

    assert system._limits(told, original)(name) == 7
    assert (told.facts, told.reasons, asked) == (facts, reasons, [name])


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="this system has no such limits")
def test_a_fact_is_what_the_system_says_and_none_where_it_knows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    fact = values.limit("SC_PAGE_SIZE")
    assert values.fact(fact) == os.sysconf("SC_PAGE_SIZE")
    monkeypatch.setattr(originals, "sysconf", lambda name: os.sysconf("SC_NO_SUCH"))
    assert values.fact(fact) is None


@pytest.mark.parametrize(
    ("path", "name", "seen", "reasons"),
    [
        ("/", "PC_NAME_MAX", [("os.pathconf PC_NAME_MAX", "/")], []),
        (b"/a", "PC_PATH_MAX", [("os.pathconf PC_PATH_MAX", "/a")], []),
        ("/", "PC_ASYNC_IO", [], ["calls os.pathconf"]),
        ("/", 3, [], ["calls os.pathconf"]),
        (0, "PC_PIPE_BUF", [], ["calls os.pathconf"]),
    ],
)
def test_limits_of_a_path_are_inputs_by_their_values(
    path: str | bytes | int, name: str | int, seen: list[tuple[str, str]], reasons: list[str]
) -> None:
    told: Any = Told()
    assert system._limits_of_path(told, lambda *asked: asked)(path, name) == (path, name)
    assert (told.seen, told.reasons) == (seen, reasons)


@pytest.mark.skipif(not hasattr(os, "pathconf"), reason="this system has no such limits")
def test_a_limit_of_a_path_is_what_the_system_says() -> None:
    assert values.now(values.path_limit("PC_NAME_MAX"), "/") == os.pathconf("/", "PC_NAME_MAX")
