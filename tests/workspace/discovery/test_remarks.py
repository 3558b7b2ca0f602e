"""What is said of folders that are no projects, and what to write so that they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery.discover import discover
from tests.workspace.trees import TEST, git, look, named, running, write

UV_WORKSPACE = '[tool.uv.workspace]\nmembers = ["libs/*"]\nexclude = ["libs/old"]\n'


def test_exclude_silences_the_warning_of_what_a_table_leaves_out(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": named("root", UV_WORKSPACE),
        "tools/x/pyproject.toml": named("x"),
        "tools/x/test_x.py": TEST,
    }
    assert discover(write(tmp_path, files), Settings()).warnings != ()
    assert discover(tmp_path, Settings(exclude=("tools/*",))).warnings == ()


def test_only_what_has_tests_is_named_of_what_a_table_leaves_out(tmp_path: Path) -> None:
    files = {"pyproject.toml": UV_WORKSPACE, "tools/x/pyproject.toml": named("x"), "tools/x/x.py": ""}
    assert look(tmp_path, files).warnings == ()


def test_what_is_dropped_by_its_name_is_said_once(tmp_path: Path) -> None:
    files = {
        "a/pyproject.toml": named("a"),
        "a/test_a.py": TEST,
        "vendor/x/pyproject.toml": named("x"),
        "vendor/x/test_x.py": TEST,
        "vendor/y/pyproject.toml": named("y"),
        "svc/build/setup.py": "",
        "svc/build/tests/test_b.py": TEST,
        ".tox/z/setup.py": "",
        ".tox/z/test_z.py": TEST,
    }
    write(tmp_path, files)
    git(tmp_path, "init", "-q")
    (warning,) = look(tmp_path).warnings
    assert "'svc/build', 'vendor/x';" in warning
    assert discover(tmp_path, Settings(exclude=("vendor", "svc/build"))).warnings == ()


def test_a_configured_glob_that_finds_folders_without_tests_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"a/test_a.py": TEST, "docs/x/y.md": "", "b/pyproject.toml": named("b")})
    workspace = discover(tmp_path, Settings(projects=("a", "docs/*", "b")))
    assert [warning.rpartition("projects: ")[2] for warning in workspace.warnings] == [
        "'docs/*' matches folders, but none that has tests",
        "'b' matches folders, but none that has tests",
    ]


SERVICES = {
    "requirements": {"requirements.txt": "httpx\n"},
    "a folder of requirements": {"requirements/base.txt": "httpx\n"},
    "requirements of tests": {"tests/requirements.txt": "httpx\n"},
    "requirements.in": {"requirements-dev.in": "httpx\n"},
    "Pipfile": {"Pipfile": "[packages]\nhttpx = '*'\n"},
    "conda": {"environment.yml": "dependencies:\n  - httpx\n"},
    "Pants": {"BUILD": "python_sources()\n", "tests/BUILD": "python_tests()\n"},
    "Pants of another name": {"BUILD.pants": "python_test(name='t', source='x')\n"},
}
BESIDE = {
    "libs/a/pyproject.toml": named("a"),
    "libs/a/test_a.py": TEST,
    "tests/requirements.txt": "x\n",
    "tests/data/requirements.txt": "x\n",
    "tests/data/test_d.py": TEST,
    "docs/requirements.txt": "x\n",
    "tools/requirements.txt": "x\n",
}


@pytest.mark.parametrize("kind", SERVICES)
def test_services_without_a_manifest_are_named_with_what_to_write(tmp_path: Path, kind: str) -> None:
    services = {
        f"services/{name}/{path}": text
        for name in ("users", "orders")
        for path, text in {**SERVICES[kind], "tests/test_main.py": TEST}.items()
    }
    (warning,) = look(tmp_path, {**BESIDE, **services}).warnings
    assert "'services/orders', 'services/users'; write projects = " in warning
    assert '[".", "libs/a", "services/*"]' in warning
    found = discover(tmp_path, Settings(projects=(".", "libs/a", "services/*")))
    assert found.warnings == ()
    assert running(found).keys() == {".", "libs/a", "services/orders", "services/users"}


@pytest.mark.parametrize(
    "more",
    [
        {"pytest.ini": "[pytest]\ntestpaths = services\n"},
        {"services/pyproject.toml": named("services")},
        {"services/users/setup.py": ""},
    ],
)
def test_a_root_that_says_where_its_tests_are_is_left_alone(tmp_path: Path, more: dict[str, str]) -> None:
    files = {"services/users/requirements.txt": "httpx\n", "services/users/tests/test_main.py": TEST}
    assert look(tmp_path, {**files, **more}).warnings == ()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"a/pyproject.toml": '[tool.pytest-monorepo]\nresources = ["db"]\nargs = ["-x"]\n'},
            "args, resources",
        ),
        ({"a/pyproject.toml": '[tool."pytest-monorepo"]\nargs = []\n'}, "args"),
        ({"a/pyproject.toml": "[tool.pytest-monorepo]\nworkers = 2\n"}, ""),
        (
            {"a/pyproject.toml": "# [tool.pytest-monorepo]\n[tool.pytest-monorepo.projects.x]\nargs = []\n"},
            "",
        ),
        ({"a/pyproject.toml": "[tool.pytest-monorepo\n"}, ""),
        (
            {
                "a/pyproject.toml": "[tool.pytest-monorepo]\ncached = true\n",
                "a/in/pyproject.toml": named("in"),
                "a/in/tests/test_in.py": TEST,
            },
            "",
        ),
    ],
)
def test_what_a_project_says_of_itself_in_its_own_file_is_named(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    warnings = look(tmp_path, {"a/tests/test_a.py": TEST, **files, "b/pyproject.toml": named("b")}).warnings
    assert [warning.partition(" is not read in ")[2] for warning in warnings] == (
        [f"'a'; write {said} there, in [tool.pytest-monorepo.projects.'a']"] if said else []
    )


def test_what_many_projects_say_of_themselves_is_one_sentence(tmp_path: Path) -> None:
    own = {"a": "args = []", "b": "inputs = []"}
    files = {f"{name}/pyproject.toml": f"[tool.pytest-monorepo]\n{line}\n" for name, line in own.items()}
    (warning,) = look(tmp_path, {**files, "a/tests/test_a.py": TEST, "b/tests/test_b.py": TEST}).warnings
    assert "in 'a', 'b'; write args, inputs there" in warning
