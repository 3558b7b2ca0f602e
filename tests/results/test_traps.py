"""Each kind of input changes once; what reads it must run, and fail. All are projects of one workspace."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.run.space import Run, Space

from .traps import TRAPS, Trap, files_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")


@dataclass(frozen=True)
class Story:
    """Three runs: the second right after the first, the third after every input has changed."""

    second: Run
    third: Run
    explained: str


def told(folder: Path, traps: Sequence[Trap], *words: str) -> Story:
    root = folder / "space"
    (folder / "home").mkdir()
    space = Space(root)
    space.write({"pyproject.toml": SETTINGS})
    for trap in (*traps, CONTROL):
        space.write({f"traps/{trap.name}/{path}": text for path, text in files_of(trap).items()})
        trap.make(root / "traps" / trap.name)
    kept = {"HOME": str(folder / "home"), "XDG_CACHE_HOME": str(folder / "cache")}
    args = ("--cached", "-rA", "--cached-explain", *words)
    with space.environment(**kept):
        first = space.run(*args)
        assert first.code == 0, first.out
        second = space.run(*args)
        for _ in range(2):
            # beside other tests what a file asked for may change by itself: it is kept the next time
            if all(replayed(second, trap) for trap in (*traps, CONTROL) if trap.kept):
                break
            second = space.run(*args)
        assert second.code == 0, second.out
        for trap in traps:
            trap.change(root / "traps" / trap.name)
        # each its own: what reads all of them would run for another's
        space.write({"pyproject.toml": SETTINGS + "".join(map(variables_of, traps))})
        third = space.run(*args)
    assert replayed(third, CONTROL), third.out
    return Story(second, third, first.out)


SETTINGS = "[tool.pytest-monorepo]\n"
CONTROL = Trap("control", "import os\ndef test(): assert dict(os.environ)")
"""Nothing of it changes: where it runs, something concerns every project, and no trap has shown anything."""


def variables_of(trap: Trap) -> str:
    """The settings that let the trap's tests have its variables."""
    pairs = ", ".join(f"{name} = '{value}'" for name, value in trap.variables.items())
    return f"[tool.pytest-monorepo.projects.'traps/{trap.name}']\nenv = {{{pairs}}}\n" if pairs else ""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("traps"), TRAPS)


def replayed(run: Run, trap: Trap) -> bool:
    return re.search(rf"^traps/{re.escape(trap.name)} cached from", run.out, re.MULTILINE) is not None


@pytest.mark.slow
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_what_reads_a_changed_input_runs_and_fails(story: Story, trap: Trap) -> None:
    if trap.name == "appended":
        return  # fails by itself the third time, whatever changes
    assert not replayed(story.third, trap), story.third.out
    failed = re.search(rf"^(FAILED|ERROR) traps/{re.escape(trap.name)}/", story.third.out, re.MULTILINE)
    assert failed, f"{trap.name} did not fail:\n{story.third.out}"


@pytest.mark.slow
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_only_what_no_trace_holds_is_not_kept(story: Story, trap: Trap) -> None:
    line = re.search(rf"^traps/{re.escape(trap.name)} runs: .*", story.explained, re.MULTILINE)
    assert replayed(story.second, trap) == trap.kept, line


def test_every_trap_has_a_name_of_its_own() -> None:
    assert len({trap.name for trap in TRAPS}) == len(TRAPS)
    assert all(Path(trap.name).name == trap.name for trap in TRAPS)


ALSO_SPAWNED = ("function", "data-outside", "listing", "variable", "module-shadowed", "package-version")


@pytest.mark.slow
def test_a_worker_that_was_not_forked_traces_itself_as_well(tmp_path: Path) -> None:
    traps = [trap for trap in TRAPS if trap.name in ALSO_SPAWNED]
    story = told(tmp_path, traps, "--monorepo-start=spawn")
    assert story.second.counts["passed"] == len(traps) + 1  # and the one that never changes
    for trap in traps:
        assert replayed(story.second, trap), story.explained
        assert not replayed(story.third, trap), story.third.out
    assert story.third.counts["failed"] == len(traps)
