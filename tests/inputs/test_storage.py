"""What of hypothesis' own files is no input: what it makes anew, where it asks itself, as it is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pytest_monorepo.inputs import callers, storage

INSTALLED = "/env/lib/python3.11/site-packages/hypothesis/internal/charmap.py"


def frame(module: str, filename: str, function: str = "asks") -> FrameType:
    """Of a function of that module's, in that file."""
    scope: dict[str, Any] = {"__name__": module, "sys": sys}
    exec(compile(f"def {function}(): return sys._getframe()", filename, "exec"), scope)
    found: FrameType = scope[function]()
    return found


@pytest.mark.parametrize(
    ("path", "module", "filename", "kept"),
    [
        ("/w/.hypothesis", "hypothesis.configuration", INSTALLED, True),
        ("/w/.hypothesis/.gitignore", "hypothesis.configuration", INSTALLED, True),
        ("/w/.hypothesis/tmp/x", "hypothesis.internal.charmap", INSTALLED, True),
        ("/w/.hypothesis/unicode_data/15/x", "hypothesis.internal.charmap", INSTALLED, True),
        ("/w/.hypothesis/constants/f00", "hypothesis.internal.constants_ast", INSTALLED, True),
        ("/w/.hypothesis/examples", "hypothesis.database", INSTALLED, False),
        ("/w/.hypothesis/examples/f/00", "hypothesis.database", INSTALLED, False),
        ("/w/.hypothesis/constants-of-mine/f/00", "hypothesis.database", INSTALLED, False),
        ("/w/.hypothesis/tmp/f/00", "hypothesis.database", INSTALLED, False),
        ("/w/.hypothesis/tmp2", "hypothesis.configuration", INSTALLED, False),
        ("/w/.hypothesis/tmp", "hypothesis.configuration", INSTALLED, True),
        ("/w/.hypothesis", "hypothesis.database", INSTALLED, True),
        ("/w/.hypothesis/observed/x", "hypothesis.internal.observability", INSTALLED, False),
        ("/w/data/constants/x", "hypothesis.internal.constants_ast", INSTALLED, False),
        ("/w/.hypothesis/constants/f00", "test_mine", INSTALLED, False),
        (
            "/w/.hypothesis/constants/f00",
            "hypothesis.internal.constants_ast",
            "/w/src/hypothesis/x.py",
            False,
        ),
    ],
)
def test_only_hypothesis_itself_is_not_heard_and_of_its_examples_it_is(
    path: str, module: str, filename: str, kept: bool
) -> None:
    assert storage.keeps(frame(module, filename), path) is kept


@pytest.mark.parametrize(
    ("path", "module", "filename", "function", "kept"),
    [
        ("/w/.benchmarks", "pytest_benchmark.storage.file", INSTALLED, "__init__", True),
        ("/w/.benchmarks", "pytest_benchmark.storage.file", INSTALLED, "query", False),
        ("/w/.benchmarks/0001_a.json", "pytest_benchmark.storage.file", INSTALLED, "__init__", False),
        ("/w/.benchmarks", "pytest_benchmark.storage.file", "/w/pytest_benchmark/x.py", "__init__", False),
        ("/w/.benchmarks", "test_mine", INSTALLED, "__init__", False),
    ],
)
def test_that_a_plugin_makes_the_folder_for_its_benchmarks_is_not_heard(
    path: str, module: str, filename: str, function: str, kept: bool
) -> None:
    assert storage.keeps(frame(module, filename, function), path) is kept


def test_nor_that_it_resolves_its_path() -> None:
    asks: dict[str, Any] = {"__name__": callers.OF_REAL_PATHS, "sys": sys}
    exec("def realpath(): return sys._getframe()", asks)
    scope = {"__name__": "pytest_benchmark.storage.file", "realpath": asks["realpath"]}
    exec(compile("def __init__(): return realpath()", INSTALLED, "exec"), scope)
    assert storage.keeps(scope["__init__"](), "/w/.benchmarks")


@pytest.mark.parametrize(
    ("text", "is_as_good_as_none"),
    [
        (None, True),
        ("# file: a.py\n# hypothesis_version: 6.1\n\n[1]", True),
        ("# file: a.py\n# hypothesis_version: 6.1.5\n\n[1]", False),
        ("# file: a.py\n# hypothesis_version: 6\n\n[1]", False),
        ("[1]", False),
        ("", False),
    ],
)
def test_a_table_counts_unless_the_same_hypothesis_has_made_it(
    tmp_path: Path, text: str | None, is_as_good_as_none: bool
) -> None:
    if text is not None:
        (tmp_path / "f00").write_text(text)
    try:
        found = storage.read(f"{tmp_path}/f00/6.1")
    except FileNotFoundError:
        found = None
    assert (found is None) is is_as_good_as_none
