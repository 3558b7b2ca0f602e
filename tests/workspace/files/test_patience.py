from __future__ import annotations

import io
import threading

import pytest

from pytest_monorepo.workspace.files.patience import Patience


class Screen(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal
        self.told = threading.Event()

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        self.told.set()
        return super().write(text)


def test_a_long_wait_says_what_is_read() -> None:
    screen = Screen(terminal=True)
    with Patience(screen, seconds=0.01) as patience:
        patience.at("libs/a/slow.py")
        assert screen.told.wait(600)
    assert "still reading what files import, now libs/a/slow.py" in screen.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_a_short_one_says_nothing_and_leaves_no_thread(terminal: bool) -> None:
    screen, before = Screen(terminal), threading.active_count()
    with Patience(screen, seconds=600) as patience:
        patience.at("libs/a/quick.py")
    assert (screen.getvalue(), threading.active_count()) == ("", before)
