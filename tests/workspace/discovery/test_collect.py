"""Where a project's pytest starts and what it collects by name; what is not collected does not run."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pytest_monorepo.workspace.discovery.collect import collect, start_points
from pytest_monorepo.workspace.model import PytestSettings
from tests.workspace.trees import TEST, look, named, running

FILES = (
    "a/src/p/x.py",
    "a/tests/test_x.py",
    "a/tests/deep/test_y.py",
    "a/other/test_z.py",
)


def settings(addopts: str = "", **more: object) -> PytestSettings:
    values: dict[str, object] = {"inifile": "a/pytest.ini", "rootdir": "a", "testpaths": ("other",), **more}
    return PytestSettings(addopts=tuple(shlex.split(addopts)), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("addopts", "starts"),
    [
        ("", ["a/other"]),
        ("tests", ["a/tests"]),
        ("tests/", ["a/tests"]),
        ("./tests", ["a/tests"]),
        ("tests other", ["a/tests", "a/other"]),
        ("tests/deep/test_y.py", ["a/tests/deep/test_y.py"]),
        ("tests/deep/test_y.py::test", ["a/tests/deep/test_y.py"]),
        ("missing", ["a/other"]),
        # behind options without a value
        *(
            (f"{flag} tests", ["a/tests"])
            for flag in (
                "-q",
                "-vv",
                "-x -s",
                "-rA",
                "-nauto",
                "-n4",
                "--strict-markers",
                "--pdb",
                "--lf",
                "--sw",
            )
        ),
        *(
            (f"{flag} tests", ["a/tests"])
            for flag in ("--cov-branch", "--no-cov", "--runxfail", "--tb=short")
        ),
        # behind an option with its value in one word
        *(
            (f"{word} tests", ["a/tests"])
            for word in ("-Werror", "-pno:x", "-kname", "-mslow", "-oxfail_strict=1")
        ),
        # behind an option's value
        *((f"{words} tests", ["a/tests"]) for words in ("-n 4", "-p no:x", "-m 'not slow'", "--tb short")),
        ("--cov-report term tests", ["a/tests"]),
        ("--cov=src tests", ["a/tests"]),
        ("--cov src tests", ["a/tests"]),
        # the value of an option is no place to start from
        *(
            (f"{option} tests", ["a/other"])
            for option in ("--cov", "-k", "-m", "-c", "-p", "-W", "--rootdir")
        ),
        *(
            (f"{option} tests", ["a/other"])
            for option in ("--ignore", "--deselect", "--basetemp", "--unknown")
        ),
        ("--cov src", ["a/other"]),
        ("--cov src --cov-report term", ["a/other"]),
        ("-q --cov src -x", ["a/other"]),
    ],
)
def test_where_pytest_starts(addopts: str, starts: list[str]) -> None:
    assert list(start_points("a", FILES, settings(addopts))) == starts


@pytest.mark.parametrize(
    ("testpaths", "starts"),
    [
        ((), ["a"]),
        (("tests",), ["a/tests"]),
        (("./tests/",), ["a/tests"]),
        (("tests", "other"), ["a/tests", "a/other"]),
        (("tests", "tests"), ["a/tests"]),
        (("t*",), ["a/tests"]),
        (("tests/*",), ["a/tests/deep", "a/tests/test_x.py"]),
        (("**/deep",), ["a/tests/deep"]),
        (("tests/test_x.py",), ["a/tests/test_x.py"]),
        (("missing",), ["a"]),
        (("missing", "tests"), ["a/tests"]),
        (("mis*ing",), ["a"]),
    ],
)
def test_testpaths(testpaths: tuple[str, ...], starts: list[str]) -> None:
    assert list(start_points("a", FILES, settings(testpaths=testpaths))) == starts
    assert start_points("a", FILES, settings(testpaths=testpaths, rootdir=".")) == ("a",)


def test_a_test_path_may_lie_in_a_nested_project() -> None:
    others = {"a/nested/tests", "a/nested/tests/test_n.py"}
    for testpaths in (("nested/tests",), ("nested/*",)):
        assert start_points("a", FILES, settings(testpaths=testpaths), others)[0] == "a/nested/tests"


@pytest.mark.parametrize(
    ("addopts", "more", "left"),
    [
        ("", {}, ["tests/test_x.py", "tests/deep/test_y.py", "other/test_z.py"]),
        ("--ignore=tests", {}, ["other/test_z.py"]),
        ("--ignore tests/deep --ignore=other", {}, ["tests/test_x.py"]),
        ("--ignore-glob=*/deep", {}, ["tests/test_x.py", "other/test_z.py"]),
        ("--ignore-glob '*_y.py'", {}, ["tests/test_x.py", "other/test_z.py"]),
        ("", {"python_files": ("x.py",)}, ["src/p/x.py"]),
        ("", {"python_files": ("p/*.py",)}, ["src/p/x.py"]),
        ("", {"norecursedirs": ("deep", "other")}, ["tests/test_x.py"]),
        ("", {"norecursedirs": ("tests/deep",)}, ["tests/test_x.py", "other/test_z.py"]),
        ("tests/deep", {"norecursedirs": ("deep",)}, ["tests/deep/test_y.py"]),
    ],
)
def test_what_is_collected(addopts: str, more: dict[str, object], left: list[str]) -> None:
    found = collect("a", FILES, settings(addopts, testpaths=(), **more))
    assert list(found.tests) == [f"a/{path}" for path in left]


@pytest.mark.parametrize(
    "addopts", ["--cov pkg", "--cov pkg --cov-report term", "-q --cov pkg", "--cov tests"]
)
def test_a_project_that_measures_a_folder_of_its_own_runs_all_the_same(tmp_path: Path, addopts: str) -> None:
    text = named("a", f'[tool.pytest.ini_options]\naddopts = "{addopts}"\n')
    files = {"a/pyproject.toml": text, "a/pkg/__init__.py": "", "a/tests/test_a.py": TEST}
    assert running(look(tmp_path, files)) == {"a": ("tests/test_a.py",)}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", "[tool.pytest.ini_options]\n{} = ['docs/guide.{}']\n"),
        ("pytest.ini", "[pytest]\n{} = docs/guide.{}\n"),
        ("tox.ini", "[pytest]\n{} = docs/guide.{}\n"),
        ("setup.cfg", "[tool:pytest]\n{} = docs/guide.{}\n"),
    ],
)
@pytest.mark.parametrize("key", ["testpaths", "addopts"])
@pytest.mark.parametrize("suffix", ["rst", "txt"])
def test_a_text_that_is_named_is_the_test_of_its_project(
    tmp_path: Path, file: str, text: str, key: str, suffix: str
) -> None:
    guide = f"docs/guide.{suffix}"
    files = {"a/pyproject.toml": named("a"), f"a/{guide}": ">>> 1\n1\n"}
    given = text.format(key, suffix)
    files[f"a/{file}"] = files.get(f"a/{file}", "") + given
    assert running(look(tmp_path, files)) == {"a": (guide,)}
    (tmp_path / "a" / guide).write_text("no example\n")
    assert running(look(tmp_path, {})) == {}
