"""A part of a project whose tests lie outside: they keep their names, and the project its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.worker.plugins.within import Within

_TESTS = """\
import pytest
@pytest.mark.app
@pytest.mark.parametrize("n", [1, 2])
def test_p(n): pass
def test_p2(): pass
class TestC:
    def test_c(self): pass
"""


@pytest.mark.parametrize(
    ("targets", "run"),
    [
        (["tests/x/test_a.py"], ["test_a.py::test_p[1]", "test_a.py::test_p[2]", "test_a.py::test_p2", "C"]),
        (["tests/x/test_a.py::test_p"], ["test_a.py::test_p[1]", "test_a.py::test_p[2]"]),
        (["tests/x/test_a.py::test_p[2]"], ["test_a.py::test_p[2]"]),
        (["tests/x/test_a.py::TestC", "tests/x/b"], ["b/test_b.py::test_b", "C"]),
        (["tests/x/b", "app/test_own.py"], ["test_own.py::test_own", "b/test_b.py::test_b"]),
    ],
)
def test_what_is_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, targets: list[str], run: list[str]
) -> None:
    within, names = _within(pytester, monkeypatch, targets), [n if n != "C" else _METHOD for n in run]
    result = pytester.inline_run("--strict-markers", "-pno:asyncio", plugins=[within])
    passed = [report.nodeid for report in result.listoutcomes()[0]]
    assert sorted(passed) == sorted(names)
    # the broken one beside them is not even imported
    assert result.ret == pytest.ExitCode.OK


_METHOD = "test_a.py::TestC::test_c"


def test_a_test_that_is_not_there(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    within = _within(pytester, monkeypatch, ["tests/x/test_a.py::test_no"])
    result = pytester.inline_run("--strict-markers", "-pno:asyncio", plugins=[within])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def _within(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, targets: list[str]) -> Within:
    ini = "[pytest]\ntestpaths = ../tests/x test_own.py\nmarkers = app\n"
    files = {
        "app/pytest.ini": ini,
        "app/test_own.py": "def test_own(): pass",
        "tests/x/test_a.py": _TESTS,
        "tests/x/b/test_b.py": "def test_b(): pass",
        "tests/x/test_broken.py": "raise SystemError",
    }
    for name, text in files.items():
        path: Path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(pytester.path / "app")
    return Within(str(pytester.path), targets)
