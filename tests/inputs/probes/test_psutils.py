"""What psutil may ask for while it is imported, and which of its functions say that they ask the system."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

import pytest

from pytest_monorepo.inputs.probes import natives, psutils


class Told:
    """In place of a recorder: why its trace would not be complete."""

    listening = True

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def incomplete(self, reason: str) -> None:
        self.reasons.append(reason)


@pytest.mark.parametrize("name", psutils.MODULES)
def test_its_compiled_modules_are_trusted_where_they_are_installed(name: str) -> None:
    path = f"{name.replace('.', '/')}.abi3.so"
    assert natives.complaint(name, f"/env/lib/python3.12/site-packages/{path}") is None
    assert natives.complaint(name, f"/repo/libs/a/{path}") is not None


def test_a_function_that_asks_the_system_says_so_each_time_and_answers_as_before() -> None:
    told: Any = Told()
    module: Any = ModuleType("psutil._psutil_linux")
    module.users, module.set_debug, module.Error, module.version = len, abs, ValueError, 722
    psutils.wrap(told, module)
    assert module.users("ab") == 2
    assert module.users("abc") == 3
    assert told.reasons == ["calls psutil's users"] * 2
    told.listening = False
    assert module.users("") == 0
    assert len(told.reasons) == 2
    assert (module.set_debug, module.Error, module.version) == (abs, ValueError, 722)


def test_each_function_that_the_installed_one_has_says_so_but_those_that_ask_nobody() -> None:
    original = pytest.importorskip("psutil._psutil_linux")
    told: Any = Told()
    module: Any = ModuleType("psutil._psutil_linux")
    vars(module).update({name: value for name, value in vars(original).items() if not name.startswith("__")})
    psutils.wrap(told, module)
    functions = {
        name for name, value in vars(module).items() if callable(value) and not isinstance(value, type)
    }
    silent = {name for name in functions if getattr(module, name) is getattr(original, name)}
    assert functions - silent
    assert silent <= {"check_pid_range", "getpagesize", "set_debug"}


_ASKS = """
asks = lambda: asking(frame(1))
def helper():
    return asks()
imported = helper()
"""


def _asked(name: str, path: str) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": name, "frame": sys._getframe}
    space["asking"] = lambda frame: (
        psutils.begins_to_count(path, frame),
        psutils.of_any_process(path, frame),
    )
    exec(_ASKS, space)
    return space


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("psutil", "/proc/stat", True),
        ("psutil._pslinux", "/proc/stat", True),
        ("psutil", "/proc/meminfo", False),
        ("app.psutil", "/proc/stat", False),
        ("app", "/proc/stat", False),
    ],
)
def test_what_processors_have_done_counts_only_once_it_is_imported(
    name: str, path: str, expected: bool
) -> None:
    space = _asked(name, path)
    assert space["imported"][0] is expected
    assert space["helper"]()[0] is False


def test_what_its_own_process_has_there_is_asked_of_any_while_it_is_imported() -> None:
    own = f"/proc/{os.getpid()}/smaps"
    space = _asked("psutil._pslinux", own)
    assert space["imported"][1] == "/proc/1/smaps"
    assert space["helper"]()[1] == own
    for path in (f"/proc/{os.getpid()}1/smaps", "/repo/smaps"):
        assert _asked("psutil._pslinux", path)["imported"][1] == path
    assert _asked("app", own)["imported"][1] == own
