"""What of a ``pyproject.toml`` counts for pytest and coverage.py, which read all of it."""

from __future__ import annotations

import pytest

from pytest_monorepo.inputs.tables import OF_COVERAGE, OF_PYTEST, of_text

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
