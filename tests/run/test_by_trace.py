"""``--affected-level file`` with what ``--cached`` keeps: a trace adds test files, and one that is trusted
takes some away."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.affected.files.spellings import CASES
from tests.affected.files.test_spellings import lay
from tests.workspace.trees import git

from .space import MANIFEST, Space

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

# of what test_far and test_lists ask for no text tells; what test_lazy imports it never reaches
FILES = {
    "pyproject.toml": "[tool.pytest-monorepo]\naffected-level = 'file'\n",
    "libs/a/pyproject.toml": MANIFEST.format(name="a"),
    "libs/a/a/__init__.py": "",
    "libs/a/a/used.py": "VALUE = 1\n",
    "libs/a/a/lazy.py": "def never():\n    from a import used\n    return used.VALUE\n",
    "libs/a/tests/test_user.py": "from a import used\n\ndef test_user():\n    assert used.VALUE\n",
    "libs/a/tests/test_lazy.py": "from a import lazy\n\ndef test_lazy():\n    assert lazy.never\n",
    "libs/b/pyproject.toml": MANIFEST.format(name="b"),
    "libs/b/data/note": "1\n",
    "libs/b/tests/test_own.py": "def test_own():\n    pass\n",
    "libs/c/pyproject.toml": MANIFEST.format(name="c"),
    "libs/c/tests/test_far.py": "def test_far():\n"
    "    path = '/'.join(('..', 'b', 'da' + 'ta', 'no' + 'te'))\n    assert open(path).read()\n",
    "libs/c/tests/test_plain.py": "def test_plain():\n    pass\n",
    ".gitignore": "__pycache__/\n.pytest_cache/\n",
}


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Space]:
    space = Space(tmp_path / "ws")
    space.write(FILES)
    git(space.root, "init", "-q", "-b", "main")
    commit(space)
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        yield space


def commit(space: Space) -> None:
    git(space.root, "add", "-A")
    git(space.root, "commit", "-qm", "step", "--allow-empty")


def selected(space: Space, *words: str) -> dict[str, str]:
    """The test files that ``--affected`` would run, each with why."""
    run = space.run("--affected", "HEAD", "--monorepo-list=json", *words)
    assert run.code == 0, run.out
    files = [
        one for project in json.loads(run.out)["projects"] for one in (project["files"] or {"run": []})["run"]
    ]
    return {one["path"]: one["why"] for one in files}


FAR = "libs/c/tests/test_far.py"
USER, LAZY = "libs/a/tests/test_user.py", "libs/a/tests/test_lazy.py"
TRUSTED = FILES["pyproject.toml"] + "affected-trust = 'trace'\n"


def test_what_a_trace_has_seen_is_added(space: Space) -> None:
    space.run("--cached", "--cached-explain")
    space.write({"libs/b/data/note": "2\n"})
    found = selected(space)
    assert found[FAR] == "libs/b/data/note changed, which its last complete run asked for"
    assert "libs/c/tests/test_plain.py" not in found


def test_so_is_a_new_file_in_a_folder_that_was_listed(space: Space) -> None:
    listing = "import os\n\ndef test_far():\n    assert os.listdir('/'.join(('.' * 2, 'b', 'da' + 'ta')))\n"
    space.write({FAR: listing})
    commit(space)
    space.run("--cached")
    space.write({"libs/b/data/more": "1\n"})
    assert selected(space)[FAR].startswith("libs/b/data/ is listed: more is new")


def test_the_run_says_so_and_runs_it(space: Space) -> None:
    space.run("--cached")
    space.write({"libs/b/data/note": ""})
    run = space.run("--affected", "HEAD", "--affected-explain")
    run.has(
        r"2 of 3 projects, 2 of 5 test files",
        r"  c: libs/b/data/note changed, .*: libs/c/tests/test_far.py",
        r"    1 of 2 test files",
        r"FAILED libs/c/tests/test_far.py",
    )
    assert run.code == 1


@pytest.mark.parametrize("words", [("--cached",), ("--cached", "-p", "no:faulthandler")])
def test_a_trace_that_does_not_hold_at_the_base_is_none(space: Space, words: tuple[str, ...]) -> None:
    """It is older than the base, or of a run with other options."""
    space.run(*words)
    if len(words) == 1:
        space.write({FAR: FILES[FAR] + "    assert 1\n"})
        commit(space)
    space.write({"libs/b/data/note": "2\n"})
    assert FAR not in selected(space)


def test_a_plugin_that_cannot_tell_its_workers_yet_leaves_the_selection_as_it_is(space: Space) -> None:
    space.run("--cached")
    space.write({"libs/b/data/note": "2\n"})
    plugs = space.root.parent / "plugs"
    plugs.mkdir()
    (plugs / "plug.py").write_text("def pytest_configure_node(node): raise OSError('no')\n")
    with space.environment(PYTHONPATH=f"{plugs}:{Path(__file__).parents[2]}"):
        run = space.run("--affected", "HEAD", "--monorepo-list", "-p", "plug")
    run.has("warning: no trace of an earlier run is asked: OSError: no")
    assert run.code == 0


def test_a_store_that_machines_share_is_asked_with_cached_alone(space: Space) -> None:
    space.run("--cached")
    space.write({"pyproject.toml": FILES["pyproject.toml"] + "cached-store = 'no-such://bucket'\n"})
    commit(space)
    space.write({"libs/b/data/note": "2\n"})
    assert FAR in selected(space)


def test_shards_ask_no_trace_since_each_machine_may_keep_others(space: Space) -> None:
    space.run("--cached")
    space.write({"libs/b/data/note": "2\n"})
    assert FAR not in selected(space, "--shard=1/2")


def test_only_a_trusted_trace_takes_away_what_imports_reach(space: Space) -> None:
    space.run("--cached")
    space.write({"libs/a/a/used.py": "VALUE = 2\n"})
    assert selected(space).keys() == {USER, LAZY}
    space.write({"pyproject.toml": TRUSTED})
    commit(space)
    space.write({"libs/a/a/used.py": "VALUE = 3\n"})
    assert selected(space).keys() == {USER}
    run = space.run("--affected", "HEAD")
    run.has(r"1 of 3 projects, 1 of 5 test files", r"libs/a/tests/test_user.py \.")
    run.lacks("test_lazy")


def test_a_trusted_trace_may_not_be_too_old(space: Space) -> None:
    space.write({"pyproject.toml": f"{TRUSTED}affected-trust-days = 0.000001\n"})
    commit(space)
    space.run("--cached")
    space.write({"libs/a/a/used.py": "VALUE = 3\n"})
    assert selected(space).keys() == {USER, LAZY}


# of the spellings, those in which another file has loaded the module before
LOADED = ("import-of-importlib", "entry-point-made-by-hand", "resolved-name", "patch-lent-by-an-import")


@pytest.mark.slow
@pytest.mark.parametrize("name", LOADED)
def test_no_trusted_trace_takes_away_what_the_change_fails(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    space = Space(tmp_path / "ws")
    lay(space.root, {**case.files, ".gitignore": FILES[".gitignore"]})
    with (space.root / "pyproject.toml").open("a") as manifest:
        manifest.write(TRUSTED)
    git(space.root, "init", "-q", "-b", "main")
    commit(space)
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        space.run("--cached")
        lay(space.root, case.change)
        assert selected(space).keys() >= case.fails
