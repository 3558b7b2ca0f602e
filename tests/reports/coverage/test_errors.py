"""What is wrong with coverage's own settings is a sentence, never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.run.space import Run, Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    space = Space(tmp_path)
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    space.projects({"core": "def test_it(): pass\n"})
    return space


def run(space: Space, *arguments: str) -> Run:
    return space.run("-p", "pytest_cov", "--cov", *arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--cov-config=gone.ini"], "--cov-config gone.ini: there is no such file"),
        (["--cov-patch=gone"], "--cov-patch: "),
    ],
)
def test_a_wrong_option_is_told_before_any_test_runs(
    space: Space, arguments: list[str], sentence: str
) -> None:
    found = run(space, *arguments)
    assert found.code == 4
    found.lacks("INTERNALERROR", "1 passed")
    assert sentence in found.out


def test_a_root_configuration_that_cannot_be_read_is_told_at_the_end(space: Space) -> None:
    space.write({".coveragerc": "[run\n"})
    found = run(space)
    assert found.code == 4
    found.lacks("INTERNALERROR", "Traceback")
    found.has(r"^ERROR: coverage at the workspace root: .*\.coveragerc", "1 passed")


def test_a_place_that_cannot_be_written_is_told_at_the_end(space: Space) -> None:
    # a folder where the data file belongs is refused to root, too
    space.write({".coverage/kept": ""})
    found = run(space)
    assert found.code == 4
    found.lacks("INTERNALERROR", "Traceback")
    found.has(r"^ERROR: coverage data not written to .*\.coverage: ", "1 passed")
