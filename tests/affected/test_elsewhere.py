"""What pytest's settings name in other projects, on real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_decision import Repo


def select(root: Path, settings: str, changed: str, *, above: str = "") -> list[str]:
    """Who ``changed`` affects where ``tool`` has these pytest settings, or inherits those ``above``."""
    repo = Repo(root)
    if above:
        repo.write("pytest.ini", f"[pytest]\n{above}\n")
    own = "" if above else f"[tool.pytest.ini_options]\n{settings}\n"
    repo.write("tool/pyproject.toml", f'[project]\nname = "tool"\nversion = "1"\n{own}')
    repo.write("cfg/pytest.ini", "[pytest]\n")
    repo.write("libs/core/scripts/more.py", "")
    repo.write("libs/core/contract/test_contract.py", "def test_it():\n    pass\n")
    repo.write("libs/core/conftest.py", "")
    if "shared" in changed:
        repo.write("pyproject.toml", '[project]\nname = "root"\n')
        repo.write(changed, "def test_it():\n    pass\n")
    repo.commit()
    repo.write(changed, "# changed\n")
    return repo.selected()


@pytest.mark.parametrize(
    ("settings", "changed", "affected"),
    [
        ('pythonpath = ["../libs/core/scripts"]', "libs/core/scripts/more.py", True),
        ('pythonpath = ["../libs/core/scripts"]', "libs/core/core/__init__.py", False),
        ('pythonpath = ["../libs/core"]', "libs/core/core/__init__.py", True),
        ('testpaths = ["tests", "../libs/core/contract"]', "libs/core/contract/test_contract.py", True),
        ('testpaths = ["tests", "../libs/core/contract"]', "libs/core/conftest.py", True),
        ('testpaths = ["tests", "../services/web/tests"]', "libs/core/core/__init__.py", True),
        ('addopts = "tests ../libs/core/contract"', "libs/core/contract/test_contract.py", True),
        ('addopts = "-c ../cfg/pytest.ini --rootdir=."', "cfg/pytest.ini", True),
        ('addopts = "-p web.plugin"', "libs/core/core/__init__.py", True),
        ('addopts = "-pcore"', "libs/core/core/__init__.py", True),
        ('addopts = "-p no:core"', "libs/core/core/__init__.py", False),
        ('testpaths = ["tests", "../shared"]', "shared/test_shared.py", True),
        ('testpaths = ["tests"]', "libs/core/contract/test_contract.py", False),
    ],
)
def test_settings_that_lead_into_another_project(
    tmp_path: Path, settings: str, changed: str, affected: bool
) -> None:
    assert ("tool" in select(tmp_path, settings, changed)) is affected


@pytest.mark.parametrize(
    ("above", "changed", "affected"),
    [
        ("pythonpath = libs/core/scripts", "libs/core/scripts/more.py", True),
        # inherited by all: what is imported tells more
        ("pythonpath = libs/core services/web", "libs/core/core/__init__.py", False),
        ("testpaths = libs/core/tests", "libs/core/core/__init__.py", False),
    ],
)
def test_settings_that_are_inherited(tmp_path: Path, above: str, changed: str, affected: bool) -> None:
    assert ("tool" in select(tmp_path, "", changed, above=above)) is affected


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        (
            "pyproject.toml",
            '[project]\nname = "r"\n',
            '[project]\nname = "r"\n[tool.ruff]\nline-length = 9\n',
        ),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\n",
            "[tool.pytest.ini_options]\n[tool.mypy]\nstrict = true\n",
        ),
        (
            "pyproject.toml",
            "[tool.pytest-monorepo]\n",
            '[tool.pytest-monorepo.projects."libs/core"]\ninputs = ["x"]\n[tool.ruff]\nline-length = 9\n',
        ),
        ("setup.cfg", "[flake8]\n", "[flake8]\nmax-line-length = 9\n"),
        ("tox.ini", "[flake8]\n", "[flake8]\nmax-line-length = 9\n"),
        (".editorconfig", "", "root = true\n"),
        ("ruff.toml", "", "line-length = 9\n"),
    ],
)
@pytest.mark.parametrize("is_project", [True, False])
def test_settings_of_linters_above_a_project_that_makes_tests_of_them(
    tmp_path: Path, file: str, before: str, after: str, is_project: bool
) -> None:
    """Before, no test was thought to see those that lie above the project."""
    repo = Repo(tmp_path)
    options = '[tool.pytest.ini_options]\naddopts = "--ruff"\n'
    repo.write("tool/pyproject.toml", f'[project]\nname = "tool"\nversion = "1"\n{options}')
    if is_project:
        repo.write("tests/test_root.py", "def test_it():\n    pass\n")
    repo.write(file, before)
    repo.commit()
    repo.write(file, after)
    assert "tool" in repo.selected()


@pytest.mark.parametrize(
    ("settings", "folder", "affected"),
    [
        ('exclude = ["**/demo"]', "libs/core/examples/demo", ["libs/core", "services/web"]),
        ('exclude = ["libs/core/examples"]', "libs/core/examples/demo", ["libs/core", "services/web"]),
        # nobody around it collects anything
        ('exclude = ["**/demo"]', "examples/demo", ["services/web"]),
        ('members = ["libs/*", "services/*"]', "examples/demo", ["services/web"]),
    ],
)
def test_what_is_left_out_affects_who_needs_it_and_the_tests_around_it(
    tmp_path: Path, settings: str, folder: str, affected: list[str]
) -> None:
    table = "uv.workspace" if "members" in settings else "pytest-monorepo"
    repo = Repo(tmp_path)
    repo.write("pyproject.toml", f"[tool.{table}]\n{settings}\n")
    repo.write(f"{folder}/pyproject.toml", '[project]\nname = "demo"\nversion = "1"\n')
    repo.write(f"{folder}/demo/__init__.py", "")
    repo.write(f"{folder}/tests/test_demo.py", "def test_it():\n    pass\n")
    repo.write("services/web/tests/test_more.py", "import demo\n")
    repo.commit()
    repo.write(f"{folder}/demo/__init__.py", "# changed\n")
    assert set(repo.selected()) - {folder} == set(affected)
