"""Source roots of other projects bring no tests along, and everything else."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_monorepo.worker.process.guarding import Guarded, entry, looks_like_tests


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, True) for name in ("test", "tests", "conftest", "test_a", "a_test", "test_", "_test")),
        *(
            (name, False)
            for name in ("testing", "tester", "contest", "a_tests", "latest", "conftests", "t", "")
        ),
    ],
)
def test_what_looks_like_tests(name: str, expected: bool) -> None:
    assert looks_like_tests(name) is expected


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    for path in (
        "tests/__init__.py",
        "test_a.py",
        "conftest.py",
        "core/__init__.py",
        "core/tests/__init__.py",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    yield tmp_path
    for known in (str(tmp_path), os.path.join(tmp_path, ".")):
        sys.path_importer_cache.pop(known, None)


def test_a_folder_with_tests_is_put_on_the_path_under_another_name(folder: Path) -> None:
    guarded = entry(str(folder), ())
    assert guarded != str(folder)
    assert os.path.samefile(guarded, folder)
    assert isinstance(sys.path_importer_cache[guarded], Guarded)


@pytest.mark.parametrize("names", [(), ("core",), ("core", "setup.py", "README.md", "latest.py")])
def test_one_without_stays_as_it_is(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).mkdir()
    assert entry(str(tmp_path), ()) == str(tmp_path)


def test_one_that_is_not_there_stays_as_it_is(tmp_path: Path) -> None:
    assert entry(str(tmp_path / "missing"), ()) == str(tmp_path / "missing")


@pytest.mark.parametrize(
    ("but", "found"),
    [
        ((), {"core", "core.tests"}),
        (("tests",), {"core", "core.tests", "tests"}),
        (("tests", "test_a", "conftest"), {"core", "core.tests", "tests", "test_a", "conftest"}),
    ],
)
def test_what_is_found_there(folder: Path, but: tuple[str, ...], found: set[str]) -> None:
    importlib.invalidate_caches()
    guarded, inside = Guarded(str(folder), but), Guarded(str(folder / "core"), but)
    names = ("core", "tests", "test_a", "conftest", "missing")
    assert {name for name in names if guarded.find_spec(name) is not None} | {
        name for name in ("core.tests",) if inside.find_spec(name) is not None
    } == found


def test_names_that_are_all_code_need_no_guard(folder: Path) -> None:
    assert entry(str(folder), ("tests", "test_a", "conftest")) == str(folder)
