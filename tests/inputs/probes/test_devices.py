"""What a device is asked for is in no trace; how wide a terminal is that a worker has not is no question."""

from __future__ import annotations

import os
import sys
from typing import Any, cast

import pytest

if sys.platform != "linux":
    pytest.skip("traces were measured on Linux alone", allow_module_level=True)

import fcntl
import pty
import termios

from pytest_monorepo.inputs.probes.audit import Audit
from pytest_monorepo.inputs.record.recorder import Recorder


class Seen(Recorder):
    def __init__(self) -> None:
        super().__init__()
        self.reasons: list[str] = []

    def incomplete(self, reason: str, *args: Any) -> None:
        self.reasons.append(reason)


def reasons(number: int, request: int) -> list[str]:
    seen, children = Seen(), cast(Any, None)
    Audit(seen, children)._handlers["fcntl.ioctl"]((number, request, b"\0" * 8), sys._getframe())
    return seen.reasons


@pytest.fixture
def standard() -> Any:
    """What stands at the number 0 meanwhile."""
    kept = os.dup(0)
    yield lambda number: os.dup2(number, 0)
    os.dup2(kept, 0)
    os.close(kept)


def test_the_size_of_no_terminal_is_no_question(standard: Any) -> None:
    with open(os.devnull) as nothing:
        standard(nothing.fileno())
        assert reasons(0, termios.TIOCGWINSZ) == []
        with pytest.raises(OSError, match="ioctl"):
            fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)


def test_all_else_is(standard: Any) -> None:
    one, other = pty.openpty()
    try:
        assert reasons(one, termios.TIOCGWINSZ) == ["uses fcntl (fcntl.ioctl)"]
        assert reasons(0, termios.FIONREAD) == ["uses fcntl (fcntl.ioctl)"]
        standard(other)
        assert reasons(0, termios.TIOCGWINSZ) == ["uses fcntl (fcntl.ioctl)"]
    finally:
        os.close(one)
        os.close(other)
