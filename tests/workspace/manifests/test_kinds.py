"""A value of another kind than its tool wants is that tool's complaint, and no crash of ours.

Each key that any of our readers asks for has every kind of value that TOML knows, in a project of its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery.discover import discover
from tests.workspace.trees import TEST, look, project, write

VALUES = (
    '""',
    '"../core"',
    "0",
    "1.5",
    "nan",
    "true",
    "2026-01-02",
    "[]",
    "[3, [], {}]",
    '["core", "../core", "[", ""]',
    '[{path = 3}, {name = "core", path = "../core"}]',
    "{}",
    '{core = 3, path = [], "" = {}}',
    '{core = {path = "../core", workspace = 1}, files = "x.txt", where = {}}',
)

PROJECT = """
name dependencies optional-dependencies optional-dependencies.test requires-python entry-points
entry-points.pytest11 dynamic
"""
UV = """
sources sources.core workspace workspace.members workspace.exclude dev-dependencies constraint-dependencies
override-dependencies extra-build-dependencies extra-build-dependencies.core build-backend
build-backend.module-root
"""
POETRY = """
name packages dependencies dependencies.core group group.test group.test.dependencies dev-dependencies plugins
plugins.pytest11
"""
PDM = """
build build.package-dir package-dir workspace workspace.members dev-dependencies dev-dependencies.test
"""
HATCH = """
envs envs.default envs.default.dependencies envs.default.workspace envs.default.workspace.members
envs.default.overrides envs.default.overrides.matrix envs.default.scripts envs.default.scripts.test
sources build build.sources build.packages build.dev-mode-dirs build.targets.wheel
build.targets.wheel.packages metadata metadata.hooks metadata.hooks.requirements_txt
metadata.hooks.requirements_txt.files
"""
SETUPTOOLS = """
packages packages.find packages.find.where package-dir dynamic dynamic.dependencies
dynamic.optional-dependencies dynamic.optional-dependencies.test py-modules
"""
PYTEST = """
ini_options ini_options.testpaths ini_options.addopts ini_options.python_files ini_options.norecursedirs
ini_options.pythonpath testpaths addopts
"""
OTHERS = """
flit flit.metadata flit.metadata.requires flit.metadata.requires-extra maturin maturin.python-source
maturin.module-name scikit-build scikit-build.wheel scikit-build.wheel.packages polylith polylith.bricks
pixi pixi.dependencies pixi.pypi-dependencies pixi.feature pixi.feature.test
pixi.feature.test.pypi-dependencies tox tox.env_run_base tox.env_run_base.deps tox.env tox.env.py
tox.legacy_tox_ini rye rye.dev-dependencies briefcase briefcase.app
"""
KEYS = [
    "project",
    *(f"project.{key}" for key in PROJECT.split()),
    *("dependency-groups", "dependency-groups.dev", "build-system", "build-system.requires"),
    "build-system.build-backend",
    "tool",
    *(f"tool.{key}" for key in ("uv", "poetry", "pdm", "hatch", "setuptools", "pytest")),
    *(f"tool.uv.{key}" for key in UV.split()),
    *(f"tool.poetry.{key}" for key in POETRY.split()),
    *(f"tool.pdm.{key}" for key in PDM.split()),
    *(f"tool.hatch.{key}" for key in HATCH.split()),
    *(f"tool.setuptools.{key}" for key in SETUPTOOLS.split()),
    *(f"tool.pytest.{key}" for key in PYTEST.split()),
    *(f"tool.{key}" for key in OTHERS.split()),
]


@pytest.mark.sampled("key", one_in=4)
@pytest.mark.parametrize("key", KEYS)
def test_no_kind_of_value_is_a_crash(tmp_path: Path, key: str) -> None:
    files = {f"p{n}/pyproject.toml": f"{key} = {value}\n" for n, value in enumerate(VALUES)}
    tests = {f"p{n}/tests/test_x.py": TEST for n in range(len(VALUES))}
    write(tmp_path, {**files, **tests, "core/pyproject.toml": "", "core/tests/test_x.py": TEST})
    found = {project.path: project for project in discover(tmp_path, Settings()).projects}
    assert found["core"].error is None
    if not key.startswith("tool.pytest"):  # which decides whether there are tests
        assert {f"p{n}" for n in range(len(VALUES))} <= found.keys()


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("setup.cfg", "[options]\ninstall_requires\n  core\n", True),
        ("setup.cfg", "[options\n", True),
        ("setup.cfg", "core\n", True),
        ("setup.cfg", "[options]\n= core\n", True),
        ("setup.cfg", "[flake8]\nignore\n[flake8]\nignore\n", False),
        ("setup.cfg", "[options]\ninstall_requires = %(x)s\n", False),
        ("tox.ini", "[testenv]\ndeps\n  -e ../core\n", False),
        ("tox.ini", "[testenv]\n  deps = -e ../core\n", False),
        ("tox.ini", "[testenv\n", False),
        ("tox.ini", "[testenv:x]\ndeps = {[testenv:x]deps}\n", False),
    ],
)
def test_an_ini_file_that_no_tool_can_read_is_no_crash(
    tmp_path: Path, name: str, text: str, error: bool
) -> None:
    found = look(tmp_path, {f"p/{name}": text, "p/pyproject.toml": "", "p/test_x.py": TEST})
    assert (project(found, "p").error is not None) is error
