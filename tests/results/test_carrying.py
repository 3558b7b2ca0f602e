"""With ``--cached`` a run of a part of the tests measures what a run of all of them measures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.run.space import Space

from .carrying import read, trials

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "changes"),
    [("--cov-branch", 3), ("--cov-context=test", 2)],
    ids=["branches", "contexts"],
)
def test_what_is_carried_and_measured_is_what_a_whole_run_measures(
    tmp_path: Path, words: str, changes: int
) -> None:
    found = list(trials(tmp_path, 3, changes, words))
    assert not [(trial.done, trial.differences) for trial in found if trial.differences]
    assert any(trial.replayed for trial in found), "or nothing was carried"
    assert any(trial.ran for trial in found)


def test_a_part_of_a_files_tests_is_measured_and_not_carried(tmp_path: Path) -> None:
    """What a file covered is kept for all of its tests together."""
    space = Space(tmp_path / "space")
    space.write(
        {
            "pyproject.toml": "[tool.pytest-monorepo]\n",
            "a/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n",
            "a/code_a.py": "def one():\n    return 1\ndef two():\n    return 2\n",
            "a/test_a.py": "import code_a\ndef test_one(): code_a.one()\ndef test_two(): code_a.two()\n",
            "a/test_b.py": "def test_one(): pass\n",
        }
    )
    args = ("-p", "pytest_cov", "--cov", "--cov-report=")
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        space.run("--cached", *args)
        whole = read(space.root / ".coverage")
        part = space.run("--cached", *args, "-k", "one")
        measured = read(space.root / ".coverage")
        plain = space.run(*args, "-k", "one")
    assert part.code == plain.code == 0, part.out + plain.out
    assert measured == read(space.root / ".coverage") != whole
