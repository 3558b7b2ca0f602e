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
        # whatever its name
        (["tests/x/checks.py", "app/test_own.py"], ["test_own.py::test_own", "checks.py::test_check"]),
        (["tests/x/checks.py::test_check"], ["checks.py::test_check"]),
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


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("tests/x/test_a.py::test_no", pytest.ExitCode.USAGE_ERROR),
        ("tests/x/checks.py::test_no", pytest.ExitCode.USAGE_ERROR),
        # nothing of it beside what passes would look like a pass
        ("tests/x/build/test_built.py", pytest.ExitCode.USAGE_ERROR),
        ("tests/x/build/test_built.py::test_it", pytest.ExitCode.USAGE_ERROR),
        ("tests/x/empty.py", pytest.ExitCode.OK),
        ("tests/x/test_left.py", pytest.ExitCode.OK),
    ],
)
def test_what_cannot_be_run_as_asked(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, target: str, code: pytest.ExitCode
) -> None:
    within = _within(pytester, monkeypatch, ["tests/x/b", target])
    words = ("--strict-markers", "-pno:asyncio", f"--ignore={pytester.path / 'tests/x/test_left.py'}")
    assert pytester.inline_run(*words, plugins=[within]).ret == code


def test_packages_on_the_way_are_collected(tmp_path: Path) -> None:
    """pytest before 8.0 sets up a package where it has collected its ``__init__.py``."""
    within = Within(str(tmp_path), ["x/b/test_b.py::test_b"])
    ignored = {
        name: within.pytest_ignore_collect(tmp_path / name)
        for name in ("x/__init__.py", "x/b/__init__.py", "x/c/__init__.py", "x/b/test_b.py", "x/b/test_c.py")
    }
    assert list(ignored.values()) == [None, None, True, None, True]


def _within(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, targets: list[str]) -> Within:
    ini = "[pytest]\ntestpaths = ../tests/x test_own.py\nmarkers = app\n"
    files = {
        "app/pytest.ini": ini,
        "app/test_own.py": "def test_own(): pass",
        "tests/x/test_a.py": _TESTS,
        "tests/x/b/test_b.py": "def test_b(): pass",
        "tests/x/test_broken.py": "raise SystemError",
        "tests/x/checks.py": "def test_check(): pass",
        "tests/x/empty.py": "",
        "tests/x/test_left.py": "raise SystemError",
        "tests/x/build/test_built.py": "def test_it(): pass",
    }
    for name, text in files.items():
        path: Path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(pytester.path / "app")
    return Within(str(pytester.path), targets)
