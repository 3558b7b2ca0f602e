"""What a reader tried to break replays with: an input changes once, and what reads it must run and fail."""

from __future__ import annotations

import re
import sys

import pytest

from .doubts import DOUBTS
from .test_traps import Story, replayed, told
from .traps import Trap

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone"),
]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("doubts"), DOUBTS)


@pytest.mark.parametrize("trap", DOUBTS, ids=lambda trap: trap.name)
def test_what_reads_a_changed_input_runs_and_fails(story: Story, trap: Trap) -> None:
    assert not replayed(story.third, trap), story.third.out
    failed = re.search(rf"^(FAILED|ERROR) traps/{re.escape(trap.name)}/", story.third.out, re.MULTILINE)
    assert failed, f"{trap.name} did not fail:\n{story.third.out}"


@pytest.mark.parametrize("trap", DOUBTS, ids=lambda trap: trap.name)
def test_only_what_no_trace_holds_is_not_kept(story: Story, trap: Trap) -> None:
    line = re.search(rf"^traps/{re.escape(trap.name)} runs: .*", story.explained, re.MULTILINE)
    assert replayed(story.second, trap) == trap.kept, line
