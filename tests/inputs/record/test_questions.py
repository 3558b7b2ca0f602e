"""What git is asked again, and what becomes of a git that does not answer."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from pytest_monorepo.inputs.record import questions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="git is a script here")
STATUS = f"{questions.ANSWER}git status --porcelain"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a script that stands for git may write."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "told"


def script(told: Path, text: str) -> None:
    program = told.parent / "git"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def test_git_waits_for_no_terminal_no_lock_and_no_daemon(told: Path) -> None:
    script(told, f'printf "%s\\n" "$*" $GIT_TERMINAL_PROMPT $GIT_OPTIONAL_LOCKS > {told}')
    assert questions.answer(STATUS, str(told.parent)) is not None
    assert told.read_text().splitlines() == ["-c core.fsmonitor=false status --porcelain", "0", "0"]


def test_what_does_not_come_in_time_is_never_the_same(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is anybody waited for who has its streams and goes on."""
    script(told, f"sleep 3600 &\necho $! >> {told}\nwait")
    monkeypatch.setattr(questions, "_PATIENCE", 0.5)
    try:
        first, second = (questions.answer(STATUS, str(told.parent)) for _ in range(2))
    finally:
        for number in told.read_text().split() if told.exists() else ():
            os.kill(int(number), signal.SIGKILL)
    assert first is not None
    assert first != second


def test_without_git_there_is_no_answer(tmp_path: Path) -> None:
    assert questions.answer(STATUS, str(tmp_path), {"PATH": str(tmp_path)}) is None
