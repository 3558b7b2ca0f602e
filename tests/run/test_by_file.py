"""``--affected-level file`` from the command line: what is left out is not even imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspace.trees import git

from .space import MANIFEST, Space

FILES = {
    "libs/a/pyproject.toml": MANIFEST.format(name="a"),
    "libs/a/a/__init__.py": "",
    "libs/a/a/used.py": "VALUE = 1\n",
    "libs/a/tests/test_user.py": "from a import used\n\ndef test_user():\n    assert used.VALUE\n",
    "libs/a/tests/test_marks.py": (
        "open(__file__ + '.imported', 'w').close()\n\n"
        "def test_one():\n    pass\n\ndef test_two():\n    pass\n"
    ),
    "libs/b/pyproject.toml": MANIFEST.format(name="b").replace("\n\n", '\ndependencies = ["a"]\n\n', 1),
    "libs/b/tests/test_b.py": "def test_b():\n    import a\n",
    ".gitignore": "*.imported\n__pycache__/\n.pytest_cache/\nmonorepo-shards/\n",
}


@pytest.fixture
def space(tmp_path: Path) -> Space:
    space = Space(tmp_path / "ws")
    space.write(FILES)
    git(space.root, "init", "-q", "-b", "main")
    git(space.root, "add", "-A")
    git(space.root, "commit", "-qm", "start")
    return space


def imported(space: Space) -> bool:
    return (space.root / "libs/a/tests/test_marks.py.imported").exists()


LEVEL = ("--affected", "HEAD", "--affected-level=file")


def test_the_files_left_out_are_not_imported(space: Space) -> None:
    space.write({"libs/a/a/used.py": "VALUE = 2\n"})
    run = space.run(*LEVEL, "-v")
    assert run.code == 0
    run.has(
        r"affected by HEAD .*: 2 of 2 projects, 1 of 3 test files", "libs/a/tests/test_user.py::test_user"
    )
    run.lacks("test_marks", "test_b.py")
    assert not imported(space)
    run.has("1 passed, [0-9]+ deselected")


def test_they_are_counted_in_tests_where_these_are_known(space: Space) -> None:
    assert space.run().code == 0
    space.write({"libs/a/a/used.py": "VALUE = 2\n"})
    # two of test_marks.py, and the project whose only test file is left out
    space.run(*LEVEL).has("1 passed, 3 deselected")


def test_what_failed_last_runs_all_the_same(space: Space) -> None:
    broken = "def test_one():\n    assert 0\n"
    space.write({"libs/a/tests/test_marks.py": broken})
    git(space.root, "commit", "-qam", "broken")
    assert space.run(autoload=True).code == 1
    space.write({"libs/a/a/used.py": "VALUE = 2\n"})
    run = space.run(*LEVEL, autoload=True)
    run.has("FAILED libs/a/tests/test_marks.py::test_one")
    assert run.code == 1


def test_a_setting_chooses_the_level_and_the_option_wins(space: Space) -> None:
    space.write({"pyproject.toml": '[tool.pytest-monorepo]\naffected-level = "file"\n'})
    git(space.root, "add", "-A")
    git(space.root, "commit", "-qm", "settings")
    space.write({"libs/a/a/used.py": "VALUE = 2\n"})
    space.run("--affected", "HEAD").has("1 of 3 test files")
    space.run("--affected", "HEAD", "--affected-level=project").lacks("test files")


def test_the_audit_looks_at_files(space: Space) -> None:
    space.write({"libs/a/a/used.py": "VALUE = 2\n"})
    hidden = "import os\n\ndef test_one():\n    assert not os.environ.get('X')\n"
    space.write({"libs/a/tests/test_marks.py": hidden})
    git(space.root, "commit", "-qam", "reads a variable")
    space.write({"libs/a/a/used.py": "VALUE = 3\n"})
    run = space.run(*LEVEL, "--affected-audit", env={"X": "1"})
    run.has("missed: libs/a/tests/test_marks.py::test_one")
    assert run.code == 1


@pytest.mark.parametrize("level", ["file", "project"])
def test_a_sample_of_what_is_left_out_runs_and_names_what_it_finds(space: Space, level: str) -> None:
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\naffected-sample = 1.0\n"})
    hidden = "import os\n\ndef test_one():\n    assert not os.environ.get('X')\n"
    space.write({"libs/b/tests/test_b.py": hidden, "libs/a/tests/test_more.py": "def test_x():\n    pass\n"})
    git(space.root, "add", "-A")
    git(space.root, "commit", "-qm", "reads a variable")
    space.write({"libs/a/tests/test_user.py": "def test_user():\n    pass\n"})
    run = space.run("--affected", "HEAD", f"--affected-level={level}", env={"X": "1"})
    run.has("sample of --affected", "missed: libs/b/tests/test_b.py::test_one", "libs/a/tests/test_user.py")
    assert run.code == 1
    space.run("--affected", "HEAD", f"--affected-level={level}").has(
        "that --affected leaves out ran all the same: no failure"
    )


def test_shards_divide_what_is_left(space: Space) -> None:
    space.write({"libs/a/a/used.py": "VALUE = 2\n"})
    runs = [space.run(*LEVEL, f"--shard={n}/2", "-v") for n in (1, 2)]
    assert [run.code for run in runs] == [0, 0]
    told = [line for run in runs for line in run.lines if "PASSED" in line]
    assert [line.split()[0] for line in told] == ["libs/a/tests/test_user.py::test_user"]
    assert not imported(space)


def test_it_needs_affected_nowhere(space: Space) -> None:
    run = space.run("--affected-level=file")
    assert run.code == 0
    run.has("4 passed")


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_plugin_that_the_call_names_is_part_of_every_test(space: Space, by: str) -> None:
    space.write({"libs/a/a/plug.py": "from a import used\n"})
    git(space.root, "add", "-A")
    git(space.root, "commit", "-qm", "a plugin")
    space.write({"libs/a/a/used.py": "VALUE = 2\n"})
    words = ("-p", "a.plug") if by == "option" else ()
    env = {"PYTEST_PLUGINS": "a.plug"} if by == "variable" else {}
    env["PYTHONPATH"] = str(space.root / "libs/a")
    run = space.run(*LEVEL, *words, "--affected-explain", env=env)
    run.has("reaches the plugin libs/a/a/plug.py")


def test_nothing_left_is_no_failure(space: Space) -> None:
    space.write({"libs/a/a/more.py": "from a import unseen\n", "libs/a/a/unseen.py": ""})
    git(space.root, "add", "-A")
    git(space.root, "commit", "-qm", "what no test imports")
    space.write({"libs/a/a/unseen.py": "VALUE = 2\n"})
    run = space.run(*LEVEL)
    assert run.code == 0
    run.has("0 of 3 test files")
