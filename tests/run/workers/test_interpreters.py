"""Where a project's Python is looked for, and in which order."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.run.workers import interpreters
from pytest_monorepo.run.workers.interpreters import CURRENT, choose, python_in
from pytest_monorepo.settings import ProjectSettings, Settings
from pytest_monorepo.workspace.model import Project

API = Project("api", "api", distribution="My_API")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "api").mkdir()
    return tmp_path


def environment(folder: Path) -> str:
    python = python_in(folder)
    python.parent.mkdir(parents=True)
    python.touch(0o755)
    return str(python)


def configured(python: str) -> Settings:
    return Settings(per_project={"api": ProjectSettings(python=python)})


def test_the_current_one_where_there_is_nothing_else(root: Path) -> None:
    assert choose(API, root, Settings(), "project") == CURRENT
    assert CURRENT.is_current


def test_the_projects_own_environment(root: Path) -> None:
    plain = environment(root / "api/venv")
    assert choose(API, root, Settings(), "project").executable == plain
    hidden = environment(root / "api/.venv")
    assert choose(API, root, Settings(), "project").executable == hidden
    assert choose(API, root, Settings(), "current") == CURRENT


def test_what_pdm_names(root: Path) -> None:
    python = environment(root / "elsewhere")
    (root / "api/.pdm-python").write_text(f"{python}\n")
    assert choose(API, root, Settings(), "project").executable == python
    (root / "api/.pdm-python").write_text("/no/such/python\n")
    assert choose(API, root, Settings(), "project") == CURRENT


def test_poetrys_environment_by_name_and_path(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POETRY_VIRTUALENVS_PATH", str(root / "cache"))
    folder = os.path.normcase(os.path.realpath(root / "api")).encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(folder).digest()).decode()[:8]
    python = environment(root / f"cache/my_api-{digest}-py3.12")
    environment(root / "cache/my_api-xxxxxxxx-py3.12")
    assert choose(API, root, Settings(), "project") == CURRENT  # no lock: not Poetry's project
    (root / "api/poetry.lock").touch()
    assert choose(API, root, Settings(), "project").executable == python
    older = environment(root / f"cache/my_api-{digest}-py3.9")
    assert choose(API, root, Settings(), "project").executable == python
    told = root / "cache/envs.toml"
    for text in ("no table", f"my_api-{digest} = 3", f'[my_api-{digest}]\nminor = "3.8"\n'):
        told.write_text(text)
        assert choose(API, root, Settings(), "project").executable == python
    told.write_text(f'[my_api-{digest}]\nminor = "3.9"\npatch = "3.9.18"\n')  # poetry env use 3.9
    assert choose(API, root, Settings(), "project").executable == older


def test_the_settings_come_first(root: Path) -> None:
    environment(root / "api/.venv")
    python = environment(root / "tools/py")
    assert choose(API, root, configured("tools/py"), "project").executable == python
    assert choose(API, root, configured("tools/py"), "current").executable == python
    assert choose(API, root, configured(python), "project").executable == python


def test_a_configured_one_that_is_not_there(root: Path) -> None:
    with pytest.raises(MonorepoError, match=r'python = "python9\.9": no such interpreter'):
        choose(API, root, configured("python9.9"), "project")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a link")
def test_the_running_environment_by_another_name_is_the_current_one(root: Path) -> None:
    (root / "api/.pdm-python").write_text(os.path.join(os.path.dirname(sys.executable), ".", "python"))
    assert choose(API, root, Settings(), "project") == CURRENT


@pytest.mark.parametrize("version", ["3.9.18", "3.10.0", "3.13.1", "4.0.0", "3.10", "3.14.0rc1", "3.10.0a1"])
def test_what_a_plain_requirement_admits_is_what_packaging_says(version: str) -> None:
    for requirement in (
        ">=3.10",
        " >= 3.10 ",
        ">=3.9",
        ">=3.14",
        ">=3.10.1",
        ">=3.10,<4",
        ">=3.8,<4.0",
        " >= 3.8 , < 4 ",
        ">=3.9,<3.10",
        ">=3.9,<3.13",
        ">=3.9,<3.10.1",
        "<4,>=3.10",
        ">=3.10,<3.9",
        "~=3.10",
        ">=3",
        "",
    ):
        said = version in SpecifierSet(requirement)
        assert interpreters._admits(requirement, version) == said, requirement
