"""Whole files that run without the rest of their project: kept where what is kept of the rest allows it."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pytest_monorepo.options import ROUND
from tests.run.space import Space, replayed
from tests.workspace.trees import git

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

LEAVES = "import box\ndef test(): box.seen.append(1)\n"
FILES = {
    "pyproject.toml": "[tool.pytest-monorepo]\n",
    "libs/a/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\ntestpaths = 'tests'\n",
    "libs/a/one.py": "value = 1\n",
    "libs/a/two.py": "value = 1\n",
    "libs/a/box.py": "seen = []\n",
    "libs/a/tests/test_one.py": "import one\ndef test(): assert one.value\n",
    "libs/a/tests/test_two.py": "import two\ndef test(): assert two.value\n",
    "libs/a/tests/test_zed.py": "import box\ndef test(): assert len(box.seen) < 2\n",
    ".gitignore": "__pycache__/\n.pytest_cache/\nmonorepo-shards/\n",
}
WAYS = {
    "shard": [["--shard=1/2"], ["--shard=2/2"]],
    "by-file": [["--affected=HEAD", "--affected-level=file"]],
}


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Space]:
    space = Space(tmp_path / "space")
    space.write(FILES)
    git(space.root, "init", "-q", "-b", "main")
    git(space.root, "add", "-A")
    git(space.root, "commit", "-qm", "start")
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        yield space


def forget_durations(space: Space) -> None:
    """Shards are divided by name then: one and zed, and two."""
    shutil.rmtree(space.root / ".pytest_cache")


def told(space: Space, ways: Sequence[Sequence[str]]) -> str:
    runs = [space.run("--cached", "--cached-explain", "--workers=1", *words) for words in ways]
    assert [run.code for run in runs] == [0] * len(runs), [run.out for run in runs]
    return "\n".join(line for run in runs for line in run.lines if " runs: " in line)


@pytest.mark.sampled("way", first=False)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("changed", "then", "refused"),
    [
        ({"one.py": "value = 2\n"}, {"shard": 3, "by-file": 3}, None),
        ({"one.py": "value = 2\n", "two.py": "value = 2\n"}, {"shard": 3, "by-file": 3}, None),
        (
            {"tests/test_one.py": LEAVES},
            {"shard": 3, "by-file": 0},
            r"leaves variables of box, which libs/a/tests/test_zed.py can see",
        ),
        (
            {"tests/test_two.py": LEAVES},
            {"shard": 0, "by-file": 0},
            r"leaves variables of box, which libs/a/tests/test_zed.py can see",
        ),
        (
            {"tests/test_new.py": "def test(): pass\n"},
            {"shard": 4, "by-file": 3},
            {"by-file": "which files it has is not known"},
        ),
    ],
    ids=["one", "two", "leaves", "leaves-afar", "new"],
)
def test_what_ran_is_kept_beside_a_rest_that_holds(
    space: Space,
    way: str,
    changed: dict[str, str],
    then: dict[str, int],
    refused: str | dict[str, str] | None,
) -> None:
    assert space.run("--cached", "--workers=1").code == 0
    forget_durations(space)
    space.write({f"libs/a/{path}": text for path, text in changed.items()})
    said = told(space, WAYS[way])
    assert said
    run = space.run("--cached", "--cached-explain", "--workers=1")
    refused = refused.get(way) if isinstance(refused, dict) else refused
    if refused is not None:
        assert re.search(refused, said + run.out), said
    assert (run.code, replayed(run)) == (0, then[way]), said + run.out


def test_nothing_is_kept_where_nothing_is_known_of_the_rest(space: Space) -> None:
    space.write({"libs/a/one.py": "value = 2\n"})
    assert "not kept" in told(space, WAYS["by-file"])
    assert replayed(space.run("--cached", "--workers=1")) == 0


def test_a_round_of_watch_shares_with_other_runs(space: Space, tmp_path: Path) -> None:
    space.write({"libs/a/tests/test_all.py": "import os\ndef test(): assert dict(os.environ)\n"})
    assert space.run("--cached", "--workers=1").code == 0
    out = tmp_path / "left-out.json"
    out.write_text(json.dumps([f"libs/a/tests/test_{name}.py" for name in ("two", "zed")]))
    space.write({"libs/a/one.py": "value = 2\n"})
    with space.environment(**{ROUND: str(out)}):
        round_ = space.run("--cached", "--cached-explain", "--workers=1")
    assert (round_.code, round_.counts["passed"], replayed(round_)) == (0, 2, 1), round_.out
    for told in ({ROUND: "1"}, {}):
        with space.environment(**told):
            assert replayed(space.run("--cached", "--workers=1")) == 4, round_.out
