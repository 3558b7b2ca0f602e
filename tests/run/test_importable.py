"""Which names of the workspace a project may find on its path, by files that git knows and by the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.call.importable import Found, Importable
from pytest_monorepo.run.plan import texts
from pytest_monorepo.run.plan.invocation import Invocation, for_workers
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.settings import ProjectSettings, Settings
from pytest_monorepo.workspace import graph
from pytest_monorepo.workspace.model import Project, PytestSettings, Scope, Workspace

OWN = ["libs/a/tests/test_a.py", "libs/needed/needed.py", "libs/b/tests/test_b.py"]
PATHS = b"import sys\nsys.path.insert(0, 'anywhere')\n"
INI = "libs/a/pytest.ini"
SETTINGS = PytestSettings(inifile=INI)


def names_of(
    root: Path,
    known: list[str],
    ignored: tuple[str, ...] = (),
    settings: PytestSettings = SETTINGS,
    text: bytes = b"",
    args: tuple[str, ...] = (),
) -> Found:
    """What is within reach of ``libs/a``."""
    for path in [*known, *ignored]:
        file = root / "ws" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    project = Project("libs/a", "a", settings=settings)
    projects = (project, Project("libs/b", "b"), Project("libs/needed", "needed"))
    files = tuple(sorted({*OWN, *known}))
    edges = [graph.Edge("libs/a", "libs/needed", Scope.RUNTIME, "declared")]
    plan = Plan(
        workspace=Workspace(root / "ws", projects, files),
        graph=graph.build(projects, declared=edges),
        settings=Settings(per_project={"libs/a": ProjectSettings(args=args)}),
        invocation=Invocation(root, root, (), (), True),
        words=for_workers([]),
        projects=projects,
    )
    return Importable(plan).by(project, texts.read([("libs/a/tests/conftest.py", text)]))


def found(*args: Any, **named: Any) -> str:
    """Whether ``wanted`` is a module within reach of ``libs/a``, a folder there, both or neither."""
    names = names_of(*args, **named)
    return " and ".join(
        what for what, those in (("module", names.tops), ("folder", names.folders)) if "wanted" in those
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("libs/a/wanted.py", "module"),
        ("libs/a/tests/wanted/data.json", "folder"),
        ("libs/a/wanted/part.py", "module and folder"),
        ("libs/needed/wanted.py", "module"),
        # as code.wanted alone
        ("libs/a/code/wanted.py", ""),
        ("libs/b/wanted.py", ""),
        ("loose/wanted.py", ""),
        ("wanted/data.json", ""),
    ],
)
def test_files_that_git_knows(tmp_path: Path, path: str, expected: str) -> None:
    assert found(tmp_path, ["libs/a/code/__init__.py", path]) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("libs/a/tests/wanted.cpython-311-x86_64-linux-gnu.so", "module"),
        ("libs/a/wanted.pyc", "module"),
        ("libs/a/wanted/__init__.py", "module and folder"),
        ("libs/a/wanted/data.json", "folder"),
        ("libs/needed/wanted/data.json", "folder"),
        ("libs/a/src/wanted.py", "module"),
        ("libs/a/made/wanted.py", "module"),
        ("libs/a/code/wanted.py", ""),
        ("libs/wanted.py", ""),
    ],
)
def test_files_that_git_ignores(tmp_path: Path, path: str, expected: str) -> None:
    known = ["libs/a/code/__init__.py", "libs/a/src/package/__init__.py", "libs/needed/needed.py"]
    settings = PytestSettings(inifile=INI, pythonpath=("src", "made"))
    assert found(tmp_path, known, (path,), settings) == expected


@pytest.mark.parametrize("path", ["loose/wanted.py", "libs/b/wanted.py", "wanted/data.json"])
@pytest.mark.parametrize(
    "leading",
    [
        {"text": PATHS},
        {"settings": PytestSettings(inifile=INI, pythonpath=("../..",))},
        {"settings": PytestSettings(inifile="pyproject.toml", pythonpath=("loose",))},
        {"settings": PytestSettings(inifile=INI, testpaths=("tests", "../../more"))},
        {"settings": PytestSettings(inifile=INI, addopts=("../b/tests",))},
        {"args": ("--confcutdir=../..",)},
    ],
    ids=["sys.path", "pythonpath", "inherited", "testpaths", "addopts", "args"],
)
def test_a_path_that_leads_out_of_the_project(tmp_path: Path, path: str, leading: dict[str, object]) -> None:
    assert found(tmp_path, [path], **leading)


@pytest.mark.parametrize(
    ("others", "path", "expected"),
    [
        (["conftest.py"], "wanted.py", "module"),
        (["conftest.py"], "wanted/data.json", "folder"),
        (["conftest.py"], "loose/wanted.py", ""),
        (["libs/conftest.py"], "libs/wanted.py", "module"),
        (["libs/conftest.py"], "wanted.py", ""),
        (["libs/conftest.py", "libs/__init__.py"], "wanted.py", "module"),
        (["libs/a/__init__.py"], "libs/wanted.py", "module"),
        (["libs/a/__init__.py", "libs/__init__.py"], "wanted.py", "module"),
    ],
)
def test_what_lies_beside_conftests_and_packages_above(
    tmp_path: Path, others: list[str], path: str, expected: str
) -> None:
    assert found(tmp_path, [*others, path]) == expected


def test_a_path_that_leads_out_of_the_workspace(tmp_path: Path) -> None:
    settings = PytestSettings(inifile=INI, pythonpath=("../../../beyond",))
    assert found(tmp_path, [], ("../beyond/wanted.py",), settings) == "module"
    within = PytestSettings(inifile=INI, pythonpath=("src",))
    assert found(tmp_path, ["libs/b/wanted.py"], (), within) == ""


def test_distributions_on_the_path(tmp_path: Path) -> None:
    for name in ("src/One.Two-1.dist-info/METADATA", "src/three.egg-info/entry_points.txt"):
        file = tmp_path / "ws/libs/a" / name
        file.parent.mkdir(parents=True)
        file.write_text("")
    settings = PytestSettings(inifile=INI, pythonpath=("src",))
    assert {one for one in names_of(tmp_path, [], (), settings).folders if "." in one} == {
        "one_two.dist-info",
        "three.dist-info",
        "*.dist-info",
    }
