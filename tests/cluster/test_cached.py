"""``--cached`` with ``--cluster``: what nodes run is kept as if it had run here, or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run.space import MANIFEST, Space, replayed

from .machines import machines, need_dask

need_dask()
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

HERE = ("--cached", "--cached-explain")
THERE = (*HERE, "--cluster", "local:2")
ON_ONE = (*HERE, "--cluster", "local:1")
"""Where it is about what a node is like: each takes a second to begin."""

FILES = {
    "pyproject.toml": "[tool.pytest-monorepo]\ncluster-setup = 'echo run >> ../../setups'\n",
    ".gitignore": "build/\n",
    "a/pyproject.toml": MANIFEST.format(name="a"),
    "a/src/a/__init__.py": "def f(x):\n    if x:\n        return 1\n    return 2\n",
    "a/data.txt": "1",
    "a/tests/test_a.py": """\
        import os, pathlib, a
        def test_code(tmp_path):
            (tmp_path.resolve() / "x").write_text("x")
            assert a.f(1) == 1
        def test_place(): assert pathlib.Path(__file__).resolve().parents[1].name == "a"
        def test_hash_seed(): assert "PYTHONHASHSEED" not in os.environ
    """,
    "a/tests/test_data.py": """\
        import pathlib
        def test_data(): assert (pathlib.Path(__file__).parents[1] / "data.txt").read_text() in "123"
    """,
    "b/pyproject.toml": MANIFEST.format(name="b"),
    "b/tests/test_b.py": """\
        import subprocess, pathlib
        def test_home(): assert subprocess.check_output(["git", "rev-parse", "HEAD"])
        def test_beside(): assert (pathlib.Path(__file__).parents[3] / "beside.txt").read_text()
    """,
}


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Space]:
    """The workspace is a folder of its repository."""
    root = tmp_path / "repo" / "py"
    root.mkdir(parents=True)
    space = Space(root)
    space.write(FILES)
    (root.parent / "beside.txt").write_text("beside")
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "all")):
        subprocess.run([*git, *words], cwd=root.parent, check=True)
    # with bytecode, which nodes keep beside their tree and coverage.py walks through
    ours = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    with space.environment(**ours):
        yield space


@pytest.mark.slow
def test_what_a_node_ran_is_replayed_here_and_what_ran_here_sends_nothing_there(space: Space) -> None:
    covered = ("--cov=a/src", "--cov-report=term", "-p", "pytest_cov")
    first = space.run(*THERE, *covered)
    assert (first.code, replayed(first)) == (0, 0), first.out
    here = space.run(*HERE, *covered)
    assert (here.code, replayed(here)) == (0, 6), here.out
    line = r"^a +4 +1 +75% +75%"
    first.has(line)
    here.has(line)
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\ncluster-setup = 'exit 1'\n"})
    again = space.run(*THERE, *covered)  # a tree that was sent would not have been set up
    assert (again.code, replayed(again)) == (0, 6), again.out
    space.write({"a/data.txt": "2"})
    part = space.run(*THERE, *covered)
    assert part.code == 4
    part.has(r"cluster-setup: exit 1")


@pytest.mark.slow
def test_a_part_runs_on_a_node_beside_what_is_replayed(space: Space) -> None:
    space.run(*HERE)
    space.write({"a/data.txt": "2"})
    part = space.run(*THERE)
    assert (part.code, replayed(part)) == (0, 5), part.out
    part.has(r"^a/tests/test_data\.py runs: a/data\.txt changed$")
    after = space.run(*HERE)
    assert replayed(after) == 6, after.out
    verified = space.run("--cached=verify", "--cluster", "local:2")
    assert (verified.code, replayed(verified)) == (0, 0)
    verified.has("verified: 3 files ran as they would have been replayed")


@pytest.mark.slow
def test_what_is_only_here_keeps_the_list_of_files_from_being_kept(space: Space) -> None:
    space.write({"a/build/made.py": ""})
    assert space.run(*ON_ONE).code == 0
    second = space.run(*ON_ONE)
    second.has(
        r"a's collection runs: not kept, as last time: node \S+ is not as this machine: a/ is listed, and b"
    )


@pytest.mark.slow
def test_settings_above_the_repository_are_on_no_node(space: Space, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("")
    first = space.run(*ON_ONE)
    first.has(r"nothing that the cluster runs is kept: \S+conftest\.py lies above the repository")
    assert replayed(space.run(*HERE)) == 0


@pytest.mark.slow
def test_a_node_in_another_environment_keeps_only_what_does_not_ask_for_it(
    space: Space, tmp_path: Path
) -> None:
    test = "import os\ndef test_it(): os.environ.get('WHERE')\n"
    space.write({"c/pyproject.toml": MANIFEST.format(name="c"), "c/tests/test_c.py": test})
    with machines(tmp_path / "dask", 1, environ={**space.environ(), "WHERE": "there"}) as there:
        first = space.run(*HERE, f"--cluster={there.file}")
    assert first.code == 0, first.out
    first.has(r"^c runs: .*; not kept: node \S+ is not as this machine: variable WHERE")
    here = space.run(*HERE)
    assert replayed(here) == 6, here.out
    with machines(tmp_path / "other", 1, environ={**space.environ(), "LC_ALL": "C"}) as there:
        second = space.run("--cached=verify", "--cached-explain", f"--cluster={there.file}")
    second.has(r"not kept: LC_ALL is another on node")
