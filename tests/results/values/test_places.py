"""Paths by the names of the places that they lie in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_monorepo.results.values.places import Places

PLACES = Places((("root", "/home/ada/repo"), ("env", "/home/ada/env")))


def test_a_path_is_named_by_the_place_that_holds_it_and_found_again() -> None:
    for path, portable in (("/home/ada/repo/a", "<root>/a"), ("/home/ada/env", "<env>"), ("/a", "/a")):
        assert PLACES.portable(path) == portable
        assert PLACES.absolute(portable) == path


def test_a_variable_is_compared_by_places_but_not_where_the_home_is() -> None:
    assert PLACES.variable("CACHE", "/home/ada/repo/cache") == "<root>/cache"
    assert PLACES.variable("HOME", "/home/ada/repo") == "/home/ada/repo"


@pytest.mark.skipif(os.name != "posix", reason="paths are those of POSIX")
def test_a_path_below_the_home_means_what_it_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    here = Places.of(tmp_path / "repo", "/usr/bin/python3")
    assert here.portable(str(tmp_path / "ada" / "data")) == str(tmp_path / "ada" / "data")


@pytest.mark.parametrize(
    ("path", "portable"),
    [
        ("/home/ada", "<root>/.."),
        ("/home", "<root>/../.."),
        ("/", "<root>/../../.."),
        ("/home/ada/tox.ini", "<root>/../tox.ini"),
        ("/home/conftest.py", "<root>/../../conftest.py"),
        ("/pytest.ini", "<root>/../../../pytest.ini"),
        ("/home/ada/limits.json", "/home/ada/limits.json"),  # somebody has asked for it by its path
        ("/home/ada/other/tox.ini", "/home/ada/other/tox.ini"),
        ("/home/ada/rep", "/home/ada/rep"),
    ],
)
def test_what_pytest_looks_for_above_the_workspace_is_named_by_the_way_up(path: str, portable: str) -> None:
    assert PLACES.portable(path) == portable
    assert PLACES.absolute(portable) == path
    other = Places((("root", "/srv/clone"),))
    assert other.absolute("<root>/../tox.ini") == "/srv/tox.ini"
    assert other.absolute("<root>/../../../../tox.ini") == "/tox.ini"
