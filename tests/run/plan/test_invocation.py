"""Which words are paths, which go to the workers."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from pytest_monorepo.run.plan.invocation import for_workers, split


def parse(words: list[str]) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-k")
    parser.add_argument("-x", action="store_true")
    parser.add_argument("--affected", nargs="?")
    parser.add_argument("file_or_dir", nargs="*")
    found: list[str] = parser.parse_known_intermixed_args(words)[0].file_or_dir
    return found


@pytest.mark.parametrize(
    ("words", "options", "targets"),
    [
        ([], [], []),
        (["libs"], [], ["libs"]),
        (["-k", "a or b", "libs/x.py::t[a b]", "-x"], ["-k", "a or b", "-x"], ["libs/x.py::t[a b]"]),
        (["-k", "libs", "libs"], ["-k", "libs"], ["libs"]),
        (["libs", "-k", "libs"], ["-k", "libs"], ["libs"]),
        (["libs", "libs"], [], ["libs", "libs"]),
        (["--affected", "main"], ["--affected", "main"], []),
        (["-x", "--", "libs"], ["-x"], ["libs"]),
    ],
)
def test_split(words: list[str], options: list[str], targets: list[str]) -> None:
    assert split(words, parse) == (options, targets)


def test_arguments_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "args"
    file.write_text("-k\nname\nlibs/x.py\n")
    assert split([f"@{file}"], parse) == (["-k", "name"], ["libs/x.py"])


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["-v", "-k", "x y", "--tb=short"], ["-v", "-k", "x y", "--tb=short"]),
        (["--monorepo", "--workers", "4", "--project=libs/*", "-q"], ["-q"]),
        (["-n", "auto", "--dist", "loadfile", "-x"], ["-x"]),
        (["-n4"], []),
        (["--rootdir=/w", "-c", "x.ini", "--basetemp", "t", "--junitxml=j.xml"], []),
        (["--cov", "--cov-report=term", "--cov-fail-under", "90", "-v"], ["-v"]),
        (["--cov=libs", "--lf"], ["--lf"]),
        (["--sw", "--ff"], ["--ff"]),
        (["-p", "no:randomly", "-W", "error", "-o", "xfail_strict=1"],) * 2,
    ],
)
def test_words_for_workers(words: list[str], left: list[str]) -> None:
    assert list(for_workers(words).words) == left


def test_what_is_relative_to_the_controllers_folder_is_kept_apart() -> None:
    found = for_workers(["--deselect", "a::b", "--ignore=x", "--ignore-glob", "*_y.py", "--confcutdir=z"])
    assert (found.words, found.deselect, found.ignore) == ((), ("a::b",), ("x",))
    assert (found.ignore_glob, found.confcutdir) == (("*_y.py",), "z")
