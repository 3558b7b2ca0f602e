"""What of a file of settings counts for pytest and coverage.py, which read all of it."""

from __future__ import annotations

import configparser
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coverage.config
import iniconfig
import pytest
from _pytest.config import findpaths

from pytest_monorepo.inputs.tables import (
    INI_OF_COVERAGE,
    INI_OF_PYTEST,
    OF_COVERAGE,
    OF_PYTEST,
    kind_of_reading,
    of_text,
)

TEXT = """
[project]
version = "1"
[tool.pytest.ini_options]
addopts = "-q"
[tool.coverage.run]
branch = true
[tool.ruff]
line-length = 100
"""


@pytest.mark.parametrize(
    ("was", "becomes", "for_pytest", "for_coverage"),
    [
        ('"1"', '"2"', False, False),
        ("100", "88", False, False),
        ("[project]", "# said\n[project]", False, False),
        ("\n", "\r\n", False, False),
        ("-q", "-v", True, False),
        ("[tool.pytest.ini_options]", "[tool.pytest]", True, False),
        ("true", "false", False, True),
        ("true", "1", False, True),
        ("[tool.coverage.run]", "[tool.coverage.report]", False, True),
        # no TOML, a second table, a tool that is none: what comes of it is in all of the file
        ("[project]", "[project", True, True),
        ("[tool.ruff]", "[tool.coverage.run]", True, True),
        (TEXT, "tool = 1", True, True),
        (TEXT, "", True, True),
    ],
)
def test_one_table_counts_and_whether_it_can_be_parsed(
    was: str,
    becomes: str,
    for_pytest: bool,
    for_coverage: bool,
) -> None:
    before, after = TEXT.encode(), TEXT.replace(was, becomes).encode()
    other = {kind: of_text(kind, before) != of_text(kind, after) for kind in (OF_PYTEST, OF_COVERAGE)}
    assert other == {OF_PYTEST: for_pytest, OF_COVERAGE: for_coverage}


@pytest.mark.parametrize("texts", [("[tool", "[tool "), ("tool = 1", "tool = 2"), (b"\xff", b"\xfe")])
def test_what_is_no_table_counts_whole(texts: tuple[str | bytes, str | bytes]) -> None:
    one, other = (text if isinstance(text, bytes) else text.encode() for text in texts)
    assert of_text(OF_PYTEST, one) != of_text(OF_PYTEST, other)


INI = """\
[metadata]
name = a
version: 1

[tool:pytest]
addopts =
    -q
[coverage:run]
branch = true
[flake8]
ignore = E1
    W2
"""


@pytest.mark.parametrize(
    ("was", "becomes", "for_pytest", "for_coverage"),
    [
        ("version: 1", "version = 2", False, False),
        ("    W2", "    W3\n    E4", False, False),
        ("[flake8]\nignore = E1\n    W2\n", "", False, False),
        ("[metadata]", "; said\n[metadata]", False, False),
        ("    -q", "    # said\n    -q", False, False),
        ("branch = true\n", "branch = true\n\n", False, False),
        ("\n", "\r\n", False, False),
        ("-q", "-v", True, False),
        ("[tool:pytest]", "[pytest]", True, False),
        ("[flake8]", "[pytest]", True, False),
        ("addopts =\n    -q", "addopts =\n    -q\n    -x", True, False),
        ("true", "false", False, True),
        ("[coverage:run]", "[coverage:report]", False, True),
        ("[flake8]", "[coverage:report]", False, True),
        # of what stands there configparser takes a part for each section
        ("[flake8]", "[DEFAULT]", False, True),
        # what one of them refuses, or takes otherwise, or reads as the locale says
        ("name = a", "name", True, True),
        ("name = a", "= a", True, True),
        ("name = a", "    name = a", True, True),
        ("name = a", "VERSION = 2", True, True),
        ("[metadata]", "[metadata] # said", True, True),
        ("[flake8]", "[metadata]", True, True),
        ("[metadata]", "", True, True),
        ("name = a", "name = a\x0cb", True, True),
        ("name = a", "name = a\rb", True, True),
        ("name = a", "name = é", True, True),
        ("[metadata]", "\ufeff[metadata]", True, True),
    ],
)
def test_sections_count_and_whether_all_can_be_parsed(
    was: str, becomes: str, for_pytest: bool, for_coverage: bool
) -> None:
    assert was in INI
    before, after = INI.encode(), INI.replace(was, becomes).encode()
    kinds = (INI_OF_PYTEST, INI_OF_COVERAGE)
    other = {kind: of_text(kind, before) != of_text(kind, after) for kind in kinds}
    assert other == {INI_OF_PYTEST: for_pytest, INI_OF_COVERAGE: for_coverage}


def _by_coverage(path: Path, *, our_file: bool = False) -> None:
    coverage.config.CoverageConfig().from_file(str(path), lambda words: None, our_file)


READERS: list[tuple[str, Callable[[Path], Any], set[str | None]]] = [
    ("setup.cfg", findpaths.load_config_dict_from_file, {INI_OF_PYTEST}),
    ("tox.ini", findpaths.load_config_dict_from_file, {INI_OF_PYTEST}),
    ("pytest.ini", findpaths.load_config_dict_from_file, {INI_OF_PYTEST}),
    ("setup.cfg", findpaths._parse_ini_config, {None}),
    ("setup.cfg", iniconfig.IniConfig, {None}),
    ("setup.cfg", configparser.ConfigParser().read, {None}),
    ("setup.cfg", lambda path: path.read_text(), {None}),
    ("setup.cfg", _by_coverage, {INI_OF_COVERAGE}),
    ("tox.ini", _by_coverage, {INI_OF_COVERAGE}),
    ("setup.cfg", lambda path: _by_coverage(path, our_file=True), {None}),
    ("own.cfg", _by_coverage, {None}),
    (".coveragerc", lambda path: _by_coverage(path, our_file=True), {None}),
]


@pytest.mark.parametrize(("name", "read", "kinds"), READERS)
def test_sections_count_for_those_alone_who_look_at_no_others(
    tmp_path: Path, name: str, read: Callable[[Path], Any], kinds: set[str | None]
) -> None:
    (tmp_path / name).write_text(INI)
    seen: set[str | None] = set()

    def hears(event: str, args: tuple[Any, ...]) -> None:
        if on and event == "open" and str(args[0]) == str(tmp_path / name):
            seen.add(kind_of_reading(sys._getframe(1), str(args[0])))

    on = True
    sys.addaudithook(hears)
    read(tmp_path / name)
    on = False
    assert seen == kinds
