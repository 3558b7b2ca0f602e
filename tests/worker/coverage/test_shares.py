"""Whose the measured lines are, taken out of a data file of coverage.py."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import coverage
import pytest

from pytest_monorepo.worker.coverage import shares

FILES = {f"/w/{name}.py": {"": [1, 2], "\x1ffile a": [2, 3], "mine\x1ffile b": [4]} for name in "abcdef"}


class Measured:
    """What :func:`shares.divide` asks of a measurement."""

    def __init__(self, path: Path, *, branch: bool) -> None:
        shares.write(str(path), branch, [_executed(branch)])
        self.data = coverage.CoverageData(basename=str(path))
        self.data.read()

    def get_data(self) -> coverage.CoverageData:
        return self.data


def _executed(branch: bool) -> dict[str, dict[str, list[Any]]]:
    return {
        path: {name: [(line, line + 1) for line in lines] if branch else lines for name, lines in one.items()}
        for path, one in FILES.items()
    }


@pytest.mark.parametrize("branch", [False, True])
def test_it_opens_the_file_a_few_times_however_many_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, branch: bool
) -> None:
    """And not once for each file and label."""
    measured = Measured(tmp_path / "data", branch=branch)
    opened: list[str] = []
    connect = sqlite3.connect

    def counted(*args: Any, **kwargs: Any) -> Any:
        opened.append("")
        return connect(*args, **kwargs)

    monkeypatch.setattr(sqlite3, "connect", counted)
    name = shares.divide(measured, str(tmp_path), [])
    assert len(opened) < len(FILES)
    told = json.loads((tmp_path / name).read_text())["labels"]
    assert {label: len(files) for label, files in told.items()} == {"": 6, "file a": 6, "file b": 6}
    assert {context for files in told.values() for one in files.values() for context in one} == {"", "mine"}
    left = coverage.CoverageData(basename=str(tmp_path / "data"))
    left.read()
    assert left.measured_contexts() == {"", "mine"}
    assert {path: sorted(left.lines(path) or ()) for path in FILES} == {
        path: [1, 2, 3, 4, 5] if branch else [1, 2, 3, 4] for path in FILES
    }


@pytest.mark.parametrize("told", [False, True])
def test_a_file_in_which_nobody_was_told_apart_is_left_as_it_is(tmp_path: Path, told: bool) -> None:
    """Where all is one test file's: contexts of the user may look like anything."""
    path, lines = tmp_path / "data", {"/w/a.py": {"": [1], "mine|": [2]}}
    shares.write(str(path), False, [lines])
    before = path.stat().st_ino
    measured = Measured.__new__(Measured)
    measured.data = coverage.CoverageData(basename=str(path))
    measured.data.read()
    name = shares.divide(measured, str(tmp_path), ["/w/b.py"], told=told)
    assert json.loads((tmp_path / name).read_text())["labels"] == {"": lines}
    assert (path.stat().st_ino == before) == (not told)
    left = coverage.CoverageData(basename=str(path))
    left.read()
    assert left.measured_contexts() == {"", "mine|"}
