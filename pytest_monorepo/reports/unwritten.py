"""A report that could not be written, on a full disk for one: a line says so, and the run is no pass."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from pytest_monorepo import writing
from pytest_monorepo.errors import MonorepoError, one_line

# coverage.py passes on what sqlite says while it makes a new data file
UNWRITTEN = (OSError, sqlite3.Error)

_GOOD = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def mark(session: pytest.Session) -> None:
    """Let a run that would pass end with 4: somebody waits for what was not written."""
    if session.exitstatus in _GOOD:
        session.exitstatus = pytest.ExitCode.USAGE_ERROR


def refused(option: str, error: OSError) -> MonorepoError:
    """Told before anything runs; ``option`` with its value, as typed."""
    return MonorepoError(
        f"{option}: cannot be written: {error.strerror}; name a file in a folder that is there"
    )


def told(option: str, error: object) -> str:
    """Told at the end; ``option`` with its value, as typed."""
    return f"{option}: not written: {one_line(error)}"


def remove(path: str) -> None:
    """Take away a file of which only a part could be written; who reads it would take it for whole."""
    with contextlib.suppress(OSError):
        if os.path.isfile(path) and not writing.is_stream(Path(path)):
            os.unlink(path)
