"""Which files are other projects', and that coverage.py is asked where we think it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import coverage
import pytest

from pytest_monorepo.worker.coverage.neighbours import Neighbours, widen


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("libs/b/src/b.py", True),
        ("shared/util.pyw", True),
        ("libs/a/src/a.py", False),
        ("libs/a/inner/i.py", True),
        ("libs/a/innermost.py", False),
        ("libs/ab/x.py", True),
        ("libs/b/page.html", False),
        ("env/lib/python3.11/site-packages/third.py", False),
        ("usr/lib/python3/dist-packages/third.py", False),
        ("../elsewhere/x.py", False),
    ],
)
def test_code_of_others(tmp_path: Path, path: str, expected: bool) -> None:
    root = os.path.realpath(tmp_path)
    found = Neighbours(root, os.path.join(root, "libs/a"), [os.path.join(root, "libs/a/inner")])

    assert found.hold(os.path.normpath(os.path.join(root, path))) is expected


def test_coverage_asks_what_is_widened(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "mine.py").write_text("X = 1\n")
    (tmp_path / "b" / "theirs.py").write_text("Y = 2\n")
    cov = coverage.Coverage(data_file=None, config_file=False, source=[str(tmp_path / "a")])
    found = Neighbours(str(tmp_path), str(tmp_path / "a"), [])
    widen(cov, found)
    theirs, before = os.path.realpath(tmp_path / "b" / "theirs.py"), sys.gettrace()
    cov.start()
    try:
        for folder, name in (("a", "mine"), ("b", "theirs")):
            path = os.path.realpath(tmp_path / folder / f"{name}.py")
            exec(compile(Path(path).read_text(), path, "exec"), {"__name__": name, "__file__": path})
    finally:
        cov.stop()
        sys.settrace(before)

    data = cov.get_data()
    assert {os.path.basename(path): data.lines(path) for path in data.measured_files()} == {
        "mine.py": [1],
        "theirs.py": [1],
    }
    assert found.seen == {theirs}
