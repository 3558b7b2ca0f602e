"""What a project that comes or goes does to the test files of others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.workspace.trees import named

from .test_files import TEST, Repo, running, uses

ROOT = {
    "pyproject.toml": named("root") + "[tool.pytest-monorepo]\n",
    "shared/names.py": "",
    "tests/test_root.py": uses("import shared.names"),
    "tests/test_version.py": uses("from importlib.metadata import version"),
    "app/pyproject.toml": named("app", "dependencies = ['requests']\n"),
    "app/tests/test_app.py": uses("import shared.names"),
    "app/tests/test_named.py": uses("FILES = ['requirements.txt']"),
}
# those that ask for metadata, and those that name a manifest's file
_MANIFEST = {".": {"test_version.py"}, "app": {"test_named.py"}}
_LIB = {
    "lib/pyproject.toml": named("lib"),
    "lib/lib/__init__.py": "",
    "lib/tests/test_lib.py": uses("import lib"),
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    root = tmp_path / "repo"
    root.mkdir()
    return Repo(root)


@pytest.mark.parametrize(
    ("more", "others"),
    [
        ({}, {".": {"test_version.py"}, "app": set()}),
        ({"lib/requirements.txt": "requests\n"}, _MANIFEST),
        ({"lib/hatch.toml": "", "lib/Dockerfile": "", "lib/README.md": "x"}, {".": {"test_version.py"}}),
        ({"lib/pyproject.toml": named("lib", '[project.entry-points.x]\na = "lib:A"\n')}, {".": str}),
        ({"lib/pyproject.toml": named("lib", '[project.entry-points.pytest11]\na = "lib"\n')}, {"app": str}),
        ({"lib/conftest.py": "def pytest_runtest_setup(): pass\n"}, {"app": set()}),
    ],
    ids=["bare", "pins", "tools", "registers", "plugin", "hooks"],
)
def test_a_project_that_comes(
    repo: Repo, more: Mapping[str, str], others: Mapping[str, set[str] | type]
) -> None:
    repo.commit(ROOT)
    found = running(repo.after({**_LIB, **more}))
    _told(found, others)
    assert found["lib"] == {"test_lib.py"} or isinstance(found["lib"], str)


@pytest.mark.parametrize(
    "test",
    [
        "N = list(ROOT.glob('*/*.toml'))",
        "N = [ROOT / f'{d}/{n}.toml' for d in ['lib'] for n in ['pyproject']]",
        "N = (ROOT / 'lib').is_dir()",
        "N = (ROOT / 'projects.list').read_text().split()",
    ],
)
def test_who_finds_a_project_without_the_name_of_its_manifest(repo: Repo, test: str) -> None:
    repo.commit(_asking(test))
    assert running(repo.after(_LIB))["."] == {"test_version.py", "test_asks.py"}


def test_requirements_that_a_test_of_the_root_looks_for_are_for_all_of_it(repo: Repo) -> None:
    repo.commit(_asking("N = list(ROOT.glob('*/require*.txt'))"))
    found = running(repo.after({**_LIB, "lib/requirements.txt": "requests\n"}))["."]
    assert found == "lib/requirements.txt changed, which all who are installed by it may see"


def _asking(test: str) -> dict[str, str]:
    asks = uses("from pathlib import Path", "ROOT = Path(__file__).parent.parent", test)
    return {**ROOT, "tests/test_asks.py": asks, "projects.list": "lib/pyproject.toml\n"}


def _told(found: Mapping[str, set[str] | str], others: Mapping[str, set[str] | type]) -> None:
    for project, expected in others.items():
        files = found.get(project, set())
        assert isinstance(files, str) if expected is str else files == expected, project


@pytest.mark.parametrize(
    ("left", "others"),
    [
        ((), {".": {"test_version.py"}, "app": set()}),
        # what stays becomes the root's: it runs with other settings, and nothing is installed any more
        (("lib/lib/__init__.py", "lib/tests/test_lib.py"), {".": str}),
        (("lib/lib/__init__.py",), {".": str}),
        (("lib/README.md",), {".": str}),
    ],
    ids=["whole", "but its code and tests", "but its code", "but a text"],
)
def test_a_project_that_goes(
    repo: Repo, left: tuple[str, ...], others: Mapping[str, set[str] | type]
) -> None:
    repo.commit({**ROOT, **_LIB, "lib/README.md": "Read me.\n"})
    gone: dict[str, str | None] = dict.fromkeys((*_LIB, "lib/README.md"), None)
    _told(running(repo.after({path: None for path in gone if path not in left})), others)


def test_a_dependent_of_a_project_whose_manifest_is_gone_runs(repo: Repo) -> None:
    uses_lib = {
        "app/pyproject.toml": named("app", "dependencies = ['lib']\n"),
        "app/tests/test_lib.py": uses("import lib"),
    }
    repo.commit({"pyproject.toml": "[tool.pytest-monorepo]\n", **_LIB, **uses_lib})
    found = running(repo.after({"lib/pyproject.toml": None}))
    assert isinstance(found["app"], str) or found["app"] == {"test_lib.py"}


@pytest.mark.parametrize("needs", ["", "dependencies = ['numpy']\n"])
def test_a_project_that_others_are_installed_with(repo: Repo, needs: str) -> None:
    """One of a workspace's members: what it needs is installed beside those who need it."""
    repo.commit({**ROOT, "app/pyproject.toml": named("app", "dependencies = ['lib']\n")})
    found = running(repo.after({**_LIB, "lib/pyproject.toml": named("lib", needs)}))
    assert isinstance(found["app"], str)


def test_a_list_of_pins_that_the_enclosing_project_installs(repo: Repo) -> None:
    repo.commit(
        {**ROOT, **_LIB, "requirements.txt": "-r lib/requirements.txt\n", "lib/requirements.txt": "x==1\n"}
    )
    gone: dict[str, str | None] = dict.fromkeys((*_LIB, "lib/requirements.txt"), None)
    assert isinstance(running(repo.after(gone))["."], str)


def test_a_test_file_that_is_another_projects_now_runs(repo: Repo) -> None:
    repo.commit({**ROOT, "lib/tests/test_lib.py": TEST, "lib/lib.py": ""})
    found = running(repo.after({"lib/pyproject.toml": named("lib")}))
    assert isinstance(found["lib"], str) or found["lib"] == {"test_lib.py"}
