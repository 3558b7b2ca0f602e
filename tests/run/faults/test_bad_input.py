"""Every mistake of the command line or the settings: one clear line, exit code 4, and nothing runs."""

from __future__ import annotations

import pytest

from tests.run.space import Run, Space

TEST = "def test_one():\n    raise SystemExit('this must not run')\n"


@pytest.fixture
def pair(space: Space) -> Space:
    space.projects({"libs/a": TEST, "libs/b": TEST})
    return space


def assert_refused(run: Run, line: str) -> None:
    told = [text.removeprefix("ERROR: ") for text in run.lines if text]
    assert told == [line], run.out
    assert run.code == 4


@pytest.mark.parametrize(
    ("table", "line"),
    [
        (
            "worker = 2",
            "pyproject.toml: [tool.pytest-monorepo] unknown key 'worker'; did you mean 'workers'?",
        ),
        (
            "workers = '2'",
            "pyproject.toml: [tool.pytest-monorepo] 'workers' must be 'auto' or a whole number of at least 1,"
            " not '2'",
        ),
        (
            "projects = ['libs/*', 'apps/*']",
            "pyproject.toml: [tool.pytest-monorepo] projects: 'apps/*' matches no folder;"
            " correct or remove it",
        ),
        (
            "members = ['apps/*']",
            "pyproject.toml: [tool.pytest-monorepo] members: 'apps/*' matches no folder;"
            " correct or remove it",
        ),
        (
            "projects = ['../elsewhere']",
            "pyproject.toml: [tool.pytest-monorepo] projects: '../elsewhere' leads out of the workspace;"
            " name a folder below its root",
        ),
        (
            'projects."libs/aa".args = ["-q"]',
            "pyproject.toml: [tool.pytest-monorepo.projects] 'libs/aa' is no project; did you mean 'libs/a'?",
        ),
    ],
)
def test_settings(pair: Space, table: str, line: str) -> None:
    pair.write({"pyproject.toml": f"[tool.pytest-monorepo]\n{table}\n"})
    assert_refused(pair.run(), line)


def test_all_complaints_come_at_once(pair: Space) -> None:
    pair.write({"pyproject.toml": "[tool.pytest-monorepo]\nworkers = 0\nnonsense = 1\n"})
    run = pair.run()
    run.has("ERROR: .*'workers' must be", "unknown key 'nonsense'")
    assert run.code == 4


def test_settings_that_are_no_toml(pair: Space) -> None:
    pair.write({"pyproject.toml": "[tool.pytest-monorepo\n"})
    run = pair.run("--rootdir=.")
    run.has(r"pyproject\.toml")
    run.lacks("Traceback", "INTERNALERROR")
    assert run.code == 4


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["--workers=0"], "--workers 0: must be a number of at least 1, or auto"),
        (["--workers=many"], "--workers many: must be a number of at least 1, or auto"),
        (["--project=apps/*"], "--project apps/*: matches no project; there are libs/a, libs/b"),
        (["--project=!apps"], "--project !apps: matches no project; there are libs/a, libs/b"),
        (["libs/c"], "file or directory not found: libs/c"),
        (["README.md"], "README.md: belongs to no project of the workspace"),
        (["notes"], "notes: belongs to no project of the workspace"),
        (["--affected-audit"], "--affected-audit: there is no selection to check: add --affected"),
    ],
)
def test_arguments(pair: Space, args: list[str], line: str) -> None:
    pair.write({"README.md": "", "notes/todo.txt": ""})
    assert_refused(pair.run(*args), line)


def test_a_rootdir_that_is_not_there(pair: Space) -> None:
    line = f"Directory '{pair.root}/nowhere' not found. Check your '--rootdir' option."
    assert_refused(pair.run("--rootdir=nowhere"), line)


def test_a_path_outside_the_workspace(pair: Space) -> None:
    outside = pair.root.parent / "outside"
    outside.mkdir()
    line = f"../outside: outside the workspace {pair.root}; name a path below it or another --rootdir"
    assert_refused(pair.run("../outside"), line)


def test_a_node_id_that_no_project_has(pair: Space) -> None:
    run = pair.run("libs/a/tests/test_main.py::test_none", "libs/b/tests/test_main.py::TestX::test_y")
    run.has("ERROR collecting libs/a", "not found: .*libs/a/tests/test_main.py::test_none")
    run.has("ERROR collecting libs/b", "not found: .*libs/b/tests/test_main.py::TestX::test_y")
    run.lacks("Traceback", "this must not run")
    assert run.code == 4


def test_an_option_that_no_project_knows(pair: Space) -> None:
    run = pair.run("--flavour=mint")
    assert run.code == 4
    run.has("error: unrecognized arguments: --flavour=mint")
    assert run.out.count("unrecognized arguments") == 1
    run.lacks("libs/a", "test session starts")


@pytest.mark.parametrize("args", [["--monorepo-start=spawn", "--log-level=nonsense"], ["--cluster=nonsense"]])
def test_nothing_is_left_of_a_run_that_is_refused_before_it_begins(pair: Space, args: list[str]) -> None:
    folder = pair.root.parent / "temporary"
    folder.mkdir()
    run = pair.run(*args, env=dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder)))
    run.has("ERROR: .*(?i:nonsense)")
    assert run.code == 4
    assert [path.name for path in folder.iterdir() if path.name.startswith("pytest-monorepo")] == []


def test_our_options_without_the_switch(pair: Space) -> None:
    run = pair.plain("-p", "pytest_monorepo.plugin", "--project=libs/a", "--affected")
    assert run.code == 4
    run.has("--project, --affected: needs? --monorepo")


def test_a_folder_without_any_project(space: Space) -> None:
    space.write({"docs/index.md": ""})
    run = space.run()
    assert run.code == 5
    run.has("no tests ran")
