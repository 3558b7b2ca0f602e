"""What each worker is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.run.plan import plan as planning
from pytest_monorepo.run.plan.invocation import Invocation, for_workers
from pytest_monorepo.run.plan.plan import Plan, make_job, matching, slug, worker_count
from pytest_monorepo.run.plan.schedule import Task
from pytest_monorepo.settings import ProjectSettings, Settings
from pytest_monorepo.workspace import graph
from pytest_monorepo.workspace.model import Project, Scope, Workspace

LOGS = ("out", "err")


def project(path: str, *roots: str) -> Project:
    file = f"{path}/test_x.py" if path != "." else "test_x.py"
    return Project(path, f"my-{path.rpartition('/')[2]}", source_roots=roots, test_files=(file,))


def plan(root: Path, words: list[str], settings: Settings | None = None) -> Plan:
    projects = (
        project("."),
        project("libs/a", "libs/a/src"),
        project("libs/a/inner", "libs/a/inner"),
        project("libs/b", "libs/b"),
    )
    workspace = Workspace(root, projects)
    edges = [graph.Edge("libs/b", "libs/a", Scope.RUNTIME, "declared")]
    return Plan(
        workspace=workspace,
        graph=graph.build(projects, declared=edges),
        settings=settings or Settings(),
        invocation=Invocation(root, root / "libs", (), tuple(words), True),
        words=for_workers(words),
        projects=projects,
    )


def job_args(plan: Plan, path: str) -> list[str]:
    return make_job(plan, Task(path), 0, LOGS).args


def test_the_controllers_options_do_not_reach_a_worker(tmp_path: Path) -> None:
    words = [
        "--monorepo",
        "--project",
        "x",
        "-n",
        "4",
        "--junitxml=o.xml",
        "-v",
        "-k",
        "a or b",
        "--sw",
        "--cov=src",
    ]
    assert job_args(plan(tmp_path, words), "libs/b") == ["-v", "-k", "a or b"]


def test_a_projects_own_arguments_come_after_the_users(tmp_path: Path) -> None:
    settings = Settings(per_project={"libs/b": ProjectSettings(args=("--flavour=mint",))})
    made = make_job(plan(tmp_path, ["-v"], settings), Task("libs/b"), 1, LOGS)
    assert made.args == ["-v", "--flavour=mint"]
    assert made.environ["PYTEST_XDIST_WORKER"] == made.workerinput["workerid"] == "gw1"


def test_inner_projects_are_not_the_outers(tmp_path: Path) -> None:
    one = plan(tmp_path, [])
    assert job_args(one, "libs/a") == [f"--ignore={tmp_path / 'libs/a/inner'}"]
    inner = {f"--ignore={tmp_path / path}" for path in ("libs/a", "libs/a/inner", "libs/b")}
    assert set(job_args(one, ".")) <= inner
    assert f"--ignore={tmp_path / 'libs/b'}" in job_args(one, ".")


def test_paths_of_options_are_absolute(tmp_path: Path) -> None:
    words = ["--ignore=b/x", "--ignore-glob", "*/y", "--confcutdir=.", "--deselect=b/test_x.py::test_1"]
    made = make_job(plan(tmp_path, words), Task("libs/b"), 0, LOGS)
    assert made.args == [
        f"--ignore={tmp_path / 'libs/b/x'}",
        f"--ignore-glob={tmp_path / 'libs/*/y'}",
        f"--confcutdir={tmp_path / 'libs'}",
    ]
    assert made.deselect == ["libs/b/test_x.py::test_1"]
    assert make_job(plan(tmp_path, words), Task("libs/a"), 0, LOGS).deselect == []


def test_own_source_roots_come_before_those_of_dependencies(tmp_path: Path) -> None:
    roots = make_job(plan(tmp_path, []), Task("libs/b"), 0, LOGS).source_roots
    assert [root for root, _ in roots] == [str(tmp_path / "libs/b"), str(tmp_path / "libs/a/src")]


def test_recorded_failures_go_to_their_projects(tmp_path: Path) -> None:
    one = replace(plan(tmp_path, []), lastfailed=("libs/b/test_x.py::t", "libs/a/inner/test_x.py::t"))
    assert make_job(one, Task("libs/b"), 0, LOGS).lastfailed == ["libs/b/test_x.py::t"]
    assert make_job(one, Task("libs/a"), 0, LOGS).lastfailed == []


def test_projects_by_name_and_path(tmp_path: Path) -> None:
    workspace = plan(tmp_path, []).workspace

    def paths(*globs: str) -> list[str]:
        return [found.path for found in matching(workspace, globs)]

    assert paths() == [".", "libs/a", "libs/a/inner", "libs/b"]
    assert paths("libs/?") == ["libs/a", "libs/b"]
    assert paths("my-inner", "libs/b/") == ["libs/a/inner", "libs/b"]
    assert paths("libs/*", "!*/inner") == ["libs/a", "libs/b"]
    assert paths("./libs/a", "My_Inner", "./libs/b/") == ["libs/a", "libs/a/inner", "libs/b"]
    with pytest.raises(MonorepoError, match=r"--project apps/\*: matches no project; there are \., libs/a"):
        paths("libs/a", "apps/*")


@pytest.mark.parametrize(
    ("glob", "hint"),
    [
        ("libs", "did you mean 'libs/*', the 3 in this folder?"),
        ("./libs/", "did you mean 'libs/*', the 3 in this folder?"),
        ("lib/*", "did you mean 'libs/*'?"),
        ("libs/aa", "did you mean 'libs/a'?"),
        ("!my-iner", "did you mean 'my-inner'?"),
        ("libs/a,libs/b", "give the option once for each"),
        ("elsewhere", "there are ., libs/a, libs/a/inner, libs/b"),
    ],
)
def test_what_a_project_that_is_none_may_have_meant(tmp_path: Path, glob: str, hint: str) -> None:
    with pytest.raises(MonorepoError) as raised:
        matching(plan(tmp_path, []).workspace, [glob])
    assert str(raised.value) == f"--project {glob}: matches no project; {hint}"


@pytest.mark.parametrize(("value", "count"), [(None, 7), ("auto", 7), ("logical", 7), ("3", 3), (2, 2)])
def test_number_of_workers(value: object, count: int) -> None:
    assert worker_count(value, 7) == count


@pytest.mark.parametrize("value", ["0", 0, "-1", "two", "", "1.5"])
def test_no_number_of_workers(value: object) -> None:
    with pytest.raises(MonorepoError, match="must be a number of at least 1, or auto"):
        worker_count(value, 7)


def test_two_paths_never_share_a_slug() -> None:
    paths = [".", "root", "a-b", "a/b", "a--b", "a/-b", "a-/b", "a/b-c", "a-b/c"]
    assert len({slug(path) for path in paths}) == len(paths)


def test_a_project_in_error_gets_no_worker(tmp_path: Path) -> None:
    one = plan(tmp_path, [])
    broken = replace(one.projects[1], error="unreadable")
    found = planning.tasks(replace(one, projects=(one.projects[0], broken)), {})
    assert [task.project for task in found] == ["."]
