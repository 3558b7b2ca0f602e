"""A report that could not be written, on a full disk for one: a line says so, and the run is no pass."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_monorepo import writing
from pytest_monorepo.errors import MonorepoError, one_line

if TYPE_CHECKING:
    import sqlite3

_GOOD = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def errors() -> tuple[type[OSError], type[sqlite3.Error]]:
    """What is raised where nothing can be written, to be asked for once something is."""
    import sqlite3  # coverage.py passes on what it says while it makes a new data file

    return OSError, sqlite3.Error


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
