"""``pytest --monorepo`` reports exactly what ``cd <project> && pytest`` reports, for every project."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.run.long_files import PLUGIN
from tests.sampling import in_full

from . import workspaces
from .harness import Fact, Outcomes, assert_equivalent, monorepo, plain
from .shelf import Shelf
from .workspaces import Workspace

SAMPLE = Path(__file__).parents[2] / "sample_repo"

# What "pip install -e" of a project and its dependencies would put on the path.
SAMPLE_ROOTS: Mapping[str, Sequence[str]] = {
    "libs/ml": ["libs/ml/src", "libs/telemetry"],
    "libs/mq": ["libs/mq"],
    "libs/telemetry": ["libs/telemetry"],
    "services/common-ml": ["services/common-ml", "libs/telemetry"],
    "services/fastapi-ml": ["services/fastapi-ml", "libs/ml/src", "libs/mq", "libs/telemetry"],
}


def need(*modules: str) -> None:
    for module in modules:
        if not _importable(module):
            pytest.skip(f"{module} is not installed")


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def alone(workspace: Workspace, folder: Path, bare: bool = False) -> dict[str, Outcomes]:
    workspace.write(folder, for_plain=True)
    return {
        project: plain(folder, project, workspace.args, workspace.roots.get(project, ()), bare)
        for project in workspace.projects
    }


def kept(shelf: Shelf, workspace: Workspace, bare: bool) -> dict[str, Outcomes]:
    name = f"{workspace.name}{' bare' * bare}"
    return shelf.kept(name, lambda folder: alone(workspace, folder, bare))


def without_plugins(workspace: Workspace, args: Sequence[str]) -> bool:
    """Whether both sides load no installed plugins; in the workflow one way to run each has them all."""
    return not workspace.needs and (bool(args) or not in_full(workspace.name))


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf.of_session(tmp_path_factory)


WAYS = [
    pytest.param([], id="default"),
    pytest.param(["--workers=1", "--monorepo-split=none"], id="one worker", marks=pytest.mark.slow),
    pytest.param(["--workers=4", "--monorepo-split=test"], id="split", marks=pytest.mark.slow),
    pytest.param(["--workers=4", "--monorepo-start=spawn"], id="spawn", marks=pytest.mark.slow),
]


@pytest.mark.sampled("args")
@pytest.mark.parametrize("args", WAYS)
@pytest.mark.parametrize("workspace", workspaces.ALL, ids=lambda workspace: workspace.name)
def test_hostile_workspace(workspace: Workspace, args: list[str], shelf: Shelf) -> None:
    need(*workspace.needs)
    bare = without_plugins(workspace, args)
    expected = kept(shelf, workspace, bare)
    folder = workspace.write(shelf.folder(), for_plain=False)
    if workspace.name == "unittest-and-doctest":
        # a class whose second test builds on its first: single tests apart are not what plain pytest runs
        args = [arg.replace("split=test", "split=scope") for arg in args]
    actual = monorepo(folder, [*workspace.args, *args], bare)
    assert_equivalent(expected, actual, workspace.crashes)


@pytest.mark.sampled("workspace")
@pytest.mark.parametrize("workspace", workspaces.ALL[2::5], ids=lambda workspace: workspace.name)
def test_a_run_that_divides_files(workspace: Workspace, shelf: Shelf) -> None:
    """The second run divides each file that has passed in the first one, the third one what it then knows."""
    need(*workspace.needs)
    expected = kept(shelf, workspace, bare=True)
    folder = workspace.write(shelf.folder(), for_plain=False)
    plugins = folder.parent / "recorder"
    plugins.mkdir(exist_ok=True)
    (plugins / "all_long.py").write_text(PLUGIN)
    for _ in range(3):
        actual = monorepo(
            folder, [*workspace.args, "-p", "all_long", "--monorepo-split=auto", "--workers=4"], bare=True
        )
        assert_equivalent(expected, actual, workspace.crashes)


@pytest.mark.slow
@pytest.mark.sampled("workspace")
@pytest.mark.parametrize("workspace", workspaces.ALL[::3], ids=lambda workspace: workspace.name)
def test_a_traced_run_and_a_replayed_one(
    workspace: Workspace, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    need(*workspace.needs)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bare = without_plugins(workspace, ["--cached"])
    expected = kept(shelf, workspace, bare)
    folder = workspace.write(shelf.folder(), for_plain=False)
    for _ in range(2):
        actual = monorepo(folder, [*workspace.args, "--cached"], bare)
        assert_equivalent(expected, unmarked(actual), workspace.crashes)


def unmarked(outcomes: Outcomes) -> Outcomes:
    """Without the property that says of a result that it was replayed."""

    def without(fact: Fact) -> Fact:
        return tuple((name, re.sub(r'\["cached", "[^"]*"\](, )?', "", value)) for name, value in fact)

    tests = {nodeid: tuple(map(without, facts)) for nodeid, facts in outcomes.tests.items()}
    return replace(outcomes, tests=tests)


def sample_alone(folder: Path) -> dict[str, Outcomes]:
    copy_sample(folder)
    return {project: plain(folder, project, roots=roots) for project, roots in SAMPLE_ROOTS.items()}


def copy_sample(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", ".coverage*")
    return Path(shutil.copytree(SAMPLE, folder, ignore=ignored))


@pytest.mark.sampled("args")
@pytest.mark.parametrize(
    "args",
    [
        pytest.param([], id="default"),
        pytest.param(["--workers=1"], id="one worker", marks=pytest.mark.slow),
        pytest.param(["--workers=4"], id="split", marks=pytest.mark.slow),
        pytest.param(["--monorepo-start=spawn"], id="spawn", marks=pytest.mark.slow),
    ],
)
def test_sample_repo(args: list[str], shelf: Shelf) -> None:
    need("fastapi", "httpx", "numpy", "opentelemetry.trace")
    expected = shelf.kept("sample_repo", sample_alone)
    assert [one.exitcode for one in expected.values()] == [0] * 5
    assert_equivalent(expected, monorepo(copy_sample(shelf.folder()), args))


def test_the_sample_needs_us(tmp_path: Path) -> None:
    need("fastapi", "httpx", "numpy", "opentelemetry.trace")
    outcomes = plain(copy_sample(tmp_path / "1" / "ws"), ".")
    assert outcomes.exitcode != 0
    assert "ImportPathMismatchError" in outcomes.output


def test_plain_pytest_at_the_root_falls_into_the_measured_trap(tmp_path: Path) -> None:
    """The reason for this project (pytest #13997): exit code and node ids that tell of tests never run."""
    folder = workspaces.same_names().write(tmp_path / "1" / "ws", for_plain=True)
    assert plain(folder, ".").exitcode == 2
    silent = plain(folder, ".", ["--import-mode=importlib", "-k", "only_in"])
    if "c/tests/test_main.py::test_only_in_c" in silent.tests:
        pytest.skip(f"pytest {pytest.__version__} imports each file under its own name")
    assert silent.exitcode == 0
