"""Where things lie as a CI server sees them: relative to the repository, which may be above the workspace."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_monorepo.workspace.files import checkouts
from pytest_monorepo.workspace.files.relative import within

_PARSED = re.compile(r'File "(.+)", line (\d+)')


class Place(NamedTuple):
    """``file`` is POSIX and relative to the workspace root, ``line`` counts from 1; ``None``: not known."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line is not None else self.file


def repository_prefix(root: Path, checkout: str | None = None) -> str:
    """What to put before a workspace-relative path to make it relative to the repository; ``""``: nothing.

    The repository is the nearest folder upward that git would take for one, else ``checkout`` (the folder
    that the CI names) where the workspace lies inside it.
    """
    here = Path(os.path.realpath(root))
    top = checkouts.top_of(here) or (Path(os.path.realpath(checkout)) if checkout else here)
    prefix = within(top, here)
    return "" if prefix in (None, ".") else prefix


def in_repository(prefix: str, path: str) -> str:
    """The workspace-relative ``path`` below ``prefix``."""
    return posixpath.normpath(posixpath.join(prefix, path))


def place_of_failure(report: pytest.TestReport | pytest.CollectReport) -> Place:
    """The innermost line of the failure that is in the test's own file, else where the test begins.

    A failure deep in a library belongs to the line of the test that went there.
    """
    location = getattr(report, "location", None)
    file = location[0] if location else report.nodeid.partition("::")[0]
    line = location[1] + 1 if location and location[1] is not None else None
    crash = getattr(report.longrepr, "reprcrash", None)
    trail = getattr(getattr(report.longrepr, "reprtraceback", None), "reprentries", ())
    for entry in reversed(trail):
        place = getattr(entry, "reprfileloc", None)
        if place is not None and place.path == file:
            return Place(file, int(place.lineno))
    if crash is not None and crash.path == file and crash.lineno:
        return Place(file, int(crash.lineno))
    return Place(file, line if line is not None else _line_in_text(report, file))


def place_raised(report: pytest.TestReport | pytest.CollectReport) -> str:
    """``libs/core/core/limits.py:31``, the line that raised; empty where the failure is no traceback."""
    trail = getattr(getattr(report.longrepr, "reprtraceback", None), "reprentries", ())
    last = getattr(trail[-1], "reprfileloc", None) if trail else None
    return f"{last.path}:{last.lineno}" if last is not None else ""


def _line_in_text(report: pytest.TestReport | pytest.CollectReport, file: str) -> int | None:
    """A file that fails to import leaves text only: ``tests/test_x.py:3: in <module>``.

    One that Python cannot parse has the line in the error: ``File "/repo/tests/test_x.py", line 3``.
    """
    for line in reversed(report.longreprtext.splitlines()):
        start = line.removeprefix("E").strip()
        if start.startswith(file + ":"):
            number = start[len(file) + 1 :].partition(":")[0]
            if number.isdigit():
                return int(number)
        parsed = _PARSED.fullmatch(start)
        if parsed is not None and f"/{parsed[1]}".replace("\\", "/").endswith(f"/{file}"):
            return int(parsed[2])
    return None
