"""What traces overlooked once, or may: an input changes, and what reads it must run and fail."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.run.space import Space

from .further import FURTHER
from .holes import HOLES as FIRST
from .test_traps import Story, replayed, told
from .traps import INI, Trap

HOLES = (*FIRST, *FURTHER)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone"),
]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("holes"), HOLES)


def test_another_worktree_replays_unless_a_file_says_where_the_first_one_lies(tmp_path: Path) -> None:
    first = Space(tmp_path / "first")
    first.write({"pyproject.toml": "[tool.pytest-monorepo]\n", "plain/pyproject.toml": INI, "says/x": "1"})
    first.write({"says/pyproject.toml": INI, "plain/tests/test_plain.py": "def test(): pass"})
    first.write({"says/tests/test_says.py": f"def test(): open('{first.root}/says/x')"})
    with first.environment(XDG_CACHE_HOME=str(tmp_path / "cache")):
        assert first.run("--cached").code == 0
        assert "2 cached" in first.run("--cached").lines[-1]
        shutil.copytree(first.root, tmp_path / "second", symlinks=True)
        second = first.run("--cached", "--cached-explain", cwd="../second")
    assert "1 cached" in second.lines[-1]
    second.has(r"^plain cached from", r"^says runs: .* changed \(where it lies")


@pytest.mark.parametrize("trap", HOLES, ids=lambda trap: trap.name)
def test_what_reads_a_changed_input_runs_and_fails(story: Story, trap: Trap) -> None:
    assert not replayed(story.third, trap), story.third.out
    failed = re.search(rf"^(FAILED|ERROR) traps/{re.escape(trap.name)}/", story.third.out, re.MULTILINE)
    assert failed, f"{trap.name} did not fail:\n{story.third.out}"


@pytest.mark.parametrize("trap", HOLES, ids=lambda trap: trap.name)
def test_only_what_no_trace_holds_is_not_kept(story: Story, trap: Trap) -> None:
    line = re.search(rf"^traps/{re.escape(trap.name)} runs: .*", story.explained, re.MULTILINE)
    assert replayed(story.second, trap) == trap.kept, line
